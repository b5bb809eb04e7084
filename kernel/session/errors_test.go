package session

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// The whole of what a cell that is wrong says: places, the compiler's
// sentences, suggestions, and the source with a caret.
func TestCompileErrors(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{"func f() int { return 1 }\nfunc f() int { return 2 }\nf()", `cell 4, line 2, column 6: f redeclared in this block (other declaration of f in line 1)
    func f() int { return 2 }
         ^`},
		{"type T struct{}\nfunc (T) M() {}\nfunc (t *T) M() {}", `cell 4, line 3, column 13: method T.M already declared in line 2
    func (t *T) M() {}
                ^`},
		{"type T int\nconst (\n\tA = 1\n\tT = 2\n)", `cell 4, line 4, column 2: T redeclared in this block (other declaration of T in line 1)
    	T = 2
    	^`},
		{"func x() {}\nx := 1", `cell 4, line 2, column 1: x redeclared in this block (other declaration of x in line 1)
    x := 1
    ^`},
		{"var x int\nvar x string", `cell 4, line 2, column 5: x redeclared in this block (other declaration of x in line 1)
    var x string
        ^`},
		{"fmt.Prinln(1)", `cell 4, line 1, column 5: undefined: fmt.Prinln; did you mean fmt.Println?
    fmt.Prinln(1)
        ^`},
		{"x := 1\nfmy.Println(x)", `cell 4, line 2, column 1: undefined: fmy; did you mean fmt?
    fmy.Println(x)
    ^`},
		{"rand.Intnn(3)", `cell 4, line 1, column 1: none of the packages named rand (crypto/rand, math/rand, math/rand/v2) has Intnn; did you mean rand.IntN?
    rand.Intnn(3)
    ^`},
		{"network.Train(3)", `cell 4, line 1, column 1: undefined: network; the package gonum.org/v1/gonum/graph/network has no Train
    network.Train(3)
    ^`},
		{"window.Haming(nil)", `cell 4, line 1, column 8: undefined: window.Haming; did you mean window.Hamming?
    window.Haming(nil)
           ^`},
		{"import . \"strings\"\nimport . \"bytes\"\nToUpper(nil)", `cell 4, line 3, column 1: ToUpper is in "strings" and in "bytes", which are imported with a dot: write strings.ToUpper or bytes.ToUpper
    ToUpper(nil)
    ^`},
		{"x := 1\nx, 2", `cell 4, line 2, column 1: expected 1 expression; a cell shows one last value, and fmt.Println(a, b) prints several
    x, 2
    ^`},
		{"while true {\n}", `cell 4, line 1, column 7: expected ';', found true; Go has no while, but for
    while true {
          ^`},
		{"if true {\n} elif false {\n}", `cell 4, line 2, column 3: expected ';', found elif; Go has no elif, but else if
    } elif false {
      ^`},
		{"while(1 < 2) {\n}", `cell 4, line 1, column 14: expected ';', found '{'; Go has no while, but for
    while(1 < 2) {
                 ^`},
		{"try := func(f func() error) {}\ntry(nil) x", `cell 4, line 2, column 10: expected ';', found x
    try(nil) x
             ^`},
		{"func init(a int) {}\nfunc init() int { return 1 }\nfunc init[T any]() {}\nfunc init()", `cell 4, line 1, column 6: func init must have no arguments and no return values
    func init(a int) {}
         ^
cell 4, line 2, column 6: func init must have no arguments and no return values
    func init() int { return 1 }
         ^
cell 4, line 3, column 6: func init must have no type parameters
    func init[T any]() {}
         ^
cell 4, line 4, column 6: func init has no body
    func init()
         ^`},
		{"\ufeffy := 1 + `a`", "cell 4, line 1, column 6: invalid operation: 1 + `a` (mismatched types untyped int and untyped string)\n    y := 1 + `a`\n         ^"},
		{"import \"mth\"", `cell 4, line 1, column 8: cells cannot import "mth": they have Go's standard library, gonum, gonum/plot and innkeeper's own packages; did you mean "math"?
    import "mth"
           ^`},
		{"type point struct{ Xcoord int }\nfunc (p point) Norm() int { return p.Xcord }\nq := point{}\nq.Nrom()\n_ = &point{Xcood: 1}",
			`cell 4, line 4, column 3: q.Nrom undefined (type point has no field or method Nrom); did you mean Norm?
    q.Nrom()
      ^
cell 4, line 5, column 12: unknown field Xcood in struct literal of type point; did you mean Xcoord?
    _ = &point{Xcood: 1}
               ^`},
		{"type point struct{ Xcoord int }\nfunc (p point) Norm() int { return p.Xcord }", `cell 4, line 2, column 38: p.Xcord undefined (type point has no field or method Xcord); did you mean Xcoord?
    func (p point) Norm() int { return p.Xcord }
                                         ^`},
		{"func f() {\n\tcounter := 0\n\tcuonter++\n\t_ = counter\n}", `cell 4, line 3, column 2: undefined: cuonter; did you mean counter?
    	cuonter++
    	^`},
		{"{\n\tinnerly := 1\n\t_ = innerly\n}\ninnertia := 2 + innerli", `cell 4, line 5, column 17: undefined: innerli
    innertia := 2 + innerli
                    ^`},
		{"method.CINNSettings{Steps: 100}", `cell 4, line 1, column 21: unknown field Steps in struct literal of type method.CINNSettings; Training has it: Training: method.Training{Steps: …}
    method.CINNSettings{Steps: 100}
                        ^`},
		{"type In struct{ Deep int }\ntype Out struct{ P *In; B int }\no := Out{}\no.Deep = 1\n_ = Out{Deep: 1}", `cell 4, line 4, column 3: o.Deep undefined (type Out has no field or method Deep); P has it: o.P.Deep
    o.Deep = 1
      ^
cell 4, line 5, column 9: unknown field Deep in struct literal of type Out; P has it: P: &In{Deep: …}
    _ = Out{Deep: 1}
            ^`},
		{"type T struct{ Setps int; In struct{ Steps int } }\n_ = T{Steps: 1}\n_ = T{None: 1}\n_ = method.CINNSettings{Bacth: 1}", `cell 4, line 2, column 7: unknown field Steps in struct literal of type T; In has it: In: struct{Steps int}{Steps: …}
    _ = T{Steps: 1}
          ^
cell 4, line 3, column 7: unknown field None in struct literal of type T
    _ = T{None: 1}
          ^
cell 4, line 4, column 25: unknown field Bacth in struct literal of type method.CINNSettings; Training has Batch: Training: method.Training{Batch: …}
    _ = method.CINNSettings{Bacth: 1}
                            ^`},
		{"mmd.Gaussian(1)", `cell 4, line 1, column 5: undefined: mmd.Gaussian; mmd has Estimator, Exponential, Family, FamilyExponential, FamilyInverseMultiquadratic, FamilyPower, InverseMultiquadratic, Kernel, New, NewScratch, Power, Scratch
    mmd.Gaussian(1)
        ^`},
		{"method.Nonsense(nil)\ntime.Milli", `cell 4, line 1, column 8: undefined: method.Nonsense
    method.Nonsense(nil)
           ^
cell 4, line 2, column 6: undefined: time.Milli; did you mean time.UnixMilli?
    time.Milli
         ^`},
		{"func zero[T any]() (z T) { return }\nzero()", `cell 4, line 2, column 1: in call to zero, cannot infer T (declared in cell 4, line 1)
    zero()
    ^`},
		{"slices.Collect(nil)", `cell 4, line 1, column 1: in call to slices.Collect, cannot infer E
    slices.Collect(nil)
    ^`},
		{"switch 3 {\ncase 1:\ncase 1:\n}", `cell 4, line 3, column 6: duplicate case 1 (constant of type int) in expression switch (previous case in line 2)
    case 1:
         ^`},
		{"func f() int {\n\tv, err := strconv.Atoi(`z`)\n\treturn v\n}", `cell 4, line 2, column 5: declared and not used: err; within a function, unlike at the top of a cell, Go wants an error to be looked at: if err != nil { ... }, or _ in its place
    	v, err := strconv.Atoi(` + "`z`" + `)
    	   ^`},
		{"func f() {\n\tv := 3\n}", `cell 4, line 2, column 2: declared and not used: v
    	v := 3
    	^`},
		{"é, ü := 1, 2\ng(é, nope, ü)\nfunc g(a ...int) {}", `cell 4, line 2, column 6: undefined: nope
    g(é, nope, ü)
         ^`},
		{"x := (1 +\n", `cell 4, line 1, column 10: expected operand, found the end of the cell
    x := (1 +
             ^`},
		{"fmt.Println(\"a)", `cell 4, line 1, column 13: string literal not terminated
    fmt.Println("a)
                ^`},
	} {
		s := newSession(t)
		o := s.Execute(context.Background(), Cell{4, c.code}, &page{})
		if o.Err == nil || o.Err.Name != CompileError {
			t.Errorf("%q gives %+v", c.code, o)
			continue
		}
		if got := strings.Join(o.Err.Traceback, "\n"); got != c.want {
			t.Errorf("%q says\n%s\nwant\n%s", c.code, got, c.want)
		}
	}
}

