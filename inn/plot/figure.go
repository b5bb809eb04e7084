package plot

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"

	"github.com/innkeeper-notebook/innkeeper/inn/plot/svg"
)

// A Figure is a grid of panels under one legend. It shows itself in a
// notebook; Save writes it to a file.
type Figure struct {
	Width, Height vg.Length       // of the whole, in points; 4/3 pixels in a browser
	Panels        [][]*gonum.Plot // rows of panels, nil where there is none; all rows equally long

	rowNames []string // at the left of the rows, or nil
	legend   []entry
	bands    []int // of the rows, whose columns are in line within a band; nil: all are
}

// size sets the figure's size from that of its panels: w wide with their
// labels, h high without.
func (f *Figure) size(w, h vg.Length) {
	f.Width = max(vg.Length(len(f.Panels[0]))*w, leastWidth)
	f.Height = 2*margin + f.legendHeight()
	for _, row := range f.Panels {
		var labelled vg.Length
		for _, p := range row {
			if p != nil && p.X.Label.Text != "" {
				more := strings.Count(p.X.Label.Text, "\n")
				labelled = max(labelled, 28+vg.Length(more)*p.X.Label.TextStyle.Font.Size)
			}
		}
		f.Height += h + labelled + panelGap
	}
}

// legendHeight is what the legend takes of the figure's height.
func (f *Figure) legendHeight() vg.Length {
	if len(f.legend) == 0 {
		return 0
	}
	return vg.Length(len(lines(f.legend, f.Width-2*margin)))*legendLine + 5
}

const (
	margin     = vg.Length(4) // around the figure
	panelGap   = vg.Length(9)
	leastWidth = vg.Length(300)
)

// rowNameWidth is the room for the names of the rows.
const rowNameWidth = labelSize * 1.6

// draw draws the figure; gonum/plot panics on what it cannot draw, which here
// becomes an error.
func (f *Figure) draw(canvas vg.CanvasSizer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("plot: the figure cannot be drawn: %v", r)
		}
	}()
	c := draw.New(canvas)
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())

	c = f.inside(c)
	for i, line := range lines(f.legend, f.Width-2*margin) {
		x := c.Min.X
		for _, e := range line {
			e.draw(c, x, c.Max.Y-(vg.Length(i)+0.5)*legendLine)
			x += e.width() + entryGap
		}
	}
	canvases := f.layOut(c)
	below := c
	below.Max.Y -= f.legendHeight()
	names := f.foldedNames(below)
	for i, row := range f.Panels {
		for j, p := range row {
			if p != nil {
				panel := *p
				panel.BackgroundColor = nil // the figure has it
				panel.Draw(canvases[i][j])
			}
		}
		if f.named() {
			sty := textStyle(labelSize + 1)
			sty.Rotation = math.Pi / 2
			sty.XAlign = draw.XCenter
			data := row[0].DataCanvas(canvases[i][0])
			// Rotated, the lines go from the left to the right.
			c.FillText(sty, vg.Point{X: c.Min.X + labelSize + vg.Length(textLines(names[i])-1)*sty.Font.Size, Y: data.Center().Y}, names[i])
		}
	}
	return nil
}

// inside is the canvas without its margin.
func (f *Figure) inside(c draw.Canvas) draw.Canvas {
	return draw.Crop(c, margin, -margin, margin, -margin)
}

// layOut gives each panel its part of the canvas, below the legend.
func (f *Figure) layOut(c draw.Canvas) [][]draw.Canvas {
	c.Max.Y -= f.legendHeight()
	tiles := f.tiles()
	if f.named() {
		tiles.PadLeft = rowNameWidth
		for _, name := range f.foldedNames(c) {
			tiles.PadLeft = max(tiles.PadLeft, rowNameWidth+vg.Length(textLines(name)-1)*(labelSize+1))
		}
	}
	canvases := gonum.Align(f.Panels, tiles, c)
	if f.bands != nil {
		c.Min.X += tiles.PadLeft
		f.space(canvases, c)
	}
	return canvases
}

func (f *Figure) tiles() draw.Tiles {
	return draw.Tiles{Rows: len(f.Panels), Cols: len(f.Panels[0]), PadX: panelGap, PadY: panelGap}
}

