package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
)

// MarginalsSettings are the settings of Marginals; nil means the defaults.
type MarginalsSettings struct {
	Params []string     // the parameters shown, by name; nil: all
	Prior  *inn.Samples // drawn as a grey area behind the posteriors; nil: none
	Truth  []float64    // the true x, one value a parameter of the draws; nil: not drawn

	// Plane names parameters whose joint posterior is drawn: of two in the last
	// panel, one dot a draw; of more in rows of their own, a panel for each pair,
	// with the outlines that hold 50 and 90 % of the draws, and 90 % of the
	// prior's. Nil: none.
	Plane []string
}

// A Row is one posterior in Marginals.
type Row struct {
	Name  string       // the method, at the left
	Draws *inn.Samples // of p(x | y*)
	Point []float64    // a point estimate of x, one value a parameter; nil: not drawn
}

// marginalsInRow is how many panels stand in a row before it is broken.
const (
	marginalsInRow = 6
	marginalWidth  = pageWidth / marginalsInRow
	marginalHeight = vg.Length(88)
)

// Marginals draws the posteriors of chosen parameters given one measurement,
// the paper's Figure 4: a row of panels for each method, in each panel the
// posterior's density, the prior's as a grey area, the truth as a dashed line
// and the point estimate as a dash-dotted one.
//
// Densities are kernel estimates (metric.KDE). An end of the
// prior's range towards which its density does not fall off is a wall at which the estimates
// reflect, so that a uniform density keeps its edges; draws beyond it are shown where they are.
// A parameter whose prior, or without one whose posteriors, have at most 20 values, all of
// them whole numbers, has bars, as high as their shares; so have such draws of it.
// Every panel has its own height: the grey area is the measure of the line. Where all
// posteriors, the truth and the point estimates lie within a fiftieth of the prior's range,
// the panel shows that part of it, three times as wide as they are.
//
// Draws, prior and truth must be of the same parameters. A parameter whose
// draws are all the same has no density and is an error.
func Marginals(set *MarginalsSettings, rows ...Row) (*Figure, error) {
	if set == nil {
		set = &MarginalsSettings{}
	}
	m, err := newMarginals(set, rows)
	if err != nil {
		return nil, err
	}
	f := &Figure{}
	var panels errgroup.Group
	panels.SetLimit(runtime.GOMAXPROCS(0))
	for b, band := range m.bands() {
		for i, row := range rows {
			line := make([]*gonum.Plot, m.columns())
			for k, c := range band {
				panels.Go(func() (err error) {
					if line[k], err = m.panel(row, c); err != nil {
						return fmt.Errorf("plot: Marginals of %q, parameter %s: %w", row.Name, m.vars[c.a].Name, err)
					}
					if i < len(rows)-1 { // the lowest row has the labels
						line[k].X.Label.Text = ""
						line[k].X.Tick.Marker = bare{line[k].X.Tick.Marker}
					}
					if k == 0 && c.b < 0 {
						line[k].Y.Label.Text = "density"
						if m.barred(row.Draws, c.a) {
							line[k].Y.Label.Text = "share"
						}
					}
					return nil
				})
			}
			f.Panels = append(f.Panels, line)
			f.rowNames = append(f.rowNames, row.Name)
			if len(m.pairs) > 1 {
				f.bands = append(f.bands, b)
			}
		}
	}
	if err := panels.Wait(); err != nil {
		return nil, err
	}
	f.legend = m.legend(rows)
	f.size(marginalWidth, marginalHeight)
	return f, nil
}

// marginals is what the panels share.
type marginals struct {
	*MarginalsSettings
	vars   []inn.Var
	shown  []int                  // columns of vars
	pairs  []content              // of the plane
	ranges [][2]float64           // of each parameter's axis
	walls  [][2]float64           // of the prior, infinite where it has none; zeros without a prior
	steps  []float64              // between neighbouring whole values; 0 where there are others
	sorted map[columnOf][]float64 // of the prior and the posteriors
}

