// Command asm writes the assembly of package tensor: the tile kernels of the
// matrix products and the element-wise functions, for AVX-512 and for AVX2 with
// FMA, and the transpose.
//
//	go run . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg tensor
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64")
	for vectors := 1; vectors <= 2; vectors++ {
		for rows := 1; rows <= 12; rows++ {
			avx512.tile(rows, vectors)
		}
		for rows := 1; rows <= 6; rows++ {
			avx2.tile(rows, vectors)
		}
	}
	transpose8()
	for _, s := range []isa{avx512, avx2} {
		s.pack()
		s.functions()
		s.couplings()
		s.squaredDistances()
		s.inverseMultiquadratics()
		s.exponentials()
		s.addRoots()
		s.inverseRoots()
		s.rootSlopes()
		s.addSquares()
		s.within()
		s.total()
		s.axpy()
		s.squares()
		s.adam()
	}
	Generate()
}
