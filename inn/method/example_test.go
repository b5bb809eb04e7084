package method_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/method"
)

// scale weighs a mass of 70 ± 10 kg with an error of 10 kg.
var scale = inn.Problem{
	Name:  "scale",
	X:     inn.Vars("mass [kg]"),
	Y:     inn.Vars("reading [kg]"),
	Prior: inn.Normal([]float64{70}, []float64{10}),
	Simulate: func(rng *rand.Rand, x []float64) []float64 {
		return []float64{x[0] + 10*rng.NormFloat64()}
	},
	Concurrent: true,
}

func ExampleNewABC() {
	abc, err := method.NewABC(scale, &method.ABCSettings{Threshold: 0.05})
	if err != nil {
		fmt.Println(err)
		return
	}
	draws, err := abc.Sample([]float64{80}, 20_000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The posterior is known: mean 75, standard deviation √50.
	fmt.Printf("%.0f ± %.0f kg\n", mean(draws), sd(draws))
	// Output: 75 ± 7 kg
}

func ExampleTrainCINN() {
	pairs, err := scale.Pairs(20_000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	cinn, err := method.TrainCINN(pairs, &method.CINNSettings{
		Coupling: inn.Affine, Blocks: 2, Width: 16,
		Training: method.Training{Steps: 1000, Seed: 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	draws, err := cinn.Sample([]float64{80}, 20_000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	density, err := cinn.LogDensity([]float64{75}, []float64{80})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f ± %.0f kg, log density at 75 kg %.1f\n", mean(draws), sd(draws), density)
	// Output: 75 ± 7 kg, log density at 75 kg -2.9
}

func mean(s *inn.Samples) float64 { return stat.Mean(s.Data, nil) }

func sd(s *inn.Samples) float64 { return stat.StdDev(s.Data, nil) }

func ExampleCINN_Save() {
	pairs, err := scale.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	cinn, err := method.TrainCINN(pairs, &method.CINNSettings{Width: 8, Training: method.Training{Steps: 10, Seed: 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	path := filepath.Join(os.TempDir(), "scale.safetensors")
	defer os.Remove(path)
	if err := cinn.Save(path); err != nil {
		fmt.Println(err)
		return
	}
	again, err := method.LoadCINN(path) // another day
	fmt.Println(again, "of", again.Params(), "parameters", err)
	// Output: spline cINN of 1252 parameters <nil>
}

// Priors with walls, of which the measurement shows one parameter alone.
func ExampleNormalScores() {
	p := inn.Problem{
		X: inn.Vars("a", "b"), Y: inn.Vars("u"),
		Prior:    inn.Uniform([]float64{0, 0}, []float64{1, 10}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + 0.1*rng.NormFloat64()} },
	}
	pairs, err := p.Pairs(2000, 1)
	if err != nil {
		panic(err)
	}
	scores, err := method.NewNormalScores(pairs.X)
	if err != nil {
		panic(err)
	}
	normal, err := scores.Pairs(pairs)
	if err != nil {
		panic(err)
	}
	model, err := method.TrainCINN(normal, &method.CINNSettings{Coupling: inn.Affine, Training: method.Training{Steps: 300}})
	if err != nil {
		panic(err)
	}
	draws, err := scores.Undo(model).Sample([]float64{0.5}, 1000, 1)
	if err != nil {
		panic(err)
	}
	inside := 0
	for i := range draws.Len() {
		if b := draws.Row(i)[1]; b > 0 && b < 10 {
			inside++
		}
	}
	fmt.Println(inside, "of", draws.Len(), "within the walls of b")
	// Output: 1000 of 1000 within the walls of b
}

// Two instruments measure one voltage with the same drift, which their difference does
// not show.
func ExampleNewWhiteComponents() {
	p := inn.Problem{
		X: inn.Vars("a", "b"), Y: inn.Vars("u", "v"),
		Prior: inn.Normal([]float64{0, 0}, []float64{10, 1}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			drift := 10 * rng.NormFloat64()
			return []float64{x[0] + drift + 0.1*rng.NormFloat64(), x[0] + x[1] + drift + 0.1*rng.NormFloat64()}
		},
	}
	pairs, err := p.Pairs(20_000, 1)
	if err != nil {
		panic(err)
	}
	noise, err := method.Noise(p, 20_000, 2)
	if err != nil {
		panic(err)
	}
	components, err := method.NewWhiteComponents(pairs.Y, noise, 1)
	if err != nil {
		panic(err)
	}
	fmt.Printf("v - u shows b with a signal to noise ratio of %.0f; beside it the ratio is %.0f\n", components.Ratio[0], components.Ratio[1])
	// Output: v - u shows b with a signal to noise ratio of 50; beside it the ratio is 1
}

// An INN of a reading that is off by as much as what it reads, one standard deviation.
func ExampleTrainResiduals() {
	pairs, err := scale.Pairs(4000, 1)
	if err != nil {
		panic(err)
	}
	residuals, err := method.TrainResiduals(pairs, &method.PointSettings{Layers: 1, Training: method.Training{Steps: 500}})
	if err != nil {
		panic(err)
	}
	full, err := residuals.Pairs(pairs) // of the mass and of the error
	if err != nil {
		panic(err)
	}
	model, err := inn.Train(full, &inn.Settings{Latent: 1, Nominal: 2, Blocks: 2, Layers: 2, Width: 16, Steps: 1500, Seed: 1})
	if err != nil {
		panic(err)
	}
	draws, err := residuals.Undo(model).Sample([]float64{80}, 4000, 1)
	if err != nil {
		panic(err)
	}
	// The posterior is known: mean 75, standard deviation √50.
	fmt.Println(math.Abs(mean(draws)-75) < 1.5, math.Abs(sd(draws)-math.Sqrt(50)) < 1.5)
	// Output: true true
}

// A weight whose square was measured: it hangs on the left or on the right.
func ExampleTrainAlternatives() {
	p := inn.Problem{
		X: inn.Vars("place"), Y: inn.Vars("square"),
		Prior: func(rng *rand.Rand) []float64 {
			if rng.Float64() < 0.3 {
				return []float64{-2 + 0.3*rng.NormFloat64()}
			}
			return []float64{2 + 0.3*rng.NormFloat64()}
		},
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0]*x[0] + 0.5*rng.NormFloat64()} },
	}
	pairs, err := p.Pairs(10_000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	side := func(x []float64) int {
		if x[0] > 0 {
			return 1
		}
		return 0
	}
	learn := func(_ int, pairs *inn.Pairs) (inn.Posterior, error) {
		return method.TrainCINN(pairs, &method.CINNSettings{Blocks: 2, Width: 16, Training: method.Training{Steps: 500}})
	}
	post, err := method.TrainAlternatives(pairs, 2, side, learn, &method.PointSettings{Width: 16, Training: method.Training{Steps: 500}})
	if err != nil {
		fmt.Println(err)
		return
	}
	probabilities, err := post.Probabilities([]float64{4})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v: left %.1f, right %.1f\n", post, probabilities[0], probabilities[1])
	// Output: spline cINN of each kind: left 0.3, right 0.7
}

// A bus comes 10 minutes after the last, or, if that was full, after as many as its passengers
// cost it. How the time goes with them need not be learned any more: the score is normal whatever they are.
func ExampleNewConditionalScore() {
	p := inn.Problem{
		X: inn.Vars("passengers", "wait [min]"), Y: inn.Vars("counted"),
		Prior: func(rng *rand.Rand) []float64 {
			passengers := 40 + 10*rng.NormFloat64()
			if rng.Float64() < 0.5 {
				return []float64{passengers, 10 + rng.NormFloat64()}
			}
			return []float64{passengers, 20 + passengers/4 + rng.NormFloat64()}
		},
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + rng.NormFloat64()} },
	}
	pairs, err := p.Pairs(5000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	late := func(x []float64) int {
		if x[1] > 17 {
			return 1
		}
		return 0
	}
	given, err := method.NewConditionalScore(pairs.X, "wait", 2, late)
	if err != nil {
		fmt.Println(err)
		return
	}
	short, err := given.Pairs(pairs) // a network learns these; given.Undo takes its draws back
	if err != nil {
		fmt.Println(err)
		return
	}
	score, err := short.X.Col("score of wait")
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, sd := stat.MeanStdDev(score, nil)
	fmt.Printf("mean %.1f, standard deviation %.1f\n", math.Abs(mean), sd)
	// Output: mean 0.0, standard deviation 1.0
}

// A length measured with noise: y is no function of x, and the INN learns the noise with it.
func ExampleTrainINN() {
	p := inn.Problem{
		X: inn.Vars("a"), Y: inn.Vars("b"),
		Prior:    inn.Normal([]float64{0}, []float64{1}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + rng.NormFloat64()} },
	}
	pairs, err := p.Pairs(2000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	post, err := method.TrainINN(pairs, &inn.Settings{Steps: 800, Width: 16, Blocks: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	draws, err := post.Sample([]float64{1}, 4096, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The exact posterior has mean 1/2 and standard deviation √½.
	fmt.Println(post, math.Abs(mean(draws)-0.5) < 0.1, math.Abs(sd(draws)-math.Sqrt(0.5)) < 0.1)
	// Output: INN true true
}

// Networks of three seeds, and the mixture of their posteriors.
func ExampleNewEnsemble() {
	p := inn.Problem{
		X: inn.Vars("a"), Y: inn.Vars("b"),
		Prior:    inn.Normal([]float64{0}, []float64{1}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + rng.NormFloat64()} },
	}
	pairs, err := p.Pairs(2000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	var networks []inn.Posterior
	for seed := uint64(1); seed <= 3; seed++ {
		m, err := method.TrainCINN(pairs, &method.CINNSettings{Blocks: 2, Width: 16, Training: method.Training{Steps: 400, Seed: seed}})
		if err != nil {
			fmt.Println(err)
			return
		}
		networks = append(networks, m)
	}
	post, err := method.NewEnsemble(networks...)
	if err != nil {
		fmt.Println(err)
		return
	}
	draws, err := post.Sample([]float64{1}, 4096, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The exact posterior has mean 1/2 and standard deviation √½.
	fmt.Println(post, math.Abs(mean(draws)-0.5) < 0.1, math.Abs(sd(draws)-math.Sqrt(0.5)) < 0.1)
	// Output: ensemble of spline cINN true true
}

// Of two events the second comes 1 to 2 years after the first, or 8 to 9. Their times
// have a valley between these; how long the second took, by its normal score, has none.
func ExampleCoordinates() {
	p := inn.Problem{
		X: inn.Vars("first [yr]", "second [yr]"), Y: inn.Vars("sum"),
		Prior: func(rng *rand.Rand) []float64 {
			first, wait := rng.Float64(), 1+rng.Float64()
			if rng.Float64() < 0.3 {
				wait += 7
			}
			return []float64{first, first + wait}
		},
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1] + 5*rng.NormFloat64()} },
	}
	pairs, err := p.Pairs(10_000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	coordinates, err := method.NewCoordinates(p.X, inn.Vars("first [yr]", "wait [yr]"),
		func(x []float64) []float64 { return []float64{x[0], x[1] - x[0]} },
		func(u []float64) []float64 { return []float64{u[0], u[0] + u[1]} })
	if err != nil {
		fmt.Println(err)
		return
	}
	waits, err := coordinates.Pairs(pairs)
	if err != nil {
		fmt.Println(err)
		return
	}
	scores, err := method.NewNormalScores(waits.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	learn, err := scores.Pairs(waits)
	if err != nil {
		fmt.Println(err)
		return
	}
	net, err := method.TrainCINN(learn, &method.CINNSettings{Blocks: 2, Width: 16, Training: method.Training{Steps: 500}})
	if err != nil {
		fmt.Println(err)
		return
	}
	draws, err := coordinates.Undo(scores.Undo(net)).Sample([]float64{6}, 4000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	between, late := 0, 0.0
	for i := range draws.Len() {
		wait := draws.Row(i)[1] - draws.Row(i)[0]
		if wait > 2.2 && wait < 7.8 {
			between++
		}
		if wait > 5 {
			late += 1 / float64(draws.Len())
		}
	}
	fmt.Printf("in the valley: %d of 100; late: %.1f\n", 100*between/draws.Len(), late)
	// Output: in the valley: 0 of 100; late: 0.3
}

func ExampleNewCoordinates() {
	// A phase jumps at 2π; the legs of amplitude and phase do not.
	legs, err := method.NewCoordinates(inn.Vars("amplitude [V]", "phase [rad]"), inn.Vars("cos part [V]", "sin part [V]"),
		func(x []float64) []float64 { return []float64{x[0] * math.Cos(x[1]), x[0] * math.Sin(x[1])} },
		func(u []float64) []float64 {
			return []float64{math.Hypot(u[0], u[1]), math.Mod(math.Atan2(u[1], u[0])+2*math.Pi, 2*math.Pi)}
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	pairs := &inn.Pairs{
		X: &inn.Samples{Vars: inn.Vars("amplitude [V]", "phase [rad]"), Data: []float64{2, 0.1, 2, 6.2}},
		Y: &inn.Samples{Vars: inn.Vars("reading [V]"), Data: []float64{1.9, 1.8}},
	}
	other, err := legs.Pairs(pairs)
	if err != nil {
		fmt.Println(err)
		return
	}
	// A network is trained on these, and legs.Undo makes its posterior one of amplitude and phase.
	for i := range other.Len() {
		fmt.Printf("%.2f\n", other.X.Row(i))
	}
	// Output:
	// [1.99 0.20]
	// [1.99 -0.17]
}