// A panic tells where each function of a cell was, and nothing else.
func TestPanicPlaces(t *testing.T) {
	for _, c := range []struct {
		code  string
		lines []int // of the cell, innermost first
	}{
		{"func f(x []int) int {\n\ta := 1\n\tb := a + 1\n\n\treturn x[b+7]\n}\n\nf([]int{1})", []int{5, 8}},
		{"func f(x []int) (s int) {\n\tfor i := 0; i < 10; i++ {\n\t\ts++\n\t\ts += x[i]\n\t}\n\treturn s\n}\nf([]int{1})", []int{4, 8}},
		{"func f(x []int) {\n\tfor i := range 10 {\n\t\tif i > 0 {\n\t\t\tx[i] = 3\n\t\t}\n\t}\n}\nf([]int{1})", []int{4, 8}},
		{"func f(m map[string]int) {\n\ta := 1\n\tm[\"a\"] = a\n}\nf(nil)", []int{3, 5}},
		{"type T struct{ A int }\nfunc (p *T) f() int {\n\ta := 1\n\treturn p.A + a\n}\nvar t *T\nt.f()", []int{4, 7}},
		{"func f() {\n\ta := 0\n\tb := 1\n\tfmt.Println(b / a)\n}\nf()", []int{4, 6}},
		{"func f() {\n\tvar i any = 1\n\tb := 1\n\ts := i.(string)\n\t_, _ = b, s\n}\nf()", []int{4, 7}},
		{"func f() {\n\tb := 1\n\t_ = b\n\tpanic(\"boom\")\n}\nfunc g() {\n\tb := 1\n\t_ = b\n\tf()\n}\nx := 1\n_ = x\ng()", []int{4, 9, 13}},
		{"func f() {\n\tb := 1\n\tg := func() {\n\t\tb++\n\t\tpanic(\"boom\")\n\t}\n\tg()\n}\nf()", []int{5, 7, 9}},
		{"xs := []int{3, 1, 2}\nsort.Slice(xs, func(i, j int) bool {\n\ta := 1\n\treturn xs[i+9*a] < xs[j]\n})", []int{4, 2}},
		{"func f() {\n\ta := -1\n\tstrings.Repeat(\"a\", a)\n}\nf()", []int{3, 5}},
		{"func f() {\n\tm := mat.NewDense(1, 1, nil)\n\ta := 1\n\tm.At(3, a)\n}\nf()", []int{4, 6}},
		// What a deferring function does behind the panic is no place.
		{"func f() {\n\tdefer fmt.Print()\n\ta := []int{1}\n\tz := 5\n\ta[z] /= 2\n\ta[0]++\n\t_ = a\n}\nf()", []int{5, 9}},
		{"func f() {\n\tdefer func() {}()\n\tvar m map[string]int\n\tm[`x`]++\n\t_ = m\n}\nf()", []int{4, 7}},
		{"func f() {\n\ta := 1\n\tvar m map[string]int\n\tm[`x`]--\n\t_ = a\n}\nf()", []int{4, 7}},
		{"func f() (n int) {\n\tdefer func() { n++ }()\n\tif n == 0 {\n\t\tg()\n\t}\n\treturn 1\n}\nfunc g() {\n\tdefer fmt.Print()\n\tpanic(1)\n}\nfunc h() {\n\tdefer fmt.Print()\n\tf()\n\tfmt.Print()\n}\nh()", []int{10, 4, 14, 17}},
		{"func f() {\n\ta := 1\n\tvar p *int\n\t*p++\n\t_ = a\n}\nf()", []int{4, 7}},
		// Gonum calls functions in goroutines of its own.
		{"data := []float64{1, 2}\noptimize.Minimize(optimize.Problem{Func: func(x []float64) float64 {\n\ta := 1\n\treturn data[len(x)+a]\n}}, []float64{5}, nil, &optimize.NelderMead{})", []int{4, 2}},
		{"quad.Fixed(func(x float64) float64 {\n\tvar m map[float64]int\n\tm[x] = 1\n\treturn x\n}, 0, 1, 8, nil, 2)", []int{3, 1}},
		{"f := func(x []float64) float64 {\n\ta := 2\n\treturn x[a]\n}\nfd.Gradient(nil, f, []float64{1, 2}, &fd.Settings{Concurrent: true})", []int{3, 5}},
		{"a := []int{1}\nb := 3\n\nfmt.Println(a[0],\n\ta[b])", []int{5, 4}},
		{"func f() {\n\tswitch x := 3; x {\n\tcase 3:\n\t\tvar p *int\n\t\t*p = 3\n\t}\n}\nf()", []int{5, 8}},
		{"func f() (err error) {\n\tdefer func() {\n\t\tx := 1\n\t\tpanic(x)\n\t}()\n\treturn nil\n}\nf()", []int{4, 6, 8}},
		{"func f[T any](x []T) T {\n\ta := 3\n\treturn x[a]\n}\nf([]int{1})", []int{3, 5}},
		{"func f() {\n\tch := make(chan int)\n\tclose(ch)\n\tclose(ch)\n}\nf()", []int{4, 6}},
		{"func f() int {\n\tx := make([]int, 2)\n\tn := 5\n\ty := x[1:n]\n\treturn len(y)\n}\nf()", []int{4, 7}},
		{"func f(n int) int {\n\tif n == 0 {\n\t\tvar a []int\n\t\treturn a[n]\n\t}\n\treturn f(n-1) +\n\t\t1\n}\nf(3)", []int{4, 6, 9}},
		{"type I interface{ M() int }\nfunc f() {\n\tvar i I\n\ta := 1\n\t_ = a\n\ti.M()\n}\nf()", []int{6, 8}},
		{"func f() {\n\ta := 1\n\tselect {\n\tdefault:\n\t\ta++\n\t\tvar x []int\n\t\tx[a] = 1\n\t}\n}\nf()", []int{7, 10}},
		{"func f(yield func(int) bool) {\n\ta := []int{}\n\tyield(a[2])\n}\nfor i := range f {\n\t_ = i\n}", []int{3, 5}},
		{"func f(yield func(int) bool) {\n\ta := 1\n\tyield(a)\n}\nfor i := range f {\n\ta := []int{}\n\t_ = a[i]\n}", []int{7, 3, 5}},
		{"func f() {\n\tg := func() {\n\t\tvar a []int\n\t\tvar b = len(a)\n\t\ta[b] = 1\n\t}\n\tg()\n}\nf()", []int{5, 7, 9}},
		{"func f() {\n\tg := func() func() {\n\t\treturn func() {\n\t\t\tvar a []int\n\t\t\ta[1] = 1\n\t\t}\n\t}\n\tg()()\n}\nf()", []int{5, 8, 10}},
		// What makes a function of a method is no place.
		{"type T struct{ p *int }\nfunc (t *T) M() int {\n\treturn *t.p\n}\nt := &T{}\nf := t.M\nf()", []int{3, 7}},
		{"type T struct{ p *int }\nfunc (t *T) M() int {\n\treturn *t.p\n}\nf := (*T).M\n\nf(&T{})", []int{3, 7}},
		{"type T struct{ p *int }\nfunc (t *T) M() int {\n\treturn *t.p\n}\nvar i interface{ M() int } = &T{}\nf := i.M\nf()", []int{3, 7}},
		{"type T struct{ p *int }\nfunc (t T) Less(i, j int) bool {\n\treturn *t.p > 0\n}\nfunc (t T) Len() int { return 3 }\nfunc (t T) Swap(i, j int) {}\nsort.Sort(T{})", []int{3, 7}},
		// A panic in a deferred call is further in than the one before.
		{"func g() {\n\tpanic(1)\n}\nfunc f() {\n\tdefer func() {\n\t\tr := recover()\n\t\tpanic(r)\n\t}()\n\tg()\n}\nf()", []int{7, 2, 9, 11}},
		{"func g() {\n\tpanic(1)\n}\nfunc f() {\n\tdefer func() {\n\t\tpanic(2)\n\t}()\n\tg()\n}\nf()", []int{6, 2, 8, 10}},
		{"func f() {\n\tdefer func() {\n\t\tdefer func() {\n\t\t\tpanic(3)\n\t\t}()\n\t\tpanic(2)\n\t}()\n\tpanic(1)\n}\nf()", []int{4, 6, 8, 10}},
		// What was recovered is no part of what comes later.
		{"func g() {\n\tpanic(1)\n}\nfunc f() {\n\tdefer func() { recover() }()\n\tg()\n}\nf()\nvar p *int\n*p = 1", []int{10}},
	} {
		s := newSession(t)
		do(s, 1, "before := 1")
		o := s.Execute(context.Background(), Cell{2, c.code}, &page{})
		if o.Err == nil || o.Err.Name != panicked {
			t.Errorf("%q gives %+v", c.code, o)
			continue
		}
		source := strings.Split(c.code, "\n")
		want := []string{"panic: " + o.Err.Message}
		for _, n := range c.lines {
			want = append(want, fmt.Sprintf("cell 2, line %d:", n), "    "+source[n-1])
		}
		if got := strings.Join(o.Err.Traceback, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("%s\nsays\n%s\nwant lines %d", c.code, got, c.lines)
		}
	}
}

