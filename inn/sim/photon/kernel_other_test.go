//go:build !amd64

package photon

import "testing"

// eachKernel has none to call f with.
func eachKernel(t *testing.T, f func(t *testing.T)) {
	t.Skip("there are no kernels for this processor")
}
