package metric

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// IntervalSettings are the settings of Intervals; nil means the defaults.
type IntervalSettings struct {
	Draws int    // of the posterior for a measurement that is asked for; 256
	Knots int    // measurements that are asked for at most; 2048
	Seed  uint64 // of the draws and of the choice of knots
}

// An IntervalTable is what a posterior says of one parameter for each of many
// measurements, such as the pixels of an image.
type IntervalTable struct {
	Var               inn.Var
	Method            string
	Median, Low, High []float64 // of each measurement; Low and High are the 16 and 84 % quantiles; NaN where the measurement is missing

	// Far marks measurements that are unlike the training data: farther from their
	// mean, in Mahalanobis' distance, than 999 of 1000 of them. What is said of
	// these is not to be trusted.
	Far []bool

	Draws, Knots int
	// Error is the root mean square of what interpolation adds to the median, in the
	// parameter's unit, from 128 measurements between the knots, with the chance of
	// their own draws in it; 0 where every measurement was asked for.
	Error float64
}

const (
	intervalChecks = 128 // measurements that tell the interpolation's error
	slopeKnots     = 48  // that a knot's slope is fitted to
	nearKnots      = 12  // that a measurement's interval is interpolated from
)

// Intervals asks a posterior for the median and the central 68 % interval of one
// parameter for each row of ys. pairs are those that it was trained with.
//
// A row of ys with a value that is not finite, as a masked pixel has, is missing: it is
// not asked for, and the table says how many those are.
//
// Up to Knots measurements are asked for one by one. When there are more, as many are
// chosen at random, and the rest interpolated between them, since neighbouring
// measurements have similar posteriors: around each knot the three quantiles are taken for
// linear in y, with slopes by least squares over the 48 nearest knots, and a measurement gets
// the mean of what its 12 nearest knots say, with the weights ((D - d)/(d + D/5))², D being
// the distance of the farthest (Shepard's method as in Renka 1988, ACM TOMS 14:139-148, but
// that the knots' own chance is averaged).
// Distances are in standard deviations of the training data's measurements. Error says
// how well that went.
func Intervals(post inn.Posterior, pairs *inn.Pairs, ys *inn.Samples, param string, set *IntervalSettings) (*IntervalTable, error) {
	if set == nil {
		set = &IntervalSettings{}
	}
	o := *set
	if o.Draws == 0 {
		o.Draws = 256
	}
	if o.Knots == 0 {
		o.Knots = 2048
	}
	if o.Draws < fewestDraws {
		return nil, fmt.Errorf("metric: Intervals: %d draws a measurement are too few: use at least %d", o.Draws, fewestDraws)
	}
	if o.Knots < slopeKnots {
		return nil, fmt.Errorf("metric: Intervals: %d knots are too few: use at least %d", o.Knots, slopeKnots)
	}
	if post == nil {
		return nil, fmt.Errorf("metric: Intervals: the posterior is nil: give a trained model")
	}
	if err := pairs.Check(); err != nil {
		return nil, fmt.Errorf("metric: Intervals: the training pairs: %w", err)
	}
	if ys == nil || len(ys.Vars) == 0 || len(ys.Data)%len(ys.Vars) != 0 {
		return nil, fmt.Errorf("metric: Intervals: the measurements do not fill rows")
	}
	if !slices.Equal(ys.Vars, pairs.Y.Vars) {
		return nil, fmt.Errorf("metric: Intervals: the measurements are of %v, the training pairs of %v", labels(ys.Vars), labels(pairs.Y.Vars))
	}
	if err := inn.CheckMeasured(post, ys.Vars); err != nil {
		return nil, fmt.Errorf("metric: Intervals: %w", err)
	}
	j, err := pairs.X.Index(param)
	if err != nil {
		return nil, fmt.Errorf("metric: Intervals: %w", err)
	}
	n := ys.Len()
	v := &IntervalTable{Var: pairs.X.Vars[j], Method: post.String(), Draws: o.Draws,
		Median: make([]float64, n), Low: make([]float64, n), High: make([]float64, n), Far: make([]bool, n)}
	space, err := newMeasured(pairs.Y)
	if err != nil {
		return nil, fmt.Errorf("metric: Intervals: %w", err)
	}
	row := make([]float32, len(ys.Vars))
	var there []int // that are not missing
	for i := range v.Far {
		if slices.ContainsFunc(ys.Row(i), func(y float64) bool { return !finite(y) }) {
			v.set(i, [3]float64{math.NaN(), math.NaN(), math.NaN()})
			continue
		}
		v.Far[i] = space.far(row, ys.Row(i))
		there = append(there, i)
	}
	if n = len(there); n == 0 {
		return nil, fmt.Errorf("metric: Intervals: of the %d measurements there is none whose values are all finite", ys.Len())
	}

	// Measurements between the knots are asked for together with them.
	order := slices.Clone(there)
	rng := inn.RNG(o.Seed, 0)
	rng.Shuffle(n, func(a, b int) { order[a], order[b] = order[b], order[a] })
	asked := order
	if v.Knots = min(n, o.Knots); v.Knots < n {
		asked = order[:min(n, v.Knots+intervalChecks)]
	}
	quantiles, err := askQuantiles(post, ys, asked, j, o.Draws, rng.Uint64())
	if err != nil {
		return nil, err
	}
	if v.Knots == n {
		for k, i := range asked {
			v.set(i, quantiles[k])
		}
		return v, nil
	}
	knots := newKnots(space, ys, asked[:v.Knots], quantiles)
	sum := 0.0
	for k, i := range asked[v.Knots:] {
		d := knots.at(ys.Row(i))[1] - quantiles[v.Knots+k][1]
		sum += d * d
	}
	v.Error = math.Sqrt(sum / float64(len(asked)-v.Knots))
	return v, v.interpolate(knots, ys, there)
}

