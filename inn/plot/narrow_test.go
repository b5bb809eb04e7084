package plot

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// drawsOf are n draws of one parameter.
func drawsOf(n int, draw func() float64) *inn.Samples {
	s := &inn.Samples{Vars: inn.Vars("a")}
	for range n {
		s.Data = append(s.Data, draw())
	}
	return s
}

// However narrow the hills of a posterior are beside the axis, the curve has them, each
// with its share of the area.
func TestMarginalsNarrowHills(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, sd := range []float64{30, 1, 0.1, 1e-3} {
		post := drawsOf(2000, func() float64 {
			if rng.IntN(10) == 0 {
				return -100 + sd*rng.NormFloat64()
			}
			return 100 + sd*rng.NormFloat64()
		})
		m, err := newMarginals(&MarginalsSettings{Prior: drawsOf(2000, func() float64 { return 300 * rng.NormFloat64() })}, []Row{{Draws: post}})
		if err != nil {
			t.Fatal(err)
		}
		curve, err := m.density(post, 0)
		if err != nil {
			t.Fatal(err)
		}
		var left, right float64
		for i, p := range curve[1:] {
			area := (p.x - curve[i].x) * (p.y + curve[i].y) / 2
			if p.x < 0 {
				left += area
			} else {
				right += area
			}
		}
		if math.Abs(left-0.1) > 0.02 || math.Abs(right-0.9) > 0.03 {
			t.Errorf("hills of %v: the curve has areas %.3f and %.3f, want 0.1 and 0.9", sd, left, right)
		}
	}
}

// A posterior that is a needle beside its prior has a panel of its own width, unless the
// truth or another posterior lies elsewhere.
func TestMarginalsOfANeedle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	prior := drawsOf(2000, rng.Float64)
	needle := drawsOf(1000, func() float64 { return 0.5 + 3e-4*rng.NormFloat64() })
	wide := drawsOf(1000, func() float64 { return 0.5 + 0.1*rng.NormFloat64() })
	for name, c := range map[string]struct {
		set    MarginalsSettings
		rows   []Row
		lo, hi float64 // of the axis' width
	}{
		"alone":       {MarginalsSettings{Prior: prior}, []Row{{Draws: needle}}, 10 * 3e-4, 25 * 3e-4},
		"truth":       {MarginalsSettings{Prior: prior, Truth: []float64{0.501}}, []Row{{Draws: needle}}, 10 * 3e-4, 30 * 3e-4},
		"truth apart": {MarginalsSettings{Prior: prior, Truth: []float64{0.6}}, []Row{{Draws: needle}}, 1, 1.2},
		"two":         {MarginalsSettings{Prior: prior}, []Row{{Draws: needle}, {Draws: wide}}, 1, 1.2},
	} {
		m, err := newMarginals(&c.set, c.rows)
		if err != nil {
			t.Fatal(err)
		}
		if w := m.ranges[0][1] - m.ranges[0][0]; w < c.lo || w > c.hi {
			t.Errorf("%s: the axis is %v wide, want %v to %v", name, w, c.lo, c.hi)
		}
	}
}

// A label that is too long for its panel goes on in a line below, and keeps its words.
func TestFolded(t *testing.T) {
	const label = "flux of the line [erg s^-1 cm^-2 micron^-1]"
	lines := folded(label, marginalWidth)
	if strings.ReplaceAll(lines, "\n", " ") != label {
		t.Errorf("%q is not %q", lines, label)
	}
	for _, l := range append(strings.Split(lines, "\n"), strings.Split(folded(strings.Repeat("word", 20)+" b", marginalWidth), "\n")...) {
		if w := textStyle(labelSize).Width(l); w > marginalWidth {
			t.Errorf("%q is %v wide, the panel %v", l, w, marginalWidth)
		}
	}
	if got := folded("short [m]", marginalWidth); got != "short [m]" {
		t.Errorf("%q", got)
	}
}
