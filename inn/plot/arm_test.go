package plot

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/plot/svg"
)

// poses are n poses around one, as a posterior draws them.
func poses(n int) *inn.Samples {
	rng := rand.New(rand.NewPCG(1, 2))
	s := inn.NewSamples(inn.Vars("x1", "x2 [rad]", "x3 [rad]", "x4 [rad]"), n)
	for i := range n {
		for j, v := range []float64{0.1, 0.6, 0.9, 1.2} {
			s.Row(i)[j] = v + 0.1*rng.NormFloat64()
		}
	}
	return s
}

// TestArmJoints: the end of the arm is y of equations 13 and 14, or of the
// published code's form.
func TestArmJoints(t *testing.T) {
	x := []float64{0.1, 0.6, 0.9, 1.2}
	s, c := math.Sin, math.Cos
	for _, want := range []struct {
		cumulative  bool
		along, away float64
	}{
		{false, 0.1 + 0.5*s(0.6) + 0.5*s(0.9-0.6) + s(1.2-0.6-0.9), 0.5*c(0.6) + 0.5*c(0.9-0.6) + c(1.2-0.6-0.9)},
		{true, 0.1 + 0.5*s(0.6) + 0.5*s(0.6+0.9) + s(0.6+0.9+1.2), 0.5*c(0.6) + 0.5*c(0.6+0.9) + c(0.6+0.9+1.2)},
	} {
		a := arms{ArmsSettings{Lengths: []float64{0.5, 0.5, 1}, Cumulative: want.cumulative}}
		joints := a.joints(x)
		if end := joints[3]; len(joints) != 4 || joints[0] != (point{0, 0.1}) || math.Hypot(end.x-want.away, end.y-want.along) > 1e-12 {
			t.Errorf("cumulative %t: %v, want the end at %v, %v", want.cumulative, joints, want.away, want.along)
		}
	}
}

// TestArmsScale: a segment is as long upright as it is lying.
func TestArmsScale(t *testing.T) {
	for _, rows := range [][]Row{{{"INN", poses(200), nil}}, {{"INN", poses(200), nil}, {"ABC", poses(300), nil}}} {
		f, err := Arms(nil, []float64{1, 1.5}, rows...)
		if err != nil {
			t.Fatal(err)
		}
		c := draw.Crop(draw.New(svg.New(f.Width, f.Height)), margin, -margin, margin, -margin)
		for i, p := range f.Panels[0] {
			area := p.DataCanvas(f.layOut(c)[0][i]).Size()
			x, y := float64(area.X)/(p.X.Max-p.X.Min), float64(area.Y)/(p.Y.Max-p.Y.Min)
			if math.Abs(x/y-1) > 0.02 {
				t.Errorf("%d panels, panel %d: %.1f points a unit across and %.1f upwards", len(rows), i, x, y)
			}
			if p.X.Min > 0 || p.X.Max < 1.5 || p.Y.Min > 0 || p.Y.Max < 1 {
				t.Errorf("the panel shows %v to %v and %v to %v", p.X.Min, p.X.Max, p.Y.Min, p.Y.Max)
			}
		}
	}
}

// TestContour: of a round Gaussian, the region that holds a share q of it is a
// disc of radius sqrt(-2 log(1 - q)) (Rayleigh's distribution).
func TestContour(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pts, x, y := make([]point, 20000), make([]float64, 20000), make([]float64, 20000)
	for i := range pts {
		x[i], y[i] = 5+rng.NormFloat64(), 0.02*rng.NormFloat64()
		pts[i] = point{x[i], y[i]}
	}
	slices.Sort(x)
	slices.Sort(y)
	for _, q := range []float64{0.5, 0.97} {
		m := newContour(pts, newGridAxis(x), newGridAxis(y), contourLine, q)
		ring := m.lines[0]
		mean := 0.0
		for _, p := range ring {
			mean += math.Hypot(p.x-5, p.y/0.02) / float64(len(ring))
		}
		if want := math.Sqrt(-2 * math.Log(1-q)); len(ring) < 50 || math.Abs(mean-want) > 0.06*want {
			t.Errorf("the contour of %v has %d points, on the mean %.3f from the middle, want %.3f", q, len(ring), mean, want)
		}
		if q == 0.5 && (len(m.lines) != 1 || ring[0] != ring[len(ring)-1]) {
			t.Errorf("the contour of %v is %d lines, from %v to %v", q, len(m.lines), ring[0], ring[len(ring)-1])
		}
	}
	if m := newContour(make([]point, 100), newGridAxis(make([]float64, 100)), newGridAxis(x), contourLine, 0.9); m.lines != nil {
		t.Errorf("points at one place have a contour of %d lines", len(m.lines))
	}
}

func TestArmsErrors(t *testing.T) {
	y, good := []float64{1, 1.5}, Row{"INN", poses(20), nil}
	for _, c := range []struct {
		set  *ArmsSettings
		y    []float64
		rows []Row
		want string
	}{
		{nil, y, nil, "no rows"},
		{nil, []float64{1}, []Row{good}, "want the two coordinates"},
		{nil, []float64{1, math.NaN()}, []Row{good}, "want the two coordinates"},
		{nil, y, []Row{{"few", poses(1), nil}}, `draws of "few": 1 are too few`},
		{nil, y, []Row{{"INN", draws(3, 20, 1), nil}}, "has 3 values, but a pose of 3 segments has 4"},
		{nil, y, []Row{{"INN", poses(20), []float64{1}}}, "the point estimate of INN has 1 values"},
		{&ArmsSettings{Truth: []float64{0, 0, 0, math.Inf(1)}}, y, []Row{good}, "value 3 of the truth is +Inf"},
		{&ArmsSettings{Lengths: []float64{1, 0, 1}}, y, []Row{good}, "segment 1 is 0 long"},
		{&ArmsSettings{Poses: -1}, y, []Row{good}, "Poses is -1"},
	} {
		if _, err := Arms(c.set, c.y, c.rows...); err == nil || !strings.HasPrefix(err.Error(), "plot: Arms") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want %q", err, c.want)
		}
	}
}
