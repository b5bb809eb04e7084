package plot

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// texts are the texts of an SVG in order.
func texts(t *testing.T, svg string) []string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	var out []string
	inside, font := false, "" // the whole figure's
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("the SVG is not XML: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if e.Name.Local == "svg" {
				for _, a := range e.Attr {
					if a.Name.Local == "font-family" && strings.HasSuffix(a.Value, "sans-serif") {
						font = a.Value
					}
				}
			}
			inside = e.Name.Local == "text"
			if inside {
				width := ""
				for _, a := range e.Attr {
					switch a.Name.Local {
					case "textLength":
						width = a.Value
					}
				}
				if width == "" || font == "" {
					t.Errorf("a text has width %q and font %q", width, font)
				}
			}
		case xml.CharData:
			if inside {
				out = append(out, string(e))
			}
		case xml.EndElement:
			inside = false
		}
	}
}

func drawn(t *testing.T, f *Figure) string {
	t.Helper()
	s, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFigures: every figure is drawn in all formats, the same each time, and
// its SVG is XML.
func TestFigures(t *testing.T) {
	again := figures(t)
	for name, f := range figures(t) {
		s := drawn(t, f)
		texts(t, s)
		if s != drawn(t, again[name]) {
			t.Errorf("%s: two drawings differ", name)
		}
		if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Errorf("%s: NaN or Inf in the drawing", name)
		}
		if len(s) > 400_000 {
			t.Errorf("%s: the SVG has %d bytes", name, len(s))
		}
		b, err := f.PNG()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := img.Bounds().Dx(), int(math.Round(f.Width.Points()*192/72)); got != want {
			t.Errorf("%s: the PNG is %d pixels wide, want %d", name, got, want)
		}
	}
}

