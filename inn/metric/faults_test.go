package metric

import (
	"math"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A fault is what is wrong with a posterior.
type fault struct {
	name        string
	width, bias float64
	single      bool // of two modes only the likelier
	lost        bool // of two modes only one, whatever y
}

var faults = []fault{
	{name: "none", width: 1},
	{name: "narrow", width: 0.6},
	{name: "wide", width: 1.6},
	{name: "biased", width: 1, bias: 0.8},
	{name: "single", width: 1, single: true},
	{name: "lost", width: 1, lost: true},
}

// A measure turns red when it finds a fault; faults to which it is nearly blind, by
// what it measures, are named.
type measure struct {
	name  string
	blind string
	red   func(post inn.Posterior, problem inn.Problem, test *inn.Pairs) (bool, string, error)
}

var measures = []measure{
	{"SBC", "", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (bool, string, error) {
		t, err := SBC(post, test, &Settings{Draws: 100, Tests: 700, Seed: 1})
		if err != nil {
			return false, "", err
		}
		return t.P < alarm, t.String() + t.HTML(), nil
	}},
	{"Coverage", "", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (bool, string, error) {
		t, err := Coverage(post, test, &Settings{Draws: 100, Tests: 700, Seed: 1})
		if err != nil {
			return false, "", err
		}
		return t.P < alarm, t.String() + t.HTML(), nil
	}},
	{"TARP", "", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (bool, string, error) {
		t, err := TARP(post, test, &Settings{Draws: 100, Tests: 700, Seed: 1})
		if err != nil {
			return false, "", err
		}
		return t.P < alarm, t.String() + t.HTML(), nil
	}},
	// The likelier mode explains what was measured about as well as both do.
	{"Predictive", "single", func(post inn.Posterior, problem inn.Problem, test *inn.Pairs) (bool, string, error) {
		t, err := Predictive(post, problem, test, &Settings{Seed: 1})
		if err != nil {
			return false, "", err
		}
		return t.P < alarm, t.String() + t.HTML(), nil
	}},
	{"Calibration", "", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (bool, string, error) {
		t, err := Calibration(post, test, &Settings{Draws: 200, Tests: 700, Seed: 1})
		if err != nil {
			return false, "", err
		}
		worst := 0.0
		for _, r := range t.Rows {
			worst = max(worst, r.Error)
		}
		return worst > 1.5*t.Chance, t.String() + t.HTML(), nil
	}},
	{"Recovered", "", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (bool, string, error) {
		t, err := Recovered(post, test, &Settings{Draws: 200, Tests: 1500, Seed: 1})
		if err != nil {
			return false, "", err
		}
		worst := 0.0 // in standard deviations of a share of 1500
		for _, r := range t.Rows {
			worst = max(worst, math.Abs(r.Inside-0.68)/math.Sqrt(0.68*0.32/1500))
		}
		return worst > 3.5, t.String() + t.HTML(), nil
	}},
	// New simulations at draws of an exact posterior are as far from y as those at
	// the truth, and the likelier mode is about as near.
	{"Resimulated", "single", func(post inn.Posterior, problem inn.Problem, test *inn.Pairs) (bool, string, error) {
		t, err := Resimulated(post, problem, test, &Settings{Seed: 1})
		if err != nil {
			return false, "", err
		}
		p, n := t.Posterior.Mean, t.Noise.Mean
		return math.Abs(p.Value-n.Value) > 3*math.Hypot(p.Error, n.Error), t.String() + t.HTML(), nil
	}},
}

// TestFaults: every measure is quiet on the exact posterior of a linear Gaussian
// problem and of one with two modes, and turns red on each fault.
func TestFaults(t *testing.T) {
	g, m := newGaussian(t), newModes()
	onGaussian := g.pairs(t, 2000)
	onModes, err := m.problem.Pairs(2000, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		g.width, g.bias = f.width, f.bias
		m.width, m.bias, m.single, m.lost = f.width, f.bias, f.single, f.lost
		for _, c := range measures {
			for _, on := range []struct {
				post    inn.Posterior
				problem inn.Problem
				test    *inn.Pairs
			}{{g, g.problem, onGaussian}, {m, m.problem, onModes}} {
				if on.post == inn.Posterior(g) && (f.single || f.lost) {
					continue // it has one mode
				}
				if strings.Contains(c.blind, f.name) {
					continue
				}
				red, table, err := c.red(on.post, on.problem, on.test)
				if err != nil {
					t.Fatal(err)
				}
				if want := f.name != "none"; red != want {
					t.Errorf("%s on %s, fault %s: red %v, want %v\n%s", c.name, on.problem.Name, f.name, red, want, table)
				}
				if strings.Contains(table, "NaN") || strings.Contains(table, "Inf") {
					t.Errorf("%s on %s, fault %s: the table has NaN or Inf\n%s", c.name, on.problem.Name, f.name, table)
				}
			}
		}
	}
}

// TestQuiet: of test sets of an exact posterior with two modes about 5 % have
// p < 0.05.
func TestQuiet(t *testing.T) {
	m := newModes()
	const sets = 40
	below := map[string]int{}
	for i := range uint64(sets) {
		test, err := m.problem.Pairs(120, 100+i)
		if err != nil {
			t.Fatal(err)
		}
		set := &Settings{Draws: 100, Seed: i}
		sbc, err := SBC(m, test, set)
		if err != nil {
			t.Fatal(err)
		}
		coverage, err := Coverage(m, test, set)
		if err != nil {
			t.Fatal(err)
		}
		tarp, err := TARP(m, test, set)
		if err != nil {
			t.Fatal(err)
		}
		predictive, err := Predictive(m, m.problem, test, set)
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]float64{"SBC": sbc.P, "Coverage": coverage.P, "TARP": tarp.P, "Predictive": predictive.P} {
			if p < 0.05 {
				below[name]++
			}
		}
	}
	// Binomial(40, 0.05) exceeds 7 once in 700 times.
	for name, n := range below {
		if n > 7 {
			t.Errorf("%s: %d of %d test sets of an exact posterior have p < 0.05", name, n, sets)
		}
	}
}

// Draws of the prior, whatever y, pass what looks at ranks of parameters; TARP and Predictive see them.
func TestThePriorDoesNotPass(t *testing.T) {
	g := newGaussian(t)
	test, set := g.pairs(t, 1000), &Settings{Draws: 100, Seed: 1}
	prior := fromPrior{g.problem}
	sbc, err := SBC(prior, test, set)
	if err != nil || sbc.P < alarm {
		t.Errorf("SBC: %v, %v", sbc, err)
	}
	tarp, err := TARP(prior, test, set)
	if err != nil || tarp.P >= alarm {
		t.Errorf("TARP: %v, %v", tarp, err)
	}
	predictive, err := Predictive(prior, g.problem, test, set)
	if err != nil || predictive.P >= alarm || predictive.Rows[0].Verdict != "too far from y" {
		t.Errorf("Predictive: %v, %v", predictive, err)
	}
}

// fromPrior draws from a problem's prior.
type fromPrior struct{ inn.Problem }

func (fromPrior) String() string { return "prior" }

func (p fromPrior) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	s, rng := inn.NewSamples(p.X, n), inn.RNG(seed, math.Float64bits(y[0]))
	for i := range n {
		copy(s.Row(i), p.Prior(rng))
	}
	return s, nil
}
