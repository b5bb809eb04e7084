package metric

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// gaussian is a linear Gaussian problem, y = A x + noise, whose posterior is
// N(mean(y), cov) in closed form. Its last parameter does not reach y. Sampled
// as it is, it is exact; the fields spoil it.
type gaussian struct {
	problem inn.Problem
	priorSD []float64
	gain    *mat.Dense // mean(y) = gain y
	cov     *mat.SymDense
	chol    mat.Cholesky

	width float64 // posterior standard deviations are multiplied by this
	bias  float64 // and the mean is off by this many of them
}

func newGaussian(t testing.TB) *gaussian {
	const noise = 0.5
	a := mat.NewDense(3, 4, []float64{
		1, 0.5, 0, 0,
		0.2, 1, 0.01, 0,
		-0.3, 0.4, 0.02, 0,
	})
	g := &gaussian{priorSD: []float64{1, 0.8, 30, 2}, width: 1}
	g.problem = inn.Problem{
		Name:  "linear Gaussian",
		X:     inn.Vars("a", "b", "c [µm]", "d"),
		Y:     inn.Vars("y1", "y2", "y3"),
		Prior: inn.Normal(make([]float64, 4), g.priorSD),
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			var y mat.VecDense
			y.MulVec(a, mat.NewVecDense(4, x))
			for i := range y.RawVector().Data {
				y.RawVector().Data[i] += noise * rng.NormFloat64()
			}
			return y.RawVector().Data
		},
	}
	precision := mat.NewSymDense(4, nil) // S⁻¹ + AᵀA/noise²
	precision.SymOuterK(1/(noise*noise), a.T())
	for i, s := range g.priorSD {
		precision.SetSym(i, i, precision.At(i, i)+1/(s*s))
	}
	var c mat.Cholesky
	if !c.Factorize(precision) {
		t.Fatal("the precision is not positive definite")
	}
	g.cov = mat.NewSymDense(4, nil)
	if err := c.InverseTo(g.cov); err != nil {
		t.Fatal(err)
	}
	g.gain = mat.NewDense(4, 3, nil)
	g.gain.Mul(g.cov, a.T())
	g.gain.Scale(1/(noise*noise), g.gain)
	if !g.chol.Factorize(g.cov) {
		t.Fatal("the covariance is not positive definite")
	}
	return g
}

func (g *gaussian) String() string { return "exact" }

func (g *gaussian) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	if len(y) != 3 {
		return nil, fmt.Errorf("y has %d values, want 3", len(y))
	}
	var mean, e mat.VecDense
	mean.MulVec(g.gain, mat.NewVecDense(3, y))
	var l mat.TriDense
	g.chol.LTo(&l)
	rng := rand.New(rand.NewPCG(seed, 1))
	s := inn.NewSamples(g.problem.X, n)
	z := mat.NewVecDense(4, nil)
	for i := range n {
		for j := range 4 {
			z.SetVec(j, rng.NormFloat64())
		}
		e.MulVec(&l, z)
		for j, row := 0, s.Row(i); j < 4; j++ {
			row[j] = mean.AtVec(j) + g.width*e.AtVec(j) + g.bias*g.sd(j)
		}
	}
	return s, nil
}

// sd is the exact posterior's standard deviation of parameter j.
func (g *gaussian) sd(j int) float64 { return math.Sqrt(g.cov.At(j, j)) }

// contraction is the exact one of parameter j.
func (g *gaussian) contraction(j int) float64 {
	return 1 - g.cov.At(j, j)/(g.priorSD[j]*g.priorSD[j])
}

func (g *gaussian) pairs(t testing.TB, n int) *inn.Pairs {
	p, err := g.problem.Pairs(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// faulty is a posterior that returns what it is told to.
type faulty struct {
	samples *inn.Samples
	err     error
}

func (f faulty) String() string { return "faulty" }

func (f faulty) Sample([]float64, int, uint64) (*inn.Samples, error) { return f.samples, f.err }

var errNoDraws = errors.New("no draws today")
