package session

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// forLoop gives every iteration variables of its own where that can be seen.
func (l *lowering) forLoop(n *ast.ForStmt, label *ast.Ident) []ast.Stmt {
	var out []ast.Stmt
	if n.Init != nil {
		out = l.stmt(n.Init)
	}
	l.pos = n.Pos()
	init, ok := n.Init.(*ast.AssignStmt)
	if ok && init.Tok == token.DEFINE && l.captures(n, init.Lhs) {
		return []ast.Stmt{l.block(append(out, l.ownVariables(n, init, label)...)...)}
	}
	f := &ast.ForStmt{For: n.For}
	if n.Cond != nil {
		f.Cond = l.condition(n.Cond)
	}
	var post []ast.Stmt
	if n.Post != nil {
		post = l.stmt(n.Post)
	}
	f.Body = l.enter(label, true, func() *ast.BlockStmt { return l.blockOf(n.Body) })
	if len(post) == 1 {
		f.Post = post[0]
	} else if len(post) > 1 {
		f.Post = &ast.ExprStmt{X: l.apply(&ast.ParenExpr{X: l.function(nil, nil, post...)})}
	}
	return []ast.Stmt{l.block(append(out, l.label(label, f))...)}
}

// ownVariables is a loop whose variables are copied for each iteration:
//
//	p, first := &i, true
//	for {
//		i := *p
//		p = &i
//		if !first { post }
//		first = false
//		if !cond { break }
//		body
//	}
func (l *lowering) ownVariables(n *ast.ForStmt, init *ast.AssignStmt, label *ast.Ident) []ast.Stmt {
	var out, head []ast.Stmt
	first := l.new()
	out = append(out, l.define1(first, l.id("true")))
	for _, e := range init.Lhs {
		id := e.(*ast.Ident)
		obj := l.info.Defs[id]
		if id.Name == "_" || obj == nil {
			continue
		}
		old := l.names[obj]
		p := l.new()
		out = append(out, l.define1(p, l.addr(l.id(old))))
		own := l.bind(id)
		head = append(head, l.local(own, l.spell(l.typ(obj.Type())), &ast.StarExpr{X: p}), l.set(p, l.addr(l.id(own.Name))))
	}
	if n.Post != nil {
		head = append(head, &ast.IfStmt{Cond: &ast.UnaryExpr{Op: token.NOT, X: first}, Body: l.block(l.stmt(n.Post)...)})
	}
	head = append(head, l.set(first, l.id("false")))
	if n.Cond != nil {
		l.pos = n.Cond.Pos()
		head = append(head, &ast.IfStmt{If: l.pos, Cond: &ast.UnaryExpr{Op: token.NOT, X: &ast.ParenExpr{X: l.condition(n.Cond)}}, Body: l.block(&ast.BranchStmt{TokPos: l.pos, Tok: token.BREAK})})
	}
	body := l.enter(label, true, func() *ast.BlockStmt { return l.blockOf(n.Body) })
	body.List = append(head, body.List...)
	return append(out, l.label(label, &ast.ForStmt{For: n.For, Body: body}))
}

// captures reports whether something may outlive the iteration: a function, or
// the address of a loop's variable.
func (l *lowering) captures(n ast.Node, vars []ast.Expr) (found bool) {
	if n == nil {
		return false
	}
	of := func(x ast.Expr) bool {
		for {
			switch e := ast.Unparen(x).(type) {
			case *ast.SelectorExpr:
				x = e.X
				continue
			case *ast.IndexExpr:
				x = e.X
				continue
			case *ast.Ident:
				return slices.ContainsFunc(vars, func(v ast.Expr) bool {
					id, ok := v.(*ast.Ident)
					return ok && l.info.Defs[id] != nil && l.info.Defs[id] == l.info.Uses[e]
				})
			}
			return false
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.GoStmt, *ast.DeferStmt:
			found = true
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && of(n.X)
		case *ast.SelectorExpr: // a method with a pointer receiver
			if _, ok := l.info.Uses[n.Sel].(*types.Func); ok {
				found = found || of(n.X)
			}
		case *ast.SliceExpr:
			found = found || of(n.X)
		}
		return !found
	})
	return found
}

