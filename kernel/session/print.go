package session

import (
	"fmt"
	"go/types"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Format prints a box as package fmt prints a value of its type.
func (b Box) Format(s fmt.State, verb rune) {
	p := &printer{s, verb, fmt.FormatString(s, verb)}
	p.value(b.T, reflect.ValueOf(b.V), 0, false)
}

// asFunc is a method of a box if it has that type.
func asFunc[F any](b Box, name string) (f F, ok bool) {
	if b.T.methods[name] == nil {
		return f, false
	}
	m := b.method(name)
	if !m.IsValid() || m.Type() != reflect.TypeFor[F]() {
		return f, false
	}
	return m.Interface().(F), true
}

type printer struct {
	fmt.State
	verb   rune
	format string
}

// value prints one value; hidden says that it is in an unexported field, whose
// methods fmt does not call.
func (p *printer) value(d *desc, v reflect.Value, depth int, hidden bool) {
	sharp := p.verb == 'v' && p.Flag('#')
	if v.Kind() == reflect.Interface && !d.iface { // a cut field
		if v = v.Elem(); !v.IsValid() {
			text := "<nil>"
			switch d.typ.Underlying().(type) {
			case *types.Map:
				text = "map[]"
			case *types.Slice:
				text = "[]"
			}
			io.WriteString(p, text)
			return
		}
	}
	if d.iface {
		if !v.IsValid() || v.Kind() == reflect.Interface && v.IsNil() {
			io.WriteString(p, map[bool]string{true: d.name + "(nil)", false: "<nil>"}[sharp])
			return
		}
		inner := out(v.Interface())
		if b, ok := inner.(Box); ok {
			p.value(b.T, reflect.ValueOf(b.V), depth, hidden)
			return
		}
		p.plain(reflect.ValueOf(inner), depth, hidden)
		return
	}
	if !hidden && p.methods(d, v, sharp) {
		return
	}
	if d.faithful {
		p.plain(v, depth, hidden)
		return
	}
	if d.wrapped {
		v = unwrapped(v)
	}
	switch v.Kind() {
	case reflect.Struct:
		p.structure(d, v, depth, sharp, hidden)
	case reflect.Slice, reflect.Array:
		if d.elem == nil || v.Type().Elem().Kind() == reflect.Uint8 && strings.ContainsRune("sqxX", p.verb) {
			fmt.Fprintf(p, p.format, v.Interface())
			return
		}
		p.sequence(d, v, depth, sharp, hidden)
	case reflect.Map:
		p.table(d, v, depth, sharp, hidden)
	case reflect.Pointer:
		if depth == 0 && !v.IsNil() && d.elem != nil {
			switch v.Elem().Kind() {
			case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
				io.WriteString(p, "&")
				p.value(d.elem, v.Elem(), depth+1, hidden)
				return
			}
		}
		p.pointer(d, v)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		p.pointer(d, v)
	default:
		p.basic(d, v)
	}
}

// basic prints a boolean, a number or a string.
func (p *printer) basic(d *desc, v reflect.Value) {
	verbs := "vbcdoOqxXU"
	switch {
	case v.Kind() == reflect.Bool:
		verbs = "vt"
	case v.CanFloat() || v.CanComplex():
		verbs = "vbeEfFgGxX"
	case v.Kind() == reflect.String:
		verbs = "vsxXq"
	}
	if !strings.ContainsRune(verbs, p.verb) {
		p.bad(d, func() { fmt.Fprintf(p, p.format, v.Interface()) })
		return
	}
	fmt.Fprintf(p, p.format, v.Interface())
}

// pointer prints the address of what a value refers to.
func (p *printer) pointer(d *desc, v reflect.Value) {
	sharp := p.verb == 'v' && p.Flag('#')
	switch {
	case !strings.ContainsRune("vpbodxX", p.verb):
		p.bad(d, func() { p.pointer(d, v) })
	case sharp && v.IsNil():
		io.WriteString(p, "("+d.name+")(nil)")
	case sharp:
		fmt.Fprintf(p, "(%s)(%#x)", d.name, v.Pointer())
	case p.verb == 'v' && v.IsNil():
		fmt.Fprintf(p, strings.TrimRight(p.format, "v")+"s", "<nil>")
	case p.verb == 'v' || p.verb == 'p':
		fmt.Fprintf(p, "%#x", v.Pointer())
	default:
		fmt.Fprintf(p, p.format, v.Pointer())
	}
}

// bad tells that a verb is not one of the type; the value is as %v has it.
func (p *printer) bad(d *desc, value func()) {
	fmt.Fprintf(p, "%%!%c(%s=", p.verb, d.name)
	verb, format := p.verb, p.format
	p.verb, p.format = 'v', strings.TrimSuffix(format, string(verb))+"v"
	value()
	p.verb, p.format = verb, format
	io.WriteString(p, ")")
}

// plain prints a value of a type that package fmt knows, without calling
// methods when it is hidden.
func (p *printer) plain(v reflect.Value, depth int, hidden bool) {
	switch {
	case !hidden:
		fmt.Fprintf(p, p.format, v.Interface())
	case holdsAny(v.Type(), 0): // where there may be boxes
		p.value(described(v.Type()), v, depth, true)
	case v.Kind() == reflect.Pointer && depth > 0 && !v.IsNil():
		fmt.Fprintf(p, "%#x", v.Pointer())
	default: // to fmt a field that it may not look into
		fmt.Fprintf(p, p.format, reflect.ValueOf(struct{ v any }{v.Interface()}).Field(0).Elem())
	}
}

// holdsAny reports whether a type is made of interfaces.
func holdsAny(t reflect.Type, depth int) bool {
	if depth > 5 {
		return false
	}
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Slice, reflect.Array, reflect.Map:
		return holdsAny(t.Elem(), depth+1)
	}
	return false
}

