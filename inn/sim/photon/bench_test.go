package photon

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkSlab(b *testing.B) {
	bench(b, []Layer{{MuA: 10, MuS: 90, G: 0.75, N: 1, D: 0.02}})
}

func BenchmarkTissue(b *testing.B) {
	bench(b, []Layer{
		{MuA: 5, MuS: 150, G: 0.87, N: 1.36, D: 0.08},
		{MuA: 5, MuS: 150, G: 0.87, N: 1.36, D: 0.06},
		{MuA: 5, MuS: 150, G: 0.87, N: 1.38, D: 0.05},
	})
}

func bench(b *testing.B, layers []Layer) {
	if _, err := Run(layers, 1, 1, b.N, rand.New(rand.NewPCG(1, 2))); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mphotons/s")
}
