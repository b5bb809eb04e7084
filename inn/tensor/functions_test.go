package tensor

import (
	"math"
	"math/rand/v2"
	"testing"
)

// special are the numbers where functions go wrong.
var special = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
	math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, math.MaxFloat32, -math.MaxFloat32,
	1e-40, 1.1754944e-38, 1e-20, -1e-20, 1e-4, 0.3, 0.6249, 0.625, 0.6251, 0.99999, 1.00001, 0.7071, 0.7072, 1.4142, 1.4143,
	20, -20, 87, 88, 88.7, 88.8, 89, 90, 1000, -87, -88, -103, -104, -110, -1000,
}

// inputs are n numbers, special ones among them.
func inputs(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch r.IntN(4) {
		case 0:
			x[i] = special[r.IntN(len(special))]
		case 1:
			x[i] = float32(r.NormFloat64())
		case 2:
			x[i] = math.Float32frombits(r.Uint32()) // any size
		default:
			x[i] = float32(r.NormFloat64() * 30)
		}
	}
	return x
}

var functions = []struct {
	name      string
	f         func([]float32)
	want      func(float64) float64
	tolerance float64 // relative
}{
	{"ExpOf", ExpOf, math.Exp, 2e-7},
	{"TanhOf", TanhOf, math.Tanh, 4e-7},
	{"LogOf", LogOf, math.Log, 2e-7},
}

func checkFunctions(t *testing.T, r *rand.Rand, n int) {
	for _, f := range functions {
		guarded := inputs(r, n+16)
		x := append([]float32(nil), guarded[:n]...)
		after := append([]float32(nil), guarded[n:]...)
		f.f(guarded[:n:n])
		for i, v := range x {
			want := f.want(float64(v))
			got := float64(guarded[i])
			switch {
			case math.IsNaN(want) && math.IsNaN(got), float64(float32(want)) == got:
			case math.Abs(got-want) <= f.tolerance*math.Abs(want):
			case math.Abs(want) < 1.2e-38 && math.Abs(got-want) <= 1.2e-38: // denormal
			default:
				t.Fatalf("%s(%v) is %v, want %v (value %d of %d)", f.name, v, got, want, i, n)
			}
		}
		for i, v := range guarded[n:] {
			if math.Float32bits(v) != math.Float32bits(after[i]) {
				t.Fatalf("%s of %d values overwrites the one %d behind", f.name, n, i)
			}
		}
	}
}

func TestFunctions(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(2, 2))
		for n := range 70 {
			checkFunctions(t, r, n)
		}
		checkFunctions(t, r, 200_000)
	})
}

// The relative error of the arc tangent shows where s is small: that it is to
// float32's last digits there is seen in TestAffine.

// affineReference is what an Affine does to one value, in float64.
func affineReference(raw, clamp float64) (s, slope float64) {
	return clamp * 2 / math.Pi * math.Atan(raw/clamp), 2 / math.Pi / (1 + raw*raw/clamp/clamp)
}

func close64(got float32, want, size, tolerance float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return math.IsNaN(want) == math.IsNaN(float64(got)) && (math.IsNaN(want) || float64(got) == want)
	}
	return math.Abs(float64(got)-want) <= tolerance*(math.Abs(want)+size)
}

