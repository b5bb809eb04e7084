package method

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// NormalScores map every parameter to a number that is standard normal under the
// prior, Φ⁻¹(F(x)) with F the parameter's distribution function, and back. A network
// that is trained on them has no walls to keep to, and a parameter that y says
// nothing about is what it was before training: standard normal. Where most
// parameters are hardly recoverable this makes posteriors far better calibrated;
// where y depends on few x in a simple way it may make them worse, because that
// way is then bent.
//
// F is linear between quantiles of draws of the prior and ends 1/n of their range
// beyond the outermost of the n, so that no posterior leaves the prior's range.
type NormalScores struct {
	vars  []inn.Var
	knots []quantiles // of each parameter
}

const (
	scoreKnots     = 200 // at most
	drawsPerKnot   = 50
	fewestForScore = 100
)

// NewNormalScores takes the distribution functions from at least 100 draws of the
// prior, such as the X of training pairs. A parameter that does not vary is an
// error.
func NewNormalScores(prior *inn.Samples) (*NormalScores, error) {
	if prior == nil || prior.Len() < fewestForScore {
		return nil, fmt.Errorf("method: normal scores want at least %d draws of the prior", fewestForScore)
	}
	if err := prior.Check(); err != nil {
		return nil, fmt.Errorf("method: normal scores: %w", err)
	}
	s := &NormalScores{vars: prior.Vars}
	n := prior.Len()
	for j, v := range prior.Vars {
		col := make([]float64, n)
		for i := range col {
			col[i] = prior.Row(i)[j]
		}
		slices.Sort(col)
		if col[0] == col[n-1] {
			return nil, fmt.Errorf("method: %s is %.4g in every draw of the prior: leave it out, it has no normal scores", v.Name, col[0])
		}
		s.knots = append(s.knots, newQuantiles(col))
	}
	return s, nil
}

// Pairs are the pairs with the scores in place of X; Y is shared. That of a parameter "a" is called
// "score of a". A parameter beyond the prior's range is an error.
func (s *NormalScores) Pairs(pairs *inn.Pairs) (*inn.Pairs, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	if !slices.Equal(pairs.X.Vars, s.vars) {
		return nil, fmt.Errorf("method: the pairs' parameters are not those of the normal scores")
	}
	scores := make([]inn.Var, len(s.vars))
	for j, v := range s.vars {
		scores[j].Name = "score of " + v.Name // without a unit
	}
	x := inn.NewSamples(scores, pairs.Len())
	for i := range x.Len() {
		for j, v := range pairs.X.Row(i) {
			if knots := s.knots[j]; !(v > knots[0] && v < knots[len(knots)-1]) {
				return nil, fmt.Errorf("method: %s is %v in pair %d, but the normal scores know the prior from %v to %v", s.vars[j].Name, v, i, knots[0], knots[len(knots)-1])
			}
			x.Row(i)[j] = s.score(j, v)
		}
	}
	return &inn.Pairs{X: x, Y: pairs.Y}, nil
}

// score is that of a value between the outermost knots.
func (s *NormalScores) score(j int, v float64) float64 {
	return distuv.UnitNormal.Quantile(s.knots[j].share(v))
}

// value is that of a score.
func (s *NormalScores) value(j int, score float64) float64 {
	return s.knots[j].value(distuv.UnitNormal.CDF(score))
}

// quantiles are a distribution function F: the values where it is 0, 1/k, ..., 1.
type quantiles []float64

// newQuantiles are those of at least drawsPerKnot sorted draws, which are not all the same. F ends 1/n of
// their range beyond the outermost of the n.
func newQuantiles(sorted []float64) quantiles {
	n := len(sorted)
	k := min(n/drawsPerKnot, scoreKnots)
	margin := (sorted[n-1] - sorted[0]) / float64(n)
	q := quantiles{sorted[0] - margin}
	for i := 1; i < k; i++ {
		q = append(q, sorted[i*n/k])
	}
	return append(q, sorted[n-1]+margin)
}

// share is F(v), from 0 to 1.
func (q quantiles) share(v float64) float64 {
	if v <= q[0] {
		return 0
	}
	if v >= q[len(q)-1] {
		return 1
	}
	i, _ := slices.BinarySearch(q, v)
	part := 0.5 // of values that many draws share
	if low, high := q[i-1], q[i]; high > low {
		part = (v - low) / (high - low)
	}
	return (float64(i-1) + part) / float64(len(q)-1)
}

// value is where F is a share from 0 to 1.
func (q quantiles) value(share float64) float64 {
	u := share * float64(len(q)-1)
	i := min(int(u), len(q)-2)
	return q[i] + (u-float64(i))*(q[i+1]-q[i])
}

// Undo is a posterior of the parameters, from one that was trained on their
// scores.
func (s *NormalScores) Undo(post inn.Posterior) inn.Posterior {
	return &replaced{post, s.vars, "normal scores", func(row []float64) error {
		for j, v := range row {
			row[j] = s.value(j, v)
		}
		return nil
	}}
}
