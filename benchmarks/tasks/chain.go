package main

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Posteriors without a closed form are drawn by long chains. A chain is a random
// walk of Metropolis, whose steps take the form of the covariance of what it has
// seen (Haario et al. 2001), found in a first part that is thrown away.

const (
	chainBurn  = 5000
	chainThin  = 20 // steps a draw
	chainStart = 200
)

// chain draws n of the density exp(log) from a start; log is -Inf outside of the
// prior.
func chain(rng *rand.Rand, start []float64, n int, log func(x []float64) float64) [][]float64 {
	d := len(start)
	x, at := append([]float64(nil), start...), log(start)
	mean, cov := append([]float64(nil), start...), mat.NewSymDense(d, nil)
	root := mat.NewTriDense(d, mat.Lower, nil)
	for j := range d {
		root.SetTri(j, j, 0.01)
	}
	scale := 1.0
	step := func(adapt float64) {
		z := make([]float64, d)
		for j := range z {
			z[j] = rng.NormFloat64()
		}
		next := append([]float64(nil), x...)
		for j := range d {
			for k := range j + 1 {
				next[j] += scale * root.At(j, k) * z[k]
			}
		}
		v := log(next)
		accept := math.Exp(min(0, v-at))
		if rng.Float64() < accept {
			x, at = next, v
		}
		scale *= math.Exp(adapt * (accept - 0.25))
	}
	for i := range chainBurn {
		step(1 / math.Sqrt(float64(i+1)))
		// Running moments that forget the way from the start.
		w := max(1/float64(i+1), 3/float64(i+chainStart))
		diff := make([]float64, d)
		for j := range d {
			diff[j] = x[j] - mean[j]
			mean[j] += w * diff[j]
		}
		for j := range d {
			for k := range j + 1 {
				cov.SetSym(j, k, (1-w)*cov.At(j, k)+w*(1-w)*diff[j]*diff[k])
			}
		}
		var chol mat.Cholesky
		if i > chainStart*d && i%chainStart == 0 && chol.Factorize(cov) {
			if i < 2*chainStart*d {
				scale = 1
			}
			chol.LTo(root)
		}
	}
	rows := make([][]float64, n)
	for i := range rows {
		for range chainThin {
			step(0)
		}
		rows[i] = append([]float64(nil), x...)
	}
	return rows
}
