// Package notebook reads and writes Jupyter notebooks (.ipynb, nbformat 4.0
// to 4.5), runs them in a session without Jupyter, and makes a page of HTML
// of them.
//
// What is read is written back as Jupyter's own writer would: fields that
// this package does not know are kept, keys are sorted, the indent is one
// space and text is a list of lines, so that version control sees only what
// changed.
package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A Notebook is a list of cells.
type Notebook struct {
	Cells    []*Cell
	Metadata map[string]any
	Minor    int // of the format: 4.Minor

	rest map[string]any // fields that are not known here
}

// A Cell is one input with its outputs.
type Cell struct {
	ID          string // in format 4.5 and later
	Type        string // "code", "markdown" or "raw"
	Source      string
	Metadata    map[string]any
	Attachments map[string]display.Bundle // by file name; markdown and raw cells only
	Count       int                       // the execution count of a code cell; 0 when not executed
	Outputs     []*Output                 // of a code cell

	rest map[string]any
}

// An Output is something a code cell produced. Which fields it has depends
// on its type.
type Output struct {
	Type string // "stream", "display_data", "execute_result" or "error"

	Name, Text string // stream: "stdout" or "stderr", and what was written

	Data     display.Bundle // display_data, execute_result
	Metadata map[string]any
	Count    int // execute_result

	ErrorName, ErrorValue string // error
	Traceback             []string

	rest map[string]any
}

// Tagged says whether the cell has a tag.
func (c *Cell) Tagged(tag string) bool {
	tags, _ := c.Metadata["tags"].([]any)
	for _, t := range tags {
		if t == tag {
			return true
		}
	}
	return false
}

// ReadFile reads the notebook in a file.
func ReadFile(path string) (*Notebook, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	nb, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("notebook: %s %w", path, err)
	}
	return nb, nil
}

// Parse reads a notebook from the bytes of an .ipynb file. Its errors go on
// after the name of the file: "is not a notebook: ...".
func Parse(b []byte) (*Notebook, error) {
	v, err := parseJSON(b)
	if err != nil {
		return nil, err
	}
	top, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("is not a notebook: it holds no JSON object")
	}
	return readNotebook(top)
}

// parseJSON keeps numbers as they are written.
func parseJSON(b []byte) (any, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, errors.New("is empty")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	if err == nil {
		if _, more := dec.Token(); more == io.EOF {
			return v, nil
		}
		return nil, fmt.Errorf("is not valid JSON: something follows its end in line %d", lineAt(b, dec.InputOffset()))
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, fmt.Errorf("is not valid JSON: %s in line %d", syntax, lineAt(b, syntax.Offset))
	}
	return nil, fmt.Errorf("is not valid JSON: it ends too early, in line %d", lineAt(b, int64(len(b))))
}

func lineAt(b []byte, offset int64) int {
	return 1 + bytes.Count(b[:min(offset, int64(len(b)))], []byte("\n"))
}

func readNotebook(top map[string]any) (*Notebook, error) {
	f := fields{where: "the notebook", m: top}
	major, minor := f.count("nbformat"), f.count("nbformat_minor")
	switch {
	case f.err != nil:
		return nil, f.err
	case major == 0:
		return nil, errors.New("is not a notebook: it has no nbformat")
	case major < 4:
		return nil, fmt.Errorf("has notebook format %d and innkeeper reads format 4: open it in Jupyter and save it once", major)
	case major > 4:
		return nil, fmt.Errorf("has notebook format %d, which is newer than the format 4 that innkeeper reads", major)
	}
	nb := &Notebook{Minor: minor, Metadata: f.object("metadata")}
	cells := f.objects("cells")
	nb.rest = f.m
	for _, key := range []string{"orig_nbformat", "orig_nbformat_minor", "signature"} {
		delete(nb.Metadata, key) // of the moment, as Jupyter sees it; not kept in files
	}
	for i, c := range cells {
		cell, err := readCell(c, fmt.Sprintf("cell %d of %d", i+1, len(cells)))
		if err != nil {
			return nil, err
		}
		nb.Cells = append(nb.Cells, cell)
	}
	return nb, f.err
}

