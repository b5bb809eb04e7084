package metric

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// A PointTable says how far a posterior's MAP estimates are from the truth. It
// shows itself as a table.
type PointTable struct {
	Method string // the posterior's name
	Tests  int    // test pairs
	Draws  int    // posterior draws a measurement
	Warned Warned // the draws' warnings
	Rows   []PointRow
	All    Estimate // of all parameters together

	MAP  *inn.Samples // the estimates, one a test pair
	unit []float64    // S of each parameter
	z    [][]float64  // (estimate - truth)/S, one row a test pair
	run  *run
}

// A PointRow is one parameter's line.
type PointRow struct {
	Var inn.Var

	// RMSE is the root mean square of (MAP - truth)/S with S the prior's
	// standard deviation, that of the test set: 1 for the prior's mean.
	RMSE Estimate
}

// MAPError measures the MAP error of section 4.2 of the paper,
//
//	RMSE = √(E |x^ - x*|²),
//
// over a test set of at least 10 pairs, with each parameter in units of its
// standard deviation over the test set; squares are added up over parameters,
// so that D parameters guessed by their prior mean have an RMSE of √D. Errors
// are bootstrapped over test pairs. Of an exact posterior that is Gaussian, the
// MAP is the best estimate there is. A posterior of the wrong width about the
// right mode has the same MAP: Calibration and SBC see that.
func MAPError(post inn.Posterior, test *inn.Pairs, set *Settings) (*PointTable, error) {
	r, err := newRun(post, test, set)
	if err != nil {
		return nil, err
	}
	t, err := r.points()
	if err != nil {
		return nil, err
	}
	if err := r.each("MAP", t.add); err != nil {
		return nil, err
	}
	return t, t.finish()
}

// MAPErrorAndCalibration is what MAPError and Calibration say, of the same draws: a row of
// the paper's Table 1 without drawing twice.
func MAPErrorAndCalibration(post inn.Posterior, test *inn.Pairs, set *Settings) (*PointTable, *CalibrationTable, error) {
	r, err := newRun(post, test, set)
	if err != nil {
		return nil, nil, err
	}
	t, err := r.points()
	if err != nil {
		return nil, nil, err
	}
	c := r.calibration()
	err = r.each("MAP and calibration", func(i int, truth []float64, cols [][]float64) error {
		c.add(truth, cols)
		return t.add(i, truth, cols)
	})
	if err != nil {
		return nil, nil, err
	}
	return t, c.finish(), t.finish()
}

// points is a table to which measurements can be added.
func (r *run) points() (*PointTable, error) {
	unit, err := r.units(r.test.X, "parameter")
	if err != nil {
		return nil, err
	}
	return &PointTable{Method: r.post.String(), Tests: r.n, Draws: r.draws, MAP: inn.NewSamples(r.test.X.Vars, r.n), unit: unit, run: r}, nil
}

// add finds the estimate of measurement i, given its draws.
func (t *PointTable) add(i int, truth []float64, cols [][]float64) error {
	best, err := MAP(rows(t.MAP.Vars, cols), &MAPSettings{Scale: t.unit})
	if err != nil {
		return err
	}
	copy(t.MAP.Row(i), best)
	z := make([]float64, len(t.unit))
	for j, unit := range t.unit {
		z[j] = (best[j] - truth[j]) / unit
	}
	t.z = append(t.z, z)
	return nil
}

func (t *PointTable) finish() error {
	t.Warned = warned(t.run.warnings)
	var names []string
	for _, v := range t.MAP.Vars {
		e, err := t.Over(v.Name)
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, PointRow{Var: v, RMSE: e})
		names = append(names, v.Name)
	}
	var err error
	t.All, err = t.Over(names...)
	return err
}

// Over is the RMSE of some parameters together: the paper's "MAP error all" is
// that of the recoverable ones.
func (t *PointTable) Over(names ...string) (Estimate, error) {
	squares := make([]float64, t.Tests)
	for _, name := range names {
		j, err := t.MAP.Index(name)
		if err != nil {
			return Estimate{}, err
		}
		for i, z := range t.z {
			squares[i] += z[j] * z[j]
		}
	}
	return Bootstrap(squares, rootMean, t.run.seed)
}

