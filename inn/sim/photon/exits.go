package photon

import (
	"fmt"
	"math"
)

// A Stack is layers with a medium of refractive index Above over the first
// and Below under the last.
type Stack struct {
	Layers       []Layer
	Above, Below float64
}

// An Exit says which share of the light that fell on a stack left it, and where.
type Exit struct {
	Photons     int     // packets followed
	Specular    float64 // reflected at the surface before entering, at a right angle
	Diffuse     float64 // entered and came back out of the top
	Transmitted float64 // left at the bottom, scattered or not

	// Standard errors from the scatter of the packets; 0 with one packet.
	DiffuseErr, TransmittedErr float64
}

// Exits follows the photons of Run for each of the stacks, several times as fast:
// in float32, in the lanes of AVX-512 or AVX2 where the processor has them, and without
// a tally of what the layers absorb. Packet i of stack k is number k photons + i,
// and what it draws is a function of the seed and that number alone; the bits do
// not depend on the instruction set. Stacks that are given together
// keep the lanes busy together. There can be 2^32 packets in all.
func Exits(stacks []Stack, photons int, seed uint64) ([]Exit, error) {
	return exits(stacks, photons, seed, nil)
}

// An Angles is a histogram of the directions in which light left a stack:
// bin i of n has the share of the fallen light that left at angles between
// i and i + 1 times π/2n to the surface's normal.
type Angles struct{ Diffuse, Transmitted []float64 }

// ExitAngles is Exits for one stack, with bins of the angles of what left it.
func ExitAngles(s Stack, photons, bins int, seed uint64) (Exit, Angles, error) {
	if bins < 1 || bins > 1<<20 {
		return Exit{}, Angles{}, fmt.Errorf("photon: asked for %d bins of angles, want 1 to %d", bins, 1<<20)
	}
	a := Angles{make([]float64, bins), make([]float64, bins)}
	r, err := exits([]Stack{s}, photons, seed, func(exit, cosine float32) {
		bin := min(bins-1, int(math.Acos(float64(cosine))/(math.Pi/2)*float64(bins)))
		switch {
		case exit > 0:
			a.Diffuse[bin] += float64(exit) / float64(photons)
		case exit < 0:
			a.Transmitted[bin] -= float64(exit) / float64(photons)
		}
	})
	if err != nil {
		return Exit{}, Angles{}, err
	}
	return r[0], a, nil
}

// A job is packets that a kernel follows: those of some stacks that fit into
// one table.
type job struct {
	table  table
	layers int // of the table
	key    [2]uint32
	runs   []launch
}

// A launch is packets of one stack: asm/main.go knows the offsets.
type launch struct {
	layer   uint32  // of the table
	weight  float32 // what specular reflection leaves
	id, end uint32  // the packets' numbers
}

// block is the number of packets whose exits are kept before they are tallied.
const block = 1 << 16

func exits(stacks []Stack, photons int, seed uint64, each func(exit, cosine float32)) ([]Exit, error) {
	if photons >= 1 && uint64(photons)*uint64(max(1, len(stacks))) >= 1<<32 {
		return nil, fmt.Errorf("photon: asked to follow %d photons in each of %d stacks, want fewer than 2^32 in all", photons, len(stacks))
	}
	for k, s := range stacks {
		if err := check(s.Layers, s.Above, s.Below, photons); err != nil {
			if len(stacks) > 1 {
				err = fmt.Errorf("%w (stack %d)", err, k+1)
			}
			return nil, err
		}
		if len(s.Layers) > maxLayers {
			return nil, fmt.Errorf("photon: a stack of %d layers, want at most %d", len(s.Layers), maxLayers)
		}
	}
	results := make([]Exit, len(stacks))
	var weights, cosines []float32
	for from := 0; from < len(stacks); {
		// As many stacks as fit into one table.
		j := job{key: [2]uint32{uint32(seed), uint32(seed >> 32)}}
		to, layers := from, 0
		for to < len(stacks) && layers+len(stacks[to].Layers) <= maxLayers && (to == from || (to+1-from)*photons <= block) {
			s := stacks[to]
			results[to] = Exit{Photons: photons, Specular: reflectance(s.Above, s.Layers[0].N, 1, 1)}
			j.runs = append(j.runs, launch{uint32(layers), float32(1 - results[to].Specular), uint32(to * photons), uint32((to + 1) * photons)})
			for i, l := range s.Layers {
				over, under := s.Above, s.Below
				if i > 0 {
					over = s.Layers[i-1].N
				}
				if i < len(s.Layers)-1 {
					under = s.Layers[i+1].N
				}
				j.table.set(layers, l, over, under, i == 0, i == len(s.Layers)-1)
				layers++
			}
			to++
		}
		j.layers = layers
		tallies := make([][2]moments, to-from)
		first, end := j.runs[0].id, j.runs[len(j.runs)-1].end
		all := j.runs
		for at := first; at < end; {
			n := min(block, end-at)
			if int(n) > len(weights) {
				weights = make([]float32, n)
				if each != nil {
					cosines = make([]float32, n)
				}
			}
			j.runs = nil
			for _, r := range all {
				if r.id, r.end = max(r.id, at), min(r.end, at+n); r.id < r.end {
					j.runs = append(j.runs, r)
				}
			}
			j.follow(weights[:n], cosines[:min(int(n), len(cosines))])
			for i, w := range weights[:n] {
				t := &tallies[int(at-first+uint32(i))/photons]
				switch {
				case w > 0:
					t[0].add(float64(w))
				case w < 0:
					t[1].add(-float64(w))
				}
				if each != nil {
					each(w, cosines[i])
				}
			}
			at += n
		}
		for k, t := range tallies {
			r := &results[from+k]
			r.Diffuse, r.DiffuseErr = t[0].mean(photons)
			r.Transmitted, r.TransmittedErr = t[1].mean(photons)
		}
		from = to
	}
	return results, nil
}

// portable follows the job's packets one after the other. exits and cosines
// are those of the packets from the first of the job on; there may be no cosines.
func (j *job) portable(exits, cosines []float32) {
	first := j.runs[0].id
	for _, r := range j.runs {
		for id := r.id; id < r.end; id++ {
			exit, cosine := j.table.follow(int(r.layer), r.weight, id, j.key)
			exits[id-first] = exit
			if len(cosines) > 0 {
				cosines[id-first] = cosine
			}
		}
	}
}
