package session

import (
	"strings"
	"testing"
)

// The refusals that LIMITS.md lists: each says what to write instead, and runs
// nothing.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, code, want string }{
		{"array that contains itself", "type A [2]*A\nvar a A", "put it into a struct"},
		{"goto past a variable that a function keeps", "func f() {\ntop:\nx := 1\ng := func() int { return x }\nnext:\nif x++; g() < 5 { goto next }\nif x < 9 { goto top }\n}", "use a loop with break and continue"},
		{"decoders but for json", "type P struct{ a, B int }\nvar p P\n_ = gob.NewDecoder(nil).Decode(&p)", "use a map, or types of a package"},
		{"a method that gob asks for", "type P struct{ A int }\nfunc (p P) GobEncode() ([]byte, error) { return nil, nil }\n_ = gob.NewEncoder(os.Stdout).Encode(P{})", "use a map, or types of a package"},
		{"a method that xml asks for", "type P struct{ A K }\ntype K int\nfunc (k K) MarshalText() ([]byte, error) { return nil, nil }\n_, _ = xml.Marshal(P{})", "use a map, or types of a package"},
		{"a type whose name xml would write", "type P struct{ A int }\n_, _ = xml.Marshal(P{})", "give the struct a field XMLName"},
		{"packages that ask for methods one by one", "import \"gonum.org/v1/gonum/graph/encoding/dot\"", "cells cannot import"},
		{"what prints by a method in a template", "type S int\nfunc (s S) String() string { return \"on\" }\nimport \"text/template\"\n_ = template.New(\"t\").Execute(os.Stdout, struct{ A S }{1})", "pass its text"},
		{"a flag of text", "type L int\nfunc (l L) MarshalText() ([]byte, error) { return nil, nil }\nfunc (l *L) UnmarshalText([]byte) error { return nil }\nvar l L\nflag.TextVar(&l, \"l\", L(1), \"\")", "use Func, or Var"},
		{"functions of templates", "type S int\nimport \"text/template\"\n_ = template.FuncMap{\"f\": func(s S) int { return 1 }}", "let it take and give types of packages"},
		{"array that leads back out of a struct without a name", "type N struct{ in struct{ a [2]*N } }\nvar n N", "give the inner one a name"},
		{"array of functions that take the struct it is in", "type T struct{ f [2]func(*T) }\nvar t T", "use a slice"},
		{"address of a function that leads to its struct from one that contains itself", "type T struct{ f func(*http.Request) *T }\nvar t T\np := &t.f", "copy the field's value"},
		{"array of maps of the struct it is in", "type K struct{ k *K }\ntype T struct{ m [2]map[*K]*T }\nvar t T", "use a slice"},
		{"variable with the name of its type", "type node struct{ v int }\nnode := node{1}", "redeclared"},
		{"address of a map that leads to its struct from one that contains itself", "type Node struct{ next []*Node }\ntype R struct{ m map[*Node]*R }\nr := &R{}\np := &r.m", "copy the field's value"},
		{"array of maps that lead to its struct from one that contains itself", "type Node struct{ next []*Node }\ntype R struct{ m [2]map[*Node]*R }\nvar r R", "use a slice"},
		{"addresses of two fields that lead back", "type A struct{ b *B }\ntype B struct{ a *A }\na := &A{b: &B{}}\n_, _ = &a.b, &a.b.a", "copy the field's value to a variable first"},
		{"the file of a line of a log", "log.SetFlags(log.LstdFlags | log.Lshortfile)", "leave Lshortfile out"},
		{"the source of a line of a log", "_ = slog.HandlerOptions{AddSource: true}", "leave AddSource out"},
		{"the caller's line", "_, _, line, _ := runtime.Caller(0)", "leave Caller out"},
		{"the name of a function", "func f() {}\nx := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()", "give the function's name yourself"},
		{"services of rpc", "type A int\nfunc (A) M(x int, y *int) error { return nil }\n_ = rpc.NewServer().Register(A(1))", "use net/http with JSON"},
		{"a cell's type as an interface that is a package's own", "import \"go/ast\"\ntype E struct{ ast.Expr }\nvar e ast.Expr = E{}", "use the embedded field"},
		{"an array in a circle of structs", "type B struct{ c [2]*C; m map[int]*B }\ntype C struct{ b *B; d map[any]*D }\ntype D struct{ b B; c *C }\nvar b B", "use a slice"},
		{"goto", "again:\nfmt.Print(1)\ngoto again", "put the statements into a function, or use a loop"},
		{"return", "return", "a cell is not a function"},
		{"unsafe", "import \"unsafe\"", `cells cannot import "unsafe"`},
		{"syscall", "import \"syscall\"", `cells cannot import "syscall"`},
		{"cgo", "import \"C\"", `cells cannot import "C"`},
		{"package clause", "package util", "a cell has no package clause"},
		{"generic function of a package without source", "x := sync.NewCond\nvar m weak.Pointer[int]", "weak"},
	} {
		s := newSession(t)
		got := do(s, 1, "ran := false\n"+c.code+"\nran = true")
		if !strings.Contains(got, "!! compile error: ") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q\n gives %q\n want %q", c.name, c.code, got, c.want)
		}
		if got := do(s, 2, "ran"); !strings.Contains(got, "undefined: ran") {
			t.Errorf("%s: something ran: %q", c.name, got)
		}
	}
}

// A variable cannot take the name of a type that it, or another of its cell, has.
func TestNameOfItsTypeIsRefused(t *testing.T) {
	s := newSession(t)
	do(s, 1, "type node struct{ v int }")
	for _, c := range []struct{ code, want string }{
		{"node := node{1}", "!! compile error: cell 2, line 1, column 1: node has the type node, whose name this cell gives to a variable: give the variable another name"},
		{"x, node := []node{{1}}, 5", "!! compile error: cell 2, line 1, column 1: x has the type node, whose name this cell gives to a variable: give the variable another name"},
		{"node{2}", "=> node{v: 2}"},
		{"node := 5\nnode", "=> 5"},
	} {
		if got := do(s, 2, c.code); got != c.want {
			t.Errorf("%s\n gives %q\n want %q", c.code, got, c.want)
		}
	}
}
