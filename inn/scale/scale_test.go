package scale

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

func drawn(n int, draw func(rng *rand.Rand) float64) []float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, n)
	for i := range values {
		values[i] = draw(rng)
	}
	return values
}

// What networks learn well as it is stays straight.
func TestShortTailsAreNotBent(t *testing.T) {
	for name, draw := range map[string]func(rng *rand.Rand) float64{
		"normal":      func(rng *rand.Rand) float64 { return 1e6 + rng.NormFloat64() },
		"uniform":     func(rng *rand.Rand) float64 { return rng.Float64() },
		"exponential": func(rng *rand.Rand) float64 { return rng.ExpFloat64() },
		"rare label":  func(rng *rand.Rand) float64 { return math.Floor(rng.Float64() + 0.005) },
	} {
		values := drawn(20_000, draw)
		c, err := Of(values)
		mean, sd := stat.MeanStdDev(values, nil)
		if err != nil || c.Width != 0 || c.Mean != mean || c.SD != sd {
			t.Errorf("%s: %+v, want mean %v and deviation %v", name, c, mean, sd)
		}
	}
}

// Values over decades, on one side or both, come out nearly normal.
func TestLongTailsAreBent(t *testing.T) {
	for name, draw := range map[string]func(rng *rand.Rand) float64{
		"log-normal":         func(rng *rand.Rand) float64 { return math.Exp(3 * rng.NormFloat64()) },
		"negative":           func(rng *rand.Rand) float64 { return -math.Exp(2 * rng.NormFloat64()) },
		"beyond an offset":   func(rng *rand.Rand) float64 { return 1000 + math.Exp(2*rng.NormFloat64()) },
		"Student's t with 2": func(rng *rand.Rand) float64 { return 5 + distuv.StudentsT{Sigma: 1, Nu: 2, Src: rng}.Rand() },
	} {
		values := drawn(30_000, draw)
		c, err := Of(values)
		if err != nil || c.Width == 0 {
			t.Errorf("%s: %+v is not bent", name, c)
		}
		u := make([]float64, len(values))
		for i, v := range values {
			u[i] = c.Apply(v)
			if back := c.Undo(u[i]); math.Abs(back-v) > 1e-9*math.Abs(v)+1e-9*c.Width {
				t.Fatalf("%s: %v comes back as %v", name, v, back)
			}
		}
		if mean, sd := stat.MeanStdDev(u, nil); math.Abs(mean) > 1e-9 || math.Abs(sd-1) > 1e-9 {
			t.Errorf("%s: mean %v and deviation %v, want 0 and 1", name, mean, sd)
		}
		if skew, kurtosis := stat.Skew(u, nil), stat.ExKurtosis(u, nil); math.Abs(skew) > 0.5 || math.Abs(kurtosis) > 1 {
			t.Errorf("%s: skew %.2f and excess kurtosis %.2f, want about 0", name, skew, kurtosis)
		}
	}
}

func TestLogSlopeIsThatOfUndo(t *testing.T) {
	for _, c := range []Column{{Mean: 3, SD: 2}, {Mean: 3, SD: 2, At: -1, Width: 0.1}} {
		for _, v := range []float64{-7, -1, 0, 40} {
			u, h := c.Apply(v), 1e-5
			slope := (c.Undo(u+h) - c.Undo(u-h)) / (2 * h)
			if got := c.LogSlope(v); math.Abs(got-math.Log(slope)) > 1e-6 {
				t.Errorf("%+v at %v: ln dv/du is %v, finite differences say %v", c, v, got, math.Log(slope))
			}
		}
	}
}

func TestConstantValuesHaveNoScale(t *testing.T) {
	for _, v := range []float64{0, 7, 1e300} {
		if c, err := Of([]float64{v, v, v}); err == nil || !strings.Contains(err.Error(), "in every pair") {
			t.Errorf("three times %v: %+v, %v", v, c, err)
		}
	}
}

// What varies, but less than float64 can tell, is not to be called constant either.
func TestValuesTooCloseHaveNoScale(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{[]float64{1e15, 1e15 + 1, 1e15 + 2}, "from 1e+15 to 1.000000000000002e+15, too little to be told from rounding"},
		{[]float64{-1e-200, 0, 1e-200}, "from -1e-200 to 1e-200, too little for a mean square"},
		{[]float64{3}, "has 1 values"},
		{nil, "has 0 values"},
	} {
		if got, err := Of(c.values); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %+v, %v", c.values, got, err)
		}
	}
}

// The mean square of such values is infinite, which is not to be called constant.
func TestValuesBeyondTheirSquaresHaveNoScale(t *testing.T) {
	if c, err := Of([]float64{-1e300, 0, 1e300}); err == nil || !strings.Contains(err.Error(), "from -1e+300 to 1e+300") {
		t.Errorf("%+v, %v", c, err)
	}
}

