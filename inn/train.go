package inn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// Progress is the state of training after a step. The terms of its loss are
// "y", "z", "x", "padding" and "reconstruction", and "likelihood" if that has a weight.
type Progress = train.Progress

// A Term is one part of the loss, a running mean over about 50 steps.
type Term = train.Term

// ErrEnough is what Settings.Each returns to end a training that is good enough:
// Train then returns the network so far and no error.
var ErrEnough = train.ErrEnough

// Train trains an INN on pairs (section 3.3 of the paper): batch by batch it
// runs forwards for L_y, L_z and the padding, backwards for L_x and the
// reconstruction, and updates once with the gradients of both directions.
//
// Pairs are normalised first, column by column. A column over decades or with long
// tails is bent too, by an asinh, unless Settings.Noise is added to it.
//
// Nil settings mean the defaults. The result depends on the pairs and the
// settings alone, not on the number of workers, nor on how often it was stopped
// and went on from Settings.Checkpoint. When Each or the progress observer ends
// training early, or a loss is no longer finite, Train returns the network so
// far together with an error that says so.
func Train(pairs *Pairs, s *Settings) (*Model, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	o, err := s.withDefaults(len(pairs.X.Vars), len(pairs.Y.Vars))
	if err != nil {
		return nil, err
	}
	held := min(int(o.Held*float64(pairs.Len())), heldMost)
	if held > o.Batch { // whole batches
		held = held / o.Batch * o.Batch
	}
	if o.Held > 0 && held == 0 {
		return nil, fmt.Errorf("inn: Settings.Held is %v of %d pairs, which is less than one: give a larger share, or none", o.Held, pairs.Len())
	}
	back := ""
	if held > 0 {
		back = fmt.Sprintf(", besides %d that Settings.Held holds back,", held)
	}
	if least := 10 * len(pairs.X.Vars); pairs.Len()-held < least {
		return nil, fmt.Errorf("inn: %d training pairs%s are too few: want at least %d, ten for each parameter", pairs.Len()-held, back, least)
	}
	if pairs.Len()-held < o.Batch {
		return nil, fmt.Errorf("inn: Settings.Batch is %d, but there are %d training pairs%s: give a smaller Batch, or more pairs", o.Batch, pairs.Len()-held, strings.TrimSuffix(back, ","))
	}
	preparing := progress.Start("preparing", 0) // an interrupt waits for it
	preparing.Advance(1, nil)
	t, err := newTrainer(pairs, &o, held)
	preparing.End()
	if err != nil {
		return nil, err
	}
	defer t.pool.Close()
	err = t.loop().Run()
	t.model.covered = t.cover()
	return t.model, err
}

// heldMost is the most pairs that are held back: the loss of more is no surer.
const heldMost = 4096

// chunksOf is in how many tasks a batch is cut. A chunk reads and writes all
// weights' worth of memory, so that it should have rows to share that among, up
// to what the cache holds of their activations; and four workers should find
// work. The chunks depend on the batch alone and their gradients are added in
// order, so that the sum is the same on any number of workers.
func chunksOf(batch int) int {
	const most, least = 128, 64
	return max((batch+most-1)/most, min(4, (batch+least-1)/least))
}

// A trainer is the state of training.
type trainer struct {
	*Settings
	shape
	model   *Model
	x, y    tensor.Mat // all pairs, normalised
	noise   []float64  // of the normalised y
	errorY  []float64  // the weight of each of its squared errors
	pool    *train.Pool
	adam    train.Adam
	batches train.Batches
	held    []int // the pairs that are held back

	// One batch, a row each. Forwards: in -> out = [y, pad, z].
	batch     []int
	in, out   tensor.Mat
	zGot, zTo tensor.Mat // the two sides of L_z, [y, z] each
	xGot, xTo tensor.Mat // the two sides of L_x
	mmdZ      *mmd.Estimator
	mmdX      *mmd.Estimator
	chunks    []*chunk
	packed    *layer.Packed   // the weights of this step
	grad      *train.Gradient // a part for each chunk

	// What workers do in a step: pack matrix i of the weights again, and the two
	// phases for chunk i.
	again, forward, backward func(i int)

	// The weights of this step, and the stream of its noise.
	weightZ, weightX, gamma float64
	stream                  uint64
}

var termNames = [...]string{"y", "z", "x", "padding", "reconstruction", "likelihood"}

const (
	termY = iota
	termZ
	termX
	termPad
	termRecon
	termLikelihood
)

