package method

import (
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// Random streams of one seed, far apart, so that no two uses share draws.
const (
	streamWeights     = 1 << 40
	streamPermutation = 2 << 40
	streamEpoch       = 3 << 40
	streamNoise       = 4 << 40
	streamHeld        = 5 << 40
	streamWalls       = 6 << 40
	streamFence       = 8 << 40
	streamMeasure     = 7 << 40
	streamKinds       = 9 << 40
	streamCoverage    = 10 << 40
	streamRegression  = 11 << 40
)

// chunkRows is about how many rows of a batch one task takes. The chunks depend
// on the batch alone and their gradients are added in order, so that the sum is
// the same on any number of workers.
const chunkRows = 64

// A trainer draws batches, runs their chunks on workers, and watches over the
// losses: what is the same in every method.
type trainer struct {
	Training
	xs, ys *scaling
	x, y   tensor.Mat // all pairs, normalised
	noise  []float64  // of the normalised y; nil: none
	held   *heldOut   // nil: none
	source train.Source
	pool   *train.Pool

	of      any         // what the checkpoint is of: a method's settings
	names   []string    // of the loss terms
	terms   []float64   // of the step at hand
	parts   [][]float64 // and of each chunk
	batches train.Batches
	bx, by  tensor.Mat     // the pairs of the batch
	spans   [][2]int       // the rows of each chunk
	sources []train.Source // and its random source
	step    int

	work func(i, lo, hi int, terms []float64) // what chunks does at the moment
	task func(i int)                          // and does for chunk i
}

// newTrainer checks the pairs and normalises them. Close its pool after use. The
// settings are the method's, o a part of them.
func newTrainer(pairs *inn.Pairs, settings any, o Training, terms ...string) (*trainer, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	d, m := len(pairs.X.Vars), len(pairs.Y.Vars)
	if least := 10 * d; pairs.Len() < least {
		return nil, fmt.Errorf("method: %d training pairs are too few: want at least %d, ten for each of %d parameters", pairs.Len(), least, d)
	}
	if pairs.Len() < o.Batch {
		return nil, fmt.Errorf("method: Training.Batch is %d, but there are %d training pairs: give a smaller Batch, or more pairs", o.Batch, pairs.Len())
	}
	xs, ys, err := scalings(pairs, o.Noise != nil)
	if err != nil {
		return nil, err
	}
	noise, err := ys.noise(o.Noise)
	if err != nil {
		return nil, err
	}
	t := &trainer{
		Training: o, xs: xs, ys: ys, noise: noise,
		x: tensor.New(pairs.Len(), d), y: tensor.New(pairs.Len(), m),
		pool: train.NewPool(o.Workers),
		of:   settings, names: terms, terms: make([]float64, len(terms)),
		batches: train.Batches{Pairs: pairs.Len(), Size: o.Batch, Seed: o.Seed, Stream: streamEpoch},
		bx:      tensor.New(o.Batch, d), by: tensor.New(o.Batch, m),
	}
	for i := range pairs.Len() {
		xs.apply(t.x.Row(i), pairs.X.Row(i))
		ys.apply(t.y.Row(i), pairs.Y.Row(i))
	}
	if err := ys.see(t.measured()); err != nil {
		return nil, err
	}
	tasks := (o.Batch + chunkRows - 1) / chunkRows
	for i := range tasks {
		t.spans = append(t.spans, [2]int{i * o.Batch / tasks, (i + 1) * o.Batch / tasks})
		t.parts = append(t.parts, make([]float64, len(terms)))
	}
	t.sources = make([]train.Source, tasks)
	t.task = func(i int) {
		clear(t.parts[i])
		t.work(i, t.spans[i][0], t.spans[i][1], t.parts[i])
	}
	return t, nil
}

// measured are the normalised measurements, with the noise that training adds.
func (t *trainer) measured() tensor.Mat {
	if t.noise == nil {
		return t.y
	}
	y, rng := tensor.New(t.y.Rows, t.y.Cols), inn.RNG(t.Seed, streamFence)
	for i := range y.Rows {
		for j, v := range t.y.Row(i) {
			y.Row(i)[j] = v + float32(t.noise[j]*rng.NormFloat64())
		}
	}
	return y
}

// adam is the optimiser that the settings describe.
func (t *trainer) adam() *train.Adam {
	return &train.Adam{Rate: t.Rate, Final: t.Final, Schedule: t.Schedule, Warmup: t.Warm, Beta1: 0.9, Beta2: t.Beta2, Epsilon: 1e-8, Decay: t.Decay, Clip: t.Clip}
}

// loop is the training of weights w. takeStep computes the losses of the batch,
// leaves their terms in t.terms, and updates the weights.
func (t *trainer) loop(w []float32, takeStep func()) *train.Loop {
	l := &train.Loop{
		Settings: *t.keeping(), Package: "method", Steps: t.Steps, Names: t.names, Weights: w, Each: t.Each,
		Step: func(step int, terms []float64) {
			t.step, t.terms = step, terms
			t.draw()
			takeStep()
		},
	}
	if t.Checkpoint != "" {
		l.Set = t.of
		l.Of = train.Fingerprint(l.Set, t.names, t.xs.columns, t.ys.columns, t.x, t.y)
	}
	return l
}

// draw copies the pairs of the next batch.
func (t *trainer) draw() {
	for i, k := range t.batches.At(t.step) {
		copy(t.bx.Row(i), t.x.Row(k))
		copy(t.by.Row(i), t.y.Row(k))
	}
	t.measure(t.by, uint64(t.step))
}

// measure adds noise of a stream to normalised measurements.
func (t *trainer) measure(y tensor.Mat, stream uint64) {
	if t.noise == nil {
		return
	}
	rng := t.source.Stream(t.Seed, streamMeasure+stream)
	for i := range y.Rows {
		row := y.Row(i)
		for j, sd := range t.noise {
			row[j] += float32(sd * rng.NormFloat64())
		}
	}
}

// chunks calls f for every chunk of the batch, with its rows [lo, hi), and adds
// up the terms that f adds to.
func (t *trainer) chunks(f func(i, lo, hi int, terms []float64)) {
	t.work = f
	t.pool.Each(len(t.spans), t.task)
	for _, part := range t.parts {
		for k, v := range part {
			t.terms[k] += v
		}
	}
}

// rng is the random source of chunk i in this step. Phases of a step that draw
// anew have different numbers.
func (t *trainer) rng(phase, i int) *rand.Rand {
	return t.sources[i].Stream(t.Seed, streamNoise+uint64(t.step)<<20+uint64(phase)<<16+uint64(t.spans[i][0]/(chunkRows/2)))
}

// rows are rows [lo, hi) of m.
func rows(m tensor.Mat, lo, hi int) tensor.Mat { return m.Slice(lo, hi, 0, m.Cols) }

func (t *trainer) newGradient(n int) *train.Gradient { return train.NewGradient(n, len(t.spans)) }

// A rowLoss is a loss that is a sum over the rows of a batch, for one chunk.
type rowLoss interface {
	// forward adds perRow times the loss of the rows, normalised pairs, to
	// the terms.
	forward(w []float32, x, y tensor.Mat, perRow float64, rng *rand.Rand, terms []float64)
	// backward adds the gradient of what forward added to g.
	backward(w, g []float32)
}

// fit minimises the mean of a row loss over the pairs. With some of them held
// back, w ends at the least loss of those.
func (t *trainer) fit(w []float32, newLoss func(rows int) rowLoss) error {
	return t.fitting(w, newLoss).Run()
}

func (t *trainer) fitting(w []float32, newLoss func(rows int) rowLoss) *train.Loop {
	var losses []rowLoss
	for _, s := range t.spans {
		losses = append(losses, newLoss(s[1]-s[0]))
	}
	t.held = t.hold(newLoss)
	g, adam := t.newGradient(len(w)), t.adam()
	chunk := func(i, lo, hi int, terms []float64) {
		losses[i].forward(w, rows(t.bx, lo, hi), rows(t.by, lo, hi), 1/float64(t.Batch), t.rng(0, i), terms)
		losses[i].backward(w, g.Part(i))
	}
	l := t.loop(w, func() {
		t.chunks(chunk)
		adam.Update(t.pool, w, g.Add(t.pool), adam.RateAt(t.step, t.Steps))
	})
	adam.Keep(&l.State, len(w))
	if t.held != nil {
		l.Look, l.LookEvery = func() float64 { return t.held.loss(w) }, t.held.every
	}
	return l
}

// normal fills columns [lo, hi) of every row of m with draws of N(0, 1).
func normal(m tensor.Mat, lo, hi int, rng *rand.Rand) {
	for i := range m.Rows {
		row := m.Row(i)[lo:hi]
		for j := range row {
			row[j] = float32(rng.NormFloat64())
		}
	}
}
