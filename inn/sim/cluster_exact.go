package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// ClusterExact is the posterior of problem Cluster by importance sampling, an
// inn.Posterior to judge others by.
//
// Lines depend on a system through its gas alone, g = (log Z, log σ_d, log U, log
// n_e, log E_ion, log N/O, log column), and a system's gas is what its evolution
// makes, with a normal scatter Σ that cluster.SystemOf states. Near its largest
// value the likelihood is a normal density of g, with the Fisher matrix F of the
// lines' noise, so that systems drawn from the prior have the weight
//
//	∫ N(g; g_evolution, Σ) exp(-(g - ĝ)ᵀ F (g - ĝ)/2) dg,
//
// and their gas given y is normal too. Z and σ_d, which decide the evolution but
// little of it, are drawn near their values in ĝ instead, with their weights. The
// chosen systems get another weight, the true likelihood over the approximate
// one, and are resampled by it; so that the draws are exact but for their number.
type ClusterExact struct {
	Noise   float64 // as in ClusterSettings
	Systems int     // that are evolved; 100,000
}

// String is "exact".
func (ClusterExact) String() string { return "exact" }

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
	e := &importance{y: y, noise: c.Noise, seed: seed, systems: make([]evolved, c.Systems)}
	if e.noise == 0 {
		e.noise = clusterNoise
	}
	if c.Systems == 0 {
		e.systems = make([]evolved, 100_000)
	}
	if e.noise < 0 {
		return nil, errors.New("sim: ClusterExact wants noise: without it the posterior is no density")
	}
	if c.Systems < 0 {
		return nil, fmt.Errorf("sim: ClusterExact.Systems is %d, want at least 1", c.Systems)
	}
	e.task = progress.Start("exact posterior", pilots+len(e.systems)+n)
	defer e.task.End()
	draws, err := e.sample(p.X, n)
	if err != nil {
		return nil, fmt.Errorf("sim: sampling the cluster's posterior: %w", err)
	}
	return draws, nil
}

// The components of a gas, and how many of them, the last, scatter freely.
const (
	gasMetals = iota
	gasDust
	gasU
	gasElectrons
	gasEnergy
	gasNO
	gasColumn
	gasDims
	gasFree = gasDims - gasU
)

// scatter is the standard deviation of the free components around what the
// evolution makes, from cluster.SystemOf; the column's is that of M_sh/R².
var scatter = [gasFree]float64{0.1, 0.1, 0.01, 0.1, math.Sqrt(shellScatter*shellScatter + 4*radiusScatter*radiusScatter)}

const (
	shellScatter  = 0.05 // dex, of M_sh
	radiusScatter = 0.02 // of R
	dustScatter   = 0.15 // of σ_d/Z
	pilots        = 2000 // prior draws among which ĝ is looked for
)

type gas [gasDims]float64

func gasOf(x []float64) gas {
	return gas{x[cluster.XMetals], x[cluster.XDust], x[cluster.XU], x[cluster.XElectrons], math.Log10(x[cluster.XEnergy]),
		x[cluster.XNO], x[cluster.XShell] - 2*x[cluster.XRadius]}
}

// give makes x a system of that gas; of the column the shell's mass takes all.
func (g gas) give(x []float64) {
	x[cluster.XMetals], x[cluster.XDust], x[cluster.XU], x[cluster.XElectrons] = g[gasMetals], g[gasDust], g[gasU], g[gasElectrons]
	x[cluster.XEnergy], x[cluster.XNO] = math.Pow(10, g[gasEnergy]), g[gasNO]
	x[cluster.XShell] = g[gasColumn] + 2*x[cluster.XRadius]
}

// evolved is a system of the proposal: its x without scatter, and its weight.
type evolved struct {
	x   []float64
	log float64
	at  []float64 // mean of the free components given y, less ĝ
}

type importance struct {
	y       []float64
	noise   float64
	seed    uint64
	systems []evolved
	task    *progress.Task

	best     gas           // ĝ
	fisher   *mat.SymDense // F
	free     mat.Cholesky  // of P = F_free + Σ^-1
	width    [gasU]float64 // standard deviations with which Z and σ_d are proposed
	template []float64     // some x, to put a gas into
}

