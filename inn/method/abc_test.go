package method

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

func TestABCIsRightInTheLimit(t *testing.T) {
	a, err := NewABC(linear, &ABCSettings{Simulations: 500_000})
	if err != nil {
		t.Fatal(err)
	}
	testLinear(t, a, 1500, 0.07, 0.07)
	a, err = NewABC(twoModes, &ABCSettings{Threshold: 0.02})
	if err != nil {
		t.Fatal(err)
	}
	testTwoModes(t, a, 4000, 0.04, 0.001)
}

// one is x ~ N(0, 1), y = x + 0.5 N(0, 1).
var one = inn.Problem{
	Name:       "one",
	X:          inn.Vars("x"),
	Y:          inn.Vars("y"),
	Prior:      inn.Normal([]float64{0}, []float64{1}),
	Simulate:   func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + 0.5*rng.NormFloat64()} },
	Concurrent: true,
}

// TestABCAtAThreshold compares with what rejection gives at a finite threshold:
// p(x) ∝ φ(x) P(|x + noise - y| < ε), integrated on a grid.
func TestABCAtAThreshold(t *testing.T) {
	const y, n = 0.8, 20_000
	for _, eps := range []float64{1, 0.5, 0.05} {
		a, err := NewABC(one, &ABCSettings{Threshold: eps, Pilot: 100_000})
		if err != nil {
			t.Fatal(err)
		}
		draws, err := a.Sample([]float64{y}, n, 1)
		if err != nil {
			t.Fatal(err)
		}
		mean, sd := stat.MeanStdDev(draws.Data, nil)

		e := eps * math.Sqrt(1.25)
		var grid, weight []float64
		for x := -6.0; x <= 6; x += 0.01 {
			grid = append(grid, x)
			weight = append(weight, math.Exp(-x*x/2)*(distuv.UnitNormal.CDF((y+e-x)/0.5)-distuv.UnitNormal.CDF((y-e-x)/0.5)))
		}
		wantMean := stat.Mean(grid, weight)
		wantSD := math.Sqrt(stat.MomentAbout(2, grid, wantMean, weight))
		if math.Abs(mean-wantMean) > 0.015 || math.Abs(sd-wantSD) > 0.012 {
			t.Errorf("ε = %v: mean and sd are %.4f ± %.4f, want %.4f ± %.4f", eps, mean, sd, wantMean, wantSD)
		}
	}
}

// TestABCTakesTheNearest compares with sorting all pairs.
func TestABCTakesTheNearest(t *testing.T) {
	pairs := pairsOf(t, linear, 3000)
	for i := range 1500 { // every y twice: equal distances
		copy(pairs.Y.Row(1500+i), pairs.Y.Row(i))
	}
	y := []float64{0.4, -0.2}
	sd := make([]float64, 2)
	for j := range sd {
		sd[j] = stat.StdDev(column(pairs.Y, j), nil)
	}
	order, dist := make([]int, 3000), make([]float64, 3000)
	for i := range order {
		order[i] = i
		dist[i] = math.Hypot((pairs.Y.Row(i)[0]-y[0])/sd[0], (pairs.Y.Row(i)[1]-y[1])/sd[1])
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(dist[i%1500], dist[j%1500]), cmp.Compare(i, j))
	})
	for _, n := range []int{1, 51, 1333, 3000} {
		want := slices.Sorted(slices.Values(order[:n]))
		for _, workers := range []int{1, 3} {
			a, err := NewABCFromPairs(pairs, &ABCSettings{Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			a.block = 7 // so that what is near is known early
			draws, err := a.Sample(y, n, 0)
			if err != nil {
				t.Fatal(err)
			}
			for i, k := range want {
				if !slices.Equal(draws.Row(i), pairs.X.Row(k)) {
					t.Fatalf("n = %d, %d workers: draw %d is not pair %d", n, workers, i, k)
				}
			}
		}
	}
}

// TestABCOfManyOfThePairsIsWarnedOf: half of all pairs are hardly nearer to y than the prior.
func TestABCOfManyOfThePairsIsWarnedOf(t *testing.T) {
	pairs, err := linear.Pairs(2000, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set  *ABCSettings
		n    int
		want bool
	}{{nil, 10, false}, {nil, 40, false}, {nil, 1000, true}, {&ABCSettings{Quantile: 0.5}, 1000, false}, {&ABCSettings{Threshold: 3}, 100, false}} {
		a, err := NewABCFromPairs(pairs, c.set)
		if err != nil {
			t.Fatal(err)
		}
		draws, err := a.Sample(pairs.Y.Row(0), c.n, 1)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(draws.Warning, "% of all 2000 pairs") != c.want {
			t.Errorf("%d draws of 2000 pairs, settings %+v: the warning is %q", c.n, c.set, draws.Warning)
		}
	}
}

func TestABCIsTheSameOnAnyNumberOfWorkers(t *testing.T) {
	for _, s := range []ABCSettings{{Quantile: 0.01}, {Threshold: 0.3}} {
		var first []float64
		for _, workers := range []int{1, 2, 5} {
			s.Workers = workers
			a, err := NewABC(linear, &s)
			if err != nil {
				t.Fatal(err)
			}
			draws, err := a.Sample([]float64{1, 0}, 300, 9)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = draws.Data
			} else if !slices.Equal(first, draws.Data) {
				t.Errorf("%d workers give other draws than one", workers)
			}
			if other, _ := a.Sample([]float64{1, 0}, 300, 10); slices.Equal(first, other.Data) {
				t.Error("another seed gives the same draws")
			}
		}
	}
}

