package session

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/traefik/yaegi/interp"
)

// The interpreter indexes by reflection, whose panics do not say what was out
// of range. So the code that it makes of x[i] and x[i:j] is wrapped: a panic in
// it becomes the one of Go's runtime, with the numbers that are in the frame
// at that moment. This costs nothing until there is one.
//
// The wrapping (notePlaces) reaches into the interpreter's own syntax tree, after it
// is annotated and before code is made of it. A session does not begin with a
// version whose tree has other fields.

// A layout is where the fields of the interpreter's structs are.
type layout struct {
	revivals                             atomic.Int64 // how often the engine ran again after a halt
	child, gen, findex, level, rval, sym uintptr      // of a node
	index, global                        uintptr      // of a symbol
	root, anc, data, mutex               uintptr      // of a frame
	frame                                reflect.Type // its type
	tnext, start, ident, types           uintptr      // of a node: the one that follows it, its first one, its name, its frame
	known                                map[uintptr]string
	signs                                signs
	waits                                map[string]*atomic.Int32 // hooks that do nothing while a number is 0
}

// newLayout gives nil when the interpreter is not as expected.
func newLayout(waits map[string]*atomic.Int32) *layout {
	at := &layout{known: map[uintptr]string{}, waits: waits}
	ok := true
	offset := func(t reflect.Type, name string, kind reflect.Kind) (uintptr, reflect.Type) {
		if !ok || t.Kind() != reflect.Struct {
			ok = false
			return 0, nil
		}
		f, found := t.FieldByName(name)
		if !found || f.Type.Kind() != kind {
			ok = false
			return 0, nil
		}
		return f.Offset, f.Type
	}
	elem := func(t reflect.Type) reflect.Type {
		if !ok {
			return nil
		}
		return t.Elem()
	}
	_, root := offset(reflect.TypeFor[interp.Program](), "root", reflect.Pointer)
	node := elem(root)
	at.child, _ = offset(node, "child", reflect.Slice)
	at.gen, _ = offset(node, "gen", reflect.Func)
	at.findex, _ = offset(node, "findex", reflect.Int)
	at.level, _ = offset(node, "level", reflect.Int)
	at.rval, _ = offset(node, "rval", reflect.Struct)
	at.tnext, _ = offset(node, "tnext", reflect.Pointer)
	at.ident, _ = offset(node, "ident", reflect.String)
	at.start, _ = offset(node, "start", reflect.Pointer)
	at.types, _ = offset(node, "types", reflect.Slice)
	var exec, sym reflect.Type
	_, exec = offset(node, "exec", reflect.Func)
	at.sym, sym = offset(node, "sym", reflect.Pointer)
	symbol := elem(sym)
	at.index, _ = offset(symbol, "index", reflect.Int)
	at.global, _ = offset(symbol, "global", reflect.Bool)
	if !ok || exec.NumIn() != 1 || exec.NumOut() != 1 || exec.Out(0).Kind() != reflect.Func || exec.In(0).Kind() != reflect.Pointer {
		return nil
	}
	frame := exec.In(0).Elem()
	at.root, _ = offset(frame, "root", reflect.Pointer)
	at.anc, _ = offset(frame, "anc", reflect.Pointer)
	var data reflect.Type
	at.data, data = offset(frame, "data", reflect.Slice)
	var mutex reflect.Type
	at.mutex, mutex = offset(frame, "mutex", reflect.Struct)
	if !ok || data.Elem() != reflect.TypeFor[reflect.Value]() || mutex != reflect.TypeFor[sync.RWMutex]() {
		return nil
	}
	at.frame = frame
	return at
}

func field[T any](p unsafe.Pointer, offset uintptr) *T { return (*T)(unsafe.Add(p, offset)) }

// explaining is an operation that panics with the words of Go's runtime.
func (at *layout) explaining(kind string, node unsafe.Pointer, do operation) operation {
	return func(frame unsafe.Pointer) operation {
		defer func() {
			if r := recover(); r != nil {
				panic(at.explain(r, kind, node, frame))
			}
		}()
		return do(frame)
	}
}

