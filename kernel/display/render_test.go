package display

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

type page struct{}

func (page) HTML() string     { return "<b>b</b>" }
func (page) Markdown() string { return "**b**" }
func (page) LaTeX() string    { return "$b$" }
func (page) SVG() string      { return "<svg/>" }
func (page) PNG() []byte      { return []byte("png") }
func (page) JSON() any        { return map[string]int{"b": 1} }
func (page) String() string   { return "b" }

func TestRenderByMethod(t *testing.T) {
	b, err := Render(page{})
	if err != nil {
		t.Fatal(err)
	}
	for mime, want := range map[string]string{HTML: "<b>b</b>", Markdown: "**b**", LaTeX: "$b$", SVG: "<svg/>", PNG: "cG5n", Text: "b"} {
		if b[mime] != want {
			t.Errorf("%s is %q, want %q", mime, b[mime], want)
		}
	}
	if j, ok := b[JSON].(json.RawMessage); !ok || string(j) != `{"b":1}` {
		t.Errorf("JSON is %v", b[JSON])
	}
}

func TestASketchHasNoPNGBesideItsSVG(t *testing.T) {
	b, err := Sketch(page{})
	if err != nil || b[SVG] != "<svg/>" || b[PNG] != nil {
		t.Errorf("bundle is %v, error %v", b, err)
	}
	b, err = Sketch(image.NewGray(image.Rect(0, 0, 1, 1)))
	if err != nil || b[PNG] == nil {
		t.Errorf("of an image the bundle is %v, error %v", b, err)
	}
}

type unsendable struct{}

func (unsendable) MIME() map[string]any { return map[string]any{HTML: "here", JSON: math.NaN()} }

func TestWhatIsNoJSONCostsItsFormatAlone(t *testing.T) {
	b, err := Render(unsendable{})
	if err == nil || !strings.Contains(err.Error(), "application/json of method MIME of display.unsendable: json: unsupported value: NaN") {
		t.Errorf("error is %v", err)
	}
	if b[HTML] != "here" || b[JSON] != nil {
		t.Errorf("bundle is %v", b)
	}
}

type faulty struct{}

func (faulty) HTML() (string, error) { return "", errors.New("no paper") }
func (faulty) SVG() string           { panic("no ink") }
func (faulty) Markdown() string      { return "here" }
func (faulty) String() string        { return "faulty" }

func TestAFaultyMethodCostsItsFormatAlone(t *testing.T) {
	b, err := Render(faulty{})
	for _, want := range []string{"method HTML of display.faulty: no paper", "method SVG of display.faulty panicked: no ink"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}
	if b[Markdown] != "here" || b[Text] != "faulty" || b[HTML] != nil || b[SVG] != nil {
		t.Errorf("bundle is %v", b)
	}
}

func TestRenderPlot(t *testing.T) {
	p := plot.New()
	p.Title.Text = "a line"
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 2}})
	if err != nil {
		t.Fatal(err)
	}
	p.Add(line)
	b, err := Render(p)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := b[SVG].(string); !strings.Contains(s, "<svg") || !strings.Contains(s, "textLength") || b[Text] != "a plot: a line" {
		t.Errorf("text is %v, drawing begins %.80s", b[Text], b[SVG])
	}
	p.X.Min, p.X.Max = math.NaN(), 1 // gonum panics
	if b, err := Render(p); err == nil || b[Text] == nil {
		t.Errorf("a plot that cannot be drawn: %v, %v", b, err)
	}
}

func TestRenderImageAndMatrix(t *testing.T) {
	b, err := Render(image.NewGray(image.Rect(0, 0, 3, 2)))
	if s, _ := b[PNG].(string); err != nil || !strings.HasPrefix(s, "iVBORw0KGgo") || !strings.Contains(fmt.Sprint(b[Text]), "3 x 2") {
		t.Errorf("image: %v %v", b, err)
	}
	b, err = Render(mat.NewDense(2, 2, []float64{1, 2, 3, 4.5}))
	if want := "⎡1    2⎤\n⎣3  4.5⎦"; err != nil || b[Text] != want {
		t.Errorf("matrix is\n%v, want\n%v (%v)", b[Text], want, err)
	}
}

type point struct {
	X, Y float64
	name string
}

type ring struct{ Next *ring }

func TestText(t *testing.T) {
	loop := &ring{}
	loop.Next = loop
	long := make([]int, 100)
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "<nil>"},
		{3, "3"},
		{"a\nb", "a\nb"},
		{[]string{"a"}, `["a"]`},
		{0.1, "0.1"},
		{[]float64{1. / 3}, "[0.333333]"},
		{point{1, 2, "p"}, `display.point{X: 1, Y: 2, name: "p"}`},
		{&point{1, 2, ""}, `&display.point{X: 1, Y: 2, name: ""}`},
		{map[string]int{"b": 2, "a": 1}, `map["a":1 "b":2]`},
		{long, "[0 0 0 0 0 0 ... 0 0 0 0 0 0] (100 values)"},
		{loop, "&display.ring{Next: (a cycle)}"},
		{errors.New("bad"), "bad"},
		{framed(3), "|3|"},
		{[]framed{1, 2}, "[|1| |2|]"},
		{struct{ A, b framed }{1, 2}, "{A: |1|, b: 2}"},
		{[][]float64{{1, 2}, {3, 4}}, "[[1 2]\n [3 4]]"},
		{Typed{point{1, 2, ""}, named("Point")}, `Point{A: 1, B: 2, C: ""}`},
		{Typed{&point{1, 2, ""}, named("*Point")}, `&Point{A: 1, B: 2, C: ""}`},
		{[]any{typed{}, 1}, `[Point{A: 3, B: 4, C: ""} 1]`},
	} {
		b, err := Render(c.v)
		if err != nil || b[Text] != c.want {
			t.Errorf("%#v is %q (%v), want %q", c.v, b[Text], err, c.want)
		}
	}
}

// framed is printed by a method Format.
type framed int

func (f framed) Format(s fmt.State, verb rune) { fmt.Fprintf(s, "|%d|", int(f)) }

// named is a type that reflection does not know.
type named string

func (n named) String() string { return string(n) }
func (n named) Elem() Type     { return named(strings.TrimPrefix(string(n), "*")) }
func (n named) Key() Type      { return nil }
func (n named) Field(i int) (string, Type) {
	return string(rune('A' + i)), nil
}
func (n named) Text(any) (string, bool)            { return "", false }
func (n named) Bare(v reflect.Value) reflect.Value { return v }

// typed is a value that says what it is.
type typed struct{}

func (typed) Typed() Typed { return Typed{point{3, 4, ""}, named("Point")} }