// A chunk is one task's rows [lo, hi) of the batch and all it needs.
type chunk struct {
	lo, hi           int
	source           train.Source
	forward, inverse layer.Pass
	// What goes backwards, [y, pad, z] -> [x, pad], and its gradient: a row for each of
	// the chunk with z drawn anew, and a row for each that is what the forward pass made
	// and must lead back to x. Both go through the network together, as inverted and
	// dinverted, if the losses want both: weights are read once for twice the rows.
	fresh, again        tensor.Mat
	dfresh, dagain      tensor.Mat
	inverted, dinverted tensor.Mat
	grad                []float32
	terms               [len(termNames)]float64
	dz, dx              tensor.Mat // gradients of the discrepancies
	scratchZ            *mmd.Scratch
	scratchX            *mmd.Scratch
	dout                tensor.Mat
	logdet              []float32
}

func newTrainer(pairs *Pairs, o *Settings, held int) (*trainer, error) {
	xs, err := newScaling(pairs.X, scale.Of)
	if err != nil {
		return nil, fmt.Errorf("inn: parameter %w", err)
	}
	of := scale.Of
	if o.Noise != nil { // which is added to y as it is
		of = scale.Straight
	}
	ys, err := newScaling(pairs.Y, of)
	if err != nil {
		return nil, fmt.Errorf("inn: measurement %w", err)
	}
	if err := ys.noisy(o.Noise); err != nil {
		return nil, err
	}
	s := shape{len(pairs.X.Vars), len(pairs.Y.Vars), o.Latent, o.Nominal}
	t := &trainer{
		Settings: o,
		shape:    s,
		model:    newModel(s, o, xs, ys),
		x:        tensor.New(pairs.Len(), s.D),
		y:        tensor.New(pairs.Len(), s.M),
		pool:     train.NewPool(o.Workers),
		adam:     train.Adam{Rate: o.Rate, Final: o.Final, Schedule: o.Schedule, Warmup: o.Warm, Beta1: 0.9, Beta2: o.Beta2, Epsilon: 1e-6, Decay: o.Decay, Clip: o.Clip},
	}
	t.noise = t.model.noise()
	t.errorY = slices.Repeat([]float64{o.WeightY}, s.M)
	if o.Noise != nil {
		for j, sd := range t.noise {
			t.errorY[j] /= sd * sd
		}
	}
	for i := range pairs.Len() {
		xs.apply(t.x.Row(i), pairs.X.Row(i))
		ys.apply(t.y.Row(i), pairs.Y.Row(i))
	}
	seen := t.measured()
	if t.model.fence, err = scale.NewFence(seen.Rows, seen.Cols, seen.Row); err != nil {
		return nil, fmt.Errorf("inn: %w", err)
	}
	// Problem.Pairs draws pairs independently, so any will do.
	n := o.Batch
	if held > 0 {
		for i := range max(held, n) { // fewer than a batch fill it by turns, with other noise
			t.held = append(t.held, pairs.Len()-held+i%held)
		}
	}
	t.batches = train.Batches{Pairs: pairs.Len() - held, Size: n, Seed: o.Seed, Stream: streamEpoch}
	if o.Actnorm {
		t.start()
	}
	t.in, t.out = tensor.New(n, s.N), tensor.New(n, s.N)
	t.zGot, t.zTo = tensor.New(n, s.M+s.K), tensor.New(n, s.M+s.K)
	t.xGot, t.xTo = tensor.New(n, s.D), tensor.New(n, s.D)
	t.mmdZ = mmd.New(o.KernelZ, n, o.Unbiased)
	t.mmdX = mmd.New(o.KernelX, n, o.Unbiased)
	tasks := chunksOf(n)
	t.grad = train.NewGradient(len(t.model.weights), tasks)
	t.packed = layer.Pack(t.model.net, t.model.weights, true)
	t.again = t.packed.Again
	t.forward = func(i int) { t.forwards(t.chunks[i]) }
	t.backward = func(i int) { t.backwards(t.chunks[i]) }
	for i := range tasks {
		c := &chunk{lo: i * n / tasks, hi: (i + 1) * n / tasks}
		rows := c.hi - c.lo
		c.forward = t.model.net.NewPass(rows, t.packed, nil)
		t.makeInverse(c, rows)
		c.grad = t.grad.Parts[i]
		c.dz, c.dx, c.dout = tensor.New(rows, s.M+s.K), tensor.New(rows, s.D), tensor.New(rows, s.N)
		if o.WeightLikelihood > 0 {
			c.logdet = make([]float32, rows)
		}
		c.scratchZ, c.scratchX = mmd.NewScratch(rows, n, s.M+s.K), mmd.NewScratch(rows, n, s.D)
		t.chunks = append(t.chunks, c)
	}
	return t, nil
}

