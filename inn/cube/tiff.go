package cube

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Tags of TIFF 6.0 (Adobe 1992) and its supplements.
const (
	tagWidth       = 256
	tagHeight      = 257
	tagBits        = 258
	tagCompression = 259
	tagPhotometric = 262
	tagOffsets     = 273
	tagSamples     = 277
	tagByteCounts  = 279
	tagPlanar      = 284
	tagPredictor   = 317
	tagTileWidth   = 322
	tagFormat      = 339
)

// readTIFF reads the pages of a TIFF, all of one size, as bands; a page whose
// pixels have several samples is as many bands.
func readTIFF(path string) (*Cube, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	t := tiff{b: b}
	switch {
	case len(b) >= 8 && string(b[:4]) == "II*\x00":
		t.order = binary.LittleEndian
	case len(b) >= 8 && string(b[:4]) == "MM\x00*":
		t.order, t.big = binary.BigEndian, true
	default:
		return nil, errors.New("is not a TIFF, or is a BigTIFF, which is not read")
	}
	var pages []*page
	seen := map[int]bool{}
	for at := int(t.order.Uint32(b[4:])); at != 0; {
		if seen[at] {
			return nil, fmt.Errorf("has a ring of %d pages", len(pages))
		}
		seen[at] = true
		p, next, err := t.page(at)
		if err != nil {
			return nil, fmt.Errorf("page %d %w", len(pages)+1, err)
		}
		if len(pages) > 0 && (p.rows != pages[0].rows || p.cols != pages[0].cols) {
			return nil, fmt.Errorf("page %d has %d × %d pixels, the first %d × %d", len(pages)+1, p.rows, p.cols, pages[0].rows, pages[0].cols)
		}
		pages = append(pages, p)
		at = next
	}
	if len(pages) == 0 {
		return nil, errors.New("has no pages")
	}
	bands := 0
	for _, p := range pages {
		bands += p.samples
	}
	c := &Cube{Rows: pages[0].rows, Cols: pages[0].cols, Bands: bands}
	c.Data = make([]float32, c.Rows*c.Cols*bands)
	band := 0
	for _, p := range pages {
		for s := range p.samples {
			for i := range c.Rows * c.Cols {
				c.Data[i*bands+band] = p.value(i*p.samples + s)
			}
			band++
		}
	}
	return c, nil
}

type tiff struct {
	b     []byte
	order binary.ByteOrder
	big   bool
}

// A page is decoded: value k is sample k mod samples of pixel k / samples.
type page struct {
	rows, cols, samples int
	value               func(k int) float32
}

func (t *tiff) page(at int) (p *page, next int, err error) {
	tags, next, err := t.directory(at)
	if err != nil {
		return nil, 0, err
	}
	one := func(tag, otherwise int) int {
		if v := tags[tag]; len(v) > 0 {
			return v[0]
		}
		return otherwise
	}
	for _, c := range []struct {
		tag, otherwise int
		fine           []int
		what           string
	}{
		{tagCompression, 1, []int{1, 8, 32946}, "is compressed by method"},
		{tagPredictor, 1, []int{1}, "has predictor"},
		{tagPlanar, 1, []int{1}, "has planar configuration"},
		{tagTileWidth, 0, []int{0}, "is in tiles of width"},
	} {
		v := one(c.tag, c.otherwise)
		ok := false
		for _, f := range c.fine {
			ok = ok || v == f
		}
		if !ok {
			return nil, 0, fmt.Errorf("%s %d, which is not read; save it uncompressed, in strips", c.what, v)
		}
	}
	p = &page{rows: one(tagHeight, 0), cols: one(tagWidth, 0), samples: one(tagSamples, 1)}
	bits, format := one(tagBits, 1), one(tagFormat, 1)
	kinds := map[int]byte{1: 'u', 2: 'i', 3: 'f'}
	num := number{kind: kinds[format], size: bits / 8, big: t.big}
	if bits%8 != 0 || num.kind == 0 {
		return nil, 0, fmt.Errorf("has samples of %d bits in format %d", bits, format)
	}
	for _, other := range tags[tagBits] {
		if other != bits {
			return nil, 0, fmt.Errorf("has samples of %d and %d bits", bits, other)
		}
	}
	data, err := t.strips(tags, one(tagCompression, 1) != 1, p.rows, p.cols, p.samples, num.size)
	if err != nil {
		return nil, 0, err
	}
	if err := shape(p.rows, p.cols, p.samples, num.size, int64(len(data))); err != nil {
		return nil, 0, err
	}
	if p.value, err = num.reader(data); err != nil {
		return nil, 0, err
	}
	switch one(tagPhotometric, 1) {
	case 0: // the least value is white
		top := float32(-1) // of signed numbers v, the light is -1 - v
		switch num.kind {
		case 'u':
			top = float32(math.Ldexp(1, bits) - 1)
		case 'f':
			return nil, 0, errors.New("says of numbers with a fraction that the least value is white; save it so that black is")
		}
		value := p.value
		p.value = func(k int) float32 { return top - value(k) }
	case 3:
		return nil, 0, errors.New("has numbers of colours in a table; save it as grey or as RGB")
	}
	return p, next, nil
}

