package display

import (
	"cmp"
	"fmt"
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

// plain is v as text. The methods Error and String have the first word.
func plain(v any, more map[string]any, name string) (string, error) {
	for _, method := range []string{"Error", "String"} {
		if text, ok, err := call(v, more, method); ok || err != nil {
			if err != nil {
				text = (&printer{}).sprint(v, name)
			}
			return text.(string), err
		}
	}
	return (&printer{}).sprint(v, name), nil
}

// A printer writes values much as %v does, in a form that stays readable when
// they are large: what is left out is counted.
type printer struct {
	strings.Builder
	open []uintptr // the pointers that are being written, to notice cycles
}

// sprint is v as text. A name that is not empty replaces that of v's type.
func (p *printer) sprint(v any, name string) string {
	rv := reflect.ValueOf(v)
	if rv.IsValid() && rv.Kind() == reflect.String {
		return cut(rv.String())
	}
	p.value(rv, name, 0)
	return cut(p.String())
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return fmt.Sprintf("%s… (%d more bytes)", strings.ToValidUTF8(s[:maxText], ""), len(s)-maxText)
}

func (p *printer) value(v reflect.Value, name string, depth int) {
	if !v.IsValid() {
		p.WriteString("<nil>")
		return
	}
	if depth > 0 && p.own(v) {
		return
	}
	if depth > maxDepth || p.Len() > maxText {
		p.WriteString("…")
		return
	}
	if name == "" && v.Type().Name() != "" {
		name = v.Type().String()
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
		p.list(v, depth)
	case reflect.Map:
		p.mapping(v, depth)
	case reflect.Struct:
		p.structure(v, name, depth)
	case reflect.Pointer:
		p.pointer(v, name, depth)
	case reflect.Interface:
		p.value(v.Elem(), "", depth)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		if v.IsNil() {
			p.WriteString("nil ")
		}
		p.WriteString(v.Type().String())
	default:
		fmt.Fprint(p, v)
	}
}

// own writes an element by its own Error or String method.
func (p *printer) own(v reflect.Value) (written bool) {
	if !v.CanInterface() || v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && v.IsNil() {
		return false
	}
	defer func() {
		if recover() != nil {
			written = false
		}
	}()
	switch x := v.Interface().(type) {
	case error:
		p.WriteString(x.Error())
	case fmt.Stringer:
		p.WriteString(x.String())
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

func (p *printer) list(v reflect.Value, depth int) {
	separator := " "
	if k := v.Type().Elem().Kind(); (k == reflect.Slice || k == reflect.Array) && v.Len() > 1 {
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
		p.value(v.Index(i), "", depth+1)
	}
	p.WriteByte(']')
	if n > maxElems {
		fmt.Fprintf(p, " (%d values)", n)
	}
}

func (p *printer) mapping(v reflect.Value, depth int) {
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
		p.value(k, "", depth+1)
		p.WriteByte(':')
		p.value(v.MapIndex(k), "", depth+1)
	}
	p.WriteByte(']')
	if len(keys) > maxElems {
		fmt.Fprintf(p, " (%d entries)", len(keys))
	}
}

func (p *printer) structure(v reflect.Value, name string, depth int) {
	p.WriteString(name)
	p.WriteByte('{')
	for i := range v.NumField() {
		if i > 0 {
			p.WriteString(", ")
		}
		p.WriteString(v.Type().Field(i).Name)
		p.WriteString(": ")
		p.value(v.Field(i), "", depth+1)
	}
	p.WriteByte('}')
}

func (p *printer) pointer(v reflect.Value, name string, depth int) {
	switch k := v.Type().Elem().Kind(); {
	case v.IsNil():
		p.WriteString("<nil>")
	case slices.Contains(p.open, v.Pointer()):
		p.WriteString("(a cycle)")
	case k == reflect.Struct || k == reflect.Slice || k == reflect.Array || k == reflect.Map || k == reflect.Pointer:
		p.open = append(p.open, v.Pointer())
		p.WriteByte('&')
		p.value(v.Elem(), strings.TrimPrefix(name, "*"), depth)
		p.open = p.open[:len(p.open)-1]
	default: // *int and the like: the address says nothing, the value does
		p.WriteByte('&')
		p.value(v.Elem(), "", depth+1)
	}
}
