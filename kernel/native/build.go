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

// module is the path of the module that is built. It stands in the places of
// panics.
const module = "cells"

// files are all that is built.
func (p Program) files() map[string]string {
	all := map[string]string{
		"go.mod":         p.gomod(),
		"wire/codec.go":  codecSource,
		"wire/serve.go":  serveSource,
		"main_serves.go": p.main(),
	}
	for name, text := range p.Files {
		all[name] = text
	}
	return all
}

func (p Program) main() string {
	var vars, names []string
	for _, v := range p.Vars {
		vars = append(vars, "&"+v)
		names = append(names, strconv.Quote(v))
	}
	return fmt.Sprintf("package main\n\nimport wireˑ %q\n\nfunc main() {\n\twireˑ.Serve([]any{%s}, []any{%s}, []string{%s})\n}\n",
		module+"/wire", strings.Join(p.Funcs, ", "), strings.Join(vars, ", "), strings.Join(names, ", "))
}

// gomod asks for the language of this program's own Go, and for the versions of
// modules that this program has.
func (p Program) gomod() string {
	version := strings.TrimPrefix(runtime.Version(), "go")
	if parts := strings.SplitN(version, ".", 3); len(parts) > 1 {
		version = parts[0] + "." + regexp.MustCompile(`^\d*`).FindString(parts[1])
	}
	text := "module " + module + "\n\ngo " + version + "\n"
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
	files := p.files()
	folder, err := cache(files, version)
	if err != nil {
		return nil, err
	}
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
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return nil, fmt.Errorf("native: %w", err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(folder), "building-")
	if err != nil {
		return nil, fmt.Errorf("native: %w", err)
	}
	defer os.RemoveAll(dir)
	for file, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, fmt.Errorf("native: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("native: %w", err)
		}
	}
	args := append(append([]string{"build"}, flags...), "-o", name, ".")
	if out, err := run(dir, args...); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, buildError(out, version)
	}
	if err := os.Rename(dir, folder); err != nil {
		if _, gone := os.Stat(b.Path); gone != nil { // nobody else built it meanwhile
			return nil, fmt.Errorf("native: %w", err)
		}
	}
	b.Took = time.Since(start)
	prune(filepath.Dir(folder))
	return b, nil
}

// cache is the folder of a program, which its source and the toolchain name.
func cache(files map[string]string, version string) (string, error) {
	root, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("native: no folder for what is built: %w", err)
	}
	h := sha256.New()
	fmt.Fprintln(h, version, flags, environment)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(h, "%s %d\n%s", name, len(files[name]), files[name])
	}
	return filepath.Join(root, "innkeeper", "native", hex.EncodeToString(h.Sum(nil)[:16])), nil
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
		if strings.HasPrefix(e.Name(), "building-") {
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
