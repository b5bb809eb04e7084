package inn

import (
	"fmt"
	"math"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// A coverage is how often the central 68 % interval of a network's draws held the
// truth, over some of the pairs that it was trained on. Of the right posterior it
// is 68 %; training that was too short, or a noisy y that the network takes for a
// function of x, shows in it.
type coverage struct {
	Pairs  int       // that were asked
	Inside []float64 // the share of them, of each parameter
}

const (
	coveragePairs = 200
	coverageDraws = 100

	// Of 100 draws in order those from the 17th to the 84th have the truth's rank, one of 101,
	// between 16 and 84 in 69 cases.
	coverageLow, coverageHigh = 16, 84
	coverageRight             = float64(coverageHigh-coverageLow+1) / (coverageDraws + 1)

	// coverageFar is how far from right, in its standard errors, no coverage is by chance.
	coverageFar = 4.5
)

// cover measures the coverage of the trained network. One whose draws are not
// finite covers nothing.
func (t *trainer) cover() *coverage {
	seen := t.measured()
	n := min(coveragePairs, seen.Rows)
	pair := func(k int) int { return k * seen.Rows / n }
	c := &coverage{Pairs: n, Inside: make([]float64, t.D)}
	draws := NewSamples(t.model.x.Vars, n*coverageDraws)
	task := progress.Start("coverage", draws.Len())
	defer task.End()
	y := func(i int) []float32 { return seen.Row(pair(i / coverageDraws)) }
	if t.model.draw(draws, 0, RNG(t.Seed, streamCoverage).Uint64(), y, task) != nil {
		return c
	}
	truth := make([]float64, t.D)
	for k := range n {
		t.model.x.undo(truth, t.x.Row(pair(k)))
		for j, v := range truth {
			below := 0
			for i := range coverageDraws {
				if draws.Row(k*coverageDraws + i)[j] < v {
					below++
				}
			}
			if coverageLow <= below && below <= coverageHigh {
				c.Inside[j] += 1 / float64(n)
			}
		}
	}
	return c
}

// warn is a sentence about the parameter whose coverage is farthest off, if
// that is not by chance. Networks that were saved before there were coverages have none.
func (c *coverage) warn(vars []Var, advice string) string {
	if c == nil {
		return ""
	}
	worst := 0
	for j, v := range c.Inside {
		if math.Abs(v-coverageRight) > math.Abs(c.Inside[worst]-coverageRight) {
			worst = j
		}
	}
	share := c.Inside[worst]
	if math.Abs(share-coverageRight) < coverageFar*math.Sqrt(coverageRight*(1-coverageRight)/float64(c.Pairs)) {
		return ""
	}
	how := "narrow or biased"
	if share > coverageRight {
		how = "wide"
	}
	return fmt.Sprintf("The posterior of %s is too %s: on the training data its 68 %% interval held the truth in %.0f %% of %d cases. %s",
		vars[worst].Name, how, 100*share, c.Pairs, advice)
}

// check is for a coverage from a file.
func (c *coverage) check(d int) error {
	ok := c.Pairs > 0 && len(c.Inside) == d
	for j := range d {
		ok = ok && c.Inside[j] >= 0 && c.Inside[j] <= 1+1e-9 // rounded sums; NaN is neither
	}
	if !ok {
		return fmt.Errorf("it does not say how often its intervals held the truth")
	}
	return nil
}

// warning is what draws for a normalised y are to say.
func (m *Model) warning(y []float32) string {
	advice := "Longer training may help; if y is noisy, set Settings.Noise, or take method.TrainINN or TrainCINN."
	if m.settings.Noise != nil || m.settings.WeightLikelihood > 0 {
		advice = "Longer training may help, or more pairs, or method.TrainCINN."
	}
	return strings.TrimSpace(m.fence.Warn(y) + " " + m.covered.warn(m.x.Vars, advice))
}
