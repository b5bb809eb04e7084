// Package rows knows the simulators that can be called for many rows at once, those
// that another process runs, where a call costs more than its work; and those that
// several goroutines may call.
package rows

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"unsafe"
)

// A State is the two numbers of a rand.PCG.
type State [2]uint64

// StateOf is the state of a source.
func StateOf(src *rand.PCG) State {
	b, _ := src.MarshalBinary() // "pcg:" and the numbers, big-endian; never an error
	return State{binary.BigEndian.Uint64(b[4:]), binary.BigEndian.Uint64(b[12:])}
}

// Rows calls a simulator or a prior many times.
type Rows struct {
	// Call calls a simulator for the n rows of x, each with a rand.PCG in the
	// state of its row, and writes the n rows of y. For a prior x is empty, and
	// the states become what the draws leave. Several goroutines may call it.
	//
	// An error says no more than that it did not work: called row by row, the
	// function tells what is wrong.
	Call func(states []State, x, y []float64) error

	// Reads says that the function reads variables, which other functions may
	// set.
	Reads bool
}

var known sync.Map // entries by the place of the function's closure

// place is where a function value's closure is: what distinguishes it from all
// others, as long as it is not collected.
func place(f func(*rand.Rand, []float64) []float64) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&f))
}

func placePrior(f func(*rand.Rand) []float64) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&f))
}

// entry keeps the function, so that no other one gets its place.
type entry struct {
	f    any
	rows *Rows
}

// SetSimulator makes rows what calls the simulator f many times. f must be a
// closure, since a plain function has the same place wherever it is used.
func SetSimulator(f func(*rand.Rand, []float64) []float64, rows *Rows) {
	known.Store(place(f), entry{f, rows})
}

// SetPrior does so for a prior.
func SetPrior(f func(*rand.Rand) []float64, rows *Rows) { known.Store(placePrior(f), entry{f, rows}) }

// Simulator is what calls f many times, or nil.
func Simulator(f func(*rand.Rand, []float64) []float64) *Rows { return of(place(f)) }

// Prior is what calls f many times, or nil.
func Prior(f func(*rand.Rand) []float64) *Rows { return of(placePrior(f)) }

func of(p unsafe.Pointer) *Rows {
	if e, ok := known.Load(p); ok {
		return e.(entry).rows
	}
	if m := noted(p); m != nil {
		return m.rows
	}
	return nil
}
