// Package photon follows photons through layered, turbid media by Monte Carlo,
// as MCML does (Wang, Jacques and Zheng 1995, "MCML: Monte Carlo modeling of
// light transport in multi-layered tissues", Computer Methods and Programs in
// Biomedicine 47:131-146).
//
// A collimated beam falls at a right angle on a stack of layers, each uniform
// and endless sideways, with one medium above and one below. A photon packet
// enters with the weight 1 that specular reflection leaves of it, flies free
// paths of exponential length, loses the share mu_a/mu_t of its weight to the
// layer at each stop, and turns by an angle drawn from Henyey and Greenstein's
// phase function. At a boundary where the refractive index changes it is
// reflected or transmitted as a whole with Fresnel's probability for
// unpolarised light. A packet of little weight plays Russian roulette.
//
// Because nothing depends on where along the surface the photon is, the state
// that matters is its depth and the cosine of its direction with the axis into
// the medium; x, y and the azimuth need not be followed. Depth is measured in
// mean free paths from the top of the layer, so that the part of a free path
// left over at a boundary carries into the next layer as it is.
package photon

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// A Layer is one uniform layer of the medium.
type Layer struct {
	MuA float64 // absorption coefficient [1/cm]
	MuS float64 // scattering coefficient [1/cm]
	G   float64 // anisotropy, the mean cosine of the scattering angle, in (-1, 1)
	N   float64 // refractive index
	D   float64 // thickness [cm]; math.Inf(1) makes the last layer a half space
}

// A Result says where the light went, as shares of what fell on the surface.
// Specular + Diffuse + Absorbed + Transmitted is 1 but for the roulette, which
// keeps the energy on average only: the sum misses 1 by some 1e-5.
type Result struct {
	Photons     int       // packets followed
	Specular    float64   // reflected at the surface before entering, at a right angle
	Diffuse     float64   // entered and came back out of the top
	Transmitted float64   // left at the bottom, scattered or not
	Absorbed    []float64 // per layer

	// Standard errors from the scatter of the packets; 0 with one packet.
	DiffuseErr, TransmittedErr float64
	AbsorbedErr                []float64
}

// TotalAbsorbed is the share of the light absorbed in all layers.
func (r *Result) TotalAbsorbed() float64 {
	sum := 0.0
	for _, a := range r.Absorbed {
		sum += a
	}
	return sum
}

const (
	rouletteBelow = 1e-4 // weight below which a packet plays roulette (MCML)
	survival      = 0.1  // its chance to go on, with its weight divided by it (MCML)
)

// Run sends photons packets into the layers, with refractive index above over
// the first and below under the last, and tallies where their light went. The
// result depends on the arguments and the state of rng alone. It returns an
// error where rng is nil, and one that names the first layer whose properties are not physical.
func Run(layers []Layer, above, below float64, photons int, rng *rand.Rand) (Result, error) {
	if rng == nil {
		return Result{}, errors.New("photon: Run wants a random source, for example rand.New(rand.NewPCG(1, 0))")
	}
	if err := check(layers, above, below, photons); err != nil {
		return Result{}, err
	}
	media := prepare(layers, above, below)
	specular := reflectance(above, layers[0].N, 1, 1)
	var diffuse, transmitted moments
	absorbed := make([]moments, len(layers))
	for range photons {
		w, side := follow(media, 1-specular, rng)
		switch side {
		case top:
			diffuse.add(w)
		case bottom:
			transmitted.add(w)
		}
		for i := range media {
			absorbed[i].add(media[i].absorbed)
			media[i].absorbed = 0
		}
	}
	r := Result{
		Photons:     photons,
		Specular:    specular,
		Absorbed:    make([]float64, len(layers)),
		AbsorbedErr: make([]float64, len(layers)),
	}
	r.Diffuse, r.DiffuseErr = diffuse.mean(photons)
	r.Transmitted, r.TransmittedErr = transmitted.mean(photons)
	for i, a := range absorbed {
		r.Absorbed[i], r.AbsorbedErr[i] = a.mean(photons)
	}
	return r, nil
}

// A medium is a Layer in the terms that a photon's life needs.
type medium struct {
	depth    float64  // optical thickness (mu_a + mu_s) d
	loss     float64  // share of the weight absorbed at each stop, mu_a/mu_t
	phase    phase    // how it scatters
	up, down boundary // to what is above and below
	absorbed float64  // of the packet under way
	way      float64  // that it flew [mean free paths]
}

