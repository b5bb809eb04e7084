package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// list lowers statements, of which one may become several.
func (l *lowering) list(stmts []ast.Stmt) []ast.Stmt {
	if l.fn != nil && slices.ContainsFunc(stmts, l.isTarget) {
		return l.gotoList(stmts)
	}
	var out []ast.Stmt
	for _, s := range stmts {
		out = append(out, l.stmt(s)...)
	}
	return out
}

func (l *lowering) blockOf(b *ast.BlockStmt) *ast.BlockStmt {
	return &ast.BlockStmt{Lbrace: b.Lbrace, List: l.list(b.List), Rbrace: b.Rbrace}
}

func (l *lowering) stmt(s ast.Stmt) []ast.Stmt {
	l.pos = s.Pos()
	switch s := s.(type) {
	case *ast.EmptyStmt:
		return nil
	case *ast.ExprStmt:
		if u, ok := ast.Unparen(s.X).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
			return []ast.Stmt{&ast.ExprStmt{X: &ast.UnaryExpr{OpPos: u.OpPos, Op: u.Op, X: l.under(u.X)}}}
		}
		return append(l.ordered(l.inside(s.X)...), l.withFunctions(&ast.ExprStmt{X: l.expr(s.X)})...)
	case *ast.AssignStmt:
		return l.assignStmt(s)
	case *ast.IncDecStmt:
		out, x := l.place(s.X, hasCall(s.X))
		nilled := false // what may be nil, where ++ tells no place
		switch to := ast.Unparen(s.X).(type) {
		case *ast.StarExpr:
			nilled = true
		case *ast.IndexExpr:
			_, nilled = l.typeOf(to.X).Underlying().(*types.Map)
		}
		if nilled {
			return append(out, l.adds(x, s.TokPos, s.Tok))
		}
		return append(out, l.counts(x, s.TokPos, s.Tok, l.typeOf(s.X)))
	case *ast.DeclStmt:
		return l.declStmt(s)
	case *ast.BlockStmt:
		return []ast.Stmt{l.blockOf(s)}
	case *ast.LabeledStmt:
		return l.labeled(s)
	case *ast.ReturnStmt:
		return l.returned(s)
	case *ast.BranchStmt:
		return l.branch(s)
	case *ast.IfStmt:
		return l.ifStmt(s)
	case *ast.ForStmt:
		return l.forLoop(s, l.madeLabel())
	case *ast.RangeStmt:
		return l.rangeLoop(s, l.madeLabel())
	case *ast.SwitchStmt:
		return l.switchStmt(s, l.madeLabel())
	case *ast.TypeSwitchStmt:
		return l.typeSwitch(s, l.madeLabel())
	case *ast.SelectStmt:
		return l.selectStmt(s, l.madeLabel())
	case *ast.SendStmt:
		t := l.typeOf(s.Chan).Underlying().(*types.Chan)
		before := l.ordered(s.Chan, s.Value)
		return append(before, l.withFunctions(&ast.SendStmt{Chan: l.under(s.Chan), Arrow: s.Arrow, Value: l.element(s.Value, t.Elem())})...)
	case *ast.GoStmt:
		f, out, call := l.evaluated(s.Call)
		return append(out, l.define1(f, l.thunk(call)), &ast.ExprStmt{X: l.hook("Go", f)})
	case *ast.DeferStmt:
		return l.deferred(s)
	}
	l.refuse(s.Pos(), "the interpreter does not know this statement")
	return nil
}

// withFunctions gives the function literals among a statement's arguments and
// fields names of their own, defined before it: a literal that goes straight into
// compiled code would share its variables with the next iteration of a loop.
func (l *lowering) withFunctions(s ast.Stmt) []ast.Stmt { return append(l.functionsOf(s), s) }

// functionsOf are the definitions that withFunctions puts before a statement or an
// expression.
func (l *lowering) functionsOf(n ast.Node) (defs []ast.Stmt) {
	ast.Inspect(n, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			if lit, ok := kv.Value.(*ast.FuncLit); ok {
				f := l.new()
				defs = append(defs, l.define1(f, lit))
				kv.Value = f
			}
		}
		if c, ok := n.(*ast.CallExpr); ok {
			if lit, ok := unparen(c.Fun).(*ast.FuncLit); ok {
				f := l.new()
				defs = append(defs, l.define1(f, lit))
				c.Fun = f
			}
			for i, a := range c.Args {
				if lit, ok := a.(*ast.FuncLit); ok {
					f := l.new()
					defs = append(defs, l.define1(f, lit))
					c.Args[i] = f
				}
			}
		}
		_, inner := n.(*ast.FuncLit)
		return !inner
	})
	return defs
}

