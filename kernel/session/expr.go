package session

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"math/big"
	"slices"
	"strconv"
)

// exprAs lowers an expression that is used as a value of type to.
func (l *lowering) exprAs(e ast.Expr, to types.Type) ast.Expr {
	tv := l.info.Types[e]
	if tv.Value != nil && !types.IsInterface(to) {
		return l.constant(tv.Value, to)
	}
	if tv.IsNil() {
		if l.wrapped(to) || l.withoutWrapper(to) {
			return l.zero(to)
		}
		return l.id("nil")
	}
	if i, ok := to.Underlying().(*types.Interface); ok && i.NumMethods() > 0 {
		if w := l.writer(e); w != nil {
			return w
		}
	}
	return l.convert(l.expr(e), l.typeOf(e), to)
}

// withoutWrapper reports whether a type is an interface of a package of which the
// interpreter cannot make a nil.
func (l *lowering) withoutWrapper(t types.Type) bool {
	if !types.IsInterface(t) || boxed(t) {
		return false
	}
	r := l.s.world.reflected(t)
	return r != nil && !l.s.world.wrapper(r).IsValid()
}

func unnamedStruct(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Struct)
	return ok
}

// convert takes a lowered value of one type to a type that it can be assigned
// to. Interfaces make a difference, and structs without names.
func (l *lowering) convert(x ast.Expr, from, to types.Type) ast.Expr {
	if !types.IsInterface(to) {
		if from != nil && l.wrapped(from) != l.wrapped(to) {
			return l.wrap(l.unwrap(x, from), to)
		}
		if from != nil && unnamedStruct(from) && !unnamedStruct(to) {
			return &ast.CallExpr{Fun: l.spell(to), Args: []ast.Expr{x}} // else its methods are not there
		}
		return x
	}
	if _, ok := to.(*types.TypeParam); ok {
		return x
	}
	if b, ok := from.(*types.Basic); ok {
		if b.Kind() == types.UntypedNil {
			return x
		}
		from = types.Default(b)
	}
	if types.IsInterface(from) {
		switch {
		case boxed(from) && boxed(to), !boxed(from) && !boxed(to) && l.same(from, to):
			return x
		case !boxed(from) && !boxed(to):
			return l.as(x, to, "Into")
		case boxed(to):
			return l.hook("Out", x)
		}
		return l.as(x, to, "Into")
	}
	if l.faithful(from) {
		if boxed(to) {
			return l.hook("Any", x)
		}
		switch ast.Unparen(x).(type) {
		case *ast.BinaryExpr, *ast.UnaryExpr: // of which the interpreter makes nil
			return l.as(l.hook("Any", x), to, "Into")
		}
		return x
	}
	box := l.hook("Box", l.desc(from), x)
	if to.Underlying().(*types.Interface).NumMethods() > 0 {
		l.s.descs[l.key(from)].becomes(l.pos, l.env == nil && l.info == l.decls.stmts)
	}
	if boxed(to) {
		return box
	}
	for m := range to.Underlying().(*types.Interface).Methods() {
		if !m.Exported() && !own(m) {
			l.refuse(l.pos, "a cell's "+l.display(from)+" becomes a "+l.display(to)+" by what it embeds alone, since the method "+m.Name()+" is its package's own: use the embedded field")
			break
		}
	}
	return l.as(box, to, "Into")
}

// as is a value in an interface as one of type to: how is the hook that stores
// it, Into where it is known to fit and As where it must be asked.
func (l *lowering) as(x ast.Expr, to types.Type, how string) ast.Expr {
	t := l.spell(to)
	f := l.helper(how+" "+l.key(to), func(name string) ast.Decl {
		v, r := l.id("v"), l.id("r")
		return &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1(l.field("v", l.id("any"))), Results: l.list1(l.field("r", t))},
			Body: l.block(&ast.ExprStmt{X: l.hook(how, l.addr(r), v, l.desc(to))}, l.ret(r))}
	})
	return l.apply(f, x)
}

// asserted is x.(to) for x of an interface type.
func (l *lowering) asserted(x ast.Expr, from, to types.Type) ast.Expr {
	name := l.s.plain(runtimeName(from))
	if name == "interface {}" {
		return l.as(x, to, "As")
	}
	t := l.spell(to)
	f := l.helper("AsFrom "+l.key(from)+" "+l.key(to), func(fun string) ast.Decl {
		v, r := l.id("v"), l.id("r")
		return &ast.FuncDecl{Name: l.id(fun), Type: &ast.FuncType{Func: l.pos, Params: l.list1(l.field("v", l.id("any"))), Results: l.list1(l.field("r", t))},
			Body: l.block(&ast.ExprStmt{X: l.hook("AsFrom", l.addr(r), v, l.desc(to), l.text(name))}, l.ret(r))}
	})
	return l.apply(f, x)
}

