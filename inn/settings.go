package inn

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// Settings say how Train builds and trains a network. Nil works, and a field
// left zero has the default that its comment states; a weight or a noise that
// shall be zero is set to None.
//
// The defaults follow the paper's recipe for the medical application (appendix
// 8.3: layers, leaky ReLU, Adam's rate, batch, K = D) and the authors' published
// code (width, Beta2, Decay, the terms of the loss). The weights, the number of
// blocks, the padding and its noise are chosen so that the posterior of a linear
// Gaussian problem comes out right with every seed tried, and that of s_O2 in
// the medical problem is calibrated.
type Settings struct {
	Blocks  int     // reversible blocks; 5
	Layers  int     // fully connected layers of each block's perceptrons; 4
	Width   int     // neurons of their hidden layers; 128
	Latent  int     // K, the dimension of z; D
	Nominal int     // width of the network's rows, padding included; D+M+K
	Clamp   float64 // the largest |s| of a coupling; 2

	Coupling    Coupling    // of the blocks: Affine or Spline; Affine
	Bins        int         // of a spline; 8
	Bound       float64     // splines have their knots within ±Bound; 4
	Permutation Permutation // between the blocks: Fixed or Learned; Fixed
	Activation  Activation  // LeakyReLU, ReLU or Tanh; LeakyReLU
	// Actnorm scales and shifts each column before a block, at first so that those of
	// the first batch have mean 0 and standard deviation 1 (Kingma and Dhariwal 2018).
	Actnorm bool

	Steps int     // of the optimiser; 4000
	Batch int     // pairs a step; 200
	Rate  float64 // Adam's learning rate at the first step; 2e-3
	Final float64 // and at the last; Rate/100
	// Schedule is how it goes from one to the other; train.Exponential.
	Schedule train.Schedule
	Warm     int     // steps over which the rate rises to Rate, at most Steps; Steps/20
	Beta2    float64 // Adam's decay of the squared gradient; 0.95
	Decay    float64 // L2 weight decay; 1e-5
	Clip     float64 // the gradient's largest norm; 10

	WeightY     float64 // of L_y; 10
	WeightZ     float64 // of L_z, the MMD of (y, z); 100
	WeightX     float64 // of L_x, the MMD of x; 100
	WeightPad   float64 // of the padding, squared; 1
	WeightRecon float64 // of the reconstruction with noise in the padding; 1

	// WeightLikelihood is of the mean of -ln q(x), with |z|²/2 - ln|det ∂f/∂x| for the
	// change of variables of equation 3; 0. With it the network is trained by maximum
	// likelihood where y has an error of σ normalised units: WeightLikelihood 1, WeightY
	// 1/(2σ²), NoiseY σ, Nominal D, Latent D-M (padding has no density), a large
	// Clip, and None for the other weights. With Noise in place of NoiseY, WeightY is 1/2, and
	// draws are of this density, x = f⁻¹(y + σ ε, z), ε and z ~ N(0, 1). NoiseY is no noise
	// that a measurement has: draws leave it out, so that it should be small.
	WeightLikelihood float64

	RampZ int // steps over which the weight of L_z rises from 0; 0
	RampX int // and that of L_x; 0

	// CrossEntropy makes L_y the cross-entropy of y, a label in one-hot form or
	// probabilities, and the softmax of 10 f_y(x), plus a tenth of the square, for
	// networks that classify forwards. The inverse starts from the label itself,
	// which f_y(x) need not be close to: check it, or take the square.
	CrossEntropy bool

	KernelZ mmd.Kernel // of L_z; mmd.InverseMultiquadratic(0.5, 1, 2)
	KernelX mmd.Kernel // of L_x; mmd.InverseMultiquadratic(0.5, 1, 2)

	// Unbiased takes the unbiased estimate of both, which compares no sample of a batch with
	// itself nor with the pair that its y is of, so that L_x says nothing of which x has which y.
	Unbiased bool

	// Gamma makes pairs of samples of L_x count by exp(-γ |y - y'|²), in normalised
	// units, with a γ that falls linearly from Gamma to 0: like is compared with
	// like at first ("weighted by observation distance", appendix 8.3); 0.
	Gamma float64

	// Noise is for pairs whose measurements are without noise: the standard deviations, in
	// the units of y, of the normal noise that a real measurement has, one for all or one for each.
	// Training draws it anew at every step in place of NoiseY, so that the network
	// learns no noise by heart, and L_y counts errors in units of it. Draws allow for the noise
	// with WeightLikelihood alone; with the other losses they are of the x whose y is the measured one. Nil: none.
	Noise []float64

	NoiseY   float64 // added to the normalised y in training; 0.02
	NoisePad float64 // in place of the padding; 0.05

	// Held is the share of the pairs, at most 4096 and in whole batches if it is more than one, that is held back from training;
	// 0. Their loss is computed now and then, and the network of the least is returned.
	Held float64
	// Patience is after how many looks at them without a smaller loss training ends; 0: never.
	Patience int

	// Checkpoint is a file that the state of training is written to, every
	// CheckpointEvery steps (1000), when it is stopped, and at its end. If it is
	// there, training goes on where it was, and ends with the same bytes as if it
	// had not stopped. Empty: none.
	Checkpoint      string `json:"-"`
	CheckpointEvery int    `json:"-"`

	Seed    uint64 // of the weights, the batches and every noise; 0
	Workers int    // goroutines; the number of processors. The result is the same

	// Each is called after every step, with running means of the losses. A
	// non-nil error ends training: Train returns the network so far and an
	// error that wraps it, or none for ErrEnough. Nil: the observer of package
	// progress shows how far training is. An interrupt ends training in either case.
	Each func(Progress) error `json:"-"`
}

