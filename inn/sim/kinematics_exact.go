package sim

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// KinematicsExact is the exact posterior of the arm, an inn.Posterior, to judge
// others by; its zero value is that of Kinematics(nil). All draws reach y up to
// rounding.
//
// The poses that reach y are a surface in the space of x: x1 follows from the
// directions a, and these satisfy
//
//	h(a) = 0.5 cos a1 + 0.5 cos a2 + cos a3 = y_away,
//
// so that p(x | y) has the density p(x1) p(a) / |∇h(a)| on the surface of such a
// (the coarea formula). For a candidate, two of the three directions are drawn
// from a density f on the circle and the third is one of the two that reach y,
// whereby candidates have a density in proportion to
// f(a1) f(a2) f(a3) Σ_k (|∂h/∂a_k| / f(a_k)) / |∇h|. Whole turns, which leave the
// directions as they are, go to x2, x3 and x4 as the prior has them, and so the
// weight of a candidate is
//
//	w = p(x1) p°(x2) p°(x3) p°(x4) / (f(a1) f(a2) f(a3) Σ_k |∂h/∂a_k| / f(a_k)),
//
// p° being the prior wrapped around the circle. Drawing x2 and x3 from the prior
// and always solving for x4 would do as well, but that weight has a pole where
// the last segment points straight away from the rail, and hardly any candidate
// helps where the prior is small. Candidates are accepted in proportion to w. The
// scale is the largest weight of a first run; a candidate above it, one among
// thousands, counts more than once, so that the draws stay true to p(x | y).
type KinematicsExact struct {
	Cumulative bool // as in KinematicsSettings
}

// String is "exact".
func (KinematicsExact) String() string { return "exact" }

// Measured are the coordinates of the arm's end.
func (KinematicsExact) Measured() []inn.Var { return armY() }

// Sample draws poses that reach y. A y that no pose reaches is an error, and
// so is one so far from the prior that hardly any candidate comes to it.
func (e KinematicsExact) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	if len(y) != 2 {
		return nil, fmt.Errorf("sim: the arm's end has 2 coordinates, but y has %d values", len(y))
	}
	if !(finite(y[0]) && finite(y[1])) {
		return nil, fmt.Errorf("sim: the arm's end is at %v", y)
	}
	if err := checkDraws(n, 4); err != nil {
		return nil, err
	}
	a := armOf(&KinematicsSettings{Cumulative: e.Cumulative})
	reach := segments[0] + segments[1] + segments[2]
	if away := y[1-a.along]; math.Abs(away) >= reach {
		return nil, fmt.Errorf("sim: no pose reaches y = %v: its %s is %g, and the arm is %g long", y, []string{"y1", "y2"}[1-a.along], away, reach)
	}
	rng := inn.RNG(seed, 0)
	scale, err := a.largestWeight(y, rng)
	if err != nil {
		return nil, err
	}
	s := inn.NewSamples(armX(), n)
	for i := 0; i < n; {
		x, weight := a.candidate(y, rng)
		for copies := math.Floor(math.Exp(weight-scale) + rng.Float64()); copies > 0 && i < n; copies-- {
			copy(s.Row(i), x[:])
			i++
		}
	}
	return s, nil
}

const (
	// The first run goes on until its weights add up to enough times the
	// largest of them, which then is exceeded seldom.
	enough     = 100
	candidates = 3_000_000 // at most in the first run
)

// largestWeight is the logarithm of the largest weight of the first run.
func (a *arm) largestWeight(y []float64, rng *rand.Rand) (float64, error) {
	largest, sum := math.Inf(-1), 0.0 // sum in units of the largest
	for range candidates {
		_, w := a.candidate(y, rng)
		if w > largest {
			sum *= math.Exp(largest - w)
			largest = w
		}
		if !math.IsInf(w, -1) {
			sum += math.Exp(w - largest)
		}
		if sum >= enough {
			return largest, nil
		}
	}
	return 0, fmt.Errorf("sim: y = %v is too unlikely for exact draws: %d poses of the prior give %.0f", y, candidates, sum)
}

// candidate draws a pose that reaches y and the logarithm of its weight; -Inf
// when the two directions drawn leave none for the third.
func (a *arm) candidate(y []float64, rng *rand.Rand) (x [4]float64, weight float64) {
	none := math.Inf(-1)
	solved := rng.IntN(3)
	rest := y[1-a.along]
	var d [3]float64
	for j, l := range segments {
		if j != solved {
			d[j] = drawDirection(rng)
			rest -= l * math.Cos(d[j])
		}
	}
	c := rest / segments[solved]
	if !(math.Abs(c) < 1) {
		return x, none
	}
	d[solved] = math.Acos(c)
	if rng.Uint64()&1 == 0 {
		d[solved] = -d[solved]
	}
	x[0] = y[a.along]
	drawn, slopes := 1.0, 0.0
	for j, l := range segments {
		along, f := l*math.Sin(d[j]), directionDensity(d[j])
		x[0] -= along
		slopes += math.Abs(along) / f
		drawn *= f
	}
	if slopes == 0 {
		return x, none
	}
	weight = -x[0]*x[0]/(2*railSD*railSD) - math.Log(drawn*slopes)
	for i, turn := range times(&a.back, d) {
		near := math.Remainder(turn, 2*math.Pi)
		other := near - math.Copysign(2*math.Pi, near) // the rest is beyond 6π standard deviations
		ratio := math.Exp((near*near - other*other) / (2 * turnSD * turnSD))
		x[1+i] = near
		if rng.Float64()*(1+ratio) < ratio {
			x[1+i] = other
		}
		weight += math.Log1p(ratio) - near*near/(2*turnSD*turnSD)
	}
	return x, weight
}

// Directions are drawn mostly from where the prior has them, and from anywhere
// on the circle with probability anywhere, so that no y is out of reach.
const (
	directionSD = 0.7
	anywhere    = 0.2
)

func drawDirection(rng *rand.Rand) float64 {
	if rng.Float64() < anywhere {
		return math.Pi * (2*rng.Float64() - 1)
	}
	for {
		if d := directionSD * rng.NormFloat64(); math.Abs(d) <= math.Pi {
			return d
		}
	}
}

// directionDensity is the density of drawDirection on (-π, π].
func directionDensity(d float64) float64 {
	return anywhere/(2*math.Pi) + (1-anywhere)*math.Exp(-d*d/(2*directionSD*directionSD))/directionMass
}

// directionMass is the integral of exp(-d²/2σ²) over the circle.
var directionMass = directionSD * math.Sqrt(2*math.Pi) * math.Erf(math.Pi/(directionSD*math.Sqrt2))

// checkDraws refuses numbers of draws that cannot be meant.
func checkDraws(n, parameters int) error {
	const most = 1 << 28 // values: 2 GB
	if n < 1 || n > most/parameters {
		return fmt.Errorf("sim: asked for %d draws, want 1 to %d", n, most/parameters)
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