func prepare(layers []Layer, above, below float64) []medium {
	media := make([]medium, len(layers))
	for i, l := range layers {
		m := &media[i]
		if mut := l.MuA + l.MuS; mut > 0 { // otherwise clear: no depth, nothing happens in it
			m.depth, m.loss = mut*l.D, l.MuA/mut
		}
		m.phase = henyeyGreenstein(l.G)
		over, under := above, below
		if i > 0 {
			over = layers[i-1].N
		}
		if i < len(layers)-1 {
			under = layers[i+1].N
		}
		m.up, m.down = boundary{l.N, over}, boundary{l.N, under}
	}
	return media
}

// A side is where a packet ends.
type side int

const (
	inside side = iota // absorbed
	top
	bottom
)

// follow leads one packet of weight w from the surface to its end, and says
// with how much weight and on which side it left. The media keep what they
// absorbed of it.
func follow(media []medium, w float64, rng *rand.Rand) (float64, side) {
	i, m := 0, &media[0]
	depth, c := 0.0, 1.0 // mean free paths below the layer's top; cosine, 1 is straight down
	for {
		step := rng.ExpFloat64()
		for {
			next := depth + c*step
			if c < 0 && next > 0 || c >= 0 && next < m.depth {
				depth = next
				m.way += step
				break
			}
			// The packet meets a boundary; what is left of the step goes on behind it.
			b, to := &m.down, i+1
			edge := m.depth
			if c < 0 {
				b, to, edge = &m.up, i-1, 0
			}
			before := (edge - depth) / c
			m.way += before
			step -= before
			depth = edge
			if !(step > 0) {
				step = 0 // rounding
			}
			if !b.clear() {
				r, ct := b.fresnel(math.Abs(c))
				if rng.Float64() < r {
					c = -c
					continue
				}
				c = math.Copysign(ct, c) // ct > 0: the sign is which way it flies
			}
			if to < 0 {
				return w, top
			}
			if to == len(media) {
				return w, bottom
			}
			i, m = to, &media[to]
			if c < 0 {
				depth = m.depth
			} else {
				depth = 0
			}
		}
		lost := w * m.loss
		m.absorbed += lost
		w -= lost
		c = m.phase.turn(c, rng)
		if w < rouletteBelow {
			if rng.Float64() >= survival {
				return 0, inside
			}
			w /= survival
		}
	}
}

// moments tally a value per packet and its square.
type moments struct{ sum, squares float64 }

func (m *moments) add(v float64) {
	m.sum += v
	m.squares += v * v
}

// mean is the mean over n packets and its standard error.
func (m *moments) mean(n int) (mean, stderr float64) {
	mean = m.sum / float64(n)
	if n > 1 {
		stderr = math.Sqrt(max(0, m.squares/float64(n)-mean*mean) / float64(n-1))
	}
	return mean, stderr
}

func check(layers []Layer, above, below float64, photons int) error {
	if photons < 1 {
		return fmt.Errorf("photon: asked to follow %d photons, want at least 1", photons)
	}
	if len(layers) == 0 {
		return fmt.Errorf("photon: no layers")
	}
	for _, n := range []float64{above, below} {
		if !(n >= 1 && n <= maxIndex) {
			return fmt.Errorf("photon: refractive index %g outside the layers, want 1 to %d", n, maxIndex)
		}
	}
	for i, l := range layers {
		at := func(what string, v float64, want string) error {
			return fmt.Errorf("photon: layer %d has %s = %g, want %s", i+1, what, v, want)
		}
		switch {
		case !(l.MuA >= 0 && l.MuA <= math.MaxFloat32):
			return at("MuA", l.MuA, "0 or more, in 1/cm")
		case !(l.MuS >= 0 && l.MuS <= math.MaxFloat32):
			return at("MuS", l.MuS, "0 or more, in 1/cm")
		case !(l.G > -1 && l.G < 1):
			return at("G", l.G, "more than -1 and less than 1")
		case !(l.N >= 1 && l.N <= maxIndex):
			return at("N", l.N, fmt.Sprintf("1 to %d", maxIndex))
		case !(l.D >= 0):
			return at("D", l.D, "0 or more, in cm")
		case math.IsInf(l.D, 1) && i < len(layers)-1:
			return at("D", l.D, "a finite thickness: only the last layer can be a half space")
		case math.IsInf(l.D, 1) && l.MuA == 0:
			return at("MuA", l.MuA, "more than 0 in a half space, where photons would wander for ever")
		}
	}
	return nil
}

// maxIndex is a bound on refractive indices that catches a mistaken unit.
const maxIndex = 10
