package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A Task is a problem whose posterior is known.
type Task struct {
	Name    string
	Problem inn.Problem
	Exact   Reference
}

// A Reference makes n draws of the exact posterior of y. It is a Posterior, so
// that its calibration can be tested.
type Reference func(y []float64, n int, rng *rand.Rand) ([][]float64, error)

// reference is a Reference with names for what it draws.
type reference struct {
	vars []inn.Var
	draw Reference
}

func (r reference) String() string { return "exact" }

func (r reference) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	rows, err := r.draw(y, n, inn.RNG(seed, 0))
	if err != nil {
		return nil, err
	}
	s := inn.NewSamples(r.vars, n)
	for i, row := range rows {
		copy(s.Row(i), row)
	}
	return s, nil
}

func (t Task) reference() inn.Posterior { return reference{t.Problem.X, t.Exact} }

// tasks are those of the sbi benchmark (Lueckmann et al. 2021), with names as
// there, and others that ask for what those do not: one parameter and a hundred,
// counts, heavy tails, walls, and scales over many decades.
func tasks() []Task {
	return []Task{
		twoMoons(), gaussianMixture(), gaussianLinear(), gaussianLinearUniform(), slcp(), bernoulliGLM(), sir(), lotkaVolterra(),
		linear(1, 1), linear(10, 3), linear(50, 50), linear(100, 100), linear(100, 20),
		counts(), heavyTails(), decades(), banana(), walls(),
	}
}

// problem makes a problem of d parameters and m measurements, without state.
func problem(name string, d, m int, prior inn.Prior, simulate func(rng *rand.Rand, x []float64) []float64) inn.Problem {
	return inn.Problem{Name: name, X: numbered("x", d), Y: numbered("y", m), Prior: prior, Simulate: simulate, Concurrent: true}
}

func numbered(name string, n int) []inn.Var {
	vars := make([]inn.Var, n)
	for i := range vars {
		vars[i].Name = fmt.Sprint(name, i+1)
	}
	return vars
}

// rejecting makes n draws of those that draw offers: it returns nil for one that
// is not accepted.
func rejecting(n int, draw func() []float64) ([][]float64, error) {
	const most = 50_000_000
	rows := make([][]float64, 0, n)
	for range most {
		if len(rows) == n {
			return rows, nil
		}
		if x := draw(); x != nil {
			rows = append(rows, x)
		}
	}
	return nil, fmt.Errorf("tasks: only %d of %d draws in %d tries", len(rows), n, most)
}

// inside says whether all values are within ±bound.
func inside(x []float64, bound float64) bool {
	for _, v := range x {
		if !(math.Abs(v) <= bound) {
			return false
		}
	}
	return true
}

// same is n times a value.
func same(v float64, n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = v
	}
	return s
}
