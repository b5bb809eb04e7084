package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/native"
)

// A cell whose first line is %%native has its functions built by the Go
// toolchain, together with what they need of the session, into a program that
// a process of its own runs (package native). To the interpreter such a
// function is a variable that holds a compiled function: one that asks that
// process (nativecall.go).

const nativeMagic = "%%native"

// cutNative puts blanks in the place of the line %%native, if a cell begins
// with it.
func cutNative(src string) (text string, is bool) {
	line, _, _ := strings.Cut(src, "\n")
	if strings.TrimSpace(line) != nativeMagic {
		return src, false
	}
	return strings.Repeat(" ", len(line)) + src[len(line):], true
}

// isNative reports whether a declaration is a function of a %%native cell that
// could be built.
func (d *decl) isNative() bool {
	_, is := d.node.(*ast.FuncDecl)
	return is && d.unit.native && !strings.HasPrefix(d.names[0], "init"+mark)
}

// unbuilt is why functions cannot be built; about a declaration.
type unbuilt struct {
	d   *decl
	pos token.Pos
	msg string
}

// native builds the functions of a checked cell that are to be native. It holds
// s.mu but while the toolchain works.
func (s *Session) native(ctx context.Context, c *checked, out display.Output) (problems []problem) {
	defer func() {
		if r := recover(); r != nil {
			problems = []problem{{s.fset.Position(c.unit.begin), fmt.Sprintf("the kernel does not know how to build this cell (%v): leave %s out", r, nativeMagic)}}
		}
	}()
	again := func(d *decl, why string) {
		d.unit.native = false
		out.Stream("stderr", fmt.Sprintf("%s (cell %d) is interpreted from now on: %s\n", d.names[0], d.unit.number, why))
	}
	for {
		var made []*decl
		for _, d := range append(slices.Clone(c.fresh), c.again...) {
			if d.isNative() {
				made = append(made, d)
			}
		}
		if len(made) == 0 {
			if c.unit.native && slices.ContainsFunc(c.unit.decls, (*decl).isNative) {
				out.Stream("stdout", "native: built already\n")
			}
			return nil
		}
		b := &nativeBuild{s: s, c: c, next: s.world0(c, c.affected()), made: made}
		wrong := b.collect()
		if wrong == nil && len(b.funcs) > 0 {
			var fail error
			wrong, fail = b.build(ctx)
			switch {
			case ctx.Err() != nil:
				return []problem{{token.Position{Filename: c.unit.file}, "interrupted while the Go toolchain was building"}}
			case errors.Is(fail, native.ErrNoToolchain):
				for _, d := range made {
					d.unit.native = false
				}
				out.Stream("stderr", fmt.Sprintf("not native: %s. The functions are interpreted, 50 to 500 times slower.\n", fail))
				return nil
			case fail != nil:
				return []problem{{token.Position{Filename: c.unit.file}, fail.Error()}}
			}
		}
		if wrong == nil {
			out.Stream("stdout", b.report())
			return nil
		}
		var mine []problem
		for _, w := range wrong {
			if w.d.unit == c.unit {
				mine = append(mine, problem{s.fset.Position(w.pos), w.msg})
			} else if w.d.isNative() {
				again(w.d, w.msg)
			} else { // what a native function needs
				for _, d := range made {
					if d.unit != c.unit {
						again(d, w.msg)
					} else {
						mine = append(mine, problem{s.fset.Position(d.node.Pos()), fmt.Sprintf("%s needs %s (cell %d): %s", d.names[0], w.d.names[0], w.d.unit.number, w.msg)})
					}
				}
			}
		}
		if len(mine) > 0 {
			return mine
		}
	}
}

// A nativeBuild is the making of one program.
type nativeBuild struct {
	s    *Session
	c    *checked
	next *state  // the session with the cell's declarations
	made []*decl // what is to be native

	funcs   []*decl           // of these, what can be called
	kept    []string          // why others cannot, a sentence each
	needs   []*decl           // what is built
	units   []*unit           // whose it is; the sources call the i-th one's places sourceFile(i)
	vars    []string          // what it reads of the session
	modules map[string]bool   // that it imports from
	aliases map[string]string // names of packages in the types of variables
	binary  *native.Binary
}

