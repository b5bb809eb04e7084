package photon

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Henyey and Greenstein's phase function has the Legendre moments g^l, and by
// the addition theorem a photon that flew with cosine c has, after one
// scattering, E[P_l(c')] = g^l P_l(c). At the poles c = ±1 this catches an
// update that takes the sign of the direction from the wrong place.
func TestTurnHasLegendreMoments(t *testing.T) {
	const n = 200_000
	p2 := func(c float64) float64 { return (3*c*c - 1) / 2 }
	p3 := func(c float64) float64 { return (5*c*c*c - 3*c) / 2 }
	for _, g := range []float64{-0.5, 0, 1e-9, 0.3, 0.75, 0.95} {
		for _, c := range []float64{-1, -1 + 1e-13, -0.6, 0, 0.3, 1 - 1e-13, 1} {
			rng := rand.New(rand.NewPCG(5, 6))
			p := henyeyGreenstein(g)
			var m1, m2, m3 moments
			for range n {
				next := p.turn(c, rng)
				if math.Abs(next) > 1+1e-12 {
					t.Fatalf("g %g: the cosine %g turned into %g", g, c, next)
				}
				m1.add(next)
				m2.add(p2(next))
				m3.add(p3(next))
			}
			for l, m := range []moments{m1, m2, m3} {
				want := math.Pow(g, float64(l+1)) * []float64{c, p2(c), p3(c)}[l]
				mean, stderr := m.mean(n)
				// 126 comparisons: four standard errors rather than three.
				if math.Abs(mean-want) > 4*stderr {
					t.Errorf("g %g, c %g: E[P%d] = %.5f ± %.5f, want %.5f", g, c, l+1, mean, stderr, want)
				}
			}
		}
	}
}

// The form without division by g equals the textbook one where that is exact.
func TestCosineIsTheTextbookInverse(t *testing.T) {
	for _, g := range []float64{-0.9, -0.3, 0.2, 0.75, 0.95, 0.99} {
		p := henyeyGreenstein(g)
		for i := range 101 {
			xi := float64(i) / 100
			q := (1 - g*g) / (1 - g + 2*g*xi)
			want := (1 + g*g - q*q) / (2 * g)
			if got := p.cosine(2*xi - 1); math.Abs(got-want) > 1e-12 {
				t.Errorf("g %g, ξ %g: cosine %.15g, want %.15g", g, xi, got, want)
			}
		}
	}
	for _, s := range []float64{-1, -0.5, 0, 0.5, 1} {
		iso := henyeyGreenstein(0)
		if got := iso.cosine(s); got != s {
			t.Errorf("isotropic: cosine %g from s %g", got, s)
		}
	}
}