// A columnOf names a column of draws.
type columnOf struct {
	draws *inn.Samples
	col   int
}

// A content of a panel is the marginal of column a, or with b not negative the
// joint distribution of both.
type content struct{ a, b int }

// columns is how many panels stand in a row.
func (m *marginals) columns() int {
	n := max(len(m.shown), len(m.pairs))
	if len(m.pairs) == 1 {
		n = len(m.shown) + 1
	}
	return min(n, marginalsInRow)
}

// bands are the rows of panels.
func (m *marginals) bands() (bands [][]content) {
	var row []content
	for _, j := range m.shown {
		row = append(row, content{j, -1})
	}
	if len(m.pairs) == 1 {
		row = append(row, m.pairs...)
	}
	bands = slices.Collect(slices.Chunk(row, m.columns()))
	if len(m.pairs) > 1 {
		bands = append(bands, slices.Collect(slices.Chunk(m.pairs, m.columns()))...)
	}
	return bands
}

func newMarginals(set *MarginalsSettings, rows []Row) (*marginals, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("plot: Marginals has no rows: give at least one plot.Row with posterior draws")
	}
	m := &marginals{MarginalsSettings: set, sorted: map[columnOf][]float64{}}
	for _, r := range rows {
		if err := usable(r.Draws); err != nil {
			return nil, fmt.Errorf("plot: Marginals, draws of %q: %w", r.Name, err)
		}
		if m.vars == nil {
			m.vars = r.Draws.Vars
		}
		if !slices.Equal(m.vars, r.Draws.Vars) {
			return nil, fmt.Errorf("plot: Marginals: the draws of %q and %q are of different parameters", rows[0].Name, r.Name)
		}
		if err := vector("the point estimate of "+r.Name, r.Point, m.vars); err != nil {
			return nil, err
		}
	}
	if set.Prior != nil {
		if err := usable(set.Prior); err != nil {
			return nil, fmt.Errorf("plot: Marginals, draws of the prior: %w", err)
		}
		if !slices.Equal(m.vars, set.Prior.Vars) {
			return nil, fmt.Errorf("plot: Marginals: the draws of %q and of the prior are of different parameters", rows[0].Name)
		}
	}
	if err := vector("the truth", set.Truth, m.vars); err != nil {
		return nil, err
	}
	if set.Params == nil {
		for j := range m.vars {
			m.shown = append(m.shown, j)
		}
	}
	for _, name := range set.Params {
		j, err := rows[0].Draws.Index(name)
		if err != nil {
			return nil, fmt.Errorf("plot: Marginals: %w", err)
		}
		m.shown = append(m.shown, j)
	}
	if set.Plane != nil && len(set.Plane) < 2 {
		return nil, fmt.Errorf("plot: Marginals: Plane wants the names of two parameters or more, not %d", len(set.Plane))
	}
	var plane []int
	for _, name := range set.Plane {
		j, err := rows[0].Draws.Index(name)
		if err != nil {
			return nil, fmt.Errorf("plot: Marginals: Plane: %w", err)
		}
		for _, i := range plane {
			m.pairs = append(m.pairs, content{i, j})
		}
		plane = append(plane, j)
	}
	m.measure(rows)
	return m, nil
}

// usable says what keeps draws from being drawn.
func usable(s *inn.Samples) error {
	if s == nil {
		return fmt.Errorf("there are none")
	}
	if err := s.Check(); err != nil {
		return err
	}
	if s.Len() < 2 {
		return fmt.Errorf("%d are too few, want at least 2", s.Len())
	}
	return nil
}

// vector checks values that go with vars, or nil.
func vector(what string, v []float64, vars []inn.Var) error {
	if v != nil && len(v) != len(vars) {
		return fmt.Errorf("plot: Marginals: %s has %d values, but there are %d parameters", what, len(v), len(vars))
	}
	for j, e := range v {
		if math.IsNaN(e) || math.IsInf(e, 0) {
			return fmt.Errorf("plot: Marginals: %s has %s = %v", what, vars[j].Name, e)
		}
	}
	return nil
}

