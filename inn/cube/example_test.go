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
