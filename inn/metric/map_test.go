package metric

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// mixed are n draws around two centres in d dimensions: with probability w around
// the first, of standard deviation s1, else around the second, of s2.
func mixed(n, d int, w, s1, s2 float64, centre1, centre2 float64) *inn.Samples {
	rng := rand.New(rand.NewPCG(7, 7))
	s := inn.NewSamples(inn.Vars([]string{"a", "b", "c", "d", "e"}[:d]...), n)
	for i := range n {
		centre, sd := centre1, s1
		if rng.Float64() >= w {
			centre, sd = centre2, s2
		}
		for j := range d {
			s.Row(i)[j] = centre + sd*rng.NormFloat64()
		}
	}
	return s
}

// outlying moves the first draw far out.
func outlying(s *inn.Samples, to float64) *inn.Samples {
	for j := range s.Vars {
		s.Row(0)[j] = to
	}
	return s
}

// TestMAP: the mode with the highest density wins, be it the one with fewer draws;
// the estimate is near its centre.
func TestMAP(t *testing.T) {
	one := func(d int) []float64 { return slices.Repeat([]float64{1}, d) }
	for _, c := range []struct {
		name   string
		draws  *inn.Samples
		scale  []float64
		centre float64
		tol    float64 // in each dimension
	}{
		{"one mode", mixed(2000, 2, 1, 0.5, 0, 3, 0), one(2), 3, 0.2},
		{"70 and 30 %", mixed(2000, 2, 0.7, 0.3, 0.3, -2, 2), one(2), -2, 0.15},
		{"30 % but narrow: density 0.3/0.15² against 0.7/0.6²", mixed(2000, 2, 0.7, 0.6, 0.15, -2, 2), one(2), 2, 0.1},
		{"five dimensions", mixed(2000, 5, 0.7, 0.3, 0.3, -1, 1), one(5), -1, 0.3},
		{"an outlier in five dimensions", outlying(mixed(300, 5, 1, 1, 0, 0, 0), 6), one(5), 0, 1.2},
		{"one dimension", mixed(500, 1, 1, 1, 0, 0, 0), one(1), 0, 0.4},
		{"in other units", mixed(2000, 2, 0.7, 300, 300, -2000, 2000), []float64{1000, 1000}, -2000, 150},
	} {
		got, err := MAP(c.draws, &MAPSettings{Scale: c.scale})
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range got {
			if math.Abs(v-c.centre) > c.tol {
				t.Errorf("%s: MAP is %.3v, want %v in every dimension (%d)", c.name, got, c.centre, j)
			}
		}
		again, err := MAP(c.draws, &MAPSettings{Scale: c.scale})
		if err != nil || !slices.Equal(got, again) {
			t.Errorf("%s: MAP again is %v, not %v; error %v", c.name, again, got, err)
		}
	}
}

// TestMAPOfManyParameters: of 13 parameters, of which all but one are hardly known, the one is
// estimated as well as its mean would be, and not as a draw.
func TestMAPOfManyParameters(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	square := 0.0
	const times, known = 20, 0.1
	for range times {
		draws := inn.NewSamples(make([]inn.Var, 13), 1000)
		for i := range draws.Data {
			draws.Data[i] = rng.NormFloat64()
			if i%13 == 0 {
				draws.Data[i] *= known
			}
		}
		got, err := MAP(draws, &MAPSettings{Scale: slices.Repeat([]float64{1}, 13)})
		if err != nil {
			t.Fatal(err)
		}
		square += got[0] * got[0] / times
	}
	if off := math.Sqrt(square); off > 0.3*known {
		t.Errorf("a parameter with standard deviation %v is off by %.3f, want a tenth or two of that", known, off)
	}
}