// ResimulatedEstimates is the re-simulation error of the MAP estimates that tables hold, a
// table each: of the first tests of them or with 0 of all, one simulation each. It is what
// ResimulatedMAP finds of each posterior, without looking for the estimates again, and
// simulates the truth once for all. The tables must be of one test set, with one seed.
func ResimulatedEstimates(problem inn.Problem, tests int, tables ...*PointTable) ([]*ResimulationTable, error) {
	if len(tables) == 0 {
		return nil, fmt.Errorf("metric: ResimulatedEstimates has no tables of MAP estimates: give at least one")
	}
	first := tables[0].run
	each := make([]*resimulation, len(tables))
	for k, t := range tables {
		if t.run.test != first.test || t.run.seed != first.seed {
			return nil, fmt.Errorf("metric: the MAP estimates of %s and %s are of different test sets or seeds", tables[0].Method, t.Method)
		}
		n := cmp.Or(tests, tables[0].Tests)
		if n > t.Tests {
			return nil, fmt.Errorf("metric: there are MAP estimates of %d tests of %s, not %d", t.Tests, t.Method, n)
		}
		few, err := newRun(t.run.post, t.run.test, &Settings{Draws: t.run.draws, Tests: n, Seed: t.run.seed})
		if err != nil {
			return nil, err
		}
		few.warnings = t.run.warnings[:n]
		if each[k], err = few.resimulation(problem, "MAP"); err != nil {
			return nil, err
		}
	}
	task := progress.Start("re-simulation", each[0].n)
	defer task.End()
	for i := range each[0].n {
		var xs []float64
		for _, t := range tables {
			xs = append(xs, t.MAP.Row(i)...)
		}
		xs = append(xs, first.test.X.Row(i)...)
		seed := first.rng(i).Uint64()
		sims := simulateBy(problem, &inn.Samples{Vars: first.test.X.Vars, Data: xs}, func(row int) *rand.Rand {
			return inn.RNG(seed, uint64(row/len(tables))) // 0 for every estimate, 1 for the truth, as when there is one
		})
		for k, s := range each {
			s.take(i, sims[k:k+1], sims[len(tables)])
		}
		if err := task.Advance(1, nil); err != nil {
			return nil, err
		}
	}
	all := make([]*ResimulationTable, len(tables))
	for k, s := range each {
		var err error
		if all[k], err = s.finish(); err != nil {
			return nil, fmt.Errorf("%s: %w", tables[k].Method, err)
		}
	}
	return all, nil
}

// rows are the draws that columns hold.
func rows(vars []inn.Var, cols [][]float64) *inn.Samples {
	s := inn.NewSamples(vars, len(cols[0]))
	for i := range s.Len() {
		for j, row := 0, s.Row(i); j < len(cols); j++ {
			row[j] = cols[j][i]
		}
	}
	return s
}

// units are the standard deviations over the test pairs used.
func (r *run) units(s *inn.Samples, what string) ([]float64, error) {
	used := &inn.Samples{Vars: s.Vars, Data: s.Data[:r.n*len(s.Vars)]}
	for j, v := range s.Vars {
		if same(used, j) {
			return nil, fmt.Errorf("metric: %s %s is %v in all %d test pairs: it gives no unit to measure in", what, v.Name, s.Row(0)[j], r.n)
		}
	}
	return spreads(used), nil
}

// same says whether column j is constant.
func same(s *inn.Samples, j int) bool {
	for i := range s.Len() {
		if s.Row(i)[j] != s.Row(0)[j] {
			return false
		}
	}
	return true
}

func (t *PointTable) caption() string {
	return fmt.Sprintf("MAP error of %s: %s", t.Method, size(t.Tests, t.Draws, t.Warned))
}

func (t *PointTable) lines() [][]string {
	lines := [][]string{{"", "RMSE of the MAP [prior sd]"}}
	for _, r := range t.Rows {
		lines = append(lines, []string{r.Var.Label(), r.RMSE.String()})
	}
	return append(lines, []string{"all", t.All.String()})
}

// String is the table as text.
func (t *PointTable) String() string { return textTable(t.caption(), t.lines()) }

// HTML is the same table for a notebook.
func (t *PointTable) HTML() string { return htmlTable(t.caption(), t.lines()) }
