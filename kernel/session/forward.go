package session

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"unsafe"
	"weak"
)

// A cell that redefines a function makes it and those that call it anew, under
// other names. What earlier cells keep as values, such as closures, method
// values and goroutines, calls the interpreter's older functions by their
// nodes; so these are made to run the newest one's code.
//
// A function that is used as a value is a value: f := g stays that g when a cell
// redefines g, and calls in it go to what is newest. So there is a second
// function for it, which gives g's body as a function literal. It is forwarded as
// g is: a closure of an earlier cell that says g from then on means the new one.

// A routine is a function that the interpreter has: a declared one, a method, or an
// instance of a generic one.
type routine struct {
	key     string // what it is to cells, with its type
	decl    *ast.FuncDecl
	generic string // the generic function that it is an instance of
	args    []types.Type
}

// A version is a function's node in the interpreter.
type version = weak.Pointer[byte]

// functionKey is the key of a function by its name and type.
func (l *lowering) functionKey(name string, sig *types.Signature) string {
	if r := sig.Recv(); r != nil {
		name = l.key(r.Type()) + "." + name
	}
	return name + " " + l.key(sig)
}

// valueKey is the key of the function that makes a function a value.
func valueKey(of string) string { return "value " + of }

// value is that function.
func (l *lowering) value(of string) ast.Expr {
	key := valueKey(of)
	for _, known := range []map[string]string{l.s.erased, l.plan.erased} {
		if known[key] != "" {
			return l.id(known[key])
		}
	}
	l.plan.erased[key] = l.s.fresh("f")
	l.plan.valued = append(l.plan.valued, of)
	return l.id(l.plan.erased[key])
}

// renew makes the functions that give values: those that the cell needs, and
// those that earlier cells may ask for the values of functions that the cell makes anew.
func (l *lowering) renew() {
	for _, name := range sortedKeys(l.plan.functions) {
		if len(l.s.versions[valueKey(l.plan.functions[name].key)]) > 0 {
			l.value(name)
		}
	}
	for _, name := range l.plan.valued {
		m, ok := l.plan.functions[name]
		if !ok {
			m = l.s.functions[name]
		}
		l.plan.decls = append(l.plan.decls, &ast.FuncDecl{Name: l.id(l.plan.erased[valueKey(name)]),
			Type: &ast.FuncType{Func: l.pos, Params: &ast.FieldList{}, Results: l.list1(&ast.Field{Type: m.decl.Type})},
			Body: l.block(l.ret(&ast.FuncLit{Type: m.decl.Type, Body: m.decl.Body}))})
	}
}

// instancesAgain makes those instances of a generic function, or of a method of a
// generic type, again that earlier cells may call.
func (l *lowering) instancesAgain(f *ast.FuncDecl) {
	obj := l.info.Defs[f.Name].(*types.Func)
	short, of := f.Name.Name, types.Type(obj.Signature())
	if r := obj.Signature().Recv(); r != nil {
		n := named(r.Type())
		short, of = n.Obj().Name()+"."+short, n.Origin()
	}
	now := &env{now: l.decls.pkg}
	for _, name := range sortedKeys(l.s.functions) {
		m := l.s.functions[name]
		if m.generic != short || len(l.s.versions[m.key]) == 0 {
			continue
		}
		var args []types.Type
		for _, a := range m.args {
			args = append(args, now.subst(l.s.context, a))
		}
		inst, err := types.Instantiate(l.s.context, of, args, true)
		if err != nil {
			continue
		}
		recv, _ := inst.(*types.Named)
		l.instance(obj, recv, args)
	}
}

// forward makes the earlier versions of a function run the newest one.
func (s *Session) forward(key, name string) {
	node := s.engine.function(name)
	if node == nil {
		return
	}
	older := slices.DeleteFunc(s.versions[key], func(v version) bool { return v.Value() == nil })
	s.engine.forward(older, node)
	s.versions[key] = append(older, weak.Make((*byte)(node)))
}

// forward makes older functions of the same signature run what newest does.
func (e *engine) forward(older []version, newest unsafe.Pointer) {
	at := e.layout
	to := at.begin(newest)
	if to == nil {
		return
	}
	for _, v := range older {
		old := unsafe.Pointer(v.Value())
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
