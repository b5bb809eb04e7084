package nb

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
	"github.com/innkeeper-notebook/innkeeper/inn/plot"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// ExploreSettings are the settings of Explore; nil means the defaults.
type ExploreSettings struct {
	Params []string        // the parameters shown, by name; the first six
	Plane  []string        // two parameters whose joint posterior is shown too; none
	Draws  int             // of the posterior; 1000
	Seed   uint64          // of the draws; 0
	Others []inn.Posterior // to compare with on the same measurement; none

	// Problem has the simulator for a button that draws a new x and its
	// measurement; without a simulator there is no such button.
	Problem inn.Problem

	// More is called with the measurement and the draws, and what it returns is
	// shown below the marginals: the poses of an arm, re-simulated spectra. Nil:
	// nothing.
	More func(y []float64, draws *inn.Samples) any
}

// priorDraws is how many pairs stand for the prior behind a posterior: more
// cost time at every move of a slider and show no more.
const priorDraws = 1000

// An explorer is the state of Explore.
type explorer struct {
	*ExploreSettings
	methods []inn.Posterior
	pairs   *inn.Pairs
	prior   *inn.Samples // of the pairs, as many as a picture needs
	pair    int          // whose measurement was taken last
	drawn   int          // draws from the simulator so far
	taken   example      // what was taken last
	truth   []float64    // of that, while the sliders are where it put them
	sliders []widget.Float
	steps   []float64 // of the sliders
	method  widget.Choice
	draws   *inn.Samples
	kept    []string // rows of the table
	keeping widget.Str
}

// An example is a measurement whose x is known.
type example struct {
	name string
	x, y []float64
}

// Explore shows the posterior of a measurement that sliders make: a slider for
// each y over the range that it has in pairs, the marginals of x with the prior
// behind them, and the medians with their central 68 % intervals. A button takes
// the measurement of the next pair, whose true x is then shown; another keeps the
// answer in a table; with Others, a switch chooses the method.
//
// Pairs are test pairs of the same problem, at least 10.
func Explore(posterior inn.Posterior, pairs *inn.Pairs, s *ExploreSettings) (*View, error) {
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
	e.methods = append([]inn.Posterior{posterior}, e.Others...)
	return e.view()
}

