package session

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// imports says which package each name in the cell stands for: an import of
// the cell, one of an earlier cell, or one that is missing and found as
// goimports would.
//
// Base is the session as it was checked before, or nil.
func (s *Session) imports(st *state, u *unit, base *types.Package) []problem {
	fset := s.engine.fileSet()
	var ps []problem
	for _, i := range u.imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if _, err := s.world.Import(path); err != nil {
			msg := err.Error()
			if near := s.nearPath(path); near != "" {
				msg += fmt.Sprintf("; did you mean %q?", near)
			}
			ps = append(ps, problem{fset.Position(i.Path.Pos()), msg})
			continue
		}
		name := s.world.names[path]
		if i.Name != nil {
			name = i.Name.Name
		}
		switch name {
		case ".":
			ps = append(ps, problem{fset.Position(i.Pos()), fmt.Sprintf("cells have no dot imports: import %s and write %[1]s.Name", strconv.Quote(path))})
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
		if u.paths[name] != "" || st.imports[name] == "" && len(s.world.paths[name]) == 0 {
			delete(selected, name)
		}
	}
	if len(selected) == 0 {
		return nil
	}
	free := s.free(st, u, base)
	for name, selectors := range selected {
		if !free[name] {
			continue
		}
		if path := st.imports[name]; path != "" {
			u.paths[name] = path
			continue
		}
		slices.Sort(selectors)
		path, err := s.world.choose(name, slices.Compact(selectors))
		if err != nil {
			ps = append(ps, problem{fset.Position(where[name]), err.Error()})
			continue
		}
		u.paths[name] = path
	}
	return ps
}

// free are the names in the cell that neither it nor the session declares: a
// run of the type checker without imports finds them.
func (s *Session) free(st *state, u *unit, base *types.Package) map[string]bool {
	c := &checked{unit: u, base: st}
	c.fresh = append(c.fresh, u.decls...)
	live := s.world0(c, map[string]bool{})
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
		cp := &checkpass{s: s, c: c, live: live, base: base}
		note(cp.run(u.stmts, false))
		c.stmts = cp.info
		c.collectTops()
		live = live.clone()
		for _, t := range c.tops {
			live.forget(t.obj.Name())
			live.vars[t.obj.Name()] = newVariable(t.obj.Name(), types.Typ[types.Invalid])
		}
	}
	cp := &checkpass{s: s, c: c, live: live, base: base}
	note(cp.run(nil, true))
	return names
}

// near is a name of the session, or one that Go predeclares, close to a
// misspelt one.
func (s *Session) near(st *state, name string) string {
	return nearest(name, func(yield func(string) bool) {
		for n := range st.vars {
			if !yield(n) {
				return
			}
		}
		for _, d := range st.decls {
			for _, n := range d.names {
				if !strings.Contains(n, ".") && !yield(n) {
					return
				}
			}
		}
		for _, n := range types.Universe.Names() {
			if !yield(n) {
				return
			}
		}
		for n := range s.world.paths {
			if !yield(n) {
				return
			}
		}
	})
}

func (s *Session) nearPath(path string) string {
	return nearest(path, func(yield func(string) bool) {
		for p := range s.world.symbols {
			if !yield(p) {
				return
			}
		}
	})
}

// nearest is the candidate that differs least from a name, if that is little.
func nearest(name string, candidates iter.Seq[string]) string {
	if len(name) < 3 {
		return ""
	}
	best, least := "", 1+len(name)/4
	for c := range candidates {
		if c == name {
			continue
		}
		d := distance(strings.ToLower(name), strings.ToLower(c), least)
		if d < least || d == least && best != "" && c < best {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap to make
// b of a (optimal string alignment), or more than most.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row := rows[(i-1)%3], rows[i%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[(len(a)+1)%3][len(b)]
}
