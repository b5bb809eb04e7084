package rows

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

func TestIndependentIsAskedAnew(t *testing.T) {
	n, quiet := 1.0, true
	simulate := func(_ *rand.Rand, x []float64) []float64 { return []float64{n * x[0]} }
	prior := func(*rand.Rand) []float64 { return []float64{n} }
	so := func() bool { return quiet }
	s, p := IndependentSimulator(simulate, so), IndependentPrior(prior, func() bool { return true })
	if s(nil, p(nil))[0] != 1 || !Independent(p, s) {
		t.Error("two functions that say so are not independent")
	}
	if Independent(p, simulate) || Independent(prior, s) || Independent(nil, nil) {
		t.Error("functions that do not say so are independent")
	}
	if quiet = false; Independent(p, s) {
		t.Error("a function that no longer says so is independent")
	}
	runtime.KeepAlive(s)
}

// What is known of functions that are gone is forgotten.
func TestIndependentForgets(t *testing.T) {
	size := func() (n int) {
		independent.Range(func(any, any) bool { n++; return true })
		return n
	}
	k := 1.0
	for range 1000 {
		IndependentSimulator(func(_ *rand.Rand, x []float64) []float64 { return []float64{k} }, func() bool { return true })
	}
	for start := time.Now(); size() > 10; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Since(start) > 10*time.Second {
			t.Fatalf("%d functions are known still", size())
		}
	}
}
