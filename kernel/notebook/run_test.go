package notebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// A fake executes cells by looking their source up.
type fake map[string]func(ctx context.Context, out display.Output) session.Outcome

func (f fake) Execute(ctx context.Context, c session.Cell, out display.Output) session.Outcome {
	if run, ok := f[c.Code]; ok {
		return run(ctx, out)
	}
	return session.Outcome{Value: display.Bundle{"text/plain": fmt.Sprintf("%d: %s", c.Number, c.Code)}}
}

func code(src string, tags ...any) *Cell {
	return &Cell{Type: "code", Source: src, Metadata: map[string]any{"tags": tags}}
}

func words(src string) *Cell { return &Cell{Type: "markdown", Source: src} }

func saved(t *testing.T, cells ...*Cell) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.ipynb")
	if err := (&Notebook{Cells: cells, Minor: 4}).WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) *Notebook {
	t.Helper()
	nb, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

// sketch says what a cell's outputs are, one a line.
func sketch(c *Cell) string {
	var b strings.Builder
	for _, o := range c.Outputs {
		switch o.Type {
		case "stream":
			fmt.Fprintf(&b, "%s %q\n", o.Name, o.Text)
		case "error":
			fmt.Fprintf(&b, "error %s: %s %q\n", o.ErrorName, o.ErrorValue, o.Traceback)
		case "execute_result":
			fmt.Fprintf(&b, "result %d %v\n", o.Count, o.Data["text/plain"])
		default:
			fmt.Fprintf(&b, "display %v\n", o.Data["text/plain"])
		}
	}
	return b.String()
}

func plainText(s string) display.Bundle { return display.Bundle{"text/plain": s} }

func TestRunCollectsAsAFrontEndDoes(t *testing.T) {
	none := session.Outcome{}
	f := fake{
		"streams": func(_ context.Context, out display.Output) session.Outcome {
			out.Stream("stdout", "a")
			out.Stream("stdout", "b\n")
			out.Stream("stderr", "c\n")
			out.Stream("stdout", "")
			out.Stream("stdout", "d")
			return none
		},
		"overwritten": func(_ context.Context, out display.Output) session.Outcome {
			out.Stream("stdout", "kept\r\n 10 %\r")
			out.Stream("stdout", " 20 %\r100")
			out.Stream("stdout", "!\n\babc\b\by")
			return none
		},
		"show": func(_ context.Context, out display.Output) session.Outcome {
			out.Display(plainText("first"), "id")
			out.Display(plainText("other"), "")
			out.Display(plainText("again"), "id")
			return session.Outcome{Value: plainText("value")}
		},
		"update": func(_ context.Context, out display.Output) session.Outcome {
			out.Update(plainText("new"), "id")
			out.Update(plainText("nobody"), "unknown")
			return none
		},
		"clear": func(_ context.Context, out display.Output) session.Outcome {
			out.Stream("stdout", "gone")
			out.Clear(false)
			out.Stream("stdout", "old")
			out.Clear(true)
			out.Stream("stdout", "stays")
			out.Clear(true)
			return none
		},
	}
	path := saved(t, code("streams"), words("# H"), code("overwritten"), code("show"), code(" \n"), code("update"), code("clear"))
	if err := Run(context.Background(), path, f, nil); err != nil {
		t.Fatal(err)
	}
	nb := read(t, strings.TrimSuffix(path, ".ipynb")+".executed.ipynb")
	for _, c := range []struct {
		cell, count int
		want        string
	}{
		{0, 1, "stdout \"ab\\n\"\nstderr \"c\\n\"\nstdout \"d\"\n"},
		{2, 2, "stdout \"kept\\n100!%\\nayc\"\n"},
		{3, 3, "display new\ndisplay other\ndisplay new\nresult 3 value\n"},
		{4, 0, ""},
		{5, 4, ""},
		{6, 5, "stdout \"stays\"\n"},
	} {
		got := nb.Cells[c.cell]
		if s := sketch(got); s != c.want || got.Count != c.count {
			t.Errorf("cell %d, %q: count %d and\n%swant %d and\n%s", c.cell, got.Source, got.Count, s, c.count, c.want)
		}
	}
	if spec, _ := nb.Metadata["kernelspec"].(map[string]any); spec["name"] != "innkeeper" {
		t.Errorf("kernelspec %v", nb.Metadata["kernelspec"])
	}
	if info, _ := nb.Metadata["language_info"].(map[string]any); info["name"] != "go" {
		t.Errorf("language_info %v", nb.Metadata["language_info"])
	}
	page, err := os.ReadFile(strings.TrimSuffix(path, ".ipynb") + ".html")
	if err != nil || !strings.Contains(string(page), "<title>H</title>") {
		t.Errorf("the page: %v %.80s", err, page)
	}
}

func boom(context.Context, display.Output) session.Outcome {
	return session.Outcome{Err: &session.Error{Name: "Panic", Message: "boom", Traceback: []string{"Panic: boom", "cell"}}}
}

func TestRunStopsAtTheFirstError(t *testing.T) {
	old := code("later")
	old.Outputs, old.Count = []*Output{{Type: "stream", Name: "stdout", Text: "of an earlier run"}}, 9
	path := saved(t, code("one"), code("boom", "raises-exception"), words("x"), code("boom"), old)
	ran := 0
	f := fake{"boom": boom, "later": func(context.Context, display.Output) session.Outcome { ran++; return session.Outcome{} }}
	err := Run(context.Background(), path, f, nil)
	var cell *CellError
	if !errors.As(err, &cell) || cell.Cell != 3 || len(cell.Traceback) != 2 || ran != 0 {
		t.Fatalf("%#v, later cells run %d times", err, ran)
	}
	if want := "notebook: " + path + ": cell 3: Panic: boom"; err.Error() != want {
		t.Errorf("%s\nwant %s", err, want)
	}
	told := &CellError{Path: "x.ipynb", Cell: 3, Name: "compile error", Message: "cell 3, line 1: undefined: y"}
	if want := "notebook: x.ipynb: compile error: cell 3, line 1: undefined: y"; told.Error() != want {
		t.Errorf("%s\nwant %s", told, want)
	}
	nb := read(t, filepath.Join(filepath.Dir(path), "x.executed.ipynb"))
	want := "error Panic: boom [\"Panic: boom\" \"cell\"]\n"
	if sketch(nb.Cells[1]) != want || sketch(nb.Cells[3]) != want || len(nb.Cells[4].Outputs) != 0 || nb.Cells[4].Count != 0 {
		t.Errorf("cell 2 %scell 3 %scell 4 %s%d", sketch(nb.Cells[1]), sketch(nb.Cells[3]), sketch(nb.Cells[4]), nb.Cells[4].Count)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "x.html")); err != nil {
		t.Error("a failed run leaves no page")
	}
}

