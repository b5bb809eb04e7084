package session

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
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
	decls []ast.Decl
	names map[string]string // the interpreter's names of what the cell makes
	steps []step
	at    token.Pos // where the cell's declarations are
}

// A step is what the interpreter runs at once: a statement of the cell, or the
// body of a method.
type step struct {
	body    []ast.Stmt
	at      token.Pos // the statement in the cell
	defines []*topVar // variables that live from here on
}

// A lowering rewrites syntax trees, which it copies:
//
//   - names of the session and of packages become the interpreter's own, so
//     that a redefinition never disturbs what exists;
//   - loop variables are made anew in every iteration, and a loop over an
//     integer counts;
//   - min, max, clear, defer and go become calls of the session's own
//     functions where the interpreter would do something else than Go;
//   - os.Stdout and os.Stderr become writers that keep the order of what is
//     printed.
type lowering struct {
	s        *Session
	info     *types.Info
	name     func(string) string     // the interpreter's names of what the session declares
	tops     map[types.Object]string // and of the variables that the cell declares
	top      bool                    // outside of functions
	pos      token.Pos               // of what is made
	temps    int
	problems []problem
}

// lower makes the plan of a checked cell.
func (s *Session) lower(c *checked) (*plan, []problem) {
	u := c.unit
	p := &plan{names: map[string]string{}, at: u.start}
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
	st := &lowering{s: s, info: c.stmts, name: before, tops: map[types.Object]string{}, top: true}
	fn := &lowering{s: s, info: c.decls, name: after}

	defines := map[int][]*topVar{}
	nameless := map[int]bool{} // statements that define a variable whose type has no name
	for _, t := range c.tops {
		n := t.obj.Name()
		defines[t.stmt] = append(defines[t.stmt], t)
		st.pos = t.obj.Pos()
		if c.reuses(t) {
			vars[n] = c.base.engine[n]
		} else if vars[n] = s.fresh(n); true {
			if typ := st.spell(t.obj.Type()); typ != nil {
				p.decls = append(p.decls, st.varDecl(vars[n], typ))
			} else {
				nameless[t.stmt] = true
			}
		}
		st.tops[t.obj] = vars[n]
	}
	for _, d := range made {
		fn.pos = d.node.Pos()
		decl := clone(fn, d.outline(true))
		if !redirected(d) {
			p.decls = append(p.decls, decl)
			continue
		}
		name := d.names[0]
		if p.names[d.recv] == "" && c.base.engine[name] != "" { // the method stays and gets another body
			p.names[name] = c.base.engine[name]
		}
		body, method, set := fn.redirect(decl.(*ast.FuncDecl), p.names[name])
		if p.names[name] != c.base.engine[name] {
			p.decls = append(p.decls, body, method)
		}
		p.steps = append(p.steps, step{body: fn.run(set), at: d.node.Pos()})
	}
	for i, stmt := range u.stmts {
		st.pos = stmt.Pos()
		one := step{at: stmt.Pos(), defines: defines[i]}
		final := i == len(u.stmts)-1
		switch {
		case nameless[i]:
			one.body = []ast.Stmt{st.define(stmt)}
		case final && shown(stmt):
			one.body = st.run(st.show(stmt.(*ast.ExprStmt))...)
		default:
			one.body = st.statement(stmt, c)
			if e := st.lastError(stmt); final && e != nil {
				one.body = append(one.body, &ast.ExprStmt{X: st.hook("Show", st.hook("Error", e))})
			}
			one.body = st.run(one.body...)
		}
		p.steps = append(p.steps, one)
	}
	for n, e := range vars {
		p.names[n] = e
	}
	return p, append(st.problems, fn.problems...)
}

func (l *lowering) refuse(pos token.Pos, msg string) {
	l.problems = append(l.problems, problem{l.s.engine.fileSet().Position(pos), msg})
}

// Making syntax.

func (l *lowering) id(name string) *ast.Ident { return &ast.Ident{NamePos: l.pos, Name: name} }

func (l *lowering) new() *ast.Ident {
	l.temps++
	return l.id("t" + mark + strconv.Itoa(l.temps))
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
	return &ast.FuncLit{Type: &ast.FuncType{Func: l.pos, Params: in, Results: out}, Body: l.block(body...)}
}

