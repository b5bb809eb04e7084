package metric

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func normals(n int) []float64 {
	rng := rand.New(rand.NewPCG(4, 4))
	v := make([]float64, n)
	for i := range v {
		v[i] = 10 + 2*rng.NormFloat64()
	}
	return v
}

// TestKDEDefinition: the estimate is the mean of the kernels.
func TestKDEDefinition(t *testing.T) {
	values := []float64{3, 1, 4, 1, 5}
	d, err := KDE(values, &DensitySettings{Bandwidth: 0.7})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []float64{-2, 0.3, 1, 3.3, 9} {
		var want float64
		for _, v := range values {
			want += math.Exp(-(x-v)*(x-v)/(2*0.49)) / math.Sqrt(2*math.Pi*0.49) / 5
		}
		near(t, "density", d.At(x), want, 1e-13)
	}
}

// TestKDEOfNormals: smoothing N(10, 2²) with h gives N(10, 2² + h²), and
// Silverman's rule gives 0.9 · 2 · n^(-1/5).
func TestKDEOfNormals(t *testing.T) {
	const n = 20000
	d, err := KDE(normals(n), nil)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "bandwidth", d.Bandwidth, 0.9*2*math.Pow(n, -0.2), 0.01)
	v := 4 + d.Bandwidth*d.Bandwidth
	for _, x := range []float64{4, 8, 10, 13} {
		near(t, "density", d.At(x), math.Exp(-(x-10)*(x-10)/(2*v))/math.Sqrt(2*math.Pi*v), 0.006)
	}
}

// TestKDEWalls: with walls a uniform density keeps its height up to them and
// its mass is one; a tenth of the values that lies beyond stays there.
func TestKDEWalls(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	values := make([]float64, 20000)
	for i := range values {
		values[i] = 2 + rng.Float64()
	}
	for i := range 2000 {
		values[i] = 3 + 0.5*rng.Float64()
	}
	d, err := KDE(values, &DensitySettings{Low: 2, High: 3, Bandwidth: 0.03})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []float64{2, 2.01, 2.5, 2.99, 3} {
		near(t, "density", d.At(x), 0.9, 0.06)
	}
	if p := d.At(1.999); p != 0 {
		t.Errorf("density %v below the wall", p)
	}
	near(t, "density", d.At(3.001), 0.2, 0.04)
	var mass float64
	for x := 1.5; x < 4; x += 1e-4 {
		mass += d.At(x) * 1e-4
	}
	near(t, "mass", mass, 1, 1e-3)
}

func TestKDEErrors(t *testing.T) {
	for want, f := range map[string]func() error{
		"at least 2 values":    func() error { _, err := KDE([]float64{1}, nil); return err },
		"a constant has no":    func() error { _, err := KDE([]float64{2, 2, 2}, nil); return err },
		"value 1 is NaN":       func() error { _, err := KDE([]float64{2, math.NaN()}, nil); return err },
		"positive bandwidth":   func() error { _, err := KDE([]float64{1, 2}, &DensitySettings{Bandwidth: -1}); return err },
		"Low < High":           func() error { _, err := KDE([]float64{1, 2}, &DensitySettings{Low: 3, High: 1}); return err },
		"no values":            func() error { _, err := Quantile(nil, 0.5); return err },
		"between 0 and 1, not": func() error { _, err := Quantile([]float64{1}, 1.5); return err },
		"a share between":      func() error { _, _, err := Interval([]float64{1}, 1); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestQuantile: definition 7 by hand, from 1 1 2 3 4 5 6 9.
func TestQuantile(t *testing.T) {
	values := []float64{3, 1, 4, 1, 5, 9, 2, 6}
	for p, want := range map[float64]float64{0: 1, 0.1: 1, 0.16: 1.12, 0.5: 3.5, 0.84: 5.88, 0.9: 6.9, 1: 9} {
		got, err := Quantile(values, p)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "quantile", got, want, 1e-12)
	}
	if values[0] != 3 {
		t.Error("Quantile sorted its argument")
	}
}

// A density at many places at once is the density at each: with walls and without,
// for places closer and wider apart than the kernel is broad, and beyond the values.
func TestEvenIsAt(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 300)
	for i := range values {
		values[i] = rng.ExpFloat64() - 0.2
	}
	for _, set := range []*DensitySettings{nil, {Low: 0, High: 2}, {Bandwidth: 0.001}, {Bandwidth: 30, Low: -1, High: 40}} {
		d, err := KDE(values, set)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 7, 160, 5000} {
			const low, high = -3.0, 9.0
			all := d.Even(low, high, n)
			if len(all) != n+1 {
				t.Fatalf("%d places, want %d", len(all), n+1)
			}
			most := slices.Max(all)
			for k, got := range all {
				x := low + (high-low)/float64(n)*float64(k)
				if want := d.At(x); !(math.Abs(got-want) <= 1e-12*max(most, want)) {
					t.Fatalf("with %+v at %v of %d places it is %v, want %v", set, x, n, got, want)
				}
			}
		}
	}
}

// Of two narrow hills far apart the estimate has the hills, as wide as they are but for
// the kernel.
func TestKDEOfTwoHills(t *testing.T) {
	const n = 2000
	rng := rand.New(rand.NewPCG(4, 4))
	for _, sd := range []float64{0.05, 0.01, 1e-3} {
		values := make([]float64, n)
		for i := range values {
			values[i] = 0.2 + sd*rng.NormFloat64()
			if i%10 < 7 {
				values[i] += 0.6
			}
		}
		d, err := KDE(values, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d.Bandwidth > 0.5*sd {
			t.Errorf("hills of %v: bandwidth %v", sd, d.Bandwidth)
		}
		near(t, "density on the lower hill, of the right one", d.At(0.2)*math.Sqrt(2*math.Pi)*sd/0.3, 1, 0.12)
	}
}

// What has one hill keeps Silverman's bandwidth, or most of it.
func TestKDEOfOneHill(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, c := range []struct {
		name  string
		draw  func() float64
		n     int
		least float64
	}{
		{"normal", rng.NormFloat64, 1000, 1},
		{"few", rng.NormFloat64, 30, 0.5},
		{"uniform", rng.Float64, 1000, 1},
		{"exponential", rng.ExpFloat64, 1000, 0.5},
		{"Student's t, 2", func() float64 { return rng.NormFloat64() / math.Sqrt(rng.ExpFloat64()) }, 1000, 0.9},
		{"four values alike", func() float64 { return float64(rng.IntN(4)) }, 1000, 1},
	} {
		v := make([]float64, c.n)
		for i := range v {
			v[i] = c.draw()
		}
		d, err := KDE(v, nil)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(v)
		rule := 0.9 * min(stat.StdDev(v, nil), (quantile(v, 0.75)-quantile(v, 0.25))/1.34) * math.Pow(float64(c.n), -0.2)
		if q := d.Bandwidth / rule; q > 1.0001 || q < 0.999*c.least {
			t.Errorf("%s: %.3f of Silverman's bandwidth, want %v to 1", c.name, q, c.least)
		}
	}
}
