package session

import (
	"fmt"
	"go/token"
	"reflect"
	"runtime"
	"strings"
	"unsafe"

	"github.com/traefik/yaegi/interp"
)

// The interpreter tells of a panic which functions it left, but not where they
// were: it looks for the operation in a variable that another one hides. So
// every operation of a compiled program that can panic is given a deferred
// call that notes its place, at a few nanoseconds each. That comes before the
// interpreter's own word about the function. What is in a function literal the
// interpreter has made already when it has compiled it, and makes again.

// An operation is what the interpreter runs for a node of the syntax tree. It
// gets a frame and returns the next one.
type operation func(frame unsafe.Pointer) operation

// nodeFields are the offsets of what is needed of the interpreter's nodes.
var nodeFields, nodesKnown = func() (at struct {
	root, child, pos, exec, gen, kind uintptr
	literal, varDecl, constDecl, set  uint // kinds
}, known bool) {
	root, ok := reflect.TypeFor[interp.Program]().FieldByName("root")
	if !ok || root.Type.Kind() != reflect.Pointer || root.Type.Elem().Kind() != reflect.Struct {
		return at, false
	}
	at.root = root.Offset
	node := root.Type.Elem()
	for name, field := range map[string]struct {
		offset *uintptr
		fits   func(t reflect.Type) bool
	}{
		"child": {&at.child, func(t reflect.Type) bool { return t == reflect.SliceOf(root.Type) }},
		"pos":   {&at.pos, func(t reflect.Type) bool { return t == reflect.TypeFor[token.Pos]() }},
		"gen": {&at.gen, func(t reflect.Type) bool {
			return t.Kind() == reflect.Func && t.NumIn() == 1 && t.NumOut() == 0 && t.In(0) == root.Type
		}},
		"exec": {&at.exec, func(t reflect.Type) bool {
			return t.Kind() == reflect.Func && t.NumIn() == 1 && t.NumOut() == 1 && t.In(0).Kind() == reflect.Pointer && t.Out(0) == t
		}},
	} {
		f, ok := node.FieldByName(name)
		if !ok || !field.fits(f.Type) {
			return at, false
		}
		*field.offset = f.Offset
	}
	kind, ok := node.FieldByName("kind")
	if !ok || kind.Type.Kind() != reflect.Uint {
		return at, false
	}
	at.kind = kind.Offset
	for k := range uint(200) {
		v := reflect.New(kind.Type).Elem()
		v.SetUint(uint64(k))
		switch fmt.Sprint(v) {
		case "funcLit":
			at.literal = k
		case "varDecl":
			at.varDecl = k
		case "constDecl":
			at.constDecl = k
		case "assignStmt":
			at.set = k
		}
	}
	return at, at.literal > 0 && at.varDecl > 0 && at.constDecl > 0 && at.set > 0
}()

// notePlaces makes the operations of a program note their places in w, and
// those that index explain their panics.
func notePlaces(p *interp.Program, w *traceWriter, l *layout) {
	if root := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(p), nodeFields.root)); root != nil {
		noteNode(root, w, l, surroundings{})
	}
}

// surroundings are what a node is in. The interpreter makes a function literal
// again, but not one in a declaration: its operations are kept as they are.
type surroundings struct {
	literal, declared, kept bool

	set unsafe.Pointer // the assignment to the place of which the node is a part
}

func noteNode(node unsafe.Pointer, w *traceWriter, l *layout, in surroundings) {
	gen := (*func(unsafe.Pointer))(unsafe.Add(node, nodeFields.gen))
	exec := (*operation)(unsafe.Add(node, nodeFields.exec))
	if in.literal && !in.kept {
		*exec = nil
	}
	children := *(*[]unsafe.Pointer)(unsafe.Add(node, nodeFields.child))
	set := *(*uint)(unsafe.Add(node, nodeFields.kind)) == nodeFields.set && len(children) == 2 && plainSet[name(*gen)]
	if made := *gen; made != nil && *exec == nil && !harmless[name(made)] {
		pos, kind := *(*token.Pos)(unsafe.Add(node, nodeFields.pos)), l.kind(node)
		*gen = func(node unsafe.Pointer) {
			made(node)
			if do := *exec; do != nil {
				switch kind {
				case "":
				case "getFunc":
					do = l.apart(node, do)
				case "call":
					do = l.keeping(node, do)
				case "callBin":
					switch hook := l.hookName(node); {
					case hook == "Signed":
						*exec = l.begins(node)
						return
					case l.waits[hook] != nil:
						*exec = l.idle(node, l.waits[hook], do)
						return
					case hook == "":
						do = l.leaving(l.reflecting(node, do))
					}
				default:
					do = l.explaining(kind, node, do)
				}
				*exec = w.noting(pos, do, l.valueFirst(in.set))
			}
		}
	}
	switch *(*uint)(unsafe.Add(node, nodeFields.kind)) {
	case nodeFields.literal:
		in.literal = true
		in.kept = in.kept || in.declared
	case nodeFields.varDecl, nodeFields.constDecl:
		in.declared = true
	}
	for i, child := range children {
		below := in
		if i == 0 && set {
			below.set = node
		}
		noteNode(child, w, l, below)
	}
}

// plainSet are the makers of assignments to whose values nothing is added.
var plainSet = map[string]bool{"assign": true, "nop": true}

// noting is an operation that notes its place if it panics, after what else is to
// be done then.
func (w *traceWriter) noting(pos token.Pos, do operation, after func(frame unsafe.Pointer)) operation {
	return func(frame unsafe.Pointer) (next operation) {
		left := false
		defer func() {
			if !left {
				w.mine().passed(pos)
				if after != nil {
					after(frame)
				}
			}
		}()
		next = do(frame)
		left = true
		return next
	}
}

// harmless are the makers of operations that never panic.
var harmless = map[string]bool{
	"nop": true, "add": true, "sub": true, "mul": true, "neg": true, "not": true, "inc": true, "dec": true,
	"lower": true, "lowerEqual": true, "greater": true, "greaterEqual": true, "land": true, "lor": true, "branch": true, "_return": true,
}

// name is the name of a function without its package.
func name(f func(unsafe.Pointer)) string {
	full := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	return full[strings.LastIndexByte(full, '.')+1:]
}