// sets reports whether a loop's body assigns to a variable of the loop, by whose
// key the interpreter would go on.
func (l *lowering) sets(body ast.Node, v ast.Expr) (found bool) {
	id, ok := v.(*ast.Ident)
	if !ok {
		return false
	}
	is := func(x ast.Expr) {
		to, ok := ast.Unparen(x).(*ast.Ident)
		found = found || ok && l.info.Uses[to] != nil && l.info.Uses[to] == l.info.Defs[id]
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				is(x)
			}
		case *ast.IncDecStmt:
			is(n.X)
		case *ast.RangeStmt:
			is(n.Key)
			is(n.Value)
		}
		return !found
	})
	return found
}

// rangeLoop lowers a range statement.
func (l *lowering) rangeLoop(n *ast.RangeStmt, label *ast.Ident) []ast.Stmt {
	return append(l.ordered(l.inside(n.X)...), l.loopOver(n, label)...)
}

func (l *lowering) loopOver(n *ast.RangeStmt, label *ast.Ident) []ast.Stmt {
	t := l.typeOf(n.X)
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Info()&types.IsInteger != 0 {
			return l.rangeInt(n, label, t)
		}
	case *types.Signature:
		return l.rangeFunc(n, label, u)
	case *types.Pointer, *types.Array:
		return l.rangeArray(n, label, t)
	case *types.Chan:
		return l.rangeChan(n, label, t, u.Elem())
	}
	if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
		return l.rangeString(n, label)
	}
	if s, ok := t.Underlying().(*types.Slice); ok && isChan(s.Elem()) {
		return l.rangeChannels(n, label, l.under(n.X), s, s.Elem())
	}
	if m, ok := t.Underlying().(*types.Map); ok && (isChan(m.Elem()) || isChan(m.Key())) {
		return l.rangeMap(n, label, l.under(n.X), m)
	}
	key, value := rangeTypes(t)
	r := &ast.RangeStmt{For: n.For, TokPos: n.TokPos, X: l.unwrap(l.exprAs(n.X, l.typ(types.Default(l.info.TypeOf(n.X)))), t)}
	return append(l.functionsOf(r.X), l.loopBody(n, label, r, key, value))
}

// loopBody gives a range statement its variables and its body.
func (l *lowering) loopBody(n *ast.RangeStmt, label *ast.Ident, r *ast.RangeStmt, key, value types.Type) ast.Stmt {
	var head []ast.Stmt
	own := n.Tok == token.DEFINE && !l.captures(n.Body, []ast.Expr{n.Key, n.Value}) && !l.sets(n.Body, n.Key) && !l.sets(n.Body, n.Value)
	variable := func(e ast.Expr, t types.Type) ast.Expr {
		if e == nil {
			return nil
		}
		if id, ok := e.(*ast.Ident); ok && id.Name == "_" {
			return l.id("_")
		}
		if id, ok := e.(*ast.Ident); ok && own && !types.IsInterface(l.tupleTarget(e, t)) {
			return l.bind(id)
		}
		v := l.new()
		head = append(head, l.store(e, l.convert(v, t, l.tupleTarget(e, t)), n.Tok == token.DEFINE)...)
		return v
	}
	if n.Tok == token.ASSIGN && n.Value != nil && !(plain(n.Key) && plain(n.Value)) { // both places before either is set
		k, v := l.new(), l.new()
		r.Key, r.Value = k, v
		head = append(head, l.fromValues([]ast.Expr{n.Key, n.Value}, []ast.Expr{k, v}, []types.Type{key, value})...)
	} else {
		r.Key, r.Value = variable(n.Key, key), variable(n.Value, value)
	}
	if r.Key != nil || r.Value != nil {
		r.Tok = token.DEFINE
		if id, ok := r.Key.(*ast.Ident); ok && id.Name == "_" && r.Value == nil {
			r.Key = nil
			r.Tok = token.ILLEGAL
		} else if id2, ok2 := r.Value.(*ast.Ident); ok && ok2 && id.Name == "_" && id2.Name == "_" {
			r.Key, r.Value, r.Tok = nil, nil, token.ILLEGAL
		}
	}
	r.Body = l.enter(label, true, func() *ast.BlockStmt { return l.blockOf(n.Body) })
	r.Body.List = append(head, r.Body.List...)
	return l.label(label, r)
}

