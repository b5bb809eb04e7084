package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A bar shows how far a long computation is: on a terminal in one line that is
// rewritten, elsewhere, as in a job's log, in a line now and then.
type bar struct {
	mu    sync.Mutex
	f     *os.File
	every time.Duration // between two lines of a log; 0 on a terminal
	last  time.Time
}

func newBar(f *os.File) *bar {
	b := &bar{f: f, every: 30 * time.Second, last: time.Now()}
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		b.every = 0
	}
	return b
}

// report shows a task's progress as "██████░░░░ simulating 60/100 · 4s left".
func (b *bar) report(r progress.Report) {
	const width = 20
	text := r.String()
	if r.Total > 0 {
		full := width * r.Done / r.Total
		text = strings.Repeat("█", full) + strings.Repeat("░", width-full) + " " + text
	}
	b.show(text, r.Ended)
}

// show replaces the line; ended leaves it.
func (b *bar) show(text string, ended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.every > 0 && !ended && time.Since(b.last) < b.every:
	case b.every > 0:
		b.last = time.Now()
		fmt.Fprintln(b.f, text)
	case ended:
		fmt.Fprintf(b.f, "\r%-79s\n", text)
	default:
		fmt.Fprintf(b.f, "\r%-79s", text)
	}
}

// A cellOutput is the output of cells on a bar: what they print, and how far they are.
type cellOutput struct{ *bar }

// Stream appends what a cell prints.
func (s cellOutput) Stream(_, text string) { fmt.Fprint(s.f, text) }

// Display shows a progress line's first text, and nothing else a cell shows.
func (s cellOutput) Display(b display.Bundle, id string) { s.Update(b, id) }

// Update shows a progress line's new text.
func (s cellOutput) Update(b display.Bundle, id string) {
	if text, ok := b[display.Text].(string); ok && id != "" {
		s.show(text, false)
	}
}

// Clear clears nothing: a log has no way back.
func (s cellOutput) Clear(bool) {}
