package inn

import (
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A shape says what the columns of the network's rows are: [x, padding] on
// the side of the parameters, [y, padding, z] on the side of the measurements.
type shape struct{ D, M, K, N int }

func (s shape) xPad() (lo, hi int) { return s.D, s.N }
func (s shape) yPad() (lo, hi int) { return s.M, s.N - s.K }
func (s shape) z() (lo, hi int)    { return s.N - s.K, s.N }

// Random streams of one seed, far apart, so that no two uses share draws.
const (
	streamWeights     = 1 << 40
	streamPermutation = 2 << 40
	streamEpoch       = 3 << 40
	streamNoise       = 4 << 40
	streamHeld        = 5 << 40
	streamStart       = 6 << 40
	streamDensity     = 7 << 40
	streamFence       = 8 << 40
	streamCoverage    = 9 << 40
)

// fill draws N(0, sd²) for columns [lo, hi) of every row of m.
func fill(m tensor.Mat, lo, hi int, sd float64, rng *rand.Rand) {
	for i := range m.Rows {
		row := m.Row(i)[lo:hi]
		for j := range row {
			row[j] = float32(sd * rng.NormFloat64())
		}
	}
}
