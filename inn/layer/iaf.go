package layer

import (
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// An IAF is one step of inverse autoregressive flow (Kingma et al. 2016,
// algorithm 1): rows are [z, h], of which z changes and h is a context,
//
//	z'_i = σ_i z_i + (1 - σ_i) m_i,   σ = sigmoid(s),
//
// and m_i and s_i depend on h and on those z_j alone that come before z_i in the
// step's order. ln |det ∂z'/∂z| is Σ ln σ_i. One perceptron computes all m and
// s: weights on paths that the order forbids are zero (Germain et al. 2015), and
// stay so, since their gradient is zero too.
type IAF struct {
	Latent, Context int
	Reversed        bool // z_i depends on the z_j that come after it instead
	Net             Perceptron
}

// gateShift makes σ nearly 1, and a step nearly the identity, where the
// perceptron gives 0: the forget-gate bias that the authors recommend.
const gateShift = 2

// NewIAF makes a step whose perceptron has the given hidden widths.
func NewIAF(latent, context int, reversed bool, hidden []int, act tensor.Activation) IAF {
	if latent < 1 || context < 0 {
		panic(fmt.Sprintf("layer: an IAF of %d latent and %d context values", latent, context))
	}
	sizes := append([]int{latent + context}, hidden...)
	return IAF{latent, context, reversed, Perceptron{append(sizes, 2*latent), act}}
}

// Params are those of the perceptron, the forbidden weights included.
func (f IAF) Params() int { return f.Net.Params() }

// Init initialises the perceptron.
func (f IAF) Init(w []float32, rng *rand.Rand) {
	f.Net.Init(w, rng)
	f.mask(w)
}

// degree orders the neurons of layer l: what a neuron computes depends on those
// z alone whose degree is at most its own. The context has degree 0, z has 1 to
// Latent, and an output has one less than its z.
func (f IAF) degree(l, i int) int {
	switch {
	case l == 0 && i >= f.Latent:
		return 0
	case l == 0:
		return f.place(i)
	case l == len(f.Net.Sizes)-1:
		return f.place(i%f.Latent) - 1
	}
	return i % f.Latent
}

func (f IAF) place(i int) int {
	if f.Reversed {
		return f.Latent - i
	}
	return i + 1
}

// mask sets what belongs to forbidden weights to zero.
func (f IAF) mask(w []float32) {
	for l := range len(f.Net.Sizes) - 1 {
		weights, _ := f.Net.layer(w, l)
		for i := range weights.Rows {
			row, from := weights.Row(i), f.degree(l, i)
			for j := range row {
				if f.degree(l+1, j) < from {
					row[j] = 0
				}
			}
		}
	}
}

// An IAFPass takes rows through an IAF, forwards alone: the way back is slow
// and a variational autoencoder never needs it. It serves one goroutine.
type IAFPass struct {
	IAF
	net  *perceptronPass
	gate tensor.Mat // σ
	diff tensor.Mat // z - m
}

// NewPass makes room for passes of at most rows rows.
func (f IAF) NewPass(rows int) *IAFPass {
	return &IAFPass{f, f.Net.newPass(rows, nil, nil), tensor.New(rows, f.Latent), tensor.New(rows, f.Latent)}
}

// Forward replaces the z of rows [z, h] by z' and adds ln |det ∂z'/∂z| to each
// row's logdet.
func (p *IAFPass) Forward(w []float32, x tensor.Mat, logdet []float32) {
	for i := range x.Rows {
		copy(p.net.in.Row(i), x.Row(i))
	}
	out := p.net.forward(w, x.Rows)
	for i := range x.Rows {
		z, m, s := x.Row(i)[:p.Latent], out.Row(i)[:p.Latent], out.Row(i)[p.Latent:]
		for j := range z {
			raw := float64(s[j]) + gateShift
			gate := float32(sigmoid(raw))
			p.gate.Row(i)[j], p.diff.Row(i)[j] = gate, z[j]-m[j]
			z[j] = gate*z[j] + (1-gate)*m[j]
			logdet[i] -= float32(softplus(-raw))
		}
	}
}

// BackForward replaces ∂L/∂[z', h] by ∂L/∂[z, h] and adds ∂L/∂w to g, where
// every row's loss also has the term dlogdet · logdet.
func (p *IAFPass) BackForward(w, g []float32, dx tensor.Mat, dlogdet float32) {
	dout := head(p.net.out[len(p.net.out)-1], dx.Rows)
	for i := range dx.Rows {
		dz, dm, ds := dx.Row(i)[:p.Latent], dout.Row(i)[:p.Latent], dout.Row(i)[p.Latent:]
		for j, d := range dz {
			gate := p.gate.Row(i)[j]
			ds[j] = (d*p.diff.Row(i)[j]*gate + dlogdet) * (1 - gate)
			dm[j] = d * (1 - gate)
			dz[j] = d * gate
		}
	}
	din := p.net.backward(w, g, dx.Rows)
	p.mask(g)
	for i := range dx.Rows {
		row := dx.Row(i)
		for j, d := range din.Row(i) {
			row[j] += d
		}
	}
}
