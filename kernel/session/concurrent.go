package session

import (
	"go/ast"
	"go/types"
	"slices"
)

// concurrent reports whether in a literal inn.Problem that does not say Concurrent the
// prior and the simulator touch nothing that another call would see. Then several
// workers call them at once, with the same pairs as one, as long as that is so: what
// they call may be redefined.
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
		quiet[name] = l.quiet(kv.Value) != nil
	}
	_, said := quiet["Concurrent"]
	return !said && quiet["Prior"] && quiet["Simulate"]
}

// quiet is what a function does that may be called from several goroutines at once, or
// nil if an expression is none.
func (l *lowering) quiet(x ast.Expr) *effects {
	st := l.s.world0(l.decls, l.decls.affected())
	var e *effects
	switch x := ast.Unparen(x).(type) {
	case *ast.FuncLit:
		e = effectsOf(l.info, x)
	case *ast.Ident:
		f, ok := l.info.Uses[x].(*types.Func)
		if !ok || !own(f) || st.decl(f.Name()) == nil {
			return nil
		}
		d := st.decl(f.Name())
		if d.isNative() {
			return &effects{}
		}
		e = d.effects
	case *ast.CallExpr:
		f := l.callee(x)
		if f != nil && f.Pkg() != nil && f.Pkg().Path() == innPath && slices.Contains([]string{"Normal", "Uniform"}, f.Name()) {
			return &effects{}
		}
	}
	if !st.concurrent(e) {
		return nil
	}
	return e
}

// independent is a function of a problem's literal as one that says for itself whether
// several goroutines may call it.
func (l *lowering) independent(field string, x, function ast.Expr) ast.Expr {
	hook := map[string]string{"Prior": "IndependentPrior", "Simulate": "IndependentSimulator"}[field]
	if hook == "" {
		return function
	}
	l.s.quiets = append(l.s.quiets, l.quiet(x))
	return l.hook(hook, function, number(l.pos, len(l.s.quiets)-1))
}

// stillQuiet is whether a function of which a literal found so may be called from several
// goroutines at once, asked later.
func (s *Session) stillQuiet(n int) func() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.quiets[n]
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.state.concurrent(e)
	}
}