// measure finds the range of every parameter: what holds all but 0.5 % of the
// posteriors at each end, the truth and the point estimates, and all but 0.1 % of the
// prior unless it is so much wider that the posteriors would be needles; and a margin.
func (m *marginals) measure(rows []Row) {
	m.ranges = make([][2]float64, len(m.vars))
	m.walls = make([][2]float64, len(m.vars))
	m.steps = make([]float64, len(m.vars))
	for j := range m.vars {
		var deciding [][]float64 // columns
		if m.Prior != nil {
			deciding = append(deciding, m.sort(m.Prior, j))
		}
		for _, r := range rows {
			col := m.sort(r.Draws, j)
			if m.Prior == nil {
				deciding = append(deciding, col)
			}
		}
		m.steps[j] = step(deciding)
		lo, hi := math.Inf(1), math.Inf(-1)
		hold := func(a, b float64) { lo, hi = min(lo, a-m.steps[j]/2), max(hi, b+m.steps[j]/2) }
		for _, r := range rows {
			hold(central(m.sorted[columnOf{r.Draws, j}], 0.99))
			if r.Point != nil {
				hold(r.Point[j], r.Point[j])
			}
		}
		if m.Truth != nil {
			hold(m.Truth[j], m.Truth[j])
		}
		if m.Prior != nil {
			prior := m.sorted[columnOf{m.Prior, j}]
			if m.steps[j] == 0 {
				m.walls[j][0], m.walls[j][1] = scale.Walls(prior)
			}
			const needle = 1. / 50
			if a, b := central(prior, 0.998); hi-lo < needle*(b-a) && hi > lo && m.steps[j] == 0 {
				lo, hi = lo-(hi-lo), hi+(hi-lo)
			} else {
				hold(a, b)
			}
		}
		margin := 0.06 * (hi - lo)
		m.ranges[j] = [2]float64{lo - margin, hi + margin}
	}
}

// mostBars is how many values a parameter has bars for.
const mostBars = 20

// whole are the values of a sorted column if they are few and whole numbers.
func whole(col []float64) (values []float64, ok bool) {
	for i, v := range col {
		if v != math.Trunc(v) {
			return nil, false
		}
		if i == 0 || v != col[i-1] {
			if values = append(values, v); len(values) > mostBars {
				return nil, false
			}
		}
	}
	return values, true
}

