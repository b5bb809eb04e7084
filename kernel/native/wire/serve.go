package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
)

// A message has a length of 8 bytes, a kind of one byte, and what the kind
// says. These are the kinds of what the kernel asks and of the answers.
const (
	Variables = 'v' // sets the variables; no answer
	Call      = 'c' // the function's number, then its arguments
	Rows      = 'r' // many calls of a simulator: see appendRows

	OK      = 'k' // the arguments' changes and the results, or the rows
	Panic   = 'p' // the panic's value and the places it passed
	Refused = 'x' // a sentence
)

// The file descriptors of the program beside the requests on its standard
// input.
const (
	Life    = 3 // closed when the kernel has gone
	Answers = 4
)

// Header is the length and the kind of a message.
const Header = 9

// Begin makes room for a message's header at the beginning of b.
func Begin(b []byte, kind byte) []byte {
	b = append(b[:0], make([]byte, Header)...)
	b[8] = kind
	return b
}

// End writes the length into the header.
func End(b []byte) []byte {
	binary.LittleEndian.PutUint64(b, uint64(len(b)-Header))
	return b
}

// Read reads a message into a buffer that may be used again.
func Read(r io.Reader, buf []byte) (kind byte, body []byte, err error) {
	var h [Header]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, buf, err
	}
	n := binary.LittleEndian.Uint64(h[:])
	if n > 2*maxBytes {
		return 0, buf, fmt.Errorf("native: a message of %d bytes", n)
	}
	if uint64(cap(buf)) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	_, err = io.ReadFull(r, buf)
	return h[8], buf, err
}

// A server is the program's end.
type server struct {
	funcs []reflect.Value
	vars  []reflect.Value // what pointers lead to
	names []string        // of the variables
	known []byte          // the variables as they came
	kept  []memory        // and their memory
	in    *bufio.Reader
	to    *os.File
	buf   []byte
	out   []byte
}

// Serve answers the kernel until it is gone. The functions are what it may
// call by their number, and the variables pointers.
func Serve(funcs []any, vars []any, names []string) {
	debug.SetMaxStack(256 << 20)
	go func() {
		os.NewFile(Life, "").Read(make([]byte, 1))
		os.Exit(0)
	}()
	s := &server{names: names, in: bufio.NewReaderSize(os.Stdin, 1<<16), to: os.NewFile(Answers, "")}
	for _, f := range funcs {
		s.funcs = append(s.funcs, reflect.ValueOf(f))
	}
	for _, v := range vars {
		s.vars = append(s.vars, reflect.ValueOf(v).Elem())
	}
	for {
		kind, body, err := Read(s.in, s.buf)
		if err != nil {
			os.Exit(0)
		}
		s.buf = body
		s.answer(kind, body)
	}
}

func (s *server) answer(kind byte, body []byte) {
	d := &Decoder{Bytes: body}
	if kind == Variables {
		s.known = append(s.known[:0], body...)
		s.set()
		return
	}
	s.out = Begin(s.out, OK)
	if err := s.serve(kind, d); err != nil {
		s.out = append(Begin(s.out, Refused), err.Error()...)
	}
	if _, err := s.to.Write(End(s.out)); err != nil {
		os.Exit(0)
	}
}

// set gives the variables the values that are known.
func (s *server) set() {
	d := &Decoder{Bytes: s.known}
	for _, v := range s.vars {
		if err := d.Decode(v); err != nil {
			fmt.Fprintln(os.Stderr, "panic:", err)
			os.Exit(2)
		}
	}
	s.kept = d.memory
}

func (s *server) serve(kind byte, d *Decoder) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.out = Begin(s.out, Panic)
			s.out = appendPanic(s.out, r)
			err = nil
		}
	}()
	f := s.funcs[d.uint()]
	if kind == Rows {
		return s.rows(f.Interface(), d)
	}
	check := d.take(1)[0] != 0
	t := f.Type()
	in := make([]reflect.Value, t.NumIn())
	sources := []rand.Source{}
	for i := range in {
		if t.In(i) == randType {
			src, err := readSource(d)
			if err != nil {
				return err
			}
			if src == nil {
				in[i] = reflect.Zero(randType)
				continue
			}
			sources = append(sources, src)
			in[i] = reflect.ValueOf(rand.New(src))
			continue
		}
		in[i] = reflect.New(t.In(i)).Elem()
		if err := d.Decode(in[i]); err != nil {
			return err
		}
	}
	was := snap(d.memory)
	var results []reflect.Value
	if t.IsVariadic() {
		results = f.CallSlice(in)
	} else {
		results = f.Call(in)
	}
	if check {
		if err := s.unchanged(); err != nil {
			return err
		}
	}
	e := &Encoder{Bytes: s.out, memory: d.memory, kept: s.kept}
	for _, src := range sources {
		if err := AppendSource(e, src); err != nil {
			return err
		}
	}
	defer func() { s.out = e.Bytes }()
	defer catch(&err)
	e.changes(was)
	for _, r := range results {
		e.value(r)
	}
	return nil
}

