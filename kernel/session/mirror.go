package session

import (
	"fmt"
	"go/token"
	"go/types"
	"iter"
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// Package reflect as cells see it: types and values that know what a cell calls
// them. To the interpreter a cell's type is another one (erase.go), so a
// mirrored type carries the session's description beside it; one of a compiled
// package has none and is what it is. mirrorTable takes the place of package
// reflect's symbols.

// A mirrorType is what cells know as reflect.Type.
type mirrorType interface {
	Align() int
	FieldAlign() int
	Method(int) mirrorMethod
	MethodByName(string) (mirrorMethod, bool)
	Methods() iter.Seq[mirrorMethod]
	NumMethod() int
	Name() string
	PkgPath() string
	Size() uintptr
	String() string
	Kind() reflect.Kind
	Implements(u mirrorType) bool
	AssignableTo(u mirrorType) bool
	ConvertibleTo(u mirrorType) bool
	Comparable() bool
	Bits() int
	ChanDir() reflect.ChanDir
	IsVariadic() bool
	Elem() mirrorType
	Field(i int) mirrorField
	Fields() iter.Seq[mirrorField]
	FieldByIndex(index []int) mirrorField
	FieldByName(name string) (mirrorField, bool)
	FieldByNameFunc(match func(string) bool) (mirrorField, bool)
	In(i int) mirrorType
	Ins() iter.Seq[mirrorType]
	Key() mirrorType
	Len() int
	NumField() int
	NumIn() int
	NumOut() int
	Out(i int) mirrorType
	Outs() iter.Seq[mirrorType]
	OverflowComplex(x complex128) bool
	OverflowFloat(x float64) bool
	OverflowInt(x int64) bool
	OverflowUint(x uint64) bool
	CanSeq() bool
	CanSeq2() bool
}

// A mirrorField is reflect.StructField.
type mirrorField struct {
	Name      string
	PkgPath   string
	Type      mirrorType
	Tag       reflect.StructTag
	Offset    uintptr
	Index     []int
	Anonymous bool
}

// IsExported is reflect's.
func (f mirrorField) IsExported() bool { return f.PkgPath == "" }

// A mirrorMethod is reflect.Method.
type mirrorMethod struct {
	Name    string
	PkgPath string
	Type    mirrorType
	Func    mirrorValue
	Index   int
}

// IsExported is reflect's.
func (m mirrorMethod) IsExported() bool { return m.PkgPath == "" }

// An rtype is a mirrored type.
type rtype struct {
	s *Session
	d *desc        // of a type of cells, or nil
	t reflect.Type // the interpreter's
}

// mirrored are the names of the types that others stand for in cells.
var mirrored = map[reflect.Type]string{
	reflect.TypeFor[mirrorType]():   "reflect.Type",
	reflect.TypeFor[mirrorField]():  "reflect.StructField",
	reflect.TypeFor[mirrorMethod](): "reflect.Method",
	reflect.TypeFor[mirrorValue]():  "reflect.Value",
	reflect.TypeFor[mirrorIter]():   "reflect.MapIter",
	reflect.TypeFor[mirrorCase]():   "reflect.SelectCase",
	reflect.TypeFor[conversion]():   "runtime.TypeAssertionError",
}

// mirrorSource is what package reflect has of generic functions.
const mirrorSource = `package reflect

func TypeFor[T any]() Type { return TypeOf((*T)(nil)).Elem() }

func TypeAssert[T any](v Value) (T, bool) {
	x, ok := v.Interface().(T)
	return x, ok
}
`

// A reflectPanic is a panic of package reflect that a cell has called, which is
// none of the interpreter's own.
type reflectPanic struct{ value any }

// reflecting is a call of compiled code whose panic, if it is a function or a
// method of package reflect, is told from those by which the interpreter
// indexes and calls.
func (at *layout) reflecting(node unsafe.Pointer, do operation) operation {
	children := *field[[]unsafe.Pointer](node, at.child)
	if len(children) == 0 {
		return do
	}
	f := *field[[]unsafe.Pointer](children[0], at.child)
	if len(f) != 2 {
		return do
	}
	named := strings.HasPrefix(*field[string](f[0], at.ident), "reflect"+mark)
	return func(frame unsafe.Pointer) operation {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			_, kind := r.(*reflect.ValueError)
			text, words := r.(string)
			if (kind || words && strings.HasPrefix(text, "reflect")) && (named || mirrors(at.value(f[0], frame))) {
				r = reflectPanic{r}
			}
			panic(r)
		}()
		return do(frame)
	}
}

