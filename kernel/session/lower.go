package session

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"slices"
	"strconv"
)

// mark is in every name that the session makes, so that it is none of a cell.
// It is a letter to Go (U+02D1).
const mark = "ˑ"

// hooks is the name under which lowered code knows the functions in hooks.go.
const hooks = "cell" + mark

// A plan is a checked cell in the form that the interpreter runs as Go would.
type plan struct {
	types  []ast.Decl // each behind those of its fields, as far as they go
	decls  []ast.Decl
	names  map[string]string // the interpreter's names of what the cell makes
	erased map[string]string // and of erased structs, instances and helpers, by key
	setup  []ast.Stmt        // tells the session the methods of types
	told   []*desc           // whose methods
	steps  []step
	at     token.Pos // where the cell's declarations are

	functions map[string]routine // what the interpreter's names of functions stand for
	valued    []string           // those of functions that are values
}

// A step is what the interpreter runs at once: a statement of the cell.
type step struct {
	body    []ast.Stmt
	at      token.Pos  // the statement in the cell
	defines []*topVar  // variables that live from here on
	after   []ast.Stmt // runs when the step is committed
}

// A lowering turns checked Go into the little of Go that the interpreter does
// as Go would: functions, variables, and values of erased types (see erase.go).
//
//   - Every variable, function and type gets a name of its own, so that nothing
//     hides or redefines anything.
//   - Methods are functions with the receiver first, promoted fields are
//     written out, and generic functions are made once for each instance.
//   - What goes into an interface is boxed with its type, and what is asked of
//     an interface goes through the session (box.go).
//   - Constants are written as values; loops, switches, select, defer and
//     assignments of several values become simpler statements.
type lowering struct {
	s    *Session
	plan *plan
	info *types.Info
	name func(string) string // the interpreter's names of what the session declares
	// decls is the type information of the cell's declarations.
	decls *checked

	names map[types.Object]string // of variables
	env   *env                    // of an instance of a generic function
	fn    *function               // that is being lowered
	top   bool                    // outside of functions
	late  bool                    // only to describe types while a cell runs
	pos   token.Pos               // of what is made
	owner *shared

	hoisted map[ast.Expr]string // what has been evaluated before its statement
}

// shared is what the lowerings of one cell share.
type shared struct {
	name      func(string) string // lowering.name as functions see it
	temps     int
	steps     int
	problems  []problem
	described map[string]bool // types whose methods the plan tells
	again     map[string]bool // types whose methods have changed
}

// A function is what return, break and continue need to know.
type function struct {
	results  *types.Tuple
	named    []string   // the variables of the results, when they have some
	deferred *ast.Ident // the list of its deferred calls, if it defers some
	token    *ast.Ident // tells recover whether defer called the function
	body     *yieldBody
	frames   []frame               // around what is being lowered, within body
	gotos    map[string]bool       // the labels that goto names
	lists    *gotoList             // the innermost one around
	moves    map[types.Object]bool // variables that calls may change
	taken    map[types.Object]bool // those whose address is taken
}

