package metric

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A CalibrationTable says whether a posterior's intervals hold the truth as
// often as they claim. It shows itself as a table and holds the curves of the
// paper's Figure 11.
type CalibrationTable struct {
	Method string // the posterior's name
	Tests  int    // test pairs
	Draws  int    // posterior draws a measurement
	Warned Warned // the draws' warnings

	// Confidence are the 100 confidences q = k/101, k = 1..100.
	Confidence []float64

	// Inliers is, for each confidence, the share of truths strictly inside the
	// central interval of that confidence, over all marginals of all pairs.
	// Inliers - Confidence below zero is overconfidence.
	Inliers []float64

	// Error is the paper's calibration error over all parameters together, the median of
	// |Inliers - Confidence|. A parameter that is too wide and one that is too narrow
	// cancel in it; Mean and Worst see both.
	Error float64

	Mean  float64 // of the parameters' errors
	Worst float64 // the largest of them

	// Chance is what the error of one parameter stays below in 95 of 100 test
	// sets of this size when the posterior is exact: an error below it is no
	// sign of a fault.
	Chance float64

	Rows []CalibrationRow
}

// A CalibrationRow is one parameter's line.
type CalibrationRow struct {
	Var     inn.Var
	Inliers []float64 // as in the table, for this parameter alone
	Error   float64
}

// confidences is the number of confidences of the paper's calibration error.
const confidences = 100