// mirrors reports whether a value is one of package reflect.
func mirrors(v reflect.Value) bool {
	if !v.IsValid() {
		return false
	}
	if v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	return strings.Contains(nameOfType(v.Type()), "reflect.")
}

// nameOfType is a type of compiled code as Go prints it.
func nameOfType(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[*rtype]():
		return "*reflect.rtype"
	case t.Kind() == reflect.Pointer && mirrored[t.Elem()] != "":
		return "*" + mirrored[t.Elem()]
	case mirrored[t] != "":
		return mirrored[t]
	}
	return t.String()
}

// mirror is the one mirrored type for a description, if there is one, and the
// interpreter's type.
func (s *Session) mirror(d *desc, t reflect.Type) *rtype {
	var key any = t
	if d != nil {
		switch {
		case d.faithful && d.rtype != nil:
			d, t, key = nil, d.rtype, d.rtype
		case d.faithful:
			d = nil
		default:
			key = d.key
		}
	}
	r, _ := s.mirrors.LoadOrStore(key, &rtype{s, d, t})
	r.(*rtype).learn(t)
	return r.(*rtype)
}

// unknown reports whether the interpreter's type is not known: the way to it
// led through a cut field (see cycle.go), which is any.
func (r *rtype) unknown() bool {
	return r.d != nil && !r.d.iface && r.t.Kind() == reflect.Interface
}

// learn takes the interpreter's type from a value.
func (r *rtype) learn(t reflect.Type) {
	if r.unknown() && t.Kind() != reflect.Interface {
		r.t = t
	}
}

// describeLate is the description of a type that a running cell asks for.
func (s *Session) describeLate(t types.Type) *desc {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.state.engine
	l := &lowering{s: s, name: func(n string) string { return names[n] }, late: true}
	return l.describe(t)
}

func (r *rtype) plain() bool { return r.d == nil }

func (r *rtype) under() types.Type { return r.d.typ.Underlying() }

// bare is the interpreter's type without the struct around it (see wrap.go).
func (r *rtype) bare() reflect.Type {
	if r.d != nil && r.d.wrapped {
		return r.t.Field(0).Type
	}
	return r.t
}

// part is a type that is part of this one.
func (r *rtype) part(d *desc, t types.Type, erased reflect.Type) *rtype {
	if d == nil {
		d = r.s.describeLate(t)
	}
	return r.s.mirror(d, erased)
}

func (r *rtype) String() string {
	if r.plain() {
		return nameOfType(r.t)
	}
	return r.d.name
}

func (r *rtype) Name() string {
	if r.plain() {
		return r.t.Name()
	}
	if _, ok := types.Unalias(r.d.typ).(*types.Named); !ok {
		return ""
	}
	head, args, _ := strings.Cut(r.d.name, "[")
	name := head[strings.LastIndexByte(head, '.')+1:]
	if args != "" {
		name += "[" + args
	}
	return name
}

func (r *rtype) PkgPath() string {
	if r.plain() {
		return r.t.PkgPath()
	}
	if n, ok := types.Unalias(r.d.typ).(*types.Named); ok && n.Obj().Pkg() != nil {
		if own(n.Obj()) {
			return "main"
		}
		return n.Obj().Pkg().Path()
	}
	return ""
}

func (r *rtype) Kind() reflect.Kind {
	if r.plain() {
		return r.t.Kind()
	}
	switch u := r.under().(type) {
	case *types.Basic:
		if u.Kind() == types.String {
			return reflect.String
		}
		return reflect.Kind(u.Kind()) // which both begin with bool and the numbers
	case *types.Pointer:
		return reflect.Pointer
	case *types.Slice:
		return reflect.Slice
	case *types.Array:
		return reflect.Array
	case *types.Map:
		return reflect.Map
	case *types.Chan:
		return reflect.Chan
	case *types.Signature:
		return reflect.Func
	case *types.Struct:
		return reflect.Struct
	case *types.Interface:
		return reflect.Interface
	default:
		panic(fault(fmt.Sprintf("reflect: a type of kind %T", u)))
	}
}

func (r *rtype) Elem() mirrorType {
	if r.plain() {
		return r.s.mirror(nil, r.t.Elem())
	}
	u, ok := r.under().(interface{ Elem() types.Type })
	if !ok {
		panic(reflectPanic{"reflect: Elem of invalid type " + r.String()})
	}
	return r.elem(u)
}

func (r *rtype) elem(u interface{ Elem() types.Type }) *rtype {
	t := r.bare()
	if t.Kind() == reflect.Interface { // a cut one
		return r.part(r.d.elem, u.Elem(), t)
	}
	return r.part(r.d.elem, u.Elem(), t.Elem())
}

