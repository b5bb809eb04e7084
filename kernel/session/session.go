// Package session evaluates cells of Go. It knows no Jupyter.
//
// A cell goes through four steps: it is parsed (parse.go), checked by Go's own
// type checker against what earlier cells made (check.go), lowered to what the
// interpreter runs as Go would (lower.go), and run (engine.go). A cell that
// does not check runs nothing and changes nothing.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/nb"
	"github.com/innkeeper-notebook/innkeeper/stdlib"
)

// A Cell is what a user runs. Number is how errors call it.
type Cell struct {
	Number int
	Code   string
}

// An Outcome is what a cell came to. Value is nil when there is nothing to
// show, and Err nil when the cell succeeded; a cell that returns values and an
// error may have both.
type Outcome struct {
	Value   display.Bundle
	Err     *Error
	Payload []map[string]any // what the cell asks of the front end, as nb.Page does
	Reset   bool             // the cell was %reset: what cells made is gone

	Ran      bool // the cell was accepted, and its declarations made
	Done     int  // how many of its statements ran, which made their variables
	Declares bool // it has imports, types, constants or functions, which Restore would make

	Goroutines int // that cells started and that run on
}

// A Session is the state that cells share. Cells may run beside each other (see
// running.go); completion and inspection may be asked for meanwhile.
type Session struct {
	checker // whose mu guards what follows cell, too
	engine  *engine

	preparing sync.Mutex                 // held by a cell until its first statement begins
	cells     atomic.Pointer[[]*running] // that run
	newest    atomic.Pointer[running]    // the last of them, or the one that ran last
	detach    func()                     // package nb from them
	names     int

	aliases     map[string]string     // names of packages in lowered code, by path
	given       map[types.Type]string // names in lowered code of types of packages that have none
	imported    map[string]bool       // the paths that the interpreter knows
	context     *types.Context        // of instances
	erased      map[string]string     // the interpreter's names of structs, instances and helpers, by key
	wraps       map[string]bool       // whether types are wrapped (wrap.go), by key
	cuts        map[string][]int      // fields of structs that are any to the interpreter (cycle.go), by key
	addressed   map[string]bool       // structs that have a field whose address is taken (cycle.go), by name
	descs       map[string]*desc      // types that went into interfaces, by key
	types       descs                 // the same by number
	methodKeys  sync.Map              // of the signatures of compiled methods
	wide        sync.Map              // the widest interfaces of boxes (see widest)
	keys        sync.Map              // of maps whose keys are of a compiled interface, made of boxes
	callers     callers               // of functions that defer calls
	natives     []*nativeFunc         // by number
	nativeNames map[string]bool       // the interpreter's names of them

	quiets  []*effects                          // of functions of problems, by number (see concurrent.go)
	symbols map[string]map[string]reflect.Value // of the packages, by path and name
	mirrors sync.Map                            // types that cells reflect on (see mirror.go)

	versions  map[string][]version // the interpreter's nodes of functions, by key (see forward.go)
	functions map[string]routine   // the newest ones, by the interpreter's names

	keeps map[string]map[string]string // what the closures in variables call (see keeps.go): keys by names

	goroutines     atomic.Int32 // of cells
	stdout, stderr *stream
}

// New begins a session in which cells can import Go's standard library, gonum,
// gonum/plot and innkeeper's own packages.
func New() (*Session, error) {
	s := &Session{}
	s.symbols = s.importable()
	s.world = importableWorld(s.symbols)
	s.newest.Store(&running{})
	s.stdout, s.stderr = &stream{"stdout", os.Stdout, s}, &stream{"stderr", os.Stderr, s}
	return s, s.clear()
}

// importable are the symbols that cells can import.
func (s *Session) importable() map[string]map[string]reflect.Value {
	symbols := maps.Clone(stdlib.Symbols)
	symbols["reflect/reflect"] = s.mirrorTable(stdlib.Symbols["reflect/reflect"])
	symbols["runtime/runtime"] = maps.Clone(stdlib.Symbols["runtime/runtime"])
	symbols["runtime/runtime"]["TypeAssertionError"] = reflect.ValueOf((*conversion)(nil))
	symbols["time/time"] = maps.Clone(stdlib.Symbols["time/time"])
	symbols["time/time"]["AfterFunc"] = reflect.ValueOf(func(d time.Duration, f func()) *time.Timer { return time.AfterFunc(d, later(s.apart(f))) })
	symbols["context/context"] = maps.Clone(stdlib.Symbols["context/context"])
	symbols["context/context"]["AfterFunc"] = reflect.ValueOf(func(ctx context.Context, f func()) func() bool { return context.AfterFunc(ctx, later(s.apart(f))) })
	for path, names := range workers {
		symbols[path] = maps.Clone(symbols[path])
		for _, name := range names {
			symbols[path][name] = throwing(symbols[path][name])
		}
	}
	return symbols
}