// What a killed run would leave is what the next cell finds on the disk.
func TestRunWritesAfterEveryCell(t *testing.T) {
	path := saved(t, code("a"), code("look"), code("b"))
	var during string
	f := fake{"look": func(context.Context, display.Output) session.Outcome {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), "x.executed.ipynb"))
		if err != nil {
			t.Error(err)
		}
		during = string(b)
		return session.Outcome{}
	}}
	if err := Run(context.Background(), path, f, nil); err != nil {
		t.Fatal(err)
	}
	nb, err := Parse([]byte(during))
	if err != nil {
		t.Fatal(err)
	}
	if got := sketch(nb.Cells[0]) + sketch(nb.Cells[2]); got != "result 1 1: a\n" {
		t.Errorf("during the second cell the file has %s", got)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 3 {
		t.Errorf("files left: %v", files)
	}
}

func TestRunNamesItsFiles(t *testing.T) {
	for _, c := range []struct {
		options Options
		want    []string // changed or new
	}{
		{Options{}, []string{"x.executed.ipynb", "x.html"}},
		{Options{InPlace: true}, []string{"x.html", "x.ipynb"}},
		{Options{Output: "out.ipynb"}, []string{"out.html", "out.ipynb"}},
		{Options{InPlace: true, HTML: "p.html"}, []string{"p.html", "x.ipynb"}},
	} {
		path := saved(t, code("a"))
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Chdir(filepath.Dir(path))
		if err := Run(context.Background(), "x.ipynb", fake{}, &c.options); err != nil {
			t.Fatal(err)
		}
		var got []string
		files, _ := os.ReadDir(".")
		for _, f := range files {
			if b, _ := os.ReadFile(f.Name()); !bytes.Equal(b, before) {
				got = append(got, f.Name())
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v writes %v, want %v", c.options, got, c.want)
		}
	}
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{InPlace: true, Output: "y.ipynb"}, "exclude each other"},
		{Options{Output: "y.html"}, "does not end in .ipynb"},
		{Options{Output: filepath.Join("no", "y.ipynb")}, "y.html: no such file or directory"},
		{Options{Output: filepath.Join("no", "y.ipynb"), HTML: "y.html"}, "y.ipynb: no such file or directory"},
		{Options{HTML: filepath.Join("no", "y.html")}, "y.html: no such file or directory"},
		{Options{HTML: "."}, "it is a folder"},
		{Options{Parameters: []Parameter{{"n", "1"}}}, `has no code cell tagged "parameters"`},
	} {
		path := saved(t, code("a"))
		t.Chdir(filepath.Dir(path))
		if err := Run(context.Background(), path, fake{}, &c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.options, err)
		}
		if files, _ := os.ReadDir("."); len(files) != 1 {
			t.Errorf("%+v: half written: %v", c.options, files)
		}
	}
}

