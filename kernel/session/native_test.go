package session

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// toolchain gives a test a cache folder of its own for what is built, with
// Go's own cache where it is.
func toolchain(t *testing.T) {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Skip("no Go toolchain")
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(out)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
}

var built = regexp.MustCompile(`(?m)^native: .*\n`)

func TestNative(t *testing.T) {
	toolchain(t)
	for _, c := range []struct {
		name  string
		cells []string // code and what comes of it, in turns; native ones begin with %%native
	}{
		{"call in the same cell", []string{"%%native\nfunc f(x float64) float64 { return 2 * x }\nf(3)", "=> 6"}},
		{"imports are found", []string{"%%native\nfunc f(s string) string { return strings.ToUpper(s) }", "", "f(\"a\")", "=> A"}},
		{"imports with a dot", []string{"import . \"math\"", "", "%%native\nfunc f(x float64) float64 { return Sqrt(x) * Cos(Pi) }\nf(4)", "=> -2"}},
		{"session's functions, types, methods, constants, variables", []string{
			"const c = 3\ntype arm struct { a, b float64; n []int }\nfunc (m arm) sum() float64 { return m.a + m.b + float64(len(m.n)) }\nfunc half(x float64) float64 { return x / 2 }\nk := 2.0\ntable := map[string][]float64{\"a\": {1, 2}}", "",
			"%%native\nfunc f(x float64) float64 { return k*half(x) + c + table[\"a\"][1] }\nfunc g(m arm) arm { m.a = m.sum(); return m }\nfunc (m arm) twice() float64 { return 2 * m.sum() }\nf(3)", "=> 8",
			"fmt.Println(g(arm{1, 2, []int{1, 2}}))", "{5 2 [1 2]}\n",
			"arm{1, 2, nil}.twice()", "=> 6",
			"k = 10\ntable[\"a\"][1] = 7\nf(3)", "=> 25",
		}},
		{"a change of what is used builds again", []string{
			"func half(x float64) float64 { return x / 2 }", "",
			"%%native\nfunc f(x float64) float64 { return half(x) + 1 }\nf(4)", "=> 3",
			"%%native\n\nfunc half(x float64) float64 { return x / 4 }\nf(4)", "=> 2",
			"func g() float64 { return f(8) }\ng()", "=> 3",
			"%%native\nfunc f(x float64) float64 { return -half(x) }\ng()", "=> -2",
			"func f(x float64) float64 { return 5 }\ng()", "=> 5",
		}},
		{"kinds of values", []string{
			"%%native\ntype in struct { B bool; i8 int8; u16 uint16; r rune; f32 float32; c complex128; s string; a [2]int64; l [][]string; by []byte; d time.Duration }\nfunc same(v in) in { return v }\nfunc many(a, b int, s ...string) (int, string) { return a - b, strings.Join(s, \"-\") }\nfunc none() {}\nfunc nothing(x []int) bool { return x == nil }", "",
			"fmt.Println(same(in{true, -3, 65535, 'ß', 0.1, complex(1, -2), \"é\", [2]int64{1 << 62, -1}, [][]string{{\"a\"}, nil, {}}, []byte{1}, time.Second}))", "{true -3 65535 223 0.1 (1-2i) é [4611686018427387904 -1] [[a] [] []] [1] 1000000000}\n",
			"many(5, 7, \"a\", \"b\")", "=> -2\na-b",
			"none()\nnothing(nil), nothing([]int{})", "!!",
			"fmt.Println(nothing(nil), nothing([]int{}))", "true false\n",
			"same(in{f32: float32(math.Inf(1)), c: complex(math.NaN(), math.Copysign(0, -1))}).c", "=> (NaN-0i)",
		}},
		{"slices keep what they share", []string{
			"%%native\nfunc fill(x []float64) []float64 { for i := range x { x[i] = float64(i) }; return x[1:] }\nfunc swap(x [][]int) { x[0], x[1] = x[1], x[0] }\nfunc grow(x []int) []int { return append(x, 9) }\nfunc both(a, b []int) { a[0] = 1; b[0] = 2 }", "",
			"x := make([]float64, 3)\ny := fill(x)\ny[0] = 77\nfmt.Println(x, y)", "[0 77 2] [77 2]\n",
			"m := [][]int{{1}, {2}}\nm0 := m[0]\nswap(m)\nm[1][0] = 5\nfmt.Println(m, m0)", "[[2] [5]] [5]\n",
			"base := make([]int, 2, 4)\nlong := grow(base)\nlong[0] = 3\nfmt.Println(base, long, base[:3])", "[3 0] [3 0 9] [3 0 9]\n",
			"a := []int{0, 0}\nboth(a, a[1:])\nboth(a, a)\nfmt.Println(a)", "[2 2]\n",
			"both(a[1:], a)", "!! panic: both: slices that share a part of their memory cannot be passed together: copy one (slices.Clone)",
		}},
		{"panics", []string{
			"%%native\nfunc at(x []int, i int) int { return x[i] }\nfunc bad(s string) { panic(s) }\nfunc wrong() { panic(fmt.Errorf(\"no %d\", 3)) }", "",
			"at([]int{1}, 4)", "!! panic: index out of range [4] with length 1",
			"func safe() (s any) { defer func() { s = recover() }(); bad(\"why\"); return nil }\nsafe()", "=> why",
			"func caught() (s string) { defer func() { s = recover().(error).Error() }(); wrong(); return \"\" }\ncaught()", "=> no 3",
			"at([]int{1}, 0)", "=> 1",
		}},
		{"randomness goes on where it was", []string{
			"%%native\nfunc draw(r *rand.Rand) float64 { return r.NormFloat64() }", "",
			"a, b := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))\nfor range 5 { if draw(a) != b.NormFloat64() { fmt.Print(\"other\") } }\na.Uint64() == b.Uint64()", "=> true",
			"c, d := rand.New(rand.NewChaCha8([32]byte{1})), rand.New(rand.NewChaCha8([32]byte{1}))\nfor range 5 { if draw(c) != d.NormFloat64() { fmt.Print(\"other\") } }\nc.Uint64() == d.Uint64()", "=> true",
			"type zero struct{}\nfunc (zero) Uint64() uint64 { return 0 }\ndraw(rand.New(zero{}))", "!! panic: draw: the random source is a",
			"draw(nil)", "!! panic: invalid memory address or nil pointer dereference",
		}},
		{"what cannot cross is interpreted", []string{
			"%%native\nfunc inc(p *int) { *p++ }\nfunc apply(f func(int) int) int { return f(1) }\nfunc first[T any](x []T) T { return x[0] }\nfunc f(x int) int { inc(&x); return apply(func(v int) int { return v + first([]int{x}) }) }\nf(1)",
			"interpreted when a cell calls it: inc, whose parameter *int cannot be passed: a pointer leads to memory of this process\ninterpreted when a cell calls it: apply, whose parameter func(int) int cannot be passed: a func is code of this process\ninterpreted when a cell calls it: first, which is generic\n=> 3",
			"i := 1\ninc(&i)\ni", "=> 2",
		}},
		{"variables that cannot be carried", []string{
			"p := new(int)\nf := func() int { return 1 }\ncount := 0\ntable := []int{1, 2}\nvar any1 any", "",
			"%%native\nfunc g() int { return *p }", "!! compile error: cell 2, line 2, column 24: the value of the session's variable p cannot be passed to native functions: a pointer leads to memory of this process",
			"%%native\nfunc g() int { return f() }", "!! compile error: cell 3, line 2, column 23: the value of the session's variable f cannot be passed to native functions: a func is code of this process",
			"%%native\nfunc g() int { count++; return count }", "!! compile error: cell 4, line 2, column 16: a native function can read the session's variable count, but not set it: return the value, or leave %%native out",
			"%%native\nfunc g() int { t := table; t[0] = 5; return t[1] }\nfunc h() []int { return table[1:] }", "",
			"g()", "!! panic: g: it changes the session's variable table, which a native function can only read: return the value instead",
			"h()", "!! panic: h: it returns a part of a variable of the session: return a copy (slices.Clone)",
			"fmt.Println(table)", "[1 2]\n",
		}},
		{"packages that cannot be built", []string{
			"%%native\nfunc g() inn.Problem { return inn.Problem{} }\nfunc h() int { return g().D() }", "!! compile error: cell 1",
			"%%native\nfunc h() string { return inn.Vars(\"a\")[0].Name }", "!! compile error: cell 2, line 2, column 26: native functions cannot use \"github.com/innkeeper-notebook/innkeeper/inn\", whose source is not there to build: they have Go's standard library and gonum",
		}},
		{"what prints", []string{"%%native\nfunc f() { println(\"to stderr\") }", "", "f()\ntime.Sleep(time.Second)", "to stderr\n"}},
		{"a variable of another type", []string{
			"k := 2", "",
			"%%native\nfunc f() string { return fmt.Sprint(k) }\nf()", "=> 2",
			"k := \"two\"\nf()", "native",
			"k := []int{1}\nf()", "native",
			"k := func() {}\nf()", "f (cell 2) is interpreted from now on: the value of the session's variable k cannot be passed",
		}},
		{"the same functions again, with and without", []string{
			"func f(x int) int { return x + 1 }", "",
			"%%native\nfunc f(x int) int { return x + 1 }\nf(1)", "=> 2",
			"%%native\nfunc f(x int) int { return x + 1 }\nf(1)", "=> 2",
			"func f(x int) int { return x + 1 }\nf(1)", "=> 2",
		}},
		{"closures of earlier cells go from one to the other", []string{
			"func f(x ...int) int { return x[0] + 1 }\nc := func() int { return f(1) }\nm := func() func(...int) int { return f }", "",
			"%%native\nfunc f(x ...int) int { return x[0] + 10 }\nd := func() int { return f(1) }\nold := f\nfmt.Println(c(), d(), m()(1))", "11 11 11\n",
			"%%native\nfunc f(x ...int) int { return x[0] + 100 }\nfmt.Println(c(), d(), m()(1), old(1))", "101 101 101 11\n",
			"func f(x ...int) int { return x[0] + 1000 }\nfmt.Println(c(), d(), m()(1), old(1))", "1001 1001 1001 11\n",
			"%%native\nfunc f(x ...int) int { return x[0] + 2 }\nfmt.Println(c(), d(), m()(1), old(1))", "3 3 3 11\n",
		}},
		{"names of Go's own program", []string{"%%native\nfunc main() {}\n", "!! compile error: cell 1, line 2, column 1: a native program has a main of its own: call this function something else"}},
		{"generic functions and types", []string{
			"type pair[T any] struct { a, b T }\nfunc sum[T int | float64](x ...T) (s T) { for _, v := range x { s += v }; return s }", "",
			"%%native\nfunc f(p pair[float64]) float64 { return sum(p.a, p.b) + float64(slices.Max([]int{1, 2})) }\nf(pair[float64]{1, 2})", "=> 5",
		}},
		{"constants of which some are gone", []string{
			"const (\n\ta = iota\n\tb\n\tc\n)", "", "b := \"now a variable\"", "",
			"%%native\nfunc f() (int, string) { return a + c, b }\nf()", "=> 2\nnow a variable",
		}},
		{"reset", []string{"%%native\nfunc f() int { return 1 }\nf()", "=> 1", "f := 3\nf", "=> 3", "%%native\nfunc f() int { return 4 }\nf()", "=> 4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSession(t)
			for i := 0; i < len(c.cells); i += 2 {
				n, code, want := i/2+1, c.cells[i], c.cells[i+1]
				got := do(s, n, code)
				if strings.HasPrefix(code, "%%native") && !strings.HasPrefix(want, "!!") && !built.MatchString(got) {
					t.Errorf("cell %d is not native: %q", n, got)
				}
				got = built.ReplaceAllString(got, "")
				if got != want && !(len(want) > 1 && strings.HasPrefix(got, want)) && want != "native" {
					t.Errorf("cell %q\n gives %q\n  want %q", code, got, want)
				}
			}
		})
	}
}

