package photon

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// The known answers that come with the authors' library Random123.
func TestPhilox(t *testing.T) {
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    string
	}{
		{[4]uint32{}, [2]uint32{}, "5f6fb709 0d893f64 4f121f81 4f730a48"},
		{[4]uint32{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)}, [2]uint32{^uint32(0), ^uint32(0)}, "5207ddc2 45165e59 4d8ee751 8c52f662"},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0}, "4dfccaba 190a87f0 c47362ba b6b5242a"},
	} {
		u := philox(c.counter, c.key)
		if got := fmt.Sprintf("%08x %08x %08x %08x", u[0], u[1], u[2], u[3]); got != c.want {
			t.Errorf("counter %x, key %x: %s, want %s", c.counter, c.key, got, c.want)
		}
	}
}

// The polynomials against the functions they stand for, at both ends of the
// words' range and between.
func TestDraws(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 400_000 {
		w := rng.Uint32()
		switch i % 4 {
		case 0:
			w = uint32(i)
		case 1:
			w = -uint32(i)
		}
		u := float64(w>>8|1) / (1 << 24)
		if got, want := float64(minusLog(w)), -math.Log(u); math.Abs(got/want-1) > 4e-7 {
			t.Fatalf("-log %.9g = %.9g, want %.9g", u, got, want)
		}
		s := float64(int32(w)) / (1 << 31)
		if got, want := float64(azimuth(w)), math.Sin(math.Pi/2*s); math.Abs(got-want) > 4e-7 {
			t.Fatalf("azimuth %.9g has the cosine %.9g, want %.9g", s, got, want)
		}
	}
}

func TestRefractIsFresnel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		n1, n2, c := 1+rng.Float64(), 1+rng.Float64(), 2*rng.Float64()-1
		u := rng.Float64()
		b := boundary{n1, n2}
		r, ct := b.fresnel(math.Abs(c))
		got, reflected := refract(float32(n1/n2), float32(c), float32(u))
		if math.Abs(u-r) > 1e-5 && reflected != (u < r) {
			t.Errorf("from %g to %g at cosine %g, u = %g: reflected %t, the reflectance is %g", n1, n2, c, u, reflected, r)
		}
		// Near the critical angle the cosine is the root of a small difference.
		if !reflected && ct > 0.1 && math.Abs(float64(got)-math.Copysign(ct, c)) > 1e-5 {
			t.Errorf("from %g to %g at cosine %g: to %g, want %g", n1, n2, c, got, ct)
		}
	}
}

// stacks have between them everything that a packet can meet.
func stacks() map[string]Stack {
	inf := math.Inf(1)
	return map[string]Stack{
		"slab":       {[]Layer{{MuA: 10, MuS: 90, G: 0.75, N: 1, D: 0.02}}, 1, 1},
		"half space": {[]Layer{{MuA: 10, MuS: 90, N: 1.5, D: inf}}, 1, 1},
		"three layers": {[]Layer{
			{MuA: 1, MuS: 100, G: 0.9, N: 1.37, D: 0.1},
			{MuA: 1, MuS: 10, G: 0, N: 1.37, D: 0.1},
			{MuA: 2, MuS: 10, G: 0.7, N: 1.37, D: 0.2}}, 1, 1},
		"refraction": {[]Layer{
			{MuA: 0.5, MuS: 60, G: 0.8, N: 1.33, D: 0.05},
			{N: 1.6, D: 0.1}, // clear
			{MuA: 3, MuS: 40, G: -0.4, N: 1.2, D: 0.02},
			{MuA: 2, N: 1.4, D: 0.05}, // absorbs only
			{MuA: 1, MuS: 90, G: 0.95, N: 1.5, D: inf}}, 1.1, 1.4},
		"no absorption": {[]Layer{{MuS: 50, G: 0.8, N: 1.4, D: 0.1}, {MuS: 20, N: 1.33, D: 0.1}}, 1, 1.2},
	}
}

// The float32 packets and those of Run leave in the same shares.
func TestExitsAreThoseOfRun(t *testing.T) {
	for name, s := range stacks() {
		e, err := Exits([]Stack{s}, 500_000, 3)
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, s.Layers, s.Above, s.Below, 100_000)
		within(t, name+": specular", e[0].Specular, 0, r.Specular, 1e-15)
		within(t, name+": diffuse", e[0].Diffuse, math.Hypot(e[0].DiffuseErr, r.DiffuseErr), r.Diffuse, 1e-7)
		within(t, name+": transmitted", e[0].Transmitted, math.Hypot(e[0].TransmittedErr, r.TransmittedErr), r.Transmitted, 1e-7)
	}
}

