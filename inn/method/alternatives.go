package method

import (
	"errors"
	"fmt"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// Alternatives are posteriors of several kinds of x, such as two histories that lead to
// the same measurement, and how probable each kind is,
//
//	p(x | y) = Σₖ p(k | y) p(x | y, k).
//
// One network that makes several hills out of one normal distribution leaves bridges
// between them, and learns their weights last: they are a small part of its likelihood.
// Here every kind has a network of its own, which has seen no other kind, and the
// probabilities are those of another, trained by least squares to say 1 for the kind that a
// pair is of and 0 for the others: what is least on average is p(k | y).
type Alternatives struct {
	of     []inn.Posterior
	shares *Point
}

// TrainAlternatives asks kind, a number from 0 to kinds-1, of the x of every pair, and learn
// for a posterior of each kind from its pairs. Parameters that have one value in all pairs of a kind, such as the whole number
// that makes it one, are left out of what learn gets and come back in the draws; a kind without other parameters needs no learn. The settings are those of the network for the
// probabilities, which always has a leaky ReLU; its defaults are Layers 4, Batch 250 or a tenth of the pairs,
// Steps 5000, Rate 2e-3 and Held 0.1, the others as in PointSettings. A kind of less than a hundredth of the pairs is an error. After an error
// of learn there is no posterior; when the network for the probabilities ends early, that so far is returned with the error.
func TrainAlternatives(pairs *inn.Pairs, kinds int, kind func(x []float64) int, learn func(k int, pairs *inn.Pairs) (inn.Posterior, error), s *PointSettings) (*Alternatives, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	if kinds < 2 {
		return nil, fmt.Errorf("method: TrainAlternatives of %d kinds, want at least 2", kinds)
	}
	var names []inn.Var
	parts := make([]*inn.Pairs, kinds)
	for k := range parts {
		names = append(names, inn.Var{Name: fmt.Sprintf("kind %d", k)})
		parts[k] = &inn.Pairs{X: &inn.Samples{Vars: pairs.X.Vars}, Y: &inn.Samples{Vars: pairs.Y.Vars}}
	}
	shares := inn.NewSamples(names, pairs.Len())
	for i := range pairs.Len() {
		x := pairs.X.Row(i)
		k := kind(x)
		if k < 0 || k >= kinds {
			return nil, fmt.Errorf("method: pair %d is of kind %d, want 0 to %d", i, k, kinds-1)
		}
		shares.Row(i)[k] = 1
		parts[k].X.Data = append(parts[k].X.Data, x...)
		parts[k].Y.Data = append(parts[k].Y.Data, pairs.Y.Row(i)...)
	}
	for k, part := range parts { // before hours of training
		if part.Len() < pairs.Len()/100+1 {
			return nil, fmt.Errorf("method: of %d pairs %d are of kind %d, too few to learn from", pairs.Len(), part.Len(), k)
		}
	}
	var o PointSettings
	if s != nil {
		o = *s
	}
	o.Leaky = true
	orInt(&o.Layers, 4)
	orInt(&o.Batch, min(250, pairs.Len()/10))
	orInt(&o.Steps, 5000)
	orReal(&o.Rate, 2e-3)
	orReal(&o.Held, 0.1)
	if _, err := o.withDefaults(0); err != nil {
		return nil, err
	}
	a := &Alternatives{}
	for k, part := range parts {
		constants, rest := findFixed(part)
		if rest == nil {
			a.of = append(a.of, constants)
			continue
		}
		post, err := learn(k, rest)
		if err == nil && post == nil {
			err = errors.New("method: learn returned no posterior")
		}
		if err != nil {
			return nil, fmt.Errorf("method: kind %d: %w; TrainAlternatives returns no posterior", k, err)
		}
		if len(constants.free) < len(constants.vars) {
			constants.others = post
			post = constants
		}
		a.of = append(a.of, post)
	}
	var err error
	if a.shares, err = TrainPoint(&inn.Pairs{X: shares, Y: pairs.Y}, &o); a.shares == nil {
		return nil, err
	}
	return a, err
}

// Probabilities are p(k | y) of every kind; their sum is 1.
func (a *Alternatives) Probabilities(y []float64) ([]float64, error) {
	draw, err := a.shares.Sample(y, 1, 0)
	if err != nil {
		return nil, err
	}
	p, sum := draw.Row(0), 0.0
	for k, v := range p {
		p[k] = max(v, 1e-6) // least squares knows no bounds
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p, nil
}

// String is "INN of each kind", if an INN is what has learned the first.
func (a *Alternatives) String() string { return fmt.Sprintf("%v of each kind", a.of[0]) }

// Measured are the measurements that it is given.
func (a *Alternatives) Measured() []inn.Var { return slices.Clone(a.shares.y.vars) }

// Sample draws a kind by its probability, and x from its posterior.
func (a *Alternatives) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	p, err := a.Probabilities(y)
	if err != nil {
		return nil, err
	}
	return sampleMixture(a.of, p, y, n, seed)
}