// None is the value of a setting that shall be zero, since zero itself stands
// for the default.
const None = -1

// withDefaults fills in what s leaves open, for D parameters and M measurements.
func (s *Settings) withDefaults(d, m int) (Settings, error) {
	var o Settings
	if s != nil {
		o = *s
	}
	integer := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	real := func(v *float64, def float64) {
		switch *v {
		case 0:
			*v = def
		case None:
			*v = 0
		}
	}
	o.fillArchitecture(d, m)
	integer(&o.Steps, 4000)
	integer(&o.Batch, 200)
	real(&o.Rate, 2e-3)
	real(&o.Final, o.Rate/100)
	integer(&o.Warm, o.Steps/20)
	o.Warm = max(o.Warm, 0)
	real(&o.Beta2, 0.95)
	real(&o.Decay, 1e-5)
	real(&o.Clip, 10)
	real(&o.WeightY, 10)
	real(&o.WeightZ, 100)
	real(&o.WeightX, 100)
	real(&o.WeightPad, 1)
	real(&o.WeightRecon, 1)
	real(&o.NoiseY, 0.02)
	real(&o.NoisePad, 0.05)
	for _, k := range []*mmd.Kernel{&o.KernelZ, &o.KernelX} {
		if k.Family == "" && k.Widths == nil {
			*k = mmd.InverseMultiquadratic(0.5, 1, 2)
		}
	}
	integer(&o.Workers, runtime.GOMAXPROCS(0))
	return o, o.check(d, m)
}

// check names the first setting that cannot be.
func (o *Settings) check(d, m int) error {
	if err := o.checkArchitecture(d, m); err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		v    int
	}{{"Steps", o.Steps}, {"Batch", o.Batch}, {"Workers", o.Workers}} {
		if c.v < 1 {
			return fmt.Errorf("inn: Settings.%s is %d, want at least 1", c.name, c.v)
		}
	}
	for _, c := range []struct {
		name string
		v    float64
	}{{"Rate", o.Rate}, {"Final", o.Final}} {
		if !(c.v > 0) {
			return fmt.Errorf("inn: Settings.%s is %v, want a positive number", c.name, c.v)
		}
	}
	for _, c := range []struct {
		name string
		v    float64
	}{{"Decay", o.Decay}, {"Clip", o.Clip}, {"WeightY", o.WeightY}, {"WeightZ", o.WeightZ}, {"WeightX", o.WeightX},
		{"WeightPad", o.WeightPad}, {"WeightRecon", o.WeightRecon}, {"WeightLikelihood", o.WeightLikelihood},
		{"RampZ", float64(o.RampZ)}, {"RampX", float64(o.RampX)}, {"Gamma", o.Gamma}, {"NoiseY", o.NoiseY}, {"NoisePad", o.NoisePad}} {
		if !(c.v >= 0) {
			return fmt.Errorf("inn: Settings.%s is %v, want 0 or more", c.name, c.v)
		}
	}
	if o.Warm > o.Steps {
		return fmt.Errorf("inn: Settings.Warm is %d, but there are %d Steps: the rate would never rise to Rate", o.Warm, o.Steps)
	}
	if o.WeightY+o.WeightZ+o.WeightX+o.WeightPad+o.WeightRecon+o.WeightLikelihood == 0 {
		return errors.New("inn: Settings: all weights of the losses are None, so that there is nothing to train")
	}
	if !(o.Beta2 > 0 && o.Beta2 < 1) {
		return fmt.Errorf("inn: Settings.Beta2 is %v, want between 0 and 1", o.Beta2)
	}
	if !(o.Held >= 0 && o.Held < 1) {
		return fmt.Errorf("inn: Settings.Held is %v, want 0 or more and less than 1", o.Held)
	}
	if o.CrossEntropy && m < 2 {
		return fmt.Errorf("inn: Settings.CrossEntropy is for labels in one-hot form, and y has %d value", m)
	}
	for name, k := range map[string]mmd.Kernel{"KernelZ": o.KernelZ, "KernelX": o.KernelX} {
		if err := k.Check(); err != nil {
			return fmt.Errorf("inn: Settings.%s: %w", name, err)
		}
	}
	if err := o.Schedule.Check(); err != nil {
		return fmt.Errorf("inn: Settings.Schedule is %w", err)
	}
	if err := o.keeping().Check("inn: Settings", o.Held > 0); err != nil {
		return err
	}
	return nil
}

// keeping are the settings of the training loop.
func (o *Settings) keeping() *train.Settings {
	return &train.Settings{Checkpoint: o.Checkpoint, CheckpointEvery: o.CheckpointEvery, Patience: o.Patience}
}
