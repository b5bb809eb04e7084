package session

import (
	"fmt"
	"go/types"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// A mirrorValue is what cells know as reflect.Value.
type mirrorValue struct {
	v      reflect.Value
	t      *rtype
	hidden bool // it comes from an unexported field
	open   bool // that is embedded: its own exported fields are not hidden
}

// valueOf is reflect.ValueOf.
func (s *Session) valueOf(x any) mirrorValue {
	switch x := out(x).(type) {
	case nil:
		return mirrorValue{}
	case Box:
		v := reflect.ValueOf(x.V)
		return mirrorValue{v: v, t: s.mirror(x.T, v.Type())}
	default:
		v := reflect.ValueOf(x)
		return mirrorValue{v: v, t: s.mirror(nil, v.Type())}
	}
}

// any is the value in an interface.
func (v mirrorValue) any() any {
	if !v.v.IsValid() {
		return nil
	}
	if v.t.Kind() == reflect.Interface {
		if v.v.IsNil() {
			return nil
		}
		return whole(out(v.v.Interface()))
	}
	if v.t.plain() {
		return v.v.Interface()
	}
	x := v.v
	if v.cut() {
		x = x.Elem()
		if !x.IsValid() {
			x = reflect.Zero(v.t.t)
		}
	}
	return whole(Box{v.t.d, x.Interface()})
}

// in is the value as the interpreter holds it, without a struct around it.
func (v mirrorValue) in() reflect.Value {
	if v.v.IsValid() && !v.t.plain() {
		switch {
		case v.t.d.wrapped:
			return unwrapped(v.v)
		case v.cut() && v.v.IsNil():
			return nothing[v.t.Kind()]
		case v.cut():
			return v.v.Elem()
		}
	}
	return v.v
}

// cut reports whether the value is in a cut field (see cycle.go).
func (v mirrorValue) cut() bool {
	return v.v.IsValid() && !v.t.plain() && !v.t.d.wrapped && !v.t.d.iface && v.v.Kind() == reflect.Interface
}

// nothing is nil of each kind, for cut fields, which have no type.
var nothing = map[reflect.Kind]reflect.Value{
	reflect.Pointer: reflect.Zero(reflect.TypeFor[*any]()),
	reflect.Slice:   reflect.Zero(reflect.TypeFor[[]any]()),
	reflect.Map:     reflect.Zero(reflect.TypeFor[map[any]any]()),
	reflect.Chan:    reflect.Zero(reflect.TypeFor[chan any]()),
	reflect.Func:    reflect.Zero(reflect.TypeFor[func()]()),
}

// of is a part of the value.
func (v mirrorValue) of(x reflect.Value, t mirrorType) mirrorValue {
	r := t.(*rtype)
	if x.IsValid() {
		r.learn(x.Type())
	}
	return mirrorValue{v: x, t: r, hidden: v.hidden}
}

// Format is for package fmt, which prints what a value holds, or within
// something else what its method String gives.
func (v mirrorValue) Format(s fmt.State, verb rune) {
	if depthIn(s) > 0 && v.within(s, verb) {
		return
	}
	if !v.v.IsValid() {
		fmt.Fprint(s, "<invalid reflect.Value>")
		return
	}
	if v.t.plain() {
		fmt.Fprintf(s, fmt.FormatString(s, verb), v.v)
		return
	}
	if v.hidden {
		p := &printer{State: s, verb: verb, format: fmt.FormatString(s, verb)}
		p.value(v.t.d, v.v, 0, true)
		return
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), v.any())
}

// within prints a value that is in something else, where the verb has its text.
func (v mirrorValue) within(s fmt.State, verb rune) bool {
	if !strings.ContainsRune("vsxXq", verb) || verb == 'v' && s.Flag('#') {
		return false
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), v.String())
	return true
}

func (v mirrorValue) must(method string) {
	if !v.v.IsValid() {
		panic(reflectPanic{&reflect.ValueError{Method: "reflect.Value." + method, Kind: reflect.Invalid}})
	}
	if v.hidden {
		panic(reflectPanic{"reflect: reflect.Value." + method + " using value obtained using unexported field"})
	}
}

