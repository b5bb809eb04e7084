package session

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// Typed is what package display shows of a box.
func (b Box) Typed() display.Typed { return display.Typed{Value: b.V, Type: shownType(b.T)} }

// Typed is what package display shows of a cell's own error.
func (e errorBox) Typed() display.Typed { return e.box.Typed() }

// shownType is a type for package display: nil where reflection knows it, and
// of an interface whose values say what they are.
func shownType(d *desc) display.Type {
	switch {
	case d != nil && d.iface && d.rtype != nil && d.rtype.NumMethod() > 0:
		return interfaceShown{typeShown{d}}
	case d == nil || d.iface || d.faithful:
		return nil
	}
	return typeShown{d}
}

// An interfaceShown is an interface of a package.
type interfaceShown struct{ typeShown }

// Inside is what an interface of a package was made of.
func (interfaceShown) Inside(v reflect.Value) reflect.Value {
	return reflect.ValueOf(out(v.Interface()))
}

type typeShown struct{ d *desc }

func (t typeShown) String() string     { return strings.ReplaceAll(t.d.name, "main.", "") }
func (t typeShown) Elem() display.Type { return shownType(t.d.elem) }
func (t typeShown) Key() display.Type  { return shownType(t.d.keys) }

func (t typeShown) Field(i int) (string, display.Type) {
	f := t.d.fields[i]
	return f.name, shownType(f.typ)
}

// Bare is a value without the struct that wraps it.
func (t typeShown) Bare(v reflect.Value) reflect.Value {
	if !t.d.wrapped {
		return v
	}
	return unwrapped(v)
}

// Text is what the method Error, String or Format of a value gives.
func (t typeShown) Text(v any) (string, bool) {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() {
		return "", false
	}
	for _, name := range []string{"Error", "String"} {
		if f, ok := asFunc[func() string](Box{t.d, v}, name); ok {
			return f(), true
		}
	}
	if _, ok := asFunc[func(fmt.State, rune)](Box{t.d, v}, "Format"); ok {
		return fmt.Sprint(Box{t.d, v}), true
	}
	return "", false
}
