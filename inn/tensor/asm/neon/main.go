// Command neon writes the tile kernels of package tensor for arm64, and their
// declarations:
//
//	go run ./neon -out ../neon_arm64.s -stubs ../neon_stub_arm64.go
//
// A kernel computes up to six rows of sixteen columns of C = A·B, as those for
// amd64 do: 24 accumulators, four vectors of a row of B, and one value of each
// row of A in all lanes of a vector. Go's assembler knows no floating-point
// maximum, product and comparison of vectors; their words are written out, with
// the encodings of the Arm Architecture Reference Manual, C7.2.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
)

const (
	mostRows = 6
	vectors  = 4 // of four columns
)

// Offsets of the fields of tileArgs.
var fields = []struct {
	offset   int
	register string
}{
	{0, "R1"},   // A
	{8, "R2"},   // B
	{16, "R3"},  // C
	{24, "R4"},  // the bias
	{32, "R5"},  // bytes from a row of A to the next
	{40, "R6"},  // and from one step of the inner dimension to the next
	{48, "R7"},  // bytes from a row of B to the next
	{56, "R8"},  // and of C
	{64, "R9"},  // the inner dimension
	{72, "R10"}, // what C starts as
	{80, "R11"}, // what is done at the end
}

const slopeOffset = 88

var out bytes.Buffer

func line(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }

// acc is the number of the accumulator of row i, vector j.
func acc(i, j int) int { return 8 + vectors*i + j }

func four(first int) string {
	return fmt.Sprintf("[V%d.S4, V%d.S4, V%d.S4, V%d.S4]", first, first+1, first+2, first+3)
}

func word(base, d, n, m int, comment string) {
	line("\tWORD $0x%08x // %s", base|m<<16|n<<5|d, comment)
}

func maximum(d, n, m int) {
	word(0x4e20f400, d, n, m, fmt.Sprintf("FMAX V%d.4S, V%d.4S, V%d.4S", d, n, m))
}
func multiply(d, n, m int) {
	word(0x6e20dc00, d, n, m, fmt.Sprintf("FMUL V%d.4S, V%d.4S, V%d.4S", d, n, m))
}

// notPositive sets the lanes of d where n <= 0.
func notPositive(d, n int) {
	word(0x6ea0d800, d, n, 0, fmt.Sprintf("FCMLE V%d.4S, V%d.4S, #0.0", d, n))
}

// choose is n where d has bits set, else m.
func choose(d, n, m int) {
	word(0x6e601c00, d, n, m, fmt.Sprintf("BSL V%d.16B, V%d.16B, V%d.16B", d, n, m))
}

// eachRow walks over the rows of C with R12.
func eachRow(rows int, body func(i int)) {
	line("\tMOVD R3, R12")
	for i := range rows {
		body(i)
		if i < rows-1 {
			line("\tADD R8, R12")
		}
	}
}

func tile(rows int) {
	line("")
	line("// func tileNEONx%d(t *byte)", rows)
	line("TEXT ·tileNEONx%d(SB), NOSPLIT, $0-8", rows)
	line("\tMOVD t+0(FP), R0")
	for _, f := range fields {
		line("\tMOVD %d(R0), %s", f.offset, f.register)
	}

	line("\tCMP $1, R10")
	line("\tBEQ bias")
	line("\tBGT add")
	for i := range rows {
		for j := range vectors {
			a := acc(i, j)
			line("\tVEOR V%d.B16, V%d.B16, V%d.B16", a, a, a)
		}
	}
	line("\tB product")
	line("bias:")
	line("\tVLD1 (R4), %s", four(acc(0, 0)))
	for i := 1; i < rows; i++ {
		for j := range vectors {
			line("\tVMOV V%d.B16, V%d.B16", acc(0, j), acc(i, j))
		}
	}
	line("\tB product")
	line("add:")
	eachRow(rows, func(i int) { line("\tVLD1 (R12), %s", four(acc(i, 0))) })

	line("product:")
	line("\tCBZ R9, end")
	line("step:")
	line("\tVLD1 (R2), %s", four(0))
	line("\tADD R7, R2")
	line("\tMOVD R1, R12")
	for i := range rows {
		a := 4 + i%4
		line("\tVLD1R (R12), [V%d.S4]", a)
		if i < rows-1 {
			line("\tADD R5, R12")
		}
		for j := range vectors {
			line("\tVFMLA V%d.S4, V%d.S4, V%d.S4", j, a, acc(i, j))
		}
	}
	line("\tADD R6, R1")
	line("\tSUB $1, R9")
	line("\tCBNZ R9, step")

	// The end, v being the sum and c what C held: 0 nothing, 1 the larger of v and
	// slope·v, 2 the larger of v and 0, 3 slope·v where c is not positive,
	// 4 v·(1 - c²). Multiplying a NaN or an infinity is what Go does too.
	line("end:")
	line("\tCBZ R11, store")
	line("\tADD $%d, R0, R12", slopeOffset)
	line("\tVLD1R (R12), [V4.S4]")
	line("\tVEOR V5.B16, V5.B16, V5.B16")
	line("\tCMP $2, R11")
	line("\tBEQ relu")
	line("\tCMP $3, R11")
	line("\tBEQ derivative")
	line("\tBGT tanh")
	for i := range rows {
		for j := range vectors {
			multiply(5, acc(i, j), 4)
			maximum(acc(i, j), acc(i, j), 5)
		}
	}
	line("\tB store")
	line("relu:")
	for i := range rows {
		for j := range vectors {
			maximum(acc(i, j), acc(i, j), 5)
		}
	}
	line("\tB store")
	line("derivative:")
	eachRow(rows, func(i int) {
		line("\tVLD1 (R12), %s", four(0))
		for j := range vectors {
			notPositive(6, j)
			multiply(5, acc(i, j), 4)
			choose(6, 5, acc(i, j))
			line("\tVMOV V6.B16, V%d.B16", acc(i, j))
		}
	})
	line("\tB store")
	line("tanh:")
	eachRow(rows, func(i int) {
		line("\tVLD1 (R12), %s", four(0))
		for j := range vectors {
			line("\tWORD $0x4f03f606 // FMOV V6.4S, #1.0")
			line("\tVFMLS V%d.S4, V%d.S4, V6.S4", j, j)
			multiply(acc(i, j), acc(i, j), 6)
		}
	})

	line("store:")
	eachRow(rows, func(i int) { line("\tVST1 %s, (R12)", four(acc(i, 0))) })
	line("\tRET")
}

func write(path string) {
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	out.Reset()
}

func main() {
	code := flag.String("out", "neon_arm64.s", "the kernels")
	stubs := flag.String("stubs", "neon_stub_arm64.go", "their declarations")
	flag.Parse()

	line("// Code generated by asm/neon. DO NOT EDIT.\n\n#include \"textflag.h\"")
	for rows := 1; rows <= mostRows; rows++ {
		tile(rows)
	}
	write(*code)
	line("// Code generated by asm/neon. DO NOT EDIT.\n\npackage tensor")
	for rows := 1; rows <= mostRows; rows++ {
		line("\n//go:noescape\nfunc tileNEONx%d(t *byte)", rows)
	}
	write(*stubs)
}
