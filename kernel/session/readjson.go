package session

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"go/token"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Reading JSON into values of a cell's types: names, tags, embedded structs and
// the methods UnmarshalJSON and UnmarshalText are those of the types' descriptions.

// A jsonReader reads as a json.Decoder of these settings does.
type jsonReader struct {
	*Session
	strict, number bool // DisallowUnknownFields, UseNumber

	at           int    // where what is read begins in the whole text
	path, within string // the field that is read, and its struct
	element      bool   // what is read is part of a value, and no pointer's target
}

// unmarshal is json.Unmarshal.
func (s *Session) unmarshal(text []byte, to any) error {
	return jsonReader{Session: s}.unmarshal(text, to)
}

func (s jsonReader) unmarshal(text []byte, to any) error {
	if !json.Valid(text) {
		return json.Unmarshal(text, new(any))
	}
	b, ok := out(to).(Box)
	if !ok {
		if v := reflect.ValueOf(to); v.Kind() == reflect.Pointer && !v.IsNil() {
			if p, ok := s.held(v.Elem(), string(bytes.TrimSpace(text)) == "null"); ok {
				return s.unmarshal(text, p)
			}
		}
		err := s.decoder(text).Decode(to)
		if e, ok := err.(*json.UnmarshalTypeError); ok {
			e.Offset += int64(s.at)
		}
		return err
	}
	v := reflect.ValueOf(b.V)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return &json.InvalidUnmarshalError{Type: jsonType(b.T, v)}
	}
	err := s.readJSON(text, b.T, v)
	if e, ok := err.(givenUp); ok {
		return e.error
	}
	return err
}

// A givenUp is the error of a value's own method, which ends the reading; what does not
// fit is told when all is read.
type givenUp struct{ error }

// own is the error of a value's own method, or nil.
func (s jsonReader) own(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*json.UnmarshalTypeError); ok && s.path != "" {
		e.Struct, e.Field = s.within, strings.TrimSuffix(s.path+"."+e.Field, ".")
	}
	return givenUp{err}
}

// A jsonPart is a member of an object or an element of an array.
type jsonPart struct {
	key   string
	keyAt int // where the key's text begins behind its quote, if nothing in it is escaped
	value json.RawMessage
	at    int // where the value begins
}

// parts are those of an object or an array, in order.
func (s jsonReader) parts(text []byte, object bool) iter.Seq[jsonPart] {
	return func(yield func(jsonPart) bool) {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.Token()
		for dec.More() {
			var p jsonPart
			if object {
				key, _ := dec.Token()
				p.key = key.(string)
				p.keyAt = s.at + int(dec.InputOffset()) - len(p.key) - 1
			}
			dec.Decode(&p.value)
			p.at = s.at + int(dec.InputOffset()) - len(p.value)
			if !yield(p) {
				return
			}
		}
	}
}

// members calls f for each member of an object in order, until one gives up, and gives
// the error of the first one that has some.
func (s jsonReader) members(text []byte, f func(jsonPart) error) (first error) {
	for p := range s.parts(text, true) {
		err := f(p)
		if _, ok := err.(givenUp); ok {
			return err
		}
		first = cmp.Or(first, err)
	}
	return first
}

// decoder reads a text with the reader's settings.
func (s jsonReader) decoder(text []byte) *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(text))
	if s.number {
		d.UseNumber()
	}
	if s.strict {
		d.DisallowUnknownFields()
	}
	return d
}

// decode is Decode of a json.Decoder.
func (s *Session) decode(d *json.Decoder, to any) error {
	var text json.RawMessage
	before := d.InputOffset()
	if err := d.Decode(&text); err != nil {
		return err
	}
	at := int(d.InputOffset()-before) - len(text) // behind what is blank
	settings := reflect.ValueOf(d).Elem().FieldByName("d")
	set := func(name string) bool {
		f := settings.FieldByName(name)
		return f.IsValid() && f.Bool()
	}
	return jsonReader{Session: s, at: at, strict: set("disallowUnknownFields"), number: set("useNumber")}.unmarshal(text, to)
}

// misfit is the error of JSON of one kind for a value of another.
func (s jsonReader) misfit(text []byte, d *desc, v reflect.Value) error {
	kind := "number"
	switch text[0] {
	case '{':
		kind = "object"
	case '[':
		kind = "array"
	case '"':
		kind = "string"
	case 't', 'f':
		kind = "bool"
	}
	end := s.at + len(text)
	if kind == "object" || kind == "array" { // which Go leaves when it has begun
		end = s.at + 1
	}
	return &json.UnmarshalTypeError{Value: kind, Type: jsonType(d, v), Offset: int64(end), Struct: s.within, Field: s.path}
}

