package notebook

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// maxStream is how much text of one stream output is kept: a file or a page
// with more is of no use to anybody, and a cell that prints for ever must not
// fill the memory.
const maxStream = 16 << 20

// A recorder puts what cells produce into their notebook, as a front end
// does. A display may be updated by a later cell, and a goroutine may print
// after its cell has ended, so one lock guards all cells.
type recorder struct {
	mu       sync.Mutex
	displays map[string][]*Output // by display id
	cells    []*cellOutput
	failed   func(cell int, e *session.Error) // is told of errors beside a cell
}

// begin clears the outputs of a cell that is about to run and returns the
// receiver of new ones. watch sees every display that has an id.
func (r *recorder) begin(c *Cell, watch func(display.Bundle)) *cellOutput {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.Outputs, c.Count = nil, 0
	out := &cellOutput{recorder: r, cell: c, watch: watch}
	r.cells = append(r.cells, out)
	return out
}

// snapshot calls f while the notebook does not change.
func (r *recorder) snapshot(f func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.cells {
		c.settle()
	}
	return f()
}

// A cellOutput is the display.Output of one cell.
type cellOutput struct {
	*recorder
	cell  *Cell
	watch func(display.Bundle)

	clearNext bool // clear when the next output comes

	// The last output, when it is a stream, is still open. Its Text is set
	// by settle from the finished lines and the last one, in which carriage
	// returns and backspaces move the column as they do on a terminal.
	stream *Output
	done   []byte
	line   []rune
	column int
}

func (c *cellOutput) Stream(name, text string) {
	if text == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream == nil || c.stream.Name != name || c.clearNext {
		o := &Output{Type: "stream", Name: name}
		c.add(o)
		c.stream = o
	}
	for _, r := range text {
		if len(c.done)+len(c.line) >= maxStream {
			c.settle()
			c.stream.Text += fmt.Sprintf("\n[more than %d MiB; the rest is not kept]\n", maxStream>>20)
			c.stream, c.done, c.line, c.column = &Output{Name: name}, nil, nil, 0 // not in the notebook
		}
		c.put(r)
	}
}

func (c *cellOutput) put(r rune) {
	switch {
	case r == '\n':
		c.done = append(append(c.done, string(c.line)...), '\n')
		c.line, c.column = c.line[:0], 0
	case r == '\r':
		c.column = 0
	case r == '\b':
		c.column = max(0, c.column-1)
	case c.column < len(c.line):
		c.line[c.column] = r
		c.column++
	default:
		c.line = append(c.line, r)
		c.column++
	}
}

// settle brings the text of the open stream up to date. The lock is held.
func (c *cellOutput) settle() {
	if c.stream != nil {
		c.stream.Text = string(c.done) + string(c.line)
	}
}

// closeStream ends the open stream. The lock is held.
func (c *cellOutput) closeStream() {
	c.settle()
	c.stream, c.done, c.line, c.column = nil, nil, nil, 0
}

// add appends an output. The lock is held.
func (c *cellOutput) add(o *Output) {
	c.closeStream()
	if c.clearNext {
		c.cell.Outputs, c.clearNext = nil, false
	}
	c.cell.Outputs = append(c.cell.Outputs, o)
}

func (c *cellOutput) Display(b display.Bundle, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &Output{Type: "display_data", Data: plainJSON(b)}
	c.add(o)
	if id != "" {
		c.displays[id] = append(c.displays[id], o)
		c.watch(b)
	}
}

func (c *cellOutput) Update(b display.Bundle, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.displays[id] {
		o.Data = plainJSON(b)
	}
	c.watch(b)
}

func (c *cellOutput) Clear(wait bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clearNext = wait
	if !wait {
		c.closeStream()
		c.cell.Outputs = nil
	}
}

// end adds the cell's value and error, which may be nil, and its execution
// count.
func (c *cellOutput) end(count int, value display.Bundle, failure *Output) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cell.Count = count
	if value != nil {
		c.add(&Output{Type: "execute_result", Data: plainJSON(value), Count: count})
	}
	if failure != nil {
		c.add(failure)
	}
}

// Failed shows an error beside the cell that runs, and tells of it.
func (c *cellOutput) Failed(cell int, e *session.Error) {
	c.Stream("stderr", strings.Join(e.Traceback, "\n")+"\n")
	c.failed(cell, e)
}

// plainJSON is a copy of a bundle whose values are what JSON decodes to. A
// format that has no JSON, as one with a NaN, is left out.
func plainJSON(b display.Bundle) display.Bundle {
	out := display.Bundle{}
	for mime, v := range b {
		if _, text := v.(string); !text {
			j, err := json.Marshal(v)
			if err != nil {
				continue
			}
			if v, err = parseJSON(j); err != nil {
				continue
			}
		}
		out[mime] = v
	}
	return out
}
