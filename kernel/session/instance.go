package session

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// instance is the name of the function that a generic function or method, or a
// function of a library that is there as source, has become for its type
// arguments.
func (l *lowering) instance(f *types.Func, recv *types.Named, args []types.Type) string {
	f = f.Origin()
	short := f.Name()
	if r := f.Signature().Recv(); r != nil {
		short = named(r.Type()).Obj().Name() + "." + short
	}
	var keys []string
	for _, a := range args {
		keys = append(keys, l.key(a))
	}
	id := f.Pkg().Path() + "." + short
	if own(f) {
		id = l.name(short)
	}
	key := "func " + id + "[" + strings.Join(keys, ",") + "]"
	for _, known := range []map[string]string{l.s.erased, l.plan.erased} {
		if known[key] != "" {
			return known[key]
		}
	}
	const deepest = 60
	if l.env != nil && l.env.depth > deepest {
		l.refuse(l.pos, "the instances of "+short+" never end: each needs another one")
		return "nil"
	}
	node, info := l.source(f, short)
	if node == nil {
		l.refuse(l.pos, short+" is generic, and the interpreter does not have its source: write a function of your own")
		return "nil"
	}
	name := l.s.fresh(short)
	l.plan.erased[key] = name
	sig := info.Defs[node.Name].(*types.Func).Signature()
	params := sig.TypeParams()
	if recv != nil {
		params = sig.RecvTypeParams()
	}
	e := &env{args: map[*types.TypeParam]types.Type{}, key: name[strings.LastIndex(name, mark)+len(mark):], local: map[*types.TypeName]types.Type{}, depth: 1}
	if l.env != nil {
		e.depth = l.env.depth + 1
	}
	for i := range params.Len() {
		e.args[params.At(i)] = args[i]
		e.list += map[bool]string{true: ","}[i > 0] + l.s.plain(linkName(args[i]))
	}
	one := &lowering{s: l.s, plan: l.plan, info: info, name: l.owner.name, decls: l.decls, names: map[types.Object]string{}, env: e, owner: l.owner, pos: node.Pos()}
	m := routine{decl: one.funcDecl(node, sig, name)}
	l.plan.decls = append(l.plan.decls, m.decl)
	if own(f) {
		id := short + "[" + strings.Join(keys, ",") + "]"
		if r := sig.Recv(); r != nil {
			id = one.key(one.typ(r.Type())) + "." + id
		}
		m.key, m.generic, m.args = one.functionKey(id, one.typ(sig).(*types.Signature)), short, args
		l.plan.functions[name] = m
	}
	return name
}

// source finds the syntax of a generic function and what the checker knows
// about it.
func (l *lowering) source(f *types.Func, short string) (*ast.FuncDecl, *types.Info) {
	if !own(f) {
		lib := l.s.world.generics[f.Pkg().Path()]
		if lib == nil {
			return nil, nil
		}
		return lib.funcs[short], lib.info
	}
	find := func(decls []*decl) *decl {
		for _, d := range decls {
			if slices.Contains(d.names, short) {
				return d
			}
		}
		return nil
	}
	c := l.decls
	d := find(c.fresh)
	if d == nil {
		d = find(c.again)
	}
	info := c.decls
	if d == nil {
		if d = find(c.base.decls); d == nil {
			return nil, nil
		}
		info = d.info
	}
	node, _ := d.node.(*ast.FuncDecl)
	return node, info
}

// desc is the number under which the session knows a type (see box.go).
func (l *lowering) desc(t types.Type) ast.Expr {
	plain := *l
	plain.env = nil
	d := plain.describe(t)
	return number(l.pos, d.id)
}

// describe makes the session's description of a type, and has the program tell
// it the methods of the type and of the types it is made of.
func (l *lowering) describe(t types.Type) *desc {
	t = types.Unalias(t)
	key := l.key(t)
	d := l.s.descs[key]
	if d == nil {
		d = &desc{id: l.s.types.len(), key: key, name: l.s.plain(runtimeName(t)), typ: t, methods: map[string]*method{}}
		l.s.descs[key] = d
		l.s.types.add(d)
		d.faithful, d.wrapped = l.faithful(t), l.wrapped(t)
		if d.faithful {
			d.rtype = l.s.world.reflected(t)
		}
		l.parts(d, t)
		if n, ok := t.(*types.Named); ok && !d.faithful && !types.IsInterface(n) && types.NewMethodSet(types.NewPointer(n)).Len() > 0 {
			d.pointer = l.describe(types.NewPointer(n))
		}
	}
	if !l.late && !d.told && !l.owner.described[key] && !d.faithful {
		l.owner.described[key] = true
		l.plan.told = append(l.plan.told, d)
		l.tellMethods(d, t)
		for _, p := range d.parts() {
			l.describe(p.typ)
		}
	}
	return d
}

