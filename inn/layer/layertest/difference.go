package layertest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// logdetWeight is that of ln |det| in the loss whose gradient Gradients checks.
const logdetWeight = 0.7

// Gradients compares a gradient with central differences: of the loss
// Σ c·y + 0.7 Σ logdet, with fixed random c, where f gives y, of as many columns as
// x, and logdet of rows x at parameters w. As in layer.Pass, back follows f,
// replaces ∂L/∂y by ∂L/∂x and adds ∂L/∂w to g.
func Gradients(w []float32, x tensor.Mat,
	f func(w []float32, x tensor.Mat) (y tensor.Mat, logdet []float32),
	back func(w, g []float32, dx tensor.Mat, dlogdet float32)) error {
	rng := rand.New(rand.NewPCG(3, 4))
	c := tensor.New(x.Rows, x.Cols)
	for i := range c.Data {
		c.Data[i] = float32(rng.NormFloat64())
	}
	loss := func() (sum float64) {
		y, logdet := f(w, x)
		for i, v := range y.Data {
			sum += float64(c.Data[i]) * float64(v)
		}
		for _, v := range logdet {
			sum += logdetWeight * float64(v)
		}
		return sum
	}
	loss()
	g, dx := make([]float32, len(w)), clone(c)
	back(w, g, dx, logdetWeight)
	first := append([]float32(nil), g...)
	loss()
	back(w, g, clone(c), logdetWeight)
	for i := range g {
		if !near(float64(g[i]), 2*float64(first[i]), 1e-4) {
			return fmt.Errorf("the gradient of parameter %d is %v, and added to itself %v", i, first[i], g[i])
		}
	}
	for _, part := range []struct {
		what     string
		at, grad []float32
	}{{"rows", x.Data, dx.Data}, {"parameters", w, first}} {
		wrong, example := 0, ""
		for i := range part.at {
			if want := derivative(&part.at[i], loss); !near(float64(part.grad[i]), want, 5e-3) {
				wrong++
				example = fmt.Sprintf("number %d is %v, want %v", i, part.grad[i], want)
			}
		}
		// The kink of a ReLU or the knot of a spline within the difference spoils a few.
		if wrong > len(part.at)/20 {
			return fmt.Errorf("%d of the %d gradients of the %s are not those of finite differences: %s", wrong, len(part.at), part.what, example)
		}
	}
	return nil
}

// LogDet is ln |det ∂f/∂u| of a map of rows, at row u, by central differences.
func LogDet(u []float32, f func(u tensor.Mat) tensor.Mat) float64 {
	n := len(u)
	row := tensor.Mat{Rows: 1, Cols: n, Stride: n, Data: u}
	jac := mat.NewDense(n, n, nil)
	for j := range n {
		for i := range n {
			jac.Set(i, j, derivative(&u[j], func() float64 { return float64(f(row).Data[i]) }))
		}
	}
	logdet, _ := mat.LogDet(jac)
	return logdet
}

// derivative is the central difference of f by p, extrapolated (Richardson) so
// that its error is of fourth order.
func derivative(p *float32, f func() float64) float64 {
	const h = 4e-3
	old := *p
	difference := func(h float32) float64 {
		*p = old + h
		up := f()
		*p = old - h
		down := f()
		*p = old
		return (up - down) / (2 * float64(h))
	}
	return (4*difference(h/2) - difference(h)) / 3
}

// near says whether a value is as wanted, up to tol relative to 1 + |want|.
func near(got, want, tol float64) bool { return math.Abs(got-want) <= tol*(1+math.Abs(want)) }
