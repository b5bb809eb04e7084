package plot

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// LatentSettings are the settings of Latent. Modes must be given.
type LatentSettings struct {
	Modes [][]float64 // places in x, one value a parameter each; a hue for each
	Scale float64     // the distance from a mode at which its colour has half its luminosity; 0: a quarter of the least distance between two modes
	Range float64     // of both latent axes, ±Range; 0: 3
	Cells int         // colours along each axis; 0: 150
}

// A LatentMap is one panel of Latent: how the two latent values lead to x for a
// fixed measurement, one row of the result for each z.
type LatentMap struct {
	Title string // above the panel
	X     func(zs [][]float64) (*inn.Samples, error)
}

// Latent draws how a network has laid out its latent space, the paper's Figure 8:
// each place z of a plane has the hue of the mode that x = g(y*, z) is nearest
// to, bright where x lies on the mode and dark where it lies between modes. The
// white circles hold 50 % and 90 % of z ~ N(0, 1) in two dimensions, so the
// area of a hue within them shows the share of its mode.
//
//	plot.Latent(&plot.LatentSettings{Modes: modes}, plot.LatentMap{
//		Title: "red",
//		X:     func(zs [][]float64) (*inn.Samples, error) { return model.Inverse(y, zs) },
//	})
func Latent(set *LatentSettings, maps ...LatentMap) (*Figure, error) {
	o, err := set.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(maps) == 0 {
		return nil, fmt.Errorf("plot: Latent has no maps: give at least one plot.LatentMap")
	}
	zs := make([][]float64, 0, o.Cells*o.Cells)
	at := func(i int) float64 { return o.Range * ((2*float64(i)+1)/float64(o.Cells) - 1) }
	for i := range o.Cells {
		for j := range o.Cells {
			zs = append(zs, []float64{at(j), -at(i)}) // from the top, as images go
		}
	}
	f := &Figure{}
	cols := min(len(maps), 4)
	for band := range slices.Chunk(maps, cols) {
		row := make([]*gonum.Plot, cols)
		for k, m := range band {
			if row[k], err = o.panel(m, zs); err != nil {
				return nil, fmt.Errorf("plot: Latent, panel %q: %w", m.Title, err)
			}
		}
		row[0].Y.Label.Text = "z2"
		f.Panels = append(f.Panels, row)
	}
	for i := range o.Modes {
		f.legend = append(f.legend, areaEntry(fmt.Sprintf("mode %d", i+1), o.colour(i, 0)))
	}
	f.legend = append(f.legend, entry{text: "circles: 50 % and 90 % of p(z); dark: far from every mode"})
	width := pageWidth / vg.Length(max(cols, 3))
	f.size(width, width-32)
	return f, nil
}

func (s *LatentSettings) withDefaults() (*LatentSettings, error) {
	if s == nil || len(s.Modes) == 0 {
		return nil, fmt.Errorf("plot: Latent wants the Modes that x is compared with")
	}
	o := *s
	for i, m := range o.Modes {
		if len(m) == 0 || len(m) != len(o.Modes[0]) {
			return nil, fmt.Errorf("plot: Latent: mode %d has %d values, the first has %d", i, len(m), len(o.Modes[0]))
		}
	}
	if o.Scale == 0 {
		least := math.Inf(1)
		for i, a := range o.Modes {
			for _, b := range o.Modes[:i] {
				least = min(least, distance(a, b))
			}
		}
		if math.IsInf(least, 1) {
			return nil, fmt.Errorf("plot: Latent: Scale must be given for a single mode")
		}
		o.Scale = least / 4
	}
	if o.Range == 0 {
		o.Range = 3
	}
	if o.Cells == 0 {
		o.Cells = 150
	}
	if !(o.Scale > 0) || !(o.Range > 0) || o.Cells < 2 || o.Cells > 2000 {
		return nil, fmt.Errorf("plot: Latent: Scale %v and Range %v want to be positive, Cells %d 2 to 2000", o.Scale, o.Range, o.Cells)
	}
	return &o, nil
}

func (s *LatentSettings) panel(m LatentMap, zs [][]float64) (*gonum.Plot, error) {
	xs, err := m.X(zs)
	if err != nil {
		return nil, err
	}
	if err := xs.Check(); err != nil {
		return nil, err
	}
	if xs.Len() != len(zs) || len(xs.Vars) != len(s.Modes[0]) {
		return nil, fmt.Errorf("the map gives %d rows of %d parameters, want %d of %d, as the modes have", xs.Len(), len(xs.Vars), len(zs), len(s.Modes[0]))
	}
	img := image.NewRGBA(image.Rect(0, 0, s.Cells, s.Cells))
	for i := range zs {
		nearest, least := 0, math.Inf(1)
		for k, mode := range s.Modes {
			if d := distance(xs.Row(i), mode); d < least {
				nearest, least = k, d
			}
		}
		img.Set(i%s.Cells, i/s.Cells, s.colour(nearest, least))
	}
	p := newPlot()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -s.Range, s.Range, -s.Range, s.Range
	p.X.Label.Text = "z1"
	p.Add(raster{img}, heading(m.Title))
	for _, share := range []float64{0.5, 0.9} {
		p.Add(ring{math.Sqrt(-2 * math.Log(1-share)), draw.LineStyle{Color: color.White, Width: 1.4}})
	}
	return p, nil
}

// colour is the hue of mode k, at a distance d from it.
func (s *LatentSettings) colour(k int, d float64) color.Color {
	light := math.Pow(0.5, (d/s.Scale)*(d/s.Scale))
	return hsl(float64(k)/float64(len(s.Modes)), 0.85, 0.08+0.5*light)
}

// hsl is a colour by hue, saturation and lightness, each 0 to 1.
func hsl(h, s, l float64) color.Color {
	part := func(n float64) uint8 {
		k := math.Mod(n+12*h, 12)
		v := l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))
		return uint8(math.Round(255 * v))
	}
	return color.RGBA{part(0), part(8), part(4), 0xff}
}

func distance(a, b []float64) float64 {
	sum := 0.0
	for j, v := range a {
		sum += (v - b[j]) * (v - b[j])
	}
	return math.Sqrt(sum)
}
