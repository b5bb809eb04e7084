package inn_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/sim"
)

// worst are the largest errors of a model's posterior means and covariances of
// the linear problem.
func worst(t *testing.T, m *inn.Model) (mean, cov float64) {
	t.Helper()
	for _, y := range [][]float64{{0, 0}, {1, -0.5}, {-1.2, 0.8}} {
		draws, err := m.Sample(y, 8000, 3)
		if err != nil {
			t.Fatal(err)
		}
		wantMean, wantCov := linearPosterior(y)
		got := mat.NewSymDense(3, nil)
		stat.CovarianceMatrix(got, mat.NewDense(draws.Len(), 3, draws.Data), nil)
		for i := range 3 {
			col, err := draws.Col(draws.Vars[i].Name)
			if err != nil {
				t.Fatal(err)
			}
			mean = max(mean, math.Abs(stat.Mean(col, nil)-wantMean[i]))
			for j := range 3 {
				cov = max(cov, math.Abs(got.At(i, j)-wantCov.At(i, j)))
			}
		}
	}
	return mean, cov
}

// TestEveryLoss trains with the switches of the paper and beyond on the linear
// problem, whose posterior is known.
func TestEveryLoss(t *testing.T) {
	pairs, err := linear.Pairs(20_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	base := func() inn.Settings { return inn.Settings{Steps: 1500, Width: 48, Blocks: 4, Layers: 3, Seed: 1} }
	for _, c := range []struct {
		name   string
		change func(s *inn.Settings)
		ok     bool // whether the posterior comes out right
	}{
		{"unbiased", func(s *inn.Settings) { s.Unbiased = true }, true},
		{"exponential kernel", func(s *inn.Settings) { s.KernelZ = mmd.Exponential(2) }, true},
		{"power kernel", func(s *inn.Settings) { s.KernelX = mmd.Power() }, true},
		{"ramps", func(s *inn.Settings) { s.RampX, s.RampZ = 500, 200 }, true},
		{"weighted by distance", func(s *inn.Settings) { s.Gamma = 0.2 }, true},
		{"maximum likelihood", func(s *inn.Settings) {
			s.WeightLikelihood, s.WeightZ, s.WeightX, s.WeightRecon = 1, inn.None, inn.None, inn.None
			s.Latent, s.Nominal, s.WeightPad, s.Blocks, s.Clip = 1, 3, inn.None, 8, 1000
			s.NoiseY, s.WeightY = 0.05, 1/(2*0.05*0.05)
		}, true},
		{"only L_y and L_z", func(s *inn.Settings) { s.WeightX, s.WeightPad, s.WeightRecon = inn.None, inn.None, inn.None }, false},
		{"only L_x", func(s *inn.Settings) { s.WeightY, s.WeightZ, s.WeightRecon = inn.None, inn.None, inn.None }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := base()
			c.change(&s)
			m, err := inn.Train(pairs, &s)
			if err != nil {
				t.Fatal(err)
			}
			mean, cov := worst(t, m)
			if ok := mean < 0.1 && cov < 0.15; ok != c.ok {
				t.Errorf("the posterior's means are off by %.3f and its covariances by %.3f; right should be %v", mean, cov, c.ok)
			}
		})
	}
}

// TestCrossEntropy learns the labels of a mixture of eight: the likeliest label
// of a point is right.
func TestCrossEntropy(t *testing.T) {
	problem := sim.Mixture(nil)
	pairs, err := problem.Pairs(20_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := inn.Train(pairs, &inn.Settings{CrossEntropy: true, WeightY: 3, Steps: 600, Width: 48, Blocks: 3, Layers: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	rng, right := rand.New(rand.NewPCG(1, 2)), 0
	for range 1000 {
		x, y, err := problem.Draw(rng)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := m.Forward(x)
		if err != nil {
			t.Fatal(err)
		}
		best := 0
		for j, v := range got {
			if v > got[best] {
				best = j
			}
		}
		if y[best] == 1 {
			right++
		}
	}
	if right < 980 {
		t.Errorf("%d of 1000 labels are right", right)
	}
	if _, err := inn.Train(&inn.Pairs{X: pairs.X, Y: &inn.Samples{Vars: pairs.Y.Vars[:1], Data: pairs.Y.Data[:pairs.Len()]}}, &inn.Settings{CrossEntropy: true}); err == nil {
		t.Error("a single label is accepted")
	}
}
