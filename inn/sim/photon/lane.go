package photon

import (
	"math"
)

// The life of a packet in float32, which the vector kernels repeat in every
// lane with the same bits: each operation below is rounded on its own (the
// conversions keep the compiler from fusing a product with a sum), and none is
// an approximation that processors differ in.

// maxLayers is how many layers a kernel keeps at hand.
const maxLayers = 16

// A table is up to maxLayers layers of one or more stacks, one after the other,
// as the kernels read it: asm/main.go knows the offsets.
type table struct {
	depth  [maxLayers]float32 // optical thickness (mu_a + mu_s) d
	albedo [maxLayers]float32 // mu_s/mu_t, the share of the weight that a stop leaves
	g      [maxLayers]float32
	c0     [maxLayers]float32 // of the phase's cosine
	c1     [maxLayers]float32
	c2     [maxLayers]float32
	up     [maxLayers]float32 // refractive index over that of what is above, 1 if they match
	down   [maxLayers]float32 // the same for what is below
	out    [maxLayers]uint32  // leavesUp, leavesDown
}

// Bits of table.out.
const (
	leavesUp   = 1 // what crosses the layer's top leaves the stack
	leavesDown = 2
)

// set makes entry i of the table from a layer between two others.
func (t *table) set(i int, l Layer, over, under float64, first, last bool) {
	t.depth[i], t.albedo[i] = 0, 1 // of a clear layer
	if mut := l.MuA + l.MuS; mut > 0 {
		t.depth[i], t.albedo[i] = float32(mut*l.D), float32(l.MuS/mut)
	}
	p := henyeyGreenstein(l.G)
	t.g[i], t.c0[i], t.c1[i], t.c2[i] = float32(p.g), float32(p.c0), float32(p.c1), float32(p.c2)
	t.up[i], t.down[i] = float32(l.N/over), float32(l.N/under)
	t.out[i] = 0
	if first {
		t.out[i] |= leavesUp
	}
	if last {
		t.out[i] |= leavesDown
	}
}

// follow leads packet id of weight w, launched into a layer of the table, to
// its end. It returns the weight with which it left, positive at the top,
// negative at the bottom, 0 if it did not, and the cosine of its direction to
// the surface's normal out of the medium.
func (t *table) follow(layer int, w float32, id uint32, key [2]uint32) (exit, cosine float32) {
	var z, step float32 // mean free paths below the layer's top; left of the step, 0: none begun
	c := float32(1)     // cosine, 1 is straight down
	for event := uint32(0); ; event++ {
		u := philox([4]uint32{event, id}, key)
		if step == 0 {
			step = minusLog(u[0])
		}
		next := z + float32(c*step)
		if c < 0 && next > 0 || c >= 0 && next < t.depth[layer] {
			z, step = next, 0
			w = float32(w * t.albedo[layer])
			c = t.turn(layer, c, u[1], u[2])
			if w < rouletteBelow {
				if unit(u[3]) >= survival {
					return 0, 0
				}
				w = float32(w * (1 / survival))
			}
			continue
		}
		// The packet meets a boundary; what is left of the step goes on behind it.
		edge, index, leaves, to := t.depth[layer], t.down[layer], t.out[layer]&leavesDown, 1
		if c < 0 {
			edge, index, leaves, to = 0, t.up[layer], t.out[layer]&leavesUp, -1
		}
		step = max(0, step-float32(float32(edge-z)/c))
		z = edge
		if index != 1 {
			ct, reflected := refract(index, c, unit(u[3]))
			if reflected {
				c = -c
				continue
			}
			c = ct
		}
		if leaves != 0 {
			if c < 0 {
				return w, -c
			}
			return -w, c
		}
		layer += to
		z = 0
		if c < 0 {
			z = t.depth[layer]
		}
	}
}

