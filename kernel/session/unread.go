package session

import (
	"go/ast"
	"go/token"
	"go/types"
)

// An ending is the panic by which an error ends its cell.
type ending struct {
	err error
	at  token.Pos // the statement's, if it is not the one that runs
}

// endWith ends the cell if the error that a step has left is not nil.
func (s *Session) endWith(step int, err error) {
	if err != nil {
		panic(ending{err, s.mine().plan.steps[step].at})
	}
}

// mayFail reports whether a statement that assigns an error got it from a call, other
// than one that makes an error of its own.
func mayFail(stmt ast.Stmt, info *types.Info) bool {
	a := stmt.(*ast.AssignStmt)
	call, ok := ast.Unparen(a.Rhs[len(a.Rhs)-1]).(*ast.CallExpr)
	if !ok || info.Types[call.Fun].IsType() {
		return false
	}
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if pkg := info.ObjectOf(sel.Sel).Pkg(); pkg != nil && (pkg.Path() == "errors" || pkg.Path() == "fmt" && sel.Sel.Name == "Errorf") {
			return false
		}
	}
	return true
}

// unread reports whether nothing of a cell looks at what its i-th statement assigned
// to an error variable, before another statement assigns to it or the cell ends. Such
// an error ends the cell: a program that leaves it unread would not compile, or go on
// with a result that is none.
func unread(u *unit, i int, obj types.Object, info *types.Info) bool {
	for _, d := range u.decls {
		if occurs(d.node, obj, info) {
			return false
		}
	}
	for _, earlier := range u.stmts[:i] { // a function or a pointer may look at it any time
		if kept(earlier, obj, info) {
			return false
		}
	}
	for _, later := range u.stmts[i+1:] {
		if overwrites(later, obj, info) {
			return true
		}
		if occurs(later, obj, info) {
			return false
		}
	}
	return true
}

// occurs reports whether a variable occurs in a piece of syntax.
func occurs(n ast.Node, obj types.Object, info *types.Info) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && info.ObjectOf(id) == obj {
			found = true
		}
		return !found
	})
	return found
}

// kept reports whether a function literal or a pointer holds a variable.
func kept(n ast.Node, obj types.Object, info *types.Info) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			found = found || occurs(n, obj, info)
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && occurs(n, obj, info)
		}
		return !found
	})
	return found
}

// overwrites reports whether a statement assigns to a variable without looking at it.
func overwrites(stmt ast.Stmt, obj types.Object, info *types.Info) bool {
	a, ok := stmt.(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN && a.Tok != token.DEFINE {
		return false
	}
	for _, x := range a.Rhs {
		if occurs(x, obj, info) {
			return false
		}
	}
	to := false
	for _, x := range a.Lhs {
		if id, ok := x.(*ast.Ident); ok && info.ObjectOf(id) == obj {
			to = true
		} else if occurs(x, obj, info) {
			return false
		}
	}
	return to
}
