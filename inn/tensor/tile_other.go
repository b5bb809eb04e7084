//go:build !amd64

package tensor

// There are no tile kernels here: products are computed in plain Go.
type tileSet struct{ name string }

var tile *tileSet

func (p *product) tiles() {}

func transposeBlocks(dst, src Mat, rows, cols int) bool { return false }
