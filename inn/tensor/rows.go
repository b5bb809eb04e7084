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

// InverseMultiquadratics replaces every x by dk/dx of k(x) = Σ_h h²/(h² + x) and
// returns Σ k(x), both to 1e-6. The h are the widths.
func InverseMultiquadratics(x []float32, widths []float64) float32 {
	if kernels != nil && len(x) > 0 && len(widths) > 0 {
		return kernels.inverseMultiquadratics(&x[0], len(x), &widths[0], len(widths))
	}
	total := 0.0
	for i, d := range x {
		var k, slope float32
		for _, h := range widths {
			h2 := float32(h * h)
			v := h2 / (h2 + d)
			k += v
			slope -= v * v / h2
		}
		total += float64(k)
		x[i] = slope
	}
	return float32(total)
}

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