// natives are functions whose results depend on every rounding.
const natives = `
func forward(rng *rand.Rand, x []float64) []float64 {
	a := [3]float64{x[1], x[2] - x[1], x[3] - x[1] - x[2]}
	l := [3]float64{0.5, 0.5, 1}
	y := []float64{x[0], 0, 0}
	for i, d := range a {
		y[0] += l[i] * math.Sin(d)
		y[1] += l[i] * math.Cos(d)
	}
	y[2] = x[0]*x[1] + x[2]*x[3] - rng.NormFloat64()*x[0]
	return y
}

func small(a, b, c float32) float32 { return a*b + c }

func whole(a int32, b uint8, c int64) (int32, uint8, int64) { return a * a * 7, b + 200, c<<5 ^ c>>3 }

func special(x float64) []float64 {
	return []float64{math.Gamma(x), math.Exp(x) * math.Log1p(x*x), math.Pow(x, 1.5), math.Tanh(x), math.Cbrt(x) / 3, math.Mod(x, 0.7), math.Erf(x), x*x*x + x*x + x}
}
`

const inputs = `
h := fnv.New64a()
rng := rand.New(rand.NewPCG(1, 2))
put := func(v ...float64) { for _, e := range v { binary.Write(h, binary.LittleEndian, math.Float64bits(e)) } }
for range 300 {
	x := []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
	put(forward(rng, x)...)
	put(float64(small(float32(x[0]), float32(x[1]), float32(x[2]))))
	a, b, c := whole(rng.Int32(), uint8(rng.Uint32()), rng.Int64())
	put(float64(a), float64(b), float64(c))
	put(special(x[3] * 5)...)
}
p := inn.Problem{Name: "arm", X: inn.Vars("a", "b", "c", "d"), Y: inn.Vars("y", "z", "w"), Simulate: forward,
	Prior: inn.Normal([]float64{0, 0, 0, 0}, []float64{0.25, 0.5, 0.5, 0.5})}
pairs, err := p.Pairs(2000, 9)
put(pairs.X.Data...)
put(pairs.Y.Data...)
h.Sum64()`

