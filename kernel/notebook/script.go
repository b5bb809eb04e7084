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
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// A Script is a .go file as one cell: either a program, whose func main is
// called, or statements as in a cell.
type Script struct {
	Path string
	Code string // of the cell

	lines []int // of the file, for each line of the cell
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
	s := &Script{Path: path}
	set := token.NewFileSet()
	// Whether a file has a package clause can be said even if the rest is wrong.
	if _, err := parser.ParseFile(set, path, src, parser.PackageClauseOnly); err != nil {
		return s.statements(src), nil
	}
	f, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
	if err != nil {
		var list scanner.ErrorList
		if errors.As(err, &list) {
			return nil, fmt.Errorf("notebook: %w", list[0])
		}
		return nil, fmt.Errorf("notebook: %w", err)
	}
	return s, s.program(set, f, src)
}

func (s *Script) statements(src []byte) *Script {
	s.Code = string(src)
	for i := range strings.Count(s.Code, "\n") + 1 {
		s.lines = append(s.lines, i+1)
	}
	return s
}

// program makes a cell of a program. Every token stays in its place but for
// package variables that Go would initialise in another order.
func (s *Script) program(set *token.FileSet, f *ast.File, src []byte) error {
	if f.Name.Name != "main" {
		return fmt.Errorf("notebook: %s is package %s: only package main can be run", s.Path, f.Name.Name)
	}
	at := func(p token.Pos) int { return set.Position(p).Offset }
	original := bytes.Clone(src)
	clear := func(from, to token.Pos) {
		for i := at(from); i < at(to); i++ {
			if src[i] != '\n' {
				src[i] = ' '
			}
		}
	}
	clear(f.Package, f.Name.End())
	var inits []*ast.FuncDecl
	var names []string // that they get
	var main *ast.FuncDecl
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil {
			continue
		}
		switch fn.Name.Name {
		case "main":
			main = fn
		case "init": // of which there may be several; a cell has none
			name := unused(src, len(names))
			copy(src[at(fn.Name.Pos()):], name)
			inits, names = append(inits, fn), append(names, name)
		}
	}
	if main == nil {
		return fmt.Errorf("notebook: %s has no func main", s.Path)
	}
	moved := misplaced(set, f)
	for _, v := range moved {
		if v.from.IsValid() {
			clear(v.from, v.to)
		}
	}
	s.statements(src)
	line := func(code string, of token.Pos) {
		s.Code += "\n" + code
		for range strings.Count(code, "\n") + 1 {
			s.lines = append(s.lines, set.Position(of).Line)
		}
	}
	for _, v := range moved {
		line(v.declaration(original, at), v.value.Pos())
	}
	for i, fn := range inits {
		line(names[i]+"()", fn.Pos())
	}
	line("main()", main.Pos())
	return nil
}

// unused is a name of four letters, as many as init has, that the source does
// not hold.
func unused(src []byte, n int) string {
	for i := n; ; i++ {
		name := fmt.Sprintf("%s%02d", "in", i)
		if i > 99 {
			name = "x" + strconv.FormatInt(int64(i), 36) + "_"
		}
		if !bytes.Contains(src, []byte(name)) {
			return name
		}
	}
}

// A packageVar is the initialisation of package variables by one value.
type packageVar struct {
	names    []string
	kind     ast.Expr // their type, or nil
	value    ast.Expr
	from, to token.Pos // what to clear in the file; invalid where another one does
}

func (v packageVar) declaration(src []byte, at func(token.Pos) int) string {
	text := "var " + strings.Join(v.names, ", ")
	if v.kind != nil {
		text += " " + string(src[at(v.kind.Pos()):at(v.kind.End())])
	}
	return text + " = " + string(src[at(v.value.Pos()):at(v.value.End())])
}

// misplaced lists the package variables in the order in which Go initialises
// them (the Go specification, "Package initialization"), or nothing if that is
// the order in which they are written, as it is in nearly every program.
func misplaced(set *token.FileSet, f *ast.File) []packageVar {
	var info types.Info
	// What is imported does not matter here, so its absence is no error.
	config := types.Config{Error: func(error) {}, Importer: nil, FakeImportC: true}
	config.Check("main", set, []*ast.File{f}, &info)
	specs := map[token.Pos]*ast.ValueSpec{} // by the places of their names
	groups := map[*ast.ValueSpec]*ast.GenDecl{}
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				s := s.(*ast.ValueSpec)
				groups[s] = g
				for _, n := range s.Names {
					specs[n.Pos()] = s
				}
			}
		}
	}
	var list []packageVar
	inOrder, last := true, token.NoPos
	cleared := map[*ast.ValueSpec]bool{}
	for _, i := range info.InitOrder {
		spec := specs[i.Lhs[0].Pos()]
		v := packageVar{kind: spec.Type, value: i.Rhs}
		for _, l := range i.Lhs {
			v.names = append(v.names, l.Name())
		}
		if !cleared[spec] {
			cleared[spec] = true
			v.from, v.to = spec.Pos(), spec.End()
			if g := groups[spec]; !g.Lparen.IsValid() {
				v.from = g.Pos()
			}
		}
		inOrder = inOrder && i.Rhs.Pos() > last
		last = i.Rhs.Pos()
		list = append(list, v)
	}
	if inOrder {
		return nil
	}
	return list
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
			n, _ := strconv.Atoi(m[1])
			if n < 1 || n > len(s.lines) {
				return p
			}
			where := fmt.Sprintf("%s:%d", s.Path, s.lines[n-1])
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
