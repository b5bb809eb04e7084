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
// there are any, against the step, on a logarithmic axis: the state after some or all of the steps, in order, as
// inn.Settings.Each received it (with Terms copied, for they are valid during
// the call only). It can be drawn at any time of a training: the axis runs to
// the last step planned.
//
// Curves are geometric means over neighbouring steps, 250 points each, labelled
// at the right with the value of their last point. What a logarithmic axis cannot show, a
// value that is zero, negative, infinite or NaN, leaves a gap.
func Losses(history []inn.Progress) *gonum.Plot {
	all := []series{{name: "total"}}
	index := map[string]int{}
	end := 0
	for _, p := range history {
		end = max(end, p.Step, p.Steps)
		step := float64(p.Step)
		all[0].add(step, p.Loss)
		terms := p.Terms
		if p.Held > 0 { // not NaN, and not left out
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

const heldBack = "held back" // the name of the loss of the pairs that are

// lossBins is the number of points a curve is averaged to.
const lossBins = 250

// drawLosses draws the series on a logarithmic axis over steps 0 to end.
func drawLosses(end float64, all []series) *gonum.Plot {
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "step", "loss"
	p.X.Min, p.X.Max = 0, max(end, 1)
	lo, hi := math.Inf(1), math.Inf(-1)
	var labels aside
	for i, s := range all {
		style := draw.LineStyle{Color: ink, Width: 2} // the total
		if i > 0 {
			style = lineStyle(i - 1)
		}
		last := math.NaN()
		for _, run := range s.runs(p.X.Max) {
			for _, pt := range run {
				lo, hi, last = min(lo, pt.y), max(hi, pt.y), pt.y
			}
			if len(run) == 1 {
				p.Add(dots{run, 1.5, style.Color})
			}
			p.Add(curve{run, style})
		}
		if !math.IsNaN(last) {
			labels.add(lineEntry(fmt.Sprintf("%s %.3g", s.name, last), style), last)
		}
	}
	if len(labels.entries) == 0 {
		p.Title.Text = "no positive loss to show yet"
		p.Y.Min, p.Y.Max = 0, 1
		return p
	}
	p.Y.Min, p.Y.Max = lo/1.25, hi*1.25
	p.Y.Scale = gonum.LogScale{}
	p.Y.Tick.Marker = logTicks{}
	p.Add(labels)
	return p
}

// runs are the stretches of the series that a logarithmic axis can show:
// geometric means over neighbouring steps, broken where every loss is NaN,
// infinite or not positive.
func (s series) runs(end float64) [][]point {
	var logs, steps, good, bad [lossBins]float64
	for i, v := range s.loss {
		k := min(int(s.steps[i]/end*lossBins), lossBins-1)
		if !(v > 0) || math.IsInf(v, 1) {
			bad[k]++
			continue
		}
		logs[k] += math.Log(v)
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
			pt := point{steps[k] / good[k], math.Exp(logs[k] / good[k])}
			runs[len(runs)-1] = append(runs[len(runs)-1], pt)
			broken = false
		case bad[k] > 0:
			broken = true
		}
	}
	return runs
}
