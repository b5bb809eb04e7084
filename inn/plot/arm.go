package plot

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn/plot/svg"
)

// ArmsSettings are the settings of Arms; nil means the defaults.
type ArmsSettings struct {
	Lengths []float64 // of the arm's segments; nil: 0.5, 0.5 and 1, the paper's
	Truth   []float64 // a pose that is known; nil: not drawn
	Poses   int       // the draws shown, the first ones; 100

	// Cumulative says that each joint turns against the segment before it, as
	// sim.KinematicsSettings.Cumulative does; false: equations 13 and 14 of the
	// paper. Angles and the order of y differ, see sim.Kinematics.
	Cumulative bool
}

// Arms draws poses of a planar arm that reach for y, the paper's Figure 3: a
// panel for each method, in which faint lines are draws of p(x | y), the bold
// line is the row's Point (the paper takes the most probable pose), the dashed
// one the truth, and the cross is y. The contour holds 97 % of the ends of all
// the draws.
//
// A pose is where the arm sits on its rail, drawn upright at the left, and the
// angle [rad] of each of its joints: 1 + len(Lengths) values. Both directions
// have the same scale.
func Arms(set *ArmsSettings, y []float64, rows ...Row) (*Figure, error) {
	a := arms{}
	if set != nil {
		a.ArmsSettings = *set
	}
	if a.Lengths == nil {
		a.Lengths = []float64{0.5, 0.5, 1}
	}
	if a.Poses == 0 {
		a.Poses = 100
	}
	if err := a.check(y, rows); err != nil {
		return nil, err
	}
	target := point{y[1], y[0]}
	if a.Cumulative {
		target = point{y[0], y[1]}
	}
	f := &Figure{Panels: [][]*gonum.Plot{{}}}
	bold := false
	for i, row := range rows {
		p := newPlot()
		p.Title.Text = row.Name
		p.X.Label.Text = "away from the rail"
		if i == 0 {
			p.Y.Label.Text = "along the rail"
		}
		a.add(p, row, target, i)
		bold = bold || row.Point != nil
		f.Panels[0] = append(f.Panels[0], p)
	}
	f.legend = a.legend(bold)
	f.size(min(armWidth, pageWidth/vg.Length(len(rows))), armHeight)
	a.scale(f, rows, target)
	return f, nil
}

const (
	armWidth  = vg.Length(300)
	armHeight = vg.Length(210)
	endShare  = 0.97 // of the ends, within the contour
)

type arms struct{ ArmsSettings }

func (a *arms) check(y []float64, rows []Row) error {
	if len(rows) == 0 {
		return fmt.Errorf("plot: Arms has no rows: give at least one plot.Row with posterior draws")
	}
	if len(y) != 2 || slices.ContainsFunc(y, notFinite) {
		return fmt.Errorf("plot: Arms: y = %v, want the two coordinates of the arm's end", y)
	}
	if a.Poses < 0 {
		return fmt.Errorf("plot: Arms: Poses is %d", a.Poses)
	}
	for i, l := range a.Lengths {
		if !(l > 0) || math.IsInf(l, 1) {
			return fmt.Errorf("plot: Arms: segment %d is %v long", i, l)
		}
	}
	pose := func(what string, x []float64) error {
		if len(x) != 1+len(a.Lengths) {
			return fmt.Errorf("plot: Arms: %s has %d values, but a pose of %d segments has %d", what, len(x), len(a.Lengths), 1+len(a.Lengths))
		}
		if i := slices.IndexFunc(x, notFinite); i >= 0 {
			return fmt.Errorf("plot: Arms: value %d of %s is %v", i, what, x[i])
		}
		return nil
	}
	if a.Truth != nil {
		if err := pose("the truth", a.Truth); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if err := usable(r.Draws); err != nil {
			return fmt.Errorf("plot: Arms, draws of %q: %w", r.Name, err)
		}
		if err := pose(fmt.Sprintf("a draw of %q", r.Name), r.Draws.Row(0)); err != nil {
			return err
		}
		if r.Point != nil {
			if err := pose("the point estimate of "+r.Name, r.Point); err != nil {
				return err
			}
		}
	}
	return nil
}