// makeInverse makes what takes a chunk's rows backwards.
func (t *trainer) makeInverse(c *chunk, rows int) {
	from, to := 0, 2*rows
	if !t.inverts() {
		from = rows
	}
	if t.WeightRecon == 0 {
		to = rows
	}
	halves := func() (first, second, wanted tensor.Mat) {
		m := tensor.New(2*rows, t.N)
		return m.Slice(0, rows, 0, t.N), m.Slice(rows, 2*rows, 0, t.N), m.Slice(from, max(from, to), 0, t.N)
	}
	c.fresh, c.again, c.inverted = halves()
	c.dfresh, c.dagain, c.dinverted = halves()
	c.inverse = t.model.net.NewPass(c.inverted.Rows, t.packed, nil)
}

// measured are the pairs' measurements, with noise drawn once if they have none.
func (t *trainer) measured() tensor.Mat {
	if t.Noise == nil {
		return t.y
	}
	y, rng := tensor.New(t.y.Rows, t.y.Cols), RNG(t.Seed, streamFence)
	for i := range y.Rows {
		for j, v := range t.y.Row(i) {
			y.Row(i)[j] = v + float32(t.noise[j]*rng.NormFloat64())
		}
	}
	return y
}

// start takes the starting values of layers that want to see data from the first
// batch.
func (t *trainer) start() {
	t.batch = t.batches.At(0)
	x := tensor.New(t.Batch, t.N)
	lo, hi := t.xPad()
	fill(x, lo, hi, t.NoisePad, RNG(t.Seed, streamStart))
	for i, pair := range t.batch {
		copy(x.Row(i), t.x.Row(pair))
	}
	t.model.net.Start(t.model.weights, x)
}

// loop is the training.
func (t *trainer) loop() *train.Loop {
	names := termNames[:termLikelihood]
	if t.WeightLikelihood > 0 {
		names = termNames[:]
	}
	l := &train.Loop{
		Settings: *t.keeping(), Package: "inn", Steps: t.Steps, Names: names, Weights: t.model.weights,
		Step: t.takeStep, Each: t.Each,
	}
	if t.Checkpoint != "" {
		l.Set = t.Settings.stored()
		l.Of = train.Fingerprint(l.Set, t.model.x, t.model.y, t.x, t.y)
	}
	t.adam.Keep(&l.State, len(t.model.weights))
	if len(t.held) > 0 {
		l.Look, l.LookEvery = t.look, max(1, min(t.x.Rows/t.Batch, t.Steps/20))
	}
	return l
}

// takeStep makes one step of the optimiser, unless a term of the loss is not
// finite.
func (t *trainer) takeStep(step int, terms []float64) {
	t.batch = t.batches.At(step)
	t.weightZ, t.weightX = t.WeightZ*ramp(step, t.RampZ), t.WeightX*ramp(step, t.RampX)
	t.gamma = t.Gamma * (1 - float64(step)/float64(t.Steps))
	t.losses(streamNoise+uint64(step)<<20, terms)
	for _, v := range terms {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
	}
	t.adam.Update(t.pool, t.model.weights, t.grad.Add(t.pool), t.adam.RateAt(step, t.Steps))
}

// ramp is a weight's share at a step, when it rises over so many steps.
func ramp(step, steps int) float64 { return min(1, float64(step+1)/float64(steps+1)) }

// losses adds the terms of the batch's loss, with noise of a stream, to terms,
// and leaves their gradients in the chunks.
func (t *trainer) losses(stream uint64, terms []float64) {
	t.stream = stream
	t.pool.Each(t.packed.Len(), t.again)
	t.pool.Each(len(t.chunks), t.forward)
	if t.weightZ > 0 {
		t.mmdZ.Prepare(t.zGot, t.zTo)
	}
	if t.weightX > 0 {
		t.mmdX.Prepare(t.xGot, t.xTo)
		if t.gamma > 0 {
			t.mmdX.Weigh(t.zTo.Slice(0, t.zTo.Rows, 0, t.M), t.gamma)
		}
	}
	t.pool.Each(len(t.chunks), t.backward)
	for _, c := range t.chunks {
		for i := range terms {
			terms[i] += c.terms[i]
		}
	}
}

