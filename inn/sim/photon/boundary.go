package photon

import "math"

// A boundary is where the refractive index changes from n1, on the side the
// photon comes from, to n2.
type boundary struct{ n1, n2 float64 }

// clear says that the indices match: nothing happens at the boundary.
func (b *boundary) clear() bool { return b.n1 == b.n2 }

// fresnel is the probability of reflection of an unpolarised photon that
// meets the boundary with cosine c > 0 to its normal, and the cosine with
// which it leaves on the other side if it is not reflected (Snell).
func (b *boundary) fresnel(c float64) (r, ct float64) {
	m := b.n1 / b.n2
	ct2 := 1 - m*m*(1-c*c)
	if ct2 <= 0 {
		return 1, 0 // total internal reflection
	}
	ct = math.Sqrt(ct2)
	return reflectance(b.n1, b.n2, c, ct), ct
}

// reflectance is Fresnel's, the mean of both polarisations, from n1 to n2 at
// the cosines c of incidence and ct of transmission.
func reflectance(n1, n2, c, ct float64) float64 {
	s := (n1*c - n2*ct) / (n1*c + n2*ct)
	p := (n1*ct - n2*c) / (n1*ct + n2*c)
	return (s*s + p*p) / 2
}
