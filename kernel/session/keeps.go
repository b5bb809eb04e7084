package session

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// A closure that an earlier cell keeps cannot call a function that has another type
// now. It goes on with the older one, and the cell that makes the new one says so.

// keeps are, for variables of the session, the functions that literals assigned to them
// mention; others are the variables that no longer hold what they did.
func (c *checked) keeps() (keeps map[string]map[string]bool, others map[string]bool) {
	keeps, others = map[string]map[string]bool{}, map[string]bool{}
	note := func(place ast.Expr, values []ast.Expr) {
		id := root(place)
		if id == nil {
			return
		}
		v, ok := c.stmts.ObjectOf(id).(*types.Var)
		if !ok || !c.lasting(v) || !holdsFunctions(v.Type(), nil) {
			return
		}
		if keeps[v.Name()] == nil {
			keeps[v.Name()] = map[string]bool{}
		}
		for _, x := range values {
			for _, f := range c.withinLiterals(x) {
				keeps[v.Name()][f] = true
			}
		}
	}
	for _, t := range c.tops {
		others[t.obj.Name()] = true
	}
	for _, s := range c.unit.stmts {
		if a, ok := s.(*ast.AssignStmt); ok {
			for _, x := range a.Lhs {
				if id, ok := x.(*ast.Ident); ok {
					others[id.Name] = true
				}
			}
		}
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, x := range n.Lhs {
					note(x, n.Rhs)
				}
			case *ast.ValueSpec:
				for _, id := range n.Names {
					note(id, n.Values)
				}
			}
			return true
		})
	}
	return keeps, others
}

// lasting reports whether a variable is one of the session.
func (c *checked) lasting(v *types.Var) bool {
	return global(v) || slices.ContainsFunc(c.tops, func(t *topVar) bool { return t.obj == v })
}

// root is the variable that a place is in.
func root(x ast.Expr) *ast.Ident {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			return e
		case *ast.IndexExpr:
			x = e.X
		case *ast.SelectorExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		default:
			return nil
		}
	}
}

// withinLiterals are the functions, methods and variables with functions of the session
// that function literals in an expression mention.
func (c *checked) withinLiterals(x ast.Expr) (names []string) {
	ast.Inspect(x, func(n ast.Node) bool {
		lit, ok := n.(*ast.FuncLit)
		if !ok {
			return true
		}
		ast.Inspect(lit.Body, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				obj := c.stmts.Uses[id]
				if !own(obj) {
					return true
				}
				switch obj := obj.(type) {
				case *types.Func:
					if r := obj.Signature().Recv(); r == nil {
						names = append(names, obj.Name()+instanceOf(c.stmts.Instances[id].TypeArgs))
					} else if n := named(r.Type()); n != nil {
						names = append(names, n.Obj().Name()+"."+obj.Name()+instanceOf(n.TypeArgs()))
					}
				case *types.Var:
					if _, ok := obj.Type().(*types.Signature); ok && c.lasting(obj) {
						names = append(names, obj.Name())
					}
				}
			}
			return true
		})
		return false
	})
	return names
}

// instanceOf is what follows the name of a generic function for its type arguments.
func instanceOf(args *types.TypeList) string {
	return instanceFor(slices.Collect(args.Types()))
}

func instanceFor(args []types.Type) string {
	if len(args) == 0 {
		return ""
	}
	var keys []string
	for _, a := range args {
		keys = append(keys, plainKey(a))
	}
	return "[" + strings.Join(keys, ",") + "]"
}

// holdsFunctions reports whether a value of a type may have functions.
func holdsFunctions(t types.Type, seen []types.Type) bool {
	if slices.Contains(seen, t) {
		return false
	}
	seen = append(seen, t)
	switch u := t.Underlying().(type) {
	case *types.Signature, *types.Interface:
		return true
	case *types.Map:
		return holdsFunctions(u.Key(), seen) || holdsFunctions(u.Elem(), seen)
	case interface{ Elem() types.Type }:
		return holdsFunctions(u.Elem(), seen)
	case *types.Struct:
		for f := range u.Fields() {
			if holdsFunctions(f.Type(), seen) {
				return true
			}
		}
	}
	return false
}

// keyOf is the key of what a name calls after a cell, or nothing.
func (s *Session) keyOf(c *checked, p *plan, next *state, name string) string {
	function, _, instance := strings.Cut(name, "[")
	e := next.engine[function]
	for _, t := range c.tops {
		if t.obj.Name() == function {
			return p.names[function]
		}
	}
	if next.vars[function] != nil {
		return e
	}
	if s.nativeNames[e] {
		for _, n := range slices.Backward(s.natives) {
			if n.name == name {
				return n.key
			}
		}
	}
	if instance {
		for _, e := range sortedKeys(s.functions) {
			if m := s.functions[e]; m.generic+instanceFor(m.args) == name {
				return m.key
			}
		}
		return ""
	}
	return s.functions[e].key
}

// stale tells which variables keep closures that call older functions, after a cell
// has changed these, and notes what its own closures call.
func (s *Session) stale(c *checked, p *plan, next *state) string {
	keeps, others := c.keeps()
	for name := range others {
		delete(s.keeps, name)
	}
	var b strings.Builder
	for _, name := range sortedKeys(s.keeps) {
		if next.vars[name] == nil {
			delete(s.keeps, name)
			continue
		}
		for _, f := range sortedKeys(s.keeps[name]) {
			if s.keyOf(c, p, next, f) != s.keeps[name][f] {
				function, _, _ := strings.Cut(f, "[")
				fmt.Fprintf(&b, "%s still calls the older %s, which the new one cannot stand in for\n", name, function)
				delete(s.keeps[name], f)
			}
		}
	}
	for name, all := range keeps {
		for f := range all {
			if key := s.keyOf(c, p, next, f); key != "" {
				if s.keeps[name] == nil {
					s.keeps[name] = map[string]string{}
				}
				s.keeps[name][f] = key
			}
		}
	}
	return b.String()
}