func importableWorld(symbols map[string]map[string]reflect.Value) *world {
	sources := maps.Clone(stdlib.Generic)
	sources["reflect"] = mirrorSource
	return newWorld(symbols, stdlib.Skipped, sources)
}

// clear makes the session one that has nothing. Types keep their numbers, for
// goroutines of cells that were.
func (s *Session) clear() error {
	symbols := maps.Clone(s.symbols)
	symbols[hooksPath+"/cell"] = s.hookTable()
	e, err := newEngine(symbols, map[string]*atomic.Int32{"Through": &s.callers.n}, &keyboard{s: s}, s.stdout, s.stderr, func() *trace { return &s.mine().trace })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = e
	s.empty(e.fileSet())
	s.aliases = map[string]string{}
	s.given = map[types.Type]string{}
	s.imported = map[string]bool{}
	s.context = types.NewContext()
	s.erased = map[string]string{}
	s.cuts = map[string][]int{}
	s.addressed = map[string]bool{}
	s.wraps = map[string]bool{}
	s.descs = map[string]*desc{}
	s.nativeNames = map[string]bool{}
	s.versions = map[string][]version{}
	s.functions = map[string]routine{}
	s.keeps = map[string]map[string]string{}
	return nil
}

// output is where the calling goroutine's cell shows things, nil before the first.
func (s *Session) output() display.Output { return s.mine().out }

// Execute runs a cell and returns when it ended. Cancelling ctx interrupts it:
// long computations of this project's packages stop by themselves and keep what
// they have done; other code is cut off.
func (s *Session) Execute(ctx context.Context, cell Cell, out display.Output) Outcome {
	s.preparing.Lock()
	prepared := sync.OnceFunc(s.preparing.Unlock)
	defer prepared()
	if o, asked := s.ask(ctx, cell, out); asked {
		return o
	}
	u, problems := s.read(cell)
	lasts := false
	defer func() { s.forget(u, lasts) }()
	if len(problems) > 0 {
		return Outcome{Err: u.compileFailure(problems)}
	}
	if len(u.decls)+len(u.stmts)+len(u.imports) == 0 {
		return Outcome{}
	}
	if u.resets() {
		if len(s.active()) > 0 {
			message := resets + " has to wait for the cell that runs beside it: interrupt that, or wait for its end"
			return Outcome{Err: &Error{Name: failed, Message: message, Traceback: []string{message}}}
		}
		if err := s.clear(); err != nil {
			return Outcome{Err: &Error{Name: failed, Message: err.Error(), Traceback: []string{err.Error()}}}
		}
		return Outcome{Reset: true}
	}
	s.mu.Lock()
	s.known[u.file] = u
	c, problems := s.check(s.state, u)
	var p *plan
	if len(problems) == 0 {
		problems = s.native(ctx, c, out)
	}
	if len(problems) == 0 {
		p, problems = s.lowered(c)
	}
	s.mu.Unlock()
	if len(problems) > 0 {
		return Outcome{Err: u.compileFailure(problems)}
	}
	for _, sentence := range c.lost {
		out.Stream("stderr", sentence+"\n")
	}
	lasts = u.lasts()
	o := s.run(ctx, c, p, out, prepared)
	s.leaves(u, o)
	o.Declares = len(u.decls)+len(u.imports) > 0
	return o
}

// lasts reports whether something of a unit may run, or be asked for, after
// its cell: what it declares, and functions that variables or goroutines have.
func (u *unit) lasts() (found bool) {
	for _, st := range u.stmts {
		ast.Inspect(st, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncLit, *ast.GoStmt:
				found = true
			}
			return !found
		})
	}
	return found || len(u.decls) > 0
}

// forget drops the syntax of a unit whose cell has ended, and its places if
// nothing of it lasts.
func (k *checker) forget(u *unit, lasts bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !lasts {
		delete(k.known, u.file)
		k.forgetUnit(u)
	}
	u.decls, u.imports, u.stmts, u.magics = nil, nil, nil, nil
}

