package layer_test

import (
	"math"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/layer/layertest"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

func TestIAF(t *testing.T) {
	for _, c := range []struct {
		name string
		f    layer.IAF
	}{
		{"forwards", layer.NewIAF(3, 2, false, []int{9, 7}, tensor.Tanh)},
		{"reversed", layer.NewIAF(4, 1, true, []int{9}, tensor.Tanh)},
		{"one latent value", layer.NewIAF(1, 3, false, []int{5}, tensor.Tanh)},
		{"no context", layer.NewIAF(2, 0, false, nil, tensor.Identity)},
	} {
		t.Run(c.name, func(t *testing.T) {
			const n = 4
			f, r := c.f, rng()
			w := make([]float32, f.Params())
			f.Init(w, r)
			for i := range w {
				w[i] += float32(0.4 * r.NormFloat64())
			}
			f.Mask(w)
			x := tensor.New(n, f.Latent+f.Context)
			for i := range x.Data {
				x.Data[i] = float32(r.NormFloat64())
			}
			pass := f.NewPass(n)
			forward := func(w []float32, x tensor.Mat) (tensor.Mat, []float32) {
				masked := append([]float32(nil), w...)
				f.Mask(masked) // a difference in a forbidden weight is none
				y, ld := layer.Clone(x), make([]float32, x.Rows)
				pass.Forward(masked, y, ld)
				return y, ld
			}
			_, ld := forward(w, x)
			for i := range ld {
				// h stays as it is, so the Jacobian of [z, h] has the same determinant.
				want := layertest.LogDet(x.Row(i), func(u tensor.Mat) tensor.Mat { v, _ := forward(w, u); return v })
				if d := math.Abs(float64(ld[i]) - want); !(d <= 5e-3*(1+math.Abs(want))) {
					t.Errorf("logdet is %v, want %v", ld[i], want)
				}
			}
			if err := layertest.Gradients(w, x, forward, pass.BackForward); err != nil {
				t.Error(err)
			}
			testOrder(t, f, w, x)
		})
	}
}

// testOrder checks that z'_i depends on all z that come before it, on itself and
// on the context, and on nothing else.
func testOrder(t *testing.T, f layer.IAF, w []float32, x tensor.Mat) {
	pass := f.NewPass(x.Rows)
	y := layer.Clone(x)
	pass.Forward(w, y, make([]float32, x.Rows))
	for k := range f.Latent + f.Context {
		moved := layer.Clone(x)
		for i := range x.Rows {
			moved.Row(i)[k] += 0.5
		}
		pass.Forward(w, moved, make([]float32, x.Rows))
		for j := range f.Latent {
			differs := false
			for i := range x.Rows {
				differs = differs || moved.Row(i)[j] != y.Row(i)[j]
			}
			before := k <= j
			if f.Reversed {
				before = k >= j
			}
			if want := k >= f.Latent || before; differs != want {
				t.Errorf("output %d depends on input %d: %v, want %v", j, k, differs, want)
			}
		}
	}
}
