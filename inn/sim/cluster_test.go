package sim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

func TestClusterDimensions(t *testing.T) {
	p := Cluster(nil)
	if len(p.X) != 19 || len(p.Y) != 69 {
		t.Fatalf("%d parameters and %d lines, want the paper's 19 and 69", len(p.X), len(p.Y))
	}
	pairs, err := p.Pairs(300, 7)
	if err != nil {
		t.Fatal(err)
	}
	for i := range pairs.Len() {
		x := pairs.X.Row(i)
		// What the model cannot but hold, up to the scatter of Draw.
		if x[cluster.XYoung] > x[cluster.XAge] {
			t.Errorf("pair %d: the youngest stars are older than the first", i)
		}
		if x[cluster.XIonising] > x[cluster.XTotal]+0.3 {
			t.Errorf("pair %d: L_i %g, L_bol %g", i, x[cluster.XIonising], x[cluster.XTotal])
		}
		if e := math.Pow(10, x[cluster.XIonising]-x[cluster.XPhotons]) / 1.602e-12; e < 12 || e > 30 {
			t.Errorf("pair %d: photons of %g eV", i, e)
		}
		// U = Q/(4πR²nc), as far as the ionised gas is smooth.
		r := math.Pow(10, x[cluster.XRadius]) * 3.0857e18
		u := x[cluster.XPhotons] - math.Log10(4*math.Pi*r*r*math.Pow(10, x[cluster.XElectrons])/1.1*2.998e10)
		if math.Abs(u-x[cluster.XU]) > 0.8 {
			t.Errorf("pair %d: log U is %g, want about %g", i, x[cluster.XU], u)
		}
	}
}

// The noise is as stated, and without it nothing is left to chance.
func TestClusterNoise(t *testing.T) {
	quiet, loud := Cluster(&ClusterSettings{Noise: inn.None}), Cluster(&ClusterSettings{Noise: 0.1})
	rng := inn.RNG(3, 0)
	x := quiet.Prior(rng)
	a, err := quiet.Run(rng, x)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := quiet.Run(rng, x); !slices.Equal(a, b) {
		t.Error("without noise two measurements differ")
	}
	var off []float64
	for range 40 {
		b, err := loud.Run(rng, x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			off = append(off, b[i]-a[i])
		}
	}
	if sd := stat.StdDev(off, nil); math.Abs(sd/0.1-1) > 0.06 {
		t.Errorf("noise %g, want 0.1", sd)
	}
}

// Draws of a posterior may be a little outside of what is possible.
func TestClusterTakesAnyFinite(t *testing.T) {
	p := Cluster(nil)
	rng := inn.RNG(5, 0)
	for range 50 {
		x := p.Prior(rng)
		for i := range x {
			x[i] += 3 * rng.NormFloat64()
		}
		if _, err := p.Run(rng, x); err != nil {
			t.Error(err)
		}
	}
	x := p.Prior(rng)
	x[cluster.XU] = math.NaN()
	if _, err := p.Run(rng, x); err == nil || !strings.Contains(err.Error(), "log U = NaN") {
		t.Errorf("error %v", err)
	}
	if _, err := cluster.GasOf(x[:3]); err == nil || !strings.Contains(err.Error(), "19 parameters") {
		t.Errorf("error %v", err)
	}
}
