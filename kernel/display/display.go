// Package display turns Go values into what a front end can show, and says
// where a cell's outputs go. It knows neither Jupyter's messages nor the
// interpreter.
//
// A value is rendered by its methods, so that a library need not import the
// kernel: HTML() string, Markdown() string, LaTeX() string, SVG() string,
// PNG() []byte, JSON() any and String() string; each of the first six may
// also return an error beside its result. Beyond that *plot.Plot of
// gonum/plot, image.Image and mat.Matrix are known as they are.
package display

import (
	"encoding/json"
	"errors"
)

// A Bundle is one value in several formats, keyed by MIME type: text formats
// are strings, images base64 strings, JSON formats any JSON value.
type Bundle = map[string]any

// An Output receives what a running cell produces, in order. Its methods may
// be called from several goroutines.
type Output interface {
	// Stream appends text to "stdout" or "stderr".
	Stream(name, text string)
	// Display shows a bundle; a non-empty id names it for later updates.
	Display(b Bundle, id string)
	// Update replaces every display shown under id.
	Update(b Bundle, id string)
	// Clear empties the cell's output: at once, or when the next output comes.
	Clear(wait bool)
}

// An Asker is an Output behind which somebody can be asked for a line of text.
type Asker interface {
	// Input shows the prompt and returns the answer, without a newline. A
	// password is not shown as it is typed. A question that is interrupted ends
	// with context.Canceled.
	Input(prompt string, password bool) (string, error)
}

// ErrNobody is the answer where nobody can be asked.
var ErrNobody = errors.New("nobody can be asked for input here")

// A Comm is a message between an object of a cell and its counterpart in the
// front end, as a widget. Kind is "open", "msg" or "close".
type Comm struct {
	Kind, ID, Target string
	Data, Metadata   json.RawMessage
	Buffers          [][]byte
	Parent           json.RawMessage `json:",omitempty"` // the header of the front end's message, also in an answer to it
	Late             bool            `json:",omitempty"` // of an answer: nobody waits for it
}