func (r *rtype) Key() mirrorType {
	if r.plain() {
		return r.s.mirror(nil, r.t.Key())
	}
	m, ok := r.under().(*types.Map)
	if !ok {
		panic(reflectPanic{"reflect: Key of non-map type " + r.String()})
	}
	if t := r.bare(); t.Kind() != reflect.Interface {
		return r.part(r.d.keys, m.Key(), t.Key())
	}
	return r.part(r.d.keys, m.Key(), reflect.TypeFor[any]())
}

func (r *rtype) Len() int {
	if r.plain() {
		return r.t.Len()
	}
	a, ok := r.under().(*types.Array)
	if !ok {
		panic(reflectPanic{"reflect: Len of non-array type " + r.String()})
	}
	return int(a.Len())
}

func (r *rtype) NumField() int {
	if r.plain() {
		return r.t.NumField()
	}
	return r.structure("NumField").NumFields()
}

func (r *rtype) structure(method string) *types.Struct {
	u, ok := r.under().(*types.Struct)
	if !ok {
		panic(reflectPanic{"reflect: " + method + " of non-struct type " + r.String()})
	}
	return u
}

func (r *rtype) Field(i int) mirrorField {
	if r.plain() {
		return r.s.mirrorField(r.t.Field(i))
	}
	u := r.structure("Field")
	if i < 0 || i >= u.NumFields() {
		panic(reflectPanic{"reflect: Field index out of bounds"})
	}
	f, real := u.Field(i), reflect.StructField{Type: reflect.TypeFor[any]()}
	if !r.unknown() {
		real = r.t.Field(i)
	}
	one := mirrorField{Name: f.Name(), Type: r.part(r.d.fields[i].typ, f.Type(), real.Type), Tag: reflect.StructTag(u.Tag(i)), Offset: real.Offset, Index: []int{i}, Anonymous: f.Embedded()}
	if !f.Exported() {
		one.PkgPath = "main"
	}
	return one
}

func (s *Session) mirrorField(f reflect.StructField) mirrorField {
	return mirrorField{f.Name, f.PkgPath, s.mirror(nil, f.Type), f.Tag, f.Offset, f.Index, f.Anonymous}
}

func (r *rtype) Fields() iter.Seq[mirrorField] { return each(r.NumField(), r.Field) }

func each[T any](n int, at func(int) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range n {
			if !yield(at(i)) {
				return
			}
		}
	}
}

func (r *rtype) FieldByIndex(index []int) mirrorField {
	var f mirrorField
	var t mirrorType = r
	for k, i := range index {
		if k > 0 && t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		f = t.Field(i)
		t = f.Type
	}
	f.Index = slices.Clone(index)
	return f
}

func (r *rtype) FieldByName(name string) (mirrorField, bool) {
	return r.FieldByNameFunc(func(n string) bool { return n == name })
}

// FieldByNameFunc looks into embedded structs as Go does: the least deep field
// wins, and two of one depth hide each other.
func (r *rtype) FieldByNameFunc(match func(string) bool) (mirrorField, bool) {
	type place struct {
		t     mirrorType
		index []int
		times int // how often the struct is there
	}
	level := []*place{{r, nil, 1}}
	seen := map[mirrorType]bool{r: true}
	for len(level) > 0 {
		found, times := mirrorField{}, 0
		var next []*place
		for _, p := range level {
			for f := range p.t.Fields() {
				f.Index = append(slices.Clone(p.index), f.Index...)
				if match(f.Name) {
					found = f
					times += p.times
				}
				t := structIn(f.Type)
				if !f.Anonymous || t == nil || seen[t] {
					continue
				}
				if i := slices.IndexFunc(next, func(q *place) bool { return q.t == t }); i >= 0 {
					next[i].times += p.times
				} else {
					next = append(next, &place{t, f.Index, p.times})
				}
			}
		}
		if times > 0 {
			return found, times == 1
		}
		for _, p := range next {
			seen[p.t] = true
		}
		level = next
	}
	return mirrorField{}, false
}

// methods are the exported methods in order.
func (r *rtype) methods() []*types.Func {
	var all []*types.Func
	if i, ok := r.under().(*types.Interface); ok {
		for m := range i.Methods() {
			all = append(all, m)
		}
	} else {
		for sel := range types.NewMethodSet(r.d.typ).Methods() {
			if m := sel.Obj().(*types.Func); m.Exported() {
				all = append(all, m)
			}
		}
	}
	slices.SortFunc(all, func(a, b *types.Func) int { return strings.Compare(a.Name(), b.Name()) })
	return all
}

func (r *rtype) NumMethod() int {
	if r.plain() {
		return r.t.NumMethod()
	}
	return len(r.methods())
}