// step is the least difference of the values of columns that all have few, whole
// and repeated ones, or 0.
func step(cols [][]float64) float64 {
	const repeats = 3 // on average
	var all []float64
	for _, col := range cols {
		values, ok := whole(col)
		if !ok || len(col) < repeats*len(values) {
			return 0
		}
		all = append(all, values...)
	}
	slices.Sort(all)
	least := 0.0
	for i, v := range all[1:] {
		if d := v - all[i]; d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	return least
}

// barred reports whether draws of parameter j have bars.
func (m *marginals) barred(s *inn.Samples, j int) bool {
	_, ok := whole(m.sorted[columnOf{s, j}])
	return ok && m.steps[j] > 0
}

// shares are the outline of bars, as high as a density that has the same shares.
func (m *marginals) shares(s *inn.Samples, j int) (pts []point) {
	const filled = 0.8 // of the room
	col, half := m.sorted[columnOf{s, j}], filled*m.steps[j]/2
	for first := 0; first < len(col); {
		at, end := col[first], first
		for end < len(col) && col[end] == at {
			end++
		}
		high := float64(end-first) / float64(len(col)) / m.steps[j]
		pts = append(pts, point{at - half, 0}, point{at - half, high}, point{at + half, high}, point{at + half, 0})
		first = end
	}
	return pts
}

// sort sorts a column, once for all that is drawn of it.
func (m *marginals) sort(s *inn.Samples, j int) []float64 {
	col := column(s, j)
	slices.Sort(col)
	m.sorted[columnOf{s, j}] = col
	return col
}

// central is the central interval of finite values.
func central(values []float64, q float64) (lo, hi float64) {
	lo, hi, _ = metric.Interval(values, q)
	return lo, hi
}

func column(s *inn.Samples, j int) []float64 {
	col := make([]float64, s.Len())
	for i := range col {
		col[i] = s.Row(i)[j]
	}
	return col
}

func (m *marginals) panel(row Row, c content) (*gonum.Plot, error) {
	if c.b >= 0 {
		return m.planePanel(row, c.a, c.b), nil
	}
	return m.marginalPanel(row, c.a)
}

// marginalPanel is the marginal posterior of parameter j.
func (m *marginals) marginalPanel(row Row, j int) (*gonum.Plot, error) {
	p := newPlot()
	p.X.Min, p.X.Max = m.ranges[j][0], m.ranges[j][1]
	p.X.Tick.Marker = ticks{0.85 * marginalWidth}
	p.X.Label.Text = folded(m.vars[j].Label(), marginalWidth-panelGap)
	p.Y.Tick.Marker = gonum.ConstantTicks(nil)
	p.Y.Min, p.Y.Max = 0, 0
	if m.Prior != nil {
		prior, err := m.density(m.Prior, j)
		if err != nil {
			return nil, err
		}
		p.Y.Max = top(prior)
		p.Add(area{prior, grey})
	}
	post, err := m.density(row.Draws, j)
	if err != nil {
		return nil, err
	}
	p.Y.Max = 1.08 * max(p.Y.Max, top(post))
	p.Add(curve{support(post), lineStyle(0)})
	if row.Point != nil {
		p.Add(upright{row.Point[j], pointLine})
	}
	if m.Truth != nil {
		p.Add(upright{m.Truth[j], truthLine})
	}
	return p, nil
}

// density is the density of column j over its axis, or its bars. Draws that are
// all the same have a narrow peak.
func (m *marginals) density(s *inn.Samples, j int) ([]point, error) {
	if m.barred(s, j) {
		return m.shares(s, j), nil
	}
	values := m.sorted[columnOf{s, j}]
	width := (m.ranges[j][1] - m.ranges[j][0]) / 100
	if at := values[0]; width > 0 && at == values[len(values)-1] {
		return []point{{at - width, 0}, {at, 1 / width}, {at + width, 0}}, nil
	}
	d, err := metric.KDE(values, &metric.DensitySettings{Low: m.walls[j][0], High: m.walls[j][1]})
	if err != nil {
		return nil, err
	}
	lo, hi := m.ranges[j][0], m.ranges[j][1]
	const steps = 160 // more than a panel has pixels
	pts := make([]point, 0, steps+5)
	at := func(x float64) { pts = append(pts, point{x, d.At(x)}) }
	even := func(lo, hi float64, steps int) {
		for i, y := range d.Even(lo, hi, steps) {
			pts = append(pts, point{lo + (hi-lo)*float64(i)/float64(steps), y})
		}
	}
	even(lo, hi, steps)
	if kernel := 6 * d.Bandwidth; kernel < 2*(hi-lo)/steps { // hills may be narrower than the steps
		for _, h := range hills(values, 2*kernel) {
			if a, b := max(h[0]-kernel, lo), min(h[1]+kernel, hi); a < b {
				even(a, b, min(steps, 24+int(6*(b-a)/kernel)))
			}
		}
	}
	for _, wall := range m.walls[j] { // both sides of the step at a wall
		if wall > lo && wall < hi && m.walls[j][0] < m.walls[j][1] {
			at(math.Nextafter(wall, lo))
			at(math.Nextafter(wall, hi))
		}
	}
	slices.SortFunc(pts, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	return pts, nil
}

// hills are the intervals of sorted values that have no gap wider than gap in them,
// those with at least a two-hundredth of all values.
func hills(sorted []float64, gap float64) (intervals [][2]float64) {
	first := 0
	for i := range sorted {
		if i+1 < len(sorted) && sorted[i+1]-sorted[i] <= gap {
			continue
		}
		if 200*(i+1-first) >= len(sorted) {
			intervals = append(intervals, [2]float64{sorted[first], sorted[i]})
		}
		first = i + 1
	}
	return intervals
}

// support is a density without its ends that lie on the axis.
func support(pts []point) []point {
	least := top(pts) / 500
	first := slices.IndexFunc(pts, func(p point) bool { return p.y > least })
	last := len(pts) - 1
	for last > first && pts[last].y <= least {
		last--
	}
	return pts[max(first-1, 0):min(last+2, len(pts))]
}

func top(pts []point) float64 {
	var y float64
	for _, p := range pts {
		y = max(y, p.y)
	}
	return y
}

// planePanel is the joint posterior of parameters a and b.
func (m *marginals) planePanel(row Row, a, b int) *gonum.Plot {
	p := newPlot()
	p.X.Min, p.X.Max = m.ranges[a][0], m.ranges[a][1]
	p.X.Tick.Marker = ticks{0.7 * marginalWidth}
	p.Y.Min, p.Y.Max = m.ranges[b][0], m.ranges[b][1]
	p.X.Label.Text, p.Y.Label.Text = folded(m.vars[a].Label(), 0.8*marginalWidth), folded(m.vars[b].Label(), marginalHeight)
	if len(m.pairs) == 1 {
		if m.Prior != nil {
			p.Add(dots{pairs(m.Prior, a, b, 400), 0.8, grey})
		}
		p.Add(dots{pairs(row.Draws, a, b, 800), 0.8, palette[0]})
	} else { // outlines keep the SVG of many panels small
		if m.Prior != nil {
			p.Add(m.outline(m.Prior, a, b, priorOutline, 0.9))
		}
		p.Add(m.outline(row.Draws, a, b, lineStyle(0), 0.9, 0.5))
	}
	if row.Point != nil {
		p.Add(cross{point{row.Point[a], row.Point[b]}, pointLine.Color, true})
	}
	if m.Truth != nil {
		p.Add(cross{point{m.Truth[a], m.Truth[b]}, ink, false})
	}
	return p
}

// outline is the contour of the joint distribution of columns a and b.
func (m *marginals) outline(s *inn.Samples, a, b int, style draw.LineStyle, shares ...float64) contour {
	axis := func(j int) gridAxis { return newGridAxis(m.sorted[columnOf{s, j}]) }
	return newContour(pairs(s, a, b, s.Len()), axis(a), axis(b), style, shares...)
}

var priorOutline = draw.LineStyle{Color: color.Gray{0xb8}, Width: 1.5}

// pairs are columns a and b of the first n draws: more are no clearer and make
// the SVG large.
func pairs(s *inn.Samples, a, b, n int) []point {
	pts := make([]point, min(s.Len(), n))
	for i := range pts {
		pts[i] = point{s.Row(i)[a], s.Row(i)[b]}
	}
	return pts
}

func (m *marginals) legend(rows []Row) []entry {
	var es []entry
	if m.Prior != nil {
		es = append(es, areaEntry("prior", grey))
	}
	es = append(es, lineEntry("posterior", lineStyle(0)))
	if m.Truth != nil {
		es = append(es, lineEntry("truth", truthLine))
	}
	if slices.ContainsFunc(rows, func(r Row) bool { return r.Point != nil }) {
		es = append(es, lineEntry("point estimate", pointLine))
	}
	for i, e := range es {
		switch {
		case len(m.pairs) == 0:
		case e.text == "truth":
			es[i] = crossed(e, truthLine.Color, false)
		case e.text == "point estimate":
			es[i] = crossed(e, pointLine.Color, true)
		}
	}
	return es
}
