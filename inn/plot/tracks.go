package plot

import (
	"fmt"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Track is one line of Tracks: a quantity y against another, x, in the order
// in which it was passed through.
type Track struct {
	Name string // the label at its end, once for tracks of one name, which have one style; empty: none
	X, Y []float64
}

// Tracks draws one line for each track, each with places of its own, such as the
// radii of several shells against time. Labels stand at the right at the height
// of each track's last point. The axis labels are as they should read: "R [pc]".
func Tracks(xLabel, yLabel string, tracks ...Track) (*gonum.Plot, error) {
	if len(tracks) == 0 {
		return nil, fmt.Errorf("plot: Tracks wants at least 1 track")
	}
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = xLabel, yLabel
	x, y := []float64{math.Inf(1), math.Inf(-1)}, []float64{math.Inf(1), math.Inf(-1)}
	var labels aside
	var drawn names
	for i, t := range tracks {
		pts, err := points(t.X, t.Y)
		if err != nil {
			return nil, fmt.Errorf("plot: Tracks: track %d %q: %w", i, t.Name, err)
		}
		x[0], x[1] = min(x[0], slices.Min(t.X)), max(x[1], slices.Max(t.X))
		y[0], y[1] = min(y[0], slices.Min(t.Y)), max(y[1], slices.Max(t.Y))
		n, first := drawn.index(t.Name)
		p.Add(curve{pts, lineStyle(n)})
		if t.Name != "" && first {
			labels.add(lineEntry(t.Name, lineStyle(n)), pts[len(pts)-1].y)
		}
	}
	p.X.Min, p.X.Max = padded(x[0], x[1])
	p.Y.Min, p.Y.Max = padded(y[0], y[1])
	if len(labels.entries) > 0 {
		p.Add(labels)
	}
	return p, nil
}

// Galaxies are points of BPT.
type Galaxies struct {
	Name string    // in the legend; sets of one name have one colour
	N2   []float64 // log [N II] 6584/Hα
	O3   []float64 // log [O III] 5007/Hβ
}

// BPT draws the diagram of Baldwin, Phillips and Terlevich 1981, which tells what
// ionises a gas: dots for the points, and two lines. Beyond that of Kewley et al.
// 2001 (their equation 5) no population of stars goes,
//
//	O3 = 0.61/(N2 - 0.47) + 1.19,
//
// and below that of Kauffmann et al. 2003 (their equation 1) are the galaxies
// whose light is that of stars,
//
//	O3 = 0.61/(N2 - 0.05) + 1.3.
func BPT(sets ...Galaxies) (*gonum.Plot, error) {
	if len(sets) == 0 {
		return nil, fmt.Errorf("plot: BPT wants at least 1 set of points")
	}
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "log [N II] 6584 / Hα", "log [O III] 5007 / Hβ"
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -2.5, 0.5, -1.5, 1.5
	var labels aside
	var drawn names
	for i, g := range sets {
		pts, err := points(g.N2, g.O3)
		if err != nil {
			return nil, fmt.Errorf("plot: BPT: set %d %q: %w", i, g.Name, err)
		}
		for _, q := range pts {
			p.X.Min = min(p.X.Min, q.x-0.1)
			p.Y.Min = min(p.Y.Min, q.y-0.1)
		}
		n, first := drawn.index(g.Name)
		clr := lineStyle(n).Color
		p.Add(dots{pts, bptDot, clr})
		if g.Name != "" && first {
			labels.add(entry{g.Name, func(c draw.Canvas, box vg.Rectangle) { dot(c, box, clr, spectrumDot) }}, p.Y.Min)
		}
	}
	for i, l := range []struct {
		name              string
		pole, above, last float64
	}{{"Kewley et al. 2001", 0.47, 1.19, 0.24}, {"Kauffmann et al. 2003", 0.05, 1.3, -0.16}} {
		var pts []point
		for k := range 201 {
			n2 := p.X.Min + (l.last-p.X.Min)*float64(k)/200
			if o3 := 0.61/(n2-l.pole) + l.above; o3 >= p.Y.Min {
				pts = append(pts, point{n2, o3})
			}
		}
		style := truthLine
		if i == 1 {
			style = pointLine
		}
		p.Add(curve{pts, style})
		labels.add(lineEntry(l.name, style), p.Y.Max-0.4*float64(i))
	}
	p.Add(labels)
	return p, nil
}

const bptDot = vg.Length(1.3)

// points pairs coordinates.
func points(x, y []float64) ([]point, error) {
	if len(x) < 1 || len(x) != len(y) {
		return nil, fmt.Errorf("%d values of x and %d of y", len(x), len(y))
	}
	pts := make([]point, len(x))
	for i := range x {
		if notFinite(x[i]) || notFinite(y[i]) {
			return nil, fmt.Errorf("point %d is (%v, %v)", i, x[i], y[i])
		}
		pts[i] = point{x[i], y[i]}
	}
	return pts, nil
}
