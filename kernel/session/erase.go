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

// What the interpreter sees of a type is its erased form: a name that a cell
// gives to anything but a struct is left out, an interface with methods that a
// cell declares is any, embedded fields are plain ones, and a type parameter
// is its argument. Types of compiled packages stay what they are. The names
// come back where a value goes into an interface: see box.go.

// typ is t with the type arguments of the function that is being lowered.
func (l *lowering) typ(t types.Type) types.Type { return l.env.subst(l.s.context, t) }

func (l *lowering) typeOf(e ast.Expr) types.Type { return l.typ(l.info.TypeOf(e)) }

// An env is the type arguments of an instance of a generic function.
type env struct {
	args  map[*types.TypeParam]types.Type
	list  string                         // of them, as Go's runtime writes them
	key   string                         // a number that tells the instance's local types from those of others
	local map[*types.TypeName]types.Type // local types of the instance
	depth int                            // of instances that need each other
	now   *types.Package                 // where the session's types are looked up, if they are an earlier cell's
}

// subst replaces type parameters in t.
func (e *env) subst(ctx *types.Context, t types.Type) types.Type {
	if e == nil || len(e.args) == 0 && e.now == nil || t == nil {
		return t
	}
	sub := func(t types.Type) types.Type { return e.subst(ctx, t) }
	tuple := func(t *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for v := range t.Variables() {
			vars = append(vars, types.NewParam(v.Pos(), v.Pkg(), v.Name(), sub(v.Type())))
		}
		return types.NewTuple(vars...)
	}
	switch t := t.(type) {
	case *types.TypeParam:
		if a, ok := e.args[t]; ok {
			return a
		}
	case *types.Alias:
		return sub(types.Unalias(t))
	case *types.Named:
		if e.now != nil && own(t.Obj()) && t.Obj().Parent() != t.Obj().Pkg().Scope() {
			return t
		}
		if t.TypeArgs().Len() > 0 {
			var args []types.Type
			for a := range t.TypeArgs().Types() {
				args = append(args, sub(a))
			}
			origin := e.newest(t.Origin())
			if obj := t.Obj(); obj.Pkg() != nil && obj.Parent() != obj.Pkg().Scope() && obj.Parent() != nil {
				origin = e.generic(ctx, origin)
			}
			if inst, err := types.Instantiate(ctx, origin, args, false); err == nil {
				return inst
			}
		}
		if obj := t.Obj(); obj.Pkg() != nil && obj.Parent() != obj.Pkg().Scope() && obj.Parent() != nil {
			if have := e.local[obj]; have != nil {
				return have
			}
			fresh := types.NewNamed(types.NewTypeName(obj.Pos(), obj.Pkg(), e.localName(obj), nil), nil, nil)
			e.local[obj] = fresh
			fresh.SetUnderlying(sub(t.Underlying()))
			return fresh
		}
		return e.newest(t)
	case *types.Pointer:
		return types.NewPointer(sub(t.Elem()))
	case *types.Slice:
		return types.NewSlice(sub(t.Elem()))
	case *types.Array:
		return types.NewArray(sub(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(sub(t.Key()), sub(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), sub(t.Elem()))
	case *types.Tuple:
		return tuple(t)
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, tuple(t.Params()), tuple(t.Results()), t.Variadic())
	case *types.Struct:
		var fields []*types.Var
		var tags []string
		for i := range t.NumFields() {
			f := t.Field(i)
			fields = append(fields, types.NewField(f.Pos(), f.Pkg(), f.Name(), sub(f.Type()), f.Embedded()))
			tags = append(tags, t.Tag(i))
		}
		return types.NewStruct(fields, tags)
	case *types.Interface:
		var methods []*types.Func
		for m := range t.ExplicitMethods() {
			methods = append(methods, types.NewFunc(m.Pos(), m.Pkg(), m.Name(), sub(m.Signature()).(*types.Signature)))
		}
		var embedded []types.Type
		for x := range t.EmbeddedTypes() {
			embedded = append(embedded, sub(x))
		}
		return types.NewInterfaceType(methods, embedded).Complete()
	case *types.Union:
		var terms []*types.Term
		for term := range t.Terms() {
			terms = append(terms, types.NewTerm(term.Tilde(), sub(term.Type())))
		}
		return types.NewUnion(terms)
	}
	return t
}

// newest is a type of the session as e.now has it.
func (e *env) newest(t *types.Named) *types.Named {
	if e.now != nil && own(t.Obj()) {
		if obj := e.now.Scope().Lookup(t.Obj().Name()); obj != nil {
			if n, ok := obj.Type().(*types.Named); ok {
				return n
			}
		}
	}
	return t
}

// localName is the name of a local type of the instance (see typename.go).
func (e *env) localName(obj *types.TypeName) string {
	return fmt.Sprintf("%s[%s]·%d%s%s", obj.Name(), e.list, localPlace(obj), mark, e.key)
}

// generic is the instance's own of a generic type that a generic function
// declares.
func (e *env) generic(ctx *types.Context, origin *types.Named) *types.Named {
	obj := origin.Obj()
	if have, ok := e.local[obj].(*types.Named); ok {
		return have
	}
	fresh := types.NewNamed(types.NewTypeName(obj.Pos(), obj.Pkg(), e.localName(obj), nil), nil, nil)
	e.local[obj] = fresh
	inner := *e
	inner.args = maps.Clone(e.args)
	var params []*types.TypeParam
	for p := range origin.TypeParams().TypeParams() {
		q := types.NewTypeParam(types.NewTypeName(p.Obj().Pos(), p.Obj().Pkg(), p.Obj().Name(), nil), nil)
		inner.args[p] = q
		params = append(params, q)
	}
	for i, q := range params {
		q.SetConstraint(inner.subst(ctx, origin.TypeParams().At(i).Constraint()))
	}
	fresh.SetTypeParams(params)
	fresh.SetUnderlying(inner.subst(ctx, origin.Underlying()))
	return fresh
}

// key writes a type so that two types have the same key just when they are
// identical, also when they come from different runs of the checker.
func (l *lowering) key(t types.Type) string {
	var b strings.Builder
	l.writeKey(&b, t)
	return b.String()
}

func (l *lowering) same(a, b types.Type) bool { return a == b || l.key(a) == l.key(b) }

func (l *lowering) writeKey(b *strings.Builder, t types.Type) {
	tuple := func(t *types.Tuple, variadic bool) {
		b.WriteByte('(')
		for i := range t.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if variadic && i == t.Len()-1 {
				b.WriteString("...")
			}
			l.writeKey(b, t.At(i).Type())
		}
		b.WriteByte(')')
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		b.WriteString(types.Typ[t.Kind()].Name())
	case *types.Named:
		b.WriteString(l.nameOf(t))
		if t.TypeArgs().Len() > 0 {
			b.WriteByte('[')
			for i := range t.TypeArgs().Len() {
				if i > 0 {
					b.WriteByte(',')
				}
				l.writeKey(b, t.TypeArgs().At(i))
			}
			b.WriteByte(']')
		}
	case *types.Pointer:
		b.WriteByte('*')
		l.writeKey(b, t.Elem())
	case *types.Slice:
		b.WriteString("[]")
		l.writeKey(b, t.Elem())
	case *types.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		l.writeKey(b, t.Elem())
	case *types.Map:
		b.WriteString("map[")
		l.writeKey(b, t.Key())
		b.WriteByte(']')
		l.writeKey(b, t.Elem())
	case *types.Chan:
		b.WriteString([]string{"chan ", "chan<- ", "<-chan "}[t.Dir()])
		b.WriteByte('(')
		l.writeKey(b, t.Elem())
		b.WriteByte(')')
	case *types.Signature:
		b.WriteString("func")
		tuple(t.Params(), t.Variadic())
		tuple(t.Results(), false)
	case *types.Tuple:
		tuple(t, false)
	case *types.Struct:
		b.WriteString("struct{")
		for i := range t.NumFields() {
			f := t.Field(i)
			if f.Embedded() {
				b.WriteByte('@')
			}
			b.WriteString(f.Name() + " ")
			l.writeKey(b, f.Type())
			if tag := t.Tag(i); tag != "" {
				b.WriteString(strconv.Quote(tag))
			}
			b.WriteByte(';')
		}
		b.WriteByte('}')
	case *types.Interface:
		if t.NumMethods() == 0 && t.IsMethodSet() {
			b.WriteString("any")
			return
		}
		b.WriteString("interface{")
		var ms []string
		for m := range t.Methods() {
			ms = append(ms, m.Name()+l.key(m.Signature()))
		}
		slices.Sort(ms)
		b.WriteString(strings.Join(ms, ";") + "}")
	case *types.TypeParam:
		fmt.Fprintf(b, "$%s", t.Obj().Name())
	default:
		b.WriteString(t.String())
	}
}

