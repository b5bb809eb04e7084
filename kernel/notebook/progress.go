package notebook

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// quiet is the least time between two lines about one cell where a line
// cannot be rewritten.
const quiet = 10 * time.Second

// width is what a rewritten line may have without being broken.
const width = 79

// A reporter tells a person how far a run is: on a terminal in one line that
// is rewritten, elsewhere, as in a log, in a line now and then.
type reporter struct {
	mu       sync.Mutex
	w        io.Writer // nil: nobody is told
	terminal bool
	cells    int

	head  string // "[3/14] training"
	start time.Time
	last  time.Time // of the last line that was written
	ended bool
}

func newReporter(w io.Writer, cells int) *reporter {
	r := &reporter{w: w, cells: cells, ended: true}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			r.terminal = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return r
}

// begin says that the n-th cell starts.
func (r *reporter) begin(n int, label string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head = strings.TrimSpace(fmt.Sprintf("[%d/%d] %s", n, r.cells, label))
	r.start = time.Now()
	r.last, r.ended = r.start, false
	if r.terminal {
		r.rewrite(r.head + " ...")
	}
}

// watch shows the first line of what a cell displays, which for a progress
// display is how far it is.
func (r *reporter) watch(b display.Bundle) {
	text, _ := b["text/plain"].(string)
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimSpace(stripANSI(line))
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case line == "" || r.ended || r.w == nil:
	case r.terminal:
		number, _, _ := strings.Cut(r.head, " ")
		r.rewrite(number + " " + line)
	case time.Since(r.last) >= quiet:
		r.last = time.Now()
		number, _, _ := strings.Cut(r.head, " ")
		fmt.Fprintf(r.w, "%s %s\n", number, line)
	}
}

// end says how long the cell took and, if it did not succeed, why not.
func (r *reporter) end(failure string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.w == nil {
		return
	}
	if r.terminal {
		fmt.Fprint(r.w, "\r\x1b[K")
	}
	line := fmt.Sprintf("%s ... %s", r.head, seconds(time.Since(r.start)))
	if failure != "" {
		line += ": " + failure
	}
	fmt.Fprintln(r.w, line)
}

// note writes a line of its own.
func (r *reporter) note(format string, args ...any) {
	if r.w != nil {
		fmt.Fprintf(r.w, format+"\n", args...)
	}
}

func (r *reporter) rewrite(line string) {
	if runes := []rune(line); len(runes) > width {
		line = string(runes[:width-1]) + "…"
	}
	fmt.Fprint(r.w, "\r\x1b[K"+line)
}

func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
}

// label says what a code cell is about: the heading right above it or,
// without one, its first line.
func label(cells []*Cell, i int) string {
	text := ""
	for k := i - 1; k >= 0 && cells[k].Type == "markdown" && text == ""; k-- {
		text = heading(cells[k].Source)
	}
	if text == "" {
		text, _, _ = strings.Cut(strings.TrimSpace(cells[i].Source), "\n")
		text = strings.TrimSpace(strings.TrimPrefix(text, "//"))
	}
	if runes := []rune(text); len(runes) > 40 {
		text = string(runes[:39]) + "…"
	}
	return text
}
