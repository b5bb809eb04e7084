package method

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

// lognormal is a problem whose posterior is known: ln a ~ N(0, 1), and b is a times a
// factor of 10 % scatter; y is ln a with noise of 0.5.
var lognormal = inn.Problem{
	X: inn.Vars("a [m]", "b"), Y: inn.Vars("y"),
	Prior: func(rng *rand.Rand) []float64 {
		a := math.Exp(rng.NormFloat64())
		return []float64{a, a * math.Exp(0.1*rng.NormFloat64())}
	},
	Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{math.Log(x[0]) + 0.5*rng.NormFloat64()} },
}

func logAndRatio(x []float64) []float64 { return []float64{math.Log(x[0]), math.Log(x[1] / x[0])} }

func fromLogAndRatio(u []float64) []float64 {
	a := math.Exp(u[0])
	return []float64{a, a * math.Exp(u[1])}
}

func TestCoordinates(t *testing.T) {
	pairs := pairsOf(t, lognormal, 4000)
	c, err := NewCoordinates(lognormal.X, inn.Vars("log a", "log b/a"), logAndRatio, fromLogAndRatio)
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.Pairs(pairs)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		x, u := pairs.X.Row(i), other.X.Row(i)
		if u[0] != math.Log(x[0]) || u[1] != math.Log(x[1]/x[0]) {
			t.Fatalf("pair %d: %v has the coordinates %v", i, x, u)
		}
	}
	if other.X.Vars[1].Name != "log b/a" || other.Y != pairs.Y {
		t.Errorf("the pairs are of %v and %v", other.X.Vars, other.Y.Vars)
	}

	// In the coordinates all is linear and normal: ln a is N(0.8 y, 0.2) given y, and ln b has a
	// variance of 0.01 more.
	m, err := TrainCINN(other, &CINNSettings{Coupling: inn.Affine, Blocks: 2, Width: 16, Training: Training{Steps: 1000, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	post := c.Undo(m)
	draws, err := post.Sample([]float64{1}, 20_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if draws.Vars[0] != lognormal.X[0] || draws.Vars[1] != lognormal.X[1] {
		t.Errorf("draws are of %v", draws.Vars)
	}
	for j, name := range []string{"a [m]", "b"} {
		sum, square := 0.0, 0.0
		for i := range draws.Len() {
			v := math.Log(draws.Row(i)[j])
			sum += v / float64(draws.Len())
			square += v * v / float64(draws.Len())
		}
		sd, want := math.Sqrt(square-sum*sum), math.Sqrt(0.2+0.01*float64(j))
		if math.Abs(sum-0.8) > 0.1 || math.Abs(sd/want-1) > 0.1 {
			t.Errorf("ln %s is %.3f ± %.3f, want 0.8 ± %.3f", name, sum, sd, want)
		}
	}
	table, err := metric.Calibration(post, pairsOf(t, lognormal, 1000), &metric.Settings{Draws: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if table.Error > 0.03 {
		t.Errorf("%v", table)
	}
	if post.String() != "cINN" {
		t.Errorf("it is called %q", post)
	}
}

// given is a posterior that always draws the same.
type given []float64

func (g given) String() string { return "given" }

func (g given) Sample(_ []float64, n int, _ uint64) (*inn.Samples, error) {
	s := &inn.Samples{Vars: make([]inn.Var, len(g))}
	for range n {
		s.Data = append(s.Data, g...)
	}
	return s, nil
}

func TestCoordinatesBadInput(t *testing.T) {
	pairs := pairsOf(t, lognormal, 200)
	u := inn.Vars("log a", "log b/a")
	made := func(to, back func([]float64) []float64) *Coordinates {
		c, err := NewCoordinates(lognormal.X, u, to, back)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ofPairs := func(p *inn.Pairs, to, back func([]float64) []float64) error {
		_, err := made(to, back).Pairs(p)
		return err
	}
	short := func(x []float64) []float64 { return x[:1] }
	same := func(x []float64) []float64 { return x }
	notANumber := func(x []float64) []float64 { x[1] = math.NaN(); return x }
	ofDraws := func(draw ...float64) error {
		_, err := made(logAndRatio, fromLogAndRatio).Undo(given(draw)).Sample([]float64{1}, 3, 1)
		return err
	}
	_, few := NewCoordinates(lognormal.X, u[:1], same, same)
	_, none := NewCoordinates(lognormal.X, u, nil, same)
	for _, c := range []struct {
		err  error
		want string
	}{
		{few, "1 coordinates in place of 2 parameters"},
		{none, "want a function"},
		{ofPairs(nil, same, same), "want both X and Y"},
		{ofPairs(pairsOf(t, linear, 200), same, same), "not those of the coordinates"},
		{ofPairs(pairs, short, same), "coordinates of pair 0: the function returned 1 values, want 2"},
		{ofPairs(pairs, notANumber, same), "coordinates of pair 0: log b/a is NaN"},
		{ofPairs(pairs, logAndRatio, notANumber), "pair 0, back from its coordinates: b is NaN"},
		{ofPairs(pairs, logAndRatio, same), "not each other's inverse"},
		{ofDraws(0.1), "given draws 1 parameters, but there are 2 coordinates"},
		{ofDraws(1e3, 0), "a draw of given, back from its coordinates: a is +Inf"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%v, want %q", c.err, c.want)
		}
	}
}
