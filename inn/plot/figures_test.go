package plot

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	gonum "gonum.org/v1/plot"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/cube"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// tissue-like names and ranges, and some that are hard to label.
var (
	someVars = inn.Vars("s_O2", "v_hb1", "a_mie1 [1/cm]", "g1", "d1 [µm]", "tiny [m]", "count", "offset [Pa]", "v_hb2", "a_mie2 [1/cm]", "g2", "d2 [µm]", "negative [kJ/mol]")
	lows     = []float64{0, 0, 0, 0.8, 600, 1e-9, 0, 1e6, 0, 0, 0.8, 415, -4e4}
	spans    = []float64{1, 0.1, 40, 0.15, 410, 5e-9, 3e8, 6, 0.1, 40, 0.15, 432, 3e4}
)

// draws are n uniform draws of the first vars, in the middle share of their range.
func draws(vars, n int, share float64) *inn.Samples {
	rng := rand.New(rand.NewPCG(uint64(vars), uint64(n)))
	s := inn.NewSamples(someVars[:vars], n)
	for i := range n {
		for j := range vars {
			s.Row(i)[j] = lows[j] + spans[j]*(0.5+share*(rng.Float64()-0.5))
		}
	}
	return s
}

func recovered(vars int) *metric.RecoveryTable {
	truth, other := draws(vars, 150, 1), draws(vars, 151, 1)
	t := &metric.RecoveryTable{Method: "INN", Tests: 150, Draws: 100}
	for j := range vars {
		c := 1 - float64(j)/12
		row := metric.RecoveryRow{Var: someVars[j], Contraction: c}
		for i := range 150 {
			m := c*truth.Row(i)[j] + (1-c)*other.Row(i)[j]
			row.Truth = append(row.Truth, truth.Row(i)[j])
			row.Median = append(row.Median, m)
			row.Low = append(row.Low, m-(1-c)*spans[j]/3)
			row.High = append(row.High, m+(1-c)*spans[j]/3)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// history is a training of 3000 steps of planned 7000 with the terms; the
// second has NaN for a while and the third ends at zero.
func history(terms ...string) []inn.Progress {
	var h []inn.Progress
	for i := range 3000 {
		p := inn.Progress{Step: i + 1, Steps: 7000, Loss: 3 * math.Exp(-float64(i)/1500)}
		for j, name := range terms {
			v := math.Exp(-float64(i)/1500) * math.Pow(10, -float64(j)/2)
			switch {
			case j == 1 && i > 1000 && i < 1500:
				v = math.NaN()
			case j == 2 && i > 2000:
				v = 0
			}
			p.Terms = append(p.Terms, inn.Term{Name: name, Value: v})
		}
		h = append(h, p)
	}
	return h
}

// figures are one figure of every kind and size.
func figures(t *testing.T) map[string]*Figure {
	t.Helper()
	out := map[string]*Figure{}
	add := func(name string, f *Figure, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = f
	}
	panel := func(name string, p *gonum.Plot, err error) {
		t.Helper()
		add(name, &Figure{Width: 400, Height: 250, Panels: [][]*gonum.Plot{{p}}}, err)
	}
	prior, post := draws(13, 2000, 1), draws(13, 500, 0.3)
	five := &MarginalsSettings{
		Params: []string{"s_O2", "v_hb1", "a_mie1", "d1", "g1"},
		Prior:  prior, Truth: post.Row(3), Plane: []string{"v_hb1", "a_mie1"},
	}
	rows := []Row{{"INN", post, post.Row(5)}, {"cVAE-IAF", draws(13, 400, 0.9), nil}, {"dropout sampling", post, nil}}
	f, err := Marginals(five, rows...)
	add("marginals of three", f, err)
	f, err = Marginals(five, rows[0])
	add("marginals of one", f, err)
	four := &MarginalsSettings{Params: five.Params[:4], Prior: prior, Truth: post.Row(3), Plane: five.Params[:4]}
	f, err = Marginals(four, rows[0])
	add("marginals and pairs", f, err)
	f, err = Marginals(&MarginalsSettings{Prior: prior, Truth: prior.Row(0)}, Row{"", post, nil})
	add("marginals of all parameters", f, err)
	f, err = Marginals(nil, Row{"", draws(1, 100, 1), nil})
	add("one marginal", f, err)
	long := []Row{{"spline cINN of 40,000 pairs with white components and walls, trained twice as long as the others", draws(4, 100, 1), nil}, {"INN_with_a_name_of_one_word_that_has_no_end", draws(4, 100, 2), nil}, {"cVAE", draws(4, 100, 2), nil}}
	f, err = Marginals(&MarginalsSettings{Prior: draws(4, 300, 1)}, long...)
	add("marginals of long names", f, err)
	f, err = Recovery(recovered(13))
	add("recovery of 13", f, err)
	f, err = Recovery(recovered(1))
	add("recovery of one", f, err)

	group := func(name string, share float64) Group { return Group{Name: name, Draws: draws(3, 400, share)} }
	f, err = Planes(nil, Plane{"truth", "", []Group{group("red", 1), group("blue", 0.5)}},
		Plane{"only L_y and L_z", "99.1 % within 3σ\nworst mode off by 1.2 %", []Group{group("blue", 3), group("red", 1), group("grey", 1)}},
		Plane{"INN", "99.1 % within 3σ", []Group{group("red", 0.1)}}, Plane{"cGAN", "", []Group{group("red", 0.1)}}, Plane{"cVAE-IAF", "", []Group{group("red", 0.1)}})
	add("planes of five", f, err)
	f, err = Planes(&PlanesSettings{Params: []string{"v_hb1", "a_mie1"}}, Plane{"truth", "99 % right", []Group{group("all", 1)}})
	add("one plane", f, err)
	f, err = Latent(&LatentSettings{Modes: [][]float64{{-1, 0}, {1, 0}, {0, 1}, {0, -1}}}, wheel("red"), wheel("blue"), wheel("green"))
	add("latent space of three", f, err)
	f, err = Latent(&LatentSettings{Modes: [][]float64{{0, 0}}, Scale: 1, Cells: 20}, wheel(""))
	add("latent space of one", f, err)
	reach := poses(500)
	f, err = Arms(&ArmsSettings{Truth: reach.Row(7)}, []float64{0.4, 1.7}, Row{"INN", reach, reach.Row(9)})
	add("arms", f, err)
	f, err = Arms(nil, []float64{0.4, 1.7}, Row{"INN", reach, reach.Row(9)}, Row{"ABC", reach, nil}, Row{"cVAE", reach, nil})
	add("arms of three methods", f, err)
	image, estimates, truth := mapped(30, 40)
	f, err = Maps(&MapsSettings{Truth: truth, Unfit: make([]bool, 1200), Arrows: [][2]float64{{10, 20}}}, image, estimates)
	add("maps of four", f, err)
	image, estimates, _ = mapped(1100, 12) // high and narrow, thinned out
	f, err = Maps(nil, image, estimates)
	add("maps of three", f, err)

	panel("losses of six", Losses(history("y", "z", "x", "padding", "reconstruction")), nil)
	panel("one loss", Losses(history()), nil)
	panel("first step", Losses(history("y", "z", "x")[:1]), nil)
	panel("no loss", Losses(nil), nil)
	panel("only NaN", Losses([]inn.Progress{{Step: 1, Steps: 10, Loss: math.NaN()}, {Step: 2, Steps: 10, Loss: math.Inf(1)}}), nil)

	at := []float64{580, 470, 660, 560, 480, 511, 600, 700}
	same := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	p, err := Spectrum("wavelength [nm]", at, "reflectance", Curve{"a", same, false}, Curve{"b", same, false}, Curve{"c", same, false},
		Curve{"d", same, false}, Curve{"e", same, false}, Curve{"f", same, false}, Curve{"draws", same, true}, Curve{"", same, true})
	panel("spectrum", p, err)
	var many []Track
	var tables []*metric.CalibrationTable
	for i := range 40 {
		many = append(many, Track{fmt.Sprintf("shell %d", i), []float64{0, 1}, []float64{0, float64(i)}})
		tables = append(tables, &metric.CalibrationTable{Method: "INN", Confidence: []float64{0, 1}, Inliers: []float64{0, 1}})
	}
	many[3].Name = strings.Repeat("a shell with a long name ", 20)
	p, err = Tracks("t", "R", many...)
	panel("tracks of 40", p, err)
	p, err = Calibrations(tables...)
	panel("calibrations of 40", p, err)
	f, err = Planes(nil, Plane{"truth", "", []Group{group(strings.Repeat("red and more ", 20), 1), group("blue", 0.5)}})
	add("planes of a long name", f, err)
	return out
}

// mapped is an image with estimates of s_O2, one pixel of which is far out, and the truth.
func mapped(rows, cols int) (*cube.Cube, *metric.IntervalTable, *inn.Samples) {
	n := rows * cols
	image := &cube.Cube{Rows: rows, Cols: cols, Bands: 3, Data: make([]float32, 3*n), Wavelengths: []float64{470, 560, 660}}
	v := &metric.IntervalTable{Var: someVars[0], Method: "INN", Far: make([]bool, n)}
	truth := inn.NewSamples(someVars[:1], n)
	for i := range n {
		s := float64(i) / float64(n)
		image.Data[3*i], image.Data[3*i+1], image.Data[3*i+2] = 0.2, 0.3, float32(s)
		truth.Data[i] = s
		v.Median, v.Low, v.High = append(v.Median, s+0.02), append(v.Low, s-0.1), append(v.High, s+0.1*s)
	}
	v.Far[n/3] = true
	return image, v, truth
}

// wheel is a latent map whose x is z.
func wheel(title string) LatentMap {
	return LatentMap{title, func(zs [][]float64) (*inn.Samples, error) {
		s := inn.NewSamples(inn.Vars("a", "b"), len(zs))
		for i, z := range zs {
			copy(s.Row(i), z)
		}
		return s, nil
	}}
}
