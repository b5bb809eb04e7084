package method

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// CVAESettings say how TrainCVAE builds and trains its networks. The defaults
// are the paper's recipe for the inverse kinematics (appendix 8.2), with a
// width of our choice; those of Training: Batch 250, Rate 5e-3,
// Final 3.2e-3 Rate, Decay None.
//
// The paper's other recipes: Gaussian mixture, Layers 3, Batch 25, Rate 2e-2,
// Final 2.5e-5, Weight 50; medical, Layers 4, Batch 25, Rate 1e-3, Final
// 3.2e-6, Weight 1000.
type CVAESettings struct {
	Layers int     // fully connected layers of the encoder and of the decoder; 4
	Width  int     // neurons of the hidden layers; 128
	Leaky  bool    // leaky ReLU in place of ReLU
	Latent int     // dimension of z; D
	Weight float64 // of the reconstruction |x̂ - x|², normalised x, against the KL divergence; 15

	// DecoderNoise draws x from N(x̂, 1/(2 Weight)), the likelihood that Weight
	// stands for, rather than taking the decoder's x̂ as the paper does. Without
	// it the posterior is too narrow by that variance.
	DecoderNoise bool

	// Flows, more than 0, makes it a cVAE-IAF: steps of inverse autoregressive
	// flow between encoder and decoder. None of the paper's numbers is known;
	// 4 steps are usual.
	Flows   int
	Context int // values that the encoder hands to the flow; 32

	Training
}

func (s *CVAESettings) withDefaults(d int) (CVAESettings, error) {
	var o CVAESettings
	if s != nil {
		o = *s
	}
	orInt(&o.Layers, 4)
	orInt(&o.Width, 128)
	orInt(&o.Latent, d)
	orReal(&o.Weight, 15)
	orInt(&o.Context, 32)
	if o.Flows == 0 {
		o.Context = 0
	}
	o.Training.fill(Training{Batch: 250, Rate: 5e-3, Final: 1.6e-5, Decay: None})
	const name = "CVAESettings"
	least := 1
	if o.Flows > 0 { // a hidden neuron for each latent value that it may stand behind
		least = o.Latent
	}
	return o, firstError(
		checkNet(name, o.Layers, o.Width),
		atLeast(name, "Latent", o.Latent, 1),
		atLeast(name, "Flows", o.Flows, 0),
		atLeast(name, "Context", o.Context, 0),
		atLeast(name, "Width", o.Width, least),
		positive(name, "Weight", o.Weight),
		o.Training.check(name),
	)
}

// A CVAE is a conditional variational autoencoder (Sohn et al. 2015; figure 7 of
// the paper): an encoder [x, y] -> q(z | x, y) = N(μ, σ²), a decoder
// [z, y] -> x̂, and the loss
//
//	L = Weight |x̂ - x|² + KL(q(z | x, y) || N(0, 1)),
//
// the negative evidence lower bound with a Gaussian likelihood of variance
// 1/(2 Weight). The posterior is drawn by decoding z ~ N(0, 1).
//
// As cVAE-IAF, steps of inverse autoregressive flow (Kingma et al. 2016) take
// z₀ ~ N(μ, σ²) on to the z that is decoded, so that q need not be Gaussian; its
// divergence is then estimated from that one draw. It is a Posterior, and safe
// for use by several goroutines.
type CVAE struct {
	settings         CVAESettings
	x, y             *scaling
	encoder, decoder layer.Perceptron
	flows            []layer.IAF
	weights          []float32 // of encoder, decoder, flows
}

// TrainCVAE trains a conditional variational autoencoder on pairs. Nil settings
// mean the defaults. When training ends early, the networks so far are returned
// with the error.
func TrainCVAE(pairs *inn.Pairs, s *CVAESettings) (*CVAE, error) {
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	o, err := s.withDefaults(len(pairs.X.Vars))
	if err != nil {
		return nil, err
	}
	t, err := newTrainer(pairs, o, o.Training, "reconstruction", "KL divergence")
	if err != nil {
		return nil, err
	}
	defer t.pool.Close()
	v := &CVAE{settings: o, x: t.xs, y: t.ys}
	v.build()
	return v, t.fit(v.weights, v.newLoss)
}

func (v *CVAE) build() {
	o, d, m := &v.settings, len(v.x.vars), len(v.y.vars)
	act := activation(o.Leaky)
	net := func(in, out int) layer.Perceptron {
		sizes := append([]int{in}, hidden(o.Layers, o.Width)...)
		return layer.Perceptron{Sizes: append(sizes, out), Act: act}
	}
	v.encoder, v.decoder = net(d+m, 2*o.Latent+o.Context), net(o.Latent+m, d)
	n := v.encoder.Params() + v.decoder.Params()
	for i := range o.Flows {
		f := layer.NewIAF(o.Latent, o.Context, i%2 == 1, []int{o.Width}, act)
		v.flows, n = append(v.flows, f), n+f.Params()
	}
	v.weights = make([]float32, n)
	rng := inn.RNG(o.Seed, streamWeights)
	encoder, decoder, flows := v.split(v.weights)
	v.encoder.Init(encoder, rng)
	v.decoder.Init(decoder, rng)
	for i, f := range v.flows {
		f.Init(v.flow(flows, i), rng)
	}
}

// split cuts a vector of all parameters into those of each network.
func (v *CVAE) split(w []float32) (encoder, decoder, flows []float32) {
	e := v.encoder.Params()
	d := e + v.decoder.Params()
	return w[:e], w[e:d], w[d:]
}

// flow are the parameters of flow i, all flows having the same number.
func (v *CVAE) flow(flows []float32, i int) []float32 {
	n := v.flows[i].Params()
	return flows[i*n : (i+1)*n]
}

