package method

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// returns is a problem whose b is either short, uniform, or long: then it follows from a up to a
// scatter. Long is half as probable as short; y says b, with much noise.
var returns = inn.Problem{
	X: inn.Vars("a", "b [yr]", "c"), Y: inn.Vars("y"),
	Prior: func(rng *rand.Rand) []float64 {
		a := rng.NormFloat64()
		b := rng.Float64()
		if rng.IntN(3) == 0 {
			b = 5 + a + 0.5*a*a + 0.1*rng.NormFloat64()
		}
		return []float64{a, b, 3}
	},
	Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[1] + 2*rng.NormFloat64()} },
}

func long(x []float64) int {
	if x[1] > 1.5 {
		return 1
	}
	return 0
}

// Of a normal pair with correlation 0.8 the score of one given the other is (b - 0.8 a)/0.6.
func TestConditionalScoreOfANormalPair(t *testing.T) {
	rng, s := inn.RNG(1, 0), inn.NewSamples(inn.Vars("a", "b"), 20_000)
	for i := range s.Len() {
		a := rng.NormFloat64()
		copy(s.Row(i), []float64{a, 0.8*a + 0.6*rng.NormFloat64()})
	}
	c, err := NewConditionalScore(s, "b", 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.Pairs(&inn.Pairs{X: s, Y: s})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i := range s.Len() {
		x, u := s.Row(i), other.X.Row(i)
		if u[0] != x[0] {
			t.Fatalf("a is %v, and in the coordinates %v", x[0], u[0])
		}
		off := u[1] - (x[1]-0.8*x[0])/0.6
		sum += off * off / float64(s.Len())
	}
	if rms := math.Sqrt(sum); rms > 0.05 {
		t.Errorf("scores are off by %.3f, root mean square", rms)
	}
	if name := other.X.Vars[1].Name; name != "score of b" {
		t.Errorf("the score is called %q", name)
	}
}

func TestConditionalScoreOfTwoKinds(t *testing.T) {
	pairs := pairsOf(t, returns, 12_000)
	c, err := NewConditionalScore(pairs.X, "b", 2, long)
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.Pairs(pairs) // which looks whether x comes back
	if err != nil {
		t.Fatal(err)
	}
	var a, squares, u, within []float64
	for i := range other.Len() {
		x, row := pairs.X.Row(i), other.X.Row(i)
		u = append(u, row[1])
		if long(x) == 1 {
			a, squares, within = append(a, row[0]), append(squares, row[0]*row[0]), append(within, row[1])
		}
	}
	for name, r := range map[string]float64{"a": stat.Correlation(within, a, nil), "a²": stat.Correlation(within, squares, nil)} {
		if math.Abs(r) > 0.05 {
			t.Errorf("the score of long b still goes with %s: correlation %.3f", name, r)
		}
	}
	mean, variance := stat.MeanVariance(u, nil)
	if math.Abs(mean) > 0.03 || math.Abs(variance-1) > 0.04 {
		t.Errorf("scores have mean %.3f and variance %.3f, want 0 and 1", mean, variance)
	}

	// Scores that are standard normal and know nothing of the rest come back as the prior.
	draws, err := c.Undo(independent(c.u)).Sample([]float64{0}, 20_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	longs, off, common, valley := 0.0, 0.0, 0.0, 0
	for i := range draws.Len() {
		x := draws.Row(i)
		if long(x) == 1 {
			longs++
			if math.Abs(x[0]) < 2.5 { // beyond, the prior has no draws
				e := x[1] - (5 + x[0] + 0.5*x[0]*x[0])
				off += e * e
				common++
			}
		}
		if x[1] > 1.01 && x[1] < 3.5 {
			valley++
		}
	}
	if share := longs / 20_000; math.Abs(share-1.0/3) > 0.02 {
		t.Errorf("%.3f of the draws are long, want 0.333", share)
	}
	if sd := math.Sqrt(off / common); sd < 0.09 || sd > 0.12 {
		t.Errorf("long b scatters by %.3f about what follows from a, want 0.1", sd)
	}
	if valley > 0 {
		t.Errorf("%d draws lie between short and long", valley)
	}
}

// independent posteriors draw standard normal numbers, and 3 for the last.
type independent []inn.Var

func (independent) String() string { return "independent" }

func (v independent) Sample(_ []float64, n int, seed uint64) (*inn.Samples, error) {
	rng, s := inn.RNG(seed, 0), inn.NewSamples(v, n)
	for i := range n {
		copy(s.Row(i), []float64{rng.NormFloat64(), rng.NormFloat64(), 3})
	}
	return s, nil
}

func TestConditionalScoreErrors(t *testing.T) {
	prior := pairsOf(t, returns, 1000).X
	follows := inn.NewSamples(inn.Vars("a", "b"), 500)
	for i := range follows.Len() {
		a := inn.RNG(1, uint64(i)).NormFloat64()
		copy(follows.Row(i), []float64{a, 1 + 2*a})
	}
	for want, err := range map[string]error{
		"there are none":               second(NewConditionalScore(nil, "b", 1, nil)),
		`"z"`:                          second(NewConditionalScore(prior, "z", 1, nil)),
		"of 2 kinds, want at least 1,": second(NewConditionalScore(prior, "b", 2, nil)),
		"is of kind 7, want 0 to 1":    second(NewConditionalScore(prior, "b", 2, func([]float64) int { return 7 })),
		"0 draws of the prior are of kind 1, a conditional score wants at least 100": second(NewConditionalScore(prior, "b", 2, func([]float64) int { return 0 })),
		"it is 3 in all draws":                 second(NewConditionalScore(prior, "c", 1, nil)),
		"it follows from the other parameters": second(NewConditionalScore(follows, "b", 1, nil)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