func TestParameters(t *testing.T) {
	for s, want := range map[string]string{
		"n=20_000":     "n = 20_000",
		"x=-1.5e3":     "x = -1.5e3",
		"quick=true":   "quick = true",
		"name=arm":     `name = "arm"`,
		`name="a b"`:   `name = "a b"`,
		"name=2024":    `name = "2024"`,
		"name=true":    `name = "true"`,
		"s=a=b":        `s = "a=b"`,
		"s=":           `s = ""`,
		"s=os.Exit(1)": `s = "os.Exit(1)"`,
		"s=1; f()":     `s = "1; f()"`,
		"s=-":          `s = "-"`,
		"s=!5":         `s = "!5"`,

		"wait=5s":              "wait = 5 * time.Second",
		"wait=1h30m":           "wait = 90 * time.Minute",
		"wait=1.5us":           "wait = 1500 * time.Nanosecond",
		"wait=-2ms":            "wait = -2 * time.Millisecond",
		"wait=0":               "wait = 0 * time.Nanosecond",
		"sizes=[1,2]":          "sizes = []int{1, 2}",
		"sizes=[]":             "sizes = []int{}",
		"rates=[ 0.5, -1e-3 ]": "rates = []float64{0.5, -1e-3}",
		"words=[a b,c]":        `words = []string{"a b", "c"}`,
		`words=["a,b",c\"]`:    `words = []string{"a,b", "c\\\""}`,
		"waits=[5s,1m]":        "waits = []time.Duration{5 * time.Second, 1 * time.Minute}",
	} {
		p, err := ParseParameter(s)
		if err != nil {
			t.Fatal(err)
		}
		declared := map[string]string{"n": "n := 1", "x": "var x float64", "quick": "quick := false", "name": "name := `x`", "s": "type T string\nvar s T",
			"wait": "import \"time\"\nwait := 3*time.Second", "sizes": "sizes := []int{3}", "rates": "type rs []float64\nvar rates rs", "words": "var words []string", "waits": "waits := []time.Duration{time.Hour}"}[p.Name]
		nb := &Notebook{Minor: 5, Cells: []*Cell{words("x"), code(declared, "parameters"), code("old", "injected-parameters"), code("n")}}
		if err := nb.inject([]Parameter{p}); err != nil {
			t.Fatal(err)
		}
		if len(nb.Cells) != 4 || nb.Cells[2].Source != want || !nb.Cells[2].Tagged("injected-parameters") {
			t.Errorf("%s: %q, want %q", s, nb.Cells[2].Source, want)
		}
	}
	for _, s := range []string{"n", "=1", "a b=1", "2=1", "for=1"} {
		if _, err := ParseParameter(s); err == nil || !strings.Contains(err.Error(), "name=value") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// A notebook in another language is refused before anything runs or is written.
func TestOtherLanguages(t *testing.T) {
	python := map[string]any{"name": "python", "version": "3.12"}
	for _, c := range []struct {
		metadata map[string]any
		want     string
	}{
		{map[string]any{"kernelspec": map[string]any{"name": "python3", "language": "python"}}, "is a notebook in python"},
		{map[string]any{"language_info": python}, "is a notebook in python"},
		{map[string]any{"kernelspec": map[string]any{"name": "python3", "display_name": "Python 3"}, "language_info": python}, "is a notebook in python"},
		{map[string]any{"kernelspec": map[string]any{"name": "innkeeper"}, "language_info": python}, ""},
		{map[string]any{"kernelspec": map[string]any{"name": "gophernotes", "language": "go"}}, ""},
		{map[string]any{"kernelspec": "nonsense", "language_info": map[string]any{"name": "Go"}}, ""},
		{map[string]any{}, ""},
	} {
		nb := &Notebook{Minor: 5, Metadata: c.metadata, Cells: []*Cell{code("a")}}
		path := filepath.Join(t.TempDir(), "x.ipynb")
		if err := nb.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		err := Run(context.Background(), path, fake{}, nil)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), "x.ipynb "+c.want)) {
			t.Errorf("%v: %v, want %q", c.metadata, err, c.want)
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); c.want != "" && len(files) != 1 {
			t.Errorf("%v: written %v", c.metadata, files)
		}
	}
}

