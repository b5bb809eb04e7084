package method

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// rowsOf are n rows of standard normal y and of x = f(y) + noise.
func rowsOf(n, d, m int, seed uint64, f func(j int, y []float32, e float64) float64) (x, y tensor.Mat) {
	rng := rand.New(rand.NewPCG(seed, 1))
	x, y = tensor.New(n, d), tensor.New(n, m)
	for i := range n {
		for k := range m {
			y.Row(i)[k] = float32(rng.NormFloat64())
		}
		for j := range d {
			x.Row(i)[j] = float32(f(j, y.Row(i), rng.NormFloat64()))
		}
	}
	return x, y
}

// TestRegressorInverts: undo is the inverse of apply, and logDet its determinant by
// finite differences.
func TestRegressorInverts(t *testing.T) {
	x, y := rowsOf(500, 3, 2, 1, func(j int, y []float32, e float64) float64 {
		return float64(y[0])*float64(j) + math.Sin(float64(y[1])) + 0.3*e
	})
	r, _ := newRegressor(x, y, make([]bool, 3), inn.RNG(1, 1), func() {})
	if r == nil || r.Features == 0 {
		t.Fatal("there is no regression with features")
	}
	at := make([]float64, 3)
	r.at(at, y.Row(7))
	const h = 1e-2
	var jacobian mat.Dense
	jacobian.CloneFrom(mat.NewDense(3, 3, nil))
	for k := range 3 {
		var u [2][3]float32
		for side, sign := range []float32{1, -1} {
			copy(u[side][:], x.Row(7))
			u[side][k] += sign * h
			r.apply(u[side][:], at)
		}
		for j := range 3 {
			jacobian.Set(j, k, float64(u[0][j]-u[1][j])/(2*h))
		}
	}
	if got, want := r.logDet(), math.Log(mat.Det(&jacobian)); math.Abs(got-want) > 1e-3 {
		t.Errorf("the log-determinant is %v, by differences %v", got, want)
	}
	row := append([]float32(nil), x.Row(7)...)
	r.apply(row, at)
	r.undo(row, at)
	for j, v := range row {
		if math.Abs(float64(v-x.Row(7)[j])) > 1e-5 {
			t.Errorf("parameter %d comes back as %v from %v", j, v, x.Row(7)[j])
		}
	}
}

// TestRegressorLeavesWhatNewPairsHave: however few the rows are for the measurements, the u that a
// network learns from are as wide as those of pairs that were not seen.
func TestRegressorLeavesWhatNewPairsHave(t *testing.T) {
	const d, m = 10, 60
	f := func(j int, y []float32, e float64) float64 {
		return float64(y[j]) + float64(y[(7*j+20)%m]) + math.Cos(2*float64(y[j+1])) + 0.5*e
	}
	for _, n := range []int{200, 2000} {
		x, y := rowsOf(n, d, m, 1, f)
		r, u := newRegressor(x, y, make([]bool, d), inn.RNG(1, 1), func() {})
		if r == nil {
			t.Fatal("there is no regression")
		}
		fresh, ys := rowsOf(2000, d, m, 2, f)
		at := make([]float64, d)
		for i := range fresh.Rows {
			r.at(at, ys.Row(i))
			r.apply(fresh.Row(i), at)
		}
		if a, b := spread(u), spread(fresh); math.Abs(a/b-1) > 0.06 || math.Abs(b-1) > 0.1 {
			t.Errorf("of %d rows the standard deviation of u is %.3f, of new ones %.3f", n, a, b)
		}
	}
}

func spread(u tensor.Mat) float64 {
	all := make([]float64, len(u.Data))
	for i, v := range u.Data {
		all[i] = float64(v)
	}
	return stat.StdDev(all, nil)
}

