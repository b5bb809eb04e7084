package method

import (
	"math/rand/v2"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// An implicit distribution is what CGAN and Generator have in common: a network
// x = g(z, y) with z ~ N(0, 1), and no density.
type implicit struct {
	x, y    *scaling
	latent  int // of z
	drop    float64
	net     layer.Perceptron // rows are [z, y]
	weights []float32
}

func newImplicit(t *trainer, latent int, drop float64, hidden []int, act tensor.Activation) implicit {
	sizes := append([]int{latent + len(t.ys.vars)}, hidden...)
	g := implicit{x: t.xs, y: t.ys, latent: latent, drop: drop}
	g.net = layer.Perceptron{Sizes: append(sizes, len(t.xs.vars)), Act: act}
	g.weights = make([]float32, g.net.Params())
	g.net.Init(g.weights, inn.RNG(t.Seed, streamWeights))
	return g
}

// Measured are the measurements that it is given.
func (g *implicit) Measured() []inn.Var { return slices.Clone(g.y.vars) }

// Params is the number of the generator's trained parameters.
func (g *implicit) Params() int { return len(g.weights) }

// Sample draws x = g(z, y), z ~ N(0, 1).
func (g *implicit) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	yn, err := g.y.normalise("y", y)
	if err != nil {
		return nil, err
	}
	return sample(g.x, g.y, yn, n, seed, func(most int) sampler {
		pass, room := g.net.NewPass(most), tensor.New(most, len(yn))
		repeat(room, 0, yn)
		return func(x tensor.Mat, rng *rand.Rand) {
			out := g.generate(pass, rows(room, 0, x.Rows), rng)
			for i := range x.Rows {
				copy(x.Row(i), out.Row(i))
			}
		}
	})
}

// generate runs the network for the rows of y, each with a z of its own.
func (g *implicit) generate(pass *layer.PerceptronPass, y tensor.Mat, rng *rand.Rand) tensor.Mat {
	in := pass.In(y.Rows)
	normal(in, 0, g.latent, rng)
	for i := range y.Rows {
		copy(in.Row(i)[g.latent:], y.Row(i))
	}
	pass.DropOut(g.drop, rng)
	return pass.Forward(g.weights, y.Rows)
}
