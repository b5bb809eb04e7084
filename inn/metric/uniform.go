package metric

import (
	"math"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A Band is where the distribution function of ranks lies when the posterior is
// exact: of 100 test sets, 95 stay inside it at all its places at once (Säilynoja,
// Bürkner and Vehtari 2022, the band by simulation).
type Band struct {
	At        []float64 // places z in (0, 1), ascending
	Low, High []float64 // the distribution function's bounds there

	n        int
	binomial [][]float64 // distribution function of Binomial(n, z), by place and count
	extremes []float64   // ascending: how extreme uniform ranks are, see extreme
}

// places is the number of places in a band, and one more is that of the bars
// in a histogram of ranks.
const places = 19

// bandRounds is the number of simulated sets of uniform ranks behind a band.
const bandRounds = 2000

// newBand is the band for n ranks.
func newBand(n int) *Band {
	b := &Band{n: n}
	for k := 1; k <= places; k++ {
		z := float64(k) / (places + 1)
		b.At = append(b.At, z)
		b.binomial = append(b.binomial, binomialCDF(n, z))
	}
	counts := make([]int, places+1)
	for i := range bandRounds {
		rng := inn.RNG(0, uint64(i))
		clear(counts)
		for range n {
			counts[int(rng.Float64()*(places+1))]++
		}
		b.extremes = append(b.extremes, b.extreme(counts))
	}
	slices.Sort(b.extremes)
	level := quantile(b.extremes, 0.05)
	for k := range b.At {
		cdf := b.binomial[k]
		// The least and the largest count that are not more extreme than level.
		low, _ := slices.BinarySearchFunc(cdf, level/2, func(f, l float64) int {
			if f < l {
				return -1
			}
			return 1
		})
		high := low
		for high < n && 1-cdf[high] >= level/2 {
			high++
		}
		b.Low = append(b.Low, float64(low)/float64(n))
		b.High = append(b.High, float64(high)/float64(n))
	}
	return b
}

// binomialCDF are P(X ≤ k), k = 0..n, of X ~ Binomial(n, p), 0 < p < 1.
func binomialCDF(n int, p float64) []float64 {
	cdf := make([]float64, n+1)
	whole, _ := math.Lgamma(float64(n) + 1)
	sum := 0.0
	for k := range cdf {
		a, _ := math.Lgamma(float64(k) + 1)
		b, _ := math.Lgamma(float64(n-k) + 1)
		sum += math.Exp(whole - a - b + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
		cdf[k] = min(sum, 1)
	}
	return cdf
}

// extreme is the least over all places of the probability that a count there is
// as far from its mean as it is, given the numbers of ranks between the places.
func (b *Band) extreme(counts []int) float64 {
	least, below := 1.0, 0
	for k, cdf := range b.binomial {
		below += counts[k]
		upper := 1.0
		if below > 0 {
			upper = 1 - cdf[below-1]
		}
		least = min(least, 2*cdf[below], 2*upper)
	}
	return least
}

// histogram counts ranks in equal bars.
func histogram(ranks []float64) []int {
	counts := make([]int, places+1)
	for _, r := range ranks {
		counts[min(int(r*(places+1)), places)]++
	}
	return counts
}

// p is the probability that uniform ranks are as far out of the band as these:
// its rank among the simulated ones, or for extreme ones the bound that the sum
// over all places gives.
func (b *Band) p(counts []int) float64 {
	e := b.extreme(counts)
	as, _ := slices.BinarySearchFunc(b.extremes, e, func(s, e float64) int {
		if s <= e {
			return -1
		}
		return 1
	})
	return min(float64(as+1)/(bandRounds+1), places*max(e, 0))
}

// verdict says what uniform ranks of a quantity would not look like: whether it
// is the mean of the ranks or their spread that is off by more.
func verdict(ranks []float64, p float64) string {
	if p >= alarm {
		return "no fault found"
	}
	n := float64(len(ranks))
	var shift, width float64
	for _, r := range ranks {
		shift += (r - 0.5) / n
	}
	for _, r := range ranks {
		width += ((r-0.5)*(r-0.5) - 1.0/12) / n
	}
	// Uniform ranks have variance 1/12, and (rank - 1/2)² has 1/180.
	shift, width = shift*math.Sqrt(12*n), width*math.Sqrt(180*n)
	switch {
	case math.Abs(shift) >= math.Abs(width) && shift > 0:
		return "too low"
	case math.Abs(shift) >= math.Abs(width):
		return "too high"
	case width > 0:
		return "too narrow"
	}
	return "too wide"
}

// alarm is the probability below which a fault is taken as found.
const alarm = 0.01
