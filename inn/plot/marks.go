package plot

import (
	"image"
	"image/color"
	"math"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The marks draw inside the panel's data area and leave its ranges alone:
// every figure sets the ranges itself.

// A point is in data coordinates.
type point struct{ x, y float64 }

func place(c draw.Canvas, p *gonum.Plot, pts []point) []vg.Point {
	tx, ty := p.Transforms(&c)
	out := make([]vg.Point, len(pts))
	for i, q := range pts {
		out[i] = vg.Point{X: tx(q.x), Y: ty(q.y)}
	}
	return out
}

// curve is a line through points, clipped to the panel; a single one is a dot.
type curve struct {
	points []point
	style  draw.LineStyle
}

func (m curve) Plot(c draw.Canvas, p *gonum.Plot) {
	if len(m.points) == 1 { // has no line
		dots{m.points, max(m.style.Width, loneDot), m.style.Color}.Plot(c, p)
		return
	}
	c.StrokeLines(m.style, c.ClipLinesXY(place(c, p, m.points))...)
}

// loneDot is the radius of a curve of one point, at least.
const loneDot = vg.Length(1.5)

// area is filled between a line and the bottom of the panel.
type area struct {
	points []point
	color  color.Color
}

func (m area) Plot(c draw.Canvas, p *gonum.Plot) {
	n := len(m.points)
	if n == 0 {
		return
	}
	outline := append([]point{{m.points[0].x, p.Y.Min}}, m.points...)
	outline = append(outline, point{m.points[n-1].x, p.Y.Min})
	c.FillPolygon(m.color, c.ClipPolygonXY(place(c, p, outline)))
}

// band is filled between two heights.
type band struct {
	lo, hi float64
	color  color.Color
}

func (m band) Plot(c draw.Canvas, p *gonum.Plot) {
	at := place(c, p, []point{{p.X.Min, m.lo}, {p.X.Max, m.hi}})
	c.SetColor(m.color)
	c.Fill(vg.Rectangle{Min: at[0], Max: at[1]}.Path())
}

// upright is a vertical line through the panel at x.
type upright struct {
	x     float64
	style draw.LineStyle
}

func (m upright) Plot(c draw.Canvas, p *gonum.Plot) {
	curve{[]point{{m.x, p.Y.Min}, {m.x, p.Y.Max}}, m.style}.Plot(c, p)
}

// heading is a line of text centred above the panel's data.
type heading string

func (m heading) Plot(c draw.Canvas, _ *gonum.Plot) {
	sty := textStyle(labelSize)
	sty.XAlign = draw.XCenter
	c.FillText(sty, vg.Point{X: c.Center().X, Y: c.Max.Y + headingGap}, string(m))
}

// GlyphBoxes asks the panel for room above.
func (heading) GlyphBoxes(*gonum.Plot) []gonum.GlyphBox {
	return []gonum.GlyphBox{{X: 0.5, Y: 1, Rectangle: vg.Rectangle{Max: vg.Point{Y: headingHeight}}}}
}

const (
	headingGap    = vg.Length(4)
	headingHeight = headingGap + labelSize*1.2
)

// dots are filled circles. They are one path, which keeps thousands of them
// small in an SVG.
type dots struct {
	points []point
	radius vg.Length
	color  color.Color
}

func (m dots) Plot(c draw.Canvas, p *gonum.Plot) {
	var path vg.Path
	for _, at := range place(c, p, m.points) {
		if c.Contains(at) {
			circle(&path, at, m.radius)
		}
	}
	c.SetColor(m.color)
	c.Fill(path)
}

func circle(path *vg.Path, centre vg.Point, radius vg.Length) {
	path.Move(vg.Point{X: centre.X + radius, Y: centre.Y})
	path.Arc(centre, radius, 0, 2*math.Pi)
	path.Close()
}

// bars are vertical intervals, in one path as dots are.
type bars struct {
	x, lo, hi []float64
	style     draw.LineStyle
}

func (m bars) Plot(c draw.Canvas, p *gonum.Plot) {
	var path vg.Path
	for i, x := range m.x {
		for _, line := range c.ClipLinesXY(place(c, p, []point{{x, m.lo[i]}, {x, m.hi[i]}})) {
			path.Move(line[0])
			path.Line(line[len(line)-1])
		}
	}
	c.SetLineStyle(m.style)
	c.Stroke(path)
}

// cross marks one place with a + or, when tilted, a ×, on a white edge that
// sets it off from the data.
type cross struct {
	at     point
	color  color.Color
	tilted bool
}

func (m cross) Plot(c draw.Canvas, p *gonum.Plot) {
	if at := place(c, p, []point{m.at})[0]; c.Contains(at) {
		m.draw(c, at)
	}
}

func (m cross) draw(c draw.Canvas, at vg.Point) {
	u, v := vg.Point{X: 4.5}, vg.Point{Y: 4.5}
	if m.tilted {
		u, v = vg.Point{X: 3.2, Y: 3.2}, vg.Point{X: 3.2, Y: -3.2}
	}
	arms := [][]vg.Point{{at.Sub(u), at.Add(u)}, {at.Sub(v), at.Add(v)}}
	c.StrokeLines(draw.LineStyle{Color: color.White, Width: 4}, arms...)
	c.StrokeLines(draw.LineStyle{Color: m.color, Width: 1.8}, arms...)
}

// frame is a thin line around the panel's data, in place of its axes.
type frame struct{}

func (frame) Plot(c draw.Canvas, _ *gonum.Plot) {
	c.SetLineStyle(spreadLine)
	c.Stroke(c.Rectangle.Path())
}

// raster is an image that fills the panel.
type raster struct{ image.Image }

func (m raster) Plot(c draw.Canvas, _ *gonum.Plot) { c.DrawImage(c.Rectangle, m.Image) }

// ring is a circle around the origin, in data coordinates.
type ring struct {
	radius float64
	style  draw.LineStyle
}

func (m ring) Plot(c draw.Canvas, p *gonum.Plot) {
	const steps = 120
	pts := make([]point, steps+1)
	for i := range pts {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / steps)
		pts[i] = point{m.radius * cos, m.radius * sin}
	}
	curve{pts, m.style}.Plot(c, p)
}
