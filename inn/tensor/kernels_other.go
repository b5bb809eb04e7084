//go:build !amd64

package tensor

// There is no assembly here: everything is computed in plain Go.
func sets() []*kernelSet { return nil }
func detect() *kernelSet { return nil }

func transpose8(dst, src *float32, dstStride, srcStride, blocks int) {
	panic("tensor: no assembly on this processor")
}