// lower makes the plan of a checked cell.
func (s *Session) lower(c *checked) (*plan, []problem) {
	u := c.unit
	p := &plan{names: map[string]string{}, erased: map[string]string{}, functions: map[string]routine{}, at: u.start}
	made := append(slices.Clone(c.fresh), c.again...)
	for _, d := range made {
		for _, n := range d.names {
			p.names[n] = s.fresh(n)
		}
	}
	before := func(n string) string { // as the cell's statements see it
		if e := p.names[n]; e != "" {
			return e
		}
		return c.base.engine[n]
	}
	vars := map[string]string{}
	after := func(n string) string { // as functions see it
		if e := vars[n]; e != "" {
			return e
		}
		return before(n)
	}
	sh := &shared{name: after, described: map[string]bool{}, again: map[string]bool{}}
	st := &lowering{s: s, plan: p, info: c.stmts, name: before, decls: c, names: map[types.Object]string{}, top: true, owner: sh}
	fn := &lowering{s: s, plan: p, info: c.decls, name: sh.name, decls: c, names: map[types.Object]string{}, owner: sh}

	for _, d := range made {
		fn.noteAddressed(d.node)
	}
	for _, stmt := range u.stmts {
		st.noteAddressed(stmt)
	}
	st.nameless(c.stmts)
	fn.nameless(c.decls)
	defines := map[int][]*topVar{}
	for _, t := range c.tops {
		n := t.obj.Name()
		defines[t.stmt] = append(defines[t.stmt], t)
		st.pos = t.obj.Pos()
		if c.reuses(t) {
			vars[n] = c.base.engine[n]
		} else {
			vars[n] = s.fresh(n)
			p.decls = append(p.decls, st.varDecl(vars[n], st.spell(t.obj.Type())))
		}
		st.names[t.obj] = vars[n]
	}
	for _, d := range made {
		fn.pos = d.node.Pos()
		f, ok := d.node.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if generic(f, c.decls) {
			d.info = c.decls // for instances that later cells need
			fn.instancesAgain(f)
			if d.recv != "" {
				fn.redescribe(d.recv)
			}
			continue
		}
		if n := c.natives[d.names[0]]; n != nil {
			fn.declareNative(n, f, p.names[d.names[0]])
		} else {
			fn.declare(f, p.names[d.names[0]])
		}
		if d.recv != "" {
			fn.redescribe(d.recv)
		}
	}
	for i, stmt := range u.stmts {
		st.pos = stmt.Pos()
		one := step{at: stmt.Pos(), defines: defines[i]}
		final := i == len(u.stmts)-1
		st.fn = &function{gotos: gotos(stmt)}
		st.fn.moves, st.fn.taken = moving(stmt, st.info)
		switch {
		case final && shown(stmt):
			one.body = st.run(st.show(stmt.(*ast.ExprStmt))...)
		default:
			one.body = st.statement(stmt, c)
			e := st.lastError(stmt)
			if e != nil && final {
				one.body = append(one.body, &ast.ExprStmt{X: st.hook("Show", st.hook("Error", st.expr(e)))})
			}
			one.body = st.run(one.body...)
			if e != nil && !final && mayFail(stmt, st.info) && unread(u, i, st.info.ObjectOf(e), st.info) {
				one.after = append(one.after, &ast.ExprStmt{X: st.hook("End", number(st.pos, i), st.expr(e))})
			}
		}
		if d, ok := u.magics[stmt]; ok {
			one.body = st.magic(d, stmt, c, one.body)
		}
		p.steps = append(p.steps, one)
	}
	for n, e := range vars {
		p.names[n] = e
	}
	fn.pos = u.start
	fn.renew()
	return p, sh.problems
}

// nameless refuses what asks for the file, the line and the name of the function that
// calls it: a package would name one of the interpreter's.
func (l *lowering) nameless(info *types.Info) {
	for id, obj := range info.Uses {
		pkg := ""
		if obj.Pkg() != nil {
			pkg = obj.Pkg().Path()
		}
		switch v, field := obj.(*types.Var); {
		case field && v.IsField() && v.Name() == "AddSource" && !own(v), // of slog.HandlerOptions
			pkg == "log" && (obj.Name() == "Lshortfile" || obj.Name() == "Llongfile"):
			l.refuse(id.Pos(), "a cell is no file that a line of a log could name: leave "+obj.Name()+" out")
		case pkg == "runtime" && (obj.Name() == "Caller" || obj.Name() == "Callers" || obj.Name() == "FuncForPC"):
			l.refuse(id.Pos(), "package runtime does not know the functions of cells, their files and lines: leave "+obj.Name()+" out, or give the function's name yourself")
		}
	}
}

// generic reports whether a function or its receiver has type parameters.
func generic(f *ast.FuncDecl, info *types.Info) bool {
	obj, ok := info.Defs[f.Name].(*types.Func)
	if !ok {
		return false
	}
	return obj.Signature().TypeParams().Len() > 0 || obj.Signature().RecvTypeParams().Len() > 0
}

