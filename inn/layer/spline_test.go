package layer

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// TestSplineGradients compares both directions with central differences, in
// single rows whose values lie away from the knots: there (log f')' jumps, and
// differences across a knot say nothing.
func TestSplineGradients(t *testing.T) {
	const width, h = 5, 3e-3
	l := NewSpline(width, 1, 3, []int{8}, tensor.Tanh, 2, 6, 3)
	tested := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := make([]float32, l.Params())
		l.Init(w, r)
		for i := range w {
			w[i] += float32(0.3 * r.NormFloat64())
		}
		x := tensor.New(1, width)
		for i := range x.Data {
			x.Data[i] = float32(1.2 * r.NormFloat64())
		}
		p := l.NewPass(1, nil, nil).(*splinePass)
		for _, c := range []struct {
			name string
			run  func(w []float32, x tensor.Mat, logdet []float32)
			back func(w, g []float32, dx tensor.Mat, dlogdet float32)
		}{{"forward", p.Forward, p.BackForward}, {"inverse", p.Inverse, p.BackInverse}} {
			loss := func() float64 {
				y, ld := clone(x), []float32{0}
				c.run(w, y, ld)
				sum := 0.7 * float64(ld[0])
				for j, v := range y.Data {
					sum += float64(j+1) * float64(v)
				}
				return sum
			}
			loss()
			if nearKnot(p) {
				continue
			}
			tested++
			g, dx := make([]float32, len(w)), tensor.New(1, width)
			for j := range dx.Data {
				dx.Data[j] = float32(j + 1)
			}
			c.back(w, g, dx, 0.7)
			compare := func(what string, i int, v *float32, got float32) {
				old := *v
				*v = old + h
				up := loss()
				*v = old - h
				down := loss()
				*v = old
				if want := (up - down) / (2 * h); math.Abs(float64(got)-want) > 4e-3*(1+math.Abs(want)) {
					t.Errorf("%s, seed %d: gradient of %s %d is %v, want %v", c.name, seed, what, i, got, want)
				}
			}
			for i := range x.Data {
				compare("value", i, &x.Data[i], dx.Data[i])
			}
			for i := range w {
				compare("parameter", i, &w[i], g[i])
			}
		}
	}
	if tested < 30 {
		t.Errorf("only %d cases are away from the knots", tested)
	}
}

func nearKnot(p *splinePass) bool {
	for _, q := range p.at {
		if q.bin >= 0 && (q.xi*q.w < 0.05 || (1-q.xi)*q.w < 0.05 || q.xi*q.h < 0.05 || (1-q.xi)*q.h < 0.05) {
			return true
		}
	}
	return false
}

// TestSplineIsMonotone follows one value across all bins and both ends, and back.
func TestSplineIsMonotone(t *testing.T) {
	l := NewSpline(2, 0, 1, nil, tensor.Identity, 2, 8, 3)
	w := make([]float32, l.Params())
	r := rng()
	for i := range w {
		w[i] = float32(1.5 * r.NormFloat64())
	}
	const n = 4001
	x := tensor.New(n, 2)
	for i := range n {
		x.Row(i)[0] = -10 + 20*float32(i)/(n-1)
	}
	pass := l.NewPass(n, nil, nil)
	y, ld := clone(x), make([]float32, n)
	pass.Forward(w, y, ld)
	for i := 1; i < n; i++ {
		rise := float64(y.Row(i)[0] - y.Row(i - 1)[0])
		if !(rise > 0) {
			t.Fatalf("the spline falls from %v to %v at %v", y.Row(i - 1)[0], y.Row(i)[0], x.Row(i)[0])
		}
	}
	// The slope integrates to the rise.
	sum := 0.0
	for i := range n {
		weight := 1.0
		if i == 0 || i == n-1 {
			weight = 0.5
		}
		sum += weight * math.Exp(float64(ld[i])) * 20 / (n - 1)
	}
	if want := float64(y.Row(n - 1)[0] - y.Row(0)[0]); math.Abs(sum-want) > 0.01*want {
		t.Errorf("the slope integrates to %v, want the rise %v", sum, want)
	}
	pass.Inverse(w, y, nil)
	for i := range n {
		if got, want := float64(y.Row(i)[0]), float64(x.Row(i)[0]); math.Abs(got-want) > 2e-3*(1+math.Abs(want)) {
			t.Errorf("there and back %v becomes %v", want, got)
		}
	}
}

func rng() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func clone(x tensor.Mat) tensor.Mat {
	y := tensor.New(x.Rows, x.Cols)
	copy(y.Data, x.Data)
	return y
}