// helper is the name of a function that is made once for each key.
func (l *lowering) helper(key string, make func(name string) ast.Decl) ast.Expr {
	name := l.s.erased[key]
	if name == "" {
		name = l.plan.erased[key]
	}
	if name == "" {
		name = l.s.fresh("f")
		l.plan.erased[key] = name
		l.plan.decls = append(l.plan.decls, make(name))
	}
	return l.id(name)
}

// constant writes a constant as a value of a type.
func (l *lowering) constant(v constant.Value, t types.Type) ast.Expr {
	if p, ok := t.(*types.TypeParam); ok {
		t = p.Constraint()
	}
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		basic = types.Typ[types.UntypedNil]
	}
	basic = types.Default(basic).(*types.Basic)
	lit := func(kind token.Token, text string) ast.Expr {
		if text[0] == '-' {
			return &ast.UnaryExpr{OpPos: l.pos, Op: token.SUB, X: &ast.BasicLit{ValuePos: l.pos, Kind: kind, Value: text[1:]}}
		}
		return &ast.BasicLit{ValuePos: l.pos, Kind: kind, Value: text}
	}
	typ := l.spell(t)
	info := basic.Info()
	float := func(v constant.Value, bits int) ast.Expr {
		f, _ := constant.Float64Val(constant.ToFloat(v))
		if bits == 32 {
			f32, _ := constant.Float32Val(constant.ToFloat(v))
			f = float64(f32)
		}
		if f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return lit(token.FLOAT, strconv.FormatFloat(f, 'f', 1, 64))
		}
		return lit(token.FLOAT, strconv.FormatFloat(f, 'e', -1, 64))
	}
	of := func(x ast.Expr) ast.Expr { // of the type, where that is another than the literal's
		if n, ok := types.Unalias(t).(*types.Named); ok && foreign(n) {
			return l.apply(typ, x)
		}
		return x
	}
	switch {
	case info&types.IsBoolean != 0:
		return of(l.id(strconv.FormatBool(constant.BoolVal(v))))
	case info&types.IsString != 0:
		return of(&ast.BasicLit{ValuePos: l.pos, Kind: token.STRING, Value: strconv.Quote(constant.StringVal(v))})
	case info&types.IsInteger != 0:
		i := constant.ToInt(v)
		if basic.Kind() == types.Int {
			return of(lit(token.INT, i.ExactString()))
		}
		if u, ok := constant.Uint64Val(i); ok && u > math.MaxInt64 { // the interpreter's constants are int64
			return l.apply(typ, l.hook("Big", l.text(strconv.FormatUint(u, 16))))
		}
		return l.apply(typ, lit(token.INT, i.ExactString()))
	case info&types.IsFloat != 0:
		bits := 64
		if basic.Kind() == types.Float32 {
			bits = 32
		}
		return l.apply(typ, float(v, bits))
	case info&types.IsComplex != 0:
		bits := 64
		if basic.Kind() == types.Complex64 {
			bits = 32
		}
		c := constant.ToComplex(v)
		return l.apply(typ, l.hook("Complex", float(constant.Real(c), bits), float(constant.Imag(c), bits)))
	}
	l.refuse(l.pos, "the interpreter has no constants of this type")
	return l.id("nil")
}

// writer is what takes the place of os.Stdout and os.Stderr, or nil.
func (l *lowering) writer(x ast.Expr) ast.Expr {
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	v, ok := l.info.Uses[sel.Sel].(*types.Var)
	if ok && v.Pkg() != nil && v.Pkg().Path() == "os" && (v.Name() == "Stdout" || v.Name() == "Stderr") {
		return &ast.SelectorExpr{X: l.id(hooks), Sel: l.id(v.Name())}
	}
	return nil
}

// expr lowers an expression as a value of its own type.
func (l *lowering) expr(e ast.Expr) ast.Expr {
	if e.Pos().IsValid() {
		l.pos = e.Pos()
	}
	tv := l.info.Types[e]
	if tv.Value != nil {
		return l.constant(tv.Value, l.typ(types.Default(tv.Type)))
	}
	if tv.IsType() {
		return l.spell(l.typ(tv.Type))
	}
	if name := l.hoisted[e]; name != "" {
		return l.id(name)
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return l.expr(e.X) // the interpreter mixes up (x) within && and ||
	case *ast.Ident:
		return l.ident(e)
	case *ast.FuncLit:
		t, b := l.body([]*ast.FieldList{e.Type.Params}, e.Type.Results, l.info.TypeOf(e).(*types.Signature), e.Body)
		return &ast.FuncLit{Type: t, Body: b}
	case *ast.CompositeLit:
		return l.literal(e)
	case *ast.SelectorExpr:
		return l.selector(e)
	case *ast.IndexExpr:
		return l.index(e)
	case *ast.IndexListExpr:
		return l.funcValue(e.X)
	case *ast.SliceExpr:
		return l.slice(e)
	case *ast.TypeAssertExpr:
		to := l.typeOf(e.Type)
		return l.asserted(l.exprAs(e.X, anyType), l.typeOf(e.X), to)
	case *ast.CallExpr:
		return l.call(e)
	case *ast.StarExpr:
		return l.deref(l.under(e.X), l.typeOf(e.X).Underlying())
	case *ast.UnaryExpr:
		return l.unary(e)
	case *ast.BinaryExpr:
		return l.binary(e)
	}
	l.refuse(e.Pos(), "the interpreter does not know this expression")
	return l.id("nil")
}

