package sim

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// The likelihood of a measurement as a function of the gas g is far from normal:
// a column that takes up all light is as good as any larger one, a smaller one
// changes everything; and densities too low to matter are all the same. With the
// column and the density held it is nearly normal in the rest. So it is written as
// a sum of pieces, one for each knot of a grid in log n_e and log column,
//
//	A(g) = Σ_k exp(l_k + b_k δ_k - δ_kᵀ H_k δ_k/2),  δ_k = g - g_k,
//
// with g_k the likeliest gas at the knot, the likelihood's l_k and b_k there, and
// H_k the Fisher matrix of the lines' noise, to which a window in log n_e and log
// column as wide as the grid's spacing is added.

// The components of a gas; those from gasU on scatter.
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
	shellScatter  = 0.05      // dex, of M_sh
	radiusScatter = 0.02      // of R
	dustScatter   = 0.15      // of σ_d/Z
	poor, rich    = -1.0, 0.3 // the ends of log Z

	pilots         = 500 // prior draws, which say where gas is
	betweenDensity = 0.6 // dex: the grid
	betweenColumn  = 0.4
	worst          = 20 // pieces with a likelihood this far (ln) below the best are left out
)

// dustOf is the mean of log σ_d at a metallicity.
func dustOf(z float64) float64 { return math.Log10(1.5e-21) + z }

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

// lines is y without noise for a gas: no other parameter matters.
func (g gas) lines() ([]float64, error) {
	x := make([]float64, cluster.Parameters)
	g.give(x)
	return lineRatios(x)
}

func (e *importance) logLikelihood(g gas) (float64, error) {
	lines, err := g.lines()
	sum := 0.0
	for i, v := range lines {
		d := (v - e.y[i]) / e.noise
		sum -= d * d / 2
	}
	return sum, err
}

// A piece is a term of A.
type piece struct {
	gas                     // g_k
	height float64          // l_k
	slope  [gasDims]float64 // b_k
	curve  *mat.SymDense    // H_k
	share  float64          // of the proposals of Z, which are
	width  float64          // normal around g_k
	inside float64          // with this probability of a value in the range of the prior
	spread [gasFree]rowFree // (H + Σ⁻¹)⁻¹ of the free components
	root   [gasFree]rowFree // its Cholesky factor
	factor float64          // ln of the root of its determinant
}

type rowFree = [gasFree]float64

// at is the piece's logarithm at a gas.
func (p *piece) at(g *gas) float64 {
	log := p.height
	for i := range gasDims {
		d := g[i] - p.gas[i]
		log += p.slope[i] * d
		for j := range gasDims {
			log -= d * p.curve.At(i, j) * (g[j] - p.gas[j]) / 2
		}
	}
	return log
}

// integral is ln ∫ N(g; made, Σ) of the piece over the free components, up to a
// constant. Given y these are normal, with the covariance spread and, relative
// to g_k, the mean spread r.
func (p *piece) integral(made *gas) (log float64, r rowFree) {
	log = p.height + p.factor
	for i := range gasU {
		d := made[i] - p.gas[i]
		log += p.slope[i] * d
		for j := range gasU {
			log -= d * p.curve.At(i, j) * (made[j] - p.gas[j]) / 2
		}
	}
	for i := range gasFree {
		d := made[gasU+i] - p.gas[gasU+i]
		r[i] = d / (scatter[i] * scatter[i])
		log -= r[i] * d / 2
		r[i] += p.slope[gasU+i]
		for j := range gasU {
			r[i] -= p.curve.At(gasU+i, j) * (made[j] - p.gas[j])
		}
	}
	for i := range gasFree {
		for j := range gasFree {
			log += r[i] * p.spread[i][j] * r[j] / 2
		}
	}
	return log, r
}

// draw puts free components given y into g.
func (p *piece) draw(g *gas, r *rowFree, rng *rand.Rand) {
	var noise rowFree
	for i := range noise {
		noise[i] = rng.NormFloat64()
	}
	for i := range gasFree {
		v := p.gas[gasU+i]
		for j := range gasFree {
			v += p.spread[i][j]*r[j] + p.root[i][j]*noise[j]
		}
		g[gasU+i] = v
	}
}

