package metric

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// quick are few draws.
var quick = &Settings{Draws: 100, Seed: 1}

// overTests are all measures over a test set; a new one is one more line.
var overTests = []struct {
	name string
	of   func(post inn.Posterior, problem inn.Problem, test *inn.Pairs) (any, error)
}{
	{"Calibration", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (any, error) {
		return Calibration(post, test, quick)
	}},
	{"Recovered", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (any, error) {
		return Recovered(post, test, quick)
	}},
	{"SBC", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (any, error) { return SBC(post, test, quick) }},
	{"Coverage", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (any, error) {
		return Coverage(post, test, quick)
	}},
	{"TARP", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (any, error) { return TARP(post, test, quick) }},
	{"MAPError", func(post inn.Posterior, _ inn.Problem, test *inn.Pairs) (any, error) {
		return MAPError(post, test, quick)
	}},
	{"Predictive", func(post inn.Posterior, p inn.Problem, test *inn.Pairs) (any, error) {
		return Predictive(post, p, test, quick)
	}},
	{"Resimulated", func(post inn.Posterior, p inn.Problem, test *inn.Pairs) (any, error) {
		return Resimulated(post, p, test, quick)
	}},
	{"ResimulatedMAP", func(post inn.Posterior, p inn.Problem, test *inn.Pairs) (any, error) {
		return ResimulatedMAP(post, p, test, quick)
	}},
	{"Compare", func(post inn.Posterior, p inn.Problem, test *inn.Pairs) (any, error) {
		return Compare(p, test, quick, post)
	}},
}

// clear says whether a measure ended in a sentence or in a table without a NaN.
func clearAnswer(got any, err error) error {
	if err != nil {
		if !strings.HasPrefix(err.Error(), "metric: ") || len(err.Error()) < 25 {
			return fmt.Errorf("the error is %q", err)
		}
		return nil
	}
	for _, text := range []string{got.(fmt.Stringer).String(), got.(interface{ HTML() string }).HTML()} {
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			return fmt.Errorf("the table is\n%s", text)
		}
	}
	return nil
}

// Whatever a measure over a test set is given, it answers with a clear error or with a
// table of numbers.
func TestBadInputOfMeasures(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 12)
	few, _, err := test.Split(3)
	if err != nil {
		t.Fatal(err)
	}
	// with is the test set with the rows changed.
	with := func(change func(i int, x, y []float64)) *inn.Pairs {
		p := &inn.Pairs{X: inn.NewSamples(test.X.Vars, 12), Y: inn.NewSamples(test.Y.Vars, 12)}
		for i := range 12 {
			copy(p.X.Row(i), test.X.Row(i))
			copy(p.Y.Row(i), test.Y.Row(i))
			change(i, p.X.Row(i), p.Y.Row(i))
		}
		return p
	}
	constant, notFinite := inn.NewSamples(g.problem.X, 1000), inn.NewSamples(g.problem.X, 1000)
	notFinite.Data[17] = math.NaN()
	for _, c := range []struct {
		name string
		post inn.Posterior
		test *inn.Pairs
		must bool // be an error
	}{
		{"no posterior", nil, test, true},
		{"no test set", g, nil, true},
		{"half a test set", g, &inn.Pairs{X: test.X}, true},
		{"three test pairs", g, few, true},
		{"rows that do not match", g, &inn.Pairs{X: few.X, Y: test.Y}, true},
		{"y of another length", g, &inn.Pairs{X: test.X, Y: inn.NewSamples(inn.Vars("y1"), 12)}, true},
		{"x of another length", g, &inn.Pairs{X: inn.NewSamples(inn.Vars("a"), 12), Y: test.Y}, true},
		{"a test pair that is not finite", g, with(func(i int, x, _ []float64) { x[0] += math.Inf(1) }), true},
		{"draws that are not finite", faulty{samples: notFinite}, test, true},
		{"a posterior that fails", faulty{err: errNoDraws}, test, true},
		{"no draws", faulty{samples: inn.NewSamples(g.problem.X, 0)}, test, true},
		{"constant draws", faulty{samples: constant}, test, false},
		{"a parameter of zero variance", g, with(func(_ int, x, _ []float64) { x[1] = 3 }), false},
		{"constant measurements", g, with(func(_ int, _, y []float64) { copy(y, []float64{1, 2, 3}) }), false},
		{"duplicate rows", g, with(func(_ int, x, y []float64) { copy(x, test.X.Row(0)); copy(y, test.Y.Row(0)) }), false},
		{"y far out", g, with(func(_ int, _, y []float64) { y[0] += 1e12 }), false},
	} {
		for _, m := range overTests {
			got, err := m.of(c.post, g.problem, c.test)
			if c.must && err == nil {
				t.Errorf("%s of %s is no error", m.name, c.name)
				continue
			}
			if err := clearAnswer(got, err); err != nil {
				t.Errorf("%s of %s: %v", m.name, c.name, err)
			}
		}
	}
}

