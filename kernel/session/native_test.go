package session

import (
	"strings"
	"testing"
)

func TestNativeTry(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s := newSession(t)
	for i, code := range []string{
		"k := 2.0\ntype Arm struct { a, b float64; n []int }\nfunc (m Arm) Sum() float64 { return m.a + m.b + float64(len(m.n)) }\nfunc half(x float64) float64 { return x / 2 }\nconst c = 3",
		"%%native\nfunc f(x float64) float64 { return k*half(x) + c }\nfunc g(m Arm) float64 { return m.Sum() * math.Sin(1) }\nfunc fill(x []float64) []float64 { for i := range x { x[i] = float64(i) }; return x[1:] }\nf(3)",
		"k = 10\nf(3)",
		"g(Arm{1, 2, []int{1,2}})",
		"x := make([]float64, 3)\ny := fill(x)\ny[0] = 77\nfmt.Println(x, y)",
		"func half(x float64) float64 { return x * 2 }\nf(3)",
		"%%native\nfunc boom(i int) int { x := []int{1}\n  return x[i] }",
		"boom(4)",
		"%%native\nfunc forward(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + k*rng.NormFloat64()} }",
		"forward(rand.New(rand.NewPCG(1,2)), []float64{1})",
		"p := inn.Problem{Name: \"a\", X: inn.Vars(\"x\"), Y: inn.Vars(\"y\"), Prior: inn.Normal([]float64{0}, []float64{1}), Simulate: forward}\nq, err := p.Pairs(100000, 1)\nq.Y.Row(99999)",
	} {
		t.Logf("%s\n%s", code, do(s, i+1, code))
	}
	_ = strings.Cut
}