// look is the loss of the pairs that are held back, with all weights as at the
// end of training and the same noise at every look.
func (t *trainer) look() float64 {
	t.weightZ, t.weightX, t.gamma = t.WeightZ, t.WeightX, 0
	batches, loss := len(t.held)/t.Batch, 0.0
	for b := range batches {
		var terms [len(termNames)]float64
		t.batch = t.held[b*t.Batch : (b+1)*t.Batch]
		t.losses(streamHeld+uint64(b)<<20, terms[:])
		for _, v := range terms {
			loss += v / float64(batches)
		}
	}
	return loss
}

// inverts says whether a loss needs the network's inverse from y and z drawn anew.
func (t *trainer) inverts() bool { return t.WeightX > 0 || t.WeightPad > 0 && t.N > t.D }

// forwards runs a chunk's rows through the network in both directions.
func (t *trainer) forwards(c *chunk) {
	rng := c.source.Stream(t.Seed, t.stream+uint64(c.lo))
	clear(c.grad)
	in, out, back := t.rows(t.in, c), t.rows(t.out, c), c.fresh
	zGot, zTo := t.rows(t.zGot, c), t.rows(t.zTo, c)
	xGot, xTo := t.rows(t.xGot, c), t.rows(t.xTo, c)
	xPadLo, xPadHi := t.xPad()
	yPadLo, yPadHi := t.yPad()
	zLo, zHi := t.z()

	fill(in, xPadLo, xPadHi, t.NoisePad, rng)
	fill(zTo, t.M, t.M+t.K, 1, rng)
	if t.inverts() {
		fill(back, yPadLo, yPadHi, t.NoisePad, rng)
		fill(back, zLo, zHi, 1, rng)
	}
	for i := range in.Rows {
		pair := t.batch[c.lo+i]
		x, y := t.x.Row(pair), t.y.Row(pair)
		copy(in.Row(i), x)
		copy(xTo.Row(i), x)
		for j, v := range y {
			v += float32(t.noise[j] * rng.NormFloat64())
			zTo.Row(i)[j], back.Row(i)[j] = v, v
		}
		copy(out.Row(i), in.Row(i))
	}
	clear(c.logdet)
	c.forward.Forward(t.model.weights, out, c.logdet) // nil without a likelihood
	if t.WeightRecon > 0 {
		t.reconstruct(c)
	}
	if c.inverted.Rows > 0 {
		c.inverse.Inverse(t.model.weights, c.inverted, nil)
	}
	for i := range in.Rows {
		copy(zGot.Row(i), out.Row(i)[:t.M])
		copy(zGot.Row(i)[t.M:], out.Row(i)[zLo:zHi])
		copy(xGot.Row(i), back.Row(i))
	}
}

// reconstruct prepares the rows that must lead back to x: what the forward pass
// made, with noise in place of the padding and a little on y and z.
func (t *trainer) reconstruct(c *chunk) {
	rng := c.source.Stream(t.Seed, t.stream+1<<19+uint64(c.lo))
	out := t.rows(t.out, c)
	zLo, zHi := t.z()
	yPadLo, yPadHi := t.yPad()
	fill(c.again, yPadLo, yPadHi, t.NoisePad, rng)
	for i := range c.again.Rows {
		got, row := out.Row(i), c.again.Row(i)
		for j := range t.M {
			row[j] = got[j] + float32(t.noise[j]*rng.NormFloat64())
		}
		for j := zLo; j < zHi; j++ {
			row[j] = got[j] + float32(t.NoiseY*rng.NormFloat64())
		}
	}
}

