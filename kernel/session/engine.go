package session

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"io"
	"log"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/traefik/yaegi/interp"
)

// An engine runs lowered, checked Go. It is yaegi behind the little that a
// session needs of an interpreter, so that another one can take its place.
type engine struct {
	interp *interp.Interpreter
	trace  *traceWriter
	layout *layout

	naming sync.Mutex     // held while the interpreter's names change or are looked up beside that
	names  interp.Exports // those of packages

	mu     sync.Mutex // guards what follows
	ended  *sync.Cond // signalled when a run has ended
	runs   int
	stop   chan struct{} // closed when what runs is halted
	halted *halted       // what was halted, until what it knew can run again
	places int           // of the table that are made (see table.go)
}

// newEngine makes an engine that knows the symbols.
// waits has hooks without a result that do nothing while a number is 0; mine is the
// trace of the calling goroutine's cell.
func newEngine(symbols map[string]map[string]reflect.Value, waits map[string]*atomic.Int32, stdin io.Reader, stdout, stderr io.Writer, mine func() *trace) (*engine, error) {
	trace := &traceWriter{to: stderr, mine: mine}
	i := interp.New(interp.Options{Stdin: stdin, Stdout: stdout, Stderr: trace, Unrestricted: true})
	if err := i.Use(symbols); err != nil {
		return nil, fmt.Errorf("session: loading the symbol tables: %w", err)
	}
	trace.fset = i.FileSet()
	layout, pkgs := newLayout(waits), hidden(reflect.ValueOf(i).Elem(), "binPkg")
	if layout == nil || !nodesKnown || !pkgs.IsValid() {
		return nil, errors.New("session: this version of the interpreter is not the one that cells were made right for")
	}
	names := pkgs.Interface().(interp.Exports)
	restore(names, symbols, trace)
	e := &engine{interp: i, names: names, trace: trace, layout: layout}
	e.ended = sync.NewCond(&e.mu)
	return e, nil
}

// restore gives cells the variables of packages for which the interpreter has
// copies that the packages do not see, and a default logger that is the one by
// which package log prints. Package slog has the process's logger, which is told
// what is set, and tells where slog's own default takes its lines.
func restore(pkgs interp.Exports, symbols map[string]map[string]reflect.Value, stderr io.Writer) {
	pkgs["os"]["Args"] = symbols["os/os"]["Args"]
	pkgs["flag"]["CommandLine"] = symbols["flag/flag"]["CommandLine"]
	l := log.New(stderr, "", log.LstdFlags)
	for name, f := range map[string]any{
		"Default": func() *log.Logger { return l },
		"Fatal":   l.Panic, "Fatalf": l.Panicf, "Fatalln": l.Panicln, // which do not end the process
		"Panic": l.Panic, "Panicf": l.Panicf, "Panicln": l.Panicln,
		"Print": l.Print, "Printf": l.Printf, "Println": l.Println,
		"Flags": l.Flags, "Prefix": l.Prefix, "Writer": l.Writer, "Output": l.Output,
		"SetFlags":  func(flags int) { l.SetFlags(flags); log.SetFlags(flags) },
		"SetPrefix": func(prefix string) { l.SetPrefix(prefix); log.SetPrefix(prefix) },
		"SetOutput": func(w io.Writer) { l.SetOutput(w); log.SetOutput(w) },
	} {
		pkgs["log"][name] = reflect.ValueOf(f)
	}
	pkgs["log/slog"]["SetDefault"] = reflect.ValueOf(func(to *slog.Logger) {
		before := log.Writer()
		slog.SetDefault(to)
		if log.Writer() != before {
			l.SetOutput(log.Writer())
			l.SetFlags(log.Flags())
		}
	})
}

// name gives a package another name.
func (e *engine) name(path, name string, v reflect.Value) {
	e.naming.Lock()
	defer e.naming.Unlock()
	e.names[path][name] = v
}

func (e *engine) fileSet() *token.FileSet { return e.interp.FileSet() }

// A thrown is a panic that left the interpreted code.
type thrown struct {
	value any
	at    []token.Position // innermost first
}

func (t *thrown) Error() string { return panicText(t.value) }

// errHalted says that the engine was told to stop.
var errHalted = errors.New("halted")

// errExited says that a cell's own goroutine called runtime.Goexit.
var errExited = errors.New("runtime.Goexit ended the cell's own goroutine")

