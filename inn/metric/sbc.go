package metric

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// An SBCTable says whether the true parameters stand among the posterior's draws
// as if they were one of them. It shows itself as a table.
type SBCTable struct {
	Method string // the posterior's name
	Tests  int    // test pairs
	Draws  int    // posterior draws a measurement
	Warned Warned // the draws' warnings
	Rows   []SBCRow

	// P is the probability that an exact posterior does as badly: the least P
	// of the parameters times their number. Below 0.01 the posterior is wrong.
	P float64

	Band *Band // where the distribution functions of the ranks lie in 95 of 100 cases
}

// An SBCRow is one parameter's line.
type SBCRow struct {
	Var   inn.Var
	Ranks []float64 // the truth's rank among the draws, from 0 to 1, one a test pair

	// Histogram counts the ranks in 20 bars. High ends (∪) say that the
	// posterior is too narrow, a high middle (∩) that it is too wide, a slope
	// that it is biased, high bars to the right that it is too low.
	Histogram []int

	ECDF      []float64 // the share of ranks up to the places of the band
	P         float64   // probability that an exact posterior is as far out of the band
	ChiSquare float64   // the same by Pearson's test of the histogram
	Verdict   string    // "too narrow", "too wide", "too low", "too high", "no fault found"
}

// SBC is simulation-based calibration (Talts et al. 2018): if the posterior is
// exact, the rank of the true parameter among its draws is uniform over test
// pairs from the prior. It uses the ranks' distribution function with its
// simultaneous band (Säilynoja et al. 2022), which does not depend on bars, and
// the histogram. Ranks are of one parameter at a time: wrong correlations are
// seen by Coverage and TARP instead. Draws of the prior, whatever y is, pass here and
// in Coverage; TARP, Predictive and Recovered see them. At least 10 pairs are wanted, better 1000.
func SBC(post inn.Posterior, test *inn.Pairs, set *Settings) (*SBCTable, error) {
	r, err := newRun(post, test, set)
	if err != nil {
		return nil, err
	}
	t := &SBCTable{Method: post.String(), Tests: r.n, Draws: r.draws, Rows: make([]SBCRow, len(test.X.Vars)), Band: newBand(r.n)}
	err = r.each("ranks", func(i int, truth []float64, cols [][]float64) error {
		rng := r.rng(i)
		for j, draws := range cols {
			t.Rows[j].Ranks = append(t.Rows[j].Ranks, randomRank(draws, truth[j], rng))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.P, t.Warned = 1, warned(r.warnings)
	for j := range t.Rows {
		row := &t.Rows[j]
		row.Var = test.X.Vars[j]
		row.Histogram, row.ECDF, row.P = t.Band.judge(row.Ranks)
		row.ChiSquare = chiSquare(row.Histogram)
		row.Verdict = verdict(row.Ranks, row.P)
		t.P = min(t.P, row.P*float64(len(t.Rows)))
	}
	return t, nil
}

// rng is the random source of a measure for test pair i, another than that of
// the draws.
func (r *run) rng(i int) *rand.Rand { return inn.RNG(^r.seed, uint64(i)) }

// randomRank is where x stands among the draws, drawn from the part of (0, 1)
// that its rank has; among equal draws it is at a random place. So it is uniform
// whatever the number of draws if x is one of them.
func randomRank(draws []float64, x float64, rng *rand.Rand) float64 {
	less, equal := 0, 0
	for _, d := range draws {
		switch {
		case d < x:
			less++
		case d == x:
			equal++
		}
	}
	return (float64(less) + rng.Float64()*float64(equal+1)) / float64(len(draws)+1)
}

// judge is what a table says of ranks.
func (b *Band) judge(ranks []float64) (counts []int, ecdf []float64, p float64) {
	counts = histogram(ranks)
	below := 0
	for k := range b.At {
		below += counts[k]
		ecdf = append(ecdf, float64(below)/float64(b.n))
	}
	return counts, ecdf, b.p(counts)
}

// chiSquare is Pearson's test that counts come from equal bars. Bars are joined
// until five are expected in each, or two are left.
func chiSquare(counts []int) float64 {
	n := 0
	for _, c := range counts {
		n += c
	}
	bars := len(counts)
	for bars > 2 && (len(counts)%bars != 0 || n < 5*bars) {
		bars--
	}
	expected := float64(n) / float64(bars)
	sum := 0.0
	for i := range bars {
		count := 0
		for _, c := range counts[i*len(counts)/bars : (i+1)*len(counts)/bars] {
			count += c
		}
		sum += (float64(count) - expected) * (float64(count) - expected) / expected
	}
	return distuv.ChiSquared{K: float64(bars - 1)}.Survival(sum)
}

func (t *SBCTable) caption() string {
	return fmt.Sprintf("ranks of the truth among draws of %s: %s; %s for all", t.Method, size(t.Tests, t.Draws, t.Warned), sentence(t.P))
}

func (t *SBCTable) lines() [][]string {
	lines := [][]string{{"", "p of the ranks", "p of their histogram", "the draws are"}}
	for _, r := range t.Rows {
		lines = append(lines, []string{r.Var.Label(), probability(r.P), probability(r.ChiSquare), r.Verdict})
	}
	return lines
}

// String is the table as text.
func (t *SBCTable) String() string { return textTable(t.caption(), t.lines()) }

// HTML is the same table for a notebook.
func (t *SBCTable) HTML() string { return htmlTable(t.caption(), t.lines()) }

// probability is p for a table.
func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

// sentence is p for a sentence: "p = 0.129" or "p < 0.001".
func sentence(p float64) string {
	if p < 0.001 {
		return "p < 0.001"
	}
	return fmt.Sprintf("p = %.3f", p)
}
