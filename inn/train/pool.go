// Package train holds what every training needs: the loop, which watches over
// the losses, keeps the best network and writes checkpoints; a pool of workers
// that stays; the Adam optimiser; and the learning rate's schedules.
package train

import "sync/atomic"

// A Pool is a set of goroutines that stay ready between calls of Each, which
// starting anew for each of a step's phases would cost. A worker without work
// looks for some for a moment before it sleeps; one that the system is slow to
// wake is not waited for, the others doing its share.
type Pool struct {
	workers int
	task    func(i int)
	left    atomic.Int64 // tasks not yet taken; 0 or less: none
	running atomic.Int64 // tasks not yet done
	waiting atomic.Bool  // Each sleeps until done
	wake    chan struct{}
	done    chan struct{}
}

// patience is how many looks a worker takes before it sleeps, some ten
// microseconds.
const patience = 10_000

// NewPool starts a pool of workers, the caller of Each being one of them.
func NewPool(workers int) *Pool {
	p := &Pool{workers: workers, wake: make(chan struct{}, max(0, workers-1)), done: make(chan struct{}, 1)}
	for range workers - 1 {
		go func() {
			for range p.wake {
				for look := 0; look < patience; look++ {
					if p.left.Load() > 0 {
						p.work()
						look = 0
					}
				}
			}
		}()
	}
	return p
}

// Each calls f(0), ..., f(n-1), some at the same time, and returns when all
// have. One Each at a time.
func (p *Pool) Each(n int, f func(i int)) {
	if n == 0 {
		return
	}
	p.task = f
	p.running.Store(int64(n))
	p.left.Store(int64(n)) // from here on, others may work
	for range min(p.workers, n) - 1 {
		select {
		case p.wake <- struct{}{}:
		default: // as many are about to look already
		}
	}
	p.work()
	for range patience {
		if p.running.Load() == 0 {
			return
		}
	}
	for p.running.Load() != 0 {
		p.waiting.Store(true)
		if p.running.Load() == 0 && p.waiting.CompareAndSwap(true, false) {
			return
		}
		<-p.done // may be late word of an Each before this one: look again
	}
}

// work takes tasks until there are none. What it reads of the pool belongs to
// a task taken: without one, Each may be about to change it.
func (p *Pool) work() {
	for {
		i := p.left.Add(-1)
		if i < 0 {
			return
		}
		p.task(int(i))
		if p.running.Add(-1) == 0 && p.waiting.CompareAndSwap(true, false) {
			p.done <- struct{}{}
		}
	}
}

// Close ends the workers.
func (p *Pool) Close() { close(p.wake) }
