package inn

import (
	"fmt"
	"math/rand/v2"
)

// A Prior draws one parameter vector x from p(x). Any function will do; Normal
// and Uniform make the usual ones.
type Prior func(rng *rand.Rand) []float64

// Normal is the prior of independent normal parameters: x_i ~ N(mean_i, sd_i²).
// It panics when the slices differ in length, and when a mean or a standard
// deviation is not finite or one of the latter negative.
func Normal(mean, sd []float64) Prior {
	if len(mean) != len(sd) {
		panic(fmt.Sprintf("inn: Normal has %d means but %d standard deviations", len(mean), len(sd)))
	}
	for i := range mean {
		if !finite(mean[i:i+1]) || !finite(sd[i:i+1]) || sd[i] < 0 {
			panic(fmt.Sprintf("inn: Normal has mean %v and standard deviation %v for parameter %d, want finite numbers, the second 0 or more", mean[i], sd[i], i))
		}
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
// It panics when the slices differ in length, and when a bound is not finite or a
// lower one above the upper one.
func Uniform(lo, hi []float64) Prior {
	if len(lo) != len(hi) {
		panic(fmt.Sprintf("inn: Uniform has %d lower but %d upper bounds", len(lo), len(hi)))
	}
	for i := range lo {
		if !finite([]float64{lo[i], hi[i], hi[i] - lo[i]}) || lo[i] > hi[i] {
			panic(fmt.Sprintf("inn: Uniform has the bounds %v and %v for parameter %d, want finite numbers, the first not above the second", lo[i], hi[i], i))
		}
	}
	return func(rng *rand.Rand) []float64 {
		x := make([]float64, len(lo))
		for i := range x {
			x[i] = lo[i] + (hi[i]-lo[i])*rng.Float64()
		}
		return x
	}
}
