package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// notebookOf is an .ipynb file with these code cells; one that begins with
// "// parameters" has that tag.
func notebookOf(t *testing.T, cells ...string) string {
	t.Helper()
	type object = map[string]any
	nb := object{"nbformat": 4, "nbformat_minor": 4, "metadata": object{}}
	list := []object{}
	for _, c := range cells {
		metadata := object{}
		if strings.HasPrefix(c, "// parameters") {
			metadata["tags"] = []string{"parameters"}
		}
		list = append(list, object{"cell_type": "code", "source": c, "metadata": metadata, "outputs": []any{}, "execution_count": nil})
	}
	nb["cells"] = list
	text, err := json.Marshal(nb)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// files lists what a folder holds.
func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestRunANotebook(t *testing.T) {
	p := newPerson(t)
	p.write(t, "a/data.txt", "from the notebook's folder")
	path := p.write(t, "a/x.ipynb", notebookOf(t, "// parameters\nn := 20", "b, err := os.ReadFile(`data.txt`); string(b)", "n + 1"))
	_, stderr, code := p.run(t, "", "run", "-p", "n=41", filepath.Join("a", "x.ipynb"))
	if code != 0 || !strings.Contains(stderr, "[4/4] n + 1 ... 0.0 s\n") {
		t.Errorf("%d %s", code, stderr)
	}
	done := read(t, strings.TrimSuffix(path, ".ipynb")+".executed.ipynb")
	if !strings.Contains(done, `"from the notebook's folder"`) || !strings.Contains(done, `"42"`) {
		t.Errorf("the notebook is now %s", done)
	}
}

func TestRunThatFails(t *testing.T) {
	p := newPerson(t)
	for _, c := range []struct{ cell, want string }{
		{"undefined", "x.ipynb: compile error: cell 2, line 1, column 1: undefined: undefined"},
		{"panic(`broken`)", "x.ipynb: cell 2: panic: broken"},
		{"func f(n int) int { return f(n + 1) + 1 }\nf(1)", "x.ipynb: cell 2: panic: stack overflow: recursion too deep or without end in f"},
		{"go func() { panic(`x`) }()\ntime.Sleep(time.Minute)", "x.ipynb: cell 2: panic: in a goroutine: x"},
		{"time.AfterFunc(time.Millisecond, func() { panic(`x`) }); select {}", "x.ipynb: cell 2: panic: in a goroutine: x"},
		{"p, err := os.FindProcess(os.Getpid()); p.Kill(); time.Sleep(time.Minute)", "x.ipynb: cell 2: crash: the process that runs the cells died: signal: killed"},
	} {
		p.write(t, "x.ipynb", notebookOf(t, "`first`", c.cell, "`never`"))
		_, stderr, code := p.run(t, "", "run", "x.ipynb")
		lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		if last := lines[len(lines)-1]; code != 1 || last != "innkeeper run: notebook: "+c.want {
			t.Errorf("%s: %d %s", c.cell, code, stderr)
		}
		done := read(t, p.in("x.executed.ipynb"))
		if !strings.Contains(done, `"output_type": "error"`) || !strings.Contains(done, `"first"`) || !strings.Contains(done, "\"execution_count\": null") {
			t.Errorf("%s: the notebook is now %s", c.cell, done)
		}
	}
}

// What is wrong with the input is said in one sentence, and nothing is written.
func TestRunBadInput(t *testing.T) {
	for _, c := range []struct{ name, text, args, want string }{
		{"x.ipynb", `{"nbformat": 3, "nbformat_minor": 0, "worksheets": []}`, "", "notebook: x.ipynb has notebook format 3 and innkeeper reads format 4: open it in Jupyter and save it once"},
		{"x.ipynb", `{"nbformat": 4, "cells": [}`, "", "notebook: x.ipynb is not valid JSON: invalid character '}' looking for beginning of value in line 1"},
		{"x.ipynb", "", "", "notebook: x.ipynb is empty"},
		{"y.ipynb", "{}", "", "notebook: there is no file x.ipynb"},
		{"x.ipynb", notebookOf(t, "1"), "-o no/y.ipynb", "y.html: no such file or directory; -o names another place for the notebook and its page, -html for the page"},
		{"x.ipynb", notebookOf(t, "1"), "-html x.ipynb/y", "y: not a directory; -o names another place for the notebook and its page, -html for the page"},
		{"x.ipynb", notebookOf(t, "1"), "-o .", "notebook: the output . does not end in .ipynb"},
		{"x.ipynb", notebookOf(t, "1"), "-p n=1", `notebook: x.ipynb has no code cell tagged "parameters" that could take any`},
		{"x.ipynb", notebookOf(t, "// parameters\nn := 1"), "-p m=1", "notebook: x.ipynb has no parameter m: there are n int"},
		{"x.ipynb", notebookOf(t, "// parameters\nn := 1"), "-p n=x", `notebook: x.ipynb cannot take n=x: cannot use "x" (untyped string constant) as int value in assignment`},
		{"x.ipynb", notebookOf(t, "1"), "-- a", "x.ipynb is a notebook and takes no arguments: set its parameters with -p name=value"},
	} {
		p := newPerson(t)
		p.write(t, c.name, c.text)
		stdout, stderr, code := p.run(t, "", append(append([]string{"run"}, "x.ipynb"), strings.Fields(c.args)...)...)
		if code != 1 || stdout != "" || !strings.HasPrefix(stderr, "innkeeper run: ") || !strings.HasSuffix(stderr, c.want+"\n") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s %s: %d %s%s", c.text, c.args, code, stdout, stderr)
		}
		if got := files(t, p.home); got != c.name {
			t.Errorf("%s %s: written %s", c.text, c.args, got)
		}
	}
}

