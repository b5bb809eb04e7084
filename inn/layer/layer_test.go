package layer_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/layer/layertest"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

func rng() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// TestLayers holds every layer to its contract. A new layer is one more line.
func TestLayers(t *testing.T) {
	const width = 5
	for _, c := range []struct {
		name  string
		layer layer.Layer
	}{
		{"coupling, leaky ReLU", layer.NewCoupling(width, 0, 2, []int{7, 6}, tensor.LeakyReLU, 2)},
		{"coupling in the middle, tanh", layer.NewCoupling(width, 1, 4, []int{8}, tensor.Tanh, 1)},
		{"coupling, ReLU", layer.NewCoupling(width, 2, 5, []int{9, 9}, tensor.ReLU, 3)},
		{"coupling without hidden layers", layer.NewCoupling(width, 0, 3, nil, tensor.Identity, 2)},
		{"block", layer.Block(width, []int{6, 6}, tensor.Tanh, 2)},
		{"spline", layer.NewSpline(width, 1, 3, []int{8}, tensor.Tanh, 2, 2, 5)},
		{"spline of one bin", layer.NewSpline(width, 0, 4, []int{8}, tensor.Tanh, 1, 1, 4)},
		{"spline, narrow", layer.NewSpline(width, 3, 5, []int{8}, tensor.Tanh, 2, 3, 0.7)},
		{"block of splines", layer.SplineBlock(width, []int{6}, tensor.Tanh, 1, 2, 5)},
		{"permutation", layer.NewPermutation(width, rng())},
		{"rotation", layer.Rotation(width)},
		{"actnorm", layer.Actnorm(width)},
		{"sequence", layer.Sequence{
			layer.Block(width, []int{6}, tensor.Tanh, 2),
			layer.NewPermutation(width, rng()), layer.Rotation(width), layer.Actnorm(width),
			layer.Block(width, []int{6}, tensor.Tanh, 2),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := layertest.Test(c.layer, width); err != nil {
				t.Error(err)
			}
		})
	}
	for _, width := range []int{1, 2, 6} {
		for _, l := range []layer.Layer{layer.Rotation(width), layer.Actnorm(width), layer.NewPermutation(width, rng())} {
			if err := layertest.Test(l, width); err != nil {
				t.Errorf("%T of width %d: %v", l, width, err)
			}
		}
	}
}

// broken is an actnorm with one thing wrong.
type broken struct {
	layer.Actnorm
	fault string
}

type brokenPass struct {
	layer.Pass
	fault string
}

func (b broken) NewPass(rows int, p *layer.Packed, s *layer.Scratch) layer.Pass {
	return brokenPass{b.Actnorm.NewPass(rows, p, s), b.fault}
}

func (b broken) Tensors() []layer.Tensor {
	if b.fault == "tensors" {
		return b.Actnorm.Tensors()[:1]
	}
	return b.Actnorm.Tensors()
}

func (p brokenPass) Forward(w []float32, x tensor.Mat, logdet []float32) {
	p.Pass.Forward(w, x, logdet)
	switch p.fault {
	case "logdet":
		for i := range logdet {
			logdet[i] += 0.1
		}
	case "rows":
		x.Row(x.Rows - 1)[0] += float32(x.Rows) / 100
	}
}

func (p brokenPass) Inverse(w []float32, x tensor.Mat, logdet []float32) {
	p.Pass.Inverse(w, x, logdet)
	if p.fault == "round trip" {
		x.Row(0)[1] *= 1.01
	}
}

func (p brokenPass) BackForward(w, g []float32, dx tensor.Mat, dlogdet float32) {
	switch p.fault {
	case "gradient of logdet":
		dlogdet = 0
	case "not added":
		clear(g)
	}
	p.Pass.BackForward(w, g, dx, dlogdet)
	if p.fault == "gradient" {
		for i := range dx.Rows {
			dx.Row(i)[2] *= 1.1
		}
	}
}

