package metric

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBandHoldsUniformRanks: of sets of uniform ranks 5 % leave the band, 5 % have
// p < 0.05 and 1 % p < 0.01; the same sets leave the band and have p < 0.05.
func TestBandHoldsUniformRanks(t *testing.T) {
	const sets = 2000
	for _, n := range []int{10, 200, 1000} {
		band := newBand(n)
		rng := rand.New(rand.NewPCG(2, uint64(n)))
		outside, below5, below1, chi5 := 0, 0, 0, 0
		for range sets {
			ranks := make([]float64, n)
			for i := range ranks {
				ranks[i] = rng.Float64()
			}
			counts, ecdf, p := band.judge(ranks)
			for k, f := range ecdf {
				if f < band.Low[k] || f > band.High[k] {
					outside++
					break
				}
			}
			if p < 0.05 {
				below5++
			}
			if p < 0.01 {
				below1++
			}
			if chiSquare(counts) < 0.05 {
				chi5++
			}
		}
		// Counts are whole numbers, so that fewer may leave it when n is small.
		share := func(c int) float64 { return float64(c) / sets }
		low := 0.035
		if n == 10 {
			low = 0.002
		}
		for what, s := range map[string]float64{"outside the band": share(outside), "with p < 0.05": share(below5)} {
			if s < low || s > 0.07 {
				t.Errorf("%d ranks: %.3f of the sets are %s", n, s, what)
			}
		}
		if n > 10 && (share(chi5) < 0.035 || share(chi5) > 0.07) {
			t.Errorf("%d ranks: %.3f of the sets have p < 0.05 by χ²", n, share(chi5))
		}
		if s := share(below1); s > 0.019 {
			t.Errorf("%d ranks: %.3f of the sets have p < 0.01", n, s)
		}
	}
}

// The p of uniform ranks is below a level as often as that says, of few and of many ranks, but for
// counts being whole numbers.
func TestPOfUniformRanks(t *testing.T) {
	for n, sets := range map[int]int{100: 40_000, 1000: 5000} {
		band := newBand(n)
		rng := rand.New(rand.NewPCG(5, uint64(n)))
		levels := []float64{0.2, 0.05, 0.01}
		below := make([]float64, len(levels))
		for range sets {
			counts := make([]int, places+1)
			for range n {
				counts[int(rng.Float64()*(places+1))]++
			}
			p := band.p(counts)
			for k, l := range levels {
				if p < l {
					below[k]++
				}
			}
		}
		for k, l := range levels {
			se := math.Sqrt(l * (1 - l) / float64(sets))
			if got := below[k] / float64(sets); got > l+4*se || got < 0.8*l-4*se {
				t.Errorf("of %d ranks p is below %g in %.4f of the sets", n, l, got)
			}
		}
	}
}

// TestExtremeP: the p of ranks that are far out is as small as the binomial
// distribution says, not that of the farthest simulated set.
func TestExtremeP(t *testing.T) {
	ranks := make([]float64, 100) // all 0: at the last place 0.95^100 · ...
	band := newBand(100)
	if _, _, p := band.judge(ranks); !(p >= 0 && p < 1e-9) {
		t.Errorf("p of ranks that are all 0 is %g", p)
	}
}

func TestBinomialCDF(t *testing.T) {
	cdf := binomialCDF(4, 0.25)
	for k, want := range []float64{81. / 256, 189. / 256, 243. / 256, 255. / 256, 1} {
		near(t, "binomial", cdf[k], want, 1e-12)
	}
}

func TestVerdict(t *testing.T) {
	for want, f := range map[string]func(u float64) float64{
		"too low":        func(u float64) float64 { return math.Sqrt(u) },
		"too high":       func(u float64) float64 { return u * u },
		"too narrow":     func(u float64) float64 { return 0.5 - 0.5*math.Cos(math.Pi*u) },
		"too wide":       func(u float64) float64 { return math.Acos(1-2*u) / math.Pi },
		"no fault found": func(u float64) float64 { return u },
	} {
		rng := rand.New(rand.NewPCG(3, 3)) // for each its own: a map has no order
		ranks := make([]float64, 500)
		for i := range ranks {
			ranks[i] = f(rng.Float64())
		}
		_, _, p := newBand(500).judge(ranks)
		if got := verdict(ranks, p); got != want {
			t.Errorf("ranks of draws that are %s: %s", want, got)
		}
	}
}

// TestChiSquare: 20 bars of 10, two of them off by 10, have χ² = 20 with 19
// degrees of freedom, p = 0.395; few ranks make fewer bars.
func TestChiSquare(t *testing.T) {
	counts := make([]int, 20)
	for i := range counts {
		counts[i] = 10
	}
	counts[3], counts[4] = 20, 0
	near(t, "p", chiSquare(counts), 0.3946, 1e-3)
	few := make([]int, 20)
	few[0], few[19] = 5, 5 // two bars of 5
	near(t, "p", chiSquare(few), 1, 1e-12)
}
