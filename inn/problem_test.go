package inn_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TestASimulatorMayChangeItsX: it has an x of its own, so that the pairs hold what the prior drew.
func TestASimulatorMayChangeItsX(t *testing.T) {
	problem := func(change bool) inn.Problem {
		return inn.Problem{X: inn.Vars("a"), Y: inn.Vars("y"), Prior: inn.Uniform([]float64{1}, []float64{100}),
			Simulate: func(_ *rand.Rand, x []float64) []float64 {
				y := 2 * x[0]
				if change {
					x[0] = -1
				}
				return []float64{y}
			}}
	}
	want, err := problem(false).Pairs(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := problem(true).Pairs(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.X.Data, want.X.Data) || !slices.Equal(got.Y.Data, want.Y.Data) {
		t.Errorf("the pairs hold x = %v, the prior drew %v", got.X.Row(0), want.X.Row(0))
	}
	x := []float64{7}
	if _, err := problem(true).Run(inn.RNG(1, 1), x); err != nil || x[0] != 7 {
		t.Errorf("after Run x is %v, error %v", x, err)
	}
}

// TestAnXWithoutY: where the simulator returns nil another x is drawn, the same whatever the number of workers; where it always does
// there is an error, as for Run.
func TestAnXWithoutY(t *testing.T) {
	problem := inn.Problem{X: inn.Vars("a"), Y: inn.Vars("y"), Prior: inn.Normal([]float64{0}, []float64{1}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			if x[0] < 0 {
				return nil
			}
			return []float64{x[0] + rng.NormFloat64()}
		}}
	pairs, err := problem.Pairs(2000, 1)
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for _, v := range pairs.X.Data {
		if v < 0 {
			t.Fatalf("an x without y is among the pairs: %v", v)
		}
		mean += v / 2000
	}
	if math.Abs(mean-math.Sqrt(2/math.Pi)) > 0.05 {
		t.Errorf("the mean of a half normal is %.3f, want %.3f", mean, math.Sqrt(2/math.Pi))
	}
	problem.Concurrent = true
	again, err := problem.Pairs(2000, 1)
	if err != nil || !slices.Equal(again.X.Data, pairs.X.Data) || !slices.Equal(again.Y.Data, pairs.Y.Data) {
		t.Errorf("with more workers the pairs are others; error %v", err)
	}
	if _, err := problem.Run(inn.RNG(1, 1), []float64{-1}); err == nil || !strings.Contains(err.Error(), "no y, at x = [-1]") {
		t.Errorf("Run of an x without y: %v", err)
	}
	problem.Simulate = func(*rand.Rand, []float64) []float64 { return nil }
	if _, err := problem.Pairs(10, 1); err == nil || !strings.Contains(err.Error(), "and for the 9999 before it") {
		t.Errorf("no x has a y: %v", err)
	}
	problem.Simulate = func(*rand.Rand, []float64) []float64 { return []float64{math.NaN()} }
	if _, err := problem.Pairs(10, 1); err == nil || !strings.Contains(err.Error(), "it may return nil") || !strings.Contains(err.Error(), "returned NaN for y at x = ") {
		t.Errorf("NaN: %v", err)
	}
}
