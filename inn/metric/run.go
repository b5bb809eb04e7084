package metric

import (
	"fmt"
	"math"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// Settings are the settings of a measure over a test set; nil means the
// defaults.
type Settings struct {
	Draws int    // posterior draws a measurement; 0: 1000. The paper uses 4096, and 256 for ABC
	Tests int    // test pairs used, the first ones; 0: all. The paper uses 5000
	Seed  uint64 // of the draws; pair i depends on the seed and on i alone
}

// fewestTests and fewestDraws are the sizes below which a measure says nothing:
// correlations and shares of inliers scatter by a third or more with fewer
// tests, and 68 % intervals by a tenth of their width with fewer draws.
const (
	fewestTests = 10
	fewestDraws = 100
)

// A run is one pass over the test set: draws for every measurement.
type run struct {
	post  inn.Posterior
	test  *inn.Pairs
	n     int // test pairs
	draws int // draws asked for
	seed  uint64

	warnings []string // of the draws of each measurement
}

// newRun checks what the user gave.
func newRun(post inn.Posterior, test *inn.Pairs, set *Settings) (*run, error) {
	if set == nil {
		set = &Settings{}
	}
	if post == nil {
		return nil, fmt.Errorf("metric: the posterior is nil: give a trained model")
	}
	if err := test.Check(); err != nil {
		return nil, fmt.Errorf("metric: the test set: %w", err)
	}
	if err := inn.CheckMeasured(post, test.Y.Vars); err != nil {
		return nil, fmt.Errorf("metric: the test set: %w", err)
	}
	r := &run{post: post, test: test, n: test.Len(), draws: set.Draws, seed: set.Seed}
	if r.draws == 0 {
		r.draws = 1000
	}
	if set.Tests < 0 || set.Tests > r.n {
		return nil, fmt.Errorf("metric: Tests is %d, but the test set has %d pairs", set.Tests, r.n)
	}
	if set.Tests > 0 {
		r.n = set.Tests
	}
	if r.n < fewestTests {
		return nil, fmt.Errorf("metric: %d test pairs are too few to measure anything: use at least %d, better 1000", r.n, fewestTests)
	}
	if r.draws < fewestDraws {
		return nil, fmt.Errorf("metric: %d draws a measurement are too few: use at least %d", r.draws, fewestDraws)
	}
	r.warnings = make([]string, r.n)
	return r, nil
}

// each draws from the posterior of every test measurement and hands f the true
// parameters and the draws, one column a parameter, in turn. While f looks at one
// measurement the next is drawn: f must not run a user's code. It reports
// under the name of the task and stops on the observer's error.
func (r *run) each(task string, f look) error {
	ahead := make(chan func() (*inn.Samples, error), 1)
	draw := func(i int) {
		var s *inn.Samples
		var err error
		defer func() {
			failed := recover()
			ahead <- func() (*inn.Samples, error) {
				if failed != nil {
					panic(failed)
				}
				return s, err
			}
		}()
		s, err = r.sample(i)
	}
	waiting := false // for a draw
	defer func() {
		if waiting {
			<-ahead
		}
	}()
	return r.walk(task, f, func(i int) (*inn.Samples, error) {
		if i == 0 {
			go draw(0)
		}
		drawn := <-ahead
		if waiting = i+1 < r.n; waiting {
			go draw(i + 1)
		}
		return drawn()
	})
}

// eachInTurn is each for an f that runs a user's code, a simulator: it draws when f has returned.
func (r *run) eachInTurn(task string, f look) error { return r.walk(task, f, r.sample) }

// look is what is done with the draws of measurement i.
type look func(i int, truth []float64, cols [][]float64) error

func (r *run) sample(i int) (*inn.Samples, error) {
	return r.post.Sample(r.test.Y.Row(i), r.draws, inn.RNG(r.seed, uint64(i)).Uint64())
}

func (r *run) walk(task string, f look, draws func(i int) (*inn.Samples, error)) error {
	t := progress.Start(task+" of "+r.post.String(), r.n)
	defer t.End()
	vars := r.test.X.Vars
	cols := make([][]float64, len(vars))
	for i := range r.n {
		s, err := draws(i)
		if err != nil {
			return fmt.Errorf("metric: %s failed at test pair %d: %w", r.post, i, err)
		}
		if err := r.check(s); err != nil {
			return fmt.Errorf("metric: draws of %s at test pair %d: %w", r.post, i, err)
		}
		r.warnings[i] = s.Warning
		for j := range vars {
			cols[j] = cols[j][:0]
			for k := range s.Len() {
				cols[j] = append(cols[j], s.Data[k*len(vars)+j])
			}
		}
		if err := f(i, r.test.X.Row(i), cols); err != nil {
			return err
		}
		if err := t.Advance(1, nil); err != nil {
			return err
		}
	}
	return nil
}

// check holds draws to what the posterior promises.
func (r *run) check(s *inn.Samples) error {
	if s == nil {
		return fmt.Errorf("there are none")
	}
	if !slices.Equal(s.Vars, r.test.X.Vars) {
		return fmt.Errorf("they are of %v, but the test set has %v", labels(s.Vars), labels(r.test.X.Vars))
	}
	if err := s.Check(); err != nil {
		return err
	}
	if s.Len() < fewestDraws {
		return fmt.Errorf("there are %d, want at least %d", s.Len(), fewestDraws)
	}
	return nil
}

func labels(vars []inn.Var) []string {
	l := make([]string, len(vars))
	for i, v := range vars {
		l[i] = v.Label()
	}
	return l
}

// finite says whether v may stand in a table.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