// readJSON reads valid JSON into what v points to; d describes the pointer.
func (s jsonReader) readJSON(text []byte, d *desc, v reflect.Value) error {
	s.at += len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	text = bytes.TrimSpace(text)
	null := string(text) == "null"
	element := s.element
	s.element = false
	b := Box{d, v.Interface()}
	if f, ok := asFunc[func([]byte) error](b, "UnmarshalJSON"); ok {
		return s.own(f(text))
	}
	if f, ok := asFunc[func([]byte) error](b, "UnmarshalText"); ok && !null {
		var word string
		if json.Unmarshal(text, &word) != nil {
			if element {
				d, v = d.elem, v.Elem()
			}
			return s.misfit(text, d, v)
		}
		return s.own(f([]byte(word)))
	}
	t, to := d.elem, v.Elem()
	if p, ok := s.held(to, null); ok {
		return s.readJSON(text, p.T, reflect.ValueOf(p.V))
	}
	if t != nil && t.iface && len(t.wants) > 0 && !null {
		return s.misfit(text, t, to)
	}
	if t == nil || t.faithful || t.iface {
		return s.readLeaf(text, t, v)
	}
	if to.Kind() == reflect.Interface { // a cut field
		return fmt.Errorf("json: the interpreter cannot read into the field %s, which leads back to its own struct", s.path)
	}
	if null {
		switch to.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			to.SetZero()
		}
		return nil
	}
	if t.wrapped && to.Field(0).Kind() != reflect.Interface {
		to = to.Field(0)
	}
	switch to.Kind() {
	case reflect.Pointer:
		if to.IsNil() {
			to.Set(reflect.New(to.Type().Elem()))
		}
		return s.readJSON(text, t, to)
	case reflect.Struct:
		if text[0] != '{' {
			return s.misfit(text, t, to)
		}
		return s.members(text, func(p jsonPart) error {
			field, typ, at, err := s.fieldJSON(t, to, p.key)
			switch {
			case err != nil:
			case !at.IsValid() && s.strict:
				err = fmt.Errorf("json: unknown field %q", p.key)
			case at.IsValid() && field.quoted && string(p.value) != "null":
				p.value, err = unquoted(p.value, typ)
			}
			if err == nil && at.IsValid() {
				one := s
				one.at, one.path, one.within, one.element = p.at, strings.Join(s.names(t, field), "."), bare(t.name), true
				err = one.readJSON(p.value, s.pointerTo(typ), at.Addr())
			}
			return err
		})
	case reflect.Slice, reflect.Array:
		if to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Uint8 && text[0] != '[' {
			break
		}
		if text[0] != '[' {
			return s.misfit(text, t, to)
		}
		all := slices.Collect(s.parts(text, false))
		switch {
		case to.Kind() == reflect.Array:
			for i := len(all); i < to.Len(); i++ {
				to.Index(i).SetZero()
			}
		case len(all) == 0:
			to.Set(reflect.MakeSlice(to.Type(), 0, 0))
		default: // what is there is read into
			to.Set(to.Slice(0, min(len(all), to.Cap())))
			to.Grow(len(all) - to.Len())
			to.SetLen(len(all))
		}
		var first error
		s.element = true
		for i := range min(len(all), to.Len()) {
			s.at = all[i].at
			err := s.readJSON(all[i].value, s.pointerTo(t.elem), to.Index(i).Addr())
			if _, ok := err.(givenUp); ok {
				if to.Kind() == reflect.Slice { // which has what was read
					to.SetLen(i + 1)
				}
				return err
			}
			first = cmp.Or(first, err)
		}
		return first
	case reflect.Map:
		if text[0] != '{' {
			return s.misfit(text, t, to)
		}
		switch k := to.Type().Key(); {
		case k.Kind() == reflect.String, reflect.Zero(k).CanInt(), reflect.Zero(k).CanUint(), reflect.PointerTo(k).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		case t.keys.target().methods["UnmarshalText"] == nil && s.pointerTo(t.keys).methods["UnmarshalText"] == nil:
			return s.misfit(text, t, to)
		}
		if to.IsNil() {
			to.Set(reflect.MakeMap(to.Type()))
		}
		s.element = true
		return s.members(text, func(p jsonPart) error {
			k, elem := reflect.New(to.Type().Key()), reflect.New(to.Type().Elem())
			one := s
			one.at = p.at
			err := one.readJSON(p.value, s.pointerTo(t.elem), elem)
			if _, ok := err.(givenUp); ok {
				return err
			}
			if f, ok := asFunc[func([]byte) error](Box{s.pointerTo(t.keys), k.Interface()}, "UnmarshalText"); ok {
				if err := f([]byte(p.key)); err != nil {
					return s.own(err)
				}
			} else if m, ok := k.Interface().(encoding.TextUnmarshaler); ok {
				if err := m.UnmarshalText([]byte(p.key)); err != nil {
					return s.own(err)
				}
			} else if k.Elem().Kind() == reflect.String {
				k.Elem().SetString(p.key)
			} else if json.Unmarshal([]byte(p.key), k.Interface()) != nil {
				return cmp.Or(err, error(&json.UnmarshalTypeError{Value: "number " + p.key, Type: jsonType(t.keys, k.Elem()), Offset: int64(p.keyAt), Struct: s.within, Field: s.path}))
			}
			to.SetMapIndex(k.Elem(), elem.Elem())
			return err
		})
	}
	return s.readLeaf(text, t, v)
}

