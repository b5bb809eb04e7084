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

	"github.com/traefik/yaegi/interp"
)

// The interpreter halts what runs by giving itself another number: every loop
// of interpreted code ends when its number is not the interpreter's. But the
// functions that variables hold have the old number for ever, and would return
// zeros without a word. So the interpreter gets its number back when what was
// halted has ended. Code that is in a compiled function then, as in a sleep,
// ends when it comes out of it.

// halted is a run that was halted.
type halted struct {
	at    time.Time
	ended <-chan struct{} // when it has ended
}

const (
	haltNotice = 100 * time.Millisecond // in which goroutines notice that they are halted
	haltEnd    = 700 * time.Millisecond // for the run itself, unless compiled code keeps it
)

// execute runs a program until it ends or halt is done.
func (e *engine) execute(halt context.Context, p *interp.Program) error {
	inside := reflect.ValueOf(e.interp).Elem()
	id, done, cancels, lock := hidden(inside, "id"), hidden(inside, "done"), hidden(inside, "cancelChan"), hidden(inside, "mutex")
	number := id.Addr().Interface().(*uint64)
	e.revive(number)
	stop, ended := make(chan struct{}), make(chan struct{})
	mu := lock.Addr().Interface().(*sync.RWMutex)
	mu.Lock()
	done.Set(reflect.ValueOf(stop))
	cancels.SetBool(true)
	mu.Unlock()
	err := errExited // unless the interpreter returns
	go func() {
		defer close(ended)
		_, err = e.interp.Execute(p)
	}()
	select {
	case <-ended:
		return err
	case <-halt.Done():
	}
	atomic.AddUint64(number, 1)
	close(stop)
	e.halted = &halted{time.Now(), ended}
	return halt.Err()
}

// revive gives the interpreter its number back after a halt.
func (e *engine) revive(number *uint64) {
	if e.halted == nil {
		return
	}
	e.await(haltEnd)
	time.Sleep(time.Until(e.halted.at.Add(haltNotice)))
	e.layout.revivals.Add(1)
	atomic.AddUint64(number, ^uint64(0))
	e.halted = nil
}

// await waits for the end of what was halted, if that comes in time.
func (e *engine) await(patience time.Duration) {
	if e.halted == nil {
		return
	}
	select {
	case <-e.halted.ended:
	case <-time.After(patience):
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
		if strings.Contains(f.Function, "session.(*engine).execute.") || strings.Contains(f.Function, "session.(*Session).start.") {
			return true
		}
		if !more {
			return false
		}
	}
}