// nameOf is the unique name of a named type.
func (l *lowering) nameOf(t *types.Named) string {
	obj := t.Obj()
	switch {
	case obj.Pkg() == nil:
		return obj.Name()
	case !own(obj):
		return obj.Pkg().Path() + "." + obj.Name()
	case global(obj):
		return l.name(obj.Name())
	}
	return fmt.Sprintf("%s%s%d", obj.Name(), mark+"L", obj.Pos())
}

// foreign reports whether the interpreter keeps a named type by its name: one of
// a compiled package.
func foreign(t *types.Named) bool {
	obj := t.Obj()
	if own(obj) || t.TypeArgs().Len() > 0 {
		return false
	}
	// A local type of a generic function that is there as source is none.
	return obj.Pkg() == nil || !strings.Contains(obj.Name(), mark) && (obj.Parent() == nil || obj.Parent() == obj.Pkg().Scope())
}

// faithful reports whether compiled code sees a type as Go would: it has
// nothing of the session in it, no map that may have keys of a cell's types,
// which package fmt would put in another order, and no interface of a package
// in a container, in which it would see what makes one of a cell's value.
func (l *lowering) faithful(t types.Type) bool { return known(t) && !holdsMade(t) && !holdsMirrored(t) }

// known reports whether a type is made of what compiled packages and the language have.
func known(t types.Type) bool {
	tuple := func(t *types.Tuple) bool {
		for v := range t.Variables() {
			if !known(v.Type()) {
				return false
			}
		}
		return true
	}
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		return foreign(t)
	case *types.Map:
		return !holdsInterface(t.Key(), types.IsInterface) && known(t.Key()) && known(t.Elem())
	case interface{ Elem() types.Type }:
		return known(t.Elem())
	case *types.Signature:
		return tuple(t.Params()) && tuple(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			if !f.Exported() || f.Embedded() || !known(f.Type()) {
				return false
			}
		}
	case *types.Interface:
		return t.NumMethods() == 0
	}
	return true
}

