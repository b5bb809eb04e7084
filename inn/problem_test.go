package inn_test

import (
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// TestASimulatorMayChangeItsX: it has an x of its own, so that the pairs hold what the prior drew.
func TestASimulatorMayChangeItsX(t *testing.T) {
	problem := func(change bool) inn.Problem {
		return inn.Problem{X: inn.Vars("a"), Y: inn.Vars("y"), Prior: inn.Uniform([]float64{1}, []float64{100}),
			Simulate: func(_ *rand.Rand, x []float64) []float64 {
				y := 2 * x[0]
				if change {
					x[0] = -1
				}
				return []float64{y}
			}}
	}
	want, err := problem(false).Pairs(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := problem(true).Pairs(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.X.Data, want.X.Data) || !slices.Equal(got.Y.Data, want.Y.Data) {
		t.Errorf("the pairs hold x = %v, the prior drew %v", got.X.Row(0), want.X.Row(0))
	}
	x := []float64{7}
	if _, err := problem(true).Run(inn.RNG(1, 1), x); err != nil || x[0] != 7 {
		t.Errorf("after Run x is %v, error %v", x, err)
	}
}

// TestDrawsAreCopies: a prior and a simulator may return the same slice at every call.
func TestDrawsAreCopies(t *testing.T) {
	buf := make([]float64, 1)
	problem := inn.Problem{X: inn.Vars("a"), Y: inn.Vars("y"),
		Prior:    func(rng *rand.Rand) []float64 { buf[0] = rng.Float64(); return buf },
		Simulate: func(_ *rand.Rand, x []float64) []float64 { buf[0] = x[0] + 2; return buf }}
	x1, y1, err := problem.Draw(inn.RNG(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	x2, y2, err := problem.Draw(inn.RNG(1, 1))
	if err != nil || x1[0] == x2[0] || y1[0] != x1[0]+2 || y2[0] != x2[0]+2 {
		t.Errorf("draws are %v of %v and %v of %v, error %v", y1, x1, y2, x2, err)
	}
	y, err := problem.Run(inn.RNG(1, 0), []float64{5})
	problem.Draw(inn.RNG(1, 1))
	if err != nil || y[0] != 7 {
		t.Errorf("a run is %v, error %v", y, err)
	}
}

// TestMorePairsThanTheMemoryHolds: no process dies of asking for too many.
func TestMorePairsThanTheMemoryHolds(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	problem := inn.Problem{X: inn.Vars("a", "b"), Y: inn.Vars("y"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return x[:1] }}
	_, err := problem.Pairs(100_000_000, 1)
	if want := "inn: the problem: 100000000 pairs take 2.4 GB of memory, more than the 1.1 GB that there may be"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestAnXWithoutY: where the simulator returns nil another x is drawn, the same whatever the number of workers; where it always does
// there is an error, as for Run.
func TestAnXWithoutY(t *testing.T) {
	problem := inn.Problem{X: inn.Vars("a"), Y: inn.Vars("y"), Prior: inn.Normal([]float64{0}, []float64{1}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			if x[0] < 0 {
				return nil
			}
			return []float64{x[0] + rng.NormFloat64()}
		}}
	pairs, err := problem.Pairs(2000, 1)
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for _, v := range pairs.X.Data {
		if v < 0 {
			t.Fatalf("an x without y is among the pairs: %v", v)
		}
		mean += v / 2000
	}
	if math.Abs(mean-math.Sqrt(2/math.Pi)) > 0.05 {
		t.Errorf("the mean of a half normal is %.3f, want %.3f", mean, math.Sqrt(2/math.Pi))
	}
	problem.Concurrent = true
	again, err := problem.Pairs(2000, 1)
	if err != nil || !slices.Equal(again.X.Data, pairs.X.Data) || !slices.Equal(again.Y.Data, pairs.Y.Data) {
		t.Errorf("with more workers the pairs are others; error %v", err)
	}
	if _, err := problem.Run(inn.RNG(1, 1), []float64{-1}); err == nil || !strings.Contains(err.Error(), "no y, at x = [-1]") {
		t.Errorf("Run of an x without y: %v", err)
	}
	problem.Simulate = func(*rand.Rand, []float64) []float64 { return nil }
	if _, err := problem.Pairs(10, 1); err == nil || !strings.Contains(err.Error(), "and for the 9999 before it") {
		t.Errorf("no x has a y: %v", err)
	}
	problem.Simulate = func(*rand.Rand, []float64) []float64 { return []float64{math.NaN()} }
	if _, err := problem.Pairs(10, 1); err == nil || !strings.Contains(err.Error(), "it may return nil") || !strings.Contains(err.Error(), "returned NaN for y at x = ") {
		t.Errorf("NaN: %v", err)
	}
}

// Messages name the problem, if it has a name, and what is wrong with it.
func TestWhatIsWrongWithAProblem(t *testing.T) {
	whole := inn.Problem{X: inn.Vars("a", "b"), Y: inn.Vars("y"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 0}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0]} }}
	named := func(p inn.Problem) inn.Problem { p.Name = "pk"; return p }
	with := func(change func(p *inn.Problem)) inn.Problem {
		p := whole
		change(&p)
		return p
	}
	for _, c := range []struct {
		problem inn.Problem
		want    string
	}{
		{whole, ""},
		{with(func(p *inn.Problem) { p.X = nil }), "inn: the problem has no X: name"},
		{with(func(p *inn.Problem) { p.Simulate = nil }), "inn: the problem has no Simulate"},
		{named(with(func(p *inn.Problem) { p.Prior = nil })), `inn: problem "pk" has no Prior`},
		{with(func(p *inn.Problem) { p.X = inn.Vars("a", "a [cm]") }), `inn: the problem has two parameters called "a"`},
		{with(func(p *inn.Problem) { p.X = inn.Vars("a", "") }), "inn: the problem has no name for one of its parameters, number 2 of 2"},
		{named(with(func(p *inn.Problem) { p.Y = inn.Vars(" [m]", "y") })), `inn: problem "pk" has no name for one of its measurements, number 1 of 2`},
		{named(with(func(p *inn.Problem) { p.Y = inn.Vars("y", "z", "y") })), `inn: problem "pk" has two measurements called "y"`},
		{with(func(p *inn.Problem) { p.Y = inn.Vars("y", "z") }), "inn: the problem: the simulator returned 1 values, but 2 are declared (y, z) at x = ["},
		{with(func(p *inn.Problem) { p.X = inn.Vars("a") }), "inn: the problem: the prior returned 2 values"},
		{with(func(p *inn.Problem) { p.X, p.Y = inn.Vars("a", "y"), inn.Vars("y") }), ""},
	} {
		_, err := c.problem.Pairs(3, 1)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("the error is %v, want %q", err, c.want)
		}
	}
}

func TestPriorsThatCannotBe(t *testing.T) {
	says := func(f func()) (text string) {
		defer func() { text, _ = recover().(string) }()
		f()
		return ""
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		a, b            []float64
		normal, uniform string
	}{
		{[]float64{0, 1}, []float64{0, 1}, "", ""},
		{[]float64{0}, []float64{0, 1}, "inn: Normal has 1 means but 2 standard deviations", "inn: Uniform has 1 lower but 2 upper bounds"},
		{[]float64{0, 0}, []float64{1, -1}, "inn: Normal has mean 0 and standard deviation -1 for parameter 1, want", "inn: Uniform has the bounds 0 and -1 for parameter 1, want"},
		{[]float64{0}, []float64{nan}, "inn: Normal has mean 0 and standard deviation NaN", "inn: Uniform has the bounds 0 and NaN"},
		{[]float64{nan}, []float64{0}, "inn: Normal has mean NaN", "inn: Uniform has the bounds NaN and 0"},
		{[]float64{-inf}, []float64{1}, "inn: Normal has mean -Inf", "inn: Uniform has the bounds -Inf and 1"},
		{[]float64{-math.MaxFloat64}, []float64{math.MaxFloat64}, "", "inn: Uniform has the bounds -1.79"},
	} {
		for _, p := range []struct {
			got, want string
		}{{says(func() { inn.Normal(c.a, c.b) }), c.normal}, {says(func() { inn.Uniform(c.a, c.b) }), c.uniform}} {
			if p.want == "" && p.got != "" || !strings.HasPrefix(p.got, p.want) {
				t.Errorf("%v, %v: the panic says %q, want %q", c.a, c.b, p.got, p.want)
			}
		}
	}
}
