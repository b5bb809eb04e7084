package cluster

import (
	"math"
	"testing"
)

// strong is the evolution of a cluster at a time, for the shell's structure.
func strong(t *testing.T) (*Evolution, Point) {
	t.Helper()
	e, err := Cloud{Mass: 1e6, Efficiency: 0.05, Density: 300, Ambient: 1, Z: 1, Dust: 1e-30}.Evolve(2)
	if err != nil {
		t.Fatal(err)
	}
	return e, e.Last()
}

// Without dust every photon is a recombination, and where the pressure of the
// light is small against that of the bubble the density is that of pressure
// balance.
func TestLayerWithoutLight(t *testing.T) {
	e, p := strong(t)
	p.Pressure *= 1e3
	l := e.Layer(p)
	near(t, "density", l.Density, p.Pressure/(2.1*boltz*warm), 0.02)
	r := p.Radius * parsec
	near(t, "recombinations", 4*math.Pi*r*r*l.Depth*l.Density*l.Density*caseB(1), e.Stars(p.Time).Photons, 0.03)
	if l.Escaped > 0 || l.Dusted > 1e-3 {
		t.Errorf("a thick shell without dust lets %g of the light out and has %g in dust", l.Escaped, l.Dusted)
	}
}

// With dust alone to take its momentum, light presses with what it loses: in
// the end the gas has the pressure P + L_i/(4πR²c), without dust (Draine 2011,
// section 3). The mean density lies between the two ends.
func TestLayerIsPressedByLight(t *testing.T) {
	e, p := strong(t)
	l := e.Layer(p)
	r := p.Radius * parsec
	light := e.Stars(p.Time).Ionising / (4 * math.Pi * r * r * clight)
	lo, hi := p.Pressure/(2.1*boltz*warm), (p.Pressure+light)/(2.1*boltz*warm)
	if !(l.Density > lo && l.Density < hi) {
		t.Errorf("density %g, want between %g and %g", l.Density, lo, hi)
	}
	if hi < 1.2*lo {
		t.Errorf("the light does not matter here: %g and %g", lo, hi)
	}
	p.Mass /= 1e5
	if l := e.Layer(p); l.Escaped < 0.5 {
		t.Errorf("a hundred-thousandth of the shell lets only %g of the light out", l.Escaped)
	}
}
