package method

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// sampleRows is how many draws one task makes. Task i has a random stream of
// its own, so that the draws do not depend on the number of processors.
const sampleRows = 256

// A sampler fills rows with normalised draws of x.
type sampler func(rows tensor.Mat, rng *rand.Rand)

// sample makes n draws given a normalised measurement in chunks, on all processors.
// Each goroutine asks for a sampler of its own, for up to the given number of rows.
// For a measurement that is unlike all training data the draws have a Warning.
func sample(x, y *scaling, yn []float32, n int, seed uint64, newSampler func(rows int) sampler) (*inn.Samples, error) {
	d := len(x.vars)
	if err := checkDraws(n, d); err != nil {
		return nil, err
	}
	draws := inn.NewSamples(x.vars, n)
	draws.Warning = y.fence.Warn(yn)
	task := progress.Start("sampling", n)
	defer task.End()
	var (
		wg   sync.WaitGroup
		next atomic.Int64
		fail atomic.Pointer[error]
		most = min(n, sampleRows)
	)
	for range min(runtime.GOMAXPROCS(0), (n+sampleRows-1)/sampleRows) {
		wg.Go(func() {
			fill, room := newSampler(most), tensor.New(most, d)
			for fail.Load() == nil {
				lo := (int(next.Add(1)) - 1) * sampleRows
				if lo >= n {
					return
				}
				chunk := rows(room, 0, min(sampleRows, n-lo))
				fill(chunk, inn.RNG(seed, uint64(lo)))
				for i := range chunk.Rows {
					x.undo(draws.Row(lo+i), chunk.Row(i))
				}
				if err := task.Advance(chunk.Rows, nil); err != nil {
					err = fmt.Errorf("method: sampling stopped: %w", err)
					fail.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := fail.Load(); err != nil {
		return nil, *err
	}
	for i, v := range draws.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("method: a draw of %s is %v: y lies too far from the training pairs, or training failed", x.vars[i%d].Name, v)
		}
	}
	return draws, nil
}

// repeat writes the row to columns [at, at+len(row)) of every row of m.
func repeat(m tensor.Mat, at int, row []float32) {
	for i := range m.Rows {
		copy(m.Row(i)[at:], row)
	}
}
