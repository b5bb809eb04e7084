package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var logP = [7]float32{0.3333340883255005, -0.2500092089176178, 0.19985127449035645, -0.16592855751514435, 0.14676396548748016, -0.1411842554807663, 0.09272214025259018}

var sinP = [5]float32{1.5707963705062866, -0.6459637880325317, 0.07968991994857788, -0.004674150608479977, 0.0001516751217423007}

// philox draws block (event, id, 0, 0). The products of the even and of the
// odd lanes are made apart, and their halves put together; odd is the mask of
// the odd lanes for AVX-512. For AVX2 the keys are vectors.
func (s *set) philox(keys Mem, odd Op, event, id reg.VecVirtual) [4]reg.VecVirtual {
	m := [2]reg.VecVirtual{s.vector(s.word(0xD2511F53)), s.vector(s.word(0xCD9E8D57))}
	product := func(x, m reg.VecVirtual) (hi, lo reg.VecVirtual) {
		hi, lo = s.vec(), s.vec()
		odds := s.vec()
		VPMULUDQ(m, x, lo)
		VPSRLQ(Imm(32), x, odds)
		VPMULUDQ(m, odds, odds)
		VMOVSHDUP(lo, hi)
		if s.wide {
			VMOVDQA32(odds, odd, hi)
			VMOVSLDUP(odds, odd, lo)
			return hi, lo
		}
		VPBLENDD(U8(0xAA), odds, hi, hi)
		VMOVSLDUP(odds, odds)
		VPBLENDD(U8(0xAA), odds, lo, lo)
		return hi, lo
	}
	xorKey := func(round, word int, x, y, dst reg.VecVirtual) { // y and dst are one register
		switch {
		case s.wide:
			VPTERNLOGD_BCST(U8(xor3), keys.Offset(8*round+4*word), x, dst)
		default:
			VPXOR(x, y, dst)
			VPXOR(keys.Offset(64*round+32*word), dst, dst)
		}
	}
	// The first round, with two words that are 0.
	hi, lo := product(event, m[0])
	x := [4]reg.VecVirtual{s.vec(), s.zero(), hi, lo}
	if s.wide {
		VPXORD_BCST(keys, id, x[0])
		VPXORD_BCST(keys.Offset(4), hi, hi)
	} else {
		VPXOR(keys, id, x[0])
		VPXOR(keys.Offset(32), hi, hi)
	}
	for r := 1; r < rounds; r++ {
		hi0, lo0 := product(x[0], m[0])
		hi1, lo1 := product(x[2], m[1])
		xorKey(r, 0, x[1], hi1, hi1)
		xorKey(r, 1, x[3], hi0, hi0)
		x = [4]reg.VecVirtual{hi1, lo1, hi0, lo0}
	}
	return x
}

// unit is uniform in [0, 1).
func (s *set) unit(word reg.VecVirtual) reg.VecVirtual {
	u := s.vec()
	VPSRLD(Imm(8), word, u)
	VCVTDQ2PS(u, u)
	s.times(1.0/(1<<24), u, u)
	return u
}

// signed is uniform in [-1, 1].
func (s *set) signed(word reg.VecVirtual) reg.VecVirtual {
	v := s.vec()
	VCVTDQ2PS(word, v)
	s.times(1.0/(1<<31), v, v)
	return v
}

// polynomial is Horner's, products and sums rounded apart.
func (s *set) polynomial(p []float32, x reg.VecVirtual) reg.VecVirtual {
	v := s.vec()
	n := len(p)
	s.times(p[n-1], x, v)
	s.addTo(p[n-2], v, v)
	for i := n - 3; i >= 0; i-- {
		VMULPS(x, v, v)
		s.addTo(p[i], v, v)
	}
	return v
}

