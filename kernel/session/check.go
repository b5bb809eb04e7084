package session

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sessionPath is the import path of what cells declare.
const sessionPath = "main"

// A state is what the cells so far have made. It does not change; a cell that
// succeeds makes another.
type state struct {
	decls   []*decl              // live declarations, in order
	vars    map[string]*variable // live variables
	engine  map[string]string    // the interpreter's names of both; of a method "T.M" that of its body
	imports map[string]string    // explicit imports: paths by names
}

type variable struct {
	name string
	typ  types.Type
	uses map[string]bool // the session's types in typ
}

func (st *state) clone() *state {
	return &state{slices.Clone(st.decls), maps.Clone(st.vars), maps.Clone(st.engine), maps.Clone(st.imports)}
}

// decl is the live declaration of a name, or nil.
func (st *state) decl(name string) *decl {
	for _, d := range st.decls {
		if slices.Contains(d.names, name) {
			return d
		}
	}
	return nil
}

// has reports whether a name is declared in the session.
func (st *state) has(name string) bool { return st.vars[name] != nil || st.decl(name) != nil }

// forget takes a name out: a variable, or a declaration. Of a group of
// constants the others stay.
func (st *state) forget(name string) {
	delete(st.vars, name)
	delete(st.engine, name)
	for i, d := range st.decls {
		if !slices.Contains(d.names, name) {
			continue
		}
		if len(d.names) == 1 {
			st.decls = slices.Delete(st.decls, i, i+1)
			return
		}
		less := *d
		less.names = slices.DeleteFunc(slices.Clone(d.names), func(n string) bool { return n == name })
		st.decls[i] = &less
		return
	}
}

// A checked cell is one that Go's type checker accepts, and what it found out.
type checked struct {
	unit  *unit
	stmts *types.Info // types of the statements
	decls *types.Info // types of the declarations' bodies

	fresh   []*decl         // declarations of the cell that are new or changed
	again   []*decl         // older ones that use a changed one and must be made again
	tops    []*topVar       // the variables that the cell declares, in order
	dropped []string        // variables of a changed type
	lost    []string        // sentences about older declarations that no longer fit
	turned  map[string]bool // names that the statements give to a variable of another type
	lacking map[string]bool // names of older declarations that no longer fit
	found   *state          // what was there before
	base    *state          // the same without older declarations that no longer fit
	pkg     *types.Package
	natives map[string]*nativeFunc // functions that were built, by name
}

// A topVar is a variable declared by a statement of the cell.
type topVar struct {
	obj  *types.Var
	stmt int // the statement that declares it
}

// check checks a cell against the session.
func (k *checker) check(st *state, u *unit) (*checked, []problem) {
	c := &checked{unit: u, found: st, base: st, turned: map[string]bool{}, lacking: map[string]bool{}}
	if ps := k.imports(st, u, nil); len(ps) > 0 {
		return nil, ps
	}
	u.receivers(st)
	if ps := append(misplaced(k.fset, u), twice(k.fset, u)...); len(ps) > 0 {
		return nil, ps
	}
	st = c.withoutMethods(k.fset, st)
	for _, d := range u.decls {
		if old := st.decl(d.names[0]); old == nil || !d.same(old) || !slices.Equal(old.names, d.names) || old.isNative() != d.isNative() {
			c.fresh = append(c.fresh, d)
		}
	}
	for {
		changed := c.affected()
		before := k.world0(c, changed)
		cp := &checkpass{k: k, c: c, live: c.within(before)}
		ps := cp.run(u.stmts, false)
		c.stmts, c.pkg = cp.info, cp.pkg
		if len(ps) == 0 {
			c.collectTops()
			if c.turn() {
				continue
			}
			after := before.clone()
			for _, t := range c.tops {
				after.forget(t.obj.Name())
				after.vars[t.obj.Name()] = newVariable(t.obj.Name(), t.obj.Type())
			}
			if c.decls = newInfo(); len(c.fresh)+len(c.again) > 0 {
				cp = &checkpass{k: k, c: c, live: c.within(after)}
				ps = cp.run(nil, true)
				c.decls, c.pkg = cp.info, cp.pkg
			}
		}
		mine, older := c.sort(ps)
		if len(mine) > 0 {
			return nil, k.suggest(c, mine)
		}
		if len(older) == 0 {
			break
		}
		// Older declarations that do not fit what the cell redefines go.
		st = st.clone()
		c.base = st
		for d, p := range older {
			where, _ := d.unit.line(p.pos)
			c.lost = append(c.lost, fmt.Sprintf("%s (%s) no longer fits and is gone: %s", d.names[0], where, p.msg))
			for _, n := range d.names {
				st.forget(n)
				c.lacking[n] = true
			}
		}
		slices.Sort(c.lost)
	}
	if ps := c.typeless(k.fset); len(ps) > 0 {
		return nil, ps
	}
	for _, d := range append(slices.Clone(c.fresh), c.again...) {
		d.uses = c.used(d)
		d.effects = effectsOf(c.decls, d.node)
		c.keepNames(d)
	}
	return c, nil
}

