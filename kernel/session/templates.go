package session

import (
	"go/ast"
	"go/types"
	"reflect"
	"regexp"
	"strings"
)

// A template looks into its data by reflection, which sees the fields of a
// cell's type, but not its methods: no type can get methods while a program
// runs, and the executor asks for no other thing. A method that the template
// names is an error of the template's; what would print otherwise than in Go is
// refused, or stays in its box, which prints as it should and has no fields.

// executes reports whether a function executes a template with data, its last argument.
func executes(f *types.Func) bool {
	return f != nil && f.Pkg() != nil && strings.HasSuffix(f.Pkg().Path(), "/template") && strings.HasPrefix(f.Name(), "Execute")
}

// inTemplate refuses data whose types print by methods of their own.
func (l *lowering) inTemplate(e *ast.CallExpr) {
	if len(e.Args) == 0 {
		return
	}
	data := e.Args[len(e.Args)-1]
	tv := l.info.Types[data]
	if tv.Value != nil || tv.IsNil() || types.IsInterface(l.typeOf(data)) {
		return
	}
	if t := l.printsItself(l.typeOf(data), map[string]bool{}); t != nil {
		l.refuse(data.Pos(), "a template does not see the methods of a cell's type, and would print "+l.display(t)+" without them: pass its text")
	}
}

// A methodless is the error of a template that asked for a method of a cell's type, or
// for a field of a value that has kept its box.
type methodless struct {
	error
	instead string
}

func (m methodless) Error() string { return m.error.Error() + ": " + m.instead }
func (m methodless) Unwrap() error { return m.error }

// unevaluated is what package template says of a name that a type does not have.
var unevaluated = regexp.MustCompile(`can't evaluate field (\w+) in type (.*)$`)

// templateError is the error of a template, which says what to write instead of a method.
func (s *Session) templateError(err error) error {
	if err == nil {
		return nil
	}
	m := unevaluated.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	if m[2] == "interface {}" {
		return methodless{err, "a template sees no fields of a cell's value that has String, Error or Format and is in an interface; pass the field itself"}
	}
	for _, d := range s.types.so() {
		if d.methods[m[1]] != nil {
			return methodless{err, "a template sees the fields of a cell's type, and not its methods; give it what " + m[1] + " gives as a field, or in a map"}
		}
	}
	return err
}

// printsItself finds a type of cells with a method that package fmt calls among
// those that a type is made of, or nil.
func (l *lowering) printsItself(t types.Type, seen map[string]bool) types.Type {
	if l.faithful(t) || types.IsInterface(t) {
		return nil
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		if seen[l.key(n)] {
			return nil
		}
		seen[l.key(n)] = true
		for _, name := range []string{"String", "Error", "Format"} {
			if m := types.NewMethodSet(types.NewPointer(n)).Lookup(nil, name); m != nil {
				return n
			}
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			if p := l.printsItself(f.Type(), seen); f.Exported() && p != nil {
				return p
			}
		}
	case *types.Slice, *types.Array, *types.Pointer, *types.Map:
		return l.printsItself(u.(interface{ Elem() types.Type }).Elem(), seen)
	}
	return nil
}

// templateData is data with what is in boxes in their place, also within maps,
// slices, arrays, structs and behind pointers.
func templateData(v any) any {
	u := unboxing{pointers: map[reflect.Value]reflect.Value{}}
	return u.value(reflect.ValueOf(&v).Elem()).Interface()
}

type unboxing struct {
	pointers map[reflect.Value]reflect.Value
}

// value is v, or a copy that has no boxes.
func (u unboxing) value(v reflect.Value) reflect.Value {
	if !holds(v.Type(), map[reflect.Type]bool{}) {
		return v
	}
	to := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		x := out(v.Interface())
		if b, ok := x.(Box); ok {
			if b.V == nil || b.T.printsItself(map[*desc]bool{}) {
				return v
			}
			x = b.V
		}
		to.Set(u.value(reflect.ValueOf(x)))
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		if old, ok := u.pointers[v]; ok {
			return old
		}
		to.Set(reflect.New(v.Type().Elem()))
		u.pointers[v] = to
		to.Elem().Set(u.value(v.Elem()))
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		to.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for key, elem := range v.Seq2() {
			to.SetMapIndex(u.value(key), u.value(elem))
		}
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		to.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			to.Index(i).Set(u.value(v.Index(i)))
		}
	case reflect.Struct:
		to.Set(v)
		for i := range v.NumField() {
			if f := to.Field(i); f.CanSet() {
				f.Set(u.value(v.Field(i)))
			}
		}
	}
	return to
}

// holds reports whether values of a type can lead to a box: a compiled
// package's own do not.
func holds(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t.PkgPath() != "" || seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return t.NumMethod() == 0
	case reflect.Map:
		return holds(t.Key(), seen) || holds(t.Elem(), seen)
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return holds(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if holds(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}

// printsItself reports whether package fmt calls a method of a type, or of one
// that it is made of.
func (d *desc) printsItself(seen map[*desc]bool) bool {
	if d == nil || d.faithful || d.iface || seen[d] {
		return false
	}
	seen[d] = true
	for _, t := range []*desc{d, d.pointer} {
		if t != nil && (t.methods["String"] != nil || t.methods["Error"] != nil || t.methods["Format"] != nil) {
			return true
		}
	}
	for _, f := range d.fields {
		if f.exported && f.typ.printsItself(seen) {
			return true
		}
	}
	return d.elem.printsItself(seen) || d.keys.printsItself(seen)
}

// templateFunction refuses a function of a cell's types among those of a template.
func (l *lowering) templateFunction(m types.Type, f ast.Expr) {
	n, ok := types.Unalias(m).(*types.Named)
	if !ok || n.Obj().Name() != "FuncMap" || n.Obj().Pkg() == nil || !strings.HasSuffix(n.Obj().Pkg().Path(), "/template") {
		return
	}
	if t := l.typeOf(f); !types.IsInterface(t) && !l.faithful(t) {
		l.refuse(f.Pos(), "a template cannot call a function of a cell's types, as "+l.display(t)+": let it take and give types of packages")
	}
}