// unchanged says which variable a function has changed: the kernel's own would
// stay as it was.
func (s *server) unchanged() error {
	known := &Decoder{Bytes: s.known}
	for i, v := range s.vars {
		was := reflect.New(v.Type()).Elem()
		known.Decode(was)
		a, b := &Encoder{}, &Encoder{}
		if a.Encode(was) != nil || b.Encode(v) != nil || string(a.Bytes) != string(b.Bytes) {
			s.set()
			return fmt.Errorf("it changes the session's variable %s, which a native function can only read: return the value instead", s.names[i])
		}
	}
	return nil
}

var randType = reflect.TypeFor[*rand.Rand]()

// The random sources that can be passed.
const (
	sourceNil = iota
	sourcePCG
	sourceChaCha
)

// AppendSource writes the state of a random source.
func AppendSource(e *Encoder, src rand.Source) error {
	var state []byte
	var err error
	switch s := src.(type) {
	case nil:
		e.Bytes = append(e.Bytes, sourceNil)
		return nil
	case *rand.PCG:
		e.Bytes = append(e.Bytes, sourcePCG)
		state, err = s.MarshalBinary()
	case *rand.ChaCha8:
		e.Bytes = append(e.Bytes, sourceChaCha)
		state, err = s.MarshalBinary()
	default:
		return fmt.Errorf("native: the random source is a %T; a *rand.PCG or *rand.ChaCha8 can be passed", src)
	}
	e.uint(uint64(len(state)))
	e.Bytes = append(e.Bytes, state...)
	return err
}

// Source takes over the state of a random source that has been passed.
func (d *Decoder) Source(src rand.Source) (err error) {
	defer catch(&err)
	d.take(1)
	return src.(interface{ UnmarshalBinary([]byte) error }).UnmarshalBinary(d.take(d.count(1)))
}

func readSource(d *Decoder) (rand.Source, error) {
	var src rand.Source
	switch d.Bytes[0] {
	case sourceNil:
		d.take(1)
		return nil, nil
	case sourcePCG:
		src = new(rand.PCG)
	default:
		src = new(rand.ChaCha8)
	}
	return src, d.Source(src)
}

// appendPanic writes a panic: what it was called with, as far as it can be
// passed, and the places of cells that it passed, innermost first.
func appendPanic(b []byte, r any) []byte {
	e := &Encoder{Bytes: b}
	kind, text := byte('s'), fmt.Sprint(r)
	switch v := r.(type) {
	case runtime.Error:
		kind, text = 'r', strings.TrimPrefix(v.Error(), "runtime error: ")
	case error:
		kind = 'e'
	}
	e.Bytes = append(e.Bytes, kind)
	e.value(reflect.ValueOf(text))
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var places []string
	for {
		f, more := frames.Next()
		if i := strings.LastIndex(f.File, "/cell"); strings.HasSuffix(f.File, "/cell") && i > 0 {
			places = append(places, fmt.Sprintf("%s:%d", f.File[strings.LastIndexByte(f.File[:i], '/')+1:], f.Line))
		}
		if !more {
			break
		}
	}
	e.value(reflect.ValueOf(places))
	return e.Bytes
}

// A batch of rows is the numbers of rows, of columns of x and of y, a byte that
// says whether the sources' states come back, and for each row the two numbers
// of its PCG and its x. The answer has for each row its y, and the state.

// rows calls a simulator, or a prior if rows have no x.
func (s *server) rows(f any, d *Decoder) error {
	n, cols, out := int(d.uint()), int(d.uint()), int(d.uint())
	flags := d.take(1)[0]
	src := new(rand.PCG)
	rng := rand.New(src)
	x := make([]float64, cols)
	var simulate func([]float64) []float64
	switch f := f.(type) {
	case func(*rand.Rand, []float64) []float64:
		simulate = func(x []float64) []float64 { return f(rng, x) }
	case func(*rand.Rand) []float64:
		simulate = func([]float64) []float64 { return f(rng) }
	default:
		return fmt.Errorf("native: %T is no simulator", f)
	}
	for range n {
		hi := d.uint()
		src.Seed(hi, d.uint())
		b := d.take(8 * cols)
		for j := range x {
			x[j] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*j:]))
		}
		y := simulate(x)
		for j := range x {
			if math.Float64bits(x[j]) != binary.LittleEndian.Uint64(b[8*j:]) {
				return fmt.Errorf("native: the simulator changes x")
			}
		}
		if len(y) != out {
			return fmt.Errorf("native: %d values instead of %d", len(y), out)
		}
		for _, v := range y {
			s.out = binary.LittleEndian.AppendUint64(s.out, math.Float64bits(v))
		}
		if flags&1 != 0 {
			state, _ := src.MarshalBinary()
			s.out = append(s.out, state[len(state)-16:]...)
		}
	}
	if flags&2 != 0 {
		return s.unchanged()
	}
	return nil
}
