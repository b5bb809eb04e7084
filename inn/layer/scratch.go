package layer

import "github.com/innkeeper-notebook/innkeeper/inn/tensor"

// A Scratch is what the layers share of a pass that never goes back, one for each
// pass: what a perceptron computes inside is gone when the next one has run, so that
// it stays in the processor's cache.
type Scratch struct {
	room   [3][]float32 // of perceptrons' inputs and, in turns, outputs
	affine []*tensor.Affine
}

// scratchRows are the rows that go through a whole network at a time, so few that
// what its layers share stays in the second cache, and full tiles of every kernel.
const scratchRows = 144

// matrix is a matrix in room k, whose values are anybody's. Without a Scratch it is
// a new one.
func (s *Scratch) matrix(k, rows, cols int) tensor.Mat {
	if s == nil {
		return tensor.New(rows, cols)
	}
	if len(s.room[k]) < rows*cols {
		s.room[k] = make([]float32, rows*cols)
	}
	return tensor.Mat{Rows: rows, Cols: cols, Stride: cols, Data: s.room[k][:rows*cols]}
}

// affineFor is room for the element-wise part of a coupling.
func (s *Scratch) affineFor(rows, n int, clamp float32) *tensor.Affine {
	if s == nil {
		return tensor.NewAffine(rows, n, clamp)
	}
	for _, a := range s.affine {
		if a.Fits(rows, n, clamp) {
			return a
		}
	}
	a := tensor.NewAffine(rows, n, clamp)
	s.affine = append(s.affine, a)
	return a
}