// declare makes a function of a function or a method, whose receiver comes first.
func (l *lowering) declare(f *ast.FuncDecl, name string) {
	sig := l.info.Defs[f.Name].(*types.Func).Signature()
	m := routine{key: l.functionKey(f.Name.Name, sig), decl: l.funcDecl(f, sig, name)}
	l.plan.functions[name] = m
	l.plan.decls = append(l.plan.decls, m.decl)
	for id, old := range l.s.natives {
		if old.key == m.key && old.at.IsValid() {
			l.plan.setup = append(l.plan.setup, &ast.ExprStmt{X: l.hook("NativeGone", number(l.pos, id), l.apply(l.value(name)))})
		}
	}
}

func (l *lowering) funcDecl(f *ast.FuncDecl, sig *types.Signature, name string) *ast.FuncDecl {
	lists := []*ast.FieldList{f.Type.Params}
	if f.Recv != nil {
		lists = []*ast.FieldList{f.Recv, f.Type.Params}
	}
	typ, body := l.body(lists, f.Type.Results, sig, f.Body)
	return &ast.FuncDecl{Name: l.id(name), Type: typ, Body: body}
}

// body lowers a function's type and body.
func (l *lowering) body(in []*ast.FieldList, out *ast.FieldList, sig *types.Signature, block *ast.BlockStmt) (*ast.FuncType, *ast.BlockStmt) {
	outer, top, pos := l.fn, l.top, l.pos
	defer func() { l.fn, l.top, l.pos = outer, top, pos }()
	l.top = false
	l.fn = &function{results: l.typ(sig.Results()).(*types.Tuple)}
	if outer != nil {
		l.fn.moves, l.fn.taken = outer.moves, outer.taken
	} else {
		l.fn.moves, l.fn.taken = moving(block, l.info)
	}
	params := &ast.FieldList{Opening: l.pos, Closing: l.pos}
	for k, list := range in {
		for _, field := range list.List {
			t := l.typeOf(field.Type)
			_, variadic := field.Type.(*ast.Ellipsis)
			if variadic && k == len(in)-1 {
				last := l.typ(sig.Params().At(sig.Params().Len() - 1).Type())
				t = last.(*types.Slice).Elem()
			}
			typ := l.spell(t)
			if variadic {
				typ = &ast.Ellipsis{Ellipsis: l.pos, Elt: typ}
			}
			names := []*ast.Ident{l.id("_")}
			if len(field.Names) > 0 {
				names = nil
				for _, n := range field.Names {
					names = append(names, l.bind(n))
				}
			}
			params.List = append(params.List, &ast.Field{Names: names, Type: typ})
		}
	}
	typ := &ast.FuncType{Func: l.pos, Params: params}
	head := l.signed(params)
	l.fn.gotos = gotos(block)
	if recovers(block) {
		l.fn.token = l.new()
		head = append(head, l.define1(l.fn.token, l.hook("Called")))
	}
	if defers(block) {
		l.fn.deferred = l.new()
		head = append(head, l.define1(l.fn.deferred, l.hook("Deferring")))
	}
	if out != nil && len(out.List) > 0 {
		typ.Results = &ast.FieldList{Opening: l.pos, Closing: l.pos}
		for _, field := range out.List {
			t := l.spell(l.typeOf(field.Type))
			names := field.Names
			if len(names) == 0 && l.fn.deferred != nil {
				names = []*ast.Ident{{NamePos: l.pos, Name: "_"}}
			}
			if len(names) == 0 {
				typ.Results.List = append(typ.Results.List, &ast.Field{Type: t})
			}
			for _, n := range names {
				id := l.bind(n)
				if n.Name == "_" { // a bare return gives it too
					id = l.new()
				}
				l.fn.named = append(l.fn.named, id.Name)
				typ.Results.List = append(typ.Results.List, &ast.Field{Type: t})
				head = append(head, l.local(id, t, nil))
			}
		}
	}
	list := l.list(block.List)
	if l.fn.deferred != nil {
		f := l.new()
		list = []ast.Stmt{l.define1(f, l.function(nil, nil, list...)), &ast.ExprStmt{X: l.hook("RunDeferring", l.fn.deferred, f)}}
		if len(l.fn.named) > 0 {
			list = append(list, l.returnVariables())
		}
	}
	b := &ast.BlockStmt{Lbrace: block.Lbrace, Rbrace: block.Rbrace, List: append(head, list...)}
	return typ, b
}

