// Package layer holds the invertible layers that an INN is made of, and the
// perceptrons inside them, with hand-derived backward passes.
//
// A layer maps rows of width N to rows of width N and back. Values, gradients
// and parameters are float32; all parameters of a network lie in one vector,
// and each layer is handed its own part of it.
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
	// NewPass makes room for passes of at most rows rows.
	NewPass(rows int) Pass
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
