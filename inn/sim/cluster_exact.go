package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// ClusterExact is the posterior of problem Cluster by simulation, an
// inn.Posterior to judge others by. It is approximate Bayesian computation with
// the measurement's own noise as the kernel of acceptance, which makes it exact
// (Wilkinson 2013), and sequential Monte Carlo in place of rejection (Del Moral
// et al. 2006), which makes it possible: of prior draws one in many millions
// would be accepted.
//
// Particles are systems, as the normal numbers that cluster.SystemOf makes them
// of. They begin as draws of the prior and come to the posterior by
// distributions p(u) p(y | u)^β with β from 0 to 1; each step of β is so large
// that half of the particles' weight is left, after which they are resampled and
// moved by Moves Metropolis steps along differences of others (ter Braak 2006).
// The draws are exact but for the number of particles: the weight w of a mode has
// an error of a few times (w(1-w)/Particles)^(1/2).
type ClusterExact struct {
	Noise     float64 // as in ClusterSettings
	Particles int     // 2000; draws beyond that repeat some
	Moves     int     // Metropolis steps at every β; 10
}

// String is "ABC (sequential)".
func (ClusterExact) String() string { return "ABC (sequential)" }

// Sample draws from p(x | y). The same seed gives the same draws on any number
// of processors.
func (c ClusterExact) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	p := Cluster(&ClusterSettings{Noise: c.Noise})
	if len(y) != len(p.Y) {
		return nil, fmt.Errorf("sim: y has %d values, want %d", len(y), len(p.Y))
	}
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("sim: y has %s = %v", p.Y[i].Name, v)
		}
	}
	if n < 1 {
		return nil, fmt.Errorf("sim: asked for %d draws, want at least 1", n)
	}
	s := &smc{y: y, noise: c.Noise, seed: seed, moves: c.Moves, particles: make([]particle, c.Particles)}
	if s.noise == 0 {
		s.noise = clusterNoise
	}
	if s.noise < 0 {
		return nil, errors.New("sim: ClusterExact wants noise: without it the posterior is no density")
	}
	if c.Particles == 0 {
		s.particles = make([]particle, 2000)
	}
	if s.moves == 0 {
		s.moves = 10
	}
	if len(s.particles) < 3 {
		return nil, fmt.Errorf("sim: ClusterExact.Particles is %d, want at least 3", len(s.particles))
	}
	if err := s.run(); err != nil {
		return nil, fmt.Errorf("sim: sampling the cluster's posterior: %w", err)
	}
	draws := inn.NewSamples(p.X, n)
	order := inn.RNG(seed, math.MaxUint64).Perm(len(s.particles))
	for i := range n {
		copy(draws.Row(i), s.particles[order[i%len(order)]].x)
	}
	return draws, nil
}

// A particle is a system u with its x and the log-likelihood of y.
type particle struct {
	u, x []float64
	log  float64
}

type smc struct {
	y         []float64
	noise     float64
	seed      uint64
	moves     int
	particles []particle
	beta      float64
	level     uint64 // of β, for the random streams
	task      *progress.Task
}

func (s *smc) run() error {
	s.task = progress.Start("ABC", 0)
	defer s.task.End()
	if err := s.each(s.begin); err != nil {
		return err
	}
	for s.beta < 1 {
		s.level++
		s.temper()
		others := slices.Clone(s.particles)
		if err := s.each(func(i int, rng *rand.Rand) error { return s.move(i, others, rng) }); err != nil {
			return err
		}
	}
	return nil
}

