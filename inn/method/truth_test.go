package method

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// linear is a problem whose posterior is known: x ~ N(0, 1) in three
// dimensions, y = A x + noise in two.
var (
	linearA = mat.NewDense(2, 3, []float64{1, 0.5, 0, 0, 1, -0.7})
	linear  = inn.Problem{
		Name:  "linear Gaussian",
		X:     inn.Vars("a", "b", "c"),
		Y:     inn.Vars("u", "v"),
		Prior: inn.Normal([]float64{0, 0, 0}, []float64{1, 1, 1}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			y := make([]float64, 2)
			for i := range y {
				for j, v := range x {
					y[i] += linearA.At(i, j) * v
				}
				y[i] += linearNoise * rng.NormFloat64()
			}
			return y
		},
		Concurrent: true,
	}
)

const linearNoise = 0.5

// linearPosterior is the closed form: the precision is 1 + AᵀA/σ², and the mean
// is the covariance times Aᵀy/σ².
func linearPosterior(y []float64) (mean []float64, cov *mat.Dense) {
	var p mat.Dense
	p.Mul(linearA.T(), linearA)
	p.Scale(1/(linearNoise*linearNoise), &p)
	for i := range 3 {
		p.Set(i, i, p.At(i, i)+1)
	}
	cov = new(mat.Dense)
	if err := cov.Inverse(&p); err != nil {
		panic(err)
	}
	var aty, m mat.Dense
	aty.Mul(linearA.T(), mat.NewDense(2, 1, y))
	m.Mul(cov, &aty)
	m.Scale(1/(linearNoise*linearNoise), &m)
	return m.RawMatrix().Data, cov
}

// someY are measurements of the linear problem, one far out (about 2 sigma).
var someY = [][]float64{{0, 0}, {1, -0.5}, {-1.2, 1.8}}

// testLinear compares mean and covariance of n draws with the closed form.
func testLinear(t *testing.T, p inn.Posterior, n int, tolMean, tolCov float64) {
	t.Helper()
	for _, y := range someY {
		draws, err := p.Sample(y, n, 3)
		if err != nil {
			t.Fatal(err)
		}
		mean, cov := linearPosterior(y)
		got := covariance(draws)
		for i := range 3 {
			if g := stat.Mean(column(draws, i), nil); !(math.Abs(g-mean[i]) <= tolMean) {
				t.Errorf("%v, y = %v: posterior mean of %s is %.3f, want %.3f", p, y, draws.Vars[i].Name, g, mean[i])
			}
			for j := range i + 1 {
				if g, want := got.At(i, j), cov.At(i, j); !(math.Abs(g-want) <= tolCov) {
					t.Errorf("%v, y = %v: posterior covariance (%d, %d) is %.3f, want %.3f", p, y, i, j, g, want)
				}
			}
		}
	}
}

// twoModes is a problem with a posterior of two modes: x = ±(1.5, 0.3), the
// minus in 30 % of the draws, plus 0.3 N(0, 1) in both dimensions; the
// measurement is the second alone, y = x₂ + 0.3 N(0, 1).
var twoModes = inn.Problem{
	Name: "two modes",
	X:    inn.Vars("p", "q"),
	Y:    inn.Vars("y"),
	Prior: func(rng *rand.Rand) []float64 {
		s := 1.0
		if rng.Float64() < 0.3 {
			s = -1
		}
		return []float64{s*1.5 + 0.3*rng.NormFloat64(), s*0.3 + 0.3*rng.NormFloat64()}
	},
	Simulate:   func(rng *rand.Rand, x []float64) []float64 { return []float64{x[1] + 0.3*rng.NormFloat64()} },
	Concurrent: true,
}

// twoModesPosterior is the weight of the plus mode and each mode's mean and
// standard deviation of x₂; x₁ keeps its prior within a mode.
func twoModesPosterior(y float64) (plus, q2plus, q2minus, sd float64) {
	like := func(m float64) float64 { return math.Exp(-(y - m) * (y - m) / (2 * 0.18)) }
	plus = 0.7 * like(0.3) / (0.7*like(0.3) + 0.3*like(-0.3))
	return plus, (0.3 + y) / 2, (-0.3 + y) / 2, 0.3 / math.Sqrt2
}

// twoModesDensity is p(x | y).
func twoModesDensity(x []float64, y float64) float64 {
	plus, qp, qm, sd := twoModesPosterior(y)
	normal := func(v, m, sd float64) float64 {
		return math.Exp(-(v-m)*(v-m)/(2*sd*sd)) / (sd * math.Sqrt(2*math.Pi))
	}
	return plus*normal(x[0], 1.5, 0.3)*normal(x[1], qp, sd) + (1-plus)*normal(x[0], -1.5, 0.3)*normal(x[1], qm, sd)
}

// testTwoModes compares the weight of the modes, and mean and standard
// deviation within each, with the closed form. The share of draws farther than
// 4 sigma from both modes may be tolStray.
func testTwoModes(t *testing.T, p inn.Posterior, n int, tol, tolStray float64) {
	t.Helper()
	for _, y := range []float64{-0.5, 0, 0.4} {
		draws, err := p.Sample([]float64{y}, n, 3)
		if err != nil {
			t.Fatal(err)
		}
		plus, qp, qm, sd := twoModesPosterior(y)
		var modes [2][2][]float64 // by mode and dimension
		stray := 0
		for i := range n {
			x := draws.Row(i)
			m := 0
			if x[0] < 0 {
				m = 1
			}
			if math.Abs(math.Abs(x[0])-1.5) > 4*0.3 {
				stray++
				continue
			}
			for j, v := range x {
				modes[m][j] = append(modes[m][j], v)
			}
		}
		check := func(what string, got, want float64) {
			if !(math.Abs(got-want) <= tol) {
				t.Errorf("%v, y = %v: %s is %.3f, want %.3f", p, y, what, got, want)
			}
		}
		check("weight of the plus mode", float64(len(modes[0][0]))/float64(n-stray), plus)
		for m, want := range [][4]float64{{1.5, 0.3, qp, sd}, {-1.5, 0.3, qm, sd}} {
			for j, name := range []string{"p", "q"} {
				mean, dev := stat.MeanStdDev(modes[m][j], nil)
				check("mean of "+name, mean, want[2*j])
				check("standard deviation of "+name, dev, want[2*j+1])
			}
		}
		if share := float64(stray) / float64(n); share > tolStray {
			t.Errorf("%v, y = %v: %.3f of the draws are in no mode", p, y, share)
		}
	}
}

func pairsOf(t testing.TB, p inn.Problem, n int) *inn.Pairs {
	t.Helper()
	pairs, err := p.Pairs(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

func column(s *inn.Samples, j int) []float64 {
	col := make([]float64, s.Len())
	for i := range col {
		col[i] = s.Row(i)[j]
	}
	return col
}

func covariance(s *inn.Samples) *mat.SymDense {
	cov := mat.NewSymDense(len(s.Vars), nil)
	stat.CovarianceMatrix(cov, mat.NewDense(s.Len(), len(s.Vars), s.Data), nil)
	return cov
}
