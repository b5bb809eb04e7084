package tensor

import (
	"slices"
	"sync"
	"unsafe"
)

//go:generate go -C asm run ./neon -out ../neon_arm64.s -stubs ../neon_stub_arm64.go

// Products are computed with NEON, which every arm64 has. Everything else is
// plain Go there.
const neon = true

const neonColumns = 16 // of a tile

var neonTiles = []func(*byte){tileNEONx1, tileNEONx2, tileNEONx3, tileNEONx4, tileNEONx5, tileNEONx6}

// neonArgs is what a tile kernel reads; asm/neon knows the offsets. Strides are
// in bytes.
type neonArgs struct {
	a, b, c, bias       unsafe.Pointer
	row, step, ldb, ldc int
	inner, start, end   int
	slope               float32

	buffer []float32
}

// neonArguments are shared by the calls, so that none allocates once warm.
var neonArguments = sync.Pool{New: func() any { return new(neonArgs) }}

// tiledNEON computes the product tile by tile. NEON loads no parts of vectors,
// so that B, and the last columns of C, go through buffers as wide as a tile.
func (p *product) tiledNEON() {
	p.addSums()
	t := neonArguments.Get().(*neonArgs)
	defer neonArguments.Put(t)
	size := (p.inner + p.c.Rows + 1) * neonColumns
	buffer := slices.Grow(t.buffer[:0], size)[:size]
	*t = neonArgs{row: p.a.Stride * word, step: word, ldb: neonColumns * word, inner: p.inner, end: int(p.end), slope: p.slope, buffer: buffer}
	if p.aTransposed {
		t.row, t.step = t.step, t.row
	}
	switch {
	case p.bias != nil:
		t.start = startBias
	case p.add:
		t.start = startAdd
	}
	panel := Mat{p.inner, neonColumns, neonColumns, buffer}
	rest := Mat{p.c.Rows, neonColumns, neonColumns, buffer[p.inner*neonColumns:]}
	bias := buffer[(p.inner+p.c.Rows)*neonColumns:]
	for j := 0; j < p.c.Cols; j += neonColumns {
		width := min(neonColumns, p.c.Cols-j)
		if width < neonColumns {
			clear(buffer)
		}
		for k := range p.inner {
			for i, row := 0, panel.Row(k); i < width; i++ {
				if p.bTransposed {
					row[i] = p.b.Row(j + i)[k]
				} else {
					row[i] = p.b.Row(k)[j+i]
				}
			}
		}
		c := p.c.Slice(0, p.c.Rows, j, j+width)
		if width < neonColumns {
			for i := range rest.Rows {
				copy(rest.Row(i), c.Row(i))
			}
			c = rest
		}
		if p.bias != nil {
			copy(bias, p.bias[j:j+width])
		}
		t.bias, t.ldc = unsafe.Pointer(&bias[0]), c.Stride*word
		if p.inner > 0 {
			t.b = unsafe.Pointer(&panel.Data[0])
		}
		// Even shares rather than full tiles and a thin rest.
		for i, n := 0, (c.Rows+len(neonTiles)-1)/len(neonTiles); i < c.Rows; n-- {
			rows := (c.Rows - i + n - 1) / n
			if p.inner > 0 {
				t.a = unsafe.Pointer(&p.a.Data[i*t.row/word])
			}
			t.c = unsafe.Pointer(&c.Data[i*c.Stride])
			neonTiles[rows-1]((*byte)(unsafe.Pointer(t)))
			i += rows
		}
		if width < neonColumns {
			for i := range rest.Rows {
				copy(p.c.Row(i)[j:j+width], rest.Row(i))
			}
		}
	}
	t.a, t.b, t.c, t.bias = nil, nil, nil, nil
	p.finish()
}
