package metric

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// normalSet are n draws of d independent N(mean, sd²).
func normalSet(n, d int, mean, sd float64, seed uint64) *inn.Samples {
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}[:d]
	s := inn.NewSamples(inn.Vars(names...), n)
	rng := rand.New(rand.NewPCG(seed, 8))
	for i := range s.Data {
		s.Data[i] = mean + sd*rng.NormFloat64()
	}
	return s
}

// TestC2STAgainstBayes: no classifier is better than the Bayes rule, right with
// probability 1/2 + 1/4 ∫|p - q|, and on normal sets C2ST is nearly as good, up to
// four standard errors of 2400 points (0.04) and what it has not learnt (0.02).
func TestC2STAgainstBayes(t *testing.T) {
	for _, c := range []struct {
		name     string
		d        int
		mean, sd float64
		want     float64
	}{
		{"the same", 1, 0, 1, 0.5},
		{"the same, in 5 dimensions", 5, 0, 1, 0.5},
		{"shifted", 1, 1, 1, phi(0.5)},
		{"shifted, in 10 dimensions", 10, 0.4, 1, phi(0.2 * math.Sqrt(10))},
		{"narrow", 1, 0, 0.5, narrowBayes(0.5)},
		{"narrow, in 2 dimensions", 2, 0, 0.5, 0.5 + 0.5*0.75*math.Pow(0.25, 1./3)}, // |x|² ~ exponential
	} {
		r, err := C2ST(normalSet(1200, c.d, 0, 1, 1), normalSet(1200, c.d, c.mean, c.sd, 2), nil)
		if err != nil {
			t.Fatal(err)
		}
		if a := r.Accuracy.Value; a < c.want-0.06 || a > c.want+0.04 {
			t.Errorf("%s: accuracy %.3f, the Bayes rule's is %.3f", c.name, a, c.want)
		}
		if red := r.P < alarm; red != (c.want > 0.5) {
			t.Errorf("%s: p = %v", c.name, r.P)
		}
	}
}

// narrowBayes is the Bayes rule's accuracy for N(0, 1) and N(0, s²), s < 1: the
// second inside ±x where the densities are equal.
func narrowBayes(s float64) float64 {
	x := math.Sqrt(-2 * math.Log(s) / (1/(s*s) - 1))
	return 0.5 * ((2*phi(x/s) - 1) + (2 - 2*phi(x)))
}

// TestC2STOfManyVariables: what three of ten variables have with each other, and a
// lost mode among eight variables of noise, is in no mean and no correlation, and
// neighbours in ten dimensions do not see it either. The Bayes rule is right in three
// of four.
func TestC2STOfManyVariables(t *testing.T) {
	sign := func(seed uint64) *inn.Samples {
		s := normalSet(2000, 10, 0, 1, seed)
		for i := range s.Len() {
			if x := s.Row(i); x[0]*x[1]*x[2] < 0 {
				x[0] = -x[0]
			}
		}
		return s
	}
	ring := func(skip bool, seed uint64) *inn.Samples {
		s := normalSet(2000, 10, 0, 1, seed)
		rng := rand.New(rand.NewPCG(seed, 3))
		for i := range s.Len() {
			k := rng.IntN(8)
			if skip {
				k |= 1
			}
			x := s.Row(i)
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / 8)
			x[0], x[1] = cos+0.1*x[0], sin+0.1*x[1]
		}
		return s
	}
	for name, c := range map[string]struct {
		a, b        *inn.Samples
		least, most float64
	}{
		"the same": {normalSet(2000, 10, 0, 1, 1), normalSet(2000, 10, 0, 1, 2), 0.46, 0.54},
		"a sign":   {normalSet(2000, 10, 0, 1, 3), sign(4), 0.57, 0.77},
		"a ring":   {ring(false, 5), ring(true, 6), 0.62, 0.77},
	} {
		r, err := C2ST(c.a, c.b, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a := r.Accuracy.Value; a < c.least || a > c.most {
			t.Errorf("%s: accuracy %.3f, want %v to %v", name, a, c.least, c.most)
		}
	}
}

