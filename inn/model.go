package inn

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn/coverage"
	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/scale"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Model is a trained INN. It is a Posterior, and safe for use by several
// goroutines.
type Model struct {
	shape    shape
	settings Settings
	x, y     *scaling
	fence    *scale.Fence
	covered  *coverage.Coverage
	net      layer.Sequence
	weights  []float32

	pack   sync.Once // makes packed from the weights, which stay
	packed *layer.Packed
	idle   sync.Pool // of *rowsPass
}

// A rowsPass takes sampleRows rows through the network one way; its room is zero
// at first.
type rowsPass struct {
	pass layer.Pass
	room tensor.Mat
}

func newModel(s shape, o *Settings, x, y *scaling) *Model {
	m := &Model{shape: s, settings: *o, x: x, y: y, net: newNet(s, o)}
	m.weights = make([]float32, m.net.Params())
	m.net.Init(m.weights, RNG(o.Seed, streamWeights))
	return m
}

// String says what the model is, in a word: "INN".
func (m *Model) String() string { return "INN" }

// Measured are the measurements that it is given.
func (m *Model) Measured() []Var { return slices.Clone(m.y.Vars) }

// Params is the number of trained parameters.
func (m *Model) Params() int { return len(m.weights) }

// sampleRows is how many draws one task makes. Task i has a random stream of
// its own, so that the draws do not depend on the number of processors.
const sampleRows = 256

// maxValues is the most values that a call returns: 16 GiB of them.
const maxValues = 1 << 31

// Sample draws n parameter vectors x = f⁻¹(y, z), z ~ N(0, 1), from the
// posterior p(x | y) that the network has learned (equation 1); of a network trained by
// WeightLikelihood with the noise of a measurement, Settings.Noise, they are
// x = f⁻¹(y + σ ε, z). For a y that is unlike all training data, and where
// the network fails on its own training data, the draws have a Warning. Stream makes the same draws
// piece by piece, and SampleAll those of many measurements.
func (m *Model) Sample(y []float64, n int, seed uint64) (*Samples, error) {
	yn, err := m.measurement(y)
	if err != nil {
		return nil, err
	}
	if err := m.checkDraws(n); err != nil {
		return nil, err
	}
	draws := NewSamples(m.x.Vars, n)
	draws.Warning = m.warning(yn)
	task := progress.Start("sampling", n)
	defer task.End()
	if err := m.draw(draws, 0, seed, func(int) []float32 { return yn }, task); err != nil {
		return nil, err
	}
	return draws, nil
}

// draw makes draws number from and following of a seed, a multiple of sampleRows,
// each for the normalised measurement that y gives for its number.
func (m *Model) draw(draws *Samples, from int, seed uint64, y func(i int) []float32, task *progress.Task) error {
	n := draws.Len()
	zLo, zHi := m.shape.z()
	var noise []float64 // that is part of the density that the network was trained for
	if m.settings.WeightLikelihood > 0 && m.settings.Noise != nil {
		noise = m.noise()
	}
	return m.parallel((n+sampleRows-1)/sampleRows, func(pass layer.Pass, room tensor.Mat, i int) error {
		lo := i * sampleRows
		rows := room.Slice(0, min(sampleRows, n-lo), 0, m.shape.N)
		rng := RNG(seed, uint64(from+lo))
		fill(rows, zLo, zHi, 1, rng)
		for i := range rows.Rows {
			row := rows.Row(i)
			clear(row[:zLo])
			copy(row, y(from+lo+i))
			for j, sd := range noise {
				row[j] += float32(sd * rng.NormFloat64())
			}
		}
		pass.Inverse(m.weights, rows, nil)
		for i := range rows.Rows {
			draw := draws.Row(lo + i)
			m.x.undo(draw, rows.Row(i))
			for j, v := range draw {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return fmt.Errorf("inn: a draw of %s is %v: y lies too far from the training pairs, or training failed", m.x.Vars[j].Name, v)
				}
			}
		}
		if err := task.Advance(rows.Rows, nil); err != nil {
			return fmt.Errorf("inn: sampling stopped: %w", err)
		}
		return nil
	})
}

