package plot

import (
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// contourCells is the number of cells of a contour's grid in each direction.
const contourCells = 64

// A contour is the border of the region where points are densest that holds a
// share of them: pairs of ends of short lines.
type contour struct {
	lines [][2]point
	style draw.LineStyle
}

// newContour finds the border by a Gaussian kernel density estimate on a grid, with
// Silverman's bandwidth in two dimensions, n^(-1/6) standard deviations. Points
// that are all the same, or fewer than 10, have none.
func newContour(pts []point, share float64, style draw.LineStyle) contour {
	m := contour{style: style}
	if len(pts) < 10 {
		return m
	}
	x, y := make([]float64, len(pts)), make([]float64, len(pts))
	for i, p := range pts {
		x[i], y[i] = p.x, p.y
	}
	gx, gy := newGridAxis(x), newGridAxis(y)
	if gx.cell == 0 || gy.cell == 0 {
		return m
	}
	var density [contourCells + 1][contourCells + 1]float64 // at the corners of the cells, [x][y]
	for i := range pts {
		kx, u := gx.at(x[i])
		ky, v := gy.at(y[i])
		if kx < 0 || ky < 0 {
			continue
		}
		density[kx][ky] += (1 - u) * (1 - v)
		density[kx+1][ky] += u * (1 - v)
		density[kx][ky+1] += (1 - u) * v
		density[kx+1][ky+1] += u * v
	}
	var row [contourCells + 1]float64
	for j := range row { // blur along x, then along y
		for i := range row {
			row[i] = density[i][j]
		}
		gx.blur(&row)
		for i := range row {
			density[i][j] = row[i]
		}
	}
	for i := range density {
		gy.blur(&density[i])
	}

	levels := make([]float64, len(pts)) // the density at each point
	for i := range pts {
		kx, u := gx.at(x[i])
		ky, v := gy.at(y[i])
		if kx >= 0 && ky >= 0 {
			levels[i] = (1-u)*(1-v)*density[kx][ky] + u*(1-v)*density[kx+1][ky] + (1-u)*v*density[kx][ky+1] + u*v*density[kx+1][ky+1]
		}
	}
	slices.Sort(levels)
	level := levels[int((1-share)*float64(len(levels)))]

	for i := range contourCells {
		for j := range contourCells {
			m.lines = append(m.lines, crossings(level,
				corner{gx.place(i), gy.place(j), density[i][j]}, corner{gx.place(i + 1), gy.place(j), density[i+1][j]},
				corner{gx.place(i + 1), gy.place(j + 1), density[i+1][j+1]}, corner{gx.place(i), gy.place(j + 1), density[i][j+1]})...)
		}
	}
	return m
}

func (m contour) Plot(c draw.Canvas, p *gonum.Plot) {
	var path vg.Path
	for _, l := range m.lines {
		for _, part := range c.ClipLinesXY(place(c, p, l[:])) {
			path.Move(part[0])
			path.Line(part[len(part)-1])
		}
	}
	c.SetLineStyle(m.style)
	c.Stroke(path)
}

type corner struct{ x, y, density float64 }

// crossings are where a level runs through a cell whose corners are given in
// turn (marching squares). A saddle's two lines may join either way.
func crossings(level float64, corners ...corner) [][2]point {
	var ends []point
	for k, a := range corners {
		b := corners[(k+1)%len(corners)]
		if (a.density < level) != (b.density < level) {
			t := (level - a.density) / (b.density - a.density)
			ends = append(ends, point{a.x + t*(b.x-a.x), a.y + t*(b.y-a.y)})
		}
	}
	var lines [][2]point
	for i := 0; i+1 < len(ends); i += 2 {
		lines = append(lines, [2]point{ends[i], ends[i+1]})
	}
	return lines
}

// A gridAxis is one direction of a grid.
type gridAxis struct {
	low, cell float64
	kernel    []float64 // of the blur: its middle and one side
}

func newGridAxis(values []float64) gridAxis {
	lo, hi := central(values, 0.95)
	width := (hi - lo) / (2 * 1.96) * math.Pow(float64(len(values)), -1.0/6) // an outlier does not widen it
	lo, hi = central(values, 0.998)
	lo, hi = lo-4*width, hi+4*width
	g := gridAxis{low: lo, cell: (hi - lo) / contourCells}
	if width == 0 {
		return gridAxis{}
	}
	for k := 0; float64(k)*g.cell <= 4*width || k == 0; k++ {
		u := float64(k) * g.cell / width
		g.kernel = append(g.kernel, math.Exp(-u*u/2))
	}
	return g
}

// at is the cell of a value and where in it; -1 outside of the grid.
func (g gridAxis) at(v float64) (cell int, part float64) {
	t := (v - g.low) / g.cell
	if !(t >= 0 && t < contourCells) {
		return -1, 0
	}
	return int(t), t - math.Floor(t)
}

func (g gridAxis) place(k int) float64 { return g.low + float64(k)*g.cell }

// blur convolves a line of the grid with the kernel.
func (g gridAxis) blur(line *[contourCells + 1]float64) {
	var out [contourCells + 1]float64
	for i, v := range line {
		if v == 0 {
			continue
		}
		for k, w := range g.kernel {
			if i+k < len(out) {
				out[i+k] += v * w
			}
			if k > 0 && i-k >= 0 {
				out[i-k] += v * w
			}
		}
	}
	*line = out
}
