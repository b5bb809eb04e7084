package cube_test

import (
	"fmt"

	"github.com/innkeeper-notebook/innkeeper/inn/cube"
)

// A user's image in the bands, and the order, that a problem's y has.
func ExampleOpen() {
	image, err := cube.Open("testdata/bsq.hdr", cube.BandsLast)
	if err != nil {
		fmt.Println(err)
		return
	}
	image, err = image.PickWavelengths([]float64{470, 580}, 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(image.Rows, "×", image.Cols, "pixels at", image.Wavelengths, "nm; the first:", image.Pixel(0, 0))
	// Output: 3 × 4 pixels at [470 580] nm; the first: [40 0]
}

// A camera's counts as shares of the light that a white standard gives back.
func ExampleCube_Reflectance() {
	counts := &cube.Cube{Rows: 1, Cols: 1, Bands: 2, Data: []float32{600, 1100}}
	white := &cube.Cube{Rows: 1, Cols: 1, Bands: 2, Data: []float32{1100, 2100}}
	dark := &cube.Cube{Rows: 1, Cols: 1, Bands: 2, Data: []float32{100, 100}}
	r, err := counts.Reflectance(white, dark)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Data)
	// Output: [0.5 0.5]
}
