package main

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// A reference is exact if its intervals hold the truths of the problem's own pairs
// as often as they say, for each parameter.
func TestReferencesAreCalibrated(t *testing.T) {
	for _, task := range tasks() {
		t.Run(task.Name, func(t *testing.T) {
			t.Parallel()
			tests, draws := 100, 200
			if slow := strings.Contains("SLCP SIR Lotka-Volterra Bernoulli GLM", task.Name); slow {
				if testing.Short() {
					t.Skip("a long chain, or rejection, for each measurement")
				}
				tests, draws = 20, 100
			}
			test, err := task.Problem.Pairs(tests, 5)
			if err != nil {
				t.Fatal(err)
			}
			c, err := metric.Calibration(task.reference(), test, &metric.Settings{Draws: draws, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range c.Rows {
				if row.Error > 2*c.Chance {
					t.Errorf("%s: calibration error %.3f, chance stays below %.3f", row.Var.Name, row.Error, c.Chance)
				}
			}
		})
	}
}

// The classifier guesses between draws of the same distribution, and tells those
// apart that differ as much as the best of all classifiers.
func TestC2STTellsWhatCanBeTold(t *testing.T) {
	task := linear(1, 1)
	same := func(seed uint64) *inn.Samples {
		s, err := task.reference().Sample([]float64{0.3}, 2000, seed)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := same(1), same(2)
	if v := c2st(a, b, 1); math.Abs(v-0.5) > 0.03 {
		t.Errorf("two sets of the same distribution: %.3f, want about 0.5", v)
	}
	// A shift of two standard deviations: the best accuracy is Φ(1) = 0.841.
	spread := stat.StdDev(a.Data, nil)
	for i := range b.Data {
		b.Data[i] += 2 * spread
	}
	if v := c2st(a, b, 1); math.Abs(v-0.841) > 0.03 {
		t.Errorf("two normal distributions two standard deviations apart: %.3f, want 0.841", v)
	}
}
