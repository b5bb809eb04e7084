package method

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func quickPoint(drop float64) *PointSettings {
	return &PointSettings{Layers: 3, Width: 32, Drop: drop, Training: Training{Steps: 2000, Seed: 1}}
}

func TestPointIsThePosteriorMean(t *testing.T) {
	m, err := TrainPoint(pairsOf(t, linear, 20_000), quickPoint(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range someY {
		draws, err := m.Sample(y, 300, 1)
		if err != nil {
			t.Fatal(err)
		}
		mean, _ := linearPosterior(y)
		for i, v := range draws.Row(0) {
			if math.Abs(v-mean[i]) > 0.06 {
				t.Errorf("y = %v: %s is %.3f, want the posterior's mean %.3f", y, draws.Vars[i].Name, v, mean[i])
			}
		}
		if !slices.Equal(draws.Row(0), draws.Row(299)) {
			t.Error("the draws of a point estimate differ")
		}
	}
}

// TestDropoutKnowsItsErrors: with next to no dropout the draws have the mean and
// the variances of the posterior. Covariances they cannot have.
func TestDropoutKnowsItsErrors(t *testing.T) {
	m, err := TrainDropout(pairsOf(t, linear, 20_000), quickPoint(1e-3))
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range someY {
		draws, err := m.Sample(y, 8000, 1)
		if err != nil {
			t.Fatal(err)
		}
		mean, cov := linearPosterior(y)
		for i, v := range draws.Vars {
			got, sd := stat.MeanStdDev(column(draws, i), nil)
			if want := math.Sqrt(cov.At(i, i)); math.Abs(got-mean[i]) > 0.07 || math.Abs(sd-want) > 0.05 {
				t.Errorf("y = %v: %s is %.3f ± %.3f, want %.3f ± %.3f", y, v.Name, got, sd, mean[i], want)
			}
		}
	}
}

// TestDropoutWidens: what is drawn with neurons dropped has a larger variance
// than the errors alone.
func TestDropoutWidens(t *testing.T) {
	pairs := pairsOf(t, linear, 2000)
	sd := func(drop float64) float64 {
		m, err := TrainDropout(pairs, &PointSettings{Layers: 3, Width: 32, Drop: drop, Training: Training{Steps: 300, Seed: 1}})
		if err != nil {
			t.Fatal(err)
		}
		draws, err := m.Sample([]float64{2, -2}, 4000, 1)
		if err != nil {
			t.Fatal(err)
		}
		return stat.StdDev(column(draws, 1), nil)
	}
	if none, much := sd(None), sd(0.5); much < 1.3*none {
		t.Errorf("the standard deviation is %.3f without dropout, %.3f with", none, much)
	}
}
