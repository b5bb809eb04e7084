package layer

import (
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Sequence applies layers one after the other.
type Sequence []Layer

// Params is the sum over the layers.
func (s Sequence) Params() int {
	n := 0
	for _, l := range s {
		n += l.Params()
	}
	return n
}

// Init initialises every layer.
func (s Sequence) Init(w []float32, rng *rand.Rand) {
	for _, l := range s {
		l.Init(w[:l.Params()], rng)
		w = w[l.Params():]
	}
}

// Start starts every layer that is a Starter with the rows that come to it.
// The rows x go through the layers.
func (s Sequence) Start(w []float32, x tensor.Mat) {
	for _, l := range s {
		part := w[:l.Params()]
		switch l := l.(type) {
		case Sequence:
			l.Start(part, x) // leaves x behind its last layer
		case Starter:
			l.Start(part, x)
			l.(Layer).NewPass(x.Rows, nil, nil).Forward(part, x, nil)
		default:
			l.NewPass(x.Rows, nil, nil).Forward(part, x, nil)
		}
		w = w[l.Params():]
	}
}

// Tensors are those of every layer, with its number before each name: "2.0.weight".
func (s Sequence) Tensors() (list []Tensor) {
	for i, l := range s {
		for _, t := range l.Tensors() {
			t.Name = fmt.Sprintf("%d.%s", i, t.Name)
			list = append(list, t)
		}
	}
	return list
}

// NewPass makes a pass of every layer.
func (s Sequence) NewPass(rows int, packed *Packed, scratch *Scratch) Pass {
	p := &sequencePass{most: rows}
	if scratch != nil {
		rows = min(rows, scratchRows)
		p.most = rows
	}
	at := 0
	for _, l := range s {
		p.passes = append(p.passes, l.NewPass(rows, packed, scratch))
		p.from = append(p.from, at)
		at += l.Params()
	}
	p.from = append(p.from, at)
	return p
}

type sequencePass struct {
	passes []Pass
	from   []int // layer i has parameters from[i] to from[i+1]
	most   int   // rows that go through all layers at a time
}

func (p *sequencePass) part(w []float32, i int) []float32 { return w[p.from[i]:p.from[i+1]] }

func (p *sequencePass) Forward(w []float32, x tensor.Mat, logdet []float32) {
	p.some(x, logdet, func(x tensor.Mat, logdet []float32) {
		for i, q := range p.passes {
			q.Forward(p.part(w, i), x, logdet)
		}
	})
}

// some calls f with as many rows at a time as there is room for.
func (p *sequencePass) some(x tensor.Mat, logdet []float32, f func(x tensor.Mat, logdet []float32)) {
	for lo := 0; lo < x.Rows; lo += p.most {
		hi := min(lo+p.most, x.Rows)
		if logdet == nil {
			f(x.Slice(lo, hi, 0, x.Cols), nil)
		} else {
			f(x.Slice(lo, hi, 0, x.Cols), logdet[lo:hi])
		}
	}
}

func (p *sequencePass) BackForward(w, g []float32, dx tensor.Mat, dlogdet float32) {
	for i := len(p.passes) - 1; i >= 0; i-- {
		p.passes[i].BackForward(p.part(w, i), p.part(g, i), dx, dlogdet)
	}
}

func (p *sequencePass) Inverse(w []float32, x tensor.Mat, logdet []float32) {
	p.some(x, logdet, func(x tensor.Mat, logdet []float32) {
		for i := len(p.passes) - 1; i >= 0; i-- {
			p.passes[i].Inverse(p.part(w, i), x, logdet)
		}
	})
}

func (p *sequencePass) BackInverse(w, g []float32, dx tensor.Mat, dlogdet float32) {
	for i, q := range p.passes {
		q.BackInverse(p.part(w, i), p.part(g, i), dx, dlogdet)
	}
}