func rangeTypes(t types.Type) (key, value types.Type) {
	switch u := t.Underlying().(type) {
	case *types.Map:
		return u.Key(), u.Elem()
	case *types.Basic:
		return types.Typ[types.Int], types.Universe.Lookup("rune").Type()
	case interface{ Elem() types.Type }:
		return types.Typ[types.Int], u.Elem()
	}
	return nil, nil
}

// rangeArray ranges over a slice of the array: of a copy, as Go does, when its
// values are asked for.
func (l *lowering) rangeArray(n *ast.RangeStmt, label *ast.Ident, t types.Type) []ast.Stmt {
	array, pointer := t, false
	if p, ok := t.Underlying().(*types.Pointer); ok {
		array, pointer = p.Elem(), true
	}
	elem := array.Underlying().(*types.Array)
	if id, ok := n.Value.(*ast.Ident); n.Value == nil || ok && id.Name == "_" {
		var out []ast.Stmt
		if hasCall(n.X) {
			out = append(out, l.set(l.id("_"), l.expr(n.X)))
		}
		length := &ast.BasicLit{ValuePos: l.pos, Kind: token.INT, Value: constant.MakeInt64(elem.Len()).ExactString()}
		return append(out, l.counted(n, label, types.Typ[types.Int], length)...)
	}
	v := l.new()
	var out []ast.Stmt
	var over ast.Expr = v
	if pointer {
		out = append(out, l.define1(v, l.under(n.X)))
		over = &ast.ParenExpr{X: &ast.StarExpr{X: v}}
	} else {
		out = append(out, l.hold(v, l.spell(array.Underlying()), l.under(n.X))...)
	}
	if isChan(elem.Elem()) {
		return append(out, l.rangeChannels(n, label, &ast.SliceExpr{X: over}, types.NewSlice(elem.Elem()), elem.Elem())...)
	}
	r := &ast.RangeStmt{For: n.For, TokPos: n.TokPos, X: &ast.SliceExpr{X: over}}
	return []ast.Stmt{l.block(append(out, l.loopBody(n, label, r, types.Typ[types.Int], elem.Elem()))...)}
}

func isChan(t types.Type) bool {
	_, ok := t.Underlying().(*types.Chan)
	return ok
}

// rangeChannels ranges over a slice of channels by index: the interpreter's
// own loop would receive from them.
func (l *lowering) rangeChannels(n *ast.RangeStmt, label *ast.Ident, x ast.Expr, t, elem types.Type) []ast.Stmt {
	list, i := l.new(), l.new()
	out := append(l.hold(list, l.spell(t), x), l.define1(i, number(l.pos, 0)))
	var head []ast.Stmt
	integer := types.Type(types.Typ[types.Int])
	for _, v := range []struct {
		to, from ast.Expr
		t        types.Type
	}{{n.Key, i, integer}, {n.Value, &ast.IndexExpr{X: list, Index: i}, elem}} {
		if id, ok := v.to.(*ast.Ident); v.to == nil || ok && id.Name == "_" {
			continue
		}
		head = append(head, l.store(v.to, l.convert(v.from, v.t, l.tupleTarget(v.to, v.t)), n.Tok == token.DEFINE)...)
	}
	body := l.enter(label, true, func() *ast.BlockStmt { return l.blockOf(n.Body) })
	body.List = append(head, body.List...)
	length := l.new()
	out = append(out, l.define1(length, l.apply(l.id("len"), list)))
	f := &ast.ForStmt{For: n.For, Cond: &ast.BinaryExpr{X: i, OpPos: n.For, Op: token.LSS, Y: length}, Post: &ast.IncDecStmt{X: i, TokPos: n.For, Tok: token.INC}, Body: body}
	return []ast.Stmt{l.block(append(out, l.label(label, f))...)}
}