func (l *lowering) ident(e *ast.Ident) ast.Expr {
	obj := l.info.ObjectOf(e)
	name := e.Name
	switch o := obj.(type) {
	case *types.Func:
		return l.funcValue(e)
	case *types.Var:
		if n := l.names[o]; n != "" {
			name = n
		} else if global(o) {
			name = l.name(o.Name())
		}
	}
	return &ast.Ident{NamePos: e.NamePos, Name: name}
}

// target lowers what is assigned to.
func (l *lowering) target(e ast.Expr) ast.Expr {
	if id, ok := e.(*ast.Ident); ok {
		if id.Name == "_" {
			return id
		}
		if l.info.Defs[id] != nil && l.names[l.info.Defs[id]] == "" {
			return l.bind(id)
		}
		if obj := l.info.Defs[id]; obj != nil {
			return &ast.Ident{NamePos: id.NamePos, Name: l.names[obj]}
		}
	}
	return l.variable(e, true)
}

// variable lowers an expression that stands for a variable, and not its value;
// whole is true when it is assigned to or its address is taken.
func (l *lowering) variable(e ast.Expr, whole bool) ast.Expr {
	switch x := ast.Unparen(e).(type) {
	case *ast.StarExpr:
		return &ast.StarExpr{Star: x.Star, X: l.under(x.X)}
	case *ast.IndexExpr:
		if _, ok := l.typeOf(x.X).Underlying().(*types.Array); ok {
			return &ast.IndexExpr{X: l.unwrap(l.variable(x.X, whole), l.typeOf(x.X)), Lbrack: x.Lbrack, Index: l.subscript(x.Index), Rbrack: x.Rbrack}
		}
	case *ast.SelectorExpr:
		if v, ok := l.info.Uses[x.Sel].(*types.Var); ok && l.pkgName(x.X) != nil {
			return l.imported(v)
		}
		if l.pkgName(x.X) == nil && !l.info.Types[x.X].IsType() {
			t := l.typeOf(x.X)
			obj, path, _ := l.lookup(t, x.Sel.Name, l.info.Uses[x.Sel])
			if _, ok := obj.(*types.Var); ok {
				var base ast.Expr
				if _, ptr := t.Underlying().(*types.Pointer); ptr {
					base = l.expr(x.X)
				} else {
					base = l.variable(x.X, whole)
				}
				if whole {
					return l.steps(base, t, path)
				}
				for _, i := range path {
					base, t = l.step(base, t, i)
				}
				return base
			}
		}
	}
	return l.expr(e)
}

// funcRef is a declared function as a value.
func (l *lowering) funcRef(e ast.Expr) ast.Expr {
	var id *ast.Ident
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = x
	case *ast.SelectorExpr:
		id = x.Sel
	default:
		return l.expr(e)
	}
	obj, ok := l.info.Uses[id].(*types.Func)
	if !ok {
		return l.expr(e)
	}
	var args []types.Type
	if inst, ok := l.info.Instances[id]; ok {
		for t := range inst.TypeArgs.Types() {
			args = append(args, l.typ(t))
		}
	}
	switch {
	case own(obj) && len(args) == 0:
		return l.id(l.name(obj.Name()))
	case len(args) == 0 && l.s.world.has(obj.Pkg().Path(), obj.Name()):
		return l.imported(obj)
	}
	return l.id(l.instance(obj, nil, args))
}

// funcValue is a declared function as a value. The interpreter passes its own
// functions on as something else than a function, unless it is in a literal.
func (l *lowering) funcValue(e ast.Expr) ast.Expr {
	f := l.funcRef(e)
	if _, compiled := f.(*ast.SelectorExpr); compiled {
		if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok {
			if o, ok := l.info.Uses[sel.Sel].(*types.Func); ok && formats(o) {
				return l.formatFunc(f, o)
			}
		}
		return f
	}
	name := f.(*ast.Ident).Name
	if l.s.nativeNames[name] {
		return f
	}
	var id *ast.Ident
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = x
	case *ast.SelectorExpr:
		id = x.Sel
	}
	sig, ok := l.typeOf(id).(*types.Signature)
	if inst, have := l.info.Instances[id]; have {
		sig, ok = l.typ(inst.Type).(*types.Signature)
	}
	if !ok {
		return f
	}
	if obj := l.info.Uses[id]; own(obj) {
		return l.apply(l.value(name))
	}
	in, args := l.params(sig)
	c := l.apply(f, args...)
	if sig.Variadic() {
		c.Ellipsis = l.pos
	}
	return l.passing(in, l.outs(sig), l.result(sig, c)...)
}

