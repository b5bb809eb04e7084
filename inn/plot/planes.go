package plot

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/plot/svg"
)

// PlanesSettings are the settings of Planes; nil means the defaults.
type PlanesSettings struct {
	Params  []string // the two parameters shown, by name; nil: the first two
	Columns int      // panels in a row; 0: 4
	Dots    int      // draws shown of each group, the first ones; 0: 250
}

// A Plane is one panel of Planes.
type Plane struct {
	Title  string // above the panel, such as the method
	Note   string // below it, such as its measures; may have several lines
	Groups []Group
}

// A Group are draws of one colour, such as those of a posterior for one label.
type Group struct {
	Name  string // in the legend; groups of one name have one colour, that of the first
	Draws *inn.Samples
	Color color.Color // nil: the next of the palette
}

// Planes draws the joint distribution of two parameters in several panels of the
// same axes, one dot a draw: the paper's Figures 2 and 6, where a panel is a
// method and a colour the label that it was given.
//
// The first panel sets the axes, so give the truth or the prior there. They have
// one scale, so that round is round, and neither names nor ticks, as in the paper. Parameters with a unit have axes with names
// and ticks; so have those of which one has more than three times the other's range, and each its own scale. Draws beyond them are not shown, and the
// panel's note says how many those are when they are 1 % or more.
func Planes(set *PlanesSettings, panels ...Plane) (*Figure, error) {
	if set == nil {
		set = &PlanesSettings{}
	}
	o := *set
	if o.Columns == 0 {
		o.Columns = 4
	}
	if o.Dots == 0 {
		o.Dots = 250
	}
	if o.Columns < 1 || o.Dots < 1 {
		return nil, fmt.Errorf("plot: Planes: Columns is %d and Dots is %d, want at least 1 each", o.Columns, o.Dots)
	}
	s, err := newPlanes(&o, panels)
	if err != nil {
		return nil, err
	}
	f := &Figure{}
	cols := min(len(panels), o.Columns)
	notes := 0
	for band := range slices.Chunk(panels, cols) {
		row := make([]*gonum.Plot, cols)
		for k, p := range band {
			row[k] = s.panel(p)
			if s.axes {
				s.addAxes(row[k], k == 0, pageWidth/vg.Length(max(cols, 3)))
			}
			notes = max(notes, textLines(row[k].X.Label.Text))
		}
		f.Panels = append(f.Panels, row)
	}
	for i, name := range s.names {
		if name == "" {
			continue
		}
		f.legend = append(f.legend, dotted(entry{name, func(draw.Canvas, vg.Rectangle) {}}, s.colours[i], 2.5))
	}
	width := pageWidth / vg.Length(max(cols, 3))
	f.size(width, width-panelGap-4+headingHeight+vg.Length(max(0, notes-2))*labelSize*1.2)
	if s.axes { // make the panels square
		data := f.Panels[0][0].DataCanvas(f.layOut(f.inside(draw.New(svg.New(f.Width, f.Height))))[0][0])
		f.Height += vg.Length(len(f.Panels)) * (data.Max.X - data.Min.X - data.Max.Y + data.Min.Y)
	}
	return f, nil
}

// planes is what the panels share.
type planes struct {
	*PlanesSettings
	vars    []inn.Var
	a, b    int           // the columns shown
	ranges  [2][2]float64 // of the axes
	axes    bool          // with names and ticks
	names   []string      // of the groups
	colours []color.Color // and their colours
}

