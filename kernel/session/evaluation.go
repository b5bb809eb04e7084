package session

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Go leaves open whether x in x + f() is read before f is called. Its compiler
// makes a statement's calls first, in their order, and reads variables after
// them. The interpreter goes from left to right, so where a call may change what
// stands before it, the statement's calls come before it as variables.

// ordered are the statements that make the calls of some expressions, of one
// statement and in their order, where that is needed. The expressions are
// lowered after them.
func (l *lowering) ordered(list ...ast.Expr) []ast.Stmt {
	return (&evaluation{l: l}).arrange(list)
}

// arrange is ordered behind what the evaluation knows already.
func (o *evaluation) arrange(list []ast.Expr) (before []ast.Stmt) {
	l := o.l
	for _, x := range list {
		o.walk(x)
	}
	if !o.needed {
		return nil
	}
	for _, x := range o.early {
		before = append(before, l.ordered(l.needsFirst(x)...)...)
		l.pos = x.Pos()
		v := l.new()
		before = append(before, l.withFunctions(l.define1(v, l.expr(x)))...)
		l.hoist(x, v)
	}
	return before
}

// needsFirst is what is evaluated first of something that is evaluated in its turn.
func (l *lowering) needsFirst(x ast.Expr) []ast.Expr {
	switch x := x.(type) {
	case *ast.CallExpr:
		if f := l.info.Types[x.Fun]; f.IsType() || f.IsBuiltin() {
			return x.Args
		}
		return l.operands(x)
	case *ast.SliceExpr:
		list := []ast.Expr{x.X}
		for _, i := range []ast.Expr{x.Low, x.High, x.Max} {
			if i != nil {
				list = append(list, i)
			}
		}
		return list
	case *ast.TypeAssertExpr:
		return []ast.Expr{x.X}
	case *ast.UnaryExpr:
		if x.Op == token.ARROW {
			return []ast.Expr{x.X}
		}
	case *ast.BinaryExpr:
		if x.Op == token.LAND || x.Op == token.LOR { // the other operand: see logical
			return []ast.Expr{x.X}
		}
	case *ast.CompositeLit:
		if _, ok := l.typeOf(x).Underlying().(*types.Map); ok { // one entry after the other
			return nil
		}
	}
	return []ast.Expr{x}
}

// inside are the parts of an expression that is a statement, or has several
// values.
func (l *lowering) inside(x ast.Expr) []ast.Expr {
	x = ast.Unparen(x)
	switch e := x.(type) {
	case *ast.CallExpr:
		if !l.info.Types[e.Fun].IsType() && !l.info.Types[e.Fun].IsBuiltin() {
			return l.operands(e)
		}
		return e.Args
	case *ast.UnaryExpr:
		if e.Op == token.ARROW {
			return []ast.Expr{e.X}
		}
	}
	return []ast.Expr{x}
}

// sides are the operands of an assignment in their order.
func (l *lowering) sides(lhs, rhs []ast.Expr) (list []ast.Expr) {
	for _, x := range lhs {
		switch e := ast.Unparen(x).(type) {
		case *ast.IndexExpr:
			list = append(list, e.X, e.Index)
		case *ast.StarExpr:
			list = append(list, e.X)
		case *ast.SelectorExpr:
			if l.pkgName(e.X) == nil {
				list = append(list, e.X)
			}
		}
	}
	if len(rhs) == 1 {
		switch e := ast.Unparen(rhs[0]).(type) {
		case *ast.TypeAssertExpr:
			return append(list, e.X)
		case *ast.IndexExpr:
			if len(lhs) > 1 {
				return append(list, e.X, e.Index)
			}
		default:
			if len(lhs) > 1 || len(list) == 0 {
				return append(list, l.inside(e)...)
			}
		}
	}
	return append(list, rhs...)
}

// mayPanic reports whether there may be no such place as is assigned to: Go tells
// when the value is there.
func (l *lowering) mayPanic(place ast.Expr) bool {
	switch e := ast.Unparen(place).(type) {
	case *ast.StarExpr:
		return true
	case *ast.IndexExpr:
		if _, array := l.typeOf(e.X).Underlying().(*types.Array); array && l.info.Types[e.Index].Value != nil {
			return l.mayPanic(e.X)
		}
		return true
	case *ast.SelectorExpr:
		if sel := l.info.Selections[e]; sel != nil {
			return sel.Indirect() || l.mayPanic(e.X)
		}
	}
	return false
}

