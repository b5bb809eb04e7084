package tensor

// sets are the kernels that this machine can run.
func sets() []*tileSet {
	switch tile {
	case &tileAVX512:
		return []*tileSet{&tileAVX512, &tileAVX2}
	case &tileAVX2:
		return []*tileSet{&tileAVX2}
	}
	return nil
}
