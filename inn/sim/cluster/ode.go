package cluster

import (
	"errors"
	"math"
)

// The pair of Dormand and Prince (1980), "A family of embedded Runge-Kutta
// formulae", table 2: order 5, with an error estimate by order 4.
var (
	dpTime = [7]float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1}
	dpStep = [7][6]float64{
		{},
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	}
	dpError = [7]float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40}
)

// A state is what the shell's equations are solved for.
type state [5]float64

// integrate solves dy/dt = f(t, y) from t to end, by steps of at most longest
// whose error stays below tol times scale(y) in every component. Each step taken
// is recorded. Where stop comes true it ends, at most shortest after that.
func integrate(f func(t float64, y state) state, t, end float64, y state, set steps) (float64, state, error) {
	h := set.longest / 10
	for range 200_000 {
		if t >= end {
			return t, y, nil
		}
		h = min(h, end-t, set.longest)
		var k [7]state
		next := y
		for i := range k {
			next = y
			for j := range i {
				for c := range next {
					next[c] += h * dpStep[i][j] * k[j][c]
				}
			}
			k[i] = f(t+dpTime[i]*h, next)
		}
		worst, scale := 0.0, set.scale(y)
		for c := range y {
			e := 0.0
			for i := range k {
				e += h * dpError[i] * k[i][c]
			}
			worst = max(worst, math.Abs(e)/(set.tol*scale[c]))
		}
		if math.IsNaN(worst) { // the step led out of the range of f
			worst = math.Inf(1)
		}
		if worst <= 1 {
			stopped := set.stop(t+h, next)
			if stopped && h > set.shortest {
				h /= 2
				continue
			}
			t, y = t+h, next
			set.record(t, y)
			if stopped {
				return t, y, nil
			}
		}
		h *= min(5, max(0.1, 0.9*math.Pow(max(worst, 1e-10), -0.2)))
		if h < 1e-14*max(t, 1e-3) {
			return t, y, errors.New("cluster: the steps of the integration have become too short")
		}
	}
	return t, y, errors.New("cluster: the integration takes too many steps")
}

type steps struct {
	tol               float64
	scale             func(y state) state
	longest, shortest float64
	stop              func(t float64, y state) bool
	record            func(t float64, y state)
}