// Far out the distance is infinite, or in two correlated directions not a number.
func TestTheWarningHasANumberOrNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([][]float32, 1000)
	for i := range rows {
		v := float32(rng.NormFloat64())
		rows[i] = []float32{v, v + 0.1*float32(rng.NormFloat64())}
	}
	f, err := NewFence(len(rows), 2, func(i int) []float32 { return rows[i] })
	if err != nil {
		t.Fatal(err)
	}
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		y    []float32
		want string
	}{
		{[]float32{1, 1}, ""},
		{[]float32{30, -30}, "times as far"},
		{[]float32{inf, 0}, "beyond what float32 can hold"},
		{[]float32{inf, inf}, "beyond what float32 can hold"},
	} {
		got := f.Warn(c.y)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Contains(got, "Inf") || strings.Contains(got, "NaN") {
			t.Errorf("%v: %q, want %q", c.y, got, c.want)
		}
	}
}

func TestCheckRefusesWhatIsNoScale(t *testing.T) {
	for _, c := range []Column{{}, {SD: -1}, {SD: math.NaN()}, {SD: 1, Width: -1}, {SD: 1, At: math.Inf(1)}} {
		if c.Check() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if err := (Column{SD: 1, Width: 2}).Check(); err != nil {
		t.Error(err)
	}
}

// bent are measurements along a parabola, in float32 and normalised by halves.
func bent(rng *rand.Rand) []float32 {
	x := rng.NormFloat64()
	return []float32{float32(x + 0.1*rng.NormFloat64()), float32((x*x - 1 + 0.1*rng.NormFloat64()) / 1.5)}
}

// TestMeasurementsThatNoneIsNear: what lies within the fence, but away from all training data, is warned of, and
// hardly ever what is of the same distribution, in few dimensions or in many, with long tails and of few kinds.
func TestMeasurementsThatNoneIsNear(t *testing.T) {
	f, err := NewFence(5000, 2, func(i int) []float32 { return bent(rand.New(rand.NewPCG(1, uint64(i)))) })
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range [][]float32{{3, -0.6}, {0.3, 1.5}, {-2.5, 0}} {
		if got := f.Warn(y); !strings.Contains(got, "No training data are near") || strings.Contains(got, "Inf") {
			t.Errorf("beside the parabola, at %v: %q", y, got)
		}
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var again Fence
	if err := json.Unmarshal(text, &again); err != nil || again.Check(2) != nil || again.Warn([]float32{3, -0.6}) != f.Warn([]float32{3, -0.6}) {
		t.Errorf("from a file: %v, %v, %q", err, again.Check(2), again.Warn([]float32{3, -0.6}))
	}
	normal := func(m int) func(rng *rand.Rand) []float32 {
		return func(rng *rand.Rand) []float32 {
			y := make([]float32, m)
			for j := range y {
				y[j] = float32(rng.NormFloat64())
			}
			return y
		}
	}
	for name, draw := range map[string]func(rng *rand.Rand) []float32{
		"parabola": bent, "normal, 1": normal(1), "normal, 2": normal(2), "normal, 30": normal(30), "normal, 200": normal(200),
		"uniform":     func(rng *rand.Rand) []float32 { return []float32{rng.Float32(), rng.Float32()} },
		"exponential": func(rng *rand.Rand) []float32 { return []float32{float32(rng.ExpFloat64()), float32(rng.ExpFloat64())} },
		"labels":      func(rng *rand.Rand) []float32 { return []float32{float32(rng.IntN(4)), float32(rng.IntN(2))} },
		"two hills": func(rng *rand.Rand) []float32 {
			return []float32{float32(5*math.Floor(1.05*rng.Float64()) + 0.1*rng.NormFloat64())}
		},
		"Student's t with 4": func(rng *rand.Rand) []float32 {
			return []float32{float32(distuv.StudentsT{Sigma: 1, Nu: 4, Src: rng}.Rand())}
		},
	} {
		for _, n := range []int{200, 5000} {
			f, err := NewFence(n, len(draw(rand.New(rand.NewPCG(1, 1)))), func(i int) []float32 { return draw(rand.New(rand.NewPCG(2, uint64(i)))) })
			if err != nil {
				t.Fatal(err)
			}
			warned := 0
			const times = 1000
			for i := range uint64(times) {
				if strings.Contains(f.Warn(draw(rand.New(rand.NewPCG(3, i)))), "No training data") {
					warned++
				}
			}
			if warned > times*3/1000 {
				t.Errorf("%s, %d training data: %d of %d measurements of the same distribution are warned of", name, n, warned, times)
			}
		}
	}
}
