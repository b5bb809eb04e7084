package plot

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/metric"
)

func TestMapsErrors(t *testing.T) {
	image, estimates, truth := mapped(6, 8)
	other, _, small := mapped(2, 3)
	grey := *image
	grey.Wavelengths = []float64{600, 610, 620}
	flat := *estimates
	flat.Median = make([]float64, 48)
	for want, call := range map[string]func() (*Figure, error){
		"wants an image":     func() (*Figure, error) { return Maps(nil, nil, estimates) },
		"48 estimates of 2":  func() (*Figure, error) { return Maps(nil, other, estimates) },
		"truth has 6 pixels": func() (*Figure, error) { return Maps(&MapsSettings{Truth: small}, image, estimates) },
		`no variable "s_O2"`: func() (*Figure, error) {
			return Maps(&MapsSettings{Truth: &inn.Samples{Vars: inn.Vars("a"), Data: truth.Data}}, image, estimates)
		},
		"Unfit has 2 pixels": func() (*Figure, error) { return Maps(&MapsSettings{Unfit: make([]bool, 2)}, image, estimates) },
		"no band is green":   func() (*Figure, error) { return Maps(nil, &grey, estimates) },
		"set Range":          func() (*Figure, error) { return Maps(nil, image, &flat) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
}

// Colours get lighter all the way, as in grey print, and never as light as the
// white of pixels without an estimate.
func TestRamps(t *testing.T) {
	for name, r := range map[string]ramp{"levels": levels, "spreads": spreads} {
		last := -1.0
		for i := range 101 {
			light := lightness(r.at(float64(i) / 100))
			if light <= last {
				t.Errorf("%s: lightness %.1f after %.1f at %d %%", name, light, last, i)
			}
			last = light
		}
		if last > 91 {
			t.Errorf("%s: the lightest colour has lightness %.1f", name, last)
		}
	}
}

// lightness is CIE L*.
func lightness(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	y := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	if y <= 216.0/24389 {
		return y * 24389 / 27
	}
	return 116*math.Cbrt(y) - 16
}

// A missing pixel is white in the maps, and the legend gives that reason.
func TestMapsOfMissing(t *testing.T) {
	image, v, truth := mapped(6, 8)
	image.Data[3*7+1] = float32(math.NaN())
	v.Median[7], v.Low[7], v.High[7] = math.NaN(), math.NaN(), math.NaN()
	f, err := Maps(&MapsSettings{Truth: truth}, image, v)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(texts(t, drawn(t, f)), "\n"); !strings.Contains(got, "since a value of the pixel is missing") || !strings.Contains(got, "4 % of the pixels") || strings.Contains(got, "NaN") {
		t.Errorf("texts %s", got)
	}
}

// The panels have the colours of their pixels' values in their places.
func TestMapsPixels(t *testing.T) {
	image, _, truth := mapped(2, 3)
	v := &metric.IntervalTable{Var: truth.Vars[0], Method: "INN", Far: []bool{false, false, false, true, false, false},
		Median: []float64{0, 0.5, 1, 0.2, 0.3, 0.4}, Low: make([]float64, 6), High: []float64{1, 1, 1, 1, 1, 1}}
	unfit := []bool{false, false, false, false, false, true}
	f, err := Maps(&MapsSettings{Range: [2]float64{0, 1}, Unfit: unfit}, image, v)
	if err != nil {
		t.Fatal(err)
	}
	f.legend = nil
	f.Width, f.Height = 3*300+2*panelGap+2*margin, 200+2*margin+headingHeight+barRoom
	data, err := f.PNG()
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	scale := 192.0 / 72
	for i, want := range []color.RGBA{levels.at(0), levels.at(0.5), levels.at(1), {255, 255, 255, 255}, levels.at(0.3), {255, 255, 255, 255}} {
		x := float64(margin) + 300 + float64(panelGap) + 50 + 100*float64(i%3)
		y := float64(margin+headingHeight) + 50 + 100*float64(i/3)
		r, g, b, _ := m.At(int(x*scale), int(y*scale)).RGBA()
		if got := (color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}); got != want {
			t.Errorf("pixel %d is %v, want %v", i, got, want)
		}
	}
}
