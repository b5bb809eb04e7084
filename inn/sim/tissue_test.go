package sim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// typical is the middle of the prior with the given oxygenation.
func typical(s float64) []float64 {
	return []float64{s, 0.05, 18.9, 0.875, 805, 0.05, 18.9, 0.875, 631, 0.05, 18.9, 0.875, 499}
}

func TestNamesAndUnits(t *testing.T) {
	p := Tissue(nil)
	var x, y []string
	for _, v := range p.X {
		x = append(x, v.Label())
	}
	for _, v := range p.Y {
		y = append(y, v.Label())
	}
	if got, want := strings.Join(x, ", "), "s_O2, v_hb1, a_mie1 [1/cm], g1, d1 [µm], v_hb2, a_mie2 [1/cm], g2, d2 [µm], v_hb3, a_mie3 [1/cm], g3, d3 [µm]"; got != want {
		t.Errorf("x: %s\nwant %s", got, want)
	}
	if got, want := strings.Join(y, ", "), "y580, y470, y660, y560, y480, y511, y600, y700"; got != want {
		t.Errorf("y: %s\nwant %s", got, want)
	}
}

// Optical properties worked out by hand: whole blood, saturated, at 500 nm
// has ln 10 · 120 · 20932.8 / 64500 = 89.67 /cm; at 501 nm the table is
// interpolated between 20932.8 and 20596.4.
func TestOpticalProperties(t *testing.T) {
	x := typical(1)
	x[1], x[2], x[3] = 0.02, 20, 0.9
	l := layersAt(x, 500)[0]
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-4*want {
			t.Errorf("%s = %.6g, want %.6g", what, got, want)
		}
	}
	near("mu_a at 500 nm", l.MuA, 0.02*89.67)
	near("mu_s at 500 nm", l.MuS, 200)
	near("thickness", l.D, 0.0805)
	near("blood at 501 nm", bloodAbsorption(1, 501), 2.302585*120*20764.6/64500)
	near("blood at 720 nm, half saturated", bloodAbsorption(0.5, 720), 2.302585*120*(348+1325.88)/2/64500)
	// Twice the wavelength scatters 2^-1.286 = 0.41008 as much.
	near("scattering at 700 nm", layersAt(x, 700)[0].MuS, 200*math.Pow(1.4, -1.286))
	if i := slices.IndexFunc(prahl[:], func(e [2]float64) bool { return e == [2]float64{55540, 40092} }); firstNM+i*stepNM != 576 {
		t.Errorf("the α peak of HbO2 is in row %d of the table, want it at 576 nm", i)
	}
	if len(prahl) != (lastNM-firstNM)/stepNM+1 {
		t.Errorf("the table has %d rows", len(prahl))
	}
}

// Oxygenated blood absorbs in two peaks, at 542 and 577 nm with a gap at 560;
// deoxygenated blood in one at 556 nm; above 600 nm only the latter absorbs.
func TestSpectrumShowsOxygenation(t *testing.T) {
	at := func(r []float64, nm int) float64 { return r[(nm-firstNM)/stepNM] }
	spectrum := func(s float64) []float64 {
		x := typical(s)
		x[1], x[5], x[9] = 0.02, 0.02, 0.02
		nm, r, err := TissueSpectrum(x, 2000, 3)
		if err != nil {
			t.Fatal(err)
		}
		if nm[0] != 450 || nm[len(nm)-1] != 720 || len(nm) != len(r) {
			t.Fatalf("%d wavelengths from %g to %g nm, %d reflectances", len(nm), nm[0], nm[len(nm)-1], len(r))
		}
		return r
	}
	oxy, deoxy := spectrum(1), spectrum(0)
	if !(at(oxy, 560) > 1.15*at(oxy, 542) && at(oxy, 560) > 1.15*at(oxy, 576)) {
		t.Errorf("oxygenated: reflectance %.3f at 542 nm, %.3f at 560, %.3f at 576; want a bump at 560", at(oxy, 542), at(oxy, 560), at(oxy, 576))
	}
	if !(at(deoxy, 556) < at(deoxy, 530) && at(deoxy, 556) < at(deoxy, 580)) {
		t.Errorf("deoxygenated: reflectance %.3f at 530 nm, %.3f at 556, %.3f at 580; want a dip at 556", at(deoxy, 530), at(deoxy, 556), at(deoxy, 580))
	}
	if !(at(oxy, 640) > 1.1*at(deoxy, 640)) {
		t.Errorf("at 640 nm oxygenated blood reflects %.3f, deoxygenated %.3f", at(oxy, 640), at(deoxy, 640))
	}
}

