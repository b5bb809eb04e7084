package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// A Curve is one line of Spectrum.
type Curve struct {
	Name   string    // the label, once for curves of one name, which have one style; empty: none
	Values []float64 // in the order of the places at which they were taken

	// Faint curves are thin and grey, behind the others: many of them show a
	// spread, and naming one of them names all.
	Faint bool
}

// Spectrum draws values against wavelength (or any other ordered quantity),
// one curve each, labelled at the right. The places at need not be in order.
// The axis labels are as they should read, with units: "wavelength [nm]".
func Spectrum(xLabel string, at []float64, yLabel string, curves ...Curve) (*gonum.Plot, error) {
	if len(at) < 2 || len(curves) == 0 {
		return nil, fmt.Errorf("plot: Spectrum wants at least 2 places and 1 curve, not %d and %d", len(at), len(curves))
	}
	if i := slices.IndexFunc(at, notFinite); i >= 0 {
		return nil, fmt.Errorf("plot: Spectrum: place %d is %v", i, at[i])
	}
	order := make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(at[i], at[j]) })

	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = xLabel, yLabel
	p.X.Min, p.X.Max = padded(slices.Min(at), slices.Max(at))
	lo, hi := math.Inf(1), math.Inf(-1)
	var back, front []gonum.Plotter
	var labels aside
	var drawn, faint names
	for i, c := range curves {
		if len(c.Values) != len(at) {
			return nil, fmt.Errorf("plot: Spectrum: curve %d %q has %d values, but there are %d places", i, c.Name, len(c.Values), len(at))
		}
		if k := slices.IndexFunc(c.Values, notFinite); k >= 0 {
			return nil, fmt.Errorf("plot: Spectrum: curve %d %q is %v at %v", i, c.Name, c.Values[k], at[k])
		}
		lo, hi = min(lo, slices.Min(c.Values)), max(hi, slices.Max(c.Values))
		pts := make([]point, len(at))
		for k, o := range order {
			pts[k] = point{at[o], c.Values[o]}
		}
		label := lineEntry(c.Name, spreadLine)
		var first bool
		if c.Faint {
			_, first = faint.index(c.Name)
			back = append(back, curve{pts, spreadLine})
		} else {
			var n int
			n, first = drawn.index(c.Name)
			style := lineStyle(n)
			front = append(front, curve{pts, style})
			label = lineEntry(c.Name, style)
			if len(at) <= mostDots {
				front = append(front, dots{pts, spectrumDot, style.Color})
				label = dotted(label, style.Color, spectrumDot)
			}
		}
		if c.Name != "" && first {
			labels.add(label, pts[len(pts)-1].y)
		}
	}
	p.Y.Min, p.Y.Max = padded(lo, hi)
	p.Add(back...)
	p.Add(front...)
	if len(labels.entries) > 0 {
		p.Add(labels)
	}
	return p, nil
}

// The places of a few bands are marked by dots; those of a finer spectrum would
// hide the line.
const (
	spectrumDot = vg.Length(2.2)
	mostDots    = 40
)

// padded is a range with a margin at each end.
func padded(lo, hi float64) (float64, float64) {
	if lo == hi {
		return lo - 1, hi + 1
	}
	return lo - 0.05*(hi-lo), hi + 0.05*(hi-lo)
}

func notFinite(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
