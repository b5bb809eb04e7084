package inn_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
)

// linear is a problem whose posterior is known: x ~ N(0, 1) in three
// dimensions, y = A x in two. There is no noise, since an INN's y is a function
// of x (equation 2).
var (
	linearA = mat.NewDense(2, 3, []float64{1, 0.5, 0, 0, 1, -0.7})
	linear  = inn.Problem{
		Name:  "linear Gaussian",
		X:     inn.Vars("a", "b", "c"),
		Y:     inn.Vars("u", "v"),
		Prior: inn.Normal([]float64{0, 0, 0}, []float64{1, 1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 {
			y := mat.NewVecDense(2, nil)
			y.MulVec(linearA, mat.NewVecDense(3, x))
			return y.RawVector().Data
		},
		Concurrent: true,
	}
)

// linearPosterior is the closed form: with G = Aᵀ (A Aᵀ)⁻¹ the mean is G y and
// the covariance 1 - G A.
func linearPosterior(y []float64) (mean []float64, cov *mat.Dense) {
	var s, g, m mat.Dense
	s.Mul(linearA, linearA.T())
	var inv mat.Dense
	if err := inv.Inverse(&s); err != nil {
		panic(err)
	}
	g.Mul(linearA.T(), &inv)
	m.Mul(&g, mat.NewDense(2, 1, y))
	cov = mat.NewDense(3, 3, nil)
	cov.Mul(&g, linearA)
	cov.Scale(-1, cov)
	for i := range 3 {
		cov.Set(i, i, cov.At(i, i)+1)
	}
	return m.RawMatrix().Data, cov
}

func TestLinearGaussianPosterior(t *testing.T) {
	pairs, err := linear.Pairs(20_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := inn.Train(pairs, &inn.Settings{Steps: 2000, Width: 48, Blocks: 5, Layers: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range [][]float64{{0, 0}, {1, -0.5}, {-1.2, 0.8}} {
		draws, err := m.Sample(y, 8000, 3)
		if err != nil {
			t.Fatal(err)
		}
		mean, cov := linearPosterior(y)
		got := mat.NewSymDense(3, nil)
		stat.CovarianceMatrix(got, mat.NewDense(draws.Len(), 3, draws.Data), nil)
		for i := range 3 {
			col, err := draws.Col(draws.Vars[i].Name)
			if err != nil {
				t.Fatal(err)
			}
			if g := stat.Mean(col, nil); math.Abs(g-mean[i]) > 0.06 {
				t.Errorf("y = %v: posterior mean of %s is %.3f, want %.3f", y, draws.Vars[i].Name, g, mean[i])
			}
			for j := range 3 {
				if g, want := got.At(i, j), cov.At(i, j); math.Abs(g-want) > 0.1 {
					t.Errorf("y = %v: posterior covariance (%d, %d) is %.3f, want %.3f", y, i, j, g, want)
				}
			}
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	pairs, err := linear.Pairs(400, 1)
	if err != nil {
		t.Fatal(err)
	}
	var first []float64
	for _, workers := range []int{1, 2, 3} {
		m, err := inn.Train(pairs, &inn.Settings{Steps: 12, Width: 16, Workers: workers, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		draws, err := m.Sample([]float64{0.3, 0.1}, 1000, 2)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = draws.Data
		} else if !slices.Equal(first, draws.Data) {
			t.Errorf("%d workers give other draws than one", workers)
		}
	}
	m, err := inn.Train(pairs, &inn.Settings{Steps: 12, Width: 16, Seed: 6})
	if err != nil {
		t.Fatal(err)
	}
	if draws, _ := m.Sample([]float64{0.3, 0.1}, 1000, 2); slices.Equal(first, draws.Data) {
		t.Error("another seed gives the same draws")
	}
}

func TestTrainingStopsAndKeepsTheNetwork(t *testing.T) {
	pairs, err := linear.Pairs(400, 1)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	m, err := inn.Train(pairs, &inn.Settings{Steps: 1000, Width: 8, Each: func(p inn.Progress) error {
		if p.Step == 7 {
			return stop
		}
		return nil
	}})
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), "step 7 of 1000") {
		t.Errorf("error is %v", err)
	}
	if _, err := m.Sample([]float64{0, 0}, 10, 1); err != nil {
		t.Errorf("the network so far does not sample: %v", err)
	}
}

func TestEnoughIsNoError(t *testing.T) {
	pairs, err := linear.Pairs(400, 1)
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	m, err := inn.Train(pairs, &inn.Settings{Steps: 1000, Width: 8, Each: func(p inn.Progress) error {
		if steps = p.Step; p.Step == 7 {
			return inn.ErrEnough
		}
		return nil
	}})
	if m == nil || err != nil || steps != 7 {
		t.Errorf("model %v, error %v, after %d steps", m, err, steps)
	}
}

func TestTrainingThatDivergesSaysSo(t *testing.T) {
	pairs, err := linear.Pairs(400, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := inn.Train(pairs, &inn.Settings{Steps: 300, Width: 16, Rate: 1e25, Final: 1e25, Clip: inn.None})
	if err == nil || !strings.Contains(err.Error(), "became") {
		t.Fatalf("error is %v", err)
	}
	draws, err := m.Sample([]float64{0, 0}, 10, 1)
	if err != nil || draws.Check() != nil {
		t.Errorf("the kept network does not sample: %v, %v", err, draws.Check())
	}
}

func TestAMeasurementUnlikeTheDataIsWarnedOf(t *testing.T) {
	pairs, err := linear.Pairs(400, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := inn.Train(pairs, &inn.Settings{Steps: 1, Width: 8})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		y    []float64
		warn bool
	}{{[]float64{0, 0}, false}, {[]float64{2, 1.5}, false}, {[]float64{10, 0}, true}, {pairs.Y.Row(17), false}} {
		draws, err := m.Sample(c.y, 10, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(draws.Warning, "unlike all training data"); got != c.warn || strings.Contains(draws.String(), "do not trust") != c.warn {
			t.Errorf("y = %v: warning %q", c.y, draws.Warning)
		}
	}
}

func TestBadInput(t *testing.T) {
	pairs, err := linear.Pairs(300, 1)
	if err != nil {
		t.Fatal(err)
	}
	few, _, _ := pairs.Split(20)
	constant := &inn.Pairs{X: pairs.X, Y: inn.NewSamples(linear.Y, 300)}
	nan := &inn.Pairs{X: pairs.X, Y: inn.NewSamples(linear.Y, 300)}
	nan.Y.Row(7)[1] = math.NaN()
	short := &inn.Pairs{X: pairs.X, Y: inn.NewSamples(linear.Y, 299)}
	twice := &inn.Pairs{X: pairs.X, Y: inn.NewSamples(inn.Vars("a", "b", "a [cm]"), 300)}
	for _, c := range []struct {
		name  string
		pairs *inn.Pairs
		set   *inn.Settings
		want  string
	}{
		{"nil pairs", nil, nil, "want both X and Y"},
		{"too few", few, nil, "20 training pairs are too few"},
		{"constant", constant, nil, "measurement u is 0 in every pair"},
		{"NaN", nan, nil, "row 7 has v = NaN"},
		{"unequal", short, nil, "300 rows of x but 299 rows of y"},
		{"narrow", pairs, &inn.Settings{Nominal: 4, Latent: 3}, "Settings.Nominal is 4, want at least 5"},
		{"negative", pairs, &inn.Settings{Steps: -2}, "Settings.Steps is -2"},
		{"noise of too few", pairs, &inn.Settings{Noise: []float64{1, 2, 3}}, "Settings.Noise has 3 values for 2 measurements"},
		{"no noise", pairs, &inn.Settings{Noise: []float64{0.1, 0}}, "Settings.Noise of v is 0, want a positive number"},
		{"two of a name", twice, nil, `inn: pairs have two measurements called "a"`},
		{"warm for too long", pairs, &inn.Settings{Steps: 10, Warm: 11}, "inn: Settings.Warm is 11, but there are 10 Steps"},
		{"no loss", pairs, &inn.Settings{WeightY: inn.None, WeightZ: inn.None, WeightX: inn.None, WeightPad: inn.None, WeightRecon: inn.None}, "all weights of the losses are None, so that there is nothing to train"},
		{"kernel", pairs, &inn.Settings{KernelX: mmd.InverseMultiquadratic(0)}, "kernel width"},
	} {
		if _, err := inn.Train(c.pairs, c.set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one with %q", c.name, err, c.want)
		}
	}
	m, err := inn.Train(pairs, &inn.Settings{Steps: 1, Width: 8, Warm: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Sample([]float64{1}, 5, 1); err == nil || !strings.Contains(err.Error(), "y has 1 values, want 2: u, v") {
		t.Errorf("short y: %v", err)
	}
	if _, err := m.Sample([]float64{1, math.Inf(1)}, 5, 1); err == nil || !strings.Contains(err.Error(), "v = +Inf") {
		t.Errorf("infinite y: %v", err)
	}
	if _, err := m.Sample([]float64{1, 2}, 0, 1); err == nil {
		t.Error("0 draws are no error")
	}
	if _, _, err := m.Forward([]float64{1}); err == nil {
		t.Error("a short x is no error")
	}
}
