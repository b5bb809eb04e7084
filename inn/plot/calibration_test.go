package plot

import (
	"math"
	"slices"
	"strings"
	"testing"

	gonum "gonum.org/v1/plot"

	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

func calibrationTable(method string, excess func(q float64) float64) *metric.CalibrationTable {
	t := &metric.CalibrationTable{Method: method, Chance: 0.02}
	for k := 1; k <= 100; k++ {
		q := float64(k) / 101
		t.Confidence = append(t.Confidence, q)
		t.Inliers = append(t.Inliers, q+excess(q))
	}
	return t
}

// The axes hold every curve and the lines of chance.
func TestCalibrationsHoldEveryCurve(t *testing.T) {
	p, err := Calibrations(
		calibrationTable("too wide", func(q float64) float64 { return 0.1 * math.Sin(math.Pi*q) }),
		calibrationTable("right", func(float64) float64 { return 0 }))
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(t, drawn(t, &Figure{Width: 300, Height: 200, Panels: [][]*gonum.Plot{{p}}})); !slices.Contains(got, "95 % of chance, one parameter") {
		t.Errorf("the band has no name in %q", got)
	}
	if p.Y.Min > -2 || p.Y.Max < 10 || p.Y.Max > 15 || p.X.Min != 0 || p.X.Max != 100 {
		t.Errorf("axes are %v to %v and %v to %v", p.X.Min, p.X.Max, p.Y.Min, p.Y.Max)
	}
}

func TestBadCalibrations(t *testing.T) {
	nan := calibrationTable("none", func(float64) float64 { return math.NaN() })
	for want, tables := range map[string][]*metric.CalibrationTable{
		"wants at least 1 table":  nil,
		"table 0 has no curve":    {nil},
		"table 0, of none: point": {nan},
	} {
		if _, err := Calibrations(tables...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
