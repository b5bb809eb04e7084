package session

import (
	"reflect"
	"sync"
)

// The interpreter has one table of the variables of all cells and of what they compute
// at their top, which it copies when a cell needs more of it: what a goroutine puts
// there at that moment would be lost. So the table has more places than are
// needed, and is copied when no cell runs: when half of them have been used, so that
// cells beside a long one do not wait for its end.

// leastTable is how many places it has to begin with.
const leastTable = 1 << 12

// table is the table, and the types of the places that compiled programs want.
func (e *engine) table() (data reflect.Value, want []reflect.Type, lock *sync.RWMutex) {
	inside := reflect.ValueOf(e.interp).Elem()
	frame := hidden(inside, "frame").Elem()
	types := hidden(hidden(inside, "universe").Elem(), "types").Interface().([]reflect.Type)
	return hidden(frame, "data"), types, hidden(frame, "mutex").Addr().Interface().(*sync.RWMutex)
}

// full reports whether the table has to be copied.
func (e *engine) full() bool {
	data, want, _ := e.table()
	return len(want) > data.Len()
}

// empty reports whether a variable of the session, by the interpreter's name, is nil.
func (e *engine) empty(name string) bool {
	e.naming.Lock()
	defer e.naming.Unlock()
	scope := e.scope()
	if !scope.IsValid() {
		return false
	}
	symbol := hidden(scope, "sym").MapIndex(reflect.ValueOf(name))
	if !symbol.IsValid() || symbol.IsNil() {
		return false
	}
	data, _, _ := e.table()
	index := int(symbol.Elem().FieldByName("index").Int())
	if index < 0 || index >= e.places {
		return false
	}
	switch v := data.Index(index).Interface().(reflect.Value); v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Func, reflect.Slice, reflect.Chan:
		return v.IsNil()
	}
	return false
}

// grow makes the places for what has been compiled.
func (e *engine) grow() {
	data, want, lock := e.table()
	lock.Lock()
	defer lock.Unlock()
	places := data.Interface().([]reflect.Value)
	if e.runs == 0 && 2*len(want) > len(places) {
		places = make([]reflect.Value, max(leastTable, 3*len(want)))
		reflect.Copy(reflect.ValueOf(places), data)
		data.Set(reflect.ValueOf(places))
	}
	for ; e.places < len(want); e.places++ {
		places[e.places] = reflect.New(want[e.places]).Elem()
	}
}
