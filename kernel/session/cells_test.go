package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The table of cells is in testdata/cells, one file a topic:
//
//	=== name of a case
//	a cell
//	---
//	another cell of the same session
//	+++
//	an equivalent program, where putting the cells together would not make one
//	>>>
//	what the cells print and show
//
// A last value shows after "=> ", a panic after "!! panic: ". What is expected
// is what Go itself makes of it (see oracle_test.go). A case with a name that
// ends in (kernel) is about the kernel alone, and Go is not asked.
type cellCase struct {
	file, name string
	cells      []string
	program    string
	want       string
}

func (c *cellCase) kernelOnly() bool { return strings.HasSuffix(c.name, "(kernel)") }

// cellCases reads the table.
func cellCases(t testing.TB) (all []*cellCase) {
	t.Helper()
	files, err := filepath.Glob("testdata/cells/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no table of cells: ", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c *cellCase
		var part *string
		for line := range strings.Lines(string(text)) {
			switch bare := strings.TrimRight(line, "\n"); {
			case strings.HasPrefix(line, "=== "):
				c = &cellCase{file: file, name: bare[4:], cells: []string{""}}
				all = append(all, c)
				part = &c.cells[0]
			case c == nil: // what the file is about
			case bare == "---":
				c.cells = append(c.cells, "")
				part = &c.cells[len(c.cells)-1]
			case bare == "+++":
				part = &c.program
			case bare == ">>>":
				part = &c.want
			default:
				*part += line
			}
		}
	}
	seen := map[string]bool{}
	for _, c := range all {
		c.want = strings.TrimRight(c.want, "\n")
		if key := c.file + c.name; seen[key] {
			t.Errorf("%s has two cases named %q", c.file, c.name)
		} else {
			seen[key] = true
		}
	}
	return all
}

// writeCases writes the table with what is wanted now; what comes before the
// first case of a file stays.
func writeCases(t *testing.T, all []*cellCase) {
	files := map[string]*strings.Builder{}
	for _, c := range all {
		b := files[c.file]
		if b == nil {
			b = &strings.Builder{}
			files[c.file] = b
			old, err := os.ReadFile(c.file)
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut("\n"+string(old), "\n=== ")
			b.WriteString(strings.TrimSpace(head) + "\n")
		}
		b.WriteString("\n=== " + c.name + "\n")
		for i, cell := range c.cells {
			if i > 0 {
				b.WriteString("---\n")
			}
			b.WriteString(strings.TrimRight(cell, "\n") + "\n")
		}
		if c.program != "" {
			b.WriteString("+++\n" + strings.TrimRight(c.program, "\n") + "\n")
		}
		b.WriteString(">>>\n")
		if c.want != "" {
			b.WriteString(c.want + "\n")
		}
	}
	for file, b := range files {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shownMark is before what the output of a case begins a new line for.
const shownMark = "\x00"

// tidy is the output of a case as the table has it.
func tidy(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, shownMark) {
		if i > 0 && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(part)
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// inSession runs a case's cells in a session, which an outline follows.
func (c *cellCase) inSession(t *testing.T) string {
	s, follower := newSession(t), NewOutline()
	var b strings.Builder
	for i, code := range c.cells {
		p := &page{}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		cell := Cell{i + 1, strings.TrimRight(code, "\n")}
		o := s.Execute(ctx, cell, p)
		cancel()
		follower.follows(t, s, cell, o)
		p.mu.Lock()
		b.WriteString(p.text.String())
		p.mu.Unlock()
		if o.Value != nil {
			b.WriteString(shownMark + "=> " + o.Value["text/plain"].(string) + "\n")
		}
		if o.Err != nil {
			b.WriteString(shownMark + "!! " + o.Err.Name + ": " + o.Err.Message + "\n")
		}
	}
	return tidy(b.String())
}

func TestTableOfCells(t *testing.T) {
	all := cellCases(t)
	if len(all) < 600 {
		t.Errorf("the table has %d cases, and should have 600", len(all))
	}
	for _, c := range all {
		t.Run(strings.TrimSuffix(filepath.Base(c.file), ".txt")+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.inSession(t); got != c.want {
				t.Errorf("%s\n--- gives\n%s\n--- wants\n%s", strings.Join(c.cells, "---\n"), got, c.want)
			}
		})
	}
}
