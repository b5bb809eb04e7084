package metric

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// The mean shift ends when a step is shorter than this share of the radius, or after
// so many steps.
const (
	rest  = 1e-3
	steps = 300
)

// A cloud is points as the mean shift looks at them: in float32, as seen from their
// middle and in some unit of length. What is far from there is looked at in float64.
type cloud struct {
	rows    [][]float64
	middle  []float64 // the medians
	unit    float64   // half of the points that are not in the middle are farther from it; 0: none
	points  tensor.Mat
	columns tensor.Mat // the transpose of points
}

func newCloud(rows [][]float64) *cloud {
	n, d := len(rows), len(rows[0])
	c := &cloud{rows, make([]float64, d), 0, tensor.New(n, d), tensor.New(d, n)}
	column := make([]float64, n)
	for j := range d {
		for i, r := range rows {
			column[i] = r[j]
		}
		c.middle[j] = smallest(column, (n+1)/2)
	}
	var distances []float64
	for _, r := range rows {
		if d2 := squaredDistance(r, c.middle); d2 > 0 {
			distances = append(distances, math.Sqrt(d2))
		}
	}
	if len(distances) > 0 {
		c.unit = smallest(distances, (len(distances)+1)/2)
		c.fill()
	}
	return c
}

// fill writes the points in the unit. Those that are very far are put nearer, so that
// float32 holds them.
func (c *cloud) fill() {
	const farthest = 1e15
	for i, r := range c.rows {
		for j, m := range c.middle {
			v := float32(min(max((r[j]-m)/c.unit, -farthest), farthest))
			c.points.Row(i)[j], c.columns.Row(j)[i] = v, v
		}
	}
}

// far reports whether point i is so far out that float32 does not tell it from others
// to a thousandth of the unit.
func (c *cloud) far(i int) bool {
	const most = 1e4
	return slices.ContainsFunc(c.points.Row(i), func(v float32) bool { return max(v, -v) > most })
}

// squaredDistances writes those from x to all points.
func (c *cloud) squaredDistances(x, d2 []float32) {
	clear(d2)
	for j, v := range x {
		tensor.AddSquares(d2, c.columns.Row(j), v)
	}
}

// bandwidth is the mean distance from a point to the nearest 30 %, the farthest of
// these, over 100 points or all.
func (c *cloud) bandwidth() float64 {
	n := c.points.Rows
	k := max(1, int(0.3*float64(n)))
	asked := spread(n, 100)
	sum := 0.0
	d2, inside := make([]float32, n), make([]float32, n)
	for _, i := range asked {
		if c.far(i) {
			all := make([]float64, n)
			for j, r := range c.rows {
				all[j] = squaredDistance(c.rows[i], r)
			}
			sum += math.Sqrt(smallest(all, k))
			continue
		}
		c.squaredDistances(c.points.Row(i), d2)
		sum += c.unit * math.Sqrt(float64(nearest32(d2, inside, k)))
	}
	return sum / float64(len(asked))
}

// nearest32 is the k-th smallest of squared distances, k from 1 on, to a thousandth. The
// bits of numbers from 0 on stand in their own order, so it is looked for by halves among
// these. It needs room as long as the distances.
func nearest32(d2, room []float32, k int) float32 {
	const thousandth = 1 << 13 // of the significand's 2²³
	low, high := uint32(0), math.Float32bits(math.MaxFloat32)
	for high-low > thousandth {
		middle := (low + high) / 2
		if tensor.Within(room, d2, math.Float32frombits(middle)) >= k {
			high = middle
		} else {
			low = middle
		}
	}
	if tensor.Within(room, d2, 0) >= k {
		return 0
	}
	return math.Float32frombits(high)
}

