package metric

import (
	"math"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// TestRecoveredAgainstClosedForm: for a Gaussian posterior whose spread is
// multiplied by w and whose mean is off by b standard deviations σ,
// contraction = 1 - w²σ²/S², correlation² = 1 - σ²/S² whatever w and b,
// RMSE² = (1 + b²) σ²/S², and the truth is inside with Φ(wz-b) - Φ(-wz-b).
// Tolerances are about five standard errors of 4000 tests.
func TestRecoveredAgainstClosedForm(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 4000)
	for _, c := range []struct{ width, bias float64 }{{1, 0}, {0.5, 0}, {2, 0}, {1, 1.5}} {
		g.width, g.bias = c.width, c.bias
		table, err := Recovered(g, test, &Settings{Draws: 200, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		for j, r := range table.Rows {
			left := 1 - g.contraction(j)
			z := c.width * math.Sqrt2 * math.Erfinv(confidence)
			near(t, r.Var.Name+" contraction", r.Contraction, 1-c.width*c.width*left, 0.11*c.width*c.width*left)
			if g.contraction(j) > 0.01 {
				near(t, r.Var.Name+" correlation", r.Correlation, math.Sqrt(1-left), 0.03)
			}
			near(t, r.Var.Name+" RMSE", r.RMSE, math.Sqrt((1+c.bias*c.bias)*left), 0.06*math.Sqrt((1+c.bias*c.bias)*left))
			near(t, r.Var.Name+" inside", r.Inside, phi(z-c.bias)-phi(-z-c.bias), 0.035)
		}
	}
}

// TestRecoveredUnknownParameter: a parameter that does not reach y is as wide
// after the measurement as before.
func TestRecoveredUnknownParameter(t *testing.T) {
	g := newGaussian(t)
	if c := g.contraction(3); math.Abs(c) > 1e-12 {
		t.Fatalf("the problem's last parameter contracts by %v", c)
	}
	table, err := Recovered(g, g.pairs(t, 2000), &Settings{Draws: 1000})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "contraction", table.Rows[3].Contraction, 0, 0.1)
	near(t, "correlation", table.Rows[3].Correlation, 0, 0.1)
}

// TestRecoveredConstantMedian: draws that never change have no correlation
// with the truth; the table says 0, not NaN.
func TestRecoveredConstantMedian(t *testing.T) {
	g := newGaussian(t)
	same, err := g.Sample([]float64{0, 0, 0}, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Recovered(faulty{same, nil}, g.pairs(t, 50), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Rows {
		if r.Correlation != 0 {
			t.Errorf("correlation of %s is %v, want 0", r.Var.Name, r.Correlation)
		}
	}
	if s := table.String() + table.HTML(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Errorf("the table has NaN or Inf:\n%s", s)
	}
}

func TestErrors(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 50)
	constant := g.pairs(t, 50)
	for i := range constant.Len() {
		constant.X.Row(i)[1] = 7
	}
	nan := inn.NewSamples(test.X.Vars, 200)
	nan.Data[6] = math.NaN()
	huge := inn.NewSamples(test.X.Vars, 200)
	for i := range huge.Data {
		huge.Data[i] = 1e300 * float64(i%7)
	}
	few, _, err := test.Split(5)
	if err != nil {
		t.Fatal(err)
	}
	measures := map[string]func(inn.Posterior, *inn.Pairs, *Settings) error{
		"recovered":   func(p inn.Posterior, q *inn.Pairs, s *Settings) error { _, err := Recovered(p, q, s); return err },
		"calibration": func(p inn.Posterior, q *inn.Pairs, s *Settings) error { _, err := Calibration(p, q, s); return err },
	}
	for _, c := range []struct {
		name string
		only string // the measure that must say it, or both
		post inn.Posterior
		test *inn.Pairs
		set  *Settings
		want string
	}{
		{"no posterior", "", nil, test, nil, "posterior is nil"},
		{"no test set", "", g, nil, nil, "test set"},
		{"few tests", "", g, few, nil, "5 test pairs are too few"},
		{"more tests than there are", "", g, test, &Settings{Tests: 60}, "Tests is 60, but the test set has 50 pairs"},
		{"few draws", "", g, test, &Settings{Draws: 10}, "10 draws a measurement are too few"},
		{"a failing posterior", "", faulty{nil, errNoDraws}, test, nil, "faulty failed at test pair 0: no draws today"},
		{"no draws", "", faulty{nil, nil}, test, nil, "there are none"},
		{"other parameters", "", faulty{inn.NewSamples(inn.Vars("p", "q"), 200), nil}, test, nil, "they are of [p q], but the test set has [a b c [µm] d]"},
		{"few returned", "", faulty{inn.NewSamples(test.X.Vars, 20), nil}, test, nil, "there are 20, want at least 100"},
		{"NaN draws", "", faulty{nan, nil}, test, nil, "row 1 has c = NaN"},
		{"a constant parameter", "recovered", g, constant, nil, "parameter b is 7 in all 50 test pairs"},
		{"huge draws", "recovered", faulty{huge, nil}, test, nil, "draws of a are too large"},
	} {
		for name, measure := range measures {
			if c.only != "" && c.only != name {
				continue
			}
			err := measure(c.post, c.test, c.set)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "metric: ") {
				t.Errorf("%s, %s: error %v, want one with %q", name, c.name, err, c.want)
			}
		}
	}
}

// TestStop: a measure reports its progress and ends with the observer's error.
func TestStop(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 100)
	var seen []string
	defer progress.Observe(func(r progress.Report) error {
		seen = append(seen, r.Task)
		return errNoDraws
	})()
	if _, err := Recovered(g, test, nil); err != errNoDraws {
		t.Errorf("Recovered went on: error %v", err)
	}
	if _, err := Calibration(g, test, nil); err != errNoDraws {
		t.Errorf("Calibration went on: error %v", err)
	}
	if _, err := C2ST(test.X, test.X, nil); err != errNoDraws {
		t.Errorf("C2ST went on: error %v", err)
	}
	if got := strings.Join(seen, ", "); !strings.HasPrefix(got, "recovery of exact, ") || !strings.HasSuffix(got, ", calibration of exact, telling sets apart, telling sets apart") {
		t.Errorf("reported tasks: %s", got)
	}
}

func TestSameSeedSameTable(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 30)
	show := func(seed uint64) string {
		r, err := Recovered(g, test, &Settings{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return r.String()
	}
	first, again := show(1), show(1)
	if first != again {
		t.Error("the same seed gives two tables")
	}
	if first == show(2) {
		t.Error("two seeds give the same table")
	}
}

// near fails unless |got - want| ≤ tol.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.4f, want %.4f ± %.4f", what, got, want, tol)
	}
}

// phi is the distribution function of N(0, 1).
func phi(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
