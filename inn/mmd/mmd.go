// Package mmd measures how far two sets of samples are from coming from the
// same distribution: the squared maximum mean discrepancy of Gretton et al.
// 2012, with its gradient (section 3.4 of the paper),
//
//	MMD²(A, B) = mean k(a, a') + mean k(b, b') - 2 mean k(a, b).
//
// The biased estimate, which is never negative, is that of all pairs of n samples a
// and n samples b. The unbiased one (their equation 4) leaves out those with the same number,
// of a_i and b_i too: then it is unbiased also when these are not independent, as
// when a_i is drawn for a y that is b_i's.
package mmd

import (
	"fmt"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// An Estimator computes MMD² between two sets of n samples of d values, by
// blocks of rows, so that several goroutines can share the work: Prepare once,
// then Rows for each block.
type Estimator struct {
	kernel   Kernel
	squares  []float32 // of its widths
	unbiased bool
	a, b     samples
	ones     []float32 // the weights of pairs that count alike

	// What a weighted estimate compares: see Weigh.
	y     samples
	gamma float64
}

// New makes an estimator for at most n samples on each side, at least two when
// it is unbiased. A kernel that Check refuses panics.
func New(k Kernel, n int, unbiased bool) *Estimator {
	if err := k.Check(); err != nil {
		panic("mmd: " + err.Error())
	}
	e := &Estimator{kernel: k, unbiased: unbiased, ones: make([]float32, n)}
	for i := range e.ones {
		e.ones[i] = 1
	}
	for _, h := range k.Widths {
		e.squares = append(e.squares, float32(h*h))
	}
	return e
}

// row replaces squared distances d² by w·dk/d(d²) and returns Σ w·k, for
// weights w. It is for the families that depend on d² alone.
func (e *Estimator) row(d2, w []float32) float64 {
	if e.kernel.Family == FamilyExponential {
		return float64(tensor.Exponentials(d2, w, e.kernel.Widths))
	}
	return float64(tensor.InverseMultiquadratics(d2, w, e.squares))
}

// Weigh makes pair (i, j) of samples count by exp(-γ |y_i - y_j|²) for one y a
// sample, the same on both sides: at γ = 0 all alike, at a large γ only those
// with nearly the same y. Call it after Prepare.
func (e *Estimator) Weigh(y tensor.Mat, gamma float64) {
	if y.Rows != e.a.rows.Rows {
		panic(fmt.Sprintf("mmd: %d weights for %d samples", y.Rows, e.a.rows.Rows))
	}
	e.y.take(y)
	e.gamma = gamma
}

// A Scratch is one goroutine's room for Rows.
type Scratch struct{ d2, sum, weights tensor.Mat }

// NewScratch makes room for blocks of rows rows against n samples of d values.
func NewScratch(rows, n, d int) *Scratch {
	return &Scratch{tensor.New(rows, n), tensor.New(rows, d), tensor.New(rows, n)}
}

// Prepare takes the two sets, of the same shape, which must not change until
// the last call of Rows.
func (e *Estimator) Prepare(a, b tensor.Mat) {
	if a.Rows != b.Rows || a.Cols != b.Cols || a.Rows > len(e.ones) {
		panic(fmt.Sprintf("mmd: sets of %dx%d and %dx%d, made for %d rows", a.Rows, a.Cols, b.Rows, b.Cols, len(e.ones)))
	}
	e.gamma = 0
	for _, side := range []struct {
		to *samples
		of tensor.Mat
	}{{&e.a, a}, {&e.b, b}} {
		side.to.take(side.of)
		if e.kernel.Family == FamilyPower {
			side.to.transpose()
		}
	}
}

// Rows returns the part of MMD² that rows [lo, hi) make up, and writes
// ∂MMD²/∂a of these rows to grad (hi-lo rows).
func (e *Estimator) Rows(s *Scratch, lo, hi int, grad tensor.Mat) float64 {
	all := e.a.rows.Rows
	n := float64(all)
	per := 1 / (n * n)
	if e.unbiased {
		per = 1 / (n * (n - 1))
	}
	a, b := e.a.slice(lo, hi), e.b.slice(lo, hi)
	for i := range grad.Rows {
		clear(grad.Row(i))
	}
	w := e.weights(s, lo, hi)
	loss := e.term(s, a, e.a, w, grad, 2*per)
	loss -= 2 * e.term(s, a, e.b, w, grad, -2*per)
	// Of the pairs of b, which have no gradient, those with a later block count
	// twice and those with an earlier one not at all.
	loss += e.term(s, b, b, w.Slice(0, hi-lo, lo, hi), tensor.Mat{}, 0)
	if hi < all {
		loss += 2 * e.term(s, b, e.b.slice(hi, all), w.Slice(0, hi-lo, hi, all), tensor.Mat{}, 0)
	}
	return per * loss
}

// weights are the weights of rows [lo, hi) against all.
func (e *Estimator) weights(s *Scratch, lo, hi int) tensor.Mat {
	if e.gamma == 0 && !e.unbiased { // every row is the one of ones
		return tensor.Mat{Rows: hi - lo, Cols: e.a.rows.Rows, Data: e.ones}
	}
	w := s.weights.Slice(0, hi-lo, 0, e.a.rows.Rows)
	if e.gamma > 0 {
		e.y.slice(lo, hi).squaredDistances(w, e.y)
	}
	for i := range w.Rows {
		row := w.Row(i)
		if e.gamma > 0 {
			for j := range row {
				row[j] *= -float32(e.gamma)
			}
			tensor.ExpOf(row)
		} else {
			copy(row, e.ones)
		}
		if e.unbiased {
			row[lo+i] = 0
		}
	}
	return w
}

// term is Σ w·k(u, v) over the rows u and all v; it adds weight·Σ_v w·∂k/∂u to
// the gradient of each u unless weight is 0.
func (e *Estimator) term(s *Scratch, u, v samples, w, grad tensor.Mat, weight float64) float64 {
	if e.kernel.Family == FamilyPower {
		return powerTerm(s, u, v, w, grad, weight)
	}
	d2 := s.d2.Slice(0, u.rows.Rows, 0, v.rows.Rows)
	u.squaredDistances(d2, v)
	total := 0.0
	for i := range d2.Rows {
		total += e.row(d2.Row(i), w.Row(i))
	}
	if weight == 0 {
		return total
	}
	// ∂k/∂u = 2 dk/d(d²) (u - v)
	sum := s.sum.Slice(0, u.rows.Rows, 0, v.rows.Cols)
	tensor.Forward(sum, d2, v.rows, nil, tensor.Identity) // Σ_v k' v
	for i := range d2.Rows {
		slopes, g := tensor.Sum(d2.Row(i)), grad.Row(i)
		tensor.AddScaled(g, float32(2*weight)*slopes, u.rows.Row(i))
		tensor.AddScaled(g, -float32(2*weight), sum.Row(i))
	}
	return total
}
