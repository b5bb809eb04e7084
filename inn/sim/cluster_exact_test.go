package sim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// With so much noise that the measurement says little, the posterior can be had
// by weighting draws of the prior; sequential Monte Carlo must agree with it, in
// means and in the weight of the systems that have made stars twice.
func TestClusterExactAgreesWithWeights(t *testing.T) {
	const noise = 1.2
	p := Cluster(&ClusterSettings{Noise: inn.None})
	prior, err := p.Pairs(6000, 11)
	if err != nil {
		t.Fatal(err)
	}
	y := slices.Clone(prior.Y.Row(0))
	weights := make([]float64, prior.Len())
	sum, squares := 0.0, 0.0
	for i := range weights {
		log := 0.0
		for j, v := range prior.Y.Row(i) {
			d := (v - y[j]) / noise
			log -= d * d / 2
		}
		weights[i] = math.Exp(log)
		sum += weights[i]
		squares += weights[i] * weights[i]
	}
	effective := sum * sum / squares
	if effective < 300 {
		t.Fatalf("only %.0f draws of the prior count", effective)
	}
	const particles = 600
	draws, err := ClusterExact{Noise: noise, Particles: particles, Moves: 4}.Sample(y, particles, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range []int{cluster.XMetals, cluster.XU, cluster.XAge, cluster.XYoung, cluster.XEnergy, cluster.XVelocity, cluster.XElectrons} {
		name := p.X[j].Name
		want, _ := prior.X.Col(name)
		got, _ := draws.Col(name)
		mean, sd := stat.MeanStdDev(want, weights)
		m, s := stat.MeanStdDev(got, nil)
		// Resampled particles count for less than independent ones.
		if off := 4 * sd * math.Sqrt(1/effective+3./particles); math.Abs(m-mean) > off {
			t.Errorf("%s: mean %.3f, want %.3f ± %.3f", name, m, mean, off/4)
		}
		if math.Abs(s/sd-1) > 0.2 {
			t.Errorf("%s: sd %.3f, want %.3f", name, s, sd)
		}
	}
	twice := func(x *inn.Samples, w []float64) float64 {
		a, b := 0.0, 0.0
		for i := range x.Len() {
			wi := 1.0
			if w != nil {
				wi = w[i]
			}
			if r := x.Row(i); math.Pow(10, r[cluster.XAge])-math.Pow(10, r[cluster.XYoung]) > 1.2 {
				a += wi
			}
			b += wi
		}
		return a / b
	}
	want, got := twice(prior.X, weights), twice(draws, nil)
	if off := 4 * 0.5 * math.Sqrt(1/effective+3./particles); math.Abs(got-want) > off {
		t.Errorf("second generations: %.3f, want %.3f ± %.3f", got, want, off/4)
	}
}

// The same seed gives the same draws, and little noise brings the parameters
// that make the lines near to the truth.
func TestClusterExactFindsTheTruth(t *testing.T) {
	p := Cluster(nil)
	rng := inn.RNG(21, 0)
	x, y, err := p.Draw(rng)
	if err != nil {
		t.Fatal(err)
	}
	e := ClusterExact{Particles: 60, Moves: 3}
	a, err := e.Sample(y, 60, 5)
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.Sample(y, 60, 5)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Data, b.Data) {
		t.Error("the same seed gives other draws")
	}
	z, _ := a.Col("log Z")
	if mean := stat.Mean(z, nil); math.Abs(mean-x[cluster.XMetals]) > 0.1 {
		t.Errorf("log Z is %.3f, true is %.3f", mean, x[cluster.XMetals])
	}
}

func TestClusterExactRefuses(t *testing.T) {
	y := make([]float64, 69)
	for want, ask := range map[string]func() error{
		"y has 3 values, want 69": func() error { _, err := ClusterExact{}.Sample(y[:3], 1, 1); return err },
		"asked for 0 draws":       func() error { _, err := ClusterExact{}.Sample(y, 0, 1); return err },
		"wants noise":             func() error { _, err := ClusterExact{Noise: inn.None}.Sample(y, 1, 1); return err },
		"Particles is 2":          func() error { _, err := ClusterExact{Particles: 2}.Sample(y, 1, 1); return err },
		"y has Hgamma 4340 = NaN": func() error {
			v := slices.Clone(y)
			v[1] = math.NaN()
			_, err := ClusterExact{}.Sample(v, 1, 1)
			return err
		},
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