func (l *lowering) block(body ...ast.Stmt) *ast.BlockStmt {
	return &ast.BlockStmt{Lbrace: l.pos, List: body, Rbrace: l.pos}
}

func (l *lowering) assign(tok token.Token, to, from []ast.Expr) *ast.AssignStmt {
	return &ast.AssignStmt{Lhs: to, TokPos: l.pos, Tok: tok, Rhs: from}
}

func (l *lowering) define1(name *ast.Ident, value ast.Expr) ast.Stmt {
	return l.assign(token.DEFINE, []ast.Expr{name}, []ast.Expr{value})
}

func (l *lowering) result(t ast.Expr) *ast.FieldList {
	return &ast.FieldList{List: []*ast.Field{{Type: t}}}
}

func (l *lowering) text(s string) ast.Expr {
	return &ast.BasicLit{ValuePos: l.pos, Kind: token.STRING, Value: strconv.Quote(s)}
}

// run makes a step of statements: a function, in which a statement's own names
// do not reach the session's, and which an interrupt ends for good.
func (l *lowering) run(body ...ast.Stmt) []ast.Stmt {
	return []ast.Stmt{&ast.ExprStmt{X: l.hook("Run", number(l.pos, l.s.units), l.function(nil, nil, body...))}}
}

func (l *lowering) varDecl(name string, t ast.Expr) ast.Decl {
	spec := &ast.ValueSpec{Names: []*ast.Ident{l.id(name)}, Type: t}
	return &ast.GenDecl{TokPos: l.pos, Tok: token.VAR, Specs: []ast.Spec{spec}}
}

// spell writes a type for the interpreter, or gives nil.
func (l *lowering) spell(t types.Type) ast.Expr {
	sp := &speller{pos: l.pos, local: l.name, pkg: func(path string) (string, bool) {
		return l.s.alias(path), l.s.world.symbols[path] != nil
	}}
	return sp.expr(t)
}

// Statements of the cell.

// define makes a variable where the interpreter finds its type by itself.
func (l *lowering) define(stmt ast.Stmt) ast.Stmt {
	if d, ok := stmt.(*ast.DeclStmt); ok {
		l.refuse(d.Pos(), "the interpreter has no name for this variable's type: use := instead of var")
	}
	return clone(l, stmt)
}

// statement lowers a statement at the top of the cell: what defines variables
// assigns them, they exist already.
func (l *lowering) statement(stmt ast.Stmt, c *checked) []ast.Stmt {
	switch n := stmt.(type) {
	case *ast.AssignStmt:
		a := inside(l, n)
		if n.Tok == token.DEFINE {
			a.Tok = token.ASSIGN
		}
		return []ast.Stmt{a}
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
	spec := inside(l, s)
	var to []ast.Expr
	for _, id := range spec.Names {
		to = append(to, id)
	}
	if len(spec.Values) > 0 {
		return []ast.Stmt{l.assign(token.ASSIGN, to, spec.Values)}
	}
	var list []ast.Stmt
	for i := range to { // a variable that was there before becomes zero again
		for _, t := range c.tops {
			if t.obj == l.info.Defs[s.Names[i]] && c.reuses(t) {
				zero := l.new()
				decl := &ast.GenDecl{TokPos: l.pos, Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{Names: []*ast.Ident{zero}, Type: spec.Type}}}
				list = append(list, &ast.DeclStmt{Decl: decl}, l.assign(token.ASSIGN, to[i:i+1], []ast.Expr{zero}))
			}
		}
	}
	return list
}