func TestSave(t *testing.T) {
	f := figures(t)["one marginal"]
	dir := t.TempDir()
	for ext, magic := range map[string]string{".svg": "<?xml", ".png": "\x89PNG", ".PDF": "%PDF"} {
		path := filepath.Join(dir, "figure"+ext)
		for range 2 { // the second time over the first
			if err := f.Save(path); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(b, []byte(magic)) {
			t.Errorf("%s begins with %.8q, error %v", path, b, err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Errorf("%d files left, want 3; error %v", len(files), err)
	}
	if err := f.Save(filepath.Join(dir, "figure.bmp")); err == nil || !strings.Contains(err.Error(), ".svg, .png or .pdf") {
		t.Errorf("error %v", err)
	}
	if err := f.Save(filepath.Join(dir, "missing", "figure.svg")); err == nil || !strings.HasPrefix(err.Error(), "plot: ") {
		t.Errorf("error %v", err)
	}
}

// TestPanicIsError: what gonum/plot panics on does not reach the user.
func TestPanicIsError(t *testing.T) {
	f := figures(t)["one marginal"]
	f.Panels[0][0].X.Scale = gonum.LogScale{} // of a range that begins below zero
	if _, err := f.SVG(); err == nil || !strings.Contains(err.Error(), "cannot be drawn") {
		t.Errorf("error %v", err)
	}
}

// TestMarginalsShow: labels with units, method names, one panel a parameter
// and method, one x range a column, and the truth inside it.
func TestMarginalsShow(t *testing.T) {
	f := figures(t)["marginals of three"]
	got := texts(t, drawn(t, f))
	for _, want := range []string{"INN", "cVAE-IAF", "dropout sampling", "prior", "posterior", "truth", "point estimate", "density", "[1/cm]", "d1 [µm]", "hb1"} {
		if !slices.Contains(got, want) {
			t.Errorf("no text %q in %q", want, got)
		}
	}
	if got := f.String(); got != "a figure of 18 panels" {
		t.Error(got)
	}
	if len(f.Panels) != 3 || len(f.Panels[0]) != 6 {
		t.Fatalf("%d rows of %d panels", len(f.Panels), len(f.Panels[0]))
	}
	truth := draws(13, 500, 0.3).Row(3)
	for j, k := range []int{0, 1, 2, 4, 3} { // s_O2, v_hb1, a_mie1, d1, g1
		for _, row := range f.Panels {
			if row[j].X.Min != f.Panels[0][j].X.Min || row[j].X.Max != f.Panels[0][j].X.Max {
				t.Errorf("column %d has different ranges", j)
			}
		}
		if x := f.Panels[0][j].X; truth[k] < x.Min || truth[k] > x.Max || lows[k] < x.Min || lows[k]+spans[k] > x.Max {
			t.Errorf("%s: the axis from %v to %v leaves out the truth %v or the prior", someVars[k].Name, x.Min, x.Max, truth[k])
		}
	}
}

// TestMarginalsFarTruth: a truth and a point estimate that no draw comes near
// are on the axis.
func TestMarginalsFarTruth(t *testing.T) {
	f, err := Marginals(&MarginalsSettings{Truth: []float64{5}}, Row{"", draws(1, 100, 1), []float64{-7}})
	if err != nil {
		t.Fatal(err)
	}
	if x := f.Panels[0][0].X; x.Min > -7 || x.Max < 5 {
		t.Errorf("the axis runs from %v to %v", x.Min, x.Max)
	}
}

// TestMarginalsWithoutWalls: where the prior falls off it has no walls, and a wider posterior's
// density no steps at the outermost draws of the prior.
func TestMarginalsWithoutWalls(t *testing.T) {
	normal := func(n int, sd float64) *inn.Samples {
		rng, s := inn.RNG(3, 0), inn.NewSamples(inn.Vars("a"), n)
		for i := range s.Data {
			s.Data[i] = sd * rng.NormFloat64()
		}
		return s
	}
	wide := normal(4000, 1.5)
	m, err := newMarginals(&MarginalsSettings{Prior: normal(1000, 1)}, []Row{{"", wide, nil}})
	if err != nil {
		t.Fatal(err)
	}
	pts, err := m.density(wide, 0)
	if err != nil {
		t.Fatal(err)
	}
	peak := top(pts)
	for i, p := range pts[1:] {
		if math.Abs(p.y-pts[i].y) > peak/10 {
			t.Errorf("the density of a normal posterior jumps from %v to %v at %v", pts[i].y, p.y, p.x)
		}
	}
}

// TestMarginalsDensity: the area under the drawn posterior is one, and its
// height that of a uniform density.
func TestMarginalsDensity(t *testing.T) {
	set := &MarginalsSettings{Prior: draws(2, 5000, 1)}
	rows := []Row{{"", draws(2, 20000, 0.5), nil}}
	m, err := newMarginals(set, rows)
	if err != nil {
		t.Fatal(err)
	}
	for j := range 2 {
		prior, err := m.density(set.Prior, j)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range prior { // uniform up to its walls, nothing beyond
			want := 0.0
			if p.x >= m.walls[j][0] && p.x <= m.walls[j][1] {
				want = 1 / spans[j]
			}
			if math.Abs(p.y-want) > 0.15/spans[j] {
				t.Errorf("%s: the prior's density at %v is %v, want %v", someVars[j].Name, p.x, p.y, want)
			}
		}
		pts, err := m.density(rows[0].Draws, j)
		if err != nil {
			t.Fatal(err)
		}
		var area float64
		for i, p := range pts[1:] {
			area += (p.x - pts[i].x) * (p.y + pts[i].y) / 2
		}
		if math.Abs(area-1) > 0.01 {
			t.Errorf("area %v, want 1", area)
		}
		if want := 1 / (0.5 * spans[j]); math.Abs(top(pts)/want-1) > 0.15 {
			t.Errorf("height %v, want about %v", top(pts), want)
		}
	}
}

// TestMarginalsOfWholeValues: a parameter of few whole values has bars as high as
// their shares, and what else is drawn of it a density of its own.
func TestMarginalsOfWholeValues(t *testing.T) {
	sample := func(values ...float64) *inn.Samples {
		s := inn.NewSamples(inn.Vars("k"), 1000)
		for i := range s.Data {
			s.Data[i] = values[i%len(values)]
		}
		return s
	}
	uneven := sample(2, 2, 4, 6)
	uneven.Data[0] = 8 // once
	narrow := sample(3.5, 4, 4.4, 5, 5.1, 5.5)
	m, err := newMarginals(&MarginalsSettings{Prior: sample(0, 2, 4, 6, 8)}, []Row{{"", uneven, nil}, {"", narrow, nil}, {"", sample(4), nil}})
	if err != nil {
		t.Fatal(err)
	}
	heights := func(m *marginals, s *inn.Samples) (all []float64) {
		pts, err := m.density(s, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range pts[1:] {
			if p.x == pts[i].x && p.y > 0 {
				all = append(all, p.x, p.y)
			}
		}
		return all
	}
	if r := m.ranges[0]; r[0] > -1 || r[1] < 9 {
		t.Errorf("the axis is %v", r)
	}
	if got := heights(m, m.Prior); !slices.Equal(got, []float64{-0.8, 0.1, 1.2, 0.1, 3.2, 0.1, 5.2, 0.1, 7.2, 0.1}) {
		t.Errorf("the prior's bars are %v", got)
	}
	if got := heights(m, uneven); !slices.Equal(got, []float64{1.2, 0.2495, 3.2, 0.125, 5.2, 0.125, 7.2, 0.0005}) {
		t.Errorf("the posterior's bars are %v", got)
	}
	if m.barred(narrow, 0) {
		t.Error("values that are not whole have bars")
	}
	once := inn.NewSamples(inn.Vars("k"), 6)
	for i := range once.Data {
		once.Data[i] = float64(i)
	}
	var many []float64
	for i := range mostBars + 1 {
		many = append(many, float64(i))
	}
	for name, s := range map[string]*inn.Samples{"many values": sample(many...), "a constant": sample(4), "values that do not repeat": once} {
		if m, err := newMarginals(&MarginalsSettings{}, []Row{{"", s, nil}}); err != nil || m.barred(s, 0) {
			t.Errorf("%s: there are bars, or %v", name, err)
		}
	}
}

// TestMarginalsStandEvenly: with planes of three parameters, whose panels have
// labels at the left, the gaps in a row are the same.
func TestMarginalsStandEvenly(t *testing.T) {
	post := draws(5, 300, 0.5)
	for _, shown := range [][]string{nil, {"g1", "d1"}} {
		f, err := Marginals(&MarginalsSettings{Params: shown, Plane: []string{"s_O2", "a_mie1", "d1"}}, Row{"INN", post, nil})
		if err != nil {
			t.Fatal(err)
		}
		canvases := f.layOut(draw.New(newRecorder(f.Width, f.Height)))
		at := func(row, i int) vg.Rectangle { return f.Panels[row][i].DataCanvas(canvases[row][i]).Rectangle }
		width := at(0, 0).Size().X
		for k, row := range f.Panels {
			gap := at(k, 1).Min.X - at(k, 0).Max.X
			for i := 1; i < len(row) && row[i] != nil; i++ { // the last number at an axis reaches out of it, by a point more or less
				if math.Abs(float64(at(k, i).Min.X-at(k, i-1).Max.X-gap)) > 1.5 || math.Abs(float64(at(k, i).Size().X-width)) > 1.5 {
					t.Errorf("panel %d of row %d is at %v after %v, with gaps of %v", i, k, at(k, i), at(k, i-1), gap)
				}
			}
		}
	}
}

func TestMarginalsErrors(t *testing.T) {
	post := draws(3, 100, 1)
	constant := draws(3, 100, 1)
	for i := range 100 {
		constant.Row(i)[1] = 5
	}
	nan := draws(3, 100, 1)
	nan.Data[4] = math.NaN()
	for want, f := range map[string]func() (*Figure, error){
		"no rows":                        func() (*Figure, error) { return Marginals(nil) },
		`draws of "INN": there are none`: func() (*Figure, error) { return Marginals(nil, Row{"INN", nil, nil}) },
		"row 1 has v_hb1 = NaN":          func() (*Figure, error) { return Marginals(nil, Row{"INN", nan, nil}) },
		"1 are too few":                  func() (*Figure, error) { return Marginals(nil, Row{"INN", draws(3, 1, 1), nil}) },
		"parameter v_hb1: metric: all 100 values are 5": func() (*Figure, error) { return Marginals(nil, Row{"INN", constant, nil}) },
		"of different parameters": func() (*Figure, error) {
			return Marginals(nil, Row{"INN", post, nil}, Row{"ABC", draws(2, 100, 1), nil})
		},
		"point estimate of INN has 2": func() (*Figure, error) { return Marginals(nil, Row{"INN", post, []float64{1, 2}}) },
		"the truth has 1 values": func() (*Figure, error) {
			return Marginals(&MarginalsSettings{Truth: []float64{1}}, Row{"INN", post, nil})
		},
		"the truth has a_mie1 = NaN": func() (*Figure, error) {
			return Marginals(&MarginalsSettings{Truth: []float64{1, 2, math.NaN()}}, Row{"INN", post, nil})
		},
		`no variable "q"`: func() (*Figure, error) {
			return Marginals(&MarginalsSettings{Params: []string{"q"}}, Row{"INN", post, nil})
		},
		"Plane wants the names of two": func() (*Figure, error) {
			return Marginals(&MarginalsSettings{Plane: []string{"s_O2"}}, Row{"INN", post, nil})
		},
		"and of the prior are of different": func() (*Figure, error) {
			return Marginals(&MarginalsSettings{Prior: draws(2, 100, 1)}, Row{"INN", post, nil})
		},
		"Recovery wants a table": func() (*Figure, error) { return Recovery(&metric.RecoveryTable{}) },
		"parameter a has 1 truths, 0 medians": func() (*Figure, error) {
			return Recovery(&metric.RecoveryTable{Rows: []metric.RecoveryRow{{Var: inn.Var{Name: "a"}, Truth: []float64{1}}}})
		},
	} {
		_, err := f()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "plot: ") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for want, f := range map[string]func() (*gonum.Plot, error){
		"at least 2 places":   func() (*gonum.Plot, error) { return Spectrum("x", []float64{1}, "y", Curve{}) },
		"1 values, but there": func() (*gonum.Plot, error) { return Spectrum("x", []float64{1, 2}, "y", Curve{Values: []float64{1}}) },
		`curve 0 "a" is +Inf`: func() (*gonum.Plot, error) {
			return Spectrum("x", []float64{1, 2}, "y", Curve{"a", []float64{1, math.Inf(1)}, false})
		},
		"place 1 is NaN": func() (*gonum.Plot, error) {
			return Spectrum("x", []float64{1, math.NaN()}, "y", Curve{"a", []float64{1, 2}, false})
		},
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "plot: ") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestLossesShow: every term is labelled with its last value, also one that the axis cannot show, the axis runs to
// the last step planned and holds all values.
func TestLossesShow(t *testing.T) {
	f := figures(t)["losses of six"]
	got := texts(t, drawn(t, f))
	for _, want := range []string{"total 0.407", "y 0.136", "z 0.0429", "x 0", "padding 0.00429", "reconstruction 0.00136", "step", "loss"} {
		if !slices.Contains(got, want) {
			t.Errorf("no text %q in %q", want, got)
		}
	}
	p := f.Panels[0][0]
	if p.X.Max != 7000 || p.Y.Min > 0.00136 || p.Y.Max < 3 {
		t.Errorf("axes to step %v, loss %v to %v", p.X.Max, p.Y.Min, p.Y.Max)
	}
	for _, name := range []string{"no loss", "only NaN"} {
		if got := texts(t, drawn(t, figures(t)[name])); !slices.Contains(got, "no positive loss to show yet") {
			t.Errorf("%s: texts %q", name, got)
		}
	}
}

// TestLossesShowThePairsHeldBack: from the first look at them on.
func TestLossesShowThePairsHeldBack(t *testing.T) {
	var history []inn.Progress
	for i := range 10 {
		p := inn.Progress{Step: i + 1, Steps: 10, Loss: 1, Terms: []inn.Term{{Name: "y", Value: 1}}, Held: math.NaN()}
		if i >= 4 {
			p.Held = 0.25
		}
		history = append(history, p)
	}
	f := &Figure{Width: 300, Height: 200, Panels: [][]*gonum.Plot{{Losses(history)}}}
	if got := texts(t, drawn(t, f)); !slices.Contains(got, "held back 0.25") {
		t.Errorf("texts %q", got)
	}
	if got := texts(t, drawn(t, &Figure{Width: 300, Height: 200, Panels: [][]*gonum.Plot{{Losses(history[:4])}}})); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "held") }) {
		t.Errorf("before: texts %q", got)
	}
}

// A term that has no weight is 0 at every step, and is not drawn; one that comes to have a weight is.
func TestLossesWithoutWeight(t *testing.T) {
	for _, sign := range []float64{1, -1} { // the axis is logarithmic, then linear
		var history []inn.Progress
		for i := range 20 {
			late := inn.Term{Name: "late", Value: max(0, float64(i-10))}
			history = append(history, inn.Progress{Step: i + 1, Steps: 20, Loss: sign * 2, Terms: []inn.Term{{Name: "y", Value: sign * 2}, {Name: "none", Value: 0}, late}})
		}
		got := texts(t, drawn(t, &Figure{Width: 300, Height: 200, Panels: [][]*gonum.Plot{{Losses(history)}}}))
		has := func(name string) bool {
			return slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, name) })
		}
		if has("none") || !has("late") || !has("y ") {
			t.Errorf("the labels are %q", got)
		}
	}
}