func checkAffine(t *testing.T, r *rand.Rand, rows, n int) {
	clamp := []float32{0.5, 2, 5, 40}[r.IntN(4)]
	p := NewAffine(rows, n, clamp)
	a, intactA := guarded(r, rows, n)
	st, intactST := guarded(r, rows, 2*n)
	scale := []float32{0.01, 1, 100}[r.IntN(3)]
	for i := range rows {
		for j := range n {
			st.Row(i)[j] *= scale
		}
	}
	logdet := make([]float32, rows+1)
	copyOf := func(m Mat) Mat {
		c := New(m.Rows, m.Cols)
		for i := range m.Rows {
			copy(c.Row(i), m.Row(i))
		}
		return c
	}
	for _, inverse := range []bool{false, true} {
		a0, st0 := copyOf(a), copyOf(st)
		for i := range logdet {
			logdet[i] = float32(i)
		}
		d, intactD := guarded(r, rows, n)
		d0 := copyOf(d)
		dst, intactDST := guarded(r, rows, 2*n)
		const dlogdet = 0.375
		if inverse {
			p.Inverse(a, st, logdet[:rows])
			p.BackInverse(d, dst, dlogdet)
		} else {
			p.Forward(a, st, logdet[:rows])
			p.BackForward(d, dst, dlogdet)
		}
		intactA(t)
		intactST(t)
		intactD(t)
		intactDST(t)
		if logdet[rows] != float32(rows) {
			t.Fatal("a log-determinant too many was written")
		}
		for i := range rows {
			sum, size := float64(i), float64(i)
			for j := range n {
				s, slope := affineReference(float64(st0.Row(i)[j]), float64(clamp))
				u, shift, g := float64(a0.Row(i)[j]), float64(st0.Row(i)[n+j]), float64(d0.Row(i)[j])
				factor := math.Exp(s)
				v, ds, dt, du := u*factor+shift, (g*u*factor+dlogdet)*slope, g, g*factor
				grow := (math.Abs(u)+math.Abs(shift))*factor + math.Abs(shift)
				if inverse {
					s, factor = -s, 1/factor
					v = (u - shift) * factor
					ds, dt, du = (-g*v-dlogdet)*slope, -g*factor, g*factor
					grow = (math.Abs(u) + math.Abs(shift)) * factor
				}
				sum += s
				size += math.Abs(s)
				// e^s multiplies the rounding of s.
				tol := 1e-6 * (1 + math.Abs(s))
				for _, c := range []struct {
					name       string
					got        float32
					want, size float64
				}{
					{"value", a.Row(i)[j], v, grow},
					{"∂/∂raw", dst.Row(i)[j], ds, (math.Abs(g)*grow + dlogdet) * slope},
					{"∂/∂t", dst.Row(i)[n+j], dt, 0},
					{"∂/∂input", d.Row(i)[j], du, 0},
				} {
					if !close64(c.got, c.want, c.size, tol) {
						t.Fatalf("%dx%d, clamp %v, inverse %v: (%d, %d) %s is %v, want %v", rows, n, clamp, inverse, i, j, c.name, c.got, c.want)
					}
				}
			}
			if !close64(logdet[i], sum, size, 1e-6) {
				t.Fatalf("%dx%d, clamp %v, inverse %v: row %d: log-determinant %v, want %v", rows, n, clamp, inverse, i, logdet[i], sum)
			}
		}
	}
	p.Forward(a, st, nil) // nobody wants the log-determinant
}

func TestAffine(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 3))
		for range 300 {
			checkAffine(t, r, 1+r.IntN(9), 1+r.IntN(40))
		}
		// What is small stays accurate, relative to itself.
		p, a, st := NewAffine(1, 1, 2), New(1, 1), New(1, 2)
		for _, raw := range []float32{1e-30, 1e-8, 1e-3, -1e-3} {
			logdet := []float32{0}
			st.Data[0] = raw
			p.Forward(a, st, logdet)
			if want, _ := affineReference(float64(raw), 2); !close64(logdet[0], want, 0, 3e-7) {
				t.Errorf("s(%v) is %v, want %v", raw, logdet[0], want)
			}
		}
		// NaN and infinities come through, and a factor stays within e^±Clamp.
		for _, c := range []struct{ a, raw, shift, want float64 }{
			{math.NaN(), 0, 0, math.NaN()}, {1, math.NaN(), 0, math.NaN()}, {1, 0, math.Inf(1), math.Inf(1)},
			{1, math.Inf(1), 0, math.Exp(2)}, {1, math.Inf(-1), 0, math.Exp(-2)}, {math.Inf(-1), 0, 1, math.Inf(-1)},
		} {
			a.Data[0], st.Data[0], st.Data[1] = float32(c.a), float32(c.raw), float32(c.shift)
			p.Forward(a, st, nil)
			if !close64(a.Data[0], c.want, 0, 1e-6) {
				t.Errorf("%v with raw %v and shift %v becomes %v, want %v", c.a, c.raw, c.shift, a.Data[0], c.want)
			}
		}
	})
}