// fit finds the pieces.
func (e *importance) fit() error {
	found, logs := make([]gas, pilots), make([]float64, pilots)
	err := e.each(pilots, 0, func(i int, rng *rand.Rand) (err error) {
		found[i] = gasOf(clusterPrior(rng))
		logs[i], err = e.logLikelihood(found[i])
		return err
	})
	if err != nil {
		return err
	}
	lo, hi := found[0], found[0]
	for _, g := range found {
		for i, v := range g {
			lo[i], hi[i] = min(lo[i], v), max(hi[i], v)
		}
	}
	var knots []gas // those with a pilot near; each begins as the best of these
	for density := lo[gasElectrons]; density < hi[gasElectrons]+betweenDensity; density += betweenDensity {
		for column := lo[gasColumn]; column < hi[gasColumn]+betweenColumn; column += betweenColumn {
			best, start := math.Inf(-1), gas{}
			for i, g := range found {
				far := square((g[gasElectrons]-density)/betweenDensity) + square((g[gasColumn]-column)/betweenColumn)
				if far < 2 && logs[i] > best {
					best, start = logs[i], g
				}
			}
			if !math.IsInf(best, -1) {
				start[gasElectrons], start[gasColumn] = density, column
				knots = append(knots, start)
			}
		}
	}
	all := make([]*piece, len(knots))
	err = e.each(len(knots), 0, func(i int, _ *rand.Rand) (err error) {
		all[i], err = e.climb(knots[i])
		return err
	})
	if err != nil {
		return err
	}
	top := math.Inf(-1)
	for _, p := range all {
		top = max(top, p.height)
	}
	sum := 0.0
	for _, p := range all {
		if p.height < top-worst {
			continue
		}
		if err := p.finish(); err != nil {
			return err
		}
		p.share = math.Exp((p.height - top) / 2) // the square root: a piece may have more of the prior than others
		sum += p.share
		e.pieces = append(e.pieces, p)
	}
	for _, p := range e.pieces {
		p.share /= sum
	}
	return nil
}

func square(v float64) float64 { return v * v }

// climb looks for the gas that explains the measurement best, given the prior of
// the dust, with the start's density and column, by the method of Levenberg and
// Marquardt.
func (e *importance) climb(start gas) (*piece, error) {
	prior := func(g *gas) float64 { return -square((g[gasDust]-dustOf(g[gasMetals]))/dustScatter) / 2 }
	p := &piece{gas: start}
	if err := e.expand(p); err != nil {
		return nil, err
	}
	damping := 0.1
	for range 15 {
		h := mat.NewSymDense(gasDims, nil)
		h.CopySym(p.curve)
		slope := p.slope
		tie(h, &p.gas, &slope)
		for i := range gasDims {
			h.SetSym(i, i, h.At(i, i)*(1+damping)+1)
		}
		for _, held := range []int{gasElectrons, gasColumn} {
			for i := range gasDims {
				h.SetSym(i, held, 0)
			}
			h.SetSym(held, held, 1)
			slope[held] = 0
		}
		var chol mat.Cholesky
		var step mat.VecDense
		if !chol.Factorize(h) || chol.SolveVecTo(&step, mat.NewVecDense(gasDims, slope[:])) != nil {
			return nil, errors.New("the lines' derivatives are not finite")
		}
		next := &piece{gas: p.gas}
		for i := range next.gas {
			next.gas[i] += min(max(step.AtVec(i), -0.3), 0.3)
		}
		next.gas[gasMetals] = min(max(next.gas[gasMetals], poor), rich)
		l, err := e.logLikelihood(next.gas)
		if err != nil {
			return nil, err
		}
		gain := l + prior(&next.gas) - p.height - prior(&p.gas)
		if gain <= 0 {
			if damping *= 5; damping > 1e6 {
				break
			}
			continue
		}
		damping /= 5
		if err := e.expand(next); err != nil {
			return nil, err
		}
		p = next
		if gain < 0.02 {
			break
		}
	}
	return p, nil
}

