package session

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

const (
	hooksPath = "innkeeper/cell" // where lowered code imports hooks from
	nbPath    = "github.com/innkeeper-notebook/innkeeper/kernel/nb"
)

// hookTable is what lowered code calls, as a symbol table.
func (s *Session) hookTable() map[string]reflect.Value {
	table := map[string]any{
		"Run":    s.step,
		"Done":   func(cell int) { s.alive(cell); s.commitStep() },
		"Show":   func(values ...any) { s.cell.Load().shown = values },
		"Error":  func(err error) any { return failure{err} },
		"With":   with,
		"Go":     s.start,
		"Defer":  func(f func()) { s.cell.Load().deferred = append(s.cell.Load().deferred, f) },
		"Clear":  clearValue,
		"MinInt": smallest[int64], "MaxInt": largest[int64],
		"MinUint": smallest[uint64], "MaxUint": largest[uint64],
		"MinFloat": smallest[float64], "MaxFloat": largest[float64],
		"MinString": smallest[string], "MaxString": largest[string],
	}
	values := map[string]reflect.Value{
		"Stdout": reflect.ValueOf(&s.stdout).Elem(),
		"Stderr": reflect.ValueOf(&s.stderr).Elem(),
	}
	for name, f := range table {
		values[name] = reflect.ValueOf(f)
	}
	return values
}

// step runs one step of a cell.
func (s *Session) step(cell int, f func()) {
	s.alive(cell)
	s.tellLine()
	f()
	s.alive(cell)
}

// tellLine tells an output that wants to know which line of the cell runs.
func (s *Session) tellLine() {
	if out, ok := s.output().(interface{ At(line int) }); ok {
		c := s.cell.Load()
		out.At(s.engine.fileSet().Position(c.plan.steps[c.done].at).Line)
	}
}

// alive ends the goroutine of a cell that was halted: the interpreter would go
// on with it as soon as another cell runs.
func (s *Session) alive(cell int) {
	if s.cell.Load().number != cell || s.cell.Load().halted.Load() {
		panic(errHalted)
	}
}

// A failure is a value of type error among those that a cell shows.
type failure struct{ err error }

// with dresses a value with the name of its type and its rendering methods:
// pairs of a name and a function.
func with(v any, name string, pairs ...any) any {
	if len(pairs) == 0 {
		if name == "" {
			return v
		}
		return display.Named{Value: v, Type: name}
	}
	funcs := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		funcs[pairs[i].(string)] = pairs[i+1]
	}
	return display.Methods{Value: v, Funcs: funcs}
}

// start runs f in a goroutine whose panic is told and ends it alone.
func (s *Session) start(f func()) {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				fmt.Fprintf(s.stderr, "panic in a goroutine: %s\n", panicText(r))
			}
		}()
		f()
	}()
}

func clearValue(v any) {
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Map {
		rv.Clear()
		return
	}
	for i := range rv.Len() {
		rv.Index(i).SetZero()
	}
}

// smallest and largest follow Go's min and max: NaN wins over every number.
func smallest[T cmp.Ordered](values ...T) T {
	m := values[0]
	for _, v := range values[1:] {
		m = min(m, v)
	}
	return m
}

func largest[T cmp.Ordered](values ...T) T {
	m := values[0]
	for _, v := range values[1:] {
		m = max(m, v)
	}
	return m
}

// A stream is one of a cell's output streams as a writer.
type stream struct {
	name string
	s    *Session
}

func (w *stream) Write(p []byte) (int, error) {
	if out := w.s.output(); out != nil {
		out.Stream(w.name, string(p))
	}
	return len(p), nil
}

// WriteString is there because os.Stdout, whose place a stream takes, has it.
func (w *stream) WriteString(text string) (int, error) { return w.Write([]byte(text)) }

// A keyboard is the standard input of cells: it asks the user line by line.
type keyboard struct {
	s    *Session
	line []byte
}

func (k *keyboard) Read(p []byte) (int, error) {
	if len(k.line) == 0 {
		a, ok := k.s.output().(display.Asker)
		if !ok {
			return 0, display.ErrNobody
		}
		line, err := a.Input("", false)
		if err != nil {
			return 0, err
		}
		k.line = []byte(line + "\n")
	}
	n := copy(p, k.line)
	k.line = k.line[n:]
	return n, nil
}

// sortedKeys are the keys of m in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