func (l *lowering) parts(d *desc, t types.Type) {
	if n, ok := t.(*types.Named); ok {
		if i, ok := n.Underlying().(*types.Interface); ok {
			l.interfaceParts(d, i)
			if foreign(n) {
				d.rtype = l.s.world.reflected(t)
			}
			return
		}
	}
	if i, ok := t.(*types.Interface); ok {
		l.interfaceParts(d, i)
		return
	}
	if d.faithful {
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		d.elem = l.describe(u.Elem())
	case *types.Slice:
		d.elem = l.describe(u.Elem())
	case *types.Array:
		d.elem = l.describe(u.Elem())
	case *types.Chan:
		d.elem = l.describe(u.Elem())
	case *types.Map:
		d.keys, d.elem = l.describe(u.Key()), l.describe(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			f := u.Field(i)
			d.fields = append(d.fields, fieldDesc{name: f.Name(), exported: f.Exported(), embedded: f.Embedded(), tag: u.Tag(i), typ: l.describe(f.Type())})
		}
	}
}

func (l *lowering) interfaceParts(d *desc, i *types.Interface) {
	d.iface = true
	for m := range i.Methods() {
		d.wants = append(d.wants, want{m.Name(), l.key(m.Signature())})
	}
}

// tellMethods has the program give the session a maker for each method of a
// type: from a receiver to the method as a function.
func (l *lowering) tellMethods(d *desc, t types.Type) {
	if types.IsInterface(t) {
		return
	}
	for s := range types.NewMethodSet(t).Methods() {
		m, ok := s.Obj().(*types.Func)
		if !ok || !m.Exported() && !own(m) {
			continue
		}
		sig := m.Signature()
		typ, rtyp := l.spell(types.NewSignatureType(nil, nil, nil, sig.Params(), sig.Results(), sig.Variadic())), l.spell(t)
		l.pos = l.plan.at
		r := l.new()
		in, args := l.params(sig)
		c := l.methodOn(r, t, m, s.Index(), args)
		if sig.Variadic() {
			c.Ellipsis = l.pos
		}
		f := l.passing(in, l.outs(sig), append(l.notNil(r, t, m, s.Index()), l.result(sig, c)...)...)
		maker := l.function(l.list1(l.field(r.Name, rtyp)), l.list1(&ast.Field{Type: typ}), l.ret(f))
		id := l.new()
		l.plan.setup = append(l.plan.setup, l.define1(id, maker),
			&ast.ExprStmt{X: l.hook("Tell", number(l.pos, d.id), l.text(m.Name()), l.text(l.key(sig)), id)})
	}
}

// notNil checks, for a function of a value method, that the pointer whose method it is
// leads to a value.
func (l *lowering) notNil(r ast.Expr, t types.Type, m *types.Func, path []int) []ast.Stmt {
	if _, ptr := t.(*types.Pointer); !ptr || len(path) > 1 {
		return nil
	}
	if _, wants := types.Unalias(m.Signature().Recv().Type()).(*types.Pointer); wants {
		return nil
	}
	typ := strings.TrimPrefix(l.s.plain(runtimeName(t)), "*")
	if name, _, generic := strings.Cut(typ, "["); generic {
		typ = name + "[...]"
	}
	return []ast.Stmt{&ast.IfStmt{Cond: &ast.BinaryExpr{X: r, Op: token.EQL, Y: l.id("nil")},
		Body: l.block(&ast.ExprStmt{X: l.hook("NilMethod", l.text(typ), l.text(m.Name()))})}}
}

// redescribe tells the methods again of the types that have a method of a
// type, when that has changed.
func (l *lowering) redescribe(recv string) {
	pkg := l.decls.pkg
	if l.owner.again[recv] {
		return
	}
	l.owner.again[recv] = true
	for _, n := range pkg.Scope().Names() {
		tn, ok := pkg.Scope().Lookup(n).(*types.TypeName)
		if !ok {
			continue
		}
		nt, ok := tn.Type().(*types.Named)
		if !ok || nt.TypeParams().Len() > 0 || types.IsInterface(nt) {
			continue
		}
		if !hasMethodOf(nt, recv) {
			continue
		}
		for _, t := range []types.Type{nt, types.NewPointer(nt)} {
			if d := l.s.descs[l.key(t)]; d != nil && !l.owner.described[d.key] {
				l.owner.described[d.key] = true
				l.tellMethods(d, t)
			}
		}
	}
	now := &env{now: pkg}
	for _, key := range sortedKeys(l.s.descs) { // instances
		d := l.s.descs[key]
		if n := named(d.typ); n == nil || !own(n.Obj()) || n.TypeArgs().Len() == 0 || l.owner.described[key] || !d.told {
			continue
		}
		if t := now.subst(l.s.context, d.typ); l.key(t) == key && hasMethodOf(t, recv) {
			l.owner.described[key] = true
			l.tellMethods(d, t)
		}
	}
}

// hasMethodOf reports whether a type, or a pointer to it, has a method that a type of
// the session declares.
func hasMethodOf(t types.Type, recv string) bool {
	if _, ok := t.(*types.Pointer); !ok {
		t = types.NewPointer(t)
	}
	for s := range types.NewMethodSet(t).Methods() {
		if f, ok := s.Obj().(*types.Func); ok {
			if r := named(f.Signature().Recv().Type()); r != nil && own(r.Obj()) && r.Obj().Name() == recv {
				return true
			}
		}
	}
	return false
}

// display is a type as Go prints it.
func (l *lowering) display(t types.Type) string {
	text := types.TypeString(t, func(p *types.Package) string { return p.Name() })
	return l.s.plain(text)
}