// collect finds what can be called, and what that needs.
func (b *nativeBuild) collect() (wrong []unbuilt) {
	for _, d := range b.made {
		if why := b.uncallable(d); why != "" {
			b.kept = append(b.kept, fmt.Sprintf("interpreted when a cell calls it: %s, %s", d.names[0], why))
			continue
		}
		b.funcs = append(b.funcs, d)
	}
	b.modules = map[string]bool{}
	seen := map[string]bool{}
	var need func(name string, by *decl)
	add := func(d *decl) {
		b.needs = append(b.needs, d)
		if !slices.Contains(b.units, d.unit) {
			b.units = append(b.units, d.unit)
		}
		wrong = append(wrong, b.unbuildable(d)...)
		for _, n := range slices.Sorted(maps.Keys(d.uses)) {
			need(n, d)
		}
	}
	need = func(name string, by *decl) {
		if seen[name] {
			return
		}
		seen[name] = true
		if d := b.next.decl(name); d != nil {
			if !slices.ContainsFunc(b.needs, func(o *decl) bool { return o.from == d.from && o.unit == d.unit }) {
				add(d)
			}
			for _, m := range b.next.decls {
				if m.recv == name {
					need(m.names[0], m)
				}
			}
			return
		}
		v, ok := b.c.pkg.Scope().Lookup(name).(*types.Var)
		if !ok {
			return
		}
		if why := carried(v.Type(), nil); why != "" {
			wrong = append(wrong, unbuilt{by, placeOf(by, name), fmt.Sprintf("the value of the session's variable %s cannot be passed to native functions: %s", name, why)})
			return
		}
		b.vars = append(b.vars, name)
		uses := map[string]bool{}
		mentions(v.Type(), uses)
		for _, n := range sortedKeys(uses) {
			need(n, by)
		}
	}
	for _, d := range b.funcs {
		need(d.names[0], d)
	}
	slices.Sort(b.vars)
	return wrong
}

// placeOf is where a declaration mentions a name.
func placeOf(d *decl, name string) token.Pos {
	at := d.node.Pos()
	ast.Inspect(d.node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && strings.TrimSuffix(id.Name, mark) == name && at == d.node.Pos() {
			at = id.Pos()
		}
		return true
	})
	return at
}

// unbuildable is what a declaration has that cannot be built.
func (b *nativeBuild) unbuildable(d *decl) (wrong []unbuilt) {
	if d.names[0] == "main" {
		wrong = append(wrong, unbuilt{d, d.node.Pos(), "a native program has a main of its own: call this function something else"})
	}
	for _, name := range sortedKeys(d.effects.sets) {
		wrong = append(wrong, unbuilt{d, d.effects.sets[name], fmt.Sprintf("a native function can read the session's variable %s, but not set it: return the value, or leave %s out", name, nativeMagic)})
	}
	for _, name := range sortedKeys(d.effects.packages) {
		path := d.unit.paths[name]
		switch first, _, _ := strings.Cut(path, "/"); {
		case strings.HasPrefix(path, gonum+"/"):
			b.modules[gonum] = true
		case strings.Contains(first, "."):
			wrong = append(wrong, unbuilt{d, placeOf(d, name), fmt.Sprintf("native functions cannot use %q, whose source is not there to build: they have Go's standard library and gonum", path)})
		}
	}
	return wrong
}

const gonum = "gonum.org/v1/gonum"

// uncallable is why a function cannot be called from another process, or
// nothing.
func (b *nativeBuild) uncallable(d *decl) string {
	f := d.node.(*ast.FuncDecl)
	if generic(f, b.c.decls) {
		return "which is generic"
	}
	sig := b.c.decls.Defs[f.Name].(*types.Func).Signature()
	for v := range receiverFirst(sig).Params().Variables() {
		if isRand(v.Type()) {
			continue
		}
		if why := crosses(v.Type(), nil); why != "" {
			return fmt.Sprintf("whose parameter %s cannot be passed: %s", types.TypeString(v.Type(), nameless), why)
		}
	}
	for v := range sig.Results().Variables() {
		if why := crosses(v.Type(), nil); why != "" {
			return fmt.Sprintf("whose result %s cannot be passed: %s", types.TypeString(v.Type(), nameless), why)
		}
	}
	return ""
}

func nameless(p *types.Package) string {
	if p.Path() == sessionPath {
		return ""
	}
	return p.Name()
}

// receiverFirst is the type of a method as a function.
func receiverFirst(sig *types.Signature) *types.Signature {
	if sig.Recv() == nil {
		return sig
	}
	params := []*types.Var{sig.Recv()}
	for v := range sig.Params().Variables() {
		params = append(params, v)
	}
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())
}

// isRand reports whether a type is *rand.Rand of math/rand/v2.
func isRand(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	n := named(p.Elem())
	return n != nil && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "math/rand/v2" && n.Obj().Name() == "Rand"
}

