//go:build !race

// Under the race detector ten million draws take minutes.

package inn_test

import (
	"runtime"
	"testing"
)

// Ten million draws, 240 MB of them, need the memory of a few pieces.
func TestTenMillionDraws(t *testing.T) {
	m, _ := saved(t)
	const n = 10_000_000
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before, most, count, pieces := stats.HeapAlloc, uint64(0), 0, 0
	for draws, err := range m.Stream([]float64{0.3, 0.1}, n, 7) {
		if err != nil {
			t.Fatal(err)
		}
		count += draws.Len()
		if pieces++; pieces%20 == 0 {
			runtime.ReadMemStats(&stats)
			most = max(most, stats.HeapAlloc)
		}
	}
	if count != n {
		t.Errorf("%d draws, want %d", count, n)
	}
	if grown := int64(most) - int64(before); grown > 16<<20 {
		t.Errorf("the heap grows by %d kB, want at most 16 MB", grown>>10)
	} else {
		t.Logf("the heap grows by %d kB at most", grown>>10)
	}
}
