package notebook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// WriteFile writes the notebook to a file, whole or not at all.
func (nb *Notebook) WriteFile(path string) error {
	b, err := nb.Bytes()
	if err != nil {
		return fmt.Errorf("notebook: %s: %w", path, err)
	}
	return writeFile(path, b)
}

// writeFile replaces a file in one step. What a symbolic link points to is
// replaced, not the link; the permissions of an existing file stay.
func writeFile(path string, b []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return unwritable(path, err)
	}
	defer os.Remove(f.Name()) // no longer there when all went well
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return unwritable(path, err)
	}
	return nil
}

// writable says whether a file can be written, without changing it.
func writable(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("notebook: cannot write %s: it is a folder", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return unwritable(path, err)
	}
	f.Close()
	os.Remove(f.Name())
	return nil
}

// unwritable is a sentence about a file that cannot be written. The system's
// own has the name of a temporary one.
func unwritable(path string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	return fmt.Errorf("notebook: cannot write %s: %w", path, err)
}

// Bytes is the notebook as the .ipynb file that Jupyter would write.
func (nb *Notebook) Bytes() ([]byte, error) {
	cells := make([]any, len(nb.Cells))
	for i, c := range nb.Cells {
		cells[i] = c.object()
	}
	top := with(nb.rest, map[string]any{
		"cells":          cells,
		"metadata":       orEmpty(nb.Metadata),
		"nbformat":       4,
		"nbformat_minor": nb.Minor,
	})
	b, err := appendJSON(nil, top, "\n")
	return append(b, '\n'), err
}

func (c *Cell) object() map[string]any {
	m := with(c.rest, map[string]any{
		"cell_type": c.Type,
		"metadata":  orEmpty(c.Metadata),
		"source":    lines(c.Source),
	})
	if c.ID != "" {
		m["id"] = c.ID
	}
	if c.Attachments != nil {
		all := map[string]any{}
		for name, b := range c.Attachments {
			all[name] = split(b)
		}
		m["attachments"] = all
	}
	if c.Type == "code" {
		outputs := make([]any, len(c.Outputs))
		for i, o := range c.Outputs {
			outputs[i] = o.object()
		}
		m["outputs"] = outputs
		m["execution_count"] = countOrNull(c.Count)
	}
	return m
}

func (o *Output) object() map[string]any {
	m := map[string]any{"output_type": o.Type}
	switch o.Type {
	case "stream":
		m["name"], m["text"] = o.Name, lines(o.Text)
	case "execute_result":
		m["execution_count"] = countOrNull(o.Count)
		fallthrough
	case "display_data":
		m["data"], m["metadata"] = split(o.Data), orEmpty(o.Metadata)
	case "error":
		traceback := make([]any, len(o.Traceback))
		for i, line := range o.Traceback {
			traceback[i] = line
		}
		m["ename"], m["evalue"], m["traceback"] = o.ErrorName, o.ErrorValue, traceback
	}
	return with(o.rest, m)
}

// with is the unknown fields together with the known ones.
func with(rest, known map[string]any) map[string]any {
	all := maps.Clone(known)
	maps.Copy(all, rest)
	return all
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

func countOrNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// split makes lists of lines of the texts in a bundle.
func split(b display.Bundle) map[string]any {
	m := map[string]any{}
	for mime, v := range b {
		s, ok := v.(string)
		if ok && (strings.HasPrefix(mime, "text/") || mime == "image/svg+xml" || mime == "application/javascript") {
			m[mime] = lines(s)
		} else {
			m[mime] = v
		}
	}
	return m
}

// lines cuts a text after its line ends, which are those of Python's
// str.splitlines, as Jupyter's writer uses it.
func lines(s string) []any {
	list := []any{}
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if !strings.ContainsRune("\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029", r) || r == utf8.RuneError {
			continue
		}
		if r == '\r' && strings.HasPrefix(s[i:], "\n") {
			i++
		}
		list = append(list, s[start:i])
		start = i
	}
	if start < len(s) {
		list = append(list, s[start:])
	}
	return list
}

// appendJSON writes a value as Python's json.dumps does with sorted keys, an
// indent of one and no escapes that JSON does not ask for. The newline
// carries the indent.
func appendJSON(b []byte, v any, newline string) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case string:
		return appendString(b, v), nil
	case []any:
		if len(v) == 0 {
			return append(b, "[]"...), nil
		}
		for i, item := range v {
			if i == 0 {
				b = append(b, '[')
			} else {
				b = append(b, ',')
			}
			if b, err = appendJSON(append(b, newline+" "...), item, newline+" "); err != nil {
				return nil, err
			}
		}
		return append(append(b, newline...), ']'), nil
	case map[string]any:
		if len(v) == 0 {
			return append(b, "{}"...), nil
		}
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i == 0 {
				b = append(b, '{')
			} else {
				b = append(b, ',')
			}
			b = appendString(append(b, newline+" "...), key)
			if b, err = appendJSON(append(b, ": "...), v[key], newline+" "); err != nil {
				return nil, err
			}
		}
		return append(append(b, newline...), '}'), nil
	}
	scalar, err := json.Marshal(v)
	return append(b, scalar...), err
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r < ' ':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
