package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// ClusterExact is the posterior of problem Cluster by importance sampling, an
// inn.Posterior to judge others by. Rejection would have to try about 10^12 systems
// for one whose 69 lines are all right.
//
// Lines depend on a system through its gas alone, g = (log Z, log σ_d, log U, log
// n_e, log E_ion, log N/O, log column). A system's gas is what its evolution
// makes, with the normal scatter Σ that cluster.SystemOf states. If the likelihood
// is close to a sum of normal densities A of g (see pieces), a system drawn from
// the prior has the weight
//
//	∫ N(g; g_evolution, Σ) A(g) dg,
//
// and its gas given y is a mixture of normal distributions too. That is done for
// Systems systems, with Z proposed near the values that explain the lines and
// weighted for it. Twice as many of them as draws are wanted are chosen by their
// weights and get a gas; then the true likelihood over A(g) is their weight in a
// second choice, which makes the draws exact but for their number (Rubin 1987).
type ClusterExact struct {
	Noise   float64 // as in ClusterSettings
	Systems int     // that are evolved; 100,000
}

// String is "exact".
func (ClusterExact) String() string { return "exact" }

// Measured are the line ratios.
func (ClusterExact) Measured() []inn.Var { return clusterY() }

// Sample draws from p(x | y). The same seed gives the same draws on any number
// of processors. When few of the systems explain the measurement, so that draws
// repeat each other, they have a Warning.
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
	e := &importance{y: y, noise: c.Noise, seed: seed}
	if e.noise == 0 {
		e.noise = clusterNoise
	}
	systems := c.Systems
	if systems == 0 {
		systems = 100_000
	}
	if e.noise < 0 {
		return nil, errors.New("sim: ClusterExact wants noise: without it the posterior is no density")
	}
	if systems < 1 {
		return nil, fmt.Errorf("sim: ClusterExact.Systems is %d, want at least 1", c.Systems)
	}
	e.task = progress.Start("exact posterior", pilots+systems+2*n)
	defer e.task.End()
	err := e.fit()
	var draws *inn.Samples
	if err == nil {
		draws, err = e.sample(p.X, systems, n)
	}
	if err != nil {
		return nil, fmt.Errorf("sim: sampling the cluster's posterior: %w", err)
	}
	return draws, nil
}

// weighted is a system with the logarithm of its weight.
type weighted struct {
	x   []float64
	log float64

	// How its gas is distributed given y: as a piece and the system's r of it say.
	piece *piece
	r     [gasFree]float64
}

type importance struct {
	y      []float64
	noise  float64
	seed   uint64
	task   *progress.Task
	pieces []*piece // whose sum is A
}

func (e *importance) sample(vars []inn.Var, systems, n int) (*inn.Samples, error) {
	evolved := make([]weighted, systems)
	err := e.each(systems, 1, func(i int, rng *rand.Rand) (err error) {
		evolved[i], err = e.evolve(rng)
		return err
	})
	if err != nil {
		return nil, err
	}
	chosen, effective := e.choose(2*n, evolved, 2)
	if effective == 0 {
		return nil, errors.New("no system explains the measurement")
	}
	given := make([]weighted, len(chosen))
	err = e.each(len(chosen), 3, func(i int, rng *rand.Rand) (err error) {
		given[i], err = e.give(&evolved[chosen[i]], rng)
		return err
	})
	if err != nil {
		return nil, err
	}
	final, kept := e.choose(n, given, 4)
	draws := inn.NewSamples(vars, n)
	for i, k := range final {
		copy(draws.Row(i), given[k].x)
	}
	if effective = min(effective, kept); effective < 50 || effective < float64(n)/20 {
		draws.Warning = fmt.Sprintf("Only about %.0f of the systems tried explain the measurement: the draws repeat each other. More Systems help.", effective)
	}
	return draws, nil
}

