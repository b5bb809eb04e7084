package session

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// How progress is shown and how an interrupt proceeds.
const (
	showAfter  = 1500 * time.Millisecond // what ends sooner needs no progress line
	showEvery  = 250 * time.Millisecond
	graceShort = 300 * time.Millisecond // for code that reports no progress
	graceLong  = 15 * time.Second       // for a computation that does, and will stop by itself

	mostSilence = 5 * time.Second // between reports of a computation that goes on
)

// A watcher shows the progress of a cell's long computations and, when the
// cell is interrupted, lets them end by themselves before it halts the engine.
type watcher struct {
	ctx     context.Context
	halt    context.Context
	restore func()
	cancel  context.CancelFunc
	stop    func() bool

	out     display.Output
	mu      sync.Mutex // guards what follows: reports come from several goroutines
	heard   time.Time  // when the last one came
	stopped time.Time  // when no computation was left after the interrupt, for the first time
	tasks   map[string]*line
}

// watch gives a cell that is about to run its watcher.
func (s *Session) watch(ctx context.Context, cell *running) {
	w := &watcher{ctx: ctx, out: cell.out, tasks: map[string]*line{}}
	w.halt, w.cancel = context.WithCancel(context.Background())
	cell.watcher, cell.stop = w, w.halt.Done()
	w.restore = progress.Observe(func(r progress.Report) error { return s.mine().watcher.hear(r) })
	go s.watchStack(w)
	w.stop = context.AfterFunc(ctx, func() {
		for start := time.Now(); w.halt.Err() == nil; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(s.deadline(start)) {
				s.halt(false)
			}
		}
	})
}

// deadline is until when the cells that were interrupted have time: they are halted together.
func (s *Session) deadline(interrupted time.Time) time.Time {
	latest := interrupted.Add(graceShort)
	for _, c := range s.active() {
		if c.watcher.ctx.Err() != nil {
			if d := c.watcher.deadline(interrupted); d.After(latest) {
				latest = d
			}
		}
	}
	return latest
}

// deadline is until when a cell that was interrupted has time. What follows a computation that
// stopped has as much as a cell without one.
func (w *watcher) deadline(interrupted time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tasks) > 0 && time.Since(w.heard) < mostSilence {
		return interrupted.Add(graceLong)
	}
	return w.stopped.Add(graceShort)
}

// hear shows a report, and asks what it comes from to stop when the cell is interrupted.
func (w *watcher) hear(r progress.Report) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = time.Now()
	l := w.tasks[r.Task]
	if l == nil {
		l = &line{}
		w.tasks[r.Task] = l
	}
	if !r.Silent {
		l.report(r, w.out)
	}
	if r.Ended {
		delete(w.tasks, r.Task)
	}
	if w.ctx.Err() == nil {
		return nil
	}
	if len(w.tasks) == 0 && w.stopped.IsZero() {
		w.stopped = time.Now()
	}
	return progress.Interrupted
}

func (w *watcher) end() {
	w.restore()
	w.stop()
	w.cancel()
}

// lines numbers the lines of the process: no two share a display id.
var lines atomic.Int64

// A line is the one line of output that shows a task's progress.
type line struct {
	id   string
	last time.Time
}

func (l *line) report(r progress.Report, out display.Output) {
	if l.id == "" && r.Elapsed < showAfter || !r.Ended && time.Since(l.last) < showEvery {
		return
	}
	l.last = time.Now()
	b := display.Bundle{display.Text: r.String()}
	if l.id == "" {
		l.id = fmt.Sprintf("progress-%d", lines.Add(1))
		out.Display(b, l.id)
		return
	}
	out.Update(b, l.id)
}
