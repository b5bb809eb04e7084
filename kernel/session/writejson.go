package session

import (
	"bytes"
	"encoding"
	"encoding/json"
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Writing JSON: values of a cell's types are written as encoding/json writes
// those of compiled ones, by the types' descriptions.

// A namedType is a type that prints as one of a cell, in errors of encoding/json.
type namedType struct {
	reflect.Type
	name string
}

func (t namedType) String() string { return t.name }

// jsonType is the type of a described value, for an error.
func jsonType(d *desc, v reflect.Value) reflect.Type { return namedType{v.Type(), d.name} }

// marshal is json.Marshal.
func marshal(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return text, plainJSON(err)
}

// marshalIndent is json.MarshalIndent.
func marshalIndent(v any, prefix, indent string) ([]byte, error) {
	text, err := json.MarshalIndent(v, prefix, indent)
	return text, plainJSON(err)
}

// encode is Encode of a json.Encoder.
func encode(e *json.Encoder, v any) error { return plainJSON(e.Encode(v)) }

// plainJSON is an error of encoding/json without its words about boxes.
func plainJSON(err error) error {
	for {
		e, ok := err.(*json.MarshalerError)
		if !ok || e.Type == nil || !e.Type.Implements(reflect.TypeFor[carrier]()) {
			return err
		}
		if _, cells := e.Type.(namedType); cells {
			return err
		}
		err = e.Err
	}
}

// MarshalJSON writes a box as encoding/json writes a value of its type.
func (b Box) MarshalJSON() ([]byte, error) {
	w := &jsonWriter{seen: map[jsonSeen]bool{}}
	err := w.value(b.T, reflect.ValueOf(b.V), false)
	return w.Bytes(), err
}

// A jsonWriter collects the text. What is written goes through encoding/json
// once more, which escapes as its settings say.
type jsonWriter struct {
	bytes.Buffer
	depth int
	seen  map[jsonSeen]bool
}

type jsonSeen struct {
	at  uintptr
	len int
}

// leaf writes what encoding/json knows.
func (w *jsonWriter) leaf(v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return plainJSON(err)
	}
	w.Truncate(w.Len() - 1) // its new line
	return nil
}

// within writes what a reference leads to; one that leads back to itself is an
// error.
func (w *jsonWriter) within(d *desc, v reflect.Value, write func() error) error {
	const deep = 1000
	if w.depth++; w.depth > deep {
		at := jsonSeen{v.Pointer(), 0}
		if v.Kind() == reflect.Slice {
			at.len = v.Len()
		}
		if w.seen[at] {
			return &json.UnsupportedValueError{Value: v, Str: "encountered a cycle via " + d.name}
		}
		w.seen[at] = true
		defer delete(w.seen, at)
	}
	err := write()
	w.depth--
	return err
}

// methods writes a value by a method of its own, of a pointer to it where it has
// an address.
func (w *jsonWriter) methods(d *desc, v reflect.Value) (done bool, err error) {
	if v.Kind() == reflect.Pointer && v.IsNil() || !v.CanInterface() {
		return false, nil
	}
	all := []Box{{d, v.Interface()}}
	if v.CanAddr() && d.pointer != nil {
		all = append(all, Box{d.pointer, v.Addr().Interface()})
	}
	for _, name := range []string{"MarshalJSON", "MarshalText"} {
		for _, b := range all {
			f, ok := asFunc[func() ([]byte, error)](b, name)
			if !ok {
				continue
			}
			text, err := f()
			switch {
			case err != nil:
			case name == "MarshalText":
				return true, w.leaf(string(text))
			default:
				err = json.Compact(&w.Buffer, text)
			}
			if err == nil {
				return true, nil
			}
			wrong := &json.MarshalerError{Type: jsonType(d, v), Err: err}
			if name == "MarshalText" {
				return true, textError{wrong}
			}
			return true, wrong
		}
	}
	return false, nil
}

// A textError is a MarshalerError of MarshalText.
type textError struct{ *json.MarshalerError }

func (e textError) Error() string {
	return strings.Replace(e.MarshalerError.Error(), "calling MarshalJSON", "calling MarshalText", 1)
}

func (e textError) Unwrap() error { return e.MarshalerError }

