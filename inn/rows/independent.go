package rows

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"unsafe"
	"weak"
)

var independent sync.Map // mayCalls by the place of the function's closure

// A mayCall says, whenever it is asked, whether several goroutines may call a function,
// and keeps what calls it many times, if something does. The place of one that is collected
// may be another's.
type mayCall struct {
	f    weak.Pointer[byte]
	so   func() bool
	rows *Rows
}

// IndependentSimulator is f as a function of which Independent says what so says.
func IndependentSimulator(f func(*rand.Rand, []float64) []float64, so func() bool) func(*rand.Rand, []float64) []float64 {
	g := func(rng *rand.Rand, x []float64) []float64 { return f(rng, x) }
	note(place(g), so, Simulator(f))
	return g
}

// IndependentPrior does so for a prior.
func IndependentPrior(f func(*rand.Rand) []float64, so func() bool) func(*rand.Rand) []float64 {
	g := func(rng *rand.Rand) []float64 { return f(rng) }
	note(placePrior(g), so, Prior(f))
	return g
}

func note(at unsafe.Pointer, so func() bool, rows *Rows) {
	key, m := uintptr(at), &mayCall{weak.Make((*byte)(at)), so, rows}
	independent.Store(key, m)
	runtime.AddCleanup((*byte)(at), func(m *mayCall) { independent.CompareAndDelete(key, m) }, m)
}

// Independent reports whether several goroutines may call a prior and a simulator, each with
// a random source of its own, as far as is known.
func Independent(prior func(*rand.Rand) []float64, simulator func(*rand.Rand, []float64) []float64) bool {
	p, s := noted(placePrior(prior)), noted(place(simulator))
	return p != nil && s != nil && p.so() && s.so()
}

// noted is what is known of the function at a place, or nil.
func noted(at unsafe.Pointer) *mayCall {
	m, ok := independent.Load(uintptr(at))
	if !ok || at == nil || m.(*mayCall).f.Value() != (*byte)(at) {
		return nil
	}
	return m.(*mayCall)
}
