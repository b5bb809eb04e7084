//go:build !arm64

package tensor

const neon = false

func (p *product) tiledNEON() {}
