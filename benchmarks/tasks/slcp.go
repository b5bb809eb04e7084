package main

import (
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// slcp ("simple likelihood, complex posterior", Papamakarios et al. 2019): x
// uniform in [-3, 3]⁵, y four draws of a normal distribution in the plane with
// mean (x1, x2), standard deviations x3² and x4² and correlation tanh x5.
func slcp() Task {
	const bound, points = 3, 4
	return Task{
		Name: "SLCP",
		Problem: problem("slcp", 5, 2*points, inn.Uniform(same(-bound, 5), same(bound, 5)), func(rng *rand.Rand, x []float64) []float64 {
			s1, s2, r := x[2]*x[2], x[3]*x[3], math.Tanh(x[4])
			var y []float64
			for range points {
				a, b := rng.NormFloat64(), rng.NormFloat64()
				y = append(y, x[0]+s1*a, x[1]+s2*(r*a+math.Sqrt(1-r*r)*b))
			}
			return y
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			var mean [2]float64
			for i, v := range y {
				mean[i%2] += v / points
			}
			var s11, s12, s22 float64 // scatter about the mean
			for i := 0; i < len(y); i += 2 {
				a, b := y[i]-mean[0], y[i+1]-mean[1]
				s11, s12, s22 = s11+a*a, s12+a*b, s22+b*b
			}
			// With the mean integrated over the plane, the density of x3 to x5 is that of
			// the scatter, |Σ|^(-3/2) exp(-tr(Σ⁻¹S)/2): a factor of s1 alone, and one of
			// the regression of the second value on the first, with slope r s2/s1 and the
			// rest's variance s2²(1-r²) ≤ s2².
			slope, rest := s12/s11, s22-s12*s12/s11
			factor := func(sum, variance float64) float64 { return -(points-1)/2.*math.Log(variance) - sum/(2*variance) }
			ceiling := func(s2 float64) float64 { return factor(rest, min(rest/(points-1), s2*s2)) }
			third := tabulate(-bound, bound, func(x float64) float64 { return factor(s11, x*x*x*x) })
			fourth := tabulate(-bound, bound, func(x float64) float64 { return ceiling(x * x) })
			return rejecting(n, func() []float64 {
				x := []float64{0, 0, third(rng), fourth(rng), bound * (2*rng.Float64() - 1)}
				s1, s2, r := x[2]*x[2], x[3]*x[3], math.Tanh(x[4])
				off := r*s2/s1 - slope
				if math.Log(rng.Float64()) > factor(rest+off*off*s11, s2*s2*(1-r*r))-ceiling(s2) {
					return nil
				}
				a, b := rng.NormFloat64()/math.Sqrt(points), rng.NormFloat64()/math.Sqrt(points)
				x[0], x[1] = mean[0]+s1*a, mean[1]+s2*(r*a+math.Sqrt(1-r*r)*b)
				if !inside(x[:2], bound) {
					return nil
				}
				return x
			})
		},
	}
}
