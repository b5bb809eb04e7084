package method

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// edges is x ~ U(0, 1) in each of two dimensions and y = x + 0.3 N(0, 1), so that
// the posterior is a normal distribution cut off at 0 and 1.
var edges = inn.Problem{
	Name:  "edges",
	X:     inn.Vars("a", "b"),
	Y:     inn.Vars("u", "v"),
	Prior: inn.Uniform([]float64{0, 0}, []float64{1, 1}),
	Simulate: func(rng *rand.Rand, x []float64) []float64 {
		return []float64{x[0] + 0.3*rng.NormFloat64(), x[1] + 0.3*rng.NormFloat64()}
	},
	Concurrent: true,
}

func TestFindWalls(t *testing.T) {
	inf := math.Inf(1)
	rng := inn.RNG(1, 0)
	for _, c := range []struct {
		name string
		draw func() float64
		want [2]float64
		tol  float64
	}{
		{"uniform", func() float64 { return 3 + 2*rng.Float64() }, [2]float64{3, 5}, 0.01},
		{"exponential", rng.ExpFloat64, [2]float64{0, inf}, 0.02},
		{"negative exponential", func() float64 { return -rng.ExpFloat64() }, [2]float64{-inf, 0}, 0.02},
		{"normal", rng.NormFloat64, [2]float64{-inf, inf}, 0},
		{"triangular", func() float64 { return rng.Float64() + rng.Float64() - 1 }, [2]float64{-inf, inf}, 0},
		{"log-normal", func() float64 { return math.Exp(3 * rng.NormFloat64()) }, [2]float64{0, inf}, 0},
		{"negative", func() float64 { return -math.Exp(rng.NormFloat64()) }, [2]float64{-inf, 0}, 0.01},
		{"normal, clipped", func() float64 { return max(rng.NormFloat64(), -1) }, [2]float64{-1, inf}, 0.01},
		{"constant", func() float64 { return 4 }, [2]float64{0, inf}, 0},
	} {
		s := inn.NewSamples(inn.Vars("x"), 1000)
		for i := range s.Data {
			s.Data[i] = c.draw()
		}
		w, err := FindWalls(s)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range w[0] {
			if v != c.want[k] && !(math.Abs(v-c.want[k]) <= c.tol) {
				t.Errorf("%s: the walls are %v, want %v", c.name, w[0], c.want)
			}
		}
		if w.check(s) != nil {
			t.Errorf("%s: a draw is beyond the walls %v", c.name, w[0])
		}
	}
}

// TestCINNKeepsToTheWalls compares with the normal distribution that is cut off.
func TestCINNKeepsToTheWalls(t *testing.T) {
	m, err := TrainCINN(pairsOf(t, edges, 10_000), quickCINN(inn.Spline, 1500))
	if err != nil {
		t.Fatal(err)
	}
	y := []float64{0.05, 0.9}
	draws, err := m.Sample(y, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	for j, mean := range y {
		col := column(draws, j)
		var grid, weight []float64
		for x := 0.0005; x < 1; x += 0.001 {
			grid, weight = append(grid, x), append(weight, math.Exp(-(x-mean)*(x-mean)/(2*0.09)))
		}
		wantMean, wantSD := stat.MeanStdDev(grid, weight)
		gotMean, gotSD := stat.MeanStdDev(col, nil)
		if math.Abs(gotMean-wantMean) > 0.02 || math.Abs(gotSD-wantSD) > 0.02 {
			t.Errorf("%s is %.3f ± %.3f, want %.3f ± %.3f", draws.Vars[j].Name, gotMean, gotSD, wantMean, wantSD)
		}
		for _, v := range col {
			if v < -0.001 || v > 1.001 {
				t.Fatalf("a draw of %s is %v, beyond the wall", draws.Vars[j].Name, v)
			}
		}
	}
	if log, err := m.LogDensity([]float64{-0.1, 0.5}, y); err != nil || !math.IsInf(log, -1) {
		t.Errorf("beyond the wall ln q is %v, %v", log, err)
	}
}

// TestWallsFarOut: where no draw stays between the walls, sampling ends with a
// warning and no draw beyond them.
func TestWallsFarOut(t *testing.T) {
	m, err := TrainCINN(pairsOf(t, edges, 1000), &CINNSettings{Coupling: inn.Affine, Walls: Walls{{0, 1}, {0, 1}}, Blocks: 1, Width: 8, Training: Training{Steps: 200}})
	if err != nil {
		t.Fatal(err)
	}
	draws, err := m.Sample([]float64{40, 0.5}, 50, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(draws.Warning, "50 of 50 draws stayed beyond the walls") {
		t.Errorf("the warning is %q", draws.Warning)
	}
	if j := m.Walls().beyond(draws.Row(0)); j >= 0 {
		t.Errorf("draw %v is beyond the walls", draws.Row(0))
	}
}

func TestBadWalls(t *testing.T) {
	pairs := pairsOf(t, edges, 1000)
	for want, w := range map[string]Walls{
		"walls of 1 parameters, want 2": {{0, 1}},
		"want the lower one first":      {{1, 0}, {0, 1}},
		"not between its walls":         {{0.1, 1}, {0, 1}},
	} {
		if _, err := TrainCINN(pairs, &CINNSettings{Walls: w}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if _, err := FindWalls(nil); err == nil {
		t.Error("no draws are no error")
	}
}

// Draws of which hardly any come within the walls are not drawn again for long.
func TestWallsGiveUp(t *testing.T) {
	w := Walls{{0, 1}}
	for _, c := range []struct {
		share float64 // within the walls
		calls int
	}{{0, soon}, {0.001, soon}, {0.1, tries}, {1, 1}} {
		rng, calls := inn.RNG(1, 0), 0
		draw := func(n int) *inn.Samples {
			s := inn.NewSamples(inn.Vars("x"), n)
			for i := range s.Data {
				if s.Data[i] = 2; rng.Float64() < c.share {
					s.Data[i] = 0.5
				}
			}
			return s
		}
		draws := inn.NewSamples(inn.Vars("x"), 1000)
		for i := range draws.Data {
			draws.Data[i] = 3
		}
		if err := w.keep(draws, func(n int, _ uint64) (*inn.Samples, error) { calls++; return draw(n), nil }); err != nil {
			t.Fatal(err)
		}
		if calls > c.calls || w.check(draws) != nil || (draws.Warning != "") != (c.share < 0.1) {
			t.Errorf("a share of %v: %d calls, want at most %d, warning %q", c.share, calls, c.calls, draws.Warning)
		}
	}
}