// run compiles and runs a file of declarations or a block of statements until
// it ends or halt is done. A panic in it is a *thrown.
func (e *engine) run(halt context.Context, node ast.Node) error {
	program, err := e.compile(node)
	if err != nil {
		return fmt.Errorf("the interpreter refuses this: %w", err)
	}
	trace := e.trace.mine()
	trace.reset()
	err = e.during(halt, func() error {
		_, err := e.interp.Execute(program)
		return err
	})
	var p interp.Panic
	switch {
	case errors.As(err, &p):
		return &thrown{p.Value, trace.reset()}
	case err == errExited:
		return &thrown{err, trace.reset()}
	}
	return err
}

func (e *engine) compile(node ast.Node) (p *interp.Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	e.naming.Lock()
	defer e.naming.Unlock()
	defer e.forget()
	if p, err = e.interp.CompileAST(node); err == nil {
		notePlaces(p, e.trace, e.layout)
	}
	return p, err
}

// forget drops the syntax trees that the interpreter keeps for its debugger:
// 10 kB a cell.
func (e *engine) forget() {
	if roots := hidden(reflect.ValueOf(e.interp).Elem(), "roots"); roots.IsValid() {
		roots.SetZero()
	}
	if scope := e.scope(); scope.IsValid() {
		if inner := hidden(scope, "child"); inner.IsValid() {
			inner.SetZero()
		}
	}
}

// scope is the interpreter's scope of the session's names, or the zero Value.
func (e *engine) scope() reflect.Value {
	scopes := hidden(reflect.ValueOf(e.interp).Elem(), "scopes")
	if !scopes.IsValid() {
		return scopes
	}
	scope := scopes.MapIndex(reflect.ValueOf("main"))
	if !scope.IsValid() || scope.IsNil() {
		return reflect.Value{}
	}
	return scope.Elem()
}

// drop takes names out of the interpreter that nothing will use any more. What
// was compiled with them goes on.
func (e *engine) drop(names []string) {
	scope := e.scope()
	if !scope.IsValid() {
		return
	}
	if symbols := hidden(scope, "sym"); symbols.IsValid() {
		for _, n := range names {
			symbols.SetMapIndex(reflect.ValueOf(n), reflect.Value{})
		}
	}
}

// hidden is an unexported field of the interpreter, or the zero Value when this
// version has none of that name.
func hidden(v reflect.Value, name string) reflect.Value {
	f := v.FieldByName(name)
	if !f.IsValid() {
		return f
	}
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}

// A traceWriter takes the interpreter's words about the functions that a panic
// leaves out of what it prints, and keeps where they were.
type traceWriter struct {
	to   io.Writer
	fset *token.FileSet
	mine func() *trace
}

// A trace is where a cell's panic was.
type trace struct {
	mu   sync.Mutex
	last token.Pos // of the operation that panicked
	told bool      // where the next function was is known: it runs its body as another one
	at   []token.Position
}

var traceLine = regexp.MustCompile(`^(?:(\S+):(\d+):(\d+): |-: )?panic: .*\(\.\.\.\)\n$`)

func (w *traceWriter) Write(p []byte) (int, error) {
	m := traceLine.FindSubmatch(p)
	if m == nil {
		return w.to.Write(p)
	}
	t := w.mine()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.told {
		t.told, t.last = false, token.NoPos
		return len(p), nil
	}
	at := w.fset.Position(t.last)
	if t.last == token.NoPos {
		at.Filename = string(m[1])
		at.Line, _ = strconv.Atoi(string(m[2]))
		at.Column, _ = strconv.Atoi(string(m[3]))
	}
	t.last = token.NoPos
	if strings.Contains(at.Filename, mark) { // a place in a cell
		t.at = append(t.at, at)
	}
	return len(p), nil
}

// passed notes the operation that a panic comes from.
func (t *trace) passed(pos token.Pos) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = pos
}

// known notes that the place of the next function that is left is there already.
func (t *trace) known() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = true
}

// mark is how many places there are, and drop forgets those behind a mark.
func (t *trace) mark() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.at)
}

// turn puts the places from b on before those from a to b.
func (t *trace) turn(a, b int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a < b && b < len(t.at) {
		t.at = slices.Concat(t.at[:a], t.at[b:], t.at[a:b])
	}
}

func (t *trace) drop(mark int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at, t.last = t.at[:min(mark, len(t.at))], token.NoPos
}

func (t *trace) reset() []token.Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.at
	t.at, t.last = nil, token.NoPos
	return at
}

// panicText is the value of a panic in words.
func panicText(v any) string {
	return strings.TrimPrefix(fmt.Sprint(thrownValue(v)), "runtime error: ")
}