func readCell(m map[string]any, where string) (*Cell, error) {
	f := fields{where: where, m: m}
	c := &Cell{ID: f.text("id"), Type: f.text("cell_type"), Source: f.text("source"), Metadata: f.object("metadata")}
	delete(c.Metadata, "trusted")
	switch c.Type {
	case "code":
		c.Count = f.count("execution_count")
		for i, m := range f.objects("outputs") {
			o, err := readOutput(m, fmt.Sprintf("%s, output %d", where, i+1))
			if err != nil {
				return nil, err
			}
			c.Outputs = append(c.Outputs, o)
		}
	case "markdown", "raw":
		if _, there := f.m["attachments"]; there {
			c.Attachments = map[string]display.Bundle{}
			g := fields{where: where + ", its attachments", m: f.object("attachments")}
			for _, name := range slices.Sorted(maps.Keys(g.m)) {
				c.Attachments[name] = joined(g.object(name))
			}
			if g.err != nil {
				return nil, g.err
			}
		}
	default:
		if f.err == nil {
			return nil, fmt.Errorf("is not a notebook: %s has the type %q, not code, markdown or raw", where, c.Type)
		}
	}
	c.rest = f.m
	return c, f.err
}

func readOutput(m map[string]any, where string) (*Output, error) {
	f := fields{where: where, m: m}
	o := &Output{Type: f.text("output_type")}
	switch o.Type {
	case "stream":
		o.Name, o.Text = f.text("name"), f.text("text")
	case "execute_result":
		o.Count = f.count("execution_count")
		fallthrough
	case "display_data":
		o.Data, o.Metadata = joined(f.object("data")), f.object("metadata")
	case "error":
		o.ErrorName, o.ErrorValue, o.Traceback = f.text("ename"), f.text("evalue"), f.texts("traceback")
	}
	o.rest = f.m // an output of another type is kept as it is
	return o, f.err
}

// fields takes the known fields out of a JSON object and remembers the first
// one that is not what it should be. A missing field is empty.
type fields struct {
	where string
	m     map[string]any
	err   error
}

func (f *fields) take(name, want string, ok func(any) bool) any {
	v, there := f.m[name]
	if !there {
		return nil
	}
	delete(f.m, name)
	if v != nil && !ok(v) && f.err == nil {
		f.err = fmt.Errorf("is not a notebook: %q of %s is not %s", name, f.where, want)
	}
	return v
}

// text is a string or a list of strings.
func (f *fields) text(name string) (s string) {
	f.take(name, "text", func(v any) (ok bool) {
		s, ok = join(v)
		return ok
	})
	return s
}

func (f *fields) texts(name string) (list []string) {
	f.take(name, "a list of texts", func(v any) bool {
		items, ok := v.([]any)
		for _, item := range items {
			s, isText := item.(string)
			ok = ok && isText
			list = append(list, s)
		}
		return ok
	})
	return list
}

func (f *fields) count(name string) (n int) {
	f.take(name, "a number", func(v any) bool {
		num, _ := v.(json.Number)
		i, err := num.Int64()
		n = int(i)
		return err == nil && i >= 0
	})
	return n
}

func (f *fields) object(name string) map[string]any {
	m, _ := f.take(name, "an object", func(v any) bool { _, ok := v.(map[string]any); return ok }).(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	return m
}

func (f *fields) objects(name string) (list []map[string]any) {
	f.take(name, "a list of objects", func(v any) bool {
		items, ok := v.([]any)
		for _, item := range items {
			m, isObject := item.(map[string]any)
			ok = ok && isObject
			list = append(list, m)
		}
		return ok
	})
	return list
}

// join makes one string of a string or a list of strings.
func join(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []any:
		var b strings.Builder
		for _, line := range v {
			s, ok := line.(string)
			if !ok {
				return "", false
			}
			b.WriteString(s)
		}
		return b.String(), true
	}
	return "", false
}

// joined joins the lists of lines in a bundle; a JSON format may be a list of
// strings in its own right.
func joined(b display.Bundle) display.Bundle {
	for mime, v := range b {
		if s, ok := join(v); ok && !isJSON(mime) {
			b[mime] = s
		}
	}
	return b
}

func isJSON(mime string) bool {
	return mime == "application/json" || strings.HasPrefix(mime, "application/") && strings.HasSuffix(mime, "+json")
}
