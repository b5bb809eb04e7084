package cube

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
)

// RGB is an impression of the cube in colours: red is the mean of the bands from
// 580 nm up, green of those from 500 nm, blue of those below. White is what
// only one value in a hundred exceeds. Missing pixels are grey. It is an error when the wavelengths are
// not known, or one of the three has no band.
func (c *Cube) RGB() (image.Image, error) {
	if len(c.Wavelengths) != c.Bands {
		return nil, fmt.Errorf("cube: %d wavelengths are known of %d bands: set Wavelengths", len(c.Wavelengths), c.Bands)
	}
	channel, count := make([]int, c.Bands), [3]float64{}
	for b, nm := range c.Wavelengths {
		switch {
		case nm >= 580:
			channel[b] = 0
		case nm >= 500:
			channel[b] = 1
		default:
			channel[b] = 2
		}
		count[channel[b]]++
	}
	for k, name := range []string{"red (580 nm and more)", "green (500 to 580 nm)", "blue (below 500 nm)"} {
		if count[k] == 0 {
			return nil, fmt.Errorf("cube: no band is %s, so there is no impression in colours", name)
		}
	}
	light := make([][3]float64, c.Rows*c.Cols)
	all := make([]float64, 0, 3*len(light))
	missing := c.Missing()
	for i := range light {
		if missing[i] {
			continue
		}
		for b, v := range c.Data[i*c.Bands : (i+1)*c.Bands] {
			light[i][channel[b]] += float64(v) / count[channel[b]]
		}
		all = append(all, light[i][:]...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("cube: every pixel has a value that is not finite, so there is no impression in colours")
	}
	slices.Sort(all)
	white := all[int(0.99*float64(len(all)-1))]
	if !(white > 0) {
		white = 1
	}
	m := image.NewRGBA(image.Rect(0, 0, c.Cols, c.Rows))
	for i, v := range light {
		part := func(k int) uint8 {
			return uint8(math.Round(255 * math.Pow(min(max(v[k]/white, 0), 1), 1/2.2))) // as screens expect it
		}
		if missing[i] {
			m.SetRGBA(i%c.Cols, i/c.Cols, color.RGBA{0x90, 0x90, 0x90, 0xff})
			continue
		}
		m.SetRGBA(i%c.Cols, i/c.Cols, color.RGBA{part(0), part(1), part(2), 0xff})
	}
	return m, nil
}
