package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A terminal shows what cells produce as text. A display that changes, as a
// training's progress, is a line below the rest that is written over.
type terminal struct {
	out, err io.Writer
	columns  int // of the screen that out is; 0: it is none, as a file
	ask      func(prompt string, password bool) (string, error)

	mu     sync.Mutex
	status string // what the line that is written over says
	open   bool   // the last line has no newline yet
}

func (t *terminal) Stream(name, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave()
	w := t.out
	if name == "stderr" {
		w = t.err
	}
	io.WriteString(w, text)
	if text != "" {
		t.open = !strings.HasSuffix(text, "\n")
	}
}

func (t *terminal) Display(b display.Bundle, _ string) {
	text, ok := b[display.Text].(string)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave()
	t.newLine()
	fmt.Fprintln(t.out, text)
}

func (t *terminal) Update(b display.Bundle, _ string) {
	text, _ := b[display.Text].(string)
	line, _, _ := strings.Cut(text, "\n")
	if line == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.newLine()
	t.status = line
	if t.columns > 0 {
		if runes := []rune(line); len(runes) >= t.columns {
			line = string(runes[:t.columns-2]) + "…"
		}
		fmt.Fprint(t.out, "\r\x1b[K", line)
	}
}

// Clear clears the line that is written over; what has scrolled up stays.
func (t *terminal) Clear(bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status != "" && t.columns > 0 {
		fmt.Fprint(t.out, "\r\x1b[K")
	}
	t.status = ""
}

// Input asks for a line where somebody can be asked.
func (t *terminal) Input(prompt string, password bool) (string, error) {
	t.mu.Lock()
	t.leave()
	t.open = false // the answer's newline ends the line
	t.mu.Unlock()
	if t.ask == nil {
		return "", display.ErrNobody
	}
	return t.ask(prompt, password)
}

// leave goes below the line that is written over, which elsewhere than on a
// screen is written only now, with its last text. The lock is held.
func (t *terminal) leave() {
	if t.status == "" {
		return
	}
	if t.columns == 0 {
		fmt.Fprint(t.out, t.status)
	}
	fmt.Fprintln(t.out)
	t.status = ""
}

// newLine ends a line that a cell left open. The lock is held.
func (t *terminal) newLine() {
	if t.open {
		fmt.Fprintln(t.out)
		t.open = false
	}
}

// end is called when a cell has ended. On a screen what comes next begins a
// line of its own; a file has exactly what was printed.
func (t *terminal) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave()
	if t.columns > 0 {
		t.newLine()
	}
}

// columns is how wide the screen is that a file stands for, or 0.
func columns(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
