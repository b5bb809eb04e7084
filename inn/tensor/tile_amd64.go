package tensor

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go -C asm run . -out ../tile_amd64.s -stubs ../tile_stub_amd64.go -pkg tensor

// tileArgs is what a tile kernel reads; asm/main.go knows the offsets.
// Strides are in bytes.
type tileArgs struct {
	a, b, c, bias       unsafe.Pointer
	row, step, ldb, ldc int
	inner, start, end   int
	slope               float32
	_                   float32
	mask                [32]int32 // -1 where a column exists
}

// Values of tileArgs.start.
const (
	startZero = iota
	startBias
	startAdd
)

// A tileSet is the kernels of one instruction set: kernels[i] computes i+1
// rows of cols columns.
type tileSet struct {
	name    string
	cols    int
	kernels []func(*byte)
}

var (
	tileAVX512 = tileSet{"AVX-512", 32, []func(*byte){
		tile512x1, tile512x2, tile512x3, tile512x4, tile512x5, tile512x6,
		tile512x7, tile512x8, tile512x9, tile512x10, tile512x11, tile512x12,
	}}
	tileAVX2 = tileSet{"AVX2", 16, []func(*byte){
		tile256x1, tile256x2, tile256x3, tile256x4, tile256x5, tile256x6,
	}}
)

// tile is the best set that this processor and its system run; nil: none.
var tile = func() *tileSet {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL:
		return &tileAVX512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return &tileAVX2
	}
	return nil
}()

// tileArguments are shared by the calls: the kernels are called through
// values, for which Go puts arguments on the heap.
var tileArguments = sync.Pool{New: func() any { return new(tileArgs) }}

// tiles computes the product tile by tile.
func (p *product) tiles() {
	const word = 4
	t := tileArguments.Get().(*tileArgs)
	defer tileArguments.Put(t)
	*t = tileArgs{
		row: p.row * word, step: p.step * word, ldb: p.b.Stride * word, ldc: p.c.Stride * word,
		inner: p.inner, end: int(p.end), slope: p.slope,
	}
	switch {
	case p.bias != nil:
		t.start = startBias
	case p.add:
		t.start = startAdd
	}
	if p.inner == 0 {
		p.a, p.b.Data = p.c.Data, p.c.Data // not read, but there must be an address
		t.row, t.step = 0, 0
	}
	for j := 0; j < p.c.Cols; j += tile.cols {
		width := min(tile.cols, p.c.Cols-j)
		for k := range tile.cols {
			t.mask[k] = 0
			if k < width {
				t.mask[k] = -1
			}
		}
		if p.inner > 0 {
			t.b = unsafe.Pointer(&p.b.Data[j])
		}
		if p.bias != nil {
			t.bias = unsafe.Pointer(&p.bias[j])
		}
		for i := 0; i < p.c.Rows; {
			// Even shares rather than full tiles and a thin rest.
			left := p.c.Rows - i
			most := len(tile.kernels)
			tiles := (left + most - 1) / most
			rows := (left + tiles - 1) / tiles
			t.a = unsafe.Pointer(&p.a[i*p.row])
			t.c = unsafe.Pointer(&p.c.Data[i*p.c.Stride+j])
			tile.kernels[rows-1]((*byte)(unsafe.Pointer(t)))
			i += rows
		}
	}
}

// transposeBlocks transposes the first rows and columns, multiples of 8.
func transposeBlocks(dst, src Mat, rows, cols int) bool {
	const word = 4
	if tile == nil {
		return false
	}
	if cols > 0 {
		for i := 0; i < rows; i += 8 {
			transpose8(&dst.Data[i], &src.Data[i*src.Stride], dst.Stride*word, src.Stride*word, cols/8)
		}
	}
	return true
}
