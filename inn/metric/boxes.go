package metric

import "slices"

// boxes are points in a k-d tree without pointers, for a million searches: the one of
// package kdtree allocates for each point it looks at.
// The points of a box lie together, and halving it at its middle gives two.
type boxes struct {
	dims   int
	places []float64 // in the tree's order
	number []int     // of the points as given
	along  []int     // of the box with the middle i: the dimension in which it is halved,
	plane  []float64 // and where
}

// boxLeaf is how many points are looked at one by one.
const boxLeaf = 8

func newBoxes(places []float64, dims int) *boxes {
	n := len(places) / dims
	t := &boxes{dims: dims, places: make([]float64, 0, len(places)), number: make([]int, n), along: make([]int, n), plane: make([]float64, n)}
	for i := range n {
		t.number[i] = i
	}
	t.halve(places, 0, n)
	for _, i := range t.number {
		t.places = append(t.places, places[i*dims:(i+1)*dims]...)
	}
	return t
}

func (t *boxes) halve(places []float64, lo, hi int) {
	if hi-lo <= boxLeaf {
		return
	}
	along, widest := 0, -1.0
	for d := range t.dims {
		low, top := places[t.number[lo]*t.dims+d], places[t.number[lo]*t.dims+d]
		for _, i := range t.number[lo:hi] {
			v := places[i*t.dims+d]
			low, top = min(low, v), max(top, v)
		}
		if top-low > widest {
			along, widest = d, top-low
		}
	}
	slices.SortFunc(t.number[lo:hi], func(a, b int) int {
		switch va, vb := places[a*t.dims+along], places[b*t.dims+along]; {
		case va < vb:
			return -1
		case va > vb:
			return 1
		}
		return a - b
	})
	middle := (lo + hi) / 2
	t.along[middle], t.plane[middle] = along, places[t.number[middle]*t.dims+along]
	t.halve(places, lo, middle)
	t.halve(places, middle, hi)
}

func (t *boxes) len() int { return len(t.number) }

func (t *boxes) place(k int) []float64 { return t.places[k*t.dims : (k+1)*t.dims] }

// A neighbour is point number at of the tree.
type neighbour struct {
	at        int
	distance2 float64
}

// A neighbourhood are the points of a tree nearest to some place, the nearest first.
type neighbourhood struct {
	found []neighbour
	room  [slopeKnots]neighbour
	most  int
}

// find looks for the k points nearest to y.
func (h *neighbourhood) find(t *boxes, y []float64, k int) {
	h.found, h.most = h.room[:0], k
	h.search(t, y, 0, t.len())
}

func (h *neighbourhood) farthest() float64 { return h.found[len(h.found)-1].distance2 }

func (h *neighbourhood) search(t *boxes, y []float64, lo, hi int) {
	if hi-lo > boxLeaf {
		middle := (lo + hi) / 2
		along := t.along[middle]
		beyond := y[along] - t.plane[middle]
		near, far := [2]int{lo, middle}, [2]int{middle, hi}
		if beyond >= 0 {
			near, far = far, near
		}
		h.search(t, y, near[0], near[1])
		if len(h.found) < h.most || beyond*beyond < h.farthest() {
			h.search(t, y, far[0], far[1])
		}
		return
	}
	for k := lo; k < hi; k++ {
		d := squaredDistance(y, t.place(k))
		if len(h.found) == h.most {
			if d >= h.farthest() {
				continue
			}
			h.found = h.found[:h.most-1]
		}
		i := len(h.found)
		h.found = append(h.found, neighbour{})
		for ; i > 0 && h.found[i-1].distance2 > d; i-- {
			h.found[i] = h.found[i-1]
		}
		h.found[i] = neighbour{k, d}
	}
}
