package tensor

import (
	"fmt"
	"math"
	"sync"
)

// Forward computes dst = act(a·w + bias): a is m×k, w is k×n, dst m×n; bias
// has n values or is nil. dst must not overlap a or w. Each row of dst depends
// on the same row of a alone, to the bit.
func Forward(dst, a, w Mat, bias []float32, act Activation) {
	if a.Cols != w.Rows || dst.Rows != a.Rows || dst.Cols != w.Cols || bias != nil && len(bias) != w.Cols {
		panic(fmt.Sprintf("tensor: Forward %dx%d = %dx%d · %dx%d, bias %d", dst.Rows, dst.Cols, a.Rows, a.Cols, w.Rows, w.Cols, len(bias)))
	}
	p := product{c: dst, a: a.Data, row: a.Stride, step: 1, b: w, inner: a.Cols, bias: bias}
	if act == LeakyReLU {
		p.end, p.slope = endLeaky, Slope
	}
	p.run()
	if act == ReLU || act == Tanh {
		for i := range dst.Rows {
			activate(dst.Row(i), act)
		}
	}
}

// BackwardData computes a = (dc·wᵀ) ⊙ act'(a), where a holds the activation's
// outputs on entry and their gradient on return: dc is m×n, w is k×n, a is
// m×k. With act Identity the old a is not read. Each row depends on the same
// rows of a and dc alone, to the bit.
func BackwardData(a, dc, w Mat, act Activation) {
	if dc.Cols != w.Cols || a.Rows != dc.Rows || a.Cols != w.Rows {
		panic(fmt.Sprintf("tensor: BackwardData %dx%d = %dx%d · (%dx%d)ᵀ", a.Rows, a.Cols, dc.Rows, dc.Cols, w.Rows, w.Cols))
	}
	if act == Tanh { // the slope is not one of two values: multiply afterwards
		slopes := scratch(a.Rows * a.Cols)
		defer release(slopes)
		for i := range a.Rows {
			for j, v := range a.Row(i) {
				(*slopes)[i*a.Cols+j] = 1 - v*v
			}
		}
		BackwardData(a, dc, w, Identity)
		for i := range a.Rows {
			row := a.Row(i)
			for j := range row {
				row[j] *= (*slopes)[i*a.Cols+j]
			}
		}
		return
	}
	packed := scratch(w.Rows * w.Cols)
	defer release(packed)
	wt := Mat{w.Cols, w.Rows, w.Rows, *packed}
	transpose(wt, w)
	p := product{c: a, a: dc.Data, row: dc.Stride, step: 1, b: wt, inner: dc.Cols}
	switch act {
	case LeakyReLU:
		p.end, p.slope = endDerivative, Slope
	case ReLU:
		p.end, p.slope = endDerivative, 0
	}
	p.run()
}

// BackwardWeights adds aᵀ·dc to dw, and the column sums of dc to db unless db
// is nil: a is m×k, dc is m×n, dw is k×n.
func BackwardWeights(dw Mat, db []float32, a, dc Mat) {
	if a.Rows != dc.Rows || dw.Rows != a.Cols || dw.Cols != dc.Cols || db != nil && len(db) != dc.Cols {
		panic(fmt.Sprintf("tensor: BackwardWeights %dx%d += (%dx%d)ᵀ · %dx%d, db %d", dw.Rows, dw.Cols, a.Rows, a.Cols, dc.Rows, dc.Cols, len(db)))
	}
	p := product{c: dw, a: a.Data, row: 1, step: a.Stride, b: dc, inner: a.Rows, add: true}
	p.run()
	if db != nil {
		for i := range dc.Rows {
			axpy(db, 1, dc.Row(i))
		}
	}
}

// A product is C = A·B with what comes before and after: element (i, k) of A
// is a[i·row + k·step], so that A may be a transpose.
type product struct {
	c         Mat
	a         []float32
	row, step int
	b         Mat
	inner     int
	bias      []float32 // C starts as this row; nil: zero
	add       bool      // C starts as it is
	end       ending
	slope     float32 // of endLeaky and endDerivative
}

// An ending is what happens to each element v of the finished product.
type ending int

const (
	endNothing    ending = iota
	endLeaky             // max(v, slope·v)
	endDerivative        // slope·v where the old C is not positive
)

func (p *product) run() {
	if p.c.Rows == 0 || p.c.Cols == 0 {
		return
	}
	if tile != nil {
		p.tiles()
		return
	}
	for i := range p.c.Rows {
		p.portableRow(i)
	}
}

// portableRow computes row i of C in plain Go.
func (p *product) portableRow(i int) {
	c := p.c.Row(i)
	sum := c
	if p.end == endDerivative { // C is read at the end
		buffer := scratch(len(c))
		defer release(buffer)
		sum = *buffer
	}
	switch {
	case p.bias != nil:
		copy(sum, p.bias)
	case !p.add:
		clear(sum)
	}
	for k := range p.inner {
		axpy(sum, p.a[i*p.row+k*p.step], p.b.Row(k))
	}
	switch p.end {
	case endLeaky:
		for j, v := range sum {
			c[j] = max(v, p.slope*v)
		}
	case endDerivative:
		for j, v := range sum {
			if c[j] <= 0 {
				v *= p.slope
			}
			c[j] = v
		}
	}
}

// transpose writes srcᵀ to dst, whole blocks of 8×8 by the processor's shuffles
// where it has them.
func transpose(dst, src Mat) {
	rows, cols := src.Rows&^7, src.Cols&^7
	if !transposeBlocks(dst, src, rows, cols) {
		rows, cols = 0, 0
	}
	for i := range src.Rows {
		from := cols
		if i >= rows {
			from = 0
		}
		for j, v := range src.Row(i)[from:] {
			dst.Data[(from+j)*dst.Stride+i] = v
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

func activate(d []float32, act Activation) {
	for j, v := range d {
		if act == Tanh {
			d[j] = float32(math.Tanh(float64(v)))
		} else if v <= 0 {
			d[j] = 0
		}
	}
}

// Scratch memory that calls share, so that none allocates once warm.
var scratches = sync.Pool{New: func() any { return new([]float32) }}

func scratch(n int) *[]float32 {
	s := scratches.Get().(*[]float32)
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	*s = (*s)[:n]
	return s
}

func release(s *[]float32) { scratches.Put(s) }
