package method

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// bands sees a and b in two pairs of bands that say nearly the same: with noise
// n₁, n₂, n₃, n₄ of standard deviations 0.1, 0.1, 0.2, 1
//
//	u = a + n₁ + n₃, v = a + n₁ - n₃, w = 10 b + n₂, t = n₄.
var bands = inn.Problem{
	Name: "bands", Concurrent: true,
	X: inn.Vars("a", "b"), Y: inn.Vars("u", "v", "w", "t [V]"),
	Prior: inn.Normal([]float64{0, 3}, []float64{1, 1}),
	Simulate: func(rng *rand.Rand, x []float64) []float64 {
		n1, n2, n3, n4 := 0.1*rng.NormFloat64(), 0.1*rng.NormFloat64(), 0.2*rng.NormFloat64(), rng.NormFloat64()
		return []float64{x[0] + n1 + n3, x[0] + n1 - n3, 10*x[1] + n2, n4}
	},
}

// TestWhiteComponents: the components are w/0.1 and (u + v)/2/0.1, of signal-to-noise
// ratio (10/0.1)² and (1/0.1)², and the other two have no signal.
func TestWhiteComponents(t *testing.T) {
	pairs := pairsOf(t, bands, 20_000)
	noise, err := Noise(bands, 20_000, 5)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewWhiteComponents(pairs.Y, noise, 2)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{10_000, 100, 0, 0} {
		if got := c.Ratio[k]; math.Abs(got-want) > 0.04*(want+1) {
			t.Errorf("component %d has a ratio of %.4g, want %v", k+1, got, want)
		}
	}
	got, err := c.Pairs(pairs)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Y.Vars) != 2 || got.X != pairs.X {
		t.Fatalf("components of %v", got.Y.Vars)
	}
	for i := range 100 {
		y := pairs.Y.Row(i)
		for k, want := range []float64{(y[2] - c.mean[2]) / 0.1, ((y[0]+y[1])/2 - (c.mean[0]+c.mean[1])/2) / 0.1} {
			if d := math.Abs(math.Abs(got.Y.Row(i)[k]) - math.Abs(want)); d > 0.02*math.Abs(want)+0.3 {
				t.Errorf("component %d of pair %d is %.3f, want ±%.3f", k+1, i, got.Y.Row(i)[k], want)
			}
		}
	}

	// The components of the noise are white.
	of, err := c.Pairs(&inn.Pairs{X: noise, Y: noise})
	if err != nil {
		t.Fatal(err)
	}
	for k := range 2 {
		for l := range 2 {
			product, meanK, meanL := 0.0, 0.0, 0.0
			n := float64(of.Len())
			for i := range of.Len() {
				meanK += of.Y.Row(i)[k] / n
				meanL += of.Y.Row(i)[l] / n
				product += of.Y.Row(i)[k] * of.Y.Row(i)[l] / n
			}
			want := 0.0
			if k == l {
				want = 1
			}
			if got := product - meanK*meanL; math.Abs(got-want) > 1e-3 {
				t.Errorf("the noise of components %d and %d has covariance %.4f", k+1, l+1, got)
			}
		}
	}

	// A posterior by components is asked with measurements.
	abc, err := NewABCFromPairs(got, nil)
	if err != nil {
		t.Fatal(err)
	}
	table, err := metric.Recovered(c.Undo(abc), pairsOf(t, bands, 100), &metric.Settings{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Rows {
		if r.Correlation < 0.98 {
			t.Errorf("%s is recovered with a correlation of %.3f", r.Var.Name, r.Correlation)
		}
	}
	if _, err := c.Undo(abc).Sample([]float64{1, 2}, 100, 1); err == nil || !strings.Contains(err.Error(), "y has 2 values, want 4") {
		t.Errorf("two of four measurements: %v", err)
	}
}

func TestWhiteComponentsBadInput(t *testing.T) {
	pairs := pairsOf(t, bands, 200)
	noise, err := Noise(bands, 200, 5)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewWhiteComponents(pairs.Y, noise, 4)
	if err != nil || math.Abs(c.Share-1) > 1e-9 {
		t.Fatalf("all components have a share of %v, error %v", c.Share, err)
	}
	quiet := inn.NewSamples(noise.Vars, 200)
	other := pairsOf(t, linear, 200)
	for _, k := range []struct {
		err  func() error
		want string
	}{
		{func() error { _, err := NewWhiteComponents(nil, noise, 1); return err }, "at least twice as many draws"},
		{func() error { _, err := NewWhiteComponents(pairs.Y, quiet, 1); return err }, "has no noise"},
		{func() error { _, err := NewWhiteComponents(pairs.X, noise, 1); return err }, "other measurements"},
		{func() error { _, err := NewWhiteComponents(pairs.Y, noise, 5); return err }, "5 components of 4"},
		{func() error { _, err := c.Pairs(other); return err }, "not those of the principal components"},
		{func() error { _, err := c.Pairs(nil); return err }, "want both X and Y"},
		{func() error { _, err := Noise(bands, 0, 1); return err }, "asked for 0 pairs"},
	} {
		if err := k.err(); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%v, want %q", err, k.want)
		}
	}
}
