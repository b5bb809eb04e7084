package inn

import (
	"fmt"
	"math"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn/scale"
)

// A scaling makes quantities comparable for a network.
type scaling struct {
	Vars    []Var
	Columns []scale.Column
}

// newScaling takes the scales of the samples' columns, each by scale.Of or
// scale.Straight.
func newScaling(s *Samples, of func([]float64) (scale.Column, error)) (*scaling, error) {
	c := &scaling{Vars: s.Vars}
	col := make([]float64, s.Len())
	for j, v := range s.Vars {
		for i := range col {
			col[i] = s.Row(i)[j]
		}
		column, err := of(col)
		if err != nil {
			return nil, fmt.Errorf("%s %w", v.Name, err)
		}
		c.Columns = append(c.Columns, column)
	}
	return c, nil
}

// noisy makes room for normal noise of standard deviations sds, one for all or one for
// each quantity, in the straight scaling of measurements without.
func (c *scaling) noisy(sds []float64) error {
	if len(sds) > 1 && len(sds) != len(c.Columns) {
		return fmt.Errorf("inn: Settings.Noise has %d values for %d measurements, want one for all or one for each", len(sds), len(c.Columns))
	}
	for j, sd := range spread(sds, len(c.Columns)) {
		if !(sd > 0) || math.IsInf(sd, 0) {
			return fmt.Errorf("inn: Settings.Noise of %s is %v, want a positive number", c.Vars[j].Name, sd)
		}
		c.Columns[j].SD = math.Hypot(c.Columns[j].SD, sd)
	}
	return nil
}

// spread makes one value for all n values; others it leaves as they are.
func spread(v []float64, n int) []float64 {
	if len(v) == 1 {
		return slices.Repeat(v, n)
	}
	return v
}

// apply writes the normalised row to dst.
func (c *scaling) apply(dst []float32, row []float64) {
	for j, v := range row {
		dst[j] = float32(c.Columns[j].Apply(v))
	}
}

// undo writes the values that the normalised row stands for to dst.
func (c *scaling) undo(dst []float64, row []float32) {
	for j := range dst {
		dst[j] = c.Columns[j].Undo(float64(row[j]))
	}
}

// logSlope is the logarithm of the volume that a normalised unit volume at row has.
func (c *scaling) logSlope(row []float64) float64 {
	sum := 0.0
	for j, v := range row {
		sum += c.Columns[j].LogSlope(v)
	}
	return sum
}
