package method

import (
	"fmt"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/coverage"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// Residuals make the noise of a measurement a parameter. An INN's y is a function of
// x (equation 2), and a noisy measurement is none. But it is a function of x and of
// the noise,
//
//	y = h(x) + e,
//
// with a network h that predicts y from x. Pairs has the D parameters and the M
// residuals e in place of x; as D + M values of x and e are M of y and D of z, an INN
// of Latent D and Nominal D+M needs no padding. What h misses is in e with the noise,
// so that nothing is approximated by an h that is not perfect: only the less there is for
// the INN to learn the better h is.
type Residuals struct {
	x, y    []inn.Var
	forward *Point
}

// TrainResiduals trains h, by least squares with the settings of a point estimate from x
// to y; nil settings mean the defaults of TrainPoint. When training ends early, the
// residuals of the network so far are returned with the error.
func TrainResiduals(pairs *inn.Pairs, s *PointSettings) (*Residuals, error) {
	// Its errors call the columns what they are here; those of TrainPoint would not.
	if _, _, err := scalings(pairs, false); err != nil {
		return nil, err
	}
	forward, err := TrainPoint(&inn.Pairs{X: pairs.Y, Y: pairs.X}, s)
	if forward == nil {
		return nil, err
	}
	return &Residuals{pairs.X.Vars, pairs.Y.Vars, forward}, err
}

// Pairs are the pairs with [x, e] in place of X; Y is shared. The residual of a
// measurement "y" is called "residual of y".
func (r *Residuals) Pairs(pairs *inn.Pairs) (*inn.Pairs, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	if !slices.Equal(pairs.X.Vars, r.x) || !slices.Equal(pairs.Y.Vars, r.y) {
		return nil, fmt.Errorf("method: the pairs' parameters or measurements are not those of the residuals")
	}
	vars := slices.Clone(r.x)
	for _, v := range r.y {
		vars = append(vars, inn.Var{Name: coverage.Aside + v.Name, Unit: v.Unit})
	}
	full := inn.NewSamples(vars, pairs.Len())
	h := make([]float64, len(r.y))
	pass := r.forward.net.NewPass(1)
	x := tensor.New(1, len(r.x))
	for i := range full.Len() {
		r.forward.y.apply(x.Row(0), pairs.X.Row(i))
		r.forward.x.undo(h, r.forward.predict(pass, r.forward.weights, x, nil).Row(0))
		row := full.Row(i)
		for j := range h {
			row[len(r.x)+j] = pairs.Y.Row(i)[j] - h[j]
		}
		copy(row, pairs.X.Row(i))
	}
	return &inn.Pairs{X: full, Y: pairs.Y}, nil
}

// Undo is a posterior of x, from one of [x, e]: its draws without e.
func (r *Residuals) Undo(post inn.Posterior) inn.Posterior { return &withoutResiduals{post, r} }

// withoutResiduals leaves the residuals out of another posterior's draws.
type withoutResiduals struct {
	inn.Posterior
	residuals *Residuals
}

func (p *withoutResiduals) Measured() []inn.Var { return inn.Measured(p.Posterior) }

func (p *withoutResiduals) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	full, err := p.Posterior.Sample(y, n, seed)
	if err != nil {
		return nil, err
	}
	vars := p.residuals.x
	if want := len(vars) + len(p.residuals.y); len(full.Vars) != want {
		return nil, fmt.Errorf("method: %s draws %d values, want %d parameters and residuals", p, len(full.Vars), want)
	}
	draws := inn.NewSamples(vars, full.Len())
	// The residuals have no name that the reader of a warning has heard.
	draws.Warning = strings.ReplaceAll(full.Warning, "The posterior of "+coverage.Aside, "The posterior of the noise in ")
	for i := range draws.Len() {
		copy(draws.Row(i), full.Row(i))
	}
	return draws, nil
}