// returnVariables returns what the results' variables hold.
func (l *lowering) returnVariables() ast.Stmt {
	var values []ast.Expr
	for _, n := range l.fn.named {
		values = append(values, l.id(n))
	}
	return l.ret(values...)
}

// defers reports whether a function's body itself defers a call.
func defers(body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		_, is := n.(*ast.DeferStmt)
		_, inner := n.(*ast.FuncLit)
		found = found || is
		return !inner && !found
	})
	return found
}

// bind gives a variable its name.
func (l *lowering) bind(id *ast.Ident) *ast.Ident {
	obj := l.info.Defs[id]
	if obj == nil || id.Name == "_" {
		return &ast.Ident{NamePos: id.NamePos, Name: "_"}
	}
	return &ast.Ident{NamePos: id.NamePos, Name: l.bindObj(obj)}
}

func (l *lowering) bindObj(obj types.Object) string {
	l.owner.temps++
	l.names[obj] = obj.Name() + mark + "v" + strconv.Itoa(l.owner.temps)
	return l.names[obj]
}

func (l *lowering) refuse(pos token.Pos, msg string) {
	l.owner.problems = append(l.owner.problems, problem{l.s.fset.Position(pos), msg})
}

// Making syntax.

func (l *lowering) id(name string) *ast.Ident { return &ast.Ident{NamePos: l.pos, Name: name} }

func (l *lowering) new() *ast.Ident {
	l.owner.temps++
	return l.id("t" + mark + "t" + strconv.Itoa(l.owner.temps))
}

func (l *lowering) hook(name string, args ...ast.Expr) *ast.CallExpr {
	return call(l.pos, name, args...)
}

// call is a call of a hook.
func call(pos token.Pos, name string, args ...ast.Expr) *ast.CallExpr {
	f := &ast.SelectorExpr{X: &ast.Ident{NamePos: pos, Name: hooks}, Sel: &ast.Ident{NamePos: pos, Name: name}}
	return &ast.CallExpr{Fun: f, Lparen: pos, Args: args, Rparen: pos}
}

func number(pos token.Pos, n int) ast.Expr {
	return &ast.BasicLit{ValuePos: pos, Kind: token.INT, Value: strconv.Itoa(n)}
}

func (l *lowering) apply(f ast.Expr, args ...ast.Expr) *ast.CallExpr {
	return &ast.CallExpr{Fun: f, Lparen: l.pos, Args: args, Rparen: l.pos}
}

func (l *lowering) function(in, out *ast.FieldList, body ...ast.Stmt) *ast.FuncLit {
	if in == nil {
		in = &ast.FieldList{Opening: l.pos, Closing: l.pos}
	}
	return &ast.FuncLit{Type: &ast.FuncType{Func: l.pos, Params: in, Results: out}, Body: l.block(append(l.signed(in), body...)...)}
}

// passing is a function that calls another one in its place.
func (l *lowering) passing(in, out *ast.FieldList, body ...ast.Stmt) *ast.FuncLit {
	return l.function(in, out, append([]ast.Stmt{&ast.ExprStmt{X: l.hook("Through")}}, body...)...)
}

func (l *lowering) block(body ...ast.Stmt) *ast.BlockStmt {
	return &ast.BlockStmt{Lbrace: l.pos, List: body, Rbrace: l.pos}
}

func (l *lowering) assign(tok token.Token, to, from []ast.Expr) *ast.AssignStmt {
	return &ast.AssignStmt{Lhs: to, TokPos: l.pos, Tok: tok, Rhs: from}
}

func (l *lowering) set(to, from ast.Expr) ast.Stmt {
	return l.assign(token.ASSIGN, []ast.Expr{to}, []ast.Expr{from})
}

