package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

var _ inn.Posterior = KinematicsExact{}

// Equations 13 and 14 of the paper, and the sums of turns of the authors' code,
// written out.
func TestKinematicsForward(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		x := Kinematics(nil).Prior(rng)
		a := [3]float64{x[1], x[2] - x[1], x[3] - x[1] - x[2]}
		b := [3]float64{x[1], x[1] + x[2], x[1] + x[2] + x[3]}
		sin := func(a [3]float64) float64 {
			return x[0] + 0.5*math.Sin(a[0]) + 0.5*math.Sin(a[1]) + math.Sin(a[2])
		}
		cos := func(a [3]float64) float64 { return 0.5*math.Cos(a[0]) + 0.5*math.Cos(a[1]) + math.Cos(a[2]) }
		for _, c := range []struct {
			set  *KinematicsSettings
			want [2]float64
		}{{nil, [2]float64{sin(a), cos(a)}}, {&KinematicsSettings{Cumulative: true}, [2]float64{cos(b), sin(b)}}} {
			y, err := Kinematics(c.set).Run(rng, x)
			if err != nil {
				t.Fatal(err)
			}
			points, err := KinematicsJoints(x, c.set)
			if err != nil {
				t.Fatal(err)
			}
			for j, want := range c.want {
				if math.Abs(y[j]-want) > 1e-12 {
					t.Errorf("%+v: y(%v) = %v, want %v", c.set, x, y, c.want)
				}
				if points[3][j] != y[j] {
					t.Errorf("%+v: the arm ends at %v, y is %v", c.set, points[3], y)
				}
			}
			for i, l := range []float64{0.5, 0.5, 1} {
				got := math.Hypot(points[i+1][0]-points[i][0], points[i+1][1]-points[i][1])
				if math.Abs(got-l) > 1e-12 {
					t.Errorf("segment %d is %g long, want %g", i, got, l)
				}
			}
		}
	}
	for _, a := range []*arm{&paperArm, &cumulativeArm} {
		v := [3]float64{1, 20, 300}
		if got := times(&a.back, times(&a.turn, v)); got != v {
			t.Errorf("%s: there and back, %v is %v", a.name, v, got)
		}
	}
}

// forms are both forms of the arm.
var forms = []KinematicsSettings{{}, {Cumulative: true}}

// TestKinematicsExactAgainstRejection: draws of the prior whose end comes
// within 0.02 of y have the same marginals and the same correlations as the
// exact draws, and the same mean of log |∇h|, the slope on which the density on
// the surface depends. All may differ by five standard errors.
func TestKinematicsExactAgainstRejection(t *testing.T) {
	const simulations, tolerance, exact = 3_000_000, 0.02, 20_000
	for _, form := range forms {
		a := armOf(&form)
		targets := [][2]float64{{0, 1.8}, {0.3, 1.9}, {0.8, 1.2}} // along the rail, away from it
		near := make([][][]float64, len(targets))
		rng := rand.New(rand.NewPCG(5, 5))
		x := make([]float64, 4)
		for range simulations {
			x[0] = railSD * rng.NormFloat64()
			for i := 1; i < 4; i++ {
				x[i] = turnSD * rng.NormFloat64()
			}
			end := a.joints(x)[3]
			for i, target := range targets {
				if math.Hypot(end[a.along]-target[0], end[1-a.along]-target[1]) < tolerance {
					near[i] = append(near[i], slices.Clone(x))
				}
			}
		}
		for i, target := range targets {
			y := make([]float64, 2)
			y[a.along], y[1-a.along] = target[0], target[1]
			s, err := KinematicsExact(form).Sample(y, exact, 1)
			if err != nil {
				t.Fatal(err)
			}
			n := len(near[i])
			if n < 90 {
				t.Fatalf("%s, y = %v: only %d draws by rejection", a.name, y, n)
			}
			se := math.Sqrt(1/float64(n) + 1.0/exact)
			var byRejection, drawn [4][]float64
			for j, v := range s.Vars {
				drawn[j], _ = s.Col(v.Name)
				for _, x := range near[i] {
					byRejection[j] = append(byRejection[j], x[j])
				}
			}
			var slopes, slopesNear []float64
			for i := range exact {
				slopes = append(slopes, slope(a, s.Row(i)))
			}
			for _, x := range near[i] {
				slopesNear = append(slopesNear, slope(a, x))
			}
			mean, sd := stat.MeanStdDev(slopesNear, nil)
			if got := stat.Mean(slopes, nil); math.Abs(got-mean) > 5*sd*se {
				t.Errorf("%s, y = %v: mean log slope is %.4f, by rejection %.4f ± %.4f", a.name, y, got, mean, sd*se)
			}
			for j := range 4 {
				for k := range j {
					got, want := stat.Correlation(drawn[j], drawn[k], nil), stat.Correlation(byRejection[j], byRejection[k], nil)
					if math.Abs(got-want) > 5*se {
						t.Errorf("%s, y = %v: correlation of x%d and x%d is %.3f, by rejection %.3f", a.name, y, k+1, j+1, got, want)
					}
				}
			}
			for j := range 4 {
				slices.Sort(drawn[j])
				slices.Sort(byRejection[j])
				// Twice the largest deviation of two distribution functions, in
				// standard errors, exceeds 2.3 once in 20,000 times.
				if ks := stat.KolmogorovSmirnov(drawn[j], nil, byRejection[j], nil); ks > 2.3*se {
					t.Errorf("%s, y = %v: the distribution of x%d is off by %.4f, more than %.4f (%d draws by rejection)", a.name, y, j+1, ks, 2.3*se, n)
				}
			}
		}
	}
}