// Calibration measures the calibration error of section 4.2 of the paper on a
// test set of at least 10 pairs that the posterior was not trained on: central
// quantile intervals of the marginals at 100 confidences. The paper has 4096
// draws and 5000 tests. The k-th of n draws in order counts as the quantile
// k/(n+1), which it is on average, so that an exact posterior shows no error
// however few draws it has: from 200 on, the number of draws hardly matters. A truth that
// is equal to several draws, as whole numbers are, counts by halves and other parts: its place among its equals is uniform.
func Calibration(post inn.Posterior, test *inn.Pairs, set *Settings) (*CalibrationTable, error) {
	r, err := newRun(post, test, set)
	if err != nil {
		return nil, err
	}
	c := r.calibration()
	err = r.each("calibration", func(_ int, truth []float64, cols [][]float64) error {
		c.add(truth, cols)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.finish(), nil
}

// A calibration counts inliers, of each parameter at each confidence.
type calibration struct {
	*run
	table  *CalibrationTable
	counts [][]float64
}

func (r *run) calibration() *calibration {
	t := &CalibrationTable{Method: r.post.String(), Tests: r.n, Draws: r.draws, Confidence: make([]float64, confidences)}
	for k := range t.Confidence {
		t.Confidence[k] = float64(k+1) / (confidences + 1)
	}
	c := &calibration{r, t, make([][]float64, len(r.test.X.Vars))}
	for j := range c.counts {
		c.counts[j] = make([]float64, confidences)
	}
	return c
}

// add counts a measurement's true parameters, given its draws.
func (c *calibration) add(truth []float64, cols [][]float64) {
	for j, draws := range cols {
		below, above := rank(draws, truth[j])
		for k, q := range c.table.Confidence {
			c.counts[j][k] += inside(below, above, q)
		}
	}
}

func (c *calibration) finish() *CalibrationTable {
	t, vars := c.table, c.test.X.Vars
	t.Warned = warned(c.warnings)
	t.Inliers = make([]float64, confidences)
	for j, v := range vars {
		row := CalibrationRow{Var: v, Inliers: make([]float64, confidences)}
		for k, count := range c.counts[j] {
			row.Inliers[k] = count / float64(c.n)
			t.Inliers[k] += row.Inliers[k] / float64(len(vars))
		}
		row.Error = deviation(row.Inliers, t.Confidence)
		t.Mean += row.Error / float64(len(vars))
		t.Worst = max(t.Worst, row.Error)
		t.Rows = append(t.Rows, row)
	}
	t.Error = deviation(t.Inliers, t.Confidence)
	t.Chance = chance(t.Confidence, c.n)
	return t
}

// rank says where x stands among the draws: with the k-th of n draws in order
// as the quantile k/(n+1), lines between them and nothing beyond the ends, x is between
// the quantiles below and above, which differ when it equals draws. It needs no sorting.
func rank(draws []float64, x float64) (below, above float64) {
	var less, equal int
	left, right := math.Inf(-1), math.Inf(1) // the neighbours of x
	for _, d := range draws {
		switch {
		case d < x:
			less++
			left = max(left, d)
		case d > x:
			right = min(right, d)
		default:
			equal++
		}
	}
	n := float64(len(draws) + 1)
	switch {
	case equal > 0:
		return float64(less) / n, float64(less+equal+1) / n
	case less == 0:
		return -1, -1
	case less == len(draws):
		return 2, 2
	}
	at := (float64(less) + (x-left)/(right-left)) / n
	return at, at
}

// inside is the share of the places from below to above that lie in the central interval of confidence q.
func inside(below, above, q float64) float64 {
	low, high := (1-q)/2, (1+q)/2
	if below == above {
		if low < below && below < high {
			return 1
		}
		return 0
	}
	return max(0, min(above, high)-max(below, low)) / (above - below)
}

// deviation is the median of |inliers - confidence|.
func deviation(inliers, confidence []float64) float64 {
	d := make([]float64, len(inliers))
	for k := range d {
		d[k] = math.Abs(inliers[k] - confidence[k])
	}
	slices.Sort(d)
	return quantile(d, 0.5)
}

// chance simulates the calibration error of an exact posterior on n tests,
// where the truth's rank is uniform, and returns its 95 % quantile.
func chance(confidence []float64, n int) float64 {
	const rounds = 400
	errs := make([]float64, rounds)
	inliers := make([]float64, len(confidence))
	for i := range errs {
		rng := inn.RNG(0, uint64(i))
		clear(inliers)
		for range n {
			// |2 rank - 1| is uniform, and the truth is inside every interval
			// of a confidence above it.
			u := rng.Float64()
			if k := int(u * float64(len(confidence)+1)); k < len(confidence) {
				inliers[k] += 1 / float64(n)
			}
		}
		for k := 1; k < len(inliers); k++ {
			inliers[k] += inliers[k-1]
		}
		errs[i] = deviation(inliers, confidence)
	}
	slices.Sort(errs)
	return quantile(errs, 0.95)
}

func (t *CalibrationTable) caption() string {
	return fmt.Sprintf("calibration error of %s: %s; chance stays below %.2f %%", t.Method, size(t.Tests, t.Draws, t.Warned), 100*t.Chance)
}

// String is the table as text: the error of every parameter, their mean and that of all together.
func (t *CalibrationTable) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, t.caption())
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "%-16s %8.2f %%\n", r.Var.Label(), 100*r.Error)
	}
	if len(t.Rows) > 1 {
		fmt.Fprintf(&b, "%-16s %8.2f %%\n", "mean of these", 100*t.Mean)
		fmt.Fprintf(&b, "%-16s %8.2f %%\n", "all together", 100*t.Error)
	}
	return b.String()
}

// HTML is the same table for a notebook.
func (t *CalibrationTable) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<table><caption>%s</caption><thead><tr><th></th><th>calibration error</th></tr></thead><tbody>", html.EscapeString(t.caption()))
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "<tr><th>%s</th><td>%.2f %%</td></tr>", html.EscapeString(r.Var.Label()), 100*r.Error)
	}
	if len(t.Rows) > 1 {
		fmt.Fprintf(&b, "<tr><th>mean of these</th><td>%.2f %%</td></tr><tr><th>all together</th><td>%.2f %%</td></tr>", 100*t.Mean, 100*t.Error)
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
