package metric

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// MAPSettings are the settings of MAP; nil means the defaults.
type MAPSettings struct {
	// Scale is the unit of length of each parameter, in which the bandwidths
	// below are given. The paper and the measures here take the prior's
	// standard deviations; without a Scale it is the draws' own.
	Scale []float64

	// Bandwidth is the radius within which the mean shift takes means. 0: as
	// the mean over draws of the distance within which the nearest 30 % of all
	// lie (the default of scikit-learn, Pedregosa et al. 2011, which the authors
	// used).
	Bandwidth float64

	Kernel float64 // standard deviation of the Gaussian kernel that rates the centres; 0.1
	Starts int     // draws from which the mean shift starts, evenly spread over them; 100
}

// MAP is the most probable x, estimated from draws of a posterior as the paper
// does: the mean shift (Fukunaga and Hostetler 1975) moves points to the mean of
// the draws within the bandwidth, again and again, until they rest on a centre
// of the density. Of centres nearer to each other than the bandwidth, the one with
// most draws around it stays; one with fewer than √n of the n draws around it is an
// outlier. Of those left, the one is chosen where a Gaussian kernel density estimate
// is highest, and the draw nearest to it is the MAP. At least 10 draws are wanted.
//
// That outliers go is not in the paper. Without it an outlying draw is a centre of
// its own, and in four dimensions and more, where few draws are within a kernel's
// width of any point, its own kernel makes it win.
func MAP(draws *inn.Samples, set *MAPSettings) ([]float64, error) {
	var s MAPSettings
	if set != nil {
		s = *set
	}
	if draws == nil {
		return nil, fmt.Errorf("metric: MAP wants draws, there are none")
	}
	if err := draws.Check(); err != nil {
		return nil, fmt.Errorf("metric: MAP: the draws: %w", err)
	}
	if draws.Len() < 10 {
		return nil, fmt.Errorf("metric: MAP wants at least 10 draws, not %d", draws.Len())
	}
	if s.Scale == nil {
		s.Scale = spreads(draws)
	}
	if len(s.Scale) != len(draws.Vars) {
		return nil, fmt.Errorf("metric: MAPSettings.Scale has %d values, but the draws have %d parameters", len(s.Scale), len(draws.Vars))
	}
	for j, v := range s.Scale {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("metric: MAP: the unit of %s is %v, want a positive number", draws.Vars[j].Name, v)
		}
	}
	s.Kernel = cmp.Or(s.Kernel, 0.1)
	s.Starts = cmp.Or(s.Starts, 100)
	if !(s.Kernel > 0) || s.Starts < 1 || !(s.Bandwidth >= 0) {
		return nil, fmt.Errorf("metric: MAP wants a positive Kernel, Bandwidth and Starts, not %v, %v and %d", s.Kernel, s.Bandwidth, s.Starts)
	}

	rows := scaled(draws, s.Scale)
	const largest = 1e100 // squares of larger values leave float64
	for _, r := range rows {
		for j, v := range r {
			if math.Abs(v) > largest {
				return nil, fmt.Errorf("metric: MAP: draws of %s are too large for float64", draws.Vars[j].Name)
			}
		}
	}
	radius := s.Bandwidth
	if radius == 0 {
		radius = meanShiftBandwidth(rows)
	}
	best := rows[0]
	if radius > 0 { // it is 0 when most draws are the same
		best = highest(meanShift(rows, radius, s.Starts), rows, s.Kernel)
	}
	nearest := 0
	for i, r := range rows {
		if squaredDistance(r, best) < squaredDistance(rows[nearest], best) {
			nearest = i
		}
	}
	return slices.Clone(draws.Row(nearest)), nil
}

// scaled are the draws in units of scale.
func scaled(draws *inn.Samples, scale []float64) [][]float64 {
	rows := make([][]float64, draws.Len())
	for i := range rows {
		rows[i] = slices.Clone(draws.Row(i))
		for j := range rows[i] {
			rows[i][j] /= scale[j]
		}
	}
	return rows
}

// spreads are the standard deviations of the columns; 1 for a constant.
func spreads(s *inn.Samples) []float64 {
	sd := make([]float64, len(s.Vars))
	col := make([]float64, s.Len())
	for j := range sd {
		for i := range col {
			col[i] = s.Row(i)[j]
		}
		sd[j] = stat.StdDev(col, nil)
		if sd[j] == 0 {
			sd[j] = 1
		}
	}
	return sd
}

