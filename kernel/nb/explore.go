package nb

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
	"github.com/innkeeper-notebook/innkeeper/inn/plot"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// ExploreSettings are the settings of Explore; nil means the defaults.
type ExploreSettings struct {
	Params []string        // the parameters shown, by name; the first six
	Plane  []string        // parameters of whose pairs the joint posterior is shown; the first four of Params
	Draws  int             // of the posterior; 1000
	Seed   uint64          // of the draws; 0
	Others []inn.Posterior // to compare with on the same measurement; none

	// Problem has the simulator for a button that draws a new x and its
	// measurement, and for the simulations below. Of sim.Kinematics it shows the
	// poses of the arm (plot.Arms); of a problem with three measurements or more it
	// simulates them again from draws of the posterior (see Explore).
	Problem inn.Problem

	// Places are where the measurements were taken, for the axis of those simulated
	// again, and PlacesLabel names them: sim.TissueBands() and "wavelength [nm]".
	// Nil: their numbers.
	Places      []float64
	PlacesLabel string

	// More is called with the measurement and the draws, and what it returns is
	// shown below the marginals. Nil: nothing.
	More func(y []float64, draws *inn.Samples) any
}

const (
	// priorDraws is how many pairs stand for the prior behind a posterior: more
	// cost time at every move of a slider and show no more.
	priorDraws = 1000

	// mapDraws is how many of the draws the MAP is estimated from, and mapStarts
	// from how many the search starts, for the same reason.
	mapDraws  = 500
	mapStarts = 25

	// explorePoses is how many poses of an arm are drawn.
	explorePoses = 60

	// mostSliders is how many measurements have sliders: nobody moves more, and front ends are slow with them.
	mostSliders = 100
)

// An Explorer is what Explore shows.
type Explorer struct {
	*View
	*explorer
}

// Shown is the observation that the picture shows.
func (e *Explorer) Shown() Observation {
	e.drawing.Lock()
	defer e.drawing.Unlock()
	return e.now
}

// Kept are the observations that were added to the table.
func (e *Explorer) Kept() []Observation {
	e.drawing.Lock()
	defer e.drawing.Unlock()
	return slices.Clone(e.kept)
}

// An Observation is a measurement and what a method says of it.
type Observation struct {
	Name, Method string
	Y            []float64
	Truth        []float64 // nil of a measurement that the sliders made
	MAP          []float64
	Draws        *inn.Samples
}

// HTML, MIME and String are those of the view, with the table.
func (e *Explorer) HTML() string         { return e.View.HTML() }
func (e *Explorer) MIME() map[string]any { return e.View.MIME() }
func (e *Explorer) String() string       { return e.View.String() }

type explorer struct {
	*ExploreSettings
	methods []inn.Posterior
	pairs   *inn.Pairs
	prior   *inn.Samples   // of the pairs, as many as a picture needs
	pair    int            // whose measurement was taken last
	drawn   int            // draws from the simulator so far
	taken   example        // what was taken last
	sliders []widget.Float // one for each measurement, or none
	steps   []float64      // of the sliders
	method  widget.Choice
	again   *resimulation // nil where there is none

	now  Observation // what the picture shows
	kept []Observation
	list widget.Str // of what was kept
}

// An example is a measurement whose x is known.
type example struct {
	name string
	x, y []float64
}