func (l *lowering) declStmt(s *ast.DeclStmt) []ast.Stmt {
	g := s.Decl.(*ast.GenDecl)
	if g.Tok != token.VAR {
		return nil // types and constants are written where they are used
	}
	var out []ast.Stmt
	for _, spec := range g.Specs {
		v := spec.(*ast.ValueSpec)
		var to []ast.Expr
		for _, id := range v.Names {
			to = append(to, id)
		}
		if len(v.Values) > 0 {
			out = append(out, l.assignment(to, v.Values, true)...)
			continue
		}
		for _, id := range v.Names {
			t := l.typ(l.info.Defs[id].Type())
			if id.Name == "_" {
				continue
			}
			out = append(out, l.local(l.bind(id), l.spell(t), nil))
		}
	}
	return out
}

func (l *lowering) assignStmt(s *ast.AssignStmt) []ast.Stmt {
	switch s.Tok {
	case token.DEFINE:
		return l.assignment(s.Lhs, s.Rhs, true)
	case token.ASSIGN:
		return l.assignment(s.Lhs, s.Rhs, false)
	}
	before := l.ordered(s.Lhs[0], s.Rhs[0])
	// x op= y, with x evaluated once.
	out, to := l.place(s.Lhs[0], hasCall(s.Lhs[0]) || hasCall(s.Rhs[0]))
	t := l.typeOf(s.Lhs[0])
	var y ast.Expr
	if s.Tok == token.SHL_ASSIGN || s.Tok == token.SHR_ASSIGN {
		y = l.count(s.Rhs[0])
	} else {
		y = l.exprAs(s.Rhs[0], t)
	}
	return append(append(before, out...), l.withFunctions(l.assign(s.Tok, []ast.Expr{to}, []ast.Expr{y}))...)
}

func hasCall(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = true
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}

// assignment lowers = and :=, where declare is true for new variables of a function.
func (l *lowering) assignment(lhs, rhs []ast.Expr, declare bool) []ast.Stmt {
	o := &evaluation{l: l, read: slices.ContainsFunc(lhs, l.mayPanic)}
	if len(rhs) > 1 {
		o.needed = slices.ContainsFunc(lhs, func(x ast.Expr) bool { return !l.isNew(x) })
	} else if len(lhs) > 1 { // the places come after the call that gives the values, but not the calls that lead to them
		o.needed = slices.ContainsFunc(lhs, func(x ast.Expr) bool { return hasCall(x) })
	}
	return append(o.arrange(l.sides(lhs, rhs)), l.assigned(lhs, rhs, declare)...)
}

func (l *lowering) assigned(lhs, rhs []ast.Expr, declare bool) []ast.Stmt {
	if len(lhs) > 1 && len(rhs) == 1 {
		return l.fromOne(lhs, rhs[0], declare)
	}
	if len(lhs) == 1 {
		return l.assign1(lhs[0], rhs[0], declare)
	}
	return l.several(lhs, rhs, declare)
}

// plain reports whether an expression stays the same place while other
// places are assigned to: a variable.
func plain(x ast.Expr) bool {
	_, ok := ast.Unparen(x).(*ast.Ident)
	return ok
}

// leftType is the type of what is assigned to.
func (l *lowering) leftType(x, value ast.Expr) types.Type {
	if id, ok := x.(*ast.Ident); ok {
		if id.Name == "_" {
			return l.typ(types.Default(l.info.TypeOf(value)))
		}
		return l.typ(l.info.ObjectOf(id).Type())
	}
	return l.typeOf(x)
}