// apart is the operation that makes a function of a literal. When the function
// returns, the interpreter gives its place in the frame what was there before it was
// made; so a goroutine that ends could take the next function out of the frame
// before it is called. The function gets a copy of the frame to do that with. What
// the interpreter finds out when it is first made, goroutines wait for.
func (at *layout) apart(node unsafe.Pointer, do operation) operation {
	index := *field[int](node, at.findex)
	var first sync.Once
	return func(frame unsafe.Pointer) (next operation) {
		shadow := reflect.New(at.frame)
		shadow.Elem().Set(reflect.NewAt(at.frame, frame).Elem())
		copied := shadow.UnsafePointer()
		*field[sync.RWMutex](copied, at.mutex) = sync.RWMutex{}
		data := *field[[]reflect.Value](frame, at.data)
		own := slices.Clone(data)
		*field[[]reflect.Value](copied, at.data) = own
		first.Do(func() { next = do(copied) })
		if next == nil {
			next = do(copied)
		}
		data[index] = own[index]
		return next
	}
}

// valueFirst is what is done when there is no place to assign to, as in a[5] = b[7]:
// the interpreter looks for the place first, compiled Go evaluates the value first, and
// so the panic is the value's if that has one.
func (at *layout) valueFirst(set unsafe.Pointer) func(frame unsafe.Pointer) {
	if set == nil {
		return nil
	}
	children := *field[[]unsafe.Pointer](set, at.child)
	place, value := children[0], children[1]
	if *field[unsafe.Pointer](value, at.start) == nil {
		return nil
	}
	return func(frame unsafe.Pointer) {
		code := func(n unsafe.Pointer) operation { return *field[operation](n, nodeFields.exec) }
		same := func(a, b operation) bool {
			return *(*unsafe.Pointer)(unsafe.Pointer(&a)) == *(*unsafe.Pointer)(unsafe.Pointer(&b))
		}
		for do := code(*field[unsafe.Pointer](value, at.start)); do != nil && !same(do, code(set)); {
			last := same(do, code(value))
			if last && *field[int](value, at.findex) == *field[int](place, at.findex) { // it would be assigned
				return
			}
			if do = do(frame); last {
				return
			}
		}
	}
}

// kind is the name of the function that makes code of a node, of those that
// are wrapped.
func (at *layout) kind(n unsafe.Pointer) string {
	f := *field[*uintptr](n, at.gen)
	if f == nil {
		return ""
	}
	kind, ok := at.known[*f]
	if !ok {
		name := runtime.FuncForPC(*f).Name()
		name = name[strings.LastIndexByte(name, '.')+1:]
		switch name {
		case "getIndexArray", "slice", "slice0", "call", "callBin", "getFunc":
			kind = name
		}
		at.known[*f] = kind
	}
	return kind
}

// value is what a node stands for in a frame.
func (at *layout) value(n, f unsafe.Pointer) reflect.Value {
	if v := *field[reflect.Value](n, at.rval); v.IsValid() {
		return v
	}
	index, level := *field[int](n, at.findex), *field[int](n, at.level)
	if sym := *field[unsafe.Pointer](n, at.sym); sym != nil {
		index = *field[int](sym, at.index)
		if *field[bool](sym, at.global) {
			level = -1
		}
	}
	if level < 0 {
		f = *field[unsafe.Pointer](f, at.root)
	}
	for ; level > 0 && f != nil; level-- {
		f = *field[unsafe.Pointer](f, at.anc)
	}
	if f == nil {
		return reflect.Value{}
	}
	data := *field[[]reflect.Value](f, at.data)
	if index < 0 || index >= len(data) {
		return reflect.Value{}
	}
	return data[index]
}

// A bound is an index as it stands in the text of a panic.
type bound struct {
	text     string
	n        int64
	negative bool
}

// explain is the panic of Go's runtime for one of reflection.
func (at *layout) explain(r any, kind string, n, f unsafe.Pointer) any {
	text, ok := r.(string)
	if !ok || !strings.HasPrefix(text, "reflect") {
		return r
	}
	children := *field[[]unsafe.Pointer](n, at.child)
	x := at.value(children[0], f)
	if x.IsValid() && x.Kind() == reflect.Pointer {
		x = x.Elem()
	}
	if !x.IsValid() {
		return r
	}
	switch x.Kind() {
	case reflect.Slice, reflect.Array, reflect.String:
	default:
		return r
	}
	var bounds []bound
	for _, c := range children[1:] {
		v := at.value(c, f)
		switch {
		case !v.IsValid():
			return r
		case v.CanInt():
			bounds = append(bounds, bound{fmt.Sprint(v.Int()), v.Int(), v.Int() < 0})
		case v.CanUint():
			bounds = append(bounds, bound{fmt.Sprint(v.Uint()), int64(min(v.Uint(), math.MaxInt64)), false})
		default:
			return r
		}
	}
	if kind == "getIndexArray" {
		return fault("index out of range " + bounds[0].outside(x.Len()))
	}
	low, high := bound{text: "0"}, bound{fmt.Sprint(x.Len()), int64(x.Len()), false}
	rest := bounds
	if kind == "slice" {
		low, rest = bounds[0], bounds[1:]
	}
	if len(rest) > 0 {
		high = rest[0]
	}
	what := "length"
	size := x.Len()
	if x.Kind() == reflect.Slice {
		what, size = "capacity", x.Cap()
	}
	return fault("slice bounds out of range " + sliceBounds(low, high, rest, what, size))
}

