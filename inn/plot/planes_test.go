package plot

import (
	"errors"
	"image"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

func TestPlanesErrors(t *testing.T) {
	good := Plane{Title: "INN", Groups: []Group{{Name: "red", Draws: draws(3, 100, 1)}}}
	nan := draws(3, 100, 1)
	nan.Data[7] = math.NaN()
	for want, call := range map[string]func() (*Figure, error){
		"no panels":        func() (*Figure, error) { return Planes(nil) },
		"no groups":        func() (*Figure, error) { return Planes(nil, Plane{Title: "INN"}) },
		"there are none":   func() (*Figure, error) { return Planes(nil, Plane{Groups: []Group{{}}}) },
		"row 2 has v_hb1":  func() (*Figure, error) { return Planes(nil, Plane{Groups: []Group{{Draws: nan}}}) },
		"other parameters": func() (*Figure, error) { return Planes(nil, good, Plane{Groups: []Group{{Draws: draws(2, 9, 1)}}}) },
		"at least two":     func() (*Figure, error) { return Planes(nil, Plane{Groups: []Group{{Draws: draws(1, 9, 1)}}}) },
		"two parameters":   func() (*Figure, error) { return Planes(&PlanesSettings{Params: []string{"g1"}}, good) },
		"no variable":      func() (*Figure, error) { return Planes(&PlanesSettings{Params: []string{"g1", "s_O2"}}, good) },
		"want at least 1":  func() (*Figure, error) { return Planes(&PlanesSettings{Columns: -1}, good) },
		"wants the Modes":  func() (*Figure, error) { return Latent(nil, wheel("")) },
		"no maps":          func() (*Figure, error) { return Latent(&LatentSettings{Modes: [][]float64{{0, 1}, {1, 0}}}) },
		"Scale must":       func() (*Figure, error) { return Latent(&LatentSettings{Modes: [][]float64{{0, 1}}}, wheel("")) },
		"mode 1 has 1":     func() (*Figure, error) { return Latent(&LatentSettings{Modes: [][]float64{{0, 1}, {0}}}, wheel("")) },
		"want to be": func() (*Figure, error) {
			return Latent(&LatentSettings{Modes: [][]float64{{0}, {1}}, Range: -1}, wheel(""))
		},
		"22500 of 1": func() (*Figure, error) { return Latent(&LatentSettings{Modes: [][]float64{{0}, {1}}}, wheel("")) },
		`panel "INN": nope`: func() (*Figure, error) {
			return Latent(&LatentSettings{Modes: [][]float64{{0}, {1}}}, LatentMap{"INN", func([][]float64) (*inn.Samples, error) { return nil, errors.New("nope") }})
		},
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "plot: ") {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// TestPlanesSayWhatIsBeyond: draws outside of the first panel's axes are counted.
func TestPlanesSayWhatIsBeyond(t *testing.T) {
	far := draws(2, 100, 1)
	for i := range 25 {
		far.Row(i)[1] += 10
	}
	f, err := Planes(nil, Plane{Groups: []Group{{Draws: draws(2, 100, 1)}}}, Plane{Note: "INN", Groups: []Group{{Draws: far}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Panels[0][1].X.Label.Text; got != "s_O2\n\nINN\n25 % beyond the axes" {
		t.Errorf("the note is %q", got)
	}
	if got := f.Panels[0][0].X.Label.Text; got != "s_O2" {
		t.Errorf("the first panel's note is %q", got)
	}
}

// A catcher is a canvas that keeps the image drawn on it.
type catcher struct {
	*recorder
	img image.Image
}

func (c *catcher) DrawImage(_ vg.Rectangle, img image.Image) { c.img = img }

// TestLatentColours: with x = z, a mode on the left and one above, both have their
// hues, red and cyan, at their places, and between and beyond them it is dark.
func TestLatentColours(t *testing.T) {
	f, err := Latent(&LatentSettings{Modes: [][]float64{{-2, 0}, {0, 2}}, Cells: 60}, wheel(""))
	if err != nil {
		t.Fatal(err)
	}
	c := &catcher{recorder: newRecorder(300, 300)}
	if err := f.draw(c); err != nil {
		t.Fatal(err)
	}
	at := func(z1, z2 float64) (r, g, b uint32) {
		r, g, b, _ = c.img.At(int((z1+3)*10), int((3-z2)*10)).RGBA() // images go from the top
		return r >> 8, g >> 8, b >> 8
	}
	if r, g, b := at(-2, 0); !(r > 200 && r > g+100 && r > b+100) {
		t.Errorf("at the first mode the colour is %d %d %d, want red", r, g, b)
	}
	if r, g, b := at(0, 2); !(b > 200 && g > 200 && r < g-100) {
		t.Errorf("at the second mode the colour is %d %d %d, want cyan", r, g, b)
	}
	if r, g, b := at(2, -2); max(r, g, b) > 60 {
		t.Errorf("far from both the colour is %d %d %d, want dark", r, g, b)
	}
}

// Parameters of other scales or with units have axes of their own with names and ticks; those of one scale
// without units have the paper's bare panels. Panels are square.
func TestPlanesAxes(t *testing.T) {
	scaled := func(by float64, labels ...string) *inn.Samples {
		s := draws(2, 300, 1)
		s.Vars = inn.Vars(labels...)
		for i := range s.Len() {
			s.Row(i)[1] = by * s.Row(i)[0]
		}
		return s
	}
	for name, c := range map[string]struct {
		of   *inn.Samples
		want string
	}{
		"one scale":    {scaled(2, "a", "b"), ""},
		"other scales": {scaled(1e4, "a", "b"), "a b"},
		"units":        {scaled(1, "a [m]", "b"), "a [m] b"},
	} {
		f, err := Planes(&PlanesSettings{Columns: 2}, Plane{Title: "one", Note: "a note", Groups: []Group{{Draws: c.of}}},
			Plane{Title: "two", Groups: []Group{{Draws: c.of}}}, Plane{Title: "three", Note: "two\nlines", Groups: []Group{{Draws: c.of}}})
		if err != nil {
			t.Fatal(err)
		}
		p := f.Panels[0][0]
		got := strings.Join(strings.Fields(strings.TrimSuffix(p.X.Label.Text, "a note")+" "+p.Y.Label.Text), " ")
		if got != c.want {
			t.Errorf("%s: the axes are called %q, want %q", name, got, c.want)
		}
		if marks := len(p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max)); (marks > 1) != (c.want != "") {
			t.Errorf("%s: %d ticks", name, marks)
		}
		if name == "other scales" && !(p.Y.Max-p.Y.Min > 3000*(p.X.Max-p.X.Min)) {
			t.Errorf("%s: x from %v to %v, y from %v to %v", name, p.X.Min, p.X.Max, p.Y.Min, p.Y.Max)
		}
		r := newRecorder(f.Width, f.Height)
		if err := f.draw(r); err != nil {
			t.Fatal(err)
		}
		for _, bad := range r.illegible() {
			t.Errorf("%s: %s", name, bad)
		}
		if data := p.DataCanvas(f.layOut(f.inside(draw.New(r)))[0][0]); c.want != "" && math.Abs(float64(data.Size().X-data.Size().Y)) > 0.5 {
			t.Errorf("%s: the panels are %v", name, data.Size())
		}
	}
}
