package inn

import (
	"strings"
	"testing"
)

// TestCoverageWarns: of 200 pairs, 69 of 101 have a standard error of 3.3 %, so
// that 53 % and 83 % are just what is not chance. The parameter that is
// farthest off is named.
func TestCoverageWarns(t *testing.T) {
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
		got := (&coverage{Pairs: 200, Inside: c.inside}).warn(Vars("a", "b"), "")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.inside, got, c.want)
		}
	}
}
