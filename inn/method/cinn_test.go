package method

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// quickCINN are settings small enough for a test.
func quickCINN(coupling inn.Coupling, steps int) *CINNSettings {
	return &CINNSettings{Coupling: coupling, Blocks: 3, Width: 32, Layers: 2, Training: Training{Steps: steps, Rate: 4e-3, Seed: 1}}
}

func TestCINNOfALinearProblem(t *testing.T) {
	pairs := pairsOf(t, linear, 20_000)
	for _, coupling := range []inn.Coupling{inn.Affine, inn.Spline} {
		m, err := TrainCINN(pairs, quickCINN(coupling, 1000))
		if err != nil {
			t.Fatal(err)
		}
		testLinear(t, m, 8000, 0.06, 0.09)
	}
}

// Pairs without noise and Training.Noise make the posterior of the noisy problem.
func TestNoiseIsDrawnAnew(t *testing.T) {
	pairs := pairsOf(t, linear, 3000)
	for i := range pairs.Len() {
		y := mat.NewVecDense(2, pairs.Y.Row(i))
		y.MulVec(linearA, mat.NewVecDense(3, pairs.X.Row(i)))
	}
	set := quickCINN(inn.Affine, 1000)
	set.Noise = []float64{linearNoise}
	m, err := TrainCINN(pairs, set)
	if err != nil {
		t.Fatal(err)
	}
	testLinear(t, m, 8000, 0.1, 0.12)
}

func TestCINNOfTwoModes(t *testing.T) {
	pairs := pairsOf(t, twoModes, 20_000)
	// Affine couplings leave a bridge between the modes, with a few of the draws.
	affine := quickCINN(inn.Affine, 1500)
	affine.Blocks, affine.Rate = 6, 1e-2
	for _, c := range []struct {
		set           *CINNSettings
		tol, tolStray float64
	}{{affine, 0.1, 0.02}, {quickCINN(inn.Spline, 2500), 0.05, 0.01}} {
		m, err := TrainCINN(pairs, c.set)
		if err != nil {
			t.Fatal(err)
		}
		testTwoModes(t, m, 8000, c.tol, c.tolStray)
		for _, y := range []float64{-0.3, 0.5} {
			testDensity(t, m, y)
		}
	}
}

// testDensity integrates q(x | y) of the two-mode problem over the plane, and
// its divergence from the true posterior: ∫ p ln(p/q).
func testDensity(t *testing.T, m *CINN, y float64) {
	t.Helper()
	const h = 0.05
	total, divergence := 0.0, 0.0
	for a := -4.0; a < 4; a += h {
		for b := -2.0; b < 2; b += h {
			x := []float64{a, b}
			log, err := m.LogDensity(x, []float64{y})
			if err != nil {
				t.Fatal(err)
			}
			total += h * h * math.Exp(log)
			if p := twoModesDensity(x, y); p > 1e-12 {
				divergence += h * h * p * (math.Log(p) - log)
			}
		}
	}
	t.Logf("%v, y = %v: total %.4f, divergence %.4f", m, y, total, divergence)
	if math.Abs(total-1) > 0.01 {
		t.Errorf("%v, y = %v: the density integrates to %.4f", m, y, total)
	}
	if divergence > 0.06 {
		t.Errorf("%v, y = %v: the divergence from the posterior is %.4f", m, y, divergence)
	}
}

// TestCINNInOneDimension: x | y ~ N(0.8 y, 0.2), and the density over x is one.
func TestCINNInOneDimension(t *testing.T) {
	pairs := pairsOf(t, one, 20_000)
	for _, coupling := range []inn.Coupling{inn.Affine, inn.Spline} {
		m, err := TrainCINN(pairs, quickCINN(coupling, 500))
		if err != nil {
			t.Fatal(err)
		}
		for _, y := range []float64{-1, 0.7} {
			total, divergence := 0.0, 0.0
			const h = 0.01
			for x := -5.0; x < 5; x += h {
				log, err := m.LogDensity([]float64{x}, []float64{y})
				if err != nil {
					t.Fatal(err)
				}
				total += h * math.Exp(log)
				want := -0.5*math.Log(2*math.Pi*0.2) - (x-0.8*y)*(x-0.8*y)/0.4
				divergence += h * math.Exp(want) * (want - log)
			}
			if math.Abs(total-1) > 0.005 || divergence > 0.02 {
				t.Errorf("%v, y = %v: the density integrates to %.4f, its divergence is %.4f", m, y, total, divergence)
			}
			draws, err := m.Sample([]float64{y}, 8000, 1)
			if err != nil {
				t.Fatal(err)
			}
			if mean, sd := stat.MeanStdDev(draws.Data, nil); math.Abs(mean-0.8*y) > 0.05 || math.Abs(sd-math.Sqrt(0.2)) > 0.03 {
				t.Errorf("%v, y = %v: draws are %.3f ± %.3f, want %.3f ± %.3f", m, y, mean, sd, 0.8*y, math.Sqrt(0.2))
			}
		}
	}
}

// TestHeldBackPairsPreventOverfitting: with few pairs and many steps, the network
// chosen by pairs it has not seen is likelier on new ones.
func TestHeldBackPairsPreventOverfitting(t *testing.T) {
	few := pairsOf(t, linear, 300)
	fresh, err := linear.Pairs(1000, 99)
	if err != nil {
		t.Fatal(err)
	}
	logDensity := func(held float64) float64 {
		s := quickCINN(inn.Affine, 1200)
		s.Layers, s.Width = 3, 48
		s.Held, s.Batch = held, 100
		m, err := TrainCINN(few, s)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i := range fresh.Len() {
			log, err := m.LogDensity(fresh.X.Row(i), fresh.Y.Row(i))
			if err != nil {
				t.Fatal(err)
			}
			sum += log / float64(fresh.Len())
		}
		return sum
	}
	if none, some := logDensity(None), logDensity(0.1); some < none+0.1 {
		t.Errorf("mean ln q of new pairs is %.3f with pairs held back, %.3f without", some, none)
	}
}
