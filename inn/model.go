package inn

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Model is a trained INN. It is a Posterior, and safe for use by several
// goroutines.
type Model struct {
	shape    shape
	settings Settings
	x, y     *scaling
	fence    *fence
	net      layer.Sequence
	weights  []float32
}

func newModel(s shape, o *Settings, x, y *scaling) *Model {
	m := &Model{shape: s, settings: *o, x: x, y: y, net: newNet(s, o)}
	m.weights = make([]float32, m.net.Params())
	m.net.Init(m.weights, RNG(o.Seed, streamWeights))
	return m
}

// String says what the model is, in a word: "INN".
func (m *Model) String() string { return "INN" }

// Params is the number of trained parameters.
func (m *Model) Params() int { return len(m.weights) }

// sampleRows is how many draws one task makes. Task i has a random stream of
// its own, so that the draws do not depend on the number of processors.
const sampleRows = 256

// Sample draws n parameter vectors x = f⁻¹(y, z), z ~ N(0, 1), from the
// posterior p(x | y) that the network has learned (equation 1). For a y that is
// unlike all training data the draws have a Warning.
func (m *Model) Sample(y []float64, n int, seed uint64) (*Samples, error) {
	yn, err := m.measurement(y)
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("inn: asked for %d draws, want at least 1", n)
	}
	draws := NewSamples(m.x.Vars, n)
	draws.Warning = m.fence.warn(yn)
	task := progress.Start("sampling", n)
	defer task.End()
	zLo, zHi := m.shape.z()
	err = m.chunks(n, func(pass layer.Pass, rows tensor.Mat, lo int) error {
		fill(rows, zLo, zHi, 1, RNG(seed, uint64(lo)))
		for i := range rows.Rows {
			clear(rows.Row(i)[:zLo])
			copy(rows.Row(i), yn)
		}
		pass.Inverse(m.weights, rows, nil)
		for i := range rows.Rows {
			m.x.undo(draws.Row(lo+i), rows.Row(i))
		}
		return task.Advance(rows.Rows, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("inn: sampling stopped: %w", err)
	}
	return draws, nil
}

// Forward runs the network forwards: the predicted measurement y = f_y(x) and
// the latent values z = f_z(x) (equation 2).
func (m *Model) Forward(x []float64) (y, z []float64, err error) {
	if err := vector("x", x, m.x.Vars); err != nil {
		return nil, nil, err
	}
	row := tensor.New(1, m.shape.N)
	m.x.apply(row.Data, x)
	m.net.NewPass(1).Forward(m.weights, row, nil)
	y = make([]float64, m.shape.M)
	m.y.undo(y, row.Data)
	zLo, zHi := m.shape.z()
	for _, v := range row.Data[zLo:zHi] {
		z = append(z, float64(v))
	}
	return y, z, nil
}

// measurement checks a y and normalises it.
func (m *Model) measurement(y []float64) ([]float32, error) {
	if err := vector("y", y, m.y.Vars); err != nil {
		return nil, err
	}
	yn := make([]float32, len(y))
	m.y.apply(yn, y)
	return yn, nil
}

// vector checks a vector against its variables.
func vector(what string, v []float64, vars []Var) error {
	if len(v) != len(vars) {
		return fmt.Errorf("inn: %s has %d values, want %d: %s", what, len(v), len(vars), names(vars))
	}
	for i, e := range v {
		if math.IsNaN(e) || math.IsInf(e, 0) {
			return fmt.Errorf("inn: %s has %s = %v", what, vars[i].Name, e)
		}
	}
	return nil
}

// chunks calls f for rows lo, lo+1, ... of n in chunks of sampleRows, on all
// processors, and returns the first error.
func (m *Model) chunks(n int, f func(pass layer.Pass, rows tensor.Mat, lo int) error) error {
	var (
		wg    sync.WaitGroup
		next  atomic.Int64
		fail  atomic.Pointer[error]
		tasks = (n + sampleRows - 1) / sampleRows
	)
	for range min(runtime.GOMAXPROCS(0), tasks) {
		wg.Go(func() {
			pass, rows := m.net.NewPass(min(n, sampleRows)), tensor.New(min(n, sampleRows), m.shape.N)
			for fail.Load() == nil {
				lo := (int(next.Add(1)) - 1) * sampleRows
				if lo >= n {
					return
				}
				if err := f(pass, rows.Slice(0, min(sampleRows, n-lo), 0, m.shape.N), lo); err != nil {
					fail.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := fail.Load(); err != nil {
		return *err
	}
	return nil
}
