package tensor

import (
	"fmt"
	"math"
	"sync"
	"unsafe"
)

// An Affine is the element-wise part of an affine coupling, with what its way
// back needs. Rows st hold [raw s, t] and
//
//	s = Clamp · 2/π · atan(raw/Clamp),   v = u ⊙ e^s + t.
//
// Every backward method follows the method it belongs to on the same rows.
type Affine struct {
	clamp float32
	n     int
	part  int       // of keep's rows: n, rounded up to whole vectors
	keep  []float32 // a row each: the factor applied, u, ds/draw
}

// NewAffine makes room for so many rows of n values.
func NewAffine(rows, n int, clamp float32) *Affine {
	const vector = 16 // values of the longest
	part := (n + vector - 1) / vector * vector
	return &Affine{clamp, n, part, make([]float32, 3*rows*part)}
}

// Fits says whether p is what NewAffine would make, or has room for more rows.
func (p *Affine) Fits(rows, n int, clamp float32) bool {
	return p.n == n && p.clamp == clamp && len(p.keep) >= 3*rows*p.part
}

// couplingArgs is what the kernels read; asm/coupling.go knows the offsets.
type couplingArgs struct {
	a, st, keep, logdet  unsafe.Pointer
	aStride, stStride    int
	keepStride, part     int
	logdetStep           int
	rows, cols           int
	clamp, inverse, dlog float32

	nowhere float32 // takes log-determinants that nobody wants
}

var couplingArguments = sync.Pool{New: func() any { return new(couplingArgs) }}

// kernel calls one of the kernels.
func (p *Affine) kernel(f func(*byte), a, st Mat, logdet []float32, dlogdet float32) {
	if a.Rows == 0 {
		return
	}
	t := couplingArguments.Get().(*couplingArgs)
	*t = couplingArgs{
		a: unsafe.Pointer(&a.Data[0]), st: unsafe.Pointer(&st.Data[0]), keep: unsafe.Pointer(&p.keep[0]), logdet: unsafe.Pointer(&t.nowhere),
		aStride: a.Stride * word, stStride: st.Stride * word, keepStride: 3 * p.part * word, part: p.part * word,
		rows: a.Rows, cols: p.n, clamp: p.clamp, inverse: 1 / p.clamp, dlog: dlogdet,
	}
	if logdet != nil {
		t.logdet, t.logdetStep = unsafe.Pointer(&logdet[0]), word
	}
	f((*byte)(unsafe.Pointer(t)))
	t.a, t.st, t.keep, t.logdet = nil, nil, nil, nil
	couplingArguments.Put(t)
}

func (p *Affine) check(what string, a, st Mat, logdet []float32) {
	if a.Cols != p.n || st.Cols != 2*p.n || st.Rows != a.Rows || 3*a.Rows*p.part > len(p.keep) || logdet != nil && len(logdet) < a.Rows {
		panic(fmt.Sprintf("tensor: Affine.%s of %dx%d with %dx%d, made for %d rows of %d", what, a.Rows, a.Cols, st.Rows, st.Cols, len(p.keep)/(3*p.part), p.n))
	}
}

// row is row i of the three kept.
func (p *Affine) row(i int) (factor, u, slope []float32) {
	k := p.keep[3*i*p.part:]
	return k[:p.n], k[p.part:], k[2*p.part:]
}

// Forward replaces u in a by v and adds Σ s to each row's logdet, which may be nil.
func (p *Affine) Forward(a, st Mat, logdet []float32) {
	p.check("Forward", a, st, logdet)
	if kernels != nil {
		p.kernel(kernels.couplingForward, a, st, logdet, 0)
		return
	}
	for i := range a.Rows {
		a, st, sum := a.Row(i), st.Row(i), float32(0)
		factor, u, slope := p.row(i)
		for j := range a {
			s := p.clamped(st[j], &slope[j])
			sum += s
			u[j], factor[j] = a[j], float32(math.Exp(float64(s)))
			a[j] = a[j]*factor[j] + st[p.n+j]
		}
		if logdet != nil {
			logdet[i] += sum
		}
	}
}

// Inverse replaces v in a by u and subtracts Σ s from each row's logdet, which may
// be nil.
func (p *Affine) Inverse(a, st Mat, logdet []float32) {
	p.check("Inverse", a, st, logdet)
	if kernels != nil {
		p.kernel(kernels.couplingInverse, a, st, logdet, 0)
		return
	}
	for i := range a.Rows {
		a, st, sum := a.Row(i), st.Row(i), float32(0)
		factor, u, slope := p.row(i)
		for j := range a {
			s := p.clamped(st[j], &slope[j])
			sum += s
			factor[j] = float32(math.Exp(-float64(s)))
			a[j] = (a[j] - st[p.n+j]) * factor[j]
			u[j] = a[j]
		}
		if logdet != nil {
			logdet[i] -= sum
		}
	}
}

// BackForward replaces ∂L/∂v in d by ∂L/∂u and writes that of [raw s, t] to dst;
// every row's loss also has the term dlogdet·logdet.
func (p *Affine) BackForward(d, dst Mat, dlogdet float32) {
	p.check("BackForward", d, dst, nil)
	if kernels != nil {
		p.kernel(kernels.couplingBackForward, d, dst, nil, dlogdet)
		return
	}
	for i := range d.Rows {
		d, dst := d.Row(i), dst.Row(i)
		factor, u, slope := p.row(i)
		for j, v := range d {
			dst[p.n+j] = v
			d[j] = v * factor[j]
			dst[j] = (d[j]*u[j] + dlogdet) * slope[j]
		}
	}
}

// BackInverse replaces ∂L/∂u in d by ∂L/∂v and writes that of [raw s, t] to dst;
// every row's loss also has the term dlogdet·logdet.
func (p *Affine) BackInverse(d, dst Mat, dlogdet float32) {
	p.check("BackInverse", d, dst, nil)
	if kernels != nil {
		p.kernel(kernels.couplingBackInverse, d, dst, nil, dlogdet)
		return
	}
	for i := range d.Rows {
		d, dst := d.Row(i), dst.Row(i)
		factor, u, slope := p.row(i)
		for j, v := range d {
			dst[j] = (-v*u[j] - dlogdet) * slope[j]
			d[j] = v * factor[j]
			dst[p.n+j] = -d[j]
		}
	}
}

// clamped is s and its derivative.
func (p *Affine) clamped(raw float32, slope *float32) (s float32) {
	r := float64(raw / p.clamp)
	*slope = float32(2 / math.Pi / (1 + r*r))
	return p.clamp * float32(2/math.Pi*math.Atan(r))
}
