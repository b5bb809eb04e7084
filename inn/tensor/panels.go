package tensor

import "fmt"

// Panels are a matrix w as the kernels read it, for one that many products share:
// Forward and BackwardData pack it anew every time.
type Panels struct {
	w             Mat
	forward, back []float32 // w, and wᵀ or nil, a panel after the other
}

// NewPanels makes the panels of w, with back also those for BackwardData. Nil: there
// are no kernels here that read them.
func NewPanels(w Mat, back bool) *Panels {
	if kernels == nil || w.Rows == 0 || w.Cols == 0 {
		return nil
	}
	whole := func(n int) int { return (n + kernels.columns - 1) / kernels.columns * kernels.columns }
	p := &Panels{w: w, forward: grow(nil, whole(w.Cols)*w.Rows)}
	if back {
		p.back = grow(nil, whole(w.Rows)*w.Cols)
	}
	p.Pack()
	return p
}

// Pack packs w as it is now.
func (p *Panels) Pack() {
	t := tileArguments.Get().(*tileArgs)
	defer tileArguments.Put(t)
	w, columns := p.w, kernels.columns
	for j := 0; j < w.Cols; j += columns {
		t.setWidth(min(columns, w.Cols-j))
		kernels.pack(&p.forward[j*w.Rows], &w.Data[j], w.Stride*word, w.Rows, &t.mask[0], &t.sums[0])
	}
	if p.back == nil {
		return
	}
	for j := 0; j < w.Rows; j += columns { // what lies beyond the last column stays 0
		width := min(columns, w.Rows-j)
		transpose(Mat{w.Cols, width, columns, p.back[j*w.Cols:]}, w.Slice(j, j+width, 0, w.Cols))
	}
}

// Forward is the function Forward with the matrix that was packed, to the bit.
func (p *Panels) Forward(dst, a Mat, bias []float32, act Activation) {
	if a.Cols != p.w.Rows || dst.Rows != a.Rows || dst.Cols != p.w.Cols || bias != nil && len(bias) != p.w.Cols {
		panic(fmt.Sprintf("tensor: Panels.Forward %dx%d = %dx%d · %dx%d, bias %d", dst.Rows, dst.Cols, a.Rows, a.Cols, p.w.Rows, p.w.Cols, len(bias)))
	}
	q := product{c: dst, a: a, panels: p.forward, inner: a.Cols, bias: bias}
	q.forward(act)
}

// BackwardData is the function BackwardData with the matrix that was packed, to the
// bit.
func (p *Panels) BackwardData(a, dc Mat, act Activation) {
	if dc.Cols != p.w.Cols || a.Rows != dc.Rows || a.Cols != p.w.Rows {
		panic(fmt.Sprintf("tensor: Panels.BackwardData %dx%d = %dx%d · (%dx%d)ᵀ", a.Rows, a.Cols, dc.Rows, dc.Cols, p.w.Rows, p.w.Cols))
	}
	q := product{c: a, a: dc, panels: p.back, inner: dc.Cols}
	q.backward(act)
}