// TestMMDAgainstIntegral: for sets from N(0, 1) and N(1, 1) the expected value is
// 2 E k(u) - 2 E k(u + 1) with u ~ N(0, 2), here by quadrature.
func TestMMDAgainstIntegral(t *testing.T) {
	widths := []float64{0.2, 1}
	expected := func(shift float64) float64 {
		sum := 0.0
		const step = 1e-3
		for u := -12.0; u < 12; u += step {
			k := 0.0
			for _, h := range widths {
				k += h * h / (h*h + (u+shift)*(u+shift))
			}
			sum += step * k * math.Exp(-u*u/4) / math.Sqrt(4*math.Pi)
		}
		return sum
	}
	want := 2*expected(0) - 2*expected(1)
	var got [20]float64
	for i := range got {
		r, err := MMD(normalSet(200, 1, 0, 1, uint64(2*i)), normalSet(200, 1, 1, 1, uint64(2*i+1)), &TwoSampleSettings{Widths: widths})
		if err != nil {
			t.Fatal(err)
		}
		got[i] = r.Squared
	}
	e, err := Bootstrap(got[:], mean, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "MMD²", e.Value, want, 4*e.Error)
	if e.Error > 0.2*want {
		t.Errorf("MMD² is %v, too uncertain to judge", e)
	}
}

// TestTwoSampleNull: of pairs of sets from the same distribution about 5 % have
// p < 0.05, and MMD² is 0 on average.
func TestTwoSampleNull(t *testing.T) {
	const sets = 40
	var mmd []float64
	below, belowC2ST := 0, 0
	for i := range uint64(sets) {
		a, b := normalSet(150, 2, 0, 1, 100+2*i), normalSet(150, 2, 0, 1, 101+2*i)
		r, err := MMD(a, b, &TwoSampleSettings{Seed: i})
		if err != nil {
			t.Fatal(err)
		}
		mmd = append(mmd, r.Squared)
		if r.P < 0.05 {
			below++
		}
		c, err := C2ST(a, b, &TwoSampleSettings{Seed: i})
		if err != nil {
			t.Fatal(err)
		}
		if c.P < 0.05 {
			belowC2ST++
		}
	}
	// Binomial(40, 0.05) exceeds 7 once in 700 times.
	if below > 7 || belowC2ST > 7 {
		t.Errorf("of %d pairs of equal sets, %d have p < 0.05 by MMD and %d by C2ST", sets, below, belowC2ST)
	}
	e, err := Bootstrap(mmd, mean, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "MMD²", e.Value, 0, 4*e.Error)
}

// TestTwoSampleFaults: draws of a spoilt posterior are told from exact ones, and
// draws of the exact one are not.
func TestTwoSampleFaults(t *testing.T) {
	g, m := newGaussian(t), newModes()
	for _, f := range faults {
		for name, draw := range map[string]func(f fault, seed uint64) (*inn.Samples, error){
			"linear Gaussian": func(f fault, seed uint64) (*inn.Samples, error) {
				g.width, g.bias = f.width, f.bias
				return g.Sample([]float64{0.5, 0.2, 0}, 600, seed)
			},
			"two modes": func(f fault, seed uint64) (*inn.Samples, error) {
				m.width, m.bias, m.single, m.lost = f.width, f.bias, f.single, f.lost
				return m.Sample([]float64{-0.1}, 600, seed)
			},
		} {
			if name == "linear Gaussian" && (f.single || f.lost) {
				continue
			}
			exact, err := draw(faults[0], 1)
			if err != nil {
				t.Fatal(err)
			}
			spoilt, err := draw(f, 2)
			if err != nil {
				t.Fatal(err)
			}
			c, err := C2ST(exact, spoilt, nil)
			if err != nil {
				t.Fatal(err)
			}
			d, err := MMD(exact, spoilt, &TwoSampleSettings{Points: 300})
			if err != nil {
				t.Fatal(err)
			}
			if want := f.name != "none"; (c.P < alarm) != want || (d.P < alarm) != want {
				t.Errorf("%s, fault %s: %v, %v", name, f.name, c, d)
			}
		}
	}
}

// TestRing: of eight modes on a circle every other is lost, which leaves the means
// and covariances alone; the votes of neighbours see it.
func TestRing(t *testing.T) {
	ring := func(skip bool, seed uint64) *inn.Samples {
		rng := rand.New(rand.NewPCG(seed, 3))
		s := inn.NewSamples(inn.Vars("x1", "x2"), 500)
		for i := range s.Len() {
			k := rng.IntN(8)
			for skip && k%2 == 0 {
				k = rng.IntN(8)
			}
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / 8)
			copy(s.Row(i), []float64{cos + 0.1*rng.NormFloat64(), sin + 0.1*rng.NormFloat64()})
		}
		return s
	}
	r, err := C2ST(ring(false, 1), ring(true, 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "accuracy", r.Accuracy.Value, 0.75, 0.06) // right on all of the second, half of the first
}

