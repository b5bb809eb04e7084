package cluster

import (
	"fmt"
	"math"
)

// A Cloud is what the evolution starts from: a sphere of gas in which a part
// has just become stars.
type Cloud struct {
	Mass       float64 // of gas and stars [solar masses]
	Efficiency float64 // share of the gas that becomes stars, in the first and in every later collapse
	Density    float64 // hydrogen nuclei [1/cm³]
	Ambient    float64 // the same outside of the cloud
	Z          float64 // metallicity, in units of solar
	Dust       float64 // cross section of dust for ultraviolet light [cm² per hydrogen nucleus]; 0: 1.5e-21 Z

	Light, Winds float64 // factors of its populations, see Population

	// Boost is by how much more than their own momentum winds and supernovae
	// push once the bubble has cooled, by what is left of the hot gas (1.2 to 4
	// in the simulations of Lancaster et al. 2021); 0: 1.
	Boost float64
}

// Radius of the cloud [pc].
func (c Cloud) Radius() float64 {
	return math.Cbrt(3 * c.Mass / (4 * math.Pi * c.Density * gasUnit))
}

// sigma is the cross section of dust.
func (c Cloud) sigma() float64 {
	if c.Dust == 0 {
		return 1.5e-21 * c.Z
	}
	return c.Dust
}

// Check returns an error that names what is not physical.
func (c Cloud) Check() error {
	for _, v := range []struct {
		name  string
		value float64
	}{{"Mass", c.Mass}, {"Efficiency", c.Efficiency}, {"Density", c.Density}, {"Ambient", c.Ambient}, {"Z", c.Z}} {
		if !(v.value > 0) || math.IsInf(v.value, 0) {
			return fmt.Errorf("cluster: Cloud.%s is %v, want a positive number", v.name, v.value)
		}
	}
	if c.Efficiency >= 1 {
		return fmt.Errorf("cluster: Cloud.Efficiency is %v, want less than 1", c.Efficiency)
	}
	if c.Dust < 0 || c.Light < 0 || c.Winds < 0 || c.Boost < 0 {
		return fmt.Errorf("cluster: Cloud.Dust, Light, Winds and Boost are %v, %v, %v and %v, want 0 or more", c.Dust, c.Light, c.Winds, c.Boost)
	}
	return nil
}

// A Phase is what drives the shell.
type Phase int

// The phases of an expansion, and the two ends.
const (
	EnergyDriven   Phase = iota // the pressure of the hot bubble, which has not cooled
	MomentumDriven              // the push of winds, supernovae and light
	Dissolved                   // the shell is thinner than the gas between clouds
)

func (p Phase) String() string {
	return [...]string{"energy-driven", "momentum-driven", "dissolved"}[p]
}

// A Point is the shell at one time.
type Point struct {
	Time     float64 // since the first stars [Myr]
	Radius   float64 // [pc]
	Velocity float64 // [km/s]
	Mass     float64 // of the shell [solar masses]
	Pressure float64 // on the inner side of the shell [erg/cm³]
	Phase    Phase
	Births   int // populations so far
}

// An Evolution is a cloud's history up to some time.
type Evolution struct {
	Cloud  Cloud
	Births []Birth
	Points []Point // the steps of the integration, the last at the end
}

// A Birth is a population and when it was born [Myr].
type Birth struct {
	Time float64
	Population
	source source
}

// Last is the end of the evolution.
func (e *Evolution) Last() Point { return e.Points[len(e.Points)-1] }

// Stars is what all populations give off at a time [Myr].
func (e *Evolution) Stars(t float64) Stars {
	var s Stars
	for i := range e.Births {
		b := &e.Births[i]
		s = s.plus(b.source.at(t - b.Time))
	}
	return s
}

// StellarMass is the mass of all stars born so far [solar masses].
func (e *Evolution) StellarMass() float64 {
	m := 0.0
	for _, b := range e.Births {
		m += b.Mass
	}
	return m
}

