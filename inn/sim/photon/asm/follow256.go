package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What AVX2 has no registers for is in memory behind the arguments: the lanes'
// packets, and what one part of an event leaves for the next.
const (
	offVectorKeys = 672 // of seven rounds, two vectors each
	offZ          = offVectorKeys + 64*rounds + 32*iota - 32
	offC
	offStep
	offW
	offID
	offEvent
	offLayer
	offActive // all bits set in lanes with a packet
	offU1
	offU2
	offU3
	offAlong // c < 0
	offAhead
	offDeep
	offCross
	offExit
	offCosine
)

// follow256 is the kernel for tables of 16 layers, or of 8, the lookups in which
// are shorter.
func follow256(layers int) {
	s := &set{few: layers == 8, base: GLOBL(fmt.Sprintf("constants256_%d", layers), RODATA|NOPTR), at: map[uint32]int{}}
	one := math.Float32bits(1)

	TEXT(fmt.Sprintf("follow256_%d", layers), NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	a := Load(Param("a"), GP64()).(reg.GPVirtual)
	arg := func(off int) Mem { return Mem{Base: a, Disp: off} }
	load := func(off int) reg.VecVirtual {
		v := YMM()
		VMOVUPS(arg(off), v)
		return v
	}
	bits := func(mask reg.VecVirtual) reg.GPVirtual {
		b := GP32()
		VMOVMSKPS(mask, b)
		return b
	}

	run, runsEnd := GP64(), GP64()
	MOVQ(arg(offRuns), run)
	MOVQ(arg(offRunCount), runsEnd)
	SHLQ(Imm(4), runsEnd) // sizeOfRun
	ADDQ(run, runsEnd)
	next, end := GP32(), GP32()
	MOVL(Mem{Base: run, Disp: runID}, next)
	MOVL(Mem{Base: run, Disp: runEnd}, end)
	dead, active := GP64(), GP64() // bit i for lane i; dead lanes wait for a packet
	MOVQ(U32(0xFF), dead)
	XORQ(active, active)
	lane, bit := GP64(), GP64()
	at := func(off int) Mem { return Mem{Base: a, Index: lane, Scale: 4, Disp: off} }

	Label("loop")
	TESTQ(dead, dead)
	JE(LabelRef("draw"))
	Label("refill")
	CMPL(next, end)
	JNE(LabelRef("fill"))
	ADDQ(Imm(sizeOfRun), run)
	CMPQ(run, runsEnd)
	JE(LabelRef("last"))
	MOVL(Mem{Base: run, Disp: runID}, next)
	MOVL(Mem{Base: run, Disp: runEnd}, end)
	Label("fill")
	TZCNTQ(dead, lane)
	BLSRQ(dead, dead)
	word := GP32()
	XORL(word, word)
	MOVL(word, at(offZ))
	MOVL(word, at(offStep))
	MOVL(word, at(offEvent))
	MOVL(U32(one), at(offC))
	MOVL(next, at(offID))
	INCL(next)
	MOVL(Mem{Base: run, Disp: runLayer}, word)
	MOVL(word, at(offLayer))
	MOVL(Mem{Base: run, Disp: runWeight}, word)
	MOVL(word, at(offW))
	MOVL(U32(0xFFFFFFFF), at(offActive))
	BTSQ(lane, active)
	TESTQ(dead, dead)
	JNE(LabelRef("refill"))
	JMP(LabelRef("draw"))
	Label("last") // no packet is left
	SUBQ(Imm(sizeOfRun), run)
	TESTQ(active, active)
	JE(LabelRef("end"))

	Label("draw")
	event := load(offEvent)
	u := s.philox(arg(offVectorKeys), nil, event, load(offID))
	VPADDD(s.word(1), event, event)
	VMOVUPS(event, arg(offEvent))
	for i, off := range []int{offU1, offU2, offU3} {
		VMOVUPS(u[i+1], arg(off))
	}

	// A new step, where none is left.
	step, none := load(offStep), YMM()
	VCMPPS(Imm(equal), s.zero(), step, none)
	VBLENDVPS(none, s.minusLog(u[0]), step, step)

	// Where it leads.
	layer, c, z := load(offLayer), load(offC), load(offZ)
	depth, ahead := s.lookup(arg(offDepth), layer), YMM()
	VMULPS(step, c, ahead)
	VADDPS(ahead, z, ahead)
	up, stay, high, zero := YMM(), YMM(), YMM(), s.zero()
	VCMPPS(Imm(less), zero, c, up)
	VCMPPS(Imm(greater), zero, ahead, high)
	VCMPPS(Imm(less), depth, ahead, stay)
	VBLENDVPS(up, high, stay, stay)
	cross := load(offActive)
	VPAND(cross, stay, stay)
	VPANDN(cross, stay, cross)
	VMOVUPS(up, arg(offAlong))
	VMOVUPS(depth, arg(offDeep))
	VMOVUPS(cross, arg(offCross))
	VPANDN(step, stay, step)
	VMOVUPS(step, arg(offStep))
	staying := bits(stay)
	TESTL(staying, staying)
	JE(LabelRef("boundary"))

	// Interactions.
	VBLENDVPS(stay, ahead, z, z)
	VMOVUPS(z, arg(offZ))
	VBLENDVPS(stay, s.turn(arg, layer, c, load(offU1), load(offU2)), c, c)
	VMOVUPS(c, arg(offC))
	w, lighter := load(offW), YMM()
	VMULPS(s.lookup(arg(offAlbedo), layer), w, lighter)
	VBLENDVPS(stay, lighter, w, w)
	light := YMM()
	VCMPPS(Imm(less), s.vector(s.float(1e-4)), w, light)
	VPAND(stay, light, light)
	lights := bits(light)
	TESTL(lights, lights)
	JE(LabelRef("heavy"))
	ends, heavier := YMM(), YMM()
	VCMPPS(Imm(notLess), s.vector(s.float(0.1)), s.unit(load(offU3)), ends)
	VPAND(light, ends, ends)
	s.times(10, w, heavier)
	VPANDN(light, ends, light) // light and not ended
	VBLENDVPS(light, heavier, w, w)
	alive := load(offActive)
	VPANDN(alive, ends, alive)
	VMOVUPS(alive, arg(offActive))
	ended := bits(ends)
	ORQ(ended.As64(), dead)
	XORQ(ended.As64(), active)
	Label("heavy")
	VMOVUPS(w, arg(offW))

	Label("boundary")
	cross = load(offCross)
	crossing := bits(cross)
	TESTL(crossing, crossing)
	JE(LabelRef("loop"))
	layer, up, c = load(offLayer), load(offAlong), load(offC)
	index, leaves, which := s.lookup(arg(offDown), layer), s.lookup(arg(offOut), layer), s.vector(s.word(leavesDown))
	VBLENDVPS(up, s.lookup(arg(offUp), layer), index, index)
	VBLENDVPS(up, s.vector(s.word(leavesUp)), which, which)
	VPAND(which, leaves, leaves)
	VPCMPEQD(which, leaves, leaves)
	VPAND(cross, leaves, leaves)
	bends := YMM()
	VCMPPS(Imm(notEqual), s.vector(s.float(1)), index, bends)
	VPAND(cross, bends, bends)
	bending, leaving := bits(bends), bits(leaves)
	// All leave for a medium of the same index: nothing else is to be known.
	CMPL(leaving, crossing)
	JNE(LabelRef("edge"))
	TESTL(bending, bending)
	JE(LabelRef("leave"))

	Label("edge")
	edge, way, left := load(offDeep), YMM(), load(offStep)
	VPANDN(edge, up, edge)
	VMOVUPS(arg(offZ), way)
	VSUBPS(way, edge, way)
	VDIVPS(c, way, way)
	VSUBPS(way, left, way)
	VMAXPS(s.zero(), way, way)
	VBLENDVPS(cross, way, left, left)
	VMOVUPS(left, arg(offStep))
	VMOVUPS(arg(offZ), way)
	VBLENDVPS(cross, edge, way, way)
	VMOVUPS(way, arg(offZ))
	TESTL(bending, bending)
	JE(LabelRef("through"))
	r := s.refract(index, c, load(offU3))
	bounce, back := YMM(), YMM()
	VCMPPS(Imm(lessEqual), s.zero(), r.squared, bounce)
	VCMPPS(Imm(less), r.shares, r.level, r.level)
	VPOR(r.level, bounce, bounce)
	VPAND(bends, bounce, bounce)
	VPXOR(s.word(0x80000000), c, back)
	VBLENDVPS(bounce, back, r.cosine, r.cosine)
	VBLENDVPS(bends, r.cosine, c, c)
	VMOVUPS(c, arg(offC))
	// Those that are reflected neither leave nor change the layer.
	VPANDN(leaves, bounce, leaves)
	VPANDN(cross, bounce, cross)
	VMOVMSKPS(leaves, leaving)
	VMOVMSKPS(cross, crossing)
	Label("through")
	CMPL(leaving, crossing)
	JE(LabelRef("leave"))
	VPANDN(cross, leaves, cross) // crossing and not leaving
	by := s.vector(s.word(1))
	VBLENDVPS(up, s.vector(s.word(0xFFFFFFFF)), by, by)
	VPAND(cross, by, by)
	VPADDD(by, layer, layer)
	VMOVUPS(layer, arg(offLayer))
	from, there := s.lookup(arg(offDepth), layer), load(offZ)
	VPAND(up, from, from)
	VBLENDVPS(cross, from, there, there)
	VMOVUPS(there, arg(offZ))

	Label("leave")
	TESTL(leaving, leaving)
	JE(LabelRef("loop"))
	exit, cosine := YMM(), YMM()
	s.and(0x80000000, c, exit)
	VPXOR(s.word(0x80000000), exit, exit) // the opposite of the cosine's sign
	VORPS(arg(offW), exit, exit)
	VMOVUPS(exit, arg(offExit))
	s.and(0x7FFFFFFF, c, cosine)
	VMOVUPS(cosine, arg(offCosine))
	ORQ(leaving.As64(), dead)
	XORQ(leaving.As64(), active)
	exits, cosines := GP64(), GP64()
	MOVQ(arg(offExits), exits)
	MOVQ(arg(offCosines), cosines)
	Label("one")
	TZCNTQ(leaving.As64(), lane)
	BLSRQ(leaving.As64(), leaving.As64())
	MOVL(at(offID), bit.As32())
	SUBL(arg(offFirst), bit.As32())
	MOVL(at(offExit), word)
	MOVL(word, Mem{Base: exits, Index: bit, Scale: 4})
	MOVL(U32(0), at(offActive))
	TESTQ(cosines, cosines)
	JE(LabelRef("more"))
	MOVL(at(offCosine), word)
	MOVL(word, Mem{Base: cosines, Index: bit, Scale: 4})
	Label("more")
	TESTQ(leaving.As64(), leaving.As64())
	JNE(LabelRef("one"))
	JMP(LabelRef("loop"))

	Label("end")
	VZEROUPPER()
	RET()
}
