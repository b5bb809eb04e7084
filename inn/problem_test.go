package inn_test

import (
	"math/rand/v2"
	"slices"
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
