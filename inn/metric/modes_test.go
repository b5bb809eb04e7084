package metric

import (
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// modes is a problem whose posterior has two modes: x = ±(1.5, 0.3), the minus in
// 40 % of the draws, plus 0.3 N(0, 1) in both; the measurement is the second
// alone, y = x2 + 0.3 N(0, 1). Sampled as it is, it is exact; the fields spoil it.
type modes struct {
	problem inn.Problem
	width   float64 // the modes' standard deviations are multiplied by this
	bias    float64 // and their means are off by this many of them
	single  bool    // only the likelier mode is sampled
	lost    bool    // the plus mode is sampled whatever y
}

func newModes() *modes {
	return &modes{width: 1, problem: inn.Problem{
		Name: "two modes",
		X:    inn.Vars("p", "q"),
		Y:    inn.Vars("y"),
		Prior: func(rng *rand.Rand) []float64 {
			s := 1.0
			if rng.Float64() < 0.4 {
				s = -1
			}
			return []float64{s*1.5 + 0.3*rng.NormFloat64(), s*0.3 + 0.3*rng.NormFloat64()}
		},
		Simulate:   func(rng *rand.Rand, x []float64) []float64 { return []float64{x[1] + 0.3*rng.NormFloat64()} },
		Concurrent: true,
	}}
}

func (m *modes) String() string { return "modes" }

func (m *modes) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	rng := inn.RNG(seed, 1)
	like := func(mean float64) float64 { return math.Exp(-(y[0] - mean) * (y[0] - mean) / (2 * 0.18)) }
	plus := 0.6 * like(0.3) / (0.6*like(0.3) + 0.4*like(-0.3))
	if m.single {
		plus = math.Round(plus)
	}
	if m.lost {
		plus = 1
	}
	sd := 0.3 / math.Sqrt2 // of x2 within a mode
	s := inn.NewSamples(m.problem.X, n)
	for i := range n {
		sign := 1.0
		if rng.Float64() >= plus {
			sign = -1
		}
		row := s.Row(i)
		row[0] = sign*1.5 + 0.3*(m.width*rng.NormFloat64()+m.bias)
		row[1] = (sign*0.3+y[0])/2 + sd*(m.width*rng.NormFloat64()+m.bias)
	}
	return s, nil
}
