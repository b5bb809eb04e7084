package method

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// walled is a problem of priors with walls, of which y shows one parameter and
// says nothing about the others.
var walled = inn.Problem{
	X: inn.Vars("a [m]", "b", "c"), Y: inn.Vars("u", "v"),
	Prior: func(rng *rand.Rand) []float64 {
		return []float64{rng.Float64(), 2 + 3*rng.Float64(), rng.ExpFloat64()}
	},
	Simulate: func(rng *rand.Rand, x []float64) []float64 {
		return []float64{x[0] + 0.1*rng.NormFloat64(), rng.NormFloat64()}
	},
}

func TestNormalScores(t *testing.T) {
	pairs := pairsOf(t, walled, 20_000)
	s, err := NewNormalScores(pairs.X)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := s.Pairs(pairs)
	if err != nil {
		t.Fatal(err)
	}
	for j, v := range scores.X.Vars {
		if v.Unit != "" {
			t.Errorf("the scores of %s are in %s", v.Name, v.Unit)
		}
		col, _ := scores.X.Col(v.Name)
		slices.Sort(col)
		worst := 0.0 // Kolmogorov's distance
		for i, x := range col {
			worst = max(worst, math.Abs(distuv.UnitNormal.CDF(x)-(float64(i)+0.5)/float64(len(col))))
		}
		if worst > 1e-2 {
			t.Errorf("the scores of %s are %.4f from normal", v.Name, worst)
		}
		for i := range 1000 {
			x := pairs.X.Row(i)[j]
			if back := s.value(j, scores.X.Row(i)[j]); math.Abs(back-x) > 1e-9 {
				t.Fatalf("%s = %v comes back as %v", v.Name, x, back)
			}
		}
		lo, hi := s.value(j, math.Inf(-1)), s.value(j, math.Inf(1))
		if first, last := s.knots[j][0], s.knots[j][len(s.knots[j])-1]; lo != first || hi != last {
			t.Errorf("%s ends at %v and %v, want %v and %v", v.Name, lo, hi, first, last)
		}
	}

	// The exact posterior of the scores is that of x: of b and c the prior.
	m, err := TrainCINN(scores, &CINNSettings{Coupling: inn.Affine, Width: 32, Training: Training{Steps: 1500, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	test := pairsOf(t, walled, 1000)
	c, err := metric.Calibration(s.Undo(m), test, &metric.Settings{Draws: 500, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if c.Error > 0.015 {
		t.Errorf("%v", c)
	}
	if got := s.Undo(m).String(); got != "cINN" {
		t.Errorf("it is called %q", got)
	}
}

func TestNormalScoresOfSharedValues(t *testing.T) {
	prior := inn.NewSamples(inn.Vars("k"), 1000)
	for i := range prior.Data {
		prior.Data[i] = float64(i % 3)
	}
	s, err := NewNormalScores(prior)
	if err != nil {
		t.Fatal(err)
	}
	for v := range 3 {
		if back := s.value(0, s.score(0, float64(v))); math.Abs(back-float64(v)) > 1e-9 {
			t.Errorf("%d comes back as %v", v, back)
		}
	}
}

func TestNormalScoresBadInput(t *testing.T) {
	pairs := pairsOf(t, walled, 200)
	s, err := NewNormalScores(pairs.X)
	if err != nil {
		t.Fatal(err)
	}
	constant := inn.NewSamples(inn.Vars("k"), 200)
	far := pairsOf(t, walled, 200)
	far.X.Row(7)[1] = 99
	other := pairsOf(t, linear, 200)
	for _, c := range []struct {
		err  func() error
		want string
	}{
		{func() error { _, err := NewNormalScores(nil); return err }, "at least 100 draws"},
		{func() error { _, err := NewNormalScores(constant); return err }, "k is 0 in every draw"},
		{func() error { _, err := s.Pairs(far); return err }, "b is 99 in pair 7"},
		{func() error { _, err := s.Pairs(other); return err }, "not those of the normal scores"},
		{func() error { _, err := s.Pairs(nil); return err }, "want both X and Y"},
	} {
		if err := c.err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
