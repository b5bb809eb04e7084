package session

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"go/types"
	"io"
	"reflect"
	"slices"
	"strconv"
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

// MarshalJSON writes a box as encoding/json writes a value of its type.
func (b Box) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	err := writeJSON(&out, b.T, reflect.ValueOf(b.V))
	return out.Bytes(), err
}

func writeJSON(w *bytes.Buffer, d *desc, v reflect.Value) error {
	if v.Kind() == reflect.Interface && !d.iface { // a cut field
		v = v.Elem()
	}
	if !v.IsValid() {
		w.WriteString("null")
		return nil
	}
	if len(d.methods) > 0 && !(v.Kind() == reflect.Pointer && v.IsNil()) {
		b := Box{d, v.Interface()}
		if f, ok := asFunc[func() ([]byte, error)](b, "MarshalJSON"); ok {
			text, err := f()
			if err == nil {
				err = json.Compact(w, text)
			}
			return err
		}
		if f, ok := asFunc[func() ([]byte, error)](b, "MarshalText"); ok {
			text, err := f()
			if err != nil {
				return err
			}
			return leafJSON(w, string(text))
		}
	}
	switch {
	case d.iface:
		if v.IsNil() {
			w.WriteString("null")
			return nil
		}
		return leafJSON(w, out(v.Interface()))
	case d.faithful:
		return leafJSON(w, v.Interface())
	case d.wrapped:
		v = unwrapped(v)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			w.WriteString("null")
			return nil
		}
		return writeJSON(w, d.elem, v.Elem())
	case reflect.Struct:
		w.WriteByte('{')
		if err := fieldsJSON(w, d, v); err != nil {
			return err
		}
		w.WriteByte('}')
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			w.WriteString("null")
			return nil
		}
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			w.WriteString(strconv.Quote(base64.StdEncoding.EncodeToString(v.Bytes())))
			return nil
		}
		w.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := writeJSON(w, d.elem, v.Index(i)); err != nil {
				return err
			}
		}
		w.WriteByte(']')
	case reflect.Map:
		if v.IsNil() {
			w.WriteString("null")
			return nil
		}
		keys, names := v.MapKeys(), map[reflect.Value]string{}
		for _, k := range keys {
			name, err := keyJSON(d.keys, k)
			if err != nil {
				return err
			}
			names[k] = name
		}
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(names[a], names[b]) })
		w.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := leafJSON(w, names[k]); err != nil {
				return err
			}
			w.WriteByte(':')
			if err := writeJSON(w, d.elem, v.MapIndex(k)); err != nil {
				return err
			}
		}
		w.WriteByte('}')
	case reflect.Func, reflect.Chan:
		return fmt.Errorf("json: unsupported type: %s", d.name)
	default:
		return leafJSON(w, v.Interface())
	}
	return nil
}

// keyJSON is the key of a map as encoding/json writes it.
func keyJSON(d *desc, k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if f, ok := asFunc[func() ([]byte, error)](Box{d, k.Interface()}, "MarshalText"); ok {
		text, err := f()
		return string(text), err
	}
	if m, ok := k.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		return string(text), err
	}
	return fmt.Sprint(k.Interface()), nil
}

func leafJSON(w *bytes.Buffer, v any) error {
	text, err := json.Marshal(v)
	w.Write(text)
	return err
}

// A jsonOut is a field of a struct as encoding/json writes it.
type jsonOut struct {
	name, opts string
	tagged     bool
	depth      int // of embedding
	typ        *desc
	value      reflect.Value
}

// fieldsJSON writes the fields of a struct: of those with one name the least
// embedded, or the one with a tag, or none.
func fieldsJSON(w *bytes.Buffer, d *desc, v reflect.Value) error {
	all := jsonFields(d, v, 0)
	first := true
	for i, f := range all {
		hidden := slices.ContainsFunc(all, func(g jsonOut) bool {
			return g.name == f.name && (g.depth < f.depth || g.depth == f.depth && g.tagged && !f.tagged)
		})
		for j, g := range all {
			hidden = hidden || j != i && g.name == f.name && g.depth == f.depth && g.tagged == f.tagged
		}
		if hidden || strings.Contains(f.opts, "omitempty") && emptyJSON(f.value) || strings.Contains(f.opts, "omitzero") && f.value.IsZero() {
			continue
		}
		if !first {
			w.WriteByte(',')
		}
		first = false
		if err := leafJSON(w, f.name); err != nil {
			return err
		}
		w.WriteByte(':')
		if strings.Contains(f.opts, "string") {
			switch f.value.Kind() {
			case reflect.String, reflect.Struct, reflect.Slice, reflect.Map:
			default:
				w.WriteString(strconv.Quote(fmt.Sprint(f.value.Interface())))
				continue
			}
		}
		if err := writeJSON(w, f.typ, f.value); err != nil {
			return err
		}
	}
	return nil
}

func jsonFields(d *desc, v reflect.Value, depth int) (all []jsonOut) {
	for i, f := range d.fields {
		name, opts, _ := strings.Cut(reflect.StructTag(f.tag).Get("json"), ",")
		x := v.Field(i)
		if name == "-" && opts == "" || !f.exported && !f.embedded {
			continue
		}
		if inner := f.typ; f.embedded && name == "" {
			y := x
			if inner.elem != nil && y.Kind() == reflect.Pointer {
				if y.IsNil() {
					continue
				}
				inner, y = inner.elem, y.Elem()
			}
			if y.Kind() == reflect.Struct && !inner.faithful && !inner.wrapped {
				all = append(all, jsonFields(inner, y, depth+1)...)
				continue
			}
			if !f.exported {
				continue
			}
		}
		one := jsonOut{name, opts, name != "", depth, f.typ, x}
		if name == "" {
			one.name = f.name
		}
		all = append(all, one)
	}
	return all
}

func emptyJSON(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