// crosses is why values of a type cannot be parameters or results of a function
// of another process, or nothing: what they lead to would be another thing
// there. Slices are kept the same by package wire.
func crosses(t types.Type, around []types.Type) string {
	if _, ok := t.Underlying().(*types.Map); ok {
		return "a map would be a copy"
	}
	return part(t, around, crosses)
}

// carried is why a variable's value cannot be copied to another process, or
// nothing.
func carried(t types.Type, around []types.Type) string {
	if m, ok := t.Underlying().(*types.Map); ok {
		if why := carried(m.Key(), around); why != "" {
			return why
		}
		return carried(m.Elem(), around)
	}
	return part(t, around, carried)
}

// part looks into a type by way of ask.
func part(t types.Type, around []types.Type, ask func(types.Type, []types.Type) string) string {
	if slices.ContainsFunc(around, func(o types.Type) bool { return types.Identical(o, t) }) {
		return "a " + types.TypeString(t, nameless) + " may contain itself"
	}
	around = append(slices.Clip(around), t)
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Kind() == types.UnsafePointer || u.Kind() == types.Uintptr {
			return "it is an address"
		}
		return ""
	case *types.Slice:
		return ask(u.Elem(), around)
	case *types.Array:
		return ask(u.Elem(), around)
	case *types.Struct:
		for f := range u.Fields() {
			if n := named(t); n != nil && !own(n.Obj()) && !f.Exported() {
				return "a " + types.TypeString(t, nameless) + " has fields that others do not see"
			}
			if why := ask(f.Type(), around); why != "" {
				return "its field " + f.Name() + ": " + why
			}
		}
		return ""
	case *types.Pointer:
		return "a pointer leads to memory of this process"
	case *types.Signature:
		return "a func is code of this process"
	case *types.Chan:
		return "a channel ends in this process"
	case *types.Interface:
		return "an interface may hold anything"
	}
	return "a " + types.TypeString(t, nameless) + " is of this process"
}

// build writes the sources and has them built.
func (b *nativeBuild) build(ctx context.Context) (wrong []unbuilt, err error) {
	p := native.Program{Files: b.files(), Vars: b.vars, Modules: sortedKeys(b.modules)}
	for _, d := range b.funcs {
		p.Funcs = append(p.Funcs, d.names[0])
	}
	b.s.mu.Unlock()
	defer b.s.mu.Lock()
	b.binary, err = native.Build(ctx, p)
	var against *native.SourceError
	if !errors.As(err, &against) {
		if err == nil {
			b.connect()
		}
		return nil, err
	}
	for _, p := range against.Problems {
		at := slices.IndexFunc(b.needs, func(d *decl) bool {
			return sourceFile(slices.Index(b.units, d.unit)) == p.File && d.contains(token.Position{Line: p.Line, Column: p.Column})
		})
		if at < 0 {
			return nil, err
		}
		d := b.needs[at]
		into := d.unit.offset(token.Position{Line: p.Line, Column: p.Column}) - d.unit.offset(b.s.fset.Position(d.node.Pos()))
		wrong = append(wrong, unbuilt{d, d.node.Pos() + token.Pos(into), p.Message})
	}
	return wrong, nil
}

// sourceFile is what places of the i-th cell are called. It does not depend on
// the cell's number, so that a program is found again in another session.
func sourceFile(i int) string { return fmt.Sprintf("cell%d/%s", i, unitBase) }

// files are the sources: a file for each cell, because imports belong to files,
// and one for the session's variables. Positions are those in the cells.
func (b *nativeBuild) files() map[string]string {
	files := map[string]string{}
	for i, u := range b.units {
		imported := map[string]bool{}
		var body strings.Builder
		for _, d := range b.needs {
			if d.unit == u {
				maps.Copy(imported, d.effects.packages)
				b.write(&body, d, sourceFile(i))
			}
		}
		var head strings.Builder
		head.WriteString("package main\n\n")
		for _, name := range sortedKeys(imported) {
			path := u.paths[name]
			if strings.HasPrefix(name, mark) { // the source names what is in it alone
				name = "."
			}
			fmt.Fprintf(&head, "import %s %q\n", name, path)
		}
		files[fmt.Sprintf("cell%d.go", i)] = head.String() + body.String()
	}
	files["variables.go"] = b.variables()
	return files
}

