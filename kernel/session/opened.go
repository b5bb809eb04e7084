package session

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"unsafe"
)

// A value of a package may keep a cell's value in an interface of its own, as a
// bufio.Reader the reader that it reads from. Package fmt does not ask what is in
// unexported fields how it is printed, and would show what makes the interface of the
// value. Such a value is opened: the session prints its fields.

// opened is an operand of a function that prints: a box if it is to be opened, and else
// the operand itself.
func opened(v any) any {
	switch v.(type) {
	case nil, Box, carrier, error, fmt.Formatter, fmt.Stringer:
		return v
	}
	rv := reflect.ValueOf(v)
	if wraps(rv.Type()) || !keeps(rv, 0, false) {
		return v
	}
	return Box{openedType(rv.Type()), v}
}

// openedAll are the operands of a function that prints.
func openedAll(list []any) []any {
	list = slices.Clone(list)
	for i, v := range list {
		list[i] = opened(v)
	}
	return list
}

// keeps reports whether package fmt would print what makes an interface of a cell's
// value; hidden says that an unexported field leads to v.
func keeps(v reflect.Value, depth int, hidden bool) bool {
	if depth > 0 && v.Kind() == reflect.Pointer || !mayKeep(v.Type()) {
		return false
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return false
		}
		t := v.Elem().Type()
		return wraps(t) || hidden && t.Implements(reflect.TypeFor[carrier]()) || keeps(v.Elem(), depth+1, hidden)
	case reflect.Pointer:
		return !v.IsNil() && keeps(v.Elem(), depth+1, hidden)
	case reflect.Struct:
		for i := range v.NumField() {
			if keeps(v.Field(i), depth+1, hidden || !v.Type().Field(i).IsExported()) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if keeps(v.Index(i), depth+1, hidden) {
				return true
			}
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			if keeps(key, depth+1, hidden) || keeps(value, depth+1, hidden) {
				return true
			}
		}
	}
	return false
}

// wraps reports whether a type is one that makes a compiled interface of a box.
func wraps(t reflect.Type) bool {
	return wrappers[t] || t.Kind() == reflect.Pointer && wrappers[t.Elem()]
}

// keeping are the types of which mayKeep has been asked.
var keeping sync.Map

// mayKeep reports whether values of a type are made of interfaces, up to pointers.
func mayKeep(t reflect.Type) bool {
	if may, known := keeping.Load(t); known {
		return may.(bool)
	}
	seen := map[reflect.Type]bool{}
	var may func(t reflect.Type) bool
	may = func(t reflect.Type) bool {
		if seen[t] {
			return false
		}
		seen[t] = true
		switch t.Kind() {
		case reflect.Interface:
			return true
		case reflect.Slice, reflect.Array:
			return may(t.Elem())
		case reflect.Map:
			return may(t.Key()) || may(t.Elem())
		case reflect.Struct:
			for i := range t.NumField() {
				if may(t.Field(i).Type) {
					return true
				}
			}
		}
		return false
	}
	is := may(t)
	if t.Kind() == reflect.Pointer {
		is = may(t.Elem())
	}
	keeping.Store(t, is)
	return is
}

var (
	openedMu    sync.Mutex
	openedTypes = map[reflect.Type]*desc{}
)

// openedType is a desc of a type of packages, down to interfaces.
func openedType(t reflect.Type) *desc {
	openedMu.Lock()
	defer openedMu.Unlock()
	var describe func(t reflect.Type) *desc
	describe = func(t reflect.Type) *desc {
		if d := openedTypes[t]; d != nil {
			return d
		}
		d := &desc{name: nameOfType(t), rtype: t, iface: t.Kind() == reflect.Interface, faithful: !mayKeep(t), opened: true}
		openedTypes[t] = d
		if d.faithful {
			return d
		}
		switch t.Kind() {
		case reflect.Map:
			d.keys = describe(t.Key())
			d.elem = describe(t.Elem())
		case reflect.Slice, reflect.Array, reflect.Pointer:
			d.elem = describe(t.Elem())
		case reflect.Struct:
			for i := range t.NumField() {
				f := t.Field(i)
				d.fields = append(d.fields, fieldDesc{name: f.Name, exported: f.IsExported(), embedded: f.Anonymous, typ: describe(f.Type)})
			}
		}
		return d
	}
	return describe(t)
}

// addressable is a struct as a variable, whose unexported fields can be read.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	p := reflect.New(v.Type()).Elem()
	p.Set(v)
	return p
}

// readable is a field of a variable without the mark of an unexported one.
func readable(f reflect.Value) reflect.Value {
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}