// each calls f for every particle, with a random stream for the particle and
// level, on all processors.
func (s *smc) each(f func(i int, rng *rand.Rand) error) error {
	var (
		wg   sync.WaitGroup
		next atomic.Int64
		fail atomic.Pointer[error]
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for fail.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(s.particles) {
					return
				}
				err := f(i, inn.RNG(s.seed, s.level<<32|uint64(i)))
				if err == nil {
					err = s.task.Advance(1, func() string { return fmt.Sprintf("level %d, β = %.3g", s.level, s.beta) })
				}
				if err != nil {
					fail.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := fail.Load(); err != nil {
		return *err
	}
	return nil
}

// begin draws particle i from the prior.
func (s *smc) begin(i int, rng *rand.Rand) error {
	for range 10_000 {
		u := make([]float64, cluster.Chances)
		for j := range u {
			u[j] = rng.NormFloat64()
		}
		p, ok, err := s.judge(u)
		if err != nil {
			return err
		}
		if ok {
			s.particles[i] = p
			return nil
		}
	}
	return errors.New("10,000 systems in a row cannot be seen")
}

// judge makes a particle of u; ok says whether the system can be seen.
func (s *smc) judge(u []float64) (p particle, ok bool, err error) {
	x, ok, err := cluster.SystemOf(u).Observe()
	if err != nil || !ok {
		return p, false, err
	}
	y, err := lineRatios(x)
	if err != nil {
		return p, false, err
	}
	for i, v := range y {
		d := (v - s.y[i]) / s.noise
		p.log -= d * d / 2
	}
	p.u, p.x = u, x
	return p, true, nil
}

// temper raises β until half of the particles' weight is left, and resamples
// them (systematically: Kitagawa 1996).
func (s *smc) temper() {
	best := math.Inf(-1)
	for _, p := range s.particles {
		best = max(best, p.log)
	}
	weights := make([]float64, len(s.particles))
	effective := func(step float64) float64 {
		sum, squares := 0.0, 0.0
		for i, p := range s.particles {
			weights[i] = math.Exp(step * (p.log - best))
			sum += weights[i]
			squares += weights[i] * weights[i]
		}
		return sum * sum / squares
	}
	step, half := 1-s.beta, float64(len(s.particles))/2
	if effective(step) < half {
		lo, hi := 0.0, step
		for range 60 {
			if step = (lo + hi) / 2; effective(step) < half {
				hi = step
			} else {
				lo = step
			}
		}
		step = lo
		effective(step)
		s.beta += step
	} else {
		s.beta = 1
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	from, at := slices.Clone(s.particles), 0
	rng := inn.RNG(s.seed, s.level<<32|math.MaxUint32)
	offset, passed := rng.Float64(), weights[0]
	for i := range s.particles {
		target := (float64(i) + offset) / float64(len(s.particles)) * sum
		for passed < target && at < len(from)-1 {
			at++
			passed += weights[at]
		}
		s.particles[i] = from[at]
	}
}

// move takes particle i some Metropolis steps that leave p(u) p(y | u)^β as it
// is: along the difference of two others, mostly short ones, sometimes a whole
// one (which leads from mode to mode), and sometimes in a few coordinates alone.
func (s *smc) move(i int, others []particle, rng *rand.Rand) error {
	p := s.particles[i]
	for range s.moves {
		a, b := others[rng.IntN(len(others))].u, others[rng.IntN(len(others))].u
		length := 2.38 / math.Sqrt(2*cluster.Chances) * math.Exp(-1.5*rng.Float64())
		if rng.Float64() < 0.1 {
			length = 1
		}
		share := 1.0
		if rng.Float64() < 0.5 {
			share, length = 0.3, 2*length
		}
		u := slices.Clone(p.u)
		prior := 0.0
		for j := range u {
			if rng.Float64() < share {
				u[j] += length*(a[j]-b[j]) + 0.01*rng.NormFloat64()
			}
			prior += (p.u[j]*p.u[j] - u[j]*u[j]) / 2
		}
		bar := math.Log(rng.Float64())
		if prior-s.beta*p.log < bar { // not even a perfect likelihood would do
			continue
		}
		q, ok, err := s.judge(u)
		if err != nil {
			return err
		}
		if ok && prior+s.beta*(q.log-p.log) >= bar {
			p = q
		}
	}
	s.particles[i] = p
	return nil
}
