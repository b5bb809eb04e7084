package scale

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// A Fence says which measurements are like those of the training data: within
// a Mahalanobis distance of their mean,
//
//	d²(y) = yᵀ C⁻¹ y
//
// with C the covariance of the normalised training measurements, and near to some of them.
type Fence struct {
	Inverse []float64 // C⁻¹, M×M by rows
	Far     float64   // the largest d² in the training data
	Seen    *seen     `json:",omitempty"` // some of it; nil of few or very wide ones, and in older files

	root  sync.Once
	upper mat.Triangular // L
}

// NewFence measures n normalised measurements of m values, which row gives.
func NewFence(n, m int, row func(i int) []float32) (*Fence, error) {
	cov := mat.NewSymDense(m, nil)
	for i := range n {
		row := row(i)
		for j := range m {
			for k := j; k < m; k++ {
				cov.SetSym(j, k, cov.At(j, k)+float64(row[j])*float64(row[k])/float64(n))
			}
		}
	}
	for j := range m { // a measurement that the others determine has no variance of its own
		cov.SetSym(j, j, cov.At(j, j)+1e-6)
	}
	var chol mat.Cholesky
	if !chol.Factorize(cov) {
		return nil, fmt.Errorf("the covariance of the measurements is not positive")
	}
	var inverse mat.SymDense
	if err := chol.InverseTo(&inverse); err != nil {
		return nil, fmt.Errorf("the covariance of the measurements: %w", err)
	}
	f := &Fence{Inverse: make([]float64, 0, m*m)}
	for j := range m {
		for k := range m {
			f.Inverse = append(f.Inverse, inverse.At(j, k))
		}
	}
	for i := range n {
		f.Far = max(f.Far, f.Distance2(row(i)))
	}
	f.Seen = newSeen(f, n, m, row)
	return f, nil
}

// Distance2 is d² of a normalised measurement, +Inf where it is beyond float32.
func (f *Fence) Distance2(y []float32) float64 {
	sum := 0.0
	for j, a := range y {
		for k, b := range y {
			sum += float64(a) * f.Inverse[j*len(y)+k] * float64(b)
		}
	}
	if math.IsNaN(sum) { // of infinities of both signs
		return math.Inf(1)
	}
	return sum
}

// Warn is a sentence if a measurement is much farther out than all training
// data, or where none of it is, and else empty.
func (f *Fence) Warn(y []float32) string {
	d2 := f.Distance2(y)
	if d2 <= 2*f.Far {
		if times := f.Seen.alone(f, y); times > 0 {
			return fmt.Sprintf("No training data are near to this measurement (it is %.0f times as far from its neighbours as they are from theirs): do not trust the posterior.", times)
		}
		return ""
	}
	how := fmt.Sprintf("%.1f times as far from their mean as the farthest of them", math.Sqrt(d2/f.Far))
	if math.IsInf(d2, 1) {
		how = "beyond what float32 can hold"
	}
	return fmt.Sprintf("This measurement is unlike all training data (%s): do not trust the posterior.", how)
}

// Check is for a fence from a file.
func (f *Fence) Check(m int) error {
	if f == nil || len(f.Inverse) != m*m || !(f.Far > 0) || math.IsInf(f.Far, 0) {
		return fmt.Errorf("it does not say which measurements it was trained on")
	}
	for _, v := range f.Inverse {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the covariance of its measurements has %v", v)
		}
	}
	return f.Seen.check(m)
}
