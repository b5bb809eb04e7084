package display

import (
	"cmp"
	"fmt"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// What text/plain shows at most of one value.
const (
	maxElems = 24    // of a slice, an array or a map; one more and the middle is left out
	edge     = 6     // elements on each side of what is left out
	maxDepth = 6     // of nesting
	maxText  = 16384 // bytes in all
)

// plain is v as text. The methods Error, String and Format have the first word.
func plain(v any, more map[string]any, t Type) (string, error) {
	for _, method := range []string{"Error", "String"} {
		if text, ok, err := call(v, more, t, method); ok || err != nil {
			if err != nil {
				text = (&printer{}).sprint(v, t)
			}
			return text.(string), err
		}
	}
	if f, ok := v.(fmt.Formatter); ok {
		return cut(fmt.Sprint(f)), nil
	}
	if t != nil {
		if text, ok := t.Text(v); ok {
			return cut(text), nil
		}
	}
	return (&printer{}).sprint(v, t), nil
}

// A printer writes values much as %v does, in a form that stays readable when
// they are large: what is left out is counted.
type printer struct {
	strings.Builder
	open   []uintptr // the pointers that are being written, to notice cycles
	hidden int       // how many unexported fields lead to what is written: as in Go, no methods are called there
}

// sprint is v as text. A type that is not nil replaces v's own.
func (p *printer) sprint(v any, t Type) string {
	rv := reflect.ValueOf(v)
	if rv.IsValid() && rv.Kind() == reflect.String {
		return cut(rv.String())
	}
	p.value(rv, t, 0)
	return cut(p.String())
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return fmt.Sprintf("%s… (%d more bytes)", strings.ToValidUTF8(s[:maxText], ""), len(s)-maxText)
}

func (p *printer) value(v reflect.Value, t Type, depth int) {
	if i, ok := t.(Interface); ok {
		p.value(i.Inside(v), nil, depth)
		return
	}
	if t == nil && v.IsValid() && v.CanInterface() {
		if x, ok := v.Interface().(interface{ Typed() Typed }); ok {
			inner := x.Typed()
			v, t = reflect.ValueOf(inner.Value), inner.Type
		}
	}
	if !v.IsValid() {
		p.WriteString("<nil>")
		return
	}
	if depth > 0 && p.own(v, t) {
		return
	}
	if t != nil {
		v = t.Bare(v)
	}
	if depth > maxDepth || p.Len() > maxText {
		p.WriteString("…")
		return
	}
	switch v.Kind() {
	case reflect.String:
		p.WriteString(strconv.Quote(cut(v.String())))
	case reflect.Float32, reflect.Float64:
		p.float(v, depth)
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			p.WriteString("[]")
			return
		}
		p.list(v, t, depth)
	case reflect.Map:
		p.mapping(v, t, depth)
	case reflect.Struct:
		p.structure(v, t, depth)
	case reflect.Pointer:
		p.pointer(v, t, depth)
	case reflect.Interface:
		p.value(v.Elem(), t, depth)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		if v.IsNil() {
			p.WriteString("nil ")
		}
		if t != nil {
			p.WriteString(t.String())
			return
		}
		p.WriteString(v.Type().String())
	default:
		switch { // package fmt would call the methods of what only a cell hides
		case p.hidden > 0 && v.CanInt():
			fmt.Fprint(p, v.Int())
		case p.hidden > 0 && v.CanUint():
			fmt.Fprint(p, v.Uint())
		default:
			fmt.Fprint(p, v)
		}
	}
}

// own writes an element by its own Error, String or Format method.
func (p *printer) own(v reflect.Value, t Type) (written bool) {
	if p.hidden > 0 || !v.CanInterface() || v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && v.IsNil() {
		return false
	}
	defer func() {
		if recover() != nil {
			written = false
		}
	}()
	if t != nil {
		text, ok := t.Text(v.Interface())
		p.WriteString(text)
		return ok
	}
	switch x := v.Interface().(type) {
	case error:
		p.WriteString(x.Error())
	case fmt.Stringer:
		p.WriteString(x.String())
	case fmt.Formatter:
		fmt.Fprint(p, x)
	default:
		return false
	}
	return true
}

