package inn

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// Progress is the state of training after a step.
type Progress struct {
	Step, Steps        int
	Loss               float64 // the weighted sum of the terms
	Terms              []Term  // each with its weight
	Elapsed, Remaining time.Duration
}

// A Term is one part of the loss: "y", "z", "x", "padding" or
// "reconstruction", a running mean over about 50 steps.
type Term struct {
	Name  string
	Value float64
}

// ErrEnough is what Settings.Each returns to end a training that is good enough:
// Train then returns the network so far and no error.
var ErrEnough = errors.New("inn: enough")

// Train trains an INN on pairs (section 3.3 of the paper): batch by batch it
// runs forwards for L_y, L_z and the padding, backwards for L_x and the
// reconstruction, and updates once with the gradients of both directions.
//
// Nil settings mean the defaults. The result depends on the pairs and the
// settings alone, not on the number of workers. When Each or the progress
// observer ends training early, or a loss is no longer finite, Train returns
// the network so far together with an error that says so.
func Train(pairs *Pairs, s *Settings) (*Model, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	o, err := s.withDefaults(len(pairs.X.Vars), len(pairs.Y.Vars))
	if err != nil {
		return nil, err
	}
	if least := max(o.Batch, 10*len(pairs.X.Vars)); pairs.Len() < least {
		return nil, fmt.Errorf("inn: %d training pairs are too few: want at least %d, a batch and ten for each parameter", pairs.Len(), least)
	}
	t, err := newTrainer(pairs, &o)
	if err != nil {
		return nil, err
	}
	defer t.pool.Close()
	err = t.run()
	return t.model, err
}

// chunkRows is about how many rows of a batch one task takes: enough for the
// matrix products, and enough tasks for the workers. The chunks depend on the
// batch alone and their gradients are added in order, so that the sum is the
// same on any number of workers.
const chunkRows = 64

// A trainer is the state of training.
type trainer struct {
	*Settings
	shape
	model *Model
	x, y  tensor.Mat // all pairs, normalised
	pool  *train.Pool
	adam  train.Adam
	epoch []int // the order of the pairs in this epoch

	// One batch, a row each. Forwards: in -> out = [y, pad, z]. Backwards:
	// latent = [y, pad, z] -> back = [x, pad].
	batch     []int
	in, out   tensor.Mat
	back      tensor.Mat
	zGot, zTo tensor.Mat // the two sides of L_z, [y, z] each
	xGot, xTo tensor.Mat // the two sides of L_x
	mmdZ      *mmd.Estimator
	mmdX      *mmd.Estimator
	chunks    []*chunk
	grad      []float32 // the sum of the chunks' gradients
	step      int
	means     [len(termNames)]float64 // running means of the terms
}

var termNames = [...]string{"y", "z", "x", "padding", "reconstruction"}

const (
	termY = iota
	termZ
	termX
	termPad
	termRecon
)

// A chunk is one task's rows [lo, hi) of the batch and all it needs.
type chunk struct {
	lo, hi           int
	forward, inverse layer.Pass
	grad             []float32
	terms            [len(termNames)]float64
	dz, dx           tensor.Mat // gradients of the discrepancies
	scratchZ         *mmd.Scratch
	scratchX         *mmd.Scratch
	dout             tensor.Mat
}

func newTrainer(pairs *Pairs, o *Settings) (*trainer, error) {
	xs, err := newScaling(pairs.X)
	if err != nil {
		return nil, fmt.Errorf("inn: parameter %w", err)
	}
	ys, err := newScaling(pairs.Y)
	if err != nil {
		return nil, fmt.Errorf("inn: measurement %w", err)
	}
	s := shape{len(pairs.X.Vars), len(pairs.Y.Vars), o.Latent, o.Nominal}
	t := &trainer{
		Settings: o,
		shape:    s,
		model:    newModel(s, o, xs, ys),
		x:        tensor.New(pairs.Len(), s.D),
		y:        tensor.New(pairs.Len(), s.M),
		pool:     train.NewPool(o.Workers),
		adam:     train.Adam{Rate: o.Rate, Final: o.Final, Warmup: o.Warm, Beta1: 0.9, Beta2: o.Beta2, Epsilon: 1e-6, Decay: o.Decay, Clip: o.Clip},
	}
	for i := range pairs.Len() {
		xs.apply(t.x.Row(i), pairs.X.Row(i))
		ys.apply(t.y.Row(i), pairs.Y.Row(i))
	}
	if t.model.fence, err = newFence(t.y); err != nil {
		return nil, err
	}
	n := o.Batch
	t.batch = make([]int, n)
	t.in, t.out, t.back = tensor.New(n, s.N), tensor.New(n, s.N), tensor.New(n, s.N)
	t.zGot, t.zTo = tensor.New(n, s.M+s.K), tensor.New(n, s.M+s.K)
	t.xGot, t.xTo = tensor.New(n, s.D), tensor.New(n, s.D)
	t.mmdZ = mmd.New(mmd.InverseMultiquadratic(o.KernelZ), n)
	t.mmdX = mmd.New(mmd.InverseMultiquadratic(o.KernelX), n)
	t.grad = make([]float32, len(t.model.weights))
	tasks := (n + chunkRows - 1) / chunkRows
	for i := range tasks {
		c := &chunk{lo: i * n / tasks, hi: (i + 1) * n / tasks}
		rows := c.hi - c.lo
		c.forward, c.inverse = t.model.net.NewPass(rows), t.model.net.NewPass(rows)
		c.grad = make([]float32, len(t.grad))
		c.dz, c.dx, c.dout = tensor.New(rows, s.M+s.K), tensor.New(rows, s.D), tensor.New(rows, s.N)
		c.scratchZ, c.scratchX = mmd.NewScratch(rows, n, s.M+s.K), mmd.NewScratch(rows, n, s.D)
		t.chunks = append(t.chunks, c)
	}
	return t, nil
}