// meanShiftBandwidth is the mean distance from a row to the nearest 30 %, the
// farthest of these, over 100 rows or all.
func meanShiftBandwidth(rows [][]float64) float64 {
	k := max(1, int(0.3*float64(len(rows))))
	asked := spread(rows, 100)
	sum := 0.0
	d := make([]float64, len(rows))
	for _, x := range asked {
		for i, r := range rows {
			d[i] = squaredDistance(x, r)
		}
		sum += math.Sqrt(smallest(d, k))
	}
	return sum / float64(len(asked))
}

// smallest is the k-th smallest of finite values, k from 1 on, whose order it
// changes (Hoare's quickselect).
func smallest(v []float64, k int) float64 {
	for len(v) > 1 {
		pivot := v[len(v)/2]
		i, j := 0, len(v)-1
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch { // v[:j+1] are at most the pivot, v[i:] at least, and between them it stands
		case k <= j+1:
			v = v[:j+1]
		case k > i:
			v, k = v[i:], k-i
		default:
			return pivot
		}
	}
	return v[0]
}

// spread are n of the rows, evenly spread over them, or all.
func spread(rows [][]float64, n int) [][]float64 {
	if n >= len(rows) {
		return rows
	}
	some := make([][]float64, n)
	for i := range some {
		some[i] = rows[i*len(rows)/n]
	}
	return some
}

// meanShift are the centres where the shifts come to rest, farther from each
// other than the radius, save for outliers.
func meanShift(rows [][]float64, radius float64, starts int) [][]float64 {
	const (
		steps = 300  // at most
		rest  = 1e-3 // of the radius: a shorter step is the last
	)
	type centre struct {
		at     []float64
		around int // rows within the radius
	}
	from, flat := spread(rows, starts), slices.Concat(rows...)
	found := make([]centre, len(from))
	climb := func(i int) {
		x, next, around := slices.Clone(from[i]), make([]float64, len(from[i])), 0
		for range steps {
			around = shift(flat, x, next, radius)
			moved := squaredDistance(x, next)
			x, next = next, x
			if moved < rest*rest*radius*radius {
				break
			}
		}
		found[i] = centre{x, around}
	}
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(from); i += workers {
				climb(i)
			}
		})
	}
	wg.Wait()
	slices.SortStableFunc(found, func(a, b centre) int { return b.around - a.around })
	var centres [][]float64
	for i, c := range found {
		if i > 0 && c.around*c.around < len(rows) {
			break
		}
		if !slices.ContainsFunc(centres, func(d []float64) bool { return squaredDistance(c.at, d) <= radius*radius }) {
			centres = append(centres, c.at)
		}
	}
	return centres
}

// shift writes the mean of the rows within the radius of x into mean, and tells how
// many they are. A mean may have no rows around it; then it is x. The rows stand one
// after the other: as the radius holds many of them, to look at all is faster than a tree.
func shift(rows, x, mean []float64, radius float64) (count int) {
	d := len(x)
	clear(mean)
	for ; len(rows) >= d; rows = rows[d:] {
		row := rows[:d]
		if squaredDistance(row, x) > radius*radius {
			continue
		}
		count++
		for j, v := range row {
			mean[j] += v
		}
	}
	if count == 0 {
		copy(mean, x)
		return 0
	}
	for j := range mean {
		mean[j] /= float64(count)
	}
	return count
}

// highest is the centre where the Gaussian kernel density estimate of the rows
// is highest.
func highest(centres, rows [][]float64, kernel float64) []float64 {
	var best []float64
	most := math.Inf(-1)
	exponents := make([]float64, len(rows))
	for _, c := range centres {
		for i, r := range rows {
			exponents[i] = -squaredDistance(c, r) / (2 * kernel * kernel)
		}
		// The logarithm of the sum, as all terms may be too small for float64.
		top := slices.Max(exponents)
		sum := 0.0
		for _, e := range exponents {
			sum += math.Exp(e - top)
		}
		if density := top + math.Log(sum); density > most {
			best, most = c, density
		}
	}
	return best
}
