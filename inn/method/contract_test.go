package method

import (
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// trained are all methods that are trained, small. A new one is one more line.
var trained = []struct {
	name  string // what String says
	train func(*inn.Pairs, Training) (inn.Posterior, error)
}{
	{"cINN", func(p *inn.Pairs, t Training) (inn.Posterior, error) {
		return TrainCINN(p, &CINNSettings{Coupling: inn.Affine, Blocks: 2, Width: 8, Training: t})
	}},
	{"spline cINN", func(p *inn.Pairs, t Training) (inn.Posterior, error) {
		return TrainCINN(p, &CINNSettings{Blocks: 2, Width: 8, Training: t})
	}},
	{"point estimate", func(p *inn.Pairs, t Training) (inn.Posterior, error) {
		return TrainPoint(p, &PointSettings{Layers: 3, Width: 8, Training: t})
	}},
	{"NN with dropout", func(p *inn.Pairs, t Training) (inn.Posterior, error) {
		return TrainDropout(p, &PointSettings{Layers: 3, Width: 8, Training: t})
	}},
	{"cVAE", func(p *inn.Pairs, t Training) (inn.Posterior, error) {
		return TrainCVAE(p, &CVAESettings{Width: 8, Training: t})
	}},
	{"cVAE-IAF", func(p *inn.Pairs, t Training) (inn.Posterior, error) {
		return TrainCVAE(p, &CVAESettings{Width: 8, Flows: 2, Context: 4, Training: t})
	}},
	{"cGAN", func(p *inn.Pairs, t Training) (inn.Posterior, error) {
		return TrainCGAN(p, &CGANSettings{Width: 8, Pretraining: 3, Variance: 1, Drop: 0.1, Smoothness: 0.1, DiscriminatorNoise: 0.3, DiscriminatorBeta2: 0.9, Training: t})
	}},
	{"generator + MMD", func(p *inn.Pairs, t Training) (inn.Posterior, error) {
		return TrainGenerator(p, &GeneratorSettings{Width: 8, Training: t})
	}},
}

func TestContract(t *testing.T) {
	pairs := pairsOf(t, linear, 400)
	for _, m := range trained {
		t.Run(m.name, func(t *testing.T) {
			testSameBytes(t, pairs, m.train)
			testStops(t, pairs, m.train)
			testGoesOn(t, pairs, m.train)
			testDiverges(t, pairs, m.train)
			testBadInput(t, pairs, m.train)
			p, err := m.train(pairs, Training{Steps: 1})
			if err != nil {
				t.Fatal(err)
			}
			testFarOut(t, p)
			testDuplicates(t, pairs, m.train)
			if p.String() != m.name {
				t.Errorf("its name is %q, want %q", p, m.name)
			}
		})
	}
}

func testSameBytes(t *testing.T, pairs *inn.Pairs, train func(*inn.Pairs, Training) (inn.Posterior, error)) {
	draw := func(o Training) []float64 {
		p, err := train(pairs, o)
		if err != nil {
			t.Fatal(err)
		}
		draws, err := p.Sample([]float64{0.3, 0.1}, 600, 2)
		if err != nil {
			t.Fatal(err)
		}
		return draws.Data
	}
	set := Training{Steps: 8, Batch: 150, Seed: 5, Workers: 1}
	first := draw(set)
	for _, workers := range []int{2, 3} {
		set.Workers = workers
		if !slices.Equal(first, draw(set)) {
			t.Errorf("%d workers give other draws than one", workers)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if !slices.Equal(first, draw(set)) {
		t.Error("one processor gives other draws than two")
	}
	set.Seed = 6
	if slices.Equal(first, draw(set)) {
		t.Error("another seed gives the same draws")
	}
}

func testStops(t *testing.T, pairs *inn.Pairs, train func(*inn.Pairs, Training) (inn.Posterior, error)) {
	stop := errors.New("enough")
	p, err := train(pairs, Training{Steps: 1000, Each: func(p inn.Progress) error {
		if p.Step == 7 {
			return stop
		}
		return nil
	}})
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), "step 7 of 1000") {
		t.Errorf("error is %v", err)
	}
	if draws, err := p.Sample([]float64{0, 0}, 10, 1); err != nil || draws.Check() != nil {
		t.Errorf("the network so far does not sample: %v", err)
	}
	defer progress.Observe(func(progress.Report) error { return stop })()
	if _, err := p.Sample([]float64{0, 0}, 10, 1); !errors.Is(err, stop) {
		t.Errorf("sampling does not stop: %v", err)
	}
}

// testGoesOn stops a training three times; from its checkpoint it ends as if it
// had never stopped.
func testGoesOn(t *testing.T, pairs *inn.Pairs, train func(*inn.Pairs, Training) (inn.Posterior, error)) {
	set := Training{Steps: 20, Batch: 100, Seed: 3}
	want, err := train(pairs, set)
	if err != nil {
		t.Fatal(err)
	}
	set.Checkpoint = filepath.Join(t.TempDir(), "state")
	stop := errors.New("stop")
	var got inn.Posterior
	for _, at := range []int{1, 5, 13, 20} {
		set.Each = func(p inn.Progress) error {
			if p.Step >= at && at < 20 {
				return stop
			}
			return nil
		}
		if got, err = train(pairs, set); at < 20 && !errors.Is(err, stop) || at == 20 && err != nil {
			t.Fatal(err)
		}
	}
	a, err := want.Sample([]float64{0.3, 0.1}, 300, 2)
	if err != nil {
		t.Fatal(err)
	}
	b, err := got.Sample([]float64{0.3, 0.1}, 300, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Data, b.Data) {
		t.Error("a training that was stopped three times gives other draws")
	}
	set.Seed = 4
	if _, err := train(pairs, set); err == nil || !strings.Contains(err.Error(), "of other settings (Seed is 3 there and 4 here)") {
		t.Errorf("with another seed: %v", err)
	}
}

func testDiverges(t *testing.T, pairs *inn.Pairs, train func(*inn.Pairs, Training) (inn.Posterior, error)) {
	p, err := train(pairs, Training{Steps: 300, Rate: 1e25, Final: 1e25, Clip: None, Warm: None})
	if err == nil || !strings.Contains(err.Error(), "became") {
		t.Fatalf("error is %v", err)
	}
	if draws, err := p.Sample([]float64{0, 0}, 10, 1); err != nil || draws.Check() != nil {
		t.Errorf("the kept network does not sample: %v", err)
	}
}

func testBadInput(t *testing.T, pairs *inn.Pairs, train func(*inn.Pairs, Training) (inn.Posterior, error)) {
	few, _, _ := pairs.Split(20)
	one, _, _ := pairs.Split(1)
	constantY := &inn.Pairs{X: pairs.X, Y: inn.NewSamples(linear.Y, 400)}
	constantX := &inn.Pairs{X: inn.NewSamples(linear.X, 400), Y: pairs.Y}
	for _, c := range []struct {
		name, want string
		pairs      *inn.Pairs
		set        Training
	}{
		{"nil pairs", "want both X and Y", nil, Training{}},
		{"too few", "20 training pairs are too few", few, Training{}},
		{"one", "1 training pairs are too few", one, Training{}},
		{"a batch of more", "Training.Batch is 5000, but there are 400 training pairs", pairs, Training{Batch: 5000}},
		{"constant y", "measurement u is 0 in every pair", constantY, Training{}},
		{"constant x", "parameter a is 0 in every pair", constantX, Training{}},
		{"steps", "Settings.Steps is -2", pairs, Training{Steps: -2}},
		{"noise of too few", "Training.Noise has 3 values for 2 measurements", pairs, Training{Noise: []float64{1, 2, 3}}},
		{"noise", "Training.Noise of v is NaN", pairs, Training{Noise: []float64{1, math.NaN()}}},
		{"rate", "Settings.Rate is NaN", pairs, Training{Rate: math.NaN()}},
		{"warm for too long", "Settings.Warm is 11, but there are 10 Steps", pairs, Training{Steps: 10, Warm: 11}},
		{"beta", "Settings.Beta2 is 1,", pairs, Training{Beta2: 1}},
		{"workers", "Settings.Workers is -1", pairs, Training{Workers: -1}},
	} {
		if _, err := train(c.pairs, c.set); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "method: ") && c.pairs != nil {
			t.Errorf("%s: error is %v, want one with %q", c.name, err, c.want)
		}
	}
	p, err := train(pairs, Training{Steps: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		y    []float64
		n    int
		want string
	}{
		{[]float64{1}, 5, "y has 1 values, want 2: u, v"},
		{[]float64{1, math.NaN()}, 5, "y has v = NaN"},
		{[]float64{1, 2}, 0, "asked for 0 draws"},
		{[]float64{1, 2}, math.MaxInt, "draws"},
	} {
		if _, err := p.Sample(c.y, c.n, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("y = %v, n = %d: error is %v, want one with %q", c.y, c.n, err, c.want)
		}
	}
}

// testFarOut asks for a measurement that no simulation came near to, and for one
// that many did.
func testFarOut(t *testing.T, p inn.Posterior) {
	draws, err := p.Sample([]float64{300, -300}, 5, 1)
	if err != nil || draws.Check() != nil || !strings.Contains(draws.Warning, "times as far from their mean as the farthest of them") {
		t.Errorf("far out: %v, warning %q", err, draws.Warning)
	}
	if draws, err := p.Sample([]float64{0.1, 0.1}, 5, 1); err != nil || strings.Contains(draws.Warning, "times as far") || strings.Contains(draws.Warning, "are near") {
		t.Errorf("near: %v, warning %q", err, draws.Warning)
	}
}

// testDuplicates trains on ten pairs, each forty times.
func testDuplicates(t *testing.T, pairs *inn.Pairs, train func(*inn.Pairs, Training) (inn.Posterior, error)) {
	twice := &inn.Pairs{X: inn.NewSamples(linear.X, 400), Y: inn.NewSamples(linear.Y, 400)}
	for i := range 400 {
		copy(twice.X.Row(i), pairs.X.Row(i%10))
		copy(twice.Y.Row(i), pairs.Y.Row(i%10))
	}
	p, err := train(twice, Training{Steps: 30})
	if err != nil {
		t.Fatal(err)
	}
	if draws, err := p.Sample(twice.Y.Row(3), 50, 1); err != nil || draws.Check() != nil {
		t.Errorf("duplicate rows: %v", err)
	}
}

func TestBadSettings(t *testing.T) {
	pairs := pairsOf(t, linear, 400)
	cinn := func(s CINNSettings) error { _, err := TrainCINN(pairs, &s); return err }
	point := func(s PointSettings) error { _, err := TrainPoint(pairs, &s); return err }
	vae := func(s CVAESettings) error { _, err := TrainCVAE(pairs, &s); return err }
	gan := func(s CGANSettings) error { _, err := TrainCGAN(pairs, &s); return err }
	generator := func(s GeneratorSettings) error { _, err := TrainGenerator(pairs, &s); return err }
	for _, c := range []struct {
		err  error
		want string
	}{
		{cinn(CINNSettings{Coupling: "cubic"}), `CINNSettings.Coupling is "cubic"`},
		{cinn(CINNSettings{Blocks: -1}), "CINNSettings.Blocks is -1"},
		{cinn(CINNSettings{Layers: -1}), "CINNSettings.Layers is -1"},
		{cinn(CINNSettings{Clamp: -3}), "CINNSettings.Clamp is -3"},
		{cinn(CINNSettings{Bins: 600}), "CINNSettings.Bins is 600"},
		{cinn(CINNSettings{Training: Training{Held: 1}}), "CINNSettings.Held is 1,"},
		{point(PointSettings{Width: -5}), "PointSettings.Width is -5"},
		{point(PointSettings{Drop: 1}), "PointSettings.Drop is 1,"},
		{vae(CVAESettings{Latent: -2}), "CVAESettings.Latent is -2"},
		{vae(CVAESettings{Weight: -2}), "CVAESettings.Weight is -2"},
		{vae(CVAESettings{Width: 2, Flows: 1}), "CVAESettings.Width is 2, want 3"},
		{gan(CGANSettings{DiscriminatorMomentum: 1}), "CGANSettings.DiscriminatorMomentum is 1"},
		{gan(CGANSettings{Variance: -2}), "CGANSettings.Variance is -2"},
		{generator(GeneratorSettings{Kernel: mmd.InverseMultiquadratic(0)}), "GeneratorSettings.Kernel: a kernel width is 0"},
		{generator(GeneratorSettings{Kernel: mmd.Exponential()}), "has no width"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("error is %v, want one with %q", c.err, c.want)
		}
	}
}

func TestLogDensityBadInput(t *testing.T) {
	m, err := TrainCINN(pairsOf(t, linear, 400), &CINNSettings{Blocks: 1, Width: 8, Training: Training{Steps: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.LogDensity([]float64{1, 2}, []float64{1, 2}); err == nil || !strings.Contains(err.Error(), "x has 2 values, want 3") {
		t.Errorf("a short x: %v", err)
	}
	if _, err := m.LogDensity([]float64{1, 2, 3}, []float64{1}); err == nil || !strings.Contains(err.Error(), "y has 1 values, want 2") {
		t.Errorf("a short y: %v", err)
	}
}
