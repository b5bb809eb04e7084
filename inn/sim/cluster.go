package sim

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// ClusterSettings are the settings of Cluster; nil means the defaults. Cluster panics on a Noise that is negative or not finite.
type ClusterSettings struct {
	Noise float64 // standard deviation of each measured line [dex]; 0.04, about 10 %; inn.None: no noise
}

// Cluster is the inverse problem of section 5 of the paper: from the emission
// lines of a region of ionised gas, infer the star cluster inside it and the
// cloud that it was born from. The forward process is the model of package
// cluster, in place of the paper's WARPFIELD and radiative transfer.
//
// x are 19 quantities of the system, named in cluster.Labels: six that chance
// decides (the cloud's mass, density and metallicity, its efficiency in making
// stars, dust, how much trapped gas adds to the push of the winds), and what the
// evolution has made of them when the system is looked at: the age and that of
// the youngest stars, what these give off, the shell's radius, velocity and mass,
// and the state of its ionised gas. The prior is that of cluster.Draw: nothing in
// it is independent. Draws for which there would be nothing to see are drawn anew.
//
// y are the logarithms of 69 line ratios, those of cluster.Lines to H beta,
//
//	y = log10(ratio + 0.0003) + Noise N(0, 1),
//
// so that lines too faint to be seen read the same. They depend on x through
// the nebula alone: U, E_ion, n_e, Z, N/O, dust, and how much gas there is in the
// shell. Simulate accepts x a little outside of what the model makes; see
// cluster.GasOf.
func Cluster(s *ClusterSettings) inn.Problem {
	noise := 0.0
	if s != nil {
		noise = s.Noise
	}
	noise = noiseOf("ClusterSettings", noise, clusterNoise)
	return inn.Problem{
		Name:       "cluster",
		X:          inn.Vars(cluster.Labels[:]...),
		Y:          clusterY(),
		Prior:      clusterPrior,
		Concurrent: true,
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			y, err := lineRatios(x)
			if err != nil {
				panic(err) // Problem.Run makes it an error that names the problem and x
			}
			for i := range y {
				y[i] += noise * rng.NormFloat64()
			}
			return y
		},
	}
}

const (
	clusterNoise = 0.04 // dex
	faintest     = 3e-4 // of H beta
)

func clusterY() []inn.Var {
	var vars []inn.Var
	for _, l := range cluster.Lines() {
		vars = append(vars, inn.Var{Name: l.Name, Unit: "dex"})
	}
	return vars
}

func clusterPrior(rng *rand.Rand) []float64 {
	for range 10_000 {
		x, ok, err := cluster.Draw(rng).Observe()
		if err != nil {
			panic(err)
		}
		if ok {
			return x
		}
	}
	panic(fmt.Errorf("sim: cluster: 10,000 systems in a row cannot be seen"))
}

// lineRatios is y without noise.
func lineRatios(x []float64) ([]float64, error) {
	gas, err := cluster.GasOf(x)
	if err != nil {
		return nil, err
	}
	s, err := gas.Emit()
	if err != nil {
		return nil, err
	}
	y := make([]float64, len(s.Ratio))
	for i, r := range s.Ratio {
		y[i] = math.Log10(r + faintest)
	}
	return y, nil
}
