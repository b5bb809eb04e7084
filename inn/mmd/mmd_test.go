package mmd

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// similarity is a kernel by its formula.
func similarity(k Kernel, u, v []float32) float64 {
	d2, roots := 0.0, 0.0
	for c := range u {
		d := float64(u[c]) - float64(v[c])
		d2 += d * d
		roots += math.Sqrt(math.Abs(d))
	}
	sum := 0.0
	for _, h := range k.Widths {
		switch k.Family {
		case FamilyInverseMultiquadratic:
			sum += 1 / (1 + d2/(h*h))
		case FamilyExponential:
			sum += math.Exp(-math.Sqrt(d2) / h)
		}
	}
	if k.Family == FamilyPower {
		sum = -math.Sqrt(roots)
	}
	return sum
}

// exact is the definition as a double loop in float64.
func exact(k Kernel, unbiased bool, a, b, y tensor.Mat, gamma float64) float64 {
	mean := func(u, v tensor.Mat) float64 {
		sum, n := 0.0, float64(u.Rows*v.Rows)
		if unbiased {
			n -= float64(u.Rows)
		}
		for i := range u.Rows {
			for j := range v.Rows {
				if unbiased && i == j {
					continue
				}
				d2 := 0.0
				for c := range y.Cols {
					d := float64(y.Row(i)[c]) - float64(y.Row(j)[c])
					d2 += d * d
				}
				sum += math.Exp(-gamma*d2) * similarity(k, u.Row(i), v.Row(j))
			}
		}
		return sum / n
	}
	return mean(a, a) + mean(b, b) - 2*mean(a, b)
}

func normal(r *rand.Rand, rows, cols int, shift float64) tensor.Mat {
	m := tensor.New(rows, cols)
	for i := range m.Data {
		m.Data[i] = float32(shift + r.NormFloat64())
	}
	return m
}

var kernels = []Kernel{
	InverseMultiquadratic(1), InverseMultiquadratic(0.2, 1, 3),
	Exponential(7.1), Exponential(0.5, 2),
	Power(),
}

func TestAgainstTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, d = 23, 5
	for _, k := range kernels {
		for _, unbiased := range []bool{false, true} {
			for _, gamma := range []float64{0, 0.3} {
				a, b, y := normal(r, n, d, 0), normal(r, n, d, 0.5), normal(r, n, 2, 0)
				e := New(k, n, unbiased)
				e.Prepare(a, b)
				if gamma > 0 {
					e.Weigh(y, gamma)
				}
				s := NewScratch(10, n, d)
				grad := tensor.New(n, d)
				got := 0.0
				for lo := 0; lo < n; lo += 10 {
					hi := min(lo+10, n)
					got += e.Rows(s, lo, hi, grad.Slice(lo, hi, 0, d))
				}
				if want := exact(k, unbiased, a, b, y, gamma); math.Abs(got-want) > 1e-5 {
					t.Errorf("%v, unbiased %v, γ %v: MMD² %v, want %v", k, unbiased, gamma, got, want)
				}
				for i := range a.Data {
					const h = 1e-3
					if k.Family == FamilyPower && nearest(a, b, i) < 20*h {
						continue // close to where the derivative has a pole
					}
					old := a.Data[i]
					a.Data[i] = old + h
					up := exact(k, unbiased, a, b, y, gamma)
					a.Data[i] = old - h
					down := exact(k, unbiased, a, b, y, gamma)
					a.Data[i] = old
					want := (up - down) / (2 * h)
					if math.Abs(float64(grad.Data[i])-want) > 2e-5+1e-2*math.Abs(want) {
						t.Errorf("%v, unbiased %v, γ %v: gradient %d is %v, want %v", k, unbiased, gamma, i, grad.Data[i], want)
					}
				}
			}
		}
	}
}

// nearest is how near the closest other value in its column is to value i of a.
func nearest(a, b tensor.Mat, i int) float64 {
	least := math.Inf(1)
	for j := i % a.Cols; j < len(a.Data); j += a.Cols {
		if j != i {
			least = min(least, math.Abs(float64(a.Data[i]-a.Data[j])))
		}
		least = min(least, math.Abs(float64(a.Data[i]-b.Data[j])))
	}
	return least
}

func TestSameSetsHaveNoDistance(t *testing.T) {
	a := normal(rand.New(rand.NewPCG(5, 6)), 40, 3, 0)
	for _, k := range kernels {
		e := New(k, 40, false)
		e.Prepare(a, a)
		grad := tensor.New(40, 3)
		if got := e.Rows(NewScratch(40, 40, 3), 0, 40, grad); math.Abs(got) > 1e-6 {
			t.Errorf("%v: MMD² of a set with itself is %v", k, got)
		}
		for i, g := range grad.Data {
			if g != g || math.Abs(float64(g)) > 1e-4 {
				t.Fatalf("%v: gradient %d is %v where the two sets are the same", k, i, g)
			}
		}
	}
}

// TestTheUnbiasedEstimateHasMeanZero draws two sets of one distribution many
// times, in pairs that share a centre, as two draws for the same measurement do.
func TestTheUnbiasedEstimateHasMeanZero(t *testing.T) {
	const n, d, draws = 20, 2, 400
	r := rand.New(rand.NewPCG(7, 8))
	for _, k := range kernels {
		var sum, squared [2]float64
		for range draws {
			a, b := normal(r, n, d, 0), normal(r, n, d, 0)
			for i := range n {
				centre := float32(2 * r.NormFloat64())
				a.Row(i)[0] += centre
				b.Row(i)[0] += centre
			}
			for i, unbiased := range []bool{false, true} {
				e := New(k, n, unbiased)
				e.Prepare(a, b)
				v := e.Rows(NewScratch(n, n, d), 0, n, tensor.New(n, d))
				sum[i] += v / draws
				squared[i] += v * v / draws
			}
		}
		for i, name := range []string{"biased", "unbiased"} {
			sigmas := sum[i] / math.Sqrt((squared[i]-sum[i]*sum[i])/draws)
			if zero := math.Abs(sigmas) < 4; zero != (i == 1) {
				t.Errorf("%v, %s: the mean is %v, %.1f standard errors from zero", k, name, sum[i], sigmas)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for _, k := range kernels {
		if err := k.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		k    Kernel
		want string
	}{
		{Kernel{}, `the kernel's family is ""`},
		{InverseMultiquadratic(), "has no width"},
		{Exponential(1, -1), "a kernel width is -1"},
		{InverseMultiquadratic(math.NaN()), "a kernel width is NaN"},
		{Kernel{FamilyPower, []float64{1}}, "a power kernel has no width"},
	} {
		if err := c.k.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.k, err, c.want)
		}
	}
}