// centres are where the shifts come to rest, farther from each other than the radius,
// save for outliers.
func (c *cloud) centres(radius float64, starts int) [][]float64 {
	c.unit = radius
	c.fill()
	found := c.rests(starts)
	slices.SortStableFunc(found, func(a, b rested) int { return b.around - a.around })
	var centres [][]float64
	for i, f := range found {
		if i > 0 && f.around*f.around < len(c.rows) {
			break
		}
		if !slices.ContainsFunc(centres, func(g []float64) bool { return squaredDistance(f.at, g) <= radius*radius }) {
			centres = append(centres, f.at)
		}
	}
	return centres
}

// A rested start is where it came to rest, and how many rows are around that.
type rested struct {
	at     []float64
	around int
}

// rests are where the shifts come to rest that start from some points, evenly spread
// over them; the radius is the unit.
func (c *cloud) rests(starts int) []rested {
	from := spread(c.points.Rows, starts)
	found := make([]rested, len(from))
	const together = 6 // starts, whose means are one product
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			inside, means := tensor.New(together, c.points.Rows), tensor.New(together, c.points.Cols)
			for lo := w * together; lo < len(found); lo += workers * together {
				hi := min(lo+together, len(found))
				some := make([]climb, 0, together)
				for k := lo; k < hi; k++ {
					if !c.far(from[k]) {
						some = append(some, climb{slices.Clone(c.points.Row(from[k])), 0})
					}
				}
				c.climb(some, inside, means)
				for k := lo; k < hi; k++ {
					if c.far(from[k]) {
						found[k] = settle(c.rows, c.rows[from[k]], c.unit)
						continue
					}
					x := make([]float64, len(c.middle))
					for j, m := range c.middle {
						x[j] = m + c.unit*float64(some[0].at[j])
					}
					found[k], some = rested{x, some[0].around}, some[1:]
				}
			}
		})
	}
	wg.Wait()
	return found
}

// A climb is where a start has got to, and how many points are around it.
type climb struct {
	at     []float32
	around int
}

// climb moves some starts together; inside and means have a row for each.
func (c *cloud) climb(some []climb, inside, means tensor.Mat) {
	moving := make([]*climb, len(some))
	for i := range some {
		moving[i] = &some[i]
	}
	for range steps {
		if len(moving) == 0 {
			return
		}
		for i, m := range moving {
			c.squaredDistances(m.at, inside.Row(i))
			m.around = tensor.Within(inside.Row(i), inside.Row(i), 1)
		}
		n := len(moving)
		tensor.Forward(means.Slice(0, n, 0, means.Cols), inside.Slice(0, n, 0, inside.Cols), c.points, nil, tensor.Identity)
		still := moving[:0]
		for i, m := range moving {
			mean := means.Row(i)
			for j := range mean {
				mean[j] /= float32(m.around)
			}
			if m.around > 0 && squared32(mean, m.at) >= rest*rest { // a mean may have none around it
				copy(m.at, mean)
				still = append(still, m)
			}
		}
		moving = still
	}
}

func squared32(a, b []float32) float32 {
	sum := float32(0)
	for j, v := range a {
		d := v - b[j]
		sum += d * d
	}
	return sum
}

// settle shifts x until it rests, in float64.
func settle(rows [][]float64, x []float64, radius float64) (r rested) {
	x, next := slices.Clone(x), make([]float64, len(x))
	for range steps {
		r.around = shift(rows, x, next, radius)
		moved := squaredDistance(x, next)
		x, next = next, x
		if moved < rest*rest*radius*radius {
			break
		}
	}
	r.at = x
	return r
}

// shift writes the mean of the rows within the radius of x into mean, and tells how
// many they are. A mean may have no rows around it; then it is x.
func shift(rows [][]float64, x, mean []float64, radius float64) (count int) {
	clear(mean)
	for _, r := range rows {
		if squaredDistance(r, x) > radius*radius {
			continue
		}
		count++
		for j, v := range r {
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

// spread are m of the numbers below n, evenly spread over them, or all.
func spread(n, m int) []int {
	some := make([]int, min(n, m))
	for i := range some {
		some[i] = i * n / len(some)
	}
	return some
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
