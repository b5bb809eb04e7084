// Command asm writes the assembly of package tensor: the tile kernels of the
// matrix products, for AVX-512 and for AVX2 with FMA, and the transpose.
//
//	go run . -out ../tile_amd64.s -stubs ../tile_amd64.go -pkg tensor
//
// A tile kernel computes a tile of C = A·B with the tile's rows and two
// vectors of columns in registers: for each step of the inner dimension it
// loads two vectors of B and multiplies them by one value of each row of A.
// A is addressed by two strides, so that the same kernel takes A or Aᵀ.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	for rows := 1; rows <= 12; rows++ {
		tile512(rows)
	}
	for rows := 1; rows <= 6; rows++ {
		tile256(rows)
	}
	transpose8()
	Generate()
}

// signature is that of every tile kernel; t points to tileArgs.
const signature = "func(t *byte)"

// Offsets of the fields of tileArgs.
const (
	offA, offB, offC, offBias            = 0, 8, 16, 24
	offRow, offStep, offLDB, offLDC      = 32, 40, 48, 56
	offInner, offStart, offEnd, offSlope = 64, 72, 80, 88
	offMask                              = 96 // 32 lanes of int32, all ones where a column exists
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

func tile512(n int) {
	TEXT(fmt.Sprintf("tile512x%d", n), NOSPLIT, signature)
	Pragma("noescape")
	t := args{GP64()}
	Load(Param("t"), t.t)
	m := GP64()
	LEAQ(Mem{Base: t.t, Disp: offMask}, m)
	masks := [2]reg.OpmaskVirtual{K(), K()}
	for j := range masks {
		v := ZMM()
		VMOVDQU32(Mem{Base: m, Disp: 64 * j}, v)
		VPMOVD2M(v, masks[j])
	}
	acc := make([][2]reg.VecVirtual, n)
	for i := range acc {
		acc[i] = [2]reg.VecVirtual{ZMM(), ZMM()}
	}

	// Start: 0 zero, 1 the bias row, 2 what C holds.
	begin := t.load(offStart)
	ldc := t.load(offLDC)
	c := t.load(offC)
	CMPQ(begin, Imm(1))
	JE(LabelRef("bias"))
	JG(LabelRef("add"))
	for i := range acc {
		for j := range 2 {
			VPXORD(acc[i][j], acc[i][j], acc[i][j])
		}
	}
	JMP(LabelRef("product"))
	Label("bias")
	bias := t.load(offBias)
	for j := range 2 {
		VMOVUPS_Z(Mem{Base: bias, Disp: 64 * j}, masks[j], acc[0][j])
		for i := 1; i < n; i++ {
			VMOVAPS(acc[0][j], acc[i][j])
		}
	}
	JMP(LabelRef("product"))
	Label("add")
	for i, row := range rowsOf(c, ldc, n) {
		for j := range 2 {
			VMOVUPS_Z(row.Offset(64*j), masks[j], acc[i][j])
		}
	}

	Label("product")
	inner := t.load(offInner)
	step := t.load(offStep)
	ldb := t.load(offLDB)
	b := t.load(offB)
	rows := rowsOf(t.load(offA), t.load(offRow), n)
	TESTQ(inner, inner)
	JE(LabelRef("end"))
	Label("inner")
	b0, b1, a := ZMM(), ZMM(), ZMM()
	VMOVUPS_Z(Mem{Base: b}, masks[0], b0)
	VMOVUPS_Z(Mem{Base: b, Disp: 64}, masks[1], b1)
	for i := range acc {
		VBROADCASTSS(rows[i], a)
		VFMADD231PS(a, b0, acc[i][0])
		VFMADD231PS(a, b1, acc[i][1])
	}
	ADDQ(ldb, b)
	for _, r := range bases(rows) {
		ADDQ(step, r)
	}
	DECQ(inner)
	JNE(LabelRef("inner"))

	// End: 0 nothing, 1 max(v, slope·v), 2 v times the slope where the old C
	// is not positive.
	Label("end")
	slope := ZMM()
	VBROADCASTSS(Mem{Base: t.t, Disp: offSlope}, slope)
	end := t.load(offEnd)
	crows := rowsOf(c, ldc, n)
	CMPQ(end, Imm(1))
	JL(LabelRef("store"))
	JG(LabelRef("derivative"))
	scaled := ZMM()
	for i := range acc {
		for j := range 2 {
			VMULPS(slope, acc[i][j], scaled)
			VMAXPS(acc[i][j], scaled, acc[i][j])
		}
	}
	JMP(LabelRef("store"))
	Label("derivative")
	zero, old, off := ZMM(), ZMM(), K()
	VPXORD(zero, zero, zero)
	for i := range acc {
		for j := range 2 {
			VMOVUPS_Z(crows[i].Offset(64*j), masks[j], old)
			VCMPPS(Imm(2), zero, old, off) // old <= 0
			VMULPS(slope, acc[i][j], off, acc[i][j])
		}
	}
	Label("store")
	for i := range acc {
		for j := range 2 {
			VMOVUPS(acc[i][j], masks[j], crows[i].Offset(64*j))
		}
	}
	VZEROUPPER()
	RET()
}

func tile256(n int) {
	TEXT(fmt.Sprintf("tile256x%d", n), NOSPLIT, signature)
	Pragma("noescape")
	t := args{GP64()}
	Load(Param("t"), t.t)
	m := GP64()
	LEAQ(Mem{Base: t.t, Disp: offMask}, m)
	mask := func(j int) reg.VecVirtual { // reloaded: registers are short
		v := YMM()
		VMOVDQU(Mem{Base: m, Disp: 32 * j}, v)
		return v
	}
	acc := make([][2]reg.VecVirtual, n)
	for i := range acc {
		acc[i] = [2]reg.VecVirtual{YMM(), YMM()}
	}

	begin := t.load(offStart)
	ldc := t.load(offLDC)
	c := t.load(offC)
	CMPQ(begin, Imm(1))
	JE(LabelRef("bias"))
	JG(LabelRef("add"))
	for i := range acc {
		for j := range 2 {
			VXORPS(acc[i][j], acc[i][j], acc[i][j])
		}
	}
	JMP(LabelRef("product"))
	Label("bias")
	bias := t.load(offBias)
	for j := range 2 {
		VMASKMOVPS(Mem{Base: bias, Disp: 32 * j}, mask(j), acc[0][j])
		for i := 1; i < n; i++ {
			VMOVAPS(acc[0][j], acc[i][j])
		}
	}
	JMP(LabelRef("product"))
	Label("add")
	for i, row := range rowsOf(c, ldc, n) {
		for j := range 2 {
			VMASKMOVPS(row.Offset(32*j), mask(j), acc[i][j])
		}
	}

	Label("product")
	inner := t.load(offInner)
	step := t.load(offStep)
	ldb := t.load(offLDB)
	b := t.load(offB)
	rows := rowsOf(t.load(offA), t.load(offRow), n)
	TESTQ(inner, inner)
	JE(LabelRef("end"))
	Label("inner")
	b0, b1, a := YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: m}, b0) // the mask, then what it lets through
	VMASKMOVPS(Mem{Base: b}, b0, b0)
	VMOVDQU(Mem{Base: m, Disp: 32}, b1)
	VMASKMOVPS(Mem{Base: b, Disp: 32}, b1, b1)
	for i := range acc {
		VBROADCASTSS(rows[i], a)
		VFMADD231PS(a, b0, acc[i][0])
		VFMADD231PS(a, b1, acc[i][1])
	}
	ADDQ(ldb, b)
	for _, r := range bases(rows) {
		ADDQ(step, r)
	}
	DECQ(inner)
	JNE(LabelRef("inner"))

	Label("end")
	slope := YMM()
	VBROADCASTSS(Mem{Base: t.t, Disp: offSlope}, slope)
	end := t.load(offEnd)
	crows := rowsOf(c, ldc, n)
	CMPQ(end, Imm(1))
	JL(LabelRef("store"))
	JG(LabelRef("derivative"))
	scaled := YMM()
	for i := range acc {
		for j := range 2 {
			VMULPS(slope, acc[i][j], scaled)
			VMAXPS(acc[i][j], scaled, acc[i][j])
		}
	}
	JMP(LabelRef("store"))
	Label("derivative")
	for i := range acc {
		for j := range 2 {
			old, times, zero := YMM(), scaled, mask(j)
			VMASKMOVPS(crows[i].Offset(32*j), zero, old)
			VXORPS(zero, zero, zero)
			VCMPPS(Imm(2), zero, old, old) // old <= 0
			VMULPS(slope, acc[i][j], times)
			VBLENDVPS(old, times, acc[i][j], acc[i][j])
		}
	}
	Label("store")
	for i := range acc {
		for j := range 2 {
			VMASKMOVPS(acc[i][j], mask(j), crows[i].Offset(32*j))
		}
	}
	VZEROUPPER()
	RET()
}

