package plot

import (
	"fmt"

	gonum "gonum.org/v1/plot"

	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// Calibrations draws the calibration curves of several posteriors (Figure 11 of
// the paper): for each confidence, by how much the share of truths inside the
// central interval of that confidence exceeds it, over all parameters. A curve
// above zero is of intervals that are too wide, one below of intervals that are
// too narrow. The grey band reaches to the largest Chance of the tables: when the
// posterior is exact, the calibration error of one parameter, the median distance of its
// curve from zero, is within in 95 of 100 test sets. That of several parameters together
// is smaller.
func Calibrations(tables ...*metric.CalibrationTable) (*gonum.Plot, error) {
	if len(tables) == 0 {
		return nil, fmt.Errorf("plot: Calibrations wants at least 1 table")
	}
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "confidence [%]", "share of truths inside − confidence [%]"
	p.X.Min, p.X.Max = 0, 100
	chance := 0.0
	for _, t := range tables {
		if t != nil {
			chance = max(chance, 100*t.Chance)
		}
	}
	if notFinite(chance) {
		return nil, fmt.Errorf("plot: Calibrations: the share of chance is %v", chance/100)
	}
	p.Add(band{-chance, chance, grey}, curve{[]point{{0, 0}, {100, 0}}, spreadLine})
	var labels aside
	labels.add(areaEntry("95 % of chance, one parameter", grey), chance)
	low, high := 0.0, 0.0
	for i, t := range tables {
		if t == nil || len(t.Confidence) == 0 || len(t.Inliers) != len(t.Confidence) {
			return nil, fmt.Errorf("plot: Calibrations: table %d has no curve", i)
		}
		x, y := make([]float64, len(t.Confidence)), make([]float64, len(t.Confidence))
		for k, q := range t.Confidence {
			x[k], y[k] = 100*q, 100*(t.Inliers[k]-q)
			low, high = min(low, y[k]), max(high, y[k])
		}
		pts, err := points(x, y)
		if err != nil {
			return nil, fmt.Errorf("plot: Calibrations: table %d, of %s: %w", i, t.Method, err)
		}
		p.Add(curve{pts, lineStyle(i)})
		labels.add(lineEntry(t.Method, lineStyle(i)), pts[len(pts)-1].y)
	}
	p.Y.Min, p.Y.Max = padded(min(low, -chance), max(high, chance))
	p.Add(labels)
	return p, nil
}
