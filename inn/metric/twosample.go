package metric

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TwoSampleSettings are the settings of C2ST and MMD; nil means the defaults.
type TwoSampleSettings struct {
	// Points are taken at most of each set, the same number; 2000 for C2ST, which
	// allows 10,000, and 1000 for MMD, which allows 2000.
	Points int

	Seed uint64 // of what is left to chance

	// Widths h of the kernel of MMD, in the units of the variables. Without, each
	// variable is put in units of its standard deviation over both sets and the
	// widths are a quarter of the median distance of two points, that, and four
	// times that.
	Widths []float64
}

// two are the points of two sets, n of the first and then n of the second.
type two struct {
	at [][]float64
	n  int
}

// newTwo checks and takes points of two sets, chosen at random where there are
// more than Points, which is byDefault unless set and at most most.
func newTwo(a, b *inn.Samples, set *TwoSampleSettings, byDefault, most int, rng *rand.Rand) (*two, error) {
	for i, s := range []*inn.Samples{a, b} {
		which := []string{"first", "second"}[i]
		if s == nil {
			return nil, fmt.Errorf("metric: the %s set of samples is nil", which)
		}
		if err := s.Check(); err != nil {
			return nil, fmt.Errorf("metric: the %s set of samples: %w", which, err)
		}
	}
	if !slices.Equal(a.Vars, b.Vars) {
		return nil, fmt.Errorf("metric: the sets are of %v and of %v: they cannot be compared", labels(a.Vars), labels(b.Vars))
	}
	points := cmp.Or(set.Points, byDefault)
	if points < fewestDraws || points > most {
		return nil, fmt.Errorf("metric: TwoSampleSettings.Points is %d, want %d to %d", set.Points, fewestDraws, most)
	}
	t := &two{n: min(points, a.Len(), b.Len())}
	if t.n < fewestDraws {
		return nil, fmt.Errorf("metric: sets of %d and %d samples are too small to compare: use at least %d", a.Len(), b.Len(), fewestDraws)
	}
	for _, s := range []*inn.Samples{a, b} {
		chosen := rng.Perm(s.Len())[:t.n]
		for _, i := range chosen {
			t.at = append(t.at, slices.Clone(s.Row(i)))
		}
	}
	return t, nil
}

// twins are, for each point of the second set, the number of one of the first that is equal
// to it, each given once; -1 where there is none, and for the first set.
func (t *two) twins() []int {
	twins, waiting := make([]int, len(t.at)), map[string][]int{}
	for i, x := range t.at {
		twins[i] = -1
		key := fmt.Sprint(x)
		if i < t.n {
			waiting[key] = append(waiting[key], i)
		} else if w := waiting[key]; len(w) > 0 {
			twins[i], waiting[key] = w[0], w[1:]
		}
	}
	return twins
}

// standardise gives every variable mean 0 and standard deviation 1 over both
// sets; a constant one becomes 0.
func (t *two) standardise(vars []inn.Var) error {
	col := make([]float64, len(t.at))
	for j, v := range vars {
		for i, x := range t.at {
			col[i] = x[j]
		}
		mean, sd := stat.MeanStdDev(col, nil)
		if !finite(mean) || !finite(sd) {
			return fmt.Errorf("metric: samples of %s are too large for float64", v.Name)
		}
		if sd == 0 {
			sd = 1
		}
		for _, x := range t.at {
			x[j] = (x[j] - mean) / sd
		}
	}
	return nil
}