// within is what the cell can lead to of a state: what it names, and what that
// uses. A cell that changes a type or what others use is checked against all.
func (c *checked) within(st *state) *state {
	if len(c.again) > 0 || slices.ContainsFunc(c.fresh, func(d *decl) bool {
		f, ok := d.node.(*ast.FuncDecl)
		return !ok || f.Recv != nil || d.isNative()
	}) {
		return st
	}
	names := map[string]bool{}
	note := func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names[id.Name] = true
		}
		return true
	}
	for _, d := range c.unit.decls {
		ast.Inspect(d.node, note)
	}
	for _, s := range c.unit.stmts {
		ast.Inspect(s, note)
	}
	less := &state{vars: map[string]*variable{}, engine: st.engine, imports: st.imports}
	needed := map[*decl]bool{}
	for grown := true; grown; {
		grown = false
		for name, v := range st.vars {
			if names[name] && less.vars[name] == nil {
				less.vars[name], grown = v, true
				maps.Copy(names, v.uses)
			}
		}
		for _, d := range st.decls {
			if !needed[d] && (names[d.recv] || slices.ContainsFunc(d.names, func(n string) bool { return names[n] })) {
				needed[d], grown = true, true
				maps.Copy(names, d.uses)
				for _, n := range d.names {
					names[n] = true
				}
			}
		}
	}
	for _, d := range st.decls {
		if needed[d] {
			less.decls = append(less.decls, d)
		}
	}
	return less
}

// withoutMethods is a state without the methods whose receiver's name the cell gives to
// another type, by an alias or in place of one.
func (c *checked) withoutMethods(fset *token.FileSet, st *state) *state {
	for _, d := range c.unit.decls {
		for _, m := range st.decls {
			f, ok := m.node.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			written := receiver(f.Recv.List[0].Type)
			if old := st.decl(written); !slices.Contains(d.names, written) || old != nil && d.same(old) || cmp.Or(d.aliased(written), written) == m.recv {
				continue
			}
			if c.base == c.found {
				c.base = c.found.clone()
			}
			where, _ := m.unit.line(fset.Position(m.node.Pos()))
			c.lost = append(c.lost, fmt.Sprintf("%s (%s) no longer fits and is gone: %s is another type", m.names[0], where, written))
			c.base.forget(m.names[0])
			c.lacking[m.names[0]] = true
		}
	}
	return c.base
}

// receivers gives methods whose receiver is written as an alias the name of
// the type itself.
func (u *unit) receivers(st *state) {
	for _, d := range u.decls {
		if d.recv == "" {
			continue
		}
		for range len(u.decls) + len(st.decls) {
			t := st.decl(d.recv)
			for _, o := range u.decls {
				if slices.Contains(o.names, d.recv) {
					t = o
				}
			}
			to := ""
			if t != nil {
				to = t.aliased(d.recv)
			}
			if to == "" {
				break
			}
			d.recv = to
		}
		_, method, _ := strings.Cut(d.names[0], ".")
		d.names[0] = d.recv + "." + method
	}
}

// aliased is the type that an alias stands for.
func (d *decl) aliased(name string) string {
	g, ok := d.node.(*ast.GenDecl)
	if !ok {
		return ""
	}
	for _, spec := range g.Specs {
		if t, ok := spec.(*ast.TypeSpec); ok && t.Name.Name == name && t.Assign.IsValid() {
			return receiver(t.Type)
		}
	}
	return ""
}

// turn notes the names that the statements take from something else, and
// reports whether there are any that it had not noted.
func (c *checked) turn() (more bool) {
	for _, t := range c.tops {
		n := t.obj.Name()
		if c.base.has(n) && !c.reuses(t) && !c.turned[n] {
			c.turned[n], more = true, true
		}
	}
	return more
}

