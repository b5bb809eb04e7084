package acceptance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// productCell is two numbers to multiply.
const productCell = `nb.Interact(func(a float64, n int) any { return nb.HTML(fmt.Sprintf("<b class=product>%.2f</b>", a*float64(n))) },
	widget.FloatSlider("a", 0, 1, 0.5), widget.IntSlider("n", 1, 10, 3))`

// widgetCells make what widgets.py moves.
var widgetCells = []string{
	productCell,
	`problem := inn.Problem{
	Name: "sum", X: inn.Vars("a", "b"), Y: inn.Vars("sum [m]", "a again"),
	Prior:    inn.Normal([]float64{0, 0}, []float64{1, 1}),
	Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1], x[0]} },
}
pairs, err := problem.Pairs(1000, 1)
model, err := inn.Train(pairs, &inn.Settings{Steps: 100, Width: 16, Seed: 1})
abc, err := method.NewABCFromPairs(pairs, nil)
nb.Explore(model, pairs, &nb.ExploreSettings{Problem: problem, Draws: 200, Others: []inn.Posterior{abc}})`,
	`float := widget.FloatSlider("float", 0, 1, 0.5)
logarithmic := widget.FloatLogSlider("log", -3, 3, 1)
whole := widget.IntSlider("int", 0, 10, 3)
floats := widget.FloatRangeSlider("floats", 0, 1, 0.2, 0.7)
ints := widget.IntRangeSlider("ints", 0, 10, 2, 7)
number := widget.FloatText("number", 1)
words := widget.Text("words", "some")
drop := widget.Dropdown("drop", "one", "two", "three")
toggle := widget.ToggleButtons("toggle", "one", "two", "three")
several := widget.SelectMultiple("several", "one", "two", "three")
box := widget.Checkbox("box", false)
float.Layout("width", "420px")
echo := widget.HTML("")
say := func() {
	text := ""
	for _, w := range []fmt.Stringer{float, logarithmic, whole, floats, ints, number, words, drop, toggle, several, box} {
		text += w.String() + "; "
	}
	echo.Set("<span class=echo>" + text + "</span>")
}
for _, w := range []interface{ OnChange(func()) }{float, logarithmic, whole, floats, ints, number, words, drop, toggle, several, box} {
	w.OnChange(say)
}
first, second := widget.FloatSlider("linked", 0, 1, 0.25), widget.FloatSlider("with", 0, 1, 0.5)
widget.Link(first, second)
third, fourth := widget.IntSlider("jslinked", 0, 10, 2), widget.IntSlider("with", 0, 10, 2)
widget.JSLink(third, fourth)
widget.VBox(float, logarithmic, whole, floats, ints, number, words, drop, toggle, several, box, echo, first, second, third, fourth)`,
	`fine := widget.HTML("")
count := 0
drawn := image.NewRGBA(image.Rect(0, 0, 80, 40))
for x := range 80 {
	for y := range 40 {
		drawn.Set(x, y, color.RGBA{uint8(3 * x), uint8(6 * y), 128, 255})
	}
}
var coded bytes.Buffer
png.Encode(&coded, drawn)
place := widget.NewOutput()
fmt.Fprintln(place, "printed into an Output")
place.Show(nb.LaTeX("$\\sqrt{2}$"))
bar := widget.Progress("progress", 10)
bar.Set(4)
widget.VBox(widget.HBox(
	widget.NewButton("panic", func() { var m map[string]int; m["x"] = 1 }),
	widget.NewButton("error", widget.Try(func() error { return fmt.Errorf("the disk is full") })),
	widget.NewButton("fine", func() { count++; fine.Set(fmt.Sprintf("<b class=fine>%d</b>", count)) })), fine,
	widget.Tab([]string{"first", "second"}, widget.Label("a label in a tab"), widget.Label("hidden")),
	widget.Accordion([]string{"first", "second"}, widget.HTMLMath("$x^2$"), widget.Label("hidden")),
	widget.GridBox(3, widget.Label("1"), widget.Label("2"), widget.Label("3"), widget.Label("4")),
	widget.NewImage(coded.Bytes()), bar, place)`,
	`long, err := inn.Train(pairs, &inn.Settings{Steps: 1000000, Width: 16, Seed: 1, Each: nb.Watch})`,
	`fmt.Println("stopped early:", long != nil)`,
}