func (e *importance) sample(vars []inn.Var, n int) (*inn.Samples, error) {
	if err := e.fit(); err != nil {
		return nil, err
	}
	if err := e.each(len(e.systems), 1, e.evolve); err != nil {
		return nil, err
	}
	chosen, effective := e.choose(n, e.systems, 3)
	if effective == 0 {
		return nil, errors.New("no system explains the measurement")
	}
	refined := make([]evolved, n)
	err := e.each(n, 2, func(i int, rng *rand.Rand) (err error) {
		refined[i], err = e.refine(&e.systems[chosen[i]], rng)
		return err
	})
	if err != nil {
		return nil, err
	}
	final, kept := e.choose(n, refined, 4)
	draws := inn.NewSamples(vars, n)
	for i, k := range final {
		copy(draws.Row(i), refined[k].x)
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

// choose draws n indices with the systems' weights (systematic resampling:
// Kitagawa 1996), in random order, and says how many systems count.
func (e *importance) choose(n int, from []evolved, stage uint64) (chosen []int, effective float64) {
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

// lines is y without noise for a gas, and logLikelihood that of the measurement.
func (e *importance) lines(g gas) ([]float64, error) {
	x := append([]float64(nil), e.template...)
	g.give(x)
	return lineRatios(x)
}

func (e *importance) logLikelihood(lines []float64) float64 {
	sum := 0.0
	for i, v := range lines {
		d := (v - e.y[i]) / e.noise
		sum -= d * d / 2
	}
	return sum
}

// fit finds ĝ, from the best of some draws of the prior, by the method of
// Levenberg and Marquardt, and what depends on it.
func (e *importance) fit() error {
	x, logs, gases := make([][]float64, pilots), make([]float64, pilots), make([]gas, pilots)
	err := e.each(pilots, 0, func(i int, rng *rand.Rand) error {
		x[i] = clusterPrior(rng)
		lines, err := lineRatios(x[i])
		if err != nil {
			return err
		}
		gases[i], logs[i] = gasOf(x[i]), e.logLikelihood(lines)
		return nil
	})
	if err != nil {
		return err
	}
	top := 0
	for i := range logs {
		if logs[i] > logs[top] {
			top = i
		}
	}
	e.template, e.best = x[top], gases[top]
	log, damping := logs[top], 1.0
	for range 40 {
		lines, err := e.lines(e.best)
		if err != nil {
			return err
		}
		jacobian, err := e.jacobian(e.best)
		if err != nil {
			return err
		}
		e.fisher = fisherOf(jacobian)
		gradient := mat.NewVecDense(gasDims, nil)
		for j := range gasDims {
			for i := range lines {
				gradient.SetVec(j, gradient.AtVec(j)+jacobian.At(i, j)*(e.y[i]-lines[i])/e.noise)
			}
		}
		damped := mat.NewSymDense(gasDims, nil)
		damped.CopySym(e.fisher)
		for j := range gasDims {
			damped.SetSym(j, j, damped.At(j, j)*(1+damping)+1)
		}
		var chol mat.Cholesky
		var step mat.VecDense
		if !chol.Factorize(damped) || chol.SolveVecTo(&step, gradient) != nil {
			return errors.New("the lines' derivatives are not finite")
		}
		next := e.best
		for j := range next {
			next[j] += min(max(step.AtVec(j), -0.3), 0.3)
		}
		lines, err = e.lines(next)
		if err != nil {
			return err
		}
		if l := e.logLikelihood(lines); l > log {
			done := l-log < 1e-3
			e.best, log, damping = next, l, damping/5
			if done {
				break
			}
		} else if damping *= 5; damping > 1e6 {
			break
		}
	}
	jacobian, err := e.jacobian(e.best)
	if err != nil {
		return err
	}
	e.fisher = fisherOf(jacobian)
	return e.condition()
}

// jacobian are the lines' derivatives by the gas, in units of the noise.
func (e *importance) jacobian(g gas) (*mat.Dense, error) {
	j := mat.NewDense(len(e.y), gasDims, nil)
	for k := range gasDims {
		h := 0.01
		if k == gasEnergy {
			h = 0.002
		}
		up, down := g, g
		up[k] += h
		down[k] -= h
		a, err := e.lines(up)
		if err != nil {
			return nil, err
		}
		b, err := e.lines(down)
		if err != nil {
			return nil, err
		}
		for i := range a {
			j.Set(i, k, (a[i]-b[i])/(2*h*e.noise))
		}
	}
	return j, nil
}

func fisherOf(jacobian *mat.Dense) *mat.SymDense {
	var f mat.SymDense
	f.SymOuterK(1, jacobian.T())
	return &f
}

// condition works out what all systems share: the precision of the free
// components given y, and how widely Z and σ_d are to be proposed.
func (e *importance) condition() error {
	p := mat.NewSymDense(gasFree, nil)
	whole := mat.NewSymDense(gasDims, nil)
	whole.CopySym(e.fisher)
	prior := [gasDims]float64{gasMetals: 1 / 0.14, gasDust: 1 / (dustScatter*dustScatter + 0.14)}
	for i := range gasFree {
		for j := i; j < gasFree; j++ {
			p.SetSym(i, j, e.fisher.At(gasU+i, gasU+j))
		}
		p.SetSym(i, i, p.At(i, i)+1/(scatter[i]*scatter[i]))
		prior[gasU+i] = 1 // the evolutions themselves spread widely
	}
	for i, v := range prior {
		whole.SetSym(i, i, whole.At(i, i)+v)
	}
	var chol mat.Cholesky
	var inverse mat.SymDense
	if !chol.Factorize(whole) || chol.InverseTo(&inverse) != nil || !e.free.Factorize(p) {
		return errors.New("the lines do not determine the gas")
	}
	for i := range e.width {
		e.width[i] = 2 * math.Sqrt(inverse.At(i, i))
	}
	return nil
}

// evolve proposes system i and weights it.
func (e *importance) evolve(i int, rng *rand.Rand) error {
	s := cluster.Draw(rng)
	lo, hi := -1.0, 0.3 // of log Z
	z := math.Inf(1)
	for tries := 0; z < lo || z > hi; tries++ {
		z = e.best[gasMetals] + e.width[gasMetals]*rng.NormFloat64()
		if tries == 1000 {
			return fmt.Errorf("its metallicity of about %.3g suns is not in the model's range", math.Pow(10, e.best[gasMetals]))
		}
	}
	dust := e.best[gasDust] + e.width[gasDust]*rng.NormFloat64()
	square := func(v, sd float64) float64 { return v * v / (sd * sd) }
	log := 0.5 * (square(z-e.best[gasMetals], e.width[gasMetals]) + square(dust-e.best[gasDust], e.width[gasDust]) -
		square(dust-math.Log10(1.5e-21)-z, dustScatter))
	s.Z, s.Dust = math.Pow(10, z), math.Pow(10, dust)
	s.Energy, s.Electrons, s.U, s.NO, s.Shell, s.Radius = 0, 0, 0, 0, 0, 0
	x, ok, err := s.Observe()
	if err != nil {
		return err
	}
	e.systems[i] = evolved{log: math.Inf(-1)}
	if !ok {
		return nil
	}
	g := gasOf(x)
	var d [gasDims]float64
	for j := range d {
		d[j] = g[j] - e.best[j]
	}
	// The free components are normal given y: their mean is P^-1 r.
	r := mat.NewVecDense(gasFree, nil)
	for j := range gasFree {
		v := d[gasU+j] / (scatter[j] * scatter[j])
		log -= 0.5 * d[gasU+j] * v
		for k := range gasU {
			v -= e.fisher.At(gasU+j, k) * d[k]
		}
		r.SetVec(j, v)
	}
	for j := range gasU {
		for k := range gasU {
			log -= 0.5 * d[j] * e.fisher.At(j, k) * d[k]
		}
	}
	var mean mat.VecDense
	if err := e.free.SolveVecTo(&mean, r); err != nil {
		return err
	}
	log += 0.5 * mat.Dot(&mean, r)
	if log > -1e4 { // others will not be chosen
		e.systems[i] = evolved{x: x, log: log, at: mean.RawVector().Data}
	}
	return nil
}

// refine draws a chosen system's gas given y and weights it by the true
// likelihood over the approximate one.
func (e *importance) refine(s *evolved, rng *rand.Rand) (evolved, error) {
	var upper mat.TriDense
	e.free.UTo(&upper)
	noise := mat.NewVecDense(gasFree, nil)
	for j := range gasFree {
		noise.SetVec(j, rng.NormFloat64())
	}
	var off mat.VecDense
	if err := off.SolveVec(&upper, noise); err != nil { // covariance P^-1
		return evolved{}, err
	}
	x := append([]float64(nil), s.x...)
	g := gasOf(x)
	column := g[gasColumn]
	for j := range gasFree {
		g[gasU+j] = e.best[gasU+j] + s.at[j] + off.AtVec(j)
	}
	// The column's departure is shared by M_sh and R as their scatter is.
	shell, r := shellScatter*rng.NormFloat64(), radiusScatter*rng.NormFloat64()
	rest := (g[gasColumn] - column - (shell - 2*r)) / (scatter[gasFree-1] * scatter[gasFree-1])
	x[cluster.XRadius] += r - 2*radiusScatter*radiusScatter*rest
	g.give(x)

	lines, err := lineRatios(x)
	if err != nil {
		return evolved{}, err
	}
	log := e.logLikelihood(lines)
	for j := range gasDims {
		for k := range gasDims {
			log += 0.5 * (g[j] - e.best[j]) * e.fisher.At(j, k) * (g[k] - e.best[k])
		}
	}
	return evolved{x: x, log: log}, nil
}
