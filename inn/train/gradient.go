package train

import "github.com/innkeeper-notebook/innkeeper/inn/tensor"

// A Gradient is a sum of parts, one for each chunk of a batch. They are added in
// order, so that the sum is the same whoever computed them.
type Gradient struct {
	Parts [][]float32
	Sum   []float32
	add   func(i int)
}

// NewGradient is a gradient of n parameters in so many parts.
func NewGradient(n, parts int) *Gradient {
	g := &Gradient{Sum: make([]float32, n)}
	for range parts {
		g.Parts = append(g.Parts, make([]float32, n))
	}
	g.add = func(i int) {
		sum := part(g.Sum, i)
		copy(sum, part(g.Parts[0], i))
		for _, p := range g.Parts[1:] {
			tensor.AddScaled(sum, 1, part(p, i))
		}
	}
	return g
}

// Part is part i, set to zero.
func (g *Gradient) Part(i int) []float32 {
	clear(g.Parts[i])
	return g.Parts[i]
}

// Add writes the sum of the parts to Sum and returns it.
func (g *Gradient) Add(p *Pool) []float32 {
	p.Each((len(g.Sum)+block-1)/block, g.add)
	return g.Sum
}