// value writes one value; quoted puts a basic one between quotation marks.
func (w *jsonWriter) value(d *desc, v reflect.Value, quoted bool) error {
	if v.Kind() == reflect.Interface && !d.iface { // a cut field
		v = v.Elem()
	}
	if !v.IsValid() {
		w.WriteString("null")
		return nil
	}
	if len(d.methods) > 0 || d.pointer != nil {
		if done, err := w.methods(d, v); done {
			return err
		}
	}
	switch {
	case d.iface:
		if v.IsNil() {
			w.WriteString("null")
			return nil
		}
		if b, ok := out(v.Interface()).(Box); ok {
			return w.value(b.T, reflect.ValueOf(b.V), quoted)
		}
		return w.leaf(v.Interface())
	case d.faithful:
		return w.plain(v, quoted)
	case d.wrapped:
		v = unwrapped(v)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.Kind() == reflect.Map && !keyed(d.keys) {
			return &json.UnsupportedTypeError{Type: jsonType(d, v)}
		}
		if v.IsNil() {
			w.WriteString("null")
			return nil
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return w.within(d, v, func() error { return w.value(d.elem, v.Elem(), quoted) })
	case reflect.Struct:
		return w.structure(d, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 && !marshals(d.elem) {
			return w.leaf(v.Bytes())
		}
		return w.within(d, v, func() error { return w.sequence(d, v) })
	case reflect.Array:
		return w.sequence(d, v)
	case reflect.Map:
		return w.within(d, v, func() error { return w.table(d, v) })
	case reflect.Func, reflect.Chan, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return &json.UnsupportedTypeError{Type: jsonType(d, v)}
	}
	return w.plain(v, quoted)
}

// plain writes a value of a type that encoding/json knows, by the methods of a
// pointer to it where it has an address.
func (w *jsonWriter) plain(v reflect.Value, quoted bool) error {
	if !v.CanInterface() {
		w.WriteString("null")
		return nil
	}
	x := v.Interface()
	if v.CanAddr() {
		x = v.Addr().Interface()
	}
	if !quoted {
		return w.leaf(x)
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return w.plain(v.Elem(), true)
	}
	inner := &jsonWriter{}
	if err := inner.leaf(x); err != nil {
		return err
	}
	text := inner.String()
	switch _, number := v.Interface().(json.Number); {
	case text == "null":
	case v.Kind() == reflect.String && !number:
		return w.leaf(text)
	case v.Kind() <= reflect.Float64 || number:
		text = `"` + text + `"`
	}
	w.WriteString(text)
	return nil
}

func (w *jsonWriter) structure(d *desc, v reflect.Value) error {
	between := "{"
	for _, f := range d.jsonFields() {
		x, typ, ok := f.in(d, v)
		if !ok || f.omitEmpty && emptyJSON(typ, x) || f.omitZero && zeroJSON(typ, x) {
			continue
		}
		w.WriteString(between)
		between = ","
		if err := w.leaf(f.name); err != nil {
			return err
		}
		w.WriteByte(':')
		if err := w.value(typ, x, f.quoted); err != nil {
			return err
		}
	}
	if between == "{" {
		w.WriteByte('{')
	}
	w.WriteByte('}')
	return nil
}

func (w *jsonWriter) sequence(d *desc, v reflect.Value) error {
	w.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			w.WriteByte(',')
		}
		if err := w.value(d.elem, v.Index(i), false); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	return nil
}

func (w *jsonWriter) table(d *desc, v reflect.Value) error {
	type entry struct {
		name string
		x    reflect.Value
	}
	var all []entry
	for it := v.MapRange(); it.Next(); {
		name, err := keyJSON(d.keys, it.Key())
		if err != nil {
			return err
		}
		all = append(all, entry{name, it.Value()})
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	w.WriteByte('{')
	for i, e := range all {
		if i > 0 {
			w.WriteByte(',')
		}
		if err := w.leaf(e.name); err != nil {
			return err
		}
		w.WriteByte(':')
		if err := w.value(d.elem, e.x, false); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

// marshals reports whether a type, or a pointer to it, writes itself.
func marshals(d *desc) bool {
	for _, t := range []*desc{d, d.pointer} {
		if t != nil && (t.methods["MarshalJSON"] != nil || t.methods["MarshalText"] != nil) {
			return true
		}
	}
	return false
}

// keyed reports whether a type can be the keys of an object.
func keyed(d *desc) bool {
	if d.faithful && d.rtype != nil {
		k := d.rtype.Kind()
		return k == reflect.String || k >= reflect.Int && k <= reflect.Uintptr || d.rtype.Implements(reflect.TypeFor[encoding.TextMarshaler]())
	}
	if d.methods["MarshalText"] != nil || slices.ContainsFunc(d.wants, func(w want) bool { return w.name == "MarshalText" }) {
		return true
	}
	k := d.kind()
	return k == reflect.String || k >= reflect.Int && k <= reflect.Uintptr
}

// keyJSON is the key of a map as encoding/json writes it.
func keyJSON(d *desc, k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	x := out(k.Interface())
	b, ok := x.(Box)
	if !ok {
		b = Box{d, x}
	}
	if f, ok := asFunc[func() ([]byte, error)](b, "MarshalText"); ok {
		if p := reflect.ValueOf(b.V); p.Kind() == reflect.Pointer && p.IsNil() {
			return "", nil
		}
		text, err := f()
		return string(text), err
	}
	if m, ok := x.(encoding.TextMarshaler); ok {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		text, err := m.MarshalText()
		return string(text), err
	}
	if k.CanUint() {
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return strconv.FormatInt(k.Int(), 10), nil
}

// emptyJSON is what omitempty asks of a field.
func emptyJSON(d *desc, v reflect.Value) bool {
	if d.wrapped {
		v = unwrapped(v)
	}
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct, reflect.Func, reflect.Chan, reflect.Complex64, reflect.Complex128:
		return false
	case reflect.Invalid:
		return true
	}
	return v.IsZero()
}

// zeroJSON is what omitzero asks of a field: its method IsZero, where it has one.
func zeroJSON(d *desc, v reflect.Value) bool {
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return true
	}
	if d.faithful {
		if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
			return z.IsZero()
		}
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		if z, ok := p.Interface().(interface{ IsZero() bool }); ok {
			return z.IsZero()
		}
		return v.IsZero()
	}
	b := Box{d, v.Interface()}
	if d.iface {
		inner, ok := out(v.Interface()).(Box)
		if !ok || !slices.ContainsFunc(d.wants, func(w want) bool { return w.name == "IsZero" }) {
			return false
		}
		b = inner
	}
	if f, ok := asFunc[func() bool](b, "IsZero"); ok {
		return f()
	}
	if d.pointer != nil {
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		if f, ok := asFunc[func() bool](Box{d.pointer, p.Interface()}, "IsZero"); ok {
			return f()
		}
	}
	if d.wrapped {
		v = unwrapped(v)
	}
	return v.IsZero()
}

// A jsonField is a field of a struct, or of one that it embeds, as encoding/json
// has it.
type jsonField struct {
	name                        string
	path                        []int
	tagged                      bool
	omitEmpty, omitZero, quoted bool
}

// in finds a field's value; it is not there behind a nil pointer.
func (f jsonField) in(d *desc, v reflect.Value) (reflect.Value, *desc, bool) {
	for n, i := range f.path {
		if n > 0 && v.Kind() == reflect.Interface { // a cut field
			v = v.Elem()
		}
		if n > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, nil, false
			}
			v, d = v.Elem(), d.target()
		}
		if !v.IsValid() {
			return v, nil, false
		}
		v, d = v.Field(i), d.structFields()[i].typ
	}
	return v, d, true
}

