package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Coefficients without a closed form are least-maximum fits of the relative
// error, made for this file; errors are those of the exact polynomial.
var (
	// (atan(√t)/√t - 1)/t on [0, 1], to 2.6e-9 of the arc tangent.
	atanFit = []float64{-0.333332991, 0.199985483, -0.142642417, 0.109521858, -0.0840345041, 0.0579575947, -0.0311778468, 0.0109146061, -0.00179362178}
	// (tanh(√t)/√t - 1)/t on [0, 0.625²], to 4.1e-9.
	tanhFit = []float64{-0.333332839, 0.133314913, -0.0537434981, 0.0206505872, -0.00571704496}
	// (ln(1+f) - f + f²/2)/f³ on [√½-1, √2-1], to 5.8e-9 of the logarithm.
	logFit = []float64{0.333333317, -0.25000821, 0.200012269, -0.166233573, 0.14201758, -0.131601824, 0.12761577, -0.0763449653}
)

// exp is e^x = 2^n·e^r with n the integer next to x/ln 2 and |r| <= ln 2 / 2,
// e^r by its Taylor series to the seventh power.
func (s isa) exp(x reg.VecVirtual) reg.VecVirtual {
	const ln2Low = math.Ln2 - 0.693359375 // the high part has nine bits, so that n times it is exact
	// NaN comes through as the second operand. Beyond these limits the result
	// is infinite, or rounds to zero.
	x1 := s.vec()
	VMINPS(x, s.register(s.number(89)), x1)
	VMAXPS(x1, s.register(s.number(-104)), x1)
	n := s.vec()
	VMULPS(s.number(math.Log2E), x1, n)
	n = s.round(n)
	VFNMADD231PS(s.number(0.693359375), n, x1)
	VFNMADD231PS(s.number(ln2Low), n, x1)
	p := s.polynomial(x1, 1, 1, 1./2, 1./6, 1./24, 1./120, 1./720, 1./5040)
	if s.wide() {
		VSCALEFPS(n, p, p)
		return p
	}
	// 2^n as the product of two powers, since one may not be a float32.
	i, half := YMM(), YMM()
	VCVTPS2DQ(n, i)
	VPSRAD(U8(1), i, half)
	VPSUBD(half, i, i)
	for _, e := range []reg.VecVirtual{half, i} {
		VPADDD(s.bits(127), e, e)
		VPSLLD(U8(23), e, e)
		VMULPS(e, p, p)
	}
	return p
}

// sign splits x into its magnitude and its sign bit.
func (s isa) sign(x reg.VecVirtual) (size, sign reg.VecVirtual) {
	size, sign = s.vec(), s.vec()
	s.and(s.bits(0x7fffffff), x, size)
	s.and(s.bits(0x80000000), x, sign)
	return size, sign
}

// tanh is x + x·t·P(t), t = x², near zero and ±(1 - e^-2|x|)/(1 + e^-2|x|)
// elsewhere.
func (s isa) tanh(x reg.VecVirtual) reg.VecVirtual {
	t := s.vec()
	VMULPS(x, x, t)
	near := s.polynomial(t, tanhFit...)
	VMULPS(t, near, near)
	VFMADD213PS(x, x, near)
	size, sign := s.sign(x)
	double := s.vec()
	VMULPS(s.number(-2), size, double)
	e := s.exp(double)
	one := s.register(s.number(1))
	below, far := s.vec(), s.vec()
	VADDPS(e, one, below)
	VSUBPS(e, one, far)
	VDIVPS(below, far, far)
	s.or(sign, far, far)
	return s.choose(size, less, s.number(0.625), near, far)
}

// atan is z + z·t·P(t), t = z², with z = |x| or, beyond 1, a right angle less
// that of z = 1/|x|.
func (s isa) atan(x reg.VecVirtual) reg.VecVirtual {
	size, sign := s.sign(x)
	one := s.register(s.number(1))
	inverse := s.vec()
	VDIVPS(size, one, inverse)
	z := s.choose(size, greater, one, inverse, size)
	t := s.vec()
	VMULPS(z, z, t)
	p := s.polynomial(t, atanFit...)
	VMULPS(t, p, p)
	VFMADD213PS(z, z, p)
	rest := s.register(s.number(math.Pi / 2))
	VSUBPS(p, rest, rest)
	p = s.choose(size, greater, s.number(1), rest, p)
	s.or(sign, p, p)
	return p
}

// log is e·ln 2 + ln(1+f), where x = 2^e·(1+f) and √½ <= 1+f < √2.
func (s isa) log(x reg.VecVirtual) reg.VecVirtual {
	const ln2Low = math.Ln2 - 0.693359375
	// Denormals are scaled up first.
	x1, shift := s.vec(), s.zero()
	VMULPS(s.number(1<<23), x, x1)
	x1 = s.choose(x, less, s.number(0x1p-126), x1, x)
	shift = s.choose(x, less, s.number(0x1p-126), s.register(s.number(-23)), shift)
	// The exponent, counted so that the rest is at least √½.
	e, m := s.vec(), s.vec()
	const root = 0x3f3504f3 // √½
	VPSUBD(s.bits(root), x1, e)
	VPSRAD(U8(23), e, e)
	VPSLLD(U8(23), e, m)
	VPSUBD(m, x1, m)
	VCVTDQ2PS(e, e)
	VADDPS(shift, e, e)
	f, square := s.vec(), s.vec()
	VSUBPS(s.number(1), m, f)
	VMULPS(f, f, square)
	p := s.polynomial(f, logFit...)
	VMULPS(f, p, p)
	VMULPS(square, p, p)
	VFMADD231PS(s.number(ln2Low), e, p)
	VFNMADD231PS(s.number(0.5), square, p)
	VADDPS(f, p, p)
	VFMADD231PS(s.number(0.693359375), e, p)
	// ln 0 = -Inf, ln Inf = Inf, NaN for the rest that has none.
	infinite := s.number(math.Inf(1))
	p = s.choose(x, lessEqual, s.zero(), s.register(s.number(math.Inf(-1))), p)
	p = s.choose(x, less, s.zero(), s.register(s.bits(0x7fc00000)), p)
	p = s.choose(x, equal, infinite, x, p)
	return s.choose(x, notEqualSelf, x, x, p)
}

// functions writes the functions of one slice: x = f(x), n >= 1 values.
func (s isa) functions() {
	for _, f := range []struct {
		name string
		f    func(reg.VecVirtual) reg.VecVirtual
	}{{"exp", s.exp}, {"tanh", s.tanh}, {"log", s.log}} {
		s.begin(f.name, "func(x *float32, n int)")
		x, n := param("x"), param("n")
		s.each("vector", n, []reg.GPVirtual{x}, func(l lanes) {
			s.store(f.f(s.load(Mem{Base: x}, l)), Mem{Base: x}, l)
		})
		VZEROUPPER()
		RET()
	}
}
