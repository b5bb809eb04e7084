package session

import (
	"fmt"
	"go/types"
	"io"
	"reflect"
	"strings"
)

// Format prints a box as package fmt prints a value of its type.
func (b Box) Format(s fmt.State, verb rune) {
	p := &printer{State: s, verb: verb, format: fmt.FormatString(s, verb)}
	p.value(b.T, reflect.ValueOf(b.V), depthIn(s), false)
}

// depthIn is 1 where package fmt prints what is in something else: then it has
// noted that.
func depthIn(s fmt.State) int {
	if pp := reflect.ValueOf(s); pp.Kind() == reflect.Pointer && pp.Elem().Kind() == reflect.Struct {
		if around := pp.Elem().FieldByName("value"); around.IsValid() && !around.IsZero() {
			return 1
		}
	}
	return 0
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
	verb     rune
	format   string
	erroring bool // within what a wrong verb leaves
}

// WriteString is there because the states of package fmt have it.
func (p *printer) WriteString(text string) (int, error) { return io.WriteString(p.State, text) }

// marked reports whether a flag marks %v.
func (p *printer) marked(flag int) bool { return p.verb == 'v' && !p.erroring && p.Flag(flag) }

// value prints one value; hidden says that it is in an unexported field, whose
// methods fmt does not call.
func (p *printer) value(d *desc, v reflect.Value, depth int, hidden bool) {
	sharp := p.marked('#')
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
	if d.faithful || d.opened && !hidden && !p.erroring && v.CanInterface() && p.told(v.Interface()) {
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
		if depth == 0 && !v.IsNil() && d.elem != nil && composite(v.Type().Elem()) {
			io.WriteString(p, "&")
			p.value(d.elem, v.Elem(), depth+1, hidden)
			return
		}
		p.pointer(d, v, hidden)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		p.pointer(d, v, hidden)
	default:
		p.basic(d, v)
	}
}

// composite reports whether a pointer to a type is printed with what it points to.
func composite(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
		return true
	}
	return false
}

// basic prints a boolean, a number or a string.
func (p *printer) basic(d *desc, v reflect.Value) {
	verbs, usual := "vbcdoOqxXU", "d"
	switch {
	case v.Kind() == reflect.Bool:
		verbs, usual = "vt", "t"
	case v.CanFloat() || v.CanComplex():
		verbs, usual = "vbeEfFgGxX", "g"
	case v.Kind() == reflect.String:
		verbs, usual = "vsxXq", "s"
	}
	switch {
	case !strings.ContainsRune(verbs, p.verb):
		p.bad(d, v, false)
	case p.erroring: // whose flags are those of the wrong verb
		fmt.Fprintf(p, strings.TrimSuffix(p.format, "v")+usual, v.Interface())
	default:
		fmt.Fprintf(p, p.format, v.Interface())
	}
}

// pointer prints the address of what a value refers to.
func (p *printer) pointer(d *desc, v reflect.Value, hidden bool) {
	sharp := p.marked('#')
	switch {
	case !strings.ContainsRune("vpbodxX", p.verb):
		p.bad(d, v, hidden)
	case sharp && v.IsNil():
		io.WriteString(p, "("+d.name+")(nil)")
	case sharp:
		fmt.Fprintf(p, "(%s)(%#x)", d.name, v.Pointer())
	case p.verb == 'v' && v.IsNil(): // with the width alone
		format, _, _ := strings.Cut(strings.TrimSuffix(p.format, "v"), ".")
		fmt.Fprintf(p, format+"s", "<nil>")
	case p.verb == 'v':
		format := strings.ReplaceAll(strings.TrimSuffix(p.format, "v"), "#", "")
		if p.marked('+') {
			format = strings.ReplaceAll(format, "+", "")
		}
		fmt.Fprintf(p, "%#"+format[1:]+"x", v.Pointer())
	case p.verb == 'p':
		fmt.Fprintf(p, "%#x", v.Pointer())
	default:
		fmt.Fprintf(p, p.format, v.Pointer())
	}
}

// bad tells that a verb is not one of the type; the value is as %v has it, without
// methods.
func (p *printer) bad(d *desc, v reflect.Value, hidden bool) {
	fmt.Fprintf(p, "%%!%c(%s=", p.verb, d.name)
	one := *p
	one.verb, one.format, one.erroring = 'v', strings.TrimSuffix(p.format, string(p.verb))+"v", true
	one.value(d, v, 0, hidden)
	io.WriteString(p, ")")
}