// formatFunc is a function of package fmt that prints by a format, as a value.
func (l *lowering) formatFunc(f ast.Expr, of *types.Func) ast.Expr {
	sig := of.Signature()
	in, args := l.params(sig)
	n := len(args)
	before := l.assign(token.ASSIGN, args[n-2:], []ast.Expr{l.verbs(of, args[n-2], args[n-1])})
	c := l.apply(f, args...)
	c.Ellipsis = l.pos
	return l.passing(in, l.outs(sig), append([]ast.Stmt{before}, l.result(sig, c)...)...)
}

// imported is an object of a compiled package.
func (l *lowering) imported(obj types.Object) ast.Expr {
	return &ast.SelectorExpr{X: l.id(l.s.alias(obj.Pkg().Path())), Sel: l.id(obj.Name())}
}

// packageVariable is the value of a package's variable. The interpreter reads it
// once, when it compiles what it is assigned to or put into, so a function reads
// it; errors, which nobody assigns, it may read as it likes.
func (l *lowering) packageVariable(v *types.Var) ast.Expr {
	if isError(v.Type()) {
		return l.imported(v)
	}
	return l.apply(l.helper("variable "+v.Pkg().Path()+"."+v.Name(), func(name string) ast.Decl {
		return &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1(), Results: l.list1(&ast.Field{Type: l.spell(v.Type())})},
			Body: l.block(l.ret(l.imported(v)))}
	}))
}

func (l *lowering) selector(e *ast.SelectorExpr) ast.Expr {
	if id, ok := e.X.(*ast.Ident); ok {
		if _, ok := l.info.Uses[id].(*types.PkgName); ok {
			obj := l.info.Uses[e.Sel]
			switch obj := obj.(type) {
			case *types.Func:
				return l.funcValue(e)
			case *types.Var:
				return l.packageVariable(obj)
			}
			return l.imported(obj)
		}
	}
	if l.info.Types[e.X].IsType() {
		return l.methodExpr(e)
	}
	t := l.typeOf(e.X)
	obj, path, indirect := l.lookup(t, e.Sel.Name, l.info.Uses[e.Sel])
	_ = indirect
	switch o := obj.(type) {
	case *types.Var:
		x, xt := l.expr(e.X), t
		for _, i := range path {
			x, xt = l.step(x, xt, i)
		}
		return x
	case *types.Func:
		return l.methodValue(e, o)
	}
	l.refuse(e.Sel.Pos(), "the interpreter does not find "+e.Sel.Name)
	return l.id("nil")
}

// lookup finds a field or method by name; the object that the checker found
// says in which package an unexported name is.
func (l *lowering) lookup(t types.Type, name string, found types.Object) (types.Object, []int, bool) {
	var pkg *types.Package
	if found != nil {
		pkg = found.Pkg()
	}
	return types.LookupFieldOrMethod(t, true, pkg, name)
}

// field1 selects one field as the interpreter has it.
func (l *lowering) field1(x ast.Expr, t types.Type, i int) (ast.Expr, types.Type) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	f := t.Underlying().(*types.Struct).Field(i)
	name := f.Name()
	if n, ok := types.Unalias(t).(*types.Named); !ok || !foreign(n) {
		name = fieldName(f, i)
	}
	return &ast.SelectorExpr{X: x, Sel: l.id(name)}, f.Type()
}

// step selects one field as a value.
func (l *lowering) step(x ast.Expr, t types.Type, i int) (ast.Expr, types.Type) {
	y, ft := l.field1(x, t, i)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if l.cut(t, i) {
		return l.uncut(y, ft), ft
	}
	if sig, ok := ft.Underlying().(*types.Signature); ok && !l.wrapped(ft) && takesBoxes(sig) {
		if n, ok := types.Unalias(t).(*types.Named); !ok || !foreign(n) { // the interpreter wraps what interfaces hold that it gives a field's function
			return l.apply(l.paren(l.spell(ft)), y), ft
		}
	}
	return y, ft
}

// takesBoxes reports whether a function has a parameter of an interface of any value.
func takesBoxes(sig *types.Signature) bool {
	for p := range sig.Params().Variables() {
		t := p.Type()
		if list, ok := t.(*types.Slice); ok {
			t = list.Elem()
		}
		if types.IsInterface(t) && boxed(t) {
			return true
		}
	}
	return false
}

// steps selects the field at the end of a path, as a variable.
func (l *lowering) steps(x ast.Expr, t types.Type, path []int) ast.Expr {
	for _, i := range path[:len(path)-1] {
		x, t = l.step(x, t, i)
	}
	x, _ = l.field1(x, t, path[len(path)-1])
	return x
}

func (l *lowering) literal(e *ast.CompositeLit) ast.Expr {
	t := l.typeOf(e)
	if p, ok := t.Underlying().(*types.Pointer); ok { // an element &T{...} without its type
		lit := *e
		return l.addrOfLiteral(l.literalOf(&lit, p.Elem()), p.Elem())
	}
	return l.literalOf(e, t)
}