// lastError is the variable of type error that a statement assigns last.
func (l *lowering) lastError(stmt ast.Stmt) ast.Expr {
	var to ast.Expr
	switch n := stmt.(type) {
	case *ast.AssignStmt:
		to = n.Lhs[len(n.Lhs)-1]
	case *ast.DeclStmt:
		specs := n.Decl.(*ast.GenDecl).Specs
		names := specs[len(specs)-1].(*ast.ValueSpec).Names
		to = names[len(names)-1]
	}
	id, ok := to.(*ast.Ident)
	if !ok {
		return nil
	}
	obj := l.info.ObjectOf(id)
	if obj == nil || !isError(obj.Type()) {
		return nil
	}
	return clone(l, id)
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// show lowers the last expression of a cell.
func (l *lowering) show(stmt *ast.ExprStmt) []ast.Stmt {
	tv := l.info.Types[stmt.X]
	if tv.IsVoid() || l.prints(stmt.X) {
		return l.list([]ast.Stmt{stmt})
	}
	tuple, ok := tv.Type.(*types.Tuple)
	if !ok {
		return []ast.Stmt{&ast.ExprStmt{X: l.hook("Show", l.dress(clone(l, stmt.X), tv.Type))}}
	}
	var names, args []ast.Expr
	for v := range tuple.Variables() {
		id := l.new()
		names = append(names, id)
		args = append(args, l.dress(id, v.Type()))
	}
	return []ast.Stmt{
		l.assign(token.DEFINE, names, []ast.Expr{clone(l, stmt.X)}),
		&ast.ExprStmt{X: l.hook("Show", args...)},
	}
}

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
	switch f := ast.Unparen(call.Fun).(type) {
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

// renderers are the methods that package display calls.
var renderers = []string{"HTML", "Markdown", "LaTeX", "SVG", "PNG", "JSON", "String", "Error"}

// dress gives a value of the session's own types the name and the rendering
// methods that compiled code does not see on it.
func (l *lowering) dress(x ast.Expr, t types.Type) ast.Expr {
	if isError(t) {
		return l.hook("Error", x)
	}
	elem := types.Unalias(t)
	if p, ok := elem.(*types.Pointer); ok {
		elem = types.Unalias(p.Elem())
	}
	named, ok := elem.(*types.Named)
	if ok && !own(named.Obj()) && !types.IsInterface(t) || !ok && !types.IsInterface(t) {
		return x
	}
	v := l.new()
	typ := l.spell(t)
	if typ == nil {
		return x
	}
	name := ""
	if !types.IsInterface(t) {
		name = types.TypeString(t, func(*types.Package) string { return "" })
	}
	args := []ast.Expr{v, l.text(name)}
	for _, m := range renderers {
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, m)
		f, ok := obj.(*types.Func)
		if !ok || f.Signature().Params().Len() > 0 || f.Signature().Results().Len() == 0 {
			continue
		}
		var out ast.FieldList
		for r := range f.Signature().Results().Variables() {
			out.List = append(out.List, &ast.Field{Type: l.spell(r.Type())})
		}
		call := l.apply(&ast.SelectorExpr{X: v, Sel: l.id(m)})
		ret := &ast.ReturnStmt{Return: l.pos, Results: []ast.Expr{call}}
		args = append(args, l.text(m), l.function(nil, &out, ret))
	}
	in := &ast.FieldList{Opening: l.pos, List: []*ast.Field{{Names: []*ast.Ident{v}, Type: typ}}, Closing: l.pos}
	wrap := l.function(in, l.result(l.id("any")), &ast.ReturnStmt{Return: l.pos, Results: []ast.Expr{l.hook("With", args...)}})
	return l.apply(wrap, x)
}

// Methods.

// redirect splits a method into a variable for its body, a method that calls
// that, and the statement that sets the variable: the interpreter cannot
// redefine a method.
func (l *lowering) redirect(f *ast.FuncDecl, name string) (body, method ast.Decl, set ast.Stmt) {
	recv := f.Recv.List[0]
	blank := func() []*ast.Ident { return []*ast.Ident{l.id("_")} }
	in := &ast.FieldList{Opening: l.pos, Closing: l.pos} // of the body
	to := &ast.FieldList{Opening: l.pos, Closing: l.pos} // of the method
	self := l.id("self" + mark)
	in.List = append(in.List, &ast.Field{Names: recv.Names, Type: recv.Type})
	if len(recv.Names) == 0 {
		in.List[0].Names = blank()
	}
	call := l.apply(l.id(name), self)
	for _, p := range f.Type.Params.List {
		names := p.Names
		if len(names) == 0 {
			names = blank()
		}
		in.List = append(in.List, &ast.Field{Names: names, Type: p.Type})
		var fresh []*ast.Ident
		for range names {
			id := l.new()
			fresh = append(fresh, id)
			call.Args = append(call.Args, id)
		}
		to.List = append(to.List, &ast.Field{Names: fresh, Type: p.Type})
		if _, ok := p.Type.(*ast.Ellipsis); ok {
			call.Ellipsis = l.pos
		}
	}
	lit := &ast.FuncLit{Type: &ast.FuncType{Func: l.pos, Params: in, Results: f.Type.Results}, Body: f.Body}
	var pass ast.Stmt = &ast.ExprStmt{X: call}
	if f.Type.Results != nil && len(f.Type.Results.List) > 0 {
		pass = &ast.ReturnStmt{Return: l.pos, Results: []ast.Expr{call}}
	}
	out := f.Type.Results
	if out != nil { // without names, which the call would have to set
		unnamed := &ast.FieldList{Opening: out.Opening, Closing: out.Closing}
		for _, r := range out.List {
			for range max(1, len(r.Names)) {
				unnamed.List = append(unnamed.List, &ast.Field{Type: r.Type})
			}
		}
		out = unnamed
	}
	method = &ast.FuncDecl{
		Recv: &ast.FieldList{Opening: l.pos, List: []*ast.Field{{Names: []*ast.Ident{self}, Type: recv.Type}}, Closing: l.pos},
		Name: f.Name,
		Type: &ast.FuncType{Func: l.pos, Params: to, Results: out},
		Body: l.block(pass),
	}
	sig := &ast.FuncType{Func: l.pos, Params: &ast.FieldList{Opening: l.pos, Closing: l.pos}, Results: out}
	for _, p := range in.List {
		for range p.Names {
			sig.Params.List = append(sig.Params.List, &ast.Field{Type: p.Type})
		}
	}
	return l.varDecl(name, sig), method, l.assign(token.ASSIGN, []ast.Expr{l.id(name)}, []ast.Expr{lit})
}

// Everything below the top.

// sub is the lowered form of a node, or nil when only what is below it changes.
func (l *lowering) sub(n ast.Node) ast.Node {
	if _, ok := n.(ast.Stmt); ok {
		l.pos = n.Pos()
	}
	switch n := n.(type) {
	case *ast.Ident:
		if e := l.instance(n); e != nil {
			return e
		}
		if id := l.ident(n); id != nil {
			return id
		}
	case *ast.IndexExpr:
		if e := l.instance(n.X); e != nil {
			return e
		}
	case *ast.IndexListExpr:
		if e := l.instance(n.X); e != nil {
			return e
		}
	case *ast.FuncLit:
		top := l.top
		l.top = false
		f := inside(l, n)
		l.top = top
		return f
	case *ast.CallExpr:
		return l.call(n)
	case *ast.SelectorExpr:
		if w := l.writer(n.X); w != nil && (n.Sel.Name == "Write" || n.Sel.Name == "WriteString") {
			return &ast.SelectorExpr{X: w, Sel: n.Sel}
		}
	case *ast.RangeStmt:
		return l.rangeLoop(n)
	case *ast.ForStmt:
		return l.forLoop(n)
	}
	return nil
}

// instance is a generic function with all its type arguments, which the
// interpreter cannot always infer, or nil for any other expression.
func (l *lowering) instance(x ast.Expr) ast.Node {
	id, ok := x.(*ast.Ident)
	if !ok {
		return nil
	}
	inst, ok := l.info.Instances[id]
	if _, isFunc := l.info.Uses[id].(*types.Func); !ok || !isFunc {
		return nil
	}
	var f ast.Expr = &ast.Ident{NamePos: id.NamePos, Name: id.Name}
	if e := l.ident(id); e != nil {
		f = e.(ast.Expr)
	}
	var args []ast.Expr
	for t := range inst.TypeArgs.Types() {
		e := l.spell(t)
		if e == nil {
			return nil
		}
		args = append(args, e)
	}
	if len(args) == 1 {
		return &ast.IndexExpr{X: f, Lbrack: l.pos, Index: args[0], Rbrack: l.pos}
	}
	return &ast.IndexListExpr{X: f, Lbrack: l.pos, Indices: args, Rbrack: l.pos}
}

// ident gives a name of the session or of a package as the interpreter knows it.
func (l *lowering) ident(n *ast.Ident) ast.Node {
	obj := l.info.ObjectOf(n)
	to := ""
	switch o := obj.(type) {
	case nil:
	case *types.PkgName:
		to = l.s.alias(o.Imported().Path())
	case *types.Var:
		to = l.tops[o]
		if o.Embedded() { // the field is called as its type
			t := types.Unalias(o.Type())
			if p, ok := t.(*types.Pointer); ok {
				t = types.Unalias(p.Elem())
			}
			if named, ok := t.(*types.Named); ok && global(named.Obj()) {
				to = l.name(named.Obj().Name())
			}
		}
	}
	if to == "" && obj != nil && global(obj) {
		to = l.name(obj.Name())
	}
	if to == "" || to == n.Name {
		return nil
	}
	return &ast.Ident{NamePos: n.NamePos, Name: to}
}

// global reports whether an object is declared by the session, and not within
// a function.
func global(obj types.Object) bool { return own(obj) && obj.Parent() == obj.Pkg().Scope() }

// writer is what takes the place of os.Stdout and os.Stderr, or nil.
func (l *lowering) writer(x ast.Expr) ast.Expr {
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	v, ok := l.info.Uses[sel.Sel].(*types.Var)
	if ok && v.Pkg() != nil && v.Pkg().Path() == "os" && (v.Name() == "Stdout" || v.Name() == "Stderr") {
		return &ast.SelectorExpr{X: l.id(hooks), Sel: l.id(v.Name())}
	}
	return nil
}

func (l *lowering) call(n *ast.CallExpr) ast.Node {
	if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok {
		if b, ok := l.info.Uses[id].(*types.Builtin); ok {
			switch b.Name() {
			case "min", "max":
				return l.extreme(n, b.Name())
			case "clear":
				return l.hook("Clear", clone(l, n.Args[0]))
			}
		}
	}
	sig, ok := l.info.TypeOf(n.Fun).(*types.Signature)
	if !ok {
		return nil
	}
	c := inside(l, n)
	for i, arg := range n.Args {
		k := min(i, sig.Params().Len()-1)
		if k < 0 {
			break
		}
		t := sig.Params().At(k).Type()
		if s, ok := t.(*types.Slice); ok && sig.Variadic() && k == sig.Params().Len()-1 && !n.Ellipsis.IsValid() {
			t = s.Elem()
		}
		if w := l.writer(arg); w != nil && types.IsInterface(t) {
			c.Args[i] = w
		}
	}
	if f := l.callee(n); f != nil && f.Pkg() != nil && f.Pkg().Path() == nbPath && f.Name() == "Show" {
		c.Args[0] = l.dress(c.Args[0], l.info.TypeOf(n.Args[0]))
	}
	return c
}

// extreme is a call of min or max.
func (l *lowering) extreme(n *ast.CallExpr, name string) ast.Node {
	tv := l.info.Types[n]
	typ := l.spell(tv.Type)
	basic, ok := tv.Type.Underlying().(*types.Basic)
	if !ok || typ == nil {
		l.refuse(n.Pos(), "the interpreter has no "+name+" for a type parameter: write an if")
		return nil
	}
	if tv.Value != nil {
		return l.apply(typ, l.literal(tv.Value))
	}
	kind, wide := "Int", "int64"
	switch info := basic.Info(); {
	case info&types.IsString != 0:
		kind, wide = "String", "string"
	case info&types.IsFloat != 0:
		kind, wide = "Float", "float64"
	case info&types.IsUnsigned != 0:
		kind, wide = "Uint", "uint64"
	}
	var args []ast.Expr
	for _, a := range n.Args {
		args = append(args, l.apply(l.id(wide), clone(l, a)))
	}
	prefix := map[string]string{"min": "Min", "max": "Max"}[name]
	return l.apply(typ, l.hook(prefix+kind, args...))
}

// literal is a constant as source.
func (l *lowering) literal(v constant.Value) ast.Expr {
	lit := &ast.BasicLit{ValuePos: l.pos}
	switch v.Kind() {
	case constant.String:
		lit.Kind, lit.Value = token.STRING, v.ExactString()
	case constant.Int:
		lit.Kind, lit.Value = token.INT, v.ExactString()
	default:
		f, _ := constant.Float64Val(v)
		lit.Kind, lit.Value = token.FLOAT, strconv.FormatFloat(f, 'e', -1, 64)
	}
	if constant.Sign(v) < 0 && lit.Value[0] == '-' {
		lit.Value = lit.Value[1:]
		return &ast.UnaryExpr{OpPos: l.pos, Op: token.SUB, X: lit}
	}
	return lit
}

// list lowers statements, of which one may become several.
func (l *lowering) list(stmts []ast.Stmt) []ast.Stmt {
	var out []ast.Stmt
	for _, s := range stmts {
		l.pos = s.Pos()
		switch s := s.(type) {
		case *ast.DeferStmt:
			out = append(out, l.deferred(s)...)
		case *ast.GoStmt:
			f := l.new()
			out = append(out, l.define1(f, l.thunk(s.Call)), &ast.ExprStmt{X: l.hook("Go", f)})
		case *ast.ExprStmt, *ast.AssignStmt, *ast.ReturnStmt, *ast.SendStmt:
			one := clone(l, s)
			out = append(out, l.hoist(one)...)
			out = append(out, one)
		default:
			out = append(out, clone(l, s))
		}
	}
	return out
}

// hoist gives the function literals among a statement's arguments names of
// their own, defined before it: a literal that goes straight into compiled code
// would share its variables with the next iteration of a loop.
func (l *lowering) hoist(s ast.Stmt) (defs []ast.Stmt) {
	ast.Inspect(s, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok {
			for i, a := range call.Args {
				if lit, ok := a.(*ast.FuncLit); ok {
					f := l.new()
					defs = append(defs, l.define1(f, lit))
					call.Args[i] = f
				}
			}
		}
		_, inner := n.(*ast.FuncLit)
		return !inner
	})
	return defs
}

