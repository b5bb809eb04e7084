package cluster

import "math"

// The hardest photons: those that ionise He+. Hot stars keep nearly all of
// theirs to themselves.
const hardest = 54.42 // eV

// A photoionisation cross section is the fit of Verner et al. 1996 (equation 1),
// or, with shells, those of Verner and Yakovlev 1995 (equation 1) for subshells
// with orbital number l.
type crossSection struct {
	threshold            float64 // eV
	e0, sigma0, ya, p    float64 // eV, Mb, -, -
	yw, y0, y1           float64
	subshell             bool
	l                    float64
	innerE, innerE0, inS float64 // the s subshell below it: threshold, E_0, σ_0
	inYa, inP            float64
}

// at is the cross section [cm²] for a photon of energy e [eV].
func (c *crossSection) at(e float64) float64 {
	if e < c.threshold {
		return 0
	}
	if !c.subshell {
		x := e/c.e0 - c.y0
		y := math.Sqrt(x*x + c.y1*c.y1)
		f := ((x-1)*(x-1) + c.yw*c.yw) * math.Pow(y, 0.5*c.p-5.5) * math.Pow(1+math.Sqrt(y/c.ya), -c.p)
		return c.sigma0 * f * 1e-18
	}
	shell := func(e0, sigma, ya, p, yw, l float64) float64 {
		y := e / e0
		return sigma * ((y-1)*(y-1) + yw*yw) * math.Pow(y, 0.5*p-5.5-l) * math.Pow(1+math.Sqrt(y/ya), -p) * 1e-18
	}
	s := shell(c.e0, c.sigma0, c.ya, c.p, c.yw, c.l)
	if e >= c.innerE {
		s += shell(c.innerE0, c.inS, c.inYa, c.inP, 0, 0)
	}
	return s
}

// A stage is the step between an ion and the next higher one: the photons that
// take an electron off, and the electron's return. Dielectronic recombination is
// 1e-12 T4^-1.5 exp(-f/T4) (a/T4 + b + c T4 + d T4²) or Σ C_i exp(-E_i/T) T^-1.5.
type stage struct {
	section crossSection
	alpha   float64 // radiative recombination at 10^4 K [cm³/s], ∝ T4^-slope
	slope   float64
	ns      [5]float64   // a, b, c, d, f
	terms   [][2]float64 // C_i [cm³/s K^1.5], E_i [K]
	swap    float64      // charge exchange of the higher ion with H at 10^4 K [cm³/s]
	swapFit [3]float64   // times T4^b (1 + c exp(d T4))
	back    float64      // charge exchange of the lower ion with H+ at 10^4 K
	backFit func(t4 float64) float64
}

// recombination is the rate coefficient [cm³/s] at t4 = T/10^4 K.
func (s *stage) recombination(t4 float64) float64 {
	r := s.alpha * math.Pow(t4, -s.slope)
	if s.ns[4] != 0 {
		r += 1e-12 * math.Pow(t4, -1.5) * math.Exp(-s.ns[4]/t4) * (s.ns[0]/t4 + s.ns[1] + s.ns[2]*t4 + s.ns[3]*t4*t4)
	}
	for _, c := range s.terms {
		r += c[0] * math.Exp(-c[1]/(1e4*t4)) * 1e-6 * math.Pow(t4, -1.5)
	}
	return r
}

// exchange is the rate coefficient of charge exchange with neutral hydrogen.
func (s *stage) exchange(t4 float64) float64 {
	return s.swap * math.Pow(t4, s.swapFit[0]) * (1 + s.swapFit[1]*math.Exp(s.swapFit[2]*t4))
}

// An element with its abundance and the ionisation stages between the ions
// that occur: stage i joins ion low+i to the next.
type element struct {
	name   string
	low    int     // charge of the lowest ion that occurs
	solar  float64 // log n/n_H in the gas at solar metallicity
	stages []stage
}

func v96(threshold, e0, sigma0, ya, p, yw, y0, y1 float64) crossSection {
	return crossSection{threshold: threshold, e0: e0, sigma0: sigma0, ya: ya, p: p, yw: yw, y0: y0, y1: y1}
}

