package notebook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// An Executor runs cells one after the other; *session.Session is one.
type Executor interface {
	Execute(ctx context.Context, cell session.Cell, out display.Output) session.Outcome
}

// Options of a run. The zero value has the defaults.
type Options struct {
	// Output is the file of the executed notebook; x.executed.ipynb beside
	// x.ipynb if empty.
	Output string
	// InPlace writes the executed notebook over the one that was read.
	InPlace bool
	// HTML is the file of the page. If empty, it is named as the executed
	// notebook is, without ".executed" and with .html.
	HTML string
	// Progress is told, in plain lines, how far the run is; nobody if nil.
	Progress io.Writer
	// Parameters replace those that the cell tagged "parameters" sets.
	Parameters []Parameter
	// Widgets is asked what the metadata are to keep under "widgets"; nothing
	// if nil.
	Widgets func() map[string]any
}

// A CellError says which cell failed. The notebook written has its traceback.
type CellError struct {
	Path          string // of the notebook
	Cell          int    // the cell's execution count
	Name, Message string
	Traceback     []string
}

func (e *CellError) Error() string {
	where := fmt.Sprintf("cell %d", e.Cell)
	if strings.HasPrefix(e.Message, where+",") || strings.HasPrefix(e.Message, where+":") {
		return fmt.Sprintf("notebook: %s: %s: %s", e.Path, e.Name, e.Message) // the session said where
	}
	return fmt.Sprintf("notebook: %s: %s: %s: %s", e.Path, where, e.Name, e.Message)
}

// Run executes every code cell of the notebook at path, in order, and writes
// the executed notebook and its page.
//
// The notebook is written before the first cell and after every cell, so that
// a run that is killed keeps what it did. A cell that fails ends the run with
// a *CellError, unless the cell is tagged "raises-exception"; so does a goroutine
// of a cell that panics, at once or until a moment after the last cell, and ctx being done, which the session is told. What cannot be read, cannot take a
// parameter, or has no place to be written to is said before any cell runs.
func Run(ctx context.Context, path string, s Executor, o *Options) error {
	if o == nil {
		o = &Options{}
	}
	nb, err := ReadFile(path)
	if err != nil {
		return err
	}
	if err := nb.CheckLanguage(); err != nil {
		return fmt.Errorf("notebook: %s %w", path, err)
	}
	if err := nb.inject(o.Parameters); err != nil {
		return fmt.Errorf("notebook: %s %w", path, err)
	}
	output, page, err := outputs(path, o)
	if err != nil {
		return err
	}
	if err := writable(page); err != nil { // not after hours
		return fmt.Errorf("%w; -o names another place for the notebook and its page, -html for the page", err)
	}
	nb.describe()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	rec := &recorder{displays: map[string][]*Output{}}
	var code []int // the cells to run, by their place in the notebook
	for i, c := range nb.Cells {
		if c.Type == "code" {
			c.Outputs, c.Count = nil, 0
			if strings.TrimSpace(c.Source) != "" {
				code = append(code, i)
			}
		}
	}
	rec.failed = func(n int, e *session.Error) {
		if n < 1 || !nb.Cells[code[n-1]].Tagged("raises-exception") {
			fail(&CellError{Path: path, Cell: n, Name: e.Name, Message: e.Message, Traceback: e.Traceback})
		}
	}
	delete(nb.Metadata, "widgets") // of an earlier run
	save := func() error {
		var widgets map[string]any
		if o.Widgets != nil {
			widgets = o.Widgets()
		}
		return rec.snapshot(func() error {
			if len(widgets) > 0 {
				nb.Metadata["widgets"] = widgets
			}
			return nb.WriteFile(output)
		})
	}
	if err := save(); err != nil {
		return err
	}
	rep := newReporter(o.Progress, len(code))
	var failed error
	for n, i := range code {
		var goroutines int
		goroutines, failed = runCell(ctx, s, rec, rep, nb, i, n+1, path)
		if failed == nil && goroutines > 0 && n == len(code)-1 {
			select {
			case <-time.After(lastMoment):
			case <-ctx.Done():
			}
		}
		if failed == nil && ctx.Err() != nil { // the cell made the best of it, as a training does
			failed = fmt.Errorf("notebook: %s: interrupted in cell %d", path, n+1)
		}
		if err := save(); err != nil {
			return err
		}
		var beside *CellError
		if errors.As(context.Cause(ctx), &beside) { // because of which the cell was interrupted, if it was
			failed = beside
		}
		if failed != nil {
			break
		}
	}
	var b strings.Builder
	if err := rec.snapshot(func() error { return WriteHTML(&b, nb) }); err != nil {
		return err
	}
	if err := writeFile(page, []byte(b.String())); err != nil {
		return err
	}
	rep.note("wrote %s and %s", output, page)
	return failed
}

