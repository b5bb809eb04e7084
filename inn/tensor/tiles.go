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
	tiles               int       // below each other
	rest                int       // columns of the last vector if it is not full; 0: it is
	mask                [32]int32 // -1 where a column exists

	sums   [32]float32
	panel  []float32 // columns of B, packed
	strips []float32 // columns of A, packed
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
	t.ldc = p.c.Stride * word
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
	// Rows of C that share one address of A.
	together := p.c.Rows
	strips := p.aTransposed && p.inner > 0 && p.c.Cols > kernels.columns
	if strips {
		together = kernels.columns
		t.packStrips(p)
	}
	// Several tiles share a panel: its columns are copied next to each other
	// first, where the strides of a large matrix would fall on the same few
	// lines of the cache, and where a transpose has to be turned anyway. A panel
	// that is less wide than a tile is copied too, the rest being zero.
	if p.panels == nil {
		t.panel = grow(t.panel, p.inner*kernels.columns)
	}
	for j := 0; j < p.c.Cols; j += kernels.columns {
		width := min(kernels.columns, p.c.Cols-j)
		t.setWidth(width)
		switch {
		case p.inner == 0:
			t.b = unsafe.Pointer(&p.c.Data[0])
		case p.panels != nil:
			t.b, t.ldb = unsafe.Pointer(&p.panels[j*p.inner]), kernels.columns*word
		case p.bTransposed:
			if width < kernels.columns {
				clear(t.panel)
			}
			transpose(Mat{p.inner, width, kernels.columns, t.panel}, p.b.Slice(j, j+width, 0, p.inner))
			t.packed()
		case p.c.Rows > len(kernels.tiles[0]) || width < kernels.columns || p.sums != nil:
			kernels.pack(&t.panel[0], &p.b.Data[j], p.b.Stride*word, p.inner, &t.mask[0], &t.sums[0])
			t.packed()
			for i := range p.sums[min(j, len(p.sums)):min(j+width, len(p.sums))] {
				p.sums[j+i] += t.sums[i]
			}
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
		for i := 0; i < p.c.Rows; i += together {
			switch {
			case strips:
				t.a = unsafe.Pointer(&t.strips[i*p.inner])
				t.row, t.step = word, kernels.columns*word
			case p.aTransposed:
				t.a = unsafe.Pointer(&p.a.Data[i])
				t.row, t.step = word, p.a.Stride*word
			default:
				t.a = unsafe.Pointer(&p.a.Data[i*p.a.Stride])
				t.row, t.step = p.a.Stride*word, word
			}
			t.c = unsafe.Pointer(&p.c.Data[i*p.c.Stride+j])
			t.column(tiles, min(together, p.c.Rows-i))
		}
		if p.tanh {
			for i := range p.c.Rows {
				kernels.tanh(&p.c.Data[i*p.c.Stride+j], width)
			}
		}
	}
	t.a, t.b, t.c, t.bias = nil, nil, nil, nil
}

// column computes a panel's next rows, in even shares rather than full tiles and a
// thin rest.
func (t *tileArgs) column(tiles []func(*byte), rows int) {
	n := (rows + len(tiles) - 1) / len(tiles)
	least, more := rows/n, rows%n // more of the tiles have a row more than least
	if more > 0 {
		t.tiles = more
		tiles[least]((*byte)(unsafe.Pointer(t)))
		done := more * (least + 1)
		t.a, t.c = unsafe.Add(t.a, done*t.row), unsafe.Add(t.c, done*t.ldc)
	}
	t.tiles = n - more
	tiles[least-1]((*byte)(unsafe.Pointer(t)))
}

// packStrips copies A's columns, strip by strip as wide as a panel.
func (t *tileArgs) packStrips(p *product) {
	columns := kernels.columns
	t.strips = grow(t.strips, (p.c.Rows+columns-1)/columns*columns*p.inner)
	for i := 0; i < p.c.Rows; i += columns {
		t.setWidth(min(columns, p.c.Rows-i))
		kernels.pack(&t.strips[i*p.inner], &p.a.Data[i], p.a.Stride*word, p.inner, &t.mask[0], &t.sums[0])
	}
}

// setWidth sets how many columns a panel has.
func (t *tileArgs) setWidth(width int) {
	t.rest = width % (kernels.columns / 2)
	for k := range kernels.columns {
		t.mask[k] = 0
		if k < width {
			t.mask[k] = -1
		}
	}
}

// packed lets the kernels read the panel.
func (t *tileArgs) packed() { t.b, t.ldb = unsafe.Pointer(&t.panel[0]), kernels.columns*word }

// grow makes room for n values at the start of a cache line.
func grow(room []float32, n int) []float32 {
	const line = 64
	if cap(room) < n {
		room = make([]float32, n+line/word)
		off := (line - int(uintptr(unsafe.Pointer(&room[0])))%line) % line / word
		room = room[off:]
	}
	return room[:n]
}

// transpose writes srcᵀ to dst, by blocks of 8×8 with the processor's shuffles
// where there is such a block. The last blocks may overlap those before.
func transpose(dst, src Mat) {
	if src.Rows < 8 || src.Cols < 8 {
		for i := range src.Rows {
			for j, v := range src.Row(i) {
				dst.Data[j*dst.Stride+i] = v
			}
		}
		return
	}
	for i := 0; i < src.Rows; i += 8 {
		i := min(i, src.Rows-8)
		transpose8(&dst.Data[i], &src.Data[i*src.Stride], dst.Stride*word, src.Stride*word, src.Cols/8)
		if rest := src.Cols - 8; src.Cols%8 > 0 {
			transpose8(&dst.Data[rest*dst.Stride+i], &src.Data[i*src.Stride+rest], dst.Stride*word, src.Stride*word, 1)
		}
	}
}
