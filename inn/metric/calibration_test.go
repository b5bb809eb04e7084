package metric

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TestCalibrationAgainstClosedForm: for a Gaussian posterior of w times the
// right width whose mean is off by b standard deviations, a confidence q holds
// Φ(w z_q - b) - Φ(-w z_q - b) of the truths. Tolerances are five standard
// errors of a share over 3000 tests for one parameter, and half of that over
// the four.
func TestCalibrationAgainstClosedForm(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 3000)
	for _, c := range []struct{ width, bias float64 }{{1, 0}, {0.7, 0}, {1.5, 0}, {1, 0.8}} {
		g.width, g.bias = c.width, c.bias
		table, err := Calibration(g, test, &Settings{Draws: 1000, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, len(table.Confidence))
		for k, q := range table.Confidence {
			z := c.width * math.Sqrt2 * math.Erfinv(q)
			want[k] = phi(z-c.bias) - phi(-z-c.bias)
			near(t, "inliers", table.Inliers[k], want[k], 0.025)
		}
		exact := deviation(want, table.Confidence)
		near(t, "error", table.Error, exact, 0.023)
		for _, r := range table.Rows {
			near(t, r.Var.Name+" error", r.Error, exact, 0.045)
			if (c.width == 1 && c.bias == 0) != (r.Error < 2*table.Chance) {
				t.Errorf("width %v, bias %v: error of %s is %.4f with chance %.4f", c.width, c.bias, r.Var.Name, r.Error, table.Chance)
			}
		}
	}
}

