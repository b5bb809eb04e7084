package session

import (
	"fmt"
	"strings"
	"testing"
)

// What may be called from several goroutines at once, and what may not. Each
// case is a simulator, before it what it uses.
func TestConcurrentIsDecidedFromTheCode(t *testing.T) {
	const sim = "func(rng *rand.Rand, x []float64) []float64 "
	for _, c := range []struct {
		before, simulate string
		want             bool
	}{
		{"", sim + "{ return []float64{x[0] + rng.NormFloat64()} }", true},
		{"k := 2.0", sim + "{ return []float64{k * x[0]} }", true},
		{"table := []float64{1, 2}", sim + "{ return []float64{table[0] * x[0], float64(len(table))} }", true},
		{"table := []float64{1, 2}", sim + "{ y := make([]float64, len(table)); copy(y, table); y[0] += x[0]; return y }", true},
		{"table := []float64{1, 2}", sim + "{ y := append([]float64{}, table...); y[0] += x[0]; return y }", true},
		{"table := []float64{1, 2}", sim + "{ s := 0.0; for _, v := range table { s += v }; return []float64{s} }", true},
		{"func half(v float64) float64 { return v / 2 }", sim + "{ return []float64{half(x[0])} }", true},
		{"type arm struct { l []float64 }\nfunc (a arm) reach(v float64) float64 { return a.l[0] * v }\nthe := arm{[]float64{1}}", sim + "{ return []float64{the.reach(x[0])} }", true},
		{"func forward(rng *rand.Rand, x []float64) []float64 { x[0] = 1; return x }", "forward", true},
		{"", sim + "{ add := func(v float64) float64 { return v + x[0] }; return []float64{add(1)} }", true},
		{"func total(v []float64) (s float64) { for _, e := range v { s += e }; return s }\ntable := []float64{1}", sim + "{ return []float64{total(table)} }", true},

		{"n := 0", sim + "{ n++; return []float64{x[0]} }", false},
		{"table := []float64{1, 2}", sim + "{ table[0] = x[0]; return []float64{1} }", false},
		{"table := []float64{1, 2}", sim + "{ t := table; t[0] = x[0]; return []float64{1} }", false},
		{"table := []float64{1, 2}", sim + "{ t := table[1:]; t[0] = x[0]; return []float64{1} }", false},
		{"table := []float64{1, 2}", sim + "{ p := &table[0]; *p = x[0]; return []float64{1} }", false},
		{"table := []float64{1, 2}", sim + "{ return table }", false},
		{"v := 1.0", sim + "{ p := &v; *p = x[0]; return []float64{1} }", false},
		{"v := [2]float64{}", sim + "{ p := v[:]; p[0] = x[0]; return []float64{1} }", false},
		{"m := map[int]float64{}", sim + "{ m[1] = x[0]; return []float64{1} }", false},
		{"m := map[int]float64{}", sim + "{ delete(m, 1); return []float64{1} }", false},
		{"n := 0\nfunc count() int { n++; return n }", sim + "{ return []float64{float64(count())} }", false},
		{"n := 0\nfunc count() int { n++; return n }\nfunc twice() int { return 2 * count() }", sim + "{ return []float64{float64(twice())} }", false},
		{"func put(v []float64) { v[0] = 1 }\ntable := []float64{1}", sim + "{ put(table); return []float64{1} }", false},
		{"table := []float64{1}\nfunc get() []float64 { return table }", sim + "{ t := get(); t[0] = 1; return []float64{1} }", false},
		{"table := []float64{1}\nfunc get() (v []float64) { v = table; return }", sim + "{ get()[0] = 1; return []float64{1} }", false},
		{"table := []float64{3, 1}", sim + "{ sort.Float64s(table); return []float64{1} }", false},
		{"type acc struct { n int }\nfunc (a *acc) add() { a.n++ }\nthe := &acc{}", sim + "{ the.add(); return []float64{1} }", false},
		{"type acc struct { n int }\nfunc (a *acc) add() { a.n++ }\nvar the acc", sim + "{ the.add(); return []float64{1} }", false},
		{"type acc struct { n int }\nfunc (a *acc) add() { a.n++ }\nvar the acc", sim + "{ f := the.add; f(); return []float64{1} }", false},
		{"type adder interface { add() }\ntype acc struct { n int }\nfunc (a *acc) add() { a.n++ }\nvar the adder = &acc{}", sim + "{ the.add(); return []float64{1} }", false},
		{"own := rand.New(rand.NewPCG(1, 2))", sim + "{ return []float64{own.Float64()} }", false},
		{"", sim + "{ return []float64{rand.Float64()} }", false},
		{"", sim + "{ fmt.Println(x); return []float64{1} }", false},
		{"f := func() float64 { return 1 }", sim + "{ return []float64{f()} }", false},
		{"ch := make(chan float64, 1)", sim + "{ ch <- 1; return []float64{<-ch} }", false},
		{"type box struct { l []float64 }\ntable := []float64{1}", sim + "{ b := box{table}; b.l[0] = 2; return []float64{1} }", false},
		{"type box struct { l []float64 }\ntable := []float64{1}", sim + "{ b := &box{}; c := b; c.l = table; b.l[0] = 2; return []float64{1} }", false},
		{"table := []float64{1}", sim + "{ get := func() []float64 { return table }; t := get(); t[0] = 1; return []float64{1} }", false},
		{"table := [][]float64{{1}}", sim + "{ for _, r := range table { r[0] = 2 }; return []float64{1} }", false},
		{"table := []float64{1}", sim + "{ var a any = table; switch v := a.(type) { case []float64: v[0] = 1 }; return []float64{1} }", false},
		{"table := []float64{1}\nfunc two() ([]float64, int) { return table, 1 }", sim + "{ t, _ := two(); t[0] = 1; return []float64{1} }", false},
		{"var box struct { l []float64 }", sim + "{ box.l = x; return []float64{1} }", false},
	} {
		s := newSession(t)
		cell := fmt.Sprintf("p := inn.Problem{Prior: inn.Normal([]float64{0}, []float64{1}), Simulate: %s}\np.Parallel()", c.simulate)
		do(s, 1, c.before)
		if got := do(s, 2, cell); got != fmt.Sprintf("=> %v", c.want) {
			t.Errorf("%s\n%s\n gives %q, want %v", c.before, c.simulate, got, c.want)
		}
		s = newSession(t) // all in one cell
		if got := do(s, 1, c.before+"\n"+cell); got != fmt.Sprintf("=> %v", c.want) {
			t.Errorf("one cell: %s\n%s\n gives %q, want %v", c.before, c.simulate, got, c.want)
		}
	}
}

