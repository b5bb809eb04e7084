package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/cube"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// SceneSettings are the settings of TissueScene; nil means the defaults.
type SceneSettings struct {
	Rows, Cols int     // pixels; 120 × 160
	Photons    int     // of whose noise a pixel has in each band; 5000, as Tissue has it
	Noise      float64 // the camera's relative noise besides; none
	Seed       uint64  // of the tissue's unevenness, the highlights and the noise
}

// A Scene is what a multispectral camera sees of an operation, and what is
// really there. Pixels are counted by rows.
type Scene struct {
	Image *cube.Cube   // light in the bands of Tissue, as shares of what a white standard gives; at most 1
	Truth *inn.Samples // the tissue at each pixel, x of Tissue; under the clips, what they hide
	Glare []bool       // the surface's mirror image of the lamp makes up more than a tenth of the light
	Clip  []bool       // a clip is in front of the tissue
	Clips [][2]float64 // the clips' middles, row and column
}

// TissueScene draws the situation of the paper's Figure 10: a loop of the small
// intestine, the connecting tissue under it with pairs of an artery and a vein,
// and two plastic clips on these, beyond which there is little oxygen in the vessels and
// in the piece of intestine that they feed. It is lit from the camera, round and
// wet: bright where it faces the lamp, with highlights.
//
// Four things vary over the scene: s_O2, v_hb of the upper layer, v_hb of the two
// lower ones and a_mie of all; g and d are in the middle of the prior. The
// reflectance of 800 tissues of that range is simulated with 2000 photons a band, and
// polynomials of degree 4 in s_O2, √v_hb and log a_mie fitted to its logarithm, and
// to that of its variance, give those of every pixel, within 1.3 % (root mean square) of
// direct runs. It is done once for all scenes of a process.
func TissueScene(set *SceneSettings) (*Scene, error) {
	if set == nil {
		set = &SceneSettings{}
	}
	o := *set
	if o.Rows == 0 {
		o.Rows = 120
	}
	if o.Cols == 0 {
		o.Cols = 160
	}
	if o.Photons == 0 {
		o.Photons = defaultPhotons
	}
	if o.Rows < 8 || o.Cols < 8 || o.Rows > 1<<14 || o.Cols > 1<<14 {
		return nil, fmt.Errorf("sim: a scene of %d × %d pixels, want 8 to %d each way", o.Rows, o.Cols, 1<<14)
	}
	if o.Photons < 1 || !(o.Noise >= 0) {
		return nil, fmt.Errorf("sim: a scene with %d photons and noise %g, want at least 1 and 0", o.Photons, o.Noise)
	}
	light, err := sceneEmulator()
	if err != nil {
		return nil, err
	}
	a := newAnatomy(inn.RNG(o.Seed, 0))
	n := o.Rows * o.Cols
	s := &Scene{
		Image: &cube.Cube{Rows: o.Rows, Cols: o.Cols, Bands: len(bandCentres), Data: make([]float32, n*len(bandCentres)), Wavelengths: TissueBands()},
		Truth: inn.NewSamples(tissueX(), n),
		Glare: make([]bool, n),
		Clip:  make([]bool, n),
	}
	for _, c := range a.clips {
		s.Clips = append(s.Clips, [2]float64{c.at.y * float64(o.Rows), c.at.x / sceneWidth * float64(o.Cols)})
	}
	task := progress.Start("scene", o.Rows)
	defer task.End()
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range o.Rows {
		group.Go(func() error {
			rng := inn.RNG(o.Seed, uint64(1+i))
			for j := range o.Cols {
				at := i*o.Cols + j
				spot := a.at(place{(float64(j) + 0.5) / float64(o.Cols) * sceneWidth, (float64(i) + 0.5) / float64(o.Rows)})
				spot.write(s.Truth.Row(at))
				s.Clip[at] = spot.clip
				s.Glare[at] = spot.see(s.Image.Pixel(i, j), light, &o, rng)
			}
			return task.Advance(1, nil)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("sim: scene: %w", err)
	}
	return s, nil
}

// A spot is what there is at one place of a scene.
type spot struct {
	fields            // of the tissue
	light     float64 // share of the lamp's light that comes there and back
	highlight float64 // mirrored light
	clip      bool
}

// write puts the tissue's parameters into x.
func (p *spot) write(x []float64) {
	x[0] = p.oxygen
	for i, d := range thicknesses {
		v := p.blood
		if i > 0 {
			v = p.deep
		}
		copy(x[1+4*i:], []float64{v, p.scatter, (minG + maxG) / 2, (d[0] + d[1]) / 2})
	}
}

// clipReflectance is that of a clip of green plastic, in the order of the bands.
var clipReflectance = [len(bandCentres)]float64{0.22, 0.26, 0.08, 0.40, 0.33, 0.48, 0.14, 0.10}

// see is the light of the spot in every band, with noise, and whether it is glare.
func (p *spot) see(bands []float32, light *emulator, o *SceneSettings, rng *rand.Rand) (glare bool) {
	reflectances, variances := light.at(p.fields)
	for b := range bands {
		r := reflectances[b]
		noise := math.Sqrt(variances[b]/float64(o.Photons) + o.Noise*o.Noise)
		if p.clip {
			r, noise = clipReflectance[b], o.Noise
		}
		glare = glare || p.highlight > 0.1*p.light*r
		bands[b] = float32(min(max(0, p.light*r*(1+noise*rng.NormFloat64())+p.highlight), 1))
	}
	return glare
}

// TissueMeasurements makes of an image of tissue the measurements y of Tissue, one
// for each pixel by rows: those of its bands that are nearest to TissueBands, at
// most 5 nm away, normalised as Tissue says. The image is in shares of what a
// white standard gives, as cube.Reflectance makes it of a camera's counts.
//
// unfit are the pixels of which nothing can be said: brighter than any tissue in
// a band, which is the lamp's mirror image or the sensor's limit, or without light in one, or missing
// in the image. The measurement of a missing pixel is NaN, which metric.Intervals leaves out.
func TissueMeasurements(image *cube.Cube) (ys *inn.Samples, unfit []bool, err error) {
	picked, err := image.PickWavelengths(bandCentres[:], bandwidth/2)
	if err != nil {
		return nil, nil, fmt.Errorf("sim: tissue measurements: %w", err)
	}
	n := picked.Rows * picked.Cols
	ys, unfit = inn.NewSamples(tissueY(), n), make([]bool, n)
	lost, there := 0, n
	missing := picked.Missing()
	for i := range n {
		y := ys.Row(i)
		if unfit[i] = missing[i]; missing[i] {
			there--
			for b := range y {
				y[b] = math.NaN()
			}
			continue
		}
		for b, v := range picked.Data[i*picked.Bands : (i+1)*picked.Bands] {
			y[b] = float64(v)
			unfit[i] = unfit[i] || !(v > minReflectance && v < brightest)
		}
		if unfit[i] {
			lost++
		}
		normalise(y)
	}
	if there == 0 {
		return nil, nil, fmt.Errorf("sim: tissue measurements: every pixel has a value that is not finite in a band")
	}
	if lost > there/2 {
		return nil, nil, fmt.Errorf("sim: tissue measurements: %d of %d pixels are darker than %g or brighter than %g in a band: the image must be in shares of a white standard's light, see cube.Reflectance", lost, there, minReflectance, brightest)
	}
	return ys, unfit, nil
}

// brightest is more light than tissue of the prior gives back in a band.
const brightest = 0.8
