package mmd

import "github.com/innkeeper-notebook/innkeeper/inn/tensor"

// powerTerm is Σ w·k(u, v) of the power kernel over the rows u and all v; it
// adds weight·Σ_v w·∂k/∂u to the gradient of each u unless weight is 0:
//
//	∂k/∂u_j = -sign(u_j-v_j) / (4 |u_j-v_j|^½ (Σ_i |u_i-v_i|^½)^½).
func powerTerm(s *Scratch, u, v samples, w, grad tensor.Mat, weight float64) float64 {
	// The derivative has no bound: two samples that are nearly alike in one
	// value would outshout all others.
	const least = 1e-2 // of |u_j-v_j|^½
	total := 0.0
	for i := range u.rows.Rows {
		sums, ui := s.d2.Row(0)[:v.rows.Rows], u.rows.Row(i)
		clear(sums)
		for j, x := range ui {
			tensor.AddRoots(sums, v.columns.Row(j), x)
		}
		total -= float64(tensor.InverseRoots(sums, w.Row(i)))
		if weight == 0 {
			continue
		}
		for j, x := range ui {
			grad.Row(i)[j] -= float32(weight/4) * tensor.RootSlopes(sums, v.columns.Row(j), x, least)
		}
	}
	return total
}
