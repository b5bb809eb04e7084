// Package svg is a canvas for gonum/plot that writes SVG files for pages: small and
// quickly made, for a figure may be drawn anew at every move of a slider, and with
// text that keeps its width in a browser that lacks the font. (Gonum's own canvas
// repeats the style at every mark, names its font alone, and a browser that has to
// take a wider one would run labels into each other.)
package svg

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// A Canvas is drawn on as any of gonum/plot's; WriteTo writes the file. Lengths are
// points, rounded to hundredths.
type Canvas struct {
	w, h  vg.Length
	body  []byte // but for the elements of now
	run   []byte // elements of now, which have the same attributes
	attrs string // these
	many  bool   // there are several of them
	open  bool   // the last may go on: an opaque line may cross another of its style
	style        // now
	saved []style
}

// A style is what Push keeps.
type style struct {
	color  color.Color
	width  vg.Length
	dashes []vg.Length
	offset vg.Length
	place  affine
}

// An affine maps (x, y) to (a x + c y + e, b x + d y + f), in points from the lower
// left.
type affine struct{ a, b, c, d, e, f float64 }

func (m affine) of(p vg.Point) (x, y float64) {
	u, v := p.X.Points(), p.Y.Points()
	return m.a*u + m.c*v + m.e, m.b*u + m.d*v + m.f
}

// then is n first and m after it.
func (m affine) then(n affine) affine {
	return affine{
		m.a*n.a + m.c*n.b, m.b*n.a + m.d*n.b,
		m.a*n.c + m.c*n.d, m.b*n.c + m.d*n.d,
		m.a*n.e + m.c*n.f + m.e, m.b*n.e + m.d*n.f + m.f,
	}
}

// scale is how much longer lengths become.
func (m affine) scale() float64 { return math.Sqrt(math.Abs(m.a*m.d - m.b*m.c)) }

// New makes a canvas of a width and height.
func New(w, h vg.Length) *Canvas {
	c := &Canvas{w: w, h: h, style: style{place: affine{a: 1, d: 1}}}
	vg.Initialize(c)
	return c
}

// Size is the width and height.
func (c *Canvas) Size() (w, h vg.Length) { return c.w, c.h }

// The methods of vg.Canvas.

func (c *Canvas) SetLineWidth(w vg.Length) { c.width = w }
func (c *Canvas) SetLineDash(pattern []vg.Length, offset vg.Length) {
	c.dashes, c.offset = pattern, offset
}
func (c *Canvas) SetColor(clr color.Color) { c.color = clr }
func (c *Canvas) Translate(p vg.Point) {
	c.place = c.place.then(affine{1, 0, 0, 1, p.X.Points(), p.Y.Points()})
}
func (c *Canvas) Rotate(angle float64) {
	sin, cos := math.Sincos(angle)
	c.place = c.place.then(affine{cos, sin, -sin, cos, 0, 0})
}
func (c *Canvas) Scale(x, y float64) { c.place = c.place.then(affine{x, 0, 0, y, 0, 0}) }
func (c *Canvas) Push()              { c.saved = append(c.saved, c.style) }
func (c *Canvas) Pop() {
	c.style = c.saved[len(c.saved)-1]
	c.saved = c.saved[:len(c.saved)-1]
}

// Stroke draws the outline of a path.
func (c *Canvas) Stroke(path vg.Path) {
	if c.width <= 0 {
		return
	}
	k := c.place.scale()
	attrs := append(make([]byte, 0, 100), `fill="none"`...)
	attrs, opaque := c.paint(attrs, "stroke")
	attrs = fmt.Appendf(attrs, ` stroke-width="%s"`, short(c.width.Points()*k))
	for i, d := range c.dashes {
		if i == 0 {
			attrs = append(attrs, ` stroke-dasharray="`...)
		} else {
			attrs = append(attrs, ',')
		}
		attrs = append(attrs, short(d.Points()*k)...)
	}
	if len(c.dashes) > 0 {
		attrs = append(attrs, '"')
		if c.offset != 0 {
			attrs = fmt.Appendf(attrs, ` stroke-dashoffset="%s"`, short(c.offset.Points()*k))
		}
	}
	c.path(path, string(attrs), opaque)
}

// Fill fills a path.
func (c *Canvas) Fill(path vg.Path) {
	attrs, _ := c.paint(make([]byte, 0, 40), "fill")
	c.path(path, string(attrs), false)
}