// String is "cVAE" or "cVAE-IAF".
func (v *CVAE) String() string {
	if len(v.flows) > 0 {
		return "cVAE-IAF"
	}
	return "cVAE"
}

// Measured are the measurements that it is given.
func (v *CVAE) Measured() []inn.Var { return slices.Clone(v.y.vars) }

// Params is the number of trained parameters.
func (v *CVAE) Params() int { return len(v.weights) }

// Sample decodes z ~ N(0, 1).
func (v *CVAE) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	yn, err := v.y.normalise("y", y)
	if err != nil {
		return nil, err
	}
	_, weights, _ := v.split(v.weights)
	noise := 0.0
	if v.settings.DecoderNoise {
		noise = math.Sqrt(1 / (2 * v.settings.Weight))
	}
	return sample(v.x, v.y, yn, n, seed, func(most int) sampler {
		pass := v.decoder.NewPass(most)
		return func(x tensor.Mat, rng *rand.Rand) {
			in := pass.In(x.Rows)
			normal(in, 0, v.settings.Latent, rng)
			repeat(in, v.settings.Latent, yn)
			out := pass.Forward(weights, x.Rows)
			for i := range x.Rows {
				for j, e := range out.Row(i) {
					x.Row(i)[j] = e
					if noise > 0 {
						x.Row(i)[j] += float32(noise * rng.NormFloat64())
					}
				}
			}
		}
	})
}

// cvaeLoss is the loss of one chunk of rows.
type cvaeLoss struct {
	*CVAE
	encode, decode *layer.PerceptronPass
	passes         []*layer.IAFPass
	eps            tensor.Mat // the noise of z₀ = μ + σ ε
	z              tensor.Mat // [z, context], then its gradient
	logdet         []float32
	code, got      tensor.Mat // outputs of encoder and decoder; got, then its gradient
	perRow         float64
}

func (v *CVAE) newLoss(rows int) rowLoss {
	o := &v.settings
	l := &cvaeLoss{
		CVAE: v, encode: v.encoder.NewPass(rows), decode: v.decoder.NewPass(rows),
		eps: tensor.New(rows, o.Latent), z: tensor.New(rows, o.Latent+o.Context), logdet: make([]float32, rows),
	}
	for _, f := range v.flows {
		l.passes = append(l.passes, f.NewPass(rows))
	}
	return l
}

func (l *cvaeLoss) forward(w []float32, x, y tensor.Mat, perRow float64, rng *rand.Rand, terms []float64) {
	n, k := x.Rows, l.settings.Latent
	encoder, decoder, flows := l.split(w)
	l.perRow = perRow

	in := l.encode.In(n)
	for i := range n {
		copy(in.Row(i)[copy(in.Row(i), x.Row(i)):], y.Row(i))
	}
	l.code = l.encode.Forward(encoder, n)
	normal(l.eps, 0, k, rng)
	for i := range n {
		code, z, eps := l.code.Row(i), l.z.Row(i), l.eps.Row(i)
		for j := range k {
			z[j] = code[j] + float32(math.Exp(float64(code[k+j])))*eps[j]
		}
		copy(z[k:], code[2*k:])
	}
	clear(l.logdet)
	for i, f := range l.passes {
		f.Forward(l.flow(flows, i), rows(l.z, 0, n), l.logdet)
	}

	in = l.decode.In(n)
	for i := range n {
		copy(in.Row(i)[copy(in.Row(i), l.z.Row(i)[:k]):], y.Row(i))
		terms[1] += perRow * l.divergence(i)
	}
	l.got = l.decode.Forward(decoder, n)
	for i := range n {
		terms[0] += square(l.got.Row(i), x.Row(i), l.settings.Weight*perRow)
	}
}

// divergence is row i's KL(q || N(0, 1)): in closed form without a flow, and with
// one its estimate ln q(z) - ln N(z; 0, 1) at the one z drawn.
func (l *cvaeLoss) divergence(i int) float64 {
	k, sum := l.settings.Latent, 0.0
	for j := range k {
		mu, log := float64(l.code.Row(i)[j]), float64(l.code.Row(i)[k+j])
		if len(l.passes) == 0 {
			sum += 0.5*(mu*mu+math.Exp(2*log)-1) - log
			continue
		}
		z, eps := float64(l.z.Row(i)[j]), float64(l.eps.Row(i)[j])
		sum += 0.5*(z*z-eps*eps) - log
	}
	return sum - float64(l.logdet[i])
}

func (l *cvaeLoss) backward(w, g []float32) {
	n, k := l.got.Rows, l.settings.Latent
	encoder, decoder, flows := l.split(w)
	gEncoder, gDecoder, gFlows := l.split(g)
	per := float32(l.perRow)

	din := l.decode.Backward(decoder, gDecoder, n)
	for i := range n {
		dz := l.z.Row(i)
		for j := range k {
			prior := per * dz[j] // of ½z², which the closed form does not have
			if len(l.passes) == 0 {
				prior = 0
			}
			dz[j] = prior + din.Row(i)[j]
		}
		clear(dz[k:])
	}
	for i := len(l.passes) - 1; i >= 0; i-- {
		l.passes[i].BackForward(l.flow(flows, i), l.flow(gFlows, i), rows(l.z, 0, n), -per)
	}
	for i := range n {
		code, dz := l.code.Row(i), l.z.Row(i)
		for j := range k {
			mu, sigma := code[j], float32(math.Exp(float64(code[k+j])))
			code[j] = dz[j]
			code[k+j] = dz[j]*sigma*l.eps.Row(i)[j] - per
			if len(l.passes) == 0 {
				code[j] += per * mu
				code[k+j] += per * sigma * sigma
			}
		}
		copy(code[2*k:], dz[k:])
	}
	l.encode.Backward(encoder, gEncoder, n)
}