// run takes all steps, or as many as it is let.
func (t *trainer) run() error {
	start := time.Now()
	each := t.Each
	if each == nil {
		task := progress.Start("training", t.Steps)
		defer task.End()
		each = func(p Progress) error {
			return task.Advance(1, func() string { return fmt.Sprintf("loss %.4g", p.Loss) })
		}
	}
	// The network goes back to one whose losses were seen to be finite.
	good, next := slices.Clone(t.model.weights), slices.Clone(t.model.weights)
	goodStep := 0
	for t.step = 0; t.step < t.Steps; t.step++ {
		if t.step%100 == 0 {
			copy(next, t.model.weights)
		}
		if name, value := t.takeStep(); name != "" {
			copy(t.model.weights, good)
			return fmt.Errorf("inn: training stopped at step %d of %d: the loss term %q became %v; the model holds the network of step %d. A smaller Rate or Clip helps", t.step+1, t.Steps, name, value, goodStep)
		}
		if t.step%100 == 0 {
			good, next = next, good
			goodStep = t.step
		}
		err := each(t.progress(time.Since(start)))
		if errors.Is(err, ErrEnough) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("inn: training stopped at step %d of %d; the model holds the network so far: %w", t.step+1, t.Steps, err)
		}
	}
	return nil
}

// progress is the state after the step just made. Its terms are its own:
// callers keep a history.
func (t *trainer) progress(elapsed time.Duration) Progress {
	p := Progress{Step: t.step + 1, Steps: t.Steps, Elapsed: elapsed, Terms: make([]Term, len(termNames))}
	for i, v := range t.means {
		p.Loss += v
		p.Terms[i] = Term{termNames[i], v}
	}
	p.Remaining = elapsed / time.Duration(p.Step) * time.Duration(p.Steps-p.Step)
	return p
}

// takeStep makes one step of the optimiser. It returns the name and value of
// a loss term that is not finite, before such a term reaches the weights.
func (t *trainer) takeStep() (name string, value float64) {
	t.draw()
	t.each((*trainer).forwards)
	t.mmdZ.Prepare(t.zGot, t.zTo)
	t.mmdX.Prepare(t.xGot, t.xTo)
	t.each((*trainer).backwards)

	var terms [len(termNames)]float64
	for _, c := range t.chunks {
		for i, v := range c.terms {
			terms[i] += v
		}
	}
	for i, v := range terms {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return termNames[i], v
		}
		// The mean of all steps at first, later of about the last 50.
		t.means[i] += (v - t.means[i]) / float64(min(t.step+1, 50))
	}
	const block = 1 << 13
	t.pool.Each((len(t.grad)+block-1)/block, func(i int) {
		lo, hi := i*block, min((i+1)*block, len(t.grad))
		sum := t.grad[lo:hi]
		copy(sum, t.chunks[0].grad[lo:hi])
		for _, c := range t.chunks[1:] {
			for k, v := range c.grad[lo:hi] {
				sum[k] += v
			}
		}
	})
	t.adam.Update(t.pool, t.model.weights, t.grad, t.adam.RateAt(t.step, t.Steps))
	return "", 0
}

func (t *trainer) each(phase func(*trainer, *chunk)) {
	t.pool.Each(len(t.chunks), func(i int) { phase(t, t.chunks[i]) })
}

// draw chooses the pairs of the next batch: every pair once an epoch, in an
// order of the epoch's own. What is left at the end, less than a batch, waits
// for another epoch.
func (t *trainer) draw() {
	perEpoch := t.x.Rows / t.Batch
	epoch, at := t.step/perEpoch, t.step%perEpoch
	if at == 0 {
		t.epoch = RNG(t.Seed, streamEpoch+uint64(epoch)).Perm(t.x.Rows)
	}
	copy(t.batch, t.epoch[at*t.Batch:])
}

