package cube

import (
	"image/color"
	"slices"
	"strings"
	"testing"
)

func TestReflectance(t *testing.T) {
	c := &Cube{Rows: 1, Cols: 2, Bands: 2, Data: []float32{110, 220, 60, 20}, Wavelengths: []float64{500, 600}}
	white := &Cube{Rows: 1, Cols: 1, Bands: 2, Data: []float32{210, 420}}
	dark := &Cube{Rows: 1, Cols: 2, Bands: 2, Data: []float32{10, 20, 10, 20}}
	r, err := c.Reflectance(white, dark)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{0.5, 0.5, 0.25, 0}; !slices.Equal(r.Data, want) || !slices.Equal(r.Wavelengths, c.Wavelengths) {
		t.Errorf("%v at %v nm, want %v", r.Data, r.Wavelengths, want)
	}
	if r, err = c.Reflectance(white, nil); err != nil || r.Data[2] != 60.0/210 {
		t.Errorf("without dark: %v, %v", r, err)
	}
	for want, call := range map[string]func() (*Cube, error){
		"white has 1 bands": func() (*Cube, error) {
			return c.Reflectance(&Cube{Rows: 1, Cols: 1, Bands: 1, Data: []float32{1}}, nil)
		},
		"dark has 2 × 1 pixels": func() (*Cube, error) {
			return c.Reflectance(white, &Cube{Rows: 2, Cols: 1, Bands: 2, Data: make([]float32, 4)})
		},
		"dark is 500 in band 0 at row 0, column 1": func() (*Cube, error) {
			return c.Reflectance(white, &Cube{Rows: 1, Cols: 2, Bands: 2, Data: []float32{0, 0, 500, 0}})
		},
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
}

// Red, green and blue light look so, and white is white.
func TestRGB(t *testing.T) {
	c := &Cube{Rows: 1, Cols: 4, Bands: 4, Wavelengths: []float64{650, 470, 550, 600}, Data: []float32{
		0.4, 0, 0, 0.4, 0, 0, 0.4, 0, 0, 0.4, 0, 0, 0.4, 0.4, 0.4, 0.4}}
	m, err := c.RGB()
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}} {
		if got := m.At(x, 0); got != want {
			t.Errorf("pixel %d is %v, want %v", x, got, want)
		}
	}
	c.Wavelengths[1] = 510
	if _, err := c.RGB(); err == nil || !strings.Contains(err.Error(), "blue") {
		t.Errorf("without blue: error %v", err)
	}
	c.Wavelengths = nil
	if _, err := c.RGB(); err == nil || !strings.Contains(err.Error(), "set Wavelengths") {
		t.Errorf("without wavelengths: error %v", err)
	}
	dark := &Cube{Rows: 1, Cols: 1, Bands: 3, Wavelengths: []float64{450, 550, 650}, Data: make([]float32, 3)}
	if m, err := dark.RGB(); err != nil || m.At(0, 0) != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("no light: %v, %v", m, err)
	}
}