// tie adds the prior of the dust at a metallicity to a curvature and a slope.
func tie(h *mat.SymDense, g *gas, slope *[gasDims]float64) {
	const precision = 1 / (dustScatter * dustScatter)
	off := g[gasDust] - dustOf(g[gasMetals])
	slope[gasDust] -= precision * off
	slope[gasMetals] += precision * off
	h.SetSym(gasDust, gasDust, h.At(gasDust, gasDust)+precision)
	h.SetSym(gasMetals, gasMetals, h.At(gasMetals, gasMetals)+precision)
	h.SetSym(gasMetals, gasDust, h.At(gasMetals, gasDust)-precision)
}

// expand computes the piece's l, b and H, the last without a window.
func (e *importance) expand(p *piece) error {
	lines, err := p.lines()
	if err != nil {
		return err
	}
	j := mat.NewDense(len(e.y), gasDims, nil)
	for k := range gasDims {
		h := 0.02
		if k == gasEnergy {
			h = 0.004
		}
		up, down := p.gas, p.gas
		up[k] += h
		down[k] -= h
		a, err := up.lines()
		if err != nil {
			return err
		}
		b, err := down.lines()
		if err != nil {
			return err
		}
		for i := range a {
			j.Set(i, k, (a[i]-b[i])/(2*h*e.noise))
		}
	}
	p.height, p.slope = 0, [gasDims]float64{}
	for i, v := range lines {
		d := (e.y[i] - v) / e.noise
		p.height -= d * d / 2
		for k := range gasDims {
			p.slope[k] += j.At(i, k) * d
		}
	}
	p.curve = mat.NewSymDense(gasDims, nil)
	p.curve.SymOuterK(1, j.T())
	return nil
}

// finish adds the window, and works out what all systems share.
func (p *piece) finish() error {
	for i, width := range map[int]float64{gasElectrons: betweenDensity, gasColumn: betweenColumn} {
		p.curve.SetSym(i, i, p.curve.At(i, i)+1/(width*width))
	}
	free := mat.NewSymDense(gasFree, nil)
	for i := range gasFree {
		for j := i; j < gasFree; j++ {
			free.SetSym(i, j, p.curve.At(gasU+i, gasU+j))
		}
		free.SetSym(i, i, free.At(i, i)+1/(scatter[i]*scatter[i]))
	}
	var chol, half mat.Cholesky
	var spread mat.SymDense
	var root mat.TriDense
	if !chol.Factorize(free) || chol.InverseTo(&spread) != nil || !half.Factorize(&spread) {
		return errors.New("the lines' derivatives are not finite")
	}
	half.LTo(&root)
	for i := range gasFree {
		for j := range gasFree {
			p.spread[i][j] = spread.At(i, j)
			p.root[i][j] = root.At(i, j)
		}
	}
	p.factor = -chol.LogDet() / 2

	// How well Z is known, when evolutions make any gas: twice as widely it is proposed.
	whole := mat.NewSymDense(gasDims, nil)
	whole.CopySym(p.curve)
	var none [gasDims]float64
	tie(whole, &p.gas, &none)
	for i := range gasDims {
		whole.SetSym(i, i, whole.At(i, i)+1)
	}
	var inverse mat.SymDense
	if !chol.Factorize(whole) || chol.InverseTo(&inverse) != nil {
		return errors.New("the lines' derivatives are not finite")
	}
	p.width = 2 * math.Sqrt(inverse.At(gasMetals, gasMetals))
	below := func(z float64) float64 { return math.Erfc(-(z-p.gas[gasMetals])/p.width/math.Sqrt2) / 2 }
	p.inside = below(rich) - below(poor) // at least about a half of one side: g_k is in the range
	return nil
}

// proposeZ draws log Z from a mixture of normal distributions around the pieces'.
func (e *importance) proposeZ(rng *rand.Rand) float64 {
	u, k := rng.Float64(), 0
	for ; k < len(e.pieces)-1; k++ {
		if u -= e.pieces[k].share; u < 0 {
			break
		}
	}
	p := e.pieces[k]
	for {
		if z := p.gas[gasMetals] + p.width*rng.NormFloat64(); z >= poor && z <= rich {
			return z
		}
	}
}

// proposedZ is the logarithm of its density, up to a constant.
func (e *importance) proposedZ(z float64) float64 {
	sum := 0.0
	for _, p := range e.pieces {
		sum += p.share / (p.width * p.inside) * math.Exp(-square((z-p.gas[gasMetals])/p.width)/2)
	}
	return math.Log(sum)
}
