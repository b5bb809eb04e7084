package layer

import (
	"fmt"
	"math"
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

// NewPass makes a pass.
func (c Coupling) NewPass(rows int) Pass {
	n := c.Hi - c.Lo
	return &couplingPass{c, c.Net.newPass(rows), tensor.New(rows, n), tensor.New(rows, n), tensor.New(rows, n)}
}

type couplingPass struct {
	Coupling
	net *perceptronPass
	// What the way back needs, a row each: the factor that was applied, the
	// values u_a (of the input forwards, of the output backwards), and ds/draw.
	factor, ua, clampSlope tensor.Mat
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

func (p *couplingPass) Forward(w []float32, x tensor.Mat, logdet []float32) {
	st := p.condition(w, x)
	n := p.Hi - p.Lo
	for i := range x.Rows {
		a, st := x.Row(i)[p.Lo:p.Hi], st.Row(i)
		factor, ua, slope := p.factor.Row(i), p.ua.Row(i), p.clampSlope.Row(i)
		sum := float32(0)
		for j := range a {
			var s float32
			s, slope[j] = p.clamp(st[j])
			sum += s
			ua[j], factor[j] = a[j], exp(s)
			a[j] = a[j]*factor[j] + st[n+j]
		}
		if logdet != nil {
			logdet[i] += sum
		}
	}
}

func (p *couplingPass) BackForward(w, g []float32, dx tensor.Mat, dlogdet float32) {
	dst := head(p.net.out[len(p.net.out)-1], dx.Rows)
	n := p.Hi - p.Lo
	for i := range dx.Rows {
		da, dst := dx.Row(i)[p.Lo:p.Hi], dst.Row(i)
		factor, ua, slope := p.factor.Row(i), p.ua.Row(i), p.clampSlope.Row(i)
		for j, d := range da {
			dst[j] = (d*ua[j]*factor[j] + dlogdet) * slope[j]
			dst[n+j] = d
			da[j] = d * factor[j]
		}
	}
	p.addCondition(w, g, dx)
}

func (p *couplingPass) Inverse(w []float32, x tensor.Mat, logdet []float32) {
	st := p.condition(w, x)
	n := p.Hi - p.Lo
	for i := range x.Rows {
		a, st := x.Row(i)[p.Lo:p.Hi], st.Row(i)
		factor, ua, slope := p.factor.Row(i), p.ua.Row(i), p.clampSlope.Row(i)
		sum := float32(0)
		for j := range a {
			var s float32
			s, slope[j] = p.clamp(st[j])
			sum += s
			factor[j] = exp(-s)
			a[j] = (a[j] - st[n+j]) * factor[j]
			ua[j] = a[j]
		}
		if logdet != nil {
			logdet[i] -= sum
		}
	}
}

func (p *couplingPass) BackInverse(w, g []float32, dx tensor.Mat, dlogdet float32) {
	dst := head(p.net.out[len(p.net.out)-1], dx.Rows)
	n := p.Hi - p.Lo
	for i := range dx.Rows {
		da, dst := dx.Row(i)[p.Lo:p.Hi], dst.Row(i)
		factor, ua, slope := p.factor.Row(i), p.ua.Row(i), p.clampSlope.Row(i)
		for j, d := range da {
			dst[j] = (-d*ua[j] - dlogdet) * slope[j]
			da[j] = d * factor[j]
			dst[n+j] = -da[j]
		}
	}
	p.addCondition(w, g, dx)
}

// addCondition takes the gradient of [s, t] through the perceptron and adds
// what reaches its input to the columns that it read.
func (p *couplingPass) addCondition(w, g []float32, dx tensor.Mat) {
	din := p.net.backward(w, g, dx.Rows)
	for i := range dx.Rows {
		row, d := dx.Row(i), din.Row(i)
		for j := range p.Lo {
			row[j] += d[j]
		}
		for j := p.Hi; j < p.Width; j++ {
			row[j] += d[j-p.Hi+p.Lo]
		}
	}
}

// clamp is the soft clamp and its derivative.
func (p *couplingPass) clamp(raw float32) (s, slope float32) {
	r := float64(raw / p.Clamp)
	return p.Clamp * float32(2/math.Pi*math.Atan(r)), float32(2 / math.Pi / (1 + r*r))
}

func exp(x float32) float32 { return float32(math.Exp(float64(x))) }
