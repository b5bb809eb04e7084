package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/photon"
)

// TissueSettings are the settings of Tissue; nil means the defaults. Tissue panics on a Noise that is negative or not finite.
type TissueSettings struct {
	Photons int     // photons a band, default 5000; rounded up to a multiple of 5
	Noise   float64 // the camera's relative noise, default none; Wirkert et al. train with 0.1
}

// Tissue is the inverse problem of section 4.2 of the paper: from the light
// that tissue reflects in eight wavelength bands of a multispectral camera,
// infer what the tissue is made of (tissue model of Wirkert et al. 2016).
//
// The 13 parameters are the oxygen saturation s_O2 of the blood, the same in
// the whole tissue, and four parameters of each of three layers, counted from
// the surface:
//
//	v_hb   volume fraction of blood             U(0.0001, 0.1)
//	a_mie  reduced Mie scattering at 500 nm      N(18.9, 10.2²) /cm, redrawn until positive
//	g      anisotropy of the scattering          U(0.8, 0.95)
//	d      thickness [µm]                        U(600, 1010), U(415, 847), U(395, 603)
//	s_O2                                         U(0, 1)
//
// They give, at the wavelength λ, the optical properties
//
//	mu_a = v_hb · ln 10 · 120 g/L · (s_O2 ε_HbO2(λ) + (1 - s_O2) ε_Hb(λ)) / 64,500 g/mol
//	mu_s = a_mie (λ/500 nm)^-1.286 / (1 - g)
//
// with refractive indices 1.36, 1.36 and 1.38 in air, and package photon the
// diffuse reflectance. A band is 10 nm wide and equally sensitive all over: its
// reflectance R is the mean over five wavelengths 2 nm apart.
//
// The measurement y is R with the camera's noise, R (1 + Noise N(0, 1)), clipped
// to [1e-5, 1], divided by its sum over the bands, -log of that, divided by its
// Euclidean norm: neither the lamp's brightness nor the distance matters. The
// photons' own noise is always there. By default it is alone: with 5000 photons
// a band two simulations of one tissue differ by 0.013 (root mean square of the
// distance between the two y), or 0.64 with each band of y in units of its
// standard deviation over the prior.
//
// Simulate accepts parameters a little outside the physical range, as a
// posterior may draw them: they are moved to its nearest end, as
// TissueReflectance says.
func Tissue(s *TissueSettings) inn.Problem {
	if s == nil {
		s = &TissueSettings{}
	}
	photons := s.Photons
	if photons == 0 {
		photons = defaultPhotons
	}
	noise := noiseOf("TissueSettings", s.Noise, 0)
	return inn.Problem{
		Name:       "tissue",
		X:          tissueX(),
		Y:          tissueY(),
		Prior:      tissuePrior,
		Concurrent: true,
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			r, _, err := bandReflectances(x, photons, rng)
			if err != nil {
				panic(err) // Problem.Run makes it an error that names the problem and x
			}
			if noise > 0 {
				expose(r, noise, rng)
			}
			return normalise(r)
		},
	}
}

// noiseOf is the noise of some settings, where 0 stands for the default. It panics where there is none such.
func noiseOf(settings string, noise, otherwise float64) float64 {
	switch {
	case noise == 0:
		return otherwise
	case noise == inn.None:
		return 0
	case !(noise > 0) || math.IsInf(noise, 1):
		panic(fmt.Sprintf("sim: %s.Noise is %g, want a number of at least 0, or inn.None", settings, noise))
	}
	return noise
}

const (
	defaultPhotons = 5000
	layerCount     = 3
	parameters     = 1 + 4*layerCount

	mieExponent = 1.286
	mieNM       = 500  // wavelength to which a_mie refers
	mieMean     = 18.9 // of the prior of a_mie [1/cm]
	mieSD       = 10.2
	minBlood    = 1e-4
	maxBlood    = 0.1
	minG        = 0.8
	maxG        = 0.95

	minReflectance = 1e-5 // the camera's floor
	bandwidth      = 10   // nm
	bandSteps      = 5    // wavelengths that stand for a band
)

var (
	bandCentres     = [8]float64{580, 470, 660, 560, 480, 511, 600, 700} // nm
	refractiveIndex = [layerCount]float64{1.36, 1.36, 1.38}
	thicknesses     = [layerCount][2]float64{{600, 1010}, {415, 847}, {395, 603}} // prior of d [µm]
)

// TissueBands are the centres [nm] of the eight bands, in the order of y.
func TissueBands() []float64 {
	return append([]float64(nil), bandCentres[:]...)
}

func tissueX() []inn.Var {
	labels := []string{"s_O2"}
	for i := 1; i <= layerCount; i++ {
		labels = append(labels,
			fmt.Sprintf("v_hb%d", i), fmt.Sprintf("a_mie%d [1/cm]", i), fmt.Sprintf("g%d", i), fmt.Sprintf("d%d [µm]", i))
	}
	return inn.Vars(labels...)
}

func tissueY() []inn.Var {
	var labels []string
	for _, nm := range bandCentres {
		labels = append(labels, fmt.Sprintf("y%.0f", nm))
	}
	return inn.Vars(labels...)
}

