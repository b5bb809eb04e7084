package photon

import (
	"math"
	"strings"
	"testing"
)

// One White gives what direct runs give, whatever the layers absorb.
func TestWhiteIsTheDirectRun(t *testing.T) {
	s := Stack{[]Layer{
		{MuS: 60, G: 0.8, N: 1.33, D: 0.05},
		{MuS: 20, G: 0, N: 1.5, D: 0.04},
		{MuS: 90, G: 0.9, N: 1.38, D: 0.06}}, 1, 1.2}
	w, err := NewWhite(s, 200_000, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, muA := range [][]float64{{0, 0, 0}, {1, 0, 0}, {0, 3, 0}, {0.2, 0.1, 5}, {8, 8, 8}} {
		got, err := w.Exit(muA)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range muA {
			s.Layers[i].MuA = a
		}
		want, err := Exits([]Stack{s}, 1_000_000, 3)
		if err != nil {
			t.Fatal(err)
		}
		within(t, "diffuse", got.Diffuse, math.Hypot(got.DiffuseErr, want[0].DiffuseErr), want[0].Diffuse, 1e-7)
		within(t, "transmitted", got.Transmitted, math.Hypot(got.TransmittedErr, want[0].TransmittedErr), want[0].Transmitted, 1e-7)
		if got.Specular != want[0].Specular {
			t.Errorf("specular %g, want %g", got.Specular, want[0].Specular)
		}
	}
	// Van de Hulst's slab again.
	slab := stacks()["slab"]
	if w, err = NewWhite(slab, 500_000, 4); err != nil {
		t.Fatal(err)
	}
	e, err := w.Exit([]float64{10})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "slab: diffuse", e.Diffuse, e.DiffuseErr, 0.09739, 5e-6)
	within(t, "slab: transmitted", e.Transmitted, e.TransmittedErr, 0.66096, 5e-6)
}

func TestWhiteOfUnphysicalInput(t *testing.T) {
	good := Layer{MuS: 10, G: 0.5, N: 1.4, D: 0.1}
	w, err := NewWhite(Stack{[]Layer{good}, 1, 1}, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	for want, call := range map[string]func() error{
		"does not scatter": func() error {
			_, err := NewWhite(Stack{[]Layer{good, {N: 1, D: 1}}, 1, 1}, 10, 1)
			return err
		},
		"wander for ever": func() error {
			_, err := NewWhite(Stack{[]Layer{{MuA: 1, MuS: 1, N: 1, D: math.Inf(1)}}, 1, 1}, 10, 1)
			return err
		},
		"2 absorption coefficients for 1 layers": func() error { _, err := w.Exit([]float64{1, 2}); return err },
		"MuA = -1":                               func() error { _, err := w.Exit([]float64{-1}); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
}