// slope is log |∇h| at pose x.
func slope(a *arm, x []float64) float64 {
	square := 0.0
	for i, d := range times(&a.turn, [3]float64(x[1:])) {
		square += segments[i] * segments[i] * math.Sin(d) * math.Sin(d)
	}
	return math.Log(square) / 2
}

// TestKinematicsExactAgainstQuadrature: means over the posterior are integrals over
// x2 and x3 with the weight N(x1) N(x4) / |sin a3|, where x4 and x1 follow from y.
// They tell the density on the surface to a thousandth: the sampler solves for any
// direction, the integral always for the last. Five standard errors.
func TestKinematicsExactAgainstQuadrature(t *testing.T) {
	const exact, steps, reach = 60_000, 1200, 2.6 // reach of x2 and x3 in the integral
	for _, form := range forms {
		a := armOf(&form)
		y := make([]float64, 2)
		y[a.along], y[1-a.along] = 0.3, 1.6
		s, err := KinematicsExact(form).Sample(y, exact, 1)
		if err != nil {
			t.Fatal(err)
		}
		quantities := map[string]func(x []float64) float64{
			"log slope": func(x []float64) float64 { return slope(a, x) },
			"x1":        func(x []float64) float64 { return x[0] },
			"x4":        func(x []float64) float64 { return x[3] },
			"|x3|":      func(x []float64) float64 { return math.Abs(x[2]) },
		}
		want, total := map[string]float64{}, 0.0
		rng := rand.New(rand.NewPCG(6, 6)) // a random place in each cell, for the pole
		x := make([]float64, 4)
		for i := range steps {
			for j := range steps {
				x[1] = reach * (2*(float64(i)+rng.Float64())/steps - 1)
				x[2] = reach * (2*(float64(j)+rng.Float64())/steps - 1)
				x[3] = 0
				d := times(&a.turn, [3]float64(x[1:]))
				c := y[1-a.along] - 0.5*math.Cos(d[0]) - 0.5*math.Cos(d[1])
				if math.Abs(c) >= 1 {
					continue
				}
				for _, last := range [2]float64{math.Acos(c), -math.Acos(c)} {
					x[0] = y[a.along] - 0.5*math.Sin(d[0]) - 0.5*math.Sin(d[1]) - math.Sin(last)
					x[3] = last - d[2] // the last direction turns by x4 in both forms
					w := math.Exp(-8*x[0]*x[0]-2*(x[1]*x[1]+x[2]*x[2]+x[3]*x[3])) / math.Abs(math.Sin(last))
					total += w
					for name, q := range quantities {
						want[name] += w * q(x)
					}
				}
			}
		}
		for name, q := range quantities {
			values := make([]float64, exact)
			for i := range values {
				values[i] = q(s.Row(i))
			}
			mean, sd := stat.MeanStdDev(values, nil)
			if se := sd / math.Sqrt(exact); math.Abs(mean-want[name]/total) > 5*se {
				t.Errorf("%s: the mean of %s is %.5f, by quadrature %.5f, %.1f standard errors off", a.name, name, mean, want[name]/total, math.Abs(mean-want[name]/total)/se)
			}
		}
	}
}