// plain prints a value of a type that package fmt knows, without calling
// methods when it is hidden.
func (p *printer) plain(v reflect.Value, depth int, hidden bool) {
	hidden = hidden || p.erroring
	if p.erroring { // whose # does not ask for Go's syntax
		whole := p.format
		defer func() { p.format = whole }()
		p.format = strings.ReplaceAll(whole, "#", "")
		if k := v.Kind(); k > reflect.Invalid && k <= reflect.Complex128 || k == reflect.String {
			p.basic(described(v.Type()), v)
			return
		}
	}
	if p.erroring && v.Kind() == reflect.Pointer && !composite(v.Type().Elem()) {
		depth = 1
	}
	switch {
	case v.IsValid() && (hidden || !p.told(v.Interface())) && keeps(v, depth, hidden):
		p.value(openedType(v.Type()), v, depth, hidden)
	case v.Kind() == reflect.Pointer && depth > 0 && !v.IsNil() && (hidden || !p.told(v.Interface())):
		p.pointer(described(v.Type()), v, hidden)
	case !hidden && depth > 0:
		if m, ok := v.Interface().(mirrorValue); ok && m.within(p, p.verb) {
			return
		}
		fmt.Fprintf(p, p.format, v)
	case !hidden:
		fmt.Fprintf(p, p.format, v.Interface())
	case holdsAny(v.Type(), 0): // where there may be boxes
		p.value(described(v.Type()), v, depth, true)
	default: // to fmt a field that it may not look into
		fmt.Fprintf(p, p.format, reflect.ValueOf(struct{ v any }{v.Interface()}).Field(0).Elem())
	}
}

// told reports whether a value says itself how it is printed.
func (p *printer) told(v any) bool {
	switch v.(type) {
	case fmt.Formatter:
		return true
	case fmt.GoStringer:
		return p.marked('#')
	case error, fmt.Stringer:
		return !p.marked('#') && strings.ContainsRune("vsxXq", p.verb)
	}
	return false
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
	if len(d.methods) == 0 || !v.IsValid() || p.erroring {
		return false
	}
	b := Box{d, v.Interface()}
	name := "Format"
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
	if f, ok := asFunc[func(fmt.State, rune)](b, name); ok {
		f(p, p.verb)
		return true
	}
	name = "GoString"
	if !sharp {
		if !strings.ContainsRune("vsxXq", p.verb) {
			return false
		}
		if name = "Error"; d.methods[name] == nil {
			name = "String"
		}
	}
	f, ok := asFunc[func() string](b, name)
	if !ok {
		return false
	}
	text, format := f(), p.format
	if sharp {
		format = strings.NewReplacer("#", "", "v", "s").Replace(format)
	}
	fmt.Fprintf(p, format, text)
	return true
}

func (p *printer) structure(d *desc, v reflect.Value, depth int, sharp, hidden bool) {
	if d.opened {
		v = addressable(v)
	}
	if sharp {
		io.WriteString(p, d.name)
	}
	io.WriteString(p, "{")
	for i, f := range d.fields {
		if i > 0 {
			io.WriteString(p, map[bool]string{true: ", ", false: " "}[sharp])
		}
		if sharp || p.marked('+') {
			io.WriteString(p, f.name+":")
		}
		in := v.Field(i)
		switch {
		case d.opened:
			in = readable(in)
		case !in.CanInterface(): // of a compiled type
			fmt.Fprintf(p, p.format, in)
			continue
		}
		if f.embedded && !f.exported && !hidden && in.Kind() == reflect.Struct && !f.typ.faithful && !f.typ.wrapped {
			p.structure(f.typ, in, depth+1, sharp, false) // whose own exported fields are not hidden
			continue
		}
		p.value(f.typ, in, depth+1, hidden || !f.exported)
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
	for i, entry := range sortedMap(v) {
		if i > 0 {
			io.WriteString(p, sep)
		}
		p.value(d.keys, entry[0], depth+1, hidden)
		io.WriteString(p, ":")
		p.value(d.elem, entry[1], depth+1, hidden)
	}
	io.WriteString(p, end)
}
