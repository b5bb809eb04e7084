// Package tensor is the numeric core: float32 matrices, their products with
// fused epilogues, and the element-wise functions that training needs. It
// knows nothing of networks.
//
// Matrices are row-major; a Mat may be a window into a larger one (Stride >
// Cols). Shape mistakes are a programmer's and panic with "tensor: ...".
package tensor

import "fmt"

// A Mat is a row-major matrix: element (i, j) is Data[i*Stride+j].
type Mat struct {
	Rows, Cols, Stride int
	Data               []float32
}

// New makes a zero matrix.
func New(rows, cols int) Mat {
	return Mat{rows, cols, cols, make([]float32, rows*cols)}
}

// Row is row i, sharing memory.
func (m Mat) Row(i int) []float32 {
	return m.Data[i*m.Stride : i*m.Stride+m.Cols : i*m.Stride+m.Cols]
}

// Slice is the window of rows [r0, r1) and columns [c0, c1), sharing memory.
func (m Mat) Slice(r0, r1, c0, c1 int) Mat {
	if r0 < 0 || r1 < r0 || r1 > m.Rows || c0 < 0 || c1 < c0 || c1 > m.Cols {
		panic(fmt.Sprintf("tensor: window [%d:%d, %d:%d] of a %dx%d matrix", r0, r1, c0, c1, m.Rows, m.Cols))
	}
	w := Mat{Rows: r1 - r0, Cols: c1 - c0, Stride: m.Stride}
	if w.Rows > 0 && w.Cols > 0 {
		w.Data = m.Data[r0*m.Stride+c0 : (r1-1)*m.Stride+c1]
	}
	return w
}

// Activation is what a product's epilogue applies to each element.
type Activation int

const (
	Identity  Activation = iota
	LeakyReLU            // v for v > 0, Slope·v otherwise
	ReLU                 // max(v, 0)
	Tanh
)

// Slope is LeakyReLU's slope for negative values, the default of PyTorch.
const Slope = 0.01
