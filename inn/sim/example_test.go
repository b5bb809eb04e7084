package sim_test

import (
	"fmt"
	"log"
	"path/filepath"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/cube"
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

// The arm stretched out: its joints lie on a line away from the rail.
func ExampleKinematicsJoints() {
	points, err := sim.KinematicsJoints([]float64{0.1, 0, 0, 0}, nil)
	fmt.Println(points, err)
	// Output: [[0.1 0] [0.1 0.5] [0.1 1] [0.1 2]] <nil>
}

// Every exact pose reaches the end point asked for.
func ExampleKinematicsExact() {
	draws, err := sim.KinematicsExact{}.Sample([]float64{0.2, 1.5}, 100, 1)
	if err != nil {
		log.Fatal(err)
	}
	y, err := sim.Kinematics(nil).Run(nil, draws.Row(0))
	fmt.Printf("%.4f %v\n", y, err)
	// Output: [0.2000 1.5000] <nil>
}

// Four of the eight modes are red.
func ExampleMixtureExact() {
	red := []float64{1, 0, 0, 0}
	draws, err := sim.MixtureExact{}.Sample(red, 1000, 1)
	if err != nil {
		log.Fatal(err)
	}
	seen := map[int]bool{}
	for i := range draws.Len() {
		seen[sim.NearestMode(draws.Row(i))] = true
	}
	fmt.Println(len(seen))
	// Output: 4
}

// Line ratios from a file, and training pairs as if only these had been measured.
func ExampleReadLineRatios() {
	mine, err := sim.ReadLineRatios(filepath.Join("..", "..", "notebooks", "data", "my-lines.csv"))
	if err != nil {
		log.Fatal(err)
	}
	pairs, err := sim.Cluster(nil).Pairs(10, 1)
	if err != nil {
		log.Fatal(err)
	}
	matched, y, err := mine.Match(pairs, 1)
	fmt.Println(len(mine.Names), "lines,", len(matched.Y.Vars), "measurements of a pair,", len(y), "of mine,", err)
	// Output: 12 lines, 12 measurements of a pair, 12 of mine, <nil>
}

// With few systems the posterior is a rough one, and says so.
func ExampleClusterExact() {
	problem := sim.Cluster(nil)
	_, y, err := problem.Draw(inn.RNG(1, 0))
	if err != nil {
		log.Fatal(err)
	}
	draws, err := sim.ClusterExact{Systems: 1000}.Sample(y, 20, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(draws.Len(), len(draws.Vars), draws.Warning != "")
	// Output: 20 19 true
}

// A piece of the intestine without oxygen, as a camera sees it.
func ExampleTissueScene() {
	scene, err := sim.TissueScene(&sim.SceneSettings{Rows: 60, Cols: 80})
	if err != nil {
		log.Fatal(err)
	}
	ys, unfit, err := sim.TissueMeasurements(scene.Image)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ys.Len(), "measurements,", len(unfit), "pixels,", len(scene.Clips), "clips")
	// Output: 4800 measurements, 4800 pixels, 2 clips
}

// The bands of a user's camera, as shares of a white standard's light, become
// measurements of the problem.
func ExampleTissueMeasurements() {
	image := &cube.Cube{Rows: 1, Cols: 2, Bands: 8, Wavelengths: sim.TissueBands(), Data: []float32{
		0.12, 0.14, 0.41, 0.11, 0.15, 0.16, 0.25, 0.44, // tissue
		0.95, 0.96, 0.99, 0.94, 0.95, 0.96, 0.98, 0.99, // the lamp's mirror image
	}}
	ys, unfit, err := sim.TissueMeasurements(image)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f %v\n", ys.Row(0), unfit)
	// Output: [0.42 0.40 0.23 0.43 0.38 0.37 0.31 0.22] [false true]
}
