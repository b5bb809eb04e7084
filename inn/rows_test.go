package inn

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/rows"
)

// drawn is a problem whose simulator draws noise.
func drawn() Problem {
	return Problem{
		Name: "noise", X: Vars("a", "b"), Y: Vars("c"), Prior: Uniform([]float64{0, 0}, []float64{1, 2}),
		Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]*rng.NormFloat64()} },
	}
}

// together makes a problem whose functions are called for many rows at once,
// by way of the functions of p, and counts the calls for many and for one.
func together(p Problem, calls, singles *int) Problem {
	q := p
	q.Prior = func(rng *rand.Rand) []float64 { *singles++; return p.Prior(rng) }
	q.Simulate = func(rng *rand.Rand, x []float64) []float64 { return p.Simulate(rng, x) }
	rows.SetPrior(q.Prior, &rows.Rows{Call: func(states []rows.State, _, x []float64) error {
		*calls++
		for i, s := range states {
			src := rand.NewPCG(s[0], s[1])
			copy(x[i*len(p.X):], p.Prior(rand.New(src)))
			states[i] = rows.StateOf(src)
		}
		return nil
	}})
	rows.SetSimulator(q.Simulate, &rows.Rows{Call: func(states []rows.State, x, y []float64) error {
		for i, s := range states {
			copy(y[i*len(p.Y):], p.Simulate(rand.New(rand.NewPCG(s[0], s[1])), x[i*len(p.X):(i+1)*len(p.X)]))
		}
		return nil
	}})
	return q
}

// TestManyRowsMayBeChanged: a simulator of many rows has rows of its own, too.
func TestManyRowsMayBeChanged(t *testing.T) {
	p := drawn()
	want, err := p.Pairs(100, 3)
	if err != nil {
		t.Fatal(err)
	}
	q := p
	q.Simulate = func(rng *rand.Rand, x []float64) []float64 {
		y := p.Simulate(rng, x)
		x[0] = -1
		return y
	}
	calls, singles := 0, 0
	got, err := together(q, &calls, &singles).Pairs(100, 3)
	if err != nil {
		t.Fatal(err)
	}
	if calls == 0 || !slices.Equal(got.X.Data, want.X.Data) || !slices.Equal(got.Y.Data, want.Y.Data) {
		t.Errorf("%d calls; the pairs hold x = %v, the prior drew %v", calls, got.X.Row(0), want.X.Row(0))
	}
}

func TestRowsGiveThePairsOfOneByOne(t *testing.T) {
	p := drawn()
	want, err := p.Pairs(1001, 3)
	if err != nil {
		t.Fatal(err)
	}
	calls, singles := 0, 0
	got, err := together(p, &calls, &singles).Pairs(1001, 3)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.X.Data, want.X.Data) || !slices.Equal(got.Y.Data, want.Y.Data) {
		t.Error("many rows at once are other pairs")
	}
	if calls == 0 || calls > 100 || singles > 10 {
		t.Errorf("%d calls for many and %d for one draw 1001 rows", calls, singles)
	}
}

// An error is the one that the lowest pair gives when it is drawn alone.
func TestRowsTellWhichPairFails(t *testing.T) {
	p := drawn()
	whole := p.Simulate
	p.Simulate = func(rng *rand.Rand, x []float64) []float64 {
		if x[0] > 0.99 {
			panic("too far")
		}
		return whole(rng, x)
	}
	_, want := p.Pairs(1000, 3)
	q := p
	q.Simulate = func(rng *rand.Rand, x []float64) []float64 { return p.Simulate(rng, x) }
	rows.SetSimulator(q.Simulate, &rows.Rows{Call: func(states []rows.State, x, y []float64) error {
		for i := range states {
			if x[2*i] > 0.99 {
				y[i] = math.NaN()
			}
		}
		return nil
	}})
	_, got := q.Pairs(1000, 3)
	if want == nil || got == nil || got.Error() != want.Error() || !strings.Contains(got.Error(), "too far") {
		t.Errorf("%v\nwant %v", got, want)
	}
}