func (v mirrorValue) kind(method string, kinds ...reflect.Kind) {
	if !slices.Contains(kinds, v.Kind()) {
		panic(reflectPanic{&reflect.ValueError{Method: "reflect.Value." + method, Kind: v.Kind()}})
	}
}

func (v mirrorValue) IsValid() bool { return v.v.IsValid() }

func (v mirrorValue) Kind() reflect.Kind {
	if !v.v.IsValid() {
		return reflect.Invalid
	}
	return v.t.Kind()
}

func (v mirrorValue) Type() mirrorType {
	if !v.v.IsValid() {
		panic(reflectPanic{&reflect.ValueError{Method: "reflect.Value.Type", Kind: reflect.Invalid}})
	}
	return v.t
}

func (v mirrorValue) String() string {
	switch {
	case !v.v.IsValid():
		return "<invalid Value>"
	case v.Kind() == reflect.String:
		return v.v.String()
	}
	return "<" + v.t.String() + " Value>"
}

func (v mirrorValue) Interface() any {
	if !v.v.IsValid() {
		panic(reflectPanic{&reflect.ValueError{Method: "reflect.Value.Interface", Kind: reflect.Invalid}})
	}
	if !v.CanInterface() {
		panic(reflectPanic{"reflect.Value.Interface: cannot return value obtained from unexported field or method"})
	}
	return v.any()
}

func (v mirrorValue) CanInterface() bool  { return !v.hidden && v.v.CanInterface() }
func (v mirrorValue) CanSet() bool        { return !v.hidden && v.v.CanSet() }
func (v mirrorValue) CanAddr() bool       { return v.v.CanAddr() }
func (v mirrorValue) CanInt() bool        { return v.v.IsValid() && v.v.CanInt() }
func (v mirrorValue) CanUint() bool       { return v.v.IsValid() && v.v.CanUint() }
func (v mirrorValue) CanFloat() bool      { return v.v.IsValid() && v.v.CanFloat() }
func (v mirrorValue) CanComplex() bool    { return v.v.IsValid() && v.v.CanComplex() }
func (v mirrorValue) Int() int64          { return v.v.Int() }
func (v mirrorValue) Uint() uint64        { return v.v.Uint() }
func (v mirrorValue) Float() float64      { return v.v.Float() }
func (v mirrorValue) Complex() complex128 { return v.v.Complex() }
func (v mirrorValue) Bool() bool          { return v.v.Bool() }
func (v mirrorValue) Bytes() []byte       { return v.in().Bytes() }
func (v mirrorValue) Len() int {
	if v.Kind() == reflect.Pointer && !v.t.plain() {
		return v.in().Type().Elem().Len()
	}
	return v.in().Len()
}
func (v mirrorValue) Cap() int                          { return v.in().Cap() }
func (v mirrorValue) Pointer() uintptr                  { return v.in().Pointer() }
func (v mirrorValue) UnsafePointer() unsafe.Pointer     { return v.in().UnsafePointer() }
func (v mirrorValue) UnsafeAddr() uintptr               { return v.v.UnsafeAddr() }
func (v mirrorValue) OverflowInt(x int64) bool          { return v.v.OverflowInt(x) }
func (v mirrorValue) OverflowUint(x uint64) bool        { return v.v.OverflowUint(x) }
func (v mirrorValue) OverflowFloat(x float64) bool      { return v.v.OverflowFloat(x) }
func (v mirrorValue) OverflowComplex(x complex128) bool { return v.v.OverflowComplex(x) }
func (v mirrorValue) Close()                            { v.in().Close() }
func (v mirrorValue) Clear()                            { v.in().Clear() }
func (v mirrorValue) SetInt(x int64)                    { v.must("SetInt"); v.v.SetInt(x) }
func (v mirrorValue) SetUint(x uint64)                  { v.must("SetUint"); v.v.SetUint(x) }
func (v mirrorValue) SetFloat(x float64)                { v.must("SetFloat"); v.v.SetFloat(x) }
func (v mirrorValue) SetComplex(x complex128)           { v.must("SetComplex"); v.v.SetComplex(x) }
func (v mirrorValue) SetBool(x bool)                    { v.must("SetBool"); v.v.SetBool(x) }
func (v mirrorValue) SetString(x string)                { v.must("SetString"); v.v.SetString(x) }
func (v mirrorValue) SetBytes(x []byte)                 { v.must("SetBytes"); v.in().SetBytes(x) }
func (v mirrorValue) SetLen(n int)                      { v.must("SetLen"); v.in().SetLen(n) }
func (v mirrorValue) SetCap(n int)                      { v.must("SetCap"); v.in().SetCap(n) }
func (v mirrorValue) Grow(n int)                        { v.must("Grow"); v.in().Grow(n) }
func (v mirrorValue) SetZero()                          { v.must("SetZero"); v.v.SetZero() }