func (b *nativeBuild) write(w *strings.Builder, d *decl, file string) {
	line := strings.Count(d.unit.src[:d.from], "\n") + 1
	column := d.from - strings.LastIndexByte(d.unit.src[:d.from], '\n')
	g, general := d.node.(*ast.GenDecl)
	switch {
	case general && g.Tok == token.TYPE:
		fmt.Fprintf(w, "\ntype\n//line %s:%d:%d\n%s\n", file, line, column, d.text)
	case general: // of a group of constants, some may be gone
		var text bytes.Buffer
		format.Node(&text, token.NewFileSet(), d.outline(true))
		fmt.Fprintf(w, "\n%s\n", strings.ReplaceAll(text.String(), mark, ""))
	default:
		fmt.Fprintf(w, "\n//line %s:%d:%d\n%s\n", file, line, column, d.text)
	}
}

// variables declares the session's variables.
func (b *nativeBuild) variables() string {
	b.aliases = map[string]string{}
	sp := &speller{pos: token.NoPos, local: func(n string) string { return n }, pkg: func(path string) (string, bool) {
		if b.aliases[path] == "" {
			b.aliases[path] = "pkg" + mark + strconv.Itoa(len(b.aliases))
		}
		return b.aliases[path], true
	}}
	var body bytes.Buffer
	for _, name := range b.vars {
		fmt.Fprintf(&body, "\nvar %s ", name)
		format.Node(&body, token.NewFileSet(), sp.expr(b.c.pkg.Scope().Lookup(name).Type()))
	}
	text := "package main\n"
	for _, path := range sortedKeys(b.aliases) {
		text += fmt.Sprintf("\nimport %s %q", b.aliases[path], path)
	}
	return text + "\n" + body.String() + "\n"
}

// connect makes what calls the functions.
func (b *nativeBuild) connect() {
	p := &nativeProgram{s: b.s, units: b.units, names: b.vars, pool: native.NewPool(b.binary, b.s.stderr)}
	b.c.natives = map[string]*nativeFunc{}
	for i, d := range b.funcs {
		f := d.node.(*ast.FuncDecl)
		sig := receiverFirst(b.c.decls.Defs[f.Name].(*types.Func).Signature())
		b.c.natives[d.names[0]] = &nativeFunc{program: p, name: d.names[0], index: i, sig: sig, check: len(b.vars) > 0 && !b.next.concurrent(d.effects)}
	}
}

// report is the line about what was built.
func (b *nativeBuild) report() string {
	var lines []string
	if len(b.funcs) > 0 {
		var names []string
		for _, d := range b.funcs {
			names = append(names, d.names[0])
		}
		how := "built before"
		if b.binary.Took > 0 {
			how = fmt.Sprintf("built in %.2f s", b.binary.Took.Round(10*time.Millisecond).Seconds())
		}
		lines = append(lines, fmt.Sprintf("native: %s; %s by %s", strings.Join(names, ", "), how, b.binary.Go))
	}
	return strings.Join(append(lines, b.kept...), "\n") + "\n"
}

// declareNative makes a variable of a function, which the plan's setup sets, and
// the function that earlier cells call in the place of an interpreted one.
func (l *lowering) declareNative(f *nativeFunc, decl *ast.FuncDecl, name string) {
	id := len(l.s.natives)
	f.key = l.functionKey(decl.Name.Name, l.info.Defs[decl.Name].(*types.Func).Signature())
	l.s.natives = append(l.s.natives, f)
	l.s.nativeNames[name] = true
	l.plan.decls = append(l.plan.decls, l.varDecl(name, l.spell(f.sig)))
	for i, v := range f.program.names {
		l.plan.setup = append(l.plan.setup, &ast.ExprStmt{X: l.hook("NativeReads", number(l.pos, id), number(l.pos, i), l.addr(l.id(l.name(v))))})
	}
	l.plan.setup = append(l.plan.setup, &ast.ExprStmt{X: l.hook("Native", number(l.pos, id), l.addr(l.id(name)))})
	if len(l.s.versions[f.key]) > 0 {
		in, args := l.params(f.sig)
		c := l.apply(l.id(name), args...)
		if f.sig.Variadic() {
			c.Ellipsis = l.pos
		}
		d := &ast.FuncDecl{Name: l.id(l.s.fresh(decl.Name.Name)), Type: &ast.FuncType{Func: l.pos, Params: in, Results: l.outs(f.sig)}, Body: l.block(l.result(f.sig, c)...)}
		l.plan.functions[d.Name.Name] = routine{key: f.key, decl: d}
		l.plan.decls = append(l.plan.decls, d)
	}
}
