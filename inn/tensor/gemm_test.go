package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// eachPath runs f once with every set of kernels that this machine can run.
func eachPath(t *testing.T, f func(t *testing.T)) {
	best := kernels
	defer func() { kernels = best }()
	for _, s := range append(sets(), nil) {
		name := "portable"
		if kernels = s; s != nil {
			name = s.name
		}
		t.Run(name, f)
	}
}

// guarded is a random matrix inside a larger buffer whose other values must
// stay as they are.
func guarded(r *rand.Rand, rows, cols int) (Mat, func(t *testing.T)) {
	stride := cols + r.IntN(4)
	const guard = 40
	buffer := make([]float32, rows*stride+2*guard)
	for i := range buffer {
		buffer[i] = float32(r.NormFloat64())
	}
	m := Mat{rows, cols, stride, buffer[guard:]}.Slice(0, rows, 0, cols)
	before := append([]float32(nil), buffer...)
	return m, func(t *testing.T) {
		t.Helper()
		for i, v := range buffer {
			at := i - guard
			if at >= 0 && at/stride < rows && at%stride < cols {
				continue
			}
			if math.Float32bits(v) != math.Float32bits(before[i]) {
				t.Fatalf("%dx%d matrix: value %d outside it was overwritten", rows, cols, i)
			}
		}
	}
}

// near says whether got is want within the rounding of terms products, NaN
// and infinities included.
func near(got float32, want, size float64, terms int) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return math.IsNaN(want) == math.IsNaN(float64(got)) && (math.IsNaN(want) || float64(got) == want)
	}
	return math.Abs(float64(got)-want) <= 1e-6*float64(terms+4)*(size+1)
}

func apply(v float64, act Activation) float64 {
	switch act {
	case LeakyReLU:
		return max(v, float64(float32(Slope))*v)
	case ReLU:
		return max(v, 0)
	case Tanh:
		return math.Tanh(v)
	}
	return v
}

func derivative(out float64, act Activation) float64 {
	switch {
	case act == LeakyReLU && out <= 0:
		return Slope
	case act == ReLU && out <= 0:
		return 0
	case act == Tanh:
		return 1 - out*out
	}
	return 1
}

// dimensions are odd sizes round the edges of the tiles.
func dimensions(r *rand.Rand) (m, k, n int) {
	pick := func() int {
		return []int{1, 2, 3, 5, 6, 7, 11, 12, 13, 15, 16, 17, 25, 31, 32, 33, 37, 47, 48, 63, 64, 65, 70}[r.IntN(23)]
	}
	return pick(), pick(), pick()
}

func TestProductsAgainstFloat64(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		for range 400 {
			m, k, n := dimensions(r)
			act := Activation(r.IntN(4))
			checkForward(t, r, m, k, n, act)
			checkBackwardData(t, r, m, k, n, act)
			checkBackwardWeights(t, r, m, k, n)
			if t.Failed() {
				return
			}
		}
	})
}

func checkForward(t *testing.T, r *rand.Rand, m, k, n int, act Activation) {
	dst, intact := guarded(r, m, n)
	a, _ := guarded(r, m, k)
	w, _ := guarded(r, k, n)
	var bias []float32
	if r.IntN(2) == 0 {
		b, _ := guarded(r, 1, n)
		bias = b.Row(0)
	}
	Forward(dst, a, w, bias, act)
	intact(t)
	again := New(m, n)
	if p := NewPanels(w, true); p != nil {
		p.Forward(again, a, bias, act)
		same(t, "Panels.Forward", again, dst)
	}
	for i := range m {
		for j := range n {
			sum, size := 0.0, 0.0
			if bias != nil {
				sum = float64(bias[j])
			}
			for l := range k {
				v := float64(a.Row(i)[l]) * float64(w.Row(l)[j])
				sum += v
				size += math.Abs(v)
			}
			if want := apply(sum, act); !near(dst.Row(i)[j], want, size, k) {
				t.Errorf("Forward %dx%dx%d, activation %d: (%d, %d) is %v, want %v", m, k, n, act, i, j, dst.Row(i)[j], want)
				return
			}
		}
	}
}

