package sim

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// With so much noise that the measurement says little, the posterior can be had
// by weighting draws of the prior, without any of ClusterExact's ideas. The two must agree, in
// means, spreads and the weight of the systems that have made stars twice.
func TestClusterExactAgreesWithWeights(t *testing.T) {
	const noise = 0.8
	p := Cluster(&ClusterSettings{Noise: inn.None})
	prior, err := p.Pairs(5000, 11)
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
	if effective < 150 {
		t.Fatalf("only %.0f draws of the prior count", effective)
	}
	const n = 1000
	se := math.Sqrt(1/effective + 2./n) // resampled draws count for less than independent ones
	check := func(draws *inn.Samples) {
		if draws.Warning != "" {
			t.Error(draws.Warning)
		}
		for _, v := range p.X {
			want, _ := prior.X.Col(v.Name)
			got, _ := draws.Col(v.Name)
			mean, sd := stat.MeanStdDev(want, weights)
			m, s := stat.MeanStdDev(got, nil)
			if math.Abs(m-mean) > 4*sd*se {
				t.Errorf("%s: mean %.3f, want %.3f ± %.3f", v.Name, m, mean, sd*se)
			}
			if math.Abs(s/sd-1) > 4*se {
				t.Errorf("%s: sd %.3f, want %.3f", v.Name, s, sd)
			}
		}
		if want, got := twice(prior.X, weights), twice(draws, nil); math.Abs(got-want) > 2*se {
			t.Errorf("second generations: %.3f, want %.3f ± %.3f", got, want, se/2)
		}
	}
	draws, err := ClusterExact{Noise: noise, Systems: 8000}.Sample(y, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	check(draws)

	// That the approximate likelihood is a bad one costs draws, and nothing else.
	e := &importance{y: y, noise: noise, seed: 2, task: progress.Start("", 0)}
	defer e.task.End()
	if err := e.fit(); err != nil {
		t.Fatal(err)
	}
	for _, p := range e.pieces {
		p.curve.ScaleSym(0.3, p.curve)
		if err := p.finish(); err != nil {
			t.Fatal(err)
		}
	}
	if draws, err = e.sample(p.X, 16000, n); err != nil {
		t.Fatal(err)
	}
	check(draws)
}

// twice is the share of systems that have made stars twice.
func twice(x *inn.Samples, weights []float64) float64 {
	again, all := 0.0, 0.0
	for i := range x.Len() {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		if r := x.Row(i); math.Pow(10, r[cluster.XAge])-math.Pow(10, r[cluster.XYoung]) > 1.2 {
			again += w
		}
		all += w
	}
	return again / all
}

// The same seed gives the same draws on any number of processors, and little noise brings the parameters
// that make the lines near to the truth.
func TestClusterExactFindsTheTruth(t *testing.T) {
	p := Cluster(nil)
	rng := inn.RNG(21, 0)
	x, y, err := p.Draw(rng)
	if err != nil {
		t.Fatal(err)
	}
	e := ClusterExact{Systems: 3000}
	a, err := e.Sample(y, 60, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
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
		"Systems is -2":           func() error { _, err := ClusterExact{Systems: -2}.Sample(y, 1, 1); return err },
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

// The exact posteriors of the astronomy notebook are those of measurements of its test set, and
// their draws make these lines again: 69 squares of normal numbers.
func TestShippedExactPosteriors(t *testing.T) {
	const data, each = "../../notebooks/data/", 1000
	exact, err := inn.LoadPairs(data + "cluster-exact.npz")
	if err != nil {
		t.Fatal(err)
	}
	test, err := inn.LoadPairs(data + "cluster-test.npz")
	if err != nil {
		t.Fatal(err)
	}
	p := Cluster(&ClusterSettings{Noise: inn.None})
	for block := 0; block < exact.Len(); block += each {
		y := exact.Y.Row(block)
		number := -1
		for i := range test.Len() {
			if slices.Equal(test.Y.Row(i), y) {
				number = i
			}
		}
		if number < 0 {
			t.Fatalf("draw %d is of a measurement that is not in the test set", block)
		}
		const some = 20
		mean := 0.0
		for k := block; k < block+each; k += each / some {
			if !slices.Equal(exact.Y.Row(k), y) {
				t.Fatalf("measurement %d has fewer than %d draws", number, each)
			}
			lines, err := p.Run(inn.RNG(1, 0), exact.X.Row(k))
			if err != nil {
				t.Fatal(err)
			}
			for j, v := range lines {
				mean += square((v-y[j])/clusterNoise) / some
			}
		}
		if mean < 69-35 || mean > 69+35 { // 3 standard deviations of the measurement's noise
			t.Errorf("measurement %d: the squares of its draws are %.1f on average, want about 69", number, mean)
		}
	}
}