// holdsMirrored reports whether a type without a name is made of some of package reflect, for
// which others stand that have other names.
func holdsMirrored(t types.Type) bool {
	part := func(t types.Type) bool {
		n, ok := types.Unalias(t).(*types.Named)
		return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "reflect" && n.Obj().Name() != "Kind" || holdsMirrored(t)
	}
	tuple := func(t *types.Tuple) bool {
		for v := range t.Variables() {
			if part(v.Type()) {
				return true
			}
		}
		return false
	}
	switch t := types.Unalias(t).(type) {
	case *types.Map:
		return part(t.Key()) || part(t.Elem())
	case *types.Pointer:
		return holdsMirrored(t.Elem())
	case *types.Slice, *types.Array, *types.Chan:
		return part(t.(interface{ Elem() types.Type }).Elem())
	case *types.Signature:
		return tuple(t.Params()) || tuple(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			if part(f.Type()) {
				return true
			}
		}
	}
	return false
}

// holdsMade reports whether a container's type leads to interfaces of packages in which
// the session makes something of a cell's values.
func holdsMade(t types.Type) bool {
	part := func(t types.Type) bool {
		return types.IsInterface(t) && !boxed(t) && !isError(t) || holdsMade(t)
	}
	switch t := types.Unalias(t).(type) {
	case *types.Slice, *types.Array, *types.Map, *types.Pointer:
		return part(t.(interface{ Elem() types.Type }).Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if part(f.Type()) {
				return true
			}
		}
	}
	return false
}

