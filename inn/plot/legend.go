package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"strings"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Legends stand beside the data, never over it: above the panels of a Figure,
// or at the right of a single panel's lines.

// An entry of a legend is a sample of the mark and what it means; one without
// a sample is a remark.
type entry struct {
	text   string
	sample func(c draw.Canvas, box vg.Rectangle)
}

// The size of a sample and the gaps around it.
const (
	sampleWidth  = vg.Length(22)
	sampleHeight = vg.Length(7)
	sampleGap    = vg.Length(5)
	entryGap     = vg.Length(18)
)

func lineEntry(text string, style draw.LineStyle) entry {
	return entry{text, func(c draw.Canvas, box vg.Rectangle) {
		y := (box.Min.Y + box.Max.Y) / 2
		c.StrokeLine2(style, box.Min.X, y, box.Max.X, y)
	}}
}

func areaEntry(text string, clr color.Color) entry {
	return entry{text, func(c draw.Canvas, box vg.Rectangle) {
		c.SetColor(clr)
		c.Fill(box.Path())
	}}
}

// crossed is the entry with the cross that marks the same thing in a plane.
func crossed(e entry, clr color.Color, tilted bool) entry {
	return entry{e.text, func(c draw.Canvas, box vg.Rectangle) {
		e.sample(c, box)
		cross{color: clr, tilted: tilted}.draw(c, box.Min.Add(box.Max).Scale(0.5))
	}}
}

// dotted is the entry with a dot on its sample.
func dotted(e entry, clr color.Color, radius vg.Length) entry {
	return entry{e.text, func(c draw.Canvas, box vg.Rectangle) {
		e.sample(c, box)
		dot(c, box, clr, radius)
	}}
}

// dot draws a dot in the middle of a sample.
func dot(c draw.Canvas, box vg.Rectangle, clr color.Color, radius vg.Length) {
	var path vg.Path
	circle(&path, box.Min.Add(box.Max).Scale(0.5), radius)
	c.SetColor(clr)
	c.Fill(path)
}

// width is that of the entry set in a line.
func (e entry) width() vg.Length {
	w := textStyle(labelSize).Width(e.text)
	if e.sample != nil {
		w += sampleWidth + sampleGap
	}
	return w
}

// draw sets the entry with its left end at (x, y), centred at y.
func (e entry) draw(c draw.Canvas, x, y vg.Length) {
	if e.sample != nil {
		e.sample(c, vg.Rectangle{Min: vg.Point{X: x, Y: y - sampleHeight/2}, Max: vg.Point{X: x + sampleWidth, Y: y + sampleHeight/2}})
		x += sampleWidth + sampleGap
	}
	sty := textStyle(labelSize)
	c.FillText(sty, vg.Point{X: x, Y: y - 0.35*labelSize}, e.text)
}

// cut is the entry with as much of its text as has room in a width.
func (e entry) cut(width vg.Length) entry {
	for text := []rune(e.text); len(text) > 0 && e.width() > width; {
		text = text[:len(text)-1]
		e.text = strings.TrimRight(string(text), " ") + "…"
	}
	return e
}

// lines breaks the entries into lines of at most width.
func lines(entries []entry, width vg.Length) [][]entry {
	var out [][]entry
	var used vg.Length
	for _, e := range entries {
		e = e.cut(width)
		if len(out) == 0 || used+e.width() > width {
			out = append(out, nil)
			used = 0
		}
		out[len(out)-1] = append(out[len(out)-1], e)
		used += e.width() + entryGap
	}
	return out
}

const legendLine = labelSize * 1.5

// aside labels the curves of a single panel at its right, each at the height
// where its curve ends or as near to it as its neighbours let it.
type aside struct {
	entries []entry
	at      []float64 // heights in data coordinates
}

const (
	asideGap   = vg.Length(8)
	asideWidth = vg.Length(160) // the most that an entry takes
	asideLine  = labelSize * 1.25
	mostAside  = 7 // entries that there is room for beside any panel
)

// more is the entry in the place of those that there is no room for.
func more(n int) entry { return entry{text: fmt.Sprintf("and %d more", n)} }

func (m *aside) add(e entry, at float64) {
	m.entries = append(m.entries, e.cut(asideWidth))
	m.at = append(m.at, at)
}

func (m aside) Plot(c draw.Canvas, p *gonum.Plot) {
	_, ty := p.Transforms(&c)
	y := make([]float64, len(m.at))
	for i, v := range m.at {
		y[i] = float64(ty(v))
	}
	lo, hi := c.Min.Y+labelSize/2, c.Max.Y-labelSize/2
	if room := max(1, 1+int((hi-lo)/asideLine)); len(m.entries) > room {
		m.entries = append(m.entries[:room-1:room-1], more(len(m.entries)-room+1))
		y = append(y[:room-1], float64(lo))
	}
	for i, h := range spread(y, float64(asideLine), float64(lo), float64(hi)) {
		m.entries[i].draw(c, c.Max.X+asideGap, vg.Length(h))
	}
}

// GlyphBoxes asks the panel for room at its right, and some more for a browser
// that has to take a wider font.
func (m aside) GlyphBoxes(*gonum.Plot) []gonum.GlyphBox {
	var width vg.Length
	for _, e := range m.entries {
		width = max(width, e.width())
	}
	if len(m.entries) > mostAside {
		width = max(width, more(len(m.entries)).width())
	}
	return []gonum.GlyphBox{{X: 1, Y: 0.5, Rectangle: vg.Rectangle{Max: vg.Point{X: asideGap + 1.1*width}}}}
}

// names are those of a figure's lines, which have one style and one entry of the
// legend for each name.
type names []string

// index is the number of a name and whether it is new; no name is always new.
func (n *names) index(name string) (i int, first bool) {
	if i := slices.Index(*n, name); i >= 0 && name != "" {
		return i, false
	}
	*n = append(*n, name)
	return len(*n) - 1, true
}

// spread moves heights to lie at least gap apart between lo and hi, in the same
// order, for which there must be room.
func spread(heights []float64, gap, lo, hi float64) []float64 {
	order := make([]int, len(heights))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { // upwards, of equal heights the first on top
		return cmp.Or(cmp.Compare(heights[a], heights[b]), b-a)
	})
	out := slices.Clone(heights)
	top := hi
	for k := len(order) - 1; k >= 0; k-- { // down from the top
		out[order[k]] = min(out[order[k]], top)
		top = out[order[k]] - gap
	}
	bottom := lo
	for _, i := range order { // and up from the bottom
		out[i] = max(out[i], bottom)
		bottom = out[i] + gap
	}
	return out
}
