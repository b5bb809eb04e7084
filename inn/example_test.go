package inn_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// total is a problem with an answer that everybody knows: two numbers, of which
// only the sum is measured.
var total = inn.Problem{
	Name:     "total",
	X:        inn.Vars("a", "b"),
	Y:        inn.Vars("total"),
	Prior:    inn.Normal([]float64{0, 0}, []float64{1, 1}),
	Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} },
}

func Example() {
	pairs, err := total.Pairs(5000, 1)
	if err != nil {
		log.Fatal(err)
	}
	model, err := inn.Train(pairs, &inn.Settings{Width: 32, Layers: 3, Steps: 600, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	draws, err := model.Sample([]float64{2}, 2000, 1)
	if err != nil {
		log.Fatal(err)
	}
	a, _ := draws.Col("a")
	fmt.Printf("a is about %.0f\n", stat.Mean(a, nil))
	// Output: a is about 1
}

func ExampleProblem() {
	depth := inn.Problem{
		Name:  "a well",
		X:     inn.Vars("depth [m]"),
		Y:     inn.Vars("fall [s]"),
		Prior: inn.Uniform([]float64{1}, []float64{50}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			fall := 0.4515 * x[0] / (1 + 0.05*x[0]) // roughly
			return []float64{fall + 0.05*rng.NormFloat64()}
		},
	}
	pairs, err := depth.Pairs(1000, 1)
	fmt.Println(pairs.Len(), pairs.X.Vars[0].Label(), err)
	// Output: 1000 depth [m] <nil>
}

// A simulator that fails names the problem, the parameters and the pair.
func ExampleProblem_Pairs() {
	broken := total
	broken.Simulate = func(*rand.Rand, []float64) []float64 { return []float64{} }
	_, err := broken.Pairs(10, 1)
	fmt.Println(err)
	// Output: inn: problem "total": the simulator returned 0 values, but 1 are declared (total) at x = [-0.01898 0.9906] (pair 0)
}

func ExampleSamples_Save() {
	dir, err := os.MkdirTemp("", "draws")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	draws := &inn.Samples{Vars: inn.Vars("s_O2", "d [µm]"), Data: []float64{0.7, 12.5, 0.65, 30}}
	path := filepath.Join(dir, "posterior.csv")
	if err := draws.Save(path); err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(path)
	fmt.Print(string(text))
	fmt.Println(err)
	// Output:
	// s_O2,d
	// 0.7,12.5
	// 0.65,30
	// <nil>
}

func ExampleVars() {
	for _, v := range inn.Vars("s_O2", "d [µm]") {
		fmt.Printf("%s, unit %q\n", v.Name, v.Unit)
	}
	// Output:
	// s_O2, unit ""
	// d, unit "µm"
}

func ExampleRNG() {
	a, b := inn.RNG(1, 0), inn.RNG(1, 0)
	fmt.Println(a.Float64() == b.Float64())
	// Output: true
}

func ExampleLoadPairs() {
	dir, err := os.MkdirTemp("", "pairs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "total.npz")
	pairs, err := total.Pairs(100, 1)
	if err != nil {
		log.Fatal(err)
	}
	if err := pairs.Save(path, map[string]string{"made by": "an example"}); err != nil {
		log.Fatal(err)
	}
	again, err := inn.LoadPairs(path)
	note, _ := inn.LoadNote(path)
	fmt.Println(again.Len(), note["made by"], err)
	// Output: 100 an example <nil>
}

func ExamplePairs_Split() {
	pairs, err := total.Pairs(100, 1)
	if err != nil {
		log.Fatal(err)
	}
	train, test, err := pairs.Split(80)
	fmt.Println(train.Len(), test.Len(), err)
	// Output: 80 20 <nil>
}

func ExampleSettings() {
	pairs, err := total.Pairs(500, 1)
	if err != nil {
		log.Fatal(err)
	}
	enough := fmt.Errorf("enough")
	model, err := inn.Train(pairs, &inn.Settings{Width: 8, Each: func(p inn.Progress) error {
		if p.Step == 20 {
			return enough
		}
		return nil
	}})
	fmt.Println(model, err) // the network so far
	// Output: INN inn: training stopped at step 20 of 4000; the model holds the network so far: enough
}

func ExampleModel_Forward() {
	pairs, err := total.Pairs(5000, 1)
	if err != nil {
		log.Fatal(err)
	}
	model, err := inn.Train(pairs, &inn.Settings{Width: 32, Layers: 3, Steps: 600, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	y, z, err := model.Forward([]float64{0.5, 0.5})
	fmt.Printf("total %.0f, %d latent values, %v\n", y[0], len(z), err)
	// Output: total 1, 2 latent values, <nil>
}

func ExampleModel_Save() {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	pairs, err := total.Pairs(500, 1)
	if err != nil {
		log.Fatal(err)
	}
	model, err := inn.Train(pairs, &inn.Settings{Width: 8, Steps: 10})
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, "total.safetensors")
	if err := model.Save(path); err != nil {
		log.Fatal(err)
	}
	again, err := inn.LoadModel(path)
	fmt.Println(again.Params() == model.Params(), err)
	// Output: true <nil>
}

func ExamplePairs() {
	pairs, err := total.Pairs(1000, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(pairs)
	// Output:
	// x: 1000 draws
	//                        mean         sd       16 %     median       84 %
	// a                 -0.003419     0.9727    -0.9467   0.007845      0.919
	// b                  -0.02987     0.9652     -0.969   -0.01872     0.9213
	//
	// y: 1000 draws
	//                        mean         sd       16 %     median       84 %
	// total              -0.03329        1.4     -1.382   -0.03717      1.344
}
