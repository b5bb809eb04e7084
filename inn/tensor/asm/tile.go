package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of tileArgs.
const (
	offA, offB, offC, offBias            = 0, 8, 16, 24
	offRow, offStep, offLDB, offLDC      = 32, 40, 48, 56
	offInner, offStart, offEnd, offSlope = 64, 72, 80, 88
	offTiles, offRest                    = 96, 104
	offMask                              = 112 // 32 lanes of int32, all ones where a column exists
)

type args struct{ t reg.GPVirtual }

func (a args) load(off int) reg.GPVirtual {
	r := GP64()
	MOVQ(Mem{Base: a.t, Disp: off}, r)
	return r
}

// rowsOf are the addresses of rows 0..n-1, n up to 12, from a base and a
// stride in bytes.
func rowsOf(base, stride reg.GPVirtual, n int) []Mem {
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	var rows []Mem
	for i := range n {
		if i > 0 && i%4 == 0 {
			next := GP64()
			LEAQ(Mem{Base: base, Index: stride, Scale: 4}, next)
			base = next
		}
		switch i % 4 {
		case 0:
			rows = append(rows, Mem{Base: base})
		case 1:
			rows = append(rows, Mem{Base: base, Index: stride, Scale: 1})
		case 2:
			rows = append(rows, Mem{Base: base, Index: stride, Scale: 2})
		case 3:
			rows = append(rows, Mem{Base: base, Index: stride3, Scale: 1})
		}
	}
	return rows
}

// bases are the base registers that rowsOf used, to be moved each step.
func bases(rows []Mem) []reg.Register {
	var b []reg.Register
	for i := 0; i < len(rows); i += 4 {
		b = append(b, rows[i].Base)
	}
	return b
}

// mask is the lanes of vector j that C has columns for.
func (s isa) mask(t args, j int) lanes {
	at, v := Mem{Base: t.t, Disp: offMask + j*s.bytes}, s.vec()
	if !s.wide() {
		VMOVDQU(at, v)
		return lanes{v: v}
	}
	l := lanes{k: K()}
	VMOVDQU32(at, v)
	VPMOVD2M(v, l.k)
	return l
}

