package plot

import (
	"fmt"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// recoveryInRow and recoveryTests are how many panels stand in a row, each so
// wide with its labels, and how many test pairs each shows.
const (
	recoveryInRow = 5
	recoveryWidth = pageWidth / recoveryInRow
	recoveryTests = 120
)

// Recovery draws a table of metric.Recovered: one panel a parameter, in it the
// posterior median against the truth with the central 68 % interval as a bar,
// for the first 120 test pairs. Above each panel stands the share of the
// prior's variance that the measurement removes. On the dashed diagonal the
// estimate is the truth; medians on a level line say that the measurement
// tells nothing.
func Recovery(table *metric.RecoveryTable) (*Figure, error) {
	if table == nil || len(table.Rows) == 0 {
		return nil, fmt.Errorf("plot: Recovery wants a table of metric.Recovered; this one is empty")
	}
	f := &Figure{}
	cols := min(len(table.Rows), recoveryInRow)
	for band := range slices.Chunk(table.Rows, recoveryInRow) {
		panels := make([]*gonum.Plot, cols)
		for k, row := range band {
			n := len(row.Truth)
			if n == 0 || len(row.Median) != n || len(row.Low) != n || len(row.High) != n {
				return nil, fmt.Errorf("plot: Recovery: parameter %s has %d truths, %d medians and %d and %d interval ends; want one of each a test pair",
					row.Var.Name, n, len(row.Median), len(row.Low), len(row.High))
			}
			panels[k] = recoveryPanel(row)
		}
		panels[0].Y.Label.Text = "posterior"
		f.Panels = append(f.Panels, panels)
	}
	f.legend = []entry{
		{"median and central 68 % interval of the posterior", intervalSample},
		lineEntry("posterior = truth", truthLine),
		{text: "above: share of the prior variance removed"},
	}
	f.size(recoveryWidth, 96+headingHeight)
	return f, nil
}

var intervalLine = draw.LineStyle{Color: palette[2], Width: 1}

func intervalSample(c draw.Canvas, box vg.Rectangle) {
	mid := box.Min.Add(box.Max).Scale(0.5)
	c.StrokeLine2(intervalLine, mid.X, mid.Y-6, mid.X, mid.Y+6)
	dot(c, box, palette[0], recoveryDot)
}

const recoveryDot = vg.Length(1.4)

func recoveryPanel(row metric.RecoveryRow) *gonum.Plot {
	n := min(len(row.Truth), recoveryTests)
	truth, median, low, high := row.Truth[:n], row.Median[:n], row.Low[:n], row.High[:n]
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, values := range [][]float64{truth, median} {
		lo, hi = min(lo, slices.Min(values)), max(hi, slices.Max(values))
	}
	if lo == hi {
		lo, hi = lo-1, hi+1
	}
	edge := 0.05 * (hi - lo)

	p := newPlot()
	p.X.Label.Text = "true " + row.Var.Label()
	p.X.Min, p.X.Max = lo-edge, hi+edge
	p.X.Tick.Marker = ticks{0.65 * recoveryWidth}
	p.Y.Min, p.Y.Max = p.X.Min, p.X.Max
	medians := make([]point, n)
	for i := range medians {
		medians[i] = point{truth[i], median[i]}
	}
	p.Add(
		heading(percent(row.Contraction)+" removed"),
		bars{truth, low, high, intervalLine},
		curve{[]point{{p.X.Min, p.X.Min}, {p.X.Max, p.X.Max}}, truthLine},
		dots{medians, recoveryDot, palette[0]},
	)
	return p
}

// percent is a share in whole percent, and in tenths near none and all.
func percent(share float64) string {
	tenths := math.Round(1000 * share)
	if math.Abs(tenths) < 5 || tenths > 985 {
		return number(tenths/10, 10) + " %"
	}
	return fmt.Sprintf("%.0f %%", tenths/10)
}
