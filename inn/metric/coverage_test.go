package metric

import (
	"math"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// oneGaussian is the problem y = x + noise, with x and noise from N(0, 1) and the
// posterior N(y/2, 1/2), of w times the right width.
type oneGaussian struct{ width float64 }

func (oneGaussian) String() string { return "one" }

func (g oneGaussian) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	rng := inn.RNG(seed, 0)
	s := inn.NewSamples(inn.Vars("x"), n)
	for i := range s.Data {
		s.Data[i] = y[0]/2 + g.width*math.Sqrt(0.5)*rng.NormFloat64()
	}
	return s, nil
}

// pairs have x = y/2 + √½ N(0, 1) with y ~ N(0, 2), which is the same.
func (oneGaussian) pairs(n int) *inn.Pairs {
	p := &inn.Pairs{X: inn.NewSamples(inn.Vars("x"), n), Y: inn.NewSamples(inn.Vars("y"), n)}
	rng := inn.RNG(9, 9)
	for i := range n {
		y := math.Sqrt2 * rng.NormFloat64()
		p.Y.Data[i], p.X.Data[i] = y, y/2+math.Sqrt(0.5)*rng.NormFloat64()
	}
	return p
}

// TestCoverageAgainstClosedForm: the region of level α of a normal posterior of w
// times the right width holds 2 Φ(w z_α) - 1 of the truths. The 14th nearest of 200
// draws tells the density with an error that blurs the regions by some percent.
func TestCoverageAgainstClosedForm(t *testing.T) {
	test := oneGaussian{}.pairs(800)
	for _, w := range []float64{1, 0.6, 1.6} {
		table, err := Coverage(oneGaussian{w}, test, &Settings{Draws: 400})
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for k, a := range table.Level {
			want := 2*phi(w*math.Sqrt2*math.Erfinv(a)) - 1
			worst = max(worst, math.Abs(table.Coverage[k]-want))
		}
		if worst > 0.07 {
			t.Errorf("width %v: the coverage is off by %.3f", w, worst)
		}
		if (table.P < alarm) != (w != 1) {
			t.Errorf("width %v: p = %v", w, table.P)
		}
		if want := map[float64]string{1: "no fault found", 0.6: "too narrow or off", 1.6: "too wide"}[w]; table.Verdict != want {
			t.Errorf("width %v: the verdict is %q, want %q", w, table.Verdict, want)
		}
	}
}

// TestCoverageSeesCorrelation: a posterior with the right marginals and no
// correlation passes SBC; Coverage and TARP see it.
func TestCoverageSeesCorrelation(t *testing.T) {
	const rho = 0.95
	test := &inn.Pairs{X: inn.NewSamples(inn.Vars("p", "q"), 1000), Y: inn.NewSamples(inn.Vars("y"), 1000)}
	rng := inn.RNG(1, 2)
	for i := range 1000 {
		u, v := rng.NormFloat64(), rng.NormFloat64()
		copy(test.X.Row(i), []float64{u, rho*u + math.Sqrt(1-rho*rho)*v})
	}
	var independent uncorrelated
	sbc, err := SBC(independent, test, &Settings{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	if sbc.P < alarm {
		t.Errorf("SBC sees wrong marginals:\n%v", sbc)
	}
	for name, measure := range map[string]func(inn.Posterior, *inn.Pairs, *Settings) (*CoverageTable, error){"Coverage": Coverage, "TARP": TARP} {
		table, err := measure(independent, test, &Settings{Draws: 200})
		if err != nil {
			t.Fatal(err)
		}
		if table.P >= alarm {
			t.Errorf("%s sees no correlation:\n%v", name, table)
		}
	}
}

// uncorrelated draws two independent N(0, 1).
type uncorrelated struct{}

func (uncorrelated) String() string { return "uncorrelated" }

func (uncorrelated) Sample(_ []float64, n int, seed uint64) (*inn.Samples, error) {
	rng := inn.RNG(seed, 0)
	s := inn.NewSamples(inn.Vars("p", "q"), n)
	for i := range s.Data {
		s.Data[i] = rng.NormFloat64()
	}
	return s, nil
}
