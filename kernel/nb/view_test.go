package nb

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

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

func TestExplore(t *testing.T) {
	p := inn.Problem{Name: "t", X: inn.Vars("a", "b"), Y: inn.Vars("u [m]"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0]} }}
	pairs, err := p.Pairs(50, 1)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Explore(near("first"), pairs, &ExploreSettings{Others: []inn.Posterior{near("second")}, Plane: []string{"a", "b"}, Problem: p,
		More: func(y []float64, draws *inn.Samples) any { return HTML(fmt.Sprint("more of ", draws.Len())) }})
	if err != nil {
		t.Fatal(err)
	}
	b, err := display.Render(v)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := b[display.SVG].(string); !strings.Contains(s, "<svg") {
		t.Error("no picture is left where there are no widgets")
	}
	truth := fmt.Sprintf("<td>%.4g</td></tr>", pairs.X.Row(0)[0])
	if s, _ := b[display.HTML].(string); !strings.Contains(s, "68 % interval") || !strings.Contains(s, truth) || !strings.Contains(s, "more of 1000") {
		t.Errorf("the table is %.200q", s)
	}
	if text := b[display.Text].(string); !strings.Contains(text, "u [m]: ") || !strings.Contains(text, "first, 1000 draws") {
		t.Errorf("in text it is %q", text)
	}
	if _, err := Explore(nil, pairs, nil); err == nil {
		t.Error("no posterior is no error")
	}
	few, _, _ := pairs.Split(5)
	if _, err := Explore(near("x"), few, nil); err == nil || !strings.Contains(err.Error(), "at least 10 pairs, not 5") {
		t.Errorf("few pairs: %v", err)
	}
}
