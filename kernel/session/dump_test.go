package session

import (
	pr "go/printer"
	"go/token"
	"os"
	"testing"
)

func TestDump(t *testing.T) {
	src, err := os.ReadFile("/tmp/dump.go")
	if err != nil {
		return
	}
	s := newSession(t)
	u, ps := parse(s.engine.fileSet(), "x", 1, string(src))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	c, ps := s.check(s.state, u)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	p, ps := s.lower(c)
	t.Log(ps)
	fs := token.NewFileSet()
	for _, d := range p.decls {
		pr.Fprint(os.Stdout, fs, d)
		println()
	}
	for _, d := range p.setup {
		pr.Fprint(os.Stdout, fs, d)
		println()
	}
	println(do(s, 1, string(src)))
}