// same wants two matrices to be the same to the bit.
func same(t *testing.T, what string, got, want Mat) {
	t.Helper()
	for i := range got.Rows {
		for j, v := range got.Row(i) {
			if math.Float32bits(v) != math.Float32bits(want.Row(i)[j]) {
				t.Errorf("%s of %dx%d: (%d, %d) is %v, want %v", what, got.Rows, got.Cols, i, j, v, want.Row(i)[j])
				return
			}
		}
	}
}

func checkBackwardData(t *testing.T, r *rand.Rand, m, k, n int, act Activation) {
	a, intact := guarded(r, m, k)
	dc, _ := guarded(r, m, n)
	w, _ := guarded(r, k, n)
	out := New(m, k)
	for i := range m {
		copy(out.Row(i), a.Row(i))
	}
	again := New(m, k)
	for i := range m {
		copy(again.Row(i), a.Row(i))
	}
	BackwardData(a, dc, w, act)
	intact(t)
	if p := NewPanels(w, true); p != nil {
		p.BackwardData(again, dc, act)
		same(t, "Panels.BackwardData", again, a)
	}
	for i := range m {
		for j := range k {
			sum, size := 0.0, 0.0
			for l := range n {
				v := float64(dc.Row(i)[l]) * float64(w.Row(j)[l])
				sum += v
				size += math.Abs(v)
			}
			d := derivative(float64(out.Row(i)[j]), act)
			if !near(a.Row(i)[j], sum*d, size*(1+math.Abs(d)), n) {
				t.Errorf("BackwardData %dx%dx%d, activation %d: (%d, %d) is %v, want %v", m, k, n, act, i, j, a.Row(i)[j], sum*d)
				return
			}
		}
	}
}

func checkBackwardWeights(t *testing.T, r *rand.Rand, m, k, n int) {
	dw, intact := guarded(r, k, n)
	db, intactBias := guarded(r, 1, n)
	a, _ := guarded(r, m, k)
	dc, _ := guarded(r, m, n)
	old, oldBias := New(k, n), append([]float32(nil), db.Row(0)...)
	for i := range k {
		copy(old.Row(i), dw.Row(i))
	}
	BackwardWeights(dw, db.Row(0), a, dc)
	intact(t)
	intactBias(t)
	for j := range n {
		for i := range k {
			sum, size := float64(old.Row(i)[j]), 0.0
			for l := range m {
				v := float64(a.Row(l)[i]) * float64(dc.Row(l)[j])
				sum += v
				size += math.Abs(v)
			}
			if !near(dw.Row(i)[j], sum, size, m) {
				t.Errorf("BackwardWeights %dx%dx%d: (%d, %d) is %v, want %v", m, k, n, i, j, dw.Row(i)[j], sum)
				return
			}
		}
		sum, size := float64(oldBias[j]), 0.0
		for l := range m {
			sum += float64(dc.Row(l)[j])
			size += math.Abs(float64(dc.Row(l)[j]))
		}
		if !near(db.Row(0)[j], sum, size, m) {
			t.Errorf("BackwardWeights %dx%dx%d: bias %d is %v, want %v", m, k, n, j, db.Row(0)[j], sum)
			return
		}
	}
}

// TestNotFinite: NaN and infinities reach the rows that they are in, and no
// other.
func TestNotFinite(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, act := range []Activation{Identity, LeakyReLU, ReLU, Tanh} {
				a, w, dst := New(14, 3), New(3, 35), New(14, 35)
				for i := range a.Data {
					a.Data[i] = 1
				}
				for i := range w.Data {
					w.Data[i] = 1
				}
				a.Row(5)[1] = float32(bad)
				Forward(dst, a, w, nil, act)
				for i := range dst.Rows {
					want := apply(3, act)
					if i == 5 {
						want = apply(bad, act)
					}
					for j, got := range dst.Row(i) {
						if !near(got, want, 3, 3) {
							t.Fatalf("%v, activation %d: (%d, %d) is %v, want %v", bad, act, i, j, got, want)
						}
					}
				}
			}
		}
	})
}

