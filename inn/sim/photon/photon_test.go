package photon

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func run(t *testing.T, layers []Layer, above, below float64, photons int) Result {
	t.Helper()
	r, err := Run(layers, above, below, photons, rand.New(rand.NewPCG(20, 7)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// within fails when got is more than three standard errors from want, beside
// the rounding of a published value.
func within(t *testing.T, what string, got, stderr, want, rounding float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 3*stderr+rounding) {
		t.Errorf("%s = %.5f ± %.5f, want %.5f", what, got, stderr, want)
	}
}

// Van de Hulst (1980), "Multiple Light Scattering", the slab that MCML is
// validated on (Wang et al. 1995, table 1).
func TestSlabOfVanDeHulst(t *testing.T) {
	r := run(t, []Layer{{MuA: 10, MuS: 90, G: 0.75, N: 1, D: 0.02}}, 1, 1, 1_000_000)
	within(t, "diffuse reflectance", r.Diffuse, r.DiffuseErr, 0.09739, 5e-6)
	within(t, "transmittance", r.Transmitted, r.TransmittedErr, 0.66096, 5e-6)
}

// Giovanelli (1955), a half space with a refracting surface, total reflectance
// (Wang et al. 1995, table 2).
func TestHalfSpaceOfGiovanelli(t *testing.T) {
	r := run(t, []Layer{{MuA: 10, MuS: 90, G: 0, N: 1.5, D: math.Inf(1)}}, 1, 1, 1_000_000)
	within(t, "specular reflectance", r.Specular, 0, 0.04, 1e-15)
	within(t, "total reflectance", r.Specular+r.Diffuse, r.DiffuseErr, 0.2600, 5e-5)
	if r.Transmitted != 0 {
		t.Errorf("a half space transmits %g", r.Transmitted)
	}
}

// The three-layer tissue on which MCML is published (Wang et al. 1995).
func TestThreeLayers(t *testing.T) {
	r := run(t, []Layer{
		{MuA: 1, MuS: 100, G: 0.9, N: 1.37, D: 0.1},
		{MuA: 1, MuS: 10, G: 0, N: 1.37, D: 0.1},
		{MuA: 2, MuS: 10, G: 0.7, N: 1.37, D: 0.2},
	}, 1, 1, 300_000)
	within(t, "specular reflectance", r.Specular, 0, 0.02437, 5e-6)
	within(t, "diffuse reflectance", r.Diffuse, r.DiffuseErr, 0.23754, 5e-6)
	within(t, "transmittance", r.Transmitted, r.TransmittedErr, 0.09649, 5e-6)
	// The sample output that MCML comes with, of 10^6 photons: per layer.
	for i, want := range []float64{0.2612, 0.1488, 0.2316} {
		within(t, "absorption in a layer", r.Absorbed[i], r.AbsorbedErr[i]*math.Sqrt(1.3), want, 5e-5)
	}
	// The shares sum to 1, so the error of the absorbed one is at most that of the others.
	within(t, "absorption", r.TotalAbsorbed(), r.DiffuseErr+r.TransmittedErr, 0.64159, 5e-6)
}

// The half space of isotropic scatterers without refraction has the plane
// albedo 1 - H(1) √(1-a) (Chandrasekhar 1960, "Radiative Transfer", §38), with
// H from its own integral equation 1/H(μ) = √(1-a) + a/2 ∫ μ' H(μ')/(μ+μ') dμ'.
func TestHalfSpaceOfChandrasekhar(t *testing.T) {
	const a = 0.9
	r := run(t, []Layer{{MuA: 1 - a, MuS: a, N: 1, D: math.Inf(1)}}, 1, 1, 300_000)
	within(t, "plane albedo", r.Diffuse, r.DiffuseErr, 1-hFunction(a)(1)*math.Sqrt(1-a), 1e-5)
}

// hFunction is Chandrasekhar's H for isotropic scatterers of albedo a.
func hFunction(a float64) func(mu float64) float64 {
	const n = 400
	h := make([]float64, n)
	of := func(mu float64) float64 {
		sum := 0.0
		for j, hj := range h {
			m := (float64(j) + 0.5) / n
			sum += m * hj / (mu + m) / n
		}
		return 1 / (math.Sqrt(1-a) + a/2*sum)
	}
	for range 60 {
		next := make([]float64, n)
		for i := range next {
			next[i] = of((float64(i) + 0.5) / n)
		}
		h = next
	}
	return of
}

// Absorbing layers that do not scatter reflect and transmit the beam at right
// angles only: a closed form, by adding the layers' reflections one by one.
func TestClearStackIsFresnelsAndBeers(t *testing.T) {
	layers := []Layer{{MuA: 3, N: 1.5, D: 0.1}, {MuA: 0, N: 1.33, D: 1}, {MuA: 5, N: 2.5, D: 0.05}}
	const above, below = 1.0, 1.2
	face := func(n1, n2 float64) float64 { return (n1 - n2) * (n1 - n2) / ((n1 + n2) * (n1 + n2)) }
	// From the bottom up: the reflectance and transmittance seen from inside each layer's lower face.
	refl, trans := face(2.5, below), 1-face(2.5, below)
	for i := len(layers) - 1; i >= 0; i-- {
		beer := math.Exp(-layers[i].MuA * layers[i].D)
		refl, trans = beer*beer*refl, beer*trans
		n := above
		if i > 0 {
			n = layers[i-1].N
		}
		f := face(n, layers[i].N)
		refl, trans = f+(1-f)*(1-f)*refl/(1-f*refl), (1-f)*trans/(1-f*refl)
	}
	r := run(t, layers, above, below, 400_000)
	within(t, "reflectance", r.Specular+r.Diffuse, r.DiffuseErr, refl, 0)
	within(t, "transmittance", r.Transmitted, r.TransmittedErr, trans, 0)
	if r.Absorbed[1] != 0 {
		t.Errorf("the clear layer absorbed %g", r.Absorbed[1])
	}
}

func TestEnergyIsConserved(t *testing.T) {
	for _, c := range []struct {
		name      string
		layers    []Layer
		tolerance float64
	}{
		{"no absorption", []Layer{{MuS: 50, G: 0.8, N: 1.4, D: 0.1}, {MuS: 20, N: 1.33, D: 0.1}}, 1e-12},
		// A packet of 1e-4 that plays roulette is worth 1e-3 or nothing: 3e-4 each.
		{"roulette", []Layer{{MuA: 5, MuS: 100, G: 0.9, N: 1.4, D: 0.1}, {MuA: 1, MuS: 20, N: 1.33, D: math.Inf(1)}}, 3 * 3e-4 / 300},
	} {
		r := run(t, c.layers, 1, 1, 90_000)
		if sum := r.Specular + r.Diffuse + r.Transmitted + r.TotalAbsorbed(); !(math.Abs(sum-1) <= c.tolerance) {
			t.Errorf("%s: the shares sum to 1 %+.2g", c.name, sum-1)
		}
	}
}

// The reported standard errors are the scatter of independent runs.
func TestStandardErrors(t *testing.T) {
	const runs = 200
	layers := []Layer{{MuA: 2, MuS: 50, G: 0.8, N: 1.4, D: 0.1}}
	rng := rand.New(rand.NewPCG(3, 4))
	var values, errs [3][]float64
	for range runs {
		r, err := Run(layers, 1, 1, 500, rng)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range [3][2]float64{{r.Diffuse, r.DiffuseErr}, {r.Transmitted, r.TransmittedErr}, {r.Absorbed[0], r.AbsorbedErr[0]}} {
			values[i], errs[i] = append(values[i], v[0]), append(errs[i], v[1])
		}
	}
	for i, what := range []string{"diffuse", "transmitted", "absorbed"} {
		var m moments
		meanErr := 0.0
		for j, v := range values[i] {
			m.add(v)
			meanErr += errs[i][j] / runs
		}
		_, stderr := m.mean(runs)
		scatter := stderr * math.Sqrt(runs)
		// The scatter of n runs is known to 1/√(2n), here 5 %.
		if ratio := scatter / meanErr; math.Abs(ratio-1) > 0.15 {
			t.Errorf("%s: runs scatter by %.5f, the reported standard error is %.5f", what, scatter, meanErr)
		}
	}
}

func TestSameSeedSameBits(t *testing.T) {
	layers := []Layer{{MuA: 2, MuS: 50, G: 0.8, N: 1.4, D: 0.1}}
	a, b := run(t, layers, 1, 1, 1000), run(t, layers, 1, 1, 1000)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("two runs from one seed differ:\n%+v\n%+v", a, b)
	}
}

func TestUnphysicalInputIsAnError(t *testing.T) {
	good := Layer{MuA: 1, MuS: 10, G: 0.5, N: 1.4, D: 0.1}
	with := func(change func(*Layer)) []Layer {
		l := good
		change(&l)
		return []Layer{good, l}
	}
	for _, c := range []struct {
		layers  []Layer
		above   float64
		photons int
		want    string
	}{
		{nil, 1, 10, "no layers"},
		{[]Layer{good}, 1, 0, "0 photons"},
		{[]Layer{good}, 0.5, 10, "index 0.5 outside"},
		{with(func(l *Layer) { l.MuA = -1 }), 1, 10, "layer 2 has MuA = -1"},
		{with(func(l *Layer) { l.MuS = math.NaN() }), 1, 10, "layer 2 has MuS = NaN"},
		{with(func(l *Layer) { l.G = 1 }), 1, 10, "layer 2 has G = 1"},
		{with(func(l *Layer) { l.N = 0 }), 1, 10, "layer 2 has N = 0"},
		{with(func(l *Layer) { l.D = -1 }), 1, 10, "layer 2 has D = -1"},
		{[]Layer{{MuA: 1, N: 1, D: math.Inf(1)}, good}, 1, 10, "only the last layer"},
		{[]Layer{{MuS: 1, N: 1, D: math.Inf(1)}}, 1, 10, "wander for ever"},
	} {
		_, err := Run(c.layers, c.above, 1, c.photons, rand.New(rand.NewPCG(1, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Run(%+v, above %g, %d photons): error %v, want one about %q", c.layers, c.above, c.photons, err, c.want)
		}
	}
}
