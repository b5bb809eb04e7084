package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// TestMAPErrorAgainstClosedForm: of a Gaussian posterior with contraction c the
// MAP has an RMSE of √(1 - c), a little more as it is found from draws, and
// √(1 + b²) times that when it is off by b standard deviations; all parameters
// together have the root of the sum of squares. Tolerances are about four
// standard errors of 300 tests, and 15 % above for what the mean shift misses.
func TestMAPErrorAgainstClosedForm(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 300)
	set := &Settings{Draws: 100, Seed: 3}
	for _, bias := range []float64{0, 1.5} {
		g.bias = bias
		table, err := MAPError(g, test, set)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for j, r := range table.Rows {
			want := math.Sqrt((1 + bias*bias) * (1 - g.contraction(j)))
			if r.RMSE.Value < 0.86*want || r.RMSE.Value > 1.3*want {
				t.Errorf("bias %v: RMSE of %s is %v, want %.3f or a little more", bias, r.Var.Name, r.RMSE, want)
			}
			if e := r.RMSE.Error / r.RMSE.Value; e < 0.02 || e > 0.06 { // 1/√(2·300) if Gaussian
				t.Errorf("the error of %v is %.3f of it", r.RMSE, e)
			}
			sum += r.RMSE.Value * r.RMSE.Value
		}
		near(t, "all", table.All.Value, math.Sqrt(sum), 1e-9)
		two, err := table.Over("a", "b")
		if err != nil {
			t.Fatal(err)
		}
		near(t, "a and b", two.Value, math.Hypot(table.Rows[0].RMSE.Value, table.Rows[1].RMSE.Value), 1e-9)
		if _, err := table.Over("nothing"); err == nil {
			t.Error("the RMSE over an unknown parameter is no error")
		}
	}
}

// TestMAPErrorOfPrior: guessing by the prior's mean gives 1 for each parameter,
// √D for all; a lost mode shows as well.
func TestMAPErrorOfPrior(t *testing.T) {
	test := &inn.Pairs{X: normalSet(200, 3, 5, 2, 1), Y: normalSet(200, 1, 0, 1, 2)}
	table, err := MAPError(faulty{samples: normalSet(100, 3, 5, 0.1, 3)}, test, nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "all", table.All.Value, math.Sqrt(3), 0.2)

	m := newModes()
	pairs, err := m.problem.Pairs(400, 1)
	if err != nil {
		t.Fatal(err)
	}
	var all [2]Estimate
	for i, lost := range []bool{false, true} {
		m.lost = lost
		table, err := MAPError(m, pairs, &Settings{Draws: 100})
		if err != nil {
			t.Fatal(err)
		}
		all[i] = table.All
	}
	if all[1].Value-all[0].Value < 3*math.Hypot(all[0].Error, all[1].Error) {
		t.Errorf("RMSE of the exact posterior is %v, without a mode %v", all[0], all[1])
	}
}