func (r *rtype) Method(i int) mirrorMethod {
	if r.plain() {
		m := r.t.Method(i)
		one := mirrorMethod{m.Name, m.PkgPath, r.s.mirror(nil, m.Type), mirrorValue{}, m.Index}
		if m.Func.IsValid() {
			one.Func = mirrorValue{v: m.Func, t: r.s.mirror(nil, m.Func.Type())}
		}
		return one
	}
	all := r.methods()
	if i < 0 || i >= len(all) {
		panic(reflectPanic{"reflect: Method index out of range"})
	}
	m := all[i]
	sig := m.Signature()
	params := slices.Collect(sig.Params().Variables())
	if r.Kind() != reflect.Interface {
		params = append([]*types.Var{types.NewParam(0, nil, "", r.d.typ)}, params...)
	}
	whole := types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())
	one := mirrorMethod{Name: m.Name(), Index: i}
	told := r.d.methods[m.Name()]
	if told == nil {
		one.Type = r.s.mirror(r.s.describeLate(whole), reflect.TypeFor[func()]())
		return one
	}
	made := told.maker.Type()
	in := []reflect.Type{made.In(0)}
	for p := range made.Out(0).Ins() {
		in = append(in, p)
	}
	erased := reflect.FuncOf(in, slices.Collect(made.Out(0).Outs()), sig.Variadic())
	f := r.s.mirror(r.s.describeLate(whole), erased)
	one.Type = f
	one.Func = mirrorValue{t: f, v: reflect.MakeFunc(erased, func(args []reflect.Value) []reflect.Value {
		bound := told.maker.Call(args[:1])[0]
		if sig.Variadic() {
			return bound.CallSlice(args[1:])
		}
		return bound.Call(args[1:])
	})}
	return one
}

func (r *rtype) Methods() iter.Seq[mirrorMethod] { return each(r.NumMethod(), r.Method) }

func (r *rtype) MethodByName(name string) (mirrorMethod, bool) {
	for i := range r.NumMethod() {
		if m := r.Method(i); m.Name == name {
			return m, true
		}
	}
	return mirrorMethod{}, false
}

func (r *rtype) function(method string) *types.Signature {
	f, ok := r.under().(*types.Signature)
	if !ok {
		panic(reflectPanic{"reflect: " + method + " of non-func type " + r.String()})
	}
	return f
}

func (r *rtype) NumIn() int {
	if r.plain() {
		return r.t.NumIn()
	}
	return r.function("NumIn").Params().Len()
}

func (r *rtype) NumOut() int {
	if r.plain() {
		return r.t.NumOut()
	}
	return r.function("NumOut").Results().Len()
}

func (r *rtype) In(i int) mirrorType {
	if r.plain() {
		return r.s.mirror(nil, r.t.In(i))
	}
	return r.in(i)
}

func (r *rtype) in(i int) *rtype {
	return r.part(nil, r.function("In").Params().At(i).Type(), r.bareFunc().In(i))
}

func (r *rtype) Out(i int) mirrorType {
	if r.plain() {
		return r.s.mirror(nil, r.t.Out(i))
	}
	return r.part(nil, r.function("Out").Results().At(i).Type(), r.bareFunc().Out(i))
}

// bareFunc is the interpreter's function type; one that leads back to itself it
// does not know.
func (r *rtype) bareFunc() reflect.Type {
	t := r.bare()
	if t.Kind() != reflect.Func {
		panic(fault("package reflect does not see into " + r.String() + ", whose type leads back to itself"))
	}
	return t
}

func (r *rtype) Ins() iter.Seq[mirrorType]  { return each(r.NumIn(), r.In) }
func (r *rtype) Outs() iter.Seq[mirrorType] { return each(r.NumOut(), r.Out) }

func (r *rtype) IsVariadic() bool {
	if r.plain() {
		return r.t.IsVariadic()
	}
	return r.function("IsVariadic").Variadic()
}

func (r *rtype) Implements(u mirrorType) bool {
	to := u.(*rtype)
	if to.Kind() != reflect.Interface {
		panic(reflectPanic{"reflect: non-interface type passed to Type.Implements"})
	}
	if r.plain() && to.plain() {
		return r.t.Implements(to.t)
	}
	if r.plain() != to.plain() && slices.ContainsFunc(to.wants(), func(w want) bool { return !token.IsExported(w.name) }) {
		return false // each other's methods that are not exported
	}
	have := map[string]string{}
	for _, w := range r.wants() {
		have[w.name] = w.sig
	}
	for _, w := range to.wants() {
		if have[w.name] != w.sig {
			return false
		}
	}
	return true
}

