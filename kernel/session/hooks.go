package session

import (
	"cmp"
	"fmt"
	"go/token"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/innkeeper-notebook/innkeeper/inn/rows"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/stdlib"
)

const (
	hooksPath = "innkeeper/cell" // where lowered code imports hooks from
	nbPath    = "github.com/innkeeper-notebook/innkeeper/kernel/nb"
)

// wrappers are the structs by which interpreted values implement interfaces.
var wrappers = func() map[reflect.Type]bool {
	all := map[reflect.Type]bool{}
	for _, table := range stdlib.Symbols {
		for name, v := range table {
			if name[0] == '_' {
				all[v.Type().Elem()] = true
			}
		}
	}
	return all
}()

// hookTable is what lowered code calls, as a symbol table.
func (s *Session) hookTable() map[string]reflect.Value {
	table := map[string]any{
		"Prepared": func(cell int) { s.alive(cell).prepared() },
		"Begin":    func(cell int) { s.alive(cell).tellLine(s.fset) },
		"Done":     func(cell int) { s.commitStep(s.alive(cell)) },
		"Show":     func(values ...any) { s.mine().shown = values },
		"Error":    func(err error) any { return failure{err} },
		"End":      s.endWith,
		"Magic":    func(cell int) { s.doMagic(s.alive(cell)) },
		"Start":    func(cell int) { s.alive(cell).timing = timing{start: time.Now()} },
		"Took":     func(cell int) { s.took(s.alive(cell)) },
		"Loops":    func(cell int) int { return s.loops(s.alive(cell)) },
		"Go":       s.start,
		"Apart":    s.apart,

		"Pointer": (*unsafe.Pointer)(nil),
		"Address": func(p unsafe.Pointer) uintptr { return uintptr(p) },

		// Deferred calls.
		"Called":       s.calledByDefer,
		"Recover":      recoverPanic,
		"NotPanicking": func() any { return nil },
		"Deferring":    func() *deferring { return &deferring{} },
		"Defer":        func(d *deferring, f func(), reach int) { d.add(f, reach) },
		"Through":      s.through,
		"Signed":       func(...any) {},
		"DeferRecover": func(d *deferring, p *panicking) { d.calls = append(d.calls, deferredCall{recovers: p}) },
		"DeferCell":    func(f func(), reach int) { s.mine().deferred.add(f, reach) },
		"RunDeferring": s.runDeferring,

		// Interfaces.
		"Tell": func(typ int, name, sig string, maker any) {
			s.types.at(typ).methods[name] = &method{sig, reflect.ValueOf(maker)}
		},
		"Box": func(typ int, v any) any { return whole(Box{s.types.at(typ), v}) },
		"Any": func(v any) any { return v },
		"Out": func(v any) any { return whole(out(v)) },
		"Raw": raw,
		"Into": func(ptr, v any, typ int) {
			if v = out(v); v == nil { // the interpreter keeps the variable from one call to the next
				reflect.ValueOf(ptr).Elem().SetZero()
				return
			}
			s.store(ptr, v, s.types.at(typ))
		},
		"As": func(ptr, v any, typ int) {
			x, ok := s.fits(v, s.types.at(typ))
			if !ok {
				panic(s.assertion(v, s.types.at(typ), "interface {}"))
			}
			s.store(ptr, x, s.types.at(typ))
		},
		"AsFrom": func(ptr, v any, typ int, from string) {
			x, ok := s.fits(v, s.types.at(typ))
			if !ok {
				panic(s.assertion(v, s.types.at(typ), from))
			}
			s.store(ptr, x, s.types.at(typ))
		},
		"Key":      s.key,
		"KeyAs":    s.keyAs,
		"KeyParts": s.keyParts,
		"Keys": func(ptr, m any) {
			to := reflect.ValueOf(ptr).Elem()
			to.Set(reflect.Append(to, reflect.ValueOf(m).MapKeys()...))
		},
		"NilMethod": func(typ, method string) {
			panic(plainFault("value method " + typ + "." + method + " called using nil *" + typ[strings.IndexByte(typ, '.')+1:] + " pointer"))
		},
		"Is": func(ptr, v any, typ int) bool {
			x, ok := s.fits(v, s.types.at(typ))
			if ok {
				s.store(ptr, x, s.types.at(typ))
			}
			return ok
		},
		"Uncut": func(ptr, v any, typ int) {
			to := reflect.ValueOf(ptr).Elem()
			to.Set(argument(v, to.Type()))
		},
		"Has":    func(v any, typ int) bool { _, ok := s.fits(v, s.types.at(typ)); return ok },
		"Put":    func(ptr, v any) { to := reflect.ValueOf(ptr).Elem(); to.Set(argument(v, to.Type())) },
		"Method": bindMethod,
		"Equal":  equal,
		"IsNil":  func(v any) bool { return v == nil },
		"NoFunc": func(f any) bool { return f == nil || reflect.ValueOf(f).IsNil() },

		// Calls of compiled functions that look at what they get.
		"ErrorsAs":   s.errorsAs,
		"DeepEqual":  deepEqual,
		"Dressed":    dressed,
		"Verbs":      func(format string, list []any) (string, []any) { return verbs(format, list, false) },
		"ErrorVerbs": func(format string, list []any) (string, []any) { return verbs(format, list, true) },
		"Operand":    operand,
		"Opened":     opened,
		"OpenedAll":  openedAll,
		"Operands": func(list []any) []any {
			list = slices.Clone(list)
			for i, v := range list {
				list[i] = opened(operand(v))
			}
			return list
		},
		"Unmarshal": s.unmarshal,
		"Decode":    s.decode,

		"TemplateData":  templateData,
		"TemplateError": s.templateError,
		"Logged":        logged,

		"Marshal":       marshal,
		"MarshalIndent": marshalIndent,
		"Encode":        encode,

		"Native":      s.nativeSet,
		"NativeReads": s.nativeReads,
		"NativeGone":  s.nativeGone,

		"IndependentPrior": func(f func(*rand.Rand) []float64, n int) func(*rand.Rand) []float64 {
			return rows.IndependentPrior(f, s.stillQuiet(n))
		},
		"IndependentSimulator": func(f func(*rand.Rand, []float64) []float64, n int) func(*rand.Rand, []float64) []float64 {
			return rows.IndependentSimulator(f, s.stillQuiet(n))
		},

		// What the interpreter does otherwise than Go.
		"Panic":   func(v any) { panic(panicValue(v)) },
		"Print":   func(args ...any) { fmt.Fprint(s.stderr, printed(args, "")) },
		"Println": func(args ...any) { fmt.Fprintln(s.stderr, printed(args, " ")) },
		"Big":     bigLiteral,
		"Count": func(n int64) uint64 {
			if n < 0 {
				panic(fault("negative shift amount"))
			}
			return uint64(n)
		},
		"Send":    func(ch, v any) selectCase { return selectCase{reflect.SelectSend, ch, v} },
		"Receive": func(ch any) selectCase { return selectCase{reflect.SelectRecv, ch, nil} },
		"Select":  s.choose,
		"Ignore":  func(any) {},
		"RangeOver": func(how int) {
			panic(fault("range function " + map[int]string{
				1: "continued iteration after function for loop body returned false",
				2: "continued iteration after whole loop exit",
				3: "continued iteration after loop body panic",
				4: "recovered a loop body panic and did not resume panicking"}[how]))
		},
		"Nil": func() { // in a function that stands for *p, whose place is where it is called
			s.mine().trace.known()
			panic(fault("invalid memory address or nil pointer dereference"))
		},
		"Words":     func(v any) any { return words{v} },
		"Complex":   func(re, im float64) complex128 { return complex(re, im) },
		"Rune":      utf8.DecodeRuneInString,
		"Same":      func(a, b bool) bool { return a == b },
		"Clear":     clearValue,
		"MinInt":    smallest[int64],
		"MaxInt":    largest[int64],
		"MinUint":   smallest[uint64],
		"MaxUint":   largest[uint64],
		"MinFloat":  smallest[float64],
		"MaxFloat":  largest[float64],
		"MinString": smallest[string],
		"MaxString": largest[string],
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

// bindMethod stores a method of a value in an interface as a function.
func bindMethod(ptr, v any, name string) {
	v = out(v)
	to := reflect.ValueOf(ptr).Elem()
	var f reflect.Value
	switch b := v.(type) {
	case nil:
		panic(fault("invalid memory address or nil pointer dereference"))
	case Box:
		f = b.method(name)
	default:
		f = reflect.ValueOf(v).MethodByName(name)
	}
	to.Set(argument(f.Interface(), to.Type()))
}

// panicValue is what a cell's panic is given: nil is an error of its own.
func panicValue(v any) any {
	if v == nil {
		return new(runtime.PanicNilError)
	}
	return v
}

// words is a value in an interface, which print shows as two addresses.
type words struct{ v any }

// printed is what the builtin print writes.
func printed(args []any, between string) string {
	var all []string
	for _, a := range args {
		if w, ok := a.(words); ok {
			text := "(0x0,0x0)"
			if w.v != nil {
				text = fmt.Sprintf("(%p,%p)", reflect.TypeOf(w.v), &w.v)
			}
			all = append(all, text)
			continue
		}
		a = raw(a)
		v := reflect.ValueOf(a)
		switch {
		case !v.IsValid():
			all = append(all, "nil")
		case v.CanFloat():
			all = append(all, printedFloat(v.Float()))
		case v.CanComplex():
			all = append(all, fmt.Sprint(a))
		case v.Kind() == reflect.Pointer || v.Kind() == reflect.Map || v.Kind() == reflect.Chan || v.Kind() == reflect.Func:
			all = append(all, fmt.Sprintf("%#x", v.Pointer()))
		case v.Kind() == reflect.Slice:
			all = append(all, fmt.Sprintf("[%d/%d]%#x", v.Len(), v.Cap(), v.Pointer()))
		case v.Kind() == reflect.String:
			all = append(all, v.String())
		default:
			all = append(all, fmt.Sprint(a))
		}
	}
	return strings.Join(all, between)
}

func printedFloat(f float64) string {
	if math.IsInf(f, 0) {
		return fmt.Sprintf("%+v", f)
	}
	return fmt.Sprint(f)
}

// operand is a value that is printed beside others: a string of a cell's type
// in its own words.
func operand(v any) any {
	if b, ok := out(v).(Box); ok && reflect.ValueOf(b.V).Kind() == reflect.String {
		return fmt.Sprint(b)
	}
	return opened(v)
}

// A selectCase is a case of a select statement.
type selectCase struct {
	dir   reflect.SelectDir
	ch, v any
}

// choose is a select statement, which an interrupt ends.
func (s *Session) choose(def bool, cases ...selectCase) (int, any, bool) {
	var all []reflect.SelectCase
	for _, c := range cases {
		one := reflect.SelectCase{Dir: c.dir}
		if ch := reflect.ValueOf(c.ch); ch.IsValid() && !ch.IsNil() {
			one.Chan = ch
			if c.dir == reflect.SelectSend {
				one.Send = argument(c.v, ch.Type().Elem())
			}
		}
		all = append(all, one)
	}
	cell := s.mine()
	last := reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(cell.stop)}
	if def {
		last = reflect.SelectCase{Dir: reflect.SelectDefault}
	}
	i, v, ok := reflect.Select(append(all, last))
	if i == len(cases) && !def && !cell.halted.Load() { // a goroutine that outlives the cell
		i, v, ok = reflect.Select(all)
	}
	switch {
	case i == len(cases) && def:
		return -1, nil, false
	case i == len(cases):
		panic(errHalted)
	case cases[i].dir == reflect.SelectRecv:
		return i, v.Interface(), ok
	}
	return i, nil, false
}

// tellLine tells an output that wants to know which line of the cell runs, and
// how many of its statements have run.
func (c *running) tellLine(fset *token.FileSet) {
	if out, ok := c.out.(interface{ At(line, done int) }); ok {
		done := int(c.done.Load())
		out.At(fset.Position(c.plan.steps[done].at).Line, done)
	}
}

// A failure is a value of type error among those that a cell shows.
type failure struct{ err error }

// start runs f in a goroutine whose panic is told and ends it alone.
func (s *Session) start(f func()) {
	s.goroutines.Add(1)
	f = s.apart(f)
	go func() {
		defer s.goroutines.Add(-1)
		f()
	}()
}

// apart is f for a goroutine of its own, whose panic is told and ends it alone.
func (s *Session) apart(f func()) func() {
	cell := s.mine().unit.number
	return func() {
		defer func() {
			if r := recover(); r != nil && r != any(errHalted) {
				Beside(s.output(), cell, s.panickedBeside(r))
			}
		}()
		f()
	}
}

// panickedBeside is the error of a goroutine that panicked.
func (s *Session) panickedBeside(r any) *Error {
	text := panicText(r)
	e := &Error{Name: panicked, Message: "in a goroutine: " + text, Traceback: []string{"panic in a goroutine: " + text}}
	e.Traceback = append(e.Traceback, s.excerpts(s.mine().trace.reset(), nil)...)
	if exit, ok := r.(stdlib.Exit); ok {
		e.Exit = &exit.Code
	}
	return e
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
	file *os.File // whose place it takes
	s    *Session
}

// now is the file that it stands for.
func (w *stream) now() *os.File {
	if w.name == "stderr" {
		return os.Stderr
	}
	return os.Stdout
}

func (w *stream) Write(p []byte) (int, error) {
	if now := w.now(); now != w.file { // a cell has put another in its place
		return now.Write(p)
	}
	if out := w.s.output(); out != nil {
		out.Stream(w.name, string(p))
	}
	return len(p), nil
}

// WriteString is there because os.Stdout, whose place a stream takes, has it.
func (w *stream) WriteString(text string) (int, error) { return w.Write([]byte(text)) }

// A keyboard is the standard input of cells: it asks the user line by line, and
// where nobody answers it is the process's own. A line is the cell's that asked for it.
type keyboard struct{ s *Session }

// A typed line is what a cell has not read yet of what the user typed.
type typedLine struct {
	mu   sync.Mutex
	left []byte
}

func (k *keyboard) Read(p []byte) (int, error) {
	cell := k.s.mine()
	line := &cell.typed
	line.mu.Lock()
	defer line.mu.Unlock()
	if len(line.left) == 0 {
		a, ok := cell.out.(display.Asker)
		if !ok {
			return os.Stdin.Read(p)
		}
		text, err := a.Input("", false)
		if err != nil {
			if cell.watcher.ctx.Err() != nil {
				<-cell.stop
				if cell.halted.Load() { // nothing goes on without the answer
					panic(errHalted)
				}
			}
			return os.Stdin.Read(p)
		}
		line.left = []byte(text + "\n")
	}
	n := copy(p, line.left)
	line.left = line.left[n:]
	return n, nil
}

// sortedKeys are the keys of m in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
