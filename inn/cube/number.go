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
	case "f4":
		return func(i int) float32 { return math.Float32frombits(o.Uint32(b[4*i:])) }, nil
	case "f8":
		return func(i int) float32 { return float32(math.Float64frombits(o.Uint64(b[8*i:]))) }, nil
	}
	return nil, fmt.Errorf("holds numbers of kind %c in %d bytes; want integers of up to 4 bytes or floats of 4 or 8", n.kind, n.size)
}