// A negative log-likelihood falls below 0: its curves go on, with their last values, and
// the huge losses of the first steps do not flatten the rest.
func TestLossesBelowZero(t *testing.T) {
	var history []inn.Progress
	for i := range 300 {
		v := 2*math.Exp(-float64(i)/50) - 2.441
		if i < 3 {
			v = 900
		}
		p := inn.Progress{Step: i + 1, Steps: 300, Loss: v, Terms: []inn.Term{{Name: "likelihood", Value: v}}, Held: math.NaN()}
		if i >= 4 {
			p.Held = v + 0.156
		}
		history = append(history, p)
	}
	p := Losses(history)
	got := texts(t, drawn(t, &Figure{Width: 300, Height: 200, Panels: [][]*gonum.Plot{{p}}}))
	for _, want := range []string{"total -2.44", "likelihood -2.44", "held back -2.28"} {
		if !slices.Contains(got, want) {
			t.Errorf("no text %q in %q", want, got)
		}
	}
	if p.Y.Min > -2.441 || p.Y.Min < -3 || p.Y.Max < -1.4 || p.Y.Max > 3 {
		t.Errorf("the loss's axis goes from %v to %v", p.Y.Min, p.Y.Max)
	}
	// What is negative by chance, as an unbiased discrepancy, leaves a logarithmic axis and says its last value.
	for i := range history {
		history[i].Loss, history[i].Held = 1, math.NaN()
		history[i].Terms = []inn.Term{{Name: "z", Value: 1e-3 * float64(200-i) / 100}}
	}
	p = Losses(history)
	got = texts(t, drawn(t, &Figure{Width: 300, Height: 200, Panels: [][]*gonum.Plot{{p}}}))
	if _, ok := p.Y.Scale.(gonum.LogScale); !ok || !slices.Contains(got, "z -0.000985") {
		t.Errorf("scale %T, texts %q", p.Y.Scale, got)
	}
	// So does what is negative now and then, beside peaks.
	for i := range history {
		v := 0.5
		if i%60 == 0 {
			v = 5e5
		}
		history[i].Loss, history[i].Terms = v, []inn.Term{{Name: "x", Value: 0.2 * math.Sin(float64(i))}}
		if i%7 > 0 {
			history[i].Terms[0].Value = 0.01
		}
	}
	if p = Losses(history); p.Y.Min > 0.02 || p.Y.Max < 1e4 {
		t.Errorf("with peaks the axis goes from %v to %v", p.Y.Min, p.Y.Max)
	}
	if _, ok := p.Y.Scale.(gonum.LogScale); !ok {
		t.Errorf("with peaks the scale is %T", p.Y.Scale)
	}
}

