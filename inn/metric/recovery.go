package metric

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A RecoveryTable says how much a measurement tells of each parameter. It
// shows itself as a table; plot.Recovery draws it.
type RecoveryTable struct {
	Method string // the posterior's name
	Tests  int    // test pairs
	Draws  int    // posterior draws a measurement
	Warned Warned // the draws' warnings
	Rows   []RecoveryRow
}

// A RecoveryRow is one parameter's line. With S² the variance of the parameter
// over the test set (the prior's) and σ_i² the variance of the posterior draws
// of test pair i:
type RecoveryRow struct {
	Var inn.Var

	// Contraction is the share of the prior's variance that a measurement
	// removes, 1 - mean(σ_i²)/S²: 1 when the parameter is known after the
	// measurement, 0 when the posterior is as wide as the prior, negative
	// when it is wider.
	Contraction float64

	// Correlation is that of the posterior median with the truth; 0 when all
	// medians are the same. A posterior with the right width has
	// Correlation² ≈ Contraction (exact when it is Gaussian); a Contraction
	// above says that it claims to know more than it does.
	Correlation float64

	// RMSE is the root mean square of (median - truth)/S: 0 at best, 1 when
	// the median says no more than the prior's mean.
	RMSE float64

	// Inside is the share of truths inside the central 68 % interval of their
	// posterior: 0.68 when its width is right. Truths that equal draws count as in Calibration.
	Inside float64

	// Truth, Median, Low and High hold one value a test pair: the true
	// parameter, the posterior's median and its central 68 % interval.
	Truth, Median, Low, High []float64
}

// confidence is that of the interval in the table: one standard deviation to
// each side of a Gaussian, as everyone rounds it.
const confidence = 0.68

// Recovered measures how much of each parameter the posterior recovers on a
// test set of at least 10 pairs that it was not trained on. Draws of other
// parameters than the test set's, draws that are not finite and a parameter
// that is constant over the test set are errors.
func Recovered(post inn.Posterior, test *inn.Pairs, set *Settings) (*RecoveryTable, error) {
	r, err := newRun(post, test, set)
	if err != nil {
		return nil, err
	}
	table := &RecoveryTable{Method: post.String(), Tests: r.n, Draws: r.draws, Rows: make([]RecoveryRow, len(test.X.Vars))}
	for j, v := range test.X.Vars {
		row := &table.Rows[j]
		row.Var = v
		for i := range r.n {
			row.Truth = append(row.Truth, test.X.Row(i)[j])
		}
		if slices.Min(row.Truth) == slices.Max(row.Truth) {
			return nil, fmt.Errorf("metric: parameter %s is %v in all %d test pairs: there is nothing to recover", v.Name, row.Truth[0], r.n)
		}
	}
	within := make([]float64, len(table.Rows)) // mean posterior variance
	err = r.each("recovery", func(_ int, truth []float64, cols [][]float64) error {
		for j, draws := range cols {
			within[j] += stat.Variance(draws, nil) / float64(r.n)
			slices.Sort(draws)
			row := &table.Rows[j]
			row.Median = append(row.Median, quantile(draws, 0.5))
			row.Low = append(row.Low, quantile(draws, (1-confidence)/2))
			row.High = append(row.High, quantile(draws, (1+confidence)/2))
			if below, above := rank(draws, truth[j]); below < above {
				row.Inside += inside(below, above, confidence)
			} else if low, high := row.Low[len(row.Low)-1], row.High[len(row.High)-1]; low < truth[j] && truth[j] < high {
				row.Inside++
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	table.Warned = warned(r.warnings)
	for j := range table.Rows {
		if err := table.Rows[j].summarise(within[j]); err != nil {
			return nil, err
		}
	}
	return table, nil
}

// summarise fills the row's figures from its values.
func (row *RecoveryRow) summarise(within float64) error {
	prior := stat.Variance(row.Truth, nil)
	row.Contraction = 1 - within/prior
	if slices.Min(row.Median) < slices.Max(row.Median) {
		row.Correlation = stat.Correlation(row.Median, row.Truth, nil)
	}
	square := 0.0
	for i, truth := range row.Truth {
		square += (row.Median[i] - truth) * (row.Median[i] - truth)
	}
	n := float64(len(row.Truth))
	row.RMSE = math.Sqrt(square / n / prior)
	row.Inside /= n
	if !finite(row.Contraction) || !finite(row.Correlation) || !finite(row.RMSE) {
		return fmt.Errorf("metric: the draws of %s are too large or too close together for float64: contraction %v, correlation %v, RMSE %v",
			row.Var.Name, row.Contraction, row.Correlation, row.RMSE)
	}
	return nil
}

func (t *RecoveryTable) caption() string {
	return fmt.Sprintf("recovery of the parameters by %s: %s", t.Method, size(t.Tests, t.Draws, t.Warned))
}

// String is the table as text.
func (t *RecoveryTable) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%-16s %16s %12s %16s %14s\n", t.caption(), "", "variance removed", "correlation", "RMSE [prior sd]", "in 68 % int.")
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "%-16s %14.1f %% %12.3f %16.3f %12.1f %%\n", r.Var.Label(), 100*r.Contraction, r.Correlation, r.RMSE, 100*r.Inside)
	}
	return b.String()
}

// HTML is the same table for a notebook.
func (t *RecoveryTable) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<table><caption>%s</caption><thead><tr><th></th><th>variance removed</th><th>correlation of median and truth</th><th>RMSE of the median [prior sd]</th><th>truth in the 68 %% interval</th></tr></thead><tbody>",
		html.EscapeString(t.caption()))
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "<tr><th>%s</th><td>%.1f %%</td><td>%.3f</td><td>%.3f</td><td>%.1f %%</td></tr>",
			html.EscapeString(r.Var.Label()), 100*r.Contraction, r.Correlation, r.RMSE, 100*r.Inside)
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
