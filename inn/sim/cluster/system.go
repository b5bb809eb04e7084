package cluster

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The parameters of the inverse problem, in the order of x. Those that are
// logarithms are to base 10.
const (
	XCloudMass  = iota // log of the cloud's mass at the start, gas and stars [solar masses]
	XEfficiency        // log of the star formation efficiency of each collapse
	XDensity           // log of the cloud's density [hydrogen nuclei per cm³]
	XMetals            // log of the metallicity [solar]
	XBoost             // log of the factor by which trapped hot gas adds to the push of winds and supernovae
	XDust              // log of the dust's cross section [cm² per hydrogen nucleus]
	XAge               // log of the time since the first stars [Myr]
	XYoung             // log of the age of the youngest population [Myr]
	XPhotons           // log of the ionising photons per second
	XIonising          // log of the ionising luminosity [erg/s]
	XTotal             // log of the bolometric luminosity [erg/s]
	XMechanical        // log of the power of winds and supernovae [erg/s]
	XEnergy            // mean energy of the ionising photons [eV]
	XRadius            // log of the shell's radius [pc]
	XVelocity          // velocity of the shell, outwards [km/s]
	XShell             // log of the shell's mass [solar masses]
	XElectrons         // log of the electron density of the ionised gas [1/cm³]
	XU                 // log of the ionisation parameter
	XNO                // log of N/O
	Parameters         // how many there are
)

// Labels name the parameters, with units.
var Labels = [Parameters]string{
	"log M_cl [Msun]", "log eps_SF", "log n_cl [1/cm3]", "log Z [Zsun]", "log alpha_p", "log sigma_d [cm2/H]",
	"log t [Myr]", "log t_young [Myr]", "log Q [1/s]", "log L_i [erg/s]", "log L_bol [erg/s]", "log L_mech [erg/s]", "E_ion [eV]",
	"log R [pc]", "v [km/s]", "log M_sh [Msun]", "log n_e [1/cm3]", "log U", "log N/O",
}

// A System is a cloud with everything by which it differs from others, and the
// time at which it is looked at: what chance decides before physics does.
type System struct {
	Cloud
	Time   float64 // since the birth of the first population [Myr]
	Spread float64 // time that the first stars of a population are born before the last [Myr]

	// How the system differs from the model, in dex, or in km/s for Velocity.
	Total, Ionising, Energy, Radius, Velocity, Shell, Electrons, U, NO float64
}

// Chances is how many independent random numbers make a system.
const Chances = 19

// Draw draws a system from the prior: SystemOf of independent standard normal
// numbers.
func Draw(rng *rand.Rand) System {
	u := make([]float64, Chances)
	for i := range u {
		u[i] = rng.NormFloat64()
	}
	return SystemOf(u)
}

// SystemOf is the system that Chances standard normal numbers stand for.
// Independently of each other it has
//
//	log mass of the cloud [Msun]     U(5, 6.7)
//	log efficiency                   U(-2, -0.7)
//	log density [1/cm³]              U(2, 3.7)
//	log metallicity [solar]          U(-1, 0.3)
//	log of Boost                     U(0, 0.6) (Lancaster et al. 2021)
//	dust's cross section             1.5e-21 cm² Z, ± 0.15 dex
//	time since the first stars [Myr] U(0.3, 15)
//	spread of births [Myr]           U(0.1, 1)
//	number of massive stars          0.03 dex, and Poisson noise of one star above
//	                                 30 Msun for 1000 Msun of the first population;
//	                                 the winds' factor has as much again
//	L_bol and L_i ± 0.03 dex
//	E_ion, the hardness of stellar atmospheres, ± 0.01 dex (Simón-Díaz and
//	                                 Stasińska 2008 for its size)
//	R ± 0.02 dex, v ± 0.5 km/s, M_sh ± 0.05 dex: a real shell is no sphere
//	n_e and U ± 0.1 dex: nor is its ionised gas smooth
//	N/O ± 0.1 dex around Groves et al. 2004
//
// The gas outside of the cloud has 1 atom per cm³. The prior of x is what the
// model makes of them; see Observe for what is not seen and drawn again. It
// panics when there are not Chances numbers.
func SystemOf(u []float64) System {
	if len(u) != Chances {
		panic(fmt.Sprintf("cluster: SystemOf wants %d numbers, not %d", Chances, len(u)))
	}
	next := 0
	normal := func(sd float64) float64 {
		next++
		return sd * u[next-1]
	}
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*0.5*math.Erfc(-normal(1)/math.Sqrt2) }
	power := func(lo, hi float64) float64 { return math.Pow(10, between(lo, hi)) }
	var s System
	s.Mass, s.Efficiency, s.Density = power(5, 6.7), power(-2, -0.7), power(2, 3.7)
	s.Z, s.Boost, s.Ambient = power(-1, 0.3), power(0, 0.6), 1
	s.Dust = 1.5e-21 * s.Z * math.Pow(10, normal(0.15))
	s.Time, s.Spread = between(0.3, 15), between(0.1, 1)
	few := math.Hypot(0.03, math.Sqrt(1000/(s.Mass*s.Efficiency))/math.Ln10)
	s.Light = math.Pow(10, normal(few))
	s.Winds = s.Light * math.Pow(10, normal(few))
	s.Total, s.Ionising, s.Energy = normal(0.03), normal(0.03), normal(0.01)
	s.Radius, s.Velocity, s.Shell = normal(0.02), normal(0.5), normal(0.05)
	s.Electrons, s.U, s.NO = normal(0.1), normal(0.1), normal(0.1)
	return s
}

