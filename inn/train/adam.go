package train

import (
	"math"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// Adam is the optimiser of Kingma and Ba 2015, with L2 weight decay added to
// the gradient and a learning rate that goes from Rate at the first step to Final
// at the last by its schedule, and rises linearly to that over the first Warmup
// steps.
type Adam struct {
	Rate, Final  float64
	Schedule     Schedule // from Rate to Final
	Warmup       int
	Beta1, Beta2 float64
	Epsilon      float64
	Decay        float64 // of the weights
	Clip         float64 // the gradient's largest Euclidean norm; 0: no limit

	m, v   []float32
	step   int
	parts  []float64 // squared norms by block
	kernel tensor.Adam

	w, g           []float32 // of the update at hand
	square, update func(i int)
}

// block is how many parameters one worker updates at a time.
const block = 1 << 14

// RateAt is the learning rate of a step, counted from 0, out of steps.
func (a *Adam) RateAt(step, steps int) float64 {
	rise := min(1, float64(step+1)/float64(a.Warmup+1))
	if steps < 2 {
		return a.Rate * rise
	}
	return rise * a.Schedule.At(float64(step)/float64(steps-1), a.Rate, a.Final)
}

// Keep adds the optimiser's state to what a checkpoint keeps, for n parameters.
func (a *Adam) Keep(s *State, n int) {
	a.start(n)
	s.Vector("adam.m", a.m)
	s.Vector("adam.v", a.v)
	s.Count("adam.step", &a.step)
}

// start makes room for n parameters.
func (a *Adam) start(n int) {
	a.m, a.v = make([]float32, n), make([]float32, n)
	a.parts = make([]float64, (n+block-1)/block)
	a.square = func(i int) { a.parts[i] = tensor.SumOfSquares(part(a.g, i)) }
	a.update = func(i int) { a.kernel.Update(part(a.w, i), part(a.g, i), part(a.m, i), part(a.v, i)) }
}

// Update moves the parameters w against the gradient g, at the given rate.
func (a *Adam) Update(p *Pool, w, g []float32, rate float64) {
	if a.m == nil {
		a.start(len(w))
	}
	a.w, a.g = w, g
	a.step++
	scale := 1.0
	if a.Clip > 0 {
		p.Each(len(a.parts), a.square)
		sum := 0.0
		for _, s := range a.parts { // in order, whoever computed them
			sum += s
		}
		if norm := math.Sqrt(sum); norm > a.Clip {
			scale = a.Clip / norm
		}
	}
	// Bias corrections folded into the step size and epsilon.
	c2 := math.Sqrt(1 - math.Pow(a.Beta2, float64(a.step)))
	a.kernel = tensor.Adam{
		Scale: float32(scale), Decay: float32(a.Decay), Rise1: float32(1 - a.Beta1), Rise2: float32(1 - a.Beta2),
		Size: float32(rate * c2 / (1 - math.Pow(a.Beta1, float64(a.step)))), Epsilon: float32(a.Epsilon * c2),
	}
	p.Each(len(a.parts), a.update)
}

func part(x []float32, i int) []float32 { return x[i*block : min((i+1)*block, len(x))] }