const (
	restart  = 1.0   // pc: a shell that has fallen back to there makes stars (Rahner et al. 2017)
	thinnest = 1.0   // 1/cm³: a shell of lower density has dissolved (Rahner et al. 2017)
	warm     = 1e4   // K, of ionised gas
	firstAge = 1e-3  // Myr: until then the solution of Weaver et al. 1977 stands
	mostBurn = 20    // populations at most
	infrared = 4     // cm²/g: Rosseland opacity of dust at solar metallicity (Rahner et al. 2017)
	accuracy = 1e-5  // of a step
	tooLong  = 0.1   // Myr, of a step
	event    = 2e-4  // Myr, within which a change of phase is met
	weaver   = 0.763 // (250/308π)^(1/5), equation 21 of Weaver et al. 1977
)

// Evolve follows a cloud from the birth of its first stars to a time [Myr] or to
// its dissolution. The shell of mass M at radius R obeys (Rahner et al. 2017)
//
//	d(Mv)/dt = F - G M (M* + M/2)/R² - 4πR² P_ambient
//
// with, while the bubble is hot (Weaver et al. 1977),
//
//	F = 4πR² P_b + F_rad,  P_b = E/(2πR³),  dE/dt = L_w + L_SN - 4πR²v P_b
//
// and, from when the bubble has cooled or the shell has left the cloud,
//
//	F = Boost dp/dt of winds and supernovae + F_rad.
//
// The bubble cools when the time ∫dt/t_cool reaches 1, t_cool = 16 Myr
// Z^(-35/22) n^(-8/11) (L/10^38 erg/s)^(3/11) (Mac Low and McCray 1988).
// Radiation pushes with what the shell absorbs and the infrared light that is
// trapped (ibid.), F_rad = f_abs L_bol/c (1 + τ_IR): all ionising photons, and
// 1 - exp(-τ_d) of the others. A shell that falls back to 1 pc makes a new
// population of the same efficiency from all gas there is, and starts again.
func (c Cloud) Evolve(end float64) (*Evolution, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if !(end > firstAge) || end > 100 {
		return nil, fmt.Errorf("cluster: asked to evolve a cloud to %v Myr, want more than %v and at most 100", end, firstAge)
	}
	e := &Evolution{Cloud: c}
	gas := c.Mass
	for t := 0.0; ; {
		if len(e.Births) == mostBurn {
			return nil, fmt.Errorf("cluster: the cloud makes more than %d populations", mostBurn)
		}
		stars := Population{Mass: c.Efficiency * gas, Z: c.Z, Light: c.Light, Winds: c.Winds}
		e.Births = append(e.Births, Birth{t, stars, stars.source()})
		gas *= 1 - c.Efficiency
		x := &expansion{Evolution: e, gas: gas, edge: math.Cbrt(3 * gas / (4 * math.Pi * c.Density * gasUnit)), stars: e.StellarMass(),
			coolZn: math.Pow(c.Z, 35./22) * math.Pow(c.Density, 8./11) / 16}
		var err error
		if t, err = x.run(t, end); err != nil {
			return nil, fmt.Errorf("%w (%+v)", err, c)
		}
		if t >= end || e.Last().Phase == Dissolved {
			return e, nil
		}
	}
}

// An expansion is the life of one shell.
type expansion struct {
	*Evolution
	gas, stars float64 // masses
	edge       float64 // radius of what is left of the cloud
	coolZn     float64 // 1/t_cool of a power of 10^38 erg/s
	phase      Phase
	widest     float64 // radius reached so far
}

// The components of a shell's state.
const (
	radius = iota
	velocity
	energy
	cooling // ∫dt/t_cool
	swept   // mass
)

