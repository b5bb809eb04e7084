package method

import (
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// CGANSettings say how TrainCGAN builds and trains its networks. The defaults
// are the paper's small conditional GAN for the Gaussian mixture (appendix 8.1),
// with a width that gives the generator the 10,000 parameters it speaks of;
// those of Training, which is the generator's: Batch 256, Rate 2e-3,
// Final Rate/1000, Decay None. LargeCGAN is the paper's other.
type CGANSettings struct {
	Layers int     // fully connected layers of the generator; 6
	Width  int     // neurons of the hidden layers, of both networks; 48
	Latent int     // dimension of z; D
	Drop   float64 // dropout of the generator, in training and in sampling; None

	DiscriminatorLayers   int     // fully connected layers of the discriminator; 8
	DiscriminatorRate     float64 // of its gradient descent, at the first step; 2e-3
	DiscriminatorFinal    float64 // and at the last; DiscriminatorRate · Final/Rate
	DiscriminatorMomentum float64 // None
	DiscriminatorBeta2    float64 // its gradients in units of their root mean square, of which this is the decay, as in Adam; None
	DiscriminatorDecay    float64 // L2 weight decay; None

	Beta1 float64 // of the generator's Adam, its decay of the gradient; 0.9

	// Smoothness is the weight γ of ½ E|∂d(x, y)/∂x|² over the pairs, x in units of its
	// standard deviations, in the discriminator's loss: where the generator makes nothing, the
	// discriminator does not grow so steep that no way leads there (R1, Mescheder et al. 2018); None.
	Smoothness float64

	// DiscriminatorNoise is the standard deviation, in the same units, of normal noise on the x that
	// the discriminator sees, real and made, at the first step. It falls linearly and is gone after half
	// of them, so that the posterior is learned from its outline to its modes (instance
	// noise, Sønderby et al. 2017); None.
	DiscriminatorNoise float64

	// Pretraining is the number of steps, at the start, that minimise
	// |g(z, y) - x|² in place of the GAN's loss, which sets the answers to
	// different y apart; 100.
	Pretraining int

	// Variance is the weight of Σ (Var g - Var x)², the variances over a batch,
	// that keeps the generator from falling into one mode; None.
	Variance float64

	Training
}

// LargeCGAN are the settings of the paper's larger conditional GAN, of 2 million
// parameters: two hidden layers of 1024 neurons in both networks, 128 latent
// values, and the penalty of the variance.
func LargeCGAN() *CGANSettings {
	return &CGANSettings{
		Layers: 3, Width: 1024, Latent: 128, Drop: 0.25,
		DiscriminatorLayers: 3, DiscriminatorRate: 1.2e-3, DiscriminatorFinal: 1.2e-3, DiscriminatorMomentum: 0.05, DiscriminatorDecay: 1.6e-3,
		Pretraining: None, Variance: 1,
		Training: Training{Batch: 512, Rate: 8e-4, Final: 8e-4, Decay: 1.6e-3},
	}
}

func (s *CGANSettings) withDefaults(d int) (CGANSettings, error) {
	var o CGANSettings
	if s != nil {
		o = *s
	}
	o.Training.fill(Training{Batch: 256, Rate: 2e-3, Final: 2e-6, Decay: None})
	orInt(&o.Layers, 6)
	orInt(&o.Width, 48)
	orInt(&o.Latent, d)
	orReal(&o.Drop, 0)
	orInt(&o.DiscriminatorLayers, 8)
	orReal(&o.DiscriminatorRate, 2e-3)
	orReal(&o.DiscriminatorFinal, o.DiscriminatorRate*o.Final/o.Rate)
	orReal(&o.DiscriminatorMomentum, 0)
	orReal(&o.DiscriminatorBeta2, 0)
	orReal(&o.DiscriminatorDecay, 0)
	orReal(&o.Beta1, 0.9)
	orReal(&o.Smoothness, 0)
	orReal(&o.DiscriminatorNoise, 0)
	orInt(&o.Pretraining, 100)
	o.Pretraining = max(o.Pretraining, 0)
	orReal(&o.Variance, 0)
	const name = "CGANSettings"
	return o, firstError(
		o.Training.check(name),
		o.Training.checkNoneHeld(name),
		checkNet(name, o.Layers, o.Width),
		atLeast(name, "Latent", o.Latent, 1),
		share(name, "Drop", o.Drop),
		atLeast(name, "DiscriminatorLayers", o.DiscriminatorLayers, 1),
		positive(name, "DiscriminatorRate", o.DiscriminatorRate),
		positive(name, "DiscriminatorFinal", o.DiscriminatorFinal),
		share(name, "DiscriminatorMomentum", o.DiscriminatorMomentum),
		share(name, "DiscriminatorBeta2", o.DiscriminatorBeta2),
		notNegative(name, "DiscriminatorDecay", o.DiscriminatorDecay),
		share(name, "Beta1", o.Beta1),
		notNegative(name, "Smoothness", o.Smoothness),
		notNegative(name, "DiscriminatorNoise", o.DiscriminatorNoise),
		notNegative(name, "Variance", o.Variance),
	)
}

// A CGAN is the generator x = g(z, y), z ~ N(0, 1), of a conditional generative
// adversarial network (Mirza and Osindero 2014; Isola et al. 2017). A
// discriminator d learns to tell pairs (x, y) from (g(z, y), y), and the
// generator learns to deceive it:
//
//	L_d = -ln σ(d(x, y)) - ln(1 - σ(d(g(z, y), y))),   L_g = -ln σ(d(g(z, y), y)),
//
// the losses of Goodfellow et al. 2014, L_g the one that does not saturate. A
// step of the discriminator's gradient descent and one of the generator's Adam
// alternate. It is a Posterior, and safe for use by several goroutines.
type CGAN struct{ implicit }

// String is "cGAN".
func (g *CGAN) String() string { return "cGAN" }

// TrainCGAN trains a conditional GAN on pairs. Nil settings mean the defaults.
// When training ends early, the network so far is returned with the error.
func TrainCGAN(pairs *inn.Pairs, s *CGANSettings) (*CGAN, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	o, err := s.withDefaults(len(pairs.X.Vars))
	if err != nil {
		return nil, err
	}
	t, err := newTrainer(pairs, o, o.Training, ganTerms...)
	if err != nil {
		return nil, err
	}
	defer t.pool.Close()
	b := newGANTrainer(t, &o)
	adam := t.adam()
	adam.Beta1 = o.Beta1
	descent := descent{rate: o.DiscriminatorRate, final: o.DiscriminatorFinal, momentum: o.DiscriminatorMomentum, beta2: o.DiscriminatorBeta2, decay: o.DiscriminatorDecay}
	l := t.loop(b.all, func() {
		if t.step >= o.Pretraining {
			b.discriminate()
			descent.update(b.critic, b.criticGrad.Add(t.pool), t.step, t.Steps)
		}
		b.generateBatch()
		adam.Update(t.pool, b.weights, b.grad.Add(t.pool), adam.RateAt(t.step, t.Steps))
	})
	adam.Keep(&l.State, len(b.weights))
	descent.keep(&l.State, len(b.critic))
	return b.CGAN, l.Run()
}

var ganTerms = []string{"generator", "discriminator", "smoothness", "variance", "pre-training"}

const (
	termGenerator = iota
	termDiscriminator
	termSmoothness
	termVariance
	termPretraining
)

// A ganTrainer computes the losses of a GAN and their gradients.
type ganTrainer struct {
	*trainer
	*CGAN
	o          *CGANSettings
	criticNet  layer.Perceptron // of rows [x, y]
	all        []float32        // the weights of both networks
	critic     []float32        // those of the discriminator
	fake       tensor.Mat       // g(z, y) of the batch
	chunk      []ganChunk
	grad       *train.Gradient
	criticGrad *train.Gradient
	pull       []float32 // ∂(variance penalty)/∂g_ij = pull_j (g_ij - mean_j)
	mean       []float32
}

type ganChunk struct {
	generator, discriminator *layer.PerceptronPass
	out                      tensor.Mat // of the generator, then its gradient
	slopes                   tensor.Mat // ∂d(x, y)/∂x of the pairs
	rng                      *rand.Rand // of the phase
}

func newGANTrainer(t *trainer, o *CGANSettings) *ganTrainer {
	d, m := len(t.xs.vars), len(t.ys.vars)
	b := &ganTrainer{
		trainer: t, o: o,
		CGAN: &CGAN{newImplicit(t, o.Latent, o.Drop, hidden(o.Layers, o.Width), tensor.LeakyReLU)},
		fake: tensor.New(t.Batch, d), pull: make([]float32, d), mean: make([]float32, d),
	}
	sizes := append([]int{d + m}, hidden(o.DiscriminatorLayers, o.Width)...)
	b.criticNet = layer.Perceptron{Sizes: append(sizes, 1), Act: tensor.LeakyReLU}
	n := len(b.weights)
	b.all = append(b.weights, make([]float32, b.criticNet.Params())...)
	b.weights, b.critic = b.all[:n:n], b.all[n:]
	b.criticNet.Init(b.critic, inn.RNG(t.Seed, streamWeights+1))
	b.grad, b.criticGrad = t.newGradient(n), t.newGradient(len(b.critic))
	for _, s := range t.spans {
		n := s[1] - s[0]
		b.chunk = append(b.chunk, ganChunk{generator: b.net.NewPass(n), discriminator: b.criticNet.NewPass(n), slopes: tensor.New(n, d)})
	}
	return b
}

// Phases of a step that draw z anew.
const (
	phaseDiscriminate = iota
	phaseGenerate
)

// discriminate computes L_d of the batch and its gradient.
func (b *ganTrainer) discriminate() {
	per := 1 / float64(b.Batch)
	b.chunks(func(i, lo, hi int, terms []float64) {
		c, x, y := &b.chunk[i], rows(b.bx, lo, hi), rows(b.by, lo, hi)
		g := b.criticGrad.Part(i)
		if b.o.Smoothness > 0 {
			b.slope(c, x, y, g)
			g = b.criticGrad.Part(i) // zero again
			terms[termSmoothness] += b.smooth(c, x, y, b.o.Smoothness*per, g)
		}
		c.rng = b.rng(phaseDiscriminate, i)
		fake := b.generate(c.generator, y, c.rng)
		terms[termDiscriminator] += b.tell(c, x, y, 1, per)
		c.discriminator.Backward(b.critic, g, y.Rows)
		terms[termDiscriminator] += b.tell(c, fake, y, -1, per)
		c.discriminator.Backward(b.critic, g, y.Rows)
	})
}

// show writes rows [x, y] to the discriminator's input, and returns them.
func (c *ganChunk) show(x, y tensor.Mat) tensor.Mat {
	in := c.discriminator.In(x.Rows)
	for i := range x.Rows {
		copy(in.Row(i)[copy(in.Row(i), x.Row(i)):], y.Row(i))
	}
	return in
}

// tell is -ln σ(sign·d(x, y)), summed over the rows and times weight, with the noise
// of the step on x. It leaves its gradient in the discriminator's output.
func (b *ganTrainer) tell(c *ganChunk, x, y tensor.Mat, sign, weight float64) float64 {
	in := c.show(x, y)
	if noise := b.o.DiscriminatorNoise * (1 - 2*float64(b.step)/float64(b.Steps)); noise > 0 {
		for i := range x.Rows {
			for j := range x.Cols {
				in.Row(i)[j] += float32(noise * c.rng.NormFloat64())
			}
		}
	}
	out, sum := c.discriminator.Forward(b.critic, x.Rows), 0.0
	for i := range x.Rows {
		v := sign * float64(out.Row(i)[0])
		sum += max(-v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
		out.Row(i)[0] = float32(-weight * sign / (1 + math.Exp(v)))
	}
	return weight * sum
}

// slope computes the slopes. It adds to g what nobody wants.
func (b *ganTrainer) slope(c *ganChunk, x, y tensor.Mat, g []float32) {
	c.show(x, y)
	out := c.discriminator.Forward(b.critic, x.Rows)
	for i := range x.Rows {
		out.Row(i)[0] = 1
	}
	din := c.discriminator.Backward(b.critic, g, x.Rows)
	for i := range x.Rows {
		copy(c.slopes.Row(i), din.Row(i))
	}
}

// smooth is weight/2 Σ |s|², s the slopes, and adds its gradient by the weights w to g. The
// product of a second derivative with s that it wants is the difference of two first ones,
//
//	½ ∂|s|²/∂w = (∂d(x + h s/|s|, y)/∂w - ∂d(x - h s/|s|, y)/∂w) |s| / 2h.
func (b *ganTrainer) smooth(c *ganChunk, x, y tensor.Mat, weight float64, g []float32) float64 {
	const h = 0.01 // of a standard deviation
	sum := 0.0
	for _, sign := range []float64{-1, 1} {
		in := c.show(x, y)
		for i := range x.Rows {
			s := c.slopes.Row(i)
			tensor.AddScaled(in.Row(i)[:len(s)], float32(sign*h/(length(s)+1e-30)), s)
		}
		out := c.discriminator.Forward(b.critic, x.Rows)
		for i := range x.Rows {
			s := length(c.slopes.Row(i))
			out.Row(i)[0] = float32(sign * weight * s / (2 * h))
			sum += weight / 4 * s * s // in two halves
		}
		c.discriminator.Backward(b.critic, g, x.Rows)
	}
	return sum
}

func length(v []float32) float64 { return math.Sqrt(tensor.SumOfSquares(v)) }

// generateBatch computes the generator's loss of the batch and its gradient.
func (b *ganTrainer) generateBatch() {
	b.chunks(func(i, lo, hi int, _ []float64) {
		c := &b.chunk[i]
		c.rng = b.rng(phaseGenerate, i)
		c.out = b.generate(c.generator, rows(b.by, lo, hi), c.rng)
		for k := range c.out.Rows {
			copy(b.fake.Row(lo+k), c.out.Row(k))
		}
	})
	adversarial := b.step >= b.o.Pretraining
	penalty := 0.0
	if adversarial {
		penalty = b.variance()
	}
	per := 1 / float64(b.Batch)
	b.chunks(func(i, lo, hi int, terms []float64) {
		c := &b.chunk[i]
		if adversarial {
			terms[termGenerator] += b.tell(c, c.out, rows(b.by, lo, hi), 1, per)
			// The discriminator's own gradient is not wanted: into a part
			// that the next step clears.
			din := c.discriminator.Backward(b.critic, b.criticGrad.Part(i), hi-lo)
			for k := range c.out.Rows {
				out := c.out.Row(k)
				for j, d := range din.Row(k)[:len(out)] {
					out[j] = d + b.pull[j]*(out[j]-b.mean[j])
				}
			}
		} else {
			for k := range c.out.Rows {
				terms[termPretraining] += square(c.out.Row(k), b.bx.Row(lo+k), per)
			}
		}
		c.generator.Backward(b.weights, b.grad.Part(i), hi-lo)
	})
	b.terms[termVariance] += penalty
}

// variance is the penalty of the batch's variances, and prepares its gradient.
func (b *ganTrainer) variance() float64 {
	if b.o.Variance == 0 {
		return 0
	}
	sum := 0.0
	for j := range b.pull {
		_, want := moments(b.bx, j)
		mean, got := moments(b.fake, j)
		sum += (got - want) * (got - want)
		b.mean[j] = float32(mean)
		b.pull[j] = float32(b.o.Variance * 4 * (got - want) / float64(b.Batch))
	}
	return b.o.Variance * sum
}

// moments are the mean and the variance of column j.
func moments(m tensor.Mat, j int) (mean, variance float64) {
	for i := range m.Rows {
		mean += float64(m.Row(i)[j]) / float64(m.Rows)
	}
	for i := range m.Rows {
		d := float64(m.Row(i)[j]) - mean
		variance += d * d / float64(m.Rows)
	}
	return mean, variance
}

// A descent is stochastic gradient descent with momentum, L2 weight decay and
// an exponentially decaying rate.
type descent struct {
	rate, final, momentum, beta2, decay float64
	velocity, squares                   []float32
	taken                               int // steps
}

// keep adds the descent's state to what a checkpoint keeps, for n parameters.
func (s *descent) keep(state *train.State, n int) {
	s.velocity = make([]float32, n)
	state.Vector("velocity", s.velocity)
	if s.beta2 > 0 {
		s.squares = make([]float32, n)
		state.Vector("squares", s.squares)
		state.Count("descents", &s.taken)
	}
}

func (s *descent) update(w, g []float32, step, steps int) {
	rate := s.rate
	if steps > 1 {
		rate *= math.Pow(s.final/s.rate, float64(step)/float64(steps-1))
	}
	r, m, d := float32(rate), float32(s.momentum), float32(s.decay)
	b := float32(s.beta2)
	s.taken++
	begun := float32(1 - math.Pow(s.beta2, float64(s.taken)))
	for i := range w {
		v := g[i] + d*w[i]
		if s.squares != nil {
			s.squares[i] = b*s.squares[i] + (1-b)*v*v
			v /= float32(math.Sqrt(float64(s.squares[i]/begun))) + 1e-8
		}
		s.velocity[i] = m*s.velocity[i] + v
		w[i] -= r * s.velocity[i]
	}
}
