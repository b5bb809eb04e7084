package train

import (
	"fmt"
	"math"
)

// A Schedule is how a learning rate goes from its first value to its last.
type Schedule string

// The schedules. An empty one is Exponential.
const (
	Exponential Schedule = "exponential" // by the same factor every step
	Cosine      Schedule = "cosine"      // along half a wave (Loshchilov and Hutter 2017)
	Linear      Schedule = "linear"
	Staircase   Schedule = "staircase" // four levels, by the same factor, a quarter of the steps each
	Constant    Schedule = "constant"  // stays at the first value
)

// Check says which schedules there are if s is none.
func (s Schedule) Check() error {
	switch s {
	case "", Exponential, Cosine, Linear, Staircase, Constant:
		return nil
	}
	return fmt.Errorf("%q, want %q, %q, %q, %q or %q", string(s), Exponential, Cosine, Linear, Staircase, Constant)
}

// At is the rate at a share t of the way, 0 to 1.
func (s Schedule) At(t, first, last float64) float64 {
	switch s {
	case Constant:
		return first
	case Linear:
		return first + t*(last-first)
	case Cosine:
		return last + (first-last)*(1+math.Cos(math.Pi*t))/2
	case Staircase:
		t = min(math.Floor(4*t), 3) / 3
	}
	return first * math.Pow(last/first, t)
}
