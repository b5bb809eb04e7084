// Package scale makes quantities comparable for a network: columns of numbers
// become ones of mean 0 and standard deviation 1, and where a few values are so far
// out that all others would lie in a heap, the column is bent first.
package scale

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// A Column says how the values v of one quantity become normalised ones,
//
//	u = (b(v) - Mean)/SD,
//
// where b(v) is v itself, or with a Width b(v) = asinh((v - At)/Width), which is
// straight near At and logarithmic beyond Width on both sides.
type Column struct {
	Mean, SD  float64
	At, Width float64 // Width 0: not bent
}

// When a column is bent: if its excess kurtosis is more than that of an exponential
// distribution (6) by far, and if it is not one of a few numbers, such as labels
// and rare counts.
const (
	longTails   = 10
	fewestKinds = 20
	mostLooked  = 10_000 // values; of more every so many-th
)

// Straight is the scale of a quantity with these values, two at least, never bent.
// Values that are all the same up to rounding are an error, and so are some whose
// squares are beyond float64 or below it; its words go on where the quantity's name ends.
func Straight(values []float64) (Column, error) {
	if len(values) < 2 {
		return Column{}, fmt.Errorf("has %d values, want at least 2", len(values))
	}
	c, lo, hi := Column{}.standardised(values), slices.Min(values), slices.Max(values)
	switch {
	case lo == hi:
		return c, fmt.Errorf("is %.4g in every pair: leave it out, it neither varies nor tells anything", lo)
	case math.IsNaN(c.SD) || math.IsInf(c.SD, 0):
		return c, fmt.Errorf("goes from %.4g to %.4g, too far for a mean square: take its logarithm, or leave it out", lo, hi)
	case c.SD == 0:
		return c, fmt.Errorf("goes from %.4g to %.4g, too little for a mean square: take another unit", lo, hi)
	case c.SD <= 1e-12*math.Abs(c.Mean):
		return c, fmt.Errorf("goes from %v to %v, too little to be told from rounding: subtract %.4g before it is rounded, or leave it out", lo, hi, lo)
	}
	return c, nil
}

// Of is the scale of a quantity with these values, two at least, bent if their tails
// are long; the error is as in Straight.
func Of(values []float64) (Column, error) {
	c, err := Straight(values)
	if err != nil {
		return c, err
	}
	some := values
	if step := len(values) / mostLooked; step > 1 {
		some = make([]float64, 0, len(values)/step+1)
		for i := 0; i < len(values); i += step {
			some = append(some, values[i])
		}
	}
	if !(stat.ExKurtosis(some, nil) > longTails) {
		return c, nil
	}
	sorted := slices.Clone(some)
	slices.Sort(sorted)
	if kinds := len(slices.Compact(slices.Clone(sorted))); kinds < fewestKinds {
		return c, nil
	}
	best, least := c, c.strange(some)
	for _, at := range []float64{0, sorted[0], sorted[len(sorted)/2], sorted[len(sorted)-1]} {
		away := make([]float64, 0, len(sorted))
		for _, v := range sorted {
			if v != at {
				away = append(away, math.Abs(v-at))
			}
		}
		slices.Sort(away)
		for _, share := range []float64{0.01, 0.05, 0.25, 0.5} {
			bent := Column{At: at, Width: stat.Quantile(share, stat.Empirical, away, nil)}.standardised(some)
			if s := bent.strange(some); s < least && bent.SD > 0 {
				best, least = bent, s
			}
		}
	}
	return best.standardised(values), nil
}

// standardised is the column with the mean and the deviation of the bent values.
func (c Column) standardised(values []float64) Column {
	bent := values
	if c.Width > 0 {
		bent = make([]float64, len(values))
		for i, v := range values {
			bent[i] = c.bend(v)
		}
	}
	c.Mean, c.SD = stat.MeanStdDev(bent, nil)
	return c
}

// strange says how far the bent values are from a normal distribution's, by their
// third and fourth moments.
func (c Column) strange(values []float64) float64 {
	bent := make([]float64, len(values))
	for i, v := range values {
		bent[i] = c.bend(v)
	}
	return math.Abs(stat.Skew(bent, nil)) + math.Abs(stat.ExKurtosis(bent, nil))
}

func (c Column) bend(v float64) float64 {
	if c.Width == 0 {
		return v
	}
	return math.Asinh((v - c.At) / c.Width)
}

// Apply is the normalised value of v.
func (c Column) Apply(v float64) float64 { return (c.bend(v) - c.Mean) / c.SD }

// Undo is the value that u is the normalised one of.
func (c Column) Undo(u float64) float64 {
	b := c.Mean + c.SD*u
	if c.Width == 0 {
		return b
	}
	return c.At + c.Width*math.Sinh(b)
}

// LogSlope is ln dv/du at v, by which the density of u is that of v.
func (c Column) LogSlope(v float64) float64 {
	if c.Width == 0 {
		return math.Log(c.SD)
	}
	return math.Log(c.SD) + math.Log(math.Hypot(c.Width, v-c.At))
}

// Check is for a column from a file.
func (c Column) Check() error {
	for _, v := range []float64{c.Mean, c.SD, c.At, c.Width} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("a normalisation has %v in it", v)
		}
	}
	if !(c.SD > 0) || c.Width < 0 {
		return fmt.Errorf("a normalisation has the deviation %v and the width %v", c.SD, c.Width)
	}
	return nil
}
