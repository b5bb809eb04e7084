package method

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// NewWhiteComponents takes the first k components by what they show rather than by how
// much they vary: each has noise of variance 1 that is uncorrelated with the others', and
// the first have most signal. It is the minimum noise fraction transform of multispectral
// images (Green, Berman, Switzer and Craig 1988). Where measurements say nearly the same,
// as the bands of a camera do, what tells them apart is small in each of them but may be
// large against the noise; a network that sees each band in units of its own spread learns
// it last. Components that are nothing but noise can be left out.
//
// With C the covariance of y and N that of its noise, of which there are draws such as
// Noise makes, component k is aₖ·(y - mean) with C aₖ = λₖ N aₖ and aₖ·N aₖ = 1, so that
// λₖ is its variance. Share is their share of Σ λ.
func NewWhiteComponents(y, noise *inn.Samples, k int) (*Components, error) {
	for _, s := range []*inn.Samples{y, noise} {
		if s == nil || s.Len() < 2*len(s.Vars) {
			return nil, fmt.Errorf("method: white components want at least twice as many draws as there are measurements")
		}
		if err := s.Check(); err != nil {
			return nil, fmt.Errorf("method: white components: %w", err)
		}
	}
	m := len(y.Vars)
	if !slices.Equal(y.Vars, noise.Vars) {
		return nil, fmt.Errorf("method: the noise is of other measurements than y")
	}
	if k < 1 || k > m {
		return nil, fmt.Errorf("method: asked for %d components of %d measurements", k, m)
	}
	c := &Components{vars: y.Vars, mean: make([]float64, m), axes: mat.NewDense(m, k, nil)}
	all := mat.NewDense(y.Len(), m, y.Data)
	for j := range c.mean {
		c.mean[j] = stat.Mean(mat.Col(nil, j, all), nil)
	}
	var total, n mat.SymDense
	stat.CovarianceMatrix(&total, all, nil)
	stat.CovarianceMatrix(&n, mat.NewDense(noise.Len(), m, noise.Data), nil)
	// With N = L Lᵀ, the eigenvectors of L⁻¹ C L⁻ᵀ are Lᵀ aₖ.
	var chol mat.Cholesky
	if !chol.Factorize(&n) {
		return nil, fmt.Errorf("method: white components: a combination of the measurements has no noise: give each noise of its own, or leave out those that follow from others")
	}
	var l mat.TriDense
	chol.LTo(&l)
	var half, white mat.Dense
	if err := half.Solve(&l, &total); err != nil {
		return nil, fmt.Errorf("method: white components: %w", err)
	}
	if err := white.Solve(&l, half.T()); err != nil {
		return nil, fmt.Errorf("method: white components: %w", err)
	}
	sym := mat.NewSymDense(m, nil)
	for i := range m {
		for j := i; j < m; j++ {
			sym.SetSym(i, j, (white.At(i, j)+white.At(j, i))/2)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(sym, true) {
		return nil, fmt.Errorf("method: white components: no eigenvectors")
	}
	var vectors, axes mat.Dense
	eigen.VectorsTo(&vectors)
	if err := axes.Solve(l.T(), &vectors); err != nil {
		return nil, fmt.Errorf("method: white components: %w", err)
	}
	values := eigen.Values(nil) // rising
	sum := floats.Sum(values)
	for i := range m {
		c.Ratio = append(c.Ratio, values[m-1-i]-1)
		if i < k {
			axis := mat.Col(nil, m-1-i, &axes)
			if slices.MaxFunc(axis, bySize) < 0 { // a sign that does not depend on the algorithm
				for j := range axis {
					axis[j] = -axis[j]
				}
			}
			c.axes.SetCol(i, axis)
			c.Share += values[m-1-i] / sum
		}
	}
	return c, nil
}

func bySize(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) }

// Noise are n draws of the noise of a problem's measurements: the difference of two
// simulations of one x, divided by √2, for n draws x of the prior.
func Noise(p inn.Problem, n int, seed uint64) (*inn.Samples, error) {
	twice := p
	twice.Y = slices.Clone(p.Y)
	for _, v := range p.Y {
		twice.Y = append(twice.Y, inn.Var{Name: v.Name + " again", Unit: v.Unit})
	}
	twice.Simulate = func(rng *rand.Rand, x []float64) []float64 {
		one, two := p.Simulate(rng, slices.Clone(x)), p.Simulate(rng, x)
		if one == nil || two == nil {
			return nil
		}
		return append(slices.Clone(one), two...)
	}
	pairs, err := twice.Pairs(n, seed)
	if err != nil {
		return nil, err
	}
	noise := inn.NewSamples(p.Y, n)
	for i := range n {
		both, row := pairs.Y.Row(i), noise.Row(i)
		for j := range row {
			row[j] = (both[j] - both[len(row)+j]) / math.Sqrt2
		}
	}
	return noise, nil
}
