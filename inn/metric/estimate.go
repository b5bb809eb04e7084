package metric

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// An Estimate is a number with its standard error.
type Estimate struct{ Value, Error float64 }

// String is "0.0139 ± 0.0002": the error with two digits, the value with as
// many decimals.
func (e Estimate) String() string {
	if !(e.Error > 0) {
		return fmt.Sprintf("%.4g", e.Value)
	}
	if e.Error >= 1e5 || e.Error < 1e-5 {
		return fmt.Sprintf("%.4g ± %.2g", e.Value, e.Error)
	}
	decimals := max(0, 1-int(math.Floor(math.Log10(e.Error))))
	return fmt.Sprintf("%.*f ± %.*f", decimals, e.Value, decimals, e.Error)
}

// resamples is the number of bootstrap samples: a standard error from that many
// is itself uncertain by 1/√(2·400) = 3.5 %.
const resamples = 400

// Bootstrap is a statistic of values, for example their mean or median, with
// its standard error: the standard deviation of the statistic over 400 samples
// of as many values, drawn from them with replacement (Efron 1979). The values
// must be independent of each other, one a measurement. The statistic must not
// keep its argument; it may sort it.
func Bootstrap(values []float64, statistic func([]float64) float64, seed uint64) (Estimate, error) {
	if len(values) < 2 {
		return Estimate{}, fmt.Errorf("metric: a bootstrap wants at least 2 values, not %d", len(values))
	}
	if _, err := sort(values); err != nil {
		return Estimate{}, err
	}
	sample := slices.Clone(values)
	e := Estimate{Value: statistic(sample)}
	results := make([]float64, resamples)
	for r := range results {
		rng := inn.RNG(seed, uint64(r))
		for i := range sample {
			sample[i] = values[rng.IntN(len(values))]
		}
		results[r] = statistic(sample)
	}
	e.Error = stat.StdDev(results, nil)
	if !finite(e.Value) || !finite(e.Error) {
		return Estimate{}, fmt.Errorf("metric: the bootstrapped statistic is %v ± %v", e.Value, e.Error)
	}
	return e, nil
}

func mean(v []float64) float64 { return stat.Mean(v, nil) }

func rootMean(v []float64) float64 { return math.Sqrt(mean(v)) }

// median sorts v.
func median(v []float64) float64 {
	slices.Sort(v)
	return quantile(v, 0.5)
}

// medianOfGroups is the median of all values of groups of equal size, with the
// bootstrap error over groups: values of one group, the draws of one
// measurement, are not independent.
func medianOfGroups(groups [][]float64, seed uint64) Estimate {
	type member struct {
		value float64
		group int
	}
	var all []member
	for g, values := range groups {
		for _, v := range values {
			all = append(all, member{v, g})
		}
	}
	slices.SortFunc(all, func(a, b member) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return a.group - b.group
	})
	// The value at which half of the weight is passed.
	at := func(weight []int) float64 {
		total := 0
		for g, w := range weight {
			total += w * len(groups[g])
		}
		passed := 0
		for _, m := range all {
			if passed += 2 * weight[m.group]; passed >= total {
				return m.value
			}
		}
		return all[len(all)-1].value
	}
	weight := make([]int, len(groups))
	for g := range weight {
		weight[g] = 1
	}
	e := Estimate{Value: at(weight)}
	results := make([]float64, resamples)
	for r := range results {
		rng := inn.RNG(seed, uint64(r))
		clear(weight)
		for range groups {
			weight[rng.IntN(len(groups))]++
		}
		results[r] = at(weight)
	}
	e.Error = stat.StdDev(results, nil)
	return e
}
