package cluster

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func ratio(t testing.TB, s *Spectrum, name string) float64 {
	t.Helper()
	for i, l := range lines {
		if l.Name == name {
			return s.Ratio[i]
		}
	}
	t.Fatalf("no line %q", name)
	return 0
}

// emit is the spectrum of a usual nebula of that ionisation parameter and
// metallicity.
func emit(t testing.TB, logU, z float64, change func(*Gas)) *Spectrum {
	t.Helper()
	g := Gas{U: math.Pow(10, logU), MeanEnergy: 22, Electrons: 100, Z: z, NO: NitrogenOxygen(z), Dust: 1.5e-21 * z, Column: math.Inf(1)}
	if change != nil {
		change(&g)
	}
	s, err := g.Emit()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Hydrogen's recombination lines at 10^4 K and 100 electrons per cm³, case B:
// Osterbrock and Ferland 2006, table 4.4.
func TestCaseB(t *testing.T) {
	near(t, "H beta", hydrogenLine(4861, 1e4), 1.235e-25, 0.01)
	for line, want := range map[int]float64{6563: 2.86, 4340: 0.468, 4102: 0.259, 18751: 0.339, 12818: 0.163, 21655: 0.0278, 40512: 0.0803} {
		near(t, fmt.Sprint(line), hydrogenLine(line, 1e4)/hydrogenLine(4861, 1e4), want, 0.01)
	}
	near(t, "Balmer decrement at 5000 K", hydrogenLine(6563, 5000)/hydrogenLine(4861, 5000), 3.04, 0.01)
	near(t, "recombination", caseB(1), 2.59e-13, 0.03)
	// He I 5876/4471: 2.76 (table 4.6, which has no collisions).
	near(t, "He I", heliumLine(5876, 1e4, 100)/heliumLine(4471, 1e4, 100), 2.76, 0.03)
}

// Without dust every photon that falls on a thick slab makes a recombination:
// its column is that of a Strömgren sphere unrolled, U c/α_B, and H beta's energy
// per photon the ratio of coefficients, 4.8e-13 erg (Osterbrock and Ferland
// 2006, sections 2.3 and 5.9).
func TestStromgren(t *testing.T) {
	for _, logU := range []float64{-4, -3, -2} {
		g := Gas{U: math.Pow(10, logU), MeanEnergy: 20, Electrons: 100, Z: 0.5, NO: -1, Column: math.Inf(1)}
		whole, err := g.Emit()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "photons that recombine", whole.Recombined, 1, 0.003)
		near(t, "H beta", whole.HBeta, hydrogenLine(4861, whole.Temperature)/caseB(whole.Temperature/1e4), 0.03)
		// Half the column takes half the photons.
		const again = 1.1 // electrons per hydrogen nucleus
		g.Column = 0.5 * g.U * clight / (caseB(whole.Temperature/1e4) * again)
		half, err := g.Emit()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "photons that leave half the column", half.Escaped, 0.5, 0.1)
	}
	// The radius of a sphere follows: around 10^49 photons a second in 100 atoms
	// per cm³ it is 3.2 pc (Osterbrock and Ferland 2006, table 2.3: an O6 star has
	// 10^49.1 and Q reaches 74 pc cm^-2 n^-2/3).
	r := math.Cbrt(3*1.23e49/(4*math.Pi*caseB(0.75)*1e4)) / parsec
	near(t, "Strömgren's radius", r*math.Pow(100, 2./3), 65, 0.1)
}

// CLOUDY's spectra of nebulae around a population of 0.5 Myr, at 100 atoms per
// cm³ (Byler et al. 2017, as distributed with FSPS): our stars' light is a black
// body, our atoms are fewer, and N/O is another relation, so lines agree within
// about two. At log U = -2 our low ions are up to three times too faint: a slab
// does not dilute the light as CLOUDY's sphere does.
func TestAgreesWithCloudy(t *testing.T) {
	names := []string{"[O III] 5007", "[O II] 3726", "[N II] 6584", "[S II] 6716", "[S III] 9531", "[Ne III] 3869", "[Ar III] 7136", "[Ne III] 15.6um", "[S III] 18.7um", "[O III] 88.3um", "He I 5876"}
	for _, c := range []struct {
		logZ, logU float64
		lines      []float64
	}{
		{-0.98, -3, []float64{1.910, 0.801, 0.073, 0.161, 0.373, 0.323, 0.074, 0.185, 0.135, 0.273, 0.112}},
		{-0.98, -2.5, []float64{3.350, 0.449, 0.039, 0.092, 0.420, 0.445, 0.079, 0.213, 0.141, 0.417, 0.110}},
		{0, -3, []float64{1.373, 1.301, 1.180, 0.594, 1.198, 0.212, 0.189, 0.844, 1.068, 1.237, 0.163}},
		{0, -2.5, []float64{2.064, 0.745, 0.622, 0.292, 1.135, 0.226, 0.161, 1.130, 1.144, 2.162, 0.168}},
	} {
		s := emit(t, c.logU, math.Pow(10, c.logZ), func(g *Gas) { g.Dust = 0 })
		apart := 0.0
		for i, name := range names {
			r := ratio(t, s, name) / c.lines[i]
			apart += math.Abs(math.Log10(r)) / float64(len(names))
			if r < 1/2.5 || r > 2.5 {
				t.Errorf("log Z %g, log U %g: %s is %.3g, CLOUDY's %.3g", c.logZ, c.logU, name, ratio(t, s, name), c.lines[i])
			}
		}
		t.Logf("log Z %g, log U %g: %.2f dex apart on average", c.logZ, c.logU, apart)
		if apart > 0.16 {
			t.Errorf("log Z %g, log U %g: %.2f dex apart from CLOUDY on average", c.logZ, c.logU, apart)
		}
		near(t, "H beta per photon", s.HBeta, 4.7e-13, 0.04)
	}
}

