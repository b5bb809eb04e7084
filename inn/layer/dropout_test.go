package layer_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/layer/layertest"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// TestPerceptronGradients compares with central differences, with dropout and
// without: the same random source gives the same masks.
func TestPerceptronGradients(t *testing.T) {
	for _, drop := range []float64{0, 0.4} {
		for _, act := range []tensor.Activation{tensor.Tanh, tensor.LeakyReLU, tensor.ReLU} {
			m := layer.Perceptron{Sizes: []int{3, 8, 9, 2}, Act: act}
			r, w := rng(), make([]float32, m.Params())
			m.Init(w, r)
			for i := range w {
				w[i] += float32(0.2 * r.NormFloat64())
			}
			x := tensor.New(5, 3)
			for i := range x.Data {
				x.Data[i] = float32(r.NormFloat64())
			}
			p, out := m.NewPass(6), tensor.Mat{}
			forward := func(w []float32, x tensor.Mat) (tensor.Mat, []float32) {
				p.DropOut(drop, rand.New(rand.NewPCG(7, 7)))
				copy(p.In(x.Rows).Data, x.Data)
				// The gradient comes back in the input's shape; so let the
				// output be of that shape too, its last column zero.
				y := layer.Clone(x)
				out = p.Forward(w, x.Rows)
				for i := range x.Rows {
					y.Row(i)[copy(y.Row(i), out.Row(i))] = 0
				}
				return y, make([]float32, x.Rows)
			}
			err := layertest.Gradients(w, x, forward, func(w, g []float32, dx tensor.Mat, _ float32) {
				for i := range dx.Rows {
					copy(out.Row(i), dx.Row(i))
				}
				copy(dx.Data, p.Backward(w, g, dx.Rows).Data)
			})
			if err != nil {
				t.Errorf("activation %d, dropout %v: %v", act, drop, err)
			}
		}
	}
}

func TestDropoutKeepsTheMean(t *testing.T) {
	const n, drop = 4000, 0.3
	m := layer.Perceptron{Sizes: []int{1, 50, 1}, Act: tensor.Identity}
	w := make([]float32, m.Params())
	for i := range 50 {
		w[i], w[100+i] = 1, 1 // 50 hidden neurons that each hand on the input
	}
	p := m.NewPass(n)
	p.DropOut(drop, rng())
	for i := range n {
		p.In(n).Row(i)[0] = 1
	}
	out := p.Forward(w, n)
	mean, square := 0.0, 0.0
	for i := range n {
		v := float64(out.Row(i)[0])
		mean += v / n
		square += v * v / n
	}
	// A sum of 50 Bernoulli draws over 1-p: variance 50 p/(1-p).
	if sd, want := math.Sqrt(square-mean*mean), math.Sqrt(50*drop/(1-drop)); math.Abs(mean-50) > 0.4 || math.Abs(sd-want) > 0.2 {
		t.Errorf("50 ones with dropout have mean %.2f and sd %.2f, want 50 and %.2f", mean, sd, want)
	}
	p.DropOut(0, nil)
	for i := range n {
		p.In(n).Row(i)[0] = 1
	}
	if v := p.Forward(w, n).Row(0)[0]; v != 50 {
		t.Errorf("without dropout the sum is %v, want 50", v)
	}
}
