package session

import (
	"context"
	"fmt"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// described is what a checker knows, in words.
func (k *checker) described() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	pkg := k.checkedBefore(token.NoPos)
	var lines []string
	for _, name := range pkg.Scope().Names() {
		lines = append(lines, declaration(pkg.Scope().Lookup(name), nil))
	}
	for _, d := range k.state.decls {
		lines = append(lines, fmt.Sprint(d.names, " ", d.text))
	}
	for name, path := range k.state.imports {
		lines = append(lines, name+" "+path)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// follows tells an outline of a cell of a session, and sees whether it knows
// what the session does.
func (o *Outline) follows(t *testing.T, s *Session, cell Cell, r Outcome) {
	t.Helper()
	switch {
	case r.Reset:
		o.Reset(nil)
	case r.Ran:
		o.Tell(cell).Done(r.Done)
	}
	if got, want := o.described(), s.described(); got != want {
		t.Errorf("after %s\nthe outline knows\n%s\nand the session\n%s", cell.Code, got, want)
	}
}

// Of a cell that fails in the middle an outline knows what ran. (The table of
// cells is followed by one, too.)
func TestOutlineOfCellsThatFail(t *testing.T) {
	s, o := newSession(t), NewOutline()
	for i, code := range []string{
		"import str \"strings\"\na := 1\nfunc f() string { return str.ToUpper(\"a\") }",
		"a := \"text\"\nvar p *int\n*p = 1\na := 2.5\nb := 3",
		"a + 1",
		"type T struct{ A int }\nt := T{}\nfunc (t T) M() {}",
		"type T struct{ B string }\nc := nope",
		"type T struct{ B string }",
		"func (t T) M(x int) {}\nmath?",
		"a?",
		"%reset",
		"z := 3",
	} {
		cell := Cell{i + 1, code}
		o.follows(t, s, cell, s.Execute(context.Background(), cell, &page{}))
	}
	if got := strings.Join(o.Variables(), " "); got != "z" {
		t.Errorf("variables at the end: %s", got)
	}
}

func TestOutlineOfARestoredSession(t *testing.T) {
	cells := []Cell{
		{1, "import str \"strings\"\nx := 1\nfunc usesX() int { return x }\nfunc up(s string) string { return str.ToUpper(s) }"},
		{2, "type T struct{ A int }\nfunc (t T) M() int { return t.A }\nvar t T"},
		{3, "const c = 1\nfunc also() int { return usesX() }"},
	}
	s, o := newSession(t), NewOutline()
	for _, c := range cells {
		s.Restore(c)
		o.Tell(Cell{c.Number, "gone" + fmt.Sprint(c.Number) + " := 1"}).Done(1)
	}
	o.Reset(cells)
	if got, want := o.described(), s.described(); got != want || strings.Contains(got, "usesX") || !strings.Contains(got, "func up(s string) string") {
		t.Errorf("the outline knows\n%s\nand the session\n%s", got, want)
	}
}

// What is declared anew leaves nothing of the old behind.
func TestOutlineForgets(t *testing.T) {
	o := NewOutline()
	files := func() (n int) {
		o.fset.Iterate(func(*token.File) bool { n++; return true })
		return n
	}
	before := 0
	for i := range 60 {
		o.Tell(Cell{i, fmt.Sprintf("func f() int { return %d }\ntype T struct{ A int }", i)}).Done(0)
		o.Tell(Cell{i, fmt.Sprintf("x, g := %d, func() {}\ngo g()", i)}).Done(2)
		o.Complete("f", 1)
		if i == 5 {
			before = files()
		}
	}
	// The type T is the same all the time: that of the first cell lives on.
	if after := files(); after > before || len(o.known) != 2 {
		t.Errorf("%d files became %d; of %d cells something is kept", before, after, len(o.known))
	}
	if text, _ := o.Inspect("f", 1, 0); text != "func f() int" {
		t.Errorf("f is %q", text)
	}
}