// deferred lowers a defer statement: the arguments are evaluated now, and at
// the top of a cell the call comes at the cell's end.
func (l *lowering) deferred(s *ast.DeferStmt) []ast.Stmt {
	if l.top {
		return []ast.Stmt{&ast.ExprStmt{X: l.hook("Defer", l.thunk(s.Call))}}
	}
	if len(s.Call.Args) == 0 {
		return []ast.Stmt{&ast.DeferStmt{Defer: s.Defer, Call: inside(l, s.Call)}}
	}
	f := l.new()
	return []ast.Stmt{
		l.define1(f, l.thunk(s.Call)),
		&ast.DeferStmt{Defer: s.Defer, Call: l.apply(f)},
	}
}

// thunk is a call as a function without parameters, which has the call's
// arguments as they are now.
func (l *lowering) thunk(call *ast.CallExpr) ast.Expr {
	lit, isLit := ast.Unparen(call.Fun).(*ast.FuncLit)
	if isLit && len(call.Args) == 0 && len(l.info.TypeOf(lit).(*types.Signature).Results().String()) == 2 {
		return clone[ast.Expr](l, lit)
	}
	in := &ast.FieldList{Opening: l.pos, Closing: l.pos}
	var now []ast.Expr // evaluated now
	c := *call
	c.Args = slices.Clone(call.Args)
	for i, a := range call.Args {
		tv := l.info.Types[a]
		if _, tuple := tv.Type.(*types.Tuple); tuple || tv.Value != nil || tv.IsNil() || tv.IsType() {
			continue
		}
		typ := l.spell(tv.Type)
		if typ == nil {
			continue
		}
		id := l.new()
		in.List = append(in.List, &ast.Field{Names: []*ast.Ident{id}, Type: typ})
		now = append(now, clone(l, a))
		c.Args[i] = id
	}
	later := l.function(nil, nil, &ast.ExprStmt{X: clone[ast.Expr](l, &c)})
	if len(now) == 0 {
		return later
	}
	maker := l.function(in, l.result(&ast.FuncType{Func: l.pos, Params: &ast.FieldList{}}),
		&ast.ReturnStmt{Return: l.pos, Results: []ast.Expr{later}})
	return l.apply(maker, now...)
}

