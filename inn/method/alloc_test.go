//go:build !race

// The race detector makes sync.Pool forget what it keeps, so that steps allocate.

package method

import (
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TestAStepAllocatesNothing of the methods whose loss is a sum over rows, not
// even at the end of an epoch, which comes every third step here.
func TestAStepAllocatesNothing(t *testing.T) {
	pairs := pairsOf(t, linear, 600)
	set := Training{Batch: 150, Steps: 1, Workers: 2}
	type fitted struct {
		w       []float32
		newLoss func(rows int) rowLoss
		err     error
	}
	for name, train := range map[string]func() fitted{
		"cINN": func() fitted {
			m, err := TrainCINN(pairs, &CINNSettings{Coupling: inn.Affine, Width: 16, Training: set})
			return fitted{m.weights, func(rows int) rowLoss { return m.newLoss(rows, false) }, err}
		},
		"spline cINN": func() fitted {
			m, err := TrainCINN(pairs, &CINNSettings{Width: 16, Training: set})
			return fitted{m.weights, func(rows int) rowLoss { return m.newLoss(rows, true) }, err}
		},
		"cVAE": func() fitted {
			m, err := TrainCVAE(pairs, &CVAESettings{Width: 16, Training: set})
			return fitted{m.weights, m.newLoss, err}
		},
		"cVAE-IAF": func() fitted {
			m, err := TrainCVAE(pairs, &CVAESettings{Width: 16, Flows: 2, Training: set})
			return fitted{m.weights, m.newLoss, err}
		},
	} {
		f := train()
		if f.err != nil {
			t.Fatal(f.err)
		}
		o := set
		o.fill(Training{Rate: 1e-3, Final: 1e-4})
		tr, err := newTrainer(pairs, nil, o, "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		l := tr.fitting(f.w, f.newLoss)
		terms, step := make([]float64, 2), 0
		if n := testing.AllocsPerRun(50, func() {
			l.Step(step, terms)
			step++
		}); n > 0 {
			t.Errorf("%s: a step makes %v allocations", name, n)
		}
		tr.pool.Close()
	}
}
