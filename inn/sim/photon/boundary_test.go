package photon

import (
	"fmt"
	"math"
	"testing"
)

func TestFresnel(t *testing.T) {
	for _, c := range []struct{ n1, n2, cos, r, ct float64 }{
		{1, 1.5, 1, 0.04, 1},
		{1.5, 1, 1, 0.04, 1},
		{1.5, 1, 0.5, 1, 0}, // beyond the critical angle of 41.8°
		// Brewster's angle, tan θ = 1.5: the parallel part vanishes, the other
		// reflects ((1 - n²)/(1 + n²))², half of which is seen.
		{1, 1.5, 1 / math.Sqrt(3.25), math.Pow(1.25/3.25, 2) / 2, 1.5 / math.Sqrt(3.25)},
	} {
		b := boundary{c.n1, c.n2}
		r, ct := b.fresnel(c.cos)
		if got, want := fmt.Sprintf("%.12f %.12f", r, ct), fmt.Sprintf("%.12f %.12f", c.r, c.ct); got != want {
			t.Errorf("from %g to %g at cosine %.4f: reflectance and cosine %s, want %s", c.n1, c.n2, c.cos, got, want)
		}
	}
}
