package method

import (
	"fmt"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// An Ensemble is the mixture of posteriors that differ by chance, such as networks of
// several seeds,
//
//	p(x | y) = 1/K Σₖ qₖ(x | y).
//
// What one of them has learned wrong by chance counts a K-th, and where they do not agree
// the mixture is wider than each: it errs towards caution (Lakshminarayanan et al.
// 2017, Hermans et al. 2022). Its mean -ln q is at most the mean of theirs, on whatever pairs
// (Jensen's inequality).
type Ensemble struct {
	of []inn.Posterior
}

// NewEnsemble makes one of posteriors of the same parameters, given the same measurements.
func NewEnsemble(posts ...inn.Posterior) (*Ensemble, error) {
	if len(posts) == 0 {
		return nil, fmt.Errorf("method: an ensemble of no posteriors, want at least one")
	}
	if k := slices.Index(posts, nil); k >= 0 {
		return nil, fmt.Errorf("method: posterior %d of the ensemble is nil", k)
	}
	for k, p := range posts {
		if err := inn.CheckMeasured(p, inn.Measured(posts[0])); err != nil && inn.Measured(posts[0]) != nil {
			return nil, fmt.Errorf("method: posterior %d of the ensemble is of other measurements than the first: %w", k, err)
		}
	}
	return &Ensemble{slices.Clone(posts)}, nil
}

// Measured are the measurements that it is given, if its posteriors know them.
func (e *Ensemble) Measured() []inn.Var { return inn.Measured(e.of[0]) }

// String is "ensemble of INN and cINN" if these are the names of its posteriors.
func (e *Ensemble) String() string {
	var names []string
	for _, p := range e.of {
		if !slices.Contains(names, p.String()) {
			names = append(names, p.String())
		}
	}
	return "ensemble of " + strings.Join(names, " and ")
}

// Sample draws one of the posteriors, and x from it, for each of n.
func (e *Ensemble) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	equal := make([]float64, len(e.of))
	for k := range equal {
		equal[k] = 1 / float64(len(equal))
	}
	return sampleMixture(e.of, equal, y, n, seed)
}

// sampleMixture draws one of the posteriors by its weight, and x from it, for each of n.
// The weights add up to 1.
func sampleMixture(of []inn.Posterior, weights, y []float64, n int, seed uint64) (*inn.Samples, error) {
	if err := checkDraws(n, len(of)); err != nil {
		return nil, err
	}
	rng := inn.RNG(seed, streamKinds)
	which, counts := make([]int, n), make([]int, len(of))
	for i := range which {
		k, u := 0, rng.Float64()
		for ; k < len(of)-1 && u >= weights[k]; k++ {
			u -= weights[k]
		}
		which[i] = k
		counts[k]++
	}
	draws, parts := (*inn.Samples)(nil), make([]*inn.Samples, len(of))
	for k, count := range counts {
		if count == 0 {
			continue
		}
		var err error
		if parts[k], err = of[k].Sample(y, count, rng.Uint64()); err != nil {
			return nil, err
		}
		if draws == nil {
			draws = inn.NewSamples(parts[k].Vars, n)
		}
		if !slices.Equal(parts[k].Vars, draws.Vars) || parts[k].Len() != count {
			return nil, fmt.Errorf("method: posterior %d (%v) drew %d of %v, want %d of %v", k, of[k], parts[k].Len(), parts[k].Vars, count, draws.Vars)
		}
		if draws.Warning == "" {
			draws.Warning = parts[k].Warning
		}
	}
	clear(counts)
	for i, k := range which {
		copy(draws.Row(i), parts[k].Row(counts[k]))
		counts[k]++
	}
	return draws, nil
}
