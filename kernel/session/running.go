package session

import (
	"context"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync/atomic"
	"unsafe"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/nb"
)

// Cells may run beside each other, as those of Jupyter's subshells do. They are
// prepared one after the other, until their first statement begins. What is
// printed, reported, or called by lowered code belongs to the cell whose goroutine
// it comes from: what a cell starts has the labels of its own goroutine (see
// package runtime/pprof).

// running is a cell that runs, or ran.
type running struct {
	number   int // of its unit
	unit     *unit
	plan     *plan
	out      display.Output
	nb       *nb.Cell
	labels   unsafe.Pointer // of its goroutines
	watcher  *watcher
	prepared func() // lets the next cell begin; it may be called again
	made     *state // what there was when its declarations had been made
	beside   bool   // another cell ran when it began, or began while it ran

	done     atomic.Int32 // steps
	shown    []any
	deferred deferring
	halted   atomic.Bool
	deep     atomic.Bool     // because a recursion had no end
	stop     <-chan struct{} // closed when the cell is halted
	timing   timing
	trace    trace
	typed    typedLine
}

//go:linkname goroutineLabels runtime/pprof.runtime_getProfLabel
func goroutineLabels() unsafe.Pointer

//go:linkname setGoroutineLabels runtime/pprof.runtime_setProfLabel
func setGoroutineLabels(labels unsafe.Pointer)

// later is f for a goroutine that is not started by the calling one, whose cell it
// belongs to.
func later(f func()) func() {
	labels := goroutineLabels()
	return func() {
		setGoroutineLabels(labels)
		f()
	}
}

// begin makes c one of the cells that run. The calling goroutine, and those that it
// starts, are the cell's until end.
func (s *Session) begin(c *running) (end func()) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("cell", strconv.Itoa(c.unit.number))))
	c.labels = goroutineLabels()
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.active()
	if len(before) == 0 {
		s.detach = nb.Attach(func() *nb.Cell { return s.mine().nb })
	}
	for _, other := range before {
		c.beside, other.beside = true, true
	}
	s.cells.Store(new(append(slices.Clone(before), c)))
	s.newest.Store(c)
	return func() { s.end(c) }
}

func (s *Session) end(c *running) {
	pprof.SetGoroutineLabels(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(slices.Clone(s.active()), func(other *running) bool { return other == c })
	s.cells.Store(&left)
	if len(left) == 0 {
		s.detach()
	} else {
		s.newest.Store(left[len(left)-1])
	}
}

// active are the cells that run, in the order in which they began.
func (s *Session) active() []*running {
	if cells := s.cells.Load(); cells != nil {
		return *cells
	}
	return nil
}

// mine is the cell to which the calling goroutine belongs. What belongs to none that
// runs is the newest one's, also when that has ended.
func (s *Session) mine() *running {
	if cells := s.active(); len(cells) > 1 {
		labels := goroutineLabels()
		for _, c := range cells {
			if c.labels == labels {
				return c
			}
		}
	}
	return s.newest.Load()
}

// alive is the running cell with the number of a unit. It ends the goroutine of one
// that was halted: the interpreter would go on with it as soon as another cell runs.
func (s *Session) alive(number int) *running {
	for _, c := range s.active() {
		if c.number == number && !c.halted.Load() {
			return c
		}
	}
	panic(errHalted)
}

// halt halts all cells that run: the interpreter cannot halt one of them.
func (s *Session) halt(deep bool) {
	for _, c := range s.active() {
		c.deep.Store(deep)
		c.halted.Store(true)
		c.watcher.cancel()
	}
}
