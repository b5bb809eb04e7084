package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
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
			ps = append(ps, problem{fset.Position(i.Pos()), fmt.Sprintf("cells have no dot imports: import %q and write %s.Name", path, k.world.names[path])})
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
	// What a missing package leaves without a type hides names within it, so each
	// package that is found may let the next run find others.
	for found := true; found && len(selected) > 0 && len(ps) == 0; {
		found = false
		for _, name := range slices.Sorted(maps.Keys(k.free(st, u, base))) {
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
func (k *checker) free(st *state, u *unit, base *types.Package) map[string]bool {
	c := &checked{unit: u, base: st}
	c.fresh = append(c.fresh, u.decls...)
	live := k.world0(c, map[string]bool{})
	names := map[string]bool{}
	note := func(ps []problem) {
		for _, p := range ps {
			if m := undefined.FindStringSubmatch(p.msg); m != nil {
				names[m[1]] = true
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