// lowered lowers a cell. What the lowering did not think of is refused.
func (s *Session) lowered(c *checked) (p *plan, problems []problem) {
	defer func() {
		if r := recover(); r != nil {
			problems = []problem{{s.fset.Position(c.unit.begin), fmt.Sprintf("the kernel does not know what to make of this cell (%v): write it in another way", r)}}
		}
	}()
	return s.lower(c)
}

// Variables are the names of the variables that there are.
func (k *checker) Variables() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return sortedKeys(k.state.vars)
}

// Restore makes the imports, types, constants and functions of a cell that ran
// in another session, without its statements, and returns the names of those
// that cannot be made, such as functions that use a variable.
func (s *Session) Restore(cell Cell) (lost []string) {
	s.preparing.Lock()
	defer s.preparing.Unlock()
	var p *plan
	c, lost := s.fitting(cell, func(c *checked) []problem {
		problems := s.native(context.Background(), c, nowhere{})
		if len(problems) == 0 {
			p, problems = s.lower(c)
		}
		return problems
	})
	if c != nil {
		s.run(context.Background(), c, p, nowhere{}, func() {})
	}
	return lost
}

// nowhere is an output that nobody sees.
type nowhere struct{}

func (nowhere) Stream(string, string)          {}
func (nowhere) Display(display.Bundle, string) {}
func (nowhere) Update(display.Bundle, string)  {}
func (nowhere) Clear(bool)                     {}

// run carries out a plan and commits what it made, step by step. It calls prepared
// when the next cell may begin.
func (s *Session) run(ctx context.Context, c *checked, p *plan, out display.Output, prepared func()) (o Outcome) {
	cell := &running{number: s.units, unit: c.unit, plan: p, out: out, nb: nb.NewCell(ctx, out), prepared: prepared}
	s.watch(ctx, cell)
	end := s.begin(cell)
	defer func() {
		cell.watcher.end()
		end()
		o.Payload = cell.nb.Payload()
		o.Goroutines = int(s.goroutines.Load())
	}()
	if err := s.declare(p); err != nil {
		at := p.at
		if r, ok := errors.AsType[*refusal](err); ok {
			at = r.at
		}
		return Outcome{Err: s.fail(cell, err, at)}
	}
	cell.made = s.commitDeclarations(c, p)
	defer func() { o.Ran, o.Done = true, int(cell.done.Load()) }()
	err := s.engine.run(cell.watcher.halt, s.block(p))
	if cell.deferred.calls != nil {
		before := err
		err = s.engine.during(cell.watcher.halt, func() error { return s.finish(cell, before) })
	}
	if err != nil {
		at := token.NoPos
		if done := int(cell.done.Load()); done < len(p.steps) {
			at = p.steps[done].at
		}
		return Outcome{Err: s.fail(cell, err, at)}
	}
	var shown Outcome
	if err := s.engine.during(cell.watcher.halt, func() error { shown = s.outcome(cell); return nil }); err != nil {
		return Outcome{Err: s.fail(cell, err, token.NoPos)}
	}
	return shown
}

// declare gives the plan's declarations to the interpreter, and before that
// the imports that it does not know yet. It keeps imports by the last element
// of a file's name, which is the same for all cells.
func (s *Session) declare(p *plan) error {
	var imports []ast.Decl
	for _, path := range append([]string{hooksPath}, sortedKeys(s.aliases)...) {
		if !s.imported[path] {
			name := s.aliases[path]
			if path == hooksPath {
				name = hooks
			}
			imports = append(imports, importDecl(p.at, name, path))
			s.imported[path] = true
		}
	}
	for _, decls := range [][]ast.Decl{imports, p.types, p.settled(), p.decls} {
		if len(decls) == 0 {
			continue
		}
		if err := s.engine.run(context.Background(), program(p.at, decls)); err != nil {
			return err
		}
	}
	if err := s.tryArrays(p); err != nil {
		return err
	}
	if len(p.setup) > 0 {
		if err := s.ahead(p, "setup", p.setup); err != nil {
			return err
		}
	}
	maps.Copy(s.erased, p.erased)
	for _, d := range p.told {
		d.told = true
	}
	return nil
}

