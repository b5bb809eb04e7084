package nb

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

func TestInteract(t *testing.T) {
	a := widget.FloatSlider("a", 0, 10, 2)
	v, err := Interact(func(a float64, name string) (string, error) { return fmt.Sprint(name, " ", a), nil }, a, widget.Dropdown("who", "x", "y"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := display.Render(v)
	if err != nil || b[display.Text] != "a: 2\nwho: x\nx 2" {
		t.Errorf("it shows %q, %v", b[display.Text], err)
	}
	a.Set(5)
	v.redraw()
	if got := v.String(); got != "a: 5\nwho: x\nx 5" {
		t.Errorf("after a change it shows %q", got)
	}
}

// A function that panics or returns an error says so below its controls, and
// works again when it does not.
func TestAFunctionThatFailsIsShown(t *testing.T) {
	a := widget.FloatSlider("a", -1, 1, 0.5)
	v, err := Interact(func(a float64) (float64, error) {
		if a > 0.8 {
			panic("too much")
		}
		if a < 0 {
			return 0, fmt.Errorf("less than nothing")
		}
		return a, nil
	}, a)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   float64
		want string
	}{{0.9, "panic: too much"}, {-0.5, "less than nothing"}, {0.25, "0.25"}} {
		a.Set(c.at)
		v.redraw()
		if got := v.String(); !strings.HasSuffix(got, "\n"+c.want) || !strings.Contains(v.area.Value(), c.want) {
			t.Errorf("at %v it shows %q and the page %q, want %q", c.at, got, v.area.Value(), c.want)
		}
	}
}

func TestInteractSaysWhatDoesNotFit(t *testing.T) {
	slider := widget.IntSlider("n", 0, 3, 1)
	for _, c := range []struct {
		f    any
		with []widget.Widget
		want string
	}{
		{3, nil, "wants a function, not a int"},
		{func() {}, []widget.Widget{slider}, "1 controls for a function of 0 parameters"},
		{func(float64) {}, []widget.Widget{slider}, "control 1 of Interact gives a int, but parameter 1 is a float64"},
		{func(float64) {}, []widget.Widget{widget.VBox()}, "has no value"},
	} {
		if _, err := Interact(c.f, c.with...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want %q", err, c.want)
		}
	}
}

// near is a posterior that lies around the measurement.
type near string

func (n near) String() string { return string(n) }
func (near) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	s := inn.NewSamples(inn.Vars("a", "b"), n)
	rng := inn.RNG(seed, 0)
	for i := range n {
		s.Row(i)[0], s.Row(i)[1] = y[0]+0.1*rng.NormFloat64(), rng.NormFloat64()
	}
	return s, nil
}

// sum is a problem with n measurements of two parameters.
func sum(n int) inn.Problem {
	var labels []string
	for i := range n {
		labels = append(labels, fmt.Sprintf("u%d [m]", i))
	}
	return inn.Problem{Name: "t", X: inn.Vars("a", "b"), Y: inn.Vars(labels...), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 {
			y := make([]float64, n)
			for i := range y {
				y[i] = x[0] + float64(i)
			}
			return y
		}}
}

