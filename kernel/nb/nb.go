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

	mu      sync.Mutex
	curve   *curve // of the training that Watch follows
	payload []map[string]any
}

var current atomic.Pointer[cell]

// Attach makes out the place where this package shows things, until detach is
// called, which returns what the cell asks of the front end when it has ended
// (the payloads of Jupyter's execute_reply). A session attaches every cell that
// it runs; in a plain Go program nothing is attached, and text goes to the
// standard output.
func Attach(ctx context.Context, out display.Output) (detach func() (payload []map[string]any)) {
	c := &cell{ctx: ctx, out: out}
	old := current.Swap(c)
	return func() []map[string]any {
		current.Store(old)
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.payload
	}
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

// Clear empties the cell's output: at once, or if wait when the next output
// comes, which then takes its place without a flicker.
func Clear(wait bool) {
	if c := current.Load(); c != nil {
		c.out.Clear(wait)
	}
}

// Page shows a long text in the front end's pager, where it has one, once the
// cell has ended.
func Page(text string) {
	ask(map[string]any{"source": "page", "data": display.Bundle{display.Text: text}, "start": 0}, text)
}

// NextCell puts code into a new cell below this one, once this has ended.
func NextCell(code string) {
	ask(map[string]any{"source": "set_next_input", "text": code, "replace": false}, code)
}

func ask(payload map[string]any, text string) {
	c := current.Load()
	if c == nil {
		fmt.Println(text)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.payload = append(c.payload, payload)
}

// Input asks the user for a line of text. Where nobody can be asked, as in a
// notebook that runs without a front end, that is an error.
func Input(prompt string) (string, error) { return input(prompt, false) }

// Password asks the user for a line of text that is not shown.
func Password(prompt string) (string, error) { return input(prompt, true) }

func input(prompt string, password bool) (string, error) {
	if c := current.Load(); c != nil {
		if a, ok := c.out.(display.Asker); ok {
			return a.Input(prompt, password)
		}
	}
	return "", display.ErrNobody
}