// addrOfLiteral is &T{...}: where the interpreter writes literals in place, that of
// a function's parameter, which is another one at every call.
func (l *lowering) addrOfLiteral(lit ast.Expr, t types.Type) ast.Expr {
	if !inPlace(t) {
		return l.addr(lit)
	}
	typ := l.spell(t)
	v := l.new()
	return l.apply(&ast.ParenExpr{X: l.function(l.list1(l.field(v.Name, typ)), l.list1(&ast.Field{Type: &ast.StarExpr{X: typ}}), l.ret(l.addr(v)))}, lit)
}

func (l *lowering) literalOf(e *ast.CompositeLit, t types.Type) ast.Expr {
	if l.wrapped(t) {
		return l.wrap(l.literalOf(e, t.Underlying()), t)
	}
	typ := l.spell(t)
	lit := &ast.CompositeLit{Type: typ, Lbrace: e.Lbrace, Rbrace: e.Rbrace}
	pair := func(k, v ast.Expr) {
		lit.Elts = append(lit.Elts, &ast.KeyValueExpr{Key: k, Colon: l.pos, Value: v})
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		concurrent := l.concurrent(e, t)
		for i, x := range e.Elts {
			kv, ok := x.(*ast.KeyValueExpr)
			if ok {
				name := kv.Key.(*ast.Ident).Name
				i = slices.IndexFunc(slices.Collect(u.Fields()), func(f *types.Var) bool { return f.Name() == name })
				x = kv.Value
			}
			if l.info.Types[x].IsNil() {
				continue
			}
			f := u.Field(i)
			name := f.Name()
			if name == "_" && !hasCall(x) { // stays zero
				continue
			}
			if n, ok := types.Unalias(t).(*types.Named); !ok || !foreign(n) {
				name = fieldName(f, i)
			}
			value := l.exprAs(x, f.Type())
			if concurrent {
				value = l.independent(name, x, value)
			}
			pair(l.id(name), value)
		}
	case *types.Map:
		if l.inTurns(e) {
			return l.mapLiteral(e, t, typ)
		}
		for _, kv := range l.entries(e, u) {
			l.templateFunction(t, kv.Value)
			pair(l.mapKey(kv.Key, u.Key()), l.element(kv.Value, u.Elem()))
		}
	case interface{ Elem() types.Type }:
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				pair(l.constant(l.info.Types[kv.Key].Value, types.Typ[types.Int]), l.element(kv.Value, u.Elem()))
				continue
			}
			v := l.element(x, u.Elem())
			if s, ok := v.(*ast.SliceExpr); ok {
				if _, behind := s.X.(*ast.ParenExpr); behind { // the interpreter takes (*p)[:] for a pointer
					v = l.apply(l.paren(l.spell(u.Elem())), v)
				}
			}
			lit.Elts = append(lit.Elts, v)
		}
	}
	return lit
}

// mapLiteral is a literal whose entries are made one after the other, as Go's
// compiler makes all: the interpreter reads variables when it has made the calls of all.
func (l *lowering) mapLiteral(e *ast.CompositeLit, t types.Type, typ ast.Expr) ast.Expr {
	m, u := l.new(), t.Underlying().(*types.Map)
	body := []ast.Stmt{l.define1(m, l.apply(l.id("make"), typ))}
	for _, kv := range l.entries(e, u) {
		l.templateFunction(t, kv.Value)
		body = append(body, l.ordered(kv.Key, l.turn(kv.Value, u.Elem()))...)
		body = append(body, l.withFunctions(l.set(&ast.IndexExpr{X: m, Index: l.mapKey(kv.Key, u.Key())}, l.element(kv.Value, u.Elem())))...)
	}
	return l.apply(&ast.ParenExpr{X: l.function(nil, l.list1(&ast.Field{Type: typ}), append(body, l.ret(m))...)})
}

// entries are those of a literal of a map, in the order in which Go's compiler makes
// them, so that of one key the last one stays: those that it knows come first.
func (l *lowering) entries(e *ast.CompositeLit, m *types.Map) (all []*ast.KeyValueExpr) {
	var others []*ast.KeyValueExpr
	for _, x := range e.Elts {
		if kv := x.(*ast.KeyValueExpr); l.known(kv.Key, m.Key()) && l.known(kv.Value, m.Elem()) {
			all = append(all, kv)
		} else {
			others = append(others, kv)
		}
	}
	return append(all, others...)
}