func TestNativeIsBitForBitTheInterpreted(t *testing.T) {
	toolchain(t)
	interpreted, native := newSession(t), newSession(t)
	do(interpreted, 1, natives)
	if got := do(native, 1, "%%native"+natives); !built.MatchString(got) {
		t.Fatal(got)
	}
	want, got := do(interpreted, 2, inputs), do(native, 2, inputs)
	if got != want || !strings.HasPrefix(got, "=> ") {
		t.Errorf("native %q, interpreted %q", got, want)
	}
}

func TestNativePriorIsTheInterpreted(t *testing.T) {
	toolchain(t)
	const code = `
func prior(rng *rand.Rand) []float64 { return []float64{rng.NormFloat64(), rng.Float64() * k} }
func forward(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] * rng.ExpFloat64() + k} }`
	const use = `p := inn.Problem{Name: "a", X: inn.Vars("a", "b"), Y: inn.Vars("y"), Prior: prior, Simulate: forward}
q, err := p.Pairs(5000, 3)
k = 7
r, err := p.Pairs(500, 3)
sum := 0.0
for i, v := range append(append(append(q.X.Data, q.Y.Data...), r.X.Data...), r.Y.Data...) { sum += v * float64(i) }
sum`
	interpreted, native := newSession(t), newSession(t)
	for _, s := range []*Session{interpreted, native} {
		do(s, 1, "k := 3.0")
	}
	do(interpreted, 2, code)
	do(native, 2, "%%native"+code)
	want, got := do(interpreted, 3, use), do(native, 3, use)
	if got != want || !strings.HasPrefix(got, "=> ") {
		t.Errorf("native %q, interpreted %q", got, want)
	}
}

