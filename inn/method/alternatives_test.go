package method

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// hills is a problem with two kinds of x, which y tells apart in part: x has hills around
// -1.5 and 2, and y = x² + noise.
var hills = inn.Problem{
	Name: "hills",
	X:    inn.Vars("x"),
	Y:    inn.Vars("square"),
	Prior: func(rng *rand.Rand) []float64 {
		if rng.Float64() < hillShare {
			return []float64{2 + 0.5*rng.NormFloat64()}
		}
		return []float64{-1.5 + 0.5*rng.NormFloat64()}
	},
	Simulate:   func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0]*x[0] + rng.NormFloat64()} },
	Concurrent: true,
}

const hillShare = 0.4

// hillPosterior is p(x > 0 | y) and the mean of |x| on either side, by quadrature.
func hillPosterior(y float64) (right float64, means [2]float64) {
	normal := func(v float64) float64 { return math.Exp(-v * v / 2) }
	var mass [2]float64
	const h = 1e-3
	for x := -6.0; x < 6; x += h {
		p := (hillShare*normal((x-2)/0.5) + (1-hillShare)*normal((x+1.5)/0.5)) * normal(y-x*x)
		k := positiveKind([]float64{x})
		mass[k] += p
		means[k] += p * x
	}
	for k := range means {
		means[k] /= mass[k]
	}
	return mass[1] / (mass[0] + mass[1]), means
}

func positiveKind(x []float64) int {
	if x[0] > 0 {
		return 1
	}
	return 0
}

// TestAlternativesOfAWholeNumber: of x = (n, a), n is 0, 1 or 2 and y = n + a + noise with a and the noise normal. Given y,
// n is as probable as exp(-(y - n)²/2(1² + 0.5²)), and a has the mean (y - n)/1.25 for each n. With n alone there is nothing to learn but that.
func TestAlternativesOfAWholeNumber(t *testing.T) {
	for _, alone := range []bool{false, true} {
		vars := inn.Vars("n", "a")
		spread := math.Sqrt(1.25)
		if alone {
			vars, spread = inn.Vars("n"), 0.5
		}
		problem := inn.Problem{X: vars, Y: inn.Vars("y"), Concurrent: true,
			Prior: func(rng *rand.Rand) []float64 {
				return []float64{float64(rng.IntN(3)), rng.NormFloat64()}[:len(vars)]
			},
			Simulate: func(rng *rand.Rand, x []float64) []float64 {
				y := 0.5 * rng.NormFloat64()
				for _, v := range x {
					y += v
				}
				return []float64{y}
			}}
		pairs := pairsOf(t, problem, 10_000)
		number := func(x []float64) int { return int(x[0]) }
		a, err := TrainAlternatives(pairs, 3, number, func(_ int, p *inn.Pairs) (inn.Posterior, error) {
			if len(p.X.Vars) != 1 || p.X.Vars[0].Name != "a" {
				t.Errorf("learn gets %v", p.X.Vars)
			}
			return TrainCINN(p, &CINNSettings{Blocks: 1, Width: 16, Training: Training{Steps: 500, Seed: 2}})
		}, &PointSettings{Training: Training{Steps: 3000, Seed: 1}})
		if err != nil {
			t.Fatal(err)
		}
		const y = 1.3
		draws, err := a.Sample([]float64{y}, 4000, 1)
		if err != nil {
			t.Fatal(err)
		}
		var want, got, sum [3]float64
		all := 0.0
		for n := range want {
			d := (y - float64(n)) / spread
			want[n] = math.Exp(-d * d / 2)
			all += want[n]
		}
		for i := range draws.Len() {
			n := number(draws.Row(i))
			got[n]++
			if !alone {
				sum[n] += draws.Row(i)[1]
			}
		}
		for n := range want {
			if p := got[n] / 4000; math.Abs(p-want[n]/all) > 0.05 {
				t.Errorf("alone %v: n = %d has the share %.3f, want %.3f", alone, n, p, want[n]/all)
			}
			if mean := sum[n] / got[n]; !alone && math.Abs(mean-(y-float64(n))/1.25) > 0.15 {
				t.Errorf("for n = %d the mean of a is %.3f, want %.3f", n, mean, (y-float64(n))/1.25)
			}
		}
	}
}