// TestWidgetsInBrowser moves widgets on pages of JupyterLab and of Notebook 7.
func TestWidgetsInBrowser(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	provided(t, "INNKEEPER_CHROMIUM")
	shots := pictures(t)
	for _, front := range []string{"lab", "notebook"} {
		t.Run(front, func(t *testing.T) {
			work := t.TempDir()
			writeNotebook(t, filepath.Join(work, "widgets.ipynb"), widgetCells)
			writeNotebook(t, filepath.Join(work, "second.ipynb"), []string{productCell})
			u := newUser(t)
			u = u.with("PATH=" + filepath.Dir(python) + string(os.PathListSeparator) + pathWithout("jupyter-lab"))
			lab := startLab(t, u, work, "widgets.ipynb")
			lab.get(t, "/api/status") // it listens
			out := u.run(t, python, "widgets.py", lab.address.String(), front, shots)
			t.Log(out)
			var seen struct {
				First      bool `json:"truth at first"`
				Own        bool `json:"truth of an own measurement"`
				Complaints []string
			}
			if err := json.Unmarshal([]byte(out), &seen); err != nil {
				t.Fatalf("%v in: %s", err, out)
			}
			if !seen.First || seen.Own {
				t.Errorf("truth shown at first: %t; of the user's own measurement: %t", seen.First, seen.Own)
			}
			for _, c := range seen.Complaints {
				if strings.Contains(c, "widget") || strings.Contains(c, "Class ") || strings.Contains(c, "Model ") {
					t.Errorf("the page complains: %s", c)
				}
			}
			lab.end(t)
		})
	}
}

// TestWidgetsInVSCode moves widgets in the front end that VS Code has for them.
func TestWidgetsInVSCode(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	provided(t, "INNKEEPER_CHROMIUM")
	packages := provided(t, "INNKEEPER_NPM")
	shots := pictures(t)
	work, config := t.TempDir(), t.TempDir()
	for path, content := range map[string]any{
		filepath.Join(work, "cells.json"):                widgetCells,
		filepath.Join(config, "jupyter_lab_config.json"): map[string]any{"LabApp": map[string]any{"expose_app_in_browser": true}},
	} {
		b, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writeNotebook(t, filepath.Join(work, "none.ipynb"), nil)
	u := newUser(t)
	u = u.with("PATH="+filepath.Dir(python)+string(os.PathListSeparator)+pathWithout("jupyter-lab"), "JUPYTER_CONFIG_DIR="+config)
	lab := startLab(t, u, work, "none.ipynb")
	lab.get(t, "/api/status") // it listens
	out := u.run(t, python, "vscode.py", lab.address.String(), filepath.Join(packages, "@vscode/jupyter-ipywidgets8/dist/ipywidgets.js"),
		filepath.Join(packages, "requirejs/require.js"), filepath.Join(work, "cells.json"), shots)
	var seen struct {
		First      bool `json:"truth at first"`
		Own        bool `json:"truth of an own measurement"`
		Complaints []string
	}
	if err := json.Unmarshal([]byte(out), &seen); err != nil {
		t.Fatalf("%v in: %s", err, out)
	}
	if !seen.First || seen.Own || len(seen.Complaints) > 0 {
		t.Errorf("truth shown at first: %t; of the user's own measurement: %t; the page complains: %q", seen.First, seen.Own, seen.Complaints)
	}
	lab.end(t)
}

// TestSavedWidgets opens the page that nbconvert makes of a notebook that was run
// without a front end: all widgets are there, as they were.
func TestSavedWidgets(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	provided(t, "INNKEEPER_CHROMIUM")
	packages := provided(t, "INNKEEPER_NPM")
	shots := pictures(t)
	work := t.TempDir()
	writeNotebook(t, filepath.Join(work, "saved.ipynb"), widgetCells[:4])
	u := newUser(t)
	u.run(t, u.innkeeper, "run", "-inplace", filepath.Join(work, "saved.ipynb"))
	u.run(t, python, "-m", "nbconvert", "--to", "html", filepath.Join(work, "saved.ipynb"))
	out := u.run(t, python, "saved.py", filepath.Join(work, "saved.html"), packages, filepath.Join(shots, "widgets-saved.png"))
	var seen struct {
		Sliders, Folds, Figures                                   int
		Readouts, Inputs, Chosen, Buttons, Tabs, Bars, Complaints []string
		Ticked                                                    []bool
		Images                                                    []int
		Text                                                      string
	}
	if err := json.Unmarshal([]byte(out), &seen); err != nil {
		t.Fatalf("%v in: %s", err, out)
	}
	want := []any{
		15, // 2 of Interact, 2 of Explore, 5 of which two have two handles, 4 linked
		[]string{"0.5", "3"}, []string{"1", "some"}, []string{"INN", "one", "one"}, []string{"next test pair", "simulate another", "add this observation to the table"},
		[]string{"first", "second"}, []bool{false}, []string{"40%"}, []int{80}, 1, 1, 0,
	}
	got := []any{
		seen.Sliders, seen.Readouts[:min(2, len(seen.Readouts))], seen.Inputs, seen.Chosen, seen.Buttons[:min(3, len(seen.Buttons))],
		seen.Tabs, seen.Ticked, seen.Bars, seen.Images, seen.Folds, seen.Figures, len(seen.Complaints),
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("the page has %v, want %v", got[i], want[i])
		}
	}
	for _, words := range []string{"1.50", "68 % interval", "printed into an Output"} {
		if !strings.Contains(seen.Text, words) {
			t.Errorf("%q is not on the page: %s", words, seen.Text)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// pictures is the folder for them: the one that .ci/test keeps, or one for this test.
func pictures(t *testing.T) string {
	if shots := os.Getenv("INNKEEPER_SHOTS"); shots != "" {
		return shots
	}
	return t.TempDir()
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
