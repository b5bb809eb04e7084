package session

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	undefined = regexp.MustCompile(`^undefined: (\w+)$`)
	noMember  = regexp.MustCompile(`undefined \(type .* has no field or method (\w+)\)$`)
	noField   = regexp.MustCompile(`^unknown field (\w+) in struct literal`)
)

// suggest improves the checker's sentences: what a misspelt name may mean, why
// a generic function is missing, which variable is gone.
func (k *checker) suggest(c *checked, ps []problem) []problem {
	for i, p := range ps {
		mean := ""
		name, missing := strings.CutPrefix(p.msg, "undefined: ")
		pkg, sel, dotted := strings.Cut(name, ".")
		switch {
		case undefined.MatchString(p.msg) && slices.Contains(c.dropped, name):
			ps[i].msg += " (it had a type that this cell redefines)"
		case undefined.MatchString(p.msg):
			mean = cmp.Or(k.misspeltPackage(c, p, name), nearest(name, slices.Values(c.localNames(p))), nearest(name, slices.Values(k.allNames(c.base))))
		case missing && dotted:
			path := c.unit.paths[pkg]
			if slices.Contains(k.world.generic[path], sel) {
				ps[i].msg = fmt.Sprintf("%s is generic, and the interpreter cannot use generic functions of packages: write a loop or a function of your own", name)
			} else if near := nearest(sel, maps.Keys(k.world.symbols[path])); near != "" {
				mean = pkg + "." + near
			}
		default:
			for _, e := range []*regexp.Regexp{noMember, noField} {
				if m := e.FindStringSubmatch(p.msg); m != nil {
					mean = nearest(m[1], slices.Values(c.membersAt(p)))
				}
			}
		}
		if mean != "" {
			ps[i].msg += "; did you mean " + mean + "?"
		}
	}
	return ps
}

// allNames are what may stand alone, but for what the cell itself declares.
func (k *checker) allNames(st *state) []string {
	all := append(slices.Collect(maps.Keys(st.vars)), types.Universe.Names()...)
	for _, d := range st.decls {
		all = append(all, d.names...)
	}
	all = slices.DeleteFunc(all, func(n string) bool { return strings.Contains(n, ".") || strings.Contains(n, mark) })
	return append(all, slices.Collect(maps.Keys(k.world.paths))...)
}

// misspeltPackage is the package meant by a name before a dot, one that has
// what stands behind it.
func (k *checker) misspeltPackage(c *checked, p problem, name string) string {
	here := c.unit.here(p)
	sel := ""
	c.unit.inspect(func(n ast.Node) {
		if e, ok := n.(*ast.SelectorExpr); ok && here(e.X) {
			sel = e.Sel.Name
		}
	})
	if sel == "" {
		return ""
	}
	return nearest(name, func(yield func(string) bool) {
		for pkg, paths := range k.world.paths {
			has := func(path string) bool { return k.world.exports(path, sel) }
			if slices.ContainsFunc(paths, has) && !yield(pkg) {
				return
			}
		}
	})
}

// inspect calls f for the unit's nodes.
func (u *unit) inspect(f func(ast.Node)) {
	all := func(n ast.Node) bool {
		f(n)
		return true
	}
	for _, d := range u.decls {
		ast.Inspect(d.node, all)
	}
	for _, s := range u.stmts {
		ast.Inspect(s, all)
	}
}

// here says of a node whether it is at a problem's place.
func (u *unit) here(p problem) func(ast.Node) bool {
	offset := token.Pos(u.offset(p.pos))
	return func(n ast.Node) bool { return n.Pos() == u.declsAt+offset || n.Pos() == u.stmtsAt+offset }
}

// localNames are the names of the cell that are known at a problem's place.
func (c *checked) localNames(p problem) (names []string) {
	offset := token.Pos(c.unit.offset(p.pos))
	for _, info := range []*types.Info{c.stmts, c.decls} {
		if info == nil {
			continue
		}
		for _, sc := range info.Scopes {
			for _, pos := range []token.Pos{c.unit.declsAt + offset, c.unit.stmtsAt + offset} {
				for _, n := range sc.Names() {
					if sc.Contains(pos) && sc.Lookup(n).Pos() < pos {
						names = append(names, n)
					}
				}
			}
		}
	}
	for _, d := range c.unit.decls {
		names = append(names, d.names...)
	}
	return slices.DeleteFunc(names, func(n string) bool { return strings.Contains(n, ".") || strings.Contains(n, mark) })
}

// membersAt are the fields and methods that may stand at a problem's place:
// behind a dot, or in a struct's literal.
func (c *checked) membersAt(p problem) (names []string) {
	here := c.unit.here(p)
	add := func(e ast.Expr, of func(types.Type) []string) {
		for _, info := range []*types.Info{c.stmts, c.decls} {
			if info != nil && info.TypeOf(e) != nil {
				names = append(names, of(info.TypeOf(e))...)
			}
		}
	}
	c.unit.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if here(n.Sel) {
				add(n.X, func(t types.Type) (names []string) {
					for _, m := range (&query{typ: t}).members() {
						names = append(names, m.Text)
					}
					return names
				})
			}
		case *ast.CompositeLit:
			for _, v := range n.Elts {
				if kv, ok := v.(*ast.KeyValueExpr); ok && here(kv.Key) {
					add(n, func(t types.Type) (names []string) {
						for _, f := range fields(t, 0) {
							names = append(names, f.Name())
						}
						return names
					})
				}
			}
		}
	})
	return names
}

func (k *checker) nearPath(path string) string {
	return nearest(path, func(yield func(string) bool) {
		for p := range k.world.symbols {
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
	best, least := "", max(2, 1+len(name)/4)
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
