package cluster

import (
	"math"
	"testing"
)

// A million solar masses make some 10^52.7 ionising photons a second at first
// and 1/100 of that after 10 Myr, 10^42.5 erg/s in all, and supernovae that give
// 10^51 erg for every 100 solar masses in 40 Myr (Leitherer et al. 1999, figures
// 77, 45 and 111).
func TestPopulation(t *testing.T) {
	p := Population{Mass: 1e6, Z: 1}
	near(t, "log Q at birth", math.Log10(p.At(0).Photons), 52.7, 0.002)
	near(t, "log L_bol at birth", math.Log10(p.At(0).Total), 42.5, 0.002)
	if drop := p.At(10).Photons / p.At(0).Photons; drop < 0.003 || drop > 0.02 {
		t.Errorf("Q falls to %g in 10 Myr", drop)
	}
	energy := 0.0
	for age := 0.05; age < 40; age += 0.1 {
		energy += p.At(age).Nova * 0.1 * megayear
	}
	near(t, "supernovae", energy/1e51, 1e4, 0.3)
	if e := p.At(1).MeanEnergy(); e < 20 || e > 24 {
		t.Errorf("ionising photons of young stars have %g eV", e)
	}
}

func TestPopulationScales(t *testing.T) {
	a, b := Population{Mass: 1e6, Z: 1}.At(2), Population{Mass: 1e5, Z: 0.1, Light: 2, Winds: 3}.At(2)
	near(t, "Q", b.Photons, 0.2*a.Photons, 1e-9)
	near(t, "winds", b.Wind, 0.3*a.Wind*math.Pow(0.1, 0.95), 1e-9)
	near(t, "wind speed", 2*b.Wind/b.WindPush, 2*a.Wind/a.WindPush*math.Pow(0.1, 0.13), 1e-9)
	if v := 2 * a.Wind / a.WindPush / kmps; v < 2000 || v > 4000 {
		t.Errorf("winds blow at %g km/s", v)
	}
	if s := (Population{Mass: 1, Z: 1}).At(-1); s != (Stars{}) {
		t.Errorf("before birth: %+v", s)
	}
}