// typeless finds variables whose type would have no name behind the cell, since a
// variable of the cell takes it: node := node{1}.
func (c *checked) typeless(fset *token.FileSet) (problems []problem) {
	for _, t := range c.tops {
		for _, n := range sortedKeys(newVariable(t.obj.Name(), t.obj.Type()).uses) {
			if c.turned[n] {
				problems = append(problems, problem{fset.Position(t.obj.Pos()),
					fmt.Sprintf("%s has the type %s, whose name this cell gives to a variable: give the variable another name", t.obj.Name(), n)})
			}
		}
	}
	return problems
}

// reuses reports whether a variable takes the place of an earlier one of the
// same name and type: functions that use the earlier one then see it.
func (c *checked) reuses(t *topVar) bool {
	n := t.obj.Name()
	old := c.base.vars[n]
	return old != nil && !slices.Contains(c.dropped, n) &&
		plainKey(old.typ) == plainKey(types.Default(t.obj.Type()))
}

// plainKey is the same for types that a session writes in the same way, but for
// the names of aliases.
func plainKey(t types.Type) string {
	return (&lowering{name: func(n string) string { return n }}).key(t)
}

func newVariable(name string, t types.Type) *variable {
	v := &variable{name: name, typ: types.Default(t), uses: map[string]bool{}}
	mentions(v.typ, v.uses)
	return v
}

// affected finds the older declarations that must be made again because they
// use, directly or not, one that the cell changes, and returns every name that
// changes.
func (c *checked) affected() map[string]bool {
	changed := maps.Clone(c.turned)
	maps.Copy(changed, c.lacking)
	replaced := map[string]bool{}
	for _, d := range c.fresh {
		for _, n := range d.names {
			replaced[n] = true
			if c.base.has(n) {
				changed[n] = true
			}
			if old := c.base.decl(n); d.recv != "" && old != nil && (!redirected(d) || old.sig != d.sig) {
				changed[d.recv] = true
			}
		}
	}
	c.again = nil
	for grown := true; grown; {
		grown = false
		for _, d := range c.base.decls {
			if replaced[d.names[0]] || slices.Contains(c.again, d) || c.gone(d) {
				continue
			}
			hit := slices.ContainsFunc(d.names, func(n string) bool { return changed[n] })
			for n := range d.uses {
				hit = hit || changed[n]
			}
			if !hit {
				continue
			}
			c.again = append(c.again, d)
			grown = true
			if d.recv == "" {
				for _, n := range d.names {
					changed[n] = true
				}
			} else if !redirected(d) || d.signed(changed) {
				changed[d.recv] = true
			} else {
				changed[d.names[0]] = true
			}
		}
	}
	return changed
}

// gone reports whether the cell's variables take all names of a declaration.
func (c *checked) gone(d *decl) bool {
	return !slices.ContainsFunc(d.names, func(n string) bool { return !c.turned[n] })
}

// redirected reports whether another method may take the place of a method
// without another type.
func redirected(d *decl) bool {
	f, ok := d.node.(*ast.FuncDecl)
	if !ok || f.Recv == nil || len(f.Recv.List) != 1 {
		return false
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	switch g := t.(type) {
	case *ast.IndexExpr:
		t = g.X
	case *ast.IndexListExpr:
		t = g.X
	}
	_, ok = t.(*ast.Ident)
	return ok
}

// signed reports whether a changed name stands in the signature of a method.
func (d *decl) signed(changed map[string]bool) (found bool) {
	f := d.node.(*ast.FuncDecl)
	for _, n := range []ast.Node{f.Recv, f.Type} {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && changed[id.Name] {
				found = true
			}
			return !found
		})
	}
	return found
}

// world0 is the session as the cell's statements find it: with the cell's
// declarations, and without variables whose type is another one now.
func (k *checker) world0(c *checked, changed map[string]bool) *state {
	st := c.base.clone()
	c.dropped = nil
	for _, d := range c.fresh {
		for _, n := range d.names {
			st.forget(n)
		}
		st.decls = append(st.decls, d)
	}
	for _, name := range slices.Sorted(maps.Keys(st.vars)) {
		for n := range st.vars[name].uses {
			if changed[n] {
				st.forget(name)
				c.dropped = append(c.dropped, name)
				break
			}
		}
	}
	for name := range c.unit.paths {
		if explicit(c.unit, name) && !st.isType(name) {
			st.forget(name)
		}
	}
	return st
}