// TestResimulatedAgainstClosedForm: for y = x + N(0, 1) and the exact posterior
// N(y/2, 1/2), a simulation at a draw is N(y/2, 3/2), so that its error is
// N(-y/2, 3/2), over all y N(0, 2): its mean size is 2/√π, its median 0.6745 √2,
// its root mean square √2; noise alone is √(2/π), and in units of the standard
// deviation of y, √2, all are that much less. The MAP y/2 has an error
// N(-y/2, 1), N(0, 3/2).
func TestResimulatedAgainstClosedForm(t *testing.T) {
	problem := inn.Problem{
		Name: "one", X: inn.Vars("x"), Y: inn.Vars("y"), Prior: inn.Normal([]float64{0}, []float64{1}), Concurrent: true,
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + rng.NormFloat64()} },
	}
	test, err := problem.Pairs(1500, 1)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Resimulated(oneGaussian{1}, problem, test, nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, e Estimate, want float64) {
		t.Helper()
		if math.Abs(e.Value-want) > 4*e.Error || e.Error > 0.05*want {
			t.Errorf("%s is %v, want %.4f", what, e, want)
		}
	}
	check("mean", table.Posterior.Mean, 2/math.Sqrt(math.Pi))
	check("median", table.Posterior.Median, 0.6745*math.Sqrt2)
	check("root mean square", table.Posterior.RMS, math.Sqrt2)
	check("mean in standard deviations", table.Posterior.Scaled, math.Sqrt(2/math.Pi))
	if problem.X == nil || table.Failed != 0 {
		t.Errorf("%d simulations failed", table.Failed)
	}
	best, err := ResimulatedMAP(oneGaussian{1}, problem, test, &Settings{Tests: 400, Draws: 150})
	if err != nil {
		t.Fatal(err)
	}
	// The MAP is found with an error of its own, about a quarter of the posterior's width.
	if v := best.Posterior.RMS.Value; v < 0.95*math.Sqrt(1.5) || v > 1.1*math.Sqrt(1.5) {
		t.Errorf("root mean square of the MAP is %v, want %.3f or a little more", best.Posterior.RMS, math.Sqrt(1.5))
	}
	points, err := MAPError(oneGaussian{1}, test, &Settings{Tests: 400, Draws: 150})
	if err != nil {
		t.Fatal(err)
	}
	wide, err := MAPError(oneGaussian{2}, test, &Settings{Tests: 400, Draws: 150})
	if err != nil {
		t.Fatal(err)
	}
	both, err := ResimulatedEstimates(problem, 0, wide, points)
	if err != nil {
		t.Fatal(err)
	}
	if again := both[1]; !reflect.DeepEqual(again, best) {
		t.Errorf("the re-simulation error of the estimates found before is\n%v\nnot\n%v", again, best)
	}
	if off, good := both[0].Posterior.RMS, best.Posterior.RMS; off.Value < good.Value+good.Error || both[0].Noise != best.Noise {
		t.Errorf("estimates of a posterior of twice the width have an error of %v, the noise %v; of the right width %v and %v", off, both[0].Noise, good, best.Noise)
	}
	if first, err := ResimulatedEstimates(problem, 100, points); err != nil || first[0].Tests != 100 {
		t.Errorf("re-simulated for 100 tests: %v, error %v", first, err)
	}
	if _, err := ResimulatedEstimates(problem, 401, points); err == nil {
		t.Error("401 of 400 estimates are re-simulated")
	}
	if _, err := ResimulatedEstimates(problem, 0); err == nil {
		t.Error("no estimates are re-simulated")
	}
	other, err := MAPError(oneGaussian{1}, test, &Settings{Tests: 400, Draws: 150, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ResimulatedEstimates(problem, 0, points, other); err == nil || !strings.Contains(err.Error(), "seeds") {
		t.Errorf("estimates of two seeds are re-simulated together: %v", err)
	}
	if !strings.Contains(best.String(), "MAP ") || !strings.Contains(table.String(), "posterior ") || !strings.Contains(table.HTML(), "simulation noise") {
		t.Errorf("the tables are\n%v\n%v", best, table)
	}
}

// TestResimulatedFailures: simulations that fail are counted and left out; when
// hardly any succeeds that is an error.
func TestResimulatedFailures(t *testing.T) {
	m := newModes()
	test, err := m.problem.Pairs(50, 1)
	if err != nil {
		t.Fatal(err)
	}
	some := m.problem
	some.Simulate = func(rng *rand.Rand, x []float64) []float64 {
		if x[0] > 2 {
			panic("out of range")
		}
		return m.problem.Simulate(rng, x)
	}
	table, err := Resimulated(m, some, test, nil)
	if err != nil {
		t.Fatal(err)
	}
	if table.Failed == 0 || !strings.Contains(table.String(), "simulations failed") {
		t.Errorf("%d simulations failed:\n%v", table.Failed, table)
	}
	all := m.problem
	all.Simulate = func(*rand.Rand, []float64) []float64 { panic("never") }
	if _, err := Resimulated(m, all, test, nil); err == nil || !strings.Contains(err.Error(), "only 0 measurements could be re-simulated") || !strings.Contains(err.Error(), "never") {
		t.Errorf("error %v", err)
	}
	if _, err := Predictive(m, all, test, nil); err == nil || !strings.Contains(err.Error(), "at the true parameters") {
		t.Errorf("error %v", err)
	}
	g := newGaussian(t)
	if _, err := Resimulated(m, g.problem, test, nil); err == nil || !strings.Contains(err.Error(), "has 4 parameters and 3 measurements, but the test set has 2 and 1") {
		t.Errorf("error %v", err)
	}
}

// TestSimulationsTooLarge: simulations that are too large to be squared, as where draws are beyond the
// walls of the prior, are failures as those are that are not finite. Compare says so, too.
func TestSimulationsTooLarge(t *testing.T) {
	m := newModes()
	test, err := m.problem.Pairs(50, 1)
	if err != nil {
		t.Fatal(err)
	}
	some := m.problem
	some.Simulate = func(rng *rand.Rand, x []float64) []float64 {
		if x[0] > 1e3 {
			return []float64{-1e200}
		}
		return m.problem.Simulate(rng, x)
	}
	table, err := Resimulated(stray{m}, some, test, nil)
	if err != nil {
		t.Fatal(err)
	}
	if table.Failed == 0 || table.Posterior.Mean.Value > 2*table.Noise.Mean.Value {
		t.Errorf("%d simulations failed:\n%v", table.Failed, table)
	}
	predicted, err := Predictive(stray{m}, some, test, nil)
	if err != nil || predicted.Failed == 0 {
		t.Errorf("error %v, predictions\n%v", err, predicted)
	}
	c, err := Compare(some, test, &Settings{Draws: 100}, stray{m})
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%d simulations for modes failed and are left out", table.Failed)
	if c.Rows[0].Failed != table.Failed || !strings.Contains(c.String(), want) {
		t.Errorf("%d failed, want %q:\n%v", c.Rows[0].Failed, want, c)
	}
	some.Simulate = func(*rand.Rand, []float64) []float64 { return []float64{1e200} }
	if _, err := Resimulated(m, some, test, nil); err == nil || !strings.Contains(err.Error(), "y = 1e+200") {
		t.Errorf("error %v", err)
	}
}

// stray is a posterior of which one draw in two hundred is far off.
type stray struct{ inn.Posterior }

func (s stray) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	draws, err := s.Posterior.Sample(y, n, seed)
	if err == nil && seed%2 == 0 {
		draws.Row(0)[0] += 1e6
	}
	return draws, err
}