// What Go's type checker refuses is refused before anything runs.
func TestParametersThatDoNotFit(t *testing.T) {
	const cell = "n, rate := 10, 0.5\nvar wait = time.Second // its package is found by the session\nconst fixed = 3\nname := `x`\nn++"
	for _, c := range []struct{ source, parameter, want string }{
		{cell, "m=1", "has no parameter m: there are n int, name string, rate float64, wait time.Duration"},
		{"const fixed = 3", "m=1", `has no parameter m: the cell tagged "parameters" defines no variable`},
		{cell, "n=abc", `cannot take n=abc: cannot use "abc" (untyped string constant) as int value in assignment`},
		{cell, "n=1.5", "cannot take n=1.5: cannot use 1.5 (untyped float constant) as int value in assignment (truncated)"},
		{cell, "n=99999999999999999999", "overflows"},
		{cell, "fixed=4", "cannot take fixed=4: cannot assign to fixed"},
		{cell, "n=1e3", ""},
		{cell, "rate=3", ""},
		{cell, "wait=3", "cannot take wait=3: wait is a time.Duration: write the unit, as in 3s or 3ms"},
		{cell, "wait=soon", "wait is a time.Duration: write the unit, as in 5s or 5ms"},
		{cell, "wait=3s", ""},
		{"import (\n\t\"time\"\n\t\"fmt\"\n)\nwait := time.Minute", "wait=3", "wait is a time.Duration"},
		{"ns := []int{1}", "ns=3", "ns is a []int: write its values in brackets, as in ns=[1,2]"},
		{"ns := []int{1}", "ns=[1,a]", `cannot use "a"`},
		{"ns := []int{1}", "ns=[1,2]", ""},
		{"m := map[string]int{}", "m=3", "m is a map[string]int: numbers, truth values, strings, time.Duration and slices of these can be set"},
		{"m := [][]int{}", "m=[[1]]", "m is a [][]int: numbers"},
		{"m := big.NewInt(3)", "m=3", ""},         // of a package that only the session knows
		{"func f() {}\nn := 3", "anything=3", ""}, // then the session says it
	} {
		p, err := ParseParameter(c.parameter)
		if err != nil {
			t.Fatal(err)
		}
		path := saved(t, code(c.source, "parameters"))
		err = Run(context.Background(), path, fake{}, &Options{Parameters: []Parameter{p}})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", c.parameter, err, c.want)
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); c.want != "" && len(files) != 1 {
			t.Errorf("%s: written %v", c.parameter, files)
		}
	}
}