// TestCalibrationWithFewDraws: the error of an exact posterior does not grow
// when there are few draws of it (the quantiles of most libraries, with the
// k-th of n draws at (k-1)/(n-1), would show 1/100 here).
func TestCalibrationWithFewDraws(t *testing.T) {
	g := newGaussian(t)
	table, err := Calibration(g, g.pairs(t, 10_000), &Settings{Draws: 100, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	if table.Error > table.Chance {
		t.Errorf("error %.4f of an exact posterior with 100 draws, chance stays below %.4f", table.Error, table.Chance)
	}
}

// TestConfidences: the paper's q = k/101.
func TestConfidences(t *testing.T) {
	g := newGaussian(t)
	table, err := Calibration(g, g.pairs(t, 20), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(table.Confidence); n != 100 || table.Confidence[0] != 1.0/101 || table.Confidence[99] != 100.0/101 {
		t.Errorf("%d confidences from %v to %v", n, table.Confidence[0], table.Confidence[n-1])
	}
}

// TestRank: standing strictly inside an interval by rank is the same as by its
// quantiles, the k-th of n draws at k/(n+1), ends included. Equal to draws, it is anywhere among them.
func TestRank(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		draws := make([]float64, 2+rng.IntN(30))
		for i := range draws {
			draws[i] = float64(rng.IntN(12))
		}
		x := float64(rng.IntN(28)-2) / 2
		q := rng.Float64()
		slices.Sort(draws)
		at := func(p float64) float64 {
			k, rest := math.Modf(p * float64(len(draws)+1))
			switch {
			case k < 1:
				return draws[0]
			case int(k) >= len(draws):
				return draws[len(draws)-1]
			}
			return draws[int(k)-1] + rest*(draws[int(k)]-draws[int(k)-1])
		}
		lo, hi := at((1-q)/2), at((1+q)/2)
		below, above := rank(draws, x)
		got, want := inside(below, above, q) == 1, lo < x && x < hi
		if below < above {
			less, _ := slices.BinarySearch(draws, x)
			more, _ := slices.BinarySearch(draws, x+0.25)
			near(t, "below", below, float64(less)/float64(len(draws)+1), 1e-12)
			near(t, "above", above, float64(more+1)/float64(len(draws)+1), 1e-12)
			continue
		}
		if got != want && math.Abs(lo-x) > 1e-9 && math.Abs(hi-x) > 1e-9 {
			t.Fatalf("x %v, draws %v, confidence %v (%v to %v): inside %v by rank, %v by quantiles", x, draws, q, lo, hi, got, want)
		}
	}
}

// wholes is an exact posterior of a whole number n, 0 to 3, each as probable: y is n + 0.7 ε.
type wholes struct{}

func (wholes) String() string { return "exact" }

func (wholes) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	rng := inn.RNG(seed, 0)
	s := inn.NewSamples(inn.Vars("n"), n)
	var weights [4]float64
	sum := 0.0
	for k := range weights {
		d := (y[0] - float64(k)) / 0.7
		weights[k] = math.Exp(-d * d / 2)
		sum += weights[k]
	}
	for i := range n {
		u := sum * rng.Float64()
		for k, w := range weights {
			if u -= w; u < 0 || k == 3 {
				s.Row(i)[0] = float64(k)
				break
			}
		}
	}
	return s, nil
}

// TestCalibrationOfWholeNumbers: an exact posterior of few values is calibrated, and so is a parameter that is known.
func TestCalibrationOfWholeNumbers(t *testing.T) {
	problem := inn.Problem{X: inn.Vars("n"), Y: inn.Vars("y"),
		Prior:    func(rng *rand.Rand) []float64 { return []float64{float64(rng.IntN(4))} },
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + 0.7*rng.NormFloat64()} }}
	test, err := problem.Pairs(2000, 1)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Calibration(wholes{}, test, &Settings{Draws: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if table.Error > table.Chance {
		t.Errorf("the exact posterior of a whole number has a calibration error of %v, chance stays below %v", table.Error, table.Chance)
	}
	recovery, err := Recovered(wholes{}, test, &Settings{Draws: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "in the 68 % interval", recovery.Rows[0].Inside, 0.68, 0.03)
	for _, known := range [][]float64{{2, 2, 2}, {2, 2, 2, 2}} {
		below, above := rank(known, 2)
		near(t, "a known parameter's share", inside(below, above, 0.68), 0.68, 1e-12)
	}
}

// TestCalibrationDoesNotCancel: two parameters, one too narrow and one too wide, have errors that their
// mean and the worst show.
func TestCalibrationDoesNotCancel(t *testing.T) {
	problem := inn.Problem{X: inn.Vars("a", "b"), Y: inn.Vars("y"),
		Prior:    inn.Normal([]float64{0, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{0 * x[0]} }}
	test, err := problem.Pairs(500, 1)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Calibration(scaledPrior{0.42, 2.5}, test, &Settings{Draws: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := table.Rows[0].Error, table.Rows[1].Error; table.Mean != (a/2+b/2) || table.Worst != max(a, b) || table.Worst < 0.2 || table.Error > table.Worst/2 {
		t.Errorf("errors of %v and %v: mean %v, worst %v, all together %v", a, b, table.Mean, table.Worst, table.Error)
	}
}

// scaledPrior draws two normals of these standard deviations.
type scaledPrior [2]float64

func (scaledPrior) String() string { return "scaled" }

func (p scaledPrior) Sample(_ []float64, n int, seed uint64) (*inn.Samples, error) {
	rng := inn.RNG(seed, 0)
	s := inn.NewSamples(inn.Vars("a", "b"), n)
	for i := range n {
		s.Row(i)[0], s.Row(i)[1] = p[0]*rng.NormFloat64(), p[1]*rng.NormFloat64()
	}
	return s, nil
}

// TestChance: of the errors of an exact posterior about 95 % stay below
// Chance. Uniform ranks are what an exact posterior has.
func TestChance(t *testing.T) {
	g := newGaussian(t)
	below, all := 0, 0
	for seed := range uint64(25) {
		test, err := g.problem.Pairs(200, 100+seed)
		if err != nil {
			t.Fatal(err)
		}
		table, err := Calibration(g, test, &Settings{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range table.Rows {
			all++
			if r.Error < table.Chance {
				below++
			}
		}
	}
	if share := float64(below) / float64(all); share < 0.88 || share > 0.995 {
		t.Errorf("%d of %d errors are below chance, want about 95 %%", below, all)
	}
}
