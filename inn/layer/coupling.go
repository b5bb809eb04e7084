package layer

import (
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Coupling is one half of the paper's affine coupling block (equations 4
// and 5): the columns [Lo, Hi) of a row, u_a, are scaled and shifted by what a
// perceptron makes of the others, u_b,
//
//	v_a = u_a ⊙ exp(s(u_b)) + t(u_b),   v_b = u_b,
//	u_a = (v_a - t(v_b)) ⊙ exp(-s(v_b)).
//
// The perceptron gives [s, t] together. Its s passes a soft clamp,
// Clamp · 2/π · atan(s/Clamp), so that no factor leaves exp(±Clamp).
type Coupling struct {
	Width  int // of a row
	Lo, Hi int // the columns that change
	Net    Perceptron
	Clamp  float32
}

// NewCoupling makes a coupling whose perceptron has the given hidden widths.
func NewCoupling(width, lo, hi int, hidden []int, act tensor.Activation, clamp float64) Coupling {
	if lo < 0 || hi <= lo || hi > width || hi-lo == width {
		panic(fmt.Sprintf("layer: a coupling of columns [%d, %d) of %d", lo, hi, width))
	}
	sizes := append([]int{width - (hi - lo)}, hidden...)
	return Coupling{width, lo, hi, Perceptron{append(sizes, 2*(hi-lo)), act}, float32(clamp)}
}

// Block is the paper's reversible block, two complementary couplings.
func Block(width int, hidden []int, act tensor.Activation, clamp float64) Sequence {
	half := width / 2
	return Sequence{
		NewCoupling(width, 0, half, hidden, act, clamp),
		NewCoupling(width, half, width, hidden, act, clamp),
	}
}

// Params are those of the perceptron.
func (c Coupling) Params() int { return c.Net.Params() }

// Init initialises the perceptron.
func (c Coupling) Init(w []float32, rng *rand.Rand) { c.Net.Init(w, rng) }

// Tensors are those of the perceptron.
func (c Coupling) Tensors() []Tensor { return c.Net.Tensors() }

// NewPass makes a pass.
func (c Coupling) NewPass(rows int, p *Packed, s *Scratch) Pass {
	return &couplingPass{c, c.Net.newPass(rows, p, s), s.affineFor(rows, c.Hi-c.Lo, c.Clamp)}
}

type couplingPass struct {
	Coupling
	net    *perceptronPass
	affine *tensor.Affine
}

// condition runs the perceptron on the columns that do not change.
func (p *couplingPass) condition(w []float32, x tensor.Mat) tensor.Mat {
	if x.Cols != p.Width {
		panic(fmt.Sprintf("layer: a coupling of width %d meets %d columns", p.Width, x.Cols))
	}
	for i := range x.Rows {
		row, in := x.Row(i), p.net.in.Row(i)
		copy(in[copy(in, row[:p.Lo]):], row[p.Hi:])
	}
	return p.net.forward(w, x.Rows)
}

// changing is the columns that change.
func (p *couplingPass) changing(x tensor.Mat) tensor.Mat { return x.Slice(0, x.Rows, p.Lo, p.Hi) }

// last is the perceptron's outputs [raw s, t], or their gradient.
func (p *couplingPass) last(rows int) tensor.Mat { return head(p.net.out[len(p.net.out)-1], rows) }

func (p *couplingPass) Forward(w []float32, x tensor.Mat, logdet []float32) {
	p.affine.Forward(p.changing(x), p.condition(w, x), logdet)
}

func (p *couplingPass) BackForward(w, g []float32, dx tensor.Mat, dlogdet float32) {
	p.affine.BackForward(p.changing(dx), p.last(dx.Rows), dlogdet)
	p.addCondition(w, g, dx)
}

func (p *couplingPass) Inverse(w []float32, x tensor.Mat, logdet []float32) {
	p.affine.Inverse(p.changing(x), p.condition(w, x), logdet)
}

func (p *couplingPass) BackInverse(w, g []float32, dx tensor.Mat, dlogdet float32) {
	p.affine.BackInverse(p.changing(dx), p.last(dx.Rows), dlogdet)
	p.addCondition(w, g, dx)
}

// addCondition takes the gradient of [s, t] through the perceptron and adds
// what reaches its input to the columns that it read.
func (p *couplingPass) addCondition(w, g []float32, dx tensor.Mat) {
	din := p.net.backward(w, g, dx.Rows)
	for i := range dx.Rows {
		row, d := dx.Row(i), din.Row(i)
		tensor.AddScaled(row[:p.Lo], 1, d[:p.Lo])
		tensor.AddScaled(row[p.Hi:], 1, d[p.Lo:])
	}
}