// TestPredictiveOfStrayDraws: what ranks do not see is said.
func TestPredictiveOfStrayDraws(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 200)
	for _, c := range []struct {
		post  inn.Posterior
		stray bool
	}{{g, false}, {stray{g}, true}} {
		table, err := Predictive(c.post, g.problem, test, &Settings{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(table.String(), "far off") != c.stray {
			t.Errorf("stray draws %v:\n%v", c.stray, table)
		}
	}
}

// TestPredictiveWithoutNoise: an exact posterior of a problem without noise hits y
// up to rounding, which is no fault; a constant measurement is none either.
func TestPredictiveWithoutNoise(t *testing.T) {
	problem := inn.Problem{
		Name: "sum", X: inn.Vars("u", "v"), Y: inn.Vars("sum", "constant"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1], 1} },
	}
	test, err := problem.Pairs(500, 1)
	if err != nil {
		t.Fatal(err)
	}
	for width, wrong := range map[float64]bool{0: false, 0.01: true} {
		table, err := Predictive(onLine{width}, problem, test, nil)
		if err != nil {
			t.Fatal(err)
		}
		if (table.P < alarm) != wrong {
			t.Errorf("off the line by %v:\n%v", width, table)
		}
		resim, err := Resimulated(onLine{width}, problem, test, nil)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "re-simulation error", resim.Posterior.RMS.Value, width, 0.03*width+1e-12)
		near(t, "noise", resim.Noise.RMS.Value, 0, 1e-12)
		if s := table.String() + table.HTML() + resim.String() + resim.HTML(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Errorf("NaN or Inf:\n%s", s)
		}
	}
}

// onLine draws u and v with u + v = y, off by width.
type onLine struct{ width float64 }

func (onLine) String() string { return "line" }