// measured3 is a posterior that says what it is given.
type measured3 struct{ *gaussian }

func (m measured3) Measured() []inn.Var { return m.problem.Y }

// Test pairs with the measurements in another order, or of another unit, are refused by every measure.
func TestMeasurementsOfAnotherOrder(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 12)
	unit := &inn.Pairs{X: test.X, Y: &inn.Samples{Vars: inn.Vars("y1", "y2 [m]", "y3"), Data: test.Y.Data}}
	turned := &inn.Pairs{X: test.X, Y: inn.NewSamples(inn.Vars("y3", "y2", "y1"), 12)}
	for i := range 12 {
		copy(turned.Y.Row(i), test.Y.Row(i))
		slices.Reverse(turned.Y.Row(i))
	}
	for _, m := range overTests {
		for want, pairs := range map[string]*inn.Pairs{`measurement 1 of 3 is "y3"`: turned, `measurement 2 of 3 is "y2 [m]"`: unit} {
			if _, err := m.of(measured3{g}, g.problem, pairs); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want one with %s", m.name, err, want)
			}
		}
		if _, err := m.of(measured3{g}, g.problem, test); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
	if _, err := Intervals(measured3{g}, turned, turned.Y, "a", nil); err == nil || !strings.Contains(err.Error(), `measurement 1 of 3 is "y3"`) {
		t.Errorf("Intervals: error %v", err)
	}
	// A posterior may not know its measurements; the simulator does.
	if _, err := Resimulated(g, g.problem, turned, nil); err == nil || !strings.Contains(err.Error(), `number 1 of 3 is "y1" of the problem and "y3" of the test set`) {
		t.Errorf("re-simulation: error %v", err)
	}
}

// The same for the measures of two sets of draws, and of one.
func TestBadInputOfSamples(t *testing.T) {
	vars := inn.Vars("a", "b")
	sets := map[string]*inn.Samples{"nil": nil, "none": inn.NewSamples(vars, 0), "one": inn.NewSamples(vars, 1), "constant": inn.NewSamples(vars, 150), "others": inn.NewSamples(inn.Vars("c"), 150)}
	rng := inn.RNG(1, 0)
	normal, half, twice, infinite := inn.NewSamples(vars, 150), inn.NewSamples(vars, 150), inn.NewSamples(vars, 150), inn.NewSamples(vars, 150)
	for i := range normal.Data {
		normal.Data[i] = rng.NormFloat64()
		half.Data[i] = normal.Data[i] * float64(i%2) // one variable constant
		twice.Data[i] = normal.Data[i%20]
		infinite.Data[i] = normal.Data[i]
	}
	infinite.Data[3] = math.Inf(-1)
	sets["normal"], sets["one variable constant"], sets["duplicates"], sets["infinite"] = normal, half, twice, infinite
	bad := map[string]bool{"nil": true, "none": true, "one": true, "others": true, "infinite": true}
	for name, a := range sets {
		for other, b := range sets {
			c2st, err := C2ST(a, b, nil)
			if wrong := clearAnswer(c2st, err); wrong != nil || (bad[name] != bad[other]) && err == nil {
				t.Errorf("C2ST of %s and %s: %v, %v", name, other, wrong, err)
			}
			mmd, err := MMD(a, b, nil)
			if wrong := clearAnswer(mmd, err); wrong != nil || (bad[name] != bad[other]) && err == nil {
				t.Errorf("MMD of %s and %s: %v, %v", name, other, wrong, err)
			}
		}
		likeliest, err := MAP(a, nil)
		for _, v := range likeliest {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("MAP of %s is %v", name, likeliest)
			}
		}
		if (a == nil || name == "none" || name == "infinite") && err == nil {
			t.Errorf("MAP of %s is no error", name)
		}
		m, err := Modes(a, [][]float64{{0, 0}}, 1)
		if err == nil && (math.IsNaN(m.Within) || math.IsNaN(m.Uneven)) {
			t.Errorf("Modes of %s are %+v", name, m)
		}
	}
	for _, values := range [][]float64{nil, {1}, {2, 2, 2}, {1, math.NaN()}, {1, math.Inf(1)}} {
		if d, err := KDE(values, nil); err == nil {
			t.Errorf("KDE of %v is %v, no error", values, d)
		}
		bad := len(values) == 0 || len(values) == 2
		if q, err := Quantile(values, 0.5); (err == nil) == bad || math.IsNaN(q) {
			t.Errorf("Quantile of %v is %v, %v", values, q, err)
		}
		if lo, _, err := Interval(values, 0.5); (err == nil) == bad || math.IsNaN(lo) {
			t.Errorf("Interval of %v is %v, %v", values, lo, err)
		}
		e, err := Bootstrap(values, func(v []float64) float64 { return v[0] }, 1)
		if few := len(values) < 3; (err == nil) == few || err == nil && (math.IsNaN(e.Value) || math.IsNaN(e.Error)) {
			t.Errorf("Bootstrap of %v is %v, %v", values, e, err)
		}
	}
}
