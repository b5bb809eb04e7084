package session

import (
	"go/ast"
	"go/token"
	"go/types"
)

// An assignment of several values is made one after the other, as Go's compiler
// makes it: only what an earlier one of them may change is evaluated before all.

// A sequence is what the assignments so far have changed.
type sequence struct {
	l      *lowering
	vars   map[types.Object]bool // variables of the function
	memory bool                  // also what others may reach
	all    bool                  // a result that a deferred function may see
}

// several assigns values to as many places.
func (l *lowering) several(lhs, rhs []ast.Expr, declare bool) []ast.Stmt {
	q := &sequence{l: l, vars: map[types.Object]bool{}}
	places := make([]ast.Expr, len(lhs))
	var out []ast.Stmt
	for i, x := range lhs {
		if q.moves(x) {
			var more []ast.Stmt
			more, places[i] = l.place(x, true)
			out = append(out, more...)
		}
		if y := rhs[i]; q.changes(y) && l.writer(y) == nil {
			l.pos = y.Pos()
			v := l.new()
			if t := l.typeOf(y); types.IsInterface(t) {
				out = append(out, l.hold(v, l.spell(t), l.expr(y))...)
			} else {
				out = append(out, l.withFunctions(l.define1(v, l.expr(y)))...)
			}
			l.hoist(y, v)
		}
		q.assign(x)
	}
	for i, x := range lhs {
		l.pos = x.Pos()
		if places[i] == nil {
			out = append(out, l.assign1(x, rhs[i], declare)...)
			continue
		}
		out = append(out, l.put(places[i], l.element(rhs[i], l.leftType(x, rhs[i])))...)
	}
	return out
}

// hoist notes that an expression has been evaluated.
func (l *lowering) hoist(x ast.Expr, v *ast.Ident) {
	if l.hoisted == nil {
		l.hoisted = map[ast.Expr]string{}
	}
	l.hoisted[x] = v.Name
}

// assign notes that a place is assigned to.
func (q *sequence) assign(x ast.Expr) {
	l := q.l
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.IndexExpr:
			if _, array := l.typeOf(e.X).Underlying().(*types.Array); array {
				x = e.X
				continue
			}
		case *ast.SelectorExpr:
			if sel := l.info.Selections[e]; sel != nil && !sel.Indirect() {
				x = e.X
				continue
			}
		case *ast.Ident:
			if l.isNew(e) {
				return
			}
			v := l.info.ObjectOf(e)
			q.all = q.all || l.isResult(v) && l.fn.deferred != nil
			if !l.moving(v) {
				q.vars[v] = true
				return
			}
		}
		q.memory = true
		return
	}
}

// isNew reports whether a variable was not there before, as far as values can tell.
func (l *lowering) isNew(x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	return ok && (id.Name == "_" || l.info.Defs[id] != nil && !l.top)
}

// isResult reports whether a variable is one of the function's results.
func (l *lowering) isResult(v types.Object) bool {
	for _, n := range l.fn.named {
		if l.names[v] == n {
			return true
		}
	}
	return false
}

// moves reports whether an expression may be another place after the assignments
// so far.
func (q *sequence) moves(x ast.Expr) bool {
	l := q.l
	switch e := ast.Unparen(x).(type) {
	case *ast.IndexExpr:
		if _, array := l.typeOf(e.X).Underlying().(*types.Array); array {
			return q.moves(e.X) || q.changes(e.Index)
		}
		return q.changes(e.X) || q.changes(e.Index)
	case *ast.StarExpr:
		return q.changes(e.X)
	case *ast.SelectorExpr:
		switch sel := l.info.Selections[e]; {
		case sel == nil: // of a package
		case !sel.Indirect():
			return q.moves(e.X)
		default:
			_, pointer := l.typeOf(e.X).Underlying().(*types.Pointer)
			return q.changes(e.X) || q.memory && !(pointer && len(sel.Index()) == 1)
		}
	}
	return false
}

// changes reports whether what an expression gives may be another value after the
// assignments so far.
func (q *sequence) changes(x ast.Expr) (found bool) {
	l := q.l
	tv := l.info.Types[x]
	if tv.Value != nil || tv.IsNil() || l.hoisted[x] != "" {
		return false
	}
	if q.all {
		return true
	}
	ast.Inspect(x, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok || found || l.hoisted[e] != "" {
			return false
		}
		switch e := e.(type) {
		case *ast.Ident:
			if v, ok := l.info.Uses[e].(*types.Var); ok && !v.IsField() {
				found = q.vars[v] || q.memory && l.moving(v)
			}
		case *ast.IndexExpr, *ast.SliceExpr, *ast.StarExpr, *ast.CallExpr, *ast.CompositeLit, *ast.FuncLit:
			found = q.memory && !l.info.Types[e].IsType()
		case *ast.SelectorExpr:
			sel := l.info.Selections[e]
			found = q.memory && (sel == nil || sel.Kind() != types.FieldVal || sel.Indirect())
		case *ast.UnaryExpr:
			found = q.memory && (e.Op == token.AND || e.Op == token.ARROW)
		}
		return !found
	})
	return found
}
