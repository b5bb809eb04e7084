package method

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// noisy has u = a + N(0, 1) and a, b ~ N(0, 1): of a the posterior is N(u/2, 1/2),
// of b the prior.
var noisy = inn.Problem{
	Name: "noisy", Concurrent: true,
	X: inn.Vars("a [m]", "b"), Y: inn.Vars("u [m]"),
	Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),
	Simulate: func(rng *rand.Rand, x []float64) []float64 {
		return []float64{x[0] + rng.NormFloat64()}
	},
}

// TestResiduals: an INN of x and the residuals has the exact posterior.
func TestResiduals(t *testing.T) {
	pairs := pairsOf(t, noisy, 10_000)
	r, err := TrainResiduals(pairs, &PointSettings{Layers: 2, Width: 16, Training: Training{Steps: 500, Rate: 1e-2, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	full, err := r.Pairs(pairs)
	if err != nil {
		t.Fatal(err)
	}
	if got := full.X.Vars[2].Label(); got != "residual of u [m]" || full.Y != pairs.Y {
		t.Errorf("the residual is called %q", got)
	}
	e, err := full.X.Col("residual of u")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		// h(x) is about a
		if got, want := e[i], pairs.Y.Row(i)[0]-pairs.X.Row(i)[0]; math.Abs(got-want) > 0.3 {
			t.Errorf("the residual of pair %d is %.3f, want about %.3f", i, got, want)
		}
	}
	if sd := stat.StdDev(e, nil); math.Abs(sd-1) > 0.04 {
		t.Errorf("the residuals have a standard deviation of %.3f, want 1", sd)
	}

	model, err := inn.Train(full, &inn.Settings{Blocks: 2, Layers: 2, Width: 32, Latent: 2, Nominal: 3, NoiseY: 0.01, WeightY: 100, Steps: 1500, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	post := r.Undo(model)
	for _, u := range []float64{-1.5, 0, 1} {
		draws, err := post.Sample([]float64{u}, 4000, 1)
		if err != nil {
			t.Fatal(err)
		}
		a, b := make([]float64, draws.Len()), make([]float64, draws.Len())
		for i := range a {
			a[i], b[i] = draws.Row(i)[0], draws.Row(i)[1]
		}
		meanA, sdA := stat.MeanStdDev(a, nil)
		meanB, sdB := stat.MeanStdDev(b, nil)
		for _, c := range []struct {
			what      string
			got, want float64
		}{{"mean of a", meanA, u / 2}, {"spread of a", sdA, math.Sqrt(0.5)}, {"mean of b", meanB, 0}, {"spread of b", sdB, 1}} {
			if math.Abs(c.got-c.want) > 0.12 {
				t.Errorf("at u = %v the %s is %.3f, want %.3f", u, c.what, c.got, c.want)
			}
		}
	}
	if post.String() != "INN" {
		t.Errorf("it is called %q", post)
	}
}

func TestResidualsBadInput(t *testing.T) {
	pairs := pairsOf(t, noisy, 200)
	few := &PointSettings{Layers: 1, Training: Training{Steps: 2}}
	r, err := TrainResiduals(pairs, few)
	if err != nil {
		t.Fatal(err)
	}
	other := pairsOf(t, linear, 200)
	point, err := TrainPoint(pairs, few)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  func() error
		want string
	}{
		{func() error { _, err := TrainResiduals(nil, nil); return err }, "want both X and Y"},
		{func() error { _, err := TrainResiduals(pairs, &PointSettings{Layers: -1}); return err }, "Layers is -1"},
		{func() error {
			_, err := TrainResiduals(&inn.Pairs{X: inn.NewSamples(noisy.X, 200), Y: pairs.Y}, few)
			return err
		}, "parameter a is 0 in every pair"},
		{func() error {
			_, err := TrainResiduals(&inn.Pairs{X: pairs.X, Y: inn.NewSamples(noisy.Y, 200)}, few)
			return err
		}, "measurement u is 0 in every pair"},
		{func() error { _, err := r.Pairs(other); return err }, "not those of the residuals"},
		{func() error { _, err := r.Pairs(nil); return err }, "want both X and Y"},
		{func() error { _, err := r.Undo(point).Sample([]float64{1}, 10, 1); return err }, "draws 2 values, want 3"},
	} {
		if err := c.err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
