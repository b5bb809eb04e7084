package session

import (
	"math"
	"math/rand/v2"
)

// The benchmark's functions: compiled as they stand here, and from the next
// line on also a cell, interpreted and native.

func forward(_ *rand.Rand, x []float64) []float64 {
	a := [3]float64{x[1], x[2] - x[1], x[3] - x[1] - x[2]}
	l := [3]float64{0.5, 0.5, 1}
	y := []float64{x[0], 0}
	for i, d := range a {
		y[0] += l[i] * math.Sin(d)
		y[1] += l[i] * math.Cos(d)
	}
	return y
}

type point struct{ x, y float64 }

func (p point) sum() float64 { return p.x + p.y }

func half(v float64) float64 { return v / 2 }

func floatLoop(n int) (s float64) {
	for i := 0; i < n; i++ {
		s = s*0.5 + 1
	}
	return s
}

func sliceSum(n int) (s float64) {
	v := make([]float64, 1000)
	for i := 0; i < n; i++ {
		s += v[i%1000]
	}
	return s
}

func sines(n int) (s float64) {
	for i := 0; i < n; i++ {
		s += math.Sin(float64(i))
	}
	return s
}

func functionCalls(n int) (s float64) {
	for i := 0; i < n; i++ {
		s += half(s)
	}
	return s
}

func closureCalls(n int) (s float64) {
	add := func(v float64) { s += v }
	for i := 0; i < n; i++ {
		add(1)
	}
	return s
}

func methodCalls(n int) (s float64) {
	p := point{1, 2}
	for i := 0; i < n; i++ {
		s += p.sum()
	}
	return s
}

func mapSets(n int) (s float64) {
	m := map[int]float64{}
	for i := 0; i < n; i++ {
		m[i%100] += 1
	}
	return float64(len(m))
}
