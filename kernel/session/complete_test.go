package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestComplete(t *testing.T) {
	s := newSession(t)
	if got := do(s, 1, "type point struct{ X, Yy float64 }\nfunc (p *point) Norm() float64 { return p.X }\nvalue := point{1, 2}\nvalues := []point{value}\nimport r2 \"math/rand/v2\"\nfunc twice(p point) float64 { return 2 * p.X }"); got != "" {
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
		{"rand.NewPC|", "NewPCG"}, // of two packages of the name
		{"rand.Te|", "Text"},
		{"point{X: 1, |}", "Yy"},
		{"[]*point{{Yy: 1, |", "X"},
		{"q := &point{\n\tX: value.|\n}", "Norm X Yy"},
		{"inn.Settings{Ste|", "Steps"},
		{"func (p *point) Other() {\n\tp.|", "Norm Other X Yy"},
		{"type T struct{ A, B int }\nvar t T\nt.|", "A B"},
		{"n, err := strconv.Atoi(\"3\")\nerr.|", "Error"},
		{"any(value).(point).|", "Norm X Yy"},
		{"switch value.| {", "Norm X Yy"},
		{"switch value.X {\ncase value.|", "Norm X Yy"},
		{"var x poi|", "point"},
		{"value.|\nfoo(", "Norm X Yy"},          // not Go behind the cursor,
		{"x := := 3\nvalue.|", "Norm X Yy"},     // before it,
		{"go func() {\n\tvalue.|", "Norm X Yy"}, // around it
		{"defer value.N|", "Norm"},
		{"nosuch(value.|)", "Norm X Yy"},
		{"func f(p point) { defer p.|", "Norm X Yy"},
		{"func f() { go func() { defer values[0].|", "Norm X Yy"},
		{"func (p *point) Norm() float64 { return p.|", "Norm X Yy"}, // a method redefined as it is typed
		{"point.|", ""},                                              // a type has its methods,
		{"(*point).|", "Norm"},                                       // no fields
		{"time.Month.|", "String"},
		{"again:\nfor {\n\tfor {\n\t\tcontinue |", "again"},
		{"func f() {\n\tgoto la|\n\tlater: for {}\n}", "later"},
		{"value.|\n\nvalue.Norm()", "Norm X Yy"},
		{"fmt.Println(\"😀\", value.N|)", "Norm"},
		{"(<-make(chan point)).|", "Norm X Yy"},
		{"slices.Clone(values)[0].|", "Norm X Yy"},
		{"for _, p := range slices.All(values) { p.|", "Norm X Yy"},
		{"value.|\nz := nosuch + 1", "Norm X Yy"},
		{"func twice(p point) float64 { return p.|", "Norm X Yy"}, // redefined as it is typed
		{"type point struct{ Z float64 }\nvar p point\np.|", "Norm Z"},
		{"// é ∑\nvalue.| // value.", "Norm X Yy"},
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
	if got := do(s, 1, "// A point is a place.\ntype point struct {\n\tX float64 // abscissa\n}\n\n// Norm is the length.\n//\n// It is never negative.\nfunc (p *point) Norm() float64 { return p.X }\nvalue := point{1}\nfunc twice(x int) int { return 2*x }"); got != "" {
		t.Fatal(got)
	}
	for _, c := range []struct {
		code   string
		detail int
		want   string
	}{
		{"val|ue", 0, "var value point"},
		{"value.No|rm()", 0, "func (p *point) Norm() float64\n\nNorm is the length."},
		{"value.No|rm()", 1, "func (p *point) Norm() float64\n\nNorm is the length.\n\nIt is never negative."},
		{"var p poi|nt", 0, "type point struct {\n\tX float64 // abscissa\n}\n\nA point is a place.\n\nfunc (p *point) Norm() float64"},
		{"value.X|", 0, "field X float64\n\nabscissa"},
		{"twice(|3)", 0, "func twice(x int) int"},
		{"twice(min(1, 2), |", 0, "func twice(x int) int"}, // in the parentheses of a call
		{"twice(val|ue)", 0, "var value point\n\nfunc twice(x int) int"},
		{"twice(\n\t(1 + 2)*3|", 0, "func twice(x int) int"},
		{"strings.Map(func(r rune) rune { return r + |1 }, s)", 0, ""}, // in a function's body
		{"twice(point{|", 0, "type point struct {\n\tX float64 // abscissa\n}\n\nA point is a place.\n\nfunc (p *point) Norm() float64"},
		{"// half halves.\n// Well.\nfunc half(x int) int { return x/2 }\nha|lf(3)", 0, "func half(x int) int\n\nhalf halves."}, // in the cell itself
		{"type T struct {\n\tA int // first\n}\nT{}.A|", 0, "field A int\n\nfirst"},
		{"strings.Rep|eat", 0, "func strings.Repeat(s string, count int) string\n\nRepeat returns a new string consisting of count copies of the string s."},
		{"strings.Rep|eat", 1, "func strings.Repeat(s string, count int) string\n\nRepeat returns a new string consisting of count copies of the string s.\n\n" +
			"It panics if count is negative or if the result of (len(s) * count) overflows."},
		{"rand.N|ew(", 0, "func rand.New(src rand.Source) *rand.Rand\n\nNew returns a new Rand that uses random values from src to generate other random values."},
		{"var w io.Writer\nw.Wr|ite", 0, "func (io.Writer) Write(p []byte) (n int, err error)\n\nWriter is the interface that wraps the basic Write method."},
		{"http.Client{}.Ti|meout", 0, "field Timeout time.Duration\n\nTimeout specifies a time limit for requests made by this Client."},
		{"slices.Max|", 0, "func slices.Max[S ~[]E, E cmp.Ordered](x S) E\n\nMax returns the maximal value in x."},
		{"math|", 0, "package math // import \"math\"\n\nPackage math provides basic constants and mathematical functions."},
		{"math.P|i", 0, "const math.Pi untyped float = 3.141592653589793\n\nhttps://oeis.org/A000796"},
		{"nosuch|", 0, ""},
		{"nosuch(|", 0, ""},
	} {
		got, ok := s.Inspect(strings.Replace(c.code, "|", "", 1), strings.Index(c.code, "|"), c.detail)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q is\n%s\nwant\n%s", c.code, got, c.want)
		}
	}
}

