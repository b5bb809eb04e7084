package session

import (
	"strings"
	"testing"
)

// The refusals that LIMITS.md lists: each says what to write instead, and runs
// nothing.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, code, want string }{
		{"generic library function", "x := []int{2, 1}\nslices.Sort(x)", "slices.Sort is generic"},
		{"range over a function", "seq := func(yield func(int) bool) { yield(1) }\nfor i := range seq { fmt.Print(i) }", "call it with a function that has the loop's body"},
		{"changed loop variable that is kept", "var fs []func() int\nfor i := 0; i < 9; i++ { i++; fs = append(fs, func() int { return i }) }", "copy it to another variable first"},
		{"goto", "again:\nfmt.Print(1)\ngoto again", "put the statements into a function, or use a loop"},
		{"return", "return", "a cell is not a function"},
		{"dot import", "import . \"math\"", "cells have no dot imports"},
		{"unsafe", "import \"unsafe\"", `cells cannot import "unsafe"`},
		{"syscall", "import \"syscall\"", `cells cannot import "syscall"`},
		{"cgo", "import \"C\"", `cells cannot import "C"`},
		{"package clause", "package main", "a cell has no package clause"},
		{"init", "func init() {}", "a cell needs no func init"},
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