func checkRows(t *testing.T, r *rand.Rand, n int) {
	x, _ := guarded(r, 1, n)
	v, _ := guarded(r, 1, n)
	w, _ := guarded(r, 1, n)
	m, _ := guarded(r, 1, n)
	random := func(m Mat) []float32 {
		for i := range m.Row(0) {
			m.Row(0)[i] = float32(r.NormFloat64())
		}
		return m.Row(0)
	}
	old := append([]float32(nil), random(x)...)
	u := float32(r.NormFloat64())
	SquaredDistances(x.Row(0), u, v.Row(0))
	for j, got := range x.Row(0) {
		if want := max(0, float64(u)+float64(v.Row(0)[j])-2*float64(old[j])); !close64(got, want, math.Abs(float64(u))+math.Abs(float64(v.Row(0)[j]))+2*math.Abs(float64(old[j])), 1e-6) {
			t.Fatalf("SquaredDistances of %d: value %d is %v, want %v", n, j, got, want)
		}
	}

	widths := []float64{0.5, 1, 2, 10}[:1+r.IntN(4)]
	for _, k := range []struct {
		name string
		f    func(x, w []float32, widths []float64) float32
		want func(x, h float64) (k, slope float64)
	}{
		{"InverseMultiquadratics", squares(InverseMultiquadratics), func(x, h float64) (k, slope float64) {
			k = h * h / (h*h + x)
			return k, -k * k / (h * h)
		}},
		{"Exponentials", Exponentials, func(x, h float64) (k, slope float64) {
			if x <= alike {
				return 1, 0
			}
			k = math.Exp(-math.Sqrt(x) / h)
			return k, -k / (2 * math.Sqrt(x) * h)
		}},
	} {
		random(w)
		for j, v := range random(x) {
			x.Row(0)[j] = v * v * 1000
			if r.IntN(5) == 0 {
				x.Row(0)[j] = v * v * 1e-5
			}
		}
		copy(old, x.Row(0))
		total, size := 0.0, 0.0
		got := k.f(x.Row(0), w.Row(0), widths)
		for j := range old {
			sum, slope, weight := 0.0, 0.0, float64(w.Row(0)[j])
			for _, h := range widths {
				k, ds := k.want(float64(old[j]), h)
				sum += k
				slope += ds
			}
			// A rounding of the exponent is that of the exponential. What is next to
			// nothing is denormal.
			rounding := 1 + math.Sqrt(float64(old[j]))/widths[0]/10
			total += weight * sum
			size += math.Abs(weight*sum) * rounding
			if !close64(x.Row(0)[j], weight*slope, 1e-31, 1e-6*rounding) {
				t.Fatalf("%s of %d: slope %d at %v is %v, want %v", k.name, n, j, old[j], x.Row(0)[j], weight*slope)
			}
		}
		if !close64(got, total, size+1e-31, 1e-6) {
			t.Fatalf("%s of %d: %v, want %v", k.name, n, got, total)
		}
	}

	checkRoots(t, r, random(x), random(v), random(w), u)

	sum, size, squares := 0.0, 0.0, 0.0
	for _, v := range random(x) {
		sum += float64(v)
		size += math.Abs(float64(v))
		squares += float64(v) * float64(v)
	}
	if got := Sum(x.Row(0)); !close64(got, sum, size, 1e-6*float64(1+n/16)) {
		t.Fatalf("Sum of %d: %v, want %v", n, got, sum)
	}
	if got := SumOfSquares(x.Row(0)); math.Abs(got-squares) > 1e-13*squares {
		t.Fatalf("SumOfSquares of %d: %v, want %v", n, got, squares)
	}

	copy(old, random(x))
	AddSquares(x.Row(0), random(v), u)
	for j, got := range x.Row(0) {
		d := float64(u) - float64(v.Row(0)[j])
		if want := float64(old[j]) + d*d; !close64(got, want, d*d+1e-12, 5e-7) {
			t.Fatalf("AddSquares of %d: value %d is %v, want %v", n, j, got, want)
		}
	}

	random(x)
	x.Row(0)[r.IntN(n)] = u // on the limit
	x.Row(0)[r.IntN(n)] = special[r.IntN(len(special))]
	to := []Mat{v, x}[r.IntN(2)]
	copy(old, x.Row(0))
	count := Within(to.Row(0), x.Row(0), u)
	for j, got := range to.Row(0) {
		want := float32(0)
		if old[j] <= u {
			want = 1
			count--
		}
		if got != want {
			t.Fatalf("Within %v of %d: %v becomes %v", u, n, old[j], got)
		}
	}
	if count != 0 {
		t.Fatalf("Within of %d counts %d too many", n, count)
	}
	random(x)

	copy(old, random(v))
	AddScaled(v.Row(0), -0.75, x.Row(0))
	for j, got := range v.Row(0) {
		if want := float64(old[j]) - 0.75*float64(x.Row(0)[j]); !close64(got, want, 1, 3e-7) {
			t.Fatalf("AddScaled of %d: value %d is %v, want %v", n, j, got, want)
		}
	}

	a := Adam{Scale: 0.5, Decay: 0.125, Rise1: 0.1, Rise2: 0.05, Size: 0.01, Epsilon: 1e-6}
	random(w)
	random(m)
	for j, g := range random(v) {
		v.Row(0)[j] = g * g
	}
	w0, m0, v0 := append([]float32(nil), w.Row(0)...), append([]float32(nil), m.Row(0)...), append([]float32(nil), v.Row(0)...)
	a.Update(w.Row(0), x.Row(0), m.Row(0), v.Row(0))
	for j := range n {
		d := 0.5*float64(x.Row(0)[j]) + 0.125*float64(w0[j])
		mj := float64(m0[j]) + 0.1*(d-float64(m0[j]))
		vj := float64(v0[j]) + 0.05*(d*d-float64(v0[j]))
		wj := float64(w0[j]) - 0.01*mj/(math.Sqrt(vj)+1e-6)
		if !close64(m.Row(0)[j], mj, 1, 1e-6) || !close64(v.Row(0)[j], vj, 1, 1e-6) || !close64(w.Row(0)[j], wj, 1, 1e-6) {
			t.Fatalf("Adam of %d: parameter %d becomes %v, %v, %v, want %v, %v, %v", n, j, w.Row(0)[j], m.Row(0)[j], v.Row(0)[j], wj, mj, vj)
		}
	}
}

