package method

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// NewConditionalScore has the coordinates in which one parameter is replaced by its normal
// score given all the others,
//
//	u = Φ⁻¹(F(x_j | x_others)),
//
// the last step of the triangular map of Knothe and Rosenblatt, as far as a regression on the others and the
// products of two of them tells (with few draws on the others alone): F is the distribution function of what it
// leaves over. Under the prior u is standard normal whatever the others are, so that a network need not learn
// how the parameter hangs on them.
//
// Where the parameter is of several kinds, such as a time that is either short or long, kind says which, a
// number from 0 to kinds-1 in rising order of x_j; with one kind it may be nil. Each kind k has a regression
// g_k of its own, and its share p_k of the scores,
//
//	u = Φ⁻¹(Σ_{l<k} p_l + p_k F_k(x_j - g_k(x_others))).
//
// So a valley between the kinds is gone from u, and how probable each is given y is on which side of a
// number u lies. Draws come back into the range that their kind has in the prior.
//
// It wants draws of the prior, such as the X of training pairs, at least 100 of each kind.
func NewConditionalScore(prior *inn.Samples, name string, kinds int, kind func(x []float64) int) (*Coordinates, error) {
	if prior == nil {
		return nil, fmt.Errorf("method: a conditional score wants draws of the prior, there are none")
	}
	if err := prior.Check(); err != nil {
		return nil, fmt.Errorf("method: conditional score: %w", err)
	}
	j, err := prior.Index(name)
	if err != nil {
		return nil, fmt.Errorf("method: conditional score: %w", err)
	}
	if kind == nil && kinds == 1 {
		kind = func([]float64) int { return 0 }
	}
	if kinds < 1 || kind == nil {
		return nil, fmt.Errorf("method: a conditional score of %d kinds, want at least 1, and a function that tells kinds apart", kinds)
	}
	c := &conditional{column: j, kind: kind, products: newProducts(prior, j)}
	of := make([][]int, kinds) // draws of each kind
	for i := range prior.Len() {
		k := kind(slices.Clone(prior.Row(i)))
		if k < 0 || k >= kinds {
			return nil, fmt.Errorf("method: draw %d of the prior is of kind %d, want 0 to %d", i, k, kinds-1)
		}
		of[k] = append(of[k], i)
	}
	below := 0.0
	for k, rows := range of {
		if len(rows) < fewestForScore {
			return nil, fmt.Errorf("method: %d draws of the prior are of kind %d, a conditional score wants at least %d", len(rows), k, fewestForScore)
		}
		r, err := c.regress(prior, rows)
		if err != nil {
			return nil, fmt.Errorf("method: conditional score of %s: %w", prior.Vars[j].Name, err)
		}
		r.below, r.share = below, float64(len(rows))/float64(prior.Len())
		below += r.share
		c.of = append(c.of, r)
	}
	u := slices.Clone(prior.Vars)
	u[j] = inn.Var{Name: "score of " + prior.Vars[j].Name}
	return NewCoordinates(prior.Vars, u, c.to, c.back)
}

// A conditional is a parameter's distribution given the others, by kinds.
type conditional struct {
	column   int
	kind     func(x []float64) int
	products *products
	of       []branch
}

// A branch is what is known of one kind.
type branch struct {
	below, share float64   // of the prior that is of lower kinds, and of this
	weights      []float64 // of the products
	left         quantiles // of what the products leave over
	low, high    float64   // the parameter's range
}

// drawsPerWeight keeps a regression from learning its draws by heart.
const drawsPerWeight = 10

// regress finds the weights by least squares, with a ridge that keeps products apart
// that repeat each other. Of few draws it takes no products, or the mean alone.
func (c *conditional) regress(prior *inn.Samples, rows []int) (r branch, err error) {
	p := 1
	for _, more := range []int{1 + len(c.products.columns), c.products.len()} {
		if drawsPerWeight*more <= len(rows) {
			p = more
		}
	}
	ridge := 1e-6 * float64(len(rows))
	at := mat.NewDense(p, len(rows), nil) // a column for each draw
	values := make([]float64, len(rows))
	for n, i := range rows {
		at.SetCol(n, c.products.of(prior.Row(i))[:p])
		values[n] = prior.Row(i)[c.column]
	}
	var square mat.SymDense
	square.SymOuterK(1, at)
	for k := range p {
		square.SetSym(k, k, square.At(k, k)+ridge)
	}
	right := mat.NewVecDense(p, nil)
	right.MulVec(at, mat.NewVecDense(len(values), values))
	var chol mat.Cholesky
	if !chol.Factorize(&square) {
		return r, fmt.Errorf("the regression on the other parameters has no solution")
	}
	w := mat.NewVecDense(p, nil)
	if err := chol.SolveVecTo(w, right); err != nil {
		return r, err
	}
	r.weights = w.RawVector().Data
	r.low, r.high = slices.Min(values), slices.Max(values)
	if r.low == r.high {
		return r, fmt.Errorf("it is %v in all draws of a kind", r.low)
	}
	for n, i := range rows {
		values[n] -= r.expected(c.products, prior.Row(i))
	}
	slices.Sort(values)
	if values[len(values)-1]-values[0] <= 1e-4*(r.high-r.low) {
		return r, fmt.Errorf("it follows from the other parameters: leave it out")
	}
	r.left = newQuantiles(values)
	return r, nil
}

// expected is g(x_others).
func (r *branch) expected(of *products, x []float64) (sum float64) {
	values := of.of(x)
	for k, w := range r.weights {
		sum += w * values[k]
	}
	return sum
}

// to replaces the parameter by its score, which is infinite for what the prior has not.
func (c *conditional) to(x []float64) []float64 {
	k := c.kind(slices.Clone(x))
	if k < 0 || k >= len(c.of) {
		x[c.column] = math.NaN()
		return x
	}
	r := &c.of[k]
	x[c.column] = distuv.UnitNormal.Quantile(r.below + r.share*r.left.share(x[c.column]-r.expected(c.products, x)))
	return x
}

func (c *conditional) back(x []float64) []float64 {
	share := distuv.UnitNormal.CDF(x[c.column])
	k := 0
	for k < len(c.of)-1 && share >= c.of[k+1].below {
		k++
	}
	r := &c.of[k]
	left := r.left.value(min(max((share-r.below)/r.share, 0), 1))
	x[c.column] = min(max(left+r.expected(c.products, x), r.low), r.high)
	return x
}

// products are 1, the other parameters in standard units, and the products of two of them.
type products struct {
	columns  []int
	mean, sd []float64
}

func newProducts(prior *inn.Samples, without int) *products {
	p := &products{}
	column := make([]float64, prior.Len())
	for j := range prior.Vars {
		if j == without {
			continue
		}
		for i := range column {
			column[i] = prior.Row(i)[j]
		}
		if mean, sd := stat.MeanStdDev(column, nil); sd > 0 {
			p.columns, p.mean, p.sd = append(p.columns, j), append(p.mean, mean), append(p.sd, sd)
		}
	}
	return p
}

func (p *products) len() int {
	d := len(p.columns)
	return 1 + d + d*(d+1)/2
}

func (p *products) of(x []float64) []float64 {
	all := append(make([]float64, 0, p.len()), 1)
	for k, j := range p.columns {
		all = append(all, (x[j]-p.mean[k])/p.sd[k])
	}
	z := all[1:len(all):len(all)]
	for a := range z {
		for b := range a + 1 {
			all = append(all, z[a]*z[b])
		}
	}
	return all
}
