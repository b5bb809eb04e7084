package method

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// TestRowLosses holds the gradient of every loss that is a sum over rows
// against central differences. A new one is one more line.
func TestRowLosses(t *testing.T) {
	pairs := pairsOf(t, linear, 100)
	one := Training{Steps: 1, Batch: 8}
	for _, c := range []struct {
		name string
		make func() (newLoss func(rows int) rowLoss, w []float32, err error)
	}{
		{"cINN", func() (func(int) rowLoss, []float32, error) {
			m, err := TrainCINN(pairs, &CINNSettings{Coupling: inn.Affine, Blocks: 2, Width: 6, Layers: 2, Training: one})
			return func(rows int) rowLoss { return m.newLoss(rows, true) }, m.weights, err
		}},
		{"point", func() (func(int) rowLoss, []float32, error) {
			m, err := TrainPoint(pairs, &PointSettings{Layers: 3, Width: 7, Leaky: true, Training: one})
			return func(rows int) rowLoss { return newPointLoss(m.regression, rows) }, m.weights, err
		}},
		{"dropout", func() (func(int) rowLoss, []float32, error) {
			m, err := TrainDropout(pairs, &PointSettings{Layers: 3, Width: 7, Leaky: true, Training: one})
			return func(rows int) rowLoss { return newDropoutLoss(m.regression, rows) }, m.weights, err
		}},
		{"cVAE", func() (func(int) rowLoss, []float32, error) {
			m, err := TrainCVAE(pairs, &CVAESettings{Layers: 2, Width: 7, Leaky: true, Weight: 2, Training: one})
			return m.newLoss, m.weights, err
		}},
		{"cVAE-IAF", func() (func(int) rowLoss, []float32, error) {
			m, err := TrainCVAE(pairs, &CVAESettings{Layers: 2, Width: 7, Leaky: true, Weight: 2, Flows: 2, Context: 3, Training: one})
			return m.newLoss, m.weights, err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			newLoss, w, err := c.make()
			if err != nil {
				t.Fatal(err)
			}
			loss := newLoss(10)
			leastWrong := 1.0
			for seed := range uint64(4) {
				leastWrong = min(leastWrong, wrongGradients(t, loss, slices.Clone(w), rand.New(rand.NewPCG(seed, 2))))
			}
			// A ReLU that switches within a difference spoils a few of them;
			// but not from every start.
			if leastWrong > 0.02 {
				t.Errorf("%.0f %% of the gradients differ from finite differences", 100*leastWrong)
			}
		})
	}
}

// wrongGradients is the share of a loss's gradients that differ from finite
// differences, at a random place near w.
func wrongGradients(t *testing.T, loss rowLoss, w []float32, r *rand.Rand) float64 {
	masked := make([]bool, len(w)) // by an IAF; biases have left 0 by now
	for i, v := range w {
		if masked[i] = v == 0; !masked[i] {
			w[i] += float32(0.2 * r.NormFloat64())
		}
	}
	const rows = 6
	x, y := tensor.New(rows, 3), tensor.New(rows, 2)
	normal(x, 0, 3, r)
	normal(y, 0, 2, r)
	value := func() float64 {
		terms := make([]float64, 2)
		loss.forward(w, x, y, 0.5, inn.RNG(1, 1), terms)
		return terms[0] + terms[1]
	}
	value()
	g := make([]float32, len(w))
	loss.backward(w, g)
	return compareGradient(t, g, func(i int) float64 {
		if masked[i] {
			return 0
		}
		return numeric(&w[i], value)
	})
}

// numeric is the derivative of f by *v: central differences of two widths, so
// that the error is of fourth order.
func numeric(v *float32, f func() float64) float64 {
	old := *v
	defer func() { *v = old }()
	diff := func(h float32) float64 {
		*v = old + h
		up := f()
		*v = old - h
		return (up - f()) / (2 * float64(h))
	}
	return (4*diff(4e-3) - diff(8e-3)) / 3
}

// compareGradient is the share of a gradient that differs from the numerical
// derivatives.
func compareGradient(t *testing.T, g []float32, numeric func(i int) float64) float64 {
	t.Helper()
	wrong, moving := 0, 0
	for i, got := range g {
		want := numeric(i)
		if math.Abs(float64(got)-want) > 6e-3*(0.3+math.Abs(want)) {
			wrong++
		}
		if want != 0 {
			moving++
		}
	}
	if moving < len(g)/3 {
		t.Errorf("only %d of %d gradients are not 0", moving, len(g))
	}
	return float64(wrong) / float64(len(g))
}
