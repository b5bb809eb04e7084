package train

import "math/rand/v2"

// A Source is a random source that goes from stream to stream without being made
// anew. Its zero value is ready.
type Source struct {
	pcg  rand.PCG
	rand *rand.Rand
}

// Stream is the source at the beginning of stream i of a seed.
func (s *Source) Stream(seed, i uint64) *rand.Rand {
	if s.rand == nil {
		s.rand = rand.New(&s.pcg)
	}
	s.PCG(seed, i)
	return s.rand
}

// PCG is what Stream draws from.
func (s *Source) PCG(seed, i uint64) *rand.PCG {
	s.pcg.Seed(splitmix(seed^0x6a09e667f3bcc909), splitmix(seed)+splitmix(i^0xbb67ae8584caa73b))
	return &s.pcg
}

// splitmix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func splitmix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
