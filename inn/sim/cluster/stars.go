package cluster

import (
	"math"
	"sort"
)

// Stars is what a population of stars gives off at one age.
type Stars struct {
	Photons  float64 // hydrogen-ionising photons a second, Q
	Ionising float64 // their luminosity L_i [erg/s]
	Total    float64 // the bolometric luminosity L_bol [erg/s]
	Wind     float64 // the winds' mechanical power L_w [erg/s]
	WindPush float64 // and their momentum a second [dyn]
	Nova     float64 // the supernovae's mechanical power L_SN [erg/s]
}

// MeanEnergy is the mean energy of the ionising photons [eV].
func (s Stars) MeanEnergy() float64 { return s.Ionising / s.Photons / eV }

// Mechanical is the power of winds and supernovae together [erg/s].
func (s Stars) Mechanical() float64 { return s.Wind + s.Nova }

// Push is the momentum a second of winds and supernovae [dyn], with the ejecta
// of supernovae at 10,000 km/s as in Rahner et al. 2017.
func (s Stars) Push() float64 { return s.WindPush + 2*s.Nova/(1e4*kmps) }

func (s Stars) plus(o Stars) Stars {
	return Stars{s.Photons + o.Photons, s.Ionising + o.Ionising, s.Total + o.Total, s.Wind + o.Wind, s.WindPush + o.WindPush, s.Nova + o.Nova}
}

// starburst is the output of Starburst99 (Leitherer et al. 1999, 2014) for an
// instantaneous burst of 10^6 solar masses of solar metallicity: age [Myr], log Q
// [1/s], mean energy of the ionising photons [eV], log L_bol [erg/s], log L_w
// [erg/s], log of the winds' momentum [dyn], and L_SN [10^39 erg/s].
var starburst = [...][7]float64{
	{0.01, 52.732, 22.40, 42.538, 40.087, 31.825, 0.00},
	{0.51, 52.743, 22.30, 42.558, 40.111, 31.868, 0.00},
	{1.01, 52.758, 22.20, 42.583, 40.139, 31.916, 0.00},
	{1.51, 52.783, 22.20, 42.610, 40.166, 31.967, 0.00},
	{2.01, 52.814, 21.94, 42.639, 40.172, 32.008, 0.00},
	{2.51, 52.818, 21.10, 42.670, 40.083, 31.998, 0.00},
	{3.01, 52.782, 20.06, 42.701, 40.071, 32.046, 0.00},
	{3.31, 52.804, 20.24, 42.699, 40.326, 32.331, 0.00},
	{3.51, 52.809, 20.43, 42.691, 40.321, 32.327, 0.00},
	{3.71, 52.775, 20.48, 42.673, 40.295, 32.299, 11.25},
	{4.01, 52.693, 20.43, 42.632, 40.173, 32.175, 11.71},
	{4.51, 52.565, 20.57, 42.554, 40.083, 32.091, 11.88},
	{5.01, 52.427, 19.97, 42.480, 39.937, 31.954, 12.20},
	{5.51, 52.295, 19.83, 42.408, 39.845, 31.870, 13.00},
	{6.01, 52.144, 19.38, 42.338, 39.736, 31.713, 14.37},
	{6.51, 52.007, 19.16, 42.281, 39.610, 31.582, 14.04},
	{7.01, 51.820, 19.78, 42.232, 39.531, 31.556, 13.47},
	{7.51, 51.620, 18.51, 42.177, 39.215, 31.330, 14.61},
	{8.01, 51.433, 17.27, 42.122, 39.042, 31.196, 15.38},
	{8.51, 51.179, 16.99, 42.066, 38.854, 31.044, 16.15},
	{9.01, 50.949, 16.34, 42.015, 38.730, 30.952, 14.25},
	{9.51, 50.764, 16.04, 41.968, 38.601, 30.822, 13.89},
	{10.01, 50.638, 15.93, 41.923, 38.580, 30.843, 13.58},
	{11.01, 50.151, 16.08, 41.847, 38.341, 30.662, 11.61},
	{12.51, 49.883, 15.90, 41.765, 38.026, 30.323, 10.25},
	{15.01, 49.490, 15.71, 41.662, 37.482, 29.745, 8.78},
	{17.51, 49.153, 15.53, 41.558, 37.140, 29.468, 8.96},
	{20.01, 48.882, 15.43, 41.467, 36.829, 29.219, 8.47},
	{25.01, 48.497, 15.29, 41.334, 36.363, 28.822, 6.64},
	{30.01, 48.184, 15.18, 41.241, 36.002, 28.543, 5.75},
	{35.01, 47.904, 15.08, 41.170, 36.056, 28.543, 5.10},
	{40.01, 47.652, 15.01, 41.100, 35.906, 28.389, 5.15},
}

// A Population is stars born at one time.
type Population struct {
	Mass float64 // [solar masses]
	Z    float64 // metallicity, in units of solar

	// Factors by which the population differs from the mean of its kind, as a
	// small one does for having few massive stars; 0 stands for 1.
	Light, Winds float64
}

// At is what the population gives off at an age [Myr]: Starburst99's values for
// solar metallicity times the mass, interpolated linearly. Winds carry Ṁ ∝
// Z^0.69 at v ∝ Z^0.13 (Vink et al. 2001, Leitherer et al. 1992). Stars of low
// metallicity are hotter; that their photons' mean energy goes as Z^-0.03 is an
// approximation to the temperatures of the main sequence in Ekström et al. 2012
// (Z = 0.014) and Georgy et al. 2013 (Z = 0.002). Beyond 40 Myr, and before birth,
// there is nothing.
func (p Population) At(age float64) Stars { return p.source().at(age) }

// A source is a population with its factors worked out.
type source struct{ light, winds, hard, power, push float64 }

func (p Population) source() source {
	mass := p.Mass / 1e6
	return source{
		light: or1(p.Light) * mass,
		winds: or1(p.Winds) * mass,
		hard:  math.Pow(p.Z, -0.03),
		power: math.Pow(p.Z, 0.69+2*0.13),
		push:  math.Pow(p.Z, 0.69+0.13),
	}
}

func (s source) at(age float64) Stars {
	last := len(starburst) - 1
	if age < 0 || age > starburst[last][0] {
		return Stars{}
	}
	i := min(sort.Search(last, func(i int) bool { return starburst[i+1][0] >= age }), last-1)
	from, to := starburst[i][0], starburst[i+1][0]
	w := max(0, (age-from)/(to-from))
	a, b := &burst[i], &burst[i+1]
	at := func(a, b float64) float64 { return a + w*(b-a) }
	return Stars{
		Photons:  s.light * at(a.Photons, b.Photons),
		Ionising: s.light * s.hard * at(a.Ionising, b.Ionising),
		Total:    s.light * at(a.Total, b.Total),
		Wind:     s.winds * s.power * at(a.Wind, b.Wind),
		WindPush: s.winds * s.push * at(a.WindPush, b.WindPush),
		Nova:     s.winds * at(a.Nova, b.Nova),
	}
}

// burst is the table without its logarithms.
var burst = func() (b [len(starburst)]Stars) {
	for i, r := range starburst {
		q := math.Pow(10, r[1])
		b[i] = Stars{q, q * r[2] * eV, math.Pow(10, r[3]), math.Pow(10, r[4]), math.Pow(10, r[5]), r[6] * 1e39}
	}
	return b
}()

func or1(v float64) float64 {
	if v == 0 {
		return 1
	}
	return v
}
