package method

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/coverage"
	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// CINNSettings say how TrainCINN builds and trains its network. The paper has
// no such method; the defaults are ours, chosen on problems with a known
// posterior at 1,000 to 200,000 pairs. Those of Training: Batch a tenth of the
// pairs, 50 to 200; Steps 80 epochs, 2000 to 8000; Rate 3e-3, Final Rate/100;
// Decay 20 D, or 5 M if that is more, over the number of pairs, at most 0.2: fewer pairs, more
// parameters and many more measurements want a simpler network.
type CINNSettings struct {
	Coupling inn.Coupling // of the blocks: inn.Spline or inn.Affine; inn.Spline
	Blocks   int          // of two couplings each; 4, affine ones 6
	Layers   int          // fully connected layers of each coupling's perceptron; 3
	Width    int          // neurons of their hidden layers; 64
	Clamp    float64      // the largest |s| of a coupling; 2
	Bins     int          // of a spline; 8
	Bound    float64      // splines have their knots within ±Bound; 4

	// Walls are bounds that no parameter leaves: draws beyond them are drawn
	// again. Nil: those that FindWalls finds in the pairs. Walls{}: none.
	Walls Walls

	Training
}

func (s *CINNSettings) withDefaults(pairs, d, m int) (CINNSettings, error) {
	var o CINNSettings
	if s != nil {
		o = *s
	}
	if o.Coupling == "" {
		o.Coupling = inn.Spline
	}
	blocks := 4
	if o.Coupling == inn.Affine {
		blocks = 6
	}
	orInt(&o.Blocks, blocks)
	orInt(&o.Layers, 3)
	orInt(&o.Width, 64)
	orReal(&o.Clamp, 2)
	orInt(&o.Bins, 8)
	orReal(&o.Bound, 4)
	orInt(&o.Batch, min(max(50, pairs/10), 200))
	if o.Batch > 0 {
		orInt(&o.Steps, min(max(2000, 80*pairs/o.Batch), 8000))
	}
	o.Training.fill(Training{Rate: 3e-3, Final: 3e-5, Decay: min(20*max(float64(d), float64(m)/4)/float64(pairs), 0.2), Held: 0.1})
	const name = "CINNSettings"
	err := firstError(
		atLeast(name, "Blocks", o.Blocks, 1),
		checkNet(name, o.Layers, o.Width),
		positive(name, "Clamp", o.Clamp),
		atLeast(name, "Bins", o.Bins, 1),
		positive(name, "Bound", o.Bound),
		o.Training.check(name),
	)
	if err == nil && o.Coupling != inn.Spline && o.Coupling != inn.Affine {
		err = fmt.Errorf("method: %s.Coupling is %q, want %q or %q", name, o.Coupling, inn.Spline, inn.Affine)
	}
	if err == nil && o.Bins > 500 {
		err = fmt.Errorf("method: %s.Bins is %d, want at most 500", name, o.Bins)
	}
	return o, err
}

// A CINN is a conditional invertible network z = f(x; y): coupling blocks
// change x alone, and y is one more input of every coupling's perceptron. With
// z ~ N(0, 1) it has the density
//
//	q(x | y) = N(f(x; y); 0, 1) |det ∂f/∂x|,
//
// the change of variables of equation 3, and is trained by maximum likelihood
// on the pairs: the mean of -ln q(x | y). Where a regression of x on y, linear and of random features,
// explains a tenth of a parameter's variance or more and leaves as much whatever y, f begins with taking it away. It is a Posterior, and safe for use
// by several goroutines.
type CINN struct {
	settings CINNSettings
	x, y     *scaling
	walls    Walls
	base     *regressor     // that x goes through first; nil: none
	net      layer.Sequence // rows are [x, y]
	weights  []float32
	covered  *coverage.Coverage
}

