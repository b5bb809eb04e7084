package layer

import (
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// Packed are the weights of a network's perceptrons as products read them, for all
// its passes; without, every product packs its own.
type Packed struct {
	matrices []*tensor.Panels
	of       map[*float32]*tensor.Panels // by where a matrix begins
}

// Pack packs the weights among parameters w, with back also for the way back.
func Pack(l Layer, w []float32, back bool) *Packed {
	p := &Packed{of: map[*float32]*tensor.Panels{}}
	for _, t := range l.Tensors() {
		if t.Places != nil {
			continue
		}
		if strings.HasSuffix(t.Name, weightName) {
			m := tensor.Mat{Rows: t.Shape[0], Cols: t.Shape[1], Stride: t.Shape[1], Data: w[:t.Len()]}
			if q := tensor.NewPanels(m, back); q != nil {
				p.matrices, p.of[&m.Data[0]] = append(p.matrices, q), q
			}
		}
		w = w[t.Len():]
	}
	return p
}

// Len is the number of matrices.
func (p *Packed) Len() int { return len(p.matrices) }

// Again packs matrix i anew, whose weights have changed.
func (p *Packed) Again(i int) { p.matrices[i].Pack() }

// panels are those of a matrix of the network; nil: it is not packed.
func (p *Packed) panels(w tensor.Mat) *tensor.Panels {
	if p == nil {
		return nil
	}
	return p.of[&w.Data[0]]
}
