package main

import (
	"sync"
	"time"
)

// peak is how many floating-point operations a second so many goroutines do
// together in fused multiply-adds alone, for about so long; 0 where the
// products are plain Go.
//
// With processor it is of one goroutine, a second of the processor's.
func peak(workers int, seconds float64, processor bool) float64 {
	if multiplyAdds(1000) == 0 {
		return 0
	}
	if processor {
		from, sum := own(), 0.0
		for (own() - from).Seconds() < seconds {
			sum += multiplyAdds(1_000_000)
		}
		return sum / (own() - from).Seconds()
	}
	done := make([]float64, workers)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range done {
		wg.Go(func() {
			for time.Since(start).Seconds() < seconds {
				done[i] += multiplyAdds(100_000)
			}
		})
	}
	wg.Wait()
	took := time.Since(start).Seconds()
	sum := 0.0
	for _, n := range done {
		sum += n
	}
	return sum / took
}

// operations is how many floating-point operations of matrix products one step
// of training needs: three ways through the network, each with two products of
// the same size on the way back, and the products of the two discrepancies.
func (n Network) operations() float64 {
	rows, half := float64(n.Batch), n.Nominal/2
	weights := 0
	for _, changed := range []int{half, n.Nominal - half} {
		in := n.Nominal - changed
		for range n.Layers - 1 {
			weights += in * n.Width
			in = n.Width
		}
		weights += in * 2 * changed
	}
	network := 2 * rows * float64(n.Blocks*weights) * 3 * 3
	discrepancies := 2 * rows * rows * 5 * float64(n.M+n.K+n.D)
	return network + discrepancies
}

// draws needs one way through the network a draw.
func (n Network) operationsOfDraw() float64 {
	one := n
	one.Batch = 1
	return (one.operations() - 2*5*float64(n.M+n.K+n.D)) / 9
}