// ahead runs statements before the cell does.
func (s *Session) ahead(p *plan, name string, body []ast.Stmt) error {
	f := &ast.FuncDecl{Name: &ast.Ident{NamePos: p.at, Name: name + mark},
		Type: &ast.FuncType{Func: p.at, Params: &ast.FieldList{Opening: p.at, Closing: p.at}}, Body: &ast.BlockStmt{Lbrace: p.at, List: body, Rbrace: p.at}}
	run := &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.Ident{NamePos: p.at, Name: f.Name.Name}, Lparen: p.at, Rparen: p.at}}
	for _, n := range []ast.Node{program(p.at, []ast.Decl{f}), &ast.BlockStmt{Lbrace: p.at, List: []ast.Stmt{run}, Rbrace: p.at}} {
		if err := s.engine.run(context.Background(), n); err != nil {
			return err
		}
	}
	return nil
}

// settled is a function with a variable of each type. The interpreter would work out
// wrong what leads back to a struct that it meets in another one first.
func (p *plan) settled() []ast.Decl {
	if len(p.types) == 0 {
		return nil
	}
	body := &ast.BlockStmt{Lbrace: p.at, Rbrace: p.at}
	for i, d := range p.types {
		id := func(name string) *ast.Ident { return &ast.Ident{NamePos: p.at, Name: name} }
		v := fmt.Sprintf("t%s%d", mark, i)
		spec := &ast.ValueSpec{Names: []*ast.Ident{id(v)}, Type: id(d.(*ast.GenDecl).Specs[0].(*ast.TypeSpec).Name.Name)}
		body.List = append(body.List, &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: p.at, Tok: token.VAR, Specs: []ast.Spec{spec}}},
			&ast.AssignStmt{Lhs: []ast.Expr{id("_")}, TokPos: p.at, Tok: token.ASSIGN, Rhs: []ast.Expr{id(v)}})
	}
	return []ast.Decl{&ast.FuncDecl{Name: &ast.Ident{NamePos: p.at, Name: "types" + mark},
		Type: &ast.FuncType{Func: p.at, Params: &ast.FieldList{Opening: p.at, Closing: p.at}}, Body: body}}
}

// unitFile is the name of a unit's positions.
func unitFile(cell, unit int) string { return fmt.Sprintf("cell%d%s%d/%s", cell, mark, unit, unitBase) }

// unitBase is the last element of all of them.
const unitBase = "cell"

func program(pos token.Pos, decls []ast.Decl) *ast.File {
	return &ast.File{Package: pos, Name: &ast.Ident{NamePos: pos, Name: "main"}, Decls: decls}
}

// block is the plan's steps, each followed by a call that commits it, and before them
// one that lets the next cell begin. They run as one: the interpreter may copy its table of
// variables between two runs (table.go), which a goroutine of the cell must not meet.
func (s *Session) block(p *plan) *ast.BlockStmt {
	b := &ast.BlockStmt{Lbrace: p.at, Rbrace: p.at}
	for i, step := range p.steps {
		if i == 0 {
			b.List = append(b.List, &ast.ExprStmt{X: call(step.at, "Prepared", number(step.at, s.units))})
		}
		b.List = append(b.List, step.body...)
		b.List = append(b.List, &ast.ExprStmt{X: call(step.at, "Done", number(step.at, s.units))})
		b.List = append(b.List, step.after...)
	}
	return b
}

// commitDeclarations makes the cell's declarations the session's, and returns what there
// is then.
func (s *Session) commitDeclarations(c *checked, p *plan) (next *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next = s.with(c)
	for _, d := range append(c.fresh, c.again...) {
		for _, n := range d.names {
			next.engine[n] = p.names[n]
		}
	}
	meanwhile := s.meanwhile(c, next)
	for name, m := range p.functions {
		s.functions[name] = m
		s.forward(m.key, name)
	}
	for _, name := range p.valued {
		s.forward(valueKey(s.functions[name].key), p.erased[valueKey(name)])
	}
	s.sweep(s.state, next)
	said := s.stale(c, p, next)
	gone := slices.DeleteFunc(append(meanwhile, c.dropped...), func(n string) bool { // of the cell itself
		return slices.ContainsFunc(c.tops, func(t *topVar) bool { return t.obj.Name() == n })
	})
	if len(gone) > 0 {
		said = fmt.Sprintf("gone, since this cell redefines their type: %s\n", strings.Join(gone, ", ")) + said
	}
	if out := s.output(); out != nil && said != "" {
		out.Stream("stderr", said)
	}
	s.state = next
	return next
}

// meanwhile adds to next the variables that cells beside this one have made since it was
// checked, and returns the names of those whose type it redefines.
func (s *Session) meanwhile(c *checked, next *state) (gone []string) {
	for _, n := range sortedKeys(s.state.vars) {
		v := s.state.vars[n]
		switch {
		case c.found.vars[n] == v || slices.ContainsFunc(c.fresh, func(d *decl) bool { return slices.Contains(d.names, n) }):
		case v.same(s.state, next):
			next.forget(n)
			next.vars[n], next.engine[n] = v, s.state.engine[n]
		default:
			gone = append(gone, n)
		}
	}
	return gone
}