// store assigns a lowered value of the right type to a place, or defines it.
func (l *lowering) store(x, value ast.Expr, declare bool) []ast.Stmt {
	id, ok := x.(*ast.Ident)
	if ok && declare && id.Name != "_" && l.info.Defs[id] != nil {
		typ := l.typ(l.info.Defs[id].Type())
		if v, nothing := value.(*ast.Ident); !types.IsInterface(typ) && !(nothing && v.Name == "nil") {
			return []ast.Stmt{l.define1(l.bind(id), value)} // cheaper to the interpreter than var
		}
		return []ast.Stmt{l.local(l.bind(id), l.spell(typ), value)}
	}
	if sel, ok := ast.Unparen(x).(*ast.SelectorExpr); ok && l.pkgName(sel.X) != nil {
		if _, ok := value.(*ast.Ident); !ok { // the result of a call would not arrive
			made := l.new()
			return append(l.withFunctions(l.define1(made, value)), l.set(l.target(x), made))
		}
	}
	return l.put(l.target(x), value)
}

// put assigns a lowered value to a lowered place.
func (l *lowering) put(place, value ast.Expr) []ast.Stmt {
	if _, ok := value.(*ast.CompositeLit); ok { // which would take the variable's place, and pointers keep the old one
		made := l.new()
		return append(l.withFunctions(l.define1(made, value)), l.set(place, made))
	}
	return l.withFunctions(l.set(place, value))
}

// inPlace reports whether the interpreter writes literals of a type over what the
// variable that they define held before: a function that keeps the variable of a
// loop's last round would see it change.
func inPlace(t types.Type) bool {
	_, isStruct := t.Underlying().(*types.Struct)
	return !isStruct
}

// givesFunction reports whether a lowered value of a type is a call that gives a function:
// the interpreter puts that where a variable is, and not into it, so that what shares the
// variable would not see it.
func givesFunction(value ast.Expr, t types.Type) bool {
	_, call := unparen(value).(*ast.CallExpr)
	_, function := t.Underlying().(*types.Signature)
	return call && function
}

func (l *lowering) assign1(x, value ast.Expr, declare bool) []ast.Stmt {
	t := l.leftType(x, value)
	if id, ok := x.(*ast.Ident); ok && id.Name == "_" {
		if tv := l.info.Types[value]; tv.Value != nil || tv.IsNil() {
			return nil
		}
		return l.withFunctions(&ast.ExprStmt{X: l.hook("Ignore", l.expr(value))})
	}
	v := l.exprAs(value, t)
	if id, ok := x.(*ast.Ident); ok && declare && l.info.Defs[id] != nil {
		if from := l.typeOf(value); !types.IsInterface(t) && !l.info.Types[value].IsNil() && l.info.Types[value].Value == nil && !l.erasedSame(from, t) {
			return l.withFunctions(l.local(l.bind(id), l.spell(t), v)) // another type than the value's, as of a channel that is only received from
		}
		if !types.IsInterface(t) && !l.info.Types[value].IsNil() {
			if _, ok := v.(*ast.CompositeLit); ok && inPlace(t) {
				made := l.new()
				return append(l.withFunctions(l.define1(made, v)), l.define1(l.bind(id), made))
			}
			return l.withFunctions(l.define1(l.bind(id), v))
		}
	}
	at := l.pos
	var before []ast.Stmt
	if l.mayPanic(x) && l.fails(value) || givesFunction(v, t) {
		made := l.new()
		before, v = l.hold(made, l.spell(t), v), made
	}
	stmts := append(before, l.store(x, v, declare)...)
	l.pos = at
	last := len(stmts) - 1
	return append(stmts[:last:last], l.withFunctions(stmts[last])...)
}

// counts is x++ or x--, which the interpreter does not do with a uintptr.
func (l *lowering) counts(x ast.Expr, at token.Pos, tok token.Token, t types.Type) ast.Stmt {
	if b, ok := t.Underlying().(*types.Basic); ok && b.Kind() == types.Uintptr {
		return l.adds(x, at, tok)
	}
	return &ast.IncDecStmt{X: x, TokPos: at, Tok: tok}
}

// adds is x++ or x-- as x += 1 or x -= 1.
func (l *lowering) adds(x ast.Expr, at token.Pos, tok token.Token) ast.Stmt {
	how := map[token.Token]token.Token{token.INC: token.ADD_ASSIGN, token.DEC: token.SUB_ASSIGN}
	return &ast.AssignStmt{Lhs: []ast.Expr{x}, TokPos: at, Tok: how[tok], Rhs: []ast.Expr{number(at, 1)}}
}

