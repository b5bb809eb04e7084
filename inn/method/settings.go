package method

import (
	"fmt"
	"math"
	"runtime"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// None is the value of a setting that shall be zero, since zero itself stands
// for the default.
const None = inn.None

// Training says how long and how fast a network is trained; every method's
// settings contain it. A field left zero has the method's default, which the
// method's settings state where it differs from the one here.
type Training struct {
	Steps int     // of the optimiser; 4000
	Batch int     // pairs a step
	Rate  float64 // Adam's learning rate at the first step
	Final float64 // and at the last
	// Schedule is how it goes from one to the other; train.Exponential.
	Schedule train.Schedule
	Warm     int     // steps over which the rate rises to Rate, at most Steps; Steps/20
	Beta2    float64 // Adam's decay of the squared gradient; 0.99
	Decay    float64 // L2 weight decay; 1e-5
	Clip     float64 // the gradient's largest norm; 10

	// Noise is for pairs whose measurements are without noise: the standard deviations, in
	// the units of y, of the normal noise that a real measurement has, one for all or one for each.
	// Every step draws it anew, so that no network learns one noise by heart. Nil: none.
	Noise []float64

	// Held is the share of the pairs, at most 4096, that is held back from training.
	// Their loss is computed once an epoch and at least twenty times, and the network of
	// the least is returned: with few pairs the last one has learned them by heart;
	// 0, with TrainCINN 0.1. The losses of CGAN and Generator do not say which network is
	// best: they hold none back.
	Held float64
	// Patience is after how many looks at them without a smaller loss training ends; 0: never.
	Patience int

	// Checkpoint and CheckpointEvery are as in inn.Settings.
	Checkpoint      string `json:"-"`
	CheckpointEvery int    `json:"-"`

	Seed    uint64 // of the weights, the batches and every noise; 0
	Workers int    `json:"-"` // goroutines; the number of processors. The result is the same

	// Each is called after every step, with running means of the losses. A
	// non-nil error ends training: the network so far is returned with an
	// error that wraps it. Nil: the observer of package progress is told.
	Each func(inn.Progress) error `json:"-"`
}

// fill fills in what is open: def has Batch, Rate and Final at least.
func (o *Training) fill(def Training) {
	orInt(&def.Steps, 4000)
	orReal(&def.Beta2, 0.99)
	orReal(&def.Decay, 1e-5)
	orInt(&o.Steps, def.Steps)
	orInt(&o.Batch, def.Batch)
	orReal(&o.Rate, def.Rate)
	orReal(&o.Final, o.Rate*def.Final/def.Rate)
	orInt(&o.Warm, o.Steps/20)
	o.Warm = max(o.Warm, 0)
	orReal(&o.Beta2, def.Beta2)
	orReal(&o.Decay, def.Decay)
	orReal(&o.Clip, 10)
	orReal(&o.Held, def.Held)
	orInt(&o.Workers, runtime.GOMAXPROCS(0))
}

// check names the first setting that cannot be; settings is the struct's name.
func (o *Training) check(settings string) error {
	if !(o.Beta2 > 0 && o.Beta2 < 1) {
		return fmt.Errorf("method: %s.Beta2 is %v, want between 0 and 1", settings, o.Beta2)
	}
	if err := o.Schedule.Check(); err != nil {
		return fmt.Errorf("method: %s.Schedule is %w", settings, err)
	}
	if err := o.keeping().Check("method: "+settings, o.Held > 0); err != nil {
		return err
	}
	return firstError(
		atLeast(settings, "Steps", o.Steps, 1),
		warm(settings, o.Warm, o.Steps),
		atLeast(settings, "Batch", o.Batch, 2),
		atLeast(settings, "Workers", o.Workers, 1),
		positive(settings, "Rate", o.Rate),
		positive(settings, "Final", o.Final),
		notNegative(settings, "Decay", o.Decay),
		notNegative(settings, "Clip", o.Clip),
		share(settings, "Held", o.Held),
	)
}

// checkNoneHeld is for methods that look at no pairs held back.
func (o *Training) checkNoneHeld(settings string) error {
	if o.Held > 0 {
		return fmt.Errorf("method: %s.Held is %v: this method's loss does not say which network is best, so leave it out", settings, o.Held)
	}
	return nil
}

// keeping are the settings of the training loop.
func (o *Training) keeping() *train.Settings {
	return &train.Settings{Checkpoint: o.Checkpoint, CheckpointEvery: o.CheckpointEvery, Patience: o.Patience}
}

// hidden is the shape of a perceptron's hidden layers.
func hidden(layers, width int) []int {
	h := make([]int, layers-1)
	for i := range h {
		h[i] = width
	}
	return h
}

// checkNet checks the settings that every network has.
func checkNet(settings string, layers, width int) error {
	return firstError(atLeast(settings, "Layers", layers, 1), atLeast(settings, "Width", width, 1))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func atLeast(settings, name string, v, least int) error {
	const most = 1 << 24 // more is a slip, and would exhaust the memory
	if v < least || v > most {
		return fmt.Errorf("method: %s.%s is %d, want %d to %d", settings, name, v, least, most)
	}
	return nil
}

func warm(settings string, v, steps int) error {
	if v > steps {
		return fmt.Errorf("method: %s.Warm is %d, but there are %d Steps: the rate would never rise to Rate", settings, v, steps)
	}
	return nil
}

func positive(settings, name string, v float64) error {
	if !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("method: %s.%s is %v, want a positive number", settings, name, v)
	}
	return nil
}

func notNegative(settings, name string, v float64) error {
	if !(v >= 0) || math.IsInf(v, 0) {
		return fmt.Errorf("method: %s.%s is %v, want 0 or more", settings, name, v)
	}
	return nil
}

// share checks a probability below 1.
func share(settings, name string, v float64) error {
	if !(v >= 0 && v < 1) {
		return fmt.Errorf("method: %s.%s is %v, want 0 or more and less than 1", settings, name, v)
	}
	return nil
}

// orInt gives a setting that was left open its default.
func orInt(v *int, def int) {
	if *v == 0 {
		*v = def
	}
}

// orReal gives a setting that was left open its default.
func orReal(v *float64, def float64) {
	switch *v {
	case 0:
		*v = def
	case None:
		*v = 0
	}
}

// activation is what follows the hidden layers: the appendix has both.
func activation(leaky bool) tensor.Activation {
	if leaky {
		return tensor.LeakyReLU
	}
	return tensor.ReLU
}
