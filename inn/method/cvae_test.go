package method

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func quickCVAE(flows, steps int) *CVAESettings {
	return &CVAESettings{Layers: 3, Width: 32, Flows: flows, Context: 8, DecoderNoise: true, Training: Training{Steps: steps, Batch: 200, Seed: 1}}
}

// TestCVAEOfALinearProblem: a Gaussian posterior whose least variance exceeds
// the decoder's, 1/(2 Weight) of the prior's, is within the cVAE's reach.
func TestCVAEOfALinearProblem(t *testing.T) {
	pairs := pairsOf(t, linear, 20_000)
	for _, flows := range []int{0, 2} {
		m, err := TrainCVAE(pairs, quickCVAE(flows, 3000))
		if err != nil {
			t.Fatal(err)
		}
		testLinear(t, m, 8000, 0.1, 0.08)
		// Without the decoder's noise, each variance lacks 1/(2 Weight).
		with, err := m.Sample(someY[0], 8000, 3)
		if err != nil {
			t.Fatal(err)
		}
		m.settings.DecoderNoise = false
		without, err := m.Sample(someY[0], 8000, 3)
		if err != nil {
			t.Fatal(err)
		}
		for j := range 3 {
			lost := (stat.Variance(column(with, j), nil) - stat.Variance(column(without, j), nil)) / (m.x.columns[j].SD * m.x.columns[j].SD)
			if math.Abs(lost-1/30.0) > 0.015 {
				t.Errorf("%v: without the decoder's noise the variance of %s is less by %.4f, want 1/30", m, with.Vars[j].Name, lost)
			}
		}
	}
}