// run follows the shell from t until it falls back, dissolves or end comes.
func (x *expansion) run(t, end float64) (float64, error) {
	rho := x.Cloud.Density * gasUnit
	power := x.Stars(t).Mechanical() / powerUnit
	dt := firstAge
	r := weaver * math.Pow(power*dt*dt*dt/rho, 0.2)
	y := state{r, 0.6 * r / dt, 5. / 11 * power * dt, 0, 4. / 3 * math.Pi * rho * r * r * r}
	t += dt
	x.widest = r
	x.note(t, y)
	for _, x.phase = range []Phase{EnergyDriven, MomentumDriven} {
		var err error
		t, y, err = integrate(x.slope, t, end, y, steps{
			tol: accuracy, longest: tooLong, shortest: event,
			scale: func(y state) state {
				return state{y[radius], math.Abs(y[velocity]) + 1, y[energy] + 1e-3, 1, y[swept]}
			},
			stop:   func(t float64, y state) bool { return x.over(t, y) },
			record: x.note,
		})
		if err != nil {
			return t, err
		}
		if t >= end {
			return t, nil
		}
	}
	if y[radius] > restart {
		x.Points[len(x.Points)-1].Phase = Dissolved
	}
	return t, nil
}

// over says whether the phase has come to its end.
func (x *expansion) over(t float64, y state) bool {
	if x.phase == EnergyDriven {
		return y[cooling] >= 1 || y[radius] >= x.edge || y[velocity] < 0
	}
	fallen := y[velocity] < 0 && y[radius] < restart
	return fallen || x.pressure(t, y)/(2*boltz*warm) < thinnest
}

// pressure on the shell's inner side [erg/cm³].
func (x *expansion) pressure(t float64, y state) float64 {
	if x.phase == EnergyDriven {
		return y[energy] / (2 * math.Pi * y[radius] * y[radius] * y[radius]) * powerUnit * megayear / (parsec * parsec * parsec)
	}
	r := y[radius] * parsec
	return or1(x.Cloud.Boost) * x.Stars(t).Push() / (4 * math.Pi * r * r)
}

func (x *expansion) note(t float64, y state) {
	x.widest = max(x.widest, y[radius])
	x.Points = append(x.Points, Point{t, y[radius], y[velocity] * speedUnit, y[swept], x.pressure(t, y), x.phase, len(x.Births)})
}

// slope is the right-hand side of the equations.
func (x *expansion) slope(t float64, y state) (d state) {
	stars := x.Stars(t)
	r, v, m := y[radius], y[velocity], y[swept]
	area := 4 * math.Pi * r * r

	density := x.Cloud.Density
	if r > x.edge {
		density = x.Cloud.Ambient
	}
	d[radius] = v
	if v > 0 && r >= x.widest*(1-1e-9) {
		d[swept] = area * density * gasUnit * v
	}

	ambient := 2 * x.Cloud.Ambient * boltz * warm * megayear * megayear / (solar / parsec) // Msun/(pc Myr²)
	force := x.radiation(stars, r, m) - gravity*m*(x.stars+m/2)/(r*r) - area*ambient
	if x.phase == EnergyDriven {
		bubble := y[energy] / (2 * math.Pi * r * r * r)
		power := stars.Mechanical() / powerUnit
		force += area * bubble
		d[energy] = power - area*v*bubble
		d[cooling] = x.coolZn * math.Pow(stars.Mechanical()/1e38, -3./11)
	} else {
		force += or1(x.Cloud.Boost) * stars.Push() / forceUnit
	}
	d[velocity] = (force - d[swept]*v) / m
	return d
}

// radiation is the push of the light that the shell absorbs [Msun pc/Myr²].
func (x *expansion) radiation(s Stars, r, m float64) float64 {
	rcm := r * parsec
	column := m * solar / (4 * math.Pi * rcm * rcm) // g/cm²
	tau := x.Cloud.sigma() * column / (perH * hydrogen)
	trapped := infrared * x.Cloud.Z * column
	absorbed := s.Ionising + (s.Total-s.Ionising)*(1-math.Exp(-tau))
	return absorbed / clight * (1 + trapped) / forceUnit
}