// isType reports whether a name is that of a type of the session.
func (st *state) isType(name string) bool {
	d := st.decl(name)
	if d == nil {
		return false
	}
	g, ok := d.node.(*ast.GenDecl)
	return ok && g.Tok == token.TYPE
}

// explicit reports whether a unit itself imports what it knows under a name.
func explicit(u *unit, name string) bool {
	return slices.ContainsFunc(u.imports, func(i *ast.ImportSpec) bool {
		path, _ := strconv.Unquote(i.Path.Value)
		return path == u.paths[name] && (i.Name == nil || i.Name.Name == name)
	})
}

// collectTops finds the variables that the cell's statements declare at the
// top level.
func (c *checked) collectTops() {
	c.tops = nil
	add := func(stmt int, ids ...*ast.Ident) {
		for _, id := range ids {
			if v, ok := c.stmts.Defs[id].(*types.Var); ok && id.Name != "_" {
				c.tops = append(c.tops, &topVar{v, stmt})
			}
		}
	}
	for i, s := range c.unit.stmts {
		switch s := s.(type) {
		case *ast.AssignStmt:
			for _, l := range s.Lhs {
				if id, ok := l.(*ast.Ident); ok {
					add(i, id)
				}
			}
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				add(i, spec.(*ast.ValueSpec).Names...)
			}
		}
	}
}

// used are the names of the session that a declaration mentions.
func (c *checked) used(d *decl) map[string]bool {
	uses := map[string]bool{}
	ast.Inspect(d.node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if obj := c.decls.Uses[id]; obj != nil && own(obj) && obj.Parent() == obj.Pkg().Scope() {
				uses[obj.Name()] = true
			} else if f, ok := obj.(*types.Func); ok && own(f) && f.Signature().Recv() != nil {
				if r := named(f.Signature().Recv().Type()); r != nil {
					uses[r.Obj().Name()+"."+f.Name()] = true
				}
			}
		}
		return true
	})
	if d.recv != "" {
		uses[d.recv] = true
	}
	return uses
}

// sort tells the problems of the cell from those of older declarations.
func (c *checked) sort(ps []problem) (mine []problem, older map[*decl]problem) {
	older = map[*decl]problem{}
	for _, p := range ps {
		if p.pos.Filename == c.unit.file {
			mine = append(mine, p)
			continue
		}
		found := false
		for _, d := range c.again {
			if d.unit.file == p.pos.Filename && d.contains(p.pos) {
				older[d], found = p, true
			}
		}
		if !found {
			mine = append(mine, problem{token.Position{Filename: c.unit.file}, p.msg})
		}
	}
	return mine, older
}

func (d *decl) contains(p token.Position) bool {
	at := d.unit.offset(p)
	return at >= d.from && at <= d.from+len(d.text)
}

// A checkpass is one run of the type checker: over the declarations of the
// session without their bodies and, as asked, the bodies of the new ones or
// the statements of the cell.
type checkpass struct {
	k    *checker
	c    *checked
	live *state
	info *types.Info
	pkg  *types.Package

	base    *types.Package    // the session's names, checked before; nil: they are checked again
	aliases map[string]string // names of packages in the types of variables
}

func (cp *checkpass) run(stmts []ast.Stmt, bodies bool) []problem {
	u := cp.c.unit
	cp.pkg = types.NewPackage(sessionPath, "main")
	cp.aliases = map[string]string{}
	cp.take()
	files := append(cp.declFiles(bodies), cp.varFile())
	if stmts != nil {
		files = append(files, &ast.File{
			Package: u.begin,
			Name:    ast.NewIdent("main"),
			Decls: append(importDecls(u.begin, u.paths, cp.live), &ast.FuncDecl{
				Name: ast.NewIdent("_"),
				Type: &ast.FuncType{Func: u.begin, Params: &ast.FieldList{}},
				Body: &ast.BlockStmt{Lbrace: u.begin, List: stmts, Rbrace: last(stmts).End()},
			}),
		})
	}
	cp.info = newInfo()
	var errs []types.Error
	conf := types.Config{Importer: cp.k.world, Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) {
			errs = append(errs, e)
		}
	}}
	types.NewChecker(&conf, cp.k.fset, cp.pkg, cp.info).Files(files)
	return cp.problems(errs, stmts)
}

