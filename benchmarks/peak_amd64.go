package main

import "github.com/innkeeper-notebook/innkeeper/inn/tensor"

func fma512(n int)
func fma256(n int)

// multiplyAdds does n rounds of fused multiply-adds with the widest vectors
// that the products use, and returns how many floating-point operations those
// were; 0: the products are plain Go.
func multiplyAdds(n int) float64 {
	const chains = 14
	switch tensor.Instructions() {
	case "AVX-512":
		fma512(n)
		return float64(n) * chains * 16 * 2
	case "AVX2":
		fma256(n)
		return float64(n) * chains * 8 * 2
	}
	return 0
}
