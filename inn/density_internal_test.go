package inn

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// linearModel is a network whose couplings have constant scales and linear
// shifts, so that [y, pad, z] = A [x, x₀] + b exactly.
func linearModel(t *testing.T, d, m int, s Settings) *Model {
	t.Helper()
	s.Layers, s.Blocks, s.Clamp, s.Seed = 1, 3, 1, 5
	o, err := s.withDefaults(d, m)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 3))
	scales := func(n int) *scaling {
		c := &scaling{Vars: make([]Var, n)}
		for range n {
			c.Columns = append(c.Columns, scale.Column{Mean: rng.NormFloat64(), SD: 0.5 + rng.Float64()})
		}
		return c
	}
	model := newModel(shape{d, m, o.Latent, o.Nominal}, &o, scales(d), scales(m))
	model.fence = &scale.Fence{Inverse: make([]float64, m*m), Far: 1}
	w := model.weights
	for _, l := range model.net {
		if block, ok := l.(layer.Sequence); ok {
			at := 0
			for _, l := range block {
				c := l.(layer.Coupling)
				in, out := c.Net.Sizes[0], c.Net.Sizes[1]
				for i := range in + 1 {
					for j := range out {
						v := float32(0.7 * rng.NormFloat64())
						if i < in && j < out/2 { // the scale depends on nothing
							v = 0
						}
						w[at+i*out+j] = v
					}
				}
				at += c.Params()
			}
		}
		w = w[l.Params():]
	}
	return model
}

// TestDensityOfALinearNetwork: [y, pad, z] normal and f linear make x normal, with a
// mean and covariance in closed form; without padding, and with it on either side.
func TestDensityOfALinearNetwork(t *testing.T) {
	for _, c := range []struct {
		name string
		d, m int
		s    Settings
	}{
		{"no padding", 4, 2, Settings{Latent: 2, Nominal: 4, NoiseY: 0.1}},
		{"padding of y alone", 5, 1, Settings{Latent: 2, Nominal: 5, NoiseY: 0.1, NoisePad: 0.2}},
		{"the default padding", 3, 2, Settings{}},
		{"one dimension", 1, 1, Settings{}},
		{"few latent values", 3, 2, Settings{Latent: 1, Nominal: 5, NoiseY: 0.3, NoisePad: 0.3}},
		{"more measurements than parameters", 2, 6, Settings{Latent: 2}},
	} {
		m := linearModel(t, c.d, c.m, c.s)
		s, o := m.shape, m.settings
		// f(v) = A v + b, from what it makes of 0 and the unit vectors.
		f := tensor.New(s.N+1, s.N)
		for i := range s.N {
			f.Row(i)[i] = 1
		}
		m.net.NewPass(s.N+1, nil, nil).Forward(m.weights, f, nil)
		a := mat.NewDense(s.N, s.N, nil)
		for i := range s.N {
			for j := range s.N {
				a.Set(j, i, float64(f.Row(i)[j]-f.Row(s.N)[j]))
			}
		}
		y := make([]float64, c.m)
		for j := range y {
			y[j] = m.y.Columns[j].Mean + 0.4*m.y.Columns[j].SD
		}
		mean := mat.NewVecDense(s.N, nil)
		noise := mat.NewDiagDense(s.N, nil)
		for j := range s.N {
			v, sd := 0.0, 1.0
			if j < s.M {
				v, sd = 0.4, o.NoiseY
			} else if j < s.N-s.K {
				sd = o.NoisePad
			}
			mean.SetVec(j, v-float64(f.Row(s.N)[j]))
			noise.SetDiag(j, sd*sd)
		}
		var inv, cov mat.Dense
		if err := inv.Inverse(a); err != nil {
			t.Fatal(err)
		}
		mean.MulVec(&inv, mean)
		cov.Product(&inv, noise, inv.T())
		mu, sigma := make([]float64, c.d), mat.NewSymDense(c.d, nil)
		for i := range c.d {
			mu[i] = m.x.Columns[i].Mean + m.x.Columns[i].SD*mean.AtVec(i)
			for j := i; j < c.d; j++ {
				sigma.SetSym(i, j, m.x.Columns[i].SD*m.x.Columns[j].SD*(cov.At(i, j)+cov.At(j, i))/2)
			}
		}
		normal, ok := distmv.NewNormal(mu, sigma, rand.New(rand.NewPCG(1, 1)))
		if !ok {
			t.Fatalf("%s: the covariance is not positive", c.name)
		}
		const n = 300 // more than one task has
		xs := NewSamples(m.x.Vars, n)
		for i := range n {
			normal.Rand(xs.Row(i))
		}
		logs, err := m.LogDensities(xs, y)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range logs {
			if want := normal.LogProb(xs.Row(i)); math.Abs(got-want) > 5e-3*(1+math.Abs(want)) {
				t.Errorf("%s: ln q of draw %d is %v, want %v", c.name, i, got, want)
				break
			}
		}
	}
}