// take puts the session's types, constants and functions into the package as
// they were checked before.
func (cp *checkpass) take() {
	if cp.base == nil {
		return
	}
	for _, d := range cp.live.decls {
		for _, n := range d.names {
			if obj := cp.base.Scope().Lookup(n); obj != nil && d.unit != cp.c.unit {
				cp.pkg.Scope().Insert(obj)
			}
		}
	}
}

func newInfo() *types.Info {
	return &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Implicits:  map[ast.Node]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes:     map[ast.Node]*types.Scope{},
		Instances:  map[*ast.Ident]types.Instance{},
	}
}

func last(stmts []ast.Stmt) ast.Stmt { return stmts[len(stmts)-1] }

// declFiles are the live declarations, in a file a unit because imports belong
// to files.
func (cp *checkpass) declFiles(bodies bool) []*ast.File {
	var files []*ast.File
	of := map[*unit]*ast.File{}
	for _, d := range cp.live.decls {
		if cp.base != nil && d.unit != cp.c.unit {
			continue
		}
		f := of[d.unit]
		if f == nil {
			f = &ast.File{Package: d.unit.start, Name: ast.NewIdent("main"), Decls: importDecls(d.unit.start, d.unit.paths, cp.live)}
			f.Decls = append(f.Decls, importDecls(d.unit.start, d.unit.kept, cp.live)...)
			of[d.unit] = f
			files = append(files, f)
		}
		whole := bodies && (slices.Contains(cp.c.fresh, d) || slices.Contains(cp.c.again, d))
		f.Decls = append(f.Decls, d.outline(whole))
	}
	return files
}

// outline is the declaration as others see it: without a function's body
// unless it is whole, and with only the live ones of a group of constants.
func (d *decl) outline(whole bool) ast.Decl {
	switch n := d.node.(type) {
	case *ast.FuncDecl:
		if whole {
			return n
		}
		short := *n
		forever := &ast.ForStmt{For: n.Pos(), Body: &ast.BlockStmt{Lbrace: n.Pos(), Rbrace: n.Pos()}}
		short.Body = &ast.BlockStmt{Lbrace: n.Pos(), List: []ast.Stmt{forever}, Rbrace: n.Pos()}
		return &short
	case *ast.GenDecl:
		if n.Tok != token.CONST {
			return n
		}
		group := *n
		group.Specs = nil
		for _, s := range n.Specs {
			spec := *s.(*ast.ValueSpec)
			spec.Names = slices.Clone(spec.Names)
			for i, id := range spec.Names {
				if !slices.Contains(d.names, id.Name) {
					spec.Names[i] = &ast.Ident{NamePos: id.NamePos, Name: "_"}
				}
			}
			group.Specs = append(group.Specs, &spec)
		}
		return &group
	}
	return d.node
}

// importDecls imports what a unit knows, except under names that the session
// has given to something else.
func importDecls(pos token.Pos, paths map[string]string, live *state) []ast.Decl {
	var decls []ast.Decl
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		if !live.has(name) {
			decls = append(decls, importDecl(pos, name, paths[name]))
		}
	}
	return decls
}

func importDecl(pos token.Pos, name, path string) ast.Decl {
	return &ast.GenDecl{TokPos: pos, Tok: token.IMPORT, Specs: []ast.Spec{&ast.ImportSpec{
		Name: &ast.Ident{NamePos: pos, Name: name},
		Path: &ast.BasicLit{ValuePos: pos, Kind: token.STRING, Value: strconv.Quote(path)},
	}}}
}

// varFile declares the live variables. Those whose types have nothing of the
// session are put into the package as they are: any type can be kept so.
func (cp *checkpass) varFile() *ast.File {
	pos := cp.c.unit.start
	f := &ast.File{Package: pos, Name: ast.NewIdent("main")}
	sp := &speller{pos: pos, local: func(n string) string { return n }, pkg: func(path string) (string, bool) {
		if cp.aliases[path] == "" {
			cp.aliases[path] = fmt.Sprintf("pkg%s%d", mark, len(cp.aliases))
		}
		return cp.aliases[path], true
	}}
	var vars []ast.Decl
	for _, name := range slices.Sorted(maps.Keys(cp.live.vars)) {
		v := cp.live.vars[name]
		if cp.base != nil && v == cp.c.base.vars[name] {
			if obj := cp.base.Scope().Lookup(name); obj != nil {
				cp.pkg.Scope().Insert(obj)
			}
			continue
		}
		if len(v.uses) == 0 {
			cp.pkg.Scope().Insert(types.NewVar(token.NoPos, cp.pkg, name, v.typ))
			continue
		}
		if t := sp.expr(v.typ); t != nil {
			spec := &ast.ValueSpec{Names: []*ast.Ident{{NamePos: pos, Name: name}}, Type: t}
			vars = append(vars, &ast.GenDecl{TokPos: pos, Tok: token.VAR, Specs: []ast.Spec{spec}})
		}
	}
	for _, path := range slices.Sorted(maps.Keys(cp.aliases)) {
		f.Decls = append(f.Decls, importDecl(pos, cp.aliases[path], path))
	}
	f.Decls = append(f.Decls, vars...)
	return f
}

