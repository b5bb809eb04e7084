// Package cube reads multispectral images: a value per band for every pixel,
// as a camera with filters or a scanning spectrometer takes them. It knows
// NumPy's arrays (.npy), stacks of TIFF pages (.tif, .tiff) and ENVI's raw files
// with their headers (.hdr).
//
// Open reads a file; Pick brings the bands into the order of a problem's
// measurements, by wavelength or by number. A pixel with a value that is not finite,
// as masks leave, is missing: it has no colour and no measurement.
package cube

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Cube is an image of Rows × Cols pixels with Bands values each.
type Cube struct {
	Rows, Cols, Bands int
	Data              []float32 // value of band b at row i, column j: Data[(i*Cols+j)*Bands+b]
	Wavelengths       []float64 // of the bands [nm]; nil if the file does not say
}

// Pixel is the values of one pixel, sharing their memory with c. Rows and columns are
// counted from 0; a pixel outside of the image panics.
func (c *Cube) Pixel(row, col int) []float32 {
	if row < 0 || row >= c.Rows || col < 0 || col >= c.Cols {
		panic(fmt.Sprintf("cube: there is no pixel at row %d, column %d: the image has rows 0 to %d and columns 0 to %d", row, col, c.Rows-1, c.Cols-1))
	}
	at := (row*c.Cols + col) * c.Bands
	return c.Data[at : at+c.Bands : at+c.Bands]
}

// Missing says of each pixel, by rows, whether one of its values is not finite.
func (c *Cube) Missing() []bool {
	missing := make([]bool, c.Rows*c.Cols)
	for i := range missing {
		missing[i] = slices.ContainsFunc(c.Data[i*c.Bands:(i+1)*c.Bands], notFinite)
	}
	return missing
}

func notFinite(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }

// String says how large the image is and how many pixels are missing.
func (c *Cube) String() string {
	text := fmt.Sprintf("an image of %d rows, %d columns and %d bands", c.Rows, c.Cols, c.Bands)
	if len(c.Wavelengths) > 0 {
		text += fmt.Sprintf(" from %g to %g nm", slices.Min(c.Wavelengths), slices.Max(c.Wavelengths))
	}
	missing := 0
	for _, m := range c.Missing() {
		if m {
			missing++
		}
	}
	if missing > 0 {
		text += fmt.Sprintf("; %d of its %d pixels are missing, a value of theirs is not finite", missing, c.Rows*c.Cols)
	}
	return text
}

// Layout says how a three-dimensional array without names is to be read.
type Layout int

const (
	// BandsLast reads rows × columns × bands, as NumPy users keep images.
	BandsLast Layout = iota
	// BandsFirst reads bands × rows × columns, a stack of images.
	BandsFirst
)

// Open reads the file by the ending of its name: .npy (layout says which axis
// the bands are), .tif or .tiff (each page a band), .hdr (an ENVI header, with
// the data beside it). Values are converted to float32 and not scaled, but for what the file
// says of them: an ENVI header's gains, offsets and reflectance scale factor, and that the least
// value of a TIFF is white. NaN and infinite ones stay, and Missing says where; an ENVI header's
// data ignore value becomes NaN. It is an error when every pixel has one.
func Open(path string, layout Layout) (*Cube, error) {
	var c *Cube
	var err error
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".npy":
		c, err = readNPY(path, layout)
	case ".tif", ".tiff":
		c, err = readTIFF(path)
	case ".hdr":
		c, err = readENVI(path)
	default:
		return nil, fmt.Errorf("cube: %s: files end in .npy, .tif, .tiff or .hdr (ENVI), not %q", path, ext)
	}
	if err != nil {
		return nil, fmt.Errorf("cube: %s: %w", path, err)
	}
	if !slices.Contains(c.Missing(), false) {
		return nil, fmt.Errorf("cube: %s: every pixel has a value that is not finite", path)
	}
	return c, nil
}

// Pick is the cube with the given bands, counted from 0, in that order.
func (c *Cube) Pick(bands ...int) (*Cube, error) {
	if len(bands) == 0 {
		return nil, fmt.Errorf("cube: no bands to pick")
	}
	p := &Cube{Rows: c.Rows, Cols: c.Cols, Bands: len(bands), Data: make([]float32, c.Rows*c.Cols*len(bands))}
	for k, b := range bands {
		if b < 0 || b >= c.Bands {
			return nil, fmt.Errorf("cube: no band %d, there are 0 to %d", b, c.Bands-1)
		}
		for i := range c.Rows * c.Cols {
			p.Data[i*p.Bands+k] = c.Data[i*c.Bands+b]
		}
		if c.Wavelengths != nil {
			p.Wavelengths = append(p.Wavelengths, c.Wavelengths[b])
		}
	}
	return p, nil
}

// PickWavelengths is the cube with the bands nearest to the given wavelengths
// [nm], in their order. It is an error when a band is further than within
// away, or when the file did not say the wavelengths: set c.Wavelengths, or use
// Pick.
func (c *Cube) PickWavelengths(nm []float64, within float64) (*Cube, error) {
	if len(c.Wavelengths) != c.Bands {
		return nil, fmt.Errorf("cube: %d wavelengths are known of %d bands: set Wavelengths or use Pick", len(c.Wavelengths), c.Bands)
	}
	var bands []int
	for _, want := range nm {
		best := 0
		for b, have := range c.Wavelengths {
			if math.Abs(have-want) < math.Abs(c.Wavelengths[best]-want) {
				best = b
			}
		}
		if !(math.Abs(c.Wavelengths[best]-want) <= within) {
			return nil, fmt.Errorf("cube: no band within %g nm of %g nm; the nearest is at %g nm", within, want, c.Wavelengths[best])
		}
		bands = append(bands, best)
	}
	return c.Pick(bands...)
}

// shape checks the extents that a file claims against the bytes that it has.
func shape(rows, cols, bands, size int, bytes int64) error {
	for _, n := range []int{rows, cols, bands} {
		if n < 1 || n > 1<<20 {
			return fmt.Errorf("has %d rows, %d columns and %d bands", rows, cols, bands)
		}
	}
	// Dividing: the product may be anything.
	if int64(rows) > bytes/int64(cols)/int64(bands)/int64(size) {
		return fmt.Errorf("has %d bytes of data, too few for %d rows, %d columns and %d bands of %d bytes", bytes, rows, cols, bands, size)
	}
	return nil
}

// order puts values that come with any axis order into a cube: the value of
// row i, column j and band b is value(i*row + j*col + b*band).
func order(rows, cols, bands, row, col, band int, value func(int) float32) *Cube {
	c := &Cube{Rows: rows, Cols: cols, Bands: bands, Data: make([]float32, rows*cols*bands)}
	at := 0
	for i := range rows {
		for j := range cols {
			for b := range bands {
				c.Data[at] = value(i*row + j*col + b*band)
				at++
			}
		}
	}
	return c
}

// readFile reads a file of at most 8 GB.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > 8<<30 {
		return nil, fmt.Errorf("has %d bytes, more than 8 GB", info.Size())
	}
	return os.ReadFile(path)
}
