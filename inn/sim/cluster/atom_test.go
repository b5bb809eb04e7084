package cluster

import (
	"math"
	"testing"
)

// emitted is the emissivity of one transition at 10^4 K or another temperature.
func emitted(t *testing.T, ion string, temperature, density float64, upper, lower int) float64 {
	t.Helper()
	for i := range atoms {
		a := &atoms[i]
		if a.ion != ion {
			continue
		}
		out := make([]float64, len(a.rates))
		a.emission(temperature, density, out)
		for j, r := range a.rates {
			if r.upper == upper && r.lower == lower {
				return out[j]
			}
		}
	}
	t.Fatalf("no %s %d-%d", ion, upper, lower)
	return 0
}

// The nebular and auroral lines of [O III] and [N II] as a thermometer:
// equations 5.4 and 5.5 of Osterbrock and Ferland 2006, whose collision
// strengths are older ones.
func TestThermometers(t *testing.T) {
	for _, T := range []float64{8000, 10000, 15000} {
		const ne = 100.0
		got := (emitted(t, "O III", T, ne, 4, 3) + emitted(t, "O III", T, ne, 4, 2)) / emitted(t, "O III", T, ne, 5, 4)
		near(t, "[O III] (4959 + 5007)/4363", got, 7.90*math.Exp(3.29e4/T)/(1+4.5e-4*ne/math.Sqrt(T)), 0.08)
		got = (emitted(t, "N II", T, ne, 4, 3) + emitted(t, "N II", T, ne, 4, 2)) / emitted(t, "N II", T, ne, 5, 4)
		near(t, "[N II] (6548 + 6583)/5755", got, 8.23*math.Exp(2.50e4/T)/(1+4.4e-3*ne/math.Sqrt(T)), 0.12)
	}
}

// The doublets of [S II] and [O II] as measures of density: their limits are
// those of Osterbrock and Ferland 2006, section 5.6, 1.5 at low density, and 0.44
// and 0.35 at high density by their A values; between them Figure 5.8 passes
// through 1 near 500 /cm³ for [S II], and near 400 for [O II].
func TestDensityDoublets(t *testing.T) {
	ratio := func(ion string, a, b int, ne float64) float64 {
		return emitted(t, ion, 1e4, ne, a, 1) / emitted(t, ion, 1e4, ne, b, 1)
	}
	near(t, "[S II] 6716/6731 at low density", ratio("S II", 3, 2, 1e-2), 1.5, 0.05)
	near(t, "[S II] 6716/6731 at high density", ratio("S II", 3, 2, 1e7), 0.44, 0.05)
	near(t, "[O II] 3729/3726 at low density", ratio("O II", 2, 3, 1e-2), 1.5, 0.05)
	near(t, "[O II] 3729/3726 at high density", ratio("O II", 2, 3, 1e7), 0.35, 0.1)
	for ion, want := range map[string]float64{"S II": 700, "O II": 500} {
		upper := [2]int{3, 2}
		if ion == "O II" {
			upper = [2]int{2, 3}
		}
		lo, hi := 1.0, 1e5
		for range 40 {
			mid := math.Sqrt(lo * hi)
			if ratio(ion, upper[0], upper[1], mid) > 1 {
				lo = mid
			} else {
				hi = mid
			}
		}
		if lo < want/2 || lo > want*1.6 {
			t.Errorf("the doublet of %s has the ratio 1 at %.0f /cm³, want near %.0f", ion, lo, want)
		}
	}
}

// Emissivities [erg cm³/s] as PyNeb 1.1.32 gives them from the same atomic data.
func TestEmissivities(t *testing.T) {
	near(t, "[O III] 5007", emitted(t, "O III", 1e4, 100, 4, 3), 3.4971e-21, 0.005)
	near(t, "[N II] 6584", emitted(t, "N II", 1e4, 100, 4, 3), 5.9490e-21, 0.005)
	near(t, "[S III] 9069", emitted(t, "S III", 1e4, 100, 4, 2), 8.1067e-21, 0.005)
	near(t, "[S II] 6716/6731", emitted(t, "S II", 1e4, 1000, 3, 1)/emitted(t, "S II", 1e4, 1000, 2, 1), 0.91387, 0.005)
	near(t, "[O III] at 8000 K", (emitted(t, "O III", 8000, 100, 4, 3)+emitted(t, "O III", 8000, 100, 4, 2))/emitted(t, "O III", 8000, 100, 5, 4), 466.97, 0.01)
}