func (l *lowering) define1(name *ast.Ident, value ast.Expr) ast.Stmt {
	return l.assign(token.DEFINE, []ast.Expr{name}, []ast.Expr{value})
}

func (l *lowering) local(name *ast.Ident, t, value ast.Expr) ast.Stmt {
	spec := &ast.ValueSpec{Names: []*ast.Ident{name}, Type: t}
	if value != nil {
		spec.Values = []ast.Expr{value}
	}
	return &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: l.pos, Tok: token.VAR, Specs: []ast.Spec{spec}}}
}

// hold is a local variable with a value. The interpreter keeps function literals in
// a declaration as it first makes them, so they are defined before it.
func (l *lowering) hold(name *ast.Ident, t, value ast.Expr) []ast.Stmt {
	return l.withFunctions(l.local(name, t, value))
}

// ret returns values. A return of none is no operation to the interpreter, which
// takes an else that begins with it for one that is not there.
func (l *lowering) ret(values ...ast.Expr) ast.Stmt {
	if len(values) == 0 {
		return l.block(l.block(), &ast.ReturnStmt{Return: l.pos})
	}
	return &ast.ReturnStmt{Return: l.pos, Results: values}
}

func (l *lowering) field(name string, t ast.Expr) *ast.Field {
	return &ast.Field{Names: []*ast.Ident{l.id(name)}, Type: t}
}

func (l *lowering) list1(fields ...*ast.Field) *ast.FieldList {
	return &ast.FieldList{Opening: l.pos, List: fields, Closing: l.pos}
}

func (l *lowering) text(s string) ast.Expr {
	return &ast.BasicLit{ValuePos: l.pos, Kind: token.STRING, Value: strconv.Quote(s)}
}

func (l *lowering) addr(x ast.Expr) ast.Expr {
	return &ast.UnaryExpr{OpPos: l.pos, Op: token.AND, X: x}
}

// run makes a step of statements: a function, in which a statement's own names
// do not reach the session's. It has the same name in every cell, so that the
// interpreter keeps the last one only; a literal would keep a copy of all the
// session's variables.
func (l *lowering) run(body ...ast.Stmt) []ast.Stmt {
	l.owner.steps++
	name := "step" + mark + "s" + strconv.Itoa(l.owner.steps)
	l.plan.decls = append(l.plan.decls, &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1()}, Body: l.block(body...)})
	return []ast.Stmt{&ast.ExprStmt{X: l.hook("Begin", number(l.pos, l.s.units))}, &ast.ExprStmt{X: l.apply(l.id(name))}}
}

func (l *lowering) varDecl(name string, t ast.Expr) ast.Decl {
	spec := &ast.ValueSpec{Names: []*ast.Ident{l.id(name)}, Type: t}
	return &ast.GenDecl{TokPos: l.pos, Tok: token.VAR, Specs: []ast.Spec{spec}}
}

// Statements of the cell.

// statement lowers a statement at the top of the cell: what defines variables
// assigns them, they exist already.
func (l *lowering) statement(stmt ast.Stmt, c *checked) []ast.Stmt {
	switch n := stmt.(type) {
	case *ast.AssignStmt:
		if n.Tok == token.DEFINE {
			return l.assignment(n.Lhs, n.Rhs, false)
		}
	case *ast.DeclStmt:
		var list []ast.Stmt
		for _, s := range n.Decl.(*ast.GenDecl).Specs {
			list = append(list, l.variables(s.(*ast.ValueSpec), c)...)
		}
		return list
	}
	return l.list([]ast.Stmt{stmt})
}

func (l *lowering) variables(s *ast.ValueSpec, c *checked) []ast.Stmt {
	var to []ast.Expr
	for _, id := range s.Names {
		to = append(to, id)
	}
	if len(s.Values) > 0 {
		return l.assignment(to, s.Values, false)
	}
	var list []ast.Stmt
	for i := range to { // a variable that was there before becomes zero again
		for _, t := range c.tops {
			if t.obj == l.info.Defs[s.Names[i]] && c.reuses(t) {
				zero := l.new()
				list = append(list, l.local(zero, l.spell(t.obj.Type()), nil), l.set(l.id(l.names[t.obj]), zero))
			}
		}
	}
	return list
}

