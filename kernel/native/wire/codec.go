// Package wire is what the kernel and a program built from cells say to each
// other: values as bytes, and calls. It imports the standard library alone,
// because its own source is built into every such program.
package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

// Values are written as their kind says, without names or types: numbers in
// little endian, a length before a string, the fields of a struct one after
// the other. Both sides know the type.
//
// Slices keep what they share. The first one that is met of a piece of memory
// is written up to its capacity, and a later one in the same memory as a
// reference into it, so that what a function returns of its argument, or
// writes into it, comes back as in one program.

// A memory is a piece that slices share: all of one slice, up to its capacity.
type memory struct {
	all  reflect.Value // of length and capacity both
	from uintptr
	size uintptr // of all, in bytes
}

func memoryOf(s reflect.Value) memory {
	all := s.Slice3(0, s.Cap(), s.Cap())
	return memory{all, uintptr(all.UnsafePointer()), uintptr(all.Cap()) * s.Type().Elem().Size()}
}

func (m memory) overlaps(o memory) bool { return m.from < o.from+o.size && o.from < m.from+m.size }

// Share reports whether values that two encoders wrote share memory.
func Share(a, b *Encoder) bool {
	for _, m := range a.memory {
		if slices.ContainsFunc(b.memory, m.overlaps) {
			return true
		}
	}
	return false
}

// maxBytes is what may cross at once.
const maxBytes = 1 << 31

// An Encoder writes values. One message has one encoder.
type Encoder struct {
	Bytes  []byte
	memory []memory
	kept   []memory // of variables, in which nothing may lie
}

// A fault is a value that cannot be written or read; Encode and Decode give it
// as an error.
type fault string

func catch(err *error) {
	switch f := recover().(type) {
	case nil:
	case fault:
		*err = fmt.Errorf("native: %s", string(f))
	default:
		panic(f)
	}
}

// Encode writes a value.
func (e *Encoder) Encode(v reflect.Value) (err error) {
	defer catch(&err)
	e.value(v)
	return nil
}

func (e *Encoder) uint(n uint64) { e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, n) }

// room refuses what would be too much before it is made.
func (e *Encoder) room(n uintptr) {
	if n > maxBytes || uintptr(len(e.Bytes))+n > maxBytes {
		panic(fault("more than 2 GB cannot be passed at once"))
	}
}

func (e *Encoder) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		var b byte
		if v.Bool() {
			b = 1
		}
		e.Bytes = append(e.Bytes, b)
	case reflect.Int8:
		e.Bytes = append(e.Bytes, byte(v.Int()))
	case reflect.Uint8:
		e.Bytes = append(e.Bytes, byte(v.Uint()))
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		e.uint(uint64(v.Int()))
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		e.uint(v.Uint())
	case reflect.Float32, reflect.Float64:
		e.uint(float(v))
	case reflect.Complex64, reflect.Complex128:
		e.uint(math.Float64bits(real(v.Complex())))
		e.uint(math.Float64bits(imag(v.Complex())))
	case reflect.String:
		e.room(uintptr(v.Len()))
		e.uint(uint64(v.Len()))
		e.Bytes = append(e.Bytes, v.String()...)
	case reflect.Array:
		for i := range v.Len() {
			e.value(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			e.value(field(v, i))
		}
	case reflect.Slice:
		e.slice(v)
	case reflect.Map:
		e.table(v)
	default:
		panic(fault("a " + v.Type().String() + " cannot be passed"))
	}
}

// float is the bits of a float; those of a float32 as they are, since a NaN of
// it would change on its way through a float64.
func float(v reflect.Value) uint64 {
	if v.Kind() == reflect.Float32 {
		c := reflect.New(v.Type())
		c.Elem().Set(v)
		return uint64(*(*uint32)(c.UnsafePointer()))
	}
	return math.Float64bits(v.Float())
}

