package plot

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// svgCanvas is gonum's SVG canvas, but its text keeps its width in a browser
// that lacks the font: gonum names the font alone, and a browser that has to
// take a wider one would run labels into each other.
type svgCanvas struct {
	*vgsvg.Canvas
	widths []vg.Length // of the texts, in order
}

func (c *svgCanvas) FillString(f font.Face, pt vg.Point, text string) {
	c.widths = append(c.widths, f.Width(text))
	c.Canvas.FillString(f, pt, text)
}

// fit adds to the canvas's file what it does not write: the fonts to fall back
// on, those with the same widths first, and the width of every text.
func (c *svgCanvas) fit(svg string) string {
	svg = strings.ReplaceAll(svg, "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;")
	parts := strings.Split(svg, "<text ")
	var b strings.Builder
	b.WriteString(parts[0])
	for i, part := range parts[1:] {
		fmt.Fprintf(&b, `<text textLength="%.2f" lengthAdjust="spacingAndGlyphs" %s`, c.widths[i].Points(), part)
	}
	return b.String()
}