// turn is the cosine of the direction after scattering, as phase.turn: a and b
// draw the angle and the azimuth.
func (t *table) turn(layer int, c float32, a, b uint32) float32 {
	s := signed(a)
	q := 1 + float32(t.g[layer]*s)
	ct := t.c1[layer] + float32(s*t.c2[layer])
	ct = t.c0[layer] + float32(s*ct)
	ct = float32(ct / float32(q*q))
	sines := float32((1 - float32(c*c)) * (1 - float32(ct*ct)))
	sines = float32(math.Sqrt(float64(max(0, sines)))) // a float32 root, as one of a float64 is rounded only once
	c = float32(c*ct) + float32(sines*azimuth(b))
	return min(max(c, -1), 1) // rounding can leave it an ulp outside
}

// refract decides with u, uniform in [0, 1), whether a packet that meets a
// change of the refractive index by the factor 1/index is reflected, and gives
// the cosine of its direction if it is not. With the cosines c and t before
// and behind, both positive, Fresnel's reflectance is
//
//	½ (A/B)² + ½ (C/D)²,  A, B = index c ∓ t,  C, D = index t ∓ c,
//
// which is compared with u without a division.
func refract(index, c, u float32) (ct float32, reflected bool) {
	t2 := 1 - float32(float32(index*index)*(1-float32(c*c)))
	if t2 <= 0 {
		return 0, true // total internal reflection
	}
	t := float32(math.Sqrt(float64(t2)))
	ca := float32(math.Abs(float64(c)))
	ic, it := float32(index*ca), float32(index*t)
	a, b := ic-t, ic+t
	p, d := it-ca, it+ca
	ad, pb, bd := float32(a*d), float32(p*b), float32(b*d)
	shares := float32(ad*ad) + float32(pb*pb)
	if float32((u+u)*float32(bd*bd)) < shares {
		return 0, true
	}
	return float32(math.Copysign(float64(t), float64(c))), false
}

// unit is uniform in [0, 1), in steps of 2^-24.
func unit(w uint32) float32 { return float32(float32(int32(w>>8)) * (1.0 / (1 << 24))) }

// signed is uniform in [-1, 1].
func signed(w uint32) float32 { return float32(float32(int32(w)) * (1.0 / (1 << 31))) }

// minusLog is -log u for u in (0, 1), an odd multiple of 2^-24: an exponential
// draw. With u = 2^e (1 + f), 1 + f between √½ and √2, log (1 + f) is
// f - f²/2 + f³ P(f), P fitted in Chebyshev's points; the relative error is 2e-7.
func minusLog(w uint32) float32 {
	u := float32(float32(int32(w>>8|1)) * (1.0 / (1 << 24)))
	bits := int32(math.Float32bits(u))
	e := (bits - rootHalf) >> 23
	f := math.Float32frombits(uint32(bits-e<<23)) - 1
	p := float32(logP[6])
	for i := 5; i >= 0; i-- {
		p = float32(p*f) + logP[i]
	}
	f2 := float32(f * f)
	low := float32(0.5*f2) - float32(float32(f2*f)*p) // f - log (1 + f)
	return (low - f) - float32(float32(e)*ln2)
}

const (
	rootHalf = 0x3f3504f3 // the bits of √½
	ln2      = float32(math.Ln2)
)

var logP = [7]float32{0.3333340883255005, -0.2500092089176178, 0.19985127449035645, -0.16592855751514435, 0.14676396548748016, -0.1411842554807663, 0.09272214025259018}

// azimuth is the cosine of a uniform angle: sin(πs/2) for s uniform in
// [-1, 1], as s times a polynomial in s² fitted in Chebyshev's points; the
// error is 2e-7.
func azimuth(w uint32) float32 {
	s := signed(w)
	s2 := float32(s * s)
	p := float32(sinP[4])
	for i := 3; i >= 0; i-- {
		p = float32(p*s2) + sinP[i]
	}
	return float32(s * p)
}

var sinP = [5]float32{1.5707963705062866, -0.6459637880325317, 0.07968991994857788, -0.004674150608479977, 0.0001516751217423007}