// fails reports whether a value may panic in another way than an index or a field
// does: that panic comes before the one of the place that it is assigned to. For indexes
// and fields valueFirst sees to that, since a variable for every value would make
// loops over slices slow.
func (l *lowering) fails(value ast.Expr) (found bool) {
	ast.Inspect(value, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok || found || l.info.Types[e].Value != nil || l.info.Types[e].IsType() || l.hoisted[e] != "" {
			return false
		}
		switch e := e.(type) {
		case *ast.FuncLit:
			return false
		case *ast.StarExpr, *ast.SliceExpr, *ast.TypeAssertExpr:
			found = true
		case *ast.BinaryExpr:
			b, ok := l.typeOf(e.Y).Underlying().(*types.Basic)
			variable := ok && l.info.Types[e.Y].Value == nil
			switch e.Op {
			case token.QUO, token.REM:
				found = variable && b.Info()&types.IsInteger != 0
			case token.SHL, token.SHR:
				found = variable && b.Info()&types.IsUnsigned == 0
			}
		}
		return !found
	})
	return found
}

// condition is the condition of a loop.
func (l *lowering) condition(x ast.Expr) ast.Expr {
	return l.test(x, func() ast.Expr { return l.expr(x) })
}

// test is what is made of x where no statement can come before it, as a loop's
// condition or a switch's case: a function makes x's calls first.
func (l *lowering) test(x ast.Expr, lowered func() ast.Expr) ast.Expr {
	before := l.ordered(x)
	c := lowered()
	if len(before) == 0 {
		return c
	}
	return l.apply(&ast.ParenExpr{X: l.function(nil, l.list1(&ast.Field{Type: l.id("bool")}), append(before, l.ret(c))...)})
}

// misplaced reports whether an expression is a call whose value the interpreter
// puts into the wrong place when it is one of several results: that of a builtin function would be
// the first one, and that of a function which a field or a variable holds would be lost.
func (l *lowering) misplaced(x ast.Expr) bool {
	c, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || l.info.Types[c].Value != nil {
		return false
	}
	if l.info.Types[c.Fun].IsType() {
		return l.misplaced(c.Args[0])
	}
	return l.callee(c) == nil
}

// operands are what a call evaluates before it is made.
func (l *lowering) operands(c *ast.CallExpr) (list []ast.Expr) {
	switch f := ast.Unparen(c.Fun).(type) {
	case *ast.SelectorExpr:
		switch {
		case l.pkgName(f.X) != nil || l.info.Types[f.X].IsType():
		case l.copiesReceiver(f):
			list = append(list, behind{f.X})
		default:
			list = append(list, f.X)
		}
	case *ast.Ident, *ast.IndexListExpr, *ast.FuncLit:
	case *ast.IndexExpr:
		if !l.info.Types[f.Index].IsType() { // a function among others
			list = append(list, f)
		}
	default:
		list = append(list, f)
	}
	sig, _ := l.typeOf(c.Fun).Underlying().(*types.Signature)
	for i, a := range c.Args {
		if sig != nil && !c.Ellipsis.IsValid() {
			a = l.turn(a, paramType(sig, i))
		}
		list = append(list, a)
	}
	return list
}

// elementType is the type of the i-th element of a literal that is no map.
func (l *lowering) elementType(x *ast.CompositeLit, i int) types.Type {
	t := l.typeOf(x)
	if p, ok := t.Underlying().(*types.Pointer); ok { // of a literal in a literal
		t = p.Elem()
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		if kv, ok := x.Elts[i].(*ast.KeyValueExpr); ok {
			return l.typ(l.info.ObjectOf(kv.Key.(*ast.Ident)).Type())
		}
		return l.typ(u.Field(i).Type())
	case interface{ Elem() types.Type }:
		return u.Elem()
	}
	return types.Typ[types.Invalid]
}

// copying is an operand that is copied when its turn comes.
type copying struct{ ast.Expr }

