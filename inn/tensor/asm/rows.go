package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// squaredDistances: x <- max(0, u + v - 2x), n >= 1 values: of scalar products
// it makes squared distances, u and v being squared lengths.
func (s isa) squaredDistances() {
	s.begin("squaredDistances", "func(x, v *float32, n int, u float32)")
	x, v, n := param("x"), param("v"), param("n")
	u, p := s.vec(), XMM()
	Load(Param("u"), p)
	VBROADCASTSS(p, u)
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

// inverseMultiquadratics: with k = Σ_h h²/(h² + x), x <- dk/dx; returns Σ k over
// the n >= 1 values. There is at least one h.
func (s isa) inverseMultiquadratics() {
	s.begin("inverseMultiquadratics", "func(x *float32, n int, widths *float64, count int) float32")
	x, n, widths, count := param("x"), param("n"), param("widths"), param("count")
	end := GP64()
	LEAQ(Mem{Base: widths, Index: count, Scale: 8}, end)
	ks := s.zero()
	two, limit := s.register(s.number(2)), s.register(s.number(1e30))
	s.each("vector", n, []reg.GPVirtual{x}, func(l lanes) {
		d, k, slope := s.load(Mem{Base: x}, l), s.zero(), s.zero()
		// The reciprocal of what is larger would be lost. NaN, the second
		// operand, stays.
		VMINPS(d, limit, d)
		h := GP64()
		MOVQ(widths, h)
		Label("width")
		a, square := s.vec(), XMM()
		VMOVSD(Mem{Base: h}, square)
		VMULSD(square, square, square)
		VCVTSD2SS(square, square, square)
		VBROADCASTSS(square, a)
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
		ADDQ(U8(8), h)
		CMPQ(h, end)
		JNE(LabelRef("width"))
		s.keep(k, l)
		VADDPS(k, ks, ks)
		s.store(slope, Mem{Base: x}, l)
	})
	Store(s.sum(ks), ReturnIndex(0))
	VZEROUPPER()
	RET()
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
	f, p := s.vec(), XMM()
	Load(Param("f"), p)
	VBROADCASTSS(p, f)
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
