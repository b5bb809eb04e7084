package tensor

import (
	"fmt"
	"slices"
	"sync"
)

// Forward computes dst = act(a·w + bias): a is m×k, w is k×n, dst m×n; bias
// has n values or is nil. dst must not overlap a or w. Each row of dst depends
// on the same row of a alone, to the bit.
func Forward(dst, a, w Mat, bias []float32, act Activation) {
	if a.Cols != w.Rows || dst.Rows != a.Rows || dst.Cols != w.Cols || bias != nil && len(bias) != w.Cols {
		panic(fmt.Sprintf("tensor: Forward %dx%d = %dx%d · %dx%d, bias %d", dst.Rows, dst.Cols, a.Rows, a.Cols, w.Rows, w.Cols, len(bias)))
	}
	p := product{c: dst, a: a, b: w, inner: a.Cols, bias: bias}
	p.forward(act)
}

// forward computes the product and its activation.
func (p *product) forward(act Activation) {
	switch act {
	case LeakyReLU:
		p.end, p.slope = endLeaky, Slope
	case ReLU:
		p.end = endReLU
	case Tanh:
		p.tanh = true
	}
	p.run()
}

// BackwardData computes a = (dc·wᵀ) ⊙ act'(a), where a holds the activation's
// outputs on entry and their gradient on return: dc is m×n, w is k×n, a is
// m×k. With act Identity the old a is not read. Each row depends on the same
// rows of a and dc alone, to the bit.
func BackwardData(a, dc, w Mat, act Activation) {
	if dc.Cols != w.Cols || a.Rows != dc.Rows || a.Cols != w.Rows {
		panic(fmt.Sprintf("tensor: BackwardData %dx%d = %dx%d · (%dx%d)ᵀ", a.Rows, a.Cols, dc.Rows, dc.Cols, w.Rows, w.Cols))
	}
	p := product{c: a, a: dc, b: w, bTransposed: true, inner: dc.Cols}
	p.backward(act)
}

// backward computes the product and the activation's derivative.
func (p *product) backward(act Activation) {
	switch act {
	case LeakyReLU:
		p.end, p.slope = endDerivative, Slope
	case ReLU:
		p.end, p.slope = endDerivative, 0
	case Tanh:
		p.end = endTanhDerivative
	}
	p.run()
}

// BackwardWeights adds aᵀ·dc to dw, and the column sums of dc to db unless db
// is nil: a is m×k, dc is m×n, dw is k×n.
func BackwardWeights(dw Mat, db []float32, a, dc Mat) {
	if a.Rows != dc.Rows || dw.Rows != a.Cols || dw.Cols != dc.Cols || db != nil && len(db) != dc.Cols {
		panic(fmt.Sprintf("tensor: BackwardWeights %dx%d += (%dx%d)ᵀ · %dx%d, db %d", dw.Rows, dw.Cols, a.Rows, a.Cols, dc.Rows, dc.Cols, len(db)))
	}
	p := product{c: dw, a: a, aTransposed: true, b: dc, inner: a.Rows, add: true, sums: db}
	p.run()
}

// A product is C = A·B with what comes before and after. A and B may be given as
// their transposes.
type product struct {
	c, a, b                  Mat
	panels                   []float32 // in place of B, as Panels keep it
	aTransposed, bTransposed bool
	inner                    int
	bias                     []float32 // C starts as this row; nil: zero
	add                      bool      // C starts as it is
	end                      ending
	tanh                     bool      // after the end
	slope                    float32   // of endLeaky and endDerivative
	sums                     []float32 // the column sums of B are added here unless it is nil
}

// An ending is what happens to each element v of the finished product.
type ending int

const (
	endNothing        ending = iota
	endLeaky                 // max(v, slope·v)
	endReLU                  // max(v, 0)
	endDerivative            // slope·v where the old C is not positive
	endTanhDerivative        // v·(1 - c²), c being the old C
)

var portableSums = sync.Pool{New: func() any { return new([]float32) }}

func (p *product) run() {
	if p.c.Cols == 0 || p.c.Rows == 0 && p.sums == nil {
		return
	}
	if kernels != nil {
		p.tiled()
		return
	}
	if neon {
		p.tiledNEON()
		return
	}
	room := portableSums.Get().(*[]float32)
	*room = slices.Grow((*room)[:0], p.c.Cols)[:p.c.Cols]
	for i := range p.c.Rows {
		p.portableRow(i, *room)
	}
	portableSums.Put(room)
	p.addSums()
	p.finish()
}

// finish is what a product ends with where the tiles do not do it.
func (p *product) finish() {
	for i := 0; p.tanh && i < p.c.Rows; i++ {
		TanhOf(p.c.Row(i))
	}
}

// addSums adds the column sums of B in plain Go.
func (p *product) addSums() {
	if p.sums == nil {
		return
	}
	for k := range p.inner {
		for j, v := range p.b.Row(k) {
			p.sums[j] += v
		}
	}
}

// portableRow computes row i of C in plain Go; sum is room for it.
func (p *product) portableRow(i int, sum []float32) {
	c := p.c.Row(i)
	clear(sum)
	if p.bias != nil {
		copy(sum, p.bias)
	}
	for k := range p.inner {
		at := i*p.a.Stride + k
		if p.aTransposed {
			at = k*p.a.Stride + i
		}
		f := p.a.Data[at]
		if p.bTransposed {
			for j := range sum {
				sum[j] += f * p.b.Data[j*p.b.Stride+k]
			}
			continue
		}
		for j, v := range p.b.Row(k) {
			sum[j] += f * v
		}
	}
	for j, v := range sum {
		switch {
		case p.end == endLeaky:
			v = max(v, p.slope*v)
		case p.end == endReLU:
			v = max(v, 0)
		case p.end == endDerivative && c[j] <= 0:
			v *= p.slope
		case p.end == endTanhDerivative:
			v *= 1 - c[j]*c[j]
		}
		if p.add {
			v += c[j]
		}
		c[j] = v
	}
}
