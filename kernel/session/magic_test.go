package session

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMagics(t *testing.T) {
	t.Chdir(t.TempDir()) // and back
	home := t.TempDir()
	t.Setenv("HOME", home)
	all := "there are %time statement, %timeit statement, %who, %reset, %cd folder, !command, %%native, %help"
	for _, c := range []struct {
		name  string
		cells []string // code and what comes of it, in turns; a part between slashes is an expression
	}{
		{"unknown", []string{"x := 1\n  %nope 3\n", "!! compile error: cell 1, line 2, column 3: there is no magic %nope; " + all, "x", "/undefined: x/"}},
		{"unknown of a cell", []string{"%%nope\nx := 1", "!! compile error: cell 1, line 1, column 1: there is no magic %%nope; " + all}},
		{"time", []string{"%time time.Sleep(20 * time.Millisecond)", "/^took \\d{2,3}(\\.\\d+)? ms\n$/"}},
		{"time of a definition", []string{"%time x := 3 +\n\t4\nx", "/^took \\S+ [nµm]s\n=> 7$/"}},
		{"time of the last expression", []string{"a := 2\n%time a * 21", "/^took \\S+ [nµm]s\n=> 42$/"}},
		{"time of a loop", []string{"n := 0\n%time for i := range 3 {\n\tn += i\n}\nn", "/^took \\S+ [nµm]s\n=> 3$/"}},
		{"time of nothing", []string{"%time", "!! compile error: cell 1, line 1, column 1: %time needs a statement on its line"}},
		{"time of a declaration", []string{"%time func f() {}\nx := 1", "!! compile error: cell 1, line 1, column 1: %time needs a statement on its line, not a declaration"}},
		{"time of what panics", []string{"var m map[int]int\n%time m[1] = 2", "!! panic: assignment to entry in nil map"}},
		{"timeit", []string{"n := 0\n%timeit n++\nn > 1000", "/^\\S+ [nµ]s ± \\S+ [nµ]s each \\(mean ± standard deviation of 7 runs of \\d+\\)\n=> true$/"}},
		{"timeit shows no value", []string{"x := 2.0\n%timeit x * x", "/^\\S+ [nµ]s ± .*\n$/"}},
		{"timeit of a definition", []string{"%timeit y := strings.Repeat(\"a\", 3)\ny", "/each.*\n=> aaa$/"}},
		{"who", []string{"// f is.\nfunc f(x int) int { return x }\ntype point struct{ X int }\nconst Pi = 3\np := point{1}\n%who\nlater := 1",
			"p      variable  point\nPi     constant  untyped int\nf      function  func(x int) int\npoint  type      struct\n"}},
		{"who of nothing", []string{"%who", ""}},
		{"reset", []string{"import r \"math/rand\"\ntype T struct{}\nfunc f() {}\nx := T{}", "", "%reset", "", "%who", "", "x", "/undefined: x/", "f()", "/undefined: f/", "r.Int()", "/undefined: r/",
			"type T struct{ A int }\nT{3}", "=> T{A: 3}"}},
		{"reset among others", []string{"x := 1\n%reset", "!! compile error: cell 1, line 2, column 1: %reset stands alone in its cell"}},
		{"cd", []string{"%cd ~\nos.WriteFile(\"here\", nil, 0o600)", home + "\n", "%cd", home + "\n", "%cd nowhere", "!! error: %cd: nowhere: no such file or directory"}},
		{"shell", []string{"!echo \"it's\" `echo $((1+2))` # '\nx := 4\n!echo b 1>&2; exit 3\nx = 5", "it's 3\nb\n!! error: !: echo b 1>&2; exit 3: exit status 3", "x", "=> 4"}},
		{"not Go's !", []string{"ok := true\nif ok &&\n\t!false {\n\tok = false\n}\n(!ok)", "=> true"}},
		{"not in a string", []string{"s := `\n%who\n!ls`\nlen(s)", "=> 9"}},
		{"not in a block", []string{"f := func(b bool) bool {\n\treturn b &&\n\t\t!b\n}\nf(true)", "=> false"}},
		{"positions behind", []string{"!echo ü 'a\n%time x := 1\n  y := x + nope", "!! compile error: cell 1, line 3, column 12: undefined: nope"}},
		{"nothing runs when a later line is wrong", []string{"!echo no\nnope()", "!! compile error: cell 1, line 2, column 1: undefined: nope"}},
		{"order", []string{"fmt.Print(1, \"\\n\")\n!echo 2\nfmt.Print(3)\nfunc init() { fmt.Print(0) }", "01\n2\n3"}},
		{"several in a row", []string{"!echo 1\n!echo 2\n\n// 3\n!echo 4", "1\n2\n4\n"}},
		{"nothing asked", []string{"%nope?", "!! error: there is no magic %nope; " + all}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSession(t)
			for i := 0; i < len(c.cells); i += 2 {
				got, want := do(s, i/2+1, c.cells[i]), c.cells[i+1]
				if e, ok := strings.CutPrefix(want, "/"); ok && strings.HasSuffix(e, "/") {
					if !regexp.MustCompile("(?s)" + strings.TrimSuffix(e, "/")).MatchString(got) {
						t.Errorf("cell %q\n gives %q\n  not %s", c.cells[i], got, want)
					}
				} else if got != want {
					t.Errorf("cell %q\n gives %q\n  want %q", c.cells[i], got, want)
				}
			}
		})
	}
}

