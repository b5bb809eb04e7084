package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"github.com/innkeeper-notebook/innkeeper/inn/rows"
	"github.com/innkeeper-notebook/innkeeper/kernel/native"
	"github.com/innkeeper-notebook/innkeeper/kernel/native/wire"
)

// A nativeProgram is what one cell's native functions share.
type nativeProgram struct {
	s     *Session
	pool  *native.Pool
	units []*unit         // of its places
	names []string        // of the session's variables that it reads
	vars  []reflect.Value // these, in the interpreter
}

// A nativeFunc is a function of a program.
type nativeFunc struct {
	program *nativeProgram
	name    string
	index   int
	sig     *types.Signature // with the receiver first
	check   bool             // it is not sure that it changes no variable
	key     string           // see forward.go
	at      reflect.Value    // its variable in the interpreter
}

// nativeReads tells a function where a variable is.
func (s *Session) nativeReads(id, i int, ptr any) {
	p := s.natives[id].program
	if i >= len(p.vars) {
		p.vars = append(p.vars, reflect.ValueOf(ptr).Elem())
	}
}

// nativeSet makes the variable of a native function.
func (s *Session) nativeSet(id int, ptr any) {
	f := s.natives[id]
	to := reflect.ValueOf(ptr).Elem()
	f.at = to
	defer s.renewNatives(f.key, to)
	r := &rows.Rows{Call: f.rows, Reads: len(f.program.names) > 0}
	switch to.Type() {
	case reflect.TypeFor[func(*rand.Rand, []float64) []float64]():
		g := func(rng *rand.Rand, x []float64) []float64 {
			return f.call([]reflect.Value{reflect.ValueOf(rng), reflect.ValueOf(x)}, to.Type())[0].Interface().([]float64)
		}
		rows.SetSimulator(g, r)
		to.Set(reflect.ValueOf(g))
	case reflect.TypeFor[func(*rand.Rand) []float64]():
		g := func(rng *rand.Rand) []float64 {
			return f.call([]reflect.Value{reflect.ValueOf(rng)}, to.Type())[0].Interface().([]float64)
		}
		rows.SetPrior(g, r)
		to.Set(reflect.ValueOf(g))
	default:
		t := to.Type()
		to.Set(reflect.MakeFunc(t, func(args []reflect.Value) []reflect.Value { return f.call(args, t) }))
	}
}

// renewNatives gives the variables of older native functions a newer function.
func (s *Session) renewNatives(key string, to reflect.Value) {
	for _, old := range s.natives {
		if old.key == key && old.at.IsValid() && old.at.Type() == to.Type() {
			old.at.Set(to)
		}
	}
}

// nativeGone gives the variable of a native function one that is interpreted.
func (s *Session) nativeGone(id int, f any) {
	s.natives[id].at.Set(reflect.ValueOf(f))
}

// variables is the message that sets the program's variables, and what wrote it.
func (p *nativeProgram) variables() (*wire.Encoder, error) {
	if len(p.vars) == 0 {
		return &wire.Encoder{}, nil
	}
	e := &wire.Encoder{Bytes: wire.Begin(nil, wire.Variables)}
	for i, v := range p.vars {
		if err := e.Encode(v); err != nil {
			return nil, fmt.Errorf("%w (variable %s)", err, p.names[i])
		}
	}
	e.Bytes = wire.End(e.Bytes)
	return e, nil
}

// call calls the function in its process.
func (f *nativeFunc) call(args []reflect.Value, t reflect.Type) []reflect.Value {
	refuse := func(err error) {
		panic(fmt.Errorf("%s: %s", f.name, strings.TrimPrefix(err.Error(), "native: ")))
	}
	vars, err := f.program.variables()
	if err != nil {
		refuse(err)
	}
	e := &wire.Encoder{Bytes: wire.Begin(make([]byte, 0, 256), wire.Call)}
	e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, uint64(f.index))
	e.Bytes = append(e.Bytes, bit(f.check))
	var sources []rand.Source
	for _, a := range args {
		if a.Type() != reflect.TypeFor[*rand.Rand]() {
			err = e.Encode(a)
		} else {
			src := sourceOf(a.Interface().(*rand.Rand))
			if err = wire.AppendSource(e, src); src != nil {
				sources = append(sources, src)
			}
		}
		if err != nil {
			refuse(err)
		}
	}
	d, err := f.send(vars.Bytes, wire.End(e.Bytes))
	if err != nil {
		refuse(err)
	}
	for _, src := range sources {
		if err := d.Source(src); err != nil {
			refuse(err)
		}
	}
	changed, err := d.Changes(e)
	if err != nil {
		refuse(err)
	}
	if changed && wire.Share(vars, e) {
		refuse(errors.New("it changed its argument, which is a variable of the session that it reads, too: pass a copy"))
	}
	results := make([]reflect.Value, t.NumOut())
	for i := range results {
		results[i] = reflect.New(t.Out(i)).Elem()
		if err := d.Decode(results[i]); err != nil {
			refuse(err)
		}
	}
	return results
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// sourceOf is what a generator draws from.
func sourceOf(rng *rand.Rand) rand.Source {
	if rng == nil {
		return nil
	}
	v := reflect.ValueOf(rng).Elem().FieldByName("src")
	return *(*rand.Source)(unsafe.Pointer(v.UnsafeAddr()))
}