// field is the i-th field of a struct, also of one that is not exported.
func field(v reflect.Value, i int) reflect.Value {
	if !v.CanAddr() {
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	f := v.Field(i)
	return reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem()
}

// What a slice begins with.
const (
	sliceNil = iota
	sliceNew
	sliceRef
)

func (e *Encoder) slice(s reflect.Value) {
	if s.IsNil() {
		e.Bytes = append(e.Bytes, sliceNil)
		return
	}
	m := memoryOf(s)
	if m.size > 0 {
		for _, o := range e.kept {
			if m.overlaps(o) {
				panic(fault("it returns a part of a variable of the session: return a copy (slices.Clone)"))
			}
		}
		for i, o := range e.memory {
			switch {
			case !m.overlaps(o):
			case o.from <= m.from && m.from+m.size <= o.from+o.size && o.all.Type().Elem() == s.Type().Elem():
				e.Bytes = append(e.Bytes, sliceRef)
				e.uint(uint64(i))
				e.uint(uint64((m.from - o.from) / s.Type().Elem().Size()))
				e.uint(uint64(s.Len()))
				e.uint(uint64(s.Cap()))
				return
			default:
				panic(fault("slices that share a part of their memory cannot be passed together: copy one (slices.Clone)"))
			}
		}
	}
	e.room(m.size)
	e.memory = append(e.memory, m)
	e.Bytes = append(e.Bytes, sliceNew)
	e.uint(uint64(s.Len()))
	e.uint(uint64(s.Cap()))
	e.contents(m)
}

// contents writes a piece of memory.
func (e *Encoder) contents(m memory) {
	if floats, ok := plain(m.all); ok {
		e.Bytes = slices.Grow(e.Bytes, 8*len(floats))
		for _, f := range floats {
			e.uint(math.Float64bits(f))
		}
		return
	}
	for i := range m.all.Len() {
		e.value(m.all.Index(i))
	}
}

// plain is a slice as floats, if it has them.
func plain(s reflect.Value) ([]float64, bool) {
	if s.Type().Elem().Kind() != reflect.Float64 {
		return nil, false
	}
	return unsafe.Slice((*float64)(s.UnsafePointer()), s.Len()), true
}

// table writes a map in the order of its keys' bytes, so that the same map is
// the same bytes.
func (e *Encoder) table(m reflect.Value) {
	if m.IsNil() {
		e.Bytes = append(e.Bytes, 0)
		return
	}
	e.Bytes = append(e.Bytes, 1)
	e.uint(uint64(m.Len()))
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, m.Len())
	for k, v := range m.Seq2() {
		one := Encoder{}
		one.value(k)
		entries = append(entries, entry{string(one.Bytes), v})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	for _, x := range entries {
		e.room(uintptr(len(x.key)))
		e.Bytes = append(e.Bytes, x.key...)
		e.value(x.value)
	}
}

// A Decoder reads values.
type Decoder struct {
	Bytes  []byte
	memory []memory
}

// Decode reads a value into v, which can be set.
func (d *Decoder) Decode(v reflect.Value) (err error) {
	defer catch(&err)
	d.value(v)
	return nil
}

func (d *Decoder) take(n int) []byte {
	if n < 0 || n > len(d.Bytes) {
		panic(fault("a message is too short"))
	}
	b := d.Bytes[:n]
	d.Bytes = d.Bytes[n:]
	return b
}

func (d *Decoder) uint() uint64 { return binary.LittleEndian.Uint64(d.take(8)) }

// count is a number of things of that size each. What has a size is written as
// at least one byte.
func (d *Decoder) count(size uintptr) int {
	n := d.uint()
	if n > maxBytes || size > 0 && n > uint64(len(d.Bytes)) {
		panic(fault("a message has too large a number in it"))
	}
	return int(n)
}

func (d *Decoder) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(d.take(1)[0] != 0)
	case reflect.Int8:
		v.SetInt(int64(int8(d.take(1)[0])))
	case reflect.Uint8:
		v.SetUint(uint64(d.take(1)[0]))
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(d.uint()))
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(d.uint())
	case reflect.Float32:
		*(*uint32)(v.Addr().UnsafePointer()) = uint32(d.uint())
	case reflect.Float64:
		v.SetFloat(math.Float64frombits(d.uint()))
	case reflect.Complex64, reflect.Complex128:
		re := math.Float64frombits(d.uint())
		v.SetComplex(complex(re, math.Float64frombits(d.uint())))
	case reflect.String:
		v.SetString(string(d.take(d.count(1))))
	case reflect.Array:
		for i := range v.Len() {
			d.value(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			d.value(field(v, i))
		}
	case reflect.Slice:
		d.slice(v)
	case reflect.Map:
		d.table(v)
	default:
		panic(fault("a " + v.Type().String() + " cannot be passed"))
	}
}

func (d *Decoder) slice(v reflect.Value) {
	switch tag := d.take(1)[0]; tag {
	case sliceNil:
		v.SetZero()
	case sliceRef:
		i, at, n, c := d.count(0), d.count(0), d.count(0), d.count(0)
		if i >= len(d.memory) || n > c || at+c > d.memory[i].all.Len() {
			panic(fault("a message refers to what it has not"))
		}
		s := d.memory[i].all
		if s.Type() != v.Type() {
			s = s.Convert(v.Type())
		}
		v.Set(s.Slice3(at, at+n, at+c))
	case sliceNew:
		size := v.Type().Elem().Size()
		n := d.count(0)
		c := d.count(size)
		if n > c {
			panic(fault("a message has a slice longer than its capacity"))
		}
		m := memoryOf(reflect.MakeSlice(v.Type(), c, c))
		d.memory = append(d.memory, m)
		d.contents(m)
		v.Set(m.all.Slice3(0, n, c))
	default:
		panic(fault("a message has an unknown slice"))
	}
}

func (d *Decoder) contents(m memory) {
	if floats, ok := plain(m.all); ok {
		b := d.take(8 * len(floats))
		for i := range floats {
			floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		return
	}
	for i := range m.all.Len() {
		d.value(m.all.Index(i))
	}
}

func (d *Decoder) table(v reflect.Value) {
	if d.take(1)[0] == 0 {
		v.SetZero()
		return
	}
	n := d.count(0)
	m := reflect.MakeMapWithSize(v.Type(), min(n, len(d.Bytes)))
	for range n {
		k, x := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		d.value(k)
		d.value(x)
		m.SetMapIndex(k, x)
	}
	v.Set(m)
}

// A snapshot is what pieces of memory were, byte by byte.
type snapshot [][]byte

func bytesOf(m memory) []byte { return unsafe.Slice((*byte)(m.all.UnsafePointer()), m.size) }

func snap(ms []memory) snapshot {
	var s snapshot
	for _, m := range ms {
		s = append(s, slices.Clone(bytesOf(m)))
	}
	return s
}

// changes writes those of the pieces of memory that are no longer what they
// were.
func (e *Encoder) changes(was snapshot) {
	pieces := slices.Clone(e.memory[:len(was)])
	for i, m := range pieces {
		if string(bytesOf(m)) == string(was[i]) {
			e.Bytes = append(e.Bytes, 0)
			continue
		}
		e.Bytes = append(e.Bytes, 1)
		e.contents(m)
	}
}

// Changes reads them into the memory that the arguments came from, which an
// encoder has, and reports whether there are any.
func (d *Decoder) Changes(args *Encoder) (any bool, err error) {
	defer catch(&err)
	d.memory = slices.Clone(args.memory)
	for _, m := range args.memory {
		if d.take(1)[0] != 0 {
			any = true
			d.contents(m)
		}
	}
	return any, nil
}
