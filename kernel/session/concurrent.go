package session

import (
	"go/ast"
	"go/types"
	"slices"
)

// concurrent reports whether a literal inn.Problem that does not say Concurrent
// can: its prior and its simulator touch nothing that another call would see.
// Then several workers call them at once, with the same pairs as one.
func (l *lowering) concurrent(e *ast.CompositeLit, t types.Type) bool {
	n := named(t)
	if n == nil || n.Obj().Pkg() == nil || n.Obj().Pkg().Path() != innPath || n.Obj().Name() != "Problem" {
		return false
	}
	quiet := map[string]bool{}
	for _, x := range e.Elts {
		kv, ok := x.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		name := kv.Key.(*ast.Ident).Name
		quiet[name] = l.quiet(kv.Value)
	}
	_, said := quiet["Concurrent"]
	return !said && quiet["Prior"] && quiet["Simulate"]
}

// quiet reports whether an expression is a function that may be called from
// several goroutines at once.
func (l *lowering) quiet(x ast.Expr) bool {
	st := l.s.world0(l.decls, l.decls.affected())
	switch x := ast.Unparen(x).(type) {
	case *ast.FuncLit:
		return st.concurrent(effectsOf(l.info, x))
	case *ast.Ident:
		f, ok := l.info.Uses[x].(*types.Func)
		if !ok || !own(f) {
			return false
		}
		d := st.decl(f.Name())
		return d != nil && (d.isNative() || st.concurrent(d.effects))
	case *ast.CallExpr:
		f := l.callee(x)
		return f != nil && f.Pkg() != nil && f.Pkg().Path() == innPath && slices.Contains([]string{"Normal", "Uniform"}, f.Name())
	}
	return false
}
