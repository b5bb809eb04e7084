package method

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// repeated is the linear problem with each of its measurements seen six times, without noise.
var repeated = inn.Problem{
	Name: "repeated", X: linear.X, Y: inn.Vars("u1", "v1", "u2", "v2", "u3", "v3", "u4", "v4", "u5", "v5", "u6", "v6"),
	Prior: linear.Prior,
	Simulate: func(_ *rand.Rand, x []float64) []float64 {
		y := make([]float64, 12)
		for i := range y {
			for j, v := range x {
				y[i] += linearA.At(i%2, j) * v
			}
		}
		return y
	},
	Concurrent: true,
}

// Twelve measurements with a noise of √6 times the linear problem's tell as much as its
// two: so a network of their two components has the linear problem's posterior.
func TestComponentsKeepThePosterior(t *testing.T) {
	pairs := pairsOf(t, repeated, 5000)
	c, err := NewComponents(pairs.Y, 2)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(c.Share-1) > 1e-9 {
		t.Errorf("two components hold %g of what is a function of two", c.Share)
	}
	short, err := c.Pairs(pairs)
	if err != nil {
		t.Fatal(err)
	}
	set := quickCINN(inn.Affine, 1000)
	set.Noise = []float64{linearNoise * math.Sqrt(6)}
	m, err := TrainCINN(short, set)
	if err != nil {
		t.Fatal(err)
	}
	testLinear(t, sixfold{c.Undo(m)}, 8000, 0.1, 0.12)
}

// sixfold asks a posterior of the repeated problem about the linear one.
type sixfold struct{ inn.Posterior }

func (s sixfold) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	var six []float64
	for range 6 {
		six = append(six, y...)
	}
	return s.Posterior.Sample(six, n, seed)
}

// All components together are a rotation: distances, and so noise, stay as they are. They do not
// covary, and come in the order of their variance.
func TestComponentsRotate(t *testing.T) {
	pairs := pairsOf(t, linear, 500)
	c, err := NewComponents(pairs.Y, 2)
	if err != nil {
		t.Fatal(err)
	}
	short, err := c.Pairs(pairs)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		a, b := pairs.Y.Row(i), pairs.Y.Row(i+100)
		p, q := short.Y.Row(i), short.Y.Row(i+100)
		if want, got := math.Hypot(a[0]-b[0], a[1]-b[1]), math.Hypot(p[0]-q[0], p[1]-q[1]); math.Abs(got-want) > 1e-9 {
			t.Fatalf("distance %g, want %g", got, want)
		}
	}
	one, two := column(short.Y, 0), column(short.Y, 1)
	if r := stat.Correlation(one, two, nil); math.Abs(r) > 1e-9 || stat.Variance(one, nil) < stat.Variance(two, nil) {
		t.Errorf("correlation %g, variances %g and %g", r, stat.Variance(one, nil), stat.Variance(two, nil))
	}
}

func TestBadComponents(t *testing.T) {
	pairs := pairsOf(t, linear, 400)
	c, err := NewComponents(pairs.Y, 1)
	if err != nil {
		t.Fatal(err)
	}
	for want, ask := range map[string]func() error{
		"asked for 3 principal components, want 1 to 2": func() error { _, err := NewComponents(pairs.Y, 3); return err },
		"at least two measurements":                     func() error { _, err := NewComponents(nil, 1); return err },
		"do not vary":                                   func() error { _, err := NewComponents(inn.NewSamples(linear.Y, 9), 1); return err },
		"not those of the principal components":         func() error { _, err := c.Pairs(&inn.Pairs{X: pairs.X, Y: pairs.X}); return err },
		"y has 3 values, want 2: u, v":                  func() error { _, err := c.Undo(nil).Sample(make([]float64, 3), 1, 1); return err },
	} {
		if err := ask(); err == nil || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