// described is a desc of a type that compiled code knows, down to interfaces.
func described(t reflect.Type) *desc {
	d := &desc{name: t.String(), rtype: t, iface: t.Kind() == reflect.Interface, faithful: t.Kind() != reflect.Interface && !holdsAny(t, 0)}
	if d.faithful || d.iface {
		return d
	}
	d.elem = described(t.Elem())
	if t.Kind() == reflect.Map {
		d.keys = described(t.Key())
	}
	return d
}

// methods prints by Error or String, as fmt does.
func (p *printer) methods(d *desc, v reflect.Value, sharp bool) (done bool) {
	if len(d.methods) == 0 || !v.IsValid() {
		return false
	}
	b := Box{d, v.Interface()}
	if f, ok := asFunc[func(fmt.State, rune)](b, "Format"); ok {
		f(p, p.verb)
		return true
	}
	name := "GoString"
	if !sharp {
		if !strings.ContainsRune("vsxXq", p.verb) {
			return false
		}
		if name = "Error"; d.methods[name] == nil {
			name = "String"
		}
	}
	defer func() {
		if r := recover(); r != nil {
			if v.Kind() == reflect.Pointer && v.IsNil() {
				io.WriteString(p, "<nil>")
				done = true
				return
			}
			if r == any(errHalted) {
				panic(r)
			}
			fmt.Fprintf(p, "%%!%c(PANIC=%s method: %v)", p.verb, name, thrownValue(r))
			done = true
		}
	}()
	f, ok := asFunc[func() string](b, name)
	if !ok {
		return false
	}
	text := f()
	if sharp {
		io.WriteString(p, text)
		return true
	}
	fmt.Fprintf(p, p.format, text)
	return true
}

func (p *printer) structure(d *desc, v reflect.Value, depth int, sharp, hidden bool) {
	if sharp {
		io.WriteString(p, d.name)
	}
	io.WriteString(p, "{")
	for i, f := range d.fields {
		if i > 0 {
			io.WriteString(p, map[bool]string{true: ", ", false: " "}[sharp])
		}
		if sharp || p.Flag('+') && p.verb == 'v' {
			io.WriteString(p, f.name+":")
		}
		if !v.Field(i).CanInterface() { // of a compiled type
			fmt.Fprintf(p, p.format, v.Field(i))
			continue
		}
		p.value(f.typ, v.Field(i), depth+1, hidden || !f.exported)
	}
	io.WriteString(p, "}")
}

func (p *printer) sequence(d *desc, v reflect.Value, depth int, sharp, hidden bool) {
	begin, sep, end := "[", " ", "]"
	if sharp {
		begin, sep, end = d.name+"{", ", ", "}"
		if v.Kind() == reflect.Slice && v.IsNil() {
			io.WriteString(p, d.name+"(nil)")
			return
		}
	}
	io.WriteString(p, begin)
	for i := range v.Len() {
		if i > 0 {
			io.WriteString(p, sep)
		}
		p.value(d.elem, v.Index(i), depth+1, hidden)
	}
	io.WriteString(p, end)
}

func (p *printer) table(d *desc, v reflect.Value, depth int, sharp, hidden bool) {
	begin, sep, end := "map[", " ", "]"
	if sharp {
		begin, sep, end = d.name+"{", ", ", "}"
		if v.IsNil() {
			io.WriteString(p, d.name+"(nil)")
			return
		}
	}
	io.WriteString(p, begin)
	keys := v.MapKeys()
	slices.SortFunc(keys, compareKeys)
	for i, k := range keys {
		if i > 0 {
			io.WriteString(p, sep)
		}
		p.value(d.keys, k, depth+1, hidden)
		io.WriteString(p, ":")
		p.value(d.elem, v.MapIndex(k), depth+1, hidden)
	}
	io.WriteString(p, end)
}

// compareKeys orders a map's keys as package fmt does.
func compareKeys(a, b reflect.Value) int {
	switch {
	case a.Kind() == reflect.Interface:
		return compareKeys(reflect.ValueOf(raw(a.Interface())), reflect.ValueOf(raw(b.Interface())))
	case a.Kind() != b.Kind():
		return int(a.Kind()) - int(b.Kind())
	case a.CanInt():
		return compare(a.Int(), b.Int())
	case a.CanUint():
		return compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return compare(a.Float(), b.Float())
	case a.Kind() == reflect.String:
		return strings.Compare(a.String(), b.String())
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			if c := compareKeys(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
	case a.Kind() == reflect.Array:
		for i := range a.Len() {
			if c := compareKeys(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
	case a.Kind() == reflect.Bool:
		return compare(boolInt(a.Bool()), boolInt(b.Bool()))
	}
	return 0
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func compare[T int64 | uint64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
