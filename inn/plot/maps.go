package plot

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/cube"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// MapsSettings are the settings of Maps; nil means the defaults.
type MapsSettings struct {
	Truth  *inn.Samples // the parameters of each pixel by rows, if they are known
	Unfit  []bool       // pixels of which nothing can be said, besides those that the estimates mark as far; nil: none
	Range  [2]float64   // of the parameter's colours; both 0: that of the truth and the estimates
	Arrows [][2]float64 // rows and columns that an arrow points at
}

// Maps draws what the measurement says of one parameter at every pixel of an image, the
// paper's Figure 10: an impression of the image in colours, the truth if it is known, the
// median of the posterior and the width of its central 68 % interval. There is one estimate
// for each pixel of the image, by rows. Where there is none to be trusted the maps are white.
func Maps(set *MapsSettings, image *cube.Cube, estimates *metric.IntervalTable) (*Figure, error) {
	if set == nil {
		set = &MapsSettings{}
	}
	if image == nil || estimates == nil {
		return nil, fmt.Errorf("plot: Maps wants an image and the estimates of its pixels")
	}
	n := image.Rows * image.Cols
	if len(estimates.Median) != n {
		return nil, fmt.Errorf("plot: Maps: there are %d estimates of %d × %d pixels", len(estimates.Median), image.Rows, image.Cols)
	}
	white := slices.Clone(estimates.Far)
	reasons := "there is glare or the measurement is unlike the training data"
	for i, m := range estimates.Median {
		if math.IsNaN(m) {
			white[i] = true
			reasons = "a value of the pixel is missing, there is glare or the measurement is unlike the training data"
		}
	}
	if set.Unfit != nil {
		if len(set.Unfit) != n {
			return nil, fmt.Errorf("plot: Maps: Unfit has %d pixels, the image %d", len(set.Unfit), n)
		}
		for i, u := range set.Unfit {
			white[i] = white[i] || u
		}
	}
	var truth []float64
	if set.Truth != nil {
		var err error
		if truth, err = set.Truth.Col(estimates.Var.Name); err != nil {
			return nil, fmt.Errorf("plot: Maps: the truth: %w", err)
		}
		if len(truth) != n {
			return nil, fmt.Errorf("plot: Maps: the truth has %d pixels, the image %d", len(truth), n)
		}
	}
	rgb, err := image.RGB()
	if err != nil {
		return nil, fmt.Errorf("plot: Maps: %w", err)
	}
	width := make([]float64, n)
	for i := range width {
		width[i] = estimates.High[i] - estimates.Low[i]
	}
	lo, hi := set.Range[0], set.Range[1]
	if lo == 0 && hi == 0 {
		lo, hi = fitting(truth, nil)
		l, h := fitting(estimates.Median, white)
		lo, hi = min(lo, l), max(hi, h)
	}
	_, widest := fitting(width, white)
	if !(hi > lo) {
		return nil, fmt.Errorf("plot: Maps: the colours go from %g to %g; set Range", lo, hi)
	}
	if !(widest > 0) {
		widest = 1
	}

	label := estimates.Var.Label()
	level := bar{levels, lo, hi, label}
	panel := func(title string, img rasterOf, b *bar) *gonum.Plot {
		p := newPlot()
		p.HideAxes()
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, float64(image.Cols), 0, float64(image.Rows)
		p.Add(raster{img.sized(image.Rows, image.Cols)}, heading(title))
		if b != nil {
			p.Add(*b)
		}
		return p
	}
	impression := panel("impression", func(row, col int) color.Color { return rgb.At(col, row) }, nil)
	for _, a := range set.Arrows {
		impression.Add(arrow{a[1], float64(image.Rows) - a[0]})
	}
	row := []*gonum.Plot{impression}
	coloured := func(values []float64, white []bool, b bar) rasterOf {
		return func(row, col int) color.Color {
			i := row*image.Cols + col
			if white != nil && white[i] {
				return color.White
			}
			return b.at(values[i])
		}
	}
	if truth != nil {
		row = append(row, panel("truth", coloured(truth, nil, level), &level))
	}
	spread := bar{spreads, 0, widest, label}
	row = append(row,
		panel("median of "+estimates.Method, coloured(estimates.Median, white, level), &level),
		panel("width of its 68 % interval", coloured(width, white, spread), &spread))

	f := &Figure{Panels: [][]*gonum.Plot{row}}
	count := 0
	for _, w := range white {
		if w {
			count++
		}
	}
	if count > 0 {
		f.legend = append(f.legend, entry{text: fmt.Sprintf("white: no estimate, since %s (%s of the pixels)", reasons, percent(float64(count)/float64(n)))})
	}
	cols := vg.Length(len(row))
	f.size(pageWidth/cols, 0)
	f.Height += (f.Width-2*margin-(cols-1)*panelGap)/cols*vg.Length(image.Rows)/vg.Length(image.Cols) + headingHeight + barRoom
	return f, nil
}

