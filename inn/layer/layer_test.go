package layer

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

func rng() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// TestLayers holds every layer to its contract. A new layer is one more line.
func TestLayers(t *testing.T) {
	const width = 5
	for _, c := range []struct {
		name  string
		layer Layer
	}{
		{"coupling, leaky ReLU", NewCoupling(width, 0, 2, []int{7, 6}, tensor.LeakyReLU, 2)},
		{"coupling in the middle, tanh", NewCoupling(width, 1, 4, []int{8}, tensor.Tanh, 1)},
		{"coupling, ReLU", NewCoupling(width, 2, 5, []int{9, 9}, tensor.ReLU, 3)},
		{"coupling without hidden layers", NewCoupling(width, 0, 3, nil, tensor.Identity, 2)},
		{"block", Block(width, []int{6, 6}, tensor.Tanh, 2)},
		{"spline", NewSpline(width, 1, 3, []int{8}, tensor.Tanh, 2, 2, 5)},
		{"spline of one bin", NewSpline(width, 0, 4, []int{8}, tensor.Tanh, 1, 1, 4)},
		{"spline, narrow", NewSpline(width, 3, 5, []int{8}, tensor.Tanh, 2, 3, 0.7)},
		{"permutation", NewPermutation(width, rng())},
		{"sequence", Sequence{Block(width, []int{6}, tensor.Tanh, 2), NewPermutation(width, rng()), Block(width, []int{6}, tensor.Tanh, 2)}},
	} {
		t.Run(c.name, func(t *testing.T) { testLayer(t, c.layer, width) })
	}
}

// testLayer checks round trip, log-determinants against the numerical
// Jacobian, and the gradients of both directions against finite differences.
func testLayer(t *testing.T, l Layer, width int) {
	const rows = 6
	r := rng()
	w := make([]float32, l.Params())
	l.Init(w, r)
	for i := range w { // away from the start, where the last layer is nearly 0
		w[i] += float32(0.3 * r.NormFloat64())
	}
	x := tensor.New(rows, width)
	for i := range x.Data {
		x.Data[i] = float32(r.NormFloat64())
	}
	pass := l.NewPass(rows + 1) // room for more rows than come

	forward := func(w []float32, x tensor.Mat) (tensor.Mat, []float32) {
		y, ld := clone(x), make([]float32, x.Rows)
		pass.Forward(w, y, ld)
		return y, ld
	}
	inverse := func(w []float32, x tensor.Mat) (tensor.Mat, []float32) {
		y, ld := clone(x), make([]float32, x.Rows)
		pass.Inverse(w, y, ld)
		return y, ld
	}

	y, ld := forward(w, x)
	back, ldBack := inverse(w, y)
	for i := range x.Data {
		near(t, "round trip", back.Data[i], x.Data[i], 1e-4)
	}
	for i := range ld {
		near(t, "logdet of the round trip", ld[i], -ldBack[i], 1e-4)
		near(t, "logdet", ld[i], numericalLogdet(x.Row(i), func(u tensor.Mat) tensor.Mat { v, _ := forward(w, u); return v }), 5e-3)
	}
	t.Run("forward", func(t *testing.T) { testGradients(t, w, x, forward, pass.BackForward) })
	t.Run("inverse", func(t *testing.T) { testGradients(t, w, y, inverse, pass.BackInverse) })
}

// testGradients compares the gradient of the loss Σ c·f(x) + 0.7 Σ logdet with
// central differences.
func testGradients(t *testing.T, w []float32, x tensor.Mat,
	f func([]float32, tensor.Mat) (tensor.Mat, []float32),
	back func(w, g []float32, dx tensor.Mat, dlogdet float32)) {
	r := rng()
	c := tensor.New(x.Rows, x.Cols)
	for i := range c.Data {
		c.Data[i] = float32(r.NormFloat64())
	}
	loss := func() float64 {
		y, ld := f(w, x)
		sum := 0.0
		for i := range y.Data {
			sum += float64(c.Data[i]) * float64(y.Data[i])
		}
		for _, v := range ld {
			sum += 0.7 * float64(v)
		}
		return sum
	}
	numeric := func(p *float32) float64 {
		const h = 1e-2
		old := *p
		diff := func(h float32) float64 {
			*p = old + h
			up := loss()
			*p = old - h
			down := loss()
			*p = old
			return (up - down) / (2 * float64(h))
		}
		return (4*diff(h/2) - diff(h)) / 3 // Richardson: the error is O(h⁴)
	}
	loss()
	g, dx := make([]float32, len(w)), clone(c)
	back(w, g, dx, 0.7)
	wrong := 0
	compare := func(got float32, want float64) {
		if math.Abs(float64(got)-want) > 5e-3*(1+math.Abs(want)) {
			wrong++
		}
	}
	for i := range x.Data {
		compare(dx.Data[i], numeric(&x.Data[i]))
	}
	for i := range w {
		compare(g[i], numeric(&w[i]))
	}
	// A ReLU that switches within the difference spoils a few of them.
	if n := len(w) + len(x.Data); wrong > n/20 {
		t.Errorf("%d of %d gradients differ from finite differences", wrong, n)
	}

	first := append([]float32(nil), g...)
	loss()
	back(w, g, clone(c), 0.7)
	for i := range g {
		near(t, "gradients add up", g[i], 2*first[i], 1e-4)
	}
}

func numericalLogdet(u []float32, f func(tensor.Mat) tensor.Mat) float32 {
	n := len(u)
	jac := mat.NewDense(n, n, nil)
	for j := range n {
		const h = 4e-3
		both := tensor.New(2, n)
		copy(both.Row(0), u)
		copy(both.Row(1), u)
		both.Row(0)[j] += h
		both.Row(1)[j] -= h
		v := f(both)
		for i := range n {
			jac.Set(i, j, float64(v.Row(0)[i]-v.Row(1)[i])/(2*h))
		}
	}
	logdet, _ := mat.LogDet(jac)
	return float32(logdet)
}

func clone(x tensor.Mat) tensor.Mat {
	y := tensor.New(x.Rows, x.Cols)
	copy(y.Data, x.Data)
	return y
}

func near(t *testing.T, what string, got, want, tol float32) {
	t.Helper()
	if d := math.Abs(float64(got - want)); !(d <= float64(tol)*(1+math.Abs(float64(want)))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
