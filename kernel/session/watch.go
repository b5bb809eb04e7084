package session

import (
	"context"
	"fmt"
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
)

// A watcher shows the progress of a cell's long computations and, when the
// cell is interrupted, lets them end by themselves before it halts the engine.
type watcher struct {
	halt    context.Context
	restore func()
	cancel  context.CancelFunc
	stop    func() bool
	heard   atomic.Int64 // when a report came last, Unix nanoseconds
}

func watch(ctx context.Context, out display.Output, cell *running) *watcher {
	w := &watcher{}
	w.halt, w.cancel = context.WithCancel(context.Background())
	tasks := map[string]*line{}
	lock := make(chan struct{}, 1) // reports come from several goroutines
	w.restore = progress.Observe(func(r progress.Report) error {
		w.heard.Store(time.Now().UnixNano())
		lock <- struct{}{}
		defer func() { <-lock }()
		l := tasks[r.Task]
		if l == nil {
			l = &line{}
			tasks[r.Task] = l
		}
		l.report(r, out)
		if r.Ended {
			delete(tasks, r.Task)
		}
		return ctx.Err()
	})
	go w.watchStack(cell)
	w.stop = context.AfterFunc(ctx, func() {
		for start := time.Now(); w.halt.Err() == nil; time.Sleep(20 * time.Millisecond) {
			grace := graceShort
			if time.Since(time.Unix(0, w.heard.Load())) < time.Second {
				grace = graceLong
			}
			if time.Since(start) > grace {
				cell.halted.Store(true)
				w.cancel()
			}
		}
	})
	return w
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
