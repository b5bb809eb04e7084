package metric

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// DensitySettings are the settings of KDE; nil means the defaults.
type DensitySettings struct {
	// Bandwidth is the standard deviation h of the kernel, in the unit of the
	// values. 0: Silverman's rule h = 0.9 min(sd, IQR/1.34) n^(-1/5) (Silverman
	// 1986, equation 3.31), or, where hills lie far apart, of which that would make
	// one, 0.9 (w/0.29) n^(-1/5) with the width w of the shortest interval that
	// holds 15 % of the values; a normal density has w/0.38 = sd.
	Bandwidth float64

	// Low and High are walls of the quantity, for example 0 and 1 of a
	// fraction; both 0: none. Values are reflected at the walls, so that a
	// density that ends at a wall does not sink there (Silverman 1986, section
	// 2.10). Values that lie beyond a wall are reflected outwards: the density
	// may jump at the wall, and draws that leave the range are seen.
	Low, High float64
}

// A Density is a Gaussian kernel density estimate of one quantity,
//
//	p(x) = 1/(n h) Σ_i φ((x - x_i)/h).
type Density struct {
	Bandwidth float64 // h

	n       int
	walls   [2]float64   // infinite where there are none
	centres [3][]float64 // of the kernels below, between and above the walls, ascending
}

// cut is where a kernel is taken to end, in bandwidths: φ(cut)/φ(0) = 1e-14.
const cut = 8

// KDE estimates the density of values, at least 2 and not all the same.
func KDE(values []float64, set *DensitySettings) (*Density, error) {
	if set == nil {
		set = &DensitySettings{}
	}
	if len(values) < 2 {
		return nil, fmt.Errorf("metric: a density wants at least 2 values, not %d", len(values))
	}
	sorted, err := sort(values)
	if err != nil {
		return nil, err
	}
	if sorted[0] == sorted[len(sorted)-1] {
		return nil, fmt.Errorf("metric: all %d values are %v: a constant has no density", len(sorted), sorted[0])
	}
	d := &Density{n: len(sorted), walls: [2]float64{math.Inf(-1), math.Inf(1)}}
	if set.Low != 0 || set.High != 0 {
		if !(set.Low < set.High) {
			return nil, fmt.Errorf("metric: the walls of a density want Low < High, not %v and %v", set.Low, set.High)
		}
		d.walls = [2]float64{set.Low, set.High}
	}
	h := set.Bandwidth
	if h == 0 {
		h = silverman(sorted)
	}
	if !(h > 0) || math.IsInf(h, 0) {
		return nil, fmt.Errorf("metric: a density wants a positive bandwidth, not %v", h)
	}
	d.Bandwidth = h
	for _, v := range sorted {
		side := d.side(v)
		d.centres[side] = append(d.centres[side], v)
		for i, wall := range d.walls {
			if (side == i || side == i+1) && math.Abs(v-wall) < cut*h {
				d.centres[side] = append(d.centres[side], 2*wall-v)
			}
		}
	}
	for _, c := range d.centres {
		slices.Sort(c)
	}
	return d, nil
}

// side says where x is: 0 below the walls, 1 between them, 2 above.
func (d *Density) side(x float64) int {
	switch {
	case x < d.walls[0]:
		return 0
	case x > d.walls[1]:
		return 2
	}
	return 1
}

// At is the density at x, in one over the unit of the values.
func (d *Density) At(x float64) float64 {
	var sum float64
	centres := d.centres[d.side(x)]
	first, _ := slices.BinarySearch(centres, x-cut*d.Bandwidth)
	for _, c := range centres[first:] {
		u := (x - c) / d.Bandwidth
		if u < -cut {
			break
		}
		sum += math.Exp(-u * u / 2)
	}
	return sum / (float64(d.n) * d.Bandwidth * math.Sqrt(2*math.Pi))
}

// Even is the density at n+1 places, evenly spaced from low to high: what At gives,
// to rounding, in a fraction of its time, for neighbouring values of a Gaussian follow
// from each other:
//
//	φ(u + (j+1)δ)/φ(u + jδ) = exp(-uδ) exp(-(2j+1)δ²/2).
func (d *Density) Even(low, high float64, n int) []float64 {
	step := (high - low) / float64(n)
	out := make([]float64, n+1)
	place := func(k int) float64 { return low + step*float64(k) }
	delta := step / d.Bandwidth
	reach := min(n, int(2*cut/delta)+1) // places that one kernel may reach
	fall := make([]float64, reach+1)
	for j := range fall {
		fall[j] = math.Exp(-delta * delta * float64(j*j) / 2)
	}
	first := 0
	for side, centres := range d.centres {
		last := first // the places on this side of the walls are first to last-1
		for last <= n && d.side(place(last)) == side {
			last++
		}
		for _, c := range centres {
			if first == last {
				break
			}
			k := min(max(int(math.Round((c-low)/step)), first), last-1)
			u := (place(k) - c) / d.Bandwidth
			if math.Abs(u) > cut {
				continue
			}
			top := math.Exp(-u * u / 2)
			out[k] += top
			up, ratio := top, math.Exp(-u*delta)
			for j := 1; k+j < last && u+float64(j)*delta <= cut; j++ {
				up *= ratio
				out[k+j] += up * fall[j]
			}
			down := top
			for j := 1; k-j >= first && u-float64(j)*delta >= -cut; j++ {
				down /= ratio
				out[k-j] += down * fall[j]
			}
		}
		first = last
	}
	for k := range out {
		out[k] /= float64(d.n) * d.Bandwidth * math.Sqrt(2*math.Pi)
	}
	return out
}

// silverman is Silverman's bandwidth for sorted values that are not all equal, made
// for several hills.
func silverman(sorted []float64) float64 {
	spread := stat.StdDev(sorted, nil)
	if iqr := quantile(sorted, 0.75) - quantile(sorted, 0.25); iqr > 0 {
		spread = min(spread, iqr/1.34)
	}
	const share, width = 0.15, 0.29 // the width is less than a normal density's, so that one hill keeps its bandwidth
	shortest := math.Inf(1)
	for i, k := 0, int(share*float64(len(sorted))); k > 0 && i+k < len(sorted); i++ {
		shortest = min(shortest, sorted[i+k]-sorted[i])
	}
	if shortest > 0 {
		spread = min(spread, shortest/width)
	}
	return 0.9 * spread * math.Pow(float64(len(sorted)), -0.2)
}