// NitrogenOxygen is log N/O at a metallicity, in units of solar (Groves et al.
// 2004): primary nitrogen, and secondary that grows with oxygen.
func NitrogenOxygen(z float64) float64 {
	return math.Log10(math.Pow(10, -1.6) + math.Pow(10, 2.33+8.69-12)*z)
}

// Observe evolves the system to its time and returns its x. A system is seen, ok,
// as an H II region if its shell has not dissolved, is at least 1 pc wide, and
// its youngest stars are between 0.1 and 8 Myr old.
func (s System) Observe() (x []float64, ok bool, err error) {
	e, err := s.Evolve(s.Time)
	if err != nil {
		return nil, false, err
	}
	p := e.Last()
	young := s.Time - e.Births[len(e.Births)-1].Time
	if p.Phase == Dissolved || p.Radius < 1 || young < 0.1 || young > 8 {
		return nil, false, nil
	}
	stars := e.Stars(p.Time)
	layer := e.Layer(p)
	log := math.Log10
	x = make([]float64, Parameters)
	x[XCloudMass], x[XEfficiency], x[XDensity] = log(s.Mass), log(s.Efficiency), log(s.Cloud.Density)
	x[XMetals], x[XBoost], x[XDust] = log(s.Z), log(s.Boost), log(s.Dust)
	x[XAge], x[XYoung] = log(s.Time+s.Spread), log(young)
	x[XPhotons], x[XIonising] = log(stars.Photons), log(stars.Ionising)+s.Ionising
	x[XTotal], x[XMechanical] = log(stars.Total)+s.Total, log(stars.Mechanical())
	x[XEnergy] = stars.MeanEnergy() * math.Pow(10, s.Energy)
	x[XRadius], x[XVelocity], x[XShell] = log(p.Radius)+s.Radius, p.Velocity+s.Velocity, log(p.Mass)+s.Shell
	x[XElectrons] = log(1.1*layer.Density) + s.Electrons
	x[XU] = log(layer.U) + s.U
	x[XNO] = NitrogenOxygen(s.Z) + s.NO
	return x, true, nil
}

// GasOf is the nebula of a system x. Values outside of what Gas and the model
// can be are moved to the nearest end, since a posterior may draw them a little
// outside.
func GasOf(x []float64) (Gas, error) {
	if len(x) != Parameters {
		return Gas{}, fmt.Errorf("cluster: a system has %d parameters, but x has %d values", Parameters, len(x))
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Gas{}, fmt.Errorf("cluster: x has %s = %v", Labels[i], v)
		}
	}
	power := func(i int, lo, hi float64) float64 { return math.Pow(10, min(max(x[i], lo), hi)) }
	r := power(XRadius, -1, 4) * parsec
	return Gas{
		U:          power(XU, -5, -0.5),
		MeanEnergy: min(max(x[XEnergy], 15), 28),
		Electrons:  power(XElectrons, -1, 6),
		Z:          power(XMetals, -2, 0.7),
		NO:         min(max(x[XNO], -3), 1),
		Dust:       power(XDust, -24, -20),
		Column:     max(1e16, power(XShell, -2, 9)*solar/(4*math.Pi*r*r*perH*hydrogen)),
	}, nil
}
