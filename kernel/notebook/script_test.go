package notebook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// paper collects what a script prints.
type paper struct{ strings.Builder }

func (p *paper) Stream(_, text string)              { p.WriteString(text) }
func (p *paper) Display(b display.Bundle, _ string) { fmt.Fprintf(p, "%v\n", b[display.Text]) }
func (p *paper) Update(display.Bundle, string)      {}
func (p *paper) Clear(bool)                         {}

// runScript runs a script of that text and says what it printed.
func runScript(t *testing.T, text string, args ...string) (printed string, err error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.go", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := ReadScript("x.go")
	if err != nil {
		return "", err
	}
	old := os.Args // a session takes the process's
	os.Args = append([]string{"x.go"}, args...)
	defer func() { os.Args = old }()
	x, err := session.New()
	if err != nil {
		t.Fatal(err)
	}
	var out paper
	err = s.Run(context.Background(), x, &out)
	return out.String(), err
}

// programs do the same here as when Go compiles them.
var programs = map[string]string{
	"variables in another order": `package main

import "fmt"

var (
	y, w = next(), 2
	name string = fmt.Sprint("y is ", y,
		" here")
)
var z, one = pair()
var _ = trace("last")

func next() int { return z + 1 }

func pair() (int, int) { return 41, 1 }

func trace(s string) int { fmt.Println(s, z); return 0 }

func main() { fmt.Println(name, w, z, one) }
`,
	"variables as written": `package main

import "fmt"

var a = 1
var b = a + 1
var table = map[string]func() int{"b": func() int { return b }}

func main() { fmt.Println(table["b"]()) }
`,
	"several func init": `package main

import "fmt"

var words []string

func init() { words = append(words, "one") }

type T struct{}

func (T) init() string { return "in00" }

func init() { words = append(words, "two") }

func main() { fmt.Println(words, T{}.init()) }
`,
	"arguments": `package main

import (
	"flag"
	"fmt"
	"os"
)

var n = flag.Int("n", 3, "a number")

func main() {
	flag.Parse()
	fmt.Println(*n, flag.Args(), len(os.Args))
}
`,
}

func TestProgramsAreGos(t *testing.T) {
	for name, text := range programs {
		t.Run(name, func(t *testing.T) {
			var args []string
			if name == "arguments" {
				args = []string{"-n", "7", "a b", `"`}
			}
			got, err := runScript(t, text, args...)
			if err != nil {
				t.Fatal(err)
			}
			want, err := exec.Command("go", append([]string{"run", "x.go"}, args...)...).CombinedOutput()
			if err != nil {
				t.Fatalf("go run: %v\n%s", err, want)
			}
			if got != string(want) {
				t.Errorf("printed %s\ngo run  %s", got, want)
			}
		})
	}
}

func TestStatementsAsAScript(t *testing.T) {
	got, err := runScript(t, "#!/usr/bin/env -S innkeeper run\nx := 20\nfunc twice(x int) int { return 2 * x }\nfmt.Println(len(os.Args), os.Args[1])\ntwice(x) + 2\n", "arg")
	if want := "2 arg\n42\n"; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestScriptErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"x := 1\ny := x +\n", "x.go:2:9: expected operand"},
		{"x := 1\nx = \"a\"\n", "x.go:2:5: cannot use \"a\" (untyped string constant) as int value in assignment"},
		{"package main\n\nfunc main() {\n\tx := 1\n}\n", "x.go:4:2: declared and not used: x"},
		{"package main\n\nfunc main() {\n\tpanic(7)\n}\n", "panic: 7\nx.go:4:"},
		{"package main\n\nvar a = f(b)\nvar b = []int{1}\n\nfunc f(s []int) int { return s[2] }\n\nfunc main() {}\n", "panic: index out of range [2] with length 1\nx.go:6:"},
		{"package main\n\nfunc main() {\n", "notebook: x.go:3:15: expected '}', found 'EOF'"},
		{"package other\n\nfunc main() {}\n", "notebook: x.go is package other: only package main can be run"},
		{"package main\n\nfunc Main() {}\n", "notebook: x.go has no func main"},
	} {
		_, err := runScript(t, c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q gives\n%v\nwant %s", c.text, err, c.want)
		}
	}
	if _, err := ReadScript(filepath.Join(t.TempDir(), "none.go")); err == nil || !strings.HasPrefix(err.Error(), "notebook: there is no file ") {
		t.Error(err)
	}
	if _, err := ReadScript(t.TempDir()); err == nil || !strings.HasSuffix(err.Error(), "cannot be read: is a directory") {
		t.Error(err)
	}
}

func TestScriptExits(t *testing.T) {
	const text = "package main\nimport (\"fmt\"; \"os\")\nfunc main() { fmt.Println(1); os.Exit(%d) }\n"
	got, err := runScript(t, fmt.Sprintf(text, 3))
	var exit *Exit
	if !errors.As(err, &exit) || exit.Code != 3 || got != "1\n" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := runScript(t, fmt.Sprintf(text, 0)); err != nil || got != "1\n" {
		t.Errorf("%q, %v", got, err)
	}
}
