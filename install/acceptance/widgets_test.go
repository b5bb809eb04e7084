package acceptance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// widgetCells make what widgets.py moves: three numbers to multiply, and the
// posterior of a problem that trains in a moment.
var widgetCells = []string{
	`nb.Interact(func(a float64, n int) any { return nb.HTML(fmt.Sprintf("<b id=product>%.2f</b>", a*float64(n))) },
	widget.FloatSlider("a", 0, 1, 0.5), widget.IntSlider("n", 1, 10, 3))`,
	`problem := inn.Problem{
	Name: "sum", X: inn.Vars("a", "b"), Y: inn.Vars("sum [m]", "a again"),
	Prior:    inn.Normal([]float64{0, 0}, []float64{1, 1}),
	Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1], x[0]} },
}
pairs, err := problem.Pairs(1000, 1)
model, err := inn.Train(pairs, &inn.Settings{Steps: 100, Width: 16, Seed: 1})
nb.Explore(model, pairs, &nb.ExploreSettings{Plane: []string{"a", "b"}})`,
}

// TestWidgetsInBrowser drags sliders on a page of JupyterLab.
func TestWidgetsInBrowser(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	provided(t, "INNKEEPER_CHROMIUM")
	shots := os.Getenv("INNKEEPER_SHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	work := t.TempDir()
	writeNotebook(t, filepath.Join(work, "widgets.ipynb"), widgetCells)
	u := newUser(t)
	u = u.with("PATH=" + filepath.Dir(python) + string(os.PathListSeparator) + pathWithout("jupyter-lab"))
	lab := startLab(t, u, work, "widgets.ipynb")
	out := u.run(t, python, "widgets.py", lab.address.String(), "widgets.ipynb", shots, "120")
	var seen struct {
		First  bool     `json:"truth at first"`
		Own    bool     `json:"truth of an own measurement"`
		Errors []string `json:"page_errors"`
	}
	if err := json.Unmarshal([]byte(out), &seen); err != nil {
		t.Fatalf("%v in: %s", err, out)
	}
	if !seen.First || seen.Own {
		t.Errorf("truth shown at first: %t; of the user's own measurement: %t", seen.First, seen.Own)
	}
	for _, e := range seen.Errors {
		t.Errorf("the page complains: %s", e)
	}
	lab.end(t)
}

// writeNotebook makes a notebook of code cells.
func writeNotebook(t *testing.T, path string, cells []string) {
	t.Helper()
	type cell map[string]any
	nb := map[string]any{"nbformat": 4, "nbformat_minor": 5, "metadata": map[string]any{
		"kernelspec": map[string]any{"display_name": "Go (innkeeper)", "language": "go", "name": "innkeeper"}}}
	list := []cell{}
	for i, code := range cells {
		list = append(list, cell{"cell_type": "code", "id": "cell-" + string(rune('a'+i)), "metadata": map[string]any{},
			"execution_count": nil, "outputs": []any{}, "source": code})
	}
	nb["cells"] = list
	b, err := json.Marshal(nb)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