// fitting is the range of all but the outermost hundredth of the values that are not left out.
func fitting(values []float64, without []bool) (lo, hi float64) {
	var kept []float64
	for i, v := range values {
		if without == nil || !without[i] {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		return math.Inf(1), math.Inf(-1)
	}
	return central(kept, 0.98)
}

// A rasterOf is the colour of a pixel.
type rasterOf func(row, col int) color.Color

// sized is the image enlarged to squares or thinned out, so that a browser neither
// blurs it nor chokes on it.
func (r rasterOf) sized(rows, cols int) image.Image {
	const wanted = 480 // pixels each way, about
	long := max(rows, cols)
	w, h := cols*max(1, wanted/long), rows*max(1, wanted/long)
	if long > 2*wanted {
		w, h = max(1, cols*wanted/long), max(1, rows*wanted/long)
	}
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range h {
		for j := range w {
			m.Set(j, i, r((2*i+1)*rows/(2*h), (2*j+1)*cols/(2*w)))
		}
	}
	return m
}

// A ramp is colours of rising lightness, evenly spaced.
type ramp []color.RGBA

// The ramps are parts of cividis (Nuñez, Anderton and Renslow 2018) and inferno (Smith and van
// der Walt 2015), which the colour-blind see and grey print keeps, without their
// brightest end, so that white stands out.
var (
	levels  = ramp{{0x00, 0x22, 0x4e, 0xff}, {0x2f, 0x43, 0x6d, 0xff}, {0x57, 0x5d, 0x6d, 0xff}, {0x7c, 0x7b, 0x78, 0xff}, {0xa5, 0x9c, 0x74, 0xff}, {0xd2, 0xc0, 0x60, 0xff}, {0xfb, 0xe2, 0x3d, 0xff}}
	spreads = ramp{{0x08, 0x05, 0x1d, 0xff}, {0x3b, 0x0f, 0x70, 0xff}, {0x78, 0x1c, 0x6d, 0xff}, {0xb5, 0x2f, 0x5b, 0xff}, {0xe5, 0x5c, 0x30, 0xff}, {0xfb, 0x9b, 0x06, 0xff}, {0xf7, 0xd1, 0x3d, 0xff}}
)

// at is the colour at t from 0 to 1.
func (r ramp) at(t float64) color.RGBA {
	t = min(max(t, 0), 1) * float64(len(r)-1)
	i := min(int(t), len(r)-2)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (t-float64(i))*(float64(b)-float64(a)))) }
	return color.RGBA{mix(r[i].R, r[i+1].R), mix(r[i].G, r[i+1].G), mix(r[i].B, r[i+1].B), 0xff}
}

// A bar is a colour bar below a panel.
type bar struct {
	ramp   ramp
	lo, hi float64
	label  string
}

func (b bar) at(v float64) color.RGBA { return b.ramp.at((v - b.lo) / (b.hi - b.lo)) }

const (
	barGap    = vg.Length(5)
	barHeight = vg.Length(8)
	barRoom   = barGap + barHeight + 4 + tickSize*1.3 + labelSize*1.4
)

func (b bar) Plot(c draw.Canvas, _ *gonum.Plot) {
	box := vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: c.Min.Y - barGap - barHeight}, Max: vg.Point{X: c.Max.X, Y: c.Min.Y - barGap}}
	const steps = 256
	strip := image.NewRGBA(image.Rect(0, 0, steps, 1))
	for i := range steps {
		strip.SetRGBA(i, 0, b.ramp.at(float64(i)/(steps-1)))
	}
	c.DrawImage(box, strip)
	c.SetLineStyle(spreadLine)
	c.Stroke(box.Path())
	sty := textStyle(tickSize)
	sty.XAlign, sty.YAlign = draw.XCenter, draw.YTop
	for _, t := range (ticks{room: box.Max.X - box.Min.X}).Ticks(b.lo, b.hi) {
		x := box.Min.X + (box.Max.X-box.Min.X)*vg.Length((t.Value-b.lo)/(b.hi-b.lo))
		c.StrokeLine2(spreadLine, x, box.Min.Y, x, box.Min.Y-3)
		half := sty.Width(t.Label) / 2
		c.FillText(sty, vg.Point{X: min(max(x, box.Min.X+half), box.Max.X-half), Y: box.Min.Y - 4}, t.Label)
	}
	sty = textStyle(labelSize)
	sty.XAlign = draw.XCenter
	c.FillText(sty, vg.Point{X: c.Center().X, Y: c.Min.Y - barRoom + 3}, b.label)
}

// GlyphBoxes asks the panel for room below.
func (bar) GlyphBoxes(*gonum.Plot) []gonum.GlyphBox {
	return []gonum.GlyphBox{{X: 0.5, Y: 0, Rectangle: vg.Rectangle{Min: vg.Point{Y: -barRoom}}}}
}

// An arrow points at a place from its lower left.
type arrow struct{ x, y float64 }

func (a arrow) Plot(c draw.Canvas, p *gonum.Plot) {
	tip := place(c, p, []point{{a.x, a.y}})[0]
	const long, head, half = vg.Length(20), vg.Length(7), vg.Length(3.5)
	d := vg.Point{X: math.Sqrt2 / 2, Y: math.Sqrt2 / 2} // its direction
	back := func(along, aside vg.Length) vg.Point {
		return vg.Point{X: tip.X - along*d.X - aside*d.Y, Y: tip.Y - along*d.Y + aside*d.X}
	}
	for _, s := range []struct {
		clr  color.Color
		more vg.Length
	}{{ink, 1}, {color.White, 0}} {
		shaft, neck := back(long, 0), back(head, 0)
		c.StrokeLine2(draw.LineStyle{Color: s.clr, Width: 1.6 + 2*s.more}, shaft.X, shaft.Y, neck.X, neck.Y)
		c.FillPolygon(s.clr, []vg.Point{back(-s.more, 0), back(head+s.more, half+s.more), back(head+s.more, -half-s.more)})
	}
}
