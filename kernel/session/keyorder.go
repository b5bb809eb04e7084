package session

import (
	"cmp"
	"go/token"
	"go/types"
	"math"
	"reflect"
	"slices"
	"strings"
)

// Package fmt prints a map in the order of its keys, and keys of interfaces by the
// addresses of their types first. What stands there in a program that the Go
// toolchain links is known: the linker puts descriptions of types in the order of their
// sizes, those of the program itself before those of packages, and the compiler
// writes these by their names, after those that the program makes interfaces with
// methods of, which it writes as it meets them.

// sortedMap are a map's keys and values in the order in which package fmt prints them.
func sortedMap(m reflect.Value) [][2]reflect.Value {
	var all [][2]reflect.Value
	for k, v := range m.Seq2() {
		all = append(all, [2]reflect.Value{k, v})
	}
	slices.SortStableFunc(all, func(a, b [2]reflect.Value) int { return compareKeys(a[0], b[0]) })
	return all
}

// compareKeys orders the keys of a map as package fmt does.
func compareKeys(a, b reflect.Value) int {
	switch {
	case a.Kind() == reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return compareBools(!a.IsNil(), !b.IsNil())
		}
		x, y := out(a.Interface()), out(b.Interface())
		if c := compareTypes(x, y); c != 0 {
			return c
		}
		return compareKeys(reflect.ValueOf(raw(x)), reflect.ValueOf(raw(y)))
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.CanComplex():
		x, y := a.Complex(), b.Complex()
		return cmp.Or(cmp.Compare(real(x), real(y)), cmp.Compare(imag(x), imag(y)))
	}
	switch a.Kind() {
	case reflect.Bool:
		return compareBools(a.Bool(), b.Bool())
	case reflect.String:
		return strings.Compare(a.String(), b.String())
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return cmp.Compare(a.Pointer(), b.Pointer())
	case reflect.Struct:
		for i := range a.NumField() {
			if c := compareKeys(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
	case reflect.Array:
		for i := range a.Len() {
			if c := compareKeys(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
	}
	return 0
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compareTypes orders values in interfaces by where their types are described.
func compareTypes(a, b any) int {
	x, own := a.(Box)
	y, too := b.(Box)
	switch {
	case own && too:
		named := func(d *desc) bool { _, ok := types.Unalias(d.typ).(*types.Named); return ok }
		return cmp.Or(cmp.Compare(x.T.size(), y.T.size()), compareBools(named(y.T), named(x.T)), cmp.Compare(x.T.rank(), y.T.rank()), strings.Compare(x.T.name, y.T.name), cmp.Compare(x.T.id, y.T.id))
	case own:
		return cmp.Or(cmp.Compare(x.T.size(), sizeOfType(reflect.TypeOf(b))), -1)
	case too:
		return cmp.Or(cmp.Compare(sizeOfType(reflect.TypeOf(a)), y.T.size()), 1)
	}
	return cmp.Compare(reflect.ValueOf(reflect.TypeOf(a)).Pointer(), reflect.ValueOf(reflect.TypeOf(b)).Pointer())
}

// becomes notes where a value of the type becomes an interface with methods: of a
// program all statements are one function, which comes before the others.
func (d *desc) becomes(at token.Pos, statement bool) {
	n := int64(at)
	if !statement {
		n += math.MaxInt32
	}
	d.became.CompareAndSwap(0, n)
}

// rank is that place, or one behind all of them.
func (d *desc) rank() int64 { return cmp.Or(d.became.Load(), math.MaxInt64) }

// size is how many bytes Go's description of the type takes.
func (d *desc) size() int {
	n, members := types.NewMethodSet(d.typ).Len(), 0
	_, named := types.Unalias(d.typ).(*types.Named)
	if s, ok := d.typ.Underlying().(*types.Struct); ok {
		members = s.NumFields()
	}
	return descriptionSize((&rtype{d: d}).Kind(), members, n, named)
}

// sizeOfType is that of a compiled type, of which the unexported methods are not known.
func sizeOfType(t reflect.Type) int {
	members := 0
	if t.Kind() == reflect.Struct {
		members = t.NumField()
	}
	return descriptionSize(t.Kind(), members, t.NumMethod(), t.Name() != "")
}

// descriptionSize is the size of what package internal/abi has of a type that can be a key.
func descriptionSize(k reflect.Kind, members, methods int, named bool) int {
	size := 48
	switch k {
	case reflect.Pointer:
		size += 8
	case reflect.Chan:
		size += 16
	case reflect.Array:
		size += 24
	case reflect.Struct:
		size += 32 + 24*members
	}
	if named || methods > 0 {
		size += 16 + 16*methods
	}
	return size
}