// turn is an operand that becomes a value of a type.
func (l *lowering) turn(x ast.Expr, t types.Type) ast.Expr {
	if types.IsInterface(t) && l.copied(x) {
		return copying{x}
	}
	return x
}

// inTurns reports whether the calls of a map's literal may change what its other
// entries read.
func (l *lowering) inTurns(e *ast.CompositeLit) bool {
	o := &evaluation{l: l}
	calls := false
	for _, x := range e.Elts {
		kv := x.(*ast.KeyValueExpr)
		calls = calls || hasCall(kv.Key) || hasCall(kv.Value)
		o.walk(kv.Key)
		o.walk(kv.Value)
	}
	return calls && o.read
}

// behind is an operand of which what it leads to is wanted, when the calls are made.
type behind struct{ ast.Expr }

// copied reports whether Go's compiler copies a value into an interface when its
// turn comes: a struct, an array, a truth value and others whose address it needs,
// unless they have one already, as a variable has that is too large for registers.
func (l *lowering) copied(x ast.Expr) bool {
	x = ast.Unparen(x)
	switch e := x.(type) {
	case *ast.Ident:
		v, ok := l.info.Uses[e].(*types.Var)
		if !ok || l.top || global(v) || l.fn != nil && l.fn.taken[v] || !inRegisters(l.typeOf(e)) {
			return false
		}
	case *ast.BinaryExpr, *ast.UnaryExpr, *ast.CompositeLit:
	case *ast.IndexExpr: // of a text
		if _, ok := l.typeOf(e.X).Underlying().(*types.Basic); !ok {
			return false
		}
	default:
		return false
	}
	if l.info.Types[x].Value != nil {
		return false
	}
	t := l.typeOf(x)
	size := (&types.StdSizes{WordSize: 8, MaxAlign: 8}).Sizeof(t)
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array, *types.Basic:
		if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
			return false
		}
		return refers(t) || size == 1 || size > 8
	}
	return false
}

// inRegisters reports whether Go's compiler can keep a value in registers: one of at most four
// words and four fields, without arrays of more than one element.
func inRegisters(t types.Type) bool {
	if (&types.StdSizes{WordSize: 8, MaxAlign: 8}).Sizeof(t) > 4*8 {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return u.Len() == 0 || u.Len() == 1 && inRegisters(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if !inRegisters(f.Type()) {
				return false
			}
		}
		return u.NumFields() <= 4
	}
	return true
}

// An evaluation is the walk through the expressions of a statement.
type evaluation struct {
	l      *lowering
	read   bool       // of something that a call may change, or that may panic
	memory bool       // also append and copy
	needed bool       // such a call comes after a read
	early  []ast.Expr // what is evaluated before the variables are read
}

func (o *evaluation) walk(x ast.Expr) {
	info := o.l.info
	tv := info.Types[x]
	if x == nil || tv.Value != nil || tv.IsType() || tv.IsNil() {
		return
	}
	switch x := x.(type) {
	case *ast.ParenExpr:
		o.walk(x.X)
	case copying:
		o.makes(x.Expr, hasCall(x.Expr))
	case behind:
		o.walk(x.Expr)
		o.reads()
	case *ast.Ident:
		v, ok := info.Uses[x].(*types.Var)
		if ok && o.l.moving(v) {
			o.read = true
			switch v.Type().Underlying().(type) {
			case *types.Array, *types.Struct:
				o.memory = true
			}
		}
	case *ast.CallExpr:
		o.call(x)
	case *ast.UnaryExpr:
		switch x.Op {
		case token.AND:
			o.address(x.X)
		case token.ARROW:
			o.walk(x.X)
			o.makes(x, true)
		default:
			o.walk(x.X)
		}
	case *ast.BinaryExpr:
		if x.Op == token.LAND || x.Op == token.LOR {
			o.makes(x, hasCall(x))
			return
		}
		o.walk(x.X)
		o.walk(x.Y)
		if b, ok := o.l.typeOf(x.Y).Underlying().(*types.Basic); ok && info.Types[x.Y].Value == nil {
			switch x.Op {
			case token.QUO, token.REM:
				o.read = o.read || b.Info()&types.IsInteger != 0 // by zero, after the calls
			case token.SHL, token.SHR:
				o.read = o.read || b.Info()&types.IsUnsigned == 0
			}
		}
	case *ast.SelectorExpr:
		if o.l.pkgName(x.X) != nil {
			_, variable := info.Uses[x.Sel].(*types.Var)
			o.read = o.read || variable
			return
		}
		o.walk(x.X)
		if sel := info.Selections[x]; sel != nil && sel.Kind() == types.FieldVal && sel.Indirect() {
			o.reads()
		}
	case *ast.StarExpr:
		o.walk(x.X)
		o.reads()
	case *ast.IndexExpr:
		o.walk(x.X)
		o.walk(x.Index)
		if t := info.TypeOf(x.X); t != nil {
			switch t.Underlying().(type) {
			case *types.Slice, *types.Map, *types.Pointer:
				o.reads()
			default:
				o.read = o.read || info.Types[x.Index].Value == nil // which may be out of range
			}
		}
	case *ast.SliceExpr:
		o.makes(x, hasCall(x))
	case *ast.TypeAssertExpr:
		o.makes(x, hasCall(x))
	case *ast.CompositeLit:
		if _, ok := o.l.typeOf(x).Underlying().(*types.Map); ok {
			o.makes(x, hasCall(x))
			return
		}
		for i, e := range x.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				e = kv.Value
			}
			o.walk(o.l.turn(e, o.l.elementType(x, i)))
		}
	}
}

