package mmd

import "github.com/innkeeper-notebook/innkeeper/inn/tensor"

// samples are samples as an estimator reads them.
type samples struct {
	rows    tensor.Mat
	squares []float32  // |row|²
	columns tensor.Mat // the transpose of rows, where it is wanted
}

// take makes s those of a matrix.
func (s *samples) take(rows tensor.Mat) {
	s.rows = rows
	if cap(s.squares) < rows.Rows {
		s.squares = make([]float32, rows.Rows)
	}
	s.squares = s.squares[:rows.Rows]
	for i := range rows.Rows {
		s.squares[i] = float32(tensor.SumOfSquares(rows.Row(i)))
	}
}

// transpose fills the columns.
func (s *samples) transpose() {
	if s.columns.Rows != s.rows.Cols || s.columns.Cols != s.rows.Rows {
		s.columns = tensor.New(s.rows.Cols, s.rows.Rows)
	}
	for i := range s.rows.Rows {
		for j, v := range s.rows.Row(i) {
			s.columns.Row(j)[i] = v
		}
	}
}

// slice are samples [lo, hi).
func (s samples) slice(lo, hi int) samples {
	part := samples{rows: s.rows.Slice(lo, hi, 0, s.rows.Cols), squares: s.squares[lo:hi]}
	if s.columns.Rows > 0 {
		part.columns = s.columns.Slice(0, s.columns.Rows, lo, hi)
	}
	return part
}

// squaredDistances writes |s_i - v_j|² to row i, column j.
func (s samples) squaredDistances(d2 tensor.Mat, v samples) {
	tensor.BackwardData(d2, s.rows, v.rows, tensor.Identity) // u·vᵀ
	for i := range d2.Rows {
		tensor.SquaredDistances(d2.Row(i), s.squares[i], v.squares)
	}
}
