package tensor

import (
	"sync"
	"unsafe"
)

// tileArgs is what a tile kernel reads; asm/tile.go knows the offsets. Strides
// are in bytes.
type tileArgs struct {
	a, b, c, bias       unsafe.Pointer
	row, step, ldb, ldc int
	inner, start, end   int
	slope               float32
	_                   float32
	mask                [32]int32 // -1 where a column exists

	panel []float32 // columns of B, packed
}

// Values of tileArgs.start.
const (
	startZero = iota
	startBias
	startAdd
)

// tileArguments are shared by the calls: the kernels are called through
// values, for which Go puts arguments on the heap.
var tileArguments = sync.Pool{New: func() any { return new(tileArgs) }}

const word = 4 // bytes of a float32

// tiled computes the product tile by tile: for each panel of as many columns
// as a tile is wide, all rows.
func (p *product) tiled() {
	t := tileArguments.Get().(*tileArgs)
	defer tileArguments.Put(t)
	t.row, t.step, t.ldc = p.a.Stride*word, word, p.c.Stride*word
	if p.aTransposed {
		t.row, t.step = t.step, t.row
	}
	t.inner, t.start, t.end, t.slope = p.inner, startZero, int(p.end), p.slope
	switch {
	case p.bias != nil:
		t.start = startBias
	case p.add:
		t.start = startAdd
	}
	if p.inner == 0 { // not read, but there must be an address
		p.a = Mat{Data: p.c.Data}
	}
	most := len(kernels.tiles[0])
	// Several tiles share a panel: its columns are copied next to each other
	// first, where the strides of a large matrix would fall on the same few
	// lines of the cache, and where a transpose has to be turned anyway. A panel
	// that is less wide than a tile is copied too, the rest being zero.
	t.grow(p.inner * kernels.columns)
	for j := 0; j < p.c.Cols; j += kernels.columns {
		width := min(kernels.columns, p.c.Cols-j)
		if j == 0 || width < kernels.columns {
			for k := range kernels.columns {
				t.mask[k] = 0
				if k < width {
					t.mask[k] = -1
				}
			}
		}
		switch {
		case p.inner == 0:
			t.b = unsafe.Pointer(&p.c.Data[0])
		case p.bTransposed:
			if width < kernels.columns {
				clear(t.panel)
			}
			transpose(Mat{p.inner, width, kernels.columns, t.panel}, p.b.Slice(j, j+width, 0, p.inner))
			t.packed()
		case p.c.Rows > most || width < kernels.columns:
			kernels.pack(&t.panel[0], &p.b.Data[j], p.b.Stride*word, p.inner, &t.mask[0])
			t.packed()
		default:
			t.b, t.ldb = unsafe.Pointer(&p.b.Data[j]), p.b.Stride*word
		}
		if p.bias != nil {
			t.bias = unsafe.Pointer(&p.bias[j])
		}
		tiles := kernels.tiles[1]
		if 2*width <= kernels.columns {
			tiles = kernels.tiles[0]
		}
		// Even shares rather than full tiles and a thin rest.
		for i, n := 0, (p.c.Rows+most-1)/most; i < p.c.Rows; n-- {
			rows := (p.c.Rows - i + n - 1) / n
			t.a = unsafe.Pointer(&p.a.Data[i*t.row/word])
			t.c = unsafe.Pointer(&p.c.Data[i*p.c.Stride+j])
			tiles[rows-1]((*byte)(unsafe.Pointer(t)))
			i += rows
		}
	}
	t.a, t.b, t.c, t.bias = nil, nil, nil, nil
}

// packed lets the kernels read the panel.
func (t *tileArgs) packed() { t.b, t.ldb = unsafe.Pointer(&t.panel[0]), kernels.columns*word }

// grow makes room for n values at the start of a cache line.
func (t *tileArgs) grow(n int) {
	const line = 64
	if cap(t.panel) < n {
		room := make([]float32, n+line/word)
		off := (line - int(uintptr(unsafe.Pointer(&room[0])))%line) % line / word
		t.panel = room[off:]
	}
	t.panel = t.panel[:n]
}

// transpose writes srcᵀ to dst, whole blocks of 8×8 by the processor's shuffles.
func transpose(dst, src Mat) {
	rows, cols := src.Rows&^7, src.Cols&^7
	if cols > 0 {
		for i := 0; i < rows; i += 8 {
			transpose8(&dst.Data[i], &src.Data[i*src.Stride], dst.Stride*word, src.Stride*word, cols/8)
		}
	} else {
		rows = 0
	}
	for i := range src.Rows {
		from := cols
		if i >= rows {
			from = 0
		}
		for j, v := range src.Row(i)[from:] {
			dst.Data[(from+j)*dst.Stride+i] = v
		}
	}
}