// rangeLoop lowers a range statement.
func (l *lowering) rangeLoop(n *ast.RangeStmt) ast.Node {
	t := l.info.TypeOf(n.X).Underlying()
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsInteger != 0 {
		return l.count(n)
	}
	if _, ok := t.(*types.Signature); ok {
		l.refuse(n.Pos(), "the interpreter cannot range over a function: call it with a function that has the loop's body and returns true")
		return nil
	}
	r := inside(l, n)
	if n.Tok == token.DEFINE && captures(n.Body) {
		var own []ast.Stmt
		for _, e := range []ast.Expr{n.Key, n.Value} {
			if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
				own = append(own, l.define1(l.id(id.Name), l.id(id.Name)))
			}
		}
		r.Body.List = append(own, r.Body.List...)
	}
	return r
}

// count lowers a range over an integer.
func (l *lowering) count(n *ast.RangeStmt) ast.Node {
	pos := l.pos
	typ := l.spell(l.info.TypeOf(n.X))
	if typ == nil {
		l.refuse(n.Pos(), "the interpreter cannot range over a type parameter: count in a for loop")
		return nil
	}
	i, end := l.new(), l.new()
	body := clone(l, n.Body)
	l.pos = pos
	if id, ok := n.Key.(*ast.Ident); ok && n.Tok == token.DEFINE && id.Name != "_" {
		i = l.id(id.Name)
		body.List = append([]ast.Stmt{l.define1(i, i)}, body.List...)
	} else if n.Key != nil && n.Tok == token.ASSIGN {
		body.List = append([]ast.Stmt{l.assign(n.Tok, []ast.Expr{clone(l, n.Key)}, []ast.Expr{i})}, body.List...)
	}
	zero := &ast.BasicLit{ValuePos: l.pos, Kind: token.INT, Value: "0"}
	return &ast.ForStmt{
		For:  n.For,
		Init: l.assign(token.DEFINE, []ast.Expr{i, end}, []ast.Expr{l.apply(typ, zero), l.apply(typ, clone(l, n.X))}),
		Cond: &ast.BinaryExpr{X: i, OpPos: l.pos, Op: token.LSS, Y: end},
		Post: &ast.IncDecStmt{X: i, TokPos: l.pos, Tok: token.INC},
		Body: body,
	}
}