// known reports whether Go's compiler knows a value of type t: a constant or nil, or a
// literal of a struct or an array of such, but no constant that becomes an interface.
func (l *lowering) known(x ast.Expr, t types.Type) bool {
	tv := l.info.Types[x]
	lit, composed := ast.Unparen(x).(*ast.CompositeLit)
	switch {
	case tv.IsNil():
		return true
	case types.IsInterface(t):
		return false
	case !composed:
		return tv.Value != nil
	}
	switch u := l.typeOf(lit).Underlying().(type) {
	case *types.Struct:
		for i, v := range lit.Elts {
			f := u.Field(i)
			if kv, ok := v.(*ast.KeyValueExpr); ok {
				f, v = l.info.Uses[kv.Key.(*ast.Ident)].(*types.Var), kv.Value
			}
			if !l.known(v, l.typ(f.Type())) {
				return false
			}
		}
		return true
	case *types.Array:
		for _, v := range lit.Elts {
			if kv, ok := v.(*ast.KeyValueExpr); ok {
				v = kv.Value
			}
			if !l.known(v, u.Elem()) {
				return false
			}
		}
		return true
	}
	return false
}

// element is a value where a plain nil would have no type.
func (l *lowering) element(x ast.Expr, t types.Type) ast.Expr {
	if l.info.Types[x].IsNil() {
		return l.zero(t)
	}
	return l.exprAs(x, t)
}

// mapKey is a key of a map. A box of what cannot be a key says so by its type.
func (l *lowering) mapKey(x ast.Expr, t types.Type) ast.Expr {
	k := l.element(x, t)
	wrapped := func(i types.Type) bool { return !boxed(i) && !isError(i) }
	from := l.typeOf(x)
	parts := holdsInterface(from, wrapped)
	switch {
	case !types.IsInterface(t) && parts:
		return l.apply(l.helper("KeyParts "+l.key(t), func(name string) ast.Decl {
			v, r, typ := l.id("v"), l.id("r"), l.spell(t)
			return &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1(l.field("v", typ)), Results: l.list1(l.field("r", typ))},
				Body: l.block(&ast.ExprStmt{X: l.hook("KeyParts", l.addr(r), v)}, l.ret(r))}
		}), k)
	case !types.IsInterface(t) || !types.IsInterface(from) && l.faithful(from) && !parts:
	case !boxed(t):
		return l.as(k, t, "KeyAs")
	case l.info.Types[x].Value == nil:
		return l.hook("Key", k)
	}
	return k
}

func (l *lowering) index(e *ast.IndexExpr) ast.Expr {
	if _, ok := l.info.TypeOf(e.X).(*types.Signature); ok {
		return l.funcValue(e.X)
	}
	t := l.typeOf(e.X)
	if m, ok := t.Underlying().(*types.Map); ok {
		return &ast.IndexExpr{X: l.under(e.X), Lbrack: e.Lbrack, Index: l.mapKey(e.Index, m.Key()), Rbrack: e.Rbrack}
	}
	return &ast.IndexExpr{X: l.indexed(e.X), Lbrack: e.Lbrack, Index: l.subscript(e.Index), Rbrack: e.Rbrack}
}

// integer is an index or a length as an int.
func (l *lowering) integer(e ast.Expr) ast.Expr {
	if v := l.info.Types[e].Value; v != nil {
		return l.constant(v, types.Typ[types.Int])
	}
	x := l.expr(e)
	if b, ok := l.typeOf(e).Underlying().(*types.Basic); ok && b.Kind() != types.Int {
		return l.apply(l.id("int"), x)
	}
	return x
}

// subscript is an index: an unsigned one may be too large for an int.
func (l *lowering) subscript(e ast.Expr) ast.Expr {
	if b, ok := l.typeOf(e).Underlying().(*types.Basic); ok && b.Info()&types.IsUnsigned != 0 && l.info.Types[e].Value == nil {
		return l.expr(e)
	}
	return l.integer(e)
}

// indexed is what is indexed or sliced. An array that a pointer leads to is not copied.
func (l *lowering) indexed(x ast.Expr) ast.Expr {
	if star, ok := ast.Unparen(x).(*ast.StarExpr); ok {
		if _, array := l.typeOf(star).Underlying().(*types.Array); array {
			x = star.X
		}
	}
	if _, ok := l.typeOf(x).Underlying().(*types.Pointer); ok {
		return &ast.ParenExpr{X: &ast.StarExpr{Star: l.pos, X: l.under(x)}}
	}
	return l.under(x)
}

func (l *lowering) slice(e *ast.SliceExpr) ast.Expr {
	var x ast.Expr
	if _, array := l.typeOf(e.X).Underlying().(*types.Array); !array {
		x = l.indexed(e.X)
	} else if x = l.variable(e.X, false); !plain(x) {
		x = &ast.ParenExpr{X: x}
	}
	s := &ast.SliceExpr{X: x, Lbrack: e.Lbrack, Slice3: e.Slice3, Rbrack: e.Rbrack}
	for _, b := range []struct {
		from ast.Expr
		to   *ast.Expr
	}{{e.Low, &s.Low}, {e.High, &s.High}, {e.Max, &s.Max}} {
		if b.from != nil {
			*b.to = l.subscript(b.from)
		}
	}
	return l.wrap(s, l.typeOf(e))
}

