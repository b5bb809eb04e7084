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

// The same slab, faster, and one that absorbs half as much.
func ExampleExits() {
	stack := func(muA float64) photon.Stack {
		return photon.Stack{Layers: []photon.Layer{{MuA: muA, MuS: 90, G: 0.75, N: 1, D: 0.02}}, Above: 1, Below: 1}
	}
	exits, err := photon.Exits([]photon.Stack{stack(10), stack(5)}, 1_000_000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range exits {
		fmt.Printf("reflected %.3f, transmitted %.3f\n", e.Diffuse, e.Transmitted)
	}
	// Output:
	// reflected 0.097, transmitted 0.661
	// reflected 0.118, transmitted 0.749
}

// One run, and what any absorption makes of it.
func ExampleWhite() {
	slab := photon.Stack{Layers: []photon.Layer{{MuS: 90, G: 0.75, N: 1, D: 0.02}}, Above: 1, Below: 1}
	white, err := photon.NewWhite(slab, 200_000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, muA := range []float64{10, 5} {
		e, err := white.Exit([]float64{muA})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("reflected %.2f, transmitted %.2f\n", e.Diffuse, e.Transmitted)
	}
	// Output:
	// reflected 0.10, transmitted 0.66
	// reflected 0.12, transmitted 0.75
}
