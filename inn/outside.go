package inn

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// A fence says which measurements are like those of the training data: within
// a Mahalanobis distance of their mean,
//
//	d²(y) = yᵀ C⁻¹ y
//
// with C the covariance of the normalised training measurements.
type fence struct {
	Inverse []float64 // C⁻¹, M×M by rows
	Far     float64   // the largest d² in the training data
}

// newFence measures normalised measurements, a row each.
func newFence(y tensor.Mat) (*fence, error) {
	m := y.Cols
	cov := mat.NewSymDense(m, nil)
	for i := range y.Rows {
		row := y.Row(i)
		for j := range m {
			for k := j; k < m; k++ {
				cov.SetSym(j, k, cov.At(j, k)+float64(row[j])*float64(row[k])/float64(y.Rows))
			}
		}
	}
	for j := range m { // a measurement that the others determine has no variance of its own
		cov.SetSym(j, j, cov.At(j, j)+1e-6)
	}
	var chol mat.Cholesky
	if !chol.Factorize(cov) {
		return nil, fmt.Errorf("inn: the covariance of the measurements is not positive")
	}
	var inverse mat.SymDense
	if err := chol.InverseTo(&inverse); err != nil {
		return nil, fmt.Errorf("inn: the covariance of the measurements: %w", err)
	}
	f := &fence{Inverse: make([]float64, 0, m*m)}
	for j := range m {
		for k := range m {
			f.Inverse = append(f.Inverse, inverse.At(j, k))
		}
	}
	for i := range y.Rows {
		f.Far = max(f.Far, f.distance2(y.Row(i)))
	}
	return f, nil
}

func (f *fence) distance2(y []float32) float64 {
	sum := 0.0
	for j, a := range y {
		for k, b := range y {
			sum += float64(a) * f.Inverse[j*len(y)+k] * float64(b)
		}
	}
	return sum
}

// warn is a sentence if a measurement is much farther out than all training
// data, and else empty.
func (f *fence) warn(y []float32) string {
	d2 := f.distance2(y)
	if d2 <= 2*f.Far {
		return ""
	}
	return fmt.Sprintf("This measurement is unlike all training data (%.1f times as far from their mean as the farthest of them): do not trust the posterior.", math.Sqrt(d2/f.Far))
}

// check is for a fence from a file.
func (f *fence) check(m int) error {
	if f == nil || len(f.Inverse) != m*m || !(f.Far > 0) || math.IsInf(f.Far, 0) {
		return fmt.Errorf("it does not say which measurements it was trained on")
	}
	for _, v := range f.Inverse {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the covariance of its measurements has %v", v)
		}
	}
	return nil
}
