package metric

import (
	"fmt"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
)

// A measured is where the training data's measurements lie.
type measured struct {
	columns []scale.Column
	fence   *scale.Fence
	limit   float64 // of the squared distance
}

// farQuantile is the share of the training data's measurements that are not far.
const farQuantile = 0.999

func newMeasured(ys *inn.Samples) (*measured, error) {
	m := len(ys.Vars)
	s := &measured{columns: make([]scale.Column, m)}
	for b, v := range ys.Vars {
		col, err := ys.Col(v.Name)
		if err != nil {
			return nil, err
		}
		if s.columns[b], err = scale.Straight(col); err != nil {
			return nil, fmt.Errorf("the training pairs' %s %w", v.Name, err)
		}
	}
	row := make([]float32, m)
	normalised := func(i int) []float32 { return s.normalised(row, ys.Row(i)) }
	var err error
	if s.fence, err = scale.NewFence(ys.Len(), m, normalised); err != nil {
		return nil, fmt.Errorf("the training pairs: %w", err)
	}
	distances := make([]float64, ys.Len())
	for i := range distances {
		distances[i] = s.fence.Distance2(normalised(i))
	}
	slices.Sort(distances)
	s.limit = quantile(distances, farQuantile)
	return s, nil
}

// far reports whether y is farther out than nearly all of the training data; row is room for it.
func (s *measured) far(row []float32, y []float64) bool {
	return s.fence.Distance2(s.normalised(row, y)) > s.limit
}

func (s *measured) normalised(to []float32, y []float64) []float32 {
	for b, v := range y {
		to[b] = float32(s.columns[b].Apply(v))
	}
	return to
}

// standard is y in standard deviations from the mean.
func (s *measured) standard(to, y []float64) {
	for b, v := range y {
		to[b] = s.columns[b].Apply(v)
	}
}