func (l onLine) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	rng := inn.RNG(seed, 0)
	s := inn.NewSamples(inn.Vars("u", "v"), n)
	for i := range n {
		u := y[0]/2 + math.Sqrt(0.5)*rng.NormFloat64()
		copy(s.Row(i), []float64{u, y[0] - u + l.width*rng.NormFloat64()})
	}
	return s, nil
}

// TestNewMeasuresErrors: every measure over a test set says what is wrong, and
// ends with the observer's error when it is asked to.
func TestNewMeasuresErrors(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 50)
	few, _, err := test.Split(5)
	if err != nil {
		t.Fatal(err)
	}
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
	set := &Settings{Draws: 100}
	all := map[string]func(inn.Posterior, *inn.Pairs) (any, error){
		"SBC":      func(p inn.Posterior, q *inn.Pairs) (any, error) { return SBC(p, q, set) },
		"Coverage": func(p inn.Posterior, q *inn.Pairs) (any, error) { return Coverage(p, q, set) },
		"TARP":     func(p inn.Posterior, q *inn.Pairs) (any, error) { return TARP(p, q, set) },
		"MAPError": func(p inn.Posterior, q *inn.Pairs) (any, error) { return MAPError(p, q, set) },
		"both": func(p inn.Posterior, q *inn.Pairs) (any, error) {
			points, _, err := MAPErrorAndCalibration(p, q, set)
			return points, err
		},
		"Resimulated":    func(p inn.Posterior, q *inn.Pairs) (any, error) { return Resimulated(p, g.problem, q, set) },
		"ResimulatedMAP": func(p inn.Posterior, q *inn.Pairs) (any, error) { return ResimulatedMAP(p, g.problem, q, set) },
		"Predictive":     func(p inn.Posterior, q *inn.Pairs) (any, error) { return Predictive(p, g.problem, q, set) },
	}
	for name, measure := range all {
		for _, c := range []struct {
			post inn.Posterior
			test *inn.Pairs
			want string
		}{
			{nil, test, "posterior is nil"},
			{g, nil, "test set"},
			{g, few, "5 test pairs are too few"},
			{faulty{nil, errNoDraws}, test, "faulty failed at test pair 0: no draws today"},
			{faulty{nan, nil}, test, "row 1 has c = NaN"},
			{faulty{huge, nil}, test, ""},
			{g, constant, ""},
		} {
			shown, err := measure(c.post, c.test)
			switch {
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%s: error %v, want one with %q", name, err, c.want)
			case err != nil && !strings.HasPrefix(err.Error(), "metric: "):
				t.Errorf("%s: error %v does not say whose it is", name, err)
			case err == nil:
				s := shown.(interface {
					String() string
					HTML() string
				})
				if s := s.String() + s.HTML(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
					t.Errorf("%s: the table has NaN or Inf:\n%s", name, s)
				}
			}
		}
		restore := progress.Observe(func(progress.Report) error { return errNoDraws })
		if _, err := measure(g, test); err != errNoDraws {
			t.Errorf("%s went on: error %v", name, err)
		}
		restore()
		first, err := measure(g, test)
		if err != nil {
			t.Fatal(err)
		}
		again, err := measure(g, test)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := first.(interface{ String() string }).String(), again.(interface{ String() string }).String(); a != b {
			t.Errorf("%s: the same seed gives two tables:\n%s\n%s", name, a, b)
		}
	}
}

// TestMAPErrorAndCalibration: both tables are those that each makes alone.
func TestMAPErrorAndCalibration(t *testing.T) {
	g := newGaussian(t)
	test, set := g.pairs(t, 40), &Settings{Draws: 150, Tests: 30, Seed: 3}
	points, calibration, err := MAPErrorAndCalibration(g, test, set)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := MAPError(g, test, set)
	if err != nil || alone.String() != points.String() {
		t.Errorf("MAP errors\n%v, alone\n%v; error %v", points, alone, err)
	}
	calibrationAlone, err := Calibration(g, test, set)
	if err != nil || calibrationAlone.String() != calibration.String() || !slices.Equal(calibrationAlone.Inliers, calibration.Inliers) {
		t.Errorf("calibration\n%v, alone\n%v; error %v", calibration, calibrationAlone, err)
	}
}