// place lowers what is assigned to; once is true when what is in it must be
// evaluated before the values.
func (l *lowering) place(x ast.Expr, once bool) ([]ast.Stmt, ast.Expr) {
	if !once {
		return nil, l.target(x)
	}
	var out []ast.Stmt
	temp := func(e ast.Expr, t types.Type) ast.Expr {
		if _, ok := e.(*ast.BasicLit); ok {
			return e
		}
		v := l.new()
		out = append(out, l.hold(v, l.spell(t), e)...)
		return v
	}
	switch e := ast.Unparen(x).(type) {
	case *ast.IndexExpr:
		t := l.typeOf(e.X)
		switch u := t.Underlying().(type) {
		case *types.Map:
			m := temp(l.under(e.X), t.Underlying())
			return out, &ast.IndexExpr{X: m, Index: temp(l.mapKey(e.Index, u.Key()), u.Key())}
		case *types.Slice:
			s := temp(l.under(e.X), t.Underlying())
			return out, &ast.IndexExpr{X: s, Index: temp(l.integer(e.Index), types.Typ[types.Int])}
		case *types.Pointer:
			p := temp(l.under(e.X), t.Underlying())
			return out, &ast.IndexExpr{X: &ast.ParenExpr{X: &ast.StarExpr{X: p}}, Index: temp(l.integer(e.Index), types.Typ[types.Int])}
		case *types.Array:
			more, a := l.place(e.X, !plain(e.X))
			out = append(out, more...)
			return out, &ast.IndexExpr{X: l.unwrap(a, t), Index: temp(l.integer(e.Index), types.Typ[types.Int])}
		}
	case *ast.StarExpr:
		return out, &ast.StarExpr{Star: l.pos, X: temp(l.under(e.X), l.typeOf(e.X).Underlying())}
	case *ast.SelectorExpr:
		if l.pkgName(e.X) == nil && !l.info.Types[e.X].IsType() {
			t := l.typeOf(e.X)
			obj, path, _ := l.lookup(t, e.Sel.Name, l.info.Uses[e.Sel])
			if _, ok := obj.(*types.Var); ok {
				var base ast.Expr
				if _, ptr := t.Underlying().(*types.Pointer); ptr {
					base = temp(l.expr(e.X), t)
				} else {
					var more []ast.Stmt
					more, base = l.place(e.X, !plain(e.X))
					out = append(out, more...)
				}
				last := len(path) - 1
				for _, i := range path[:last] {
					base, t = l.step(base, t, i)
					if _, ptr := t.Underlying().(*types.Pointer); ptr { // of an embedded struct
						base = temp(base, t)
					}
				}
				base, _ = l.field1(base, t, path[last])
				return out, base
			}
		}
	}
	return out, l.target(x)
}

