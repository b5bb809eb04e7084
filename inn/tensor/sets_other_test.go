//go:build !amd64

package tensor

func sets() []*tileSet { return nil }