// checkRoots checks the functions of the power kernel.
func checkRoots(t *testing.T, r *rand.Rand, x, v, w []float32, u float32) {
	n := len(x)
	v[r.IntN(n)] = u // no distance
	for j := range x {
		x[j] *= x[j]
	}
	x[r.IntN(n)] = 0
	old := append([]float32(nil), x...)
	AddRoots(x, v, u)
	for j, got := range x {
		if want := float64(old[j]) + math.Sqrt(math.Abs(float64(u-v[j]))); !close64(got, want, 0, 3e-7) {
			t.Fatalf("AddRoots of %d: value %d is %v, want %v", n, j, got, want)
		}
	}
	copy(x, old)
	total, size := 0.0, 0.0
	got := InverseRoots(x, w)
	for j, v := range x {
		want := 0.0
		if old[j] > 0 {
			want = float64(w[j]) / math.Sqrt(float64(old[j]))
		}
		total += float64(w[j]) * math.Sqrt(float64(old[j]))
		size += math.Abs(float64(w[j])) * math.Sqrt(float64(old[j]))
		if !close64(v, want, 0, 3e-7) {
			t.Fatalf("InverseRoots of %d: value %d, of %v, is %v, want %v", n, j, old[j], v, want)
		}
	}
	if !close64(got, total, size, 1e-6) {
		t.Fatalf("InverseRoots of %d: %v, want %v", n, got, total)
	}
	const least = 0.5
	total, size = 0, 0
	for j, c := range w {
		d := float64(u - v[j])
		if d == 0 {
			continue
		}
		slope := float64(c) / max(math.Sqrt(math.Abs(d)), least)
		total += math.Copysign(1, d) * slope
		size += math.Abs(slope)
	}
	if got := RootSlopes(w, v, u, least); !close64(got, total, size, 1e-6) {
		t.Fatalf("RootSlopes of %d: %v, want %v", n, got, total)
	}
}

