package photon_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/sim/photon"
)

// The slab that MCML is validated on: van de Hulst's tables give it a
// reflectance of 0.09739 and a transmittance of 0.66096.
func ExampleRun() {
	slab := []photon.Layer{{MuA: 10, MuS: 90, G: 0.75, N: 1, D: 0.02}}
	r, err := photon.Run(slab, 1, 1, 200_000, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("reflected %.2f, transmitted %.2f, absorbed %.2f\n", r.Diffuse, r.Transmitted, r.TotalAbsorbed())
	// Output: reflected 0.10, transmitted 0.66, absorbed 0.24
}
