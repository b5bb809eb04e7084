package photon

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// A White holds photons that were followed once through a stack that absorbs
// nothing, with the way each went in every layer. What absorption would have left
// of it follows without another simulation: a packet that flew L_i in layers of
// absorption coefficients a_i keeps exp(-Σ a_i L_i) of its weight (white Monte
// Carlo; Alerstam, Andersson-Engels and Svensson 2008, J. Biomed. Opt. 13,
// 041304). That saves work where many absorptions share one scattering, as a
// tissue's do at one wavelength while its blood varies. The errors of what one
// White gives for similar absorptions go together, and where nearly all is
// absorbed they are larger than those of a run of its own.
type White struct {
	layers, photons int
	specular        float64
	weight          float64
	ways            [2][]float32 // of those that left at the top and at the bottom: layers values each [cm]
}

// NewWhite follows photons through the stack, whose MuA are taken for 0. Every
// layer must scatter and be of finite thickness: in a half space that absorbs
// nothing a photon can wander for ever.
func NewWhite(s Stack, photons int, seed uint64) (*White, error) {
	layers := append([]Layer(nil), s.Layers...)
	for i := range layers {
		layers[i].MuA = 0
		if layers[i].MuS == 0 {
			return nil, fmt.Errorf("photon: layer %d does not scatter; a White wants layers that do", i+1)
		}
	}
	if err := check(layers, s.Above, s.Below, photons); err != nil {
		return nil, err
	}
	w := &White{layers: len(layers), photons: photons, specular: reflectance(s.Above, layers[0].N, 1, 1)}
	w.weight = 1 - w.specular
	media := prepare(layers, s.Above, s.Below)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range photons {
		_, where := follow(media, w.weight, rng)
		ways := &w.ways[0]
		if where == bottom {
			ways = &w.ways[1]
		}
		for i := range media {
			*ways = append(*ways, float32(media[i].way/layers[i].MuS))
			media[i].way = 0
		}
	}
	return w, nil
}

// Exit is where light goes when layer i has the absorption coefficient muA[i]
// [1/cm].
func (w *White) Exit(muA []float64) (Exit, error) {
	if len(muA) != w.layers {
		return Exit{}, fmt.Errorf("photon: %d absorption coefficients for %d layers", len(muA), w.layers)
	}
	for i, a := range muA {
		if !(a >= 0 && a <= math.MaxFloat32) {
			return Exit{}, fmt.Errorf("photon: layer %d has MuA = %g, want 0 or more, in 1/cm", i+1, a)
		}
	}
	var sides [2]moments
	for k, ways := range w.ways {
		for at := 0; at < len(ways); at += w.layers {
			depth := 0.0
			for i, a := range muA {
				depth += a * float64(ways[at+i])
			}
			sides[k].add(w.weight * math.Exp(-depth))
		}
	}
	e := Exit{Photons: w.photons, Specular: w.specular}
	e.Diffuse, e.DiffuseErr = sides[0].mean(w.photons)
	e.Transmitted, e.TransmittedErr = sides[1].mean(w.photons)
	return e, nil
}