// problems are the checker's errors but for those that a notebook allows: a
// variable of the cell that is not used yet, an import, and a value as the
// last statement.
func (cp *checkpass) problems(errs []types.Error, stmts []ast.Stmt) []problem {
	fset := cp.k.fset
	tops := map[token.Pos]bool{}
	for _, s := range stmts {
		if a, ok := s.(*ast.AssignStmt); ok {
			for _, l := range a.Lhs {
				tops[l.Pos()] = true
			}
		}
		if d, ok := s.(*ast.DeclStmt); ok {
			for _, spec := range d.Decl.(*ast.GenDecl).Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					tops[id.Pos()] = true
				}
			}
		}
	}
	var ps []problem
	for _, e := range errs {
		switch {
		case strings.HasSuffix(e.Msg, "imported and not used"), strings.Contains(e.Msg, "imported as") && strings.HasSuffix(e.Msg, "and not used"):
			continue
		case strings.HasSuffix(e.Msg, notExported):
			continue
		case strings.HasPrefix(e.Msg, "declared and not used") && tops[e.Pos]:
			continue
		case strings.HasSuffix(e.Msg, "is not used") && len(stmts) > 0 && shown(last(stmts)) && e.Pos >= last(stmts).Pos() && e.Pos <= last(stmts).End():
			continue
		}
		if more, ok := strings.CutPrefix(e.Msg, "\t"); ok { // a place that belongs to the last error
			if len(ps) > 0 {
				last := &ps[len(ps)-1]
				last.msg = fmt.Sprintf("%s (%s in line %d)", last.msg, more, fset.Position(e.Pos).Line)
			}
			continue
		}
		if strings.HasPrefix(e.Msg, "declared and not used") && cp.isErrorAt(e.Pos) {
			e.Msg += "; within a function, unlike at the top of a cell, Go wants an error to be looked at: if err != nil { ... }, or _ in its place"
		}
		msg := declaredInCell.ReplaceAllString(e.Msg, "(declared in cell $1, line $2)")
		msg = declaredAt.ReplaceAllString(msg, "")
		ps = append(ps, problem{fset.Position(e.Pos), strings.ReplaceAll(msg, mark, "")})
	}
	return ps
}

// isErrorAt reports whether the variable declared at a place is of type error.
func (cp *checkpass) isErrorAt(pos token.Pos) bool {
	for id, o := range cp.info.Defs {
		if id.Pos() == pos && o != nil {
			return isError(o.Type())
		}
	}
	return false
}

// Places that the checker tells: of a cell, and of a library, which has none here.
var (
	declaredInCell = regexp.MustCompile(`\(declared at cell(\d+)` + mark + `\d+/` + unitBase + `:(\d+):\d+\)`)
	declaredAt     = regexp.MustCompile(` \(declared at [^)]*\)`)
)

// shown reports whether a last statement is an expression.
func shown(s ast.Stmt) bool {
	_, ok := s.(*ast.ExprStmt)
	return ok
}

// misplaced finds what a function body may have at its top and a cell may not.
func misplaced(fset *token.FileSet, u *unit) []problem {
	var ps []problem
	tops := map[string]bool{} // labels
	for _, s := range u.stmts {
		for ls, ok := s.(*ast.LabeledStmt); ok; ls, ok = ls.Stmt.(*ast.LabeledStmt) {
			tops[ls.Label.Name] = true
		}
	}
	for _, s := range u.stmts {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ReturnStmt:
				ps = append(ps, problem{fset.Position(n.Pos()), "return outside of a function: a cell is not a function"})
			case *ast.BranchStmt:
				if n.Tok == token.GOTO && tops[n.Label.Name] {
					ps = append(ps, problem{fset.Position(n.Pos()), "goto outside of a function: put the statements into a function, or use a loop"})
				}
			}
			return true
		})
	}
	return ps
}