// Explore shows the posterior of a measurement that sliders make: a slider for
// each y over the range that it has in pairs, the marginals and joint
// distributions of x with the prior behind them, and each parameter's MAP
// (metric.MAP of the first 500 draws, from 25 starts), median and central 68 % interval. A button
// takes the measurement of the next pair, whose true x is then shown; another adds
// the observation to a table; with Others, a switch chooses the method.
//
// Where the problem can be simulated and has three measurements or more, those
// simulated from 20 draws of the posterior are shown with the one on the sliders:
// a posterior that is right gives back what was measured. They take their time and
// come when the sliders rest.
//
// More than 100 measurements have no sliders: there the buttons choose the measurement, whose curve is
// shown with those simulated again, or alone where the problem cannot be simulated.
//
// Pairs are test pairs of the same problem, at least 10.
func Explore(posterior inn.Posterior, pairs *inn.Pairs, s *ExploreSettings) (*Explorer, error) {
	if posterior == nil {
		return nil, fmt.Errorf("nb: Explore wants a posterior")
	}
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	if pairs.Len() < 10 {
		return nil, fmt.Errorf("nb: Explore wants at least 10 pairs, not %d", pairs.Len())
	}
	e := &explorer{ExploreSettings: &ExploreSettings{}, pairs: pairs, prior: pairs.X}
	if few, _, err := pairs.Split(priorDraws); err == nil {
		e.prior = few.X
	}
	if s != nil {
		*e.ExploreSettings = *s
	}
	if e.Draws == 0 {
		e.Draws = 1000
	}
	if e.Params == nil {
		for _, v := range pairs.X.Vars[:min(6, len(pairs.X.Vars))] {
			e.Params = append(e.Params, v.Name)
		}
	}
	if n := min(4, len(e.Params)); e.Plane == nil && n > 1 {
		e.Plane = e.Params[:n]
	}
	if e.Places != nil && len(e.Places) != len(pairs.Y.Vars) {
		return nil, fmt.Errorf("nb: Explore has %d Places for %d measurements", len(e.Places), len(pairs.Y.Vars))
	}
	e.methods = append([]inn.Posterior{posterior}, e.Others...)
	for _, m := range e.methods {
		if err := inn.CheckMeasured(m, pairs.Y.Vars); err != nil {
			return nil, fmt.Errorf("nb: Explore: the pairs: %w", err)
		}
	}
	v, err := e.view()
	if err != nil {
		return nil, err
	}
	return &Explorer{v, e}, nil
}

func (e *explorer) view() (*View, error) {
	columns := []widget.Widget{}
	vars := e.pairs.Y.Vars
	if len(vars) > mostSliders {
		columns = append(columns, widget.HTML(fmt.Sprintf("%d measurements are too many for sliders (%d at most): the buttons choose one of the pairs", len(vars), mostSliders)))
		vars = nil
	}
	for j, v := range vars {
		col := make([]float64, e.pairs.Len())
		for i := range col {
			col[i] = e.pairs.Y.Row(i)[j]
		}
		lo, hi := slices.Min(col), slices.Max(col)
		middle, err := metric.Quantile(col, 0.5)
		if err != nil {
			return nil, err
		}
		if lo == hi {
			return nil, fmt.Errorf("nb: Explore: %s is %v in all pairs: there is nothing to slide", v.Name, lo)
		}
		step := widget.Step(hi - lo)
		lo, hi = step*math.Floor(lo/step), step*math.Ceil(hi/step) // so that the values between are round, too
		s := widget.FloatSlider(v.Label(), lo, hi, middle)
		s.Layout("width", "auto")
		e.steps = append(e.steps, step)
		e.sliders = append(e.sliders, s)
		columns = append(columns, s)
	}
	var names []string
	for _, m := range e.methods {
		names = append(names, m.String())
	}
	e.method = widget.ToggleButtons("method", names...)
	e.method.Style("button_width", "auto")
	e.list = widget.HTML("")
	var v *View
	buttons := []widget.Widget{widget.NewButton("next test pair", func() { e.take(v) })}
	if e.Problem.Simulate != nil {
		buttons = append(buttons, widget.NewButton("simulate another", widget.Try(func() error { return e.simulate(v) })))
	}
	keep := widget.NewButton("add this observation to the table", func() { e.keep(v) })
	keep.Layout("width", "auto")
	buttons = append(buttons, keep)
	if len(e.methods) > 1 {
		buttons = append(buttons, e.method)
	}
	widget.Align(columns...)
	v = newView(e.draw, widget.GridBox(min(3, len(columns)), columns...), widget.HBox(buttons...))
	parts := []widget.Widget{v.Box}
	if e.Problem.Simulate != nil && len(e.sliders) > 2 || len(e.sliders) == 0 {
		e.again = newResimulation(e)
		parts = append(parts, e.again.area)
	}
	v.Box = widget.VBox(append(parts, e.list)...)
	e.place(e.testPair(0))
	v.redraw()
	if b := v.last; b[display.SVG] == nil {
		return nil, fmt.Errorf("nb: Explore: %v", b[display.Text])
	}
	if e.again != nil {
		e.again.run(e.now, func() bool { return false })
	}
	v.after = e.rest
	for _, s := range e.sliders {
		s.OnChange(v.Refresh)
	}
	e.method.OnChange(v.Refresh)
	return v, nil
}