// TestKinematicsExactRanks: over y of the prior, the rank of the truth among
// exact draws is uniform (Cook, Gelman and Rubin 2006), with no tolerance: that
// of each x and of each |x|, which sees what the symmetry of the arm hides. The mean of
// n ranks and that of their squares may be off by five standard errors.
func TestKinematicsExactRanks(t *testing.T) {
	const tests, draws = 600, 19
	for _, form := range forms {
		a := armOf(&form)
		quantities := func(x []float64) []float64 {
			q := slices.Clone(x)
			for _, v := range x {
				q = append(q, math.Abs(v))
			}
			return q
		}
		pairs, err := Kinematics(&form).Pairs(tests, 3)
		if err != nil {
			t.Fatal(err)
		}
		var mean, square [8]float64
		for i := range tests {
			s, err := KinematicsExact(form).Sample(pairs.Y.Row(i), draws, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			var rank [8]float64
			truth := quantities(pairs.X.Row(i))
			for k := range draws {
				end, want := a.joints(s.Row(k))[3], pairs.Y.Row(i)
				if math.Hypot(end[0]-want[0], end[1]-want[1]) > 1e-9 {
					t.Fatalf("a draw for y = %v ends at %v", want, end)
				}
				for m, v := range quantities(s.Row(k)) {
					if v < truth[m] {
						rank[m]++
					}
				}
			}
			for m, r := range rank {
				u := (r + 0.5) / (draws + 1)
				mean[m] += u / tests
				square[m] += (u - 0.5) * (u - 0.5) / tests
			}
		}
		for m := range mean {
			// Ranks on 20 values have variance 1/12 (1 - 1/400), squares 1/180.
			if d := math.Abs(mean[m]-0.5) * math.Sqrt(12*tests); d > 5 {
				t.Errorf("%s: mean rank of quantity %d is %.4f, %.1f standard errors from 1/2", a.name, m, mean[m], d)
			}
			if d := math.Abs(square[m]-(1-1.0/400)/12) * math.Sqrt(180*tests); d > 5 {
				t.Errorf("%s: variance of the rank of quantity %d is %.4f, %.1f standard errors from 1/12", a.name, m, square[m], d)
			}
		}
	}
}

func TestKinematicsErrors(t *testing.T) {
	for want, y := range map[string][]float64{
		"2 coordinates":           {1},
		"the arm's end is at":     {math.NaN(), 1},
		"its y2 is 2.5":           {0, 2.5},
		"no pose reaches":         {0, 2},
		"is too unlikely for exa": {0, 1.9999999},
	} {
		if _, err := (KinematicsExact{}).Sample(y, 10, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("y = %v: error %v, want one with %q", y, err, want)
		}
	}
	if _, err := (KinematicsExact{}).Sample([]float64{0, 1.5}, 0, 1); err == nil || !strings.Contains(err.Error(), "asked for 0 draws") {
		t.Errorf("no draws: error %v", err)
	}
	if _, err := KinematicsJoints([]float64{1}, nil); err == nil {
		t.Error("a pose of one value has joints")
	}
}

func TestKinematicsSameSeedSameDraws(t *testing.T) {
	draw := func(seed uint64) []float64 {
		s, err := KinematicsExact{}.Sample([]float64{0, 1.5}, 50, seed)
		if err != nil {
			t.Fatal(err)
		}
		return s.Data
	}
	if !slices.Equal(draw(1), draw(1)) {
		t.Error("the same seed gives other draws")
	}
	if slices.Equal(draw(1), draw(2)) {
		t.Error("two seeds give the same draws")
	}
}

func BenchmarkKinematicsExact(b *testing.B) {
	for name, y := range map[string][]float64{"likely": {0, 1.7}, "bent": {0, 1}, "far": {1.5, 1.2}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := (KinematicsExact{}).Sample(y, 4096, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
