package cluster

import (
	"math"
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

func TestTrack(t *testing.T) {
	for _, c := range []Cloud{
		{Mass: 1e5, Efficiency: 0.1, Density: 300, Ambient: 1, Z: 1},
		{Mass: 1e6, Efficiency: 0.05, Density: 1000, Ambient: 1, Z: 1},
		{Mass: 1e6, Efficiency: 0.02, Density: 1000, Ambient: 1, Z: 1},
		{Mass: 1e6, Efficiency: 0.01, Density: 3000, Ambient: 1, Z: 0.3},
	} {
		e, err := c.Evolve(20)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v: R_cl %.1f, %d steps, births %+v", c, c.Radius(), len(e.Points), e.Births)
		for i := 0; i < len(e.Points); i += max(1, len(e.Points)/25) {
			t.Logf("   %+v", e.Points[i])
		}
		t.Logf("   %+v", e.Last())
	}
}
