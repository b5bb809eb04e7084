package sim

import (
	"math"
	"math/rand/v2"
)

// sceneWidth is the scene's width, its height being 1.
const sceneWidth = 4.0 / 3

// A place is in units of the scene's height, from its upper left corner.
type place struct{ x, y float64 }

func (p place) to(q place, t float64) place { return place{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)} }

// fields are the quantities of a scene's tissue that vary.
type fields struct {
	oxygen      float64 // s_O2
	blood, deep float64 // v_hb of the upper layer and of the lower two
	scatter     float64 // a_mie of all layers [1/cm]
}

// to is the way from f to g, t from 0 to 1.
func (f fields) to(g fields, t float64) fields {
	mix := func(a, b float64) float64 { return a + t*(b-a) }
	return fields{mix(f.oxygen, g.oxygen), mix(f.blood, g.blood), mix(f.deep, g.deep), mix(f.scatter, g.scatter)}
}

// What the scene is made of.
var (
	intestine  = fields{oxygen: 0.86, blood: 0.040, deep: 0.050, scatter: 17}
	connecting = fields{oxygen: 0.80, blood: 0.015, deep: 0.020, scatter: 24}
	artery     = fields{oxygen: 0.96, blood: 0.085, deep: 0.075, scatter: 15}
	vein       = fields{oxygen: 0.66, blood: 0.088, deep: 0.080, scatter: 15}
)

// Oxygen beyond a clip.
const (
	clampedIntestine = 0.18
	clampedArtery    = 0.40
	clampedVein      = 0.15
)

// The anatomy of a scene.
type anatomy struct {
	vessels    []vessel
	clips      []clip
	highlights []highlight
	uneven     [4]waves // of the fields
}

// A vessel runs along a line, given by points, and is widest at its beginning.
type vessel struct {
	line       []place
	from, to   float64 // half its width at both ends
	filled     fields
	clamped    float64 // share of its length at which a clip sits; 1: none
	beyond     float64 // oxygen behind it
	onTheBowel bool
}

// A clip is a rectangle across a vessel; along is its long direction.
type clip struct {
	at    place
	along float64
}

// A highlight is an ellipse of mirrored light.
type highlight struct {
	at           place
	long, across float64
	turned       float64
	light        float64
}

// bowel is the middle and half the width of the intestine at x.
func bowel(x float64) (middle, half float64) {
	return 0.31 + 0.045*math.Sin(2*math.Pi*x/sceneWidth+0.6), 0.17 * (1 + 0.05*math.Cos(2*math.Pi*x/0.21))
}

const (
	arcades     = 8    // pairs of vessels
	firstClip   = 4    // the pairs with a clip
	lastClip    = 5    //
	clampedFrom = 0.67 // the piece of intestine that they feed, in x
	clampedTo   = 1.00
	vesselSteps = 24 // pieces of a vessel's line
	clipStep    = 17 // the one on which a clip sits
)

func newAnatomy(rng *rand.Rand) *anatomy {
	a := &anatomy{}
	root := place{sceneWidth / 2, 1.5}
	for k := range arcades {
		x := sceneWidth * (float64(k) + 0.5) / arcades
		middle, half := bowel(x)
		end := place{x, middle + half}
		bend := place{root.x + 0.5*(x-root.x) + 0.02*rng.NormFloat64(), 0.80 + 0.02*rng.NormFloat64()}
		clamped := 1.0
		if k >= firstClip && k <= lastClip {
			clamped = float64(clipStep) / vesselSteps
		}
		pair := func(aside float64, filled fields, beyond float64) {
			shift := func(p place) place { return place{p.x + aside, p.y} }
			trunk := vessel{line: bezier(shift(root), shift(bend), shift(end)), from: 0.012, to: 0.008, filled: filled, clamped: clamped, beyond: beyond}
			a.vessels = append(a.vessels, trunk)
			for _, side := range []float64{-0.045, 0, 0.045} { // onto the intestine
				onX := x + side + aside + 0.008*rng.NormFloat64()
				m, h := bowel(onX)
				branch := vessel{line: bezier(shift(end), place{onX, end.y - 0.3*h}, place{onX, m - h*(0.25+0.5*rng.Float64())}), from: 0.0065, to: 0.003, filled: filled, clamped: 1, onTheBowel: true}
				if clamped < 1 {
					branch.filled.oxygen = beyond
				}
				a.vessels = append(a.vessels, branch)
			}
		}
		pair(-0.014, artery, clampedArtery)
		pair(0.014, vein, clampedVein)
		if clamped < 1 {
			line := bezier(root, bend, end)
			p, q := line[clipStep], line[clipStep+1]
			a.clips = append(a.clips, clip{p, math.Atan2(q.y-p.y, q.x-p.x) + math.Pi/2})
		}
	}
	for range 16 { // along the ridge of the intestine, which faces the lamp
		x := sceneWidth * rng.Float64()
		middle, half := bowel(x)
		a.highlights = append(a.highlights, highlight{place{x, middle + half*(0.25*rng.Float64()-0.2)}, 0.012 + 0.02*rng.Float64(), 0.005 + 0.004*rng.Float64(), 0.3 * rng.NormFloat64(), 1 + rng.Float64()})
	}
	for range 7 { // and here and there
		a.highlights = append(a.highlights, highlight{place{sceneWidth * rng.Float64(), 0.6 + 0.4*rng.Float64()}, 0.006 + 0.008*rng.Float64(), 0.004, math.Pi * rng.Float64(), 1})
	}
	for i := range a.uneven {
		a.uneven[i] = newWaves(rng)
	}
	return a
}