// isCut reports whether an expression is a field that is cut (see cycle.go).
func (l *lowering) isCut(e ast.Expr) bool {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok || l.pkgName(sel.X) != nil || l.info.Types[sel.X].IsType() {
		return false
	}
	t := l.typeOf(sel.X)
	obj, path, _ := l.lookup(t, sel.Sel.Name, l.info.Uses[sel.Sel])
	if _, ok := obj.(*types.Var); !ok {
		return false
	}
	for _, i := range path[:len(path)-1] {
		_, t = l.step(l.id("_"), t, i)
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	return l.cut(t, path[len(path)-1])
}

// deref is what a pointer points to, as a value: the interpreter does not
// notice at once that a pointer is nil.
func (l *lowering) deref(p ast.Expr, t types.Type) ast.Expr {
	elem := t.Underlying().(*types.Pointer).Elem()
	typ, ptr := l.spell(elem), l.spell(t)
	f := l.helper("deref "+l.key(t.Underlying()), func(name string) ast.Decl {
		return &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1(l.field("p", ptr)), Results: l.list1(&ast.Field{Type: typ})},
			Body: l.block(&ast.IfStmt{Cond: &ast.BinaryExpr{X: l.id("p"), Op: token.EQL, Y: l.id("nil")}, Body: l.block(&ast.ExprStmt{X: l.hook("Nil")})},
				l.ret(&ast.StarExpr{X: l.id("p")}))}
	})
	return l.apply(f, p)
}

// typeKnown reports whether the interpreter finds the type of a place in a literal. It
// takes (*p)[i] and (*p).f for types.
func typeKnown(place ast.Expr) bool {
	switch x := place.(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return typeKnown(x.X)
	case *ast.IndexExpr:
		_, ok := x.X.(*ast.Ident)
		return ok
	}
	return false
}

// addrOf is the address of a place of type t. That of what a pointer leads to is the
// pointer, if it leads somewhere.
func (l *lowering) addrOf(x ast.Expr, t types.Type) ast.Expr {
	star, ok := ast.Unparen(x).(*ast.StarExpr)
	if !ok {
		return l.addr(x)
	}
	p := types.NewPointer(t)
	ptr := l.spell(p)
	f := l.helper("address "+l.key(p), func(name string) ast.Decl {
		return &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1(l.field("p", ptr)), Results: l.list1(&ast.Field{Type: ptr})},
			Body: l.block(&ast.IfStmt{Cond: &ast.BinaryExpr{X: l.id("p"), Op: token.EQL, Y: l.id("nil")}, Body: l.block(&ast.ExprStmt{X: l.hook("Nil")})},
				l.ret(l.id("p")))}
	})
	return l.apply(f, star.X)
}

func (l *lowering) unary(e *ast.UnaryExpr) ast.Expr {
	switch e.Op {
	case token.ARROW: // the interpreter mixes up a receive within something else
		t := l.typeOf(e.X).Underlying().(*types.Chan)
		f := l.helper("receive "+l.key(t), func(name string) ast.Decl {
			v := l.id("v")
			return &ast.FuncDecl{Name: l.id(name), Type: &ast.FuncType{Func: l.pos, Params: l.list1(l.field("c", l.spell(t))), Results: l.list1(&ast.Field{Type: l.spell(t.Elem())})},
				Body: l.block(l.define1(v, &ast.UnaryExpr{OpPos: l.pos, Op: token.ARROW, X: l.id("c")}), l.ret(v))}
		})
		return l.apply(f, l.under(e.X))
	case token.AND:
		if lit, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok {
			return l.addrOfLiteral(l.literal(lit), l.typeOf(lit))
		}
		if l.isCut(e.X) {
			l.refuse(e.Pos(), "the interpreter has no address of a field that leads back to its own struct: copy the field's value to a variable first")
		}
		at := l.target(e.X)
		if _, star := at.(*ast.StarExpr); !star && !typeKnown(at) {
			return l.apply(l.paren(l.spell(l.typeOf(e))), l.addr(at))
		}
		return l.addrOf(at, l.typeOf(e.X))
	case token.SUB:
		if b := l.typeOf(e).Underlying().(*types.Basic); b.Info()&types.IsFloat != 0 { // -0
			return &ast.ParenExpr{X: &ast.BinaryExpr{X: l.expr(e.X), OpPos: e.OpPos, Op: token.MUL, Y: l.constant(constant.MakeInt64(-1), b)}}
		}
	}
	return &ast.UnaryExpr{OpPos: e.OpPos, Op: e.Op, X: l.expr(e.X)}
}

