package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose8 transposes eight rows, eight columns at a time, by shuffling
// pairs, then quadruples, then halves of vectors. Strides are in bytes.
func transpose8() {
	TEXT("transpose8", NOSPLIT, "func(dst, src *float32, dstStride, srcStride, blocks int)")
	Pragma("noescape")
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