// joints are the points of the arm in pose x, from the rail to its end, with the
// way from the rail as x and the way along it as y (equations 13 and 14).
func (a *arms) joints(x []float64) []point {
	at := point{0, x[0]}
	points := []point{at}
	before := 0.0 // sum of the angles so far
	for i, l := range a.Lengths {
		turn := x[i+1] - before
		if a.Cumulative {
			turn = x[i+1] + before
		}
		before += x[i+1]
		at = point{at.x + l*math.Cos(turn), at.y + l*math.Sin(turn)}
		points = append(points, at)
	}
	return points
}

// add draws one method's poses.
func (a *arms) add(p *gonum.Plot, row Row, target point, method int) {
	n := row.Draws.Len()
	ends, endX, endY := make([]point, n), make([]float64, n), make([]float64, n)
	for i := range ends {
		joints := a.joints(row.Draws.Row(i))
		ends[i] = joints[len(joints)-1]
		endX[i], endY[i] = ends[i].x, ends[i].y
		if i < a.Poses {
			p.Add(curve{joints, faint(method)})
		}
	}
	slices.Sort(endX)
	slices.Sort(endY)
	p.Add(upright{0, railLine}, newContour(ends, newGridAxis(endX), newGridAxis(endY), contourLine, endShare))
	if a.Truth != nil {
		p.Add(curve{a.joints(a.Truth), truthLine})
	}
	if row.Point != nil {
		joints := a.joints(row.Point)
		p.Add(curve{joints, boldLine(method)}, dots{joints, 2.6, palette[method%len(palette)]})
	}
	p.Add(cross{target, ink, false})
}

// scale sets the ranges of all panels alike: what holds the arms shown, with
// one scale for both directions.
func (a *arms) scale(f *Figure, rows []Row, target point) {
	lo, hi := point{min(0, target.x), target.y}, point{max(0, target.x), target.y}
	hold := func(x []float64) {
		for _, j := range a.joints(x) {
			lo, hi = point{min(lo.x, j.x), min(lo.y, j.y)}, point{max(hi.x, j.x), max(hi.y, j.y)}
		}
	}
	for _, r := range rows {
		for i := range min(r.Draws.Len(), a.Poses) {
			hold(r.Draws.Row(i))
		}
		if r.Point != nil {
			hold(r.Point)
		}
	}
	if a.Truth != nil {
		hold(a.Truth)
	}
	lo.x, hi.x = padded(lo.x, hi.x)
	lo.y, hi.y = padded(lo.y, hi.y)
	// Twice, because the numbers at the axes decide how much room is left.
	for range 2 {
		canvas := draw.Crop(draw.New(svg.New(f.Width, f.Height)), margin, -margin, margin, -margin)
		area := f.Panels[0][0].DataCanvas(f.layOut(canvas)[0][0]).Size()
		unit := max((hi.x-lo.x)/float64(area.X), (hi.y-lo.y)/float64(area.Y)) // of data, a point
		halfX, halfY := unit*float64(area.X)/2, unit*float64(area.Y)/2
		for _, p := range f.Panels[0] {
			p.X.Min, p.X.Max = (lo.x+hi.x)/2-halfX, (lo.x+hi.x)/2+halfX
			p.Y.Min, p.Y.Max = (lo.y+hi.y)/2-halfY, (lo.y+hi.y)/2+halfY
		}
	}
}

func (a *arms) legend(bold bool) []entry {
	es := []entry{lineEntry("draws of p(x | y)", faint(0))}
	if bold {
		es = append(es, lineEntry("point estimate", boldLine(0)))
	}
	if a.Truth != nil {
		es = append(es, lineEntry("truth", truthLine))
	}
	return append(es,
		entry{"y", func(c draw.Canvas, box vg.Rectangle) {
			cross{color: ink}.draw(c, box.Min.Add(box.Max).Scale(0.5))
		}},
		lineEntry(fmt.Sprintf("%.0f %% of the ends", 100*endShare), contourLine))
}

var (
	railLine    = draw.LineStyle{Color: grey, Width: 3}
	contourLine = draw.LineStyle{Color: ink, Width: 0.8}
)

// faint lines show by their overlap where draws are many.
func faint(method int) draw.LineStyle {
	r, g, b, _ := palette[method%len(palette)].RGBA()
	return draw.LineStyle{Color: color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0x48}, Width: 0.7}
}

func boldLine(method int) draw.LineStyle {
	return draw.LineStyle{Color: palette[method%len(palette)], Width: 2.6}
}
