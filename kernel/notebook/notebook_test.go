package notebook

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files in testdata named jupyter*.ipynb were written by nbformat 5.11,
// Jupyter's own writer, and hold what it may meet: fields of other tools,
// attachments, all kinds of outputs and line ends.
func TestWritesAsJupyterDoes(t *testing.T) {
	files, err := filepath.Glob("testdata/jupyter*.ipynb")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		nb, err := Parse(want)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		got, err := nb.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			w, g := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
			for i := range min(len(w), len(g)) {
				if !bytes.Equal(w[i], g[i]) {
					t.Fatalf("%s:%d: wrote %q, Jupyter writes %q", file, i+1, g[i], w[i])
				}
			}
			t.Fatalf("%s: %d lines, Jupyter writes %d", file, len(g), len(w))
		}
	}
}

func TestParse(t *testing.T) {
	nb, err := ReadFile("testdata/jupyter45.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	code := nb.Cells[1]
	if nb.Minor != 5 || len(nb.Cells) != 4 || code.ID != "bbbb2222" || code.Source != "x := 1\nx" || code.Count != 3 {
		t.Errorf("the code cell is %+v", code)
	}
	if got := code.Outputs[3].Data["text/html"]; got != "<b>\n1</b>" {
		t.Errorf("text/html is %q", got)
	}
	if list, ok := code.Outputs[2].Data["application/json"].([]any); !ok || len(list) != 2 {
		t.Errorf("a JSON list of strings became %v", code.Outputs[2].Data["application/json"])
	}
	if got := code.Outputs[4].Traceback; len(got) != 2 || got[1] != "line" {
		t.Errorf("traceback %q", got)
	}
	if !nb.Cells[0].Tagged("x") || nb.Cells[0].Tagged("y") {
		t.Error("tags are not read")
	}
	if got := nb.Cells[0].Attachments["n.txt"]["text/plain"]; got != "one\ntwo" {
		t.Errorf("attachment %q", got)
	}
}

func TestBadNotebooks(t *testing.T) {
	cell := func(c string) string {
		return `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [` + c + `]}`
	}
	for _, c := range []struct{ src, want string }{
		{"", "is empty"},
		{"\n\t ", "is empty"},
		{"{\n\"a\": 1,\n}", "is not valid JSON: invalid character '}' looking for beginning of object key string in line 3"},
		{`{"nbformat": 4`, "is not valid JSON: it ends too early, in line 1"},
		{"{}\n{}", "is not valid JSON: something follows its end in line 2"},
		{"[1]", "is not a notebook: it holds no JSON object"},
		{"{}", "is not a notebook: it has no nbformat"},
		{`{"nbformat": 3, "worksheets": []}`, "has notebook format 3 and innkeeper reads format 4: open it in Jupyter and save it once"},
		{`{"nbformat": 5}`, "has notebook format 5, which is newer than the format 4 that innkeeper reads"},
		{`{"nbformat": "4"}`, `is not a notebook: "nbformat" of the notebook is not a number`},
		{`{"nbformat": 4, "cells": 1}`, `is not a notebook: "cells" of the notebook is not a list of objects`},
		{cell(`{"cell_type": "heading", "source": ""}`), `is not a notebook: cell 1 of 1 has the type "heading", not code, markdown or raw`},
		{cell(`{"cell_type": "code", "source": 5}`), `is not a notebook: "source" of cell 1 of 1 is not text`},
		{cell(`{"cell_type": "code", "source": ["a", 5]}`), `is not a notebook: "source" of cell 1 of 1 is not text`},
		{cell(`{"cell_type": "code", "outputs": [{"output_type": "display_data", "data": []}]}`),
			`is not a notebook: "data" of cell 1 of 1, output 1 is not an object`},
		{cell(`{"cell_type": "code", "execution_count": -1}`), `is not a notebook: "execution_count" of cell 1 of 1 is not a number`},
		{cell(`{"cell_type": "markdown", "attachments": {"a.png": 1}}`), `is not a notebook: "a.png" of cell 1 of 1, its attachments is not an object`},
	} {
		_, err := Parse([]byte(c.src))
		if err == nil || err.Error() != c.want {
			t.Errorf("%.60q:\n got %v\nwant %s", c.src, err, c.want)
		}
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none.ipynb")); err == nil || !strings.Contains(err.Error(), "none.ipynb") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestWriteFileKeepsWhatItReplaces(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "x.ipynb"), filepath.Join(dir, "link.ipynb")
	if err := os.WriteFile(file, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("x.ipynb", link); err != nil {
		t.Skip("no symbolic links here")
	}
	if err := (&Notebook{Minor: 5}).WriteFile(link); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(file)
	if err != nil || info.Mode().Perm() != 0o640 || info.Size() < 10 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if info, err = os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
	if err := (&Notebook{}).WriteFile(filepath.Join(dir, "no", "x.ipynb")); err == nil || !strings.Contains(err.Error(), "cannot write") {
		t.Errorf("a folder that does not exist: %v", err)
	}
}

// FuzzParse holds that any notebook that is read is written so that it reads
// back as the same bytes, and that its page can be made.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ipynb")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"nbformat":4,"cells":[{"cell_type":"markdown","source":"$a_1$ $$\\frac{a}{b}$$ \\begin{cases}a&b\\\\c\\end{cases}"}]}`))
	f.Add([]byte(`{"nbformat":4,"cells":[{"cell_type":"code","outputs":[{"output_type":"new"},{"output_type":"error"}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		nb, err := Parse(b)
		if err != nil {
			return
		}
		first, err := nb.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		nb, err = Parse(first)
		if err != nil {
			t.Fatalf("what was written does not read: %v\n%s", err, first)
		}
		second, err := nb.Bytes()
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("written twice: %v\n%s\n%s", err, first, second)
		}
		if err := WriteHTML(&bytes.Buffer{}, nb); err != nil {
			t.Fatal(err)
		}
	})
}