func TestHelpNamesAllMagics(t *testing.T) {
	s := newSession(t)
	got := do(s, 1, "%help")
	for _, m := range magics() {
		if !strings.Contains(got, "  "+m.form+" ") || !strings.Contains(got, m.help) {
			t.Errorf("%%help lacks %s:\n%s", m.name, got)
		}
		if len(m.name) == 1 {
			continue
		}
		if text, ok := s.Inspect(m.name, 2, 0); !ok || !strings.Contains(text, m.help) {
			t.Errorf("%s is inspected as %q", m.name, text)
		}
	}
	o := s.Execute(context.Background(), Cell{2, "%timeit?"}, &page{})
	if o.Err != nil || len(o.Payload) != 1 {
		t.Errorf("%%timeit? gives %+v", o)
	}
}

// %timeit is right about a statement whose time is known.
func TestTimeitMeasures(t *testing.T) {
	s := newSession(t)
	got := do(s, 1, "%timeit time.Sleep(5 * time.Millisecond)")
	m := regexp.MustCompile(`^([\d.]+) ms ± .* of 7 runs of (\d+)`).FindStringSubmatch(got)
	if m == nil {
		t.Fatalf("it says %q", got)
	}
	if ms, _ := strconv.ParseFloat(m[1], 64); ms < 5 || ms > 100 {
		t.Errorf("a sleep of 5 ms takes %s ms", m[1])
	}
}

func TestCompletionOfMagics(t *testing.T) {
	s := newSession(t)
	do(s, 1, "value := 3")
	for _, c := range []struct{ code, want string }{
		{"%ti|", "%time %timeit"},
		{"x := 1\n  %who|", "%who"},
		{"%|", "%time %timeit %who %reset %cd %%native %help"},
		{"%time val|", "value"},
		{"!echo it's\n%time val|", "value"},
		{"!ls val|", ""},
		{"%cd val|", ""},
		{"a := 5 %val|", "value"},
	} {
		code := strings.Replace(c.code, "|", "", 1)
		_, _, found := s.Complete(code, strings.Index(c.code, "|"))
		var got []string
		for _, f := range found {
			got = append(got, f.Text)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q completes to %q, want %q", c.code, got, c.want)
		}
	}
	if start, end, _ := s.Complete("x := 1\n\t%who", 12); start != 8 || end != 12 {
		t.Errorf("%%who is replaced at %d to %d", start, end)
	}
}

func TestIsCompleteWithMagics(t *testing.T) {
	for code, want := range map[string]string{
		"%who": "complete", "!echo 'a": "complete", "x := 1\n%time x++": "complete", "%time for {": "incomplete\t", "%nope": "invalid", "%time": "invalid",
		"math.Pi?": "complete", "%time?": "complete", "!echo (": "complete",
	} {
		status, indent := IsComplete(code)
		if status+indent != want {
			t.Errorf("%q is %q, want %q", code, status+indent, want)
		}
	}
}

// alive reports whether a process runs whose arguments have a word.
func alive(t *testing.T, word string) bool {
	t.Helper()
	out, err := exec.Command("ps", "-eo", "stat=,args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, word) && !strings.HasPrefix(line, "Z") {
			return true
		}
	}
	return false
}

// sleepOf is a command that sleeps for long, and no other test program's.
func sleepOf(n int) string { return fmt.Sprintf("sleep %d%d", n, os.Getpid()) }

// ends waits until no process has a word among its arguments.
func ends(t *testing.T, word string) {
	t.Helper()
	for start := time.Now(); alive(t, word); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%s lives on", word)
		}
	}
}

func TestInterruptEndsACommandAndItsProcesses(t *testing.T) {
	s := newSession(t)
	script := filepath.Join(t.TempDir(), "stubborn.sh")
	if err := os.WriteFile(script, []byte("trap '' INT TERM\n"+sleepOf(1)+" &\necho here\n"+sleepOf(2)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p, over := aside(ctx, s, 1, "x := 1\n!sh "+script+"\nx = 2")
	wait(t, p, "here")
	const patience = 4 * time.Second // about 0.6 s when the machine does nothing else
	start := time.Now()
	cancel()
	if o := <-over; o.Err == nil || o.Err.Name != interrupted || time.Since(start) > patience {
		t.Errorf("after %v: %+v", time.Since(start), o.Err)
	}
	ends(t, sleepOf(1))
	ends(t, sleepOf(2))
	if got := do(s, 2, "x"); got != "=> 1" {
		t.Errorf("x is %q", got)
	}
}

func TestACommandEndsWithWhatItStarted(t *testing.T) {
	s := newSession(t)
	if got := do(s, 1, "!"+sleepOf(3)+" & echo started"); got != "started\n" {
		t.Errorf("the cell gives %q", got)
	}
	ends(t, sleepOf(3))
}

// What a command prints is shown before it ends.
func TestACommandStreams(t *testing.T) {
	s := newSession(t)
	file := filepath.Join(t.TempDir(), "seen")
	p, over := aside(context.Background(), s, 1, "!echo first; until [ -e "+file+" ]; do sleep 0.05; done; echo second")
	wait(t, p, "first\n")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if o := <-over; o.Err != nil || p.printed() != "first\nsecond\n" {
		t.Errorf("%q, %v", p.printed(), o.Err)
	}
}
