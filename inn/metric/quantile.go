package metric

import (
	"fmt"
	"math"
	"slices"
)

// Quantile is the p-quantile of values, 0 ≤ p ≤ 1, interpolated linearly
// between order statistics at rank (n-1)p (definition 7 of Hyndman and Fan
// 1996, the default of NumPy and R). Values stay as they are. No values, a
// value that is not finite and a p outside [0, 1] are errors.
func Quantile(values []float64, p float64) (float64, error) {
	if !(p >= 0 && p <= 1) {
		return 0, fmt.Errorf("metric: a quantile wants a probability between 0 and 1, not %v", p)
	}
	sorted, err := sort(values)
	if err != nil {
		return 0, err
	}
	return quantile(sorted, p), nil
}

// Interval is the central interval that holds the share q of values,
// 0 < q < 1: from the (1-q)/2-quantile to the (1+q)/2-quantile.
func Interval(values []float64, q float64) (lo, hi float64, err error) {
	if !(q > 0 && q < 1) {
		return 0, 0, fmt.Errorf("metric: a central interval wants a share between 0 and 1, not %v", q)
	}
	sorted, err := sort(values)
	if err != nil {
		return 0, 0, err
	}
	return quantile(sorted, (1-q)/2), quantile(sorted, (1+q)/2), nil
}

// sort is a sorted copy of values, which must be there and finite.
func sort(values []float64) ([]float64, error) {
	if len(values) == 0 {
		return nil, fmt.Errorf("metric: no values")
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("metric: value %d is %v", i, v)
		}
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted) // of values in order already, in one walk
	return sorted, nil
}

// quantile is Quantile of sorted values.
func quantile(sorted []float64, p float64) float64 {
	h := float64(len(sorted)-1) * p
	i := min(int(h), len(sorted)-1)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	t := h - float64(i)
	return (1-t)*sorted[i] + t*sorted[i+1]
}
