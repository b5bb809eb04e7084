package sim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

var _ inn.Posterior = MixtureExact{}

// Eight modes in a circle, clockwise, four of one label, two of the next, and
// two of their own.
func TestMixtureGeometry(t *testing.T) {
	centres, sd := MixtureModes()
	if len(centres) != 8 || sd != 0.2 {
		t.Fatalf("%d modes of width %g", len(centres), sd)
	}
	for i, c := range centres {
		if r := math.Hypot(c[0], c[1]); math.Abs(r-math.Sqrt(4+2*math.Sqrt2)) > 1e-12 {
			t.Errorf("mode %d is %g from the centre", i, r)
		}
		next := centres[(i+1)%8]
		turn := math.Atan2(next[1], next[0]) - math.Atan2(c[1], c[0])
		if turn > 0 {
			turn -= 2 * math.Pi
		}
		if math.Abs(turn+math.Pi/4) > 1e-12 {
			t.Errorf("from mode %d to the next the angle is %g, want -π/4", i, turn)
		}
		if NearestMode(c[:]) != i {
			t.Errorf("the mode nearest to %v is %d, want %d", c, NearestMode(c[:]), i)
		}
	}
	for labels, want := range map[Labels][]int{FourLabels: {0, 0, 0, 0, 1, 1, 2, 3}, EightLabels: {0, 1, 2, 3, 4, 5, 6, 7}, OneLabel: {0, 0, 0, 0, 0, 0, 0, 0}} {
		p := Mixture(&MixtureSettings{Labels: labels})
		if got, want := len(p.Y), slices.Max(want)+1; got != want {
			t.Errorf("labels %d: y has %d values, want %d", labels, got, want)
		}
		for i, c := range centres {
			y, err := p.Run(nil, c[:])
			if err != nil {
				t.Fatal(err)
			}
			for j, v := range y {
				if (j == want[i]) != (v == 1) || v != 0 && v != 1 {
					t.Errorf("labels %d: mode %d has y = %v, want label %d", labels, i, y, want[i])
				}
			}
		}
	}
}

// TestMixturePrior: each mode has an eighth of the points, with mean and
// variance as stated; five standard errors.
func TestMixturePrior(t *testing.T) {
	const n = 80_000
	pairs, err := Mixture(nil).Pairs(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	checkModes(t, "prior", pairs.X, []int{0, 1, 2, 3, 4, 5, 6, 7})
}

// TestMixtureExact: the posterior of a label has its modes in equal parts, and
// the pairs with that label have the same.
func TestMixtureExact(t *testing.T) {
	pairs, err := Mixture(nil).Pairs(80_000, 2)
	if err != nil {
		t.Fatal(err)
	}
	for label, want := range [][]int{{0, 1, 2, 3}, {4, 5}, {6}, {7}} {
		y := make([]float64, 4)
		y[label] = 1
		s, err := MixtureExact{}.Sample(y, 20_000, 3)
		if err != nil {
			t.Fatal(err)
		}
		checkModes(t, "exact", s, want)
		with := inn.NewSamples(s.Vars, 0)
		for i := range pairs.Len() {
			if slices.Equal(pairs.Y.Row(i), y) {
				with.Data = append(with.Data, pairs.X.Row(i)...)
			}
		}
		checkModes(t, "pairs", with, want)
	}
}

func checkModes(t *testing.T, what string, s *inn.Samples, want []int) {
	t.Helper()
	var count [8]int
	var mean, square [8][2]float64
	for i := range s.Len() {
		x := s.Row(i)
		m := NearestMode(x)
		count[m]++
		for j := range 2 {
			d := (x[j] - modes[m][j]) / modeSD
			mean[m][j] += d
			square[m][j] += d * d
		}
	}
	n := float64(s.Len())
	for m := range 8 {
		if !slices.Contains(want, m) {
			if count[m] > 0 {
				t.Errorf("%s: %d points in mode %d", what, count[m], m)
			}
			continue
		}
		p := 1 / float64(len(want))
		c := float64(count[m])
		if d := math.Abs(c-n*p) - 5*math.Sqrt(n*p*(1-p)); d > 0 {
			t.Errorf("%s: %v of %v points in mode %d, want %v", what, c, n, m, n*p)
		}
		for j := range 2 {
			if d := math.Abs(mean[m][j]) / math.Sqrt(c); d > 5 {
				t.Errorf("%s: mode %d is off by %.1f standard errors", what, m, d)
			}
			if d := math.Abs(square[m][j]-c) / math.Sqrt(2*c); d > 5 {
				t.Errorf("%s: the variance of mode %d is off by %.1f standard errors", what, m, d)
			}
		}
	}
}

// TestMixtureDensity: the density adds up to one, and p(x) = Σ_y p(x|y) p(y) is
// the same whatever the labels.
func TestMixtureDensity(t *testing.T) {
	const step = 0.05
	sum := 0.0
	for u := -4.0; u < 4; u += step {
		for v := -4.0; v < 4; v += step {
			p, err := MixtureExact{}.Density([]float64{u, v}, []float64{0, 1, 0, 0})
			if err != nil {
				t.Fatal(err)
			}
			sum += p * step * step
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the density adds up to %v", sum)
	}
	x := []float64{0.9, 2.2}
	var marginal [3]float64
	for labels, share := range [][]float64{{0.5, 0.25, 0.125, 0.125}, {.125, .125, .125, .125, .125, .125, .125, .125}, {1}} {
		for i, w := range share {
			y := make([]float64, len(share))
			y[i] = 1
			p, err := MixtureExact{Labels(labels)}.Density(x, y)
			if err != nil {
				t.Fatal(err)
			}
			marginal[labels] += w * p
		}
		if math.Abs(marginal[labels]-marginal[0]) > 1e-12 {
			t.Errorf("p(x) is %v with labels %d and %v with four", marginal[labels], labels, marginal[0])
		}
	}
}

// TestNoiseOfWhichThereIsNone: a noise that cannot be is no silence.
func TestNoiseOfWhichThereIsNone(t *testing.T) {
	for _, noise := range []float64{-0.3, -5, math.NaN(), math.Inf(1)} {
		for what, problem := range map[string]func(){
			"TissueSettings":  func() { Tissue(&TissueSettings{Noise: noise}) },
			"ClusterSettings": func() { Cluster(&ClusterSettings{Noise: noise}) },
		} {
			func() {
				defer func() {
					if got, want := fmt.Sprint(recover()), fmt.Sprintf("sim: %s.Noise is %g", what, noise); !strings.HasPrefix(got, want) {
						t.Errorf("panic is %q, want %q", got, want)
					}
				}()
				problem()
			}()
		}
	}
	Tissue(&TissueSettings{Noise: inn.None})
	Cluster(&ClusterSettings{Noise: inn.None})
}

func TestMixtureErrors(t *testing.T) {
	for want, y := range map[string][]float64{
		"has 4 labels, but y has 2": {1, 0},
		"is no label":               {1, 1, 0, 0},
		"y = [0 0 0 0] is no label": {0, 0, 0, 0},
		"y = [NaN 0 1 0] is no lab": {math.NaN(), 0, 1, 0},
	} {
		if _, err := (MixtureExact{}).Sample(y, 10, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("y = %v: error %v, want one with %q", y, err, want)
		}
	}
	if _, err := (MixtureExact{}).Sample([]float64{1, 0, 0, 0}, 1<<30, 1); err == nil {
		t.Error("a billion draws are no error")
	}
	if _, err := (MixtureExact{}).Density([]float64{1}, []float64{1, 0, 0, 0}); err == nil {
		t.Error("a point of one coordinate has a density")
	}
}
