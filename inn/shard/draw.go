package shard

import (
	"errors"
	"fmt"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// errMerged ends the work of a process when another has written the file.
var errMerged = errors.New("shard: merged by another process")

// A part is a shard to be made.
type part struct {
	index, from, to int
	at              int // the number of pairs in the parts before it
	begin           sync.Once
	pairs           *inn.Pairs // nil if another process made it meanwhile
	left            atomic.Int64
	err             error // of begin
}

// draw makes the shards, in this order, and saves each as soon as its last
// pair is drawn. The workers take pairs rather than shards, so that all of them
// have work to the end. The error is that of the lowest pair of the first
// shard in which one failed.
func (w *work) draw(shards []int) error {
	parts := make([]part, len(shards))
	total := 0
	for k, i := range shards {
		p := &parts[k]
		p.index, p.at = i, total
		p.from, p.to = w.bounds(i)
		p.left.Store(int64(p.to - p.from))
		total += p.to - p.from
	}
	if total == 0 {
		return nil
	}
	workers := 1
	if w.problem.Parallel() {
		workers = min(runtime.GOMAXPROCS(0), total)
	}
	var (
		wg     sync.WaitGroup
		next   atomic.Int64
		failed atomic.Bool
		task   = progress.Start("simulating", total)
		errs   = make([]error, workers)
		places = make([]int, workers)
	)
	defer task.End()
	for k := range workers {
		wg.Go(func() {
			for !failed.Load() {
				place := int(next.Add(1)) - 1
				if place >= total {
					return
				}
				p := &parts[sort.Search(len(parts), func(i int) bool { return parts[i].at > place })-1]
				err := w.pair(p, p.from+place-p.at)
				if err == nil {
					err = task.Advance(1, nil)
				}
				if err != nil {
					errs[k], places[k] = err, place
					failed.Store(true)
					return
				}
			}
		})
	}
	wg.Wait()
	var first error
	lowest := total
	for k, err := range errs {
		if err != nil && places[k] < lowest {
			first, lowest = err, places[k]
		}
	}
	return first
}

// pair draws pair i, which is in part p.
func (w *work) pair(p *part, i int) error {
	p.begin.Do(func() {
		switch {
		case w.made(p.index):
		case w.merged():
			p.err = errMerged
		default:
			p.pairs = &inn.Pairs{X: inn.NewSamples(w.problem.X, p.to-p.from), Y: inn.NewSamples(w.problem.Y, p.to-p.from)}
		}
	})
	if p.err != nil || p.pairs == nil {
		return p.err
	}
	x, y, err := w.problem.Draw(inn.RNG(w.seed, uint64(i)))
	if err != nil {
		return fmt.Errorf("%w (pair %d)", err, i)
	}
	copy(p.pairs.X.Row(i-p.from), x)
	copy(p.pairs.Y.Row(i-p.from), y)
	if p.left.Add(-1) > 0 {
		return nil
	}
	err = w.place(p.pairs, w.file(p.index), w.shardNote(p.index))
	p.pairs = nil
	return err
}
