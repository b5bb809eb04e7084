package inn_test

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TestANetworkThatFailsOnItsTrainingDataIsWarnedOf: draws of a good network have
// no Warning, those of one that has hardly begun to learn do, and so do those of
// a network whose y is noisy. With prior and noise N(0, 1) the right
// posterior of x given y = x + noise is N(y/2, 1/2); a network that takes y for a
// function of x knows x far too well.
func TestANetworkThatFailsOnItsTrainingDataIsWarnedOf(t *testing.T) {
	noisy := inn.Problem{
		X: inn.Vars("height"), Y: inn.Vars("y"), Prior: inn.Normal([]float64{0}, []float64{1}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + rng.NormFloat64()} },
	}
	for _, c := range []struct {
		name    string
		problem inn.Problem
		steps   int
		want    string
	}{
		{"trained", linear, 1500, ""},
		{"one step", linear, 1, "held the truth in"},
		{"noisy", noisy, 1000, "The posterior of height is too narrow"},
	} {
		pairs, err := c.problem.Pairs(2000, 1)
		if err != nil {
			t.Fatal(err)
		}
		m, err := inn.Train(pairs, &inn.Settings{Steps: c.steps, Width: 32, Blocks: 3, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		y := pairs.Y.Row(3)
		draws, err := m.Sample(y, 10, 1)
		if err != nil {
			t.Fatal(err)
		}
		if (draws.Warning == "") != (c.want == "") || !strings.Contains(draws.Warning, c.want) {
			t.Errorf("%s: the warning is %q, want %q", c.name, draws.Warning, c.want)
		}
		file := filepath.Join(t.TempDir(), "m.safetensors")
		if err := m.Save(file); err != nil {
			t.Fatal(err)
		}
		again, err := inn.LoadModel(file)
		if err != nil {
			t.Fatal(err)
		}
		if draws, err := again.Sample(y, 10, 1); err != nil || (draws.Warning == "") != (c.want == "") {
			t.Errorf("%s, from its file: the warning is %q, error %v", c.name, draws.Warning, err)
		}
	}
}
