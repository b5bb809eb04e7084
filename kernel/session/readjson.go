package session

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
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
		return json.Unmarshal(text, to)
	}
	v := reflect.ValueOf(b.V)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return &json.InvalidUnmarshalError{Type: v.Type()}
	}
	err := s.readJSON(text, b.T, v, "")
	if e, ok := err.(*json.UnmarshalTypeError); ok && e.Field != "" {
		e.Struct = b.T.elem.name[strings.LastIndexByte(b.T.elem.name, '.')+1:]
	}
	return err
}

// decode is Decode of a json.Decoder.
func (s *Session) decode(d *json.Decoder, to any) error {
	var text json.RawMessage
	if err := d.Decode(&text); err != nil {
		return err
	}
	settings := reflect.ValueOf(d).Elem().FieldByName("d")
	set := func(name string) bool {
		f := settings.FieldByName(name)
		return f.IsValid() && f.Bool()
	}
	return jsonReader{s, set("disallowUnknownFields"), set("useNumber")}.unmarshal(text, to)
}

// readJSON reads valid JSON into what v points to; d describes the pointer, and
// path is the field that is read.
func (s jsonReader) readJSON(text []byte, d *desc, v reflect.Value, path string) error {
	text = bytes.TrimSpace(text)
	null := string(text) == "null"
	b := Box{d, v.Interface()}
	if f, ok := asFunc[func([]byte) error](b, "UnmarshalJSON"); ok {
		return f(text)
	}
	if f, ok := asFunc[func([]byte) error](b, "UnmarshalText"); ok && !null {
		var word string
		if err := json.Unmarshal(text, &word); err != nil {
			return err
		}
		return f([]byte(word))
	}
	t, to := d.elem, v.Elem()
	if t == nil || t.faithful || t.iface {
		return s.readLeaf(text, v, path)
	}
	if to.Kind() == reflect.Interface { // a cut field
		return fmt.Errorf("json: the interpreter cannot read into the field %s, which leads back to its own struct", path)
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
		return s.readJSON(text, t, to, path)
	case reflect.Struct:
		var all map[string]json.RawMessage
		if err := s.readLeaf(text, reflect.ValueOf(&all), path); err != nil {
			return err
		}
		dec := json.NewDecoder(bytes.NewReader(text)) // for the order of the keys
		dec.Token()
		var first error
		for dec.More() {
			key, _ := dec.Token()
			var value json.RawMessage
			dec.Decode(&value)
			field, ok := s.fieldJSON(t, to, key.(string))
			switch {
			case !ok && s.strict && first == nil:
				first = fmt.Errorf("json: unknown field %q", key)
			case ok && field.quoted && string(value) != "null":
				word, err := unquoted(value, field.to)
				if err != nil && first == nil {
					first = err
				}
				value = word
			}
			if !ok || value == nil {
				continue
			}
			if err := s.readJSON(value, field.pointer, field.to, strings.TrimPrefix(path+"."+field.name, ".")); err != nil && first == nil {
				first = err
			}
		}
		return first
	case reflect.Slice, reflect.Array:
		if to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Uint8 {
			break
		}
		var all []json.RawMessage
		if err := s.readLeaf(text, reflect.ValueOf(&all), path); err != nil {
			return err
		}
		if to.Kind() == reflect.Slice {
			to.Set(reflect.MakeSlice(to.Type(), len(all), len(all)))
		}
		var first error
		for i := range min(len(all), to.Len()) {
			if err := s.readJSON(all[i], s.pointerTo(t.elem), to.Index(i).Addr(), path); err != nil && first == nil {
				first = err
			}
		}
		return first
	case reflect.Map:
		var all map[string]json.RawMessage
		if err := s.readLeaf(text, reflect.ValueOf(&all), path); err != nil {
			return err
		}
		if to.IsNil() {
			to.Set(reflect.MakeMap(to.Type()))
		}
		for _, key := range sortedKeys(all) {
			k, value := reflect.New(to.Type().Key()), reflect.New(to.Type().Elem())
			if f, ok := asFunc[func([]byte) error](Box{s.pointerTo(t.keys), k.Interface()}, "UnmarshalText"); ok {
				if err := f([]byte(key)); err != nil {
					return err
				}
			} else if m, ok := k.Interface().(encoding.TextUnmarshaler); ok {
				if err := m.UnmarshalText([]byte(key)); err != nil {
					return err
				}
			} else if k.Elem().Kind() == reflect.String {
				k.Elem().SetString(key)
			} else if err := json.Unmarshal([]byte(key), k.Interface()); err != nil {
				return err
			}
			if err := s.readJSON(all[key], s.pointerTo(t.elem), value, path); err != nil {
				return err
			}
			to.SetMapIndex(k.Elem(), value.Elem())
		}
		return nil
	}
	return s.readLeaf(text, v, path)
}

