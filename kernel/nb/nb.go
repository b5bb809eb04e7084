// Package nb is what the code of a cell calls to show things: values, text
// with formulas, the course of a training.
package nb

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// cell is where the running cell shows things, and its interrupt.
type cell struct {
	ctx context.Context
	out display.Output

	mu    sync.Mutex
	curve *curve // of the training that Watch follows
}

var current atomic.Pointer[cell]

// Attach makes out the place where this package shows things, until detach is
// called. A session attaches every cell that it runs; in a plain Go program
// nothing is attached, and text goes to the standard output.
func Attach(ctx context.Context, out display.Output) (detach func()) {
	old := current.Swap(&cell{ctx: ctx, out: out})
	return func() { current.Store(old) }
}

// displays numbers the displays of the process: no two share an id.
var displays atomic.Int64

func newID() string { return fmt.Sprintf("nb-%d", displays.Add(1)) }

// Show shows values below the cell at once, each as it would be shown as the
// cell's last expression. A method of a value that fails is an error; what the
// value's other methods give is shown all the same.
func Show(values ...any) error {
	c := current.Load()
	for _, v := range values {
		b, err := display.Render(v)
		if c == nil {
			fmt.Println(b[display.Text])
		} else {
			c.out.Display(b, "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// HTML, Markdown and LaTeX are texts that show themselves as such.
type (
	HTML     string
	Markdown string
	LaTeX    string
)

// HTML is the text itself.
func (t HTML) HTML() string { return string(t) }

// Markdown is the text itself.
func (t Markdown) Markdown() string { return string(t) }

// LaTeX is the text itself; delimiters such as $$ are part of it.
func (t LaTeX) LaTeX() string { return string(t) }
