package session

import (
	"context"
	"fmt"
	"go/token"
	"log"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A page records what cells print and show.
type page struct {
	mu     sync.Mutex
	text   strings.Builder
	seen   []display.Bundle
	steady bool // without the lines of progress that a busy machine shows
}

func (p *page) Stream(name, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.WriteString(text)
}
func (p *page) Display(b display.Bundle, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.steady && strings.HasPrefix(id, "progress-") {
		return
	}
	p.seen = append(p.seen, b)
}
func (p *page) Update(b display.Bundle, id string) { p.Display(b, id) }
func (p *page) Clear(wait bool)                    {}

func newSession(t *testing.T) *Session {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// do runs a cell and gives what it printed, then what it shows or its error.
func do(s *Session, n int, code string) string {
	p := &page{steady: true}
	o := s.Execute(context.Background(), Cell{n, code}, p)
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.text.String()
	for _, b := range p.seen {
		text += fmt.Sprintf("<%v>", b[display.Text])
	}
	if o.Value != nil {
		text += fmt.Sprintf("=> %v", o.Value[display.Text])
	}
	if o.Err != nil {
		text += fmt.Sprintf("!! %s: %s", o.Err.Name, o.Err.Message)
	}
	return text
}

func TestCells(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []string // code and what comes of it, in turns
	}{
		{"value", []string{"1+2", "=> 3"}},
		{"no variables", []string{"var ()", ""}},
		{"assignment shows nothing", []string{"x := 3", "", "x", "=> 3"}},
		{"print", []string{`fmt.Println("hi")`, "hi\n"}},
		{"several statements", []string{"a := 1\nb := 2\na + b", "=> 3"}},
		{"function and use", []string{"func f(x int) int { return x*2 }\nf(4)", "=> 8"}},
		{"use before function", []string{"y := f(4)\nfunc f(x int) int { return x*2 }\ny", "=> 8"}},
		{"import", []string{"import \"math\"\nmath.Sqrt(2)", "=> 1.4142135623730951"}},
		{"missing import", []string{"strings.ToUpper(\"a\")", "=> A"}},
		{"shadowing", []string{"x := 1\nif x := 5; x > 2 { x++ }\nx", "=> 1"}},
		{"defer in a loop", []string{"func g() { for i := 0; i < 3; i++ { defer fmt.Print(i) } }\ng()", "210"}},
		{"defer has its arguments", []string{"func g() { x := 1; defer fmt.Print(x); x = 2 }\ng()", "1"}},
		{"closures over loop variables", []string{"var fs []func() int\nfor i := 0; i < 3; i++ { fs = append(fs, func() int { return i }) }\nfor _, f := range fs { fmt.Print(f(), \" \") }", "0 1 2 "}},
		{"range over int", []string{"for i := range 3 { fmt.Print(i) }", "012"}},
		{"min and max", []string{"min(3, 1, 2) + max(1, 5)", "=> 6"}},
		{"several values", []string{"func two() (int, string) { return 1, \"a\" }\ntwo()", "=> 1\na"}},
		{"value and nil error", []string{"strconv.Atoi(\"12\")", "=> 12"}},
		{"value and error", []string{"strconv.Atoi(\"x\")", `!! error: strconv.Atoi: parsing "x": invalid syntax`}},
		{"assigned error", []string{"n, err := strconv.Atoi(\"x\")", `!! error: strconv.Atoi: parsing "x": invalid syntax`, "n", "=> 0"}},
		{"redefined function", []string{"func g() int { return 1 }\nfunc f() int { return g() }", "", "f()", "=> 1", "func g() int { return 2 }", "", "f()", "=> 2"}},
		{"redefined variable", []string{"x := 1", "", "x := \"a\"", "", "x + \"b\"", "=> ab"}},
		{"redefined type", []string{"type P struct{ A int }\np := P{1}", "", "type P struct{ A, B int }", "gone, since this cell redefines their type: p\n", "P{1, 2}", "=> P{A: 1, B: 2}", "p", "!! compile error: cell 4, line 1, column 1: undefined: p"}},
		{"redefined method", []string{"type P struct{ A int }\nfunc (p P) Get() int { return p.A }\np := P{1}", "", "p.Get()", "=> 1", "func (p P) Get() int { return 10 * p.A }", "", "p.Get()", "=> 10"}},
		{"undefined", []string{"y + 1", "!! compile error: cell 1, line 1, column 1: undefined: y"}},
		{"a bad cell changes nothing", []string{"x := 1", "", "x = 2\nx = \"a\"", `!! compile error: cell 2, line 2, column 5: cannot use "a" (untyped string constant) as int value in assignment`, "x", "=> 1"}},
		{"a panic keeps what ran", []string{"a := 1\nvar m map[string]int\nm[\"x\"] = 1\nb := 2", "!! panic: assignment to entry in nil map", "a", "=> 1"}},
		{"index out of range", []string{"x := []int{1}\ni := 5\nx[i]", "!! panic: index out of range [5] with length 1"}},
		{"stringer", []string{"type T struct{}\nfunc (T) String() string { return \"tea\" }\nT{}", "=> tea"}},
		{"generic function", []string{"func Map[T, U any](xs []T, f func(T) U) []U { var out []U; for _, x := range xs { out = append(out, f(x)) }; return out }\nMap([]int{1,2}, func(i int) string { return fmt.Sprint(i*i) })", `=> ["1" "4"]`}},
		{"goroutines", []string{"var wg sync.WaitGroup\nvar mu sync.Mutex\nsum := 0\nfor i := range 10 { wg.Add(1); go func() { defer wg.Done(); mu.Lock(); sum += i; mu.Unlock() }() }\nwg.Wait()\nsum", "=> 45"}},
		{"literal kept by compiled code", []string{"var wg sync.WaitGroup\nout := make([]int, 4)\nfor i := 0; i < 4; i++ { wg.Add(1); time.AfterFunc(time.Millisecond, func() { out[i] = i; wg.Done() }) }\nwg.Wait()\nout", "=> [0 1 2 3]"}},
		{"once", []string{"for i := range 3 { var o sync.Once; o.Do(func() { fmt.Print(i) }) }", "012"}},
		{"select", []string{"c := make(chan int)\ngo func() { c <- 3 }()\nselect { case v := <-c: fmt.Print(v); case <-time.After(time.Second): fmt.Print(\"late\") }", "3"}},
		{"recover", []string{"func safe() (s string) { defer func() { if r := recover(); r != nil { s = fmt.Sprint(\"got \", r) } }(); panic(\"x\") }\nsafe()", "=> got x"}},
		{"stdout", []string{"fmt.Fprintln(os.Stdout, \"a\"); os.Stdout.WriteString(\"c\"); fmt.Println(\"b\")", "a\ncb\n"}},
		{"exit", []string{"os.Exit(2)", "!! panic: os.Exit(2) called: a cell cannot end the kernel; shut it down in the front end"}},
		{"const and iota", []string{"const (A = iota; B; C)\nC", "=> 2"}},
		{"struct with methods through an interface", []string{"type Shape interface{ Area() float64 }\ntype Sq struct{ S float64 }\nfunc (q Sq) Area() float64 { return q.S*q.S }\nvar s Shape = Sq{3}\ns.Area()", "=> 9"}},
		{"sort", []string{"x := []int{3,1,2}\nsort.Ints(x)\nx", "=> [1 2 3]"}},
		{"sort slice", []string{"x := []int{3,1,2}\nsort.Slice(x, func(i, j int) bool { return x[i] > x[j] })\nx", "=> [3 2 1]"}},
		{"matrix", []string{"m := mat.NewDense(2, 2, []float64{1, 2, 3, 4})\nmat.Det(m)", "=> -2"}},
		{"rand v2", []string{"rng := rand.New(rand.NewPCG(1, 2))\nrng.Float64() < 1", "=> true"}},
		{"simulator", []string{"p := inn.Problem{Name: \"t\", X: inn.Vars(\"a\", \"b\"), Y: inn.Vars(\"s\"), Prior: inn.Normal([]float64{0,0}, []float64{1,1}), Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0]+x[1]} }}\npairs, err := p.Pairs(50, 1)\npairs.Len()", "=> 50"}},
		{"deferred at the top", []string{"defer fmt.Print(\"end\")\nfmt.Print(\"begin \")", "begin end"}},
		{"show", []string{"nb.Show(3)", "<3>"}},
		{"variable named like a package", []string{"plot := 3", "", "plot.New()", "!! compile error: cell 2, line 1, column 6: plot.New undefined (type int has no field or method New); plot is no package here: import plot2 \"gonum.org/v1/plot\" and write plot2.New",
			"import \"math\"\nmath.Abs(-1)", "=> 1", "math := 5\nmath", "=> 5", "math.Abs(-2)", "!! compile error: cell 5, line 1, column 6: math.Abs undefined (type int has no field or method Abs); math is no package here: import math2 \"math\" and write math2.Abs", "import \"math\"\nmath.Abs(-2)", "=> 2", "math.Abs(-3)", "=> 3"}},
		{"type named like a package", []string{"type list []int", "", "import \"container/list\"\nlist.New()", "!! compile error: cell 2, line 2, column 6: list.New undefined (type list has no field or method New); list is no package here: import list2 \"container/list\" and write list2.New", "list{1}", "=> [1]"}},
		{"constants that are too big", []string{"1 << 64", "!! compile error: cell 1, line 1, column 1: the constant 1 << 64 (untyped int) overflows int", "const big = 1 << 63\nbig", "!! compile error: cell 2, line 2, column 1: the constant big (untyped int) overflows int", "1e400", "!! compile error: cell 3, line 1, column 1: the constant 1e400 (untyped float) overflows float64", "'a' << 30", "!! compile error: cell 4, line 1, column 1: the constant 'a' << 30 (untyped rune) overflows rune", "-1 << 63", "=> -9223372036854775808"}},
		{"what a failed cell did not make", []string{"type M struct{ n int }\nfunc load(n int) (*M, error) { if n < 0 { return nil, errors.New(\"no\") }; return &M{10 / n}, nil }\nm, err := load(-1)", "!! error: no", "m.n", "!! panic: invalid memory address or nil pointer dereference (cell 1 failed where it assigns m)",
			"m, err = load(5)\nm.n", "=> 2", "m = nil\nm.n", "!! panic: invalid memory address or nil pointer dereference", "k, err := load(0)", "!! panic: integer divide by zero", "k.n", "!! compile error: cell 6, line 1, column 1: undefined: k (cell 5 failed before it was made)", "k := 3\nk", "=> 3"}},
		{"function that a cell makes go", []string{"const A = 1\nfunc f() int { return A }", "", "const A = 1.5\nf()", "!! compile error: cell 2, line 2, column 1: f (cell 1, line 2) no longer fits and is gone: cannot use A (untyped float constant 1.5) as int value in return statement (truncated)", "f()", "=> 1"}},
		{"question about nothing", []string{"x := 1", "", "nope?", "!! error: nothing is called nope"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSession(t)
			for i := 0; i < len(c.cells); i += 2 {
				if got := do(s, i/2+1, c.cells[i]); got != c.cells[i+1] {
					t.Errorf("cell %q\n gives %q\n  want %q", c.cells[i], got, c.cells[i+1])
				}
			}
		})
	}
}

// Of a cell whose code cannot run again nothing is kept but what it did; an
// error in what can run again has its line.
func TestCellsAreForgotten(t *testing.T) {
	s := newSession(t)
	for i, code := range []string{"x := 1", "x + 1", "undefined_name", "panic(\"no\")", "import \"strings\"", "for i := range 3 { x += i }", "func broken() int { return y }", "x = = 1"} {
		do(s, i+1, code)
	}
	if n := len(s.known); n != 0 {
		t.Errorf("%d cells are kept", n)
	}
	files := 0
	s.fset.Iterate(func(*token.File) bool { files++; return true })
	for i := range 50 {
		do(s, 10+i, "x + 1")
	}
	after := 0
	s.fset.Iterate(func(*token.File) bool { after++; return true })
	if after > files {
		t.Errorf("the positions of %d files became %d", files, after)
	}
	do(s, 100, "at := func(i int) int {\n\treturn []int{1}[i]\n}")
	do(s, 101, "func f(i int) int {\n\treturn at(i)\n}")
	if got := do(s, 102, "f(3)"); !strings.Contains(got, "index out of range") || len(s.known) != 2 {
		t.Errorf("%d cells are kept; the error is %s", len(s.known), got)
	}
	o := s.Execute(t.Context(), Cell{103, "f(3)"}, nowhere{})
	if text := strings.Join(o.Err.Traceback, "\n"); !strings.Contains(text, "cell 100, line 2:\n    \treturn []int{1}[i]") || !strings.Contains(text, "cell 101, line 2") {
		t.Errorf("the error has not the functions' lines: %s", text)
	}
}

// A constant of a package's type is shown by its methods, as a variable of it is.
func TestConstantsAreShownAsWhatTheyAre(t *testing.T) {
	s := newSession(t)
	for i, c := range []struct{ code, mime, want string }{
		{`nb.Markdown("**a**")`, "text/markdown", "**a**"},
		{`nb.HTML("<b>a</b>")`, "text/html", "<b>a</b>"},
		{"const c nb.LaTeX = \"$a$\"\nc", "text/latex", "$a$"},
	} {
		if o := s.Execute(t.Context(), Cell{i + 1, c.code}, nowhere{}); o.Value[c.mime] != c.want {
			t.Errorf("%s shows %v", c.code, o.Value)
		}
	}
}

// TestStdoutReplaced is not parallel to others: a cell sets the process's variable.
func TestStdoutReplaced(t *testing.T) {
	got := do(newSession(t), 1, `func capture(f func()) string {
	old := os.Stdout
	r, w, _ := os.Pipe()
	os.Stdout = w
	f()
	w.Close()
	os.Stdout = old
	text, _ := io.ReadAll(r)
	return string(text)
}
text := capture(func() { fmt.Print("a"); fmt.Fprint(os.Stdout, "b"); os.Stdout.WriteString("c") })
fmt.Printf("%q", text)`)
	if got != `"abc"` {
		t.Errorf("gives %q", got)
	}
}

// TestLogAndSlog is not parallel to others: slog's default is the process's.
func TestLogAndSlog(t *testing.T) {
	defer log.SetOutput(os.Stderr)
	got := do(newSession(t), 1, `log.SetFlags(0)
h := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(g []string, a slog.Attr) slog.Attr { if a.Key == "time" { return slog.Attr{} }; return a }})
was := slog.Default()
slog.SetDefault(slog.New(h).With("k", 1))
log.Println("b")
log.Printf("n=%d", 2)
log.Default().Print("d")
slog.Info("c")
slog.SetDefault(slog.New(h))
log.Print("e")
slog.SetDefault(was)
log.SetOutput(os.Stdout)
log.SetFlags(0)
log.SetPrefix("p: ")
log.Print("f")
slog.Info("first", "x", 1)
log.SetPrefix("")`)
	want := `level=INFO msg=b k=1
level=INFO msg="n=2" k=1
level=INFO msg=d k=1
level=INFO msg=c k=1
level=INFO msg=e
p: f
p: INFO first x=1
`
	if got != want {
		t.Errorf("gives\n%s\nwants\n%s", got, want)
	}
}
