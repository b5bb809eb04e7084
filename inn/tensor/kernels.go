package tensor

// kernels are what this processor computes with: the assembly for its vector
// instructions. Nil: everything is plain Go.
var kernels = detect()

// A kernelSet is the assembly for one instruction set. Counts n are at least 1;
// strides are in bytes.
type kernelSet struct {
	name    string
	columns int // of a tile of two vectors
	// tiles[v-1][r-1] computes r rows of v vectors; see tileArgs.
	tiles [2][]func(*byte)
	// pack copies rows of two vectors, one after the other, and writes their sum.
	pack func(dst, src *float32, srcStride, rows int, mask *int32, sums *float32)

	exp, tanh, log func(x *float32, n int)

	couplingForward, couplingInverse, couplingBackForward, couplingBackInverse func(*byte) // of couplingArgs

	squaredDistances       func(x, v *float32, n int, u float32)
	inverseMultiquadratics func(x, w *float32, n int, squares *float32, count int) float32
	exponentials           func(x, w *float32, n int, widths *float64, count int) float32

	addRoots     func(sum, v *float32, n int, u float32)
	inverseRoots func(x, w *float32, n int) float32
	rootSlopes   func(c, v *float32, n int, u, least float32) float32

	addSquares func(sum, v *float32, n int, u float32)
	within     func(to, x *float32, n int, limit float32) float32

	total   func(x *float32, n int) float32
	axpy    func(d, x *float32, n int, f float32)
	squares func(x *float32, n int) float64
	adam    func(w, g, m, v *float32, n int, settings *float32)
}

// Instructions names the vector instructions that this machine computes with,
// "AVX-512" or "AVX2"; it is empty where that is portable Go.
func Instructions() string {
	if kernels == nil {
		return ""
	}
	return kernels.name
}
