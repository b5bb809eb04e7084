package cluster

import "math"

// A Layer is the ionised gas on the inner side of the shell.
type Layer struct {
	Density float64 // of hydrogen nuclei, mean over the recombinations [1/cm³]
	U       float64 // Q/(4πR² n c) with that density
	Depth   float64 // [cm]
	Escaped float64 // share of the ionising photons that leave the shell
	Dusted  float64 // share of them that dust absorbs
}

// Layer solves the structure of the ionised layer of the shell at a point of
// the evolution: the gas is in hydrostatic balance between the pressure on its
// inner side and the push of the light that it absorbs (Draine 2011; Rahner et
// al. 2017, equations 9 to 11), at 10^4 K,
//
//	2.1 kT dn/dr = n σ_d/(4πR²c) (L_n e^(-τ) + L_i φ) + n² α_B L_i/(4πR²c Q)
//	dφ/dr = -4πR² α_B n²/Q - n σ_d φ,  dτ/dr = n σ_d,
//
// with φ the share of the ionising photons left, until they are used up or the
// shell's mass ends. The shell is thin: R does not change within it.
func (e *Evolution) Layer(p Point) Layer {
	s := e.Stars(p.Time)
	r := p.Radius * parsec
	area := 4 * math.Pi * r * r
	sigma := e.Cloud.sigma()
	alpha := caseB(1)
	const pressing = 2.1 * boltz * warm // of the particles that go with a hydrogen nucleus: He+ and electrons

	column := p.Mass * solar / (area * perH * hydrogen)
	n, phi, tau, depth, passed := p.Pressure/pressing, 1.0, 0.0, 0.0, 0.0
	first, second, dusted := 0.0, 0.0, 0.0 // ∫n²dr, ∫n³dr
	for range 2000 {
		absorb := area * alpha * n * n / s.Photons
		dr := min(0.02*n*pressing/(n*sigma/(area*clight)*(s.Total-s.Ionising+s.Ionising)+n*n*alpha*s.Ionising/(area*clight*s.Photons)),
			0.02/absorb, 0.05/(n*sigma), (column-passed)/n)
		dn := (n*sigma/(area*clight)*((s.Total-s.Ionising)*math.Exp(-tau)+s.Ionising*phi) + n*n*alpha*s.Ionising/(area*clight*s.Photons)) / pressing
		first += n * n * dr
		second += n * n * n * dr
		dusted += n * sigma * phi * dr
		phi -= (absorb + n*sigma*phi) * dr
		tau += n * sigma * dr
		depth += dr
		passed += n * dr
		n += dn * dr
		if phi <= 0 || passed >= column*(1-1e-9) {
			break
		}
	}
	mean := second / first
	return Layer{Density: mean, U: s.Photons / (area * mean * clight), Depth: depth, Escaped: max(0, phi), Dusted: dusted}
}