// transpose8 transposes eight rows, eight columns at a time, by shuffling
// pairs, then quadruples, then halves of vectors. Strides are in bytes.
func transpose8() {
	TEXT("transpose8", NOSPLIT, "func(dst, src *float32, dstStride, srcStride, blocks int)")
	dst, src := Load(Param("dst"), GP64()).(reg.GPVirtual), Load(Param("src"), GP64()).(reg.GPVirtual)
	dstStride, srcStride := Load(Param("dstStride"), GP64()).(reg.GPVirtual), Load(Param("srcStride"), GP64()).(reg.GPVirtual)
	blocks := Load(Param("blocks"), GP64()).(reg.GPVirtual)

	Label("block")
	var rows, pairs, quads [8]reg.VecVirtual
	for i, at := range rowsOf(src, srcStride, 8) {
		rows[i] = YMM()
		VMOVUPS(at, rows[i])
	}
	for i := 0; i < 8; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(rows[i+1], rows[i], pairs[i])
		VUNPCKHPS(rows[i+1], rows[i], pairs[i+1])
	}
	for i := 0; i < 8; i += 4 {
		for k := range 2 {
			quads[i+2*k], quads[i+2*k+1] = YMM(), YMM()
			VSHUFPS(U8(0x44), pairs[i+2+k], pairs[i+k], quads[i+2*k])
			VSHUFPS(U8(0xEE), pairs[i+2+k], pairs[i+k], quads[i+2*k+1])
		}
	}
	for i, at := range rowsOf(dst, dstStride, 8) {
		out := YMM()
		half := U8(0x20)
		if i >= 4 {
			half = U8(0x31)
		}
		VPERM2F128(half, quads[4+i%4], quads[i%4], out)
		VMOVUPS(out, at)
	}
	ADDQ(Imm(32), src)
	LEAQ(Mem{Base: dst, Index: dstStride, Scale: 8}, dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}