// A goroutine that panics ends the run, whichever cell runs then.
func TestRunWithAGoroutineThatPanics(t *testing.T) {
	p := newPerson(t)
	for _, c := range []struct {
		cells []string
		want  string
	}{
		{[]string{"later := make(chan bool)\ngo func() { <-later; panic(`x`) }()", "close(later)\nselect {}", "`never`"}, "x.ipynb: cell 1: panic: in a goroutine: x"},
		{[]string{"var wg sync.WaitGroup\nwg.Add(1)\ngo func() { var m map[int]int; m[1] = 2; wg.Done() }()\nwg.Wait()", "`never`"}, "x.ipynb: cell 1: panic: in a goroutine: assignment to entry in nil map"},
		{[]string{"go func() { panic(`last`) }()"}, "x.ipynb: cell 1: panic: in a goroutine: last"},
		{[]string{"go func() { os.Exit(3) }()\ntime.Sleep(time.Minute)"}, "x.ipynb: cell 1: panic: in a goroutine: os.Exit(3) called"},
	} {
		p.write(t, "x.ipynb", notebookOf(t, c.cells...))
		_, stderr, code := p.run(t, "", "run", "x.ipynb")
		if code != 1 || !strings.HasSuffix(stderr, "\ninnkeeper run: notebook: "+c.want+"\n") {
			t.Errorf("%q: %d %s", c.cells, code, stderr)
		}
		if done := read(t, p.in("x.executed.ipynb")); !strings.Contains(done, "panic in a goroutine: ") || strings.Contains(done, `"never"\n`) {
			t.Errorf("%q: the notebook is now %s", c.cells, done)
		}
	}
	for text, want := range map[string]string{
		"// x\ngo func() {\n\tpanic(`x`)\n}()\nfmt.Println(`one`)\nselect {}\n": "innkeeper run: panic in a goroutine: x\nx.go:3:\n    \tpanic(`x`)\n",
		"go os.Exit(1)\nfmt.Println(`one`)\nselect {}\n":                        "",
		"go func() { os.Exit(1) }()\nfmt.Println(`one`)\nselect {}\n":           "",
	} {
		p.write(t, "x.go", text)
		if stdout, stderr, code := p.run(t, "", "run", "x.go"); code != 1 || stderr != want {
			t.Errorf("%s: %d %s%s", text, code, stdout, stderr)
		}
	}
}

