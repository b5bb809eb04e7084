package mmd

import (
	"math"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// powerTerm is Σ w·k(u, v) of the power kernel over the rows u and all v; it
// adds weight·Σ_v w·∂k/∂u to the gradient of each u unless weight is 0:
//
//	∂k/∂u_j = -sign(u_j-v_j) / (4 |u_j-v_j|^½ (Σ_i |u_i-v_i|^½)^½).
func powerTerm(s *Scratch, u, v, w, grad tensor.Mat, weight float64) float64 {
	// The derivative has no bound: two samples that are nearly alike in one
	// value would outshout all others.
	const least = 1e-2 // of |u_j-v_j|^½
	roots, total := s.roots[:u.Cols], 0.0
	for i := range u.Rows {
		ui := u.Row(i)
		for j := range v.Rows {
			vj, sum := v.Row(j), float32(0)
			for c, x := range ui {
				roots[c] = root(abs(x - vj[c]))
				sum += roots[c]
			}
			if sum == 0 {
				continue
			}
			k, pair := root(sum), float32(1)
			if w.Rows > 0 {
				pair = w.Row(i)[j]
			}
			total -= float64(pair * k)
			if weight == 0 {
				continue
			}
			g, slope := grad.Row(i), float32(weight)*pair/(4*k)
			for c, r := range roots {
				if d := slope / max(r, least); ui[c] > vj[c] {
					g[c] -= d
				} else if ui[c] < vj[c] {
					g[c] += d
				}
			}
		}
	}
	return total
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func abs(x float32) float32 { return max(x, -x) }