// backwards computes a chunk's share of every loss term and its gradient.
func (t *trainer) backwards(c *chunk) {
	w := t.model.weights
	in, out, back := t.rows(t.in, c), t.rows(t.out, c), c.fresh
	zTo := t.rows(t.zTo, c)
	zLo, zHi := t.z()
	yPadLo, yPadHi := t.yPad()
	xPadLo, xPadHi := t.xPad()
	perRow := 1 / float64(t.Batch)
	c.terms = [len(termNames)]float64{}

	// L_y, L_z, the likelihood and the padding, through the forward pass. The
	// gradient of L_z reaches z alone: its part for y is left out.
	if t.weightZ > 0 {
		c.terms[termZ] = t.weightZ * t.mmdZ.Rows(c.scratchZ, c.lo, c.hi, c.dz)
	}
	for i := range out.Rows {
		got, want, d := out.Row(i), zTo.Row(i), c.dout.Row(i)
		if t.CrossEntropy {
			c.terms[termY] += squares(d[:t.M], got[:t.M], want[:t.M], t.errorY, anchor*perRow)
			c.terms[termY] += t.crossEntropy(d[:t.M], got[:t.M], t.y.Row(t.batch[c.lo+i]), t.WeightY*perRow)
		} else {
			c.terms[termY] += squares(d[:t.M], got[:t.M], want[:t.M], t.errorY, perRow)
		}
		c.terms[termPad] += square(d[yPadLo:yPadHi], got[yPadLo:yPadHi], nil, t.WeightPad*perRow)
		c.terms[termLikelihood] += square(d[zLo:zHi], got[zLo:zHi], nil, t.WeightLikelihood*perRow/2)
		if c.logdet != nil {
			c.terms[termLikelihood] -= t.WeightLikelihood * perRow * float64(c.logdet[i])
		}
		if t.weightZ > 0 {
			for j, g := range c.dz.Row(i)[t.M:] {
				d[zLo+j] += float32(t.weightZ) * g
			}
		}
	}
	c.forward.BackForward(w, c.grad, c.dout, float32(-t.WeightLikelihood*perRow))

	// L_x, the padding of the other side and the reconstruction, through the inverse
	// pass.
	if t.inverts() {
		if t.weightX > 0 {
			c.terms[termX] = t.weightX * t.mmdX.Rows(c.scratchX, c.lo, c.hi, c.dx)
		}
		for i := range back.Rows {
			got, d := back.Row(i), c.dfresh.Row(i)
			clear(d[:t.D])
			if t.weightX > 0 {
				for j, g := range c.dx.Row(i) {
					d[j] = float32(t.weightX) * g
				}
			}
			c.terms[termPad] += square(d[xPadLo:xPadHi], got[xPadLo:xPadHi], nil, t.WeightPad*perRow)
		}
	}
	if t.WeightRecon > 0 {
		for i := range c.again.Rows {
			d := c.dagain.Row(i)
			c.terms[termRecon] += square(d[:t.D], c.again.Row(i)[:t.D], in.Row(i)[:t.D], t.WeightRecon*perRow)
			clear(d[t.D:])
		}
	}
	if c.inverted.Rows > 0 {
		c.inverse.BackInverse(w, c.grad, c.dinverted, 0)
	}
}

func (t *trainer) rows(m tensor.Mat, c *chunk) tensor.Mat { return m.Slice(c.lo, c.hi, 0, m.Cols) }

// square returns weight·Σ (got - want)² and writes its gradient to d; a nil
// want is zero.
func square(d, got, want []float32, weight float64) float64 {
	sum := 0.0
	for j, v := range got {
		if want != nil {
			v -= want[j]
		}
		sum += float64(v) * float64(v)
		d[j] = float32(2*weight) * v
	}
	return weight * sum
}

// squares returns factor·Σ weights (got - want)² and writes its gradient to d.
func squares(d, got, want []float32, weights []float64, factor float64) float64 {
	sum := 0.0
	for j, w := range weights {
		v := got[j] - want[j]
		sum += w * float64(v) * float64(v)
		d[j] = float32(2*factor*w) * v
	}
	return factor * sum
}

// The factors of the logits and of the square in L_y: see Settings.CrossEntropy.
const (
	sharpness = 10
	anchor    = 0.1
)

// crossEntropy returns weight times the cross-entropy of y and the softmax of
// the logits, both normalised rows, and adds its gradient to d.
func (t *trainer) crossEntropy(d, logits, y []float32, weight float64) float64 {
	top := math.Inf(-1)
	logit := func(j int) float64 { return sharpness * t.model.y.Columns[j].Undo(float64(logits[j])) }
	for j := range logits {
		top = max(top, logit(j))
	}
	sum := 0.0
	for j := range logits {
		sum += math.Exp(logit(j) - top)
	}
	loss := 0.0
	for j := range logits {
		want := t.model.y.Columns[j].Undo(float64(y[j]))
		log := logit(j) - top - math.Log(sum)
		loss -= want * log
		d[j] += float32(weight * (math.Exp(log) - want) * sharpness * t.model.y.Columns[j].SD)
	}
	return weight * loss
}