// lastMoment is the time in which a goroutine may fail that runs on when the last
// cell has ended.
const lastMoment = 200 * time.Millisecond

// runCell runs the cell at place i as the count-th one, and says how many
// goroutines run on.
func runCell(ctx context.Context, s Executor, rec *recorder, rep *reporter, nb *Notebook, i, count int, path string) (goroutines int, err error) {
	cell := nb.Cells[i]
	out := rec.begin(cell, rep.watch)
	rep.begin(count, label(nb.Cells, i))
	outcome := s.Execute(ctx, session.Cell{Number: count, Code: cell.Source}, out)
	e := outcome.Err
	if e == nil {
		out.end(count, outcome.Value, nil)
		rep.end("")
		return outcome.Goroutines, nil
	}
	out.end(count, outcome.Value, &Output{Type: "error", ErrorName: e.Name, ErrorValue: e.Message, Traceback: e.Traceback})
	rep.end(e.Name)
	if cell.Tagged("raises-exception") && ctx.Err() == nil {
		return outcome.Goroutines, nil
	}
	return 0, &CellError{Path: path, Cell: count, Name: e.Name, Message: e.Message, Traceback: e.Traceback}
}

// outputs are the absolute names of the files to write.
func outputs(path string, o *Options) (output, page string, err error) {
	stem := strings.TrimSuffix(path, ".ipynb")
	switch {
	case o.InPlace && o.Output != "":
		return "", "", fmt.Errorf("notebook: in place and the output %s exclude each other", o.Output)
	case o.InPlace:
		output = path
	case o.Output == "":
		output = stem + ".executed.ipynb"
	case filepath.Ext(o.Output) != ".ipynb":
		return "", "", fmt.Errorf("notebook: the output %s does not end in .ipynb", o.Output)
	default:
		output, stem = o.Output, strings.TrimSuffix(o.Output, ".ipynb")
	}
	if page = o.HTML; page == "" {
		page = stem + ".html"
	}
	if output, err = filepath.Abs(output); err == nil {
		page, err = filepath.Abs(page)
	}
	if err != nil {
		return "", "", fmt.Errorf("notebook: %w", err)
	}
	return output, page, nil
}

// CheckLanguage is an error when the metadata say that the cells are in another language than Go.
// It goes on after the name of the file.
func (nb *Notebook) CheckLanguage() error {
	spec, _ := nb.Metadata["kernelspec"].(map[string]any)
	info, _ := nb.Metadata["language_info"].(map[string]any)
	language, _ := spec["language"].(string)
	if language == "" {
		language, _ = info["name"].(string)
	}
	if name := spec["name"]; language == "" || strings.EqualFold(language, "go") || name == "innkeeper" {
		return nil
	}
	return fmt.Errorf("is a notebook in %s, as its metadata say: innkeeper runs Go", language)
}

// describe records in the notebook which kernel ran it. What Jupyter has
// recorded of this kernel stays.
func (nb *Notebook) describe() {
	spec, _ := nb.Metadata["kernelspec"].(map[string]any)
	if spec["name"] != "innkeeper" {
		nb.Metadata["kernelspec"] = map[string]any{"display_name": "Go (innkeeper)", "language": "go", "name": "innkeeper"}
	}
	info, _ := nb.Metadata["language_info"].(map[string]any)
	if info["name"] != "go" {
		nb.Metadata["language_info"] = map[string]any{"file_extension": ".go", "mimetype": "text/x-go", "name": "go"}
	}
}
