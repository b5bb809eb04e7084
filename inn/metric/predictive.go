package metric

import (
	"fmt"
	"math"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A PredictiveTable says whether simulations at a posterior's draws look like
// simulations at the truth. It shows itself as a table.
type PredictiveTable struct {
	Method string // the posterior's name
	Tests  int    // test pairs
	Draws  int    // posterior draws a measurement
	Warned Warned // the draws' warnings
	Failed int    // simulations at draws that failed, and are left out
	Rows   []PredictiveRow

	// P is the probability that an exact posterior does as badly: the least P
	// of the measurements times their number. Below 0.01 the posterior is wrong.
	P float64

	Band *Band // of the ranks' distribution functions
}

// A PredictiveRow is one measurement's line.
type PredictiveRow struct {
	Var inn.Var

	// Spread is the root mean square of s(x) - y* over the posterior's draws x,
	// and Noise that over the true x, both in standard deviations of the
	// measurement over the test set. Draws of an exact posterior have the same
	// Spread as Noise.
	Spread, Noise float64

	Ranks     []float64 // of a new simulation at the truth among those at the draws, one a test pair
	Distances []float64 // ranks of its distance from y* among theirs
	P         float64   // probability that ranks of an exact posterior are as far from uniform, twice the less of the two
	Verdict   string    // as in SBCRow; and of ranks without a fault whether a few draws are far off, which ranks do not see
}

// farOff is how many times as large as the noise the spread is when that is due to a few draws.
const farOff = 3

// Predictive is a posterior-predictive check: the simulator runs at the draws x
// for y*, and what it gives is compared with y*, and with a new simulation at the
// true parameters. The latter is as the former when the posterior is exact: its
// ranks among them are uniform, and so are those of its distance from y*, which draws of the prior
// fail. (Those of y* itself are not, as the posterior has
// seen it.) The check sees what the posterior gets wrong of things that can be
// measured; a lost mode that gives the same measurements passes.
//
// Predictions too far from y, of a posterior in which SBC finds no fault, say that it is right on average but wider than
// it could be: more pairs or Steps may help, or method.NewWhiteComponents where measurements say nearly the same.
//
// It takes Tests·Draws simulations; 100 draws a measurement unless set.
func Predictive(post inn.Posterior, problem inn.Problem, test *inn.Pairs, set *Settings) (*PredictiveTable, error) {
	r, err := newRun(post, test, fewDraws(set))
	if err != nil {
		return nil, err
	}
	if err := fits(problem, test); err != nil {
		return nil, err
	}
	vars := test.Y.Vars
	unit := spreads(&inn.Samples{Vars: vars, Data: test.Y.Data[:r.n*len(vars)]})
	t := &PredictiveTable{Method: post.String(), Tests: r.n, Draws: r.draws, Rows: make([]PredictiveRow, len(vars)), Band: newBand(r.n), P: 1}
	err = r.eachInTurn("predictions", func(i int, truth []float64, cols [][]float64) error {
		rng := r.rng(i)
		seed := rng.Uint64()
		again := simulate(problem, &inn.Samples{Vars: test.X.Vars, Data: truth}, ^seed)[0]
		if again.err != nil {
			return fmt.Errorf("metric: the simulator failed at the true parameters of test pair %d: %w", i, again.err)
		}
		var replicas [][]float64
		for _, s := range simulate(problem, rows(test.X.Vars, cols), seed) {
			if s.err != nil {
				t.Failed++
				continue
			}
			replicas = append(replicas, s.y)
		}
		if len(replicas) < fewestDraws/2 {
			return fmt.Errorf("metric: only %d of %d simulations at draws of %s succeed at test pair %d", len(replicas), len(cols[0]), r.post, i)
		}
		y := test.Y.Row(i)
		for j := range vars {
			row := &t.Rows[j]
			errs := make([]float64, len(replicas))
			for k, s := range replicas {
				errs[k] = rounded((s[j] - y[j]) / unit[j])
				row.Spread += errs[k] * errs[k] / float64(len(replicas)*r.n)
			}
			e := rounded((again.y[j] - y[j]) / unit[j])
			row.Noise += e * e / float64(r.n)
			row.Ranks = append(row.Ranks, randomRank(errs, e, rng))
			for k, v := range errs {
				errs[k] = math.Abs(v)
			}
			row.Distances = append(row.Distances, randomRank(errs, math.Abs(e), rng))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.Warned = warned(r.warnings)
	for j := range t.Rows {
		row := &t.Rows[j]
		row.Var = vars[j]
		row.Spread, row.Noise = math.Sqrt(row.Spread), math.Sqrt(row.Noise)
		if !finite(row.Spread) {
			return nil, fmt.Errorf("metric: simulations of %s at draws of %s are too large for float64", row.Var.Name, r.post)
		}
		_, _, p := t.Band.judge(row.Ranks)
		_, _, near := t.Band.judge(row.Distances)
		row.P = min(1, 2*min(p, near))
		row.Verdict = verdict(row.Ranks, 2*p)
		if 2*p >= alarm && row.P < alarm {
			row.Verdict = "too near y"
			if mean(row.Distances) < 0.5 {
				row.Verdict = "too far from y"
			}
		}
		if row.P >= alarm && row.Noise > 0 && row.Spread > farOff*row.Noise {
			row.Verdict = "right but for a few draws, which are far off"
		}
		t.P = min(t.P, row.P*float64(len(t.Rows)))
	}
	return t, nil
}

// rounded makes errors equal that differ by rounding alone, as they do between
// exact draws of a problem without noise.
func rounded(v float64) float64 { return math.Round(v*1e9) / 1e9 }

func (t *PredictiveTable) caption() string {
	failed := ""
	if t.Failed > 0 {
		failed = fmt.Sprintf("; %d simulations failed", t.Failed)
	}
	return fmt.Sprintf("predictions of %s: %s; %s for all%s", t.Method, size(t.Tests, t.Draws, t.Warned), sentence(t.P), failed)
}

func (t *PredictiveTable) lines() [][]string {
	lines := [][]string{{"", "draws' error [sd of y]", "truth's error [sd of y]", "p", "predictions are"}}
	for _, r := range t.Rows {
		lines = append(lines, []string{r.Var.Label(), fmt.Sprintf("%.3g", r.Spread), fmt.Sprintf("%.3g", r.Noise), probability(r.P), r.Verdict})
	}
	return lines
}

// String is the table as text.
func (t *PredictiveTable) String() string { return textTable(t.caption(), t.lines()) }

// HTML is the same table for a notebook.
func (t *PredictiveTable) HTML() string { return htmlTable(t.caption(), t.lines()) }
