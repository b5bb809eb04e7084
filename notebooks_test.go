package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/notebook"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// TestNotebooksRunQuickly runs the notebooks that have a quick parameter. No cell
// may fail, and every cell that shows a figure or a table in the committed
// notebook shows one here.
func TestNotebooksRunQuickly(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	t.Chdir("notebooks") // where their data is
	for _, name := range []string{"gaussian_mixture", "kinematics", "astronomy", "medical"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			s, err := session.New()
			if err != nil {
				t.Fatal(err)
			}
			path := name + ".ipynb"
			out := filepath.Join(t.TempDir(), "out.ipynb")
			err = notebook.Run(ctx, path, s, &notebook.Options{Output: out, HTML: out + ".html",
				Parameters: []notebook.Parameter{{Name: "quick", Value: "true"}}})
			if err != nil {
				t.Fatal(err)
			}
			want, got := shown(t, path), shown(t, out)
			figures := 0
			for id, kinds := range want {
				for kind := range kinds {
					if !got[id][kind] {
						t.Errorf("cell %s of the committed notebook shows %s, and the run does not", id, kind)
					}
					if kind == "image/svg+xml" {
						figures++
					}
				}
			}
			if figures < 3 {
				t.Errorf("the committed notebook has %d cells with figures: was it run?", figures)
			}
		})
	}
}

// shown are the kinds of output that each cell of a notebook shows, text and
// controls apart: a session that no front end is connected to has none.
func shown(t *testing.T, path string) map[string]map[string]bool {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var nb struct {
		Cells []struct {
			ID      string
			Outputs []struct{ Data map[string]any }
		}
	}
	if err := json.Unmarshal(b, &nb); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]map[string]bool{}
	for _, c := range nb.Cells {
		kinds[c.ID] = map[string]bool{}
		for _, o := range c.Outputs {
			for kind := range o.Data {
				if kind != "text/plain" && kind != "application/vnd.jupyter.widget-view+json" {
					kinds[c.ID][kind] = true
				}
			}
		}
	}
	return kinds
}