// float writes a number alone in full, and among others with 6 digits.
func (p *printer) float(v reflect.Value, depth int) {
	bits := v.Type().Bits()
	s := strconv.FormatFloat(v.Float(), 'g', -1, bits)
	if depth > 0 && len(s) > 9 {
		s = strconv.FormatFloat(v.Float(), 'g', 6, bits)
	}
	p.WriteString(s)
}

func (p *printer) list(v reflect.Value, t Type, depth int) {
	separator := " "
	k := v.Type().Elem().Kind()
	if e := elem(t); e != nil && v.Len() > 0 {
		k = e.Bare(v.Index(0)).Kind()
	}
	if (k == reflect.Slice || k == reflect.Array) && v.Len() > 1 {
		separator = "\n" + strings.Repeat(" ", depth+1) // a matrix has a line a row
	}
	n := v.Len()
	p.WriteByte('[')
	for i := 0; i < n; i++ {
		if n > maxElems && i == edge {
			p.WriteString(separator + "...")
			i = n - edge
		}
		if i > 0 {
			p.WriteString(separator)
		}
		p.value(v.Index(i), elem(t), depth+1)
	}
	p.WriteByte(']')
	if n > maxElems {
		fmt.Fprintf(p, " (%d values)", n)
	}
}

func (p *printer) mapping(v reflect.Value, t Type, depth int) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch {
		case a.Kind() != b.Kind():
			return cmp.Compare(a.Kind(), b.Kind())
		case a.CanInt():
			return cmp.Compare(a.Int(), b.Int())
		case a.CanUint():
			return cmp.Compare(a.Uint(), b.Uint())
		case a.CanFloat():
			return cmp.Compare(a.Float(), b.Float())
		case a.Kind() == reflect.String:
			return cmp.Compare(a.String(), b.String())
		}
		return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	p.WriteString("map[")
	for i, k := range keys {
		if i == maxElems {
			p.WriteString(" ...")
			break
		}
		if i > 0 {
			p.WriteByte(' ')
		}
		var key Type
		if t != nil {
			key = t.Key()
		}
		p.value(k, key, depth+1)
		p.WriteByte(':')
		p.value(v.MapIndex(k), elem(t), depth+1)
	}
	p.WriteByte(']')
	if len(keys) > maxElems {
		fmt.Fprintf(p, " (%d entries)", len(keys))
	}
}

func elem(t Type) Type {
	if t == nil {
		return nil
	}
	return t.Elem()
}

func (p *printer) structure(v reflect.Value, t Type, depth int) {
	switch {
	case t != nil && !strings.HasPrefix(t.String(), "struct"):
		p.WriteString(t.String())
	case t == nil && v.Type().Name() != "":
		p.WriteString(v.Type().String())
	}
	p.WriteByte('{')
	for i := range v.NumField() {
		if i > 0 {
			p.WriteString(", ")
		}
		name, typ := v.Type().Field(i).Name, Type(nil)
		if t != nil {
			name, typ = t.Field(i)
		}
		p.WriteString(name)
		p.WriteString(": ")
		if !token.IsExported(name) {
			p.hidden++
		}
		p.value(v.Field(i), typ, depth+1)
		if !token.IsExported(name) {
			p.hidden--
		}
	}
	p.WriteByte('}')
}

func (p *printer) pointer(v reflect.Value, t Type, depth int) {
	switch k := v.Type().Elem().Kind(); {
	case v.IsNil():
		p.WriteString("<nil>")
	case slices.Contains(p.open, v.Pointer()):
		p.WriteString("(a cycle)")
	case k == reflect.Struct || k == reflect.Slice || k == reflect.Array || k == reflect.Map || k == reflect.Pointer:
		p.open = append(p.open, v.Pointer())
		p.WriteByte('&')
		p.value(v.Elem(), elem(t), depth)
		p.open = p.open[:len(p.open)-1]
	default: // *int and the like: the address says nothing, the value does
		p.WriteByte('&')
		p.value(v.Elem(), elem(t), depth+1)
	}
}