// each calls f for 0 .. n-1, each with a random stream of its own, on all processors.
func (e *importance) each(n int, stage uint64, f func(i int, rng *rand.Rand) error) error {
	var (
		wg   sync.WaitGroup
		next atomic.Int64
		fail atomic.Pointer[error]
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for fail.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				err := f(i, inn.RNG(e.seed, stage<<32|uint64(i)))
				if err == nil {
					err = e.task.Advance(1, nil)
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

// evolve draws a system and weights it by how likely its evolution makes the
// measurement.
func (e *importance) evolve(rng *rand.Rand) (weighted, error) {
	s := cluster.Draw(rng)
	z := e.proposeZ(rng)
	dust := dustOf(z) + dustScatter*rng.NormFloat64()
	s.Z, s.Dust = math.Pow(10, z), math.Pow(10, dust)
	s.Energy, s.Electrons, s.U, s.NO, s.Shell, s.Radius = 0, 0, 0, 0, 0, 0 // Σ comes by give
	x, ok, err := s.Observe()
	if err != nil {
		return weighted{}, err
	}
	w := weighted{x: x, log: math.Inf(-1)}
	if !ok {
		return w, nil
	}
	made := gasOf(x)
	each, rs := make([]float64, len(e.pieces)), make([][gasFree]float64, len(e.pieces))
	for k, p := range e.pieces {
		each[k], rs[k] = p.integral(&made)
	}
	sum := logSumExp(each)
	w.log = sum - e.proposedZ(z)
	// One of the pieces, by its share.
	u, k := rng.Float64(), 0
	for ; k < len(each)-1; k++ {
		if u -= math.Exp(each[k] - sum); u < 0 {
			break
		}
	}
	w.piece, w.r = e.pieces[k], rs[k]
	return w, nil
}

// give draws a chosen system's gas given y and weights it by the true likelihood
// over the approximate one.
func (e *importance) give(s *weighted, rng *rand.Rand) (weighted, error) {
	x := append([]float64(nil), s.x...)
	g := gasOf(x)
	column := g[gasColumn]
	s.piece.draw(&g, &s.r, rng)
	// The column's departure is shared by M_sh and R as their scatter is.
	shell, r := shellScatter*rng.NormFloat64(), radiusScatter*rng.NormFloat64()
	rest := (g[gasColumn] - column - (shell - 2*r)) / (scatter[gasColumn-gasU] * scatter[gasColumn-gasU])
	x[cluster.XRadius] += r - 2*radiusScatter*radiusScatter*rest
	g.give(x)
	likelihood, err := e.logLikelihood(g)
	if err != nil {
		return weighted{}, err
	}
	each := make([]float64, len(e.pieces))
	for k, p := range e.pieces {
		each[k] = p.at(&g)
	}
	return weighted{x: x, log: likelihood - logSumExp(each)}, nil
}

// choose draws n indices with the systems' weights (systematic resampling:
// Kitagawa 1996), in random order, and says how many systems count.
func (e *importance) choose(n int, from []weighted, stage uint64) (chosen []int, effective float64) {
	best := math.Inf(-1)
	for i := range from {
		best = max(best, from[i].log)
	}
	if math.IsInf(best, -1) {
		return nil, 0
	}
	weights, sum, squares := make([]float64, len(from)), 0.0, 0.0
	for i := range from {
		weights[i] = math.Exp(from[i].log - best)
		sum += weights[i]
		squares += weights[i] * weights[i]
	}
	rng := inn.RNG(e.seed, stage<<32)
	offset, at, passed := rng.Float64(), 0, weights[0]
	chosen = make([]int, n)
	for i := range chosen {
		target := (float64(i) + offset) / float64(n) * sum
		for passed < target && at < len(from)-1 {
			at++
			passed += weights[at]
		}
		chosen[i] = at
	}
	rng.Shuffle(n, func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen, sum * sum / squares
}

func logSumExp(v []float64) float64 {
	best := math.Inf(-1)
	for _, x := range v {
		best = max(best, x)
	}
	if math.IsInf(best, -1) {
		return best
	}
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(x - best)
	}
	return best + math.Log(sum)
}