func TestRows(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(4, 4))
		for n := 1; n < 70; n++ {
			checkRows(t, r, n)
		}
		checkRows(t, r, 1003)
		if Sum(nil) != 0 || SumOfSquares(nil) != 0 || InverseMultiquadratics(nil, nil, []float32{1}) != 0 ||
			Exponentials(nil, nil, []float64{1}) != 0 || InverseRoots(nil, nil) != 0 || RootSlopes(nil, nil, 1, 1) != 0 {
			t.Error("the sum of nothing is not 0")
		}
		// NaN and infinities come through.
		nan, inf := float32(math.NaN()), float32(math.Inf(1))
		x, ones := []float32{0, inf, nan}, []float32{1, 1, 1}
		if k := InverseMultiquadratics(x[:2], ones, []float32{1}); !close64(k, 1, 0, 1e-6) || !close64(x[0], -1, 0, 1e-6) || !close64(x[1], 0, 1, 1e-30) {
			t.Errorf("k(0) + k(Inf) is %v with slopes %v, want 1, -1 and 0", k, x[:2])
		}
		x[0] = 1
		if k := InverseMultiquadratics(x, ones, []float32{1}); k == k || x[2] == x[2] {
			t.Errorf("with NaN: %v, slope %v", k, x[2])
		}
		x = []float32{0, inf, nan}
		if k := Exponentials(x[:2], ones, []float64{1}); k != 1 || x[0] != 0 || x[1] != 0 {
			t.Errorf("exponential k(0) + k(Inf) is %v with slopes %v, want 1, 0 and 0", k, x[:2])
		}
		if k := Exponentials(x, ones, []float64{1}); k == k || x[2] == x[2] {
			t.Errorf("exponential with NaN: %v, slope %v", k, x[2])
		}
		x = []float32{0, inf, nan}
		AddRoots(x, ones, nan)
		if x[0] == x[0] || x[1] == x[1] {
			t.Errorf("roots of the distance to NaN are %v", x)
		}
		x = []float32{inf, nan}
		if k := InverseRoots(x, ones); k == k || x[0] != 0 || x[1] == x[1] {
			t.Errorf("1/√ of Inf and NaN is %v, the sum of the roots %v", x, k)
		}
		if k := RootSlopes(ones[:2], []float32{nan, 0}, 1, 0.1); k == k {
			t.Errorf("the slope with NaN is %v", k)
		}
		y := []float32{nan, 1, -inf}
		SquaredDistances(y, 1, []float32{0, nan, 0})
		if y[0] == y[0] || y[1] == y[1] || y[2] != inf {
			t.Errorf("SquaredDistances of NaN, with NaN, and of -Inf: %v", y)
		}
		if s := Sum([]float32{1, inf}); s != inf {
			t.Errorf("1 + Inf is %v", s)
		}
		if s := SumOfSquares([]float32{1, nan}); s == s {
			t.Errorf("with NaN: %v", s)
		}
	})
}

// Sums do not depend on where a slice starts.
func TestSumsDoNotDependOnAlignment(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 5))
		x := make([]float32, 100)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		for off := 1; off < 20; off++ {
			moved := append(make([]float32, off), x...)[off:]
			if Sum(moved) != Sum(x) || SumOfSquares(moved) != SumOfSquares(x) {
				t.Errorf("moved by %d, the sums differ", off)
			}
		}
	})
}

func FuzzFunctions(f *testing.F) {
	f.Add(uint64(1), 5)
	f.Add(uint64(2), 33)
	f.Fuzz(func(t *testing.T, seed uint64, n int) {
		n = 1 + int(uint(n)%100)
		eachPath(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			checkFunctions(t, r, n)
			checkAffine(t, r, 1+n%7, n)
			checkRows(t, r, n)
		})
	})
}

// squares makes of a function of squared widths one of the widths.
func squares(f func(x, w, squares []float32) float32) func(x, w []float32, widths []float64) float32 {
	return func(x, w []float32, widths []float64) float32 {
		var squares []float32
		for _, h := range widths {
			squares = append(squares, float32(h*h))
		}
		return f(x, w, squares)
	}
}