// vy95 has the 3p subshell and the 3s subshell below it.
func vy95(threshold, e0, sigma0, ya, p, yw, innerE, innerE0, inS, inYa, inP float64) crossSection {
	return crossSection{threshold: threshold, e0: e0, sigma0: sigma0, ya: ya, p: p, yw: yw, subshell: true, l: 1,
		innerE: innerE, innerE0: innerE0, inS: inS, inYa: inYa, inP: inP}
}

var (
	hydrogenSection = v96(13.6, 0.4298, 5.475e4, 32.88, 2.963, 0, 0, 0)
	heliumSection   = v96(24.59, 13.61, 949.2, 1.469, 3.188, 2.039, 0.4434, 2.136)
)

// elements are those with lines, and carbon, which cools. Abundances are Asplund et al. 2009 with the
// depletion on dust of Dopita et al. 2000 (N and O -0.22 dex, C -0.30). Radiative
// recombination: Aldrovandi and Péquignot 1973, Shull and Van Steenberg 1982;
// dielectronic: Nussbaumer and Storey 1983, 1987, S III to II Badnell et al.
// 2015, S IV to III Abdel-Naby et al. 2012; of Ar and Cl, for which none are
// published for these temperatures, that of the sulphur ion of the same charge
// is taken. Charge exchange: Kingdon and Ferland 1996. C, S and Cl are at least
// singly ionised, since softer light than hydrogen's ionises them.
var elements = []element{
	{name: "C", low: 1, solar: 8.43 - 12 - 0.30, stages: []stage{
		{section: v96(24.38, 0.4058, 8.709, 126.1, 8.578, 2.093, 49.29, 3.234), alpha: 2.30e-12, slope: 0.645,
			ns: [5]float64{1.8267, 4.1012, 4.8443, 0.2261, 0.5960}, swap: 1.67e-13, swapFit: [3]float64{2.79, 304.72, -4.07}},
		{section: v96(47.89, 4.614, 1.539e4, 1.737, 15.93, 5.922, 4.378e-3, 2.528e-2), alpha: 4.90e-12, slope: 0.803,
			ns: [5]float64{2.3196, 10.7328, 6.8830, -0.1824, 0.4101}, swap: 3.25e-9, swapFit: [3]float64{0.21, 0.19, -3.29}},
	}},
	{name: "N", low: 0, solar: 7.83 - 12 - 0.22, stages: []stage{
		{section: v96(14.53, 4.034, 823.5, 80.33, 3.928, 0.09097, 0.8598, 2.325), alpha: 4.10e-13, slope: 0.608,
			ns: [5]float64{0, 0.6310, 0.1990, -0.0197, 0.4398}, swap: 1.01e-12, swapFit: [3]float64{-0.29, -0.92, -8.38},
			back: 4.55e-12, backFit: func(t float64) float64 {
				return math.Pow(t, -0.29) * (1 - 0.92*math.Exp(-8.38*t)) * math.Exp(-1.086/t)
			}},
		{section: v96(29.60, 0.06128, 1.944, 816.3, 8.773, 10.43, 428.0, 20.30), alpha: 2.20e-12, slope: 0.639,
			ns: [5]float64{0.0320, -0.6624, 4.3191, 0.0003, 0.5946}, swap: 3.05e-10, swapFit: [3]float64{0.60, 2.65, -0.93}},
		{section: v96(47.45, 0.2420, 0.9375, 278.8, 9.156, 1.850, 187.7, 3.999), alpha: 5.00e-12, slope: 0.676,
			ns: [5]float64{-0.8806, 11.2406, 30.7066, -1.1721, 0.6127}, swap: 4.54e-9, swapFit: [3]float64{0.57, -0.65, -0.89}},
	}},
	{name: "O", low: 0, solar: 8.69 - 12 - 0.22, stages: []stage{
		{section: v96(13.62, 1.240, 1745, 3.784, 17.64, 0.07589, 8.698, 0.1271), alpha: 3.10e-13, slope: 0.678,
			ns: [5]float64{-0.0001, 0.0001, 0.0956, 0.0193, 0.4106}, swap: 1.04e-9, swapFit: [3]float64{0.0315, -0.61, -9.73},
			// In balance with the reaction the other way: statistical weights 8/9, 229 K apart.
			back: 1.04e-9 * 8 / 9, backFit: func(t float64) float64 {
				return math.Pow(t, 0.0315) * (1 - 0.61*math.Exp(-9.73*t)) * math.Exp(-0.0229/t)
			}},
		{section: v96(35.12, 1.386, 59.67, 31.75, 8.943, 0.01934, 21.31, 0.01503), alpha: 2.00e-12, slope: 0.646,
			ns: [5]float64{-0.0036, 0.7519, 1.5252, -0.0838, 0.2769}, swap: 1.04e-9, swapFit: [3]float64{0.27, 2.02, -5.92}},
	}},
	{name: "Ne", low: 0, solar: 7.93 - 12, stages: []stage{
		{section: v96(21.56, 4.870, 4287, 5.798, 8.355, 0.2434, 0.04236, 5.873), alpha: 2.20e-13, slope: 0.759},
		{section: v96(40.96, 12.47, 1583, 3.935, 7.810, 0.06558, 1.520, 0.1084), alpha: 1.50e-12, slope: 0.693,
			ns: [5]float64{0.0129, -0.1779, 0.9353, -0.0682, 0.4516}, swap: 1e-14},
	}},
	{name: "S", low: 1, solar: 7.12 - 12, stages: []stage{
		{section: v96(23.33, 8.787, 313.6, 3.442, 12.81, 0.7354, 2.782, 0.1788), alpha: 1.80e-12, slope: 0.686, terms: sulphur2, swap: 1e-14},
		{section: v96(34.83, 2.027, 6.666, 54.54, 8.611, 4.109, 15.68, 9.421), alpha: 2.70e-12, slope: 0.745, terms: sulphur3,
			swap: 2.29e-9, swapFit: [3]float64{0.0402, 1.59, -6.06}},
		{section: v96(47.31, 2.173, 2.606, 66.41, 8.655, 1.863, 19.75, 3.361), alpha: 5.70e-12, slope: 0.755, terms: sulphur3,
			swap: 6.44e-9, swapFit: [3]float64{0.13, 2.69, -5.69}},
	}},
	{name: "Cl", low: 1, solar: 5.50 - 12, stages: []stage{
		{section: vy95(23.81, 33.39, 49.93, 18.00, 7.200, 0.2600, 36.86, 21.91, 7.493, 180, 4.2), alpha: 1.80e-12, slope: 0.70, terms: sulphur2, swap: 1e-14},
		{section: vy95(39.61, 34.60, 30.44, 33.83, 6.261, 0.2707, 50.19, 23.07, 8.302, 245, 3.95), alpha: 3.00e-12, slope: 0.77, terms: sulphur3,
			swap: 1.88e-9, swapFit: [3]float64{0.32, 1.77, -5.70}},
		{section: vy95(53.47, 35.05, 21.48, 45.00, 5.900, 0.2600, 64.70, 20.19, 9.833, 180, 4.2), alpha: 5.90e-12, slope: 0.77, terms: sulphur3,
			swap: 7.27e-9, swapFit: [3]float64{0.29, 1.04, -10.14}},
	}},
	{name: "Ar", low: 0, solar: 6.40 - 12, stages: []stage{
		{section: v96(15.76, 17.09, 21.06, 264.5, 4.796, 0.4185, 1.688, 0.8943), alpha: 3.77e-13, slope: 0.651},
		{section: v96(27.63, 24.94, 25.03, 127.2, 4.288, 0.5108, 0.9299, 0.7195), alpha: 1.95e-12, slope: 0.752, terms: sulphur2, swap: 1e-14},
		{section: v96(40.74, 14.17, 35.80, 37.76, 5.742, 0.6316, 2.384, 1.794), alpha: 3.23e-12, slope: 0.869, terms: sulphur3,
			swap: 4.57e-9, swapFit: [3]float64{0.27, -0.18, -1.57}},
	}},
}

// Dielectronic recombination of S III (Badnell et al. 2015) and S IV (Abdel-Naby
// et al. 2012), from their ground levels.
var (
	sulphur2 = [][2]float64{{2.539e-7, 124.4}, {4.184e-7, 1428}, {2.763e-6, 5411}, {1.035e-5, 2.514e4}, {7.592e-5, 8.384e4}, {8.686e-3, 2.05e5}}
	sulphur3 = [][2]float64{{5.817e-7, 362.8}, {1.391e-6, 1058}, {1.123e-5, 7160}, {1.521e-4, 3.26e4}, {1.875e-3, 1.235e5}, {2.097e-2, 2.07e5}}
)
