package session

import (
	"math"
	"math/rand"

	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/spatial/kdtree"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// A drawing has a range and glyphs, if only empty ones.
type drawing struct {
	Box
	plot.Plotter
}

func (d drawing) DataRange() (xmin, xmax, ymin, ymax float64) {
	return either(d.Box, "DataRange", func() (xmin, xmax, ymin, ymax float64) {
		return math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	})()
}

func (d drawing) GlyphBoxes(plt *plot.Plot) []plot.GlyphBox {
	return either(d.Box, "GlyphBoxes", func(*plot.Plot) []plot.GlyphBox { return nil })(plt)
}

type (
	lowest  func() float64
	highest func() float64

	// A grid knows the range of its values.
	grid struct {
		Box
		plotter.GridXYZ
		lowest
		highest
	}
)

func (f lowest) Min() float64  { return f() }
func (f highest) Max() float64 { return f() }

func asGrid(w any, b Box) any {
	least, hasLeast := asFunc[func() float64](b, "Min")
	most, hasMost := asFunc[func() float64](b, "Max")
	if hasLeast && hasMost {
		return grid{b, w.(plotter.GridXYZ), least, most}
	}
	return w
}

type (
	pointBounds func() *kdtree.Bounding

	boundedPoints struct {
		Box
		kdtree.Interface
		pointBounds
	}
)

func (f pointBounds) Bounds() *kdtree.Bounding { return f() }

func asPoints(w any, b Box) any {
	if f, ok := asFunc[func() *kdtree.Bounding](b, "Bounds"); ok {
		return boundedPoints{b, w.(kdtree.Interface), f}
	}
	return w
}

// A minimizer has a status, if only that it goes on.
type minimizer struct {
	Box
	optimize.Method
}

func (m minimizer) Status() (optimize.Status, error) {
	return either(m.Box, "Status", func() (optimize.Status, error) { return optimize.NotTerminated, nil })()
}

type (
	draw64 func() uint64

	source64 struct {
		Box
		rand.Source
		draw64
	}
)

func (f draw64) Uint64() uint64 { return f() }

func asSource(w any, b Box) any {
	if f, ok := asFunc[func() uint64](b, "Uint64"); ok {
		return source64{b, w.(rand.Source), f}
	}
	return w
}