func tissuePrior(rng *rand.Rand) []float64 {
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	x := []float64{rng.Float64()}
	for _, d := range thicknesses {
		v := between(minBlood, maxBlood)
		// Truncated rather than clipped: a lump of probability at 0 is no density.
		a := mieMean + mieSD*rng.NormFloat64()
		for a <= 0 {
			a = mieMean + mieSD*rng.NormFloat64()
		}
		x = append(x, v, a, between(minG, maxG), between(d[0], d[1]))
	}
	return x
}

// layersAt are the layers of tissue x at a wavelength, with every parameter
// outside the physical range moved to its nearest end.
func layersAt(x []float64, nm float64) []photon.Layer {
	clip := func(v, lo, hi float64) float64 { return min(max(v, lo), hi) }
	blood := bloodAbsorption(clip(x[0], 0, 1), nm)
	scattering := math.Pow(nm/mieNM, -mieExponent)
	layers := make([]photon.Layer, layerCount)
	for i := range layers {
		v, a, g, d := x[1+4*i], x[2+4*i], x[3+4*i], x[4+4*i]
		g = clip(g, 0, 0.99)
		layers[i] = photon.Layer{
			MuA: clip(v, 0, 1) * blood,
			MuS: clip(a, 0, 1000) * scattering / (1 - g),
			G:   g,
			N:   refractiveIndex[i],
			D:   clip(d, 0, 10_000) * 1e-4, // µm to cm
		}
	}
	return layers
}

// stackAt is tissue x in air at a wavelength.
func stackAt(x []float64, nm float64) photon.Stack {
	return photon.Stack{Layers: layersAt(x, nm), Above: 1, Below: 1}
}

// bandReflectances is the reflectance of the bands and the variance that the
// photons give it.
func bandReflectances(x []float64, photons int, rng *rand.Rand) (r, variance []float64, err error) {
	if err := checkTissue(x, photons); err != nil {
		return nil, nil, err
	}
	each := (photons + bandSteps - 1) / bandSteps
	var stacks []photon.Stack
	for _, centre := range bandCentres {
		for k := range bandSteps {
			stacks = append(stacks, stackAt(x, centre+bandwidth*((float64(k)+0.5)/bandSteps-0.5)))
		}
	}
	exits, err := photon.Exits(stacks, each, rng.Uint64())
	if err != nil {
		return nil, nil, fmt.Errorf("sim: tissue: %w", err)
	}
	r, variance = make([]float64, len(bandCentres)), make([]float64, len(bandCentres))
	for i, e := range exits {
		r[i/bandSteps] += e.Diffuse / bandSteps
		variance[i/bandSteps] += e.DiffuseErr * e.DiffuseErr / (bandSteps * bandSteps)
	}
	return r, variance, nil
}

// expose adds the camera's noise to reflectances, in place.
func expose(r []float64, noise float64, rng *rand.Rand) {
	for i := range r {
		r[i] += r[i] * noise * rng.NormFloat64()
	}
}

// normalise turns reflectances into the measurement y, in place.
func normalise(r []float64) []float64 {
	sum := 0.0
	for i := range r {
		r[i] = min(max(r[i], minReflectance), 1)
		sum += r[i]
	}
	squares := 0.0
	for i := range r {
		r[i] = -math.Log(r[i] / sum)
		squares += r[i] * r[i]
	}
	for i := range r {
		r[i] /= math.Sqrt(squares)
	}
	return r
}

func checkTissue(x []float64, photons int) error {
	if len(x) != parameters {
		return fmt.Errorf("sim: tissue has %d parameters, but x has %d values", parameters, len(x))
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("sim: tissue has %s = %v", tissueX()[i].Name, v)
		}
	}
	if photons < 1 {
		return fmt.Errorf("sim: tissue wants at least 1 photon a band, not %d", photons)
	}
	return nil
}

// TissueReflectance is the diffuse reflectance of tissue x in the eight bands,
// as shares of the light that falls on it, without the camera's noise and
// normalisation: what Tissue measures y from. Parameters outside the physical
// range are moved to its nearest end: s_O2 and v_hb to [0, 1], a_mie to
// [0, 1000] /cm, g to [0, 0.99], d to [0, 10,000] µm.
func TissueReflectance(x []float64, photons int, seed uint64) ([]float64, error) {
	r, _, err := bandReflectances(x, photons, inn.RNG(seed, 0))
	return r, err
}

// TissueSpectrum is the diffuse reflectance of tissue x at single wavelengths
// from 450 to 720 nm, 2 nm apart, with that many photons at each.
func TissueSpectrum(x []float64, photons int, seed uint64) (nm, reflectance []float64, err error) {
	if err := checkTissue(x, photons); err != nil {
		return nil, nil, err
	}
	n := len(prahl)
	nm, reflectance = make([]float64, n), make([]float64, n)
	task := progress.Start("spectrum", n)
	defer task.End()
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error {
			l := float64(firstNM + i*stepNM)
			exits, err := photon.Exits([]photon.Stack{stackAt(x, l)}, photons, inn.RNG(seed, uint64(i)).Uint64())
			if err != nil {
				return fmt.Errorf("sim: tissue at %g nm: %w", l, err)
			}
			nm[i], reflectance[i] = l, exits[0].Diffuse
			return task.Advance(1, nil)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return nm, reflectance, nil
}
