package photon

import (
	"math/rand/v2"
	"testing"
)

var (
	benchSlab   = Stack{[]Layer{{MuA: 10, MuS: 90, G: 0.75, N: 1, D: 0.02}}, 1, 1}
	benchTissue = Stack{[]Layer{
		{MuA: 5, MuS: 150, G: 0.87, N: 1.36, D: 0.08},
		{MuA: 5, MuS: 150, G: 0.87, N: 1.36, D: 0.06},
		{MuA: 5, MuS: 150, G: 0.87, N: 1.38, D: 0.05},
	}, 1, 1}
)

func BenchmarkSlab(b *testing.B)   { bench(b, benchSlab) }
func BenchmarkTissue(b *testing.B) { bench(b, benchTissue) }

func bench(b *testing.B, s Stack) {
	rate := func(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mphotons/s") }
	b.Run("run", func(b *testing.B) {
		if _, err := Run(s.Layers, s.Above, s.Below, b.N, rand.New(rand.NewPCG(1, 2))); err != nil {
			b.Fatal(err)
		}
		rate(b)
	})
	b.Run("exits", func(b *testing.B) {
		if _, err := Exits([]Stack{s}, b.N, 1); err != nil {
			b.Fatal(err)
		}
		rate(b)
	})
}
