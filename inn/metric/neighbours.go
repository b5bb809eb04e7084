package metric

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/spatial/kdtree"
)

// A point is one of a tree's points; i is its number.
type point struct {
	at []float64
	i  int
}

func (p point) Compare(c kdtree.Comparable, d kdtree.Dim) float64 { return p.at[d] - c.(point).at[d] }

func (p point) Dims() int { return len(p.at) }

func (p point) Distance(c kdtree.Comparable) float64 { return squaredDistance(p.at, c.(point).at) }

func squaredDistance(a, b []float64) float64 {
	sum := 0.0
	for j, v := range a {
		d := v - b[j]
		sum += d * d
	}
	return sum
}

// points is a kdtree.Interface. The library's own chooses pivots at random, so
// that sums over neighbours would differ in the last digit from run to run.
type points []point

func (p points) Index(i int) kdtree.Comparable { return p[i] }

func (p points) Len() int { return len(p) }

func (p points) Slice(start, end int) kdtree.Interface { return p[start:end] }

func (p points) Pivot(d kdtree.Dim) int {
	slices.SortFunc(p, func(a, b point) int { return cmp.Or(cmp.Compare(a.at[d], b.at[d]), a.i-b.i) })
	return len(p) / 2
}

// newTree is a k-d tree of the rows.
func newTree(rows [][]float64) *kdtree.Tree {
	p := make(points, len(rows))
	for i, r := range rows {
		p[i] = point{r, i}
	}
	return kdtree.New(p, false)
}

// nearest are the k points of the tree nearest to x, in no order, or all when
// there are fewer.
func nearest(tree *kdtree.Tree, x []float64, k int) []kdtree.ComparableDist {
	keep := kdtree.NewNKeeper(k)
	tree.NearestSet(keep, point{at: x})
	return keep.Heap
}