func (e *explorer) testPair(i int) example {
	e.pair = i
	return example{fmt.Sprintf("test pair %d", i), e.pairs.X.Row(i), e.pairs.Y.Row(i)}
}

// take puts the next pair's measurement on the sliders.
func (e *explorer) take(v *View) {
	e.place(e.testPair((e.pair + 1) % e.pairs.Len()))
	v.Refresh()
}

// simulationSeed keeps the button's simulations apart from the pairs of any small seed.
const simulationSeed = 0x8cb92ba72f3d8dd7

// simulate puts the measurement of a new draw of the problem on the sliders.
func (e *explorer) simulate(v *View) error {
	x, y, err := e.Problem.Draw(inn.RNG(e.Seed^simulationSeed, uint64(e.drawn)))
	if e.drawn++; err != nil {
		return err
	}
	e.place(example{fmt.Sprintf("simulation %d", e.drawn), x, y})
	v.Refresh()
	return nil
}

// place puts a measurement on the sliders; one beyond their range is at their end.
func (e *explorer) place(ex example) {
	e.taken = ex
	for j, s := range e.sliders {
		s.Set(ex.y[j])
	}
}

func (e *explorer) y() []float64 {
	if len(e.sliders) == 0 {
		return slices.Clone(e.taken.y)
	}
	y := make([]float64, len(e.sliders))
	for j, s := range e.sliders {
		y[j] = s.Value()
	}
	return y
}

// observe asks the method that is chosen about the sliders' measurement.
func (e *explorer) observe() (Observation, error) {
	o := Observation{Name: e.taken.name, Y: e.y(), Truth: e.taken.x}
	for j, s := range e.sliders { // front ends round a value to the slider's step
		if v := e.taken.y[j]; math.Abs(v-s.Value()) > e.steps[j] {
			o.Name, o.Truth = "the sliders", nil // a measurement of the user's own
		}
	}
	post := e.methods[e.method.Index()]
	o.Method = post.String()
	var err error
	if o.Draws, err = post.Sample(o.Y, e.Draws, e.Seed); err != nil {
		return o, err
	}
	some := inn.NewSamples(o.Draws.Vars, min(o.Draws.Len(), mapDraws))
	for i := range some.Len() {
		copy(some.Row(i), o.Draws.Row(i))
	}
	if some.Len() >= leastForMAP {
		o.MAP, err = metric.MAP(some, &metric.MAPSettings{Starts: mapStarts})
	}
	return o, err
}

const leastForMAP = 10 // of metric.MAP

// draw samples the posterior and makes its figures and table.
func (e *explorer) draw() display.Bundle {
	fail := func(err error) display.Bundle { return display.Bundle{display.Text: err.Error()} }
	o, err := e.observe()
	if err != nil {
		return fail(err)
	}
	e.now = o
	row := plot.Row{Name: o.Method, Draws: o.Draws, Point: o.MAP}
	var svg string
	var marginals errgroup.Group // beside which the rest is drawn
	marginals.Go(func() (err error) {
		figure, err := plot.Marginals(&plot.MarginalsSettings{Params: e.Params, Prior: e.prior, Truth: o.Truth, Plane: e.Plane}, row)
		if err == nil {
			svg, err = figure.SVG()
		}
		return err
	})
	rows, err := e.summary(o)
	if err != nil {
		return fail(err)
	}
	more, err := e.more(o, row)
	if err != nil {
		return fail(err)
	}
	if err := marginals.Wait(); err != nil {
		return fail(err)
	}
	picture := svg[max(0, strings.Index(svg, "<svg")):]
	return display.Bundle{
		display.SVG: svg,
		display.HTML: warning(o.Draws) + picture +
			`<div style="display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1em">` + table(rows) + more + "</div>",
		display.Text: fmt.Sprintf("%s, %d draws\n%s", o.Method, o.Draws.Len(), lines(rows)),
	}
}

func warning(draws *inn.Samples) string {
	if draws.Warning == "" {
		return ""
	}
	return "<p><b>" + html.EscapeString(draws.Warning) + "</b></p>"
}

