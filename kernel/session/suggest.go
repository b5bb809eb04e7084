package session

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"maps"
	"reflect"
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
		case undefined.MatchString(p.msg) && c.lostNow(name) != "":
			ps[i].msg = c.lostNow(name)
		case undefined.MatchString(p.msg) && k.unmade[name] != 0:
			ps[i].msg += fmt.Sprintf(" (cell %d failed before it was made)", k.unmade[name])
		case undefined.MatchString(p.msg) && k.gone[name] != "":
			ps[i].msg += fmt.Sprintf(" (it went with the process that died %s: run the cell that makes it again)", k.gone[name])
		case undefined.MatchString(p.msg):
			mean = cmp.Or(k.misspeltPackage(c, p, name), nearest(name, slices.Values(c.localNames(p))), nearest(name, slices.Values(k.allNames(c.base))))
		case missing && dotted:
			path := c.unit.paths[pkg]
			if slices.Contains(k.world.generic[path], sel) {
				ps[i].msg = fmt.Sprintf("%s is generic, and the interpreter cannot use generic functions of packages: write a loop or a function of your own", name)
			} else if near := cmp.Or(nearest(sel, slices.Values(k.exported(path))), holding(sel, k.exported(path))); near != "" {
				mean = pkg + "." + near
			} else {
				ps[i].msg += k.few(path, pkg)
			}
		default:
			for _, e := range []*regexp.Regexp{noMember, noField} {
				if m := e.FindStringSubmatch(p.msg); m != nil {
					ps[i].msg += cmp.Or(k.hides(c, p, m[1]), c.missing(p, m[1]))
				}
			}
		}
		if mean != "" {
			ps[i].msg += "; did you mean " + mean + "?"
		}
	}
	return ps
}

// lostNow is what the cell says of an older declaration that it makes go, or nothing.
func (c *checked) lostNow(name string) string {
	for _, sentence := range c.lost {
		if strings.HasPrefix(sentence, name+" (") {
			return sentence
		}
	}
	return ""
}

// exported are the names that a package has for cells.
func (k *checker) exported(path string) []string {
	names := slices.DeleteFunc(sortedKeys(k.world.symbols[path]), func(n string) bool { return !token.IsExported(n) })
	return append(names, k.world.generic[path]...)
}

// holding is the shortest of the names that has another one as a part, or is a
// part of it.
func holding(name string, names []string) (best string) {
	const least = 4 // letters that say something
	name = strings.ToLower(name)
	for _, n := range names {
		short, long := name, strings.ToLower(n)
		if len(short) > len(long) {
			short, long = long, short
		}
		if len(short) >= least && strings.Contains(long, short) && (best == "" || len(n) < len(best)) {
			best = n
		}
	}
	return best
}

// few says what a small package has, or which functions, if they are few.
func (k *checker) few(path, pkg string) string {
	const most = 12
	all := k.exported(path)
	functions := slices.DeleteFunc(slices.Clone(all), func(n string) bool { return k.world.symbols[path][n].Kind() != reflect.Func })
	switch {
	case len(all) == 0:
		return ""
	case len(all) <= most:
		return fmt.Sprintf("; %s has %s", pkg, strings.Join(all, ", "))
	case len(functions) > 0 && len(functions) <= most:
		return fmt.Sprintf("; the functions of %s are %s", pkg, strings.Join(functions, ", "))
	}
	return ""
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

// holderAt is what has no member of the name at a problem's place, and its type:
// what stands before the dot, or a struct's literal.
func (c *checked) holderAt(p problem) (holder ast.Expr, typ types.Type) {
	here := c.unit.here(p)
	c.unit.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if here(n.Sel) {
				holder = n.X
			}
		case *ast.CompositeLit:
			for _, v := range n.Elts {
				if kv, ok := v.(*ast.KeyValueExpr); ok && here(kv.Key) {
					holder = n
				}
			}
		}
	})
	for _, info := range []*types.Info{c.stmts, c.decls} {
		if info != nil && holder != nil && info.TypeOf(holder) != nil {
			typ = info.TypeOf(holder)
		}
	}
	return holder, typ
}

// hides says that what has no member has the name of a package that has it.
func (k *checker) hides(c *checked, p problem, member string) string {
	holder, _ := c.holderAt(p)
	id, ok := holder.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, path := range k.world.paths[id.Name] {
		if k.world.exports(path, member) {
			return fmt.Sprintf("; %s is no package here: import %s %q and write %[2]s.%[4]s", id.Name, id.Name+"2", path, member)
		}
	}
	return ""
}

// missing says what may be meant by a member that is not there: another one, or
// one of a field that is a struct, and how that is written.
func (c *checked) missing(p problem, name string) string {
	holder, typ := c.holderAt(p)
	if typ == nil {
		return ""
	}
	_, literal := holder.(*ast.CompositeLit)
	var names, within []string
	in := map[string]*types.Var{} // the fields that have others
	for _, f := range ownFields(typ) {
		names = append(names, f.Name())
		for _, g := range ownFields(f.Type()) {
			if in[g.Name()] == nil && (f.Exported() || own(f)) && (g.Exported() || own(g)) {
				within = append(within, g.Name())
				in[g.Name()] = f
			}
		}
	}
	if !literal {
		names = nil
		for _, m := range (&query{typ: typ}).members() {
			names = append(names, m.Text)
		}
	}
	mean, has := nearest(name, slices.Values(names)), "it"
	if in[name] == nil && mean == "" {
		name = nearest(name, slices.Values(within))
		has = name
	}
	f := in[name]
	switch {
	case mean != "" && (f == nil || strings.EqualFold(mean, name)):
		return "; did you mean " + mean + "?"
	case f == nil:
		return ""
	case !literal:
		return fmt.Sprintf("; %s has %s: %s.%s.%s", f.Name(), has, types.ExprString(holder), f.Name(), name)
	}
	of := types.TypeString(f.Type(), func(p *types.Package) string {
		if p.Path() == sessionPath {
			return ""
		}
		return p.Name()
	})
	if pointed, ok := strings.CutPrefix(of, "*"); ok {
		of = "&" + pointed
	}
	return fmt.Sprintf("; %s has %s: %s: %s{%s: …}", f.Name(), has, f.Name(), of, name)
}

// ownFields are a struct's fields, as its literal names them.
func ownFields(t types.Type) []*types.Var {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if st, ok := t.Underlying().(*types.Struct); ok {
		return slices.Collect(st.Fields())
	}
	return nil
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
