// Package mmd measures how far two sets of samples are from coming from the
// same distribution: the squared maximum mean discrepancy of Gretton et al.
// 2012, with its gradient (section 3.4 of the paper),
//
//	MMD²(A, B) = mean k(a, a') + mean k(b, b') - 2 mean k(a, b),
//
// the biased estimate, which is never negative: pairs of a sample with itself
// count.
package mmd

import (
	"fmt"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Kernel is a function k of the squared distance of two samples.
type Kernel interface {
	// Row replaces squared distances d² by dk/d(d²) and returns Σ k.
	Row(d2 []float32) float64
}

// InverseMultiquadratic is k = Σ_h 1/(1 + d²/h²), one term for each width h.
// Its tails are heavy, so that outliers still feel a gradient.
type InverseMultiquadratic []float64

// Row is the kernel and its derivative -h²/(h² + d²)².
func (widths InverseMultiquadratic) Row(d2 []float32) float64 {
	total := 0.0
	for i, d := range d2 {
		var k, slope float32
		for _, h := range widths {
			h2 := float32(h * h)
			v := h2 / (h2 + d)
			k += v
			slope -= v * v / h2
		}
		total += float64(k)
		d2[i] = slope
	}
	return total
}

// An Estimator computes MMD² between two sets of n samples of d values, by
// blocks of rows, so that several goroutines can share the work: Prepare once,
// then Rows for each block.
type Estimator struct {
	kernel       Kernel
	a, b         tensor.Mat
	aNorm, bNorm []float32 // squared lengths of the rows
}

// New makes an estimator for at most n samples on each side.
func New(k Kernel, n int) *Estimator {
	return &Estimator{kernel: k, aNorm: make([]float32, n), bNorm: make([]float32, n)}
}

// A Scratch is one goroutine's room for Rows.
type Scratch struct{ d2, sum tensor.Mat }

// NewScratch makes room for blocks of rows rows against n samples of d values.
func NewScratch(rows, n, d int) *Scratch {
	return &Scratch{tensor.New(rows, n), tensor.New(rows, d)}
}

// Prepare takes the two sets, of the same shape, which must not change until
// the last call of Rows.
func (e *Estimator) Prepare(a, b tensor.Mat) {
	if a.Rows != b.Rows || a.Cols != b.Cols || a.Rows > len(e.aNorm) {
		panic(fmt.Sprintf("mmd: sets of %dx%d and %dx%d, made for %d rows", a.Rows, a.Cols, b.Rows, b.Cols, len(e.aNorm)))
	}
	e.a, e.b = a, b
	for i := range a.Rows {
		e.aNorm[i], e.bNorm[i] = squares(a.Row(i)), squares(b.Row(i))
	}
}

// Rows returns the part of MMD² that rows [lo, hi) make up, and writes
// ∂MMD²/∂a of these rows to grad (hi-lo rows).
func (e *Estimator) Rows(s *Scratch, lo, hi int, grad tensor.Mat) float64 {
	n := e.a.Rows
	scale := 1 / (float64(n) * float64(n))
	a, b := e.a.Slice(lo, hi, 0, e.a.Cols), e.b.Slice(lo, hi, 0, e.b.Cols)
	for i := range grad.Rows {
		clear(grad.Row(i))
	}
	loss := e.term(s, a, e.aNorm[lo:hi], e.a, e.aNorm, grad, 4*scale)
	loss -= 2 * e.term(s, a, e.aNorm[lo:hi], e.b, e.bNorm, grad, -4*scale)
	loss += e.term(s, b, e.bNorm[lo:hi], e.b, e.bNorm, tensor.Mat{}, 0)
	return loss * scale
}

// term is Σ k(u, v) over the rows u and all v; it adds weight·Σ_v k'(u - v) to
// the gradient of each u unless weight is 0.
func (e *Estimator) term(s *Scratch, u tensor.Mat, uNorm []float32, v tensor.Mat, vNorm []float32, grad tensor.Mat, weight float64) float64 {
	d2 := s.d2.Slice(0, u.Rows, 0, v.Rows)
	tensor.BackwardData(d2, u, v, tensor.Identity) // u·vᵀ
	total := 0.0
	for i := range d2.Rows {
		row := d2.Row(i)
		for j, dot := range row {
			row[j] = max(0, uNorm[i]+vNorm[j]-2*dot)
		}
		total += e.kernel.Row(row)
	}
	if weight == 0 {
		return total
	}
	sum := s.sum.Slice(0, u.Rows, 0, v.Cols)
	tensor.Forward(sum, d2, v, nil, tensor.Identity) // Σ_v k' v
	for i := range d2.Rows {
		slopes := float32(0)
		for _, k := range d2.Row(i) {
			slopes += k
		}
		g, ui, si := grad.Row(i), u.Row(i), sum.Row(i)
		for j := range g {
			g[j] += float32(weight) * (slopes*ui[j] - si[j])
		}
	}
	return total
}

func squares(x []float32) float32 {
	s := float32(0)
	for _, v := range x {
		s += v * v
	}
	return s
}
