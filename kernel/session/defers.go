package session

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/stdlib"
)

// Deferred calls, panics and recover. The interpreter's own defer loses calls
// when one of them panics, so a function that defers becomes
//
//	d := Deferring()
//	f := func() { the body; defer g(x) is a call of Defer(d, g with x) }
//	RunDeferring(d, f)
//	return the results' variables
//
// and a function that calls recover asks first whether defer called it.

// A deferring is the list of the deferred calls of a function that runs.
type deferring struct{ calls []deferredCall }

type deferredCall struct {
	call  func()
	reach int // of recover: see lowering.reach

	recovers *panicking // of defer recover(): what the function could recover
}

func (d *deferring) add(f func(), reach int) {
	d.calls = append(d.calls, deferredCall{call: f, reach: reach})
}

// A panicking is a panic on its way up.
type panicking struct {
	value     any
	recovered bool
	reach     int // how deep the function is that may recover it
}

// catch runs f and gives its panic, or nil.
func catch(f func()) (p *panicking) {
	defer func() {
		if r := recover(); r != nil {
			p = &panicking{value: r}
		}
	}()
	f()
	return nil
}

// final reports whether a panic ends the cell whatever is deferred.
func (p *panicking) final() bool {
	_, exit := p.value.(stdlib.Exit)
	return exit || p.value == any(errHalted)
}

// runDeferring runs a function's body and then its deferred calls, also where
// runtime.Goexit ends it.
func (s *Session) runDeferring(d *deferring, body func()) {
	mark := s.mine().trace.mark()
	var p, first *panicking
	exits := true
	defer func() {
		if exits {
			p = s.unwind(d, nil, mark)
		}
		if first != nil && p != nil && !first.recovered {
			s.mine().trace.known()
		}
		if p != nil {
			panic(p.value)
		}
	}()
	first = catch(body)
	p = s.unwind(d, first, mark)
	exits = false
}

// unwind runs deferred calls, the last one first, and gives the panic that goes
// on after them: the one it is given, if none of them recovers it, or a later one.
func (s *Session) unwind(d *deferring, p *panicking, mark int) *panicking {
	for len(d.calls) > 0 {
		if p != nil && p.final() {
			return p
		}
		c := d.calls[len(d.calls)-1]
		d.calls = d.calls[:len(d.calls)-1]
		if c.call == nil {
			if p == nil { // otherwise recover would be called by a panic, not by the function
				recoverPanic(c.recovers)
			}
			continue
		}
		if p != nil && c.reach > 0 {
			p.reach = c.reach
			s.callers.set(p)
		}
		trace := &s.mine().trace
		before := trace.mark()
		next := catch(c.call)
		if p != nil && c.reach > 0 {
			s.callers.set(nil)
		}
		switch {
		case next != nil: // which comes from further in than what made defer call it
			p = next
			trace.turn(mark, before)
		case p != nil && p.recovered:
			p = nil
			trace.drop(mark)
		}
	}
	return p
}

// finish runs the calls that a cell's statements deferred, after err or nil.
func (s *Session) finish(cell *running, err error) error {
	var p *panicking
	var t *thrown
	switch {
	case errors.As(err, &t):
		p = &panicking{value: t.value}
	case err != nil:
		return err
	}
	switch q := s.unwind(&cell.deferred, p, 0); {
	case q == nil:
		return nil
	case q == p:
		return err
	default:
		return &thrown{q.value, s.mine().trace.reset()}
	}
}

// callers has, for goroutines in which defer calls a function because of a
// panic, that panic, until the function that recovers has asked.
type callers struct {
	n  atomic.Int32
	of sync.Map // of *panicking by the number of the goroutine
}

func (c *callers) set(p *panicking) {
	id := goroutine()
	if p == nil {
		if _, was := c.of.LoadAndDelete(id); was {
			c.n.Add(-1)
		}
		return
	}
	if _, was := c.of.Swap(id, p); !was {
		c.n.Add(1)
	}
}

// calledByDefer is asked by a function that calls recover as it begins: it
// gives the panic because of which defer calls it, or nil.
func (s *Session) calledByDefer() *panicking {
	if s.callers.n.Load() == 0 {
		return nil
	}
	p, ok := s.callers.of.LoadAndDelete(goroutine())
	if !ok {
		return nil
	}
	s.callers.n.Add(-1)
	if depth() > p.(*panicking).reach {
		return nil // a function further in
	}
	return p.(*panicking)
}

// through is what a function that only calls another one in its place begins
// with: if defer calls it, that one may recover.
func (s *Session) through() {
	if p, ok := s.callers.of.Load(goroutine()); ok && depth() == p.(*panicking).reach {
		p.(*panicking).reach++
	}
}

// depth is how many functions of the interpreter run above the deferred call:
// one keeps the arguments, unless it is the deferred function itself. Above compiled
// code that calls back they are too many.
func depth() (n int) {
	var pc [64]uintptr
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc[:])])
	for {
		f, more := frames.Next()
		switch {
		case strings.HasSuffix(f.Function, "interp.runCfg"):
			n++
		case strings.HasSuffix(f.Function, "session.catch"), !more:
			return n
		case !slices.ContainsFunc(between, func(p string) bool { return strings.HasPrefix(f.Function, p) }):
			return math.MaxInt
		}
	}
}

// between are the packages whose functions there are between those of cells.
var between = []string{"github.com/traefik/yaegi/", "reflect.", "runtime.", "internal/", strings.TrimSuffix(nbPath, "nb") + "session."}

// recoverPanic is Go's recover in a function that was called because of p.
func recoverPanic(p *panicking) any {
	if p == nil || p.recovered {
		return nil
	}
	p.recovered = true
	return thrownValue(p.value)
}

// goroutine is the number of the goroutine that runs, of which only the words
// of its stack tell.
func goroutine() uint64 {
	var buf [40]byte
	text := string(buf[:runtime.Stack(buf[:], false)])
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "goroutine "), " ")
	id, _ := strconv.ParseUint(text, 10, 64)
	return id
}