func TestAlternativesAgainstQuadrature(t *testing.T) {
	pairs := pairsOf(t, hills, 20_000)
	a, err := TrainAlternatives(pairs, 2, positiveKind, func(_ int, p *inn.Pairs) (inn.Posterior, error) {
		return TrainCINN(p, &CINNSettings{Blocks: 2, Width: 16, Training: Training{Steps: 800, Seed: 2}})
	}, &PointSettings{Layers: 3, Width: 32, Training: Training{Steps: 2000, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if a.String() != "spline cINN of each kind" {
		t.Errorf("its name is %q", a)
	}
	for _, y := range []float64{1, 2.5, 4, 6} {
		right, means := hillPosterior(y)
		p, err := a.Probabilities([]float64{y})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(p[1]-right) > 0.04 || math.Abs(p[0]+p[1]-1) > 1e-12 {
			t.Errorf("y = %g: probabilities %.3f, want %.3f of the second kind", y, p, right)
		}
		const n = 4000
		draws, err := a.Sample([]float64{y}, n, 3)
		if err != nil {
			t.Fatal(err)
		}
		var count, sum [2]float64
		for i := range n {
			k := positiveKind(draws.Row(i))
			count[k]++
			sum[k] += draws.Row(i)[0]
		}
		if math.Abs(count[1]/n-p[1]) > 0.03 {
			t.Errorf("y = %g: %.3f of the draws are of the second kind, whose probability is %.3f", y, count[1]/n, p[1])
		}
		for k := range sum {
			if got := sum[k] / count[k]; math.Abs(got-means[k]) > 0.06 {
				t.Errorf("y = %g: draws of kind %d are around %.3f, want %.3f", y, k, got, means[k])
			}
		}
	}
}

// always is a posterior that is one value.
type always float64

func (a always) String() string { return fmt.Sprint(float64(a)) }

func (a always) Sample(_ []float64, n int, _ uint64) (*inn.Samples, error) {
	s := inn.NewSamples(hills.X, n)
	for i := range s.Data {
		s.Data[i] = float64(a)
	}
	return s, nil
}

// Kinds come in random order, so that the first draws stand for all.
func TestAlternativesMixTheirDraws(t *testing.T) {
	a, err := TrainAlternatives(pairsOf(t, hills, 500), 2, positiveKind, func(k int, p *inn.Pairs) (inn.Posterior, error) {
		for i := range p.Len() {
			if got := positiveKind(p.X.Row(i)); got != k || math.Abs(p.Y.Row(i)[0]-p.X.Row(i)[0]*p.X.Row(i)[0]) > 6 {
				t.Fatalf("kind %d is asked to learn from x = %v, y = %v", k, p.X.Row(i), p.Y.Row(i))
			}
		}
		return always(k), nil
	}, &PointSettings{Layers: 3, Width: 8, Training: Training{Steps: 1}})
	if err != nil {
		t.Fatal(err)
	}
	draw := func(seed uint64) []float64 {
		s, err := a.Sample([]float64{3}, 1000, seed)
		if err != nil {
			t.Fatal(err)
		}
		return s.Data
	}
	first := draw(1)
	if !slices.Equal(first, draw(1)) || slices.Equal(first, draw(2)) {
		t.Error("the seed does not decide the draws")
	}
	p, err := a.Probabilities([]float64{3})
	if err != nil {
		t.Fatal(err)
	}
	head := 0.0
	for _, v := range first[:500] {
		head += v / 500
	}
	if se := math.Sqrt(p[0] * p[1] / 500); math.Abs(head-p[1]) > 4*se {
		t.Errorf("of the first half of the draws %.3f are of the second kind, want %.3f ± %.3f", head, p[1], se)
	}
}

func TestAlternativesErrors(t *testing.T) {
	pairs := pairsOf(t, hills, 500)
	stub := func(k int, _ *inn.Pairs) (inn.Posterior, error) { return always(k), nil }
	quick := &PointSettings{Layers: 3, Width: 8, Training: Training{Steps: 1}}
	broken := errors.New("no network today")
	for want, err := range map[string]error{
		"of 1 kinds, want at least 2":                                      second(TrainAlternatives(pairs, 1, positiveKind, stub, quick)),
		"is of kind 2, want 0 to 1":                                        second(TrainAlternatives(pairs, 2, func([]float64) int { return 2 }, stub, quick)),
		"0 are of kind 2, too few":                                         second(TrainAlternatives(pairs, 3, positiveKind, stub, quick)),
		"kind 0: no network today; TrainAlternatives returns no posterior": second(TrainAlternatives(pairs, 2, positiveKind, func(int, *inn.Pairs) (inn.Posterior, error) { return nil, broken }, quick)),
		"learn returned no posterior":                                      second(TrainAlternatives(pairs, 2, positiveKind, func(int, *inn.Pairs) (inn.Posterior, error) { return nil, nil }, quick)),
		"Layers is -1":                                                     second(TrainAlternatives(pairs, 2, positiveKind, stub, &PointSettings{Layers: -1})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	// What cannot be is said before any kind is learned.
	learned := 0
	count := func(k int, _ *inn.Pairs) (inn.Posterior, error) { learned++; return always(k), nil }
	if second(TrainAlternatives(pairs, 3, positiveKind, count, quick)); learned > 0 {
		t.Errorf("%d kinds were learned of pairs that lack one", learned)
	}
	if second(TrainAlternatives(pairs, 2, positiveKind, count, &PointSettings{Layers: -1})); learned > 0 {
		t.Errorf("%d kinds were learned with settings that cannot be", learned)
	}
	a, err := TrainAlternatives(pairs, 2, positiveKind, stub, quick)
	if err != nil {
		t.Fatal(err)
	}
	for want, ask := range map[string]struct {
		y []float64
		n int
	}{
		"asked for 0 draws":      {[]float64{1}, 0},
		"y has 2 values, want 1": {[]float64{1, 2}, 5},
		"y has square = NaN":     {[]float64{math.NaN()}, 5},
	} {
		if _, err := a.Sample(ask.y, ask.n, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func second[T any](_ T, err error) error { return err }
