package plot

import (
	"math"
	"strings"
	"testing"

	gonum "gonum.org/v1/plot"
)

// bounds are the ranges of a panel's axes.
func bounds(p *gonum.Plot) [4]float64 { return [4]float64{p.X.Min, p.X.Max, p.Y.Min, p.Y.Max} }

// Tracks of different places share axes that hold them all.
func TestTracksHoldEveryPoint(t *testing.T) {
	p, err := Tracks("t [Myr]", "R [pc]", Track{"a", []float64{0, 1, 2}, []float64{1, 5, 2}}, Track{"", []float64{-1, 4}, []float64{0, 9}})
	if err != nil {
		t.Fatal(err)
	}
	if b := bounds(p); b[0] > -1 || b[1] < 4 || b[2] > 0 || b[3] < 9 {
		t.Errorf("axes %v", b)
	}
	if p.X.Label.Text != "t [Myr]" || p.Y.Label.Text != "R [pc]" {
		t.Errorf("axes called %q, %q", p.X.Label.Text, p.Y.Label.Text)
	}
}

// A track of one point is a dot, as a loss's first step is.
func TestTrackOfOnePoint(t *testing.T) {
	p, err := Tracks("t", "R", Track{"", []float64{1}, []float64{2}})
	if err != nil {
		t.Fatal(err)
	}
	svg := drawn(t, &Figure{Width: 300, Height: 200, Panels: [][]*gonum.Plot{{p}}})
	if !strings.Contains(strings.ToLower(svg), `fill="#0072b2"`) {
		t.Errorf("there is no blue dot in %s", svg)
	}
}

func TestBadTracks(t *testing.T) {
	for want, tracks := range map[string][]Track{
		"at least 1 track":              nil,
		`track 0 "a": 1 values of x`:    {{"a", []float64{1}, nil}},
		"point 1 is (2, NaN)":           {{"a", []float64{1, 2}, []float64{1, math.NaN()}}},
		"0 values of x and 0 of y":      {{}},
		`track 1 "b": point 0 is (+Inf`: {{"a", []float64{1}, []float64{1}}, {"b", []float64{math.Inf(1)}, []float64{1}}},
	} {
		if _, err := Tracks("x", "y", tracks...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// Points far to the left move the edge of the panel, and bad ones are errors.
func TestBPT(t *testing.T) {
	p, err := BPT(Galaxies{"model", []float64{-4, -1}, []float64{0.5, 0}})
	if err != nil {
		t.Fatal(err)
	}
	if b := bounds(p); b[0] > -4 || b[1] < 0.47 || b[3] < 1.2 {
		t.Errorf("axes %v", b)
	}
	if _, err := BPT(); err == nil {
		t.Error("no points are drawn")
	}
	if _, err := BPT(Galaxies{"m", []float64{1}, nil}); err == nil || !strings.Contains(err.Error(), `set 0 "m"`) {
		t.Errorf("error %v", err)
	}
}
