package session

import (
	"go/ast"
	"reflect"
)

// clone copies a syntax tree in its lowered form.
func clone[N ast.Node](l *lowering, n N) N {
	return copyOf(l, reflect.ValueOf(&n).Elem()).Interface().(N)
}

// inside copies a node as it is, with what is below it lowered.
func inside[N ast.Node](l *lowering, n N) N {
	return copyFields(l, reflect.ValueOf(n)).Interface().(N)
}

func copyOf(l *lowering, v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			return copyOf(l, v.Elem())
		}
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		if stmts, ok := v.Interface().([]ast.Stmt); ok {
			return reflect.ValueOf(l.list(stmts))
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(copyOf(l, v.Index(i)))
		}
		return c
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		switch n := v.Interface().(type) {
		case *ast.CommentGroup:
			return reflect.Zero(v.Type())
		case ast.Node:
			if m := l.sub(n); m != nil {
				return reflect.ValueOf(m)
			}
		}
		return copyFields(l, v)
	}
	return v
}

func copyFields(l *lowering, v reflect.Value) reflect.Value {
	c := reflect.New(v.Type().Elem())
	for i := range v.Elem().NumField() {
		c.Elem().Field(i).Set(copyOf(l, v.Elem().Field(i)))
	}
	return c
}
