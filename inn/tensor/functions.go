package tensor

import "math"

// ExpOf replaces every x by e^x, to 2e-7 of it. Where it is less than 1.2e-38 the
// result may be zero; beyond 88.7 it is infinite.
func ExpOf(x []float32) {
	if kernels != nil && len(x) > 0 {
		kernels.exp(&x[0], len(x))
		return
	}
	for i, v := range x {
		x[i] = float32(math.Exp(float64(v)))
	}
}

// TanhOf replaces every x by its hyperbolic tangent, to 4e-7 of it.
func TanhOf(x []float32) {
	if kernels != nil && len(x) > 0 {
		kernels.tanh(&x[0], len(x))
		return
	}
	for i, v := range x {
		x[i] = float32(math.Tanh(float64(v)))
	}
}

// LogOf replaces every x by its natural logarithm, to 2e-7 of it: -Inf for 0, NaN
// below.
func LogOf(x []float32) {
	if kernels != nil && len(x) > 0 {
		kernels.log(&x[0], len(x))
		return
	}
	for i, v := range x {
		x[i] = float32(math.Log(float64(v)))
	}
}