func (v mirrorValue) IsNil() bool  { return v.in().IsNil() }
func (v mirrorValue) IsZero() bool { return v.in().IsZero() }

func (v mirrorValue) Comparable() bool {
	if v.Kind() == reflect.Interface {
		return v.IsNil() || v.Elem().Comparable()
	}
	return v.v.IsValid() && v.t.Comparable() && v.v.Comparable()
}

func (v mirrorValue) Equal(u mirrorValue) bool {
	if !v.v.IsValid() || !u.v.IsValid() {
		return v.v.IsValid() == u.v.IsValid()
	}
	return equal(v.any(), u.any())
}

func (v mirrorValue) Elem() mirrorValue {
	switch v.Kind() {
	case reflect.Interface:
		if v.v.IsNil() {
			return mirrorValue{}
		}
		e := v.t.s.valueOf(v.v.Interface())
		e.hidden = v.hidden
		return e
	case reflect.Pointer:
		x := v.in()
		if x.IsNil() {
			return mirrorValue{}
		}
		e := v.of(x.Elem(), v.t.Elem())
		e.open = v.open
		return e
	}
	panic(reflectPanic{&reflect.ValueError{Method: "reflect.Value.Elem", Kind: v.Kind()}})
}

func (v mirrorValue) NumField() int {
	v.kind("NumField", reflect.Struct)
	return v.t.NumField()
}

func (v mirrorValue) Field(i int) mirrorValue {
	v.kind("Field", reflect.Struct)
	if v.t.plain() {
		f := v.of(v.v.Field(i), v.t.Field(i).Type)
		f.hidden = f.hidden || !f.v.CanInterface()
		return f
	}
	f := v.t.Field(i)
	x := v.of(v.v.Field(i), f.Type)
	x.hidden = v.hidden && !v.open
	x.open = !x.hidden && !f.IsExported() && f.Anonymous
	x.hidden = x.hidden || !f.IsExported()
	return x
}

func (v mirrorValue) Fields() iter.Seq2[mirrorField, mirrorValue] {
	return func(yield func(mirrorField, mirrorValue) bool) {
		for i := range v.NumField() {
			if !yield(v.t.Field(i), v.Field(i)) {
				return
			}
		}
	}
}

func (v mirrorValue) FieldByIndex(index []int) mirrorValue {
	f, err := v.FieldByIndexErr(index)
	if err != nil {
		panic(reflectPanic{"reflect: indirection through nil pointer to embedded struct"})
	}
	return f
}