// A simulator that fails is told as the interpreted one is, and so is one that
// changes x.
func TestNativeProblemsFailAsInterpretedOnes(t *testing.T) {
	toolchain(t)
	const code = `
func forward(rng *rand.Rand, x []float64) []float64 {
	if x[0] > 2.5 { panic("too far") }
	x[0] = math.Floor(x[0])
	return []float64{x[0]}
}`
	for _, use := range []string{
		"p.Prior = inn.Normal([]float64{0}, []float64{1})\nq, err = p.Pairs(2000, 3)",
		"p.Prior = inn.Uniform([]float64{0}, []float64{2})\nq, err = p.Pairs(300, 3)\nq.X.Data[:5]",
	} {
		t.Run("", func(t *testing.T) {
			interpreted, native := newSession(t), newSession(t)
			do(interpreted, 1, code)
			do(native, 1, "%%native"+code)
			do(interpreted, 2, "p := inn.Problem{Name: \"a\", X: inn.Vars(\"a\"), Y: inn.Vars(\"y\"), Simulate: forward}\nvar q *inn.Pairs\nvar err error")
			do(native, 2, "p := inn.Problem{Name: \"a\", X: inn.Vars(\"a\"), Y: inn.Vars(\"y\"), Simulate: forward}\nvar q *inn.Pairs\nvar err error")
			want, got := do(interpreted, 3, use), do(native, 3, use)
			if got != want || got == "" {
				t.Errorf("native %q\n interpreted %q", got, want)
			}
		})
	}
}