// TrainCINN trains a conditional INN on pairs. Nil settings mean the defaults.
// When training ends early, the network so far is returned with the error.
func TrainCINN(pairs *inn.Pairs, s *CINNSettings) (*CINN, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	o, err := s.withDefaults(pairs.Len(), len(pairs.X.Vars), len(pairs.Y.Vars))
	if err != nil {
		return nil, err
	}
	preparing := progress.Start("preparing", 0) // an interrupt waits for it
	tick := func() { preparing.Advance(1, nil) }
	tick()
	t, err := newTrainer(pairs, o, o.Training, "likelihood")
	if err != nil {
		return nil, err
	}
	defer t.pool.Close()
	walls := o.Walls
	if walls == nil {
		if walls, err = FindWalls(pairs.X); err != nil {
			return nil, err
		}
	}
	if err := walls.check(pairs.X); err != nil {
		return nil, err
	}
	c := &CINN{settings: o, walls: walls, x: t.xs, y: t.ys}
	tick()
	x, seen := t.x, t.measured()
	var u tensor.Mat
	if c.base, u = newRegressor(x, seen, walls.at(t.x.Cols), inn.RNG(o.Seed, streamRegression), tick); c.base != nil && t.noise == nil {
		t.x = u
	}
	preparing.End()
	c.net = c.newNet()
	c.weights = make([]float32, c.net.Params())
	c.net.Init(c.weights, inn.RNG(o.Seed, streamWeights))
	err = t.fit(c.weights, func(rows int) rowLoss { return c.newLoss(rows, t.noise != nil) })
	if err == nil {
		c.covered, err = c.cover(x, seen, t.held, o.Seed)
	}
	return c, err
}

// cover measures the coverage of the trained network, on the normalised pairs that were held back
// from training, if there are enough of them: the last.
func (c *CINN) cover(xs, ys tensor.Mat, held *heldOut, seed uint64) (*coverage.Coverage, error) {
	if held != nil && held.x.Rows >= coverage.FewestPairs {
		xs, ys = rows(xs, xs.Rows-held.x.Rows, xs.Rows), rows(ys, ys.Rows-held.x.Rows, ys.Rows)
	}
	n, d := min(coverage.MostPairs, xs.Rows), len(c.x.vars)
	pair := func(k int) int { return k * xs.Rows / n }
	draws := make([]*inn.Samples, n)
	y := make([]float64, len(c.y.vars))
	for k := range draws {
		c.y.undo(y, ys.Row(pair(k)))
		var err error
		if draws[k], err = c.Sample(y, coverage.Draws, inn.RNG(seed, streamCoverage+uint64(k)).Uint64()); err != nil {
			return nil, err
		}
	}
	x := make([]float64, d)
	truth := func(k int) []float64 {
		c.x.undo(x, xs.Row(pair(k)))
		return x
	}
	return coverage.Of(n, d, truth, func(k, i int) []float64 { return draws[k].Row(i) }), nil
}

func (c *CINN) newNet() layer.Sequence {
	o, d, n := &c.settings, len(c.x.vars), len(c.x.vars)+len(c.y.vars)
	coupling := func(lo, hi int) layer.Layer {
		if o.Coupling == inn.Spline {
			return layer.NewSpline(n, lo, hi, hidden(o.Layers, o.Width), tensor.LeakyReLU, o.Clamp, o.Bins, o.Bound)
		}
		return layer.NewCoupling(n, lo, hi, hidden(o.Layers, o.Width), tensor.LeakyReLU, o.Clamp)
	}
	var net layer.Sequence
	for i := range o.Blocks {
		if d == 1 { // no halves: y alone is the condition
			net = append(net, coupling(0, 1))
			continue
		}
		if i > 0 {
			p := layer.NewPermutation(d, inn.RNG(o.Seed, streamPermutation+uint64(i)))
			for j := d; j < n; j++ { // y stays
				p = append(p, j)
			}
			net = append(net, p)
		}
		net = append(net, coupling(0, d/2), coupling(d/2, d))
	}
	return net
}

// String is "spline cINN", or of affine couplings "cINN".
func (c *CINN) String() string {
	if c.settings.Coupling == inn.Spline {
		return "spline cINN"
	}
	return "cINN"
}

// Measured are the measurements that it is given.
func (c *CINN) Measured() []inn.Var { return slices.Clone(c.y.vars) }

// Params is the number of trained parameters.
func (c *CINN) Params() int { return len(c.weights) }

// Walls are the bounds that the draws keep to.
func (c *CINN) Walls() Walls { return slices.Clone(c.walls) }

