package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of couplingArgs. Every matrix is an address and a
// stride in bytes; t and dt follow s and ds in the same rows.
const (
	couplingA, couplingST, couplingKeep, couplingLogdet = 0, 8, 16, 24
	couplingAStride, couplingSTStride                   = 32, 40
	couplingKeepStride, couplingPart                    = 48, 56
	couplingLogdetStep, couplingRows, couplingCols      = 64, 72, 80
	couplingClamp, couplingInverseClamp, couplingDLog   = 88, 92, 96
)

// A coupling kernel walks rows and in them columns, with these pointers: a, s
// and, at fixed distances in one row of what the way back needs, the factor, u_a
// and ds/draw.
type coupling struct {
	isa
	t                 reg.GPVirtual
	a, s, keep        reg.GPVirtual
	toT, part, double reg.GPVirtual
}

func (s isa) couplingKernel(name string, row func(), body func(c coupling, l lanes), end func(t, logdet reg.GPVirtual)) {
	s.begin(name, "func(t *byte)")
	t := param("t")
	field := func(off int) reg.GPVirtual {
		r := GP64()
		MOVQ(Mem{Base: t, Disp: off}, r)
		return r
	}
	rows, logdet := field(couplingRows), field(couplingLogdet)
	a, st, keep := field(couplingA), field(couplingST), field(couplingKeep)
	c := coupling{isa: s, t: t, a: GP64(), s: GP64(), keep: GP64(), part: field(couplingPart), double: GP64(), toT: GP64()}
	MOVQ(c.part, c.double)
	ADDQ(c.double, c.double)
	Label("row")
	MOVQ(a, c.a)
	MOVQ(st, c.s)
	MOVQ(keep, c.keep)
	row()
	n := field(couplingCols)
	MOVQ(n, c.toT)
	SHLQ(U8(2), c.toT)
	s.each("columns", n, []reg.GPVirtual{c.a, c.s, c.keep}, func(l lanes) { body(c, l) })
	if end != nil {
		end(t, logdet)
		ADDQ(Mem{Base: t, Disp: couplingLogdetStep}, logdet)
	}
	ADDQ(Mem{Base: t, Disp: couplingAStride}, a)
	ADDQ(Mem{Base: t, Disp: couplingSTStride}, st)
	ADDQ(Mem{Base: t, Disp: couplingKeepStride}, keep)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// remember stores a vector for the way back, where there is room for all of it.
func (c coupling) remember(v reg.VecVirtual, to Mem) { VMOVUPS(v, to) }

// Where the way back's values are.
func (c coupling) factor() Mem { return Mem{Base: c.keep} }
func (c coupling) ua() Mem     { return Mem{Base: c.keep, Index: c.part, Scale: 1} }
func (c coupling) slope() Mem  { return Mem{Base: c.keep, Index: c.double, Scale: 1} }

func (c coupling) shift() Mem { return Mem{Base: c.s, Index: c.toT, Scale: 1} }

func (c coupling) setting(off int) reg.VecVirtual { return c.broadcast(Mem{Base: c.t, Disp: off}) }

// clamped is s = Clamp·2/π·atan(raw/Clamp); its slope is stored.
func (c coupling) clamped(l lanes) reg.VecVirtual {
	r := c.load(Mem{Base: c.s}, l)
	VMULPS(c.setting(couplingInverseClamp), r, r)
	below := c.register(c.number(1))
	VFMADD231PS(r, r, below)
	slope := c.register(c.number(2 / math.Pi))
	VDIVPS(below, slope, slope)
	c.remember(slope, c.slope())
	s := c.atan(r)
	VMULPS(c.number(2/math.Pi), s, s)
	VMULPS(c.setting(couplingClamp), s, s)
	return s
}

func (s isa) couplings() {
	var total reg.VecVirtual
	zero := func() {
		total = s.zero()
	}
	// Forwards: a <- a·e^s + t, logdet += Σ s.
	s.couplingKernel("couplingForward", zero, func(c coupling, l lanes) {
		v := c.clamped(l)
		VADDPS(v, total, total)
		f := c.exp(v)
		a := c.load(Mem{Base: c.a}, l)
		c.remember(a, c.ua())
		c.remember(f, c.factor())
		VFMADD213PS(c.load(c.shift(), l), f, a)
		c.store(a, Mem{Base: c.a}, l)
	}, func(t, logdet reg.GPVirtual) {
		x := s.sum(total)
		VADDSS(Mem{Base: logdet}, x, x)
		VMOVSS(x, Mem{Base: logdet})
	})
	// Back: a <- (a - t)·e^-s, logdet -= Σ s.
	s.couplingKernel("couplingInverse", zero, func(c coupling, l lanes) {
		v := c.clamped(l)
		VADDPS(v, total, total)
		minus := c.vec()
		c.flip(v, minus)
		f := c.exp(minus)
		a := c.load(Mem{Base: c.a}, l)
		VSUBPS(c.load(c.shift(), l), a, a)
		VMULPS(f, a, a)
		c.remember(f, c.factor())
		c.remember(a, c.ua())
		c.store(a, Mem{Base: c.a}, l)
	}, func(t, logdet reg.GPVirtual) {
		x, old := s.sum(total), XMM()
		VMOVSS(Mem{Base: logdet}, old)
		VSUBSS(x, old, old)
		VMOVSS(old, Mem{Base: logdet})
	})
	nothing := func() {}
	// ds = (d·u_a·factor + dlogdet)·slope, dt = d, d <- d·factor.
	s.couplingKernel("couplingBackForward", nothing, func(c coupling, l lanes) {
		d := c.load(Mem{Base: c.a}, l)
		c.store(d, c.shift(), l)
		VMULPS(c.load(c.factor(), l), d, d)
		c.store(d, Mem{Base: c.a}, l)
		VMULPS(c.load(c.ua(), l), d, d)
		VADDPS(c.setting(couplingDLog), d, d)
		VMULPS(c.load(c.slope(), l), d, d)
		c.store(d, Mem{Base: c.s}, l)
	}, nil)
	// ds = (-d·u_a - dlogdet)·slope, d <- d·factor, dt = -d.
	s.couplingKernel("couplingBackInverse", nothing, func(c coupling, l lanes) {
		d := c.load(Mem{Base: c.a}, l)
		ds := c.load(c.ua(), l)
		VMULPS(d, ds, ds)
		VADDPS(c.setting(couplingDLog), ds, ds)
		c.flip(ds, ds)
		VMULPS(c.load(c.slope(), l), ds, ds)
		c.store(ds, Mem{Base: c.s}, l)
		VMULPS(c.load(c.factor(), l), d, d)
		c.store(d, Mem{Base: c.a}, l)
		c.flip(d, d)
		c.store(d, c.shift(), l)
	}, nil)
}

// flip changes the sign.
func (s isa) flip(v, to reg.VecVirtual) {
	if s.wide() {
		VPXORD(s.bits(0x80000000), v, to)
	} else {
		VXORPS(s.bits(0x80000000), v, to)
	}
}