// A candidate tells its kind and its type.
func TestCandidate(t *testing.T) {
	s := newSession(t)
	do(s, 1, "type point struct{ X float64 }\nfunc scale(p point, by float64) point { return p }")
	for code, want := range map[string]Candidate{
		"scal":           {"scale", "function", "func(p point, by float64) point"},
		"point{}.X":      {"X", "field", "float64"},
		"poin":           {"point", "type", "struct"},
		"appen":          {"append", "function", "func(slice []Type, elems ...Type) []Type"},
		"strings.Repea":  {"Repeat", "function", "func(s string, count int) string"},
		"time.Now().Uni": {"Unix", "method", "func() int64"},
		"math.Pi":        {"Pi", "constant", "untyped float"},
		"rang":           {"range", "keyword", ""},
		"htt":            {"http", "package", ""},
	} {
		if _, _, found := s.Complete(code, len(code)); len(found) == 0 || found[0] != want {
			t.Errorf("%q completes to %+v, want %+v first", code, found, want)
		}
	}
}

// session200 is a session of 200 cells, each with a type, a method, a function and two
// variables.
func session200(b *testing.B) *Session {
	s, err := New()
	if err != nil {
		b.Fatal(err)
	}
	for i := range 200 {
		code := fmt.Sprintf(`type sample%[1]d struct{ X, Y float64 }

// norm%[1]d is the length of a sample.
func norm%[1]d(s sample%[1]d) float64 { return math.Hypot(s.X, s.Y) }
func (s *sample%[1]d) Scale(by float64) { s.X *= by; s.Y *= by }
value%[1]d := sample%[1]d{%[1]d, 2}
table%[1]d := map[string][]float64{"a": {1, 2}}`, i)
		if got := do(s, i+1, code); got != "" {
			b.Fatal(got)
		}
	}
	return s
}

// BenchmarkComplete is how long a completion takes in a session of 200 cells.
func BenchmarkComplete(b *testing.B) {
	s := session200(b)
	for name, code := range map[string]string{
		"name": "val", "redefinition": "// norm9 has changed.\nfunc norm9(s sample9) float64 { return s.", "new method": "func (s *sample9) Other() { s.", "member": "value150.S", "package": "strings.To", "literal": "sample7{",
		"body": "func f(n int) float64 {\n\ttotal := 0.0\n\tfor i := range n {\n\t\ttotal += norm3(value3)\n\t\tto",
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if _, _, found := s.Complete(code, len(code)); len(found) == 0 {
					b.Fatalf("nothing completes %q", code)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

func TestIsComplete(t *testing.T) {
	for code, want := range map[string]string{
		"x := 1": "complete", "if x {": "incomplete\t", "f(1,": "incomplete\t", "x +": "incomplete", "x := `a": "incomplete",
		"x y z": "invalid", "": "complete", "func f() {\n}": "complete", "for {\n\tif x {": "incomplete\t\t", "}": "invalid", "// hello": "complete",
		"f(\"`\")": "complete", "x := '`'": "complete", "x := 1 // `": "complete", "/* a": "incomplete", "x /* a\n`": "incomplete", "/* ` */": "complete",
	} {
		status, indent := IsComplete(code)
		if status+indent != want {
			t.Errorf("%q is %q, want %q", code, status+indent, want)
		}
	}
}