// TestRegressorLeavesAlone: no regression where nothing is explained, where what is left depends on the
// measurement, and of parameters with walls; beside others such a parameter stays as it is.
func TestRegressorLeavesAlone(t *testing.T) {
	for name, c := range map[string]struct {
		f      func(j int, y []float32, e float64) float64
		walled bool
	}{
		"nothing explained": {func(_ int, _ []float32, e float64) float64 { return e }, false},
		"uneven":            {func(_ int, y []float32, e float64) float64 { return float64(y[0]) * (1 + e) }, false},
		"walls":             {func(_ int, y []float32, e float64) float64 { return float64(y[0]) + 0.5*e }, true},
	} {
		x, y := rowsOf(300, 1, 2, 1, c.f)
		if r, _ := newRegressor(x, y, []bool{c.walled}, inn.RNG(1, 1), func() {}); r != nil {
			t.Errorf("%s: there is a regression", name)
		}
	}
	// So many pairs that only the narrowest gain.
	for noise, want := range map[float64]bool{0.5: false, 0.01: true} {
		x, y := rowsOf(1000, 1, 2, 1, func(_ int, y []float32, e float64) float64 { return float64(y[0]) + noise*e })
		if r, _ := newRegressor(x, y, []bool{false}, inn.RNG(1, 1), func() {}); (r != nil) != want {
			t.Errorf("of noise %v there is a regression: %t", noise, r != nil)
		}
	}
	x, y := rowsOf(700, 2, 2, 1, func(j int, y []float32, e float64) float64 { return float64(y[0])*float64(j) + 0.5*e })
	r, u := newRegressor(x, y, make([]bool, 2), inn.RNG(1, 1), func() {})
	if r == nil {
		t.Fatal("there is no regression")
	}
	for i := range 5 {
		if want := (float64(x.Row(i)[0]) - r.B[0]) / r.L[0]; math.Abs(float64(u.Row(i)[0])-want) > 1e-6 {
			t.Errorf("u of the parameter that nothing is known of is %v, want %v", u.Row(i)[0], want)
		}
	}
	if r.A[0] != 0 || r.A[1] != 0 || r.A[2] < 0.8 {
		t.Errorf("A is %v", r.A)
	}
}

// TestCINNOfManyParameters: x ~ N(0, 1) of 30 parameters, y = G x + e with e ~ N(0, 0.5²). The
// posterior is normal with the covariance (1 + GᵀG/0.5²)⁻¹; a thousand pairs with the defaults
// come near it.
func TestCINNOfManyParameters(t *testing.T) {
	const d, noise = 30, 0.5
	g := mat.NewDense(d, d, nil)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range d {
		for j := range d {
			g.Set(i, j, rng.NormFloat64()/math.Sqrt(d))
		}
	}
	names := func(of string) (vars []inn.Var) {
		for i := range d {
			vars = append(vars, inn.Var{Name: of + string(rune('A'+i))})
		}
		return vars
	}
	problem := inn.Problem{
		X: names("x"), Y: names("y"), Prior: inn.Normal(make([]float64, d), filled(d, 1)),
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			var y mat.VecDense
			y.MulVec(g, mat.NewVecDense(d, x))
			out := y.RawVector().Data
			for i := range out {
				out[i] += noise * rng.NormFloat64()
			}
			return out
		},
	}
	pairs, err := problem.Pairs(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	test, err := problem.Pairs(10, 2)
	if err != nil {
		t.Fatal(err)
	}
	c, err := TrainCINN(pairs, &CINNSettings{Training: Training{Steps: 500, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	precision := mat.NewDense(d, d, nil)
	precision.Mul(g.T(), g)
	precision.Scale(1/(noise*noise), precision)
	for i := range d {
		precision.Set(i, i, precision.At(i, i)+1)
	}
	var cov mat.Dense
	if err := cov.Inverse(precision); err != nil {
		t.Fatal(err)
	}
	var off, wide float64
	for i := range test.Len() {
		var b, mean mat.VecDense
		b.MulVec(g.T(), mat.NewVecDense(d, test.Y.Row(i)))
		mean.MulVec(&cov, &b)
		draws, err := c.Sample(test.Y.Row(i), 2000, 1)
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range problem.X {
			col, _ := draws.Col(v.Name)
			sd := math.Sqrt(cov.At(j, j))
			m, s := stat.MeanStdDev(col, nil)
			z := (m - mean.AtVec(j)/(noise*noise)) / sd
			off += z * z / float64(d*test.Len())
			wide += s / sd / float64(d*test.Len())
		}
	}
	if off = math.Sqrt(off); off > 0.3 || math.Abs(wide-1) > 0.1 {
		t.Errorf("means are off by %.2f standard deviations, which are %.2f times the right ones", off, wide)
	}
}

func filled(n int, v float64) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = v
	}
	return s
}

// TestCINNOfExactMeasurements: of parameters that measurements repeat without noise the
// draws are these, and nothing is lost over a division by no width at all.
func TestCINNOfExactMeasurements(t *testing.T) {
	problem := inn.Problem{
		X: inn.Vars("a", "b"), Y: inn.Vars("u", "v"), Prior: inn.Normal([]float64{3, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0], 2*x[1] + 1} },
	}
	pairs, err := problem.Pairs(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := TrainCINN(pairs, &CINNSettings{Training: Training{Steps: 200, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	draws, err := c.Sample([]float64{2.5, 0.2}, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range draws.Len() {
		if x := draws.Row(i); math.Abs(x[0]-2.5) > 1e-3 || math.Abs(x[1]+0.4) > 1e-3 {
			t.Fatalf("draw %d is %v, want 2.5 and -0.4", i, x)
		}
	}
}