// moving reports whether calls, or what pointers lead to, may change a variable.
func (l *lowering) moving(v types.Object) bool {
	return l.top || global(v) || l.fn != nil && l.fn.moves[v]
}

// address walks through what an address is taken of, which is not read itself, but
// may not be there.
func (o *evaluation) address(x ast.Expr) {
	pointer := func(x ast.Expr) bool {
		_, ok := o.l.typeOf(x).Underlying().(*types.Pointer)
		return ok
	}
	switch x := ast.Unparen(x).(type) {
	case *ast.CompositeLit:
		o.walk(x)
	case *ast.StarExpr:
		o.walk(x.X)
		o.read = true
	case *ast.IndexExpr:
		if _, ok := o.l.typeOf(x.X).Underlying().(*types.Array); ok {
			o.address(x.X)
		} else {
			o.walk(x.X)
		}
		o.walk(x.Index)
		o.read = o.read || o.l.mayPanic(x)
	case *ast.SelectorExpr:
		switch {
		case o.l.pkgName(x.X) != nil:
		case pointer(x.X):
			o.walk(x.X)
			o.read = true
		default:
			o.address(x.X)
		}
	}
}

// reads notes that memory is read which variables lead to.
func (o *evaluation) reads() { o.read, o.memory = true, true }

// makes notes what is evaluated in its turn; changes says that it may change
// what has been read.
func (o *evaluation) makes(x ast.Expr, changes bool) {
	if c, ok := x.(*ast.CallExpr); changes && (!ok || o.l.info.Types[c.Fun].IsType()) { // the operands of others have been looked at
		inner := &evaluation{l: o.l}
		for _, p := range o.l.needsFirst(x) {
			inner.walk(p)
		}
		o.needed = o.needed || inner.needed
	}
	o.needed = o.needed || changes && o.read
	o.early = append(o.early, x)
}

func (o *evaluation) call(c *ast.CallExpr) {
	l := o.l
	if l.info.Types[c.Fun].IsType() {
		if _, ok := l.typeOf(c).Underlying().(*types.Slice); ok { // of a string
			o.makes(c, hasCall(c.Args[0]))
			return
		}
		o.walk(l.turn(c.Args[0], l.typeOf(c)))
		if _, ok := l.typeOf(c.Args[0]).Underlying().(*types.Slice); ok { // a text or an array is made of what it leads to
			o.reads()
		}
		return
	}
	tuple := false
	if len(c.Args) == 1 {
		_, tuple = l.info.TypeOf(c.Args[0]).(*types.Tuple)
	}
	if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok && !tuple {
		if b, ok := l.info.Uses[id].(*types.Builtin); ok {
			if tv := l.info.Types[c]; !tv.IsVoid() {
				inner := &evaluation{l: l}
				for _, x := range c.Args {
					inner.walk(x)
				}
				o.needed = o.needed || inner.needed
				o.makes(c, hasCalls(c.Args) || o.memory && (written(b.Name()) == "append" || written(b.Name()) == "copy"))
			}
			return
		}
	}
	inner := &evaluation{l: l}
	for _, x := range l.operands(c) {
		inner.walk(x)
	}
	o.needed = o.needed || inner.needed
	if _, several := l.info.TypeOf(c).(*types.Tuple); several || l.info.Types[c].IsVoid() {
		o.needed = o.needed || o.read && len(o.early) > 0
		return
	}
	f := l.callee(c)
	o.makes(c, f == nil || own(f) || !aloof(f) || hasCalls(c.Args) || takesFunction(f))
}