func newPlanes(o *PlanesSettings, panels []Plane) (*planes, error) {
	s := &planes{PlanesSettings: o, a: 0, b: 1}
	for i, p := range panels {
		if len(p.Groups) == 0 {
			return nil, fmt.Errorf("plot: Planes: panel %d, %q, has no groups of draws", i, p.Title)
		}
		for _, g := range p.Groups {
			if err := usable(g.Draws); err != nil {
				return nil, fmt.Errorf("plot: Planes, panel %q, draws of %q: %w", p.Title, g.Name, err)
			}
			if s.vars == nil {
				s.vars = g.Draws.Vars
			}
			if !slices.Equal(s.vars, g.Draws.Vars) {
				return nil, fmt.Errorf("plot: Planes: the draws of %q in panel %q are of other parameters than the first", g.Name, p.Title)
			}
			if !slices.Contains(s.names, g.Name) {
				s.colours = append(s.colours, g.Color)
				if g.Color == nil {
					s.colours[len(s.names)] = palette[len(s.names)%len(palette)]
				}
				s.names = append(s.names, g.Name)
			}
		}
	}
	if s.vars == nil {
		return nil, fmt.Errorf("plot: Planes has no panels: give at least one plot.Plane with draws")
	}
	if len(s.vars) < 2 {
		return nil, fmt.Errorf("plot: Planes wants draws of at least two parameters, not of %s alone", s.vars[0].Name)
	}
	if o.Params != nil {
		if len(o.Params) != 2 {
			return nil, fmt.Errorf("plot: Planes: Params wants the names of two parameters, not %d", len(o.Params))
		}
		for i, to := range []*int{&s.a, &s.b} {
			j, err := panels[0].Groups[0].Draws.Index(o.Params[i])
			if err != nil {
				return nil, fmt.Errorf("plot: Planes: %w", err)
			}
			*to = j
		}
	}
	s.measure(panels[0].Groups)
	return s, nil
}

// measure sets the axes by the draws of the first panel: all but the outermost
// 0.1 % at each end, and a margin; both as long as the longer, unless that is more than oneScale times the other.
func (s *planes) measure(groups []Group) {
	var spans [2]float64
	for i, j := range []int{s.a, s.b} {
		var all []float64
		for _, g := range groups {
			all = append(all, column(g.Draws, j)...)
		}
		lo, hi := central(all, 0.998)
		if lo == hi {
			lo, hi = lo-1, hi+1
		}
		s.ranges[i] = [2]float64{lo, hi}
		spans[i] = 1.3 * (hi - lo)
	}
	own := max(spans[0], spans[1]) > oneScale*min(spans[0], spans[1])
	s.axes = own || s.vars[s.a].Unit != "" || s.vars[s.b].Unit != ""
	for i, r := range s.ranges {
		span := spans[i]
		if !own {
			span = max(spans[0], spans[1])
		}
		mid := (r[0] + r[1]) / 2
		s.ranges[i] = [2]float64{mid - span/2, mid + span/2}
	}
}

// oneScale is how many times as long as the other axis one is at most if both have one scale.
const oneScale = 3

// addAxes names the axes of a panel, whose note is below the name; those of a row share their vertical one.
func (s *planes) addAxes(p *gonum.Plot, first bool, width vg.Length) {
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks{room: 2 * width / 3}, ticks{}
	p.X.Label.Text = strings.TrimSpace(s.vars[s.a].Label() + "\n\n" + p.X.Label.Text)
	if first {
		p.Y.Label.Text = s.vars[s.b].Label()
	} else {
		p.Y.Tick.Marker = bare{ticks{}}
	}
}

func (s *planes) panel(plane Plane) *gonum.Plot {
	p := newPlot()
	p.X.Min, p.X.Max = s.ranges[0][0], s.ranges[0][1]
	p.Y.Min, p.Y.Max = s.ranges[1][0], s.ranges[1][1]
	p.X.Tick.Marker, p.Y.Tick.Marker = gonum.ConstantTicks(nil), gonum.ConstantTicks(nil)
	p.Add(frame{}, heading(plane.Title))
	outside, all := 0, 0
	for _, g := range plane.Groups {
		p.Add(dots{pairs(g.Draws, s.a, s.b, s.Dots), 0.8, s.colours[slices.Index(s.names, g.Name)]})
		for i := range g.Draws.Len() {
			x, y := g.Draws.Row(i)[s.a], g.Draws.Row(i)[s.b]
			if x < p.X.Min || x > p.X.Max || y < p.Y.Min || y > p.Y.Max {
				outside++
			}
			all++
		}
	}
	p.X.Label.Text = plane.Note
	if share := float64(outside) / float64(all); share >= 0.01 {
		if p.X.Label.Text != "" {
			p.X.Label.Text += "\n"
		}
		p.X.Label.Text += percent(share) + " beyond the axes"
	}
	return p
}

// textLines is the number of lines of a text.
func textLines(s string) int {
	if s == "" {
		return 0
	}
	return strings.Count(s, "\n") + 1
}