// holdsInterface reports whether values of a type of keys have interfaces of a kind.
func holdsInterface(t types.Type, kind func(types.Type) bool) bool {
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return kind(t)
	case *types.Array:
		return holdsInterface(u.Elem(), kind)
	case *types.Struct:
		for f := range u.Fields() {
			if holdsInterface(f.Type(), kind) {
				return true
			}
		}
	}
	return false
}

// boxed reports whether an interface is any to the interpreter: an interface
// of a cell, or any itself. The others are those of compiled packages.
func boxed(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return !ok || !foreign(n) || n.Underlying().(*types.Interface).NumMethods() == 0
}

// spell writes the erased form of a type.
func (l *lowering) spell(t types.Type) ast.Expr {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return &ast.SelectorExpr{X: l.id(hooks), Sel: l.id("Pointer")}
		}
		return l.id(types.Default(t).(*types.Basic).Name())
	case *types.Named:
		return l.spellNamed(t)
	case *types.Pointer:
		return &ast.StarExpr{Star: l.pos, X: l.spell(t.Elem())}
	case *types.Slice:
		return &ast.ArrayType{Lbrack: l.pos, Elt: l.spell(t.Elem())}
	case *types.Array:
		return &ast.ArrayType{Lbrack: l.pos, Len: number(l.pos, int(t.Len())), Elt: l.spell(t.Elem())}
	case *types.Map:
		return &ast.MapType{Map: l.pos, Key: l.spell(t.Key()), Value: l.spell(t.Elem())}
	case *types.Chan:
		dir := map[types.ChanDir]ast.ChanDir{types.SendRecv: ast.SEND | ast.RECV, types.SendOnly: ast.SEND, types.RecvOnly: ast.RECV}
		return &ast.ChanType{Begin: l.pos, Arrow: l.pos, Dir: dir[t.Dir()], Value: l.spell(t.Elem())}
	case *types.Signature:
		return l.signature(t)
	case *types.Struct:
		return l.structure(t, t)
	case *types.Interface:
		return l.id("any")
	}
	return nil
}

// spellUnnamed is a type of a package that has no name outside of it, as that of
// binary.LittleEndian: it gets one.
func (l *lowering) spellUnnamed(t types.Type) ast.Expr {
	name, known := l.s.given[t]
	if !known {
		name = "T" + strconv.Itoa(len(l.s.given))
		l.s.given[t] = name
		l.s.engine.name(hooksPath, name, reflect.Zero(reflect.PointerTo(l.s.world.unnamed(t))))
	}
	return &ast.SelectorExpr{X: l.id(hooks), Sel: l.id(name)}
}

func (l *lowering) spellNamed(t *types.Named) ast.Expr {
	obj := t.Obj()
	if foreign(t) {
		switch {
		case obj.Pkg() == nil:
			return l.id(obj.Name())
		case !obj.Exported() || !token.IsIdentifier(obj.Name()) || l.s.world.symbols[obj.Pkg().Path()] == nil:
			return l.spellUnnamed(t)
		}
		return &ast.SelectorExpr{X: l.id(l.s.alias(obj.Pkg().Path())), Sel: l.id(obj.Name())}
	}
	under := t.Underlying()
	wrapped := l.wrapped(t)
	if of := l.s.world.compiled(under); of != nil {
		return l.spellNamed(of)
	}
	if _, ok := under.(*types.Struct); !ok && !wrapped {
		return l.spell(under)
	}
	if _, array := under.(*types.Array); array && wrapped {
		l.refuse(l.pos, "the interpreter has no array that contains itself, as "+l.display(t)+" does: put it into a struct")
		return l.id("any")
	}
	key := l.key(t)
	name := l.s.erased[key]
	if name == "" {
		name = l.plan.erased[key]
	}
	if name == "" {
		name = l.s.fresh(plainLocal(obj.Name()))
		l.plan.erased[key] = name
		spec := &ast.TypeSpec{Name: l.id(name)}
		if wrapped {
			inner := l.spell(under)
			if _, ok := under.(*types.Signature); ok {
				inner = l.id("any")
			}
			if inner != nil {
				spec.Type = &ast.StructType{Struct: l.pos, Fields: l.list1(l.field(wrappedField, inner))}
			}
		} else {
			spec.Type = l.structure(under.(*types.Struct), t)
		}
		if spec.Type == nil {
			delete(l.plan.erased, key)
			return nil
		}
		l.plan.types = append(l.plan.types, &ast.GenDecl{TokPos: l.pos, Tok: token.TYPE, Specs: []ast.Spec{spec}})
	}
	return l.id(name)
}

