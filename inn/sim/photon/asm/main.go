// Command asm writes the assembly of package photon: the kernel that follows
// packets in the sixteen lanes of AVX-512.
//
//	go run . -out ../follow_amd64.s -stubs ../follow_stub_amd64.go -pkg photon
//
// It repeats lane.go operation by operation. One turn of the loop is one event
// of every lane: an interaction, or a boundary. A lane whose packet ended gets
// the next one at the loop's head.
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	follow512()
	Generate()
}

// Offsets of the fields of arguments, a table first, and of launch.
const (
	offDepth, offAlbedo, offG  = 0, 64, 128
	offC0, offC1, offC2        = 192, 256, 320
	offUp, offDown, offOut     = 384, 448, 512
	offKeys                    = 576 // of seven rounds, two words each
	offFirst                   = 632
	offRuns, offRunCount       = 640, 648
	offExits, offCosines       = 656, 664
	runLayer, runWeight        = 0, 4
	runID, runEnd, sizeOfRun   = 8, 12, 16
	leavesUp, leavesDown       = 1, 2
	rounds                     = 7
	equal, less, lessEqual     = 0, 1, 2 // of VCMPPS
	notEqual, notLess, greater = 4, 5, 14
	xor3                       = 0x96 // of VPTERNLOGD
)

// constants are broadcast from memory.
type constants struct {
	base Mem
	at   map[uint32]int
}

func (c *constants) word(w uint32) Mem {
	i, ok := c.at[w]
	if !ok {
		i = len(c.at)
		c.at[w] = i
		DATA(4*i, U32(w))
	}
	return c.base.Offset(4 * i)
}

func (c *constants) float(f float32) Mem { return c.word(math.Float32bits(f)) }

var logP = [7]float32{0.3333340883255005, -0.2500092089176178, 0.19985127449035645, -0.16592855751514435, 0.14676396548748016, -0.1411842554807663, 0.09272214025259018}

var sinP = [5]float32{1.5707963705062866, -0.6459637880325317, 0.07968991994857788, -0.004674150608479977, 0.0001516751217423007}

