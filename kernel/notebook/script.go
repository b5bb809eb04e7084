package notebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// A Script is a .go file as one cell: either a program, whose func main is
// called, or statements as in a cell.
type Script struct {
	Path string
	Code string // of the cell
}

// ReadScript reads a .go file. A package clause makes it a program: it must
// then be package main and have a func main.
func ReadScript(path string) (*Script, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if bytes.HasPrefix(src, []byte("#!")) { // the system's, which Go would not understand
		copy(src, "//")
	}
	s := &Script{Path: path, Code: string(src)}
	set := token.NewFileSet()
	// Whether a file has a package clause can be said even if the rest is wrong.
	if _, err := parser.ParseFile(set, path, src, parser.PackageClauseOnly); err != nil {
		return s, nil
	}
	f, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
	if err != nil {
		var list scanner.ErrorList
		if errors.As(err, &list) {
			return nil, fmt.Errorf("notebook: %w", list[0])
		}
		return nil, fmt.Errorf("notebook: %w", err)
	}
	if f.Name.Name != "main" {
		return nil, fmt.Errorf("notebook: %s is package %s: only package main can be run", path, f.Name.Name)
	}
	if !slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Recv == nil && fn.Name.Name == "main"
	}) {
		return nil, fmt.Errorf("notebook: %s has no func main", path)
	}
	return s, nil
}

// A ScriptError says why a script did not succeed, with its places.
type ScriptError struct{ Traceback []string }

func (e *ScriptError) Error() string { return strings.Join(e.Traceback, "\n") }

// An Exit is the error of a script that called os.Exit with a code that is not
// zero.
type Exit struct{ Code int }

func (e *Exit) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// Run runs the script. What it prints goes to out, and so does the value of a
// last expression. A script that does not succeed, or of which a goroutine
// panics, gives an *Exit or a *ScriptError.
func (s *Script) Run(ctx context.Context, x Executor, out display.Output) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	o := x.Execute(ctx, session.Cell{Number: 1, Code: s.Code}, scriptOutput{out, fail})
	if o.Value != nil {
		out.Display(o.Value, "")
	}
	var beside *session.Error
	if errors.As(context.Cause(ctx), &beside) { // because of which the script was interrupted
		o.Err = beside
	}
	switch {
	case o.Err == nil, o.Err.Exit != nil && *o.Err.Exit == 0:
		return nil
	case o.Err.Exit != nil:
		return &Exit{*o.Err.Exit}
	}
	return s.failure(o.Err)
}

// A scriptOutput is where a script prints, whose goroutines end it by an error.
type scriptOutput struct {
	display.Output
	fail context.CancelCauseFunc
}

func (o scriptOutput) Failed(_ int, e *session.Error) { o.fail(e) }

func (o scriptOutput) Input(prompt string, password bool) (string, error) {
	if a, ok := o.Output.(display.Asker); ok {
		return a.Input(prompt, password)
	}
	return "", display.ErrNobody
}

var places = regexp.MustCompile(`(?m)^cell 1, line (\d+)(?:, column (\d+))?`)

// failure tells an error with the file's places instead of the cell's.
func (s *Script) failure(e *session.Error) error {
	var told ScriptError
	for _, text := range e.Traceback {
		told.Traceback = append(told.Traceback, places.ReplaceAllStringFunc(text, func(p string) string {
			m := places.FindStringSubmatch(p)
			where := s.Path + ":" + m[1]
			if m[2] != "" {
				where += ":" + m[2]
			}
			return where
		}))
	}
	return &told
}

// unreadable is a sentence about a file that cannot be read.
func unreadable(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("notebook: there is no file %s", path)
	}
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("notebook: %s cannot be read: %w", filepath.Clean(path), err)
}