// TestRowsDoNotDependOnOthers: a batch may be cut into chunks anywhere.
func TestRowsDoNotDependOnOthers(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 7))
		a, _ := guarded(r, 29, 21)
		w, _ := guarded(r, 21, 45)
		whole, part := New(29, 45), New(29, 45)
		Forward(whole, a, w, nil, LeakyReLU)
		for lo := 0; lo < 29; {
			hi := min(29, lo+1+r.IntN(9))
			Forward(part.Slice(lo, hi, 0, 45), a.Slice(lo, hi, 0, 21), w, nil, LeakyReLU)
			lo = hi
		}
		for i := range whole.Data {
			if whole.Data[i] != part.Data[i] {
				t.Fatalf("value %d differs between the whole and its parts", i)
			}
		}
	})
}

func TestNoAllocation(t *testing.T) {
	a, w, dc := New(50, 64), New(64, 64), New(50, 64)
	bias := make([]float32, 64)
	eachPath(t, func(t *testing.T) {
		if n := testing.AllocsPerRun(20, func() {
			Forward(dc, a, w, bias, LeakyReLU)
			BackwardWeights(w, bias, a, dc)
			BackwardData(a, dc, w, LeakyReLU)
		}); n > 0 {
			t.Errorf("%v allocations a step", n)
		}
	})
}

func FuzzProducts(f *testing.F) {
	f.Add(uint64(1), 3, 4, 5)
	f.Add(uint64(2), 13, 33, 17)
	f.Fuzz(func(t *testing.T, seed uint64, m, k, n int) {
		size := func(v int) int { return 1 + int(uint(v)%80) }
		m, k, n = size(m), size(k), size(n)
		eachPath(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			act := Activation(r.IntN(4))
			checkForward(t, r, m, k, n, act)
			checkBackwardData(t, r, m, k, n, act)
			checkBackwardWeights(t, r, m, k, n)
		})
	})
}

func BenchmarkProducts(b *testing.B) {
	const m = 500
	for _, n := range []int{64, 128, 256, 512} {
		a, w, c := New(m, n), New(n, n), New(m, n)
		bias := make([]float32, n)
		for i := range a.Data {
			a.Data[i] = float32(i%13) / 13
		}
		for i := range w.Data {
			w.Data[i] = float32(i%7) / 700
		}
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"Forward", func() { Forward(c, a, w, bias, LeakyReLU) }},
			{"BackwardData", func() { BackwardData(a, c, w, LeakyReLU) }},
			{"BackwardWeights", func() { BackwardWeights(w, bias, a, c) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				for b.Loop() {
					c.f()
				}
				b.ReportMetric(2*m*float64(n)*float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

func TestTranspose(t *testing.T) {
	if kernels == nil {
		return // nothing is transposed
	}
	for _, n := range [][2]int{{1, 1}, {8, 8}, {7, 9}, {16, 8}, {8, 24}, {17, 33}, {128, 128}, {13, 128}, {128, 26}} {
		src := Mat{Rows: n[0], Cols: n[1], Stride: n[1] + 3, Data: make([]float32, n[0]*(n[1]+3))}
		for i := range src.Data {
			src.Data[i] = float32(i)
		}
		dst := New(n[1], n[0])
		transpose(dst, src)
		for i := range n[0] {
			for j := range n[1] {
				if dst.Row(j)[i] != src.Row(i)[j] {
					t.Fatalf("%dx%d: element (%d, %d) is %v, want %v", n[0], n[1], i, j, dst.Row(j)[i], src.Row(i)[j])
				}
			}
		}
	}
}
