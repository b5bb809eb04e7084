package cube

import (
	"fmt"
	"math"
	"slices"
)

// Reflectance is what a camera's counts say as shares of the light that a white
// standard gives back,
//
//	(c - dark) / (white - dark),
//
// with white an image of the standard and dark one with the lens covered, both as
// large as c, or of one pixel that stands for all. dark may be nil: 0. It is an
// error where white is not brighter than dark. A pixel that one of the three images misses is missing.
func (c *Cube) Reflectance(white, dark *Cube) (*Cube, error) {
	at := func(name string, ref *Cube) (func(i int) float32, error) {
		switch {
		case ref.Bands != c.Bands:
			return nil, fmt.Errorf("cube: %s has %d bands, the image %d", name, ref.Bands, c.Bands)
		case ref.Rows == 1 && ref.Cols == 1 && ref.Missing()[0]:
			return nil, fmt.Errorf("cube: the one pixel of %s is %v, which is not finite", name, ref.Data)
		case ref.Rows == 1 && ref.Cols == 1:
			return func(i int) float32 { return ref.Data[i%c.Bands] }, nil
		case ref.Rows == c.Rows && ref.Cols == c.Cols:
			return func(i int) float32 { return ref.Data[i] }, nil
		}
		return nil, fmt.Errorf("cube: %s has %d × %d pixels, the image %d × %d; it wants as many, or one", name, ref.Rows, ref.Cols, c.Rows, c.Cols)
	}
	if dark == nil {
		dark = &Cube{Rows: 1, Cols: 1, Bands: c.Bands, Data: make([]float32, c.Bands)}
	}
	w, err := at("white", white)
	if err != nil {
		return nil, err
	}
	d, err := at("dark", dark)
	if err != nil {
		return nil, err
	}
	r := &Cube{Rows: c.Rows, Cols: c.Cols, Bands: c.Bands, Data: make([]float32, len(c.Data)), Wavelengths: slices.Clone(c.Wavelengths)}
	for i, v := range c.Data {
		if notFinite(v) || notFinite(w(i)) || notFinite(d(i)) {
			r.Data[i] = float32(math.NaN())
			continue
		}
		if !(w(i) > d(i)) {
			p := i / c.Bands
			return nil, fmt.Errorf("cube: white is %g and dark is %g in band %d at row %d, column %d", w(i), d(i), i%c.Bands, p/c.Cols, p%c.Cols)
		}
		r.Data[i] = (v - d(i)) / (w(i) - d(i))
	}
	return r, nil
}