// copiesReceiver reports whether a method is called with a copy of what a pointer leads
// to, or with the address of something in it.
func (l *lowering) copiesReceiver(e *ast.SelectorExpr) bool {
	m, ok := l.info.Uses[e.Sel].(*types.Func)
	if !ok || m.Signature().Recv() == nil || types.IsInterface(m.Signature().Recv().Type()) {
		return false
	}
	_, wants := types.Unalias(m.Signature().Recv().Type()).(*types.Pointer)
	sel := l.info.Selections[e]
	return sel != nil && sel.Indirect() && (!wants || len(sel.Index()) > 1)
}

func hasCalls(list []ast.Expr) bool {
	for _, x := range list {
		if hasCall(x) {
			return true
		}
	}
	return false
}

// takesFunction reports whether a function is given functions, which it calls.
func takesFunction(f *types.Func) bool {
	for v := range f.Signature().Params().Variables() {
		if _, ok := v.Type().Underlying().(*types.Signature); ok {
			return true
		}
	}
	return false
}

// moving are the variables within a function that its calls may change: those
// that function literals share, and those whose address is taken, which are taken too.
func moving(root ast.Node, info *types.Info) (moves, taken map[types.Object]bool) {
	moves, taken = map[types.Object]bool{}, map[types.Object]bool{}
	var within []*ast.FuncLit
	var open []ast.Node
	note := func(x ast.Expr) {
		for {
			switch e := ast.Unparen(x).(type) {
			case *ast.Ident:
				if v, ok := info.Uses[e].(*types.Var); ok {
					moves[v] = true
				}
				return
			case *ast.SelectorExpr:
				x = e.X
			case *ast.IndexExpr:
				x = e.X
			default:
				return
			}
		}
	}
	address := func(x ast.Expr) {
		if v := enclosing(x, info); v != nil {
			taken[v] = true
		}
	}
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			if _, ok := open[len(open)-1].(*ast.FuncLit); ok {
				within = within[:len(within)-1]
			}
			open = open[:len(open)-1]
			return true
		}
		open = append(open, n)
		switch n := n.(type) {
		case *ast.FuncLit:
			within = append(within, n)
		case *ast.Ident:
			if v, ok := info.Uses[n].(*types.Var); ok && len(within) > 0 && !v.IsField() {
				if lit := within[len(within)-1]; v.Pos() < lit.Pos() || v.Pos() >= lit.End() {
					moves[v] = true
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				note(n.X)
				address(n.X)
			}
		case *ast.SliceExpr:
			note(n.X)
			if _, array := info.TypeOf(n.X).Underlying().(*types.Array); array {
				address(n.X)
			}
		case *ast.SelectorExpr:
			if sel := info.Selections[n]; sel != nil && sel.Kind() == types.MethodVal {
				note(n.X)
				if _, pointer := types.Unalias(sel.Obj().(*types.Func).Signature().Recv().Type()).(*types.Pointer); pointer && !sel.Indirect() {
					address(n.X)
				}
			}
		}
		return true
	})
	return moves, taken
}

// enclosing is the variable that a place is within, not behind a pointer, or nil.
func enclosing(x ast.Expr, info *types.Info) types.Object {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			v, _ := info.Uses[e].(*types.Var)
			if v == nil {
				return nil
			}
			return v
		case *ast.SelectorExpr:
			if sel := info.Selections[e]; sel == nil || sel.Indirect() {
				return nil
			}
			x = e.X
		case *ast.IndexExpr:
			if _, array := info.TypeOf(e.X).Underlying().(*types.Array); !array {
				return nil
			}
			x = e.X
		default:
			return nil
		}
	}
}
