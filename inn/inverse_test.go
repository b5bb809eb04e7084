package inn_test

import (
	"math"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TestInverseUndoesForward: without padding the network is a bijection, so what
// Forward makes of x leads back to x.
func TestInverseUndoesForward(t *testing.T) {
	pairs, err := total.Pairs(500, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := inn.Train(pairs, &inn.Settings{Steps: 30, Width: 16, Latent: 1, Nominal: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range [][]float64{{0, 0}, {1.5, -0.3}, {-2, 1}} {
		y, z, err := m.Forward(x)
		if err != nil {
			t.Fatal(err)
		}
		xs, err := m.Inverse(y, [][]float64{{z[0] + 1}, z})
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range xs.Row(1) {
			if math.Abs(v-x[j]) > 1e-4 {
				t.Errorf("x = %v comes back as %v", x, xs.Row(1))
			}
		}
		if math.Hypot(xs.Row(0)[0]-x[0], xs.Row(0)[1]-x[1]) < 0.01 {
			t.Errorf("another z leads to the same x, %v", xs.Row(0))
		}
	}
	for want, call := range map[string]func() (*inn.Samples, error){
		"at least one z":       func() (*inn.Samples, error) { return m.Inverse([]float64{1}, nil) },
		"2 values, want 1":     func() (*inn.Samples, error) { return m.Inverse([]float64{1}, [][]float64{{1, 2}}) },
		"z 0 has NaN":          func() (*inn.Samples, error) { return m.Inverse([]float64{1}, [][]float64{{math.NaN()}}) },
		"y has 2 values, want": func() (*inn.Samples, error) { return m.Inverse([]float64{1, 1}, [][]float64{{1}}) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}
