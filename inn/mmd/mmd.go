// Package mmd measures how far two sets of samples are from coming from the
// same distribution: the squared maximum mean discrepancy of Gretton et al.
// 2012, with its gradient (section 3.4 of the paper),
//
//	MMD²(A, B) = mean k(a, a') + mean k(b, b') - 2 mean k(a, b).
//
// In the biased estimate, which is never negative, pairs of a sample with itself
// count; in the unbiased one they do not.
package mmd

import (
	"fmt"
	"math"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// An Estimator computes MMD² between two sets of n samples of d values, by
// blocks of rows, so that several goroutines can share the work: Prepare once,
// then Rows for each block.
type Estimator struct {
	kernel       Kernel
	unbiased     bool
	a, b         tensor.Mat
	aNorm, bNorm []float32 // squared lengths of the rows

	// What a weighted estimate compares: see Weigh.
	y     tensor.Mat
	yNorm []float32
	gamma float64
}

// New makes an estimator for at most n samples on each side, at least two when
// it is unbiased. A kernel that Check refuses panics.
func New(k Kernel, n int, unbiased bool) *Estimator {
	if err := k.Check(); err != nil {
		panic("mmd: " + err.Error())
	}
	return &Estimator{kernel: k, unbiased: unbiased, aNorm: make([]float32, n), bNorm: make([]float32, n), yNorm: make([]float32, n)}
}

// Weigh makes pair (i, j) of samples count by exp(-γ |y_i - y_j|²) for one y a
// sample, the same on both sides: at γ = 0 all alike, at a large γ only those
// with nearly the same y. Call it after Prepare.
func (e *Estimator) Weigh(y tensor.Mat, gamma float64) {
	if y.Rows != e.a.Rows {
		panic(fmt.Sprintf("mmd: %d weights for %d samples", y.Rows, e.a.Rows))
	}
	e.y, e.gamma = y, gamma
	for i := range y.Rows {
		e.yNorm[i] = float32(tensor.SumOfSquares(y.Row(i)))
	}
}

// A Scratch is one goroutine's room for Rows.
type Scratch struct {
	d2, sum, weights tensor.Mat
	roots            []float32
}

// NewScratch makes room for blocks of rows rows against n samples of d values.
func NewScratch(rows, n, d int) *Scratch {
	return &Scratch{tensor.New(rows, n), tensor.New(rows, d), tensor.New(rows, n), make([]float32, d)}
}

// Prepare takes the two sets, of the same shape, which must not change until
// the last call of Rows.
func (e *Estimator) Prepare(a, b tensor.Mat) {
	if a.Rows != b.Rows || a.Cols != b.Cols || a.Rows > len(e.aNorm) {
		panic(fmt.Sprintf("mmd: sets of %dx%d and %dx%d, made for %d rows", a.Rows, a.Cols, b.Rows, b.Cols, len(e.aNorm)))
	}
	e.a, e.b, e.gamma = a, b, 0
	for i := range a.Rows {
		e.aNorm[i], e.bNorm[i] = float32(tensor.SumOfSquares(a.Row(i))), float32(tensor.SumOfSquares(b.Row(i)))
	}
}

// Rows returns the part of MMD² that rows [lo, hi) make up, and writes
// ∂MMD²/∂a of these rows to grad (hi-lo rows).
func (e *Estimator) Rows(s *Scratch, lo, hi int, grad tensor.Mat) float64 {
	n := float64(e.a.Rows)
	across, own, selves := 1/(n*n), 1/(n*n), 0.0
	if e.unbiased {
		own, selves = 1/(n*(n-1)), float64(hi-lo)*e.kernel.self()
	}
	a, b := e.a.Slice(lo, hi, 0, e.a.Cols), e.b.Slice(lo, hi, 0, e.b.Cols)
	for i := range grad.Rows {
		clear(grad.Row(i))
	}
	w := e.weights(s, lo, hi)
	loss := own * (e.term(s, a, e.aNorm[lo:hi], e.a, e.aNorm, w, grad, 2*own) - selves)
	loss -= 2 * across * e.term(s, a, e.aNorm[lo:hi], e.b, e.bNorm, w, grad, -2*across)
	// Of the pairs of b, which have no gradient, those with a later block count
	// twice and those with an earlier one not at all.
	loss += own * (e.term(s, b, e.bNorm[lo:hi], b, e.bNorm[lo:hi], columns(w, lo, hi), tensor.Mat{}, 0) - selves)
	if all := e.b.Rows; hi < all {
		loss += 2 * own * e.term(s, b, e.bNorm[lo:hi], e.b.Slice(hi, all, 0, e.b.Cols), e.bNorm[hi:all], columns(w, hi, all), tensor.Mat{}, 0)
	}
	return loss
}

// weights are the weights of rows [lo, hi) against all; none if all are alike.
func (e *Estimator) weights(s *Scratch, lo, hi int) tensor.Mat {
	if e.gamma == 0 {
		return tensor.Mat{}
	}
	w := s.weights.Slice(0, hi-lo, 0, e.y.Rows)
	squaredDistances(w, e.y.Slice(lo, hi, 0, e.y.Cols), e.yNorm[lo:hi], e.y, e.yNorm)
	for i := range w.Rows {
		row := w.Row(i)
		for j, d2 := range row {
			row[j] = float32(math.Exp(-e.gamma * float64(d2)))
		}
	}
	return w
}

// columns are columns [lo, hi) of the weights, if there are any.
func columns(w tensor.Mat, lo, hi int) tensor.Mat {
	if w.Rows == 0 {
		return w
	}
	return w.Slice(0, w.Rows, lo, hi)
}

// squaredDistances writes |u - v|² of the rows of u, a row each, and those of v.
func squaredDistances(d2, u tensor.Mat, uNorm []float32, v tensor.Mat, vNorm []float32) {
	tensor.BackwardData(d2, u, v, tensor.Identity) // u·vᵀ
	for i := range d2.Rows {
		tensor.SquaredDistances(d2.Row(i), uNorm[i], vNorm)
	}
}

// term is Σ w·k(u, v) over the rows u and all v; it adds weight·Σ_v w·∂k/∂u to
// the gradient of each u unless weight is 0.
func (e *Estimator) term(s *Scratch, u tensor.Mat, uNorm []float32, v tensor.Mat, vNorm []float32, w, grad tensor.Mat, weight float64) float64 {
	if e.kernel.Family == FamilyPower {
		return powerTerm(s, u, v, w, grad, weight)
	}
	d2 := s.d2.Slice(0, u.Rows, 0, v.Rows)
	squaredDistances(d2, u, uNorm, v, vNorm)
	total := 0.0
	for i := range d2.Rows {
		var pairs []float32
		if w.Rows > 0 {
			pairs = w.Row(i)
		}
		total += e.kernel.row(d2.Row(i), pairs)
	}
	if weight == 0 {
		return total
	}
	// ∂k/∂u = 2 dk/d(d²) (u - v)
	sum := s.sum.Slice(0, u.Rows, 0, v.Cols)
	tensor.Forward(sum, d2, v, nil, tensor.Identity) // Σ_v k' v
	for i := range d2.Rows {
		slopes, g := tensor.Sum(d2.Row(i)), grad.Row(i)
		tensor.AddScaled(g, float32(2*weight)*slopes, u.Row(i))
		tensor.AddScaled(g, -float32(2*weight), sum.Row(i))
	}
	return total
}
