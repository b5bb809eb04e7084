package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is an instruction set: AVX-512, or AVX2 with FMA. Kernels written
// once on its methods come out for both.
type isa struct {
	name  string // 512 or 256, in the kernels' names
	bytes int    // of a vector
}

var (
	avx512 = isa{"512", 64}
	avx2   = isa{"256", 32}
)

func (s isa) wide() bool { return s.bytes == 64 }

func (s isa) vec() reg.VecVirtual {
	if s.wide() {
		return ZMM()
	}
	return YMM()
}

// begin starts a function and says that its pointers do not escape.
func (s isa) begin(name, signature string) {
	TEXT(name+s.name, NOSPLIT, signature)
	Pragma("noescape")
}

func param(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// A lanes is which lanes of a vector there are data for: all, or the first few by a
// mask in k or v. With AVX2 n is how many, in a register.
type lanes struct {
	all bool
	k   reg.OpmaskVirtual
	v   reg.VecVirtual
	n   reg.GPVirtual
}

// label is the name of a label in code that is there for all lanes and for some.
func (l lanes) label(name string) string {
	if l.all {
		return name + "All"
	}
	return name
}

// slidingMask is a window over ones then zeros.
var slidingMask *Mem

// first makes the lanes for the first n values of a vector, n >= 1; n is kept.
func (s isa) first(n reg.GPVirtual) lanes {
	if s.wide() {
		// The low n bits, all sixteen if n is more: shifts of 64 and more are
		// taken modulo 64, so n is limited first.
		ones, limit, l := GP64(), GP64(), lanes{k: K()}
		MOVQ(U32(16), limit)
		CMPQ(n, limit)
		CMOVQLT(n, limit)
		MOVQ(I32(-1), ones)
		low := GP64()
		BZHIQ(limit, ones, low)
		KMOVW(low.As32(), l.k)
		return l
	}
	if slidingMask == nil {
		m := GLOBL("slidingMask", RODATA|NOPTR)
		for i := range 16 {
			word := U32(0)
			if i < 8 {
				word = 0xffffffff
			}
			DATA(4*i, word)
		}
		slidingMask = &m
	}
	limit, at, l := GP64(), GP64(), lanes{v: YMM(), n: n}
	MOVQ(U32(8), limit)
	CMPQ(n, limit)
	CMOVQLT(n, limit)
	NEGQ(limit)
	LEAQ(*slidingMask, at)
	VMOVDQU(Mem{Base: at, Index: limit, Scale: 4, Disp: 32}, l.v)
	return l
}

// load gives zero where there are no data.
func (s isa) load(from Mem, l lanes) reg.VecVirtual {
	v := s.vec()
	switch {
	case l.all:
		VMOVUPS(from, v)
	case s.wide():
		VMOVUPS_Z(from, l.k, v)
	default:
		VMASKMOVPS(from, l.v, v)
	}
	return v
}

func (s isa) store(v reg.VecVirtual, to Mem, l lanes) {
	switch {
	case l.all:
		VMOVUPS(v, to)
	case s.wide():
		VMOVUPS(v, l.k, to)
	default:
		s.storeFirst([]reg.VecVirtual{v}, []Mem{to}, l.n)
	}
}

var storesFirst int // so far

// storeFirst stores the first n values, 1 to 7, of each vector: four, two and one
// of them, as n's bits say. A masked store is a dozen times slower on AMD's processors.
func (s isa) storeFirst(vs []reg.VecVirtual, to []Mem, n reg.GPVirtual) {
	storesFirst++
	label := func(bit string) string { return fmt.Sprintf("store%sOf%d", bit, storesFirst) }
	// The values to store next are the lowest; those before are done.
	rest, off := make([]reg.VecVirtual, len(vs)), GP64()
	for i, v := range vs {
		rest[i] = XMM()
		VMOVAPS(v.AsX(), rest[i])
	}
	XORQ(off, off)
	at := func(m Mem) Mem { // m + off
		if m.Index == nil {
			m.Index, m.Scale = off, 1
			return m
		}
		base := GP64()
		LEAQ(m, base)
		return Mem{Base: base, Index: off, Scale: 1}
	}
	TESTQ(U32(4), n)
	JE(LabelRef(label("2")))
	for i, v := range vs {
		VMOVUPS(rest[i], to[i])
		VEXTRACTF128(U8(1), v, rest[i])
	}
	MOVQ(U32(16), off)
	Label(label("2"))
	TESTQ(U32(2), n)
	JE(LabelRef(label("1")))
	for i := range vs {
		VMOVLPS(rest[i], at(to[i]))
		VMOVHLPS(rest[i], rest[i], rest[i])
	}
	ADDQ(U8(8), off)
	Label(label("1"))
	TESTQ(U32(1), n)
	JE(LabelRef(label("0")))
	for i := range vs {
		VMOVSS(rest[i], at(to[i]))
	}
	Label(label("0"))
}

func (s isa) zero() reg.VecVirtual {
	v := s.vec()
	if s.wide() {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
	return v
}

// broadcast fills a vector with the float32 at an address.
func (s isa) broadcast(from Mem) reg.VecVirtual {
	v := s.vec()
	VBROADCASTSS(from, v)
	return v
}

var constants = map[uint32]Mem{}

// bits is a vector of one 32-bit word, in memory.
func (s isa) bits(b uint32) Mem {
	m, ok := constants[b]
	if !ok {
		m = GLOBL(fmt.Sprintf("c%08x", b), RODATA|NOPTR)
		for i := range 16 {
			DATA(4*i, U32(b))
		}
		constants[b] = m
	}
	return m
}

// number is a vector of one float32, in memory.
func (s isa) number(x float64) Mem { return s.bits(math.Float32bits(float32(x))) }

// register is a constant in a register.
func (s isa) register(m Mem) reg.VecVirtual {
	v := s.vec()
	VMOVUPS(m, v)
	return v
}

func (s isa) and(a Op, b, to reg.VecVirtual) {
	if s.wide() {
		VPANDD(a, b, to)
	} else {
		VPAND(a, b, to)
	}
}

func (s isa) or(a Op, b, to reg.VecVirtual) {
	if s.wide() {
		VPORD(a, b, to)
	} else {
		VPOR(a, b, to)
	}
}

func (s isa) xor(a Op, b, to reg.VecVirtual) {
	if s.wide() {
		VPXORD(a, b, to)
	} else {
		VPXOR(a, b, to)
	}
}

// Comparisons, as VCMPPS numbers them.
const (
	equal        = 0
	less         = 17 // quiet
	lessEqual    = 18
	greater      = 30
	notEqualSelf = 3 // unordered
)

// choose is yes where a cmp b holds and no elsewhere.
func (s isa) choose(a reg.VecVirtual, cmp int, b Op, yes, no reg.VecVirtual) reg.VecVirtual {
	to := s.vec()
	if s.wide() {
		k := K()
		VCMPPS(U8(cmp), b, a, k)
		VBLENDMPS(yes, no, k, to)
	} else {
		m := YMM()
		VCMPPS(U8(cmp), b, a, m)
		VBLENDVPS(m, yes, no, to)
	}
	return to
}

// round rounds to the nearest integer.
func (s isa) round(v reg.VecVirtual) reg.VecVirtual {
	to := s.vec()
	if s.wide() {
		VRNDSCALEPS(U8(0), v, to)
	} else {
		VROUNDPS(U8(0), v, to)
	}
	return to
}

// sum adds the lanes of v into the lowest of the register returned, always in
// the same order; v is lost.
func (s isa) sum(v reg.VecVirtual) reg.VecVirtual {
	if s.wide() {
		high := YMM()
		VEXTRACTF64X4(U8(1), v, high)
		VADDPS(high, v.AsY(), high)
		v = high
	}
	low, other := XMM(), XMM()
	VEXTRACTF128(U8(1), v.AsY(), other)
	VADDPS(v.AsX(), other, low)
	VMOVHLPS(low, low, other)
	VADDPS(low, other, low)
	VMOVSHDUP(low, other)
	VADDSS(low, other, low)
	return low
}

// each runs body for every vector of n >= 1 values, the last of which may have
// fewer than the others; the pointers move along. The code of body comes twice.
func (s isa) each(label string, n reg.GPVirtual, pointers []reg.GPVirtual, body func(l lanes)) {
	SUBQ(U8(s.bytes/4), n)
	JL(LabelRef(label + "Rest"))
	Label(label)
	body(lanes{all: true})
	for _, p := range pointers {
		ADDQ(U8(s.bytes), p)
	}
	SUBQ(U8(s.bytes/4), n)
	JGE(LabelRef(label))
	Label(label + "Rest")
	ADDQ(U8(s.bytes/4), n)
	JE(LabelRef(label + "End"))
	body(s.first(n))
	Label(label + "End")
}

// polynomial is c[0] + c[1]·x + ...
func (s isa) polynomial(x reg.VecVirtual, c ...float64) reg.VecVirtual {
	p := s.register(s.number(c[len(c)-1]))
	for i := len(c) - 2; i >= 0; i-- {
		VFMADD213PS(s.number(c[i]), x, p)
	}
	return p
}
