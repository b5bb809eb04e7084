package session

import (
	"reflect"
	"unsafe"
	"weak"
)

// A cell that redefines a function makes it and those that call it anew, under
// other names. What earlier cells keep as values, such as closures, method
// values and goroutines, calls the interpreter's older functions by their
// nodes; so these are made to run the newest one's code. A function that a cell
// has used as a value is left as it is: the value is that function.

// A version is a function of the interpreter.
type version struct {
	name string
	node weak.Pointer[byte]
}

// forward makes older functions of the same signature run what newest does.
func (e *engine) forward(older []version, newest unsafe.Pointer) {
	at := e.layout
	if newest == nil {
		return
	}
	to := at.begin(newest)
	if to == nil {
		return
	}
	for _, v := range older {
		old := unsafe.Pointer(v.node.Value())
		if old == nil {
			continue
		}
		if from := at.begin(old); from != nil && from != to {
			*field[operation](from, nodeFields.exec) = *field[operation](to, nodeFields.exec)
			*field[[]reflect.Type](old, at.types) = *field[[]reflect.Type](newest, at.types)
		}
	}
}

// begin is the first node of a function's body.
func (at *layout) begin(def unsafe.Pointer) unsafe.Pointer {
	children := *field[[]unsafe.Pointer](def, at.child)
	if len(children) < 4 {
		return nil
	}
	return *field[unsafe.Pointer](children[3], at.start)
}

// function is the node of a declared function, or nil.
func (e *engine) function(name string) unsafe.Pointer {
	scope := e.scope()
	if !scope.IsValid() {
		return nil
	}
	sym := hidden(scope, "sym").MapIndex(reflect.ValueOf(name))
	if !sym.IsValid() || sym.IsNil() {
		return nil
	}
	return hidden(sym.Elem(), "node").UnsafePointer()
}