// paint adds the colour as what is painted with.
func (c *Canvas) paint(attrs []byte, what string) (more []byte, opaque bool) {
	clr := color.NRGBAModel.Convert(c.color).(color.NRGBA)
	if len(attrs) > 0 {
		attrs = append(attrs, ' ')
	}
	attrs = fmt.Appendf(attrs, `%s="#%02X%02X%02X"`, what, clr.R, clr.G, clr.B)
	if clr.A < 0xff {
		attrs = fmt.Appendf(attrs, ` %s-opacity="%.3g"`, what, float64(clr.A)/0xff)
	}
	return attrs, clr.A == 0xff
}

// in says what attributes the next element has.
func (c *Canvas) in(attrs string) {
	if c.attrs != attrs {
		c.close()
		c.attrs = attrs
	}
	c.many = len(c.run) > 0
}

// close ends a run of elements with the same attributes: one has them itself,
// several are a group.
func (c *Canvas) close() {
	switch {
	case len(c.run) == 0:
	case c.many:
		c.body = fmt.Appendf(c.body, "<g %s>\n%s</g>\n", c.attrs, c.run)
	default:
		name := bytes.IndexByte(c.run, ' ')
		c.body = fmt.Appendf(c.body, "%s %s%s", c.run[:name], c.attrs, c.run[name:])
	}
	c.run, c.attrs, c.open = c.run[:0], "", false
}

const endOfPath = "\"/>\n"

func (c *Canvas) path(path vg.Path, attrs string, joins bool) {
	if joins && c.open && c.attrs == attrs {
		c.run = c.run[:len(c.run)-len(endOfPath)]
	} else {
		c.in(attrs)
		c.run = append(c.run, `<path d="`...)
	}
	p := pen{body: c.run}
	for _, step := range path {
		x, y := c.at(step.Pos)
		switch step.Type {
		case vg.MoveComp:
			p.move(x, y)
		case vg.LineComp:
			p.line(x, y)
		case vg.ArcComp:
			c.arc(&p, step)
		case vg.CurveComp:
			p.command(" qc"[len(step.Control)])
			for _, at := range step.Control {
				p.pair(c.at(at))
			}
			p.pair(x, y)
			p.x, p.y = hundredths(x), hundredths(y)
		case vg.CloseComp:
			p.command('z')
			p.x, p.y = p.startX, p.startY
		}
	}
	c.run = append(p.body, endOfPath...)
	c.open = joins
}

// at is a point as SVG has it, from the upper left.
func (c *Canvas) at(p vg.Point) (x, y float64) {
	x, y = c.place.of(p)
	return x, c.h.Points() - y
}

// arc draws a part of a circle, in halves, for SVG has no whole one.
func (c *Canvas) arc(p *pen, step vg.PathComp) {
	on := func(angle float64) (x, y float64) {
		sin, cos := math.Sincos(angle)
		return c.at(vg.Point{X: step.Pos.X + step.Radius*vg.Length(cos), Y: step.Pos.Y + step.Radius*vg.Length(sin)})
	}
	if x, y := on(step.Start); p.begun {
		p.line(x, y)
	} else {
		p.move(x, y)
	}
	sweep := 0.0
	if step.Angle < 0 {
		sweep = 1
	}
	r := step.Radius.Points() * c.place.scale()
	parts := math.Ceil(math.Abs(step.Angle) / math.Pi)
	for i := range int(parts) {
		x, y := on(step.Start + step.Angle*float64(i+1)/parts)
		p.command('a')
		for _, v := range []float64{r, r, 0, 0, sweep} {
			p.number(hundredths(v))
		}
		p.pair(x, y)
		p.x, p.y = hundredths(x), hundredths(y)
	}
}

// A pen writes the d of paths: relative commands in hundredths of a point.
type pen struct {
	body           []byte
	last           byte // command
	begun          bool
	x, y           int // where it is
	startX, startY int
}

func hundredths(v float64) int { return int(math.Round(100 * v)) }

func (p *pen) move(x, y float64) {
	p.last = 0
	p.command('M')
	p.x, p.y, p.begun = hundredths(x), hundredths(y), true
	p.startX, p.startY = p.x, p.y
	p.number(p.x)
	p.number(p.y)
}

// line draws on to a point, unless it is the same.
func (p *pen) line(x, y float64) {
	u, v := hundredths(x), hundredths(y)
	if u == p.x && v == p.y && p.last != 'M' {
		return
	}
	p.command('l')
	p.number(u - p.x)
	p.number(v - p.y)
	p.x, p.y = u, v
}

