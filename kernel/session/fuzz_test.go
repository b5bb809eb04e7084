package session

import (
	"context"
	"strings"
	"testing"
	"time"
)

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