// The lanes and the portable packets leave with the same bits.
func TestLanesAreThePortable(t *testing.T) { eachKernel(t, testLanes) }

func testLanes(t *testing.T) {
	for name, s := range stacks() {
		const n = 10_000
		j := job{layers: len(s.Layers), key: [2]uint32{7, 9}}
		for i, l := range s.Layers {
			over, under := s.Above, s.Below
			if i > 0 {
				over = s.Layers[i-1].N
			}
			if i < len(s.Layers)-1 {
				under = s.Layers[i+1].N
			}
			j.table.set(i, l, over, under, i == 0, i == len(s.Layers)-1)
		}
		j.runs = []launch{{0, 0.97, 100, 5100}, {0, 1, 5100, 5103}, {0, 0.95, 5103, n + 100}}
		var exits, cosines [2][]float32
		for k := range exits {
			exits[k], cosines[k] = make([]float32, n), make([]float32, n)
		}
		j.follow(exits[0], cosines[0])
		j.portable(exits[1], cosines[1])
		wrong := 0
		for i := range n {
			if exits[0][i] != exits[1][i] || cosines[0][i] != cosines[1][i] {
				if wrong++; wrong < 5 {
					t.Errorf("%s: packet %d leaves as %g at %g, portable as %g at %g", name, i, exits[0][i], cosines[0][i], exits[1][i], cosines[1][i])
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d of %d packets differ", name, wrong, n)
		}
	}
}

// What a stack gives does not depend on the others with it, nor on how many
// packets are kept before they are tallied.
func TestExitsDependOnSeedAndNumber(t *testing.T) {
	all := stacks()
	const photons = 30_000
	list := []Stack{all["slab"], all["three layers"], all["refraction"], all["half space"], all["refraction"], all["refraction"]}
	a, err := Exits(list, photons, 5)
	if err != nil {
		t.Fatal(err)
	}
	list[0] = all["no absorption"]
	b, err := Exits(list, photons, 5)
	if err != nil {
		t.Fatal(err)
	}
	for k := range list {
		if same := a[k] == b[k]; same != (k > 0) {
			t.Errorf("stack %d: %+v beside another slab %+v", k, a[k], b[k])
		}
	}
	if a[2].Diffuse == a[4].Diffuse {
		t.Error("two equal stacks have the same photons")
	}
	c, err := Exits(list, photons, 6)
	if err != nil {
		t.Fatal(err)
	}
	if c[1] == b[1] {
		t.Error("another seed gives the same photons")
	}
	one, err := Exits(list[:1], 3*block+17, 5) // in several blocks
	if err != nil {
		t.Fatal(err)
	}
	within(t, "in blocks", one[0].Diffuse, math.Hypot(one[0].DiffuseErr, b[0].DiffuseErr), b[0].Diffuse, 0)
	if sum := one[0].Specular + one[0].Diffuse + one[0].Transmitted; math.Abs(sum-1) > 1e-7 {
		t.Errorf("nothing is absorbed, but %g leaves", sum)
	}
}

// The published values that Run is held against, with four times the photons.
func TestExitsOfPublishedStacks(t *testing.T) {
	for _, c := range []struct {
		stack                          string
		specular, diffuse, transmitted float64
		roundDiffuse, roundTransmitted float64
	}{
		{"slab", 0, 0.09739, 0.66096, 5e-6, 5e-6},         // van de Hulst (1980)
		{"half space", 0.04, 0.2200, 0, 5e-5, 0},          // Giovanelli (1955)
		{"three layers", 0.02437, 0.23754, 0.09649, 0, 0}, // MCML's own
	} {
		e, err := Exits([]Stack{stacks()[c.stack]}, 4_000_000, 1)
		if err != nil {
			t.Fatal(err)
		}
		if c.stack == "three layers" { // from 10^6 photons, with errors of that
			c.roundDiffuse, c.roundTransmitted = 3*math.Sqrt(4)*e[0].DiffuseErr, 3*math.Sqrt(4)*e[0].TransmittedErr
		}
		within(t, c.stack+": specular", e[0].Specular, 0, c.specular, 5e-6)
		within(t, c.stack+": diffuse", e[0].Diffuse, e[0].DiffuseErr, c.diffuse, c.roundDiffuse)
		within(t, c.stack+": transmitted", e[0].Transmitted, e[0].TransmittedErr, c.transmitted, c.roundTransmitted)
	}
}

// Light that leaves at an angle has the same share of that angle's cosine in
// closed form: the half space of isotropic scatterers, lit at a right angle,
// shines with a/4π · H(μ) H(1)/(μ + 1) at cosine μ (Chandrasekhar 1960, §38),
// so that the share out to angles of cosine above m is
// a/2 ∫_m^1 H(μ) H(1)/(μ + 1) μ dμ.
func TestAnglesOfChandrasekhar(t *testing.T) {
	const a, bins, photons = 0.9, 9, 1_000_000
	h := hFunction(a)
	_, angles, err := ExitAngles(Stack{[]Layer{{MuA: 1 - a, MuS: a, N: 1, D: math.Inf(1)}}, 1, 1}, photons, bins, 8)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range angles.Diffuse {
		lo, hi := math.Cos(float64(i+1)*math.Pi/2/bins), math.Cos(float64(i)*math.Pi/2/bins)
		const steps = 100
		want := 0.0
		for k := range steps {
			mu := lo + (hi-lo)*(float64(k)+0.5)/steps
			want += a / 2 * h(mu) * h(1) / (mu + 1) * mu * (hi - lo) / steps
		}
		// A packet brings at most 1.
		within(t, fmt.Sprintf("angles %d to %d°", 10*i, 10*i+10), got, math.Sqrt(want/photons), want, 1e-6)
		if angles.Transmitted[i] != 0 {
			t.Errorf("a half space transmits %g", angles.Transmitted[i])
		}
	}
}

// Reciprocity (Helmholtz; van de Hulst 1980, §3.2): lit at a right angle, a
// stack shines at the right angle through its floor as much as it does upside
// down, whatever its layers are, though the shares of all that is transmitted
// differ.
func TestReciprocity(t *testing.T) {
	layers := []Layer{
		{MuA: 2, MuS: 60, G: 0.8, N: 1.33, D: 0.03},
		{MuA: 0.2, MuS: 30, G: 0.3, N: 1.5, D: 0.05},
		{MuA: 4, MuS: 20, G: 0, N: 1.4, D: 0.02}}
	back := []Layer{layers[2], layers[1], layers[0]}
	const photons, bins = 4_000_000, 45
	// Light that leaves within 6° of the normal, of a beam at the normal.
	near := func(l []Layer) (share, stderr, all float64) {
		e, a, err := ExitAngles(Stack{l, 1, 1}, photons, bins, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range a.Transmitted[:3] {
			share += v
		}
		return share, math.Sqrt(share / photons), e.Transmitted
	}
	there, e1, down := near(layers)
	here, e2, up := near(back)
	within(t, "transmitted near the normal", there, math.Hypot(e1, e2), here, 0)
	if math.Abs(down-up) < 1e-3 {
		t.Errorf("the stack transmits %g, upside down %g: nothing is tested", down, up)
	}
}

func TestExitsOfUnphysicalInput(t *testing.T) {
	good := []Layer{{MuA: 1, MuS: 10, G: 0.5, N: 1.4, D: 0.1}}
	for want, call := range map[string]func() error{
		"0 photons": func() error { _, err := Exits([]Stack{{good, 1, 1}}, 0, 1); return err },
		"layer 1 has MuA = -1, want 0 or more, in 1/cm (stack 2)": func() error {
			_, err := Exits([]Stack{{good, 1, 1}, {[]Layer{{MuA: -1, N: 1}}, 1, 1}}, 1, 1)
			return err
		},
		"-5 photons, want at least 1": func() error { _, err := Exits([]Stack{{good, 1, 1}}, -5, 1); return err },
		"wants a random source":       func() error { _, err := Run(good, 1, 1, 10, nil); return err },
		"fewer than 2^32":             func() error { _, err := Exits([]Stack{{good, 1, 1}, {good, 1, 1}}, 1<<31, 1); return err },
		"17 layers, want at most 16": func() error {
			_, err := Exits([]Stack{{make17(good[0]), 1, 1}}, 1, 1)
			return err
		},
		"0 bins": func() error { _, _, err := ExitAngles(Stack{good, 1, 1}, 1, 0, 1); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
}

func make17(l Layer) []Layer {
	layers := make([]Layer, 17)
	for i := range layers {
		layers[i] = l
	}
	return layers
}