// recursive reports whether a named type that is no struct is part of itself,
// other than through a struct that has a name.
func (l *lowering) recursive(t *types.Named) bool {
	key := l.key(t)
	seen := map[string]bool{}
	var walk func(types.Type) bool
	tuple := func(t *types.Tuple) bool {
		for v := range t.Variables() {
			if walk(v.Type()) {
				return true
			}
		}
		return false
	}
	walk = func(t types.Type) bool {
		switch t := types.Unalias(t).(type) {
		case *types.Named:
			if foreign(t) {
				return false
			}
			k := l.key(t)
			if k == key && len(seen) > 0 {
				return true
			}
			if _, ok := t.Underlying().(*types.Struct); ok || seen[k] {
				return false
			}
			seen[k] = true
			return walk(t.Underlying())
		case *types.Map:
			return walk(t.Key()) || walk(t.Elem())
		case interface{ Elem() types.Type }:
			return walk(t.Elem())
		case *types.Signature:
			return tuple(t.Params()) || tuple(t.Results())
		case *types.Struct:
			for f := range t.Fields() {
				if walk(f.Type()) {
					return true
				}
			}
		}
		return false
	}
	return walk(t)
}

// signature is the type of a function without the names of its parameters.
func (l *lowering) signature(t *types.Signature) *ast.FuncType {
	in, out := l.fields(t.Params()), l.fields(t.Results())
	if t.Variadic() {
		last := in.List[len(in.List)-1]
		last.Type = &ast.Ellipsis{Ellipsis: l.pos, Elt: last.Type.(*ast.ArrayType).Elt}
	}
	f := &ast.FuncType{Func: l.pos, Params: in}
	if t.Results().Len() > 0 {
		f.Results = out
	}
	return f
}

func (l *lowering) fields(t *types.Tuple) *ast.FieldList {
	list := &ast.FieldList{Opening: l.pos, Closing: l.pos}
	for v := range t.Variables() {
		list.List = append(list.List, &ast.Field{Type: l.spell(v.Type())})
	}
	return list
}

// structure spells a struct; of is its type with its name.
func (l *lowering) structure(t *types.Struct, of types.Type) ast.Expr {
	list := &ast.FieldList{Opening: l.pos, Closing: l.pos}
	for i := range t.NumFields() {
		f := t.Field(i)
		if !f.Exported() && !own(f) && f.Pkg() != nil && l.s.world.generics[f.Pkg().Path()] == nil {
			return l.spellUnnamed(t)
		}
		var e ast.Expr = l.id("any")
		if !l.cut(of, i) {
			e = l.spell(f.Type())
		}
		field := &ast.Field{Names: []*ast.Ident{l.id(fieldName(f, i))}, Type: e}
		tag := t.Tag(i)
		if !f.Exported() { // the interpreter exports it
			tag = strings.TrimSpace(tag + ` xml:"-"`)
		}
		if tag != "" {
			field.Tag = &ast.BasicLit{ValuePos: l.pos, Kind: token.STRING, Value: strconv.Quote(tag)}
		}
		list.List = append(list.List, field)
	}
	return &ast.StructType{Struct: l.pos, Fields: list}
}

// fieldName is what the interpreter calls a field of a cell's struct: several
// blank ones would be one to it.
func fieldName(f *types.Var, i int) string {
	if f.Name() == "_" {
		return "blank" + mark + strconv.Itoa(i)
	}
	return f.Name()
}
