package session

import (
	"context"
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
		{"switch 3 {\ncase 1:\ncase 1:\n}", `cell 4, line 3, column 6: duplicate case 1 (constant of type int) in expression switch (previous case in line 2)
    case 1:
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