// TestAFaultIsFound breaks a layer in each way that a layer can be broken.
func TestAFaultIsFound(t *testing.T) {
	for fault, want := range map[string]string{
		"tensors":            "Tensors has 4 values, but Params is 8",
		"logdet":             "logdet of Forward",
		"rows":               "Forward of a row alone",
		"round trip":         "Forward and back",
		"gradient of logdet": "gradients of the parameters",
		"gradient":           "gradients of the rows",
		"not added":          "added to itself",
	} {
		err := layertest.Test(broken{4, fault}, 4)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want one with %q", fault, err, want)
		}
	}
	if err := layertest.Test(broken{Actnorm: 4}, 4); err != nil {
		t.Errorf("nothing is broken, but: %v", err)
	}
}

// TestActnormStartsAtMean0AndSD1 in a sequence, whose second actnorm sees what
// the first layers make of the rows; a column of padding keeps its size.
func TestActnormStartsAtMean0AndSD1(t *testing.T) {
	const rows, width = 500, 4
	r := rng()
	x := tensor.New(rows, width)
	for i := range rows {
		copy(x.Row(i), []float32{float32(3 + 2*r.NormFloat64()), float32(0.5 * r.NormFloat64()), float32(r.Float64()), 2 + float32(0.05*r.NormFloat64())})
	}
	s := layer.Sequence{layer.Actnorm(width), layer.Sequence{layer.Block(width, []int{5}, tensor.Tanh, 2), layer.Actnorm(width)}}
	w := make([]float32, s.Params())
	s.Init(w, r)
	for i := range w {
		w[i] += float32(0.3 * r.NormFloat64())
	}
	first := tensor.New(rows, width)
	copy(first.Data, x.Data)
	s.Start(w, first)
	for i, l := range []layer.Sequence{s[:1], s} {
		y := tensor.New(rows, width)
		copy(y.Data, x.Data)
		l.NewPass(rows, nil, nil).Forward(w[:l.Params()], y, nil)
		for j := range width {
			mean, square := 0.0, 0.0
			for k := range rows {
				mean += float64(y.Row(k)[j]) / rows
				square += float64(y.Row(k)[j]) * float64(y.Row(k)[j]) / rows
			}
			want := 1.0
			if i == 0 && j == 3 {
				want = 0.0025
			}
			if mean > 1e-4 || mean < -1e-4 || square < 0.9*want || square > 1.1*want {
				t.Errorf("after actnorm %d column %d has mean %.4f and variance %.4f, want 0 and %v", i, j, mean, square-mean*mean, want)
			}
		}
	}
}

// TestARotationIsOrthogonal whatever its parameters are, all zero among them.
func TestARotationIsOrthogonal(t *testing.T) {
	const n = 7
	l := layer.Rotation(n)
	w := make([]float32, l.Params())
	l.Init(w, rng())
	unit := func() tensor.Mat {
		x := tensor.New(n, n)
		for i := range n {
			x.Row(i)[i] = 1
		}
		return x
	}
	q := unit()
	l.NewPass(n, nil, nil).Forward(w, q, nil)
	for i, v := range q.Data {
		if d := v - unit().Data[i]; d > 1e-5 || d < -1e-5 {
			t.Errorf("at the start the matrix has %v at %d: it is not the identity", v, i)
		}
	}
	for i := range w {
		w[i] = float32(rng().NormFloat64()) * float32(i+1)
	}
	clear(w[:n])
	q = unit()
	l.NewPass(n, nil, nil).Forward(w, q, nil)
	for i := range n {
		for j := range n {
			sum, want := 0.0, 0.0
			for k := range n {
				sum += float64(q.Row(i)[k]) * float64(q.Row(j)[k])
			}
			if i == j {
				want = 1
			}
			if d := sum - want; d > 1e-5 || d < -1e-5 {
				t.Errorf("rows %d and %d have the product %v, want %v", i, j, sum, want)
			}
		}
	}
}
