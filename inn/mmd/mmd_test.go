package mmd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// exact is the definition as a double loop in float64.
func exact(widths []float64, a, b tensor.Mat) float64 {
	mean := func(u, v tensor.Mat) float64 {
		sum := 0.0
		for i := range u.Rows {
			for j := range v.Rows {
				d2 := 0.0
				for c := range u.Cols {
					d := float64(u.Row(i)[c]) - float64(v.Row(j)[c])
					d2 += d * d
				}
				for _, h := range widths {
					sum += 1 / (1 + d2/(h*h))
				}
			}
		}
		return sum / float64(u.Rows*v.Rows)
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

func TestAgainstTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, d = 23, 5
	for _, widths := range [][]float64{{1}, {0.2, 1, 3}} {
		a, b := normal(r, n, d, 0), normal(r, n, d, 0.5)
		e := New(InverseMultiquadratic(widths), n)
		e.Prepare(a, b)
		s := NewScratch(10, n, d)
		grad := tensor.New(n, d)
		got := 0.0
		for lo := 0; lo < n; lo += 10 {
			hi := min(lo+10, n)
			got += e.Rows(s, lo, hi, grad.Slice(lo, hi, 0, d))
		}
		if want := exact(widths, a, b); math.Abs(got-want) > 1e-5 {
			t.Errorf("widths %v: MMD² %v, want %v", widths, got, want)
		}
		for i := range a.Data {
			const h = 1e-2
			old := a.Data[i]
			a.Data[i] = old + h
			up := exact(widths, a, b)
			a.Data[i] = old - h
			down := exact(widths, a, b)
			a.Data[i] = old
			if want := (up - down) / (2 * h); math.Abs(float64(grad.Data[i])-want) > 2e-5+1e-2*math.Abs(want) {
				t.Errorf("widths %v: gradient %d is %v, want %v", widths, i, grad.Data[i], want)
			}
		}
	}
}

func TestSameSetsHaveNoDistance(t *testing.T) {
	a := normal(rand.New(rand.NewPCG(5, 6)), 40, 3, 0)
	e := New(InverseMultiquadratic{1}, 40)
	e.Prepare(a, a)
	grad := tensor.New(40, 3)
	if got := e.Rows(NewScratch(40, 40, 3), 0, 40, grad); math.Abs(got) > 1e-6 {
		t.Errorf("MMD² of a set with itself is %v", got)
	}
}
