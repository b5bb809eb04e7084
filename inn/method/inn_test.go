package method

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TestINNAgainstQuadrature: a noisy square leads to two hills, whose weights and places the INN finds; that
// of inn.Train, for which y is a function of x, does not.
func TestINNAgainstQuadrature(t *testing.T) {
	pairs := pairsOf(t, hills, 10_000)
	post, err := TrainINN(pairs, &inn.Settings{Steps: 1500, Width: 32, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if post.String() != "INN" {
		t.Errorf("it is called %v", post)
	}
	for _, y := range []float64{1, 2, 4} {
		draws, err := post.Sample([]float64{y}, 20_000, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(draws.Vars) != 1 || draws.Warning != "" {
			t.Fatalf("draws are of %v, with the warning %q", draws.Vars, draws.Warning)
		}
		var of [2][]float64
		for i := range draws.Len() {
			k := positiveKind(draws.Row(i))
			of[k] = append(of[k], draws.Row(i)[0])
		}
		right, means := hillPosterior(y)
		if share := float64(len(of[1])) / 20_000; math.Abs(share-right) > 0.06 {
			t.Errorf("y = %v: %.3f of the draws are positive, want %.3f", y, share, right)
		}
		for k, want := range means {
			if got := stat.Mean(of[k], nil); math.Abs(got-want) > 0.1 {
				t.Errorf("y = %v: hill %d has its mean at %.3f, want %.3f", y, k, got, want)
			}
		}
	}
}

func TestINNSettings(t *testing.T) {
	pairs := pairsOf(t, hills, 300)
	small := func() *inn.Settings { return &inn.Settings{Steps: 20, Width: 8, Blocks: 2, Seed: 3} }
	draw := func(s *inn.Settings) []float64 {
		post, err := TrainINN(pairs, s)
		if err != nil {
			t.Fatal(err)
		}
		draws, err := post.Sample([]float64{1}, 50, 1)
		if err != nil {
			t.Fatal(err)
		}
		return draws.Data
	}
	first, other := draw(small()), small()
	other.Seed = 4
	if !slices.Equal(first, draw(small())) || slices.Equal(first, draw(other)) {
		t.Error("the seed does not decide the network")
	}

	stop, stopped := errors.New("stop"), small()
	stopped.Each = func(inn.Progress) error { return stop }
	if post, err := TrainINN(pairs, stopped); post == nil || !errors.Is(err, stop) {
		t.Errorf("stopped training returns %v and the error %v", post, err)
	}
	for want, change := range map[string]func(s *inn.Settings){
		"Settings.Noise and CrossEntropy cannot be set":            func(s *inn.Settings) { s.Noise = []float64{1} },
		"Settings.Latent is 3, but TrainINN of 1 parameters and 1": func(s *inn.Settings) { s.Latent = 3 },
		"Nominal is 9": func(s *inn.Settings) { s.Nominal = 9 },
		"Blocks is -1": func(s *inn.Settings) { s.Blocks = -1 },
	} {
		s := small()
		change(s)
		if _, err := TrainINN(pairs, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	few, _, _ := pairs.Split(19)
	if _, err := TrainINN(few, nil); err == nil || !strings.Contains(err.Error(), "19 pairs, 0 of them held back, are too few for 1 parameters and 1 measurements: want at least ten for each to train with, 20") {
		t.Errorf("error %v", err)
	}
	if _, err := TrainINN(nil, nil); err == nil {
		t.Error("no pairs are trained on")
	}
}