func (s *set) minusLog(word reg.VecVirtual) reg.VecVirtual {
	bits, e, f := s.vec(), s.vec(), s.vec()
	VPSRLD(Imm(8), word, bits)
	s.or(1, bits, bits)
	VCVTDQ2PS(bits, bits)
	s.times(1.0/(1<<24), bits, bits)
	s.with(VPSUBD, VPSUBD_BCST, s.word(0x3f3504f3), bits, e)
	VPSRAD(Imm(23), e, e)
	VPSLLD(Imm(23), e, f)
	VPSUBD(f, bits, f)
	s.addTo(-1, f, f)
	p := s.polynomial(logP[:], f)
	f2, low := s.vec(), s.vec()
	VMULPS(f, f, f2)
	s.times(0.5, f2, low)
	VMULPS(f, f2, f2)
	VMULPS(p, f2, f2)
	VSUBPS(f2, low, low)
	VSUBPS(f, low, low)
	VCVTDQ2PS(e, e)
	s.times(math.Ln2, e, e)
	VSUBPS(e, low, low)
	return low
}

// turn is the cosine after scattering.
func (s *set) turn(arg func(int) Mem, layer, c, a, b reg.VecVirtual) reg.VecVirtual {
	v := s.signed(a)
	q := s.lookup(arg(offG), layer)
	VMULPS(v, q, q)
	s.addTo(1, q, q)
	ct := s.lookup(arg(offC2), layer)
	VMULPS(v, ct, ct)
	VADDPS(s.lookup(arg(offC1), layer), ct, ct)
	VMULPS(v, ct, ct)
	VADDPS(s.lookup(arg(offC0), layer), ct, ct)
	VMULPS(q, q, q)
	VDIVPS(q, ct, ct)
	one, sines, other := s.vector(s.float(1)), s.vec(), s.vec()
	VMULPS(c, c, sines)
	VSUBPS(sines, one, sines)
	VMULPS(ct, ct, other)
	VSUBPS(other, one, other)
	VMULPS(other, sines, sines)
	VMAXPS(s.zero(), sines, sines)
	VSQRTPS(sines, sines)
	angle, square := s.signed(b), s.vec()
	VMULPS(angle, angle, square)
	cosine := s.polynomial(sinP[:], square)
	VMULPS(cosine, angle, cosine)
	VMULPS(cosine, sines, sines)
	VMULPS(c, ct, ct)
	VADDPS(sines, ct, ct)
	s.with(VMAXPS, VMAXPS_BCST, s.float(-1), ct, ct)
	VMINPS(one, ct, ct)
	return ct
}

// A refraction is reflected where squared <= 0 or level < shares, and else has
// the cosine behind the boundary.
type refraction struct{ squared, level, shares, cosine reg.VecVirtual }

func (s *set) refract(index, c, word reg.VecVirtual) refraction {
	one, r := s.vector(s.float(1)), refraction{s.vec(), s.unit(word), s.vec(), s.vec()}
	VMULPS(c, c, r.squared)
	VSUBPS(r.squared, one, r.squared)
	t, ic := s.vec(), r.shares
	VMULPS(index, index, t)
	VMULPS(r.squared, t, r.squared)
	VSUBPS(r.squared, one, r.squared)
	VMAXPS(s.zero(), r.squared, t)
	VSQRTPS(t, t)
	ca, it, b, d := s.vec(), s.vec(), s.vec(), s.vec()
	s.and(0x7FFFFFFF, c, ca)
	VMULPS(ca, index, ic)
	VMULPS(t, index, it)
	VADDPS(t, ic, b)
	VSUBPS(t, ic, ic) // a
	VADDPS(ca, it, d)
	VSUBPS(ca, it, it) // p
	VMULPS(d, ic, ic)  // ad
	VMULPS(b, it, it)  // pb
	VMULPS(d, b, b)    // bd
	VMULPS(ic, ic, ic)
	VMULPS(it, it, it)
	VADDPS(it, ic, ic)
	VMULPS(b, b, b)
	VADDPS(r.level, r.level, r.level)
	VMULPS(b, r.level, r.level)
	s.and(0x80000000, c, r.cosine)
	VORPS(t, r.cosine, r.cosine)
	return r
}