// noise are the standard deviations of the noise of the normalised y in training.
func (m *Model) noise() []float64 {
	if m.settings.Noise == nil {
		return slices.Repeat([]float64{m.settings.NoiseY}, m.shape.M)
	}
	noise := slices.Clone(spread(m.settings.Noise, m.shape.M))
	for j := range noise {
		noise[j] /= m.y.Columns[j].SD
	}
	return noise
}

func (m *Model) checkDraws(n int) error {
	if most := maxValues / m.shape.D; n < 1 || n > most {
		return fmt.Errorf("inn: asked for %d draws, want 1 to %d; Stream gives any number", n, most)
	}
	return nil
}

// Forward runs the network forwards: the predicted measurement y = f_y(x) and
// the latent values z = f_z(x) (equation 2).
func (m *Model) Forward(x []float64) (y, z []float64, err error) {
	if err := vector("x", x, m.x.Vars); err != nil {
		return nil, nil, err
	}
	ys, zs, err := m.ForwardAll(&Samples{Vars: m.x.Vars, Data: x})
	if err != nil {
		return nil, nil, err
	}
	return ys.Data, zs.Data, nil
}

// ForwardAll is Forward for a row of each result for every row of xs, on all
// processors. The latent values are called z1, z2, ...
func (m *Model) ForwardAll(xs *Samples) (ys, zs *Samples, err error) {
	if err := table("x", xs, m.x.Vars); err != nil {
		return nil, nil, err
	}
	var latent []Var
	for i := range m.shape.K {
		latent = append(latent, Var{Name: fmt.Sprintf("z%d", i+1)})
	}
	n := xs.Len()
	ys, zs = NewSamples(m.y.Vars, n), NewSamples(latent, n)
	zLo, zHi := m.shape.z()
	return ys, zs, m.parallel((n+sampleRows-1)/sampleRows, func(pass layer.Pass, room tensor.Mat, i int) error {
		lo := i * sampleRows
		rows := room.Slice(0, min(sampleRows, n-lo), 0, m.shape.N)
		for i := range rows.Rows {
			clear(rows.Row(i))
			m.x.apply(rows.Row(i), xs.Row(lo+i))
		}
		pass.Forward(m.weights, rows, nil)
		for i := range rows.Rows {
			m.y.undo(ys.Row(lo+i), rows.Row(i))
			z := zs.Row(lo + i)
			for j, v := range rows.Row(i)[zLo:zHi] {
				z[j] = float64(v)
			}
		}
		return nil
	})
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

// table checks rows of vectors.
func table(what string, s *Samples, vars []Var) error {
	if s == nil || len(s.Data) == 0 {
		return fmt.Errorf("inn: there is no %s: want at least one row", what)
	}
	if len(s.Vars) != len(vars) || len(s.Data)%len(vars) != 0 {
		return fmt.Errorf("inn: the rows of %s have %d values, want %d: %s", what, len(s.Vars), len(vars), names(vars))
	}
	for i := range s.Len() {
		if err := vector(fmt.Sprintf("row %d of %s", i, what), s.Row(i), vars); err != nil {
			return err
		}
	}
	return nil
}

// parallel calls f for tasks 0, 1, ... on all processors, and returns the first
// error. Each goroutine has a pass and room for sampleRows rows of its own.
func (m *Model) parallel(tasks int, f func(pass layer.Pass, room tensor.Mat, task int) error) error {
	m.pack.Do(func() { m.packed = layer.Pack(m.net, m.weights, false) })
	var (
		wg   sync.WaitGroup
		next atomic.Int64
		fail atomic.Pointer[error]
	)
	for range min(runtime.GOMAXPROCS(0), tasks) {
		wg.Go(func() {
			p, _ := m.idle.Get().(*rowsPass)
			if p == nil {
				p = &rowsPass{m.net.NewPass(sampleRows, m.packed, &layer.Scratch{}), tensor.New(sampleRows, m.shape.N)}
			}
			clear(p.room.Data)
			defer m.idle.Put(p)
			for fail.Load() == nil {
				task := int(next.Add(1)) - 1
				if task >= tasks {
					return
				}
				if err := f(p.pass, p.room, task); err != nil {
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
