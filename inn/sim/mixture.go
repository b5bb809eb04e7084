package sim

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// MixtureSettings are the settings of Mixture; nil means the defaults.
type MixtureSettings struct {
	Labels Labels // which modes share a label; FourLabels
}

// Labels says which of the eight modes of Mixture share a label.
type Labels int

const (
	// FourLabels are those of Figures 2 and 6, clockwise: four modes red, two
	// blue, one green, one purple.
	FourLabels Labels = iota

	// EightLabels give every mode its own, so that y says which mode x is of.
	EightLabels

	// OneLabel is that of all modes, so that y says nothing of x. Training
	// refuses a y that is constant; posteriors and figures can use it.
	OneLabel
)

// Mixture is the Gaussian mixture problem of section 4.1 of the paper (Figures
// 2, 6 and 8): x is a point in the plane, drawn from one of eight round normal
// distributions in a circle, of standard deviation 0.2 and equally likely; y is
// the label of the mode, one-hot: one measurement a label, 1 for its own and 0
// for the others. The posterior p(x | y) consists of the modes with label y. The
// paper does not say where the modes are; their places and width are those of
// the authors' code: (±1, ±(1+√2)) and (±(1+√2), ±1), on a circle of radius 2.61.
//
// The paper counts eight measurements, as the authors' code pads the one-hot
// vector of the four labels with zeros; the zeros are left out here.
//
// The label of a point is that of the nearest mode. Points of the prior that
// are nearer to a mode that they were not drawn from are rarer than one in a
// million.
func Mixture(s *MixtureSettings) inn.Problem {
	labels := s.labels()
	return inn.Problem{
		Name:       "mixture",
		X:          mixtureX(),
		Y:          labels.vars(),
		Concurrent: true,
		Prior: func(rng *rand.Rand) []float64 {
			return aroundMode(rng.IntN(len(modes)), rng)
		},
		Simulate: func(_ *rand.Rand, x []float64) []float64 {
			y := make([]float64, labels.count())
			y[labels.of(NearestMode(x))] = 1
			return y
		},
	}
}

const modeSD = 0.2

// modes are the centres, clockwise from the first with the first label.
var modes = [8][2]float64{
	{-1 - math.Sqrt2, 1}, {-1, 1 + math.Sqrt2}, {1, 1 + math.Sqrt2}, {1 + math.Sqrt2, 1},
	{1 + math.Sqrt2, -1}, {1, -1 - math.Sqrt2}, {-1, -1 - math.Sqrt2}, {-1 - math.Sqrt2, -1},
}

// MixtureModes are the centres of the eight modes of Mixture, clockwise, and
// their standard deviation.
func MixtureModes() (centres [][2]float64, sd float64) {
	return append(centres, modes[:]...), modeSD
}

// NearestMode is the number, from 0 to 7, of the mode of Mixture nearest to x.
func NearestMode(x []float64) int {
	nearest, least := 0, math.Inf(1)
	for i, m := range modes {
		if d := math.Hypot(x[0]-m[0], x[1]-m[1]); d < least {
			nearest, least = i, d
		}
	}
	return nearest
}

func aroundMode(i int, rng *rand.Rand) []float64 {
	return []float64{modes[i][0] + modeSD*rng.NormFloat64(), modes[i][1] + modeSD*rng.NormFloat64()}
}

func mixtureX() []inn.Var { return inn.Vars("x1", "x2") }

func (s *MixtureSettings) labels() Labels {
	if s == nil {
		return FourLabels
	}
	if s.Labels < FourLabels || s.Labels > OneLabel {
		panic(fmt.Sprintf("sim: MixtureSettings.Labels is %d; there are FourLabels, EightLabels and OneLabel", s.Labels))
	}
	return s.Labels
}

// of is the label of a mode.
func (l Labels) of(mode int) int {
	switch l {
	case FourLabels:
		return [8]int{0, 0, 0, 0, 1, 1, 2, 3}[mode]
	case EightLabels:
		return mode
	}
	return 0
}

func (l Labels) count() int { return l.of(len(modes)-1) + 1 }

func (l Labels) vars() []inn.Var {
	if l == FourLabels {
		return inn.Vars("red", "blue", "green", "purple")
	}
	var names []string
	for i := range l.count() {
		names = append(names, fmt.Sprintf("label%d", i+1))
	}
	return inn.Vars(names...)
}

// MixtureExact is the exact posterior of Mixture, an inn.Posterior, to judge
// others by; its zero value is that of Mixture(nil).
type MixtureExact struct {
	Labels Labels // as in MixtureSettings
}

// String is "exact".
func (MixtureExact) String() string { return "exact" }

// Measured are the labels.
func (e MixtureExact) Measured() []inn.Var { return e.Labels.vars() }

// Sample draws points of the modes with label y. A y that is not one-hot is an
// error, save for a rounding of 1e-6.
func (e MixtureExact) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	chosen, err := e.modes(y)
	if err != nil {
		return nil, err
	}
	if err := checkDraws(n, 2); err != nil {
		return nil, err
	}
	rng := inn.RNG(seed, 0)
	s := inn.NewSamples(mixtureX(), n)
	for i := range n {
		copy(s.Row(i), aroundMode(chosen[rng.IntN(len(chosen))], rng))
	}
	return s, nil
}

// Density is p(x | y).
func (e MixtureExact) Density(x, y []float64) (float64, error) {
	if len(x) != 2 {
		return 0, fmt.Errorf("sim: a point of the mixture has 2 coordinates, but x has %d values", len(x))
	}
	chosen, err := e.modes(y)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for _, i := range chosen {
		dx, dy := (x[0]-modes[i][0])/modeSD, (x[1]-modes[i][1])/modeSD
		sum += math.Exp(-(dx*dx + dy*dy) / 2)
	}
	return sum / (2 * math.Pi * modeSD * modeSD * float64(len(chosen))), nil
}

// modes are the numbers of the modes with label y.
func (e MixtureExact) modes(y []float64) ([]int, error) {
	labels := (&MixtureSettings{Labels: e.Labels}).labels()
	if len(y) != labels.count() {
		return nil, fmt.Errorf("sim: the mixture has %d labels, but y has %d values", labels.count(), len(y))
	}
	label := -1
	for i, v := range y {
		switch {
		case math.Abs(v-1) < 1e-6 && label < 0:
			label = i
		case !(math.Abs(v) < 1e-6):
			return nil, fmt.Errorf("sim: y = %v is no label of the mixture: want one 1 and zeros", y)
		}
	}
	if label < 0 {
		return nil, fmt.Errorf("sim: y = %v is no label of the mixture: want one 1 and zeros", y)
	}
	var chosen []int
	for i := range modes {
		if labels.of(i) == label {
			chosen = append(chosen, i)
		}
	}
	return chosen, nil
}