// rangeMap ranges over a map of channels by its keys, for the same reason.
func (l *lowering) rangeMap(n *ast.RangeStmt, label *ast.Ident, x ast.Expr, m *types.Map) []ast.Stmt {
	table, keys, i, k, v, there := l.new(), l.new(), l.new(), l.new(), l.new(), l.new()
	out := append(l.hold(table, l.spell(m), x),
		l.local(keys, &ast.ArrayType{Elt: l.spell(m.Key())}, nil),
		&ast.ExprStmt{X: l.hook("Keys", l.addr(keys), table)}, l.define1(i, number(l.pos, 0)))
	head := []ast.Stmt{
		l.define1(k, &ast.IndexExpr{X: keys, Index: i}),
		l.assign(token.DEFINE, []ast.Expr{v, there}, []ast.Expr{&ast.IndexExpr{X: table, Index: k}}),
		&ast.IfStmt{If: l.pos, Cond: &ast.UnaryExpr{Op: token.NOT, X: there}, Body: l.block(&ast.BranchStmt{TokPos: l.pos, Tok: token.CONTINUE})},
		l.set(l.id("_"), v),
	}
	for _, one := range []struct {
		to, from ast.Expr
		t        types.Type
	}{{n.Key, k, m.Key()}, {n.Value, v, m.Elem()}} {
		if id, ok := one.to.(*ast.Ident); one.to == nil || ok && id.Name == "_" {
			continue
		}
		head = append(head, l.store(one.to, l.convert(one.from, one.t, l.tupleTarget(one.to, one.t)), n.Tok == token.DEFINE)...)
	}
	body := l.enter(label, true, func() *ast.BlockStmt { return l.blockOf(n.Body) })
	body.List = append(head, body.List...)
	f := &ast.ForStmt{For: n.For, Cond: &ast.BinaryExpr{X: i, OpPos: n.For, Op: token.LSS, Y: l.apply(l.id("len"), keys)}, Post: &ast.IncDecStmt{X: i, TokPos: n.For, Tok: token.INC}, Body: body}
	return []ast.Stmt{l.block(append(out, l.label(label, f))...)}
}

// rangeChan receives until the channel is closed. The interpreter's own loop
// takes a channel that a function keeps for something else.
func (l *lowering) rangeChan(n *ast.RangeStmt, label *ast.Ident, t, elem types.Type) []ast.Stmt {
	ch, v, open := l.new(), l.new(), l.new()
	out := l.hold(ch, l.spell(t.Underlying()), l.under(n.X))
	head := []ast.Stmt{
		l.assign(token.DEFINE, []ast.Expr{v, open}, []ast.Expr{&ast.UnaryExpr{OpPos: l.pos, Op: token.ARROW, X: ch}}),
		&ast.IfStmt{If: l.pos, Cond: &ast.UnaryExpr{Op: token.NOT, X: open}, Body: l.block(&ast.BranchStmt{TokPos: l.pos, Tok: token.BREAK})},
	}
	if id, ok := n.Key.(*ast.Ident); n.Key != nil && !(ok && id.Name == "_") {
		head = append(head, l.store(n.Key, l.convert(v, elem, l.tupleTarget(n.Key, elem)), n.Tok == token.DEFINE)...)
	} else {
		head = append(head, l.set(l.id("_"), v))
	}
	body := l.enter(label, true, func() *ast.BlockStmt { return l.blockOf(n.Body) })
	body.List = append(head, body.List...)
	return []ast.Stmt{l.block(append(out, l.label(label, &ast.ForStmt{For: n.For, Body: body}))...)}
}

