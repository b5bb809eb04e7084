package metric

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
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
// quantiles, the k-th of n draws at k/(n+1), ties and ends included.
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
		got, want := (1-q)/2 < below && above < (1+q)/2, lo < x && x < hi
		if got != want && math.Abs(lo-x) > 1e-9 && math.Abs(hi-x) > 1e-9 {
			t.Fatalf("x %v, draws %v, confidence %v (%v to %v): inside %v by rank, %v by quantiles", x, draws, q, lo, hi, got, want)
		}
	}
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