// Goroutines of a cell may print while it runs and after it ended.
func TestOutputFromGoroutines(t *testing.T) {
	var all sync.WaitGroup
	release := make(chan bool)
	f := fake{
		"spawn": func(_ context.Context, out display.Output) session.Outcome {
			for range 8 {
				all.Go(func() {
					for range 500 {
						out.Stream("stdout", "x\n")
					}
					<-release
					out.Stream("stdout", "late\n")
					out.Update(plainText("late"), "id")
				})
			}
			return session.Outcome{}
		},
		"wait": func(_ context.Context, out display.Output) session.Outcome {
			out.Display(plainText("early"), "id")
			close(release)
			all.Wait()
			return session.Outcome{}
		},
	}
	path := saved(t, code("spawn"), code("wait"))
	if err := Run(context.Background(), path, f, &Options{InPlace: true}); err != nil {
		t.Fatal(err)
	}
	nb := read(t, path)
	if len(nb.Cells[0].Outputs) != 1 {
		t.Fatalf("%d outputs", len(nb.Cells[0].Outputs))
	}
	text := nb.Cells[0].Outputs[0].Text
	if x, late := strings.Count(text, "x\n"), strings.Count(text, "late\n"); x != 4000 || late != 8 {
		t.Errorf("%d and %d lines, want 4000 and 8", x, late)
	}
	if got := sketch(nb.Cells[1]); got != "display late\n" {
		t.Errorf("the display is %s", got)
	}
}

func TestRunInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := fake{"stop": func(ctx context.Context, _ display.Output) session.Outcome {
		cancel()
		<-ctx.Done()
		return session.Outcome{Err: &session.Error{Name: "Interrupted", Message: "interrupted"}}
	}}
	path := saved(t, code("a"), code("stop", "raises-exception"), code("b"))
	err := Run(ctx, path, f, &Options{InPlace: true})
	var cell *CellError
	if !errors.As(err, &cell) || cell.Cell != 2 || cell.Name != "Interrupted" {
		t.Errorf("%v", err)
	}
	if nb := read(t, path); nb.Cells[0].Count != 1 || nb.Cells[2].Count != 0 {
		t.Error("what was done is not kept")
	}
}

// A training that is interrupted keeps its network and fails no cell.
func TestRunInterruptedInACellThatSucceeds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := fake{"stop": func(context.Context, display.Output) session.Outcome {
		cancel()
		return session.Outcome{Value: plainText("so far")}
	}}
	path := saved(t, code("a"), code("stop"), code("b"))
	err := Run(ctx, path, f, &Options{InPlace: true})
	if err == nil || err.Error() != "notebook: "+path+": interrupted in cell 2" {
		t.Errorf("%v", err)
	}
	if nb := read(t, path); sketch(nb.Cells[1]) != "result 2 so far\n" || nb.Cells[2].Count != 0 {
		t.Error("what was done is not kept, or more was done")
	}
}

func TestOddValues(t *testing.T) {
	f := fake{
		"odd": func(_ context.Context, out display.Output) session.Outcome {
			out.Display(display.Bundle{
				"text/plain":       "x",
				"application/json": struct{ A []float64 }{[]float64{1, 2.5}},
				"application/bad":  math.NaN(),
			}, "")
			return session.Outcome{}
		},
		"much": func(_ context.Context, out display.Output) session.Outcome {
			for range 20 {
				out.Stream("stdout", strings.Repeat("é", 1<<20))
			}
			out.Stream("stderr", "end")
			return session.Outcome{}
		},
	}
	path := saved(t, code("odd"), code("much"))
	if err := Run(context.Background(), path, f, &Options{InPlace: true}); err != nil {
		t.Fatal(err)
	}
	nb := read(t, path)
	data := nb.Cells[0].Outputs[0].Data
	if m, _ := data["application/json"].(map[string]any); fmt.Sprint(m["A"]) != "[1 2.5]" || data["application/bad"] != nil {
		t.Errorf("data %v", data)
	}
	out := nb.Cells[1].Outputs
	if len(out) != 2 || out[1].Text != "end" {
		t.Fatalf("%d outputs", len(out))
	}
	if n := len(out[0].Text); n > 2*maxStream+100 || !strings.HasSuffix(out[0].Text, "MiB; the rest is not kept]\n") {
		t.Errorf("%d bytes are kept, ending %q", n, out[0].Text[n-60:])
	}
}

