package session

import (
	"go/ast"
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"
)

// What a function does before anything else, and what that is for.
//
// The interpreter leaves out arguments that are zero, and takes a negative zero
// for one. A call that has such an argument keeps it, by its goroutine, until
// the function that begins asks for its own: its first statement is
//
//	Signed(a, b, 0)
//
// with all parameters up to the last one that may hold a floating-point number.
// And a function that only calls another one in its place, such as a method
// value, begins with
//
//	Through()
//
// so that recover (defers.go) counts the two as one. Neither statement is
// carried out as a call while there is nothing to do: notePlaces puts a
// comparison in its place.

// signs are the arguments that are negative zeros, of calls that begin.
type signs struct {
	n  atomic.Int32
	of sync.Map // of map[int]reflect.Value, by the number of the goroutine
}

// signed begins the body of a function with these parameters.
func (l *lowering) signed(in *ast.FieldList) []ast.Stmt {
	var args []ast.Expr
	last := 0
	for _, f := range in.List {
		for _, n := range f.Names {
			if n.Name == "_" {
				args = append(args, number(l.pos, 0))
				continue
			}
			args = append(args, l.id(n.Name))
			if mayFloat(f.Type) {
				last = len(args)
			}
		}
	}
	if last == 0 {
		return nil
	}
	return []ast.Stmt{&ast.ExprStmt{X: l.hook("Signed", args[:last]...)}}
}

// mayFloat reports whether a value of an erased type may be or hold a
// floating-point number.
func mayFloat(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.Ident:
		switch t.Name {
		case "bool", "string", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "any", "error", "byte", "rune":
			return false
		}
		return true
	case *ast.SelectorExpr, *ast.StructType:
		return true
	case *ast.ArrayType:
		return t.Len != nil && mayFloat(t.Elt)
	}
	return false
}

// keeping is a call whose arguments keep the sign of zero.
func (at *layout) keeping(node unsafe.Pointer, do operation) operation {
	children := *field[[]unsafe.Pointer](node, at.child)
	args := children[min(1, len(children)):]
	if len(args) == 0 {
		return do
	}
	return func(frame unsafe.Pointer) operation {
		for i, a := range args {
			if v := at.value(a, frame); negativeZero(v) {
				return at.signs.call(i, args, func(a unsafe.Pointer) reflect.Value { return at.value(a, frame) }, func() operation { return do(frame) })
			}
		}
		return do(frame)
	}
}

// call does what a call does while its arguments from the first one on that
// is a negative zero wait for the function.
func (s *signs) call(first int, args []unsafe.Pointer, value func(unsafe.Pointer) reflect.Value, do func() operation) operation {
	kept := map[int]reflect.Value{}
	for i, a := range args[first:] {
		if v := value(a); negativeZero(v) {
			copied := reflect.New(v.Type()).Elem()
			copied.Set(v)
			kept[first+i] = copied
		}
	}
	id := goroutine()
	s.n.Add(1)
	s.of.Store(id, kept)
	defer func() {
		s.of.Delete(id)
		s.n.Add(-1)
	}()
	return do()
}

// begins is the statement Signed.
func (at *layout) begins(node unsafe.Pointer) operation {
	params := (*field[[]unsafe.Pointer](node, at.child))[1:]
	return func(frame unsafe.Pointer) operation {
		if at.signs.n.Load() > 0 {
			if kept, ok := at.signs.of.LoadAndDelete(goroutine()); ok {
				for i, v := range kept.(map[int]reflect.Value) {
					if i < len(params) {
						if p := at.value(params[i], frame); p.CanSet() && p.Type() == v.Type() && p.IsZero() {
							p.Set(v)
						}
					}
				}
			}
		}
		return at.next(node)
	}
}

// idle is a statement that does nothing while n is 0.
func (at *layout) idle(node unsafe.Pointer, n *atomic.Int32, do operation) operation {
	return func(frame unsafe.Pointer) operation {
		if n.Load() == 0 {
			return at.next(node)
		}
		return do(frame)
	}
}

// next is the operation after a node.
func (at *layout) next(node unsafe.Pointer) operation {
	to := *field[unsafe.Pointer](node, at.tnext)
	if to == nil {
		return nil
	}
	return *field[operation](to, nodeFields.exec)
}

// hookName is the name of the hook that a node calls, or nothing.
func (at *layout) hookName(node unsafe.Pointer) string {
	children := *field[[]unsafe.Pointer](node, at.child)
	if len(children) == 0 {
		return ""
	}
	f := *field[[]unsafe.Pointer](children[0], at.child)
	if len(f) != 2 || *field[string](f[0], at.ident) != hooks {
		return ""
	}
	return *field[string](f[1], at.ident)
}

// negativeZero reports whether a value is zero to reflection, but for a sign.
func negativeZero(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return v.Float() == 0 && signed(v.Float())
	case reflect.Complex64, reflect.Complex128:
		c := v.Complex()
		return c == 0 && (signed(real(c)) || signed(imag(c)))
	case reflect.Struct, reflect.Array:
		return holdsFloat(v.Type()) && v.IsZero() && anySigned(v)
	}
	return false
}

func signed(f float64) bool { return 1/f < 0 }

func anySigned(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if anySigned(v.Field(i)) {
				return true
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			if anySigned(v.Index(i)) {
				return true
			}
		}
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return negativeZero(v)
	}
	return false
}

// floats are the structs and arrays that hold floating-point numbers.
var floats sync.Map // of bool by reflect.Type

func holdsFloat(t reflect.Type) bool {
	if is, known := floats.Load(t); known {
		return is.(bool)
	}
	is := false
	switch t.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		is = true
	case reflect.Array:
		is = holdsFloat(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			is = is || holdsFloat(t.Field(i).Type)
		}
	}
	floats.Store(t, is)
	return is
}