func TestTwoSampleErrors(t *testing.T) {
	a := normalSet(200, 2, 0, 1, 1)
	nan := normalSet(200, 2, 0, 1, 1)
	nan.Data[5] = math.NaN()
	constant := inn.NewSamples(a.Vars, 200)
	huge := normalSet(200, 2, 0, 1e300, 1)
	for _, c := range []struct {
		name string
		a, b *inn.Samples
		set  *TwoSampleSettings
		want string
	}{
		{"no set", nil, a, nil, "first set of samples is nil"},
		{"NaN", a, nan, nil, "second set of samples: row 2 has b = NaN"},
		{"other variables", a, normalSet(200, 3, 0, 1, 1), nil, "they cannot be compared"},
		{"too few", a, normalSet(50, 2, 0, 1, 1), nil, "too small to compare"},
		{"too many points", a, a, &TwoSampleSettings{Points: 1 << 30}, "Points is 1073741824, want 100"},
		{"huge values", huge, a, nil, "too large for float64"},
	} {
		_, err := C2ST(c.a, c.b, c.set)
		_, errMMD := MMD(c.a, c.b, c.set)
		for _, err := range []error{err, errMMD} {
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "metric: ") {
				t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
			}
		}
	}
	if _, err := MMD(constant, constant, nil); err == nil || !strings.Contains(err.Error(), "most samples are the same") {
		t.Errorf("constant sets: error %v", err)
	}
	if _, err := MMD(a, a, &TwoSampleSettings{Widths: []float64{-1}}); err == nil {
		t.Error("a negative width is no error")
	}
	// Constant sets cannot be told apart; a constant and a spread one can.
	same, err := C2ST(constant, constant, nil)
	if err != nil || same.Accuracy.Value < 0.4 || same.Accuracy.Value > 0.6 {
		t.Errorf("constant sets: %v, %v", same, err)
	}
	other, err := C2ST(constant, a, nil)
	if err != nil || other.Accuracy.Value < 0.95 {
		t.Errorf("a constant and a spread set: %v, %v", other, err)
	}
}

// Draws that both sets hold tell nothing: a set is not told from itself, and what else
// differs is told as well as without them.
func TestC2STOfSharedPoints(t *testing.T) {
	a := normalSet(300, 2, 0, 1, 1)
	if r, err := C2ST(a, a, nil); err != nil || r.Accuracy.Value != 0.5 {
		t.Errorf("a set and itself: %v, %v", r, err)
	}
	far := normalSet(300, 2, 3, 1, 2)
	copy(far.Data[:300], a.Data) // 150 points
	if r, err := C2ST(a, far, nil); err != nil || r.Accuracy.Value < 0.7 || r.Accuracy.Value > 0.8 {
		t.Errorf("half shared, the rest told apart: %v, %v, want about (0.5 + 1)/2", r, err)
	}
	// Of a bit with other frequencies most points have twins; the Bayes rule is right for
	// (0.7 + 0.6)/2 of them.
	bits := func(ones int) *inn.Samples {
		s := inn.NewSamples(inn.Vars("bit"), 300)
		for i := range ones {
			s.Data[i] = 1
		}
		return s
	}
	if r, err := C2ST(bits(210), bits(120), nil); err != nil || math.Abs(r.Accuracy.Value-0.65) > 0.04 {
		t.Errorf("bits: %v, %v, want about 0.65", r, err)
	}
}

func TestTwoSampleShow(t *testing.T) {
	a, b := normalSet(300, 2, 0, 1, 1), normalSet(300, 2, 0, 1, 2)
	var shown [2]string
	for i := range shown {
		c, err := C2ST(a, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := MMD(a, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		shown[i] = c.String() + c.HTML() + d.String() + d.HTML()
	}
	if shown[0] != shown[1] {
		t.Error("the same seed gives two results")
	}
	if !strings.HasPrefix(shown[0], "C2ST 0.") || !strings.Contains(shown[0], "MMD² ") || strings.Contains(shown[0], "NaN") {
		t.Errorf("shown: %s", shown[0])
	}
}

// TestC2STChance: two sets of one distribution have a p below 0.05 in 5 of 100 cases, or fewer.
func TestC2STChance(t *testing.T) {
	low := 0
	const times = 200
	for k := range uint64(times) {
		rng := rand.New(rand.NewPCG(k, 11))
		a, b := inn.NewSamples(inn.Vars("a"), 150), inn.NewSamples(inn.Vars("a"), 150)
		for i := range a.Data {
			a.Data[i], b.Data[i] = rng.NormFloat64(), rng.NormFloat64()
		}
		r, err := C2ST(a, b, &TwoSampleSettings{Seed: k})
		if err != nil {
			t.Fatal(err)
		}
		if r.P < 0.05 {
			low++
		}
	}
	if low > times*5/100+4 {
		t.Errorf("%d of %d pairs of sets of one distribution have p < 0.05", low, times)
	}
}