func (l *lowering) binary(e *ast.BinaryExpr) ast.Expr {
	switch e.Op {
	case token.EQL, token.NEQ:
		return l.equal(e.X, e.Y, e.Op)
	case token.SHL, token.SHR:
		return &ast.BinaryExpr{X: l.exprAs(e.X, l.typeOf(e)), OpPos: e.OpPos, Op: e.Op, Y: l.count(e.Y)}
	case token.LAND, token.LOR:
		return l.logical(l.expr(e.X), e.Op, l.test(e.Y, func() ast.Expr { return l.expr(e.Y) }))
	}
	t := l.typeOf(e.X)
	if l.info.Types[e.X].Value != nil {
		t = l.typeOf(e.Y)
	}
	if b, ok := t.Underlying().(*types.Basic); ok && e.Op == token.SUB && b.Info()&types.IsFloat != 0 {
		if v := l.info.Types[e.Y].Value; v != nil && constant.Sign(v) == 0 { // -0 - 0 is -0
			return l.exprAs(e.X, t)
		}
	}
	return &ast.BinaryExpr{X: l.exprAs(e.X, t), OpPos: e.OpPos, Op: e.Op, Y: l.exprAs(e.Y, t)}
}

// logical is && or ||. The interpreter takes a composite literal or a conversion to a
// type without a name in an operand for the operand's value, so that such an
// operand is a function's result.
func (l *lowering) logical(x ast.Expr, op token.Token, y ast.Expr) ast.Expr {
	apart := func(x ast.Expr) ast.Expr {
		found := false
		ast.Inspect(x, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.CompositeLit, *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.StructType, *ast.InterfaceType:
				found = true
			}
			return !found
		})
		if !found {
			return x
		}
		return l.apply(&ast.ParenExpr{X: l.function(nil, l.list1(&ast.Field{Type: l.id("bool")}), l.ret(x))})
	}
	return &ast.BinaryExpr{X: apart(x), OpPos: l.pos, Op: op, Y: apart(y)}
}

// count is the right side of a shift.
func (l *lowering) count(e ast.Expr) ast.Expr {
	if v := l.info.Types[e].Value; v != nil {
		return l.apply(l.id("uint64"), l.constant(v, types.Typ[types.Int]))
	}
	x := l.expr(e)
	if b, ok := l.typeOf(e).Underlying().(*types.Basic); ok && b.Info()&types.IsUnsigned != 0 {
		return l.apply(l.id("uint64"), x)
	}
	return l.hook("Count", l.apply(l.id("int64"), x))
}

// equal lowers a comparison.
func (l *lowering) equal(x, y ast.Expr, op token.Token) ast.Expr {
	return l.equalTo(l.expr, x, y, op)
}

func (l *lowering) equalTo(left func(ast.Expr) ast.Expr, x, y ast.Expr, op token.Token) ast.Expr {
	not := func(c ast.Expr) ast.Expr {
		if op == token.NEQ {
			return &ast.UnaryExpr{OpPos: l.pos, Op: token.NOT, X: c}
		}
		return c
	}
	tx, ty := l.info.Types[x], l.info.Types[y]
	if tx.IsNil() {
		x, y, tx, ty = y, x, ty, tx
		left = l.expr
	}
	xt := l.typeOf(x)
	if ty.IsNil() {
		if types.IsInterface(xt) {
			return not(l.hook("IsNil", left(x)))
		}
		if _, ok := xt.Underlying().(*types.Signature); ok {
			return not(l.hook("NoFunc", l.unwrap(left(x), xt)))
		}
		return &ast.BinaryExpr{X: l.unwrap(left(x), xt), OpPos: l.pos, Op: op, Y: l.id("nil")}
	}
	yt := l.typeOf(y)
	xi, yi := types.IsInterface(xt), types.IsInterface(yt)
	switch {
	case xi || yi:
		lx := l.convert(left(x), xt, anyType)
		ly := l.exprAs(y, anyType)
		return not(l.hook("Equal", lx, ly))
	}
	switch u := xt.Underlying().(type) {
	case *types.Chan:
		lx, ly := l.oneWay(l.unwrap(left(x), xt), l.under(y), u, yt)
		return &ast.BinaryExpr{X: lx, OpPos: l.pos, Op: op, Y: ly}
	case *types.Struct, *types.Array:
		return not(l.hook("Equal", left(x), l.expr(y)))
	case *types.Basic:
		if u.Info()&types.IsBoolean != 0 {
			return not(l.hook("Same", left(x), l.expr(y)))
		}
	}
	t := xt
	if tx.Value != nil {
		t = yt
	}
	lx := left(x)
	if tx.Value != nil {
		lx = l.constant(tx.Value, t)
	}
	return &ast.BinaryExpr{X: l.unwrap(lx, t), OpPos: l.pos, Op: op, Y: l.unwrap(l.exprAs(y, t), t)}
}

// oneWay are two channels that are compared, of which one may have a direction.
func (l *lowering) oneWay(x, y ast.Expr, xt *types.Chan, of types.Type) (ast.Expr, ast.Expr) {
	switch yt := of.Underlying().(*types.Chan); {
	case xt.Dir() == yt.Dir():
	case xt.Dir() == types.SendRecv:
		x = l.apply(l.paren(l.spell(yt)), x)
	default:
		y = l.apply(l.paren(l.spell(xt)), y)
	}
	return x, y
}

// bigLiteral is a number too large for the interpreter's constants.
func bigLiteral(text string) uint64 {
	n, _ := new(big.Int).SetString(text, 16)
	return n.Uint64()
}
