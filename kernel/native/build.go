// Package native builds functions with the Go toolchain of the user's machine
// into a program of their own, and calls them in it. A crash of that program
// is an error of the call.
package native

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Program is the source of functions to call.
type Program struct {
	Files   map[string]string // Go files of package main by name, without a main function
	Funcs   []string          // the functions to call, as expressions: "f", "T.Method"
	Vars    []string          // variables of the files whose values come with the calls
	Modules []string          // paths of modules whose packages the files import
}

// A Binary is a built program.
type Binary struct {
	Path string
	Go   string        // the toolchain's version
	Took time.Duration // to build it; 0 when it had been built before
}

// ErrNoToolchain says that there is no Go toolchain that could build.
var ErrNoToolchain = errors.New("there is no Go toolchain on the PATH (go.dev/dl has one)")

// A SourceError is what the compiler says against the source.
type SourceError struct{ Problems []Problem }

// A Problem has the place that a //line directive gave.
type Problem struct {
	File         string
	Line, Column int
	Message      string
}

func (e *SourceError) Error() string {
	p := e.Problems[0]
	return fmt.Sprintf("native: %s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// The package that both sides speak is built into every program.
var (
	//go:embed wire/codec.go
	codecSource string
	//go:embed wire/serve.go
	serveSource string
)

// module is the path of the module that is built.
const module = "cells"

// wireFiles are the module of the package that both sides speak. It has a
// folder of its own, so that the toolchain compiles it once.
func wireFiles() map[string]string {
	return map[string]string{"go.mod": "module wire\n\ngo " + language() + "\n", "codec.go": codecSource, "serve.go": serveSource}
}

// files are all that is built besides; wire is the folder's name.
func (p Program) files(wire string) map[string]string {
	all := map[string]string{"go.mod": p.gomod(wire), "main_serves.go": p.main()}
	maps.Copy(all, p.Files)
	return all
}

func (p Program) main() string {
	var vars, names []string
	for _, v := range p.Vars {
		vars = append(vars, "&"+v)
		names = append(names, strconv.Quote(v))
	}
	return fmt.Sprintf("package main\n\nimport wireˑ \"wire\"\n\nfunc main() {\n\twireˑ.Serve([]any{%s}, []any{%s}, []string{%s})\n}\n",
		strings.Join(p.Funcs, ", "), strings.Join(vars, ", "), strings.Join(names, ", "))
}

// language is the version of this program's own Go, without the patch.
func language() string {
	parts := strings.SplitN(strings.TrimPrefix(runtime.Version(), "go"), ".", 3)
	if len(parts) < 2 {
		return "1.26" // a development version
	}
	return parts[0] + "." + digits.FindString(parts[1])
}

var digits = regexp.MustCompile(`^\d*`)

// gomod asks for the versions of modules that this program has.
func (p Program) gomod(wire string) string {
	text := "module " + module + "\n\ngo " + language() + "\n\nrequire wire v0.0.0\n\nreplace wire => ../" + wire + "\n"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if slices.Contains(p.Modules, m.Path) {
				text += "\nrequire " + m.Path + " " + m.Version + "\n"
			}
		}
	}
	return text
}

// flags make arithmetic what it is in the interpreter: without them the
// compiler may fuse a product and a sum into one operation with one rounding,
// where the processor has that.
var flags = []string{"-ldflags=-s", "-gcflags=-d=fmahash=n"}

// environment keeps the build offline and the same everywhere.
var environment = []string{"CGO_ENABLED=0", "GOAMD64=v1", "GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH, "GO111MODULE=on", "GOWORK=off",
	"GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOTOOLCHAIN=local", "GOEXPERIMENT=", "GODEBUG="}

