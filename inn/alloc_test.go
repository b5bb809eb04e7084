//go:build !race

// The race detector makes sync.Pool forget what it keeps, so that steps allocate.

package inn

import (
	"math/rand/v2"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
)

// sums is a problem of three parameters and two sums of them.
var sums = Problem{
	X: Vars("a", "b", "c"), Y: Vars("u", "v"),
	Prior:    Normal([]float64{0, 0, 0}, []float64{1, 1, 1}),
	Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1], x[1] - x[2]} },
}

// trainerOf is a trainer of the sums.
func trainerOf(t *testing.T, s Settings, n, held int) *trainer {
	t.Helper()
	pairs, err := sums.Pairs(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.withDefaults(3, 2)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := newTrainer(pairs, &o, held)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.pool.Close)
	return tr
}

// TestAStepAllocatesNothing, not even at the end of an epoch, which comes every
// third step here.
func TestAStepAllocatesNothing(t *testing.T) {
	for name, s := range map[string]Settings{
		"default":  {},
		"switches": {WeightLikelihood: 0.1, KernelX: mmd.Power(), KernelZ: mmd.Exponential(1), Unbiased: true, Gamma: 0.2, CrossEntropy: true},
	} {
		s.Width, s.Batch, s.Workers = 16, 200, 2
		tr := trainerOf(t, s, 600, 0)
		terms := make([]float64, len(termNames))
		step := 0
		if n := testing.AllocsPerRun(50, func() {
			tr.takeStep(step, terms)
			step++
		}); n > 0 {
			t.Errorf("%s: a step makes %v allocations", name, n)
		}
	}
}
