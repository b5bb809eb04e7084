// Command asm writes the assembly of package photon: the kernels that follow
// packets in the sixteen lanes of AVX-512 and in the eight of AVX2.
//
//	go run . -out ../follow_amd64.s -stubs ../follow_stub_amd64.go -pkg photon
//
// They repeat lane.go operation by operation. One turn of the loop is one event
// of every lane: an interaction, or a boundary. A lane whose packet ended gets
// the next one at the loop's head.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64")
	follow512()
	follow256(16)
	follow256(8)
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