// kind is the kind of a described type.
func (d *desc) kind() reflect.Kind {
	if d.typ == nil {
		return d.rtype.Kind()
	}
	switch u := d.typ.Underlying().(type) {
	case *types.Basic:
		return kinds[u.Kind()].Kind()
	case *types.Struct:
		return reflect.Struct
	case *types.Pointer:
		return reflect.Pointer
	}
	return reflect.Invalid // no matter which
}

// target is what a pointer of a type points to, or the type itself.
func (d *desc) target() *desc {
	switch {
	case d.kind() != reflect.Pointer:
		return d
	case d.elem != nil:
		return d.elem
	}
	return described(d.rtype.Elem())
}

// structFields are the fields of a struct, also of a compiled one.
func (d *desc) structFields() []fieldDesc {
	if d.fields != nil || d.rtype == nil {
		return d.fields
	}
	var all []fieldDesc
	for i := range d.rtype.NumField() {
		f := d.rtype.Field(i)
		all = append(all, fieldDesc{name: f.Name, exported: f.IsExported(), embedded: f.Anonymous, tag: string(f.Tag), typ: described(f.Type)})
	}
	return all
}

// jsonFields are the fields of a struct that are written and read: of those with
// one name the least embedded, or the one with a tag, or none.
func (d *desc) jsonFields() []jsonField {
	d.json.Do(func() {
		all := d.embeddedFields(nil, map[*desc]bool{})
		for i, f := range all {
			hidden := false
			for j, g := range all {
				if j == i || g.name != f.name || len(g.path) > len(f.path) {
					continue
				}
				hidden = hidden || len(g.path) < len(f.path) || g.tagged || !f.tagged
			}
			if !hidden {
				d.jsonAs = append(d.jsonAs, f)
			}
		}
	})
	return d.jsonAs
}

func (d *desc) embeddedFields(path []int, within map[*desc]bool) (all []jsonField) {
	if within[d] {
		return nil
	}
	within[d] = true
	defer delete(within, d)
	for i, f := range d.structFields() {
		tag := reflect.StructTag(f.tag).Get("json")
		if tag == "-" {
			continue
		}
		inner := f.typ.target()
		structs := inner.kind() == reflect.Struct
		if !f.exported && !(f.embedded && structs) {
			continue
		}
		name, opts, _ := strings.Cut(tag, ",")
		if !validKey(name) {
			name = ""
		}
		at := append(slices.Clone(path), i)
		if f.embedded && structs && name == "" {
			all = append(all, inner.embeddedFields(at, within)...)
			continue
		}
		one := jsonField{name: name, path: at, tagged: name != ""}
		if name == "" {
			one.name = f.name
		}
		for o := range strings.SplitSeq(opts, ",") {
			switch o {
			case "omitempty":
				one.omitEmpty = true
			case "omitzero":
				one.omitZero = true
			case "string":
				k := inner.kind()
				one.quoted = k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String
			}
		}
		all = append(all, one)
	}
	return all
}

// validKey reports whether the name in a tag is one.
func validKey(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
}
