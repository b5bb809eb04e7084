package metric

import (
	"math"
	"slices"
)

// A Band is where the distribution function of ranks lies when the posterior is
// exact: of 100 test sets, 95 or more, counts being whole numbers, stay inside it at all its places at once (Säilynoja,
// Bürkner and Vehtari 2022, the band by recursion).
type Band struct {
	At        []float64 // places z in (0, 1), ascending
	Low, High []float64 // the distribution function's bounds there

	n        int
	binomial [][]float64 // distribution function of Binomial(n, z), by place and count
}

// places is the number of places in a band, and one more is that of the bars
// in a histogram of ranks.
const places = 19

// newBand is the band for n ranks.
func newBand(n int) *Band {
	b := &Band{n: n}
	for k := 1; k <= places; k++ {
		z := float64(k) / (places + 1)
		b.At = append(b.At, z)
		b.binomial = append(b.binomial, binomialCDF(n, z))
	}
	// The largest extreme of which 5 % of uniform ranks have no larger one, by bisection of its logarithm.
	inside, outside := math.Log(0.05/places), math.Log(0.05)
	for range 16 {
		if mid := (inside + outside) / 2; b.atMost(math.Exp(mid)) <= 0.05 {
			inside = mid
		} else {
			outside = mid
		}
	}
	for k := range b.At {
		low, high := b.within(k, math.Exp(inside))
		b.Low = append(b.Low, float64(low)/float64(n))
		b.High = append(b.High, float64(high)/float64(n))
	}
	return b
}

// within are the least and the largest count at a place that are less extreme than e; none if low > high.
func (b *Band) within(place int, e float64) (low, high int) {
	cdf := b.binomial[place]
	first := func(beyond func(f float64) bool) int {
		i, _ := slices.BinarySearchFunc(cdf, true, func(f float64, _ bool) int {
			if beyond(f) {
				return 1
			}
			return -1
		})
		return i
	}
	return first(func(f float64) bool { return 2*f > e }), first(func(f float64) bool { return 2*(1-f) <= e })
}

// above is the probability of a count of c or more.
func above(cdf []float64, c int) float64 {
	if c == 0 {
		return 1
	}
	return 1 - cdf[c-1]
}

// atMost is the probability that uniform ranks are as extreme as e or more so: that some count is beyond
// those within e. From place to place, of the n - c ranks above the one
// those up to the next have a binomial distribution.
func (b *Band) atMost(e float64) float64 {
	reach := []float64{1} // the probability of each count from least on, with none beyond before
	least, last := 0, 0.0
	for k, z := range b.At {
		low, high := b.within(k, e)
		if low > high {
			return 1
		}
		next := make([]float64, high-low+1)
		q := (z - last) / (1 - last)
		for i, r := range reach {
			if r == 0 {
				continue
			}
			c := least + i
			m := b.n - c // ranks above
			from := max(0, low-c)
			to := min(m, high-c)
			if from > to {
				continue
			}
			p := r * binomial(m, from, q)
			for j := from; j <= to; j++ {
				next[c+j-low] += p
				p *= float64(m-j) / float64(j+1) * q / (1 - q)
			}
		}
		reach, least, last = next, low, z
	}
	inside := 0.0
	for _, r := range reach {
		inside += r
	}
	return 1 - inside
}

// binomial is P(X = k) of X ~ Binomial(n, p), 0 < p < 1.
func binomial(n, k int, p float64) float64 {
	whole, _ := math.Lgamma(float64(n) + 1)
	a, _ := math.Lgamma(float64(k) + 1)
	b, _ := math.Lgamma(float64(n-k) + 1)
	return math.Exp(whole - a - b + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

// binomialCDF are P(X ≤ k), k = 0..n, of X ~ Binomial(n, p), 0 < p < 1.
func binomialCDF(n int, p float64) []float64 {
	cdf := make([]float64, n+1)
	sum := 0.0
	for k := range cdf {
		sum += binomial(n, k, p)
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
		least = min(least, 2*cdf[below], 2*above(cdf, below))
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

// p is the probability that uniform ranks are as far out of the band as these; far out
// the bound that the sum over all places gives.
func (b *Band) p(counts []int) float64 {
	e := max(b.extreme(counts), 0)
	if bound := places * e; bound < 1e-4 {
		return bound
	}
	return min(b.atMost(e), 1)
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
