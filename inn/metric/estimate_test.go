package metric

import (
	"math"
	"slices"
	"testing"
)

// TestBootstrap: the standard error of the mean of n normal values is s/√n, of
// their median √(π/2) s/√n. A bootstrap from 400 samples scatters by 3.5 %, and
// that of a median of 2000 values by some more.
func TestBootstrap(t *testing.T) {
	v := normals(2000) // N(10, 2²)
	kept := slices.Clone(v)
	m, err := Bootstrap(v, mean, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", m.Value, mean(v), 1e-12)
	near(t, "error of the mean", m.Error, 2/math.Sqrt(2000), 0.15*2/math.Sqrt(2000))
	d, err := Bootstrap(v, median, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "error of the median", d.Error, 1.2533*2/math.Sqrt(2000), 0.3*2/math.Sqrt(2000))
	if !slices.Equal(v, kept) {
		t.Error("Bootstrap changed the values")
	}
	if again, _ := Bootstrap(v, median, 1); again != d {
		t.Errorf("the same seed gives %v and %v", d, again)
	}
	for _, bad := range [][]float64{{1}, {1, math.NaN()}} {
		if _, err := Bootstrap(bad, mean, 1); err == nil {
			t.Errorf("the bootstrap of %v is no error", bad)
		}
	}
	if _, err := Bootstrap(v, func([]float64) float64 { return math.NaN() }, 1); err == nil {
		t.Error("a statistic that is NaN is no error")
	}
}

// TestMedianOfGroups: with groups of one it is the median with its bootstrap;
// groups of equal values have the error of as many values, not of more.
func TestMedianOfGroups(t *testing.T) {
	v := normals(1001)
	single, equal := make([][]float64, len(v)), make([][]float64, len(v))
	for i, x := range v {
		single[i] = []float64{x}
		equal[i] = []float64{x, x, x, x, x, x, x, x, x}
	}
	want, err := Bootstrap(v, median, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, groups := range [][][]float64{single, equal} {
		got := medianOfGroups(groups, 1)
		near(t, "median", got.Value, want.Value, 1e-12)
		near(t, "its error", got.Error, want.Error, 0.02*want.Error)
	}
}

func TestEstimateString(t *testing.T) {
	for _, c := range []struct {
		e    Estimate
		want string
	}{
		{Estimate{0.01392, 0.000212}, "0.01392 ± 0.00021"},
		{Estimate{12.3456, 0.97}, "12.35 ± 0.97"},
		{Estimate{1234.5, 31}, "1234 ± 31"},
		{Estimate{0.5, 0}, "0.5"},
		{Estimate{1e-9, 1e-10}, "1e-09 ± 1e-10"},
	} {
		if got := c.e.String(); got != c.want {
			t.Errorf("%#v is shown as %q, want %q", c.e, got, c.want)
		}
	}
}