func (v mirrorValue) FieldByIndexErr(index []int) (mirrorValue, error) {
	for k, i := range index {
		if k > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return mirrorValue{}, fmt.Errorf("reflect: indirection through nil pointer to embedded struct field %s", v.t.Elem().Name())
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v, nil
}

func (v mirrorValue) FieldByName(name string) mirrorValue {
	v.kind("FieldByName", reflect.Struct)
	if f, ok := v.t.FieldByName(name); ok {
		return v.FieldByIndex(f.Index)
	}
	return mirrorValue{}
}

func (v mirrorValue) FieldByNameFunc(match func(string) bool) mirrorValue {
	if f, ok := v.t.FieldByNameFunc(match); ok {
		return v.FieldByIndex(f.Index)
	}
	return mirrorValue{}
}

func (v mirrorValue) Index(i int) mirrorValue {
	v.kind("Index", reflect.Slice, reflect.Array, reflect.String)
	if v.Kind() == reflect.String {
		return v.of(v.v.Index(i), v.t.s.mirror(nil, reflect.TypeFor[uint8]()))
	}
	return v.of(v.in().Index(i), v.t.Elem())
}

func (v mirrorValue) Slice(i, j int) mirrorValue {
	return v.sliced(v.in().Slice(i, j))
}

func (v mirrorValue) Slice3(i, j, k int) mirrorValue {
	return v.sliced(v.in().Slice3(i, j, k))
}

func (v mirrorValue) sliced(x reflect.Value) mirrorValue {
	if v.Kind() == reflect.Array {
		return v.of(x, made(types.NewSlice(v.t.Elem().(*rtype).typ()), x.Type(), v.t.Elem()))
	}
	return v.rewrapped(x)
}

// rewrapped is a value of the same type.
func (v mirrorValue) rewrapped(x reflect.Value) mirrorValue {
	if !v.t.plain() && v.t.d.wrapped {
		w := reflect.New(v.t.t).Elem()
		w.Field(0).Set(x)
		x = w
	}
	return v.of(x, v.t)
}

func (v mirrorValue) MapIndex(key mirrorValue) mirrorValue {
	v.kind("MapIndex", reflect.Map)
	x := v.in().MapIndex(key.as(v.t.Key()))
	if !x.IsValid() {
		return mirrorValue{}
	}
	return v.of(x, v.t.Elem())
}

func (v mirrorValue) MapKeys() []mirrorValue {
	v.kind("MapKeys", reflect.Map)
	all := []mirrorValue{}
	for _, k := range v.in().MapKeys() {
		all = append(all, v.of(k, v.t.Key()))
	}
	return all
}

func (v mirrorValue) SetMapIndex(key, elem mirrorValue) {
	v.kind("SetMapIndex", reflect.Map)
	v.must("SetMapIndex")
	if !elem.v.IsValid() {
		v.in().SetMapIndex(key.as(v.t.Key()), reflect.Value{})
		return
	}
	v.in().SetMapIndex(key.as(v.t.Key()), elem.as(v.t.Elem()))
}

// A mirrorIter is reflect.MapIter.
type mirrorIter struct {
	of   mirrorValue
	iter *reflect.MapIter
}

func (v mirrorValue) MapRange() *mirrorIter {
	v.kind("MapRange", reflect.Map)
	return &mirrorIter{v, v.in().MapRange()}
}

func (i *mirrorIter) Next() bool         { return i.iter.Next() }
func (i *mirrorIter) Key() mirrorValue   { return i.of.of(i.iter.Key(), i.of.t.Key()) }
func (i *mirrorIter) Value() mirrorValue { return i.of.of(i.iter.Value(), i.of.t.Elem()) }
func (i *mirrorIter) Reset(v mirrorValue) {
	*i = *v.MapRange()
}

func (v mirrorValue) SetIterKey(i *mirrorIter)   { v.Set(i.Key()) }
func (v mirrorValue) SetIterValue(i *mirrorIter) { v.Set(i.Value()) }

// as is the value as the interpreter holds one of type t.
func (v mirrorValue) as(t mirrorType) reflect.Value {
	to := t.(*rtype)
	if !v.v.IsValid() {
		panic(reflectPanic{"reflect: call using zero Value argument"})
	}
	if !v.t.AssignableTo(to) {
		panic(reflectPanic{"reflect.Set: value of type " + v.t.String() + " is not assignable to type " + to.String()})
	}
	if to.Kind() == reflect.Interface {
		p := reflect.New(to.t)
		if x := v.any(); x != nil {
			d := to.d
			if d == nil {
				d = to.s.describeLate(to.typ())
			}
			to.s.store(p.Interface(), out(x), d)
		}
		return p.Elem()
	}
	if v.cut() && v.v.IsNil() {
		return reflect.Zero(to.t)
	}
	x := v.in()
	if !to.plain() && to.d.wrapped {
		w := reflect.New(to.t).Elem()
		w.Field(0).Set(x)
		return w
	}
	return argument(x.Interface(), to.t)
}

func (v mirrorValue) Set(x mirrorValue) {
	v.must("Set")
	if !v.v.CanSet() {
		panic(reflectPanic{"reflect: reflect.Value.Set using unaddressable value"})
	}
	v.v.Set(x.as(v.t))
}

func (v mirrorValue) Addr() mirrorValue {
	return v.of(v.v.Addr(), v.t.pointerTo())
}

func (v mirrorValue) CanConvert(t mirrorType) bool {
	array := t
	if t.Kind() == reflect.Pointer && v.Kind() == reflect.Slice {
		array = t.Elem()
	}
	return v.t.ConvertibleTo(t) && (v.Kind() != reflect.Slice || array.Kind() != reflect.Array || v.Len() >= array.Len())
}

func (v mirrorValue) Convert(t mirrorType) mirrorValue {
	to := t.(*rtype)
	if !v.t.ConvertibleTo(to) {
		panic(reflectPanic{"reflect.Value.Convert: value of type " + v.t.String() + " cannot be converted to type " + to.String()})
	}
	if v.t.AssignableTo(to) {
		return v.of(v.as(to), to)
	}
	return v.of(v.in().Convert(to.t), to)
}

func (v mirrorValue) NumMethod() int {
	if !v.v.IsValid() {
		panic(reflectPanic{&reflect.ValueError{Method: "reflect.Value.NumMethod", Kind: reflect.Invalid}})
	}
	return v.t.NumMethod()
}

func (v mirrorValue) Method(i int) mirrorValue {
	m := v.t.Method(i)
	return v.MethodByName(m.Name)
}

func (v mirrorValue) MethodByName(name string) mirrorValue {
	if !v.v.IsValid() {
		panic(reflectPanic{&reflect.ValueError{Method: "reflect.Value.MethodByName", Kind: reflect.Invalid}})
	}
	if v.Kind() == reflect.Interface {
		if _, ok := v.t.MethodByName(name); !ok {
			return mirrorValue{}
		}
		return v.Elem().MethodByName(name)
	}
	if v.t.plain() {
		if m := v.v.MethodByName(name); m.IsValid() {
			return v.of(m, v.t.s.mirror(nil, m.Type()))
		}
		return mirrorValue{}
	}
	m, ok := v.t.MethodByName(name)
	if !ok {
		return mirrorValue{}
	}
	f := (Box{v.t.d, v.v.Interface()}).method(name)
	if !f.IsValid() {
		panic(fault("package reflect does not find the method " + name + " of " + v.t.String() + ", which no cell has put into an interface"))
	}
	if f.Kind() == reflect.Interface {
		f = f.Elem()
	}
	sig := m.Type.(*rtype).function("Method")
	whole := types.NewSignatureType(nil, nil, nil, types.NewTuple(slices.Collect(sig.Params().Variables())[1:]...), sig.Results(), sig.Variadic())
	return v.of(f, v.t.s.mirror(v.t.s.describeLate(whole), f.Type()))
}

func (v mirrorValue) Methods() iter.Seq2[mirrorMethod, mirrorValue] {
	return func(yield func(mirrorMethod, mirrorValue) bool) {
		for i := range v.NumMethod() {
			if !yield(v.t.Method(i), v.Method(i)) {
				return
			}
		}
	}
}

func (v mirrorValue) Call(in []mirrorValue) []mirrorValue { return v.call("Call", in, false) }

func (v mirrorValue) CallSlice(in []mirrorValue) []mirrorValue { return v.call("CallSlice", in, true) }

func (v mirrorValue) call(method string, in []mirrorValue, list bool) []mirrorValue {
	v.must(method)
	v.kind(method, reflect.Func)
	n, variadic := v.t.NumIn(), v.t.IsVariadic()
	if v.IsNil() {
		panic(reflectPanic{"reflect.Value.Call: call of nil function"})
	}
	switch {
	case len(in) < n && !(variadic && !list && len(in) == n-1):
		panic(reflectPanic{"reflect: " + method + " with too few input arguments"})
	case len(in) > n && !(variadic && !list):
		panic(reflectPanic{"reflect: " + method + " with too many input arguments"})
	}
	var args []reflect.Value
	for i, a := range in {
		var t mirrorType
		if variadic && !list && i >= n-1 {
			t = v.t.In(n - 1).Elem()
		} else {
			t = v.t.In(i)
		}
		if !a.v.IsValid() {
			panic(reflectPanic{"reflect: " + method + " using zero Value argument"})
		}
		if !a.t.AssignableTo(t) {
			panic(reflectPanic{"reflect: " + method + " using " + a.t.String() + " as type " + t.String()})
		}
		args = append(args, a.as(t))
	}
	var outs []reflect.Value
	if list {
		outs = v.in().CallSlice(args)
	} else {
		outs = v.in().Call(args)
	}
	all := []mirrorValue{}
	for i, o := range outs {
		all = append(all, v.of(o, v.t.Out(i)))
	}
	return all
}

func (v mirrorValue) Send(x mirrorValue) { v.in().Send(x.as(v.t.Elem())) }

func (v mirrorValue) TrySend(x mirrorValue) bool { return v.in().TrySend(x.as(v.t.Elem())) }

func (v mirrorValue) Recv() (mirrorValue, bool) {
	x, ok := v.in().Recv()
	return v.of(x, v.t.Elem()), ok
}

func (v mirrorValue) TryRecv() (mirrorValue, bool) {
	x, ok := v.in().TryRecv()
	if !x.IsValid() {
		return mirrorValue{}, ok
	}
	return v.of(x, v.t.Elem()), ok
}

func (v mirrorValue) Seq() iter.Seq[mirrorValue] {
	return func(yield func(mirrorValue) bool) {
		for x := range v.in().Seq() {
			t := v.t.s.mirror(nil, x.Type())
			switch k := v.Kind(); {
			case k == reflect.Map:
				t = v.t.Key().(*rtype)
			case k == reflect.Chan:
				t = v.t.Elem().(*rtype)
			case k >= reflect.Int && k <= reflect.Uintptr:
				t = v.t
			}
			if !yield(v.of(x, t)) {
				return
			}
		}
	}
}

func (v mirrorValue) Seq2() iter.Seq2[mirrorValue, mirrorValue] {
	return func(yield func(mirrorValue, mirrorValue) bool) {
		for k, x := range v.in().Seq2() {
			key, elem := v.t.s.mirror(nil, k.Type()), v.t.s.mirror(nil, x.Type())
			switch v.Kind() {
			case reflect.Map:
				key, elem = v.t.Key().(*rtype), v.t.Elem().(*rtype)
			case reflect.Slice, reflect.Array:
				elem = v.t.Elem().(*rtype)
			}
			if !yield(v.of(k, key), v.of(x, elem)) {
				return
			}
		}
	}
}

// A mirrorCase is reflect.SelectCase.
type mirrorCase struct {
	Dir  reflect.SelectDir
	Chan mirrorValue
	Send mirrorValue
}

// mirrorTable is package reflect for cells.
func (s *Session) mirrorTable(real map[string]reflect.Value) map[string]reflect.Value {
	table := map[string]reflect.Value{}
	for _, name := range strings.Fields(`Array BothDir Bool Chan ChanDir Complex128 Complex64 Float32 Float64 Func Int Int16 Int32 Int64 Int8
		Interface Invalid Kind Map Pointer Ptr RecvDir SelectDefault SelectDir SelectRecv SelectSend SendDir Slice String Struct StructTag
		Uint Uint16 Uint32 Uint64 Uint8 Uintptr UnsafePointer ValueError`) {
		if v, ok := real[name]; ok {
			table[name] = v
		}
	}
	for t, name := range mirrored {
		if name, ok := strings.CutPrefix(name, "reflect."); ok {
			table[name] = reflect.Zero(reflect.PointerTo(t))
		}
	}
	zero := func(t mirrorType) mirrorValue {
		r := t.(*rtype)
		return mirrorValue{v: reflect.Zero(r.t), t: r}
	}
	fresh := func(t *rtype, x reflect.Value) mirrorValue {
		return mirrorValue{t: t}.rewrapped(x)
	}
	for name, f := range map[string]any{
		"TypeOf": func(x any) mirrorType {
			if v := s.valueOf(x); v.IsValid() {
				return v.t
			}
			return nil
		},
		"ValueOf":   s.valueOf,
		"DeepEqual": deepEqual,
		"Zero":      zero,
		"New": func(t mirrorType) mirrorValue {
			r := t.(*rtype)
			return mirrorValue{v: reflect.New(r.t), t: r.pointerTo()}
		},
		"Indirect": func(v mirrorValue) mirrorValue {
			if v.Kind() != reflect.Pointer {
				return v
			}
			return v.Elem()
		},
		"MakeSlice": func(t mirrorType, n, m int) mirrorValue {
			r := t.(*rtype)
			return fresh(r, reflect.MakeSlice(r.bare(), n, m))
		},
		"MakeMap": func(t mirrorType) mirrorValue {
			r := t.(*rtype)
			return fresh(r, reflect.MakeMap(r.bare()))
		},
		"MakeMapWithSize": func(t mirrorType, n int) mirrorValue {
			r := t.(*rtype)
			return fresh(r, reflect.MakeMapWithSize(r.bare(), n))
		},
		"MakeChan": func(t mirrorType, n int) mirrorValue {
			r := t.(*rtype)
			return fresh(r, reflect.MakeChan(r.bare(), n))
		},
		"MakeFunc": func(t mirrorType, f func([]mirrorValue) []mirrorValue) mirrorValue {
			r := t.(*rtype)
			return mirrorValue{t: r, v: reflect.MakeFunc(r.bare(), func(args []reflect.Value) []reflect.Value {
				var in []mirrorValue
				for i, a := range args {
					in = append(in, mirrorValue{v: a, t: r.In(i).(*rtype)})
				}
				results := f(in)
				if len(results) != r.NumOut() {
					panic(reflectPanic{"reflect: wrong return count from function created by MakeFunc"})
				}
				var all []reflect.Value
				for i, o := range results {
					if !o.v.IsValid() {
						panic(reflectPanic{"reflect: function created by MakeFunc using closure returned zero Value"})
					}
					all = append(all, o.as(r.Out(i)))
				}
				return all
			})}
		},
		"Append": func(v mirrorValue, xs ...mirrorValue) mirrorValue {
			v.kind("Append", reflect.Slice)
			v.must("Append")
			var all []reflect.Value
			for _, e := range xs {
				all = append(all, e.as(v.t.Elem()))
			}
			return v.rewrapped(reflect.Append(v.in(), all...))
		},
		"AppendSlice": func(v, w mirrorValue) mirrorValue { return v.rewrapped(reflect.AppendSlice(v.in(), w.in())) },
		"Copy":        func(to, from mirrorValue) int { return reflect.Copy(to.in(), from.in()) },
		"Swapper": func(x any) func(i, j int) {
			return reflect.Swapper(s.valueOf(x).in().Interface())
		},
		"PointerTo": func(t mirrorType) mirrorType { return t.(*rtype).pointerTo() },
		"PtrTo":     func(t mirrorType) mirrorType { return t.(*rtype).pointerTo() },
		"SliceOf": func(t mirrorType) mirrorType {
			return made(types.NewSlice(t.(*rtype).typ()), reflect.SliceOf(t.(*rtype).t), t)
		},
		"ArrayOf": func(n int, t mirrorType) mirrorType {
			return made(types.NewArray(t.(*rtype).typ(), int64(n)), reflect.ArrayOf(n, t.(*rtype).t), t)
		},
		"ChanOf": func(dir reflect.ChanDir, t mirrorType) mirrorType {
			d := map[reflect.ChanDir]types.ChanDir{reflect.BothDir: types.SendRecv, reflect.SendDir: types.SendOnly, reflect.RecvDir: types.RecvOnly}
			return made(types.NewChan(d[dir], t.(*rtype).typ()), reflect.ChanOf(dir, t.(*rtype).t), t)
		},
		"MapOf": func(k, e mirrorType) mirrorType {
			return made(types.NewMap(k.(*rtype).typ(), e.(*rtype).typ()), reflect.MapOf(k.(*rtype).t, e.(*rtype).t), k, e)
		},
		"FuncOf": func(in, out []mirrorType, variadic bool) mirrorType {
			tuple := func(all []mirrorType) (*types.Tuple, []reflect.Type) {
				var vars []*types.Var
				var erased []reflect.Type
				for _, t := range all {
					vars = append(vars, types.NewParam(0, nil, "", t.(*rtype).typ()))
					erased = append(erased, t.(*rtype).t)
				}
				return types.NewTuple(vars...), erased
			}
			p, pe := tuple(in)
			r, re := tuple(out)
			none := mirrorType(s.mirror(nil, reflect.TypeFor[int]()))
			return made(types.NewSignatureType(nil, nil, nil, p, r, variadic), reflect.FuncOf(pe, re, variadic), append(append([]mirrorType{none}, in...), out...)...)
		},
		"StructOf":      func(fields []mirrorField) mirrorType { return s.structOf(fields) },
		"VisibleFields": visible,
		"Select": func(cases []mirrorCase) (int, mirrorValue, bool) {
			var all []reflect.SelectCase
			for _, c := range cases {
				one := reflect.SelectCase{Dir: c.Dir, Chan: c.Chan.in()}
				if c.Send.IsValid() {
					one.Send = c.Send.as(c.Chan.t.Elem())
				}
				all = append(all, one)
			}
			i, v, ok := reflect.Select(all)
			if !v.IsValid() {
				return i, mirrorValue{}, ok
			}
			return i, mirrorValue{v: v, t: cases[i].Chan.t.Elem().(*rtype)}, ok
		},
	} {
		table[name] = reflect.ValueOf(f)
	}
	return table
}

// structOf is a struct type. One with a field of a cell's type has exported
// fields only.
func (s *Session) structOf(fields []mirrorField) mirrorType {
	var real []reflect.StructField
	var vars []*types.Var
	var tags []string
	all := []mirrorType{s.mirror(nil, reflect.TypeFor[int]())}
	for _, f := range fields {
		if f.Type == nil {
			panic(reflectPanic{"reflect.StructOf: field " + strconv.Quote(f.Name) + " has no type"})
		}
		r := f.Type.(*rtype)
		real = append(real, reflect.StructField{Name: f.Name, PkgPath: f.PkgPath, Type: r.t, Tag: f.Tag, Anonymous: f.Anonymous})
		vars = append(vars, types.NewField(0, nil, f.Name, r.typ(), f.Anonymous))
		tags = append(tags, string(f.Tag))
		if !r.plain() && (f.PkgPath != "" || f.Anonymous) {
			panic(reflectPanic{"reflect.StructOf: field " + strconv.Quote(f.Name) + " of the type " + r.String() + ": in cells it must be exported and not embedded"})
		}
		all = append(all, f.Type)
	}
	return made(types.NewStruct(vars, tags), reflect.StructOf(real), all...)
}

// visible are the fields of a struct and those that it has of embedded ones: of one
// name the least deep, unless there are several as deep.
func visible(t mirrorType) []mirrorField {
	var all []mirrorField
	within := map[mirrorType]bool{}
	var walk func(t mirrorType, at []int)
	walk = func(t mirrorType, at []int) {
		if within[t] {
			return
		}
		within[t] = true
		for f := range t.Fields() {
			f.Index = append(slices.Clone(at), f.Index...)
			all = append(all, f)
			if inner := structIn(f.Type); f.Anonymous && inner != nil {
				walk(inner, f.Index)
			}
		}
		within[t] = false
	}
	walk(t, nil)
	return slices.DeleteFunc(slices.Clone(all), func(f mirrorField) bool {
		return slices.ContainsFunc(all, func(g mirrorField) bool {
			return g.Name == f.Name && len(g.Index) <= len(f.Index) && !slices.Equal(g.Index, f.Index)
		})
	})
}

// structIn is the struct that a type is or points to, or nil.
func structIn(t mirrorType) mirrorType {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}