// send asks the program and gives the answer, or panics as the function did.
func (f *nativeFunc) send(vars, request []byte) (*wire.Decoder, error) {
	s := f.program.s
	cell := s.mine()
	stop := cell.stop
	if ended(stop) && !cell.halted.Load() { // called by something that outlives its cell
		stop = nil
	}
	kind, body, err := f.program.pool.Call(stop, vars, request)
	if errors.Is(err, native.ErrStopped) {
		if cell.halted.Load() {
			panic(errHalted)
		}
		kind, body, err = f.program.pool.Call(nil, vars, request) // the cell has ended meanwhile
	}
	switch {
	case err != nil:
		return nil, err
	case kind == wire.Refused:
		return nil, errors.New(string(body))
	case kind == wire.Panic:
		f.panic(body)
	}
	return &wire.Decoder{Bytes: body}, nil
}

func ended(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// panic repeats the function's panic here.
func (f *nativeFunc) panic(body []byte) {
	kind, text := body[0], ""
	var places []string
	d := &wire.Decoder{Bytes: body[1:]}
	d.Decode(reflect.ValueOf(&text).Elem())
	d.Decode(reflect.ValueOf(&places).Elem())
	f.program.passed(places)
	switch kind {
	case 'r':
		panic(fault(text))
	case 'e':
		panic(errors.New(text))
	}
	panic(text)
}

// passed notes places that a panic passed outside of the interpreter.
func (p *nativeProgram) passed(places []string) {
	w := &p.s.mine().trace
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, place := range places {
		i := strings.LastIndexByte(place, ':')
		line, _ := strconv.Atoi(place[i+1:])
		for k, u := range p.units {
			if sourceFile(k) == place[:i] {
				w.at = append(w.at, token.Position{Filename: u.file, Line: line, Column: 1})
			}
		}
	}
}

// rows calls a simulator for many rows: see package rows.
func (f *nativeFunc) rows(states []rows.State, x, y []float64) error {
	vars, err := f.program.variables()
	if err != nil {
		return err
	}
	n, prior := len(states), len(x) == 0
	b := wire.Begin(make([]byte, 0, wire.Header+33+16*n+8*len(x)), wire.Rows)
	flags := 2 * bit(f.check)
	if prior {
		flags |= 1
	}
	for _, k := range []int{f.index, n, len(x) / n, len(y) / n} {
		b = binary.LittleEndian.AppendUint64(b, uint64(k))
	}
	b = append(b, flags)
	cols, out := len(x)/n, len(y)/n
	for i, s := range states {
		b = binary.LittleEndian.AppendUint64(b, s[0])
		b = binary.LittleEndian.AppendUint64(b, s[1])
		for _, v := range x[i*cols : (i+1)*cols] {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
	}
	d, err := f.send(vars.Bytes, wire.End(b))
	if err != nil {
		return err
	}
	row := 8 * out
	if prior {
		row += 16
	}
	if len(d.Bytes) != n*row {
		return errors.New("native: an answer of another length")
	}
	for i := range states {
		r := d.Bytes[i*row : (i+1)*row]
		for j := range out {
			y[i*out+j] = math.Float64frombits(binary.LittleEndian.Uint64(r[8*j:]))
		}
		if prior {
			states[i] = rows.State{binary.BigEndian.Uint64(r[8*out:]), binary.BigEndian.Uint64(r[8*out+8:])}
		}
	}
	return nil
}