// rangeString decodes rune after rune.
func (l *lowering) rangeString(n *ast.RangeStmt, label *ast.Ident) []ast.Stmt {
	text, at, i, r, size := l.new(), l.new(), l.new(), l.new(), l.new()
	integer, char := types.Type(types.Typ[types.Int]), types.Universe.Lookup("rune").Type()
	out := append(l.hold(text, l.id("string"), l.exprAs(n.X, types.Typ[types.String])), l.define1(at, number(l.pos, 0)))
	head := []ast.Stmt{
		l.define1(i, at),
		l.assign(token.DEFINE, []ast.Expr{r, size}, []ast.Expr{l.hook("Rune", &ast.SliceExpr{X: text, Low: at})}),
		l.assign(token.ADD_ASSIGN, []ast.Expr{at}, []ast.Expr{size}),
		&ast.ExprStmt{X: l.hook("Ignore", r)},
	}
	both := n.Tok == token.ASSIGN && n.Value != nil && !(plain(n.Key) && plain(n.Value))
	if both { // both places before either is set
		head = append(head, l.fromValues([]ast.Expr{n.Key, n.Value}, []ast.Expr{i, r}, []types.Type{integer, char})...)
	}
	for _, v := range []struct {
		to   ast.Expr
		from ast.Expr
		t    types.Type
	}{{n.Key, i, integer}, {n.Value, r, char}} {
		if both {
			break
		}
		if id, ok := v.to.(*ast.Ident); v.to == nil || ok && id.Name == "_" {
			continue
		}
		head = append(head, l.store(v.to, l.convert(v.from, v.t, l.tupleTarget(v.to, v.t)), n.Tok == token.DEFINE)...)
	}
	body := l.enter(label, true, func() *ast.BlockStmt { return l.blockOf(n.Body) })
	body.List = append(head, body.List...)
	f := &ast.ForStmt{For: n.For, Cond: &ast.BinaryExpr{X: at, OpPos: n.For, Op: token.LSS, Y: l.apply(l.id("len"), text)}, Body: body}
	return []ast.Stmt{l.block(append(out, l.label(label, f))...)}
}

// rangeInt lowers a range over an integer.
func (l *lowering) rangeInt(n *ast.RangeStmt, label *ast.Ident, t types.Type) []ast.Stmt {
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		t = types.Typ[types.Int]
		if id, ok := n.Key.(*ast.Ident); ok && l.info.ObjectOf(id) != nil {
			t = l.typ(l.info.ObjectOf(id).Type())
		}
	}
	return l.counted(n, label, t, l.exprAs(n.X, t))
}

// counted is a loop from 0 to a limit.
func (l *lowering) counted(n *ast.RangeStmt, label *ast.Ident, t types.Type, limit ast.Expr) []ast.Stmt {
	i, end := l.new(), l.new()
	typ := l.spell(t)
	out := append(l.hold(end, l.spell(t), limit), l.local(i, typ, nil))
	var head []ast.Stmt
	if id, ok := n.Key.(*ast.Ident); n.Key != nil && !(ok && id.Name == "_") {
		head = l.store(n.Key, l.convert(i, t, l.tupleTarget(n.Key, t)), n.Tok == token.DEFINE)
	}
	body := l.enter(label, true, func() *ast.BlockStmt { return l.blockOf(n.Body) })
	body.List = append(head, body.List...)
	f := &ast.ForStmt{For: n.For, Cond: &ast.BinaryExpr{X: i, OpPos: n.For, Op: token.LSS, Y: end}, Post: l.counts(i, n.For, token.INC, t), Body: body}
	return []ast.Stmt{l.block(append(out, l.label(label, f))...)}
}