// Several workers make the pairs of one, and what a problem says itself stands.
func TestConcurrentPairsAreTheSame(t *testing.T) {
	s := newSession(t)
	do(s, 1, `type arm struct { l [3]float64; names []string }
func (a arm) end(x []float64) (along, away float64) {
	along = x[0]
	d := 0.0
	for i, l := range a.l {
		d += x[i+1]
		along += l * math.Sin(d)
		away += l * math.Cos(d)
	}
	return along, away
}
the := arm{[3]float64{0.5, 0.5, 1}, nil}
func problem(concurrent bool) inn.Problem {
	return inn.Problem{Name: "arm", X: inn.Vars("a", "b", "c", "d"), Y: inn.Vars("y", "z"), Concurrent: concurrent,
		Prior: func(rng *rand.Rand) []float64 {
			var x []float64
			for range 4 { x = append(x, rng.NormFloat64()) }
			return x
		},
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			defer func() { recover() }()
			square := func(v float64) float64 { return v * v }
			seen := map[string]float64{}
			y, z := the.end(x)
			seen["y"] = square(y)
			switch { case z > 0: seen["z"] = z; default: seen["z"] = -z }
			return []float64{seen["y"] + rng.Float64(), seen["z"]}
		}}
}`)
	got := do(s, 2, "one, err := problem(false).Pairs(3000, 5)\nmany, err := problem(true).Pairs(3000, 5)\nslices.Equal(one.X.Data, many.X.Data) && slices.Equal(one.Y.Data, many.Y.Data)")
	if !strings.HasSuffix(got, "=> true") { // behind how far it is, on a slow machine
		t.Errorf("pairs of several workers: %q", got)
	}
	if got := do(s, 3, "p := inn.Problem{Concurrent: false, Prior: inn.Normal(nil, nil), Simulate: func(rng *rand.Rand, x []float64) []float64 { return x }}\np.Parallel()"); got != "=> false" {
		t.Errorf("a problem that says it is not concurrent: %q", got)
	}
	if got := do(s, 4, "inn.Problem{Name: \"a\"}.Parallel()"); got != "=> false" || strings.Contains(got, "!!") {
		t.Errorf("a problem without functions: %q", got)
	}
}

// What several workers may call is asked when they are about to.
func TestParallelFollowsRedefinitions(t *testing.T) {
	s := newSession(t)
	do(s, 1, "n, m := 0, map[int]int{}\nfunc helper(v float64) float64 { return 2 * v }\nfunc simulate(rng *rand.Rand, x []float64) []float64 { return []float64{helper(x[0])} }")
	do(s, 2, "p := inn.Problem{X: inn.Vars(\"a\"), Y: inn.Vars(\"b\"), Prior: inn.Normal([]float64{0}, []float64{1}), Simulate: simulate}\nabc, err := method.NewABC(p, &method.ABCSettings{Simulations: 1000, Pilot: 100})")
	for i, c := range []struct{ code, want string }{
		{"p.Parallel()", "=> true"},
		{"q := p\nq.Simulate = func(rng *rand.Rand, x []float64) []float64 { n++; m[n]++; return []float64{float64(n)} }\nq.Parallel()", "=> false"},
		{"pairs, err := q.Pairs(5, 1)\npairs.Y.Data", "=> [1 2 3 4 5]"},
		{"func helper(v float64) float64 { n++; m[n]++; return float64(n) }\np.Parallel()", "=> false"},
		{"n = 0\nmore, err := p.Pairs(4, 1)\nmore.Y.Data", "=> [1 2 3 4]"},
		{"n = 0\ndraws, err := abc.Sample([]float64{3}, 5, 1)\nn", "=> 1000"},
		{"func helper(v float64) float64 { return v }\np.Parallel()", "=> true"},
		{"func problem() inn.Problem { return inn.Problem{Prior: inn.Uniform([]float64{0}, []float64{1}), Simulate: func(rng *rand.Rand, x []float64) []float64 { return x }} }\nr := problem()\nr.Parallel()", "=> true"},
	} {
		if got := do(s, 3+i, c.code); got != c.want {
			t.Errorf("%s\n gives %q, want %q", c.code, got, c.want)
		}
	}
}
