package acceptance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestClicks presses Run, Interrupt, Restart, Tab and Shift-Tab in JupyterLab
// and in Notebook 7.
func TestClicks(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	provided(t, "INNKEEPER_CHROMIUM")
	shots := pictures(t)
	u := newUser(t)
	u = u.with("PATH=" + filepath.Dir(python) + string(os.PathListSeparator) + pathWithout("jupyter-lab"))
	work := t.TempDir()
	var cells []map[string]any
	for i, source := range []string{`fmt.Println("pressed", 6*7)`, "for { }", "kept := 5"} {
		cells = append(cells, map[string]any{"cell_type": "code", "metadata": map[string]any{}, "outputs": []any{}, "execution_count": nil, "source": source, "id": "cell" + strconv.Itoa(i)})
	}
	text, err := json.Marshal(map[string]any{"cells": cells, "nbformat": 4, "nbformat_minor": 5,
		"metadata": map[string]any{"kernelspec": map[string]any{"name": "innkeeper", "display_name": "Go (innkeeper)", "language": "go"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "clicks.ipynb"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	lab := startLab(t, u, work, "clicks.ipynb")
	for name, path := range map[string]string{"lab": "/lab/tree/", "notebook": "/notebooks/"} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(work, "clicks.ipynb"), text, 0o644); err != nil {
				t.Fatal(err)
			}
			address := strings.Replace(lab.address.String(), "/lab/tree/", path, 1)
			u.run(t, python, "clicks.py", address, name, shots)
		})
	}
	lab.end(t)
}

// TestEveryNotebookRuns executes the notebooks with papermill, nbclient and
// nbconvert, in their quick form.
func TestEveryNotebookRuns(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	u := newUser(t)
	u.run(t, u.innkeeper, "install")
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS(filepath.Join("..", "..", "notebooks"))); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(work, "*.ipynb"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		quick := strings.Replace(string(text), "quick := false", "quick := true", 1)
		if err := os.WriteFile(file, []byte(quick), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(u.run(t, python, append([]string{"runs.py"}, files...)...))
}
