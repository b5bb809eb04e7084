package method

import (
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// Components map many measurements that repeat each other to their first principal
// components, those directions in which they vary most. A network then has fewer
// inputs, and an INN that must reproduce y has no more of them than x has
// parameters. What the other components tell of x is lost.
//
// The directions are orthonormal: measurements that all have independent noise of
// one standard deviation have components that have the same. So measurements
// should have the same unit and noise, or be divided by their noise before;
// NewWhiteComponents does that, also where the noise is correlated.
type Components struct {
	vars []inn.Var
	mean []float64
	axes *mat.Dense // measurements × components

	// Share is how much of the measurements' variance the components hold.
	Share float64

	// Ratio is, of white components, the signal-to-noise ratio (of variances) of every one,
	// in falling order, also of those left out. 0, or by chance a little less, means nothing but
	// noise.
	Ratio []float64
}

// NewComponents takes the first k principal components of measurements, such as the
// Y of training pairs, best without noise.
func NewComponents(y *inn.Samples, k int) (*Components, error) {
	if y == nil || y.Len() < 2 {
		return nil, errors.New("method: principal components want at least two measurements")
	}
	if err := y.Check(); err != nil {
		return nil, fmt.Errorf("method: principal components: %w", err)
	}
	m := len(y.Vars)
	if k < 1 || k > m || k >= y.Len() {
		return nil, fmt.Errorf("method: asked for %d principal components, want 1 to %d", k, min(m, y.Len()-1))
	}
	rows := mat.NewDense(y.Len(), m, y.Data)
	var pc stat.PC
	if !pc.PrincipalComponents(rows, nil) {
		return nil, errors.New("method: the measurements have no principal components")
	}
	var all mat.Dense
	pc.VectorsTo(&all)
	c := &Components{vars: y.Vars, mean: make([]float64, m), axes: mat.DenseCopyOf(all.Slice(0, m, 0, k))}
	for j := range m {
		c.mean[j] = stat.Mean(mat.Col(nil, j, rows), nil)
	}
	sum, kept := 0.0, 0.0
	for i, v := range pc.VarsTo(nil) {
		sum += v
		if i < k {
			kept += v
		}
	}
	if sum == 0 {
		return nil, errors.New("method: the measurements do not vary")
	}
	c.Share = kept / sum
	return c, nil
}

// Pairs are the pairs with the components in place of Y; X is shared.
func (c *Components) Pairs(pairs *inn.Pairs) (*inn.Pairs, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	if !slices.Equal(pairs.Y.Vars, c.vars) {
		return nil, errors.New("method: the pairs' measurements are not those of the principal components")
	}
	var names []inn.Var
	_, k := c.axes.Dims()
	for i := range k {
		names = append(names, inn.Var{Name: fmt.Sprintf("component %d", i+1)})
	}
	y := inn.NewSamples(names, pairs.Len())
	for i := range y.Len() {
		c.project(y.Row(i), pairs.Y.Row(i))
	}
	return &inn.Pairs{X: pairs.X, Y: y}, nil
}

func (c *Components) project(to, y []float64) {
	for i := range to {
		to[i] = 0
		for j, v := range y {
			to[i] += (v - c.mean[j]) * c.axes.At(j, i)
		}
	}
}

// Undo is a posterior given the measurements themselves, from one that was trained
// on their components.
func (c *Components) Undo(post inn.Posterior) inn.Posterior { return &uncomposed{post, c} }

// uncomposed hands the components of y to another posterior.
type uncomposed struct {
	inn.Posterior
	components *Components
}

func (p *uncomposed) Measured() []inn.Var { return slices.Clone(p.components.vars) }

func (p *uncomposed) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	if err := checkVector("y", y, p.components.vars); err != nil {
		return nil, err
	}
	_, k := p.components.axes.Dims()
	to := make([]float64, k)
	p.components.project(to, y)
	return p.Posterior.Sample(to, n, seed)
}
