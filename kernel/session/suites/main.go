// Command suites runs Go's own test programs, those of yaegi, and the examples
// in the documentation of the packages that cells have, as cells, and counts
// which come out right, are refused, or come out wrong:
//
//	go run ./kernel/session/suites [-run regexp] [-v]
//
// A program of Go's distribution takes part when it begins with "// run" and
// needs no file, argument, build tag or unsafe trick; one of yaegi when Go
// itself runs it. The judge is `go run`: the cell must print the same. An example
// takes part when it is a program of its own; the judge is its comment, which
// `go test` checks.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// patience is the processor's time that a program may take. Interpreted loops
// are slow, so a program that Go runs in more than tooLong is left out. On a
// busy machine each may take so many times as long.
const (
	patience = 20 * time.Second
	tooLong  = 500 * time.Millisecond
	busy     = 10
)

// took is the processor's time of a process that has ended.
func took(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// outside is what a cell has no part in: files beside the program, the
// toolchain, the process, memory as bytes, what the compiler made of it.
var outside = regexp.MustCompile(`"unsafe"|"syscall"|"os/exec"|"runtime/debug"|"C"|go:build|\+build|go:linkname|go:embed|os\.Args|"runtime/internal|"internal/|GOROOT|testing\.AllocsPerRun|runtime\.(Callers?|Stack|SetFinalizer|AddCleanup|ReadMemStats|FuncForPC)|"\./`)

func main() {
	one := flag.String("one", "", "run this program as a cell, and nothing else")
	only := flag.String("run", "", "only programs whose path matches")
	verbose := flag.Bool("v", false, "tell every program that is not right")
	flag.Parse()
	if *one != "" {
		os.Exit(cell(*one))
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	wrong := 0
	for _, s := range suites() {
		wrong += s.run(match, *verbose)
	}
	if wrong > 0 {
		os.Exit(1)
	}
}

// cell runs a program as one cell and a call of its main.
func cell(path string) int {
	src, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	s, err := session.New()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	body := string(src)
	if at := regexp.MustCompile(`(?m)^package \w+`).FindStringIndex(body); at != nil {
		body = body[:at[0]] + body[at[1]:]
	}
	for i, code := range []string{body, "main()"} {
		o := s.Execute(context.Background(), session.Cell{Number: i + 1, Code: code}, direct{})
		if o.Err != nil && strings.HasPrefix(o.Err.Message, "os.Exit(0) called") {
			return 0
		}
		if o.Err != nil {
			fmt.Fprintln(os.Stderr, strings.Join(o.Err.Traceback, "\n"))
			if o.Err.Name == session.CompileError || strings.HasPrefix(o.Err.Message, "runtime.Goexit ended the cell") {
				return refusedCode
			}
			return 1
		}
	}
	return 0
}

const refusedCode = 3

// direct is an output that is the process's own.
type direct struct{}

func (direct) Stream(name, text string) {
	if name == "stderr" {
		os.Stderr.WriteString(text)
		return
	}
	os.Stdout.WriteString(text)
}
func (direct) Display(display.Bundle, string) {}
func (direct) Update(display.Bundle, string)  {}
func (direct) Clear(bool)                     {}

// A suite is programs of one origin.
type suite struct {
	name     string
	programs []string
	examples map[string]*doc.Example // by their programs, in the suite of examples
}

// The time zone of the tests of package time, whose examples show it.
const zone = "TZ=America/Los_Angeles"

func suites() []suite {
	root := goEnv("GOROOT")
	yaegi := goOutput("list", "-m", "-f", "{{.Dir}}", "github.com/traefik/yaegi")
	return []suite{
		{name: "Go's test folder", programs: find(filepath.Join(root, "test"), func(src string) bool { return strings.HasPrefix(src, "// run\n") })},
		{name: "yaegi's _test", programs: find(filepath.Join(yaegi, "_test"), func(src string) bool { return strings.Contains(src, "func main()") })},
		examples(root, goOutput("list", "-m", "-f", "{{.Dir}}", "gonum.org/v1/gonum")),
	}
}

// elsewhere is what an example has no part in besides: files beside it, the time
// zone of the package's tests, the toolchain.
var elsewhere = regexp.MustCompile(`testdata|example_test|LoadLocation|time\.Local|"go/|"crypto/tls"|"net/http"|"net"`)

// examples writes the examples that are programs into the user's cache.
func examples(root, gonum string) suite {
	s := suite{name: "examples", examples: map[string]*doc.Example{}}
	dir := filepath.Join(cache(), "examples")
	os.MkdirAll(dir, 0o755)
	for _, origin := range []string{filepath.Join(root, "src"), gonum} {
		filepath.WalkDir(origin, func(path string, d os.DirEntry, err error) error {
			if err != nil || !strings.HasPrefix(d.Name(), "example") && !strings.HasSuffix(d.Name(), "example_test.go") || !strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/internal/") || strings.Contains(path, "/cmd/") {
				return nil
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
			if err != nil {
				return nil
			}
			for _, e := range doc.Examples(file) {
				var program bytes.Buffer
				if e.Play == nil || e.Output == "" || format.Node(&program, fset, e.Play) != nil || outside.Match(program.Bytes()) || elsewhere.Match(program.Bytes()) {
					continue
				}
				rel, _ := filepath.Rel(origin, path)
				name := filepath.Join(dir, strings.ReplaceAll(strings.TrimSuffix(rel, "_test.go"), "/", "_")+"_"+e.Name+".go")
				os.WriteFile(name, program.Bytes(), 0o644)
				e.Output = strings.ReplaceAll(e.Output, file.Name.Name+".", "main.")
				s.programs, s.examples[name] = append(s.programs, name), e
			}
			return nil
		})
	}
	return s
}

// cache is where what is made once is kept.
func cache() string {
	home, err := os.UserCacheDir()
	if err != nil {
		home = os.TempDir()
	}
	return filepath.Join(home, "innkeeper-suites")
}

func goEnv(name string) string { return goOutput("env", name) }

func goOutput(args ...string) string {
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func find(root string, fit func(src string) bool) []string {
	var found []string
	filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err == nil && fit(string(src)) && !outside.Match(src) {
			found = append(found, path)
		}
		return nil
	})
	return found
}

// A verdict is what became of a program.
type verdict struct {
	path, kind, why string
}

func (s suite) run(match *regexp.Regexp, verbose bool) (wrong int) {
	var mu sync.Mutex
	var all []verdict
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for _, path := range s.programs {
		if !match.MatchString(path) {
			continue
		}
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			v := s.judge(path)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, v)
		})
	}
	group.Wait()
	slices.SortFunc(all, func(a, b verdict) int { return strings.Compare(a.kind+a.path, b.kind+b.path) })
	count := map[string]int{}
	for _, v := range all {
		count[v.kind]++
		if verbose && v.kind != "right" && v.kind != "left out" {
			fmt.Printf("%-8s %s: %s\n", v.kind, v.path, v.why)
		}
	}
	fmt.Printf("%s: %d right, %d refused, %d too slow or too deep, %d wrong (%d left out)\n", s.name, count["right"], count["refused"], count["slow"], count["wrong"], count["left out"])
	return count["wrong"]
}

