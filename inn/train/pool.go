// Package train holds what every training needs: the loop, which watches over
// the losses, keeps the best network and writes checkpoints; a pool of workers
// that stays; the Adam optimiser; and the learning rate's schedules.
package train

import (
	"sync"
	"sync/atomic"
)

// A Pool is a set of goroutines that stay ready between calls of Each, which
// starting anew for each of a step's phases would cost.
type Pool struct {
	workers int
	wake    chan struct{}
	done    sync.WaitGroup
	task    func(i int)
	n       int64
	next    atomic.Int64
}

// NewPool starts a pool of workers, the caller of Each being one of them.
func NewPool(workers int) *Pool {
	p := &Pool{workers: workers, wake: make(chan struct{})}
	for range workers - 1 {
		go func() {
			for range p.wake {
				p.work()
				p.done.Done()
			}
		}()
	}
	return p
}

// Each calls f(0), ..., f(n-1), some at the same time, and returns when all
// have. One Each at a time.
func (p *Pool) Each(n int, f func(i int)) {
	p.task, p.n = f, int64(n)
	p.next.Store(0)
	helpers := min(p.workers, n) - 1
	p.done.Add(helpers)
	for range helpers {
		p.wake <- struct{}{}
	}
	p.work()
	p.done.Wait()
}

func (p *Pool) work() {
	for {
		i := p.next.Add(1) - 1
		if i >= p.n {
			return
		}
		p.task(int(i))
	}
}

// Close ends the workers.
func (p *Pool) Close() { close(p.wake) }