// forLoop gives every iteration variables of its own where that can be seen.
func (l *lowering) forLoop(n *ast.ForStmt) ast.Node {
	init, ok := n.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE || !captures(n.Body) {
		return nil
	}
	f := inside(l, n)
	var own, back []ast.Stmt
	for _, e := range init.Lhs {
		id := e.(*ast.Ident)
		if id.Name == "_" {
			continue
		}
		own = append(own, l.define1(l.id(id.Name), l.id(id.Name)))
		if l.assigned(n.Body, l.info.Defs[id]) {
			back = append(back, nil)
		}
	}
	if len(back) > 0 {
		l.refuse(n.Pos(), "the interpreter cannot give each iteration its own variable when the loop's body changes it and a function keeps it: copy it to another variable first")
		return nil
	}
	f.Body.List = append(own, f.Body.List...)
	return f
}

// captures reports whether something in a loop's body may outlive the
// iteration: a function, or an address.
func captures(body ast.Node) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.GoStmt, *ast.DeferStmt:
			found = true
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND
		}
		return !found
	})
	return found
}

// assigned reports whether a variable is assigned to, or its address taken.
func (l *lowering) assigned(body ast.Node, obj types.Object) (found bool) {
	is := func(e ast.Expr) bool {
		id, ok := ast.Unparen(e).(*ast.Ident)
		return ok && l.info.Uses[id] == obj
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			found = found || slices.ContainsFunc(n.Lhs, is)
		case *ast.IncDecStmt:
			found = found || is(n.X)
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && is(n.X)
		}
		return !found
	})
	return found
}
