package inn

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// A scaling makes quantities comparable for a network: (v - mean)/sd.
type scaling struct {
	Vars     []Var
	Mean, SD []float64
}

// newScaling takes the mean and standard deviation of the samples' columns.
func newScaling(s *Samples) (*scaling, error) {
	c := &scaling{Vars: s.Vars}
	col := make([]float64, s.Len())
	for j, v := range s.Vars {
		for i := range col {
			col[i] = s.Row(i)[j]
		}
		mean, sd := stat.MeanStdDev(col, nil)
		if !(sd > 1e-12*max(mean, -mean)) {
			return nil, fmt.Errorf("%s is %.4g in every training pair: leave it out, it neither varies nor tells anything", v.Name, mean)
		}
		c.Mean, c.SD = append(c.Mean, mean), append(c.SD, sd)
	}
	return c, nil
}

// noisy makes room for normal noise of standard deviations sds, one for all or one for
// each quantity, in the scaling of measurements without.
func (c *scaling) noisy(sds []float64) error {
	if len(sds) > 1 && len(sds) != len(c.SD) {
		return fmt.Errorf("inn: Settings.Noise has %d values for %d measurements, want one for all or one for each", len(sds), len(c.SD))
	}
	for j, sd := range spread(sds, len(c.SD)) {
		if !(sd > 0) || math.IsInf(sd, 0) {
			return fmt.Errorf("inn: Settings.Noise of %s is %v, want a positive number", c.Vars[j].Name, sd)
		}
		c.SD[j] = math.Hypot(c.SD[j], sd)
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
		dst[j] = float32((v - c.Mean[j]) / c.SD[j])
	}
}

// undo writes the values that the normalised row stands for to dst.
func (c *scaling) undo(dst []float64, row []float32) {
	for j := range dst {
		dst[j] = c.Mean[j] + c.SD[j]*float64(row[j])
	}
}