// wants are the methods of a type with their signatures.
func (r *rtype) wants() (all []want) {
	switch {
	case r.plain() && r.t.Kind() == reflect.Interface:
		for m := range r.t.Methods() {
			all = append(all, want{m.Name, r.s.interfaceKey(m.Type)})
		}
	case r.plain():
		for m := range r.t.Methods() {
			all = append(all, want{m.Name, r.s.signatureKey(m.Type)})
		}
	case r.Kind() == reflect.Interface:
		return r.d.wants
	default:
		names := r.s.engineNames()
		l := &lowering{s: r.s, name: func(n string) string { return names[n] }}
		for sel := range types.NewMethodSet(r.d.typ).Methods() {
			m := sel.Obj().(*types.Func)
			all = append(all, want{m.Name(), l.key(types.NewSignatureType(nil, nil, nil, m.Signature().Params(), m.Signature().Results(), m.Signature().Variadic()))})
		}
	}
	return all
}

// interfaceKey is the key of the type of an interface's method.
func (s *Session) interfaceKey(t reflect.Type) string {
	s.world.mu.Lock()
	sig := s.world.signature(t, nil, 0)
	s.world.mu.Unlock()
	return (&lowering{s: s, name: func(n string) string { return n }}).key(sig)
}

// engineNames are the interpreter's names of what the session has.
func (s *Session) engineNames() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.engine
}

func (r *rtype) AssignableTo(u mirrorType) bool {
	to := u.(*rtype)
	switch {
	case r == to:
		return true
	case to.Kind() == reflect.Interface:
		return r.Implements(to)
	case r.plain() && to.plain():
		return r.t.AssignableTo(to.t)
	}
	return (r.Name() == "" || to.Name() == "") && r.sameUnder(to)
}

// sameUnder reports whether two types have the same underlying type.
func (r *rtype) sameUnder(to *rtype) bool {
	names := r.s.engineNames()
	l := &lowering{s: r.s, name: func(n string) string { return names[n] }}
	key := func(r *rtype) string {
		if r.plain() {
			r.s.world.mu.Lock()
			defer r.s.world.mu.Unlock()
			return l.key(r.s.world.typ(r.t).Underlying())
		}
		return l.key(r.under())
	}
	return key(r) == key(to)
}

func (r *rtype) ConvertibleTo(u mirrorType) bool {
	to := u.(*rtype)
	if r.AssignableTo(to) {
		return true
	}
	if to.Kind() == reflect.Interface || r.Kind() == reflect.Interface {
		return false
	}
	return r.t.ConvertibleTo(to.t)
}

func (r *rtype) Comparable() bool {
	if r.plain() {
		return r.t.Comparable()
	}
	return types.Comparable(r.d.typ)
}

func (r *rtype) Align() int                        { return r.t.Align() }
func (r *rtype) FieldAlign() int                   { return r.t.FieldAlign() }
func (r *rtype) Size() uintptr                     { return r.bare().Size() }
func (r *rtype) Bits() int                         { return r.t.Bits() }
func (r *rtype) ChanDir() reflect.ChanDir          { return r.bare().ChanDir() }
func (r *rtype) OverflowComplex(x complex128) bool { return r.t.OverflowComplex(x) }
func (r *rtype) OverflowFloat(x float64) bool      { return r.t.OverflowFloat(x) }
func (r *rtype) OverflowInt(x int64) bool          { return r.t.OverflowInt(x) }
func (r *rtype) OverflowUint(x uint64) bool        { return r.t.OverflowUint(x) }
func (r *rtype) CanSeq() bool                      { return r.bare().CanSeq() }
func (r *rtype) CanSeq2() bool                     { return r.bare().CanSeq2() }

// pointerTo, and those after it, make types of types.
func (r *rtype) pointerTo() *rtype {
	if r.plain() {
		return r.s.mirror(nil, reflect.PointerTo(r.t))
	}
	return r.s.mirror(r.s.describeLate(types.NewPointer(r.d.typ)), reflect.PointerTo(r.t))
}

// typ is the checker's type.
func (r *rtype) typ() types.Type {
	if !r.plain() {
		return r.d.typ
	}
	r.s.world.mu.Lock()
	defer r.s.world.mu.Unlock()
	return r.s.world.typ(r.t)
}

// made is a type made of others, of which at least one may be a cell's.
func made(t types.Type, erased reflect.Type, of ...mirrorType) mirrorType {
	s := of[0].(*rtype).s
	for _, o := range of {
		if !o.(*rtype).plain() {
			return s.mirror(s.describeLate(t), erased)
		}
	}
	return s.mirror(nil, erased)
}
