package inn

import (
	"fmt"
	"math"

	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// Inverse runs the network backwards, x = f⁻¹(y, z), at chosen latent values: one
// row of the result for each z, of Settings.Latent values. Sample does the same
// at random ones. With it the latent space can be looked at (Figure 8 of the
// paper), or one z be kept while y changes.
func (m *Model) Inverse(y []float64, zs [][]float64) (*Samples, error) {
	yn, err := m.measurement(y)
	if err != nil {
		return nil, err
	}
	if len(zs) == 0 {
		return nil, fmt.Errorf("inn: Inverse wants at least one z")
	}
	for i, z := range zs {
		if len(z) != m.shape.K {
			return nil, fmt.Errorf("inn: z %d has %d values, want %d", i, len(z), m.shape.K)
		}
		for _, v := range z {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("inn: z %d has %v in it", i, v)
			}
		}
	}
	xs := NewSamples(m.x.Vars, len(zs))
	xs.Warning = m.warning(yn)
	zLo, _ := m.shape.z()
	n := len(zs)
	return xs, m.parallel((n+sampleRows-1)/sampleRows, func(pass layer.Pass, room tensor.Mat, i int) error {
		lo := i * sampleRows
		rows := room.Slice(0, min(sampleRows, n-lo), 0, m.shape.N)
		for i := range rows.Rows {
			row := rows.Row(i)
			clear(row)
			copy(row, yn)
			for j, v := range zs[lo+i] {
				row[zLo+j] = float32(v)
			}
		}
		pass.Inverse(m.weights, rows, nil)
		for i := range rows.Rows {
			m.x.undo(xs.Row(lo+i), rows.Row(i))
		}
		return nil
	})
}
