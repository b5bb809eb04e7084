// Package nb is what the code of a cell calls to show things: values, text
// with formulas, the course of a training.
package nb

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A Cell is where a running cell shows things, and its interrupt.
type Cell struct {
	ctx context.Context
	out display.Output

	mu      sync.Mutex
	curve   *curve // of the training that Watch follows
	payload []map[string]any
}

// NewCell is a cell that shows things on out and is interrupted by the end of ctx.
func NewCell(ctx context.Context, out display.Output) *Cell { return &Cell{ctx: ctx, out: out} }

// Payload is what the cell has asked of the front end when it has ended (the payloads of
// Jupyter's execute_reply).
func (c *Cell) Payload() []map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.payload
}

var attached atomic.Pointer[func() *Cell]

// Attach makes mine say to which cell the goroutine belongs that calls this package,
// until detach is called. A session attaches its cells while they run; in a plain Go
// program nothing is attached, and text goes to the standard output.
func Attach(mine func() *Cell) (detach func()) {
	old := attached.Swap(&mine)
	return func() { attached.Store(old) }
}

// current is the cell to which the calling goroutine belongs, or nil.
func current() *Cell {
	if mine := attached.Load(); mine != nil {
		return (*mine)()
	}
	return nil
}

// displays numbers the displays of the process: no two share an id.
var displays atomic.Int64

func newID() string { return fmt.Sprintf("nb-%d", displays.Add(1)) }

// Show shows values below the cell at once, each as it would be shown as the
// cell's last expression. A method of a value that fails is an error; what the
// value's other methods give is shown all the same.
func Show(values ...any) error {
	c := current()
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
	if c := current(); c != nil {
		c.out.Clear(wait)
	}
}

// Page shows a long text in the front end's pager, where it has one, once the
// cell has ended.
func Page(text string) { ask(pager(text), text) }

// Page is the package's Page in this cell.
func (c *Cell) Page(text string) { c.ask(pager(text)) }

func pager(text string) map[string]any {
	return map[string]any{"source": "page", "data": display.Bundle{display.Text: text}, "start": 0}
}

// NextCell puts code into a new cell below this one, once this has ended.
func NextCell(code string) {
	ask(map[string]any{"source": "set_next_input", "text": code, "replace": false}, code)
}

func ask(payload map[string]any, text string) {
	c := current()
	if c == nil {
		fmt.Println(text)
		return
	}
	c.ask(payload)
}

func (c *Cell) ask(payload map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.payload = append(c.payload, payload)
}

// Input asks the user for a line of text. Where nobody can be asked, as in a
// notebook that runs without a front end, that is an error, and so is an interrupt.
func Input(prompt string) (string, error) { return input(prompt, false) }

// Password asks the user for a line of text that is not shown.
func Password(prompt string) (string, error) { return input(prompt, true) }

func input(prompt string, password bool) (string, error) {
	if c := current(); c != nil {
		if a, ok := c.out.(display.Asker); ok {
			text, err := a.Input(prompt, password)
			if err != nil && c.ctx.Err() != nil {
				err = progress.Interrupted
			}
			return text, err
		}
	}
	return "", display.ErrNobody
}
