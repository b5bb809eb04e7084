package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A ResimulationTable says how far simulations at a posterior's parameters fall
// from the measurement that they were inferred from. It shows itself as a table.
type ResimulationTable struct {
	Method string // the posterior's name
	Tests  int    // test pairs
	Draws  int    // posterior draws a measurement
	Warned Warned // the draws' warnings
	Failed int    // simulations that failed, and are left out of the figures

	// Posterior is the re-simulation error of the draws, or of their MAP.
	Posterior ResimulationRow

	// Noise is that of the true parameters, 0 when the simulator has no noise. An exact posterior's is the
	// same but for chance, when the test pairs are draws of the prior; a smaller one says that the posterior is too narrow.
	Noise ResimulationRow

	what string // "posterior" or "MAP"
}

// A ResimulationRow are figures of the distances |s(x) - y*|. The paper does not
// say which it means, nor in what units.
type ResimulationRow struct {
	Mean   Estimate // in the units of y
	Median Estimate
	RMS    Estimate // root mean square
	Scaled Estimate // mean, with each measurement in units of its standard deviation over the test set
}

// Resimulated measures the re-simulation error over the whole posterior, as the
// paper's Table 2 does: the simulator runs at every draw. That takes Tests·Draws
// simulations; 100 draws a measurement unless set. Errors are bootstrapped over
// measurements. The error sees draws that do not fit the measurement; it sees
// neither a lost mode nor a narrow posterior, which fit it well. A simulation that fails, or gives a value beyond 1e150, is
// counted and left out: draws beyond the walls of the prior may have none.
func Resimulated(post inn.Posterior, problem inn.Problem, test *inn.Pairs, set *Settings) (*ResimulationTable, error) {
	return resimulate(post, problem, test, fewDraws(set), "posterior", func(draws *inn.Samples, _ []float64) (*inn.Samples, error) { return draws, nil })
}

// ResimulatedMAP measures the re-simulation error of the MAP estimates, as the
// paper's Table 1 does on 1000 measurements: one simulation each. MAP says how
// they are found; ResimulatedEstimates takes estimates that are there.
func ResimulatedMAP(post inn.Posterior, problem inn.Problem, test *inn.Pairs, set *Settings) (*ResimulationTable, error) {
	return resimulate(post, problem, test, set, "MAP", func(draws *inn.Samples, unit []float64) (*inn.Samples, error) {
		best, err := MAP(draws, &MAPSettings{Scale: unit})
		return &inn.Samples{Vars: draws.Vars, Data: best}, err
	})
}

// fewDraws are the settings with 100 draws instead of 1000 unless they are set.
func fewDraws(set *Settings) *Settings {
	var s Settings
	if set != nil {
		s = *set
	}
	if s.Draws == 0 {
		s.Draws = fewestDraws
	}
	return &s
}

func resimulate(post inn.Posterior, problem inn.Problem, test *inn.Pairs, set *Settings, what string, choose func(draws *inn.Samples, unit []float64) (*inn.Samples, error)) (*ResimulationTable, error) {
	r, err := newRun(post, test, set)
	if err != nil {
		return nil, err
	}
	xUnit, err := r.units(test.X, "parameter")
	if err != nil {
		return nil, err
	}
	s, err := r.resimulation(problem, what)
	if err != nil {
		return nil, err
	}
	err = r.eachInTurn("re-simulation", func(i int, _ []float64, cols [][]float64) error {
		xs, err := choose(rows(test.X.Vars, cols), xUnit)
		if err != nil {
			return err
		}
		s.add(i, xs)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.finish()
}

// A resimulation collects the distances of simulations.
type resimulation struct {
	*run
	problem      inn.Problem
	unit         []float64 // standard deviations of y
	table        *ResimulationTable
	drawn, noise distances
}

func (r *run) resimulation(problem inn.Problem, what string) (*resimulation, error) {
	if err := fits(problem, r.test); err != nil {
		return nil, err
	}
	return &resimulation{
		run: r, problem: problem,
		unit:  spreads(&inn.Samples{Vars: r.test.Y.Vars, Data: r.test.Y.Data[:r.n*len(r.test.Y.Vars)]}),
		table: &ResimulationTable{Method: r.post.String(), Tests: r.n, Draws: r.draws, what: what},
	}, nil
}

// add simulates at what was inferred from measurement i, and at the truth.
func (s *resimulation) add(i int, xs *inn.Samples) {
	// The truth last, with the draws, so that a single draw leaves no processor idle.
	all := &inn.Samples{Vars: xs.Vars, Data: slices.Concat(xs.Data, s.test.X.Row(i))}
	sims := simulate(s.problem, all, s.rng(i).Uint64())
	s.take(i, sims[:xs.Len()], sims[xs.Len()])
}

// take takes simulations at what was inferred from measurement i, and at the truth.
func (s *resimulation) take(i int, inferred []simulation, truth simulation) {
	y := s.test.Y.Row(i)
	s.table.Failed += s.drawn.add(inferred, y, s.unit)
	s.table.Failed += s.noise.add([]simulation{truth}, y, s.unit)
}

func (s *resimulation) finish() (*ResimulationTable, error) {
	t := s.table
	t.Warned = warned(s.warnings)
	for _, part := range []struct {
		row *ResimulationRow
		of  distances
	}{{&t.Posterior, s.drawn}, {&t.Noise, s.noise}} {
		var err error
		if *part.row, err = part.of.row(s.seed); err != nil {
			return nil, fmt.Errorf("%w; %d simulations failed, the last: %v", err, t.Failed, max(s.drawn.failure, s.noise.failure))
		}
	}
	return t, nil
}

// fits says whether the test pairs are of the problem.
func fits(problem inn.Problem, test *inn.Pairs) error {
	if err := problem.Check(); err != nil {
		return fmt.Errorf("metric: %w", err)
	}
	if len(problem.X) != len(test.X.Vars) || len(problem.Y) != len(test.Y.Vars) {
		return fmt.Errorf("metric: the problem has %d parameters and %d measurements, but the test set has %d and %d",
			len(problem.X), len(problem.Y), len(test.X.Vars), len(test.Y.Vars))
	}
	for _, v := range []struct {
		what     string
		of, test []inn.Var
	}{{"parameters", problem.X, test.X.Vars}, {"measurements", problem.Y, test.Y.Vars}} {
		for j, of := range v.of {
			if of != v.test[j] {
				return fmt.Errorf("metric: the problem and the test set have other %s: number %d of %d is %q of the problem and %q of the test set", v.what, j+1, len(v.of), of.Label(), v.test[j].Label())
			}
		}
	}
	return nil
}

// A simulation is y, or what went wrong.
type simulation struct {
	y   []float64
	err error
}

// largest is the largest value of a simulation that did not fail: figures of errors have their squares.
const largest = 1e150

// simulate runs the problem at each row of xs, row i by the seed and i alone, on
// all processors if the problem allows it.
func simulate(problem inn.Problem, xs *inn.Samples, seed uint64) []simulation {
	return simulateBy(problem, xs, func(row int) *rand.Rand { return inn.RNG(seed, uint64(row)) })
}

// simulateBy does so with the random numbers that rng has for each row.
func simulateBy(problem inn.Problem, xs *inn.Samples, rng func(row int) *rand.Rand) []simulation {
	result := make([]simulation, xs.Len())
	workers := 1
	if problem.Parallel() {
		workers = min(runtime.GOMAXPROCS(0), len(result))
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(result); i += workers {
				y, err := problem.Run(rng(i), xs.Row(i))
				if j := slices.IndexFunc(y, func(v float64) bool { return math.Abs(v) > largest }); j >= 0 {
					err = fmt.Errorf("the simulator returned %s = %.4g, too large for its square, at x = %.4g", problem.Y[j].Name, y[j], xs.Row(i))
				}
				result[i] = simulation{y, err}
			}
		})
	}
	wg.Wait()
	return result
}

