package cluster

import (
	"math"
	"strings"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s is %.5g, want %.5g within %.3g %%", what, got, want, 100*tolerance)
	}
}

// The integrator keeps a harmonic oscillator on its circle.
func TestIntegrate(t *testing.T) {
	count := 0
	at, y, err := integrate(func(_ float64, y state) state { return state{y[1], -y[0]} }, 0, 20, state{1, 0}, steps{
		tol: 1e-9, longest: 1, shortest: 1e-9,
		scale:  func(state) state { return state{1, 1, 1, 1, 1} },
		stop:   func(t float64, y state) bool { return t > 6 && y[1] < -0.5 },
		record: func(float64, state) { count++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	// sin t = 0.5 for the first time after 6.
	near(t, "the time of the event", at, 2*math.Pi+math.Pi/6, 1e-8)
	near(t, "cos t", y[0], math.Cos(at), 1e-7)
	if count < 10 || count > 200 {
		t.Errorf("%d steps", count)
	}
}

// With constant power, without gravity, radiation and cooling, the shell is the
// bubble of Weaver et al. 1977 (equation 21): R = 0.76 (L/ρ)^(1/5) t^(3/5).
func TestWeaverBubble(t *testing.T) {
	const density, power = 100.0, 1e38 / powerUnit
	rho := density * gasUnit
	want := func(t float64) float64 { return 0.763 * math.Pow(power/rho, 0.2) * math.Pow(t, 0.6) }
	x := &expansion{Evolution: &Evolution{Cloud: Cloud{Density: density, Ambient: 1e-9, Z: 1e-9}}, edge: 1e9}
	// Start well off the solution: it attracts.
	y := state{2 * want(1e-3), 0, power * 1e-3, 0, 4. / 3 * math.Pi * rho * math.Pow(2*want(1e-3), 3)}
	slope := func(time float64, y state) state {
		d := x.slope(time, y)
		d[energy] += power
		d[velocity] += gravity * y[swept] / 2 / (y[radius] * y[radius])
		d[cooling] = 0 // no stars, no clock
		return d
	}
	for _, end := range []float64{0.5, 5} {
		x.widest = 0
		_, got, err := integrate(slope, 1e-3, end, y, steps{tol: 1e-8, longest: 0.05, shortest: 1,
			scale:  func(y state) state { return state{y[0], 1, y[2], 1, y[4]} },
			stop:   func(float64, state) bool { return false },
			record: func(_ float64, y state) { x.widest = y[radius] }})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "R", got[radius], want(end), 0.004)
		near(t, "v", got[velocity], 0.6*want(end)/end, 0.01)
		near(t, "E", got[energy], 5./11*power*end, 0.01)
	}
}

// Momentum-driven, without anything else: d(Mv)/dt = F with M = 4/3 π ρ R³ has
// the solution R = (3F/2πρ)^(1/4) t^(1/2).
func TestMomentumDriven(t *testing.T) {
	const density, push = 50.0, 3e33
	rho := density * gasUnit
	x := &expansion{Evolution: &Evolution{Cloud: Cloud{Density: density, Ambient: 1e-9, Z: 1e-9}}, edge: 1e9, phase: MomentumDriven}
	want := func(t float64) float64 { return math.Pow(3*push/forceUnit/(2*math.Pi*rho), 0.25) * math.Sqrt(t) }
	y := state{want(0.01), 0.5 * want(0.01) / 0.01, 0, 0, 4. / 3 * math.Pi * rho * math.Pow(want(0.01), 3)}
	x.widest = y[radius]
	_, got, err := integrate(func(time float64, y state) state {
		d := x.slope(time, y)
		d[velocity] += push/forceUnit/y[swept] + gravity*y[swept]/2/(y[radius]*y[radius])
		return d
	}, 0.01, 3, y, steps{tol: 1e-8, longest: 0.05, shortest: 1,
		scale:  func(y state) state { return state{y[0], 1, 1, 1, y[4]} },
		stop:   func(float64, state) bool { return false },
		record: func(_ float64, y state) { x.widest = y[radius] }})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "R", got[radius], want(3), 1e-4)
	near(t, "M", got[swept], 4./3*math.Pi*rho*math.Pow(want(3), 3), 1e-3)
}

// A shell on which nothing pushes falls freely: from rest at R0, with gravity of
// its own half mass and the stars', in the time π/2 (R0³/(2Gm))^(1/2).
func TestFreeFall(t *testing.T) {
	const r0, mass, stars = 10.0, 1e5, 2e4
	m := stars + mass/2.
	x := &expansion{Evolution: &Evolution{Cloud: Cloud{Density: 1, Ambient: 1e-12, Z: 1e-9}}, stars: stars, edge: 1e9, phase: MomentumDriven, widest: r0}
	at, _, err := integrate(x.slope, 0, 100, state{r0, 0, 0, 0, mass}, steps{tol: 1e-9, longest: 0.05, shortest: 1e-9,
		scale:  func(y state) state { return state{y[0], math.Abs(y[1]) + 1, 1, 1, y[4]} },
		stop:   func(_ float64, y state) bool { return y[radius] < 1e-3*r0 },
		record: func(float64, state) {}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the time of the fall", at, math.Pi/2*math.Sqrt(r0*r0*r0/(2*gravity*m)), 1e-3)
}

// Many stars dissolve their cloud, few do not and the gas falls back and makes
// more (Rahner et al. 2017, figure 8: of a cloud of 10^6 solar masses and 1000
// atoms per cm³, 5 % stars are too few and 20 % enough).
func TestFateOfClouds(t *testing.T) {
	cloud := Cloud{Mass: 1e6, Density: 1000, Ambient: 1, Z: 1}
	for efficiency, again := range map[float64]bool{0.02: true, 0.2: false} {
		cloud.Efficiency = efficiency
		e, err := cloud.Evolve(25)
		if err != nil {
			t.Fatal(err)
		}
		if (len(e.Births) > 1) != again {
			t.Errorf("efficiency %g: %d populations", efficiency, len(e.Births))
		}
		if again {
			if first := e.Births[1].Time; first < 2 || first > 8 {
				t.Errorf("the gas falls back after %g Myr, want a few", first)
			}
			near(t, "the second population", e.Births[1].Mass, efficiency*(1-efficiency)*cloud.Mass, 1e-9)
		} else if e.Last().Phase != Dissolved {
			t.Errorf("efficiency %g: after 25 Myr %+v", efficiency, e.Last())
		}
		for i, p := range e.Points[1:] {
			if p.Time < e.Points[i].Time || p.Births == e.Points[i].Births && p.Mass < e.Points[i].Mass*(1-1e-9) {
				t.Fatalf("time or mass goes back: %+v, %+v", e.Points[i], p)
			}
			if outside := cloud.Ambient * gasUnit * 4 / 3 * math.Pi * math.Pow(p.Radius, 3); p.Mass > cloud.Mass+outside {
				t.Fatalf("the shell has more mass than there is: %+v", p)
			}
		}
	}
}

func TestBadCloud(t *testing.T) {
	good := Cloud{Mass: 1e5, Efficiency: 0.1, Density: 100, Ambient: 1, Z: 1}
	for name, change := range map[string]func(*Cloud){
		"Cloud.Mass":       func(c *Cloud) { c.Mass = -1 },
		"Cloud.Density":    func(c *Cloud) { c.Density = math.NaN() },
		"Cloud.Efficiency": func(c *Cloud) { c.Efficiency = 1 },
		"Boost":            func(c *Cloud) { c.Boost = -1 },
	} {
		c := good
		change(&c)
		if _, err := c.Evolve(1); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := good.Evolve(-1); err == nil || !strings.Contains(err.Error(), "-1 Myr") {
		t.Errorf("error %v", err)
	}
}
