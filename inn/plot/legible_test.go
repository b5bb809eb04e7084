package plot

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A recorder is a canvas that notes where text is set.
type recorder struct {
	w, h  vg.Length
	now   [6]float64 // x' = a x + c y + e, y' = b x + d y + f
	stack [][6]float64
	texts []textBox
}

type textBox struct {
	text string
	box  vg.Rectangle
	up   bool // rotated by a quarter turn
}

func newRecorder(w, h vg.Length) *recorder {
	return &recorder{w: w, h: h, now: [6]float64{1, 0, 0, 1, 0, 0}}
}

func (r *recorder) Size() (w, h vg.Length)              { return r.w, r.h }
func (r *recorder) SetLineWidth(vg.Length)              {}
func (r *recorder) SetLineDash([]vg.Length, vg.Length)  {}
func (r *recorder) SetColor(color.Color)                {}
func (r *recorder) Stroke(vg.Path)                      {}
func (r *recorder) Fill(vg.Path)                        {}
func (r *recorder) DrawImage(vg.Rectangle, image.Image) {}
func (r *recorder) Push()                               { r.stack = append(r.stack, r.now) }
func (r *recorder) Pop()                                { r.now, r.stack = r.stack[len(r.stack)-1], r.stack[:len(r.stack)-1] }
func (r *recorder) Scale(x, y float64)                  { r.apply([6]float64{x, 0, 0, y, 0, 0}) }
func (r *recorder) Translate(p vg.Point)                { r.apply([6]float64{1, 0, 0, 1, float64(p.X), float64(p.Y)}) }
func (r *recorder) Rotate(rad float64) {
	sin, cos := math.Sincos(rad)
	r.apply([6]float64{cos, sin, -sin, cos, 0, 0})
}

func (r *recorder) apply(m [6]float64) {
	n := r.now
	r.now = [6]float64{
		n[0]*m[0] + n[2]*m[1], n[1]*m[0] + n[3]*m[1],
		n[0]*m[2] + n[2]*m[3], n[1]*m[2] + n[3]*m[3],
		n[0]*m[4] + n[2]*m[5] + n[4], n[1]*m[4] + n[3]*m[5] + n[5],
	}
}

func (r *recorder) FillString(f font.Face, pt vg.Point, text string) {
	at := func(x, y vg.Length) vg.Point {
		n := r.now
		return vg.Point{
			X: vg.Length(n[0]*float64(x) + n[2]*float64(y) + n[4]),
			Y: vg.Length(n[1]*float64(x) + n[3]*float64(y) + n[5]),
		}
	}
	// Letters reach from a fifth of the size below the line to three quarters above.
	a, b := at(pt.X, pt.Y-0.2*f.Font.Size), at(pt.X+f.Width(text), pt.Y+0.75*f.Font.Size)
	r.texts = append(r.texts, textBox{text, vg.Rectangle{
		Min: vg.Point{X: min(a.X, b.X), Y: min(a.Y, b.Y)},
		Max: vg.Point{X: max(a.X, b.X), Y: max(a.Y, b.Y)},
	}, math.Abs(r.now[1]) > 0.5})
}

// illegible lists texts that reach out of the figure or into each other.
func (r *recorder) illegible() []string {
	var bad []string
	for i, t := range r.texts {
		if t.box.Min.X < 0 || t.box.Min.Y < 0 || t.box.Max.X > r.w || t.box.Max.Y > r.h {
			bad = append(bad, fmt.Sprintf("%q reaches out of the figure: %.0f", t.text, t.box))
		}
		for _, u := range r.texts[:i] {
			x := min(t.box.Max.X, u.box.Max.X) - max(t.box.Min.X, u.box.Min.X)
			y := min(t.box.Max.Y, u.box.Max.Y) - max(t.box.Min.Y, u.box.Min.Y)
			// A subscript touches its letter.
			if x > 0.3 && y > 0.3 {
				bad = append(bad, fmt.Sprintf("%q runs into %q: %.0f, %.0f", t.text, u.text, t.box, u.box))
			}
		}
	}
	return bad
}

// Things of one name have one style and one label, and what has no room in the
// legend is counted.
func TestLabelsOnceForEachName(t *testing.T) {
	at := []float64{1, 2}
	var curves []Curve
	var tracks []Track
	for i := range 30 {
		curves = append(curves, Curve{"draws", []float64{0, float64(i)}, true}, Curve{"runs", []float64{float64(i), 0}, false})
		tracks = append(tracks, Track{"shell", at, []float64{0, float64(i)}}, Track{"", at, at})
	}
	many := func(n int) (all []Track) {
		for i := range n {
			all = append(all, Track{fmt.Sprint(i), at, []float64{0, float64(i)}})
		}
		return all
	}
	for _, c := range []struct {
		make func() (*gonum.Plot, error)
		want string
	}{
		{func() (*gonum.Plot, error) { return Spectrum("", at, "", curves...) }, "draws runs"},
		{func() (*gonum.Plot, error) { return Tracks("", "", tracks...) }, "shell"},
		{func() (*gonum.Plot, error) {
			return BPT(Galaxies{"a", at, at}, Galaxies{"b", at, at}, Galaxies{"a", at, at})
		}, "a b"},
		{func() (*gonum.Plot, error) { return Tracks("", "", many(6)...) }, "0 1 2 3 4 5"},
		{func() (*gonum.Plot, error) { return Tracks("", "", many(9)...) }, "0 1 2 3 4 5 and 3 more"},
	} {
		p, err := c.make()
		if err != nil {
			t.Fatal(err)
		}
		r := newRecorder(400, 100)
		p.Draw(draw.New(r))
		var got []string
		for _, x := range r.texts { // right of the data and above the ticks
			if x.box.Min.X > 265 && x.box.Min.Y > 12 && !strings.Contains(x.text, "et al.") {
				got = append(got, x.text)
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("the labels are %q, want %q", got, c.want)
		}
	}
}

func TestLegible(t *testing.T) {
	for name, f := range figures(t) {
		r := newRecorder(f.Width, f.Height)
		if err := f.draw(r); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(r.texts) < 2 {
			t.Errorf("%s has %d texts", name, len(r.texts))
		}
		for _, bad := range r.illegible() {
			t.Errorf("%s: %s", name, bad)
		}
	}
}
