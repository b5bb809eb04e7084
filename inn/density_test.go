package inn_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// bent is a problem whose posteriors are bananas.
var bent = inn.Problem{
	Name:  "bent",
	X:     inn.Vars("a", "b"),
	Y:     inn.Vars("u"),
	Prior: inn.Normal([]float64{0, 0}, []float64{1, 2}),
	Simulate: func(_ *rand.Rand, x []float64) []float64 {
		return []float64{x[0]*x[0] + x[1]}
	},
}

// grid is the points of a square grid of a given step over [-r, r]² or [-r, r].
func grid(vars []inn.Var, r, step float64) *inn.Samples {
	s := &inn.Samples{Vars: vars}
	for a := -r; a <= r; a += step {
		if len(vars) == 1 {
			s.Data = append(s.Data, a)
			continue
		}
		for b := -r; b <= r; b += step {
			s.Data = append(s.Data, a, b)
		}
	}
	return s
}

// testDensity integrates q(x | y) and compares its entropy with that of draws,
// -E ln q: the two are equal if the draws are of q.
func testDensity(t *testing.T, m *inn.Model, vars []inn.Var, y []float64, sd, r, step, tol float64) {
	t.Helper()
	logs, err := m.LogDensities(grid(vars, r, step), y)
	if err != nil {
		t.Fatal(err)
	}
	total, entropy, cell := 0.0, 0.0, math.Pow(step, float64(len(vars)))
	for _, log := range logs {
		if q := math.Exp(log); q > 0 {
			total += cell * q
			entropy -= cell * q * log
		}
	}
	// y with the error that training gave it, one draw each.
	ys := inn.NewSamples(inn.Vars("u"), 500)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range ys.Data {
		ys.Data[i] = y[0] + sd*rng.NormFloat64()
	}
	all, err := m.SampleAll(ys, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	draws := &inn.Samples{Vars: vars}
	for _, d := range all {
		draws.Data = append(draws.Data, d.Data...)
	}
	if logs, err = m.LogDensities(draws, y); err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for _, log := range logs {
		mean -= log / float64(len(logs))
	}
	t.Logf("y = %v: integral %.4f, entropy %.4f, of draws %.4f", y, total, entropy, mean)
	if math.Abs(total-1) > tol {
		t.Errorf("y = %v: the density integrates to %.4f", y, total)
	}
	if math.Abs(mean-entropy) > tol+0.1 {
		t.Errorf("y = %v: the entropy of the density is %.4f, that of draws %.4f", y, entropy, mean)
	}
}

// TestDensityWithPadding: of networks with the default padding and splines, in two
// dimensions and one.
func TestDensityWithPadding(t *testing.T) {
	const noise = 0.2
	for _, c := range []struct {
		p       inn.Problem
		y, step float64
	}{{bent, 1.5, 0.3}, {noisy, -1, 0.02}} {
		pairs, err := c.p.Pairs(5000, 1)
		if err != nil {
			t.Fatal(err)
		}
		m, err := inn.Train(pairs, &inn.Settings{Steps: 800, Width: 24, Blocks: 3, Layers: 2, Rate: 1e-2, NoiseY: noise, Activation: inn.Tanh, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, sd := deviations(pairs.Y)
		testDensity(t, m, c.p.X, []float64{c.y}, noise*sd[0], 5, c.step, 0.05)
	}
}

// noisy is x ~ N(0, 1), y = x + N(0, 0.5²), with the posterior N(0.8 y, 0.2).
var noisy = inn.Problem{
	Name:     "noisy",
	X:        inn.Vars("x"),
	Y:        inn.Vars("y"),
	Prior:    inn.Normal([]float64{0}, []float64{1}),
	Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + 0.5*rng.NormFloat64()} },
}

// likelihood are the settings of maximum likelihood, without padding, where y has
// an error of sd normalised units.
func likelihood(sd float64) *inn.Settings {
	return &inn.Settings{
		WeightLikelihood: 1, WeightY: 1 / (2 * sd * sd), NoiseY: sd, Clamp: 5,
		WeightZ: inn.None, WeightX: inn.None, WeightPad: inn.None, WeightRecon: inn.None,
		Blocks: 3, Width: 24, Layers: 2, Steps: 800, Rate: 1e-2, Seed: 1,
	}
}

// TestDensityOfALinearGaussianProblem: u = a + b/2 with an error of 0.5, where the
// posterior is normal in closed form; without padding the density is exact.
func TestDensityOfALinearGaussianProblem(t *testing.T) {
	p := inn.Problem{
		Name: "linear", X: inn.Vars("a", "b"), Y: inn.Vars("u"),
		Prior:    inn.Normal([]float64{0, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0] + 0.5*x[1]} },
	}
	pairs, err := p.Pairs(10_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	// u has the standard deviation √1.25; the error is NoiseY of that.
	const noise, y = 0.5, 0.8
	// Draws leave it out: they are the posterior's on a line a + b/2 = constant.
	onLine := []float64{math.Sqrt(1 - 1/1.25), math.Sqrt(1 - 0.25/1.25)}
	t.Run("NoiseY", func(t *testing.T) {
		testLinearDensity(t, p, pairs, likelihood(noise/math.Sqrt(1.25)), noise, y, onLine)
	})
	s := likelihood(1) // in units of the noise
	s.NoiseY, s.Noise = 0, []float64{noise}
	t.Run("Noise", func(t *testing.T) { testLinearDensity(t, p, pairs, s, noise, y, nil) })
}

// testLinearDensity expects draws of the posterior's standard deviations, or of spreads if there are any.
func testLinearDensity(t *testing.T, p inn.Problem, pairs *inn.Pairs, s *inn.Settings, noise, y float64, spreads []float64) {
	s.Nominal, s.Latent = 2, 1
	m, err := inn.Train(pairs, s)
	if err != nil {
		t.Fatal(err)
	}
	// Precision 1 + aaᵀ/noise², mean cov·a·y/noise².
	a := mat.NewVecDense(2, []float64{1, 0.5})
	var precision, cov mat.Dense
	precision.Outer(1/(noise*noise), a, a)
	precision.Add(&precision, mat.NewDiagDense(2, []float64{1, 1}))
	if err := cov.Inverse(&precision); err != nil {
		t.Fatal(err)
	}
	var mean mat.VecDense
	mean.MulVec(&cov, a)
	mean.ScaleVec(y/(noise*noise), &mean)
	const step = 0.1
	xs := grid(p.X, 6, step)
	logs, err := m.LogDensities(xs, []float64{y})
	if err != nil {
		t.Fatal(err)
	}
	total, divergence := 0.0, 0.0
	for i, log := range logs {
		d := mat.NewVecDense(2, []float64{xs.Row(i)[0] - mean.AtVec(0), xs.Row(i)[1] - mean.AtVec(1)})
		want := -math.Log(2*math.Pi) + 0.5*math.Log(mat.Det(&precision)) - 0.5*mat.Inner(d, &precision, d)
		total += step * step * math.Exp(log)
		divergence += step * step * math.Exp(want) * (want - log)
	}
	t.Logf("integral %.4f, divergence from the posterior %.4f", total, divergence)
	if math.Abs(total-1) > 0.003 || math.Abs(divergence) > 0.02 {
		t.Errorf("the density integrates to %.4f, its divergence from the posterior is %.4f", total, divergence)
	}
	draws, err := m.Sample([]float64{y}, 20_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	got, sd := deviations(draws)
	for j := range got {
		want := math.Sqrt(cov.At(j, j))
		if spreads != nil {
			want = spreads[j]
		}
		if math.Abs(got[j]-mean.AtVec(j)) > 0.05 || math.Abs(sd[j]/want-1) > 0.05 {
			t.Errorf("draws of %s are %.3f ± %.3f, want %.3f ± %.3f", p.X[j].Name, got[j], sd[j], mean.AtVec(j), want)
		}
	}
}

// TestEquation3: at x = g(y, z) the density is p(z)/|det ∂g/∂[y, z]|, with the Jacobian
// of Inverse by differences, times that of NoiseY at 0.
func TestEquation3(t *testing.T) {
	pairs, err := linear.Pairs(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := likelihood(0.2)
	s.Nominal, s.Latent, s.Steps, s.Activation = 3, 1, 100, inn.Tanh
	m, err := inn.Train(pairs, s)
	if err != nil {
		t.Fatal(err)
	}
	_, sd := deviations(pairs.Y)
	for _, at := range [][]float64{{0.3, -0.5, 0.7}, {1, 1, -1.2}} { // y, z
		g := func(v []float64) []float64 {
			x, err := m.Inverse(v[:2], [][]float64{v[2:]})
			if err != nil {
				t.Fatal(err)
			}
			return x.Row(0)
		}
		const h = 0.01
		jac := mat.NewDense(3, 3, nil)
		for j := range 3 {
			up, down := slices.Clone(at), slices.Clone(at)
			up[j] += h
			down[j] -= h
			a, b := g(up), g(down)
			for i := range 3 {
				jac.Set(i, j, (a[i]-b[i])/(2*h))
			}
		}
		want := -0.5*(math.Log(2*math.Pi)+at[2]*at[2]) - math.Log(math.Abs(mat.Det(jac)))
		for _, sd := range sd {
			want -= 0.5*math.Log(2*math.Pi) + math.Log(0.2*sd) // N(0; 0, NoiseY²) in the units of y
		}
		if got, err := m.LogDensity(g(at), at[:2]); err != nil || math.Abs(got-want) > 2e-3*math.Abs(want) {
			t.Errorf("[y, z] = %v: ln q is %v, want %v; error %v", at, got, want, err)
		}
	}
}

// deviations are the means and standard deviations of the columns.
func deviations(s *inn.Samples) (mean, sd []float64) {
	n := float64(s.Len())
	for j := range s.Vars {
		m, square := 0.0, 0.0
		for i := range s.Len() {
			m += s.Row(i)[j] / n
		}
		for i := range s.Len() {
			d := s.Row(i)[j] - m
			square += d * d / (n - 1)
		}
		mean, sd = append(mean, m), append(sd, math.Sqrt(square))
	}
	return mean, sd
}

// TestDensitiesDoNotDependOnTheWorkers nor on which others are asked for.
func TestDensitiesDoNotDependOnTheWorkers(t *testing.T) {
	m, _ := saved(t)
	y := []float64{0.3, 0.1}
	xs, err := m.Sample(y, 300, 1)
	if err != nil {
		t.Fatal(err)
	}
	one, err := m.LogDensities(xs, y)
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	many, err := m.LogDensities(xs, y)
	if err != nil || !slices.Equal(one, many) {
		t.Errorf("three workers give other densities, error %v", err)
	}
	if alone, err := m.LogDensity(xs.Row(7), y); err != nil || alone != one[7] {
		t.Errorf("ln q of a row alone is %v, want %v; error %v", alone, one[7], err)
	}
}

func TestDensityBadInput(t *testing.T) {
	m, _ := saved(t)
	xs := inn.NewSamples(linear.X, 2)
	xs.Row(1)[2] = math.NaN()
	pairs, err := linear.Pairs(300, 1)
	if err != nil {
		t.Fatal(err)
	}
	sharp, err := inn.Train(pairs, &inn.Settings{Steps: 1, Width: 4, NoiseY: inn.None})
	if err != nil {
		t.Fatal(err)
	}
	y := []float64{0, 0}
	for _, c := range []struct {
		m    *inn.Model
		xs   *inn.Samples
		y    []float64
		want string
	}{
		{m, xs, y, "row 1 of x has c = NaN"},
		{m, nil, y, "there is no x"},
		{m, inn.NewSamples(linear.Y, 2), y, "the rows of x have 2 values, want 3: a, b, c"},
		{m, inn.NewSamples(linear.X, 2), y[:1], "y has 1 values"},
		{sharp, inn.NewSamples(linear.X, 2), y, "set Settings.NoiseY"},
	} {
		if _, err := c.m.LogDensities(c.xs, c.y); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want one with %q", err, c.want)
		}
	}
	if _, err := m.LogDensity([]float64{1}, y); err == nil || !strings.Contains(err.Error(), "x has 1 values, want 3") {
		t.Errorf("a short x: %v", err)
	}
}
