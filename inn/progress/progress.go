// Package progress is how long computations tell whoever is watching how far
// they are, and how the watcher asks them to stop.
//
// A computation starts a Task, advances it as it goes, and ends it; the front
// end (a notebook session, a command) sets one Observer for the process, as a
// program sets one default logger. With no observer a Task costs two atomic
// operations a step and prints nothing.
package progress

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Report is the state of a long computation at one moment.
type Report struct {
	Task        string        // what is running, for example "training"
	Done, Total int           // units of work; Total 0 when it is not known
	Elapsed     time.Duration // since Start
	Note        string        // a short free text, for example "loss 0.12"
	Ended       bool          // the last report of this task
	Silent      bool          // the task shows by itself how far it is
}

// Remaining is the time left at the mean rate so far: zero when nothing is
// done yet or Total is not known.
func (r Report) Remaining() time.Duration {
	if r.Done == 0 || r.Total == 0 {
		return 0
	}
	return time.Duration(float64(r.Elapsed) / float64(r.Done) * float64(r.Total-r.Done))
}

// String says the report in one line: "training 1200/7000 · 41s left · loss 0.12".
func (r Report) String() string {
	s := fmt.Sprintf("%s %d", r.Task, r.Done)
	if r.Total > 0 {
		s = fmt.Sprintf("%s %d/%d", r.Task, r.Done, r.Total)
	}
	switch {
	case r.Ended:
		s += fmt.Sprintf(" · %s", r.Elapsed.Round(time.Second/10))
	case r.Remaining() > 0:
		s += fmt.Sprintf(" · %s left", r.Remaining().Round(time.Second))
	}
	if r.Note != "" {
		s += " · " + r.Note
	}
	return s
}

// An Observer receives reports, at most one every 100 ms and one at the end,
// from the goroutine that does the work. A non-nil error asks the task to stop.
type Observer func(Report) error

var (
	mu        sync.Mutex
	observers []*Observer              // those that are not yet restored
	observer  atomic.Pointer[Observer] // the last of them
)

// Interrupted is the error of an observer that asks a task to stop since its user does. It
// is a context.Canceled.
var Interrupted error = interruption{}

type interruption struct{}

func (interruption) Error() string   { return "interrupted" }
func (interruption) Is(e error) bool { return e == context.Canceled }

// Observe makes o the process's observer until restore is called. Observers
// may be restored in any order: the latest one that is left observes. A nil o
// observes nothing.
func Observe(o Observer) (restore func()) {
	entry := new(Observer)
	*entry = o
	mu.Lock()
	defer mu.Unlock()
	observers = append(observers, entry)
	observer.Store(entry)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		observers = slices.DeleteFunc(observers, func(e *Observer) bool { return e == entry })
		if len(observers) == 0 {
			observer.Store(nil)
		} else {
			observer.Store(observers[len(observers)-1])
		}
	}
}

// interval is the least time between two reports of one task.
const interval = 100 * time.Millisecond

// A Task is one running computation. Its methods may be called from several
// goroutines at once.
type Task struct {
	Silent bool // its reports say so; it is set before the first Advance

	name  string
	total int
	start time.Time
	done  atomic.Int64
	next  atomic.Int64 // nanoseconds since start of the next report
	stop  atomic.Pointer[error]
}

// Start begins a task of total units of work; 0 when the number is not known.
func Start(name string, total int) *Task {
	return &Task{name: name, total: total, start: time.Now()}
}

// Advance adds n units of finished work. It returns the observer's error once
// the observer asked to stop, now and at every later call.
func (t *Task) Advance(n int, note func() string) error {
	done := t.done.Add(int64(n))
	now := time.Since(t.start)
	if next := t.next.Load(); int64(now) >= next && t.next.CompareAndSwap(next, int64(now+interval)) {
		t.report(Report{Done: int(done), Elapsed: now}, note)
	}
	if err := t.stop.Load(); err != nil {
		return *err
	}
	return nil
}

// Stopped reports whether the observer has asked the task to stop.
func (t *Task) Stopped() bool { return t.stop.Load() != nil }

// End reports the task as ended.
func (t *Task) End() {
	t.report(Report{Done: int(t.done.Load()), Elapsed: time.Since(t.start), Ended: true}, nil)
}

func (t *Task) report(r Report, note func() string) {
	o := observer.Load()
	if o == nil || *o == nil {
		return
	}
	r.Task, r.Total, r.Silent = t.name, t.total, t.Silent
	if note != nil {
		r.Note = note()
	}
	if err := (*o)(r); err != nil {
		t.stop.CompareAndSwap(nil, &err)
	}
}
