package sim_test

import (
	"fmt"
	"log"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/sim"
)

func ExampleTissue() {
	tissue := sim.Tissue(&sim.TissueSettings{Photons: 100})
	rng := inn.RNG(1, 0)
	x := tissue.Prior(rng)
	y, err := tissue.Run(rng, x)
	fmt.Println(len(x), "parameters,", len(y), "bands,", err)
	// Output: 13 parameters, 8 bands, <nil>
}

// Blood with much oxygen lets more red light back.
func ExampleTissueSpectrum() {
	red := func(saturation float64) float64 {
		x := []float64{saturation, 0.03, 20, 0.88, 800, 0.03, 20, 0.88, 630, 0.03, 20, 0.88, 500}
		nm, reflectance, err := sim.TissueSpectrum(x, 200, 1)
		if err != nil {
			log.Fatal(err)
		}
		for i, l := range nm {
			if l == 650 {
				return reflectance[i]
			}
		}
		return 0
	}
	fmt.Println(red(0.9) > red(0.1))
	// Output: true
}

func ExampleTissueBands() {
	fmt.Println(sim.TissueBands())
	// Output: [580 470 660 560 480 511 600 700]
}

func ExampleMake() {
	_, _, err := sim.Make("toaster", 10, 1)
	fmt.Println(err != nil)
	// Output: true
}