func TestProgress(t *testing.T) {
	f := fake{
		"train": func(_ context.Context, out display.Output) session.Outcome {
			out.Display(plainText("training 1/10\nmore"), "id")
			out.Update(plainText("training 7/10 · 3s left"), "id")
			return session.Outcome{}
		},
		"boom": boom,
	}
	path := saved(t, words("# Title\n\ntext"), words("Some words"), code("train"), code("// the spectrum\nx"), code("boom"))
	var log bytes.Buffer
	if err := Run(context.Background(), path, f, &Options{Progress: &log}); err == nil {
		t.Fatal("no error")
	}
	got := strings.Split(log.String(), "\n")
	want := []string{"[1/3] Title ... 0.0 s", "[2/3] the spectrum ... 0.0 s", "[3/3] boom ... 0.0 s: Panic", "wrote ", ""}
	for i := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], want[i]) {
			t.Fatalf("the log is\n%s\nwant lines that begin with %q", &log, want)
		}
	}

	var screen bytes.Buffer
	r := newReporter(&screen, 2)
	r.terminal = true
	r.begin(1, "training")
	r.watch(plainText("training 7/10 · 3s left\nmore"))
	r.watch(display.Bundle{"text/html": "x"})
	r.watch(plainText(strings.Repeat("y", 200)))
	r.end("")
	r.watch(plainText("too late"))
	const home = "\r\x1b[K"
	wantScreen := home + "[1/2] training ..." + home + "[1/2] training 7/10 · 3s left" +
		home + "[1/2] " + strings.Repeat("y", width-7) + "…" + home + "[1/2] training ... 0.0 s\n"
	if screen.String() != wantScreen {
		t.Errorf("the screen gets\n%q\nwant\n%q", screen.String(), wantScreen)
	}

	var slow bytes.Buffer
	r = newReporter(&slow, 2)
	r.begin(2, "training")
	r.watch(plainText("soon"))
	r.last = r.last.Add(-quiet)
	r.watch(plainText("training 5/10"))
	r.watch(plainText("training 6/10"))
	r.start = r.start.Add(-125 * time.Second)
	r.end("")
	if got, want := slow.String(), "[2/2] training 5/10\n[2/2] training ... 2 min 05 s\n"; got != want {
		t.Errorf("a log gets %q, want %q", got, want)
	}
}

// An error beside the cells ends the run, unless the cell it is of may fail.
func TestRunHearsOfErrorsBesideCells(t *testing.T) {
	fails := func(of int) func(ctx context.Context, out display.Output) session.Outcome {
		return func(ctx context.Context, out display.Output) session.Outcome {
			session.Beside(out, of, &session.Error{Name: "panic", Message: "x", Traceback: []string{"panic: x"}})
			if ctx.Err() != nil {
				return session.Outcome{Err: &session.Error{Name: "interrupted", Message: "it was"}}
			}
			return session.Outcome{}
		}
	}
	f := fake{"fails": fails(2), "tagged fails": fails(1)}
	path := saved(t, code("tagged", "raises-exception"), code("1"), code("tagged fails"), code("fails"), code("never"))
	err := Run(t.Context(), path, f, nil)
	var e *CellError
	if !errors.As(err, &e) || e.Cell != 2 || e.Message != "x" {
		t.Errorf("the run gives %v", err)
	}
	cells := read(t, strings.TrimSuffix(path, ".ipynb")+".executed.ipynb").Cells
	if got := sketch(cells[2]) + sketch(cells[3]) + sketch(cells[4]); got != "stderr \"panic: x\\n\"\nstderr \"panic: x\\n\"\nerror interrupted: it was []\n" {
		t.Errorf("the cells are %s", got)
	}
}
