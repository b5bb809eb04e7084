package method

import (
	"math"
	"slices"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// TestCGANGradients holds L_d, L_g with the penalty of the variance, and the
// loss of the pre-training against finite differences.
func TestCGANGradients(t *testing.T) {
	pairs := pairsOf(t, linear, 200)
	for _, pretraining := range []int{None, 5} {
		best := [2]float64{1, 1}
		for seed := range uint64(4) {
			o, err := (&CGANSettings{Layers: 2, Width: 7, DiscriminatorLayers: 2, Variance: 3, Pretraining: pretraining, Drop: 0.2, DiscriminatorNoise: 0.3,
				Training: Training{Batch: 70, Seed: seed}}).withDefaults(3)
			if err != nil {
				t.Fatal(err)
			}
			tr, err := newTrainer(pairs, o, o.Training, ganTerms...)
			if err != nil {
				t.Fatal(err)
			}
			b := newGANTrainer(tr, &o)
			tr.draw()
			for i := range b.all { // away from the start
				b.all[i] += 0.3 * float32(math.Sin(float64(i)+float64(seed)))
			}
			loss := func() float64 {
				clear(tr.terms)
				b.generateBatch()
				return tr.terms[termGenerator] + tr.terms[termVariance] + tr.terms[termPretraining]
			}
			loss()
			g := slices.Clone(b.grad.Add(tr.pool))
			best[0] = min(best[0], compareGradient(t, g, func(i int) float64 { return numeric(&b.weights[i], loss) }))
			if pretraining == None {
				loss = func() float64 {
					clear(tr.terms)
					b.discriminate()
					return tr.terms[termDiscriminator]
				}
				loss()
				g = slices.Clone(b.criticGrad.Add(tr.pool))
				best[1] = min(best[1], compareGradient(t, g, func(i int) float64 { return numeric(&b.critic[i], loss) }))
			}
			tr.pool.Close()
		}
		if best[0] > 0.05 || pretraining == None && best[1] > 0.05 {
			t.Errorf("pre-training %d: %.2f of the generator's and %.2f of the discriminator's gradients differ from finite differences", pretraining, best[0], best[1])
		}
	}
}

// TestSmoothnessGradients holds the penalty of the discriminator's slopes against
// finite differences, with few rows: it jumps where one crosses a kink.
func TestSmoothnessGradients(t *testing.T) {
	pairs := pairsOf(t, linear, 200)
	best := 1.0
	for seed := range uint64(6) {
		o, err := (&CGANSettings{Layers: 2, Width: 7, DiscriminatorLayers: 3, Training: Training{Batch: 3, Seed: seed}}).withDefaults(3)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := newTrainer(pairs, o, o.Training, ganTerms...)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.pool.Close()
		b := newGANTrainer(tr, &o)
		tr.draw()
		for i := range b.critic { // away from the start
			b.critic[i] += 0.3 * float32(math.Sin(float64(i)+float64(seed)))
		}
		c, g := &b.chunk[0], make([]float32, len(b.critic))
		loss := func() float64 {
			clear(g)
			b.slope(c, b.bx, b.by, g)
			clear(g)
			return b.smooth(c, b.bx, b.by, 1, g)
		}
		loss()
		got := slices.Clone(g)
		best = min(best, compareGradient(t, got, func(i int) float64 { return numeric(&b.critic[i], loss) }))
	}
	if best > 0.02 {
		t.Errorf("%.2f of the gradients differ from finite differences", best)
	}
}

func TestGeneratorGradients(t *testing.T) {
	pairs := pairsOf(t, linear, 200)
	best := 1.0
	for seed := range uint64(4) {
		o, err := (&GeneratorSettings{Layers: 2, Width: 7, Training: Training{Batch: 70, Seed: seed}}).withDefaults(3)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := newTrainer(pairs, o, o.Training, "MMD")
		if err != nil {
			t.Fatal(err)
		}
		defer tr.pool.Close()
		b := newMMDTrainer(tr, &o)
		tr.draw()
		loss := func() float64 {
			clear(tr.terms)
			b.gradient()
			return 100 * tr.terms[0]
		}
		loss()
		g := slices.Clone(b.grad.Add(tr.pool))
		for i := range g {
			g[i] *= 100
		}
		best = min(best, compareGradient(t, g, func(i int) float64 { return numeric(&b.weights[i], loss) }))
	}
	if best > 0.05 {
		t.Errorf("%.2f of the gradients differ from finite differences", best)
	}
}

func TestGeneratorOfALinearProblem(t *testing.T) {
	m, err := TrainGenerator(pairsOf(t, linear, 20_000), &GeneratorSettings{Layers: 3, Width: 32, Kernel: mmd.InverseMultiquadratic(0.5, 1, 2),
		Training: Training{Steps: 1500, Rate: 3e-3, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	testLinear(t, m, 8000, 0.2, 0.2)
}

// TestCGANOfALinearProblem: with a discriminator that learns faster than the
// generator, and the penalty of the variance, the small GAN finds the posterior.
// With the paper's recipe it does not, as the paper says.
func TestCGANOfALinearProblem(t *testing.T) {
	m, err := TrainCGAN(pairsOf(t, linear, 20_000), &CGANSettings{
		Layers: 3, Width: 64, Latent: 8, Variance: 1,
		DiscriminatorLayers: 3, DiscriminatorRate: 0.1, DiscriminatorFinal: 0.1, DiscriminatorMomentum: 0.5,
		Training: Training{Steps: 2500, Rate: 5e-4, Final: 5e-5, Seed: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	testLinear(t, m, 8000, 0.15, 0.25)
}

// In units of its root mean square a gradient that stays the same moves each weight by the rate, from
// the first step on and however small it is.
func TestDescentInUnitsOfTheGradient(t *testing.T) {
	s := descent{rate: 0.1, final: 0.1, beta2: 0.9}
	s.keep(new(train.State), 3)
	w := []float32{1, 1, 1}
	for step := range 5 {
		s.update(w, []float32{1e-6, -3, 200}, step+7, 100)
		for i, sign := range []float64{-1, 1, -1} {
			if want := 1 + sign*0.1*float64(step+1); math.Abs(float64(w[i])-want) > 0.01 {
				t.Errorf("after %d steps weight %d is %v, want %v", step+1, i, w[i], want)
			}
		}
	}
}

func TestLargeCGANHasTwoMillionParameters(t *testing.T) {
	o, err := LargeCGAN().withDefaults(2)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trainer{Training: o.Training, xs: &scaling{vars: inn.Vars("p", "q")}, ys: &scaling{vars: make([]inn.Var, 8)}}
	if n := len(newGANTrainer(tr, &o).all); n < 1_900_000 || n > 2_400_000 {
		t.Errorf("the large GAN has %d parameters, the paper's 2 million", n)
	}
}

func TestCGANDropsOutInSampling(t *testing.T) {
	m, err := TrainCGAN(pairsOf(t, linear, 300), &CGANSettings{Width: 16, Drop: 0.3, Training: Training{Steps: 2}})
	if err != nil {
		t.Fatal(err)
	}
	with, err := m.Sample(someY[0], 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	m.drop = 0
	without, err := m.Sample(someY[0], 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(with.Data, without.Data) {
		t.Error("no neuron is dropped in sampling")
	}
}

// TestDescent follows gradient descent with momentum on ½ w², for which it is a
// linear recursion.
func TestDescent(t *testing.T) {
	s := descent{rate: 0.1, final: 0.001, momentum: 0.5, decay: 0.2}
	s.keep(&train.State{}, 1)
	w := []float32{3}
	want, v := 3.0, 0.0
	for step, rate := range []float64{0.1, 0.01, 0.001} {
		v = 0.5*v + want + 0.2*want
		want -= rate * v
		s.update(w, []float32{w[0]}, step, 3)
	}
	if math.Abs(float64(w[0])-want) > 1e-5 {
		t.Errorf("after three steps w is %v, want %v", w[0], want)
	}
}