// readLeaf reads what encoding/json reads itself.
func (s jsonReader) readLeaf(text []byte, v reflect.Value, path string) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if s.number {
		dec.UseNumber()
	}
	if s.strict {
		dec.DisallowUnknownFields()
	}
	err := dec.Decode(v.Interface())
	if e, ok := err.(*json.UnmarshalTypeError); ok && path != "" {
		e.Field = path
	}
	return err
}

// unquoted is the text of a basic value that a tag wants in a string.
func unquoted(text []byte, to reflect.Value) (json.RawMessage, error) {
	var word string
	if err := json.Unmarshal(text, &word); err != nil || !json.Valid([]byte(word)) {
		return nil, fmt.Errorf("json: invalid use of ,string struct tag, trying to unmarshal %s into %v", cmp.Or(map[bool]string{true: "unquoted value"}[err != nil], strconv.Quote(word)), to.Type().Elem())
	}
	return json.RawMessage(word), nil
}

// A jsonField is where the value of a key goes.
type jsonField struct {
	name    string
	pointer *desc // of a pointer to the field
	to      reflect.Value
	quoted  bool // the tag wants a string around the value
}

// fieldJSON finds the field of a struct for a key: by its name or tag, or else
// without regard to case; those of embedded structs come last.
func (s jsonReader) fieldJSON(d *desc, v reflect.Value, key string) (jsonField, bool) {
	for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for i, f := range d.fields {
			name, opts, _ := strings.Cut(reflect.StructTag(f.tag).Get("json"), ",")
			if name == "-" && opts == "" || !f.exported || f.embedded && name == "" {
				continue
			}
			if name == "" {
				name = f.name
			}
			if equal(name, key) {
				quoted := false
				switch k := v.Field(i).Kind(); {
				case k <= reflect.Float64 && k != reflect.Invalid, k == reflect.String:
					quoted = slices.Contains(strings.Split(opts, ","), "string")
				}
				return jsonField{name, s.pointerTo(f.typ), v.Field(i).Addr(), quoted}, true
			}
		}
	}
	for i, f := range d.fields {
		name, _, _ := strings.Cut(reflect.StructTag(f.tag).Get("json"), ",")
		if !f.embedded || name != "" {
			continue
		}
		inner, x := f.typ, v.Field(i)
		if x.Kind() == reflect.Pointer && inner.elem != nil {
			if x.IsNil() {
				fresh := reflect.New(x.Type().Elem())
				if _, ok := s.fieldJSON(inner.elem, fresh.Elem(), key); !ok {
					continue
				}
				x.Set(fresh)
			}
			inner, x = inner.elem, x.Elem()
		}
		if x.Kind() != reflect.Struct || inner.faithful {
			continue
		}
		if found, ok := s.fieldJSON(inner, x, key); ok {
			return found, true
		}
	}
	return jsonField{}, false
}

// pointerTo is the description of a pointer to a type. One that no program
// mentions has been described with what contains it (see describe).
func (s *Session) pointerTo(d *desc) *desc {
	if d.pointer != nil {
		return d.pointer
	}
	return &desc{name: "*" + d.name, elem: d, methods: map[string]*method{}}
}