// distances are collected one group a measurement.
type distances struct {
	raw, scaled [][]float64
	failure     string
}

// add takes the distances of simulations from y, and returns how many failed.
func (d *distances) add(sims []simulation, y, unit []float64) (failed int) {
	var raw, scaled []float64
	for _, s := range sims {
		if s.err != nil {
			failed++
			d.failure = s.err.Error()
			continue
		}
		var sum, sumScaled float64
		for j, v := range s.y {
			e := v - y[j]
			sum += e * e
			sumScaled += e / unit[j] * e / unit[j]
		}
		raw, scaled = append(raw, math.Sqrt(sum)), append(scaled, math.Sqrt(sumScaled))
	}
	if len(raw) > 0 {
		d.raw, d.scaled = append(d.raw, raw), append(d.scaled, scaled)
	}
	return failed
}

func (d *distances) row(seed uint64) (row ResimulationRow, err error) {
	if len(d.raw) < fewestTests {
		return row, fmt.Errorf("metric: only %d measurements could be re-simulated, want at least %d", len(d.raw), fewestTests)
	}
	each := func(groups [][]float64, f func(float64) float64) []float64 {
		means := make([]float64, len(groups))
		for i, g := range groups {
			for _, v := range g {
				means[i] += f(v) / float64(len(g))
			}
		}
		return means
	}
	itself := func(v float64) float64 { return v }
	if row.Mean, err = Bootstrap(each(d.raw, itself), mean, seed); err != nil {
		return row, err
	}
	if row.RMS, err = Bootstrap(each(d.raw, func(v float64) float64 { return v * v }), rootMean, seed); err != nil {
		return row, err
	}
	if row.Scaled, err = Bootstrap(each(d.scaled, itself), mean, seed); err != nil {
		return row, err
	}
	row.Median = medianOfGroups(d.raw, seed)
	return row, nil
}

func (t *ResimulationTable) caption() string {
	failed := ""
	if t.Failed > 0 {
		failed = fmt.Sprintf("; %d simulations failed", t.Failed)
	}
	return fmt.Sprintf("re-simulation error of %s: %s%s", t.Method, size(t.Tests, t.Draws, t.Warned), failed)
}

func (t *ResimulationTable) lines() [][]string {
	lines := [][]string{{"", "mean", "median", "root mean square", "mean [sd of y]"}}
	for _, l := range []struct {
		name string
		row  ResimulationRow
	}{{t.what, t.Posterior}, {"simulation noise", t.Noise}} {
		lines = append(lines, []string{l.name, l.row.Mean.String(), l.row.Median.String(), l.row.RMS.String(), l.row.Scaled.String()})
	}
	return lines
}

// String is the table as text.
func (t *ResimulationTable) String() string { return textTable(t.caption(), t.lines()) }

// HTML is the same table for a notebook.
func (t *ResimulationTable) HTML() string { return htmlTable(t.caption(), t.lines()) }
