package method

import (
	"cmp"
	"fmt"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TrainINN trains the INN of package inn where measurements have noise, in which y is no function of x:
// noise becomes a parameter (Residuals), of a linear h, the D + M values of x and noise are M of y and D of z, and
// the network is trained by maximum likelihood. Draws are of x alone.
//
// Nil settings work, and a field left zero has a default other than that of inn.Settings, chosen on problems with a
// known posterior: Coupling inn.Spline, Blocks 4 (affine ones 6), Layers 3, Width 64; Batch, Steps, Rate, Final and Decay as in
// CINNSettings, Held 0.1 where that is a batch or more, Clip 100; WeightLikelihood 1, NoiseY 0.1, WeightY 1/(2 NoiseY²), and None for WeightZ, WeightX and
// WeightRecon. Latent is D and Nominal D+M.
//
// When training ends early, the network so far is returned with the error. A posterior that shall be saved is
// made of its parts instead: TrainResiduals, inn.Train, Model.Save, and Residuals.Undo.
func TrainINN(pairs *inn.Pairs, s *inn.Settings) (inn.Posterior, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	var o inn.Settings
	if s != nil {
		o = *s
	}
	d, m := len(pairs.X.Vars), len(pairs.Y.Vars)
	if o.Noise != nil || o.CrossEntropy {
		return nil, fmt.Errorf("method: TrainINN makes the noise of the pairs a parameter, so Settings.Noise and CrossEntropy cannot be set: give those to inn.Train")
	}
	for _, v := range []struct {
		name     string
		of, want int
	}{{"Latent", o.Latent, d}, {"Nominal", o.Nominal, d + m}} {
		if v.of != 0 && v.of != v.want {
			return nil, fmt.Errorf("method: Settings.%s is %d, but TrainINN of %d parameters and %d measurements wants %d: leave it 0", v.name, v.of, d, m, v.want)
		}
	}
	o.Latent, o.Nominal = d, d+m
	usual, err := (&CINNSettings{Coupling: o.Coupling, Blocks: o.Blocks, Layers: o.Layers, Width: o.Width,
		Training: Training{Batch: o.Batch, Steps: o.Steps}}).withDefaults(pairs.Len(), d, m)
	if err != nil {
		return nil, err
	}
	o.Coupling, o.Blocks, o.Layers, o.Width = usual.Coupling, usual.Blocks, usual.Layers, usual.Width
	o.Batch, o.Steps = usual.Batch, usual.Steps
	for _, v := range []struct {
		field *float64
		usual float64
	}{
		{&o.Rate, usual.Rate}, {&o.Decay, usual.Decay}, {&o.Clip, 100}, {&o.NoiseY, 0.1}, {&o.WeightLikelihood, 1},
		{&o.WeightZ, inn.None}, {&o.WeightX, inn.None}, {&o.WeightRecon, inn.None},
	} {
		*v.field = cmp.Or(*v.field, v.usual)
	}
	if usual.Held*float64(pairs.Len()) >= float64(o.Batch) { // fewer say too little
		o.Held = cmp.Or(o.Held, usual.Held)
	}
	if o.NoiseY != inn.None {
		o.WeightY = cmp.Or(o.WeightY, 1/(2*o.NoiseY*o.NoiseY))
	}
	if held := int(max(o.Held, 0) * float64(pairs.Len())); pairs.Len()-held < 10*(d+m) {
		return nil, fmt.Errorf("method: TrainINN makes the noise of every measurement a parameter, so that %d pairs, %d of them held back, are too few for %d parameters and %d measurements: want at least ten for each to train with, %d; or fewer measurements, as NewComponents makes", pairs.Len(), held, d, m, 10*(d+m))
	}
	residuals, err := TrainResiduals(pairs, &PointSettings{Layers: 1, Training: Training{Steps: 2000, Batch: o.Batch, Rate: 3e-3, Seed: o.Seed}})
	if err != nil {
		return nil, err
	}
	full, err := residuals.Pairs(pairs)
	if err != nil {
		return nil, err
	}
	model, err := inn.Train(full, &o)
	if model == nil {
		return nil, err
	}
	return residuals.Undo(model), err
}