func (b bound) outside(length int) string {
	if b.negative {
		return "[" + b.text + "]"
	}
	return fmt.Sprintf("[%s] with length %d", b.text, length)
}

// sliceBounds says what of x[low:high] or x[low:high:max] is out of range.
func sliceBounds(low, high bound, rest []bound, what string, size int) string {
	third := ""
	if len(rest) == 2 {
		third = ":"
		switch most := rest[1]; {
		case most.negative:
			return fmt.Sprintf("[::%s]", most.text)
		case most.n > int64(size):
			return fmt.Sprintf("[::%s] with %s %d", most.text, what, size)
		case high.negative:
			return fmt.Sprintf("[:%s:]", high.text)
		case high.n > most.n:
			return fmt.Sprintf("[:%s:%s]", high.text, most.text)
		}
	}
	switch {
	case high.negative:
		return fmt.Sprintf("[:%s]", high.text)
	case high.n > int64(size):
		return fmt.Sprintf("[:%s] with %s %d", high.text, what, size)
	case low.negative:
		return fmt.Sprintf("[%s:%s]", low.text, third)
	}
	return fmt.Sprintf("[%s:%s%s]", low.text, high.text, third)
}

// shortSlice is reflection's sentence for a slice that does not fill an array.
var shortSlice = regexp.MustCompile(`^reflect: cannot convert slice with length (\d+) to (?:pointer to )?array with length (\d+)$`)

// thrownValue is the value of a panic as Go has it: reflection's own panics
// stand for those of Go's runtime.
func thrownValue(v any) any {
	if rv, ok := v.(reflect.Value); ok {
		if !rv.IsValid() {
			return nil
		}
		v = rv.Interface()
	}
	switch e := v.(type) {
	case reflectPanic:
		return e.value
	case *reflect.ValueError:
		return reflected(e.Error())
	case interp.Panic:
		return thrownValue(e.Value)
	case string:
		if strings.HasPrefix(e, "reflect") {
			return reflected(e)
		}
	case *runtime.TypeAssertionError: // of compiled code
		return &conversion{strings.TrimPrefix(e.Error(), "interface conversion: ")}
	case runtime.Error:
		if what, ok := strings.CutPrefix(e.Error(), "hash of unhashable type: "); ok {
			return fault("hash of unhashable type " + what)
		}
	}
	return v
}

// reflected is the error of Go's runtime for a panic of reflection.
func reflected(text string) error {
	if m := shortSlice.FindStringSubmatch(text); m != nil {
		return fault(fmt.Sprintf("cannot convert slice with length %s to array or pointer to array with length %s", m[1], m[2]))
	}
	if strings.HasPrefix(text, "reflect: call of reflect.Value.") && strings.HasSuffix(text, " on zero Value") {
		return fault("invalid memory address or nil pointer dereference")
	}
	for _, one := range []struct {
		from string
		to   error
	}{
		{"reflect: slice index out of range", fault("index out of range")},
		{"reflect: array index out of range", fault("index out of range")},
		{"reflect: string index out of range", fault("index out of range")},
		{"reflect.Value.Slice: slice index out of bounds", fault("slice bounds out of range")},
		{"reflect.Value.Slice3: slice index out of bounds", fault("slice bounds out of range")},
		{"reflect.Value.Slice: string slice index out of bounds", fault("slice bounds out of range")},
		{"reflect.MakeSlice: negative len", fault("makeslice: len out of range")},
		{"reflect.MakeSlice: negative cap", fault("makeslice: cap out of range")},
		{"reflect.MakeSlice: len > cap", fault("makeslice: cap out of range")},
		{"reflect.MakeChan: negative buffer size", plainFault("makechan: size out of range")},
		{"reflect.Value.Call: call of nil function", fault("invalid memory address or nil pointer dereference")},
		{"reflect.Value.Addr of unaddressable value", fault("invalid memory address or nil pointer dereference")},
		{"reflect: Method on nil interface value", fault("invalid memory address or nil pointer dereference")},
		{"reflect.Value.Grow: slice overflow", fault("growslice: len out of range")},
	} {
		if strings.HasPrefix(text, one.from) {
			return one.to
		}
	}
	return fault(text)
}