// same reports whether the session's types that a variable's is made of are the same in
// two states.
func (v *variable) same(a, b *state) bool {
	for n := range v.uses {
		if a.engine[n] != b.engine[n] {
			return false
		}
	}
	return true
}

// sweep drops what the interpreter has of functions and types that a cell has
// replaced. Variables stay: their place in memory does.
func (s *Session) sweep(old, next *state) {
	gone := map[string]bool{}
	for n, e := range old.engine {
		if next.engine[n] != e && old.vars[n] == nil {
			gone[e] = true
		}
	}
	if len(gone) == 0 {
		return
	}
	names := slices.Collect(maps.Keys(gone))
	mentions := func(key string) bool {
		for _, word := range engineName.FindAllString(key, -1) {
			if gone[word] {
				return true
			}
		}
		return false
	}
	for key, name := range s.erased {
		if mentions(key) {
			delete(s.erased, key)
			names = append(names, name)
		}
	}
	for key := range s.cuts {
		if mentions(key) {
			delete(s.cuts, key)
		}
	}
	for key := range s.wraps {
		if mentions(key) {
			delete(s.wraps, key)
		}
	}
	for key := range s.descs { // values in interfaces keep their own
		if mentions(key) {
			delete(s.descs, key)
		}
	}
	for _, n := range names {
		delete(s.functions, n)
	}
	s.engine.drop(names)
}

// engineName is a name that the session made for the interpreter.
var engineName = regexp.MustCompile(`[\pL_][\pL\d_]*` + mark + `\d+`)

// commitStep makes the variables that the next step of the plan defined the
// session's.
func (s *Session) commitStep(cell *running) {
	p := cell.plan
	step := p.steps[cell.done.Load()]
	cell.done.Add(1)
	if len(step.defines) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.state.with(step.defines)
	var gone []string
	for _, t := range step.defines {
		n := t.obj.Name()
		next.engine[n] = p.names[n]
		if !next.vars[n].same(cell.made, next) {
			next.forget(n)
			gone = append(gone, n)
		}
	}
	if len(gone) > 0 {
		cell.out.Stream("stderr", fmt.Sprintf("gone, since another cell has redefined their type: %s\n", strings.Join(gone, ", ")))
	}
	s.state = next
}

// outcome is what the cell shows. An error that is the last of its values is
// none of them: nil says nothing, and any other fails the cell.
func (s *Session) outcome(cell *running) Outcome {
	var o Outcome
	values := cell.shown
	if n := len(values); n > 0 {
		if f, ok := values[n-1].(failure); ok {
			if f.err != nil { // the other values mean nothing then
				return Outcome{Err: s.returned(cell, f.err, cell.plan.steps[len(cell.plan.steps)-1].at)}
			}
			values = values[:n-1]
		}
	}
	var text []string
	for _, v := range values {
		if f, ok := v.(failure); ok {
			v = f.err
		}
		b := s.render(dressed(v))
		if len(values) == 1 {
			o.Value = b
			return o
		}
		text = append(text, b[display.Text].(string))
	}
	if len(text) > 0 {
		o.Value = display.Bundle{display.Text: strings.Join(text, "\n")}
	}
	return o
}

// dressed is a value with the name and the rendering methods of its type.
func dressed(v any) any {
	b, ok := out(v).(Box)
	if !ok {
		return v
	}
	funcs := map[string]any{}
	for _, name := range renderers {
		m := b.T.methods[name]
		if m == nil {
			continue
		}
		if f := b.method(name); f.Type().NumIn() == 0 && f.Type().NumOut() > 0 {
			funcs[name] = reflect.MakeFunc(f.Type(), func([]reflect.Value) []reflect.Value {
				defer func() {
					if r := recover(); r != nil {
						panic(thrownValue(r))
					}
				}()
				return f.Call(nil)
			}).Interface()
		}
	}
	if len(funcs) == 0 {
		return b.Typed()
	}
	return display.Methods{Value: b.Typed(), Funcs: funcs}
}

// renderers are the methods that package display calls.
var renderers = []string{"HTML", "Markdown", "LaTeX", "SVG", "PNG", "JSON", "String", "Error"}