// Build builds a program, or finds it among those built before in the user's
// cache folder. Without a toolchain that can, the error is ErrNoToolchain in
// the sense of errors.Is; a *SourceError is about the source.
func Build(ctx context.Context, p Program) (*Binary, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil, ErrNoToolchain
	}
	run := func(dir string, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, tool, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), environment...)
		cmd.WaitDelay = time.Second
		out, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return string(out), err
	}
	version, err := run(os.TempDir(), "env", "GOVERSION")
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s does not run: %v", ErrNoToolchain, tool, err)
	}
	version = strings.TrimSpace(version)
	root, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("native: no folder for what is built: %w", err)
	}
	root = filepath.Join(root, "innkeeper", "native")
	wire := "wire-" + hash(wireFiles())
	files := p.files(wire)
	folder := filepath.Join(root, hash(files, version, fmt.Sprint(flags, environment)))
	name := "cells"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	b := &Binary{Path: filepath.Join(folder, name), Go: version}
	if _, err := os.Stat(b.Path); err == nil {
		now := time.Now()
		os.Chtimes(folder, now, now)
		return b, nil
	}
	start := time.Now()
	if _, err := os.Stat(filepath.Join(root, wire)); err != nil {
		if err := place(root, wire, wireFiles(), nil); err != nil {
			return nil, err
		}
	}
	err = place(root, filepath.Base(folder), files, func(dir string) error {
		args := append(append([]string{"build"}, flags...), "-o", name, ".")
		out, err := run(dir, args...)
		if err != nil && ctx.Err() == nil {
			err = buildError(out, version)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	b.Took = time.Since(start)
	prune(root)
	return b, nil
}

// place makes a folder of files, and of what work adds to them, at once.
func place(root, name string, files map[string]string, work func(dir string) error) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("native: %w", err)
	}
	dir, err := os.MkdirTemp(root, building)
	if err != nil {
		return fmt.Errorf("native: %w", err)
	}
	defer os.RemoveAll(dir)
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			return fmt.Errorf("native: %w", err)
		}
	}
	if work != nil {
		if err := work(dir); err != nil {
			return err
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("native: %w", err)
	}
	if err := os.Rename(dir, filepath.Join(root, name)); err != nil {
		if _, gone := os.Stat(filepath.Join(root, name)); gone != nil { // nobody else was faster
			return fmt.Errorf("native: %w", err)
		}
	}
	return nil
}

// building is how the names of folders begin that are not ready.
const building = "building-"

// hash names what is made of files, and what else decides it.
func hash(files map[string]string, more ...string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n%s", name, len(files[name]), files[name])
	}
	fmt.Fprintf(h, "%q", more)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// keep is how many programs the cache folder keeps, the latest ones: 2 MB each.
const keep = 50

// prune removes the programs that were not used for the longest time, and what
// builds that were killed left behind.
func prune(root string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	type folder struct {
		path string
		used time.Time
	}
	var all []folder
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		path := filepath.Join(root, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "wire-"):
			continue
		case strings.HasPrefix(e.Name(), building):
			if time.Since(info.ModTime()) > time.Hour {
				os.RemoveAll(path)
			}
			continue
		}
		all = append(all, folder{path, info.ModTime()})
	}
	slices.SortFunc(all, func(a, b folder) int { return b.used.Compare(a.used) })
	for _, f := range all[min(keep, len(all)):] {
		os.RemoveAll(f.path)
	}
}

var (
	placed  = regexp.MustCompile(`(?m)^(?:.*/)?(cell[^\s/]*/cell):(\d+)(?::(\d+))?: (.*)$`)
	tooOld  = regexp.MustCompile(`requires go >= (\S+)|go: unknown .*go version|invalid go version`)
	missing = regexp.MustCompile(`(?m)^.*?((?:cannot find module|module lookup disabled|missing go.sum|no required module|package \S+ is not in std).*)$`)
)

// buildError is what the toolchain said.
func buildError(out, version string) error {
	var ps []Problem
	for _, m := range placed.FindAllStringSubmatch(out, -1) {
		line, _ := strconv.Atoi(m[2])
		column, _ := strconv.Atoi(m[3])
		ps = append(ps, Problem{m[1], line, max(column, 1), m[4]})
	}
	if m := missing.FindStringSubmatch(out); m != nil {
		return fmt.Errorf("native: the source of a package is not on this machine: %s", m[1])
	}
	switch {
	case tooOld.MatchString(out):
		return fmt.Errorf("%w: the one that is there is %s, and cells are written for %s", ErrNoToolchain, version, runtime.Version())
	case len(ps) > 0:
		return &SourceError{ps}
	}
	return fmt.Errorf("native: go build failed: %s", strings.TrimSpace(out))
}