// strips puts a page's strips together.
func (t *tiff) strips(tags map[int][]int, packed bool, rows, cols, samples, size int) ([]byte, error) {
	offsets, counts := tags[tagOffsets], tags[tagByteCounts]
	if len(offsets) == 0 || len(offsets) != len(counts) {
		return nil, fmt.Errorf("has %d strips and %d lengths of them", len(offsets), len(counts))
	}
	var data []byte
	total := 0
	for i, at := range offsets {
		n := counts[i]
		if total += n; total > len(t.b) {
			return nil, errors.New("has strips that overlap")
		}
		if at < 0 || n < 0 || at > len(t.b) || n > len(t.b)-at {
			return nil, fmt.Errorf("has a strip of %d bytes at %d, behind the end of the file", n, at)
		}
		strip := t.b[at : at+n]
		if packed {
			z, err := zlib.NewReader(bytes.NewReader(strip))
			if err != nil {
				return nil, fmt.Errorf("has a damaged strip (%w)", err)
			}
			// No more than the page has room for.
			room := int64(rows)*int64(cols)*int64(samples)*int64(size) - int64(len(data))
			if strip, err = io.ReadAll(io.LimitReader(z, max(0, room))); err != nil {
				return nil, fmt.Errorf("has a damaged strip (%w)", err)
			}
		}
		data = append(data, strip...)
	}
	return data, nil
}

// directory reads the whole numbers among an image file directory's tags.
func (t *tiff) directory(at int) (tags map[int][]int, next int, err error) {
	cut := errors.New("is cut off")
	if at < 8 || at > len(t.b)-2 {
		return nil, 0, cut
	}
	n := int(t.order.Uint16(t.b[at:]))
	if at+2+12*n+4 > len(t.b) {
		return nil, 0, cut
	}
	tags = map[int][]int{}
	for i := range n {
		e := t.b[at+2+12*i:]
		tag, kind, count := int(t.order.Uint16(e)), t.order.Uint16(e[2:]), int(t.order.Uint32(e[4:]))
		sizes := map[uint16]int{1: 1, 3: 2, 4: 4} // BYTE, SHORT, LONG
		size := sizes[kind]
		if size == 0 {
			continue
		}
		values := e[8:12]
		if size*count > 4 {
			from := int(t.order.Uint32(e[8:]))
			if from > len(t.b) || count > (len(t.b)-from)/size {
				return nil, 0, cut
			}
			values = t.b[from:]
		}
		for k := range count {
			v := values[k*size:]
			switch size {
			case 1:
				tags[tag] = append(tags[tag], int(v[0]))
			case 2:
				tags[tag] = append(tags[tag], int(t.order.Uint16(v)))
			case 4:
				tags[tag] = append(tags[tag], int(t.order.Uint32(v)))
			}
		}
	}
	return tags, int(t.order.Uint32(t.b[at+2+12*n:])), nil
}