// rangeFunc turns the loop's body into the function that the iterator calls:
//
//	code, over := 0, 0
//	f(func(k K, v V) bool { if over > 0 { was := over; over = 3; panic }; over = 3; ...; over = 0; return true })
//	if over == 3 { panic }
//	over = 2
//	if code == 1 { return }
//
// where a return of false comes with over = 1.
func (l *lowering) rangeFunc(n *ast.RangeStmt, label *ast.Ident, sig *types.Signature) []ast.Stmt {
	yield := sig.Params().At(0).Type().Underlying().(*types.Signature)
	code, over, iter := l.new(), l.new(), l.new()
	var out []ast.Stmt
	outerBody := l.fn.body
	b := &yieldBody{outer: outerBody, code: code, over: over}
	if label != nil {
		b.label = label.Name
	}
	out = append(out, l.local(code, l.id("int"), nil), l.local(over, l.id("int"), nil))
	// A return in the body sets the function's results; they need names.
	temporary := l.fn.named == nil && l.fn.results != nil && l.fn.results.Len() > 0
	if temporary {
		for v := range l.fn.results.Variables() {
			id := l.new()
			l.fn.named = append(l.fn.named, id.Name)
			out = append(out, l.local(id, l.spell(v.Type()), nil))
		}
	}
	out = append(out, l.define1(iter, l.under(n.X)))
	in := &ast.FieldList{Opening: l.pos, Closing: l.pos}
	var head []ast.Stmt
	misused := func(op token.Token, n int, do ...ast.Stmt) ast.Stmt {
		return &ast.IfStmt{If: l.pos, Cond: &ast.BinaryExpr{X: over, OpPos: l.pos, Op: op, Y: number(l.pos, n)}, Body: l.block(do...)}
	}
	was := l.new()
	head = append(head,
		misused(token.GTR, 0, l.define1(was, over), l.set(over, number(l.pos, 3)), &ast.ExprStmt{X: l.hook("RangeOver", was)}),
		l.set(over, number(l.pos, 3)))
	for i, e := range []ast.Expr{n.Key, n.Value} {
		if i >= yield.Params().Len() {
			break
		}
		t := yield.Params().At(i).Type()
		v := l.new()
		in.List = append(in.List, l.field(v.Name, l.spell(t)))
		if id, ok := e.(*ast.Ident); e == nil || ok && id.Name == "_" {
			continue
		}
		head = append(head, l.store(e, l.convert(v, t, l.tupleTarget(e, t)), n.Tok == token.DEFINE)...)
	}
	top, frames := l.top, l.fn.frames
	l.fn.body, l.top, l.fn.frames = b, false, nil
	body := l.list(n.Body.List)
	l.fn.body, l.top, l.fn.frames = outerBody, top, frames
	l.pos = n.Pos()
	body = append(head, body...)
	body = append(body, l.leave(b, true, 0)...)
	f := l.new()
	out = append(out, l.define1(f, l.function(in, l.list1(&ast.Field{Type: l.id("bool")}), body...)),
		&ast.ExprStmt{X: l.apply(iter, f)}, misused(token.EQL, 3, &ast.ExprStmt{X: l.hook("RangeOver", number(l.pos, 4))}), l.set(over, number(l.pos, 2)))
	for i, e := range b.exits {
		var do []ast.Stmt
		if e.tok == token.RETURN {
			do = l.returnNamed(outerBody)
		} else {
			do = l.branch(&ast.BranchStmt{TokPos: n.Pos(), Tok: e.tok, Label: l.id(e.label)})
		}
		out = append(out, &ast.IfStmt{If: l.pos, Cond: &ast.BinaryExpr{X: code, OpPos: l.pos, Op: token.EQL, Y: number(l.pos, i+1)}, Body: l.block(do...)})
	}
	if temporary && outerBody == nil {
		l.fn.named = nil
	}
	return []ast.Stmt{l.block(out...)}
}

// returnNamed leaves a function whose results' variables are set.
func (l *lowering) returnNamed(body *yieldBody) []ast.Stmt {
	switch {
	case body != nil:
		return l.leave(body, false, body.exit(exit{tok: token.RETURN}))
	case l.fn.deferred != nil:
		return []ast.Stmt{l.ret()}
	}
	return []ast.Stmt{l.returnVariables()}
}