// TestLossRuns: NaN, zero and negative losses break a curve; steps without a
// report do not.
func TestLossRuns(t *testing.T) {
	s := series{
		steps: []float64{0, 100, 200, 300, 400, 500, 600},
		loss:  []float64{4, 2, math.NaN(), 1, -1, 0, 0.5},
	}
	want := [][]point{{{0, 4}, {100, 2}}, {{300, 1}}, {{600, 0.5}}}
	got := s.runs(1000, true)
	if len(got) != len(want) {
		t.Fatalf("runs %v, want %v", got, want)
	}
	for i := range want {
		for k := range want[i] {
			if g := got[i][k]; math.Abs(g.x-want[i][k].x) > 1e-9 || math.Abs(g.y-want[i][k].y) > 1e-12 {
				t.Errorf("runs %v, want %v", got, want)
			}
		}
	}
	// Neighbouring steps become their geometric mean.
	if got := (series{steps: []float64{1, 2}, loss: []float64{1, 100}}).runs(10000, true); math.Abs(got[0][0].y-10) > 1e-9 || got[0][0].x != 1.5 {
		t.Errorf("mean of 1 and 100 is %v", got)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{-0.06, 1.06, "0 0.5 1"},
		{0, 0.1, "0 0.05 0.1"},
		{600, 1010, "600 800 1000"},
		{-3, 3, "-2 0 2"},
		{0.8, 0.95, "0.8 0.85 0.9 0.95"},
		{1e6, 1000006, "1e6 1000002 1000004 1000006"},
		{0, 3e-9, "0 1e-9 2e-9 3e-9"},
		{0, 7000, "0 2000 4000 6000"},
		{2459123.45645, 2459123.45675, "2459123.4565 2459123.4566 2459123.4567"},
		{1, 1 + 3e-12, "1 1.000000000001 1.000000000002 1.000000000003"},
	} {
		if got := joined(ticks{}.Ticks(c.lo, c.hi)); got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
	if got := joined(ticks{room: 90}.Ticks(1e6, 1000006)); got != "1e6 1000004" {
		t.Errorf("in little room: %s", got)
	}
	// Where two labels have no room beside each other, the last says how far it is from the first.
	for _, c := range []struct {
		room   vg.Length
		lo, hi float64
		want   string
	}{
		{75, 999997000, 1000003500, "999998000 +4000"},
		{75, 1 - 2.5e-7, 1 + 2.5e-7, "0.9999998 +4e-7"},
		{75, -1 - 2.5e-7, -1 + 2.5e-7, "-1.0000002 +4e-7"},
		{75, 2459118, 2459131, "2459120 +10"},
		{30, 999997000, 1000003500, "999998000"},
	} {
		if got := joined(ticks{c.room}.Ticks(c.lo, c.hi)); got != c.want {
			t.Errorf("%v to %v in room of %v: %s, want %s", c.lo, c.hi, c.room, got, c.want)
		}
	}
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0.5, 30, "0.5 1 2 5 10 20"},
		{1e-3, 10, "0.001 0.01 0.1 1 10"},
		{2e-12, 3, "1e-10 1e-8 1e-6 0.0001 0.01 1"},
	} {
		if got := joined(logTicks{}.Ticks(c.lo, c.hi)); got != c.want {
			t.Errorf("log %v to %v: %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
}

func joined(ts []gonum.Tick) string {
	var labels []string
	for _, t := range ts {
		if t.Label != "" {
			labels = append(labels, t.Label)
		}
	}
	return strings.Join(labels, " ")
}

func TestSpread(t *testing.T) {
	for _, c := range []struct{ in, want []float64 }{
		{[]float64{10, 50, 90}, []float64{10, 50, 90}},
		{[]float64{50, 50, 50}, []float64{50, 40, 30}},
		{[]float64{99, 98, -5}, []float64{95, 85, 5}},
		{[]float64{0, 1, 2}, []float64{5, 15, 25}},
	} {
		if got := spread(c.in, 10, 5, 95); !slices.Equal(got, c.want) {
			t.Errorf("%v spread to %v, want %v", c.in, got, c.want)
		}
	}
}

func TestPieces(t *testing.T) {
	for in, want := range map[string]string{
		"s_O2":              "s(O2)",
		"true v_hb1 [1/cm]": "true v(hb1) [1/cm]",
		"L_y 0.1, L_z":      "L(y) 0.1, L(z)",
		"µ_a":               "µ(a)",
		"log_mass":          "log_mass",
		"v_hb,v_x/a_b_c":    "v(hb),v(x)/a_b_c",
		"plain":             "plain",
		"theta_E":           "theta(E)",
		"log sigma_d":       "log sigma(d)",
		"Omega_m":           "Omega(m)",
		"thetas_E":          "thetas_E",
		"pi_x":              "pi(x)",
	} {
		var got strings.Builder
		for _, p := range pieces(in) {
			if p.sub {
				got.WriteString("(" + p.text + ")")
			} else {
				got.WriteString(p.text)
			}
		}
		if got.String() != want {
			t.Errorf("%q becomes %q, want %q", in, got.String(), want)
		}
	}
}

// TestSubscriptPlace: a subscript begins where its letter ends, below the
// line, and plain text stands where gonum's own handler puts it.
func TestSubscriptPlace(t *testing.T) {
	sty := textStyle(10)
	sty.XAlign, sty.YAlign = -0.5, -1
	at := func(text string) []textBox {
		r := newRecorder(300, 100)
		sty.Handler.Draw(r, text, sty, vg.Point{X: 100, Y: 50})
		return r.texts
	}
	boxes, plain := at("v_hb"), at("v")
	if len(boxes) != 2 || boxes[0].text != "v" || boxes[1].text != "hb" {
		t.Fatalf("set as %v", boxes)
	}
	v, hb := boxes[0].box, boxes[1].box
	if math.Abs(float64(hb.Min.X-v.Max.X)) > 1e-6 || hb.Min.Y >= v.Min.Y || v.Min.Y != plain[0].box.Min.Y {
		t.Errorf("v at %v, hb at %v, plain v at %v", v, hb, plain[0].box)
	}
	if mid := (v.Min.X + hb.Max.X) / 2; math.Abs(float64(mid-100)) > 1e-6 {
		t.Errorf("the middle is at %v, want 100", mid)
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0.961: "96 %", 0.9987: "99.9 %", 1: "100 %", -0.0004: "0 %", 0.004: "0.4 %", -0.04: "-4 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v is %s, want %s", share, got, want)
		}
	}
}

// A posterior that gives one value alone is drawn, as a peak.
func TestMarginalsOfAConstant(t *testing.T) {
	prior := inn.NewSamples(inn.Vars("a"), 50)
	for i := range prior.Data {
		prior.Data[i] = float64(i)
	}
	draws := inn.NewSamples(inn.Vars("a"), 20)
	for i := range draws.Data {
		draws.Data[i] = 7
	}
	f, err := Marginals(&MarginalsSettings{Prior: prior}, Row{Name: "sure", Draws: draws})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.SVG(); err != nil {
		t.Error(err)
	}
	if err := (*Figure)(nil).Save("a.svg"); err == nil {
		t.Error("no figure was saved")
	}
}