func mustPairs(t *testing.T, p inn.Problem, n int) *inn.Pairs {
	t.Helper()
	pairs, err := p.Pairs(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

// settle waits for what is due, for what that makes due, and so on.
func settle() {
	for range 5 {
		done := make(chan bool)
		widget.Later(func() { close(done) })
		<-done
	}
}

// measuring says that it is given another measurement.
type measuring struct{ near }

func (measuring) Measured() []inn.Var { return inn.Vars("v") }

func TestExplore(t *testing.T) {
	p := sum(1)
	pairs := mustPairs(t, p, 50)
	e, err := Explore(near("first"), pairs, &ExploreSettings{Others: []inn.Posterior{near("second")}, Plane: []string{"a", "b"}, Problem: p,
		More: func(y []float64, draws *inn.Samples) any { return HTML(fmt.Sprint("more of ", draws.Len())) }})
	if err != nil {
		t.Fatal(err)
	}
	b, err := display.Render(e)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := b[display.SVG].(string); !strings.Contains(s, "<svg") {
		t.Error("no picture is left where there are no widgets")
	}
	truth := fmt.Sprintf(">%.3g</td></tr>", pairs.X.Row(0)[0])
	for _, want := range []string{"68 % interval", ">MAP</th>", truth, "more of 1000", "u0 [m]: ", "<svg"} {
		if s, _ := b[display.HTML].(string); !strings.Contains(s, want) {
			t.Errorf("%q is not in %.300q", want, s)
		}
	}
	for _, want := range []string{"u0 [m]: ", "first, 1000 draws\n   MAP", "68 % interval", fmt.Sprintf("%.3g", pairs.X.Row(0)[0])} {
		if s, _ := b[display.Text].(string); !strings.Contains(s, want) {
			t.Errorf("%q is not in the text %q", want, s)
		}
	}
	if _, err := Explore(nil, pairs, nil); err == nil {
		t.Error("no posterior is no error")
	}
	few, _, _ := pairs.Split(5)
	if _, err := Explore(near("x"), few, nil); err == nil || !strings.Contains(err.Error(), "at least 10 pairs, not 5") {
		t.Errorf("few pairs: %v", err)
	}
	if _, err := Explore(near("x"), pairs, &ExploreSettings{Others: []inn.Posterior{measuring{near("y")}}}); err == nil || !strings.Contains(err.Error(), `measurement 1 of 1 is "u0 [m]", but y is given "v" there`) {
		t.Errorf("other measurements: %v", err)
	}
	if _, err := Explore(near("x"), pairs, &ExploreSettings{Places: []float64{1, 2}}); err == nil || !strings.Contains(err.Error(), "2 Places for 1 measurements") {
		t.Errorf("places: %v", err)
	}
}

// The median of the posterior that near draws is y, so the table follows the
// sliders; the truth goes when they leave it.
func TestExploreFollows(t *testing.T) {
	e, err := Explore(near("first"), mustPairs(t, sum(1), 50), &ExploreSettings{Others: []inn.Posterior{near("second")}, Problem: sum(1)})
	if err != nil {
		t.Fatal(err)
	}
	e.sliders[0].Set(1)
	e.method.Set(1)
	settle()
	e.keep(e.View)
	e.take(e.View)
	settle()
	e.keep(e.View)
	if err := e.simulate(e.View); err != nil {
		t.Fatal(err)
	}
	settle()
	e.keep(e.View)
	kept := e.Kept()
	if len(kept) != 3 {
		t.Fatalf("kept are %v", kept)
	}
	for i, want := range []struct {
		name string
		true bool
	}{{"the sliders", false}, {"test pair 1", true}, {"simulation 1", true}} {
		o := kept[i]
		if o.Name != want.name || o.Method != "second" || (o.Truth != nil) != want.true {
			t.Errorf("kept is %q of %q with truth %v", o.Name, o.Method, o.Truth)
		}
		if col, _ := o.Draws.Col("a"); math.Abs(stat.Mean(col, nil)-o.Y[0]) > 0.02 || math.Abs(o.MAP[0]-o.Y[0]) > 0.2 {
			t.Errorf("at y = %v the MAP is %v", o.Y, o.MAP)
		}
		if !strings.Contains(e.list.Value(), want.name+", second") {
			t.Errorf("the table is %s", e.list.Value())
		}
	}
	if y := e.Shown().Y; y[0] != kept[2].Y[0] {
		t.Errorf("y is %v", y)
	}
	for seed := range uint64(4) { // a simulation is none of the pairs that a user has
		pairs, err := e.Problem.Pairs(100, seed)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(pairs.Y.Data, kept[2].Y[0]) {
			t.Errorf("the simulation is one of the pairs of seed %d", seed)
		}
	}
}

// Problems that are a curve are simulated again; here y is x0, x0 + 1, x0 + 2.
func TestExploreSimulatesAgain(t *testing.T) {
	p := sum(3)
	pairs := mustPairs(t, p, 50)
	e, err := Explore(near("first"), pairs, &ExploreSettings{Problem: p, Places: []float64{500, 600, 700}, PlacesLabel: "wavelength [nm]"})
	if err != nil {
		t.Fatal(err)
	}
	if s := e.again.area.Value(); !strings.Contains(s, "wavelength [nm]") || !strings.Contains(s, "simulated from the draws") {
		t.Errorf("the figure is %.300q", s)
	}
	if s := e.HTML(); !strings.Contains(s, "simulated from the draws") {
		t.Error("on a page without widgets it is missing")
	}
	before := e.again.area.Value()
	e.again.run(e.Shown(), func() bool { return true })
	if e.again.area.Value() != before {
		t.Error("what is old is shown")
	}
	e.sliders[0].Set(e.sliders[0].Value() + 0.5)
	settle()
	if e.again.area.Value() == before {
		t.Error("it does not follow the sliders")
	}
	e.Problem.Simulate = func(_ *rand.Rand, x []float64) []float64 { panic("no light") }
	e.again.run(e.Shown(), func() bool { return false })
	if s := e.again.area.Value(); !strings.Contains(s, "20 of 20 draws could not be simulated") || !strings.Contains(s, "no light") {
		t.Errorf("a simulator that fails shows %.300q", s)
	}
}

// Of many measurements there are no sliders but the buttons, a note and the curve.
func TestExploreOfManyMeasurements(t *testing.T) {
	for _, n := range []int{100, 101} {
		for _, p := range []inn.Problem{sum(n), {}} {
			pairs := mustPairs(t, sum(n), 50)
			e, err := Explore(near("first"), pairs, &ExploreSettings{Problem: p})
			if err != nil {
				t.Fatal(err)
			}
			if len(e.sliders) != n%101 {
				t.Fatalf("%d measurements have %d sliders", n, len(e.sliders))
			}
			if n < 101 {
				continue
			}
			s := e.HTML()
			for _, want := range []string{"101 measurements are too many for sliders (100 at most)", ">y</text>", ">truth</th>"} {
				if !strings.Contains(s, want) {
					t.Errorf("%q is not in %.500q", want, s)
				}
			}
			if got := strings.Contains(s, "simulated from the draws"); got != (p.Simulate != nil) {
				t.Errorf("simulated again: %v", got)
			}
			if !slices.Equal(e.Shown().Y, pairs.Y.Row(0)) {
				t.Errorf("it shows %v", e.Shown().Y)
			}
			e.take(e.View)
			settle()
			if o := e.Shown(); !slices.Equal(o.Y, pairs.Y.Row(1)) || o.Name != "test pair 1" || !slices.Equal(o.Truth, pairs.X.Row(1)) {
				t.Errorf("the next pair is %s: %v", o.Name, o.Y)
			}
			if e.keep(e.View); !strings.Contains(e.list.Value(), ">101 values</td>") {
				t.Errorf("the table is %s", e.list.Value())
			}
		}
	}
}

// Of the planar arm the poses are drawn.
func TestExploreDrawsTheArm(t *testing.T) {
	p := inn.Problem{Name: "kinematics", X: inn.Vars("x1", "x2", "x3", "x4"), Y: inn.Vars("y1", "y2"),
		Prior:    inn.Normal(make([]float64, 4), []float64{0.25, 0.5, 0.5, 0.5}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0], x[1]} }}
	post := posteriorOf(func(y []float64, n int, seed uint64) (*inn.Samples, error) {
		pairs, err := p.Pairs(n, seed)
		return pairs.X, err
	})
	e, err := Explore(post, mustPairs(t, p, 50), &ExploreSettings{Problem: p})
	if err != nil {
		t.Fatal(err)
	}
	if s := e.HTML(); !strings.Contains(s, "97 % of the ends") {
		t.Errorf("it shows %.300q", s)
	}
}

type posteriorOf func(y []float64, n int, seed uint64) (*inn.Samples, error)

func (posteriorOf) String() string { return "p" }
func (f posteriorOf) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	return f(y, n, seed)
}
