package session

import (
	"reflect"
	"unsafe"
)

// deepEqual is reflect.DeepEqual, to which values of cells in interfaces are what is in
// their boxes: what makes one an interface of a package has functions in it.
func deepEqual(a, b any) bool {
	return deeper{}.held(a, b)
}

// deeper are the pairs that are being compared, so that a circle ends.
type deeper map[visit]bool

type visit struct {
	a, b unsafe.Pointer
	n    int // of a slice
	t    reflect.Type
}

// held compares what two interfaces hold.
func (d deeper) held(a, b any) bool {
	x, own := out(a).(Box)
	y, too := out(b).(Box)
	if own || too {
		return own && too && x.T == y.T && d.values(reflect.ValueOf(x.V), reflect.ValueOf(y.V))
	}
	return d.values(reflect.ValueOf(a), reflect.ValueOf(b))
}

func (d deeper) values(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		if a.Kind() != reflect.Pointer && a.Len() != b.Len() {
			return false
		}
		v := visit{a: a.UnsafePointer(), b: b.UnsafePointer(), t: a.Type()}
		if a.Kind() == reflect.Slice {
			v.n = a.Len()
		}
		if v.a == v.b || d[v] {
			return true
		}
		d[v] = true
	}
	switch a.Kind() {
	case reflect.Pointer:
		return d.values(a.Elem(), b.Elem())
	case reflect.Interface:
		if a.CanInterface() && b.CanInterface() {
			return d.held(a.Interface(), b.Interface())
		}
		return d.values(a.Elem(), b.Elem())
	case reflect.Slice, reflect.Array:
		for i := range a.Len() {
			if !d.values(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !d.values(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		for key, x := range a.Seq2() {
			if y := b.MapIndex(key); !y.IsValid() || !d.values(x, y) {
				return false
			}
		}
		return true
	case reflect.Func:
		return a.IsNil() && b.IsNil()
	}
	return a.Equal(b)
}