func (s *Session) render(v any) display.Bundle {
	b, err := display.Render(v)
	if err != nil {
		fmt.Fprintln(s.stderr, err)
	}
	return b
}

// returned is the error of a cell whose last value is one, that leaves one unread,
// or whose magic fails.
func (s *Session) returned(cell *running, err error, at token.Pos) *Error {
	text := errorText(err)
	e := &Error{Name: failed, Message: text, Traceback: []string{text}, returned: true}
	if cell.watcher.ctx.Err() != nil && errors.Is(err, progress.Interrupted) {
		e.Name = interrupted
	}
	where, excerpt := cell.unit.line(s.fset.Position(at))
	e.Traceback = append(e.Traceback, where+":")
	e.Traceback = append(e.Traceback, excerpt...)
	return e
}

// errorText is an error in words, which are those of package fmt where its own method
// panics.
func errorText(err error) (text string) {
	defer func() {
		r := recover()
		_, boxed := out(err).(Box)
		switch {
		case r == any(errHalted):
			panic(r)
		case r != nil && boxed:
			text = fmt.Sprint(err)
		case r != nil:
			text = fmt.Sprintf("%%!v(PANIC=Error method: %v)", thrownValue(r))
		}
	}()
	return err.Error()
}

// fail turns what stopped a cell into an Error; at is the statement.
func (s *Session) fail(cell *running, err error, at token.Pos) *Error {
	u := cell.unit
	var t *thrown
	switch {
	case errors.Is(err, errHalted) && cell.deep.Load():
		return s.tooDeep(cell)
	case errors.Is(err, errHalted):
		return &Error{Name: interrupted, Message: "the cell was interrupted", Traceback: []string{"interrupted: what ran before is kept"}}
	case errors.As(err, &t):
		return s.panicked(cell, t, at)
	}
	where, excerpt := u.place(s.fset.Position(at))
	message := s.plain(strings.ReplaceAll(err.Error(), "/"+unitBase+":", ":"))
	e := &Error{Name: CompileError, Message: message, Traceback: []string{where + ": " + message}}
	e.Traceback = append(e.Traceback, excerpt...)
	return e
}

// panicked tells a panic with the places in cells that it passed.
func (s *Session) panicked(cell *running, t *thrown, at token.Pos) *Error {
	u := cell.unit
	if e, ok := t.value.(ending); ok {
		return s.returned(cell, e.err, cmp.Or(e.at, at))
	}
	if exit, ok := t.value.(stdlib.Exit); ok {
		message := fmt.Sprintf("%v: a cell cannot end the kernel; shut it down in the front end", exit)
		return &Error{Name: panicked, Message: message, Traceback: []string{message}, Exit: &exit.Code}
	}
	e := &Error{Name: panicked, Message: panicText(t.value)}
	e.Message += s.emptySince(u, e.Message)
	e.Traceback = []string{"panic: " + e.Message}
	places := t.at
	if at.IsValid() { // the statement of the cell is known better than by the interpreter
		places = append(places[:max(0, len(places)-1)], s.fset.Position(at))
	}
	e.Traceback = append(e.Traceback, s.excerpts(places, u)...)
	return e
}

// excerpts are lines about places in cells; u is where one is that no cell has.
func (s *Session) excerpts(places []token.Position, u *unit) (lines []string) {
	const most = 12
	last := ""
	for i, p := range places {
		if i == most {
			return append(lines, fmt.Sprintf("and %d more", len(places)-i))
		}
		s.mu.Lock()
		of := cmp.Or(s.known[p.Filename], u)
		s.mu.Unlock()
		if of == nil {
			continue
		}
		where, excerpt := of.line(p)
		if where == last {
			continue
		}
		last = where
		lines = append(lines, where+":")
		lines = append(lines, excerpt...)
	}
	return lines
}

// plain takes the marks of the session's own names and places out of a text.
func (s *Session) plain(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if strings.HasPrefix(text[i:], mark) {
			for i += len(mark); i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
			}
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// fresh is a name for the interpreter that nothing has yet.
func (s *Session) fresh(name string) string {
	s.names++
	return fmt.Sprintf("%s%s%d", strings.ReplaceAll(name, ".", mark), mark, s.names)
}

// alias is the name under which lowered code knows a package.
func (s *Session) alias(path string) string {
	if s.aliases[path] == "" {
		s.aliases[path] = fmt.Sprintf("%s%sp%d", s.world.pkg(path).Name(), mark, len(s.aliases))
	}
	return s.aliases[path]
}
