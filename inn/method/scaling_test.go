package method

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// decades is a problem over many orders of magnitude, whose posterior is known:
// that of ln x is normal.
func decades() inn.Problem {
	return inn.Problem{
		X: inn.Vars("x"), Y: inn.Vars("y"), Concurrent: true,
		Prior: func(rng *rand.Rand) []float64 { return []float64{math.Exp(3 * rng.NormFloat64())} },
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			return []float64{x[0] * math.Exp(rng.NormFloat64())}
		},
	}
}

// The posterior is as good at a hundredth as at a hundred, and its density is one
// in the units of x, whose integral is 1.
func TestParametersOverDecades(t *testing.T) {
	pairs, err := decades().Pairs(4000, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := TrainCINN(pairs, &CINNSettings{Coupling: inn.Affine, Blocks: 2, Width: 16, Training: Training{Steps: 600, Batch: 100, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range []float64{0.01, 1, 100} {
		draws, err := c.Sample([]float64{y}, 4000, 1)
		if err != nil {
			t.Fatal(err)
		}
		mean, square := 0.0, 0.0
		for _, v := range draws.Data {
			if v <= 0 {
				v = 1e-6
			}
			mean += math.Log(v) / 4000
			square += math.Log(v) * math.Log(v) / 4000
		}
		wantMean, wantSD := 0.9*math.Log(y), math.Sqrt(0.9)
		if sd := math.Sqrt(square - mean*mean); math.Abs(mean-wantMean) > 0.35 || math.Abs(sd/wantSD-1) > 0.25 {
			t.Errorf("y = %v: ln x is %.2f ± %.2f, want %.2f ± %.2f", y, mean, sd, wantMean, wantSD)
		}
		// The trapezoid rule over ln x, and the little below zero that the network leaves.
		sum, step := 0.0, 0.02
		for u := -12.0; u < 16; u += step {
			log, err := c.LogDensity([]float64{math.Exp(u)}, []float64{y})
			if err != nil {
				t.Fatal(err)
			}
			sum += math.Exp(log+u) * step
		}
		if math.Abs(sum-1) > 0.02 {
			t.Errorf("y = %v: the density's integral is %.4f", y, sum)
		}
	}
}
