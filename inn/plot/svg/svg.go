// Package svg is gonum/plot's SVG canvas with text that keeps its width in a
// browser that lacks the font. Gonum names its font alone, and a browser that
// has to take a wider one would run labels into each other.
package svg

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Canvas is drawn on as any of gonum/plot's; WriteTo writes the file.
type Canvas struct {
	*vgsvg.Canvas
	widths []vg.Length // of the texts, in order
}

// New makes a canvas of a width and height.
func New(w, h vg.Length) *Canvas { return &Canvas{Canvas: vgsvg.New(w, h)} }

// FillString draws a text.
func (c *Canvas) FillString(f font.Face, pt vg.Point, text string) {
	c.widths = append(c.widths, f.Width(text))
	c.Canvas.FillString(f, pt, text)
}

// families are gonum's fonts, each with those to fall back on: first the ones
// of the same widths.
var families = strings.NewReplacer(
	"font-family:Liberation Sans;", "font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;",
	"font-family:Liberation Serif;", "font-family:'Liberation Serif',Tinos,'Times New Roman',Times,serif;",
	"font-family:Liberation Mono;", "font-family:'Liberation Mono',Cousine,'Courier New',monospace;",
)

// WriteTo writes the drawing as an SVG file.
func (c *Canvas) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	if _, err := c.Canvas.WriteTo(&b); err != nil {
		return 0, err
	}
	parts := strings.Split(families.Replace(b.String()), "<text ")
	b.Reset()
	b.WriteString(parts[0])
	for i, part := range parts[1:] {
		fmt.Fprintf(&b, `<text textLength="%.2f" lengthAdjust="spacingAndGlyphs" %s`, c.widths[i].Points(), part)
	}
	return b.WriteTo(w)
}
