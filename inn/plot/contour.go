package plot

import (
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// contourCells is the number of cells of a contour's grid in each direction.
const contourCells = 48

// A contour is the border of the region where points are densest that holds a
// share of them.
type contour struct {
	lines [][]point
	style draw.LineStyle
}

// newContour finds the borders for several shares by a Gaussian kernel density
// estimate on a grid of axes x and y, with Silverman's bandwidth in two dimensions,
// n^(-1/6) standard deviations. Points that are all the same in x or in y, or fewer
// than 10, have none.
func newContour(pts []point, x, y gridAxis, style draw.LineStyle, shares ...float64) contour {
	m := contour{style: style}
	if len(pts) < 10 || x.cell == 0 || y.cell == 0 {
		return m
	}
	var density [contourCells + 1][contourCells + 1]float64 // at the corners of the cells, [x][y]
	for _, p := range pts {
		kx, u := x.at(p.x)
		ky, v := y.at(p.y)
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
		x.blur(&row)
		for i := range row {
			density[i][j] = row[i]
		}
	}
	for i := range density {
		y.blur(&density[i])
	}

	levels := make([]float64, len(pts)) // the density at each point
	for i, p := range pts {
		kx, u := x.at(p.x)
		ky, v := y.at(p.y)
		if kx >= 0 && ky >= 0 {
			levels[i] = (1-u)*(1-v)*density[kx][ky] + u*(1-v)*density[kx+1][ky] + (1-u)*v*density[kx][ky+1] + u*v*density[kx+1][ky+1]
		}
	}
	slices.Sort(levels)
	for _, share := range shares {
		level := levels[int((1-share)*float64(len(levels)))]
		var sides [][2]point
		for i := range contourCells {
			for j := range contourCells {
				a, b, c, d := density[i][j], density[i+1][j], density[i+1][j+1], density[i][j+1]
				if min(a, b, c, d) >= level || max(a, b, c, d) < level {
					continue
				}
				sides = append(sides, crossings(level, [4]corner{
					{x.place(i), y.place(j), a}, {x.place(i + 1), y.place(j), b},
					{x.place(i + 1), y.place(j + 1), c}, {x.place(i), y.place(j + 1), d}})...)
			}
		}
		m.lines = append(m.lines, chain(sides)...)
	}
	return m
}

func (m contour) Plot(c draw.Canvas, p *gonum.Plot) {
	var path vg.Path
	for _, l := range m.lines {
		for _, part := range c.ClipLinesXY(place(c, p, l)) {
			path.Move(part[0])
			for _, at := range part[1:] {
				path.Line(at)
			}
		}
	}
	c.SetLineStyle(m.style)
	c.Stroke(path)
}

type corner struct{ x, y, density float64 }

// crossings are where a level runs through a cell whose corners are given in
// turn (marching squares). A saddle's two lines may join either way.
func crossings(level float64, corners [4]corner) [][2]point {
	var ends []point
	for k, a := range corners {
		b := corners[(k+1)%len(corners)]
		if (a.density < level) != (b.density < level) {
			if a.x > b.x || a.y > b.y { // the cell beyond finds the same point to the bit
				a, b = b, a
			}
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

// chain joins lines that share ends into longer ones.
func chain(sides [][2]point) (lines [][]point) {
	at := map[point][]int{} // the lines that end there
	for i, s := range sides {
		at[s[0]] = append(at[s[0]], i)
		at[s[1]] = append(at[s[1]], i)
	}
	used := make([]bool, len(sides))
	next := func(from point) (point, bool) {
		for _, i := range at[from] {
			if !used[i] {
				used[i] = true
				if sides[i][0] == from {
					return sides[i][1], true
				}
				return sides[i][0], true
			}
		}
		return point{}, false
	}
	for i, s := range sides {
		if used[i] {
			continue
		}
		used[i] = true
		line := s[:]
		for range 2 { // on from its end, then, if it is open, from its beginning
			for p, ok := next(line[len(line)-1]); ok; p, ok = next(p) {
				line = append(line, p)
			}
			slices.Reverse(line)
		}
		lines = append(lines, line)
	}
	return lines
}

// A gridAxis is one direction of a grid.
type gridAxis struct {
	low, cell float64
	kernel    []float64 // of the blur: its middle and one side
}

// newGridAxis is an axis for all but the outermost of sorted values.
func newGridAxis(sorted []float64) gridAxis {
	at := func(p float64) float64 { return sorted[int(p*float64(len(sorted)-1)+0.5)] }
	width := (at(0.975) - at(0.025)) / (2 * 1.96) * math.Pow(float64(len(sorted)), -1.0/6) // an outlier does not widen it
	if width == 0 {
		return gridAxis{}
	}
	lo, hi := at(0.001)-4*width, at(0.999)+4*width
	g := gridAxis{low: lo, cell: (hi - lo) / contourCells}
	for k := 0; float64(k)*g.cell <= 4*width; k++ {
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
