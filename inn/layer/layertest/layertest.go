// Package layertest holds an invertible layer to its contract, whoever wrote it:
// its values, log-determinants and gradients are judged by finite differences.
package layertest

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// Test checks a layer that takes rows of the given width, at random parameters:
//
//   - Inverse undoes Forward, and Forward undoes Inverse;
//   - logdet is what the numerical Jacobian has, with opposite signs in the two
//     directions, is added to what stood there, and may be nil;
//   - the gradients of the rows and of the parameters, of values and of logdet, in
//     both directions, are those of finite differences, and are added up;
//   - rows do not know of each other, and a pass takes fewer rows than it has
//     room for;
//   - a pass with packed parameters and a Scratch, which takes any number of rows,
//     gives the same;
//   - Tensors tells what all Params are, each under a name of its own;
//   - Start, if the layer is a layer.Starter, leaves all that as it is.
//
// The error names everything that is wrong; nil means that the layer may join.
// Tolerances are those of float32. One logdet in six, and a twentieth of the
// gradients, may be another: the kink of a ReLU or the knot of a spline lies within
// some of the differences.
func Test(l layer.Layer, width int) error {
	c := &check{layer: l, width: width, rng: rand.New(rand.NewPCG(1, 2))}
	w := make([]float32, l.Params())
	l.Init(w, c.rng)
	for i := range w { // away from the start, where much is 0 or cancels out
		w[i] += float32(0.3 * c.rng.NormFloat64())
	}
	x := c.rows(6)
	c.tensors()
	c.run(w, x)
	if s, ok := l.(layer.Starter); ok {
		s.Start(w, clone(x))
		c.run(w, x)
	}
	return errors.Join(c.wrong...)
}

// A check collects what is wrong.
type check struct {
	layer layer.Layer
	width int
	rng   *rand.Rand
	wrong []error
}

func (c *check) errorf(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Errorf("layertest: "+format, args...))
}

// near reports a value that is not as wanted.
func (c *check) near(what string, got, want, tol float64) {
	if !near(got, want, tol) {
		c.errorf("%s is %v, want %v", what, got, want)
	}
}

func (c *check) rows(n int) tensor.Mat {
	x := tensor.New(n, c.width)
	for i := range x.Data {
		x.Data[i] = float32(c.rng.NormFloat64())
	}
	return x
}

// tensors checks that the names are different and the sizes add up.
func (c *check) tensors() {
	n, seen := 0, map[string]bool{}
	for _, t := range c.layer.Tensors() {
		if t.Name == "" || seen[t.Name] {
			c.errorf("Tensors has the name %q twice, or it is empty", t.Name)
		}
		seen[t.Name] = true
		if t.Places == nil {
			n += t.Len()
		} else if len(t.Places) != t.Len() {
			c.errorf("Tensors: %s has %d places and the shape %v", t.Name, len(t.Places), t.Shape)
		}
	}
	if n != c.layer.Params() {
		c.errorf("Tensors has %d values, but Params is %d", n, c.layer.Params())
	}
}

// A direction is one of the two ways through a layer.
type direction struct {
	name string
	run  func(w []float32, x tensor.Mat, logdet []float32)
	back func(w, g []float32, dx tensor.Mat, dlogdet float32)
}

// apply leaves x as it is.
func (d direction) apply(w []float32, x tensor.Mat) (tensor.Mat, []float32) {
	y, logdet := clone(x), make([]float32, x.Rows)
	d.run(w, y, logdet)
	return y, logdet
}

func (c *check) run(w []float32, x tensor.Mat) {
	pass := c.layer.NewPass(x.Rows+1, nil, nil) // room for more rows than come
	forward := direction{"Forward", pass.Forward, pass.BackForward}
	inverse := direction{"Inverse", pass.Inverse, pass.BackInverse}
	y, _ := forward.apply(w, x)
	c.way(w, x, forward, inverse)
	c.way(w, y, inverse, forward)
	c.oneWay(w, x, pass)
}

// oneWay compares a pass that shares its room with one that does not, for more rows
// than go through a network at a time.
func (c *check) oneWay(w []float32, x tensor.Mat, pass layer.Pass) {
	many := tensor.New(40*x.Rows, x.Cols)
	for i := range many.Rows {
		copy(many.Row(i), x.Row(i%x.Rows))
	}
	shared := c.layer.NewPass(many.Rows, layer.Pack(c.layer, w, false), &layer.Scratch{})
	for _, way := range []struct {
		name         string
		shared, kept func(w []float32, x tensor.Mat, logdet []float32)
	}{{"Forward", shared.Forward, pass.Forward}, {"Inverse", shared.Inverse, pass.Inverse}} {
		want, wantLog := clone(x), make([]float32, x.Rows)
		way.kept(w, want, wantLog)
		for range 2 { // the second time, the room is as the first left it
			got, gotLog := clone(many), make([]float32, many.Rows)
			way.shared(w, got, gotLog)
			for i := range many.Rows {
				k := i % x.Rows
				c.near("logdet of "+way.name+" with a Scratch", float64(gotLog[i]), float64(wantLog[k]), 1e-6)
				for j, v := range got.Row(i) {
					c.near(way.name+" with a Scratch", float64(v), float64(want.Row(k)[j]), 1e-6)
				}
			}
		}
	}
}

// way checks one direction at rows x.
func (c *check) way(w []float32, x tensor.Mat, there, back direction) {
	y, logdet := there.apply(w, x)
	again, minus := back.apply(w, y)
	for i, v := range x.Data {
		c.near(there.name+" and back", float64(again.Data[i]), float64(v), 3e-4)
	}
	alone := func(i int) tensor.Mat { return clone(x.Slice(i, i+1, 0, c.width)) }
	wrong, numerical := 0, 0.0
	for i, ld := range logdet {
		c.near("logdet of "+back.name, float64(minus[i]), -float64(ld), 1e-4)
		row, added := alone(i), []float32{3}
		there.run(w, row, added)
		c.near("logdet of "+there.name+", added to 3,", float64(added[0]), 3+float64(ld), 1e-5)
		row = alone(i)
		there.run(w, row, nil)
		for j, v := range row.Data {
			c.near(there.name+" of a row alone", float64(v), float64(y.Row(i)[j]), 1e-5)
		}
		want := LogDet(x.Row(i), func(u tensor.Mat) tensor.Mat { v, _ := there.apply(w, u); return v })
		if !near(float64(ld), want, 5e-3) {
			wrong++
			numerical = want - float64(ld)
		}
	}
	if wrong > len(logdet)/5 {
		c.errorf("logdet of %s is not that of the numerical Jacobian in %d of %d rows: it should be %v more", there.name, wrong, len(logdet), numerical)
	}
	if err := Gradients(w, x, there.apply, there.back); err != nil {
		c.errorf("%s: %w", there.name, err)
	}
}

func clone(x tensor.Mat) tensor.Mat {
	y := tensor.New(x.Rows, x.Cols)
	for i := range x.Rows {
		copy(y.Row(i), x.Row(i))
	}
	return y
}
