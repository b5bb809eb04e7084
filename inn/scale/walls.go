package scale

import "math"

// How Walls decides. Of a uniform density between walls, 2 % lie within 2 %
// of the range of either end; of a normal one of 1000 draws, one in a thousand.
const (
	nearWall  = 0.02 // of the range
	crowd     = 0.25 // of what a uniform density has there
	leastNear = 3
)

// Walls looks for the walls of a quantity in draws of it: an end of its range, towards which
// the density does not fall off, is taken to be one. The wall stands 1/n of the range of the n
// draws beyond the outermost; it is ±Inf on a side that has none.
func Walls(draws []float64) (low, high float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range draws {
		lo, hi = min(lo, v), max(hi, v)
	}
	n, r := float64(len(draws)), hi-lo
	nearLow, nearHigh := -1.0, -1.0 // neighbours of the outermost, without itself
	for _, v := range draws {
		if v <= lo+nearWall*r {
			nearLow++
		} else if v >= hi-nearWall*r {
			nearHigh++
		}
	}
	low, high = math.Inf(-1), math.Inf(1)
	many := max(leastNear, crowd*nearWall*n)
	if r > 0 && nearLow >= many {
		low = lo - r/n
	}
	if r > 0 && nearHigh >= many {
		high = hi + r/n
	}
	return low, high
}