func (s suite) judge(path string) verdict {
	same := func(got, want string) bool { return got == want }
	want, ok := "", true
	if e := s.examples[path]; e != nil {
		want = e.Output
		same = func(got, want string) bool { return tidy(got, e.Unordered) == tidy(want, e.Unordered) }
	} else if want, ok = expected(path); !ok {
		return verdict{path, "left out", "Go itself does not run it"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), busy*patience)
	defer cancel()
	self, _ := os.Executable()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, self, "-one", path)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if s.examples != nil {
		cmd.Env = append(os.Environ(), zone)
	}
	err := cmd.Run()
	printed := out.String() + errs.String()
	if s.examples != nil { // go test looks at the standard output alone
		printed = out.String()
	}
	var exit *exec.ExitError
	switch {
	case (ctx.Err() != nil || took(cmd) > patience) && strings.HasPrefix(want, out.String()+errs.String()):
		return verdict{path, "slow", "takes too long"}
	case strings.Contains(errs.String(), "panic: stack overflow: recursion too deep"):
		return verdict{path, "slow", "takes more stack than a cell has"}
	case errors.As(err, &exit) && exit.ExitCode() == refusedCode:
		return verdict{path, "refused", first(errs.String())}
	case err != nil:
		return verdict{path, "wrong", first(errs.String())}
	case !same(printed, want):
		return verdict{path, "wrong", fmt.Sprintf("prints %q instead of %q", short(printed), short(want))}
	}
	return verdict{path, "right", ""}
}

// tidy is an example's output as go test compares it.
func tidy(text string, unordered bool) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if unordered {
		slices.Sort(lines)
	}
	return strings.Join(lines, "\n")
}

func first(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return short(strings.Join(lines[:min(2, len(lines))], " | "))
}

func short(text string) string { return text[:min(160, len(text))] }

// expected is what Go prints, kept in the user's cache.
func expected(path string) (string, bool) {
	src, err := os.ReadFile(path)
	if err != nil {
		return "", false
	}
	sum := sha256.Sum256(append(src, runtime.Version()...))
	kept := filepath.Join(cache(), hex.EncodeToString(sum[:12]))
	if text, err := os.ReadFile(kept); err == nil {
		return strings.CutPrefix(string(text), "ok\n")
	}
	text := "no\n"
	if out, ok := goRun(path, kept+".exe"); ok {
		text = "ok\n" + out
	}
	os.MkdirAll(filepath.Dir(kept), 0o755)
	os.WriteFile(kept, []byte(text), 0o644)
	return strings.CutPrefix(text, "ok\n")
}

// goRun builds a program and runs it twice: one that prints something else the
// second time is no judge.
func goRun(path, exe string) (string, bool) {
	defer os.Remove(exe)
	if exec.Command("go", "build", "-o", exe, path).Run() != nil {
		return "", false
	}
	var outs [2]string
	for i := range outs {
		ctx, cancel := context.WithTimeout(context.Background(), 4*busy*tooLong)
		defer cancel()
		var out, errs bytes.Buffer
		cmd := exec.CommandContext(ctx, exe)
		cmd.Stdout, cmd.Stderr = &out, &errs
		if cmd.Run() != nil || took(cmd) > tooLong {
			return "", false
		}
		outs[i] = out.String() + errs.String()
	}
	return outs[0], outs[0] == outs[1]
}