// fromOne assigns the several values of one expression.
func (l *lowering) fromOne(lhs []ast.Expr, x ast.Expr, declare bool) []ast.Stmt {
	x = ast.Unparen(x)
	var out []ast.Stmt
	var values []ast.Expr
	var ts []types.Type
	boolean := types.Type(types.Typ[types.Bool])
	v, ok := l.new(), l.new()
	switch e := x.(type) {
	case *ast.TypeAssertExpr:
		t := l.typeOf(e.Type)
		id := l.new()
		out = append(out, l.local(v, l.spell(t), nil), l.define1(id, l.exprAs(e.X, anyType)),
			l.define1(ok, l.hook("Is", l.addr(v), id, l.desc(t))))
		values, ts = []ast.Expr{v, ok}, []types.Type{t, boolean}
	case *ast.IndexExpr:
		t := l.typeOf(e.X).Underlying().(*types.Map).Elem()
		// Of a key that is not there, the interpreter leaves v as it was in a loop's last round.
		out = append(out, l.define1(v, l.zero(t)), l.define1(ok, l.id("false")), l.assign(token.ASSIGN, []ast.Expr{v, ok}, []ast.Expr{l.expr(e)}))
		values, ts = []ast.Expr{v, ok}, []types.Type{t, boolean}
	case *ast.UnaryExpr:
		t := l.typeOf(e.X).Underlying().(*types.Chan).Elem()
		out = append(out, l.assign(token.DEFINE, []ast.Expr{v, ok}, []ast.Expr{&ast.UnaryExpr{OpPos: e.OpPos, Op: token.ARROW, X: l.under(e.X)}}))
		values, ts = []ast.Expr{v, ok}, []types.Type{t, boolean}
	default:
		tuple := l.typeOf(x).(*types.Tuple)
		same, made, there := true, false, false
		for i, t := range lhs {
			id, isID := t.(*ast.Ident)
			fresh := declare && isID && l.info.Defs[id] != nil
			blank := isID && id.Name == "_"
			made, there = made || fresh && !blank, there || !fresh && !blank
			same = same && isID && (blank || l.same(l.leftType(t, x), tuple.At(i).Type()))
		}
		if same && !(made && there) { // as it stands; of an older variable := would make another one within a function that has become of its block
			tok := token.ASSIGN
			var to []ast.Expr
			call := l.expr(x)
			for _, t := range lhs {
				id := t.(*ast.Ident)
				if declare && id.Name != "_" && l.info.Defs[id] != nil {
					tok = token.DEFINE
					to = append(to, l.bind(id))
					continue
				}
				to = append(to, l.target(id))
			}
			return l.withFunctions(l.assign(tok, to, []ast.Expr{call}))
		}
		var to []ast.Expr
		for i := range lhs {
			id := l.new()
			to = append(to, id)
			values = append(values, id)
			ts = append(ts, tuple.At(i).Type())
		}
		out = append(out, l.withFunctions(l.assign(token.DEFINE, to, []ast.Expr{l.expr(x)}))...)
		before, places := l.places(lhs)
		out = append(out, before...)
		out = append(out, l.storeAll(lhs, places, values, ts, declare)...)
		return out
	}
	before, places := l.places(lhs)
	out = append(before, out...)
	return append(out, l.storeAll(lhs, places, values, ts, declare)...)
}

// places lowers what is assigned to, with nothing for new and blank variables.
func (l *lowering) places(lhs []ast.Expr) (out []ast.Stmt, places []ast.Expr) {
	for _, t := range lhs {
		if id, isID := t.(*ast.Ident); isID && (id.Name == "_" || l.info.Defs[id] != nil) {
			places = append(places, nil)
			continue
		}
		more, p := l.place(t, !plain(t))
		out = append(out, more...)
		places = append(places, p)
	}
	return out, places
}

// storeAll assigns lowered values of types ts.
func (l *lowering) storeAll(lhs, places, values []ast.Expr, ts []types.Type, declare bool) (out []ast.Stmt) {
	for i, t := range lhs {
		if id, isID := t.(*ast.Ident); isID && id.Name == "_" {
			continue
		}
		c := l.convert(values[i], ts[i], l.tupleTarget(t, ts[i]))
		if places[i] != nil {
			out = append(out, l.set(places[i], c))
			continue
		}
		out = append(out, l.store(t, c, declare)...)
	}
	return out
}

// fromValues assigns lowered values to places that are there.
func (l *lowering) fromValues(lhs, values []ast.Expr, ts []types.Type) []ast.Stmt {
	out, places := l.places(lhs)
	return append(out, l.storeAll(lhs, places, values, ts, false)...)
}

func (l *lowering) tupleTarget(x ast.Expr, t types.Type) types.Type {
	if id, ok := x.(*ast.Ident); ok {
		return l.typ(l.info.ObjectOf(id).Type())
	}
	return l.typeOf(x)
}

func (l *lowering) ifStmt(s *ast.IfStmt) []ast.Stmt {
	var init []ast.Stmt
	if s.Init != nil {
		init = l.stmt(s.Init)
	}
	l.pos = s.Pos()
	init = append(init, l.ordered(s.Cond)...)
	l.pos = s.Pos()
	n := &ast.IfStmt{If: s.If, Cond: l.expr(s.Cond), Body: l.blockOf(s.Body)}
	switch e := s.Else.(type) {
	case *ast.BlockStmt:
		n.Else = l.blockOf(e)
	case *ast.IfStmt:
		if list := l.ifStmt(e); len(list) == 1 {
			n.Else = list[0]
			if _, ok := list[0].(*ast.IfStmt); !ok {
				n.Else = l.block(list...)
			}
		} else {
			n.Else = l.block(list...)
		}
	}
	if len(init) > 0 {
		return []ast.Stmt{l.block(append(init, n)...)}
	}
	return []ast.Stmt{n}
}

