package photon

import "math/bits"

// philox draws block number counter of four random words under a key:
// Philox4x32-7 of Salmon, Moraes, Dror and Shaw (2011), "Parallel random
// numbers: as easy as 1, 2, 3", which has no state. Seven rounds pass all of
// TestU01's BigCrush.
func philox(counter [4]uint32, key [2]uint32) [4]uint32 {
	const rounds = 7
	for range rounds {
		hi0, lo0 := bits.Mul32(0xD2511F53, counter[0])
		hi1, lo1 := bits.Mul32(0xCD9E8D57, counter[2])
		counter = [4]uint32{hi1 ^ counter[1] ^ key[0], lo1, hi0 ^ counter[3] ^ key[1], lo0}
		key[0] += 0x9E3779B9
		key[1] += 0xBB67AE85
	}
	return counter
}