// Sample draws x = f⁻¹(z; y), z ~ N(0, 1), between the walls.
func (c *CINN) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	yn, err := c.y.normalise("y", y)
	if err != nil {
		return nil, err
	}
	d, packed := len(c.x.vars), layer.Pack(c.net, c.weights, false)
	at := make([]float64, d)
	if c.base != nil {
		c.base.at(at, yn)
	}
	newSampler := func(most int) sampler {
		pass, room := c.net.NewPass(most, packed, &layer.Scratch{}), tensor.New(most, d+len(yn))
		return func(x tensor.Mat, rng *rand.Rand) {
			u := rows(room, 0, x.Rows)
			normal(u, 0, d, rng)
			repeat(u, d, yn)
			pass.Inverse(c.weights, u, nil)
			for i := range x.Rows {
				copy(x.Row(i), u.Row(i))
				if c.base != nil {
					c.base.undo(x.Row(i), at)
				}
			}
		}
	}
	draws, err := sample(c.x, c.y, yn, n, seed, newSampler)
	if err != nil {
		return nil, err
	}
	failed := c.covered.Warn(func(j int) string { return c.x.vars[j].Name }, "More Steps may help, or more pairs, or affine couplings in place of splines; metric.Calibration says more.")
	draws.Warning = strings.TrimSpace(draws.Warning + " " + failed)
	return draws, c.walls.keep(draws, func(n int, try uint64) (*inn.Samples, error) {
		return sample(c.x, c.y, yn, n, inn.RNG(seed, streamWalls+try).Uint64(), newSampler)
	})
}

// LogDensity is ln q(x | y), a density in the units of x, of the network as it
// is: what Sample keeps between the walls is higher by the logarithm of the share
// that it keeps, and nothing beyond them.
func (c *CINN) LogDensity(x, y []float64) (float64, error) {
	xn, err := c.x.normalise("x", x)
	if err != nil {
		return 0, err
	}
	yn, err := c.y.normalise("y", y)
	if err != nil {
		return 0, err
	}
	if c.walls.beyond(x) >= 0 {
		return math.Inf(-1), nil
	}
	u, logdet := tensor.New(1, len(xn)+len(yn)), []float32{0}
	copy(u.Data[copy(u.Data, xn):], yn)
	log := 0.0
	if c.base != nil {
		at := make([]float64, len(xn))
		c.base.at(at, yn)
		c.base.apply(u.Data[:len(xn)], at)
		log = c.base.logDet()
	}
	c.net.NewPass(1, nil, nil).Forward(c.weights, u, logdet)
	log += logNormal(u.Data[:len(xn)]) + float64(logdet[0])
	for j, v := range x {
		log -= c.x.columns[j].LogSlope(v)
	}
	return log, nil
}

// logNormal is ln N(z; 0, 1).
func logNormal(z []float32) float64 {
	sum := 0.0
	for _, v := range z {
		sum += float64(v) * float64(v)
	}
	return -0.5 * (sum + float64(len(z))*math.Log(2*math.Pi))
}

// cinnLoss is -ln q(x | y) of normalised rows, in nats. With noise that is drawn anew at every
// step, x goes through the regression here; without, rows have its u in place of x.
type cinnLoss struct {
	base   *regressor
	at     []float64 // what it says of x; nil: rows have u
	pass   layer.Pass
	d      int
	rows   tensor.Mat // [x, y], then [z, y], then the gradient
	logdet []float32
	perRow float64
	n      int
}

func (c *CINN) newLoss(rows int, noisy bool) rowLoss {
	d := len(c.x.vars)
	l := &cinnLoss{base: c.base, pass: c.net.NewPass(rows, nil, nil), d: d, rows: tensor.New(rows, d+len(c.y.vars)), logdet: make([]float32, rows)}
	if c.base != nil && noisy {
		l.at = make([]float64, d)
	}
	return l
}

func (l *cinnLoss) forward(w []float32, x, y tensor.Mat, perRow float64, _ *rand.Rand, terms []float64) {
	l.n, l.perRow = x.Rows, perRow
	u, logdet := rows(l.rows, 0, l.n), l.logdet[:l.n]
	for i := range l.n {
		copy(u.Row(i)[copy(u.Row(i), x.Row(i)):], y.Row(i))
		if l.at != nil {
			l.base.at(l.at, y.Row(i))
			l.base.apply(u.Row(i)[:l.d], l.at)
		}
	}
	clear(logdet)
	if l.base != nil {
		terms[0] -= perRow * float64(l.n) * l.base.logDet()
	}
	l.pass.Forward(w, u, logdet)
	for i := range l.n {
		terms[0] -= perRow * (logNormal(u.Row(i)[:l.d]) + float64(logdet[i]))
	}
}

func (l *cinnLoss) backward(w, g []float32) {
	u := rows(l.rows, 0, l.n)
	for i := range l.n {
		z := u.Row(i)[:l.d] // nothing comes of the gradient by y
		for j := range z {
			z[j] *= float32(l.perRow)
		}
	}
	l.pass.BackForward(w, g, u, -float32(l.perRow))
}
