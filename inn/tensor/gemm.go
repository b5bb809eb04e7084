package tensor

import (
	"fmt"
	"math"
)

// Forward computes dst = act(a·w + bias): a is m×k, w is k×n, dst m×n; bias
// has n values or is nil. dst must not overlap a or w.
func Forward(dst, a, w Mat, bias []float32, act Activation) {
	if a.Cols != w.Rows || dst.Rows != a.Rows || dst.Cols != w.Cols || bias != nil && len(bias) != w.Cols {
		panic(fmt.Sprintf("tensor: Forward %dx%d = %dx%d · %dx%d, bias %d", dst.Rows, dst.Cols, a.Rows, a.Cols, w.Rows, w.Cols, len(bias)))
	}
	for i := range dst.Rows {
		d := dst.Row(i)
		if bias == nil {
			clear(d)
		} else {
			copy(d, bias)
		}
		for k, v := range a.Row(i) {
			axpy(d, v, w.Row(k))
		}
		activate(d, act)
	}
}

// BackwardData computes da = (dc·wᵀ) ⊙ act'(a), where a holds the activation's
// *outputs* and is overwritten by da: dc is m×n, w is k×n, a is m×k. With act
// Identity the old a is not read.
func BackwardData(a, dc, w Mat, act Activation) {
	if dc.Cols != w.Cols || a.Rows != dc.Rows || a.Cols != w.Rows {
		panic(fmt.Sprintf("tensor: BackwardData %dx%d = %dx%d · (%dx%d)ᵀ", a.Rows, a.Cols, dc.Rows, dc.Cols, w.Rows, w.Cols))
	}
	for i := range a.Rows {
		ai, di := a.Row(i), dc.Row(i)
		for k := range ai {
			ai[k] = dot(di, w.Row(k)) * slope(ai[k], act)
		}
	}
}

// BackwardWeights adds aᵀ·dc to dw, and the column sums of dc to db unless db
// is nil: a is m×k, dc is m×n, dw is k×n.
func BackwardWeights(dw Mat, db []float32, a, dc Mat) {
	if a.Rows != dc.Rows || dw.Rows != a.Cols || dw.Cols != dc.Cols || db != nil && len(db) != dc.Cols {
		panic(fmt.Sprintf("tensor: BackwardWeights %dx%d += (%dx%d)ᵀ · %dx%d, db %d", dw.Rows, dw.Cols, a.Rows, a.Cols, dc.Rows, dc.Cols, len(db)))
	}
	for i := range a.Rows {
		d := dc.Row(i)
		for k, v := range a.Row(i) {
			axpy(dw.Row(k), v, d)
		}
		if db != nil {
			axpy(db, 1, d)
		}
	}
}

// axpy adds s·x to d.
func axpy(d []float32, s float32, x []float32) {
	x = x[:len(d)]
	for j := range d {
		d[j] += s * x[j]
	}
}

func dot(x, y []float32) float32 {
	y = y[:len(x)]
	var s float32
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

func activate(d []float32, act Activation) {
	switch act {
	case LeakyReLU:
		for j, v := range d {
			if v <= 0 {
				d[j] = Slope * v
			}
		}
	case ReLU:
		for j, v := range d {
			if v <= 0 {
				d[j] = 0
			}
		}
	case Tanh:
		for j, v := range d {
			d[j] = float32(math.Tanh(float64(v)))
		}
	}
}

// slope is the activation's derivative from its output.
func slope(out float32, act Activation) float32 {
	switch act {
	case LeakyReLU:
		if out <= 0 {
			return Slope
		}
	case ReLU:
		if out <= 0 {
			return 0
		}
	case Tanh:
		return 1 - out*out
	}
	return 1
}