// A run that is killed has kept the cells before.
func TestRunKilled(t *testing.T) {
	p := newPerson(t)
	p.write(t, "x.ipynb", notebookOf(t, "`first`", "fmt.Println(`second`)", "os.WriteFile(`there`, nil, 0o644); time.Sleep(time.Minute)"))
	cmd := p.command("run", "x.ipynb")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1500 {
		if _, err := os.Stat(p.in("there")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
	done := read(t, p.in("x.executed.ipynb"))
	if !json.Valid([]byte(done)) || !strings.Contains(done, `"first"`) || !strings.Contains(done, `"second\n"`) {
		t.Errorf("the notebook is %s", done)
	}
	if got := files(t, p.home); got != "there x.executed.ipynb x.ipynb" {
		t.Errorf("left: %s", got)
	}
}

func TestRunAScript(t *testing.T) {
	p := newPerson(t)
	p.write(t, "sum.go", `package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
)

func main() {
	scale := flag.Int("scale", 1, "a factor")
	flag.Parse()
	sum := 0
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var n int
		if _, err := fmt.Sscan(lines.Text(), &n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(4)
		}
		sum += n
	}
	fmt.Print(*scale*sum, flag.Args())
}
`)
	for _, c := range []struct {
		stdin, stdout, stderr string
		args                  []string
		code                  int
	}{
		{"1\n2\n3", "60 [a b c]", "", []string{"--", "-scale", "10", "a b", "c"}, 0},
		{"", "0 []", "", nil, 0},
		{"1\nx\n", "", "expected integer\n", nil, 4},
		{"", "", "flag provided but not defined: -wrong\nUsage of sum.go:\n  -scale int\n    \ta factor (default 1)\n", []string{"--", "-wrong"}, 2},
		{"", "", "innkeeper run: sum.go is a script, and flags of run are for notebooks: give the script its arguments after --\n", []string{"-p", "n=1"}, 1},
	} {
		stdout, stderr, code := p.run(t, c.stdin, append([]string{"run", "sum.go"}, c.args...)...)
		if stdout != c.stdout || stderr != c.stderr || code != c.code {
			t.Errorf("%q %q: %d %q %q", c.stdin, c.args, code, stdout, stderr)
		}
	}
}

func TestRunAScriptOfStatements(t *testing.T) {
	p := newPerson(t)
	p.write(t, "x.go", "for i := range 2 {\n\tfmt.Println(i)\n}\nd, err := os.Getwd()\nfilepath.Base(d) != ``\n")
	if stdout, stderr, code := p.run(t, "", "run", "x.go"); stdout != "0\n1\ntrue\n" || stderr != "" || code != 0 {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
	p.write(t, "x.go", "x := 1\nfmt.Println(x)\npanic(`no`)\n")
	if stdout, stderr, code := p.run(t, "", "run", "x.go"); stdout != "1\n" || !strings.HasPrefix(stderr, "innkeeper run: panic: no\nx.go:3:\n    panic(`no`)\n") || code != 1 {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
	if _, stderr, code := p.run(t, "", "run", "x.py"); stderr != "innkeeper run: x.py is neither a notebook (.ipynb) nor a script (.go)\n" || code != 1 {
		t.Errorf("%d %q", code, stderr)
	}
}

// A cell that wants more memory than it may have is an error with its reason.
func TestRunWithAMemoryLimit(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux limits a process's memory")
	}
	p := newPerson(t)
	p.write(t, "x.ipynb", notebookOf(t, "x := 1", "fmt.Println(`before`)\nb := make([]byte, 3<<30)\nlen(b)"))
	_, stderr, code := p.run(t, "", "run", "-memory", "1500", "x.ipynb")
	if code != 1 || !strings.Contains(stderr, "x.ipynb: cell 2: crash: the process that runs the cells died: ") || !strings.Contains(stderr, "out of memory") {
		t.Errorf("%d %s", code, stderr)
	}
	if done := read(t, p.in("x.executed.ipynb")); !strings.Contains(done, `"before\n"`) || !strings.Contains(done, "gone: x") {
		t.Errorf("the notebook is %s", done)
	}
}

// Ctrl-C ends a run at the cell that it interrupts.
func TestRunInterrupted(t *testing.T) {
	p := newPerson(t)
	p.write(t, "x.ipynb", notebookOf(t, "`first`", "os.WriteFile(`there`, nil, 0o644); for { time.Sleep(time.Millisecond) }", "`never`"))
	var words strings.Builder
	cmd := p.command("run", "x.ipynb")
	cmd.Stderr = &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1500 {
		if _, err := os.Stat(p.in("there")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(words.String(), "x.ipynb: cell 2: interrupted: the cell was interrupted") {
		t.Errorf("%d %s", code, words.String())
	}
	if done := read(t, p.in("x.executed.ipynb")); !strings.Contains(done, `"first"`) || !strings.Contains(done, `"ename": "interrupted"`) {
		t.Errorf("the notebook is %s", done)
	}
}
