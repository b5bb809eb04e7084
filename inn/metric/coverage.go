package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A CoverageTable says how often regions of a posterior hold the truth, for all
// parameters together. It shows itself as a table.
type CoverageTable struct {
	Method  string // the posterior's name
	Regions string // how the regions are made
	Tests   int    // test pairs
	Draws   int    // posterior draws a measurement

	Warned Warned // the draws' warnings

	// Ranks are the levels, from 0 to 1, of the smallest region that holds the
	// truth, one a test pair: uniform when the posterior is exact.
	Ranks []float64

	Level    []float64 // levels α = 0.05, 0.10 .. 0.95, the places of the band
	Coverage []float64 // the share of truths in the region of level α
	Error    float64   // mean of |Coverage - Level|
	P        float64   // probability that an exact posterior does as badly; below 0.01 it is wrong
	Verdict  string    // "no fault found", "wrong", and of Coverage "too wide", "too narrow or off"
	Band     *Band     // where the coverage lies in 95 of 100 cases
}

// Coverage is the expected coverage of highest-density regions (Hermans et al.
// 2022): the share of truths in the region that holds the share α of the
// posterior is α when the posterior is exact; less says that it is too narrow or
// wrong, more that it is too wide. All parameters count together, so that wrong
// correlations and lost modes are seen.
//
// Any posterior will do, it need not have a density: half of the draws stand for
// it, the density at a point being high where the k-th nearest of these n is near,
// k = √n (distances in prior standard deviations), and the regions are made of the
// other half. If the posterior is exact so is the coverage, however poor the
// density.
func Coverage(post inn.Posterior, test *inn.Pairs, set *Settings) (*CoverageTable, error) {
	t, err := cover(post, test, set, "highest-density regions", func(r *run, i int, _, truth []float64, draws [][]float64) float64 {
		half := len(draws) / 2
		k := int(math.Sqrt(float64(half)))
		tree := newTree(draws[:half])
		distance := func(x []float64) float64 {
			d := 0.0
			for _, n := range nearest(tree, x, k) {
				d = max(d, n.Dist)
			}
			return d
		}
		var distances []float64
		for _, x := range draws[half:] {
			distances = append(distances, distance(x))
		}
		return randomRank(distances, distance(truth), r.rng(i))
	})
	if err != nil {
		return nil, err
	}
	if t.P < alarm {
		t.Verdict = "too wide"
		if mean(t.Ranks) > 0.5 {
			t.Verdict = "too narrow or off"
		}
	}
	return t, nil
}

// TARP are tests of accuracy with random points (Lemos et al. 2023): for each
// test pair there is a point, which y and chance decide, and the region is the ball around it
// that reaches to the truth. The share of draws inside is uniform over the pairs
// when the posterior is exact, and, over all points, only then. The point is, of the truths of
// ten other pairs, that with the most similar y, so that draws of the prior do not pass
// either, as they do in the other tests; distances are Euclidean in prior standard deviations.
func TARP(post inn.Posterior, test *inn.Pairs, set *Settings) (*CoverageTable, error) {
	units := sync.OnceValue(func() []float64 { return spreads(test.Y) })
	return cover(post, test, set, "balls around points that y suggests", func(r *run, i int, unit, truth []float64, draws [][]float64) float64 {
		rng := r.rng(i)
		centre := make([]float64, len(truth))
		for j, v := range r.test.X.Row(r.alike(i, units(), rng)) {
			centre[j] = v / unit[j]
		}
		distances := make([]float64, len(draws))
		for k, x := range draws {
			distances[k] = squaredDistance(x, centre)
		}
		return randomRank(distances, squaredDistance(truth, centre), rng)
	})
}

// alike is, of ten other test pairs, the one whose measurement is the most similar to that of
// pair i, in the units.
func (r *run) alike(i int, units []float64, rng *rand.Rand) (nearest int) {
	least := math.Inf(1)
	for range 10 {
		other := rng.IntN(r.n - 1)
		if other >= i {
			other++
		}
		d := 0.0
		for j, v := range r.test.Y.Row(other) {
			u := (v - r.test.Y.Row(i)[j]) / units[j]
			d += u * u
		}
		if d < least {
			nearest, least = other, d
		}
	}
	return nearest
}

// cover makes a table of the levels that a measure finds for each test pair from
// the truth and the draws, both in units of the prior's standard deviations.
func cover(post inn.Posterior, test *inn.Pairs, set *Settings, regions string, level func(r *run, i int, unit, truth []float64, draws [][]float64) float64) (*CoverageTable, error) {
	r, err := newRun(post, test, set)
	if err != nil {
		return nil, err
	}
	unit, err := r.units(test.X, "parameter")
	if err != nil {
		return nil, err
	}
	t := &CoverageTable{Method: post.String(), Regions: regions, Tests: r.n, Draws: r.draws, Band: newBand(r.n)}
	err = r.each("coverage", func(i int, truth []float64, cols [][]float64) error {
		at := make([]float64, len(truth))
		for j, v := range truth {
			at[j] = v / unit[j]
		}
		t.Ranks = append(t.Ranks, level(r, i, unit, at, scaled(rows(test.X.Vars, cols), unit)))
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.Warned = warned(r.warnings)
	t.Level = t.Band.At
	_, t.Coverage, t.P = t.Band.judge(t.Ranks)
	for k, c := range t.Coverage {
		t.Error += math.Abs(c-t.Level[k]) / float64(len(t.Level))
	}
	t.Verdict = "no fault found"
	if t.P < alarm {
		t.Verdict = "wrong"
	}
	return t, nil
}

func (t *CoverageTable) caption() string {
	return fmt.Sprintf("coverage of %s by %s: %s; %s: %s", t.Method, t.Regions, size(t.Tests, t.Draws, t.Warned), sentence(t.P), t.Verdict)
}

func (t *CoverageTable) lines() [][]string {
	percent := func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }
	lines := [][]string{{"level", "truths inside", "95 % band"}}
	for k, l := range t.Level {
		if k%2 == 1 || k == 0 || k == len(t.Level)-1 { // 5, 10, 20 .. 90, 95 %
			lines = append(lines, []string{fmt.Sprintf("%.0f %%", 100*l), percent(t.Coverage[k]), percent(t.Band.Low[k]) + " to " + percent(t.Band.High[k])})
		}
	}
	return lines
}

// String is the table as text.
func (t *CoverageTable) String() string { return textTable(t.caption(), t.lines()) }

// HTML is the same table for a notebook.
func (t *CoverageTable) HTML() string { return htmlTable(t.caption(), t.lines()) }
