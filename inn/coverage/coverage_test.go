package coverage

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestWarn: of 200 pairs, 69 of 101 have a standard error of 3.3 %, so
// that 53 % and 83 % are just what is not chance. The parameter that is
// farthest off is named.
func TestWarn(t *testing.T) {
	for _, c := range []struct {
		inside []float64
		want   string
	}{
		{[]float64{0.683, 0.683}, ""},
		{[]float64{0.55, 0.82}, ""},
		{[]float64{0.7, 0.5}, "of b is too narrow or biased: on the training data its 68 % interval held the truth in 50 % of 200 cases"},
		{[]float64{0.95, 0.5}, "of a is too wide: on the training data its 68 % interval held the truth in 95 % of 200 cases"},
		{[]float64{0, 1}, "of a is too narrow or biased"},
	} {
		got := (&Coverage{Pairs: 200, Inside: c.inside}).Warn(func(j int) string { return "ab"[j : j+1] }, "")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.inside, got, c.want)
		}
	}
}

// TestWarnOfParametersFirst: of what is off, the parameters are named before what is one to the network alone.
func TestWarnOfParametersFirst(t *testing.T) {
	names := []string{"a", "b", "residual of u", "residual of v"}
	for _, c := range []struct {
		inside []float64
		want   string
	}{
		{[]float64{0.683, 0.4, 0.2, 0.1}, "of b is"},
		{[]float64{0.3, 0.4, 0.2, 0.1}, "of a is"},
		{[]float64{0.683, 0.683, 0.2, 0.1}, "of residual of v is"},
		{[]float64{0.683, 0.683, 0.1, 0.2}, "of residual of u is"},
	} {
		if got := (&Coverage{Pairs: 200, Inside: c.inside}).Warn(func(j int) string { return names[j] }, ""); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.inside, got, c.want)
		}
	}
}

// TestOf: truths and draws of one distribution are inside as often as chance says, draws
// twice and half as wide more and less often, and those of the first parameter are not
// those of the second.
func TestOf(t *testing.T) {
	const n = 2000
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ wide, want float64 }{{1, 0.683}, {2, 0.954}, {0.5, 0.383}} {
		got := Of(n, 2, func(int) []float64 { return []float64{rng.NormFloat64(), 3 * rng.NormFloat64()} },
			func(int, int) []float64 { return []float64{rng.NormFloat64(), 3 * c.wide * rng.NormFloat64()} })
		for j, want := range []float64{0.683, c.want} {
			if math.Abs(got.Inside[j]-want) > 0.03 || got.Pairs != n {
				t.Errorf("draws %v times as wide: parameter %d is inside in %.3f of %d, want %.3f", c.wide, j, got.Inside[j], got.Pairs, want)
			}
		}
	}
}