func (e *explorer) view() (*View, error) {
	columns := []widget.Widget{}
	for j, v := range e.pairs.Y.Vars {
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
		e.steps = append(e.steps, step)
		e.sliders = append(e.sliders, s)
		columns = append(columns, s)
	}
	var names []string
	for _, m := range e.methods {
		names = append(names, m.String())
	}
	e.method = widget.ToggleButtons("method", names...)
	e.keeping = widget.HTML("")
	var v *View
	next := widget.NewButton("next test pair", func() { e.take(v) })
	keep := widget.NewButton("keep in the table", e.keep)
	buttons := []widget.Widget{next}
	if e.Problem.Simulate != nil {
		buttons = append(buttons, widget.NewButton("simulate another", func() { e.simulate(v) }))
	}
	buttons = append(buttons, keep)
	if len(e.methods) > 1 {
		buttons = append(buttons, e.method)
	}
	v = newView(e.draw, widget.GridBox(min(3, len(columns)), columns...), widget.HBox(buttons...))
	v.Box = widget.VBox(v.Box, e.keeping)
	e.place(e.testPair(0))
	v.redraw()
	for _, s := range e.sliders {
		s.OnChange(v.Refresh)
	}
	e.method.OnChange(v.Refresh)
	if b := v.last; b[display.SVG] == nil && b[display.HTML] == nil {
		return nil, fmt.Errorf("nb: Explore: %v", b[display.Text])
	}
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

// simulate puts the measurement of a new draw of the problem on the sliders.
func (e *explorer) simulate(v *View) {
	x, y, err := e.Problem.Draw(inn.RNG(e.Seed+1, uint64(e.drawn)))
	if e.drawn++; err != nil {
		v.area.Set("<pre>" + html.EscapeString(err.Error()) + "</pre>")
		return
	}
	e.place(example{fmt.Sprintf("simulation %d", e.drawn), x, y})
	v.Refresh()
}

func (e *explorer) place(ex example) {
	e.taken = ex
	for j, s := range e.sliders {
		s.Set(ex.y[j])
	}
}

func (e *explorer) y() []float64 {
	y := make([]float64, len(e.sliders))
	for j, s := range e.sliders {
		y[j] = s.Value()
	}
	return y
}

// draw samples the posterior and makes its figure and table.
func (e *explorer) draw() display.Bundle {
	fail := func(err error) display.Bundle { return display.Bundle{display.Text: err.Error()} }
	y := e.y()
	e.truth = e.taken.x
	for j, v := range e.taken.y { // front ends round a value to the slider's step
		if math.Abs(v-y[j]) > e.steps[j] {
			e.truth = nil // a measurement of the user's own
		}
	}
	post := e.methods[e.method.Index()]
	draws, err := post.Sample(y, e.Draws, e.Seed)
	if err != nil {
		return fail(err)
	}
	e.draws = draws
	figure, err := plot.Marginals(&plot.MarginalsSettings{Params: e.Params, Prior: e.prior, Truth: e.truth, Plane: e.Plane},
		plot.Row{Name: post.String(), Draws: draws})
	if err != nil {
		return fail(err)
	}
	svg, err := figure.SVG()
	if err != nil {
		return fail(err)
	}
	rows, err := e.summary()
	if err != nil {
		return fail(err)
	}
	picture := svg[max(0, strings.Index(svg, "<svg")):]
	head := "<table><tr><th></th><th>median</th><th>68 % interval</th>"
	if e.truth != nil {
		head += "<th>truth</th>"
	}
	return display.Bundle{
		display.SVG:  svg,
		display.HTML: warning(draws) + picture + head + "</tr>" + strings.Join(rows, "") + "</table>" + e.more(y),
		display.Text: fmt.Sprintf("%v, %d draws", post, e.Draws),
	}
}

func warning(draws *inn.Samples) string {
	if draws.Warning == "" {
		return ""
	}
	return "<p><b>" + html.EscapeString(draws.Warning) + "</b></p>"
}

// more is what More shows, as HTML.
func (e *explorer) more(y []float64) string {
	if e.More == nil {
		return ""
	}
	b, err := display.Render(e.More(y, e.draws))
	if err != nil {
		b = display.Bundle{display.Text: err.Error()}
	}
	return inline(b)
}

// summary is a row of the table for each parameter shown.
func (e *explorer) summary() ([]string, error) {
	var rows []string
	for _, name := range e.Params {
		col, err := e.draws.Col(name)
		if err != nil {
			return nil, err
		}
		lo, hi, err := metric.Interval(col, 0.68)
		if err != nil {
			return nil, err
		}
		median, err := metric.Quantile(col, 0.5)
		if err != nil {
			return nil, err
		}
		j, err := e.draws.Index(name)
		if err != nil {
			return nil, err
		}
		row := fmt.Sprintf("<tr><th>%s</th><td>%.4g</td><td>%.4g to %.4g</td>", html.EscapeString(e.draws.Vars[j].Label()), median, lo, hi)
		if e.truth != nil {
			row += fmt.Sprintf("<td>%.4g</td>", e.truth[j])
		}
		rows = append(rows, row+"</tr>")
	}
	return rows, nil
}

// keep adds the answer to the table below.
func (e *explorer) keep() {
	var cells []string
	for _, name := range e.Params {
		col, err := e.draws.Col(name)
		if err != nil {
			return
		}
		lo, hi, _ := metric.Interval(col, 0.68)
		median, _ := metric.Quantile(col, 0.5)
		cells = append(cells, fmt.Sprintf("<td>%.3g (%.3g to %.3g)</td>", median, lo, hi))
	}
	of := "the sliders"
	if e.truth != nil {
		of = e.taken.name
	}
	e.kept = append(e.kept, fmt.Sprintf("<tr><th>%s, %s</th>%s</tr>", of, html.EscapeString(e.methods[e.method.Index()].String()), strings.Join(cells, "")))
	head := "<tr><th></th>"
	for _, name := range e.Params {
		head += "<th>" + html.EscapeString(name) + "</th>"
	}
	e.keeping.Set("<table>" + head + "</tr>" + strings.Join(e.kept, "") + "</table>")
}
