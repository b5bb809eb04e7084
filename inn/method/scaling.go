package method

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A scaling makes quantities comparable.
type scaling struct {
	vars    []inn.Var
	columns []scale.Column
	fence   *scale.Fence // of measurements that were seen
}

// newScaling takes the scales of the samples' columns, each by scale.Of or
// scale.Straight; what names them in errors.
func newScaling(what string, s *inn.Samples, of func([]float64) (scale.Column, error)) (*scaling, error) {
	c := &scaling{vars: s.Vars}
	col := make([]float64, s.Len())
	for j, v := range s.Vars {
		for i := range col {
			col[i] = s.Row(i)[j]
		}
		column, err := of(col)
		if err != nil {
			return nil, fmt.Errorf("method: %s %s %w", what, v.Name, err)
		}
		c.columns = append(c.columns, column)
	}
	return c, nil
}

// scalings are those of both sides of checked pairs. Measurements that get noise in
// training have it added as they are, and so no bent ones.
func scalings(pairs *inn.Pairs, noise bool) (x, y *scaling, err error) {
	if err := pairs.Check(); err != nil {
		return nil, nil, err
	}
	if x, err = newScaling("parameter", pairs.X, scale.Of); err != nil {
		return nil, nil, err
	}
	of := scale.Of
	if noise {
		of = scale.Straight
	}
	y, err = newScaling("measurement", pairs.Y, of)
	return x, y, err
}

// seenScaling is a straight scaling of measurements, with their fence.
func seenScaling(ys *inn.Samples) (*scaling, error) {
	if err := ys.Check(); err != nil {
		return nil, err
	}
	c, err := newScaling("measurement", ys, scale.Straight)
	if err != nil {
		return nil, err
	}
	rows := tensor.New(ys.Len(), len(ys.Vars))
	for i := range rows.Rows {
		c.apply(rows.Row(i), ys.Row(i))
	}
	return c, c.see(rows)
}

// see puts the fence round normalised rows.
func (c *scaling) see(rows tensor.Mat) error {
	var err error
	if c.fence, err = scale.NewFence(rows.Rows, rows.Cols, rows.Row); err != nil {
		return fmt.Errorf("method: %w", err)
	}
	return nil
}

// noise makes room for normal noise of standard deviations sds, one for all or one for
// each quantity, in a straight scaling of measurements without, and returns what they are normalised.
func (c *scaling) noise(sds []float64) ([]float64, error) {
	if sds == nil {
		return nil, nil
	}
	if len(sds) == 1 {
		sds = slices.Repeat(sds, len(c.columns))
	}
	if len(sds) != len(c.columns) {
		return nil, fmt.Errorf("method: Training.Noise has %d values for %d measurements, want one for all or one for each", len(sds), len(c.columns))
	}
	normalised := make([]float64, len(sds))
	for j, sd := range sds {
		if !(sd >= 0) || math.IsInf(sd, 0) {
			return nil, fmt.Errorf("method: Training.Noise of %s is %v, want 0 or more", c.vars[j].Name, sd)
		}
		c.columns[j].SD = math.Hypot(c.columns[j].SD, sd)
		normalised[j] = sd / c.columns[j].SD
	}
	return normalised, nil
}

// apply writes the normalised row to dst.
func (c *scaling) apply(dst []float32, row []float64) {
	for j, v := range row {
		dst[j] = float32(c.columns[j].Apply(v))
	}
}

// undo writes the values that the normalised row stands for to dst.
func (c *scaling) undo(dst []float64, row []float32) {
	for j := range dst {
		dst[j] = c.columns[j].Undo(float64(row[j]))
	}
}

// normalise checks a vector, called what in errors, and normalises it.
func (c *scaling) normalise(what string, v []float64) ([]float32, error) {
	if err := checkVector(what, v, c.vars); err != nil {
		return nil, err
	}
	dst := make([]float32, len(v))
	c.apply(dst, v)
	return dst, nil
}

// checkVector checks a vector against its variables.
func checkVector(what string, v []float64, vars []inn.Var) error {
	if len(v) != len(vars) {
		names := make([]string, len(vars))
		for i, e := range vars {
			names[i] = e.Name
		}
		return fmt.Errorf("method: %s has %d values, want %d: %s", what, len(v), len(vars), strings.Join(names, ", "))
	}
	for i, e := range v {
		if math.IsNaN(e) || math.IsInf(e, 0) {
			return fmt.Errorf("method: %s has %s = %v", what, vars[i].Name, e)
		}
	}
	return nil
}

// maxValues is the most values that a call returns: 16 GiB of them.
const maxValues = 1 << 31

// checkDraws checks a number of draws of d values each.
func checkDraws(n, d int) error {
	if n < 1 || n > maxValues/d {
		return fmt.Errorf("method: asked for %d draws, want 1 to %d", n, maxValues/d)
	}
	return nil
}
