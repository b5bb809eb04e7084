package photon

import (
	"math"
	"testing"
)

// milne solves the integral equation of Schwarzschild and Milne for isotropic
// scatterers in cells of optical depth width, lit at a right angle from above.
// The surface is clear; the floor reflects the share mirror(μ) of what meets it
// with cosine μ and lets out the share exit(μ). The rate q of scattering at
// optical depth τ, of τ0 in all, is
//
//	q(τ) = a(τ) [exp(-τ) + mirror(1) exp(τ-2τ0)
//	             + ½ ∫ (E1(|τ-t|) + ∫ mirror(μ) exp(-(2τ0-τ-t)/μ) dμ/μ) q(t) dt],
//
// and what leaves at the top and through the floor follows from q. The
// integral over t within a cell is exact, q is constant in it.
func milne(albedo []float64, width float64, mirror, exit func(mu float64) float64) (up, down float64) {
	n := len(albedo)
	depth := float64(n) * width
	all := func(float64) float64 { return 1 }
	// From the centre of one cell over another k cells on, and over one whose
	// image in the floor is k cells on.
	direct, image := make([]float64, n), make([]float64, 2*n)
	direct[0] = 2 * (1 - slant(width/2, all))
	for k := 1; k < n; k++ {
		direct[k] = slant((float64(k)-0.5)*width, all) - slant((float64(k)+0.5)*width, all)
	}
	for k := 1; k < 2*n; k++ {
		image[k] = slant((float64(k)-0.5)*width, mirror) - slant((float64(k)+0.5)*width, mirror)
	}
	q := make([]float64, n)
	for range 60 {
		next := make([]float64, n)
		for i := range next {
			tau := (float64(i) + 0.5) * width
			sum := 0.0
			for j, qj := range q {
				sum += (direct[max(i-j, j-i)] + image[2*n-1-i-j]) * qj
			}
			next[i] = albedo[i] * (math.Exp(-tau) + mirror(1)*math.Exp(tau-2*depth) + sum/2)
		}
		q = next
	}
	up, down = mirror(1)*math.Exp(-2*depth), exit(1)*math.Exp(-depth)
	for i, qi := range q {
		tau := (float64(i) + 0.5) * width
		up += qi * width / 2 * (slant(tau, all) + slant(2*depth-tau, mirror))
		down += qi * width / 2 * slant(depth-tau, exit)
	}
	return up, down
}

// slant is ∫_0^1 weight(μ) exp(-x/μ) dμ; with weight 1 the exponential integral E2(x).
func slant(x float64, weight func(mu float64) float64) float64 {
	const steps = 1000 // midpoints of v, μ = v²
	sum := 0.0
	for i := range steps {
		v := (float64(i) + 0.5) / steps
		sum += weight(v*v) * math.Exp(-x/(v*v)) * 2 * v
	}
	return sum / steps
}

// Two layers of different albedo.
func TestTwoLayersOfMilne(t *testing.T) {
	albedo := make([]float64, 260)
	for i := range albedo {
		albedo[i] = 0.95
		if i >= 100 {
			albedo[i] = 0.4
		}
	}
	up, down := milne(albedo, 0.01,
		func(float64) float64 { return 0 }, func(float64) float64 { return 1 })
	r := run(t, []Layer{{MuA: 1, MuS: 19, N: 1, D: 0.05}, {MuA: 12, MuS: 8, N: 1, D: 0.08}}, 1, 1, 500_000)
	within(t, "diffuse reflectance", r.Diffuse, r.DiffuseErr, up, 5e-5)
	within(t, "transmittance", r.Transmitted, r.TransmittedErr, down, 5e-5)
}

// A scattering layer on glass that absorbs but does not scatter: what crosses
// the glass depends on the refracted direction.
func TestScattererOnGlass(t *testing.T) {
	const n, glass = 1.5, 0.8 // index and absorption depth of the glass
	mirror := func(mu float64) float64 {
		if mu == 1 {
			return (n - 1) * (n - 1) / ((n + 1) * (n + 1))
		}
		in := math.Acos(mu)
		out := math.Asin(math.Sin(in) / n)
		s, p := math.Sin(in-out)/math.Sin(in+out), math.Tan(in-out)/math.Tan(in+out)
		return (s*s + p*p) / 2
	}
	exit := func(mu float64) float64 {
		out := math.Asin(math.Sin(math.Acos(mu)) / n)
		return (1 - mirror(mu)) * math.Exp(-glass/math.Cos(out))
	}
	albedo := make([]float64, 150)
	for i := range albedo {
		albedo[i] = 0.9
	}
	up, down := milne(albedo, 0.01, mirror, exit)
	r := run(t, []Layer{{MuA: 1, MuS: 9, N: 1, D: 0.15}, {MuA: glass / 0.2, N: n, D: 0.2}}, 1, n, 500_000)
	within(t, "diffuse reflectance", r.Diffuse, r.DiffuseErr, up, 5e-5)
	within(t, "transmittance", r.Transmitted, r.TransmittedErr, down, 5e-5)
}