// bezier is a curve from p to r that is drawn towards q, as points.
func bezier(p, q, r place) []place {
	line := make([]place, vesselSteps+1)
	for i := range line {
		t := float64(i) / vesselSteps
		line[i] = p.to(q, t).to(q.to(r, t), t)
	}
	return line
}

// at is what there is at a place.
func (a *anatomy) at(p place) spot {
	middle, half := bowel(p.x)
	t := (p.y - middle) / half // from -1 to 1 across the intestine
	on := math.Abs(t) < 1
	s := spot{fields: connecting, light: 0.8}
	switch {
	case on:
		s.fields = intestine
		without := step(clampedFrom-0.04, clampedFrom+0.04, p.x) * (1 - step(clampedTo-0.04, clampedTo+0.04, p.x))
		s.oxygen += without * (clampedIntestine - s.oxygen)
		s.light = 0.3 + 0.65*math.Sqrt(1-t*t) // round, and lit from the camera
	case t < 0:
		s.light = 0.4 // behind the intestine
	}
	for i := range a.vessels {
		if v := &a.vessels[i]; v.onTheBowel == on && (on || t > 0) {
			if share, along := v.covers(p); share > 0 {
				filled := v.filled
				if along > v.clamped {
					filled.oxygen = v.beyond
				}
				s.fields = s.fields.to(filled, share)
			}
		}
	}
	s.oxygen = min(max(s.oxygen+0.02*a.uneven[0].at(p), 0), 1)
	s.blood = min(max(s.blood*math.Exp(0.12*a.uneven[1].at(p)), leastBlood), maxBlood)
	s.deep = min(max(s.deep*math.Exp(0.12*a.uneven[2].at(p)), leastBlood), maxBlood)
	s.scatter = min(max(s.scatter*math.Exp(0.08*a.uneven[3].at(p)), leastScatter), mostScatter)
	away := math.Hypot(p.x-sceneWidth/2, p.y-0.5)
	s.light *= 1 - 0.5*away*away // the lamp's cone
	for _, h := range a.highlights {
		s.highlight += h.lightAt(p)
	}
	for _, c := range a.clips {
		along, across := turn(p.x-c.at.x, p.y-c.at.y, c.along)
		if math.Abs(along) < 0.036 && math.Abs(across) < 0.013 {
			s.clip = true
			s.light = 0.95 - 0.4*math.Abs(across)/0.013
		}
	}
	return s
}

// covers is the share of the tissue at p that the vessel makes up, and at which
// share of its length.
func (v *vessel) covers(p place) (share, along float64) {
	nearest := math.Inf(1)
	for i := range vesselSteps {
		a, b := v.line[i], v.line[i+1]
		dx, dy := b.x-a.x, b.y-a.y
		t := min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/(dx*dx+dy*dy), 0), 1)
		q := a.to(b, t)
		if d := (p.x-q.x)*(p.x-q.x) + (p.y-q.y)*(p.y-q.y); d < nearest {
			nearest, along = d, (float64(i)+t)/vesselSteps
		}
	}
	width := v.from + along*(v.to-v.from)
	return 1 - step(0.6*width, 1.2*width, math.Sqrt(nearest)), along
}

// lightAt is the light of the highlight at p: bright, with a steep border.
func (h *highlight) lightAt(p place) float64 {
	along, across := turn(p.x-h.at.x, p.y-h.at.y, h.turned)
	q := (along/h.long)*(along/h.long) + (across/h.across)*(across/h.across)
	return h.light * math.Exp(-q*q)
}

// turn is (x, y) seen from a direction.
func turn(x, y, direction float64) (along, across float64) {
	sin, cos := math.Sincos(direction)
	return x*cos + y*sin, y*cos - x*sin
}

// step goes smoothly from 0 below lo to 1 above hi.
func step(lo, hi, v float64) float64 {
	t := min(max((v-lo)/(hi-lo), 0), 1)
	return t * t * (3 - 2*t)
}

// waves are a smooth random field of variance 1: a sum of plane waves.
type waves [12][3]float64 // wave number in x and y, phase

func newWaves(rng *rand.Rand) (w waves) {
	for i := range w {
		sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
		k := 2 * math.Pi * (1 + 5*rng.Float64())
		w[i] = [3]float64{k * cos, k * sin, 2 * math.Pi * rng.Float64()}
	}
	return w
}

func (w *waves) at(p place) float64 {
	sum := 0.0
	for _, k := range w {
		sum += math.Cos(k[0]*p.x + k[1]*p.y + k[2])
	}
	return sum * math.Sqrt(2.0/float64(len(w)))
}
