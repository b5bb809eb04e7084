package native

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/native/wire"
)

// toolchain gives a test a cache folder of its own.
func toolchain(t *testing.T) {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Skip("no Go toolchain")
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(out)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
}

// busy is a program with a function that never ends and one that does.
var busy = Program{
	Files: map[string]string{"cell0.go": "package main\n\nfunc forever() { for {} }\n\nfunc double(x int) int { return 2 * x }\n"},
	Funcs: []string{"forever", "double"},
}

// call is a request of a function without arguments, or with an int.
func call(f int, args ...uint64) []byte {
	b := wire.Begin(nil, wire.Call)
	b = binary.LittleEndian.AppendUint64(b, uint64(f))
	b = append(b, 0)
	for _, a := range args {
		b = binary.LittleEndian.AppendUint64(b, a)
	}
	return wire.End(b)
}

func TestCall(t *testing.T) {
	toolchain(t)
	b, err := Build(context.Background(), busy)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPool(b, &bytes.Buffer{})
	defer p.Close()
	kind, body, err := p.Call(nil, nil, call(1, 21))
	if err != nil || kind != wire.OK || !bytes.Equal(body, []byte{42, 0, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("%c %v %v", kind, body, err)
	}
	// A process that was killed between two calls is replaced.
	p.idle[0].cmd.Process.Kill()
	<-p.idle[0].waiting
	if _, body, err := p.Call(nil, nil, call(1, 1)); err != nil || body[0] != 2 {
		t.Errorf("after a kill: %v %v", body, err)
	}
	stop := make(chan struct{})
	time.AfterFunc(50*time.Millisecond, func() { close(stop) })
	if _, _, err := p.Call(stop, nil, call(0)); !errors.Is(err, ErrStopped) {
		t.Errorf("a stopped call: %v", err)
	}
}

// What a program says reaches the kernel, whatever it looks like; what Go's
// runtime says as it dies is the reason, and no text.
func TestLastWords(t *testing.T) {
	toolchain(t)
	b, err := Build(context.Background(), Program{
		Files: map[string]string{"cell0.go": "package main\n\nimport (\"fmt\"; \"os\"; \"strings\")\n\n" +
			"func talk() { fmt.Fprintln(os.Stderr, \"before\\npanic: no\\nSIGNAL\"); fmt.Fprintln(os.Stderr, \"after\") }\n" +
			"func much() { fmt.Fprintln(os.Stderr, \"panic: no\"); fmt.Fprint(os.Stderr, strings.Repeat(\"x\", 200000)); select {} }\n" +
			"func leave() { fmt.Fprintln(os.Stderr, \"panic: no\"); os.Exit(3) }\n" +
			"func die() { go func() { panic(\"yes\") }(); select {} }\n"},
		Funcs: []string{"talk", "much", "leave", "die"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for f, c := range []struct {
		words  string
		reason string
	}{
		{"before\npanic: no\nSIGNAL\nafter\n", ""},
		{"panic: no\n" + strings.Repeat("x", 200000), "native: stopped"},
		{"panic: no\n", "exit status 3"},
		{"", "died: yes"},
	} {
		text := make(chan string, 1000)
		p := NewPool(b, writer(func(b []byte) { text <- string(b) }))
		defer p.Close()
		stop, so := make(chan struct{}), ""
		ended := make(chan error, 1)
		go func() {
			_, _, err := p.Call(stop, nil, call(f))
			ended <- err
		}()
		for deadline := time.After(20 * time.Second); so != c.words; {
			select {
			case more := <-text:
				so += more
			case <-deadline:
				t.Fatalf("function %d says %.200q, want %.200q", f, so, c.words)
			}
		}
		if f == 1 {
			close(stop)
		}
		if err := <-ended; c.reason == "" && err != nil || c.reason != "" && (err == nil || !strings.Contains(err.Error(), c.reason)) {
			t.Errorf("function %d ends with %v, want %q", f, err, c.reason)
		}
		if len(text) > 0 {
			t.Errorf("function %d says more: %.200q", f, <-text)
		}
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	if len(b) > 0 {
		w(b)
	}
	return len(b), nil
}

// The process ends with the kernel, also in the middle of a call: the system
// closes the kernel's end of its pipe.
func TestProcessEndsWithTheKernel(t *testing.T) {
	toolchain(t)
	b, err := Build(context.Background(), busy)
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range [][]byte{nil, call(0)} {
		q, err := start(b, &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		q.to.Write(request)
		time.Sleep(100 * time.Millisecond)
		q.life.Close()
		select {
		case <-q.waiting:
		case <-time.After(10 * time.Second):
			t.Errorf("it goes on (busy: %v)", request != nil)
			q.cmd.Process.Kill()
		}
	}
}

func TestBuildIsKept(t *testing.T) {
	toolchain(t)
	first, err := Build(context.Background(), busy)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Build(context.Background(), busy)
	if err != nil || second.Path != first.Path || second.Took != 0 || first.Took == 0 {
		t.Errorf("built %v in %v, then %v in %v: %v", first.Path, first.Took, second.Path, second.Took, err)
	}
	other := busy
	other.Files = map[string]string{"cell0.go": strings.Replace(busy.Files["cell0.go"], "2 * x", "3 * x", 1)}
	third, err := Build(context.Background(), other)
	if err != nil || third.Path == first.Path {
		t.Errorf("other source, the same program: %v %v", third, err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(first.Path)), building+"*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBuildFailures(t *testing.T) {
	toolchain(t)
	bad := Program{Files: map[string]string{"cell0.go": "package main\n\n//line cell0/cell:7:3\nfunc f() int { return nope }\n"}, Funcs: []string{"f"}}
	var source *SourceError
	if _, err := Build(context.Background(), bad); !errors.As(err, &source) {
		t.Fatalf("%v is no SourceError", err)
	}
	if p := source.Problems[0]; p.File != "cell0/cell" || p.Line != 7 || p.Column != 25 || p.Message != "undefined: nope" {
		t.Errorf("%+v", p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, bad); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	unknown := Program{Files: map[string]string{"cell0.go": "package main\n\nimport \"example.org/nothing\"\n\nvar f = nothing.F\n"}}
	if _, err := Build(context.Background(), unknown); err == nil || !strings.Contains(err.Error(), "source of a package is not on this machine") {
		t.Errorf("a package that is not there: %v", err)
	}
	t.Setenv("PATH", "")
	if _, err := Build(context.Background(), bad); !errors.Is(err, ErrNoToolchain) {
		t.Errorf("no toolchain: %v", err)
	}
}

// No product and sum become one operation with one rounding, on any processor:
// the interpreter rounds twice.
func TestNothingIsFused(t *testing.T) {
	toolchain(t)
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module fused\n\ngo 1.26\n"), 0o644)
	os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\n//go:noinline\nfunc fma(a, b, c float64) float64 { return a*b + c }\n\nfunc main() { println(fma(1, 2, 3)) }\n"), 0o644)
	count := func(with []string) int {
		args := append(append([]string{"build"}, with...), "-o", "x", ".")
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), environment...)
		cmd.Env = append(cmd.Env, "GOARCH=arm64")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
		out, err := exec.Command("go", "tool", "objdump", "-s", "main.fma", filepath.Join(dir, "x")).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(out), "FMADD")
	}
	var ours []string
	for _, f := range flags {
		if !strings.Contains(f, "ldflags") { // the tool needs the symbols
			ours = append(ours, f)
		}
	}
	if count(nil) == 0 {
		t.Error("without the flags nothing is fused on arm64: this test sees nothing")
	}
	if n := count(ours); n > 0 {
		t.Errorf("%d fused operations", n)
	}
}
