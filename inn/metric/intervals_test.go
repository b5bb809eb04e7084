package metric

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// curved is the posterior a | y ~ N(sin y1 + y2, (0.2 + 0.1 y1²)²), b | y = 0.
type curved struct{}

func (curved) String() string { return "curved" }

func (curved) at(y []float64) (mean, sd float64) {
	return math.Sin(y[0]) + y[1], 0.2 + 0.1*y[0]*y[0]
}

func (c curved) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	if math.IsNaN(y[0]) {
		return nil, errors.New("not a number")
	}
	s, rng := inn.NewSamples(inn.Vars("b", "a [m]"), n), inn.RNG(seed, 0)
	mean, sd := c.at(y)
	for i := range n {
		s.Row(i)[1] = mean + sd*rng.NormFloat64()
	}
	return s, nil
}

// curvedAll also answers many measurements at once.
type curvedAll struct{ curved }

func (c curvedAll) SampleAll(ys *inn.Samples, n int, seed uint64) ([]*inn.Samples, error) {
	var all []*inn.Samples
	for i := range ys.Len() {
		s, err := c.Sample(ys.Row(i), n, inn.RNG(seed, uint64(i)).Uint64())
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// threeMeasured are n draws of two measurements, the third of which is nearly their sum.
func threeMeasured(n int, seed uint64) *inn.Samples {
	s, rng := inn.NewSamples(inn.Vars("y1", "y2", "y3"), n), inn.RNG(seed, 0)
	for i := range n {
		y := s.Row(i)
		y[0], y[1] = rng.NormFloat64(), 0.5*rng.NormFloat64()
		y[2] = 10 + y[0] + y[1] + 0.1*rng.NormFloat64()
	}
	return s
}

func curvedPairs() *inn.Pairs {
	return &inn.Pairs{X: inn.NewSamples(inn.Vars("b", "a [m]"), 4000), Y: threeMeasured(4000, 1)}
}

// Interpolated intervals against the closed form.
func TestIntervals(t *testing.T) {
	ys := threeMeasured(20_000, 2)
	ys.Row(5)[0] = 30 // nothing like the training data
	for _, post := range []inn.Posterior{curved{}, curvedAll{}} {
		v, err := Intervals(post, curvedPairs(), ys, "a", &IntervalSettings{Knots: 2000, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		if v.Var.Label() != "a [m]" || v.Knots != 2000 || v.Draws != 256 {
			t.Errorf("of %s, %d knots, %d draws", v.Var.Label(), v.Knots, v.Draws)
		}
		var squares [3]float64
		var far, n float64
		for i := range ys.Len() {
			if v.Far[i] {
				far++
				continue
			}
			mean, sd := curved{}.at(ys.Row(i))
			one := sd * 0.994458 // the normal distribution's 84 % quantile
			for c, d := range []float64{v.Low[i] - (mean - one), v.Median[i] - mean, v.High[i] - (mean + one)} {
				squares[c] += d * d
			}
			n++
			if !(v.Low[i] <= v.Median[i] && v.Median[i] <= v.High[i]) {
				t.Fatalf("measurement %d has the interval %g, %g, %g", i, v.Low[i], v.Median[i], v.High[i])
			}
		}
		// A median of 256 draws is uncertain by sd √(π/2)/16 = 0.08 sd, 0.026 on average.
		for c, s := range squares {
			if e := math.Sqrt(s / n); e > 0.03 {
				t.Errorf("%s: quantile %d is off by %.4f (root mean square)", post, c, e)
			}
		}
		if v.Error < 0.01 || v.Error > 0.05 {
			t.Errorf("the error of interpolation is given as %.4f", v.Error)
		}
		if !v.Far[5] || far/20_000 > 0.003 {
			t.Errorf("%.0f measurements are far; is the one that is: %v", far, v.Far[5])
		}
	}
}

// Few measurements are each asked for: their own quantiles.
func TestIntervalsWithoutKnots(t *testing.T) {
	ys := threeMeasured(60, 4)
	v, err := Intervals(curved{}, curvedPairs(), ys, "a", &IntervalSettings{Draws: 2000})
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range ys.Len() {
		mean, sd := curved{}.at(ys.Row(i))
		worst = max(worst, math.Abs(v.Median[i]-mean)/sd, math.Abs(v.High[i]-v.Low[i]-2*0.994458*sd)/sd)
	}
	if worst > 0.15 || v.Error != 0 || v.Knots != 60 {
		t.Errorf("off by %.3f standard deviations, error %g, %d knots", worst, v.Error, v.Knots)
	}
	if !strings.Contains(v.String(), "a [m]") || !strings.Contains(v.HTML(), "<table>") {
		t.Errorf("shown as %s", v)
	}
}

// Masked pixels are left out of what is asked, interpolated and shown, and counted.
func TestIntervalsOfMissing(t *testing.T) {
	ys := threeMeasured(1000, 4)
	for i := 0; i < 1000; i += 100 {
		ys.Row(i)[i/100%3] = []float64{math.NaN(), math.Inf(1)}[i/100%2]
	}
	for _, knots := range []int{300, 2000} {
		v, err := Intervals(curved{}, curvedPairs(), ys, "a", &IntervalSettings{Knots: knots})
		if err != nil {
			t.Fatal(err)
		}
		for i := range ys.Len() {
			if missing := i%100 == 0; math.IsNaN(v.Median[i]) != missing || math.IsNaN(v.Low[i]) != missing || math.IsNaN(v.High[i]) != missing || missing && v.Far[i] {
				t.Fatalf("measurement %d has the interval %g, %g, %g", i, v.Low[i], v.Median[i], v.High[i])
			}
		}
		if text := v.String(); strings.Contains(text, "NaN") || !strings.Contains(text, "of 990 measurements") || !strings.Contains(text, "; 10 more are missing") || strings.Contains(text, "interpolated") != (knots == 300) {
			t.Errorf("%s", text)
		}
	}
}

func TestIntervalsDoNotDependOnWorkers(t *testing.T) {
	ask := func() *IntervalTable {
		v, err := Intervals(curved{}, curvedPairs(), threeMeasured(9000, 2), "a", &IntervalSettings{Knots: 500})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	many := ask()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if one := ask(); !slices.Equal(many.Median, one.Median) || !slices.Equal(many.Low, one.Low) || many.Error != one.Error {
		t.Error("the intervals depend on the number of workers")
	}
}

func TestIntervalsOfOneMeasurement(t *testing.T) {
	ys := threeMeasured(1, 2)
	for len(ys.Data) < 3*3000 { // an image of one colour
		ys.Data = append(ys.Data, ys.Data[:3]...)
	}
	v, err := Intervals(curved{}, curvedPairs(), ys, "a", &IntervalSettings{Knots: 100})
	if err != nil {
		t.Fatal(err)
	}
	mean, sd := curved{}.at(ys.Row(0))
	if math.Abs(v.Median[77]-mean) > 0.1*sd || v.Median[77] != v.Median[78] {
		t.Errorf("the median is %g, want %g", v.Median[77], mean)
	}
}

func TestIntervalsErrors(t *testing.T) {
	pairs, ys := curvedPairs(), threeMeasured(300, 2)
	for _, c := range []struct {
		post  inn.Posterior
		ys    *inn.Samples
		param string
		set   IntervalSettings
		want  string
	}{
		{nil, ys, "a", IntervalSettings{}, "posterior is nil"},
		{curved{}, ys, "c", IntervalSettings{}, `no variable "c"`},
		{curved{}, ys, "a", IntervalSettings{Draws: 10}, "10 draws"},
		{curved{}, ys, "a", IntervalSettings{Knots: 10}, "10 knots"},
		{curved{}, pairs.X, "a", IntervalSettings{}, "the measurements are of"},
		{curved{}, &inn.Samples{Vars: ys.Vars, Data: []float64{1, 2, math.NaN()}}, "a", IntervalSettings{}, "none whose values are all finite"},
		{curved{}, &inn.Samples{Vars: ys.Vars, Data: []float64{1, 2}}, "a", IntervalSettings{}, "do not fill rows"},
	} {
		if _, err := Intervals(c.post, pairs, c.ys, c.param, &c.set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one about %q", err, c.want)
		}
	}
	stop := errors.New("enough")
	defer progress.Observe(func(progress.Report) error { return stop })()
	if _, err := Intervals(curved{}, pairs, ys, "a", nil); !errors.Is(err, stop) {
		t.Errorf("stopped with error %v", err)
	}
}

// The tree's neighbours against all distances sorted.
func TestBoxes(t *testing.T) {
	rng := inn.RNG(9, 0)
	for _, n := range []int{1, 7, 9, 500} {
		places := make([]float64, 3*n)
		for i := range places {
			places[i] = math.Round(20 * rng.Float64()) // with points at equal places
		}
		tree := newBoxes(slices.Clone(places), 3)
		for range 50 {
			y := []float64{20 * rng.Float64(), 20 * rng.Float64(), 20 * rng.Float64()}
			var want []float64
			for i := range n {
				want = append(want, squaredDistance(y, places[3*i:3*i+3]))
			}
			slices.Sort(want)
			var near neighbourhood
			near.find(tree, y, min(n, nearKnots))
			for k, f := range near.found {
				i := tree.number[f.at]
				if f.distance2 != want[k] || squaredDistance(y, places[3*i:3*i+3]) != want[k] {
					t.Fatalf("neighbour %d of %d points is %g away, want %g", k, n, math.Sqrt(f.distance2), math.Sqrt(want[k]))
				}
			}
			if len(near.found) != min(n, nearKnots) {
				t.Fatalf("%d neighbours among %d points", len(near.found), n)
			}
		}
	}
}
