package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// imports says which package each name in the cell stands for: an import of
// the cell, one of an earlier cell, or one that is missing and found as
// goimports would.
//
// Base is the session as it was checked before, or nil.
func (k *checker) imports(st *state, u *unit, base *types.Package) []problem {
	fset := k.fset
	var ps []problem
	for _, i := range u.imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if _, err := k.world.Import(path); err != nil {
			msg := err.Error()
			if near := k.nearPath(path); near != "" {
				msg += fmt.Sprintf("; did you mean %q?", near)
			}
			ps = append(ps, problem{fset.Position(i.Path.Pos()), msg})
			continue
		}
		name := k.world.names[path]
		if i.Name != nil {
			name = i.Name.Name
		}
		switch name {
		case ".":
			u.dots = append(u.dots, path)
		case "_":
		default:
			u.paths[name] = path
		}
	}
	if len(ps) > 0 {
		return ps
	}
	selected := map[string][]string{}
	where := map[string]token.Pos{}
	look := func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && sel.Sel.Name != mark { // that of a query is no name
				selected[id.Name] = append(selected[id.Name], sel.Sel.Name)
				if where[id.Name] == token.NoPos {
					where[id.Name] = id.Pos()
				}
			}
		}
		return true
	}
	for _, d := range u.decls {
		ast.Inspect(d.node, look)
	}
	for _, d := range u.stmts {
		ast.Inspect(d, look)
	}
	for name := range selected {
		if u.paths[name] != "" || st.imports[name] == "" && len(k.world.paths[name]) == 0 {
			delete(selected, name)
		}
	}
	dots := st.dots()
	// What a missing package leaves without a type hides names within it, so each
	// package that is found may let the next run find others.
	for found := true; found && len(selected)+len(u.dots)+len(dots) > 0 && len(ps) == 0; {
		found = false
		free := k.free(st, u, base)
		for _, name := range slices.Sorted(maps.Keys(free)) {
			for _, paths := range [][]string{u.dots, dots} {
				with := k.having(name, paths)
				if len(with) > 1 {
					one := free[name][0]
					one.msg = fmt.Sprintf("%s is in %q and in %q, which are imported with a dot: write %s.%s or %s.%s", name, with[0], with[1], k.world.names[with[0]], name, k.world.names[with[1]], name)
					ps = append(ps, one)
				}
				if len(with) > 0 {
					found = len(with) == 1 && k.dotted(u, name, free[name], with[0]) || found
					break
				}
			}
			selectors, ok := selected[name]
			if !ok {
				continue
			}
			found = true
			delete(selected, name)
			if path := st.imports[name]; path != "" {
				u.paths[name] = path
				continue
			}
			slices.Sort(selectors)
			path, err := k.world.choose(name, slices.Compact(selectors))
			if err != nil {
				ps = append(ps, problem{fset.Position(where[name]), err.Error()})
				continue
			}
			u.paths[name] = path
		}
	}
	return ps
}

// free are the names in the cell that neither it nor the session declares: a
// run of the type checker without imports finds them.
func (k *checker) free(st *state, u *unit, base *types.Package) map[string][]problem {
	c := &checked{unit: u, base: st}
	c.fresh = append(c.fresh, u.decls...)
	live := k.world0(c, map[string]bool{})
	names := map[string][]problem{}
	note := func(ps []problem) {
		for _, p := range ps {
			if m := undefined.FindStringSubmatch(p.msg); m != nil {
				names[m[1]] = append(names[m[1]], p)
			}
		}
	}
	// A package's name can be hidden by a variable that the cell declares, but
	// only behind its declaration.
	if len(u.stmts) > 0 {
		cp := &checkpass{k: k, c: c, live: c.within(live), base: base}
		note(cp.run(u.stmts, false))
		if len(u.decls) == 0 {
			return names
		}
		c.stmts = cp.info
		c.collectTops()
		live = live.clone()
		for _, t := range c.tops {
			live.forget(t.obj.Name())
			live.vars[t.obj.Name()] = newVariable(t.obj.Name(), types.Typ[types.Invalid])
		}
	}
	cp := &checkpass{k: k, c: c, live: c.within(live), base: base}
	note(cp.run(nil, true))
	return names
}

// having are those of some packages that export a name.
func (k *checker) having(name string, paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !token.IsExported(name) || !k.world.exports(path, name) })
}

// dotted gives a name that nothing declares the package that is imported with a dot
// and has it: Sqrt becomes math.Sqrt, under a name that no cell gives to anything.
func (k *checker) dotted(u *unit, name string, at []problem, path string) bool {
	pkg := mark + k.world.names[path]
	for u.paths[pkg] != "" && u.paths[pkg] != path {
		pkg = mark + pkg
	}
	u.paths[pkg] = path
	found := false
	replace := func(id *ast.Ident) ast.Expr {
		if id.Name != name || !slices.ContainsFunc(at, func(p problem) bool { return u.here(p)(id) }) {
			return id
		}
		found = true
		return &ast.SelectorExpr{X: &ast.Ident{NamePos: id.NamePos, Name: pkg}, Sel: id}
	}
	for _, d := range u.decls {
		replaceIdents(reflect.ValueOf(d.node), replace)
	}
	for _, s := range u.stmts {
		replaceIdents(reflect.ValueOf(s), replace)
	}
	return found
}

// replaceIdents replaces the identifiers that are expressions in a syntax tree.
func replaceIdents(v reflect.Value, by func(*ast.Ident) ast.Expr) {
	switch v.Kind() {
	case reflect.Interface:
		if id, ok := v.Interface().(*ast.Ident); ok && v.Type() == reflect.TypeFor[ast.Expr]() {
			v.Set(reflect.ValueOf(by(id)))
		} else {
			replaceIdents(v.Elem(), by)
		}
	case reflect.Pointer:
		if _, node := v.Interface().(ast.Node); node {
			replaceIdents(v.Elem(), by)
		}
	case reflect.Struct:
		for _, f := range v.Fields() {
			replaceIdents(f, by)
		}
	case reflect.Slice:
		for i := range v.Len() {
			replaceIdents(v.Index(i), by)
		}
	}
}

// dots are the packages that earlier cells have imported with a dot.
func (st *state) dots() (paths []string) {
	for _, name := range sortedKeys(st.imports) {
		if path, ok := strings.CutPrefix(name, "."); ok {
			paths = append(paths, path)
		}
	}
	return paths
}