// TestMAPOfCurves: the mean over the bandwidth lies beside a posterior that is bent, the MAP on it; and
// a posterior of whole numbers has one of them.
func TestMAPOfCurves(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	arc, wholes := inn.NewSamples(inn.Vars("a", "b"), 2000), inn.NewSamples(inn.Vars("a", "b"), 2000)
	for i := range arc.Len() {
		angle, radius := 0.8*rng.NormFloat64(), 1+0.01*rng.NormFloat64()
		arc.Row(i)[0], arc.Row(i)[1] = radius*math.Cos(angle), radius*math.Sin(angle)
		wholes.Row(i)[0], wholes.Row(i)[1] = math.Round(3+rng.NormFloat64()), math.Round(5+rng.NormFloat64())
	}
	got, err := MAP(arc, &MAPSettings{Scale: []float64{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if r := math.Hypot(got[0], got[1]); math.Abs(r-1) > 0.01 || math.Abs(got[1]) > 0.4 {
		t.Errorf("the MAP of an arc of radius 1 around (1, 0) is %.3v, of radius %.3f", got, r)
	}
	got, err = MAP(wholes, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(got[0]-3) > 1e-9 || math.Abs(got[1]-5) > 1e-9 {
		t.Errorf("the MAP of whole numbers is %v, want [3 5]", got)
	}
}

// TestMeanShift: a shift is the mean of the points within the radius, and all
// starts end on the two centres, or on an outlier, which does not count.
func TestMeanShift(t *testing.T) {
	rows := [][]float64{{0}, {1}, {1}, {2}, {10}, {11}, {12}, {30}}
	got := []float64{0}
	for at, want := range map[float64]float64{-1: 2. / 3, 0: 1, 10: 11, 3.5: 2, 20: 20} {
		shift(rows, []float64{at}, got, 2)
		near(t, "shift", got[0], want, 1e-12)
	}
	centres := newCloud(rows).centres(2, 10)
	if len(centres) != 2 {
		t.Fatalf("centres %v, want 1 and 11", centres)
	}
	near(t, "first centre", centres[0][0], 1, 1e-6) // it has more points
	near(t, "second centre", centres[1][0], 11, 1e-6)
}

// TestBandwidth: of 0, 1, .. 9 the nearest 30 % are three points, the
// farthest of them at distance 1, and at 2 for both ends.
func TestBandwidth(t *testing.T) {
	var rows [][]float64
	for i := range 10 {
		rows = append(rows, []float64{1000 + float64(i)})
	}
	near(t, "bandwidth", newCloud(rows).bandwidth(), (8*1+2*2)/10., 1e-3)
}

// TestMAPFarModes: float32 cannot tell the points of a mode apart that is farther from
// the median than 10 million of its widths. Both modes are found, and the narrower one
// wins, whether the median is in it or in the other and whatever else is far away.
func TestMAPFarModes(t *testing.T) {
	for _, far := range []float64{1e4, 1e7, 1e9, 1e12} {
		for _, share := range []float64{0.4, 0.6} {
			for _, sides := range [][2]float64{{0, 1}, {1, 0}, {-1, 1}, {1, -1}} {
				draws := mixed(1000, 2, share, 0.3, 1, sides[0]*far, sides[1]*far)
				got, err := MAP(outlying(draws, 1e90), &MAPSettings{Scale: []float64{1, 1}, Bandwidth: 1})
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range got {
					if math.Abs(v-sides[0]*far) > 0.3 {
						t.Errorf("modes at %v·%v, %v of the draws around the first: MAP is %v, want one near the first", sides, far, share, got)
					}
				}
			}
		}
	}
}

// TestNearest: the tree finds the neighbours that sorting finds, also among equal
// points.
func TestNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	rows := make([][]float64, 300)
	for i := range rows {
		rows[i] = []float64{float64(rng.IntN(8)), rng.Float64(), float64(rng.IntN(3))}
	}
	tree := newTree(rows)
	for range 50 {
		x := []float64{8 * rng.Float64(), rng.Float64(), 3 * rng.Float64()}
		var all []float64
		for _, r := range rows {
			all = append(all, squaredDistance(r, x))
		}
		slices.Sort(all)
		var got []float64
		for _, n := range nearest(tree, x, 17) {
			got = append(got, n.Dist)
		}
		slices.Sort(got)
		if !slices.Equal(got, all[:17]) {
			t.Fatalf("the 17 nearest are at %v, want %v", got, all[:17])
		}
	}
	if n := len(nearest(tree, rows[0], 1000)); n != 300 {
		t.Errorf("of 300 points the 1000 nearest are %d", n)
	}
}

func TestMAPErrors(t *testing.T) {
	draws := mixed(100, 2, 1, 1, 0, 0, 0)
	nan := mixed(100, 2, 1, 1, 0, 0, 0)
	nan.Data[3] = math.NaN()
	for _, c := range []struct {
		draws *inn.Samples
		set   *MAPSettings
		want  string
	}{
		{nil, nil, "wants draws"},
		{mixed(5, 2, 1, 1, 0, 0, 0), nil, "at least 10 draws, not 5"},
		{nan, nil, "row 1 has b = NaN"},
		{draws, &MAPSettings{Scale: []float64{1}}, "Scale has 1 values"},
		{draws, &MAPSettings{Scale: []float64{1, 0}}, "the unit of b is 0"},
		{draws, &MAPSettings{Bandwidth: -1}, "positive Kernel"},
	} {
		if _, err := MAP(c.draws, c.set); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "metric: ") {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	constant := inn.NewSamples(inn.Vars("a"), 20)
	if got, err := MAP(constant, nil); err != nil || got[0] != 0 {
		t.Errorf("MAP of a constant is %v, error %v", got, err)
	}
}

func BenchmarkMAP(b *testing.B) {
	for _, c := range []struct {
		name string
		n, d int
	}{{"1000x4", 1000, 4}, {"4096x4", 4096, 4}, {"1000x13", 1000, 13}, {"4096x13", 4096, 13}} {
		b.Run(c.name, func(b *testing.B) {
			s := inn.NewSamples(make([]inn.Var, c.d), c.n)
			rng := rand.New(rand.NewPCG(1, 1))
			for i := range s.Data {
				s.Data[i] = rng.NormFloat64()
			}
			for b.Loop() {
				if _, err := MAP(s, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestSmallest against sorting, with many equal values.
func TestSmallest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		v := make([]float64, 1+rng.IntN(40))
		for i := range v {
			v[i] = float64(rng.IntN(20))
		}
		sorted := slices.Sorted(slices.Values(v))
		k := 1 + rng.IntN(len(v))
		if got := smallest(v, k); got != sorted[k-1] {
			t.Fatalf("number %d of %v is %v, not %v", k, sorted, got, sorted[k-1])
		}
	}
}