// foldedNames are the names of the rows in lines that have room beside their panels on a canvas below the legend,
// three at most.
func (f *Figure) foldedNames(c draw.Canvas) []string {
	names := slices.Clone(f.rowNames)
	var canvases [][]draw.Canvas // made when a name may have no room
	for i, name := range names {
		if textStyle(labelSize+1).Width(name) <= shortName {
			continue
		}
		if canvases == nil {
			canvases = gonum.Align(f.Panels, f.tiles(), c)
		}
		room := f.Panels[i][0].DataCanvas(canvases[i][0]).Size().Y * labelSize / (labelSize + 1) // as folded and cut measure
		names[i] = folded(name, room)
		if parts := strings.Split(names[i], "\n"); len(parts) > mostNameLines {
			last := entry{text: strings.Join(parts[mostNameLines-1:], " ")}.cut(room)
			names[i] = strings.Join(append(parts[:mostNameLines-1:mostNameLines-1], last.text), "\n")
		}
	}
	return names
}

// A row's name is folded when it is longer than shortName and its panels.
const (
	shortName     = vg.Length(40)
	mostNameLines = 3
)

// space moves the panels sideways, so that within a band the gaps between them are
// the same, and their data of one width in all bands.
func (f *Figure) space(canvases [][]draw.Canvas, c draw.Canvas) {
	type beside struct{ left, right vg.Length } // the data, for axes
	around := func(row, i int) beside {
		all, data := canvases[row][i], f.Panels[row][i].DataCanvas(canvases[row][i])
		return beside{data.Min.X - all.Min.X, all.Max.X - data.Max.X}
	}
	var before, after vg.Length // the first column and the last
	gaps, panels := map[int]vg.Length{}, map[int]int{}
	for k, row := range f.Panels {
		var b beside
		for i, p := range row {
			if p == nil {
				break
			}
			last := b
			if b = around(k, i); i == 0 {
				before = max(before, b.left)
			} else {
				gaps[f.bands[k]] = max(gaps[f.bands[k]], last.right+panelGap+b.left)
			}
			panels[f.bands[k]] = max(panels[f.bands[k]], i+1)
		}
		after = max(after, b.right)
	}
	width := vg.Length(math.Inf(1))
	for band, n := range panels {
		width = min(width, (c.Max.X-c.Min.X-before-after-vg.Length(n-1)*gaps[band])/vg.Length(n))
	}
	for k, row := range f.Panels {
		for i, p := range row {
			if p == nil {
				break
			}
			b := around(k, i)
			x := c.Min.X + before + vg.Length(i)*(width+gaps[f.bands[k]])
			canvases[k][i].Min.X, canvases[k][i].Max.X = x-b.left, x+width+b.right
		}
	}
}

func (f *Figure) named() bool {
	return slices.ContainsFunc(f.rowNames, func(s string) bool { return s != "" })
}

// render draws the figure on a canvas and returns the canvas's file.
func (f *Figure) render(canvas interface {
	vg.CanvasSizer
	io.WriterTo
}) ([]byte, error) {
	if err := f.draw(canvas); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("plot: %w", err)
	}
	return b.Bytes(), nil
}

// SVG is the figure as a scalable drawing.
func (f *Figure) SVG() (string, error) {
	b, err := f.render(svg.New(f.Width, f.Height))
	return string(b), err
}

// PNG is the figure as an image of 192 pixels an inch, twice what a browser
// shows it at.
func (f *Figure) PNG() ([]byte, error) {
	return f.render(vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.Width, f.Height), vgimg.UseDPI(192))})
}

// String says what the figure is, where only text can be shown.
func (f *Figure) String() string {
	n := 0
	for _, row := range f.Panels {
		for _, p := range row {
			if p != nil {
				n++
			}
		}
	}
	return fmt.Sprintf("a figure of %d panels", n)
}

// Save writes the figure to a file ending in .svg, .png or .pdf. A file that
// is there already is replaced as a whole or not at all.
func (f *Figure) Save(path string) error {
	if f == nil {
		return errors.New("plot: there is no figure to save: the error that came with it says why")
	}
	var data []byte
	var err error
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".svg":
		var s string
		s, err = f.SVG()
		data = []byte(s)
	case ".png":
		data, err = f.PNG()
	case ".pdf":
		data, err = f.render(vgpdf.New(f.Width, f.Height))
	default:
		err = fmt.Errorf("plot: cannot save a figure as %q: use a name ending in .svg, .png or .pdf", path)
	}
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("plot: saving a figure: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return fmt.Errorf("plot: saving a figure: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("plot: saving a figure: %w", err)
	}
	return nil
}
