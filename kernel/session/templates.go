package session

import (
	"go/ast"
	"go/types"
	"strings"
)

// A template looks into its data by reflection, which sees the fields of a
// cell's type, but not its methods. A method that the template names is an
// error of the template's; what would print otherwise than in Go is refused.

// inTemplate refuses data whose types print by methods of their own.
func (l *lowering) inTemplate(f *types.Func, e *ast.CallExpr) {
	if f.Pkg() == nil || !strings.HasSuffix(f.Pkg().Path(), "/template") || !strings.HasPrefix(f.Name(), "Execute") || len(e.Args) == 0 {
		return
	}
	data := e.Args[len(e.Args)-1]
	tv := l.info.Types[data]
	if tv.Value != nil || tv.IsNil() || types.IsInterface(l.typeOf(data)) {
		return
	}
	if t := l.printsItself(l.typeOf(data), map[string]bool{}); t != nil {
		l.refuse(data.Pos(), "a template does not see the methods of a cell's type, and would print "+l.display(t)+" without them: pass its text")
	}
}

// printsItself finds a type of cells with a method that package fmt calls among
// those that a type is made of, or nil.
func (l *lowering) printsItself(t types.Type, seen map[string]bool) types.Type {
	if l.faithful(t) || types.IsInterface(t) {
		return nil
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		if seen[l.key(n)] {
			return nil
		}
		seen[l.key(n)] = true
		for _, name := range []string{"String", "Error", "Format"} {
			if m := types.NewMethodSet(types.NewPointer(n)).Lookup(nil, name); m != nil {
				return n
			}
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			if p := l.printsItself(f.Type(), seen); f.Exported() && p != nil {
				return p
			}
		}
	case *types.Slice, *types.Array, *types.Pointer, *types.Map:
		return l.printsItself(u.(interface{ Elem() types.Type }).Elem(), seen)
	}
	return nil
}

// templateFunction refuses a function of a cell's types among those of a template.
func (l *lowering) templateFunction(m types.Type, f ast.Expr) {
	n, ok := types.Unalias(m).(*types.Named)
	if !ok || n.Obj().Name() != "FuncMap" || n.Obj().Pkg() == nil || !strings.HasSuffix(n.Obj().Pkg().Path(), "/template") {
		return
	}
	if t := l.typeOf(f); !types.IsInterface(t) && !l.faithful(t) {
		l.refuse(f.Pos(), "a template cannot call a function of a cell's types, as "+l.display(t)+": let it take and give types of packages")
	}
}
