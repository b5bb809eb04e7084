package method

import (
	"fmt"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// GeneratorSettings say how TrainGenerator builds and trains its network. The
// defaults are the paper's recipe for the Gaussian mixture (appendix 8.1), with
// a width that gives the 10,000 parameters it speaks of; those of Training:
// Batch 256, Rate 1e-3, Final Rate/1000, Decay None.
type GeneratorSettings struct {
	Layers   int        // fully connected layers; 8
	Width    int        // neurons of the hidden layers; 40
	Latent   int        // dimension of z; D
	Kernel   mmd.Kernel // mmd.InverseMultiquadratic(0.5)
	Unbiased bool       // the estimate compares no sample with itself, nor with the pair that its y is of

	Training
}

func (s *GeneratorSettings) withDefaults(d int) (GeneratorSettings, error) {
	var o GeneratorSettings
	if s != nil {
		o = *s
	}
	orInt(&o.Layers, 8)
	orInt(&o.Width, 40)
	orInt(&o.Latent, d)
	if o.Kernel.Family == "" && o.Kernel.Widths == nil {
		o.Kernel = mmd.InverseMultiquadratic(0.5)
	}
	o.Training.fill(Training{Batch: 256, Rate: 1e-3, Final: 1e-6, Decay: None})
	const name = "GeneratorSettings"
	if err := o.Kernel.Check(); err != nil {
		return o, fmt.Errorf("method: %s.Kernel: %w", name, err)
	}
	return o, firstError(checkNet(name, o.Layers, o.Width), atLeast(name, "Latent", o.Latent, 1), o.Training.check(name), o.Training.checkNoneHeld(name))
}

// A Generator is a network x = g(z, y), z ~ N(0, 1), trained to make the pairs
// (g(z, y), y) of a batch indistinguishable from its pairs (x, y) by the
// maximum mean discrepancy: a conditional GAN with a fixed kernel in place of the
// discriminator (appendix 2, "Generator + MMD"). It is a Posterior, and safe
// for use by several goroutines.
type Generator struct{ implicit }

// String is "generator + MMD".
func (g *Generator) String() string { return "generator + MMD" }

// TrainGenerator trains a generator on pairs. Nil settings mean the defaults.
// When training ends early, the network so far is returned with the error.
func TrainGenerator(pairs *inn.Pairs, s *GeneratorSettings) (*Generator, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	o, err := s.withDefaults(len(pairs.X.Vars))
	if err != nil {
		return nil, err
	}
	t, err := newTrainer(pairs, o, o.Training, "MMD")
	if err != nil {
		return nil, err
	}
	defer t.pool.Close()
	b := newMMDTrainer(t, &o)
	adam := t.adam()
	l := t.loop(b.weights, func() {
		b.gradient()
		adam.Update(t.pool, b.weights, b.grad.Add(t.pool), adam.RateAt(t.step, t.Steps))
	})
	adam.Keep(&l.State, len(b.weights))
	return b.Generator, l.Run()
}

// An mmdTrainer computes the loss of a generator and its gradient.
type mmdTrainer struct {
	*trainer
	*Generator
	got, want tensor.Mat // [g(z, y), y] and [x, y], a row a pair
	estimator *mmd.Estimator
	chunk     []mmdChunk
	grad      *train.Gradient
}

type mmdChunk struct {
	pass    *layer.PerceptronPass
	out     tensor.Mat
	scratch *mmd.Scratch
	d       tensor.Mat // gradient of the discrepancy by got
}

func newMMDTrainer(t *trainer, o *GeneratorSettings) *mmdTrainer {
	d, width := len(t.xs.vars), len(t.xs.vars)+len(t.ys.vars)
	b := &mmdTrainer{
		trainer:   t,
		Generator: &Generator{newImplicit(t, o.Latent, 0, hidden(o.Layers, o.Width), tensor.LeakyReLU)},
		got:       tensor.New(t.Batch, width), want: tensor.New(t.Batch, width),
		estimator: mmd.New(o.Kernel, t.Batch, o.Unbiased),
	}
	b.grad = t.newGradient(len(b.weights))
	for _, s := range t.spans {
		n := s[1] - s[0]
		b.chunk = append(b.chunk, mmdChunk{b.net.NewPass(n), tensor.New(n, d), mmd.NewScratch(n, t.Batch, width), tensor.New(n, width)})
	}
	return b
}

// gradient computes the discrepancy of the batch, and its gradient.
func (b *mmdTrainer) gradient() {
	d := b.bx.Cols
	b.chunks(func(i, lo, hi int, _ []float64) {
		c := &b.chunk[i]
		y := rows(b.by, lo, hi)
		c.out = b.generate(c.pass, y, b.rng(0, i))
		for k := range y.Rows {
			got, want := b.got.Row(lo+k), b.want.Row(lo+k)
			copy(got, c.out.Row(k))
			copy(want, b.bx.Row(lo+k))
			copy(got[d:], y.Row(k))
			copy(want[d:], y.Row(k))
		}
	})
	b.estimator.Prepare(b.got, b.want)
	b.chunks(func(i, lo, hi int, terms []float64) {
		c := &b.chunk[i]
		terms[0] += b.estimator.Rows(c.scratch, lo, hi, c.d)
		for k := range c.out.Rows {
			copy(c.out.Row(k), c.d.Row(k)[:d])
		}
		c.pass.Backward(b.weights, b.grad.Part(i), c.out.Rows)
	})
}
