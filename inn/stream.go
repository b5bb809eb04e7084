package inn

import (
	"fmt"
	"iter"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// streamRows is how many draws Stream hands out at a time.
const streamRows = 64 * sampleRows

// Stream makes the draws of Sample, in the same order, in pieces of at most 16,384:
// any number of them, in the memory of one piece.
//
//	for draws, err := range model.Stream(y, 10_000_000, 1) {
//		if err != nil { ... }
//		// count, sum, write down
//	}
//
// A piece is the caller's to keep. An error is the last that comes.
func (m *Model) Stream(y []float64, n int, seed uint64) iter.Seq2[*Samples, error] {
	return func(yield func(*Samples, error) bool) {
		yn, err := m.measurement(y)
		if err == nil && n < 1 {
			err = fmt.Errorf("inn: asked for %d draws, want at least 1", n)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		task := progress.Start("sampling", n)
		defer task.End()
		for from := 0; from < n; from += streamRows {
			draws := NewSamples(m.x.Vars, min(streamRows, n-from))
			draws.Warning = m.warning(yn)
			if err := m.draw(draws, from, seed, func(int) []float32 { return yn }, task); err != nil {
				yield(nil, err)
				return
			}
			if !yield(draws, nil) {
				return
			}
		}
	}
}

// SampleAll draws n parameter vectors for each row of ys, measurements that it
// takes through the network together: for few draws of many measurements that is
// much faster than to call Sample for each.
func (m *Model) SampleAll(ys *Samples, n int, seed uint64) ([]*Samples, error) {
	if err := table("y", ys, m.y.Vars); err != nil {
		return nil, err
	}
	count := ys.Len()
	if most := maxValues / m.shape.D / count; n < 1 || n > most {
		return nil, fmt.Errorf("inn: asked for %d draws for each of %d measurements, want 1 to %d", n, count, most)
	}
	normal := make([]float32, count*m.shape.M)
	of := func(i int) []float32 { return normal[i*m.shape.M : (i+1)*m.shape.M] }
	for i := range count {
		m.y.apply(of(i), ys.Row(i))
	}
	all := NewSamples(m.x.Vars, n*count)
	task := progress.Start("sampling", n*count)
	defer task.End()
	if err := m.draw(all, 0, seed, func(i int) []float32 { return of(i / n) }, task); err != nil {
		return nil, err
	}
	list := make([]*Samples, count)
	for i := range list {
		list[i], all = all.split(n)
		list[i].Warning = m.warning(of(i))
	}
	return list, nil
}
