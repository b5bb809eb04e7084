package layer

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Perceptron is a network of fully connected layers: Sizes are the widths
// from input to output, and Act follows every layer but the last.
type Perceptron struct {
	Sizes []int
	Act   tensor.Activation
}

// Params counts weights and biases.
func (m Perceptron) Params() int {
	n := 0
	for i := range len(m.Sizes) - 1 {
		n += (m.Sizes[i] + 1) * m.Sizes[i+1]
	}
	return n
}

// Init draws the weights of He et al. 2015, N(0, 2/fan-in), and those of the
// last layer 0.1 times as large, so that a coupling starts near the identity;
// biases are 0.
func (m Perceptron) Init(w []float32, rng *rand.Rand) {
	last := len(m.Sizes) - 2
	for i := range len(m.Sizes) - 1 {
		weights, bias := m.layer(w, i)
		sd := math.Sqrt(2 / float64(m.Sizes[i]))
		if i == last {
			sd *= 0.1
		}
		for k := range weights.Data {
			weights.Data[k] = float32(sd * rng.NormFloat64())
		}
		clear(bias)
	}
}

// weightName ends the names of perceptrons' weights.
const weightName = ".weight"

// Tensors are an in×out matrix of weights and a vector of biases for each layer.
func (m Perceptron) Tensors() (list []Tensor) {
	for i := range len(m.Sizes) - 1 {
		list = append(list,
			Tensor{Name: fmt.Sprint(i, weightName), Shape: []int{m.Sizes[i], m.Sizes[i+1]}},
			Tensor{Name: fmt.Sprintf("%d.bias", i), Shape: []int{m.Sizes[i+1]}})
	}
	return list
}

// layer is the weight matrix (in×out) and bias of layer i within w.
func (m Perceptron) layer(w []float32, i int) (tensor.Mat, []float32) {
	for k := range i {
		w = w[(m.Sizes[k]+1)*m.Sizes[k+1]:]
	}
	in, out := m.Sizes[i], m.Sizes[i+1]
	return tensor.Mat{Rows: in, Cols: out, Stride: out, Data: w[:in*out]}, w[in*out : (in+1)*out]
}

// perceptronPass remembers the outputs of every layer, or with a Scratch those of
// the last.
type perceptronPass struct {
	Perceptron
	out []tensor.Mat // out[i] are the outputs of layer i
	in  tensor.Mat   // the input; its buffer takes the input's gradient

	packed *Packed // or nil

	drop  float32 // the probability of dropout; 0: none
	rng   *rand.Rand
	masks []tensor.Mat // factors of the hidden layers' outputs: 0 or 1/(1-drop)
}

func (m Perceptron) newPass(rows int, packed *Packed, s *Scratch) *perceptronPass {
	p := &perceptronPass{Perceptron: m, packed: packed, in: s.matrix(0, rows, m.Sizes[0])}
	for i, n := range m.Sizes[1:] {
		p.out = append(p.out, s.matrix(1+i%2, rows, n))
	}
	return p
}

// forward computes the outputs for the rows in p.in, which the caller filled.
func (p *perceptronPass) forward(w []float32, rows int) tensor.Mat {
	a := head(p.in, rows)
	for i := range p.out {
		weights, bias := p.layer(w, i)
		act := p.Act
		if i == len(p.out)-1 {
			act = tensor.Identity
		}
		dst := head(p.out[i], rows)
		if panels := p.packed.panels(weights); panels != nil {
			panels.Forward(dst, a, bias, act)
		} else {
			tensor.Forward(dst, a, weights, bias, act)
		}
		if p.drop > 0 && i < len(p.out)-1 {
			p.dropOut(i, dst)
		}
		a = dst
	}
	return a
}

// backward takes the gradient that the caller left in the last output back,
// adds the parameters' gradient to g and returns the input's gradient.
func (p *perceptronPass) backward(w, g []float32, rows int) tensor.Mat {
	for i := len(p.out) - 1; i >= 0; i-- {
		weights, _ := p.layer(w, i)
		dw, db := p.layer(g, i)
		dc := head(p.out[i], rows)
		a, act := head(p.in, rows), tensor.Identity
		if i > 0 {
			a, act = head(p.out[i-1], rows), p.Act
		}
		tensor.BackwardWeights(dw, db, a, dc)
		dropped := p.drop > 0 && i > 0
		if dropped { // the activation's derivative wants its outputs as they were
			scale(a, 1-p.drop)
		}
		if panels := p.packed.panels(weights); panels != nil {
			panels.BackwardData(a, dc, act)
		} else {
			tensor.BackwardData(a, dc, weights, act)
		}
		if dropped {
			multiply(a, head(p.masks[i-1], rows))
		}
	}
	return head(p.in, rows)
}

// head is the first rows of m.
func head(m tensor.Mat, rows int) tensor.Mat { return m.Slice(0, rows, 0, m.Cols) }
