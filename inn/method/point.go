package method

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// PointSettings say how TrainPoint and TrainDropout build and train their
// network. The defaults are the paper's recipe for the medical application
// (appendix 8.3), with a width of our choice; those of Training: Batch 100,
// Rate 1e-2, Final Rate/1000.
//
// The paper's recipe for the Gaussian mixture: Layers 6, Batch 200, Rate 1e-3,
// Final 1e-5.
type PointSettings struct {
	Layers int     // fully connected layers; 8
	Width  int     // neurons of the hidden layers; 128
	Leaky  bool    // leaky ReLU in place of ReLU
	Drop   float64 // the probability of dropout; TrainPoint: None, TrainDropout: 0.2

	Training
}

func (s *PointSettings) withDefaults(drop float64) (PointSettings, error) {
	var o PointSettings
	if s != nil {
		o = *s
	}
	orInt(&o.Layers, 8)
	orInt(&o.Width, 128)
	orReal(&o.Drop, drop)
	o.Training.fill(Training{Batch: 100, Rate: 1e-2, Final: 1e-5})
	const name = "PointSettings"
	return o, firstError(checkNet(name, o.Layers, o.Width), share(name, "Drop", o.Drop), o.Training.check(name))
}

// regression is what Point and Dropout have in common.
type regression struct {
	settings PointSettings
	x, y     *scaling
	net      layer.Perceptron
	weights  []float32
}

// trainRegression trains a network from y to outputs values for each parameter.
func trainRegression(pairs *inn.Pairs, o PointSettings, outputs int, term string, newLoss func(r *regression, rows int) rowLoss) (*regression, error) {
	t, err := newTrainer(pairs, o, o.Training, term)
	if err != nil {
		return nil, err
	}
	defer t.pool.Close()
	r := &regression{settings: o, x: t.xs, y: t.ys}
	sizes := append([]int{len(r.y.vars)}, hidden(o.Layers, o.Width)...)
	r.net = layer.Perceptron{Sizes: append(sizes, outputs*len(r.x.vars)), Act: activation(o.Leaky)}
	r.weights = make([]float32, r.net.Params())
	r.net.Init(r.weights, inn.RNG(o.Seed, streamWeights))
	return r, t.fit(r.weights, func(rows int) rowLoss { return newLoss(r, rows) })
}

// Measured are the measurements that it is given.
func (r *regression) Measured() []inn.Var { return slices.Clone(r.y.vars) }

// Params is the number of trained parameters.
func (r *regression) Params() int { return len(r.weights) }

// predict runs the network on the rows of y; a nil rng means without dropout.
func (r *regression) predict(pass *layer.PerceptronPass, w []float32, y tensor.Mat, rng *rand.Rand) tensor.Mat {
	if rng != nil {
		pass.DropOut(r.settings.Drop, rng)
	}
	in := pass.In(y.Rows)
	for i := range y.Rows {
		copy(in.Row(i), y.Row(i))
	}
	return pass.Forward(w, y.Rows)
}

// A Point is a network that gives one x for each y, trained by least squares,
//
//	L = |x̂(y) - x|²,
//
// so that x̂ estimates the posterior's mean. As a Posterior it is a single point:
// all its draws are equal.
type Point struct{ *regression }

// TrainPoint trains a point estimate on pairs. Nil settings mean the defaults.
// When training ends early, the network so far is returned with the error.
func TrainPoint(pairs *inn.Pairs, s *PointSettings) (*Point, error) {
	o, err := s.withDefaults(0)
	if err != nil {
		return nil, err
	}
	r, err := trainRegression(pairs, o, 1, "squares", newPointLoss)
	if r == nil {
		return nil, err
	}
	return &Point{r}, err
}

// String is "point estimate".
func (p *Point) String() string { return "point estimate" }

// Sample returns x̂(y), n times.
func (p *Point) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	yn, err := p.y.normalise("y", y)
	if err != nil {
		return nil, err
	}
	row := tensor.New(1, len(yn))
	copy(row.Data, yn)
	x := p.predict(p.net.NewPass(1), p.weights, row, nil)
	return sample(p.x, p.y, yn, n, seed, func(int) sampler {
		return func(rows tensor.Mat, _ *rand.Rand) { repeat(rows, 0, x.Row(0)) }
	})
}

// pointLoss is |x̂ - x|².
type pointLoss struct {
	*regression
	pass *layer.PerceptronPass
	got  tensor.Mat // x̂, then its gradient
}

func newPointLoss(r *regression, rows int) rowLoss {
	return &pointLoss{regression: r, pass: r.net.NewPass(rows)}
}

