package photon

import (
	"math"
	"math/rand/v2"
)

// A phase is the phase function of Henyey and Greenstein (1941), prepared for
// drawing. The textbook inverse of its distribution,
//
//	cos = (1 + g² - ((1 - g²)/(1 - g + 2gξ))²) / 2g,   ξ uniform in [0, 1),
//
// divides by g and loses all digits near g = 0. With s = 2ξ - 1 the g cancels,
//
//	cos = (2s + g(s² + 3) + 2g²s + g³(s² - 1)) / 2(1 + gs)²,
//
// which holds for every g in (-1, 1), the isotropic g = 0 included.
type phase struct{ g, c0, c1, c2 float64 }

func henyeyGreenstein(g float64) phase {
	return phase{g, (3*g - g*g*g) / 2, 1 + g*g, (g + g*g*g) / 2}
}

// cosine is the cosine of the scattering angle for s uniform in [-1, 1).
func (p *phase) cosine(s float64) float64 {
	q := 1 + p.g*s
	return (p.c0 + s*(p.c1+s*p.c2)) / (q * q)
}

// turn draws the direction cosine after a photon that flew with cosine c is
// scattered by θ with a uniform azimuth φ,
//
//	c' = c cos θ + sin θ √(1 - c²) cos φ,
//
// MCML's update of u_z, which has no special case at the poles c = ±1: the
// sign of c, lost in MCML's special case if it is taken from elsewhere, stays.
func (p *phase) turn(c float64, rng *rand.Rand) float64 {
	const unit = 1.0 / (1 << 31)
	ct := p.cosine(2*rng.Float64() - 1)
	// A point drawn in the unit disc has a uniform azimuth, without a cosine.
	var a, r2 float64
	for {
		u := rng.Uint64()
		a = float64(int32(u>>32)) * unit
		b := float64(int32(u)) * unit
		r2 = a*a + b*b
		if 0 < r2 && r2 <= 1 {
			break
		}
	}
	// Rounding can leave a cosine an ulp outside [-1, 1].
	return c*ct + a*math.Sqrt(max(0, (1-c*c)*(1-ct*ct))/r2)
}