// What stands for *p was made for an earlier cell, which is no place.
func TestPanicPlaceOfALaterCell(t *testing.T) {
	s := newSession(t)
	const code = "func f(p *int) int {\n\ta := 1\n\treturn a + *p\n}\nf(nil)"
	do(s, 1, "func before(p *int) int {\n\treturn 1 + *p\n}\nbefore(nil)")
	o := s.Execute(context.Background(), Cell{2, code}, &page{})
	want := "panic: invalid memory address or nil pointer dereference\ncell 2, line 3:\n    \treturn a + *p\ncell 2, line 5:\n    f(nil)"
	if got := strings.Join(o.Err.Traceback, "\n"); got != want {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}
}

func TestPanicInAGoroutineTellsItsPlace(t *testing.T) {
	s := newSession(t)
	p, over := aside(context.Background(), s, 1, "func f() {\n\tvar m map[int]int\n\tm[1] = 2\n}\nvar wg sync.WaitGroup\nwg.Add(1)\ngo func() {\n\tdefer wg.Done()\n\tf()\n}()\nwg.Wait()")
	<-over
	want := "panic in a goroutine: assignment to entry in nil map\ncell 1, line 3:\n    \tm[1] = 2\ncell 1, line 9:\n    \tf()\n"
	wait(t, p, want) // the goroutine says it after wg.Done
	if got := p.printed(); got != want {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}
}

