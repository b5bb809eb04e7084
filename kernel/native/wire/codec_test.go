package wire

import (
	"math"
	"reflect"
	"testing"
)

type inner struct {
	s string
	F float32
}

type everything struct {
	b   bool
	I   int8
	u   uint16
	n   int64
	c   complex128
	arr [2]inner
	l   [][]float64
	m   map[string][]int
	nul []int
}

func roundTrip(t *testing.T, v any) any {
	t.Helper()
	e := &Encoder{}
	if err := e.Encode(reflect.ValueOf(v)); err != nil {
		t.Fatal(err)
	}
	back := reflect.New(reflect.TypeOf(v)).Elem()
	d := &Decoder{Bytes: e.Bytes}
	if err := d.Decode(back); err != nil || len(d.Bytes) > 0 {
		t.Fatalf("%v, %d bytes are left", err, len(d.Bytes))
	}
	return back.Interface()
}

func TestValuesComeBack(t *testing.T) {
	nan := math.Float32frombits(0x7fa00001) // a signalling one, with a payload
	v := everything{true, -3, 65535, -1 << 62, complex(math.Inf(-1), math.Copysign(0, -1)), [2]inner{{"é\x00", nan}, {"", 1}},
		[][]float64{{1, 2}, nil, {}}, map[string][]int{"a": {1}, "b": nil}, nil}
	got := roundTrip(t, v).(everything)
	if math.Float32bits(got.arr[0].F) != 0x7fa00001 {
		t.Errorf("a NaN became %x", math.Float32bits(got.arr[0].F))
	}
	v.arr[0].F, got.arr[0].F = 0, 0
	if !reflect.DeepEqual(got, v) {
		t.Errorf("%+v became %+v", v, got)
	}
}

func TestSharedMemoryStaysShared(t *testing.T) {
	base := make([]float64, 3, 5)
	v := struct{ A, B, C []float64 }{base, base[1:2], base[:0:2]}
	got := reflect.ValueOf(roundTrip(t, v)).Interface().(struct{ A, B, C []float64 })
	got.A[1] = 7
	if got.B[0] != 7 || len(got.B) != 1 || cap(got.B) != 4 || cap(got.A) != 5 || cap(got.C) != 2 || got.C[:2][1] != 7 {
		t.Errorf("%v %v %v, capacities %d %d %d", got.A, got.B, got.C, cap(got.A), cap(got.B), cap(got.C))
	}
	e := &Encoder{}
	if err := e.Encode(reflect.ValueOf([][]float64{base[1:], base})); err == nil {
		t.Error("slices that overlap the wrong way are written")
	}
}

// Bytes that nobody wrote are an error, and no panic or huge allocation.
func FuzzDecode(f *testing.F) {
	e := &Encoder{}
	e.Encode(reflect.ValueOf(everything{l: [][]float64{{1}, {2, 3}}, m: map[string][]int{"x": {1}}}))
	f.Add(e.Bytes)
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		var v everything
		(&Decoder{Bytes: b}).Decode(reflect.ValueOf(&v).Elem())
		var s []string
		(&Decoder{Bytes: b}).Decode(reflect.ValueOf(&s).Elem())
	})
}
