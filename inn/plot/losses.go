package plot

import (
	"fmt"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// Losses draws a training's loss, its terms and the loss of the pairs held back, if
// there are any, against the step: the state after some or all of the steps, in order, as
// inn.Settings.Each received it. It can be drawn at any time of a training: the axis runs to
// the last step planned.
//
// The axis of the loss is logarithmic, and linear where a loss ends negative by more than a twentieth of
// the largest of the last ones, or is so at a quarter of its points, as that of a likelihood is; a linear axis leaves out the much
// larger losses of the first tenth of the steps, and peaks. Curves are means over neighbouring steps (geometric ones on a logarithmic axis), 250 points each, labelled
// at the right with the value of their last point. What the axis cannot show, an
// infinite value or NaN, or zero or less on a logarithmic one, leaves a gap. A term that is 0
// at every step, as one without a weight is, is left out.
func Losses(history []inn.Progress) *gonum.Plot {
	all := []series{{name: "total"}}
	index := map[string]int{}
	end := 0
	for _, p := range history {
		end = max(end, p.Step, p.Steps)
		step := float64(p.Step)
		all[0].add(step, p.Loss)
		terms := p.Terms
		if !math.IsNaN(p.Held) && p.Held != 0 { // 0: left out
			terms = append(slices.Clip(terms), inn.Term{Name: heldBack, Value: p.Held})
		}
		for _, t := range terms {
			i, ok := index[t.Name]
			if !ok {
				i = len(all)
				index[t.Name] = i
				all = append(all, series{name: t.Name})
			}
			all[i].add(step, t.Value)
		}
	}
	all = append(all[:1], slices.DeleteFunc(all[1:], series.zero)...)
	return drawLosses(float64(end), all)
}

// A series is one loss over the steps of a training.
type series struct {
	name  string
	steps []float64
	loss  []float64
}

func (s *series) add(step, loss float64) {
	s.steps = append(s.steps, step)
	s.loss = append(s.loss, loss)
}

// zero reports whether every loss is 0, as a term's without a weight is.
func (s series) zero() bool {
	return !slices.ContainsFunc(s.loss, func(v float64) bool { return v != 0 })
}

const heldBack = "held back" // the name of the loss of the pairs that are

// lossBins is the number of points a curve is averaged to.
const lossBins = 250

// drawLosses draws the series over steps 0 to end.
func drawLosses(end float64, all []series) *gonum.Plot {
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "step", "loss"
	p.X.Min, p.X.Max = 0, max(end, 1)
	largest, linear := 0.0, make([][][]point, len(all))
	for i, s := range all {
		linear[i] = s.runs(p.X.Max, false)
		if last := lastOf(linear[i]); !math.IsNaN(last) {
			largest = max(largest, math.Abs(last))
		}
	}
	logarithmic := !slices.ContainsFunc(linear, func(runs [][]point) bool { return negative(runs, -0.05*largest) })
	drawn := linear
	if logarithmic {
		drawn = make([][][]point, len(all))
		for i, s := range all {
			drawn[i] = s.runs(p.X.Max, true)
		}
	}
	lo, hi := lossRange(drawn, !logarithmic)
	if lo > hi {
		p.Title.Text = "no positive loss to show yet"
		p.Y.Min, p.Y.Max = 0, 1
		return p
	}
	if p.Y.Min, p.Y.Max = padded(lo, hi); logarithmic {
		p.Y.Min, p.Y.Max = lo/1.25, hi*1.25
		p.Y.Scale = gonum.LogScale{}
		p.Y.Tick.Marker = logTicks{}
	}
	var labels aside
	for i, s := range all {
		style := draw.LineStyle{Color: ink, Width: 2} // the total
		if i > 0 {
			style = lineStyle(i - 1)
		}
		for _, run := range drawn[i] {
			p.Add(curve{run, style})
		}
		last := lastOf(linear[i])
		if math.IsNaN(last) {
			continue
		}
		if shown := lastOf(drawn[i]); logarithmic && last > 0 && shown > 0 {
			last = shown
		}
		labels.add(lineEntry(fmt.Sprintf("%s %.3g", s.name, last), style), min(max(last, p.Y.Min), p.Y.Max))
	}
	p.Add(labels)
	return p
}

// lossRange is that of the axis: of all points or, without the start, of those but the outermost of the
// first tenth of each curve and peaks, unless these reach little further.
func lossRange(all [][][]point, withoutStart bool) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	later := hi
	for _, runs := range all {
		var values []float64
		for _, run := range runs {
			for _, pt := range run {
				values = append(values, pt.y)
			}
		}
		if len(values) == 0 {
			continue
		}
		lo, hi = min(lo, slices.Min(values)), max(hi, slices.Max(values))
		rest := slices.Sorted(slices.Values(values[len(values)/10:]))
		later = max(later, rest[(len(rest)-1)*49/50])
	}
	if withoutStart && hi-lo > 2*(later-lo) && later > lo {
		hi = later
	}
	return lo, hi
}

// negative reports whether a curve ends below a negative number, or is below it at a quarter of
// its points.
func negative(runs [][]point, below float64) bool {
	points, under := 0, 0
	for _, run := range runs {
		for _, pt := range run {
			points++
			if pt.y < below {
				under++
			}
		}
	}
	return 4*under > points || lastOf(runs) < below
}

// lastOf is the height of the last point, or NaN.
func lastOf(runs [][]point) float64 {
	if len(runs) == 0 {
		return math.NaN()
	}
	run := runs[len(runs)-1]
	return run[len(run)-1].y
}

// runs are the stretches of the series that a linear or logarithmic axis can show:
// means over neighbouring steps, geometric ones for a logarithmic axis, broken where every loss is NaN or
// infinite, or on a logarithmic axis not positive.
func (s series) runs(end float64, logarithmic bool) [][]point {
	of, back := func(v float64) float64 { return v }, func(v float64) float64 { return v }
	if logarithmic {
		of, back = math.Log, math.Exp // the logarithm of what is not positive is not finite
	}
	var sums, steps, good, bad [lossBins]float64
	for i, v := range s.loss {
		k := min(int(s.steps[i]/end*lossBins), lossBins-1)
		v = of(v)
		if notFinite(v) {
			bad[k]++
			continue
		}
		sums[k] += v
		steps[k] += s.steps[i]
		good[k]++
	}
	var runs [][]point
	broken := true
	for k := range lossBins {
		switch {
		case good[k] > 0:
			if broken {
				runs = append(runs, nil)
			}
			pt := point{steps[k] / good[k], back(sums[k] / good[k])}
			runs[len(runs)-1] = append(runs[len(runs)-1], pt)
			broken = false
		case bad[k] > 0:
			broken = true
		}
	}
	return runs
}