// lastError is the variable of type error that a statement assigns last.
func (l *lowering) lastError(stmt ast.Stmt) *ast.Ident {
	var to ast.Expr
	switch n := stmt.(type) {
	case *ast.AssignStmt:
		to = n.Lhs[len(n.Lhs)-1]
	}
	id, ok := to.(*ast.Ident)
	if !ok {
		return nil
	}
	obj := l.info.ObjectOf(id)
	if obj == nil || id.Name == "_" || !isError(obj.Type()) {
		return nil
	}
	return id
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// show lowers the last expression of a cell.
func (l *lowering) show(stmt *ast.ExprStmt) []ast.Stmt {
	tv := l.info.Types[stmt.X]
	if tv.IsVoid() || l.prints(stmt.X) {
		return l.list([]ast.Stmt{stmt})
	}
	before := l.ordered(l.inside(stmt.X)...)
	tuple, ok := tv.Type.(*types.Tuple)
	if !ok {
		l.fits(stmt.X, tv)
		return append(before, &ast.ExprStmt{X: l.hook("Show", l.dress(l.exprAs(stmt.X, types.Default(tv.Type)), types.Default(tv.Type)))})
	}
	var names, args []ast.Expr
	for v := range tuple.Variables() {
		id := l.new()
		names = append(names, id)
		args = append(args, l.dress(id, v.Type()))
	}
	return append(before,
		l.assign(token.DEFINE, names, []ast.Expr{l.expr(stmt.X)}),
		&ast.ExprStmt{X: l.hook("Show", args...)})
}

// fits refuses an untyped constant that its default type cannot hold, which the type
// checker lets pass where nothing uses it.
func (l *lowering) fits(x ast.Expr, tv types.TypeAndValue) {
	b, ok := tv.Type.(*types.Basic)
	if !ok || tv.Value == nil {
		return
	}
	fits := true
	switch typ := types.Default(b); b.Kind() {
	case types.UntypedInt, types.UntypedRune:
		v, exact := constant.Int64Val(constant.ToInt(tv.Value))
		fits = exact && (typ == types.Typ[types.Int] || int64(int32(v)) == v)
	case types.UntypedFloat, types.UntypedComplex:
		for _, part := range []constant.Value{constant.Real(tv.Value), constant.Imag(tv.Value)} {
			f, _ := constant.Float64Val(constant.ToFloat(part))
			fits = fits && !math.IsInf(f, 0)
		}
	}
	if !fits {
		l.refuse(x.Pos(), fmt.Sprintf("the constant %s (%s) overflows %s", types.ExprString(x), b, types.Default(b)))
	}
}

// dress is a value as the session shows it.
func (l *lowering) dress(x ast.Expr, t types.Type) ast.Expr {
	if isError(t) {
		return l.hook("Error", x)
	}
	if b, ok := t.(*types.Basic); ok && b.Kind() == types.UntypedNil {
		return x
	}
	return l.convert(x, t, anyType)
}

var anyType = types.Universe.Lookup("any").Type()

// prints reports whether an expression is a call of fmt's printing functions,
// whose results nobody wants to see.
func (l *lowering) prints(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	f := l.callee(call)
	return f != nil && f.Pkg() != nil && f.Pkg().Path() == "fmt" &&
		slices.Contains([]string{"Print", "Printf", "Println", "Fprint", "Fprintf", "Fprintln"}, f.Name())
}

// callee is the function that a call names, or nil.
func (l *lowering) callee(call *ast.CallExpr) *types.Func {
	var id *ast.Ident
	fun := ast.Unparen(call.Fun)
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return nil
	}
	f, _ := l.info.Uses[id].(*types.Func)
	return f
}

// global reports whether an object is declared by the session, and not within
// a function.
func global(obj types.Object) bool {
	return own(obj) && (obj.Parent() == obj.Pkg().Scope() || obj.Parent() == nil && obj.Pkg().Scope().Lookup(obj.Name()) == obj)
}