// deferred lowers a defer statement: function and arguments are evaluated now,
// and the call goes to the function's list, or at the top of a cell to the cell's.
func (l *lowering) deferred(s *ast.DeferStmt) []ast.Stmt {
	if id, ok := ast.Unparen(s.Call.Fun).(*ast.Ident); ok && l.fn.deferred != nil && l.fn.token != nil {
		if b, ok := l.info.Uses[id].(*types.Builtin); ok && written(b.Name()) == "recover" {
			return []ast.Stmt{&ast.ExprStmt{X: l.hook("DeferRecover", l.fn.deferred, l.fn.token)}}
		}
	}
	f, out, call := l.evaluated(s.Call)
	out = append(out, l.define1(f, l.thunk(call)))
	reach := number(l.pos, l.reach(call))
	if l.fn.deferred == nil {
		return append(out, &ast.ExprStmt{X: l.hook("DeferCell", f, reach)})
	}
	return append(out, &ast.ExprStmt{X: l.hook("Defer", l.fn.deferred, f, reach)})
}

// evaluated are what must be evaluated before the call of a go or defer statement, a name for its
// thunk, and the call, which has an argument for each of several results.
func (l *lowering) evaluated(call *ast.CallExpr) (thunk *ast.Ident, before []ast.Stmt, apart *ast.CallExpr) {
	thunk, before = l.new(), l.ordered(l.inside(call)...)
	results, apart := l.apart(call)
	if results != nil {
		before = append(before, l.withFunctions(results)...)
	}
	return thunk, before, apart
}

// reach is how many functions of the interpreter there are from a deferred
// thunk to the function that may recover, or 0 when there is none.
func (l *lowering) reach(call *ast.CallExpr) int {
	lit, literal := ast.Unparen(call.Fun).(*ast.FuncLit)
	switch {
	case !l.mayRecover(call):
		return 0
	case literal && thunks(lit):
		return 1 // the thunk itself
	}
	return 2
}

// thunks reports whether a function takes and gives nothing.
func thunks(f *ast.FuncLit) bool { return f.Type.Params.NumFields() == 0 && f.Type.Results == nil }

// mayRecover reports whether the function that a call calls may call recover
// itself.
func (l *lowering) mayRecover(call *ast.CallExpr) bool {
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return recovers(lit.Body)
	}
	f := l.callee(call)
	if f == nil {
		return true
	}
	if r := f.Signature().Recv(); !own(f) || r != nil && types.IsInterface(r.Type()) {
		return own(f)
	}
	node, _ := l.source(f, l.shortName(f))
	return node == nil || recovers(node.Body)
}

func (l *lowering) shortName(f *types.Func) string {
	if r := f.Signature().Recv(); r != nil && named(r.Type()) != nil {
		return named(r.Type()).Obj().Name() + "." + f.Name()
	}
	return f.Name()
}

// recovers reports whether a function's body itself calls recover.
func recovers(body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			id, ok := c.Fun.(*ast.Ident)
			found = found || ok && written(id.Name) == "recover"
		}
		_, inner := n.(*ast.FuncLit)
		return !inner && !found
	})
	return found
}

