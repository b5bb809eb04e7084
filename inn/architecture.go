package inn

import (
	"fmt"
	"math"
	"slices"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A Coupling is what the halves of a reversible block do to each other.
type Coupling string

// The couplings. An empty one is Affine.
const (
	Affine Coupling = "affine" // scale and shift (equation 4)
	Spline Coupling = "spline" // a monotone rational-quadratic spline after that (Durkan et al. 2019)
)

// A Permutation is what happens to the columns between blocks.
type Permutation string

// The permutations. An empty one is Fixed.
const (
	Fixed   Permutation = "fixed"   // shuffled by the seed (section 3.2)
	Learned Permutation = "learned" // shuffled and then rotated, as training finds best (Kingma and Dhariwal 2018)
)

// An Activation follows every hidden layer of the blocks' perceptrons.
type Activation string

// The activations: the paper's two, and one without a kink. An empty one is LeakyReLU.
const (
	LeakyReLU Activation = "leaky ReLU" // with slope 0.01
	ReLU      Activation = "ReLU"
	Tanh      Activation = "tanh"
)

var activations = map[Activation]tensor.Activation{LeakyReLU: tensor.LeakyReLU, ReLU: tensor.ReLU, Tanh: tensor.Tanh}

// The largest networks, far beyond any use: what a slip or a hostile file asks for
// must not fill the memory.
const (
	mostWide   = 1 << 14 // columns, neurons
	mostBlocks = 1000
	mostLayers = 1 << 12 // of all blocks
	mostPlaces = 1 << 20 // of all permutations
	mostBins   = 500
)

// fillArchitecture fills in what s leaves open of the network, for D parameters
// and M measurements. Files of before a setting was there leave it open too.
func (s *Settings) fillArchitecture(d, m int) {
	orDefault(&s.Blocks, 5)
	orDefault(&s.Layers, 4)
	orDefault(&s.Width, 128)
	orDefault(&s.Latent, d)
	orDefault(&s.Nominal, d+m+s.Latent)
	orDefault(&s.Clamp, 2)
	orDefault(&s.Coupling, Affine)
	orDefault(&s.Bins, 8)
	orDefault(&s.Bound, 4)
	orDefault(&s.Permutation, Fixed)
	orDefault(&s.Activation, LeakyReLU)
}

// orDefault gives a setting that was left open its default.
func orDefault[T comparable](v *T, def T) {
	var open T
	if *v == open {
		*v = def
	}
}

// checkArchitecture names the first setting of the network that cannot be.
func (s *Settings) checkArchitecture(d, m int) error {
	for _, c := range []struct {
		name    string
		v, most int
	}{
		{"Blocks", s.Blocks, mostBlocks}, {"Layers", s.Layers, mostLayers}, {"Width", s.Width, mostWide},
		{"Latent", s.Latent, mostWide}, {"Nominal", s.Nominal, mostWide}, {"Bins", s.Bins, mostBins},
	} {
		if c.v < 1 || c.v > c.most {
			return fmt.Errorf("inn: Settings.%s is %d, want 1 to %d", c.name, c.v, c.most)
		}
	}
	if s.Blocks*s.Layers > mostLayers || s.Blocks*s.Nominal > mostPlaces {
		return fmt.Errorf("inn: Settings ask for %d blocks of %d layers on %d columns, which is too big to be meant", s.Blocks, s.Layers, s.Nominal)
	}
	for _, c := range []struct {
		name string
		v    float64
	}{{"Clamp", s.Clamp}, {"Bound", s.Bound}} {
		if !(c.v > 0) || math.IsInf(c.v, 0) {
			return fmt.Errorf("inn: Settings.%s is %v, want a positive number", c.name, c.v)
		}
	}
	if s.Coupling != Affine && s.Coupling != Spline {
		return fmt.Errorf("inn: Settings.Coupling is %q, want %q or %q", s.Coupling, Affine, Spline)
	}
	if s.Permutation != Fixed && s.Permutation != Learned {
		return fmt.Errorf("inn: Settings.Permutation is %q, want %q or %q", s.Permutation, Fixed, Learned)
	}
	if _, ok := activations[s.Activation]; !ok {
		return fmt.Errorf("inn: Settings.Activation is %q, want %q, %q or %q", s.Activation, LeakyReLU, ReLU, Tanh)
	}
	if least := max(d, m+s.Latent); s.Nominal < least {
		return fmt.Errorf("inn: Settings.Nominal is %d, want at least %d: %d parameters on one side, %d measurements and %d latent values on the other", s.Nominal, least, d, m, s.Latent)
	}
	return nil
}

// newNet is the paper's network: reversible blocks with permutations between
// them. The fixed permutations depend on the seed alone.
func newNet(s shape, o *Settings) layer.Sequence {
	hidden := slices.Repeat([]int{o.Width}, o.Layers-1)
	var net layer.Sequence
	for i := range o.Blocks {
		if i > 0 {
			net = append(net, layer.NewPermutation(s.N, RNG(o.Seed, streamPermutation+uint64(i))))
			if o.Permutation == Learned {
				net = append(net, layer.Rotation(s.N))
			}
		}
		if o.Actnorm {
			net = append(net, layer.Actnorm(s.N))
		}
		if o.Coupling == Spline {
			net = append(net, layer.SplineBlock(s.N, hidden, activations[o.Activation], o.Clamp, o.Bins, o.Bound))
		} else {
			net = append(net, layer.Block(s.N, hidden, activations[o.Activation], o.Clamp))
		}
	}
	return net
}
