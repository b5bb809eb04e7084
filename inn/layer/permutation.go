package layer

import (
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Permutation shuffles the columns in a fixed way, so that the halves that
// coupling blocks split differ between blocks (section 3.2): v_j = u_p[j].
type Permutation []int

// NewPermutation draws a permutation of n columns.
func NewPermutation(n int, rng *rand.Rand) Permutation { return Permutation(rng.Perm(n)) }

// Params is 0.
func (p Permutation) Params() int { return 0 }

// Init does nothing.
func (p Permutation) Init([]float32, *rand.Rand) {}

// Tensors has the places.
func (p Permutation) Tensors() []Tensor {
	return []Tensor{{Name: "permutation", Shape: []int{len(p)}, Places: p}}
}

// NewPass makes a pass.
func (p Permutation) NewPass(int, *Packed, *Scratch) Pass {
	inverse := make([]int, len(p))
	for j, k := range p {
		inverse[k] = j
	}
	return &permutationPass{p, inverse, make([]float32, len(p))}
}

type permutationPass struct {
	forward, inverse []int
	row              []float32
}

func (p *permutationPass) apply(order []int, x tensor.Mat) {
	if x.Cols != len(order) {
		panic(fmt.Sprintf("layer: a permutation of %d columns meets %d", len(order), x.Cols))
	}
	for i := range x.Rows {
		row := x.Row(i)
		copy(p.row, row)
		for j, k := range order {
			row[j] = p.row[k]
		}
	}
}

func (p *permutationPass) Forward(_ []float32, x tensor.Mat, _ []float32) { p.apply(p.forward, x) }
func (p *permutationPass) Inverse(_ []float32, x tensor.Mat, _ []float32) { p.apply(p.inverse, x) }
func (p *permutationPass) BackForward(_, _ []float32, dx tensor.Mat, _ float32) {
	p.apply(p.inverse, dx)
}
func (p *permutationPass) BackInverse(_, _ []float32, dx tensor.Mat, _ float32) {
	p.apply(p.forward, dx)
}