func TestNativePanicSaysWhere(t *testing.T) {
	toolchain(t)
	s := newSession(t)
	do(s, 1, "func inner(x []int, i int) int {\n\treturn x[i]\n}")
	do(s, 2, "%%native\n\nfunc outer() int {\n\treturn inner([]int{1}, 4)\n}")
	o := s.Execute(context.Background(), Cell{3, "outer()"}, &page{})
	if o.Err == nil {
		t.Fatal("no error")
	}
	text := strings.Join(o.Err.Traceback, "\n")
	for _, want := range []string{"panic: index out of range [4] with length 1", "cell 1, line 2:\n    \treturn x[i]", "cell 2, line 4:\n    \treturn inner", "cell 3, line 1:"} {
		if !strings.Contains(text, want) {
			t.Errorf("the traceback lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "wire") {
		t.Errorf("the traceback shows more than cells:\n%s", text)
	}
}

// What the compiler finds and the type checker does not has its place.
func TestNativeBuildErrorsPointAtTheCell(t *testing.T) {
	toolchain(t)
	s := newSession(t)
	o := s.Execute(context.Background(), Cell{4, "%%native\nfunc f() int {\n\tx := 1\n\tvar y [1 << 50]byte; return x + len(y[:])\n}\nran := 1"}, &page{})
	if o.Err == nil {
		t.Fatal("no error")
	}
	text := strings.Join(o.Err.Traceback, "\n")
	if o.Err.Name != CompileError || !strings.Contains(text, "cell 4, line 4, column ") || !strings.Contains(text, "var y [1 << 50]byte") {
		t.Errorf("%s: %s", o.Err.Name, text)
	}
	if got := do(s, 5, "ran"); !strings.Contains(got, "undefined: ran") {
		t.Errorf("something ran: %q", got)
	}
	if got := do(s, 6, "%%native\nfunc f() int { return 1 }\nf()"); !strings.HasSuffix(got, "=> 1") {
		t.Errorf("after a build error: %q", got)
	}
}

func TestNativeWithoutToolchain(t *testing.T) {
	toolchain(t)
	for _, c := range []struct{ name, path, note string }{
		{"none", "", "there is no Go toolchain on the PATH"},
		{"too old", oldToolchain(t), "go1.18"},
		{"broken", brokenToolchain(t), "does not run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PATH", c.path)
			s := newSession(t)
			got := do(s, 1, "%%native\nfunc f(x int) int { return 2 * x }\nf(3)")
			if !strings.HasPrefix(got, "not native: ") || !strings.Contains(got, c.note) || !strings.HasSuffix(got, "=> 6") {
				t.Errorf("%q", got)
			}
		})
	}
	// Found again, it is used.
	s := newSession(t)
	path := os.Getenv("PATH")
	t.Setenv("PATH", "")
	do(s, 1, "%%native\nfunc f(x int) int { return 2 * x }")
	t.Setenv("PATH", path)
	if got := do(s, 2, "%%native\nfunc f(x int) int { return 2 * x }\nf(4)"); !built.MatchString(got) || !strings.HasSuffix(got, "=> 8") {
		t.Errorf("%q", got)
	}
}

func oldToolchain(t *testing.T) string {
	return script(t, `case "$1" in env) echo go1.18;; *) echo "go: go.mod requires go >= 1.26 (running go 1.18; GOTOOLCHAIN=local)"; exit 1;; esac`)
}

func brokenToolchain(t *testing.T) string { return script(t, "exit 1") }

