package metric

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A Comparison sets methods side by side on one problem, as the paper's Table 2
// does. It shows itself as a table.
type Comparison struct {
	Tests  int     // test pairs
	Draws  int     // posterior draws a measurement, for the calibration
	Chance float64 // as in CalibrationTable
	Rows   []ComparisonRow

	// True is the re-simulation error of the true parameters, the simulator's noise. That of an
	// exact posterior is the same but for chance, when the test pairs are draws of the prior, since their
	// parameters are then draws of it too: less is no virtue but says that the posterior is too narrow.
	True ResimulationRow
}

// A ComparisonRow is one method. When several posteriors of one name are
// compared, such as networks of several seeds, its figures are their means and
// the errors the standard deviations between them; with one posterior the errors
// are those of the test set.
type ComparisonRow struct {
	Method string
	Count  int // posteriors of that name

	Mean        Estimate // re-simulation error |s(x) - y*| over the posterior, in the units of y
	Median      Estimate
	RMS         Estimate // its root mean square
	Calibration Estimate // error over all marginals together, as a share; with one posterior without an error
	Worst       Estimate // the largest error of one parameter; the one above does not see a parameter too wide and another too narrow

	Failed int    // simulations that failed, and are left out of the figures; of several posteriors, all of theirs
	Warned Warned // warnings of the draws for the calibration; of several posteriors, of the one with most
}

// Compare measures posteriors on test pairs of a problem that none of them has
// seen: the re-simulation error of 100 draws a measurement (Resimulated) and the
// calibration error of Settings.Draws (Calibration). A posterior whose draws depend on their
// number, as those of ABC by quantile from ready pairs do, is another one in the two. Posteriors with the same
// String share a row, as networks of several seeds do; method.Named gives another name. The line of the true parameters is what the re-simulation error of a right posterior is
// near to. The calibration over all parameters together may hide one that is too wide and another that is too
// narrow; the worst parameter does not.
//
//	table, err := metric.Compare(problem, test, nil, model, cinn, cvae)
func Compare(problem inn.Problem, test *inn.Pairs, set *Settings, posts ...inn.Posterior) (*Comparison, error) {
	if len(posts) == 0 {
		return nil, fmt.Errorf("metric: Compare has no posteriors: give at least one")
	}
	few := Settings{Draws: fewestDraws}
	if set != nil {
		few.Tests, few.Seed = set.Tests, set.Seed
	}
	c := &Comparison{}
	var found [][]ComparisonRow // of each row of c
	for _, p := range posts {
		r, err := Resimulated(p, problem, test, &few)
		if err != nil {
			return nil, err
		}
		k, err := Calibration(p, test, set)
		if err != nil {
			return nil, err
		}
		c.Tests, c.Draws, c.Chance, c.True = k.Tests, k.Draws, k.Chance, r.Noise
		one := ComparisonRow{p.String(), 1, r.Posterior.Mean, r.Posterior.Median, r.Posterior.RMS, Estimate{Value: k.Error}, Estimate{Value: k.Worst}, r.Failed, k.Warned}
		at := c.row(one.Method)
		if at < 0 {
			at = len(c.Rows)
			c.Rows, found = append(c.Rows, one), append(found, nil)
		}
		found[at] = append(found[at], one)
	}
	for i, all := range found {
		if len(all) > 1 {
			c.Rows[i] = together(all)
		}
	}
	return c, nil
}

// Row is the row of a method.
func (c *Comparison) Row(method string) (ComparisonRow, error) {
	if i := c.row(method); i >= 0 {
		return c.Rows[i], nil
	}
	return ComparisonRow{}, fmt.Errorf("metric: the comparison has no %q", method)
}

func (c *Comparison) row(method string) int {
	for i, r := range c.Rows {
		if r.Method == method {
			return i
		}
	}
	return -1
}

// together is the row of several posteriors.
func together(all []ComparisonRow) ComparisonRow {
	over := func(figure func(r ComparisonRow) Estimate) Estimate {
		values := make([]float64, len(all))
		for i, r := range all {
			values[i] = figure(r).Value
		}
		mean, sd := stat.MeanStdDev(values, nil)
		return Estimate{mean, sd}
	}
	most := slices.MaxFunc(all, func(a, b ComparisonRow) int { return a.Warned.Tests - b.Warned.Tests }).Warned
	failed := 0
	for _, r := range all {
		failed += r.Failed
	}
	return ComparisonRow{
		Method: all[0].Method, Count: len(all), Failed: failed, Warned: most,
		Mean:        over(func(r ComparisonRow) Estimate { return r.Mean }),
		Median:      over(func(r ComparisonRow) Estimate { return r.Median }),
		RMS:         over(func(r ComparisonRow) Estimate { return r.RMS }),
		Calibration: over(func(r ComparisonRow) Estimate { return r.Calibration }),
		Worst:       over(func(r ComparisonRow) Estimate { return r.Worst }),
	}
}

func (c *Comparison) caption() string {
	text := fmt.Sprintf("%d measurements; re-simulation of %d draws each, calibration of %d, chance below %.2f %% a parameter; of several networks mean ± standard deviation between them; a right posterior's re-simulation error is near to that of the true parameters, a smaller one is of a posterior that is too narrow",
		c.Tests, fewestDraws, c.Draws, 100*c.Chance)
	for _, r := range c.Rows {
		if r.Failed > 0 {
			text += fmt.Sprintf("; %d simulations for %s failed and are left out", r.Failed, r.Method)
		}
		if w := r.Warned; w.Tests > 0 {
			text += fmt.Sprintf("; draws of %s had a warning at %d measurements, most often %q", r.Method, w.Tests, w.Most)
		}
	}
	return text
}

func (c *Comparison) lines() [][]string {
	lines := [][]string{{"", "networks", "re-simulation error, mean", "median", "root mean square", "calibration error, worst parameter [%]", "all together [%]"}}
	for _, r := range c.Rows {
		percent := func(e Estimate) string {
			if r.Count == 1 {
				return fmt.Sprintf("%.2f", 100*e.Value)
			}
			return Estimate{100 * e.Value, 100 * e.Error}.String()
		}
		lines = append(lines, []string{r.Method, fmt.Sprint(r.Count), r.Mean.String(), r.Median.String(), r.RMS.String(), percent(r.Worst), percent(r.Calibration)})
	}
	lines = append(lines, []string{"true parameters", "", c.True.Mean.String(), c.True.Median.String(), c.True.RMS.String(), "", ""})
	return lines
}

// String is the table as text.
func (c *Comparison) String() string { return textTable(c.caption(), c.lines()) }

// HTML is the same table for a notebook.
func (c *Comparison) HTML() string { return htmlTable(c.caption(), c.lines()) }