// A measurement of the problem's own pairs does not find its truth among the simulations
// under the same seed.
func TestABCDoesNotFindTheTestPair(t *testing.T) {
	test, err := linear.Pairs(5, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewABC(linear, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range test.Len() {
		draws, err := a.Sample(test.Y.Row(i), 50, 1)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(draws.Data, test.X.Row(i)[0]) {
			t.Errorf("the draws for pair %d have its truth", i)
		}
	}
}

func TestABCMemoryDoesNotGrowWithSimulations(t *testing.T) {
	heap := func(simulations int) uint64 {
		a, err := NewABC(one, &ABCSettings{Simulations: simulations, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		peak := uint64(0)
		defer progress.Observe(func(progress.Report) error {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			return nil
		})()
		if _, err := a.Sample([]float64{0}, 100, 1); err != nil {
			t.Fatal(err)
		}
		return peak
	}
	few, many := heap(2_000), heap(1_000_000)
	if many > few+4<<20 { // a million kept draws would be 50 MiB and more
		t.Errorf("live memory is %d bytes with 2,000 simulations, %d with a million", few, many)
	}
}

func TestABCBadInput(t *testing.T) {
	pairs := pairsOf(t, linear, 300)
	constant := &inn.Pairs{X: pairs.X, Y: inn.NewSamples(linear.Y, 300)}
	for _, c := range []struct {
		name, want string
		pairs      *inn.Pairs
		set        ABCSettings
	}{
		{"nil pairs", "want both X and Y", nil, ABCSettings{}},
		{"constant", "measurement u is 0 in every pair", constant, ABCSettings{}},
		{"quantile", "Quantile is 1.5", pairs, ABCSettings{Quantile: 1.5}},
		{"threshold", "Threshold is NaN", pairs, ABCSettings{Threshold: math.NaN()}},
		{"simulations", "Simulations is -3", pairs, ABCSettings{Simulations: -3}},
		{"workers", "Workers is -1", pairs, ABCSettings{Workers: -1}},
		{"pilot", "Pilot is 1,", pairs, ABCSettings{Pilot: 1}},
	} {
		if _, err := NewABCFromPairs(c.pairs, &c.set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one with %q", c.name, err, c.want)
		}
	}
	if _, err := NewABC(inn.Problem{Name: "empty"}, nil); err == nil {
		t.Error("an empty problem is no error")
	}

	all, err := NewABCFromPairs(pairs, nil)
	if err != nil {
		t.Fatal(err)
	}
	testFarOut(t, all)

	a, err := NewABCFromPairs(pairs, &ABCSettings{Threshold: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		y    []float64
		n    int
		want string
	}{
		{[]float64{1}, 5, "y has 1 values, want 2: u, v"},
		{[]float64{1, math.Inf(1)}, 5, "y has v = +Inf"},
		{[]float64{1, 1}, 0, "asked for 0 draws"},
		{[]float64{1, 1}, math.MaxInt, "draws"},
		{[]float64{1, 1}, 301, "asked for 301 draws of 300 pairs"},
		{[]float64{1, 1}, 2, "0 of the 2 draws asked for are nearer than the threshold 1e-09 among 300"},
	} {
		if _, err := a.Sample(c.y, c.n, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("y = %v, n = %d: error is %v, want one with %q", c.y, c.n, err, c.want)
		}
	}
}

func TestABCSaysWhichSimulationFailed(t *testing.T) {
	broken := one
	broken.Simulate = func(rng *rand.Rand, x []float64) []float64 {
		if x[0] > 2.5 {
			panic("out of range")
		}
		return x
	}
	a, err := NewABC(one, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.problem = broken
	first := ""
	for range 5 {
		_, err := a.Sample([]float64{0}, 100, 1)
		if err == nil || !strings.Contains(err.Error(), "out of range") {
			t.Fatalf("error is %v", err)
		}
		if first == "" {
			first = err.Error()
		} else if first != err.Error() {
			t.Errorf("error is %q, then %q", first, err)
		}
	}
}

// TestABCRunsASerialSimulatorOnceAtATime: whoever asks, and however many ask.
func TestABCRunsASerialSimulatorOnceAtATime(t *testing.T) {
	serial, running := one, atomic.Int32{}
	serial.Concurrent = false
	simulate := one.Simulate
	serial.Simulate = func(rng *rand.Rand, x []float64) []float64 {
		if running.Add(1) > 1 {
			t.Error("two simulations run at once")
		}
		runtime.Gosched()
		defer running.Add(-1)
		return simulate(rng, x)
	}
	a, err := NewABC(serial, &ABCSettings{Pilot: 100, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := a.Sample([]float64{0}, 5, 1); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestABCStops(t *testing.T) {
	a, err := NewABC(one, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	defer progress.Observe(func(progress.Report) error { return stop })()
	if _, err := a.Sample([]float64{0}, 1000, 1); !errors.Is(err, stop) {
		t.Errorf("error is %v", err)
	}
}

func BenchmarkABC(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(map[int]string{1: "one worker", 2: "two workers"}[workers], func(b *testing.B) {
			a, err := NewABC(linear, &ABCSettings{Simulations: 1_000_000, Workers: workers})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := a.Sample([]float64{0, 0}, 1000, 1); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(1e6*float64(b.N)/b.Elapsed().Seconds(), "simulations/s")
		})
	}
}
