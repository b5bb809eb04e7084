package method

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A shifted posterior is N(shift, 1), whatever is measured.
type shifted float64

func (shifted) String() string { return "shifted" }

func (s shifted) Sample(_ []float64, n int, seed uint64) (*inn.Samples, error) {
	rng, draws := inn.RNG(seed, 0), inn.NewSamples(hills.X, n)
	for i := range draws.Data {
		draws.Data[i] = float64(s) + rng.NormFloat64()
	}
	return draws, nil
}

// The mixture of N(-1, 1), N(0, 1) and N(4, 1) has mean 1 and variance 1 + 14/3, and is of all
// three from the first draws on.
func TestEnsembleIsTheMixture(t *testing.T) {
	e, err := NewEnsemble(shifted(-1), shifted(0), shifted(4))
	if err != nil {
		t.Fatal(err)
	}
	draw := func(seed uint64) []float64 {
		s, err := e.Sample([]float64{3}, 30_000, seed)
		if err != nil {
			t.Fatal(err)
		}
		return s.Data
	}
	all := draw(1)
	if !slices.Equal(all, draw(1)) || slices.Equal(all, draw(2)) {
		t.Error("the seed does not decide the draws")
	}
	for _, part := range [][]float64{all, all[:10_000]} {
		variance := 1 + 14.0/3
		mean, got := stat.MeanVariance(part, nil)
		if se := math.Sqrt(variance / float64(len(part))); math.Abs(mean-1) > 4*se || math.Abs(got-variance) > 0.05*variance {
			t.Errorf("mean %.3f ± %.3f and variance %.3f of %d draws, want 1 and %.3f", mean, se, got, len(part), variance)
		}
	}
	if e.String() != "ensemble of shifted" {
		t.Errorf("it is called %v", e)
	}
}

// other draws another parameter.
type other struct{ shifted }

func (o other) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	s, err := o.shifted.Sample(y, n, seed)
	s.Vars = inn.Vars("z")
	return s, err
}

func TestEnsembleErrors(t *testing.T) {
	if _, err := NewEnsemble(); err == nil || !strings.Contains(err.Error(), "at least one") {
		t.Errorf("an ensemble of none: %v", err)
	}
	if _, err := NewEnsemble(shifted(1), nil); err == nil || !strings.Contains(err.Error(), "posterior 1 of the ensemble is nil") {
		t.Errorf("an ensemble with nil: %v", err)
	}
	e, err := NewEnsemble(shifted(1), other{2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Sample([]float64{1}, 100, 1); err == nil || !strings.Contains(err.Error(), "posterior 1 (shifted) drew") {
		t.Errorf("posteriors of different parameters: %v", err)
	}
	if _, err := e.Sample([]float64{1}, 0, 1); err == nil {
		t.Error("0 draws are drawn")
	}
}
