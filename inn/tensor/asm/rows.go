package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// squaredDistances: x <- max(0, u + v - 2x), n >= 1 values: of scalar products
// it makes squared distances, u and v being squared lengths.
func (s isa) squaredDistances() {
	s.begin("squaredDistances", "func(x, v *float32, n int, u float32)")
	x, v, n := param("x"), param("v"), param("n")
	u := s.parameter("u")
	zero := s.zero()
	s.each("vector", n, []reg.GPVirtual{x, v}, func(l lanes) {
		d := s.load(Mem{Base: v}, l)
		VADDPS(u, d, d)
		VFNMADD231PS(s.register(s.number(2)), s.load(Mem{Base: x}, l), d)
		VMAXPS(d, zero, d) // NaN, the second operand, stays
		s.store(d, Mem{Base: x}, l)
	})
	VZEROUPPER()
	RET()
}

// inverseMultiquadratics: with k = Σ_h h²/(h² + x), x <- w·dk/dx; returns Σ w·k
// over the n >= 1 values. There is at least one h; they come as their squares.
func (s isa) inverseMultiquadratics() {
	s.begin("inverseMultiquadratics", "func(x, w *float32, n int, squares *float32, count int) float32")
	x, w, n, squares, count := param("x"), param("w"), param("n"), param("squares"), param("count")
	end := GP64()
	LEAQ(Mem{Base: squares, Index: count, Scale: 4}, end)
	ks := s.zero()
	two, limit := s.register(s.number(2)), s.register(s.number(1e30))
	s.each("vector", n, []reg.GPVirtual{x, w}, func(l lanes) {
		d, k, slope := s.load(Mem{Base: x}, l), s.zero(), s.zero()
		// The reciprocal of what is larger would be lost. NaN, the second
		// operand, stays.
		VMINPS(d, limit, d)
		h := GP64()
		MOVQ(squares, h)
		Label(l.label("width"))
		a := s.broadcast(Mem{Base: h})
		// The reciprocal estimated, once improved by Newton, r(2 - r·b).
		b, r, error := s.vec(), s.vec(), s.vec()
		VADDPS(a, d, b)
		s.estimate(b, r)
		VMOVAPS(two, error)
		VFNMADD231PS(b, r, error)
		VMULPS(error, r, r)
		VMULPS(r, a, a) // h²/(h² + x)
		VADDPS(a, k, k)
		VFNMADD231PS(a, r, slope) // its slope, -h²/(h² + x)²
		ADDQ(U8(4), h)
		CMPQ(h, end)
		JNE(LabelRef(l.label("width")))
		weight := s.load(Mem{Base: w}, l)
		VFMADD231PS(weight, k, ks)
		VMULPS(weight, slope, slope)
		s.store(slope, Mem{Base: x}, l)
	})
	Store(s.sum(ks), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// exponentials: with d = √x, 0 where x <= 1e-5, and k = Σ_h exp(-d/h), x <-
// w·dk/dx, 0 where d is; returns Σ w·k over the n >= 1 values. There is at least
// one h.
func (s isa) exponentials() {
	s.begin("exponentials", "func(x, w *float32, n int, widths *float64, count int) float32")
	x, w, n, widths, count := param("x"), param("w"), param("n"), param("widths"), param("count")
	end := GP64()
	LEAQ(Mem{Base: widths, Index: count, Scale: 8}, end)
	ks, bits, one := s.zero(), GP64(), XMM()
	MOVQ(U64(math.Float64bits(1)), bits)
	VMOVQ(bits, one)
	s.each("vector", n, []reg.GPVirtual{x, w}, func(l lanes) {
		d2, d, k, slope := s.load(Mem{Base: x}, l), s.vec(), s.zero(), s.zero()
		VSQRTPS(d2, d)
		d = s.choose(d2, lessEqual, s.number(1e-5), s.zero(), d)
		h := GP64()
		MOVQ(widths, h)
		Label(l.label("width"))
		inverse, a, t := XMM(), s.vec(), s.zero()
		VDIVSD(Mem{Base: h}, one, inverse)
		VCVTSD2SS(inverse, inverse, inverse)
		VBROADCASTSS(inverse, a)
		VFNMADD231PS(a, d, t)
		e := s.exp(t)
		VADDPS(e, k, k)
		VFNMADD231PS(a, e, slope)
		ADDQ(U8(8), h)
		CMPQ(h, end)
		JNE(LabelRef(l.label("width")))
		VADDPS(d, d, d)
		VDIVPS(d, slope, slope)
		slope = s.choose(d2, lessEqual, s.number(1e-5), s.zero(), slope)
		weight := s.load(Mem{Base: w}, l)
		VFMADD231PS(weight, k, ks)
		VMULPS(weight, slope, slope)
		s.store(slope, Mem{Base: x}, l)
	})
	Store(s.sum(ks), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// addRoots: sum += √|u - v|, n >= 1 values.
func (s isa) addRoots() {
	s.begin("addRoots", "func(sum, v *float32, n int, u float32)")
	sum, v, n := param("sum"), param("v"), param("n")
	u := s.parameter("u")
	s.each("vector", n, []reg.GPVirtual{sum, v}, func(l lanes) {
		d := s.vec()
		VSUBPS(s.load(Mem{Base: v}, l), u, d)
		size, _ := s.sign(d)
		VSQRTPS(size, size)
		VADDPS(s.load(Mem{Base: sum}, l), size, size)
		s.store(size, Mem{Base: sum}, l)
	})
	VZEROUPPER()
	RET()
}

// inverseRoots: x <- w/√x, 0 where x is; returns Σ w·√x over the n >= 1 values.
func (s isa) inverseRoots() {
	s.begin("inverseRoots", "func(x, w *float32, n int) float32")
	x, w, n := param("x"), param("w"), param("n")
	total := s.zero()
	s.each("vector", n, []reg.GPVirtual{x, w}, func(l lanes) {
		v, weight, root := s.load(Mem{Base: x}, l), s.load(Mem{Base: w}, l), s.vec()
		VSQRTPS(v, root)
		VFMADD231PS(weight, root, total)
		VDIVPS(root, weight, weight)
		s.store(s.choose(v, lessEqual, s.zero(), s.zero(), weight), Mem{Base: x}, l)
	})
	Store(s.sum(total), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// rootSlopes returns Σ c·sign(u - v)/max(√|u - v|, least) over n >= 1 values.
func (s isa) rootSlopes() {
	s.begin("rootSlopes", "func(c, v *float32, n int, u, least float32) float32")
	c, v, n := param("c"), param("v"), param("n")
	u, least, total := s.parameter("u"), s.parameter("least"), s.zero()
	s.each("vector", n, []reg.GPVirtual{c, v}, func(l lanes) {
		d, q := s.vec(), s.load(Mem{Base: c}, l)
		VSUBPS(s.load(Mem{Base: v}, l), u, d)
		size, sign := s.sign(d)
		VSQRTPS(size, size)
		VMAXPS(size, least, size) // NaN, the second operand, stays
		VDIVPS(size, q, q)
		s.xor(sign, q, q)
		q = s.choose(d, equal, s.zero(), s.zero(), q)
		VADDPS(q, total, total)
	})
	Store(s.sum(total), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// addSquares: sum += (u - v)², n >= 1 values.
func (s isa) addSquares() {
	s.begin("addSquares", "func(sum, v *float32, n int, u float32)")
	sum, v, n := param("sum"), param("v"), param("n")
	u := s.parameter("u")
	s.each("vector", n, []reg.GPVirtual{sum, v}, func(l lanes) {
		d, to := s.vec(), s.load(Mem{Base: sum}, l)
		VSUBPS(s.load(Mem{Base: v}, l), u, d)
		VFMADD231PS(d, d, to)
		s.store(to, Mem{Base: sum}, l)
	})
	VZEROUPPER()
	RET()
}

// within: to <- 1 where x <= limit, else 0, n >= 1 values; returns Σ to.
func (s isa) within() {
	s.begin("within", "func(to, x *float32, n int, limit float32) float32")
	to, x, n := param("to"), param("x"), param("n")
	limit, one, zero, count := s.parameter("limit"), s.register(s.number(1)), s.zero(), s.zero()
	s.each("vector", n, []reg.GPVirtual{to, x}, func(l lanes) {
		inside := s.choose(s.load(Mem{Base: x}, l), lessEqual, limit, one, zero)
		s.store(inside, Mem{Base: to}, l)
		if !l.all { // lanes without data, which may be within, do not count
			inside = s.load(Mem{Base: to}, l)
		}
		VADDPS(inside, count, count)
	})
	Store(s.sum(count), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// parameter fills a vector with a float32 that the function is called with.
func (s isa) parameter(name string) reg.VecVirtual {
	v, p := s.vec(), XMM()
	Load(Param(name), p)
	VBROADCASTSS(p, v)
	return v
}

// estimate is 1/v to 12 or 14 bits.
func (s isa) estimate(v, to reg.VecVirtual) {
	if s.wide() {
		VRCP14PS(v, to)
	} else {
		VRCPPS(v, to)
	}
}

// total returns Σ x, n >= 1 values.
func (s isa) total() {
	s.begin("total", "func(x *float32, n int) float32")
	x, n := param("x"), param("n")
	t := s.zero()
	s.each("vector", n, []reg.GPVirtual{x}, func(l lanes) { VADDPS(s.load(Mem{Base: x}, l), t, t) })
	Store(s.sum(t), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// axpy: d += f·x, n >= 1 values.
func (s isa) axpy() {
	s.begin("axpy", "func(d, x *float32, n int, f float32)")
	d, x, n := param("d"), param("x"), param("n")
	f := s.parameter("f")
	s.each("vector", n, []reg.GPVirtual{d, x}, func(l lanes) {
		v := s.load(Mem{Base: d}, l)
		VFMADD231PS(f, s.load(Mem{Base: x}, l), v)
		s.store(v, Mem{Base: d}, l)
	})
	VZEROUPPER()
	RET()
}

// squares returns Σ x², n >= 1 values, added in float64.
func (s isa) squares() {
	s.begin("squares", "func(x *float32, n int) float64")
	x, n := param("x"), param("n")
	low, high := s.zero(), s.zero()
	s.each("vector", n, []reg.GPVirtual{x}, func(l lanes) {
		v := s.load(Mem{Base: x}, l)
		for i, to := range []reg.VecVirtual{low, high} {
			wide := s.vec()
			if s.wide() {
				half := YMM()
				VEXTRACTF64X4(U8(i), v, half)
				VCVTPS2PD(half, wide)
			} else {
				half := XMM()
				VEXTRACTF128(U8(i), v, half)
				VCVTPS2PD(half, wide)
			}
			VFMADD231PD(wide, wide, to)
		}
	})
	VADDPD(high, low, low)
	if s.wide() {
		upper := YMM()
		VEXTRACTF64X4(U8(1), low, upper)
		VADDPD(upper, low.AsY(), upper)
		low = upper
	}
	other := XMM()
	VEXTRACTF128(U8(1), low.AsY(), other)
	VADDPD(low.AsX(), other, other)
	sum := XMM()
	VUNPCKHPD(other, other, sum)
	VADDSD(other, sum, sum)
	Store(sum, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// adam: with d = scale·g + decay·w: m += b1(d - m), v += b2(d² - v), w -=
// size·m/(√v + eps), n >= 1 values. The settings are scale, decay, b1, b2, size, eps.
func (s isa) adam() {
	s.begin("adam", "func(w, grad, m, v *float32, n int, settings *float32)")
	// A parameter named g would be the assembler's register of that name.
	w, g, m, v, n, settings := param("w"), param("grad"), param("m"), param("v"), param("n"), param("settings")
	var set [6]reg.VecVirtual
	for i := range set {
		set[i] = s.broadcast(Mem{Base: settings, Disp: 4 * i})
	}
	s.each("vector", n, []reg.GPVirtual{w, g, m, v}, func(l lanes) {
		wv, d, mv, vv := s.load(Mem{Base: w}, l), s.load(Mem{Base: g}, l), s.load(Mem{Base: m}, l), s.load(Mem{Base: v}, l)
		VMULPS(set[0], d, d)
		VFMADD231PS(set[1], wv, d)
		change := s.vec()
		VSUBPS(mv, d, change)
		VFMADD231PS(set[2], change, mv)
		VMULPS(d, d, d)
		VSUBPS(vv, d, d)
		VFMADD231PS(set[3], d, vv)
		s.store(mv, Mem{Base: m}, l)
		s.store(vv, Mem{Base: v}, l)
		VSQRTPS(vv, vv)
		VADDPS(set[5], vv, vv)
		VDIVPS(vv, mv, mv)
		VFNMADD231PS(set[4], mv, wv)
		s.store(wv, Mem{Base: w}, l)
	})
	VZEROUPPER()
	RET()
}
