package svg

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

func drawn(t *testing.T, draw func(c *Canvas)) string {
	t.Helper()
	c := New(100, 50)
	draw(c)
	var b strings.Builder
	if _, err := c.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "sans-serif\">\n")
	return strings.TrimSuffix(body, "</svg>\n")
}

func line(points ...vg.Length) (p vg.Path) {
	for i := 0; i < len(points); i += 2 {
		at := vg.Point{X: points[i], Y: points[i+1]}
		if i == 0 {
			p.Move(at)
		} else {
			p.Line(at)
		}
	}
	return p
}

// The drawings are those that gonum/plot means, worked out by hand: its y goes up
// from the lower left of 100 x 50 points, SVG's down from the upper left.
func TestCanvas(t *testing.T) {
	red, faint := color.RGBA{0xff, 0, 0, 0xff}, color.NRGBA{0, 0x80, 0, 0x80}
	text := font.NewCache(liberation.Collection()).Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, 10)
	for what, c := range map[string]struct {
		draw func(c *Canvas)
		want string
	}{
		"a line": {func(c *Canvas) {
			c.SetColor(red)
			c.Stroke(line(10, 10, 20.5, 10.25, 20.5, 10.2504, 20.25, 9))
		}, `<path fill="none" stroke="#FF0000" stroke-width="1" d="M10 40l10.5-.25-.25 1.25"/>` + "\n"},
		"opaque lines of one style are a path": {func(c *Canvas) {
			c.Stroke(line(0, 0, 1, 0))
			c.Stroke(line(2, 0, 3, 0))
		}, `<path fill="none" stroke="#000000" stroke-width="1" d="M0 50l1 0M2 50l1 0"/>` + "\n"},
		"a text between two lines, and lines of two styles": {func(c *Canvas) {
			c.SetColor(red)
			c.Fill(line(0, 0, 1, 0))
			c.FillString(text, vg.Point{}, "a")
			c.SetColor(faint)
			c.Fill(line(0, 0, 1, 0))
			c.Fill(line(0, 0, 2, 0))
			c.SetColor(red)
			c.Fill(line(0, 0, 3, 0))
		}, `<path fill="#FF0000" d="M0 50l1 0"/>` + "\n" +
			`<text fill="#FF0000" font-size="10" x="0" y="50" textLength="5.56" lengthAdjust="spacingAndGlyphs">a</text>` + "\n" +
			`<g fill="#008000" fill-opacity="0.502">` + "\n" + `<path d="M0 50l1 0"/>` + "\n" + `<path d="M0 50l2 0"/>` + "\n</g>\n" +
			`<path fill="#FF0000" d="M0 50l3 0"/>` + "\n"},
		"others are not, since they add up where they cross": {func(c *Canvas) {
			c.SetColor(faint)
			c.SetLineWidth(2)
			c.SetLineDash([]vg.Length{3, 1.5}, 1)
			c.Stroke(line(0, 0, 1, 0))
			c.Stroke(line(2, 0, 3, 0))
		}, `<g fill="none" stroke="#008000" stroke-opacity="0.502" stroke-width="2" stroke-dasharray="3,1.5" stroke-dashoffset="1">` + "\n" +
			`<path d="M0 50l1 0"/>` + "\n" + `<path d="M2 50l1 0"/>` + "\n</g>\n"},
		"no line has no width": {func(c *Canvas) { c.SetLineWidth(0); c.Stroke(line(0, 0, 1, 0)) }, ""},
		"an area, and a quarter turn about (50, 25), which Pop takes back": {func(c *Canvas) {
			c.Push()
			c.Translate(vg.Point{X: 50, Y: 25})
			c.Rotate(math.Pi / 2)
			p := line(0, 0, 10, 0, 10, 5)
			p.Close()
			c.Fill(p)
			c.Pop()
			c.Fill(line(0, 0, 10, 0, 10, 5))
		}, `<g fill="#000000">` + "\n" + `<path d="M50 25l0-10-5 0z"/>` + "\n" + `<path d="M0 50l10 0 0-5"/>` + "\n</g>\n"},
		"a circle and a quarter of one, against the clock": {func(c *Canvas) {
			var p vg.Path
			p.Move(vg.Point{X: 12, Y: 10})
			p.Arc(vg.Point{X: 10, Y: 10}, 2, 0, 2*math.Pi)
			c.Fill(p)
			p = nil
			p.Move(vg.Point{X: 12, Y: 10})
			p.Arc(vg.Point{X: 10, Y: 10}, 2, 0, math.Pi/2)
			c.Fill(p)
		}, `<g fill="#000000">` + "\n" + `<path d="M12 40l0 0a2 2 0 0 0-4 0 2 2 0 0 0 4 0"/>` + "\n" + `<path d="M12 40l0 0a2 2 0 0 0-2-2"/>` + "\n</g>\n"},
		"curves": {func(c *Canvas) {
			var p vg.Path
			p.Move(vg.Point{X: 1, Y: 1})
			p.QuadTo(vg.Point{X: 2, Y: 2}, vg.Point{X: 3, Y: 1})
			p.CubeTo(vg.Point{X: 4, Y: 0}, vg.Point{X: 5, Y: 2}, vg.Point{X: 6, Y: 1})
			c.Fill(p)
		}, `<path fill="#000000" d="M1 49q1-1 2 0c1 1 2-1 3 0"/>` + "\n"},
		"text, turned": {func(c *Canvas) {
			c.Translate(vg.Point{X: 20, Y: 10})
			c.Rotate(math.Pi / 2)
			c.FillString(text, vg.Point{X: 1}, "a<b")
		}, `<text fill="#000000" font-size="10" x="20" y="39" textLength="16.96" lengthAdjust="spacingAndGlyphs" transform="rotate(-90,20,39)">a&lt;b</text>` + "\n"},
		"an image": {func(c *Canvas) {
			c.Scale(2, 2)
			c.DrawImage(vg.Rectangle{Min: vg.Point{X: 1, Y: 2}, Max: vg.Point{X: 4, Y: 6}}, image.NewGray(image.Rect(0, 0, 1, 1)))
		}, `<image width="3" height="4" preserveAspectRatio="none" transform="matrix(2,-0,-0,2,2,38)" href="data:image/png;base64,`},
	} {
		if got := drawn(t, c.draw); got != c.want && !(strings.HasSuffix(c.want, "base64,") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s is\n%swant\n%s", what, got, c.want)
		}
	}
}