// held is the pointer of a cell's type that an interface holds, into which is
// read.
func (s jsonReader) held(v reflect.Value, null bool) (Box, bool) {
	if v.Kind() != reflect.Interface || v.IsNil() || !v.CanInterface() {
		return Box{}, false
	}
	b, ok := out(v.Interface()).(Box)
	if !ok {
		return Box{}, false
	}
	p := reflect.ValueOf(b.V)
	return b, p.Kind() == reflect.Pointer && !p.IsNil() && (!null || p.Elem().Kind() == reflect.Pointer)
}

// readLeaf reads what encoding/json reads itself; d describes what v points to.
func (s jsonReader) readLeaf(text []byte, d *desc, v reflect.Value) error {
	err := s.decoder(text).Decode(v.Interface())
	if e, ok := err.(*json.UnmarshalTypeError); ok {
		e.Offset += int64(s.at)
		if d != nil && !d.faithful && e.Type == v.Type().Elem() {
			e.Type = jsonType(d, v.Elem())
		}
		if s.path == "" {
			return err
		}
		if e.Field == "" {
			e.Field, e.Struct = s.path, s.within
		} else {
			e.Field = s.path + "." + e.Field
		}
		return err
	}
	if _, ok := err.(base64.CorruptInputError); !ok && err != nil && !strings.HasPrefix(err.Error(), "json: ") {
		return givenUp{err}
	}
	return err
}

// bare is a type's name without its package, or nothing for a type without a name.
func bare(name string) string {
	if strings.ContainsAny(name, "{*]") && !strings.HasSuffix(name, "]") {
		return ""
	}
	return name[strings.LastIndexByte(name, '.')+1:]
}

// names is the way to a field of a struct in errors: the embedded structs that
// lead to it have their names too.
func (s jsonReader) names(d *desc, f jsonField) (all []string) {
	if s.path != "" {
		all = append(all, s.path)
	}
	for _, i := range f.path[:len(f.path)-1] {
		field := d.target().structFields()[i]
		all, d = append(all, field.name), field.typ
	}
	return append(all, f.name)
}

// unquoted is the text of a basic value that a tag wants in a string.
func unquoted(text []byte, d *desc) (json.RawMessage, error) {
	var word string
	if err := json.Unmarshal(text, &word); err != nil || !json.Valid([]byte(word)) {
		return nil, fmt.Errorf("json: invalid use of ,string struct tag, trying to unmarshal %s into %v", cmp.Or(map[bool]string{true: "unquoted value"}[err != nil], strconv.Quote(word)), d.target().name)
	}
	return json.RawMessage(word), nil
}

// fieldJSON finds the field of a struct for a key: by its name or tag, or else
// without regard to case. Pointers on the way to it are made.
func (s jsonReader) fieldJSON(d *desc, v reflect.Value, key string) (f jsonField, typ *desc, at reflect.Value, err error) {
	all := d.jsonFields()
	i := slices.IndexFunc(all, func(f jsonField) bool { return f.name == key })
	if i < 0 {
		i = slices.IndexFunc(all, func(f jsonField) bool { return strings.EqualFold(f.name, key) })
	}
	if i < 0 {
		return f, nil, at, nil
	}
	f, typ, at = all[i], d, v
	for n, i := range f.path {
		if n > 0 && at.Kind() == reflect.Interface { // a cut field
			if at.IsNil() {
				return f, nil, reflect.Value{}, fmt.Errorf("json: the interpreter cannot read into the embedded field %s, which leads back to its own struct", typ.name)
			}
			at = at.Elem()
		}
		if n > 0 && at.Kind() == reflect.Pointer {
			if at.IsNil() {
				if before := typ.target(); before.typ != nil && !token.IsExported(before.name[strings.LastIndexByte(before.name, '.')+1:]) {
					return f, nil, reflect.Value{}, fmt.Errorf("json: cannot set embedded pointer to unexported struct: %s", before.name)
				}
				at.Set(reflect.New(at.Type().Elem()))
			}
			at, typ = at.Elem(), typ.target()
		}
		typ, at = typ.structFields()[i].typ, at.Field(i)
	}
	return f, typ, at, nil
}

// pointerTo is the description of a pointer to a type. One that no program
// mentions has been described with what contains it (see describe).
func (s *Session) pointerTo(d *desc) *desc {
	if d.pointer != nil {
		return d.pointer
	}
	return &desc{name: "*" + d.name, elem: d, methods: map[string]*method{}}
}
