// Package layer holds the invertible layers that an INN is made of, and the
// perceptrons inside them, with hand-derived backward passes.
//
// A layer maps rows of width N to rows of width N and back. Values, gradients
// and parameters are float32; all parameters of a network lie in one vector,
// and each layer is handed its own part of it. Padding (section 3.2) is no layer
// but columns of the rows, which go through all of them.
//
// A new layer is one file with a type that implements Layer, and one line in the
// table of TestLayers, which holds it to the contract by layertest.Test.
package layer

import (
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Layer is an invertible map v = f(u) of rows of one width.
type Layer interface {
	// Params is the number of the layer's parameters.
	Params() int
	// Init sets parameters w to their starting values.
	Init(w []float32, rng *rand.Rand)
	// NewPass makes room for passes of at most rows rows. Packed are the parameters
	// that all of them will have, or nil; with a Scratch they never go back.
	NewPass(rows int, p *Packed, s *Scratch) Pass
	// Tensors says what the parameters are, in their order, for a file.
	Tensors() []Tensor
}

// A Tensor is a part of a layer's parameters that a file keeps under a name. One
// with Places is no part of them but fixed: the order of a permutation.
type Tensor struct {
	Name   string
	Shape  []int
	Places []int
}

// Len is the number of its values.
func (t Tensor) Len() int {
	n := 1
	for _, k := range t.Shape {
		n *= k
	}
	return n
}

// A Starter is a layer that takes starting values from data. Start sets
// parameters w, after Init, for the first rows that will come forwards.
type Starter interface {
	Start(w []float32, x tensor.Mat)
}

// A Pass takes rows through a layer in place, remembers what the way back
// needs, and takes gradients back. Each backward method follows the method it
// belongs to on the same rows. A Pass serves one goroutine at a time.
type Pass interface {
	// Forward replaces rows u by v = f(u) and adds ln |det ∂v/∂u| to each
	// row's logdet; logdet may be nil.
	Forward(w []float32, x tensor.Mat, logdet []float32)
	// BackForward replaces ∂L/∂v by ∂L/∂u and adds ∂L/∂w to g, where every
	// row's loss also has the term dlogdet · logdet.
	BackForward(w, g []float32, dx tensor.Mat, dlogdet float32)
	// Inverse replaces rows v by u = f⁻¹(v) and adds ln |det ∂u/∂v| to each
	// row's logdet; logdet may be nil.
	Inverse(w []float32, x tensor.Mat, logdet []float32)
	// BackInverse replaces ∂L/∂u by ∂L/∂v and adds ∂L/∂w to g, where every
	// row's loss also has the term dlogdet · logdet.
	BackInverse(w, g []float32, dx tensor.Mat, dlogdet float32)
}