// A band is the mean of the spectrum over its 10 nm.
func TestBandIsMeanOfSpectrum(t *testing.T) {
	x := typical(0.7)
	bands, err := TissueReflectance(x, 20_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	nm, r, err := TissueSpectrum(x, 4000, 2)
	if err != nil {
		t.Fatal(err)
	}
	for b, centre := range TissueBands() {
		var sum, weights float64
		for i, l := range nm {
			// The share of the 2 nm around l that lies in the band.
			w := min(l+1, centre+5) - max(l-1, centre-5)
			if w > 0 {
				sum += w * r[i]
				weights += w
			}
		}
		want := sum / weights
		// 20,000 photons on either side: each a binomial at most.
		if sd := math.Sqrt(2 * want / 20_000); math.Abs(bands[b]-want) > 4*sd {
			t.Errorf("band %g nm reflects %.4f, the spectrum over it %.4f ± %.4f", centre, bands[b], want, sd)
		}
	}
}

func TestPrior(t *testing.T) {
	const n = 20_000
	s := inn.NewSamples(tissueX(), n)
	rng := inn.RNG(1, 1)
	for i := range n {
		copy(s.Row(i), tissuePrior(rng))
	}
	// A normal cut at 0: mean and sd from its density φ and its weight Φ above the cut.
	cut := mieMean / mieSD
	phi := math.Exp(-cut*cut/2) / math.Sqrt(2*math.Pi)
	ratio := phi / (0.5 * math.Erfc(-cut/math.Sqrt2))
	mean := mieMean + mieSD*ratio
	sd := mieSD * math.Sqrt(1-cut*ratio-ratio*ratio)
	want := map[string][4]float64{ // lowest, highest, mean, sd
		"s_O2": {0, 1, 0.5, 1 / math.Sqrt(12)},
		"d1":   {600, 1010, 805, 410 / math.Sqrt(12)}, "d2": {415, 847, 631, 432 / math.Sqrt(12)}, "d3": {395, 603, 499, 208 / math.Sqrt(12)},
	}
	for _, i := range []string{"1", "2", "3"} {
		want["v_hb"+i] = [4]float64{1e-4, 0.1, 0.05005, 0.0999 / math.Sqrt(12)}
		want["g"+i] = [4]float64{0.8, 0.95, 0.875, 0.15 / math.Sqrt(12)}
		want["a_mie"+i] = [4]float64{0, 100, mean, sd}
	}
	for _, v := range s.Vars {
		col, _ := s.Col(v.Name)
		w := want[v.Name]
		if lo, hi := slices.Min(col), slices.Max(col); lo < w[0] || hi > w[1] || lo == hi {
			t.Errorf("%s goes from %g to %g, want it in [%g, %g]", v.Name, lo, hi, w[0], w[1])
		}
		var sum, squares float64
		for _, c := range col {
			sum += c
			squares += (c - w[2]) * (c - w[2])
		}
		if m, e := sum/n, w[3]/math.Sqrt(n); math.Abs(m-w[2]) > 4*e {
			t.Errorf("%s has the mean %g, want %g ± %g", v.Name, m, w[2], e)
		}
		if got := math.Sqrt(squares / n); math.Abs(got/w[3]-1) > 0.03 {
			t.Errorf("%s has the standard deviation %g, want %g", v.Name, got, w[3])
		}
	}
}

// The measurement of given reflectances, by the definition in other words:
// absorbances against the mean band, as a unit vector.
func TestNormalise(t *testing.T) {
	r := []float64{0.1, 0.2, 0.4, 0.3, 0, 2, 0.05, 0.15}
	clipped := []float64{0.1, 0.2, 0.4, 0.3, 1e-5, 1, 0.05, 0.15}
	sum, norm := 2.20001, 0.0
	var want []float64
	for _, v := range clipped {
		a := math.Log(sum) - math.Log(v)
		want = append(want, a)
		norm = math.Hypot(norm, a)
	}
	for i, got := range normalise(r) {
		if math.Abs(got-want[i]/norm) > 1e-12 {
			t.Errorf("y[%d] = %.12f, want %.12f", i, got, want[i]/norm)
		}
	}
	dark := normalise(make([]float64, 8))
	if want := 1 / math.Sqrt(8); math.Abs(dark[0]-want) > 1e-12 {
		t.Errorf("no light at all measures %v, want every band %g", dark, want)
	}
}

func TestCameraNoise(t *testing.T) {
	const n = 20_000
	rng := inn.RNG(1, 2)
	var sum, squares float64
	for range n / 8 {
		r := []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}
		expose(r, 0.1, rng)
		for _, v := range r {
			sum += v/0.5 - 1
			squares += (v/0.5 - 1) * (v/0.5 - 1)
		}
	}
	if mean := sum / n; math.Abs(mean) > 4*0.1/math.Sqrt(n) {
		t.Errorf("the noise has the mean %g", mean)
	}
	if sd := math.Sqrt(squares / n); math.Abs(sd-0.1) > 0.003 {
		t.Errorf("the noise has the standard deviation %g, want 0.1", sd)
	}
	// The same photons with and without the camera's noise.
	draw := func(noise float64) []float64 {
		p := Tissue(&TissueSettings{Photons: 100, Noise: noise})
		y, err := p.Run(inn.RNG(4, 0), typical(0.5))
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	r, err := TissueReflectance(typical(0.5), 100, 4)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := draw(0), normalise(r); !slices.Equal(got, want) {
		t.Errorf("noiseless measurement %v, from the reflectances %v", got, want)
	}
	if got := draw(0.1); slices.Equal(got, draw(0)) {
		t.Error("the camera's noise changes nothing")
	}
}

// Posterior draws may lie outside the physical range.
func TestUnphysicalParameters(t *testing.T) {
	p := Tissue(&TissueSettings{Photons: 20})
	far := []float64{-5, -1, -10, 1.5, -100, 3, -1, -2, 1e9, -1, 1e6, 1, 1e-9}
	near := []float64{0, 0, 0, 0.99, 0, 1, 0, 0, 10_000, 0, 1000, 0.99, 1e-9}
	a, err := p.Run(inn.RNG(1, 1), far)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Run(inn.RNG(1, 1), near)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a, b) {
		t.Errorf("clipped by the simulator %v, by hand %v", a, b)
	}
	for _, c := range []struct {
		x    []float64
		want string
	}{
		{typical(math.NaN()), "s_O2 = NaN"},
		{typical(0.5)[:12], "13 parameters"},
	} {
		if _, err := TissueReflectance(c.x, 100, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("x %v: error %v, want one about %q", c.x, err, c.want)
		}
		if _, _, err := TissueSpectrum(c.x, 100, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("x %v: error %v, want one about %q", c.x, err, c.want)
		}
	}
	if _, err := TissueReflectance(typical(0.5), 0, 1); err == nil {
		t.Error("no photons give a reflectance")
	}
}

func TestPairsDoNotDependOnWorkers(t *testing.T) {
	p := Tissue(&TissueSettings{Photons: 50})
	many, err := p.Pairs(6, 9)
	if err != nil {
		t.Fatal(err)
	}
	p.Concurrent = false
	one, err := p.Pairs(6, 9)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(many.X.Data, one.X.Data) || !slices.Equal(many.Y.Data, one.Y.Data) {
		t.Error("the pairs depend on the number of workers")
	}
}
