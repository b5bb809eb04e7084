package session

import (
	"errors"
	"fmt"
	"go/types"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// A desc describes a type to the running program.
type desc struct {
	id       int
	key      string // the same for identical types
	name     string // as Go prints it
	typ      types.Type
	faithful bool         // compiled code sees its values as they are
	rtype    reflect.Type // of a faithful type, or a compiled interface
	told     bool         // its methods are known
	wrapped  bool         // its values are structs around those of its underlying type (see wrap.go)
	opened   bool         // of a package, whose values keep a cell's (see opened.go)

	methods    map[string]*method
	elem, keys *desc
	pointer    *desc // of a pointer to a named type with methods
	fields     []fieldDesc
	iface      bool
	wants      []want // the methods of an interface

	became atomic.Int64 // where one first became an interface with methods, for the order of keys

	json   sync.Once
	jsonAs []jsonField // as encoding/json sees them
}

type fieldDesc struct {
	name               string
	exported, embedded bool
	tag                string
	typ                *desc
}

type want struct{ name, sig string }

// A method is a function from a receiver to the method as a function.
type method struct {
	sig   string
	maker reflect.Value
}

func (d *desc) parts() []*desc {
	var all []*desc
	for _, p := range []*desc{d.elem, d.keys, d.pointer} {
		if p != nil {
			all = append(all, p)
		}
	}
	for _, f := range d.fields {
		all = append(all, f.typ)
	}
	return all
}

// A Box is a value in an interface whose type compiled code does not know: its
// type is one of a cell, or made of such.
type Box struct {
	T *desc
	V any
}

// method is a method of the value as a function, or the zero Value.
func (b Box) method(name string) reflect.Value {
	m := b.T.methods[name]
	if m == nil {
		return reflect.Value{}
	}
	return m.maker.Call([]reflect.Value{argument(b.V, m.maker.Type().In(0))})[0]
}

// Scan is for package fmt: by the value's own method Scan, or as its kind.
func (b Box) Scan(state fmt.ScanState, verb rune) error {
	if f, ok := asFunc[func(fmt.ScanState, rune) error](b, "Scan"); ok {
		return f(state, verb)
	}
	_, err := fmt.Fscanf(state, "%"+string(verb), b.V)
	return err
}

// String is for package context: the value's own text, or else its type.
func (b Box) String() string {
	if f, ok := asFunc[func() string](b, "String"); ok {
		return f()
	}
	return b.T.name
}

// MarshalText is for package slog: by the value's own method, or as slog prints
// what has none.
func (b Box) MarshalText() ([]byte, error) {
	if f, ok := asFunc[func() ([]byte, error)](b, "MarshalText"); ok {
		return f()
	}
	return fmt.Appendf(nil, "%+v", b), nil
}

// argument is a value as one of type t.
func argument(v any, t reflect.Type) reflect.Value {
	rv := reflect.ValueOf(v)
	switch {
	case !rv.IsValid():
		return reflect.Zero(t)
	case rv.Type().AssignableTo(t):
		return rv
	case rv.Type().ConvertibleTo(t):
		return rv.Convert(t)
	}
	panic(fault("the interpreter holds a " + rv.Type().String() + " where it should have a " + t.String()))
}

// An errorBox is a cell's own error as compiled code sees it, which asks for
// the method Unwrap.
type errorBox struct{ box Box }

type (
	errorOfOne  struct{ errorBox }
	errorOfMany struct{ errorBox }

	// Of types that == does not compare, which package errors asks for.
	uncomparableError struct {
		errorBox
		_ [0]func()
	}
	uncomparableErrorOfOne struct {
		errorOfOne
		_ [0]func()
	}
	uncomparableErrorOfMany struct {
		errorOfMany
		_ [0]func()
	}
)

func (e errorBox) carried() Box { return e.box }

// asError makes an error of a box of one.
func asError(b Box) error {
	e, wraps := errorBox{b}, ""
	if m := b.T.methods["Unwrap"]; m != nil {
		wraps = m.sig
	}
	comparable := types.Comparable(b.T.typ)
	switch {
	case wraps == "func()(error)" && comparable:
		return errorOfOne{e}
	case wraps == "func()(error)":
		return uncomparableErrorOfOne{errorOfOne: errorOfOne{e}}
	case wraps == "func()([]error)" && comparable:
		return errorOfMany{e}
	case wraps == "func()([]error)":
		return uncomparableErrorOfMany{errorOfMany: errorOfMany{e}}
	case !comparable:
		return uncomparableError{errorBox: e}
	}
	return e
}

// Unwrap is what package errors asks of an error.
func (e errorOfOne) Unwrap() error { return e.box.method("Unwrap").Interface().(func() error)() }

// Unwrap is what package errors asks of an error.
func (e errorOfMany) Unwrap() []error {
	return e.box.method("Unwrap").Interface().(func() []error)()
}

// Error does not call the error's own method when a panic leaves a function: there the
// interpreter asks by itself, and Go does not.
func (e errorBox) Error() string {
	if pc, _, _, _ := runtime.Caller(1); runtime.FuncForPC(pc).Name() == "github.com/traefik/yaegi/interp.runCfg.func1" {
		return ""
	}
	f := e.box.method("Error")
	return f.Call(nil)[0].String()
}

// Is compares the boxed values.
func (e errorBox) Is(target error) bool {
	if types.Comparable(e.box.T.typ) && equal(e.box, out(target)) {
		return true
	}
	f := e.box.method("Is")
	return f.IsValid() && f.Type() == reflect.TypeFor[func(error) bool]() && f.Interface().(func(error) bool)(target)
}

// Timeout is the error's own: package os asks for it, and package net.
func (e errorBox) Timeout() bool {
	f, ok := asFunc[func() bool](e.box, "Timeout")
	return ok && f()
}

// Temporary is the error's own: package url asks for it.
func (e errorBox) Temporary() bool {
	f, ok := asFunc[func() bool](e.box, "Temporary")
	return ok && f()
}

// As is the error's own, if it has one.
func (e errorBox) As(target any) bool {
	f, ok := asFunc[func(any) bool](e.box, "As")
	return ok && f(target)
}

// whole is a box as it stands in an interface: one of an error is an error also
// to compiled code that asks.
func whole(v any) any {
	b, ok := v.(Box)
	switch {
	case !ok:
	case b.T.methods["Error"] != nil && b.T.methods["Error"].sig == "func()(string)":
		return asError(b)
	case b.T.methods["LogValue"] != nil:
		if _, ok := asFunc[func() slog.Value](b, "LogValue"); ok {
			return logBox{b}
		}
	}
	return v
}

// A logBox is a value that says itself how package slog shows it.
type logBox struct{ Box }

// LogValue is the value's own.
func (b logBox) LogValue() slog.Value {
	if f, ok := asFunc[func() slog.Value](b.Box, "LogValue"); ok {
		return f()
	}
	return slog.StringValue(fmt.Sprint(b.Box))
}

// A loggedError is a cell's own error as package slog gets it, which has the text
// of an error where that has no method MarshalJSON.
type loggedError struct{ e error }

func (l loggedError) Error() string                 { return l.e.Error() }
func (l loggedError) Unwrap() error                 { return l.e }
func (l loggedError) carried() Box                  { return l.e.(carrier).carried() }
func (l loggedError) Format(s fmt.State, verb rune) { l.carried().Format(s, verb) }

// logged is a value as package slog gets it.
func logged(v any) any {
	e, ok := v.(error)
	if !ok {
		return v
	}
	c, ok := v.(carrier)
	if !ok {
		return v
	}
	methods := c.carried().T.methods
	switch {
	case methods["LogValue"] != nil:
		return logBox{c.carried()}
	case methods["MarshalJSON"] != nil:
		return v
	}
	return loggedError{e}
}

// MarshalJSON writes what is in the box.
func (e errorBox) MarshalJSON() ([]byte, error) { return e.box.MarshalJSON() }

// Format is for package fmt.
func (e errorBox) Format(s fmt.State, verb rune) { e.box.Format(s, verb) }

// out takes a value of a compiled interface out of what makes it one.
func out(v any) any {
	switch w := v.(type) {
	case nil, Box:
		return v
	case carrier:
		return w.carried()
	case *stream:
		return w.now()
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer && wrappers[rv.Type().Elem()] { // of a key
		rv = rv.Elem()
	}
	if rv.Kind() == reflect.Struct && wrappers[rv.Type()] {
		if b, ok := rv.FieldByName("IValue").Interface().(Box); ok {
			return b
		}
	}
	return v
}

// raw is what is in a box.
func raw(v any) any {
	if b, ok := out(v).(Box); ok {
		return b.V
	}
	return v
}

// fits gives the value of v as one of the type, if it is one.
func (s *Session) fits(v any, d *desc) (any, bool) {
	v = out(v)
	if v == nil {
		return nil, false
	}
	b, boxed := v.(Box)
	if !d.iface {
		if boxed {
			return b.V, b.T == d
		}
		return v, d.faithful && reflect.TypeOf(v) == d.rtype
	}
	if !boxed && d.rtype != nil { // which knows the methods that are not exported
		return v, reflect.TypeOf(v).Implements(d.rtype)
	}
	for _, w := range d.wants {
		if s.missing(v, w) != "" {
			return nil, false
		}
	}
	return v, true
}

// missing says why a value lacks a method, or nothing.
func (s *Session) missing(v any, w want) string {
	if b, ok := v.(Box); ok {
		switch m := b.T.methods[w.name]; {
		case m == nil:
			return "missing method " + w.name
		case m.sig != w.sig:
			return "wrong type for method " + w.name
		}
		return ""
	}
	m, ok := reflect.TypeOf(v).MethodByName(w.name)
	if !ok {
		return "missing method " + w.name
	}
	if s.signatureKey(m.Type) != w.sig {
		return "wrong type for method " + w.name
	}
	return ""
}

func (s *Session) signatureKey(t reflect.Type) string {
	if k, ok := s.methodKeys.Load(t); ok {
		return k.(string)
	}
	k := s.keyOfFunc(t, 1)
	s.methodKeys.Store(t, k)
	return k
}

// keyOfFunc is the key of a function's type without the first so many parameters.
func (s *Session) keyOfFunc(t reflect.Type, skip int) string {
	s.world.mu.Lock()
	sig := s.world.signature(t, nil, skip)
	s.world.mu.Unlock()
	return (&lowering{s: s, name: func(n string) string { return n }}).key(sig)
}

// store puts a value into what ptr points to; of an interface of a compiled
// package it is wrapped.
func (s *Session) store(ptr, v any, d *desc) {
	to := reflect.ValueOf(ptr).Elem()
	if d != nil && d.iface {
		if b, ok := v.(Box); ok && to.Type() != reflect.TypeFor[any]() {
			to.Set(s.wrap(b, to.Type(), d))
			return
		}
		v = whole(v)
	}
	to.Set(argument(v, to.Type()))
}

// wrap makes a value of a compiled interface of a box.
func (s *Session) wrap(b Box, t reflect.Type, d *desc) reflect.Value {
	if t == reflect.TypeFor[error]() {
		return reflect.ValueOf(asError(b))
	}
	more, ask := asked[t]
	if !ask {
		t, d = s.widest(t, d, b)
	}
	entry := s.world.wrapper(t)
	if !entry.IsValid() {
		panic(fault("a cell's type cannot become a " + t.String()))
	}
	w := reflect.New(entry.Type().Elem()).Elem()
	w.FieldByName("IValue").Set(reflect.ValueOf(b))
	for _, m := range d.wants {
		if f := w.FieldByName("W" + m.name); f.IsValid() {
			f.Set(b.method(m.name))
		}
	}
	if ask {
		return reflect.ValueOf(more(w.Interface(), b))
	}
	return w
}

// key is the key of a map whose keys are any.
func (s *Session) key(v any) any {
	if b, boxed := out(v).(Box); boxed {
		if b.V != nil && !reflect.ValueOf(b.V).Comparable() {
			return whole(s.hashed(b))
		}
	} else if rv := reflect.ValueOf(v); rv.IsValid() && !rv.Comparable() {
		parts := reflect.New(rv.Type()).Elem()
		parts.Set(rv)
		s.hashedParts(parts)
		return parts.Interface()
	}
	return v
}

// keyAs stores the key of a map whose keys are of a compiled interface.
func (s *Session) keyAs(ptr, v any, typ int) {
	to := reflect.ValueOf(ptr).Elem()
	to.SetZero() // the interpreter keeps the variable from one call to the next
	b, boxed := out(v).(Box)
	if !boxed {
		if v != nil {
			s.store(ptr, v, s.types.at(typ))
		}
		return
	}
	to.Set(s.hashedAs(to.Type(), b))
}

// hashedAs is what makes a compiled interface of a box that is a key, or a part of one. It
// is made once for each box, so that equal keys are the same.
func (s *Session) hashedAs(t reflect.Type, b Box) reflect.Value {
	b = s.hashed(b)
	if t == reflect.TypeFor[error]() { // which is compared by its box
		return reflect.ValueOf(asError(b))
	}
	type key struct {
		t reflect.Type
		b Box
	}
	k, ok := s.keys.Load(key{t, b})
	if !ok {
		w := s.wrap(b, t, s.compiledInterface(t))
		p := reflect.New(w.Type())
		p.Elem().Set(w)
		k, _ = s.keys.LoadOrStore(key{t, b}, p)
	}
	return k.(reflect.Value)
}

// hashed is a box as a key.
func (s *Session) hashed(b Box) Box {
	if b.V == nil || reflect.ValueOf(b.V).Comparable() {
		return b
	}
	v := reflect.New(reflect.TypeOf(b.V)).Elem()
	v.Set(reflect.ValueOf(b.V))
	s.hashedParts(v)
	if !v.Comparable() {
		panic(fault("hash of unhashable type " + unhashable(b)))
	}
	b.V = v.Interface()
	return b
}

// hashedParts makes keys of the boxes in the interfaces of a struct or an array.
func (s *Session) hashedParts(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		b, boxed := out(v.Interface()).(Box)
		switch {
		case !boxed:
		case v.NumMethod() == 0:
			v.Set(reflect.ValueOf(whole(s.hashed(b))))
		default:
			v.Set(s.hashedAs(v.Type(), b))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				s.hashedParts(f)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			s.hashedParts(v.Index(i))
		}
	}
}

// keyParts stores the key of a map that is a struct or an array with interfaces in it.
func (s *Session) keyParts(ptr, v any) {
	to := reflect.ValueOf(ptr).Elem()
	to.Set(argument(v, to.Type()))
	s.hashedParts(to)
}

// typeName is the name of a value's type as Go prints it.
func typeName(v any) string {
	v = out(v)
	switch b := v.(type) {
	case nil:
		return "nil"
	case Box:
		return b.T.name
	}
	return nameOfType(reflect.TypeOf(v))
}

// assertion is the panic of v.(T).
func (s *Session) assertion(v any, d *desc, from string) error {
	v = out(v)
	if d.iface {
		if v == nil {
			return &conversion{"interface is nil, not " + d.name}
		}
		for _, w := range d.wants {
			if why := s.missing(v, w); why != "" {
				return &conversion{typeName(v) + " is not " + d.name + ": " + why}
			}
		}
	}
	text := from + " is " + typeName(v) + ", not " + d.name
	if v != nil && typeName(v) == d.name {
		text += " (types from different scopes)"
	}
	return &conversion{text}
}

// equal is Go's == for values in interfaces.
func equal(a, b any) bool {
	a, b = out(a), out(b)
	ab, aok := a.(Box)
	bb, bok := b.(Box)
	if aok != bok {
		return false
	}
	if aok {
		if ab.T != bb.T {
			return false
		}
		uncomparable(ab.T.name, reflect.ValueOf(ab.V))
		return same(reflect.ValueOf(ab.V), reflect.ValueOf(bb.V))
	}
	if a == nil || b == nil {
		return a == b
	}
	ra, rb := reflect.ValueOf(a), reflect.ValueOf(b)
	if ra.Type() != rb.Type() {
		return false
	}
	uncomparable(ra.Type().String(), ra)
	return same(ra, rb)
}

// unhashable is the name of the type for which a value cannot be a key.
func unhashable(v any) string {
	if v = out(v); v == nil {
		return ""
	}
	rv := reflect.ValueOf(v)
	if b, ok := v.(Box); ok {
		if rv = reflect.ValueOf(b.V); !types.Comparable(b.T.typ) {
			return b.T.name
		}
	} else if !rv.Type().Comparable() {
		return rv.Type().String()
	}
	return unhashableIn(rv)
}

func unhashableIn(v reflect.Value) (name string) {
	switch v.Kind() {
	case reflect.Interface:
		return unhashable(v.Interface())
	case reflect.Struct:
		for i := 0; i < v.NumField() && name == ""; i++ {
			name = unhashableIn(v.Field(i))
		}
	case reflect.Array:
		for i := 0; i < v.Len() && name == ""; i++ {
			name = unhashableIn(v.Index(i))
		}
	}
	return name
}

func uncomparable(name string, v reflect.Value) {
	if v.IsValid() && (v.Kind() == reflect.Slice || v.Kind() == reflect.Map || v.Kind() == reflect.Func || !v.Type().Comparable()) {
		panic(fault("comparing uncomparable type " + name))
	}
}

// same compares values of one type.
func same(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	switch a.Kind() {
	case reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		if a.CanInterface() && b.CanInterface() {
			return equal(a.Interface(), b.Interface())
		}
		return a.Elem().Type() == b.Elem().Type() && same(a.Elem(), b.Elem())
	case reflect.Struct:
		if a.Type() != b.Type() { // of two names for one structure
			return false
		}
		for i := range a.NumField() {
			if a.Type().Field(i).Name != "_" && !strings.Contains(a.Type().Field(i).Name, "blank"+mark) && !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Array:
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// errorsAs is errors.As, for which a cell's types have their methods.
func (s *Session) errorsAs(err any, target any) bool {
	if target == nil {
		panic("errors: target cannot be nil")
	}
	var take func(v any) bool
	b, boxed := out(target).(Box)
	to := reflect.ValueOf(target)
	switch {
	case boxed:
		take = func(v any) bool {
			x, ok := s.fits(v, b.T.elem)
			if ok {
				s.store(b.V, x, b.T.elem)
			}
			return ok
		}
	case to.Kind() == reflect.Pointer && !to.IsNil() && to.Type().Elem().Kind() == reflect.Interface:
		d := s.compiledInterface(to.Type().Elem())
		take = func(v any) bool {
			box, ok := v.(Box)
			if !ok {
				if ok = reflect.TypeOf(v).Implements(to.Type().Elem()); ok {
					to.Elem().Set(reflect.ValueOf(v))
				}
				return ok
			}
			for _, w := range d.wants {
				if s.missing(v, w) != "" {
					return false
				}
			}
			s.store(target, box, d)
			return true
		}
	default:
		e, _ := err.(error)
		if box, isBox := err.(Box); isBox {
			e = asError(box)
		}
		return errors.As(e, target)
	}
	var walk func(v any) bool
	walk = func(v any) bool {
		if v = out(v); v == nil {
			return false
		}
		if take(v) {
			return true
		}
		if e, ok := v.(Box); ok {
			v = asError(e)
		}
		if e, ok := v.(interface{ As(any) bool }); ok && e.As(target) {
			return true
		}
		switch e := v.(type) {
		case interface{ Unwrap() error }:
			return walk(e.Unwrap())
		case interface{ Unwrap() []error }:
			for _, in := range e.Unwrap() {
				if walk(in) {
					return true
				}
			}
		}
		return false
	}
	return walk(err)
}

// compiledInterface describes an interface of a compiled package.
func (s *Session) compiledInterface(t reflect.Type) *desc {
	d := &desc{name: nameOfType(t), iface: true}
	for m := range t.Methods() {
		d.wants = append(d.wants, want{m.Name, s.keyOfFunc(m.Type, 0)})
	}
	return d
}
