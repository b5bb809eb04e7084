package scale

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Seen are some of the training measurements, by which one is known that lies within the fence but
// where no training measurement is, such as between the arms of a bent distribution.
type seen struct {
	Rows  []float32 // K×M, white: their distances are the fence's
	Apart []float32 // of each of the K, the distance to the fifth nearest of the others
}

const (
	seenValues = 1 << 15 // of Rows at most, but for seenFewest
	seenMost   = 1000
	seenFewest = 100
	seenWidest = 500 // values of a measurement; of more there is none

	neighbours = 5
	// A measurement is alone when its fifth neighbour is this many times as far as theirs
	// are, and half of a standard deviation or more.
	aloneTimes = 5
	aloneLeast = 0.5
)

// newSeen takes some of n normalised measurements of m values, or none of too few.
func newSeen(f *Fence, n, m int, row func(i int) []float32) *seen {
	k := min(n, seenMost, max(seenFewest, seenValues/m))
	if k < seenFewest || m > seenWidest {
		return nil
	}
	c := &seen{}
	for i := range k {
		c.Rows = append(c.Rows, f.white(row(i*n/k))...)
	}
	c.Apart = make([]float32, k)
	for i := range k {
		near := c.nearest(c.row(i, m), i)
		c.Apart[i] = near[neighbours-1].distance
	}
	return c
}

// white is L y of a normalised measurement, LᵀL = C⁻¹.
func (f *Fence) white(y []float32) []float32 {
	m := len(y)
	f.root.Do(func() {
		var chol mat.Cholesky
		if chol.Factorize(mat.NewSymDense(m, f.Inverse)) {
			f.upper = chol.RawU()
		}
	})
	w := make([]float32, m)
	if f.upper == nil { // rounding has made C⁻¹ negative in a direction
		return w
	}
	for j := range w {
		sum := 0.0
		for k := j; k < m; k++ {
			sum += f.upper.At(j, k) * float64(y[k])
		}
		w[j] = float32(sum)
	}
	return w
}

func (c *seen) row(i, m int) []float32 { return c.Rows[i*m : (i+1)*m] }

// A neighbour is one of them, and how far it is.
type neighbour struct {
	i        int
	distance float32
}

// nearest are the five nearest to a white y, in order, without number self.
func (c *seen) nearest(y []float32, self int) []neighbour {
	m := len(y)
	near := make([]neighbour, 0, neighbours+1)
	for i := range len(c.Rows) / m {
		if i == self {
			continue
		}
		d := float32(0)
		for j, v := range c.row(i, m) {
			d += (y[j] - v) * (y[j] - v)
		}
		d = float32(math.Sqrt(float64(d)))
		if len(near) == neighbours && d >= near[neighbours-1].distance {
			continue
		}
		at, _ := slices.BinarySearchFunc(near, d, func(a neighbour, d float32) int {
			if a.distance <= d {
				return -1
			}
			return 1
		})
		near = slices.Insert(near, at, neighbour{i, d})
		near = near[:min(len(near), neighbours)]
	}
	return near
}

// alone is how many times as far y is from its neighbours as they are from theirs, or 0 when
// that says nothing.
func (c *seen) alone(f *Fence, y []float32) float64 {
	if c == nil {
		return 0
	}
	near := c.nearest(f.white(y), -1)
	far := near[len(near)-1].distance
	var apart []float32
	for _, n := range near {
		apart = append(apart, c.Apart[n.i])
	}
	slices.Sort(apart)
	if typical := max(apart[len(apart)/2], far/1e6); far >= aloneLeast && far >= aloneTimes*typical {
		return float64(far / typical)
	}
	return 0
}

// check is for those from a file.
func (c *seen) check(m int) error {
	if c == nil {
		return nil
	}
	if k := len(c.Apart); k < seenFewest || k > seenMost || len(c.Rows) != k*m {
		return fmt.Errorf("it has %d training measurements in %d numbers", len(c.Apart), len(c.Rows))
	}
	for _, v := range slices.Concat(c.Rows, c.Apart) {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("a training measurement has %v in it", v)
		}
	}
	return nil
}
