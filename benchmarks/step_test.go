package main

import (
	"fmt"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
)

// BenchmarkStep is one step of training, for profiles.
func BenchmarkStep(b *testing.B) {
	for _, n := range networks {
		if n.Batch == 0 {
			continue
		}
		n.Clamp, n.Widths, n.Pairs = 2, []float64{0.5, 1, 2}, 5000
		p := pairs(n)
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", n.Name, workers), func(b *testing.B) {
				count := 0
				_, err := inn.Train(p, &inn.Settings{
					Blocks: n.Blocks, Layers: n.Layers, Width: n.Width, Latent: n.K, Nominal: n.Nominal, Clamp: n.Clamp,
					KernelZ: mmd.InverseMultiquadratic(n.Widths...), KernelX: mmd.InverseMultiquadratic(n.Widths...), Batch: n.Batch, Workers: workers,
					Steps: 1 << 40, Rate: 1e-4, Final: 1e-4, Warm: 1,
					Each: func(inn.Progress) error {
						if !b.Loop() {
							return inn.ErrEnough
						}
						count++
						return nil
					},
				})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(n.operations()*float64(count)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

// BenchmarkSample draws 10,000 times from one posterior, for profiles.
func BenchmarkSample(b *testing.B) {
	for _, n := range networks {
		if n.Batch == 0 {
			continue
		}
		n.Clamp, n.Widths, n.Pairs = 2, []float64{0.5, 1, 2}, 5000
		m, err := inn.Train(pairs(n), &inn.Settings{
			Blocks: n.Blocks, Layers: n.Layers, Width: n.Width, Latent: n.K, Nominal: n.Nominal, Clamp: n.Clamp, Batch: n.Batch, Steps: 1, Warm: 1})
		if err != nil {
			b.Fatal(err)
		}
		y := make([]float64, n.M)
		b.Run(n.Name, func(b *testing.B) {
			for b.Loop() {
				if _, err := m.Sample(y, draws, 1); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(draws*b.N)/b.Elapsed().Seconds()/1e3, "kdraws/s")
		})
	}
}
