package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each of these is a mistake that people make; the cell says what and where,
// and the session goes on.
func TestMistakesGetASentence(t *testing.T) {
	corrupt := filepath.Join(t.TempDir(), "corrupt.npz")
	if err := os.WriteFile(corrupt, []byte("PK\x03\x04 not an archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSession(t)
	const setup = `problem := func(simulate func(rng *rand.Rand, x []float64) []float64) inn.Problem {
	return inn.Problem{Name: "toy", X: inn.Vars("a", "b"), Y: inn.Vars("u"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}), Simulate: simulate}
}
good := problem(func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0]} })
pairs, err := good.Pairs(300, 1)
model, err := inn.Train(pairs, &inn.Settings{Steps: 5, Width: 8})`
	if got := do(s, 1, setup); got != "" {
		t.Fatal(got)
	}
	for _, c := range []struct{ code, want string }{
		{`problem(func(rng *rand.Rand, x []float64) []float64 { panic("no light") }).Pairs(10, 1)`, "no light"},
		{`problem(func(rng *rand.Rand, x []float64) []float64 { return x[5:] }).Pairs(10, 1)`, "the simulator panicked: runtime error: slice bounds out of range [5:2] at x = "},
		{`problem(func(rng *rand.Rand, x []float64) []float64 { return []float64{1, 2} }).Pairs(10, 1)`, "the simulator returned 2 values, but 1 are declared (u)"},
		{`problem(func(rng *rand.Rand, x []float64) []float64 { return []float64{math.NaN()} }).Pairs(10, 1)`, "the simulator returned NaN for u at x = "},
		{`problem(func(rng *rand.Rand, x []float64) []float64 { return []float64{math.Inf(1)} }).Pairs(10, 1)`, "the simulator returned +Inf for u"},
		{`model.Sample([]float64{1, 2}, 10, 1)`, "y has 2 values, want 1: u"},
		{`model.Forward([]float64{1})`, "x has 1 values, want 2: a, b"},
		{`few, err := good.Pairs(15, 1)
inn.Train(few, nil)`, "15 training pairs are too few"},
		{`inn.LoadPairs("nowhere.npz")`, "nowhere.npz"},
		{`inn.LoadPairs(` + "`" + corrupt + "`" + `)`, "corrupt.npz"},
	} {
		got := do(s, 2, c.code)
		if !strings.Contains(got, "!! error: ") || !strings.Contains(got, c.want) {
			t.Errorf("%s\n gives %q,\n want an error with %q", c.code, got, c.want)
		}
		if after := do(s, 3, "1 + 1"); after != "=> 2" {
			t.Fatalf("after %s the session answers %q", c.code, after)
		}
	}
}
