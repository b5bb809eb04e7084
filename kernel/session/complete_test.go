package session

import (
	"slices"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	s := newSession(t)
	if got := do(s, 1, "type point struct{ X, Yy float64 }\nfunc (p *point) Norm() float64 { return p.X }\nvalue := point{1, 2}\nvalues := []point{value}\nimport r2 \"math/rand/v2\""); got != "" {
		t.Fatal(got)
	}
	for _, c := range []struct{ code, want string }{ // | is the cursor
		{"va|", "value values var"},
		{"value.|", "Norm X Yy"},
		{"value.N|", "Norm"},
		{"values[0].|", "Norm X Yy"},
		{"strings.ToUp|", "ToUpper ToUpperSpecial"},
		{"x := 3\nfunc f() int {\n\tlocal := 4\n\treturn loc|", "local"},
		{"for i, vv := range values { vv|", "vv"},
		{"for _, vv := range values { vv.|", "Norm X Yy"},
		{"fmt.Println(strings.Repe|at(\"a\", 3))", "Repeat"},
		{"m := mat.NewDense(2, 2, nil)\nm.SetR|", "SetRawMatrix SetRow"},
		{"import \"math/ra|", "math/rand math/rand/v2"},
		{"r2.NewPC|", "NewPCG"},
		{"nosuch.|", ""},
		{"value.X.|", ""},
		{"s := \"value.|", ""},
		{"", ""},
	} {
		cursor := strings.Index(c.code, "|")
		code := strings.Replace(c.code, "|", "", 1)
		if cursor < 0 {
			cursor = 0
		}
		_, _, found := s.Complete(code, cursor)
		var got []string
		for _, f := range found {
			got = append(got, f.Text)
		}
		if c.code == "" {
			continue // everything; it must only not panic
		}
		if want := strings.Fields(c.want); !slices.Equal(got, want) {
			t.Errorf("%q completes to %q, want %q", c.code, got, want)
		}
	}
}

func TestInspect(t *testing.T) {
	s := newSession(t)
	if got := do(s, 1, "type point struct{ X float64 }\nfunc (p *point) Norm() float64 { return p.X }\nvalue := point{1}\nfunc twice(x int) int { return 2*x }"); got != "" {
		t.Fatal(got)
	}
	for _, c := range []struct{ code, want string }{
		{"val|ue", "var value point"},
		{"value.No|rm()", "func (*point).Norm() float64"},
		{"twice(|3)", "func twice(x int) int"},
		{"strings.Rep|eat", "func strings.Repeat(string, int) string"},
		{"math|", "package math"},
		{"nosuch|", ""},
		{"math.P|i", "const math.Pi untyped float"},
	} {
		got, ok := s.Inspect(strings.Replace(c.code, "|", "", 1), strings.Index(c.code, "|"), 0)
		if !strings.Contains(got, c.want) || ok != (c.want != "") {
			t.Errorf("%q is %q, want %q", c.code, got, c.want)
		}
	}
}

func TestIsComplete(t *testing.T) {
	for code, want := range map[string]string{
		"x := 1": "complete", "if x {": "incomplete\t", "f(1,": "incomplete\t", "x +": "incomplete", "x := `a": "incomplete",
		"x y z": "invalid", "": "complete", "func f() {\n}": "complete", "for {\n\tif x {": "incomplete\t\t", "}": "invalid", "// hello": "complete",
	} {
		status, indent := IsComplete(code)
		if status+indent != want {
			t.Errorf("%q is %q, want %q", code, status+indent, want)
		}
	}
}
