// Package coverage is what a network says of its own posterior: how often the central
// 68 % interval of its draws held the truth, over some of the pairs that it was made of.
// Of the right posterior it is 68 %; training that was too short, a noisy measurement that
// the network takes for a function of x, or one that tells more than the network can resolve, shows in it.
package coverage

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// A Coverage is counted over pairs.
type Coverage struct {
	Pairs  int       // that were asked
	Inside []float64 // the share of them whose interval held the truth, of each parameter
}

const (
	MostPairs   = 500 // that are asked
	FewestPairs = 50  // that say more than the many that a network was trained on, if it was not trained on them
	Draws       = 100 // of each

	// Of 100 draws in order those from the 17th to the 84th have the truth's rank, one of 101,
	// between 16 and 84 in 69 cases.
	low, high = 16, 84
	right     = float64(high-low+1) / (Draws + 1)

	// far is how far from right, in its standard errors, no coverage is by chance.
	far = 4.5
)

// Of counts over n pairs: truth gives the d parameters of pair k, draw the i-th of its Draws.
func Of(n, d int, truth func(k int) []float64, draw func(k, i int) []float64) *Coverage {
	c := &Coverage{Pairs: n, Inside: make([]float64, d)}
	for k := range n {
		below := make([]int, d)
		x := truth(k)
		for i := range Draws {
			for j, v := range draw(k, i) {
				if v < x[j] {
					below[j]++
				}
			}
		}
		for j, b := range below {
			if low <= b && b <= high {
				c.Inside[j] += 1 / float64(n)
			}
		}
	}
	return c
}

// Aside begins the name of what is a parameter to the network alone, as the noise of a measurement
// is (method.Residuals).
const Aside = "residual of "

// Warn is a sentence about the parameter whose coverage is farthest off, if
// that is not by chance, with advice. One that is a parameter to the network alone is named when no
// other is off. A network that was saved before there were
// coverages has none, and a nil one warns of nothing.
func (c *Coverage) Warn(name func(j int) string, advice string) string {
	if c == nil {
		return ""
	}
	off := func(j int) float64 { return math.Abs(c.Inside[j] - right) }
	aside := func(j int) bool { return strings.HasPrefix(name(j), Aside) }
	worst := -1
	for j := range c.Inside {
		if off(j) < far*math.Sqrt(right*(1-right)/float64(c.Pairs)) {
			continue
		}
		if worst < 0 || aside(worst) && !aside(j) || aside(worst) == aside(j) && off(j) > off(worst) {
			worst = j
		}
	}
	if worst < 0 {
		return ""
	}
	share := c.Inside[worst]
	how := "narrow or biased"
	if share > right {
		how = "wide"
	}
	return fmt.Sprintf("The posterior of %s is too %s: on the training data its 68 %% interval held the truth in %.0f %% of %d cases. %s",
		name(worst), how, 100*share, c.Pairs, advice)
}

// Check is for a coverage of d parameters from a file.
func (c *Coverage) Check(d int) error {
	ok := c.Pairs > 0 && len(c.Inside) == d
	for j := 0; ok && j < d; j++ {
		ok = c.Inside[j] >= 0 && c.Inside[j] <= 1+1e-9 // rounded sums; NaN is neither
	}
	if !ok {
		return errors.New("it does not say how often its intervals held the truth")
	}
	return nil
}
