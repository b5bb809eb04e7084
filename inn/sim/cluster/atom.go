package cluster

import "math"

// maxLevels is how many levels an atom has at most: the five of the ground
// configurations p², p³ and p⁴, and of N II the ⁵S above them.
const maxLevels = 6

// emission is what every transition of an atom radiates [erg cm³/s] per ion and
// electron, n_k A_ki hν_ki / (n_ion n_e), at a temperature [K] and an electron
// density [1/cm³]. The levels' populations are in balance between collisions
// with electrons and radiation (Osterbrock and Ferland 2006, section 3.5):
//
//	n_i (Σ_{j≠i} n_e q_ij + Σ_{j<i} A_ij) = Σ_{j≠i} n_j n_e q_ji + Σ_{j>i} n_j A_ji
//	q_ki = 8.629e-6 T^(-1/2) Ω_ki / g_k,  q_ik = q_ki g_k/g_i exp(-E_ki/kT)
//
// The result is in the order of a.rates, written to out.
func (a *atom) emission(temperature, density float64, out []float64) {
	n := len(a.energy)
	var m [maxLevels][maxLevels + 1]float64 // balance of the levels, by rows
	root := 8.629e-6 / math.Sqrt(temperature) * density
	at, w := omegaPlace(temperature)
	for _, r := range a.rates {
		k, i := r.upper-1, r.lower-1
		omega := r.omega[at] + w*(r.omega[at+1]-r.omega[at])
		down := root * omega / a.weight[k]
		up := root * omega / a.weight[i] * math.Exp(-wavenumber(a.energy[k]-a.energy[i])/(boltz*temperature))
		m[i][k] += down + r.a
		m[k][k] -= down + r.a
		m[k][i] += up
		m[i][i] -= up
	}
	for j := range n { // one of the balances follows from the others: all ions are somewhere
		m[0][j] = 1
	}
	m[0][n] = 1
	for j := 1; j < n; j++ {
		m[j][n] = 0
	}
	solve(&m, n)
	for i, r := range a.rates {
		out[i] = m[r.upper-1][n] * r.a * wavenumber(a.energy[r.upper-1]-a.energy[r.lower-1]) / density
	}
}

// omegaPlace finds a temperature among omegaAt, by its logarithm; beyond the
// ends collision strengths stay as they are there.
func omegaPlace(temperature float64) (i int, w float64) {
	temperature = min(max(temperature, omegaAt[0]), omegaAt[len(omegaAt)-1])
	for i < len(omegaAt)-2 && temperature > omegaAt[i+1] {
		i++
	}
	return i, math.Log(temperature/omegaAt[i]) / math.Log(omegaAt[i+1]/omegaAt[i])
}

// wavenumber is the energy [erg] of a wave number [1/cm].
func wavenumber(k float64) float64 { return planck * clight * k }

// solve replaces column n of the n equations m by their solution: elimination
// with the largest element of the column as pivot.
func solve(m *[maxLevels][maxLevels + 1]float64, n int) {
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		m[c], m[pivot] = m[pivot], m[c]
		for r := range n {
			if r == c {
				continue
			}
			f := m[r][c] / m[c][c]
			for k := c; k <= n; k++ {
				m[r][k] -= f * m[c][k]
			}
		}
	}
	for c := range n {
		m[c][n] /= m[c][c]
	}
}