// script is a folder with a go that is a shell script.
func script(t *testing.T, text string) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A crash of the native code is an error, and the next call works.
func TestNativeCrash(t *testing.T) {
	toolchain(t)
	s := newSession(t)
	if got := do(s, 1, "%%native\nfunc deep(n int) int { return deep(n+1) + 1 }\nfunc leave() { os.Exit(3) }\nfunc race() { m := map[int]int{}; for range 8 { go func() { for { m[1]++ } }() }; select {} }\nfunc ok() int { return 1 }\nfunc background() { go func() { panic(\"elsewhere\") }(); time.Sleep(time.Minute) }\nx := 5"); !built.MatchString(got) {
		t.Fatal(got)
	}
	for i, c := range []struct{ code, want string }{
		{"deep(0)", "!! panic: deep: the process of the native functions died: stack overflow; the next call starts a new one"},
		{"leave()", "!! panic: leave: the process of the native functions died: exit status 3"},
		{"race()", "!! panic: race: the process of the native functions died: concurrent map writes"},
		{"background()", "!! panic: background: the process of the native functions died: elsewhere"},
	} {
		if got := do(s, i+2, c.code); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s gives %q, want %q", c.code, got, c.want)
		}
		if got := do(s, i+2, "ok() + x"); got != "=> 6" {
			t.Errorf("after %s: %q", c.code, got)
		}
	}
}

func TestNativeInterrupt(t *testing.T) {
	toolchain(t)
	s := newSession(t)
	if got := do(s, 0, "%%native\nfunc forever() { for {} }\nfunc slow(rng *rand.Rand, x []float64) []float64 { for { x[0]++ } }\nfunc ok() int { return 1 }"); !built.MatchString(got) {
		t.Fatal(got)
	}
	for _, code := range []string{
		"forever()",
		"func() { defer forever(); forever() }()",
		"p := inn.Problem{Name: \"a\", X: inn.Vars(\"x\"), Y: inn.Vars(\"y\"), Prior: inn.Normal([]float64{0}, []float64{1}), Simulate: slow}\nq, err := p.Pairs(10, 1)",
		"%%native\nfunc other() { for {} }\nother()",
	} {
		start := time.Now()
		if o := interrupt(t, s, code); o.Err == nil {
			t.Errorf("%q: no error", code)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q stops %v after it began", code, took)
		}
		if got := do(s, 2, "ok()"); got != "=> 1" {
			t.Errorf("after %q: %q", code, got)
		}
	}
}

// A session that takes the place of another one builds nothing again.
func TestNativeRestore(t *testing.T) {
	toolchain(t)
	cell := Cell{1, "%%native\nfunc f(x float64) float64 { return 2 * x }\nfunc g() float64 { return k }"}
	first := newSession(t)
	do(first, 0, "k := 2.0")
	do(first, 1, cell.Code)
	second := newSession(t)
	if lost := second.Restore(cell); fmt.Sprint(lost) != "[g]" {
		t.Errorf("lost: %v, want g, which uses a variable", lost)
	}
	if got := do(second, 2, "f(4)"); got != "=> 8" {
		t.Errorf("%q", got)
	}
	third := newSession(t)
	do(third, 5, "k := 2.0")
	if got := do(third, 6, cell.Code); !strings.Contains(got, "native: f, g; built before") {
		t.Errorf("the same functions in another session: %q", got)
	}
}

// A problem whose literal has native functions calls them for many rows at once, and several workers do.
func TestNativeProblemCallsRows(t *testing.T) {
	toolchain(t)
	s := newSession(t)
	do(s, 1, "%%native\nfunc prior(rng *rand.Rand) []float64 { return []float64{rng.NormFloat64()} }\nfunc forward(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + rng.Float64()} }")
	do(s, 2, "p := inn.Problem{X: inn.Vars(\"a\"), Y: inn.Vars(\"y\"), Prior: prior, Simulate: forward}\nq := inn.Problem{X: inn.Vars(\"a\"), Y: inn.Vars(\"y\"), Prior: inn.Normal([]float64{0}, []float64{1}), Simulate: forward}")
	for i, of := range []string{"rows.Simulator(p.Simulate) != nil && rows.Prior(p.Prior) != nil && p.Parallel()", "rows.Simulator(q.Simulate) != nil && q.Parallel()"} {
		if got := do(s, 3+i, of); got != "=> true" {
			t.Errorf("%s gives %q", of, got)
		}
	}
}
