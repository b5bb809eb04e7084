package inn

import (
	"fmt"
	"math/rand/v2"
)

// A Prior draws one parameter vector x from p(x). Any function will do; Normal
// and Uniform make the usual ones.
type Prior func(rng *rand.Rand) []float64

// Normal is the prior of independent normal parameters: x_i ~ N(mean_i, sd_i²).
// It panics when the slices differ in length.
func Normal(mean, sd []float64) Prior {
	if len(mean) != len(sd) {
		panic(fmt.Sprintf("inn: Normal has %d means but %d standard deviations", len(mean), len(sd)))
	}
	return func(rng *rand.Rand) []float64 {
		x := make([]float64, len(mean))
		for i := range x {
			x[i] = mean[i] + sd[i]*rng.NormFloat64()
		}
		return x
	}
}

// Uniform is the prior of independent parameters, x_i uniform in [lo_i, hi_i).
// It panics when the slices differ in length.
func Uniform(lo, hi []float64) Prior {
	if len(lo) != len(hi) {
		panic(fmt.Sprintf("inn: Uniform has %d lower but %d upper bounds", len(lo), len(hi)))
	}
	return func(rng *rand.Rand) []float64 {
		x := make([]float64, len(lo))
		for i := range x {
			x[i] = lo[i] + (hi[i]-lo[i])*rng.Float64()
		}
		return x
	}
}
