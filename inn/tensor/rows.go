package tensor

import "math"

// SquaredDistances replaces scalar products x_j = ⟨a, b_j⟩ by the squared
// distances |a - b_j|² = u + v_j - 2x_j, at least 0, where u = |a|² and v_j =
// |b_j|².
func SquaredDistances(x []float32, u float32, v []float32) {
	v = v[:len(x)]
	if kernels != nil && len(x) > 0 {
		kernels.squaredDistances(&x[0], &v[0], len(x), u)
		return
	}
	for j, dot := range x {
		x[j] = max(0, u+v[j]-2*dot)
	}
}

// InverseMultiquadratics replaces every x by w·dk/dx of k(x) = Σ_h h²/(h² + x) and
// returns Σ w·k(x), both to 1e-6. The squares are h² of each width; there is a weight
// w for every x.
func InverseMultiquadratics(x, w, squares []float32) float32 {
	w = w[:len(x)]
	if kernels != nil && len(x) > 0 && len(squares) > 0 {
		return kernels.inverseMultiquadratics(&x[0], &w[0], len(x), &squares[0], len(squares))
	}
	total := 0.0
	for i, d := range x {
		var k, slope float32
		for _, h2 := range squares {
			v := h2 / (h2 + d)
			k += v
			slope -= v * v / h2
		}
		total += float64(w[i] * k)
		x[i] = w[i] * slope
	}
	return float32(total)
}

// alike is the squared distance up to which Exponentials takes two samples for
// the same one, whose distance is but rounding. The assembly has it, too.
const alike = 1e-5

// Exponentials does for k(x) = Σ_h exp(-√x/h), given the widths h, what
// InverseMultiquadratics does for the other kernel. Where x is 1e-5 or less, k is what it is at 0 and its derivative,
// which has no bound there, is 0.
func Exponentials(x, w []float32, widths []float64) float32 {
	w = w[:len(x)]
	if kernels != nil && len(x) > 0 && len(widths) > 0 {
		return kernels.exponentials(&x[0], &w[0], len(x), &widths[0], len(widths))
	}
	total := 0.0
	for i, v := range x {
		d := math.Sqrt(float64(v))
		if v <= alike {
			d = 0
		}
		var k, slope float64
		for _, h := range widths {
			e := math.Exp(-d / h)
			k += e
			slope -= e / h
		}
		total += float64(w[i]) * k
		x[i] = 0
		if !(v <= alike) {
			x[i] = w[i] * float32(slope/(2*d))
		}
	}
	return float32(total)
}

// AddRoots adds √|u - v| to each sum.
func AddRoots(sum, v []float32, u float32) {
	v = v[:len(sum)]
	if kernels != nil && len(sum) > 0 {
		kernels.addRoots(&sum[0], &v[0], len(sum), u)
		return
	}
	for i, x := range v {
		sum[i] += root(abs(u - x))
	}
}

// InverseRoots replaces every x by w/√x, 0 by 0, and returns Σ w·√x.
func InverseRoots(x, w []float32) float32 {
	w = w[:len(x)]
	if kernels != nil && len(x) > 0 {
		return kernels.inverseRoots(&x[0], &w[0], len(x))
	}
	total := 0.0
	for i, v := range x {
		r := root(v)
		total += float64(w[i] * r)
		if !(v <= 0) {
			x[i] = w[i] / r
		}
	}
	return float32(total)
}

// RootSlopes is Σ c·sign(u - v)/max(√|u - v|, least): with c = 1 the derivative
// of 2 Σ √|u - v| with respect to u, kept from growing without bound.
func RootSlopes(c, v []float32, u, least float32) float32 {
	v = v[:len(c)]
	if kernels != nil && len(c) > 0 {
		return kernels.rootSlopes(&c[0], &v[0], len(c), u, least)
	}
	total := 0.0
	for i, x := range v {
		d := u - x
		slope := c[i] / max(root(abs(d)), least)
		switch {
		case d < 0:
			slope = -slope
		case d == 0:
			slope = 0
		}
		total += float64(slope)
	}
	return float32(total)
}

// AddSquares adds (u - v)² to each sum.
func AddSquares(sum, v []float32, u float32) {
	v = v[:len(sum)]
	if kernels != nil && len(sum) > 0 {
		kernels.addSquares(&sum[0], &v[0], len(sum), u)
		return
	}
	for i, x := range v {
		d := u - x
		sum[i] += d * d
	}
}

// Within writes 1 to each value of to where x <= limit and 0 elsewhere, also for NaN,
// and returns how many are 1. The two may be the same. The count is exact up to
// 16 million.
func Within(to, x []float32, limit float32) int {
	x = x[:len(to)]
	if kernels != nil && len(to) > 0 {
		return int(kernels.within(&to[0], &x[0], len(to), limit))
	}
	count := 0
	for i, v := range x {
		to[i] = 0
		if v <= limit {
			to[i] = 1
			count++
		}
	}
	return count
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func abs(x float32) float32 { return max(x, -x) }

// Sum is Σ x.
func Sum(x []float32) float32 {
	if kernels != nil && len(x) > 0 {
		return kernels.total(&x[0], len(x))
	}
	s := float32(0)
	for _, v := range x {
		s += v
	}
	return s
}

// AddScaled adds f·x to d, which is as long.
func AddScaled(d []float32, f float32, x []float32) {
	x = x[:len(d)]
	if kernels != nil && len(d) > 0 {
		kernels.axpy(&d[0], &x[0], len(d), f)
		return
	}
	for j, v := range x {
		d[j] += f * v
	}
}

// SumOfSquares is Σ x², added in float64.
func SumOfSquares(x []float32) float64 {
	if kernels != nil && len(x) > 0 {
		return kernels.squares(&x[0], len(x))
	}
	s := 0.0
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return s
}

// Adam is one step of the optimiser of Kingma and Ba 2015: with d = Scale·g +
// Decay·w it moves the means m by Rise1·(d - m) and v by Rise2·(d² - v), and the
// parameters w by -Size·m/(√v + Epsilon).
type Adam struct{ Scale, Decay, Rise1, Rise2, Size, Epsilon float32 }

// Update takes the step for parameters w with the gradient g; all four are as
// long.
func (a *Adam) Update(w, g, m, v []float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	if kernels != nil && len(w) > 0 {
		kernels.adam(&w[0], &g[0], &m[0], &v[0], len(w), &a.Scale)
		return
	}
	for k := range w {
		d := a.Scale*g[k] + a.Decay*w[k]
		m[k] += a.Rise1 * (d - m[k])
		v[k] += a.Rise2 * (d*d - v[k])
		w[k] -= a.Size * m[k] / (float32(math.Sqrt(float64(v[k]))) + a.Epsilon)
	}
}