// more is what stands beside the table, as HTML: the arm's poses, and what More
// shows.
func (e *explorer) more(o Observation, row plot.Row) (string, error) {
	all := ""
	if name, form, _ := strings.Cut(e.Problem.Name, "-"); name == "kinematics" {
		row.Name = ""
		figure, err := plot.Arms(&plot.ArmsSettings{Truth: o.Truth, Cumulative: form == "cumulative", Poses: explorePoses}, o.Y, row)
		if err != nil {
			return "", err
		}
		b, err := display.Sketch(figure)
		if err != nil {
			return "", err
		}
		all += widget.Inline(b)
	}
	if e.More != nil {
		b, err := display.Sketch(e.More(o.Y, o.Draws))
		if err != nil {
			b = display.Bundle{display.Text: err.Error()}
		}
		all += "<div>" + widget.Inline(b) + "</div>"
	}
	return all, nil
}

// summary is a table with a row for each parameter shown.
func (e *explorer) summary(o Observation) ([][]string, error) {
	head := []string{"", "MAP", "median", "68 % interval"}
	if o.Truth != nil {
		head = append(head, "truth")
	}
	rows := [][]string{head}
	for _, name := range e.Params {
		s, err := summarise(o, name)
		if err != nil {
			return nil, err
		}
		row := []string{s.label, s.most, s.median, s.low + " to " + s.high}
		if o.Truth != nil {
			row = append(row, s.truth)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// A summarised parameter, in numbers as they are shown.
type summarised struct{ label, most, median, low, high, truth string }

func summarise(o Observation, name string) (summarised, error) {
	j, err := o.Draws.Index(name)
	if err != nil {
		return summarised{}, err
	}
	col, err := o.Draws.Col(name)
	if err != nil {
		return summarised{}, err
	}
	slices.Sort(col)
	lo, hi, err := metric.Interval(col, 0.68)
	if err != nil {
		return summarised{}, err
	}
	median, err := metric.Quantile(col, 0.5)
	if err != nil {
		return summarised{}, err
	}
	number := func(v float64) string { return fmt.Sprintf("%.3g", v) }
	s := summarised{label: o.Draws.Vars[j].Label(), median: number(median), low: number(lo), high: number(hi)}
	if o.MAP != nil {
		s.most = number(o.MAP[j])
	}
	if o.Truth != nil {
		s.truth = number(o.Truth[j])
	}
	return s, nil
}

// keep adds what the picture shows to the table below.
func (e *explorer) keep(v *View) {
	v.drawing.Lock()
	e.kept = append(e.kept, e.now)
	kept := e.kept
	v.drawing.Unlock()
	rows := [][]string{append([]string{"median (68 % interval)", "y"}, e.Params...)}
	for _, o := range kept {
		y := make([]string, len(o.Y))
		for j, v := range o.Y {
			y[j] = fmt.Sprintf("%.3g", v)
		}
		if len(y) > mostSliders {
			y = []string{fmt.Sprintf("%d values", len(y))}
		}
		row := []string{o.Name + ", " + o.Method, strings.Join(y, ", ")}
		for _, name := range e.Params {
			s, err := summarise(o, name)
			if err != nil {
				panic(err)
			}
			cell := fmt.Sprintf("%s (%s to %s)", s.median, s.low, s.high)
			if o.Truth != nil {
				cell += ", truth " + s.truth
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	e.list.Set(table(rows))
}

// rest is called when a picture is there, unless the next one is due already.
func (e *explorer) rest(v *View) {
	v.drawing.Lock()
	now := e.now
	v.drawing.Unlock()
	if e.again != nil {
		e.again.start(now, e.Problem.Parallel(), v.due.Load)
	}
}

// table is rows as HTML, the first row and column as headings.
func table(rows [][]string) string {
	var b strings.Builder
	b.WriteString(`<table style="border-collapse: collapse; line-height: 1.5; margin: 0.5em 0">`)
	for i, row := range rows {
		b.WriteString("<tr>")
		for j, cell := range row {
			tag := "td"
			if i == 0 || j == 0 {
				tag = "th"
			}
			fmt.Fprintf(&b, `<%s style="text-align: left; padding: 1px 1.2em 1px 0">%s</%s>`, tag, html.EscapeString(cell), tag)
		}
		b.WriteString("</tr>")
	}
	return b.String() + "</table>"
}

// lines is rows as text.
func lines(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for j, cell := range row {
			widths[j] = max(widths[j], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		line := ""
		for j, cell := range row {
			line += cell + strings.Repeat(" ", widths[j]-len([]rune(cell))+2)
		}
		b.WriteString(strings.TrimRight(line, " "))
	}
	return b.String()
}