// forwards runs a chunk's rows through the network in both directions.
func (t *trainer) forwards(c *chunk) {
	rng := RNG(t.Seed, streamNoise+uint64(t.step)<<20+uint64(c.lo))
	clear(c.grad)
	in, out, back := t.rows(t.in, c), t.rows(t.out, c), t.rows(t.back, c)
	zGot, zTo := t.rows(t.zGot, c), t.rows(t.zTo, c)
	xGot, xTo := t.rows(t.xGot, c), t.rows(t.xTo, c)
	xPadLo, xPadHi := t.xPad()
	yPadLo, yPadHi := t.yPad()
	zLo, zHi := t.z()

	fill(in, xPadLo, xPadHi, t.NoisePad, rng)
	fill(zTo, t.M, t.M+t.K, 1, rng)
	fill(back, yPadLo, yPadHi, t.NoisePad, rng)
	fill(back, zLo, zHi, 1, rng)
	for i := range in.Rows {
		pair := t.batch[c.lo+i]
		x, y := t.x.Row(pair), t.y.Row(pair)
		copy(in.Row(i), x)
		copy(xTo.Row(i), x)
		for j, v := range y {
			v += float32(t.NoiseY * rng.NormFloat64())
			zTo.Row(i)[j], back.Row(i)[j] = v, v
		}
		copy(out.Row(i), in.Row(i))
	}
	c.forward.Forward(t.model.weights, out, nil)
	c.inverse.Inverse(t.model.weights, back, nil)
	for i := range in.Rows {
		copy(zGot.Row(i), out.Row(i)[:t.M])
		copy(zGot.Row(i)[t.M:], out.Row(i)[zLo:zHi])
		copy(xGot.Row(i), back.Row(i))
	}
}

// backwards computes a chunk's share of every loss term and its gradient.
func (t *trainer) backwards(c *chunk) {
	w := t.model.weights
	in, out, back := t.rows(t.in, c), t.rows(t.out, c), t.rows(t.back, c)
	zTo := t.rows(t.zTo, c)
	zLo, zHi := t.z()
	yPadLo, yPadHi := t.yPad()
	xPadLo, xPadHi := t.xPad()
	perRow := 1 / float64(t.Batch)
	c.terms = [len(termNames)]float64{}

	// L_y, L_z and the padding, through the forward pass. The gradient of L_z
	// reaches z alone: its part for y is left out.
	c.terms[termZ] = t.WeightZ * t.mmdZ.Rows(c.scratchZ, c.lo, c.hi, c.dz)
	for i := range out.Rows {
		got, want, d := out.Row(i), zTo.Row(i), c.dout.Row(i)
		c.terms[termY] += square(d[:t.M], got[:t.M], want[:t.M], t.WeightY*perRow)
		c.terms[termPad] += square(d[yPadLo:yPadHi], got[yPadLo:yPadHi], nil, t.WeightPad*perRow)
		for j, g := range c.dz.Row(i)[t.M:] {
			d[zLo+j] = float32(t.WeightZ) * g
		}
	}
	c.forward.BackForward(w, c.grad, c.dout, 0)

	// L_x and the padding of the other side, through the inverse pass.
	c.terms[termX] = t.WeightX * t.mmdX.Rows(c.scratchX, c.lo, c.hi, c.dx)
	for i := range back.Rows {
		got, d := back.Row(i), c.dout.Row(i)
		for j, g := range c.dx.Row(i) {
			d[j] = float32(t.WeightX) * g
		}
		c.terms[termPad] += square(d[xPadLo:xPadHi], got[xPadLo:xPadHi], nil, t.WeightPad*perRow)
	}
	c.inverse.BackInverse(w, c.grad, c.dout, 0)

	// Reconstruction: what the forward pass made, with noise in place of the
	// padding and a little on y, must lead back to x.
	rng := RNG(t.Seed, streamNoise+uint64(t.step)<<20+1<<19+uint64(c.lo))
	fill(out, yPadLo, yPadHi, t.NoisePad, rng)
	for i := range out.Rows {
		row := out.Row(i)
		for j := range row[:t.M] {
			row[j] += float32(t.NoiseY * rng.NormFloat64())
		}
		for j := zLo; j < zHi; j++ {
			row[j] += float32(t.NoiseY * rng.NormFloat64())
		}
	}
	c.inverse.Inverse(w, out, nil)
	for i := range out.Rows {
		got, want, d := out.Row(i), in.Row(i), c.dout.Row(i)
		c.terms[termRecon] += square(d[:t.D], got[:t.D], want[:t.D], t.WeightRecon*perRow)
		clear(d[t.D:])
	}
	c.inverse.BackInverse(w, c.grad, c.dout, 0)
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
