package plot_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/cube"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
	"github.com/innkeeper-notebook/innkeeper/inn/plot"
	"github.com/innkeeper-notebook/innkeeper/inn/sim"
)

// sum is the problem of two lengths of which only the sum is measured.
var sum = inn.Problem{
	Name:  "sum",
	X:     inn.Vars("a [cm]", "b [cm]"),
	Y:     inn.Vars("y [cm]"),
	Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),
	Simulate: func(_ *rand.Rand, x []float64) []float64 {
		return []float64{x[0] + x[1]}
	},
}

// exact is its posterior in closed form: a ~ N(y/2, 1/2) and b = y - a.
type exact struct{}

func (exact) String() string { return "exact" }

func (exact) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	rng := inn.RNG(seed, 0)
	s := inn.NewSamples(sum.X, n)
	for i := range n {
		a := y[0]/2 + rng.NormFloat64()*0.7071
		copy(s.Row(i), []float64{a, y[0] - a})
	}
	return s, nil
}

func ExampleMarginals() {
	pairs, err := sum.Pairs(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	xs, err := exact{}.Sample(pairs.Y.Row(0), 1000, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fig, err := plot.Marginals(&plot.MarginalsSettings{
		Prior: pairs.X,
		Truth: pairs.X.Row(0),
		Plane: []string{"a", "b"},
	}, plot.Row{Name: "exact", Draws: xs})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(fig.Panels), "row of", len(fig.Panels[0]), "panels, the first over", fig.Panels[0][0].X.Label.Text)
	// Output: 1 row of 3 panels, the first over a [cm]
}

func ExamplePlanes() {
	prior, err := sum.Pairs(500, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	xs, err := exact{}.Sample([]float64{1}, 500, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fig, err := plot.Planes(nil,
		plot.Plane{Title: "prior", Groups: []plot.Group{{Name: "draws", Draws: prior.X}}},
		plot.Plane{Title: "exact", Note: "y = 1 cm", Groups: []plot.Group{{Name: "draws", Draws: xs}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d panels, under the second: %q\n", len(fig.Panels[0]), fig.Panels[0][1].X.Label.Text)
	// Output: 2 panels, under the second: "a [cm]\n\ny = 1 cm"
}

func ExampleLatent() {
	// A map that is known: x is z. Of a network it is model.Inverse(y, zs).
	itself := func(zs [][]float64) (*inn.Samples, error) {
		xs := inn.NewSamples(sum.X, len(zs))
		for i, z := range zs {
			copy(xs.Row(i), z)
		}
		return xs, nil
	}
	fig, err := plot.Latent(&plot.LatentSettings{Modes: [][]float64{{-1, 0}, {1, 0}}}, plot.LatentMap{Title: "x = z", X: itself})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fig)
	// Output: a figure of 1 panels
}

func ExampleRecovery() {
	test, err := sum.Pairs(100, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Recovered(exact{}, test, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fig, err := plot.Recovery(table)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range fig.Panels[0] {
		fmt.Println(p.X.Label.Text)
	}
	// Output:
	// true a [cm]
	// true b [cm]
}

func ExampleSpectrum() {
	bands := []float64{580, 470, 660}
	p, err := plot.Spectrum("wavelength [nm]", bands, "reflectance",
		plot.Curve{Name: "measured", Values: []float64{0.21, 0.17, 0.34}},
		plot.Curve{Name: "re-simulated", Values: []float64{0.20, 0.18, 0.33}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.X.Label.Text)
	// Output: wavelength [nm]
}

func ExampleLosses() {
	var history []inn.Progress // in a notebook: filled by inn.Settings.Each
	for step := 1; step <= 100; step++ {
		y, z := 1/float64(step), 0.5/float64(step)
		history = append(history, inn.Progress{
			Step: step, Steps: 100, Loss: y + z,
			Terms: []inn.Term{{Name: "y", Value: y}, {Name: "z", Value: z}},
		})
	}
	p := plot.Losses(history)
	fmt.Println(p.X.Label.Text, "up to", p.X.Max)
	// Output: step up to 100
}

// A figure shows itself in a notebook, by SVG, and is saved by its name.
func ExampleFigure() {
	xs, err := exact{}.Sample([]float64{1}, 500, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fig, err := plot.Marginals(nil, plot.Row{Draws: xs})
	if err != nil {
		fmt.Println(err)
		return
	}
	svg, err := fig.SVG()
	fmt.Println(strings.Contains(svg, "<svg"), err)
	png, err := fig.PNG()
	fmt.Println(string(png[1:4]), err)

	dir, err := os.MkdirTemp("", "figures")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	fmt.Println(fig.Save(filepath.Join(dir, "marginals.pdf")))
	// Output:
	// true <nil>
	// PNG <nil>
	// <nil>
}

func ExampleArms() {
	poses := inn.NewSamples(inn.Vars("x1", "x2 [rad]", "x3 [rad]", "x4 [rad]"), 100) // in a notebook: a posterior's
	rng := inn.RNG(1, 0)
	for i := range poses.Len() {
		for j := range poses.Row(i) {
			poses.Row(i)[j] = 0.1 * rng.NormFloat64()
		}
	}
	fig, err := plot.Arms(nil, []float64{0, 2}, plot.Row{Name: "INN", Draws: poses})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fig.Panels[0][0].X.Label.Text)
	// Output: away from the rail
}

func ExampleCalibrations() {
	problem := sim.Mixture(nil)
	test, err := problem.Pairs(200, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := metric.Calibration(sim.MixtureExact{}, test, &metric.Settings{Draws: 200})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := plot.Calibrations(table)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.X.Label.Text)
	// Output: confidence [%]
}

// What a posterior says of every pixel, beside the truth.
func ExampleMaps() {
	image := &cube.Cube{Rows: 20, Cols: 30, Bands: 3, Wavelengths: []float64{450, 550, 650}, Data: make([]float32, 3*600)}
	pairs, err := sum.Pairs(600, 1) // a pixel each
	if err != nil {
		fmt.Println(err)
		return
	}
	estimates, err := metric.Intervals(exact{}, pairs, pairs.Y, "a", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fig, err := plot.Maps(&plot.MapsSettings{Truth: pairs.X}, image, estimates)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(fig.Panels[0]), "panels")
	// Output: 4 panels
}