// thunk is a call as a function without parameters, which has the call's
// function and arguments as they are now.
func (l *lowering) thunk(call *ast.CallExpr) ast.Expr {
	lowered := l.expr(call)
	c, ok := lowered.(*ast.CallExpr)
	if !ok {
		return l.function(nil, nil, l.set(l.id("_"), lowered))
	}
	if executes(l.callee(call)) { // whose error nobody gets
		c = c.Args[0].(*ast.CallExpr)
	}
	if lit, ok := unparen(c.Fun).(*ast.FuncLit); ok && thunks(lit) {
		return lit
	}
	in := &ast.FieldList{Opening: l.pos, Closing: l.pos}
	var now []ast.Expr // evaluated now
	later := *c
	later.Args = slices.Clone(c.Args)
	keep := func(x ast.Expr, t types.Type) ast.Expr {
		if t == types.Typ[types.UntypedNil] {
			return x
		}
		id := l.new()
		in.List = append(in.List, l.field(id.Name, l.spell(t)))
		now = append(now, x)
		return id
	}
	sig, _ := l.info.TypeOf(call.Fun).(*types.Signature)
	special := false
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok {
		_, special = l.info.Uses[id].(*types.Builtin)
	}
	switch {
	case special && len(c.Args) == len(call.Args) && !isHook(c): // close, delete, copy
		for i, a := range call.Args {
			later.Args[i] = keep(c.Args[i], l.typeOf(a).Underlying())
		}
	case special: // panic, print, recover and others that call the session
		if len(call.Args) == 0 || len(c.Args) != len(call.Args) {
			break
		}
		for i := range call.Args {
			later.Args[i] = keep(c.Args[i], anyType)
		}
	case sig != nil:
		sig = l.typ(sig).(*types.Signature)
		params := sig.Params().Len()
		extra := len(c.Args) - len(call.Args)                     // the receiver of a method
		added := c.Ellipsis.IsValid() && !call.Ellipsis.IsValid() // variadic arguments that are not there, or a slice of them
		slice := added && len(call.Args) > params
		switch {
		case slice:
			extra = len(c.Args) - params
		case added:
			extra--
		}
		if extra < 0 || extra > 1 || isHook(c) {
			if isHook(c) {
				for i := range c.Args {
					later.Args[i] = keep(c.Args[i], anyType)
				}
			}
			break
		}
		if extra == 1 {
			if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
				obj, path, _ := l.lookup(l.typeOf(sel.X), sel.Sel.Name, l.info.Uses[sel.Sel])
				if m, ok := obj.(*types.Func); ok {
					_, rt := l.receiver(sel.X, path, m)
					later.Args[0] = keep(c.Args[0], rt)
				}
			}
		} else if sel, ok := c.Fun.(*ast.SelectorExpr); ok && l.callee(call) != nil && l.callee(call).Signature().Recv() != nil { // of a compiled type
			if origin, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
				obj, path, _ := l.lookup(l.typeOf(origin.X), origin.Sel.Name, l.info.Uses[origin.Sel])
				m := obj.(*types.Func)
				_, rt := l.receiver2(origin.X, path)
				r := sel.X
				if _, ptr := types.Unalias(m.Signature().Recv().Type()).(*types.Pointer); ptr && !types.IsInterface(rt) {
					r, rt = l.adjust(r, rt, m)
				}
				if l.writer(origin.X) == nil {
					later.Fun = &ast.SelectorExpr{X: keep(r, rt), Sel: sel.Sel}
				}
			}
		} else if l.callee(call) == nil {
			if _, lit := unparen(c.Fun).(*ast.FuncLit); !lit {
				later.Fun = keep(c.Fun, l.typeOf(call.Fun).Underlying())
			}
		} else if m, ok := c.Fun.(*ast.CallExpr); ok { // a method of an interface
			later.Fun = keep(m, l.typ(l.callee(call).Signature()))
		}
		for i, a := range call.Args {
			if slice && i == params-1 {
				later.Args[i+extra] = keep(c.Args[i+extra], sig.Params().At(i).Type())
				break
			}
			t := paramType(sig, i)
			if call.Ellipsis.IsValid() && i == len(call.Args)-1 {
				t = sig.Params().At(i).Type()
			}
			if tv := l.info.Types[a]; tv.Value != nil && !types.IsInterface(t) || tv.IsNil() {
				continue
			}
			if l.writer(a) != nil {
				continue
			}
			later.Args[i+extra] = keep(c.Args[i+extra], t)
		}
	}
	f := l.function(nil, nil, &ast.ExprStmt{X: &later})
	if len(now) == 0 {
		return f
	}
	maker := l.function(in, l.list1(&ast.Field{Type: &ast.FuncType{Func: l.pos, Params: &ast.FieldList{}}}), l.ret(f))
	return l.apply(&ast.ParenExpr{X: maker}, now...)
}

func unparen(x ast.Expr) ast.Expr { return ast.Unparen(x) }

func isHook(c *ast.CallExpr) bool {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == hooks
}

func firstArg(c *ast.CallExpr) ast.Expr {
	if len(c.Args) > 0 {
		return c.Args[0]
	}
	return nil
}
