package tensor

// Instructions names the vector instructions that products are computed with
// on this machine, "AVX-512" or "AVX2"; it is empty where that is portable Go.
func Instructions() string {
	if tile == nil {
		return ""
	}
	return tile.name
}
