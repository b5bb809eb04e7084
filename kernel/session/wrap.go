package session

import (
	"go/ast"
	"go/types"
	"reflect"
)

// A named type that is no struct and contains itself, as
//
//	type stateFn func(*lexer) stateFn
//	type Tree []Tree
//
// has no erased form. It is a struct to the interpreter, with one field v of
// the underlying type: x[i] is x.v[i], and T(y) is T{v: y}. The field of a
// function type is any, since the interpreter takes such functions that lead
// back to themselves for different ones.

const wrappedField = "v"

// wrapped reports whether a type is such a struct.
func (l *lowering) wrapped(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || foreign(n) {
		return false
	}
	switch n.Underlying().(type) {
	case *types.Struct, *types.Interface, *types.Basic:
		return false
	}
	key := l.key(n)
	is, known := l.s.wraps[key]
	if !known {
		is = l.recursive(n)
		l.s.wraps[key] = is
	}
	return is
}

// unwrap is a lowered value of type t as one of its underlying type.
func (l *lowering) unwrap(x ast.Expr, t types.Type) ast.Expr {
	if !l.wrapped(t) {
		return x
	}
	if id, ok := x.(*ast.Ident); ok && id.Name == "nil" {
		return x
	}
	v := &ast.SelectorExpr{X: x, Sel: l.id(wrappedField)}
	if f, ok := t.Underlying().(*types.Signature); ok {
		return l.uncut(v, f)
	}
	return v
}

// unwrapped is a value without the struct around it.
func unwrapped(v reflect.Value) reflect.Value {
	if v = v.Field(0); v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// under lowers an expression as a value of its underlying type.
func (l *lowering) under(e ast.Expr) ast.Expr { return l.unwrap(l.expr(e), l.typeOf(e)) }

// wrap is a lowered value of the underlying type of t as one of t.
func (l *lowering) wrap(x ast.Expr, t types.Type) ast.Expr {
	if !l.wrapped(t) {
		return x
	}
	if _, ok := t.Underlying().(*types.Signature); ok {
		x = l.hook("Any", x)
	}
	return &ast.CompositeLit{Type: l.spell(t), Lbrace: l.pos, Rbrace: l.pos,
		Elts: []ast.Expr{&ast.KeyValueExpr{Key: l.id(wrappedField), Colon: l.pos, Value: x}}}
}
