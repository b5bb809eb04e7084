package metric

import (
	"math"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// knots interpolate quantiles between the measurements that they are known of.
type knots struct {
	space    *measured
	tree     *boxes
	value    [][3]float64 // the quantiles at the knots, in the tree's order
	slope    [][]float64  // and their slopes, three for each measurement
	low, top [3]float64   // the range of the quantiles
}

func newKnots(space *measured, ys *inn.Samples, rows []int, quantiles [][3]float64) *knots {
	m := len(ys.Vars)
	places := make([]float64, len(rows)*m)
	for k, i := range rows {
		space.standard(places[k*m:(k+1)*m], ys.Row(i))
	}
	s := &knots{space: space, tree: newBoxes(places, m), value: make([][3]float64, len(rows)), slope: make([][]float64, len(rows))}
	s.low, s.top = quantiles[0], quantiles[0]
	for _, q := range quantiles[:len(rows)] {
		for c, v := range q {
			s.low[c], s.top[c] = min(s.low[c], v), max(s.top[c], v)
		}
	}
	const chunk = 64
	var group errgroup.Group
	for lo := 0; lo < len(rows); lo += chunk {
		group.Go(func() error {
			for k := lo; k < min(lo+chunk, len(rows)); k++ {
				s.fit(k, quantiles)
			}
			return nil
		})
	}
	group.Wait()
	return s
}

// fit finds the quantiles' slopes at a knot by weighted least squares over its
// neighbours, with a ridge for directions in which these do not spread.
func (s *knots) fit(k int, quantiles [][3]float64) {
	m := s.tree.dims
	var near neighbourhood
	y, q := s.tree.place(k), quantiles[s.tree.number[k]]
	near.find(s.tree, y, min(slopeKnots, s.tree.len()))
	radius2 := near.farthest()
	normal, right := mat.NewSymDense(m, nil), mat.NewDense(m, 3, nil)
	u, total := make([]float64, m), 0.0
	for _, n := range near.found {
		w := radius2 - n.distance2
		total += w
		for b, v := range s.tree.place(n.at) {
			u[b] = v - y[b]
		}
		for a := range u {
			for b := a; b < m; b++ {
				normal.SetSym(a, b, normal.At(a, b)+w*u[a]*u[b])
			}
			for c, v := range quantiles[s.tree.number[n.at]] {
				right.Set(a, c, right.At(a, c)+w*u[a]*(v-q[c]))
			}
		}
	}
	for a := range m {
		normal.SetSym(a, a, normal.At(a, a)+slopeRidge*total*radius2)
	}
	var chol mat.Cholesky
	var slope mat.Dense
	s.value[k], s.slope[k] = q, make([]float64, 3*m)
	if chol.Factorize(normal) && chol.SolveTo(&slope, right) == nil { // else all are in one place, and it stays flat
		copy(s.slope[k], slope.RawMatrix().Data)
	}
}

// slopeRidge is the ridge in units of the weights and the squared radius.
const slopeRidge = 1e-3

// at is the interpolated quantiles at a measurement.
func (s *knots) at(y []float64) (q [3]float64) {
	m := s.tree.dims
	var room [64]float64
	u := room[:0]
	if m > len(room) {
		u = make([]float64, 0, m)
	}
	u = u[:m]
	s.space.standard(u, y)
	var near neighbourhood
	near.find(s.tree, u, min(nearKnots, s.tree.len()))
	radius := math.Sqrt(near.farthest()) * 1.001
	total := 0.0
	for _, n := range near.found {
		d := math.Sqrt(n.distance2)
		w := 1.0
		if radius > 0 {
			w = (radius - d) / (d + 0.2*radius) // so that near a knot its own chance is averaged, too
			w *= w
		}
		total += w
		place, slope := s.tree.place(n.at), s.slope[n.at]
		for c := range q {
			v := s.value[n.at][c]
			for b := range m {
				v += slope[3*b+c] * (u[b] - place[b])
			}
			q[c] += w * v
		}
	}
	for c := range q {
		q[c] = min(max(q[c]/total, s.low[c]), s.top[c])
	}
	q[0], q[2] = min(q[0], q[1]), max(q[2], q[1])
	return q
}
