package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// gaussianLinear: x ~ N(0, 0.1), ten of them, y ~ N(x, 0.1).
func gaussianLinear() Task {
	const d, variance = 10, 0.1
	sd := math.Sqrt(variance)
	return Task{
		Name: "Gaussian linear",
		Problem: problem("gaussian linear", d, d, inn.Normal(same(0, d), same(sd, d)), func(rng *rand.Rand, x []float64) []float64 {
			return noisy(rng, x, sd)
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			return rejecting(n, func() []float64 {
				x := make([]float64, d)
				for j := range x {
					x[j] = y[j]/2 + sd/math.Sqrt2*rng.NormFloat64()
				}
				return x
			})
		},
	}
}

// gaussianLinearUniform: x uniform in [-1, 1], ten of them, y ~ N(x, 0.1).
func gaussianLinearUniform() Task {
	const d = 10
	sd := math.Sqrt(0.1)
	return Task{
		Name: "Gaussian linear uniform",
		Problem: problem("gaussian linear uniform", d, d, inn.Uniform(same(-1, d), same(1, d)), func(rng *rand.Rand, x []float64) []float64 {
			return noisy(rng, x, sd)
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			return rejecting(n, func() []float64 {
				x := make([]float64, d)
				for j := range x {
					x[j] = truncatedNormal(rng, y[j], sd, -1, 1)
				}
				return x
			})
		},
	}
}

// walls: three parameters uniform in [0, 1], of which only the sum is measured,
// so that the posterior is a polygon with sharp edges.
func walls() Task {
	const d, sd = 3, 0.05
	return Task{
		Name: "sum of three uniform",
		Problem: problem("walls", d, 1, inn.Uniform(same(0, d), same(1, d)), func(rng *rand.Rand, x []float64) []float64 {
			return []float64{x[0] + x[1] + x[2] + sd*rng.NormFloat64()}
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			return rejecting(n, func() []float64 {
				a, b := rng.Float64(), rng.Float64()
				c := y[0] - a - b + sd*rng.NormFloat64()
				if c < 0 || c > 1 {
					return nil
				}
				return []float64{a, b, c}
			})
		},
	}
}

// linear: x ~ N(0, 1), d of them, and y = A x + N(0, 0.5²), m of them, with a
// matrix A of random numbers that keeps y of the order of one.
func linear(d, m int) Task {
	const sd = 0.5
	rng := inn.RNG(uint64(d), uint64(m))
	a := mat.NewDense(m, d, nil)
	for i := range m {
		for j := range d {
			a.Set(i, j, rng.NormFloat64()/math.Sqrt(float64(d)))
		}
	}
	// The posterior is normal, with the precision 1 + AᵀA/σ².
	var precision, covariance mat.SymDense
	precision.SymOuterK(1/(sd*sd), a.T())
	for j := range d {
		precision.SetSym(j, j, precision.At(j, j)+1)
	}
	var chol, root mat.Cholesky
	if !chol.Factorize(&precision) || chol.InverseTo(&covariance) != nil || !root.Factorize(&covariance) {
		panic("tasks: the posterior's covariance is not positive")
	}
	var spread mat.TriDense
	root.LTo(&spread)
	return Task{
		Name: fmt.Sprintf("linear, %d from %d", d, m),
		Problem: problem("linear", d, m, inn.Normal(same(0, d), same(1, d)), func(rng *rand.Rand, x []float64) []float64 {
			var y mat.VecDense
			y.MulVec(a, mat.NewVecDense(d, x))
			return noisy(rng, y.RawVector().Data, sd)
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			var pull, mean mat.VecDense
			pull.MulVec(a.T(), mat.NewVecDense(m, y))
			pull.ScaleVec(1/(sd*sd), &pull)
			mean.MulVec(&covariance, &pull)
			return rejecting(n, func() []float64 {
				x := mat.NewVecDense(d, noisy(rng, make([]float64, d), 1))
				var out mat.VecDense
				out.MulVec(&spread, x)
				out.AddVec(&out, &mean)
				return out.RawVector().Data
			})
		},
	}
}

// noisy is v + N(0, sd²).
func noisy(rng *rand.Rand, v []float64, sd float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = v[i] + sd*rng.NormFloat64()
	}
	return out
}

// truncatedNormal draws N(mean, sd²) between lo and hi.
func truncatedNormal(rng *rand.Rand, mean, sd, lo, hi float64) float64 {
	// In the farther tail Φ keeps its digits by the complement, so mirror it.
	if mean < lo {
		return -truncatedNormal(rng, -mean, sd, -hi, -lo)
	}
	cdf := func(x float64) float64 { return 0.5 * math.Erfc(-(x-mean)/(sd*math.Sqrt2)) }
	p := cdf(lo) + rng.Float64()*(cdf(hi)-cdf(lo))
	return min(max(mean-sd*math.Sqrt2*math.Erfcinv(2*p), lo), hi)
}
