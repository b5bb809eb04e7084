package layer

import (
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Rotation is a learned permutation in the sense of Kingma and Dhariwal 2018: an
// orthogonal matrix, of which permutations are special ones, as the product of as
// many Householder reflections as there are columns (one more if that is odd),
//
//	v = H_k ... H_1 u,   H_i = 1 - 2 h_i h_iᵀ/(h_iᵀ h_i).
//
// Every rotation is such a product, and whatever h_i training arrives at, it is
// inverted exactly and ln |det ∂v/∂u| = 0. (A product P L U as in Glow need be
// neither well conditioned nor invertible.)
type Rotation int // the width of a row

func (r Rotation) reflections() int { return (int(r) + 1) / 2 * 2 }

// Params are the vectors h_i.
func (r Rotation) Params() int { return r.reflections() * int(r) }

// Init makes pairs of equal reflections, which cancel out: the layer begins as
// the identity.
func (r Rotation) Init(w []float32, rng *rand.Rand) {
	for n := int(r); len(w) > 0; w = w[2*n:] {
		for j := range n {
			w[j] = float32(rng.NormFloat64())
		}
		copy(w[n:2*n], w)
	}
}

// Tensors has a row h_i for each reflection.
func (r Rotation) Tensors() []Tensor {
	return []Tensor{{Name: "reflections", Shape: []int{r.reflections(), int(r)}}}
}

// NewPass makes a pass.
func (r Rotation) NewPass(rows int, _ *Packed, _ *Scratch) Pass {
	return &rotationPass{r, tensor.New(rows, int(r)), make([]float64, r)}
}

type rotationPass struct {
	Rotation
	out tensor.Mat // what the last pass gave
	dh  []float64
}

// vector is h_i and 2/(h_iᵀ h_i). Where h_i is 0, as in a file it might be, the
// factor is 0 and the reflection the identity.
func (p *rotationPass) vector(w []float32, i int) (h []float32, c float64) {
	n := int(p.Rotation)
	h = w[i*n : (i+1)*n]
	if square := dot(h, h); square > 0 {
		c = 2 / square
	}
	return h, c
}

// order gives the k-th reflection to apply.
func (p *rotationPass) order(k int, forwards bool) int {
	if forwards {
		return k
	}
	return p.reflections() - 1 - k
}

func (p *rotationPass) apply(w []float32, x tensor.Mat, forwards bool) {
	if x.Cols != int(p.Rotation) {
		panic(fmt.Sprintf("layer: a rotation of %d columns meets %d", int(p.Rotation), x.Cols))
	}
	for k := range p.reflections() {
		h, c := p.vector(w, p.order(k, forwards))
		for i := range x.Rows {
			reflect(x.Row(i), h, c*dot(h, x.Row(i)))
		}
	}
	for i := range x.Rows {
		copy(p.out.Row(i), x.Row(i))
	}
}

// back goes through the reflections in the opposite order. Each is its own
// inverse, so that its input comes back from its output. With v = u - c h (hᵀu)
// and c = 2/hᵀh, a gradient d of v gives
//
//	∂L/∂h = c² (hᵀu)(hᵀd) h - c (hᵀu) d - c (hᵀd) u,   ∂L/∂u = H d.
func (p *rotationPass) back(w, g []float32, dx tensor.Mat, forwards bool) {
	n := int(p.Rotation)
	for k := p.reflections() - 1; k >= 0; k-- {
		at := p.order(k, forwards)
		h, c := p.vector(w, at)
		clear(p.dh)
		for i := range dx.Rows {
			u, d := p.out.Row(i), dx.Row(i)
			reflect(u, h, c*dot(h, u))
			hu, hd := dot(h, u), dot(h, d)
			for j := range p.dh {
				p.dh[j] += c * (c*hu*hd*float64(h[j]) - hu*float64(d[j]) - hd*float64(u[j]))
			}
			reflect(d, h, c*hd)
		}
		for j, v := range p.dh {
			g[at*n+j] += float32(v)
		}
	}
}

// reflect subtracts f·h from x.
func reflect(x, h []float32, f float64) {
	for j, v := range h {
		x[j] -= float32(f * float64(v))
	}
}

func dot(a, b []float32) (sum float64) {
	for j, v := range a {
		sum += float64(v) * float64(b[j])
	}
	return sum
}

func (p *rotationPass) Forward(w []float32, x tensor.Mat, _ []float32)       { p.apply(w, x, true) }
func (p *rotationPass) Inverse(w []float32, x tensor.Mat, _ []float32)       { p.apply(w, x, false) }
func (p *rotationPass) BackForward(w, g []float32, dx tensor.Mat, _ float32) { p.back(w, g, dx, true) }
func (p *rotationPass) BackInverse(w, g []float32, dx tensor.Mat, _ float32) { p.back(w, g, dx, false) }