// tile computes tiles of C = A·B below each other, with n rows of one or two
// vectors, in registers: for each step of the inner dimension it loads the
// vectors of B and multiplies them by one value of each row of A. A is addressed
// by two strides, so that the same kernel takes A or its transpose.
func (s isa) tile(n, vectors int) {
	s.begin(fmt.Sprintf("tile%dx%dx", vectors, n), "func(t *byte)")
	t := args{param("t")}
	// Where A and C go on for this tile: on the stack, since registers are short and
	// an address behind a matrix must not be found in memory that Go looks through.
	local := AllocLocal(24)
	aHere, cHere, left := local, local.Offset(8), local.Offset(16)
	for _, m := range []struct {
		from int
		to   Mem
	}{{offA, aHere}, {offC, cHere}, {offTiles, left}} {
		MOVQ(t.load(m.from), m.to)
	}
	Label("tile")
	acc := make([][]reg.VecVirtual, n)
	for i := range acc {
		for range vectors {
			acc[i] = append(acc[i], s.vec())
		}
	}
	every := func(f func(i, j int)) {
		for i := range n {
			for j := range vectors {
				f(i, j)
			}
		}
	}
	// Masks are kept where there are registers for them, and asked for again at
	// every use elsewhere. Only the last vector may have lanes without a column,
	// which AVX-512 need not know.
	var masks []lanes
	for j := 0; s.wide() && j < vectors; j++ {
		masks = append(masks, s.mask(t, j))
	}
	mask := func(j int) lanes {
		switch {
		case s.wide():
			return masks[j]
		case j < vectors-1:
			return lanes{all: true}
		}
		return s.mask(t, j)
	}
	at := func(row Mem, j int) Mem { return row.Offset(j * s.bytes) }

	// Start: 0 zero, 1 the bias row, 2 what C holds, added at the end. What C holds
	// comes from afar meanwhile, also for the endings that want it (which follow no bias).
	begin, ldc, c := t.load(offStart), t.load(offLDC), GP64()
	MOVQ(cHere, c)
	end := t.load(offEnd)
	CMPQ(end, Imm(3))
	JGE(LabelRef("fetch"))
	CMPQ(begin, Imm(1))
	JE(LabelRef("bias"))
	JL(LabelRef("zero"))
	Label("fetch")
	for _, row := range rowsOf(c, ldc, n) {
		for off := 0; off < vectors*s.bytes; off += 64 {
			PREFETCHT0(row.Offset(off))
		}
		PREFETCHT0(row.Offset(vectors*s.bytes - 4))
	}
	Label("zero")
	every(func(i, j int) {
		if s.wide() {
			VPXORD(acc[i][j], acc[i][j], acc[i][j])
		} else {
			VXORPS(acc[i][j], acc[i][j], acc[i][j])
		}
	})
	JMP(LabelRef("product"))
	Label("bias")
	bias := t.load(offBias)
	for j := range vectors {
		v := s.load(at(Mem{Base: bias}, j), mask(j))
		for i := range n {
			VMOVAPS(v, acc[i][j])
		}
	}

	Label("product")
	inner, ldb, b, step := t.load(offInner), t.load(offLDB), t.load(offB), t.load(offStep)
	a := GP64()
	MOVQ(aHere, a)
	rows := rowsOf(a, t.load(offRow), n)
	TESTQ(inner, inner)
	JE(LabelRef("end"))
	Label("inner")
	var bs []reg.VecVirtual // B is there in full: masks cost a unit of the products'
	for j := range vectors {
		bs = append(bs, s.register(at(Mem{Base: b}, j)))
	}
	each := s.vec()
	for i := range acc {
		VBROADCASTSS(rows[i], each)
		for j := range vectors {
			VFMADD231PS(each, bs[j], acc[i][j])
		}
	}
	ADDQ(ldb, b)
	for _, r := range bases(rows) {
		ADDQ(step, r)
	}
	DECQ(inner)
	JNE(LabelRef("inner"))

	// End: 0 nothing, 1 leaky ReLU, 2 ReLU, 3 the derivative of either by the
	// sign of what C held, 4 that of tanh.
	Label("end")
	crows := rowsOf(c, ldc, n)
	CMPQ(begin, Imm(2))
	JNE(LabelRef("ending"))
	every(func(i, j int) {
		VADDPS(s.load(at(crows[i], j), mask(j)), acc[i][j], acc[i][j])
	})
	Label("ending")
	slope := s.broadcast(Mem{Base: t.t, Disp: offSlope})
	for i, label := range []string{"store", "leaky", "relu", "derivative"} {
		CMPQ(end, Imm(uint64(i)))
		JE(LabelRef(label))
	}
	every(func(i, j int) { // v·(1 - old²)
		old := s.load(at(crows[i], j), mask(j))
		VFNMADD213PS(s.number(1), old, old)
		VMULPS(old, acc[i][j], acc[i][j])
	})
	JMP(LabelRef("store"))
	Label("leaky")
	scaled := s.vec()
	every(func(i, j int) {
		VMULPS(slope, acc[i][j], scaled)
		VMAXPS(acc[i][j], scaled, acc[i][j])
	})
	JMP(LabelRef("store"))
	Label("relu")
	zero := s.zero()
	every(func(i, j int) { VMAXPS(acc[i][j], zero, acc[i][j]) }) // NaN, the second operand, stays
	JMP(LabelRef("store"))
	Label("derivative")
	if s.wide() {
		zero, off := s.zero(), K()
		every(func(i, j int) {
			VCMPPS(Imm(2), zero, s.load(at(crows[i], j), mask(j)), off) // old <= 0
			VMULPS(slope, acc[i][j], off, acc[i][j])
		})
	} else {
		every(func(i, j int) {
			old, times := s.load(at(crows[i], j), mask(j)), YMM()
			VXORPS(times, times, times)
			VCMPPS(Imm(2), times, old, old) // old <= 0
			VMULPS(slope, acc[i][j], times)
			VBLENDVPS(old, times, acc[i][j], acc[i][j])
		})
	}
	Label("store")
	if s.wide() {
		every(func(i, j int) { s.store(acc[i][j], at(crows[i], j), masks[j]) })
	} else {
		// The last vector may have columns for some of its values.
		var last []reg.VecVirtual
		var to []Mem
		for i, row := range crows {
			if vectors == 2 {
				VMOVUPS(acc[i][0], row)
			}
			last, to = append(last, acc[i][vectors-1]), append(to, at(row, vectors-1))
		}
		rest := t.load(offRest)
		TESTQ(rest, rest)
		JNE(LabelRef("some"))
		for i, v := range last {
			VMOVUPS(v, to[i])
		}
		JMP(LabelRef("next"))
		Label("some")
		s.storeFirst(last, to, rest)
		Label("next")
	}
	for _, m := range []struct {
		at     Mem
		stride int
	}{{aHere, offRow}, {cHere, offLDC}} {
		move := GP64()
		IMUL3Q(U8(n), Mem{Base: t.t, Disp: m.stride}, move)
		ADDQ(move, m.at)
	}
	DECQ(left)
	JNE(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// pack copies rows of two vectors, with zeros where the mask has none, and writes
// the columns' sums.
func (s isa) pack() {
	s.begin("pack", "func(dst, src *float32, srcStride, rows int, mask *int32, sums *float32)")
	dst, src, stride, rows, sums := param("dst"), param("src"), param("srcStride"), param("rows"), param("sums")
	t := args{param("mask")}
	SUBQ(U8(offMask), t.t)
	masks := []lanes{s.mask(t, 0), s.mask(t, 1)}
	total := []reg.VecVirtual{s.zero(), s.zero()}
	Label("row")
	for j, m := range masks {
		v := s.load(Mem{Base: src, Disp: j * s.bytes}, m)
		VMOVUPS(v, Mem{Base: dst, Disp: j * s.bytes})
		VADDPS(v, total[j], total[j])
	}
	ADDQ(stride, src)
	ADDQ(U32(2*s.bytes), dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	for j, v := range total {
		VMOVUPS(v, Mem{Base: sums, Disp: j * s.bytes})
	}
	VZEROUPPER()
	RET()
}