// What every nebula does: more light per atom ionises higher, more metals cool.
func TestTrends(t *testing.T) {
	weak, strong, rich := emit(t, -3.5, 0.5, nil), emit(t, -2, 0.5, nil), emit(t, -3.5, 2, nil)
	if a, b := weak.Ion["O III"], strong.Ion["O III"]; a >= b {
		t.Errorf("O++ %g and %g", a, b)
	}
	if a, b := ratio(t, weak, "[S II] 6716"), ratio(t, strong, "[S II] 6716"); a <= b {
		t.Errorf("[S II] %g and %g", a, b)
	}
	if weak.Temperature <= rich.Temperature {
		t.Errorf("%g K with half of the sun's metals, %g K with twice as many", weak.Temperature, rich.Temperature)
	}
	thin := emit(t, -2, 0.5, func(g *Gas) { g.Column = 1e20 })
	if thin.Escaped < 0.3 || ratio(t, thin, "[S II] 6716") > 0.5*ratio(t, strong, "[S II] 6716") {
		t.Errorf("a thin slab lets %g out and has [S II] %g", thin.Escaped, ratio(t, thin, "[S II] 6716"))
	}
	for name, f := range strong.Ion {
		if f < 0 || f > 1 {
			t.Errorf("%s: %g", name, f)
		}
	}
	if sum := strong.Recombined + strong.Dusted + strong.Escaped; math.Abs(sum-1) > 1e-3 {
		t.Errorf("photons: %g", sum)
	}
}

// Systems of the prior lie where H II regions do in the diagram of Baldwin,
// Phillips and Terlevich 1981: below the line that no population of stars goes
// beyond (Kewley et al. 2001, equation 5), and mostly within half a dex below the
// one around the star-forming galaxies (Kauffmann et al. 2003, equation 1).
func TestBPT(t *testing.T) {
	const systems = 400
	beyond, within, seen := 0, 0, 0
	for i := uint64(0); seen < systems; i++ {
		x, ok, err := Draw(rand.New(rand.NewPCG(i, 1))).Observe()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		seen++
		g, err := GasOf(x)
		if err != nil {
			t.Fatal(err)
		}
		s, err := g.Emit()
		if err != nil {
			t.Fatal(err)
		}
		n2 := math.Log10(ratio(t, s, "[N II] 6584") / ratio(t, s, "Halpha 6563"))
		o3 := math.Log10(ratio(t, s, "[O III] 5007"))
		if n2 >= 0.47 || o3 > 0.61/(n2-0.47)+1.19 {
			beyond++
		}
		if d := 0.61/(n2-0.05) + 1.3 - o3; n2 < 0.05 && d > 0 && d < 0.6 {
			within++
		}
	}
	if beyond > systems/100 {
		t.Errorf("%d of %d systems lie beyond the line of Kewley et al. 2001", beyond, systems)
	}
	if within < systems*3/4 {
		t.Errorf("only %d of %d systems lie near the line of Kauffmann et al. 2003", within, systems)
	}
}

func TestBadGas(t *testing.T) {
	for name, g := range map[string]Gas{
		"Gas.U":          {U: -1, MeanEnergy: 20, Electrons: 1, Z: 1, Column: 1e20},
		"Gas.MeanEnergy": {U: 1e-3, MeanEnergy: 5, Electrons: 1, Z: 1, Column: 1e20},
		"Gas.Z":          {U: 1e-3, MeanEnergy: 20, Electrons: 1, Z: math.NaN(), Column: 1e20},
		"Gas.Column":     {U: 1e-3, MeanEnergy: 20, Electrons: 1, Z: 1},
	} {
		if _, err := g.Emit(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// There are 69 lines with names of their own, and each is a transition that is
// known, at its wavelength.
func TestLines(t *testing.T) {
	if len(lines) != 69 {
		t.Errorf("%d lines", len(lines))
	}
	seen := map[string]bool{}
	for _, l := range Lines() {
		if seen[l.Name] {
			t.Errorf("%s is there twice", l.Name)
		}
		seen[l.Name] = true
		for _, a := range atoms {
			if a.ion != l.ion {
				continue
			}
			for _, p := range l.pairs {
				um := 1e4 / (a.energy[p[0]-1] - a.energy[p[1]-1])
				near(t, l.Name, um, l.Wavelength, 0.002)
			}
		}
	}
}

func BenchmarkEmit(b *testing.B) {
	for b.Loop() {
		if _, err := (Gas{U: 1e-3, MeanEnergy: 21, Electrons: 100, Z: 1, NO: -0.9, Dust: 1.5e-21, Column: math.Inf(1)}).Emit(); err != nil {
			b.Fatal(err)
		}
	}
}
