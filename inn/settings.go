package inn

import (
	"fmt"
	"runtime"
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

	Steps int     // of the optimiser; 4000
	Batch int     // pairs a step; 200
	Rate  float64 // Adam's learning rate at the first step; 2e-3
	Final float64 // and at the last; Rate/100
	Warm  int     // steps over which the rate rises to Rate; Steps/20
	Beta2 float64 // Adam's decay of the squared gradient; 0.95
	Decay float64 // L2 weight decay; 1e-5
	Clip  float64 // the gradient's largest norm; 10

	WeightY     float64 // of L_y, squared; 10
	WeightZ     float64 // of L_z, the MMD of (y, z); 100
	WeightX     float64 // of L_x, the MMD of x; 100
	WeightPad   float64 // of the padding, squared; 1
	WeightRecon float64 // of the reconstruction with noise in the padding; 1

	KernelZ []float64 // widths h of the inverse multiquadratics of L_z; 0.5, 1, 2
	KernelX []float64 // and of L_x; 0.5, 1, 2

	NoiseY   float64 // added to the normalised y in training; 0.02
	NoisePad float64 // in place of the padding; 0.05

	Seed    uint64 // of the weights, the batches and every noise; 0
	Workers int    // goroutines; the number of processors. The result is the same

	// Each is called after every step, with running means of the losses. A
	// non-nil error ends training: Train returns the network so far and an
	// error that wraps it, or none for ErrEnough. Nil: the observer of package progress is told.
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
	integer(&o.Blocks, 5)
	integer(&o.Layers, 4)
	integer(&o.Width, 128)
	integer(&o.Latent, d)
	integer(&o.Nominal, d+m+o.Latent)
	real(&o.Clamp, 2)
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
	if o.KernelZ == nil {
		o.KernelZ = []float64{0.5, 1, 2}
	}
	if o.KernelX == nil {
		o.KernelX = []float64{0.5, 1, 2}
	}
	integer(&o.Workers, runtime.GOMAXPROCS(0))
	return o, o.check(d, m)
}

// check names the first setting that cannot be.
func (o *Settings) check(d, m int) error {
	for _, c := range []struct {
		name string
		v    int
	}{{"Blocks", o.Blocks}, {"Layers", o.Layers}, {"Width", o.Width}, {"Latent", o.Latent}, {"Steps", o.Steps}, {"Batch", o.Batch}, {"Workers", o.Workers}} {
		if c.v < 1 {
			return fmt.Errorf("inn: Settings.%s is %d, want at least 1", c.name, c.v)
		}
	}
	for _, c := range []struct {
		name string
		v    float64
	}{{"Clamp", o.Clamp}, {"Rate", o.Rate}, {"Final", o.Final}} {
		if !(c.v > 0) {
			return fmt.Errorf("inn: Settings.%s is %v, want a positive number", c.name, c.v)
		}
	}
	for _, c := range []struct {
		name string
		v    float64
	}{{"Decay", o.Decay}, {"Clip", o.Clip}, {"WeightY", o.WeightY}, {"WeightZ", o.WeightZ}, {"WeightX", o.WeightX},
		{"WeightPad", o.WeightPad}, {"WeightRecon", o.WeightRecon}, {"NoiseY", o.NoiseY}, {"NoisePad", o.NoisePad}} {
		if !(c.v >= 0) {
			return fmt.Errorf("inn: Settings.%s is %v, want 0 or more", c.name, c.v)
		}
	}
	if !(o.Beta2 > 0 && o.Beta2 < 1) {
		return fmt.Errorf("inn: Settings.Beta2 is %v, want between 0 and 1", o.Beta2)
	}
	for _, ks := range [][]float64{o.KernelZ, o.KernelX} {
		for _, h := range ks {
			if !(h > 0) {
				return fmt.Errorf("inn: a kernel width in Settings is %v, want a positive number", h)
			}
		}
	}
	if least := max(d, m+o.Latent); o.Nominal < least {
		return fmt.Errorf("inn: Settings.Nominal is %d, want at least %d: %d parameters on one side, %d measurements and %d latent values on the other", o.Nominal, least, d, m, o.Latent)
	}
	return nil
}
