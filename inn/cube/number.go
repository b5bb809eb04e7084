package cube

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A number is how a file keeps a value.
type number struct {
	kind byte // 'u' unsigned, 'i' signed, 'f' floating point
	size int  // bytes
	big  bool // the most significant byte first
}

// reader gives value i of an array of numbers.
func (n number) reader(b []byte) (func(i int) float32, error) {
	var o binary.ByteOrder = binary.LittleEndian
	if n.big {
		o = binary.BigEndian
	}
	switch fmt.Sprintf("%c%d", n.kind, n.size) {
	case "u1":
		return func(i int) float32 { return float32(b[i]) }, nil
	case "i1":
		return func(i int) float32 { return float32(int8(b[i])) }, nil
	case "u2":
		return func(i int) float32 { return float32(o.Uint16(b[2*i:])) }, nil
	case "i2":
		return func(i int) float32 { return float32(int16(o.Uint16(b[2*i:]))) }, nil
	case "u4":
		return func(i int) float32 { return float32(o.Uint32(b[4*i:])) }, nil
	case "i4":
		return func(i int) float32 { return float32(int32(o.Uint32(b[4*i:]))) }, nil
	case "u8":
		return func(i int) float32 { return float32(o.Uint64(b[8*i:])) }, nil
	case "i8":
		return func(i int) float32 { return float32(int64(o.Uint64(b[8*i:]))) }, nil
	case "f2":
		return func(i int) float32 { return half(o.Uint16(b[2*i:])) }, nil
	case "f4":
		return func(i int) float32 { return math.Float32frombits(o.Uint32(b[4*i:])) }, nil
	case "f8":
		return func(i int) float32 { return float32(math.Float64frombits(o.Uint64(b[8*i:]))) }, nil
	}
	return nil, fmt.Errorf("holds numbers of kind %c in %d bytes; want integers of 1, 2, 4 or 8 bytes or floats of 2, 4 or 8", n.kind, n.size)
}

// half is the value of a floating-point number of 16 bits: a sign, five bits of the
// exponent, ten of the fraction (binary16 of IEEE 754).
func half(h uint16) float32 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	v := math.Ldexp(1024+fraction, exponent-25)
	switch {
	case exponent == 0:
		v = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	}
	if h>>15 == 1 {
		v = -v
	}
	return float32(v)
}
