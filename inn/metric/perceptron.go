package metric

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// A perceptron adds to the logit of another classifier.
type perceptron struct {
	net     layer.Perceptron
	weights []float32 // nil: it adds nothing
	pass    *layer.PerceptronPass
	share   float64 // of its output that is added
}

// atATime is how many points go through a perceptron at once.
const atATime = 200

// at is what it adds at the points x.
func (p *perceptron) at(x [][]float64) []float64 {
	add := make([]float64, len(x))
	if p.weights == nil {
		return add
	}
	for from := 0; from < len(x); from += atATime {
		some := x[from:min(from+atATime, len(x))]
		out := p.forward(some)
		for k := range some {
			add[from+k] = p.share * float64(out.Row(k)[0])
		}
	}
	return add
}

func (p *perceptron) forward(x [][]float64) tensor.Mat {
	in := p.pass.In(len(x))
	for k, row := range x {
		for j, v := range row {
			in.Row(k)[j] = float32(v)
		}
	}
	return p.pass.Forward(p.weights, len(x))
}

// correct trains a perceptron to correct the offsets, which are the logits of
// another classifier at the points x. A fifth of the points is held back. Of all
// epochs the weights are kept, and the share of what they add, that do best with
// those: a perceptron that has learnt its points by heart is too sure of itself
// long before it has no more to say. Where nothing does better than the offsets
// alone, it adds nothing.
//
// Sizes, rate and batches are those of the sbi benchmark (Lueckmann et al. 2021),
// which trains until the points it learns from have no more to tell, but of no more
// than 200 neurons. Done is called after every epoch, and ends it by an error.
func correct(x [][]float64, second, offsets []float64, rng *rand.Rand, done func() error) (*perceptron, error) {
	const most, patience, rate, decay = 1000, 60, 1e-3, 3e-3
	d := len(x[0])
	width := min(10*d, 200)
	p := &perceptron{net: layer.Perceptron{Sizes: []int{d, width, width, 1}, Act: tensor.ReLU}}
	p.pass = p.net.NewPass(atATime)
	p.weights = make([]float32, p.net.Params())
	p.net.Init(p.weights, rng)
	order := rng.Perm(len(x))
	held, rows := order[:len(x)/5], order[len(x)/5:]
	apart := make([][]float64, len(held))
	for k, i := range held {
		apart[k] = x[i]
	}
	// loss is that of the points held back, with a share of what is added to each.
	loss := func(add []float64, share float64) float64 {
		sum := 0.0
		for k, i := range held {
			sum += surprise(offsets[i]+share*add[k], second[i])
		}
		return sum
	}
	pool := train.NewPool(1)
	defer pool.Close()
	grad := train.NewGradient(len(p.weights), 1)
	adam := train.Adam{Rate: rate, Final: rate, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Decay: decay}
	least, stale := loss(make([]float64, len(held)), 0), 0
	var best []float32
	bestShare := 0.0
	p.share = 1
	some := make([][]float64, 0, atATime)
	for epoch := 0; epoch < most && stale < patience; epoch++ {
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for batch := range slices.Chunk(rows, atATime) {
			some = some[:0]
			for _, i := range batch {
				some = append(some, x[i])
			}
			out := p.forward(some)
			for k, i := range batch {
				logit := offsets[i] + float64(out.Row(k)[0])
				out.Row(k)[0] = float32((1/(1+math.Exp(-logit)) - second[i]) / float64(len(batch)))
			}
			p.pass.Backward(p.weights, grad.Part(0), len(batch))
			adam.Update(pool, p.weights, grad.Add(pool), rate)
		}
		if err := done(); err != nil {
			return nil, err
		}
		stale++
		add := p.at(apart)
		for share := 1.0; share > 0.01; share /= 2 {
			if l := loss(add, share); l < least {
				least, best, bestShare, stale = l, slices.Clone(p.weights), share, 0
			}
		}
	}
	p.weights, p.share = best, bestShare
	return p, nil
}
