package tensor

import "fmt"

// Panels are a matrix w as the kernels read it, for one that many products share:
// Forward packs it anew every time.
type Panels struct {
	w      Mat
	packed []float32 // a panel after the other; nil where there are no kernels
}

// NewPanels packs w, which must stay as it is.
func NewPanels(w Mat) *Panels {
	p := &Panels{w: w}
	if kernels == nil || w.Rows == 0 {
		return p
	}
	var t tileArgs
	columns := kernels.columns
	p.packed = grow(nil, (w.Cols+columns-1)/columns*w.Rows*columns)
	for j := 0; j < w.Cols; j += columns {
		t.setWidth(min(columns, w.Cols-j))
		kernels.pack(&p.packed[j*w.Rows], &w.Data[j], w.Stride*word, w.Rows, &t.mask[0], &t.sums[0])
	}
	return p
}

// Forward is the function Forward with the matrix of the panels, to the bit.
func (p *Panels) Forward(dst, a Mat, bias []float32, act Activation) {
	if a.Cols != p.w.Rows || dst.Rows != a.Rows || dst.Cols != p.w.Cols || bias != nil && len(bias) != p.w.Cols {
		panic(fmt.Sprintf("tensor: Panels.Forward %dx%d = %dx%d · %dx%d, bias %d", dst.Rows, dst.Cols, a.Rows, a.Cols, p.w.Rows, p.w.Cols, len(bias)))
	}
	q := product{c: dst, a: a, b: p.w, panels: p.packed, inner: a.Cols, bias: bias}
	q.forward(act)
}
