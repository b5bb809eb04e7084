package session

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"
)

var shellLine = regexp.MustCompile(`(?m)^\s*!`)

// FuzzCell runs whatever text as a cell, twice in one session. The kernel must
// not panic, a cell must end soon after it is interrupted, and the session must
// then still add.
func FuzzCell(f *testing.F) {
	for _, c := range cellCases(f) {
		if len(c.cells) == 1 && len(c.cells[0]) < 150 {
			f.Add(c.cells[0])
		}
	}
	f.Fuzz(func(t *testing.T, code string) {
		for _, outside := range []string{"os", "exec", "http", "net", "syscall", "ioutil", "time", "make", "Repeat", "rand"} {
			if strings.Contains(code, outside) { // files, the network, or all of the memory
				return
			}
		}
		if shellLine.MatchString(code) { // whatever command that makes
			return
		}
		s := newSession(t)
		for n := range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			ended := make(chan Outcome, 1)
			go func() { ended <- s.Execute(ctx, Cell{n + 1, code}, &page{}) }()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Fatalf("does not end: %q", code)
			}
			cancel()
		}
		if got := do(s, 3, "1 + 1"); !strings.Contains(got, "=> 2") {
			t.Errorf("after %q the session answers %q", code, got)
		}
	})
}

// FuzzAsk asks about whatever text is being typed in a session that has made
// something. There is always an answer, with offsets of the text.
func FuzzAsk(f *testing.F) {
	for _, code := range []string{"strings.To", "p.", "P{W", "func (p P) M() { p.", "fmt.Println(\"é😀\", v", "import \"ma", "%ti", "x := []int{1,", "for i := range 3 {", "G[int]{}.", "`", "/*", "\xff.", "!ls", "%%native\nfunc f() { v."} {
		f.Add(code, len(code))
	}
	for _, c := range cellCases(f) {
		f.Add(c.cells[0], len(c.cells[0])/2)
	}
	o := NewOutline()
	o.Tell(Cell{1, "import str \"strings\"\ntype P struct{ Weight int; next *P }\nfunc (p P) Twice() int { return 2 * p.Weight }\ntype G[T any] struct{ V T }\nfunc v2(x int) (int, error) { return x, nil }\nconst c = 1\np, v := P{}, str.Fields(\"a\")"}).Done(1)
	before := o.described()
	f.Fuzz(func(t *testing.T, code string, cursor int) {
		start, end, found := o.Complete(code, cursor)
		if start < 0 || end < start || end > len(code) {
			t.Fatalf("%q at %d: completes from %d to %d", code, cursor, start, end)
		}
		for _, c := range found {
			if c.Text == "" || strings.Contains(c.Text, mark) {
				t.Fatalf("%q at %d: completes with %q", code, cursor, c.Text)
			}
		}
		for detail := range 2 {
			if text, ok := o.Inspect(code, cursor, detail); ok == (text == "") {
				t.Fatalf("%q at %d: %t, and says %q", code, cursor, ok, text)
			}
		}
		switch status, indent := IsComplete(code); {
		case status != "complete" && status != "incomplete" && status != "invalid", strings.Trim(indent, "\t") != "":
			t.Fatalf("%q is %q, %q", code, status, indent)
		}
		if o.described() != before {
			t.Fatalf("%q at %d changes the session", code, cursor)
		}
	})
}
