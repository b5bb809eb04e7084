package session

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	out, _ := exec.Command("go", "env", "GOCACHE").Output()
	t.Setenv("GOCACHE", strings.TrimSpace(string(out)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s := newSession(t)
	t.Log(do(s, 1, "%%native\nfunc forward(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + 2*rng.NormFloat64()} }"))
	t.Log(do(s, 2, "p := inn.Problem{Name: \"a\", X: inn.Vars(\"x\"), Y: inn.Vars(\"y\"), Prior: inn.Normal([]float64{0}, []float64{1}), Simulate: forward}"))
	for range 3 {
		start := time.Now()
		t.Log(do(s, 3, "q, err := p.Pairs(100000, 1)\nq.Y.Row(99999)"), time.Since(start))
	}
}
