package main

import (
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// twoMoons: x uniform in [-1, 1]², y a crescent about a point that two mirrored x
// share.
func twoMoons() Task {
	crescent := func(rng *rand.Rand) (float64, float64) {
		angle, r := math.Pi*(rng.Float64()-0.5), 0.1+0.01*rng.NormFloat64()
		return r*math.Cos(angle) + 0.25, r * math.Sin(angle)
	}
	return Task{
		Name: "two moons",
		Problem: problem("two moons", 2, 2, inn.Uniform(same(-1, 2), same(1, 2)), func(rng *rand.Rand, x []float64) []float64 {
			p, q := crescent(rng)
			return []float64{p - math.Abs(x[0]+x[1])/math.Sqrt2, q + (x[1]-x[0])/math.Sqrt2}
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			return rejecting(n, func() []float64 {
				p, q := crescent(rng)
				sum, diff := (p-y[0])*math.Sqrt2, (y[1]-q)*math.Sqrt2
				if sum < 0 {
					return nil
				}
				if rng.IntN(2) == 0 {
					sum = -sum
				}
				x := []float64{(sum - diff) / 2, (sum + diff) / 2}
				if !inside(x, 1) {
					return nil
				}
				return x
			})
		},
	}
}

// gaussianMixture: x uniform in [-10, 10]², y normal about x, of standard
// deviation 1 or 0.1 with equal odds.
func gaussianMixture() Task {
	around := func(rng *rand.Rand, at []float64) []float64 {
		sd := 1.0
		if rng.IntN(2) == 0 {
			sd = 0.1
		}
		return noisy(rng, at, sd)
	}
	return Task{
		Name:    "Gaussian mixture",
		Problem: problem("gaussian mixture", 2, 2, inn.Uniform(same(-10, 2), same(10, 2)), around),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			return rejecting(n, func() []float64 {
				x := around(rng, y)
				if !inside(x, 10) {
					return nil
				}
				return x
			})
		},
	}
}

// banana: x ~ N(0, 1)², y = x2 + x1² with little noise, whose posterior is a
// parabola.
func banana() Task {
	const sd = 0.1
	return Task{
		Name: "parabola",
		Problem: problem("parabola", 2, 1, inn.Normal(same(0, 2), same(1, 2)), func(rng *rand.Rand, x []float64) []float64 {
			return []float64{x[1] + x[0]*x[0] + sd*rng.NormFloat64()}
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			// Given x1, both the marginal likelihood and x2 are normal.
			v := 1 + sd*sd
			return rejecting(n, func() []float64 {
				x1 := rng.NormFloat64()
				r := y[0] - x1*x1
				// The likelihood's maximum over x1 is at r = 0, or at x1 = 0.
				best := 0.0
				if y[0] < 0 {
					best = y[0]
				}
				if math.Log(rng.Float64()) > (best*best-r*r)/(2*v) {
					return nil
				}
				return []float64{x1, r/v + sd/math.Sqrt(v)*rng.NormFloat64()}
			})
		},
	}
}
