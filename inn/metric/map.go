package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

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

// MAP is the most probable x, estimated from draws of a posterior as in the paper, by
// the mean shift (Fukunaga and Hostetler 1975): it moves points to the mean of
// the draws within the bandwidth, again and again, until they rest on a centre
// of the density. Of centres nearer to each other than the bandwidth, the one with
// most draws around it stays; one with fewer than √n of the n draws around it is an
// outlier. Of those left, the one is chosen where a Gaussian kernel density estimate
// is highest, and the mean shift goes on from there with half the bandwidth, a quarter and
// so on, as long as √n draws are around it: so it comes to lie on a posterior that is
// bent or peaked within the bandwidth. At least 10 draws are wanted.
//
// At a wall of the prior at which the density is highest it lies inside of the wall by about the distance within which √n of
// the draws are, as a mean does.
//
// Two things are not in the paper. Outliers go, since an outlying draw would be a centre of
// its own, and in four dimensions and more, where few draws are within a kernel's
// width of any point, its own kernel would make it win. And smaller bandwidths follow,
// where the authors' code takes the draw nearest to the centre: which of the draws is nearest
// is decided, in many dimensions, by the parameters that are hardly known, so that a parameter
// known well is then nearly as far off as in any draw, by √2 times as much as need be.
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
	best := slices.Clone(rows[0])
	if c := newCloud(rows); c.unit > 0 { // else all draws are the same
		radius := s.Bandwidth
		if radius == 0 {
			radius = c.bandwidth()
		}
		if radius > 0 { // it is 0 when most draws are the same
			best = narrowed(rows, highest(c.centres(radius, s.Starts), rows, s.Kernel), radius)
		}
	}
	for j, unit := range s.Scale {
		best[j] *= unit
	}
	return best, nil
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

// narrowed is where the mean shift leads from a centre with smaller and smaller radii,
// as long as √n of the n rows are around it.
func narrowed(rows [][]float64, centre []float64, radius float64) []float64 {
	const halvings = 30 // rows of one value are around it with any radius
	for range halvings {
		radius /= 2
		next := settle(rows, centre, radius)
		if next.around*next.around < len(rows) {
			break
		}
		centre = next.at
	}
	return centre
}
