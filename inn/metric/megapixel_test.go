package metric_test

import (
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// The oxygenation of tissue in a megapixel image, by a network of the usual size. Its
// speed does not depend on how long it was trained.
func BenchmarkMegapixel(b *testing.B) {
	pairs, err := inn.LoadPairs("../../notebooks/data/tissue-train.npz")
	if err != nil {
		b.Fatal(err)
	}
	model, err := inn.Train(pairs, &inn.Settings{Steps: 50, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	rng := inn.RNG(1, 0)
	ys := inn.NewSamples(pairs.Y.Vars, 1<<20)
	for i := range ys.Len() {
		for k, v := range pairs.Y.Row(rng.IntN(pairs.Len())) {
			ys.Row(i)[k] = v + 0.002*rng.NormFloat64()
		}
	}
	for b.Loop() {
		if _, err := metric.Intervals(model, pairs, ys, "s_O2", nil); err != nil {
			b.Fatal(err)
		}
	}
}