func follow512() {
	con := &constants{base: GLOBL("constants", RODATA|NOPTR), at: map[uint32]int{}}
	for i := range uint32(16) {
		con.word(i)
	}
	iotaAt := con.base
	one := con.float(1)

	TEXT("follow512", NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	a := Load(Param("a"), GP64()).(reg.GPVirtual)
	arg := func(off int) Mem { return Mem{Base: a, Disp: off} }

	z, c, step, w := ZMM(), ZMM(), ZMM(), ZMM()
	id, event, layer := ZMM(), ZMM(), ZMM()
	zero, m0, m1, iota := ZMM(), ZMM(), ZMM(), ZMM()
	VPXORD(zero, zero, zero)
	for _, v := range []reg.VecVirtual{z, c, step, w, id, event, layer} {
		VPXORD(v, v, v)
	}
	VPBROADCASTD(con.word(0xD2511F53), m0)
	VPBROADCASTD(con.word(0xCD9E8D57), m1)
	VMOVDQU32(iotaAt, iota)
	odds := GP32()
	MOVL(U32(0xAAAA), odds)

	run, runsEnd := GP64(), GP64()
	MOVQ(arg(offRuns), run)
	MOVQ(arg(offRunCount), runsEnd)
	SHLQ(Imm(4), runsEnd) // sizeOfRun
	ADDQ(run, runsEnd)
	next, end := GP32(), GP32()
	MOVL(Mem{Base: run, Disp: runID}, next)
	MOVL(Mem{Base: run, Disp: runEnd}, end)
	dead, active := GP32(), GP32() // bit i for lane i; dead lanes wait for a packet
	MOVL(U32(0xFFFF), dead)
	XORL(active, active)

	Label("loop")
	TESTL(dead, dead)
	JE(LabelRef("draw"))
	Label("refill")
	left, sixteen, some := GP32(), GP32(), GP32()
	MOVL(end, left)
	SUBL(next, left)
	MOVL(U32(16), sixteen)
	CMPL(left, sixteen)
	CMOVLHI(sixteen, left) // more than sixteen
	MOVL(U32(0xFFFF), some)
	BZHIL(left, some, some)
	PDEPL(dead, some, some) // the lowest dead lanes, as many as there are packets
	fill := K()
	KMOVW(some, fill)
	ids := ZMM()
	VPBROADCASTD(next, ids)
	VPADDD(iota, ids, ids)
	VPEXPANDD(ids, fill, id)
	VMOVAPS(zero, fill, z)
	VMOVAPS(zero, fill, step)
	VPBROADCASTD(one, fill, c)
	VPXORD(event, event, fill, event)
	VPBROADCASTD(Mem{Base: run, Disp: runLayer}, fill, layer)
	VPBROADCASTD(Mem{Base: run, Disp: runWeight}, fill, w)
	ORL(some, active)
	XORL(some, dead)
	POPCNTL(some, some)
	ADDL(some, next)
	CMPL(next, end)
	JNE(LabelRef("filled"))
	ADDQ(Imm(sizeOfRun), run)
	CMPQ(run, runsEnd)
	JE(LabelRef("last"))
	MOVL(Mem{Base: run, Disp: runID}, next)
	MOVL(Mem{Base: run, Disp: runEnd}, end)
	TESTL(dead, dead)
	JNE(LabelRef("refill"))
	JMP(LabelRef("draw"))
	Label("last") // no packet is left: refill nothing from now on
	SUBQ(Imm(sizeOfRun), run)
	Label("filled")
	TESTL(active, active)
	JE(LabelRef("end"))

	Label("draw")
	odd := K() // made each time: mask registers are short
	KMOVW(odds, odd)
	u := philox(arg, m0, m1, odd, event, id)
	VPADDD_BCST(con.word(1), event, event)

	// A new step, where none is left.
	none := K()
	VCMPPS(Imm(equal), zero, step, none)
	VMOVAPS(minusLog(con, u[0]), none, step)

	// Where it leads.
	depth, ahead := ZMM(), ZMM()
	VPERMPS(arg(offDepth), layer, depth)
	VMULPS(step, c, ahead)
	VADDPS(ahead, z, ahead)
	up, down, stay, k := K(), K(), K(), K()
	VCMPPS(Imm(less), zero, c, up) // c < 0
	KNOTW(up, down)
	VCMPPS(Imm(greater), zero, ahead, up, stay)
	VCMPPS(Imm(less), depth, ahead, down, k)
	KORW(k, stay, stay)
	cross, staying, crossing := K(), GP32(), GP32()
	KMOVW(active, k)
	KANDNW(k, stay, cross) // active, and did not stay
	KANDW(k, stay, stay)
	KMOVW(stay, staying)
	KMOVW(cross, crossing)
	KANDW(cross, up, up)
	KANDW(cross, down, down)
	TESTL(staying, staying)
	JE(LabelRef("boundary"))

	// Interactions.
	VMOVAPS(ahead, stay, z)
	VMOVAPS(zero, stay, step)
	albedo := ZMM()
	VPERMPS(arg(offAlbedo), layer, albedo)
	VMULPS(albedo, w, stay, w)
	VMOVAPS(turn(con, arg, layer, c, u[1], u[2]), stay, c)
	light, lights := K(), GP32()
	VCMPPS_BCST(Imm(less), con.float(1e-4), w, stay, light)
	KMOVW(light, lights)
	TESTL(lights, lights)
	JE(LabelRef("boundary"))
	chance, ends, ended := ZMM(), K(), GP32()
	unit(con, u[3], chance)
	VCMPPS_BCST(Imm(notLess), con.float(0.1), chance, light, ends)
	KANDNW(light, ends, light) // light and not ended
	VMULPS_BCST(con.float(10), w, light, w)
	KMOVW(ends, ended)
	ORL(ended, dead)
	XORL(ended, active)

	Label("boundary")
	TESTL(crossing, crossing)
	JE(LabelRef("loop"))
	index, out := ZMM(), ZMM()
	VPERMPS(arg(offUp), layer, up, index)
	VPERMPS(arg(offDown), layer, down, index)
	VPERMD(arg(offOut), layer, out)
	leaves := K()
	VPTESTMD_BCST(con.word(leavesUp), out, up, leaves)
	VPTESTMD_BCST(con.word(leavesDown), out, down, k)
	KORW(k, leaves, leaves)
	bends, bending, leaving := K(), GP32(), GP32()
	VCMPPS_BCST(Imm(notEqual), one, index, cross, bends)
	KMOVW(bends, bending)
	KMOVW(leaves, leaving)
	// All leave for a medium of the same index: nothing else is to be known.
	CMPL(leaving, crossing)
	JNE(LabelRef("edge"))
	TESTL(bending, bending)
	JE(LabelRef("leave"))

	Label("edge")
	edge, way := ZMM(), ZMM()
	VMOVAPS_Z(depth, down, edge)
	VSUBPS(z, edge, way)
	VDIVPS(c, way, way)
	VSUBPS(way, step, way)
	VMAXPS(zero, way, cross, step)
	VMOVAPS(edge, cross, z)
	TESTL(bending, bending)
	JE(LabelRef("through"))
	bounce := refract(con, zero, index, c, u[3], bends)
	// Those that are reflected neither leave nor change the layer.
	bounced := GP32()
	KMOVW(bounce, bounced)
	KANDNW(leaves, bounce, leaves)
	KANDNW(cross, bounce, cross)
	KANDNW(up, bounce, up)
	KANDNW(down, bounce, down)
	KMOVW(leaves, leaving)
	KMOVW(cross, crossing)
	Label("through")
	CMPL(leaving, crossing)
	JE(LabelRef("leave"))
	KANDNW(up, leaves, up) // up and not leaving
	KANDNW(down, leaves, down)
	VPSUBD_BCST(con.word(1), layer, up, layer)
	VPADDD_BCST(con.word(1), layer, down, layer)
	VPERMPS(arg(offDepth), layer, up, z)
	VMOVAPS(zero, down, z)

	Label("leave")
	TESTL(leaving, leaving)
	JE(LabelRef("loop"))
	exit, at, cosine := ZMM(), ZMM(), ZMM()
	VPANDD_BCST(con.word(0x80000000), c, exit)
	VPXORD_BCST(con.word(0x80000000), exit, exit) // the opposite of the cosine's sign
	VPORD(w, exit, exit)
	VPSUBD_BCST(arg(offFirst), id, at)
	KMOVW(leaves, k)
	exits, cosines := GP64(), GP64()
	MOVQ(arg(offExits), exits)
	VSCATTERDPS(exit, k, Mem{Base: exits, Index: at, Scale: 4})
	ORL(leaving, dead)
	XORL(leaving, active)
	MOVQ(arg(offCosines), cosines)
	TESTQ(cosines, cosines)
	JE(LabelRef("loop"))
	VPANDD_BCST(con.word(0x7FFFFFFF), c, cosine)
	KMOVW(leaves, k)
	VSCATTERDPS(cosine, k, Mem{Base: cosines, Index: at, Scale: 4})
	JMP(LabelRef("loop"))

	Label("end")
	VZEROUPPER()
	RET()
}

// philox draws block (event, id, 0, 0). The products of the even and of the
// odd lanes are made apart, and their halves put together.
func philox(arg func(int) Mem, m0, m1 reg.VecVirtual, odd reg.OpmaskVirtual, event, id reg.VecVirtual) [4]reg.VecVirtual {
	product := func(x, m reg.VecVirtual) (hi, lo reg.VecVirtual) {
		hi, lo = ZMM(), ZMM()
		odds := ZMM()
		VPMULUDQ(m, x, lo)
		VPSRLQ(Imm(32), x, odds)
		VPMULUDQ(m, odds, odds)
		VMOVSHDUP(lo, hi)
		VMOVDQA32(odds, odd, hi)
		VMOVSLDUP(odds, odd, lo)
		return hi, lo
	}
	key := func(round, word int) Mem { return arg(offKeys + 8*round + 4*word) }
	// The first round, with two words that are 0.
	var x [4]reg.VecVirtual
	hi, lo := product(event, m0)
	x[0], x[1], x[2], x[3] = ZMM(), ZMM(), ZMM(), lo
	VPXORD_BCST(key(0, 0), id, x[0])
	VPXORD(x[1], x[1], x[1])
	VPXORD_BCST(key(0, 1), hi, x[2])
	for r := 1; r < rounds; r++ {
		hi0, lo0 := product(x[0], m0)
		hi1, lo1 := product(x[2], m1)
		VPTERNLOGD_BCST(U8(xor3), key(r, 0), x[1], hi1)
		VPTERNLOGD_BCST(U8(xor3), key(r, 1), x[3], hi0)
		x = [4]reg.VecVirtual{hi1, lo1, hi0, lo0}
	}
	return x
}

// unit is uniform in [0, 1).
func unit(con *constants, word, u reg.VecVirtual) {
	VPSRLD(Imm(8), word, u)
	VCVTDQ2PS(u, u)
	VMULPS_BCST(con.float(1.0/(1<<24)), u, u)
}

// signed is uniform in [-1, 1].
func signed(con *constants, word reg.VecVirtual) reg.VecVirtual {
	s := ZMM()
	VCVTDQ2PS(word, s)
	VMULPS_BCST(con.float(1.0/(1<<31)), s, s)
	return s
}

// polynomial is Horner's, products and sums rounded apart.
func polynomial(con *constants, p []float32, x reg.VecVirtual) reg.VecVirtual {
	v := ZMM()
	n := len(p)
	VMULPS_BCST(con.float(p[n-1]), x, v)
	VADDPS_BCST(con.float(p[n-2]), v, v)
	for i := n - 3; i >= 0; i-- {
		VMULPS(x, v, v)
		VADDPS_BCST(con.float(p[i]), v, v)
	}
	return v
}

func minusLog(con *constants, word reg.VecVirtual) reg.VecVirtual {
	bits, e, f := ZMM(), ZMM(), ZMM()
	VPSRLD(Imm(8), word, bits)
	VPORD_BCST(con.word(1), bits, bits)
	VCVTDQ2PS(bits, bits)
	VMULPS_BCST(con.float(1.0/(1<<24)), bits, bits)
	VPSUBD_BCST(con.word(0x3f3504f3), bits, e)
	VPSRAD(Imm(23), e, e)
	VPSLLD(Imm(23), e, f)
	VPSUBD(f, bits, f)
	VSUBPS_BCST(con.float(1), f, f)
	p := polynomial(con, logP[:], f)
	f2, low := ZMM(), ZMM()
	VMULPS(f, f, f2)
	VMULPS_BCST(con.float(0.5), f2, low)
	VMULPS(f, f2, f2)
	VMULPS(p, f2, f2)
	VSUBPS(f2, low, low)
	VSUBPS(f, low, low)
	VCVTDQ2PS(e, e)
	VMULPS_BCST(con.float(math.Ln2), e, e)
	VSUBPS(e, low, low)
	return low
}

func turn(con *constants, arg func(int) Mem, layer, c, a, b reg.VecVirtual) reg.VecVirtual {
	s, q, ct, p := signed(con, a), ZMM(), ZMM(), ZMM()
	VPERMPS(arg(offG), layer, q)
	VMULPS(s, q, q)
	VADDPS_BCST(con.float(1), q, q)
	VPERMPS(arg(offC2), layer, ct)
	VMULPS(s, ct, ct)
	VPERMPS(arg(offC1), layer, p)
	VADDPS(p, ct, ct)
	VMULPS(s, ct, ct)
	VPERMPS(arg(offC0), layer, p)
	VADDPS(p, ct, ct)
	VMULPS(q, q, q)
	VDIVPS(q, ct, ct)
	one, sines, other := ZMM(), ZMM(), ZMM()
	VBROADCASTSS(con.float(1), one)
	VMULPS(c, c, sines)
	VSUBPS(sines, one, sines)
	VMULPS(ct, ct, other)
	VSUBPS(other, one, other)
	VMULPS(other, sines, sines)
	zero := ZMM()
	VPXORD(zero, zero, zero)
	VMAXPS(zero, sines, sines)
	VSQRTPS(sines, sines)
	s2 := signed(con, b)
	square := ZMM()
	VMULPS(s2, s2, square)
	cosine := polynomial(con, sinP[:], square)
	VMULPS(cosine, s2, cosine)
	VMULPS(cosine, sines, sines)
	VMULPS(c, ct, ct)
	VADDPS(sines, ct, ct)
	VMAXPS_BCST(con.float(-1), ct, ct)
	VMINPS(one, ct, ct)
	return ct
}

// refract gives the lanes, of those in bends, that are reflected, and turns
// the cosines of all in bends.
func refract(con *constants, zero, index, c, word reg.VecVirtual, bends reg.OpmaskVirtual) reg.OpmaskVirtual {
	one, t, ca, square := ZMM(), ZMM(), ZMM(), ZMM()
	VBROADCASTSS(con.float(1), one)
	VMULPS(c, c, t)
	VSUBPS(t, one, t)
	VMULPS(index, index, square)
	VMULPS(t, square, t)
	VSUBPS(t, one, t)
	total, bounce := K(), K()
	VCMPPS(Imm(lessEqual), zero, t, bends, total)
	VMAXPS(zero, t, t)
	VSQRTPS(t, t)
	VPANDD_BCST(con.word(0x7FFFFFFF), c, ca)
	ic, it, b, d := ZMM(), ZMM(), ZMM(), ZMM()
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
	VADDPS(it, ic, ic) // shares
	VMULPS(b, b, b)
	u := ZMM()
	unit(con, word, u)
	VADDPS(u, u, u)
	VMULPS(b, u, u)
	VCMPPS(Imm(less), ic, u, bends, bounce)
	KORW(total, bounce, bounce)
	// The sign of c with the magnitude t; -c where it is reflected.
	sign := ZMM()
	VPANDD_BCST(con.word(0x80000000), c, sign)
	VPORD(sign, t, t)
	VPXORD_BCST(con.word(0x80000000), c, bounce, t)
	VMOVAPS(t, bends, c)
	return bounce
}