// What compiled functions call in a goroutine of its own ends with its panic alone, too.
func TestPanicInAGoroutineOfCompiledCode(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{"time.AfterFunc(0, func() {\n\tvar m map[int]int\n\tm[1] = 2\n})", "cell 1, line 3:\n    \tm[1] = 2\n"},
		{"ctx, cancel := context.WithCancel(context.Background())\ncontext.AfterFunc(ctx, func() {\n\tvar m map[int]int\n\tm[1] = 2\n})\ncancel()", "cell 1, line 4:\n    \tm[1] = 2\n"},
		{"var wg sync.WaitGroup\nwg.Go(func() {\n\tvar m map[int]int\n\tm[1] = 2\n})\nwg.Wait()", "cell 1, line 4:\n    \tm[1] = 2\n"},
	} {
		p, over := aside(context.Background(), newSession(t), 1, c.code)
		<-over
		want := "panic in a goroutine: assignment to entry in nil map\n" + c.want
		wait(t, p, want)
		if got := p.printed(); got != want {
			t.Errorf("%s\nsays\n%s\nwant\n%s", c.code, got, want)
		}
	}
}

// Noting places changes nothing in what function literals do.
func TestLiteralsInLiterals(t *testing.T) {
	for code, want := range map[string]string{
		"func f() (x int) {\n\tdefer func() func() {\n\t\treturn func() { fmt.Print(x) }\n\t}()()\n\treturn 42\n}\nf()":                                                                  "42=> 42",
		"func f() int {\n\tvar g = func() func() int {\n\t\tvar h = func() int { return 3 }\n\t\treturn func() int { return h() + 1 }\n\t}\n\treturn g()()\n}\nf()":                      "=> 4",
		"func f() int {\n\tg := func(n int) int {\n\t\tvar add = func(a int) int { return a + n }\n\t\tif n > 2 { return add(1) }\n\t\treturn add(2)\n\t}\n\treturn g(3) * g(1)\n}\nf()": "=> 12",
	} {
		if got := do(newSession(t), 1, code); got != want {
			t.Errorf("%s\ngives %q, want %q", code, got, want)
		}
	}
}

// A nil pointer's panic names a variable that a failed cell left nil, and no other.
func TestWhatFailedCellsLeave(t *testing.T) {
	s := newSession(t)
	do(s, 1, "type T struct{ N int }\nfunc make1(fails bool) (*T, error) { if fails { return nil, errors.New(\"no\") }; return &T{1}, errors.New(\"stopped, but here it is\") }\nvar none *T")
	do(s, 2, "left, err := make1(true)")
	do(s, 3, "whole, err := make1(false)")
	for i, c := range []struct{ code, want string }{
		{"left.N", "!! panic: invalid memory address or nil pointer dereference (cell 2 failed where it assigns left)"},
		{"none.N + whole.N", "!! panic: invalid memory address or nil pointer dereference"},
		{"whole.N", "=> 1"},
	} {
		if got := do(s, 4+i, c.code); got != c.want {
			t.Errorf("%s\n gives %q, want %q", c.code, got, c.want)
		}
	}
}