// pair is a point relative to where the pen is, which stays.
func (p *pen) pair(x, y float64) {
	p.number(hundredths(x) - p.x)
	p.number(hundredths(y) - p.y)
}

// command begins a command; the same one again needs no letter.
func (p *pen) command(letter byte) {
	if p.last != letter || letter == 'M' {
		p.body = append(p.body, letter)
	}
	p.last = letter
}

// number writes hundredths: -1250 as -12.5. What ends with a digit is set apart
// from what begins with one.
func (p *pen) number(v int) {
	last := p.body[len(p.body)-1]
	if v >= 0 && (last >= '0' && last <= '9' || last == '.') {
		p.body = append(p.body, ' ')
	}
	p.body = appendHundredths(p.body, v)
}

func appendHundredths(b []byte, v int) []byte {
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	if v >= 100 || v == 0 {
		b = strconv.AppendInt(b, int64(v/100), 10)
	}
	if tenths := v / 10 % 10; v%100 != 0 {
		b = append(b, '.', byte('0'+tenths))
		if v%10 != 0 {
			b = append(b, byte('0'+v%10))
		}
	}
	return b
}

// short is a number as in a path.
func short(v float64) string { return string(appendHundredths(nil, hundredths(v))) }

// families are gonum's fonts, each with those to fall back on: first the ones
// of the same widths.
var families = map[font.Variant]string{
	"Sans":  "'Liberation Sans',Arimo,Arial,Helvetica,sans-serif",
	"Serif": "'Liberation Serif',Tinos,'Times New Roman',Times,serif",
	"Mono":  "'Liberation Mono',Cousine,'Courier New',monospace",
}

// FillString writes a line of text.
func (c *Canvas) FillString(f font.Face, p vg.Point, text string) {
	k := c.place.scale()
	attrs, _ := c.paint(make([]byte, 0, 60), "fill")
	attrs = fmt.Appendf(attrs, ` font-size="%s"`, short(f.Font.Size.Points()*k))
	if f.Font.Variant != "Sans" && families[f.Font.Variant] != "" { // the file's own
		attrs = fmt.Appendf(attrs, ` font-family="%s"`, families[f.Font.Variant])
	}
	if w := f.Font.Weight; w != 0 {
		attrs = fmt.Appendf(attrs, ` font-weight="%d"`, 100*(int(w)+4))
	}
	if f.Font.Style != 0 {
		attrs = append(attrs, ` font-style="italic"`...)
	}
	c.in(string(attrs))
	c.open = false
	x, y := c.at(p)
	c.run = fmt.Appendf(c.run, `<text x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs"`, short(x), short(y), short(f.Width(text).Points()*k))
	if turn := -math.Atan2(c.place.b, c.place.a) * 180 / math.Pi; math.Abs(turn) > 1e-9 {
		c.run = fmt.Appendf(c.run, ` transform="rotate(%s,%s,%s)"`, short(turn), short(x), short(y))
	}
	c.run = append(append(append(c.run, '>'), html.EscapeString(text)...), "</text>\n"...)
}

// DrawImage draws an image into a rectangle.
func (c *Canvas) DrawImage(r vg.Rectangle, img image.Image) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(fmt.Sprintf("svg: an image cannot be written: %v", err)) // as vg's canvases do
	}
	c.close()
	x, y := c.at(vg.Point{X: r.Min.X, Y: r.Max.Y})
	m := c.place
	c.body = fmt.Appendf(c.body, `<image width="%s" height="%s" preserveAspectRatio="none" transform="matrix(%g,%g,%g,%g,%s,%s)" href="data:image/png;base64,%s"/>`+"\n",
		short(r.Size().X.Points()), short(r.Size().Y.Points()), m.a, -m.b, -m.c, m.d, short(x), short(y), base64.StdEncoding.EncodeToString(b.Bytes()))
}

// WriteTo writes the drawing as an SVG file.
func (c *Canvas) WriteTo(w io.Writer) (int64, error) {
	c.close()
	width, height := short(c.w.Points()), short(c.h.Points())
	head := fmt.Appendf(make([]byte, 0, 250+len(c.body)), "<?xml version=\"1.0\"?>\n"+
		`<svg xmlns="http://www.w3.org/2000/svg" width="%spt" height="%spt" viewBox="0 0 %s %s" font-family="%s">`+"\n",
		width, height, width, height, families["Sans"])
	n, err := w.Write(slices.Concat(head, c.body, []byte("</svg>\n")))
	return int64(n), err
}
