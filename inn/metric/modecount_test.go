package metric

import (
	"math"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TestModesOfNormals: of two round normal distributions, one with three times the
// draws of the other, 1 - exp(-9/2) lie within 3σ, and each has its share.
func TestModesOfNormals(t *testing.T) {
	rng := inn.RNG(1, 0)
	s := inn.NewSamples(inn.Vars("a", "b"), 40_000)
	for i := range s.Len() {
		centre := 5.0
		if i%4 == 0 {
			centre = -5
		}
		copy(s.Row(i), []float64{centre + rng.NormFloat64(), rng.NormFloat64()})
	}
	m, err := Modes(s, [][]float64{{-5, 0}, {5, 0}}, 3)
	if err != nil {
		t.Fatal(err)
	}
	inside := 1 - math.Exp(-4.5)
	near(t, "within", m.Within, inside, 0.002)
	near(t, "the first share", m.Shares[0], inside/4, 0.002)
	near(t, "the second share", m.Shares[1], 3*inside/4, 0.002)
	near(t, "unevenness", m.Uneven, 0.25, 0.002)
	if !strings.Contains(m.String(), "98.9 % near 2 modes") {
		t.Errorf("it says %q", m)
	}
	if m, err = Modes(s, [][]float64{{0, 90}}, 3); err != nil || m.Within != 0 || m.Uneven != 1 {
		t.Errorf("far from all draws: %v, %v", m, err)
	}
	for want, call := range map[string]func() (*ModesResult, error){
		"there are none":         func() (*ModesResult, error) { return Modes(nil, [][]float64{{1, 2}}, 1) },
		"0 centres":              func() (*ModesResult, error) { return Modes(s, nil, 1) },
		"the radius 0":           func() (*ModesResult, error) { return Modes(s, [][]float64{{1, 2}}, 0) },
		"centre 0 has 1 values,": func() (*ModesResult, error) { return Modes(s, [][]float64{{1}}, 1) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}
