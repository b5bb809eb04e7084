package inn

import (
	"fmt"

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