func (l *pointLoss) forward(w []float32, x, y tensor.Mat, perRow float64, rng *rand.Rand, terms []float64) {
	l.got = l.predict(l.pass, w, y, rng)
	for i := range x.Rows {
		terms[0] += square(l.got.Row(i), x.Row(i), perRow)
	}
}

func (l *pointLoss) backward(w, g []float32) { l.pass.Backward(w, g, l.got.Rows) }

// square returns weight·Σ (got - want)² and replaces got by its gradient.
func square(got, want []float32, weight float64) float64 {
	sum := 0.0
	for j, v := range got {
		v -= want[j]
		sum += float64(v) * float64(v)
		got[j] = float32(2*weight) * v
	}
	return weight * sum
}

// A Dropout is a Bayesian network by dropout, with learned errors (Kendall and
// Gal 2017): the network gives a mean x̂ and a variance σ² for each parameter,
// trained by maximum likelihood,
//
//	L = Σ (x - x̂)²/(2 σ²) + ½ ln σ²,
//
// and a draw is x = x̂ + σ N(0, 1) with neurons dropped anew: what the network
// does not know, and what y does not tell. Its posterior has one mode, and its
// parameters are nearly independent, by construction.
type Dropout struct{ *regression }

// TrainDropout trains a network with dropout on pairs. Nil settings mean the
// defaults. When training ends early, the network so far is returned with the
// error.
func TrainDropout(pairs *inn.Pairs, s *PointSettings) (*Dropout, error) {
	o, err := s.withDefaults(0.2)
	if err != nil {
		return nil, err
	}
	r, err := trainRegression(pairs, o, 2, "likelihood", newDropoutLoss)
	if r == nil {
		return nil, err
	}
	return &Dropout{r}, err
}

// String is "NN with dropout".
func (m *Dropout) String() string { return "NN with dropout" }

// Sample draws x̂ + σ N(0, 1), each with neurons dropped at random.
func (m *Dropout) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	yn, err := m.y.normalise("y", y)
	if err != nil {
		return nil, err
	}
	d := len(m.x.vars)
	return sample(m.x, m.y, yn, n, seed, func(most int) sampler {
		pass, room := m.net.NewPass(most), tensor.New(most, len(yn))
		repeat(room, 0, yn)
		return func(x tensor.Mat, rng *rand.Rand) {
			out := m.predict(pass, m.weights, rows(room, 0, x.Rows), rng)
			for i := range x.Rows {
				o := out.Row(i)
				for j := range d {
					x.Row(i)[j] = o[j] + float32(math.Exp(logVariance(o[d+j])/2)*rng.NormFloat64())
				}
			}
		}
	})
}

// logVariance bounds the network's ln σ² from below: where the errors vanish it
// would fall without end.
func logVariance(raw float32) float64 { return max(float64(raw), leastLogVariance) }

// leastLogVariance is a σ of 1e-6 of the parameter's standard deviation.
const leastLogVariance = -27.6

// dropoutLoss is the negative logarithm of the likelihood, up to a constant.
type dropoutLoss struct {
	*regression
	pass *layer.PerceptronPass
	out  tensor.Mat // [x̂, ln σ²], then the gradient
}

func newDropoutLoss(r *regression, rows int) rowLoss {
	return &dropoutLoss{regression: r, pass: r.net.NewPass(rows)}
}

func (l *dropoutLoss) forward(w []float32, x, y tensor.Mat, perRow float64, rng *rand.Rand, terms []float64) {
	l.out = l.predict(l.pass, w, y, rng)
	for i := range x.Rows {
		terms[0] += perRow * gaussian(l.out.Row(i), x.Row(i), perRow)
	}
}

func (l *dropoutLoss) backward(w, g []float32) { l.pass.Backward(w, g, l.out.Rows) }

// gaussian returns Σ (x - x̂)²/(2σ²) + ½ ln σ², where out is [x̂, ln σ²], and
// replaces out by weight times its gradient.
func gaussian(out, x []float32, weight float64) float64 {
	d, sum := len(x), 0.0
	for j, v := range x {
		log, diff := logVariance(out[d+j]), float64(out[j]-v)
		precision := math.Exp(-log)
		sum += 0.5 * (diff*diff*precision + log)
		slope := 0.5 * (1 - diff*diff*precision)
		if log > float64(out[d+j]) && slope > 0 { // at the bound, and pushed beyond
			slope = 0
		}
		out[j], out[d+j] = float32(weight*diff*precision), float32(weight*slope)
	}
	return sum
}
