package session

import (
	"context"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// The interpreter halts what runs by giving itself another number: every loop
// of interpreted code ends when its number is not the interpreter's. But the
// functions that variables hold have the old number for ever, and would return
// zeros without a word. So the interpreter gets its number back when what was
// halted has ended. Code that is in a compiled function then, as in a sleep,
// ends when it comes out of it.

// halted are the runs that were halted together.
type halted struct {
	at    time.Time
	ended []<-chan struct{} // when each has ended
}

const (
	haltNotice = 100 * time.Millisecond // in which goroutines notice that they are halted
	haltEnd    = 500 * time.Millisecond // for the runs themselves, unless compiled code keeps them
)

// during calls f, which calls interpreted code, until it ends or halt is done, which halts
// what runs beside it, too.
func (e *engine) during(halt context.Context, f func() error) error {
	stop := e.enter()
	defer e.leave()
	ended := make(chan struct{})
	err := errExited // unless f returns
	go func() {
		defer close(ended)
		defer func() {
			if r := recover(); r == any(errHalted) {
				err = errHalted
			} else if r != nil {
				panic(r)
			}
		}()
		err = f()
	}()
	select {
	case <-ended:
		return err
	case <-halt.Done():
	case <-stop:
	}
	e.halt(ended, stop)
	select { // or compiled code would assign what it returns when the cell has long been over
	case <-ended:
	case <-time.After(haltEnd):
	}
	return errHalted
}

// halt halts what runs, if that has not been done, and notes when one run has ended.
func (e *engine) halt(ended <-chan struct{}, stop chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.halted == nil {
		atomic.AddUint64(e.number(), 1)
		close(stop)
		e.halted = &halted{at: time.Now()}
	}
	e.halted.ended = append(e.halted.ended, ended)
}

// enter waits until a program can begin and gives the channel that is closed when it
// is halted.
func (e *engine) enter() (stop chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.runs > 0 && (e.halted != nil || e.full()) {
		e.ended.Wait()
	}
	if e.runs == 0 {
		e.revive()
		e.stop = make(chan struct{})
		inside := reflect.ValueOf(e.interp).Elem()
		mu := hidden(inside, "mutex").Addr().Interface().(*sync.RWMutex)
		mu.Lock()
		hidden(inside, "done").Set(reflect.ValueOf(e.stop))
		hidden(inside, "cancelChan").SetBool(true)
		mu.Unlock()
	}
	e.grow()
	e.runs++
	return e.stop
}

func (e *engine) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.runs--
	e.ended.Broadcast()
}

// number is the interpreter's.
func (e *engine) number() *uint64 {
	return hidden(reflect.ValueOf(e.interp).Elem(), "id").Addr().Interface().(*uint64)
}

// revive gives the interpreter its number back after a halt.
func (e *engine) revive() {
	if e.halted == nil {
		return
	}
	e.halted.await(time.Until(e.halted.at.Add(haltEnd)))
	time.Sleep(time.Until(e.halted.at.Add(haltNotice)))
	e.layout.revivals.Add(1)
	atomic.AddUint64(e.number(), ^uint64(0))
	e.halted = nil
}

// await waits for the end of what was halted, if that comes in time.
func (h *halted) await(patience time.Duration) {
	over := time.After(patience)
	for _, ended := range h.ended {
		select {
		case <-ended:
		case <-over:
			return
		}
	}
}

// await waits for the end of what was halted last, if that comes in time.
func (e *engine) await(patience time.Duration) {
	e.mu.Lock()
	h := e.halted
	e.mu.Unlock()
	if h != nil {
		h.await(patience)
	}
}

// leaving is a call of compiled code that does not go on when it was halted
// within it and interpreted code runs again.
func (at *layout) leaving(do operation) operation {
	return func(frame unsafe.Pointer) operation {
		before := at.revivals.Load()
		next := do(frame)
		if at.revivals.Load() != before && caught() {
			panic(errHalted)
		}
		return next
	}
}

// caught reports whether a panic in this goroutine is caught: it is a cell's, or
// one that a cell started.
func caught() bool {
	pcs := make([]uintptr, 1<<16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "session.(*engine).during.") || strings.Contains(f.Function, "session.(*Session).start.") {
			return true
		}
		if !more {
			return false
		}
	}
}
