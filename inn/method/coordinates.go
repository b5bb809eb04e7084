package method

import (
	"fmt"
	"math"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// Coordinates are other parameters u = u(x), as many as x has, from which x follows: a
// reparametrisation. A network learns most easily what is smooth and has one hill. Where x has
// a valley, as times have between events of which one always follows the other after
// a while, the time between them, by its normal score (NormalScores), has none; given the
// other parameters, too, by NewConditionalScore. Where parameters follow from each other up
// to a scatter, as a luminosity does from a number of photons, the scatter in place of one of
// them spares the network to learn that. An amplitude A and a phase φ have
// no jump at 2π as A cos φ and A sin φ. What y depends on directly is best left as it is.
//
// Draws need no Jacobian: those of u, each taken back to x, are draws of x.
type Coordinates struct {
	x, u     []inn.Var
	to, back func([]float64) []float64
}

// NewCoordinates has the parameters x, the coordinates u, and the functions from one to the other, which get a
// row of their own that they may change and return. Pairs asks the first, and both
// of them whether they are each other's inverse; draws ask the second.
func NewCoordinates(x, u []inn.Var, to, back func([]float64) []float64) (*Coordinates, error) {
	if len(x) == 0 || len(u) != len(x) {
		return nil, fmt.Errorf("method: %d coordinates in place of %d parameters, want as many, and at least one", len(u), len(x))
	}
	if to == nil || back == nil {
		return nil, fmt.Errorf("method: coordinates want a function from the parameters to them, and one back")
	}
	return &Coordinates{slices.Clone(x), slices.Clone(u), to, back}, nil
}

// inverseTo is how far x may be from what comes back, in ranges of the parameter.
const inverseTo = 1e-6

// Pairs are the pairs with the coordinates in place of X; Y is shared. It is an error
// if a coordinate is not finite, or x does not come back from them.
func (c *Coordinates) Pairs(pairs *inn.Pairs) (*inn.Pairs, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	if !slices.Equal(pairs.X.Vars, c.x) {
		return nil, fmt.Errorf("method: the pairs' parameters are not those of the coordinates")
	}
	lo, hi := slices.Clone(pairs.X.Row(0)), slices.Clone(pairs.X.Row(0))
	for i := range pairs.Len() {
		for j, v := range pairs.X.Row(i) {
			lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		}
	}
	u := inn.NewSamples(c.u, pairs.Len())
	for i := range pairs.Len() {
		x := pairs.X.Row(i)
		if err := change(u.Row(i), c.u, x, c.to); err != nil {
			return nil, fmt.Errorf("method: coordinates of pair %d: %w", i, err)
		}
		again := make([]float64, len(x))
		if err := change(again, c.x, u.Row(i), c.back); err != nil {
			return nil, fmt.Errorf("method: pair %d, back from its coordinates: %w", i, err)
		}
		for j, v := range x {
			if math.Abs(again[j]-v) > inverseTo*(hi[j]-lo[j]) {
				return nil, fmt.Errorf("method: %s is %v in pair %d and comes back from the coordinates as %v: the two functions are not each other's inverse", c.x[j].Name, v, i, again[j])
			}
		}
	}
	return &inn.Pairs{X: u, Y: pairs.Y}, nil
}

// change writes f(from) to to, whose values have the names of vars.
func change(to []float64, vars []inn.Var, from []float64, f func([]float64) []float64) error {
	got := f(slices.Clone(from))
	if len(got) != len(to) {
		return fmt.Errorf("the function returned %d values, want %d", len(got), len(to))
	}
	for j, v := range got {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s is %v", vars[j].Name, v)
		}
	}
	copy(to, got)
	return nil
}

// Undo is a posterior of the parameters, from one that was trained on their coordinates. It is
// safe for use by several goroutines if the function back is.
func (c *Coordinates) Undo(post inn.Posterior) inn.Posterior {
	return &replaced{post, c.x, "coordinates", func(row []float64) error {
		if err := change(row, c.x, row, c.back); err != nil {
			return fmt.Errorf("method: a draw of %s, back from its coordinates: %w", post, err)
		}
		return nil
	}}
}

// replaced takes draws of another posterior, of which as many other numbers take the place of
// parameters, back to these.
type replaced struct {
	inn.Posterior
	x    []inn.Var
	what string // the other numbers are
	back func(row []float64) error
}

func (p *replaced) Measured() []inn.Var { return inn.Measured(p.Posterior) }

func (p *replaced) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	draws, err := p.Posterior.Sample(y, n, seed)
	if err != nil {
		return nil, err
	}
	if len(draws.Vars) != len(p.x) {
		return nil, fmt.Errorf("method: %s draws %d parameters, but there are %d %s", p, len(draws.Vars), len(p.x), p.what)
	}
	draws.Vars = p.x
	for i := range draws.Len() {
		if err := p.back(draws.Row(i)); err != nil {
			return nil, err
		}
	}
	return draws, nil
}
