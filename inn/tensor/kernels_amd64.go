package tensor

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg tensor

var (
	kernelsAVX512 = kernelSet{
		name: "AVX-512", columns: 32,
		tiles: [2][]func(*byte){
			{tile1x1x512, tile1x2x512, tile1x3x512, tile1x4x512, tile1x5x512, tile1x6x512,
				tile1x7x512, tile1x8x512, tile1x9x512, tile1x10x512, tile1x11x512, tile1x12x512},
			{tile2x1x512, tile2x2x512, tile2x3x512, tile2x4x512, tile2x5x512, tile2x6x512,
				tile2x7x512, tile2x8x512, tile2x9x512, tile2x10x512, tile2x11x512, tile2x12x512},
		},
		pack: pack512,
		exp:  exp512, tanh: tanh512, log: log512,
		couplingForward: couplingForward512, couplingInverse: couplingInverse512,
		couplingBackForward: couplingBackForward512, couplingBackInverse: couplingBackInverse512,
		squaredDistances: squaredDistances512, inverseMultiquadratics: inverseMultiquadratics512, exponentials: exponentials512,
		addRoots: addRoots512, inverseRoots: inverseRoots512, rootSlopes: rootSlopes512,
		addSquares: addSquares512, within: within512,
		total: total512, axpy: axpy512, squares: squares512, adam: adam512,
	}
	kernelsAVX2 = kernelSet{
		name: "AVX2", columns: 16,
		tiles: [2][]func(*byte){
			{tile1x1x256, tile1x2x256, tile1x3x256, tile1x4x256, tile1x5x256, tile1x6x256},
			{tile2x1x256, tile2x2x256, tile2x3x256, tile2x4x256, tile2x5x256, tile2x6x256},
		},
		pack: pack256,
		exp:  exp256, tanh: tanh256, log: log256,
		couplingForward: couplingForward256, couplingInverse: couplingInverse256,
		couplingBackForward: couplingBackForward256, couplingBackInverse: couplingBackInverse256,
		squaredDistances: squaredDistances256, inverseMultiquadratics: inverseMultiquadratics256, exponentials: exponentials256,
		addRoots: addRoots256, inverseRoots: inverseRoots256, rootSlopes: rootSlopes256,
		addSquares: addSquares256, within: within256,
		total: total256, axpy: axpy256, squares: squares256, adam: adam256,
	}
)

// sets are those that this processor and its system run, the best first.
func sets() []*kernelSet {
	var s []*kernelSet
	avx2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI2
	if avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
		s = append(s, &kernelsAVX512)
	}
	if avx2 {
		s = append(s, &kernelsAVX2)
	}
	return s
}

func detect() *kernelSet {
	if s := sets(); len(s) > 0 {
		return s[0]
	}
	return nil
}