// lines are what the table shows: the spread over the measurements.
func (v *IntervalTable) lines() (caption string, lines [][]string) {
	far := 0
	var median, width []float64
	for i, m := range v.Median {
		if !finite(m) {
			continue
		}
		median, width = append(median, m), append(width, v.High[i]-v.Low[i])
		if v.Far[i] {
			far++
		}
	}
	caption = fmt.Sprintf("%s of %d measurements by %s, %d of them unlike the training data", v.Var.Label(), len(median), v.Method, far)
	if missing := len(v.Median) - len(median); missing > 0 {
		caption += fmt.Sprintf("; %d more are missing, with a value that is not finite", missing)
	}
	if v.Knots < len(median) {
		caption += fmt.Sprintf("; interpolated between %d, which moves the median by %.2g", v.Knots, v.Error)
	}
	lines = [][]string{{"over the measurements", "5 %", "50 %", "95 %"}}
	for _, row := range []struct {
		name   string
		values []float64
	}{{"median", median}, {"width of the 68 % interval", width}} {
		sorted := slices.Sorted(slices.Values(row.values))
		line := []string{row.name}
		for _, p := range []float64{0.05, 0.5, 0.95} {
			line = append(line, fmt.Sprintf("%.3g", quantile(sorted, p)))
		}
		lines = append(lines, line)
	}
	return caption, lines
}

// String is a summary as text.
func (v *IntervalTable) String() string { return textTable(v.lines()) }

// HTML is the same for a notebook.
func (v *IntervalTable) HTML() string { return htmlTable(v.lines()) }

func (v *IntervalTable) set(i int, q [3]float64) { v.Low[i], v.Median[i], v.High[i] = q[0], q[1], q[2] }

// interpolate sets the intervals of the measurements that are there.
func (v *IntervalTable) interpolate(knots *knots, ys *inn.Samples, there []int) error {
	const chunk = 2048
	n := len(there)
	task := progress.Start("intervals of "+v.Var.Name, n)
	defer task.End()
	var group errgroup.Group
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for {
				lo := int(next.Add(chunk)) - chunk
				if lo >= n {
					return nil
				}
				hi := min(lo+chunk, n)
				for _, i := range there[lo:hi] {
					v.set(i, knots.at(ys.Row(i)))
				}
				if err := task.Advance(hi-lo, nil); err != nil {
					return fmt.Errorf("metric: Intervals stopped: %w", err)
				}
			}
		})
	}
	return group.Wait()
}

// askQuantiles draws from the posterior of each row of ys that is asked for, and
// returns the 16, 50 and 84 % quantiles of parameter j.
func askQuantiles(post inn.Posterior, ys *inn.Samples, asked []int, j, draws int, seed uint64) ([][3]float64, error) {
	task := progress.Start("posteriors of "+post.String(), len(asked))
	defer task.End()
	many, batch := func(ys *inn.Samples, first int) ([]*inn.Samples, error) {
		s, err := post.Sample(ys.Data, draws, inn.RNG(seed, uint64(first)).Uint64())
		return []*inn.Samples{s}, err
	}, 1
	if all, ok := post.(interface {
		SampleAll(ys *inn.Samples, n int, seed uint64) ([]*inn.Samples, error)
	}); ok { // large batches keep all processors busy
		many, batch = func(ys *inn.Samples, first int) ([]*inn.Samples, error) {
			return all.SampleAll(ys, draws, inn.RNG(seed, uint64(first)).Uint64())
		}, max(1, 1<<15/draws)
	}
	var quantiles [][3]float64
	for first := 0; first < len(asked); first += batch {
		rows := asked[first:min(first+batch, len(asked))]
		part := inn.NewSamples(ys.Vars, len(rows))
		for k, i := range rows {
			copy(part.Row(k), ys.Row(i))
		}
		lists, err := many(part, first)
		if err != nil {
			return nil, fmt.Errorf("metric: Intervals: %s failed at measurement %d: %w", post, rows[0], err)
		}
		for k, s := range lists {
			if s.Len() < fewestDraws || j >= len(s.Vars) {
				return nil, fmt.Errorf("metric: Intervals: %s gave %d draws of %v for measurement %d", post, s.Len(), labels(s.Vars), rows[k])
			}
			col, err := s.Col(s.Vars[j].Name)
			if err != nil {
				return nil, err
			}
			sorted, err := sort(col)
			if err != nil {
				return nil, fmt.Errorf("metric: Intervals: draws of %s for measurement %d: %w", post, rows[k], err)
			}
			quantiles = append(quantiles, [3]float64{quantile(sorted, 0.16), quantile(sorted, 0.5), quantile(sorted, 0.84)})
		}
		if err := task.Advance(len(rows), nil); err != nil {
			return nil, fmt.Errorf("metric: Intervals stopped: %w", err)
		}
	}
	return quantiles, nil
}
