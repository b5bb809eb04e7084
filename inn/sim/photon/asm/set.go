package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A set is one of the two instruction sets, with the constants that its
// kernel reads: words that AVX-512 broadcasts, or vectors of eight for AVX2.
type set struct {
	wide bool // AVX-512
	few  bool // tables of eight layers
	base Mem
	at   map[uint32]int
}

func (s *set) word(w uint32) Mem {
	copies := 8
	if s.wide {
		copies = 1
	}
	i, ok := s.at[w]
	if !ok {
		i = len(s.at)
		s.at[w] = i
		for k := range copies {
			DATA(4*(copies*i+k), U32(w))
		}
	}
	return s.base.Offset(4 * copies * i)
}

func (s *set) float(f float32) Mem { return s.word(math.Float32bits(f)) }

func (s *set) vec() reg.VecVirtual {
	if s.wide {
		return ZMM()
	}
	return YMM()
}

// with is an operation with a constant: dst = x op constant.
func (s *set) with(narrow, broadcast func(...Op), constant Mem, x, dst reg.VecVirtual) {
	if s.wide {
		broadcast(constant, x, dst)
	} else {
		narrow(constant, x, dst)
	}
}

func (s *set) addTo(c float32, x, dst reg.VecVirtual) {
	s.with(VADDPS, VADDPS_BCST, s.float(c), x, dst)
}

func (s *set) times(c float32, x, dst reg.VecVirtual) {
	s.with(VMULPS, VMULPS_BCST, s.float(c), x, dst)
}

func (s *set) and(w uint32, x, dst reg.VecVirtual) {
	s.with(func(ops ...Op) { VPAND(ops[0], ops[1], ops[2]) }, VPANDD_BCST, s.word(w), x, dst)
}

func (s *set) or(w uint32, x, dst reg.VecVirtual) {
	s.with(func(ops ...Op) { VPOR(ops[0], ops[1], ops[2]) }, VPORD_BCST, s.word(w), x, dst)
}

// vector is a constant in all lanes of a register.
func (s *set) vector(c Mem) reg.VecVirtual {
	v := s.vec()
	if s.wide {
		VBROADCASTSS(c, v)
	} else {
		VMOVUPS(c, v)
	}
	return v
}

func (s *set) zero() reg.VecVirtual {
	v := s.vec()
	if s.wide {
		VPXORD(v, v, v)
	} else {
		VPXOR(v, v, v)
	}
	return v
}

// lookup gives each lane the entry of its layer in a table of sixteen, or of the
// first eight.
func (s *set) lookup(table Mem, layer reg.VecVirtual) reg.VecVirtual {
	v := s.vec()
	if s.wide {
		VPERMPS(table, layer, v)
		return v
	}
	VPERMPS(table, layer, v)
	if s.few {
		return v
	}
	upper, which := YMM(), YMM()
	VPERMPS(table.Offset(32), layer, upper)
	VPSLLD(Imm(28), layer, which) // bit 3 becomes the sign
	VBLENDVPS(which, upper, v, v)
	return v
}
