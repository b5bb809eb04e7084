package layer

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// An Actnorm scales and shifts each column (Kingma and Dhariwal 2018, "Glow"),
//
//	v = u ⊙ exp(s) + b,
//
// and starts with the s and b that give the first batch mean 0 and standard
// deviation 1 in every column. A column that varies less than padding would, below
// leastSD, is centred alone: stretched, its noise would drown the others.
type Actnorm int // the width of a row

// leastSD is below the columns of normalised data and above their padding's noise.
const leastSD = 0.1

// Params are s and b.
func (n Actnorm) Params() int { return 2 * int(n) }

// Init makes the layer the identity.
func (n Actnorm) Init(w []float32, _ *rand.Rand) { clear(w) }

// Start measures the rows.
func (n Actnorm) Start(w []float32, x tensor.Mat) {
	for j := range int(n) {
		mean, square := 0.0, 0.0
		for i := range x.Rows {
			mean += float64(x.Row(i)[j]) / float64(x.Rows)
		}
		for i := range x.Rows {
			d := float64(x.Row(i)[j]) - mean
			square += d * d / float64(x.Rows)
		}
		s := 0.0
		if sd := math.Sqrt(square); sd >= leastSD {
			s = -math.Log(sd)
		}
		w[j], w[int(n)+j] = float32(s), float32(-mean*math.Exp(s))
	}
}

// Tensors are s and b.
func (n Actnorm) Tensors() []Tensor {
	return []Tensor{{Name: "scale", Shape: []int{int(n)}}, {Name: "shift", Shape: []int{int(n)}}}
}

// NewPass makes a pass.
func (n Actnorm) NewPass(rows int, _ *Packed, _ *Scratch) Pass {
	return &actnormPass{n, make([]float32, n), tensor.New(rows, int(n))}
}

type actnormPass struct {
	Actnorm
	factor []float32  // exp(s), or exp(-s) on the way back
	scaled tensor.Mat // u ⊙ exp(s), or u on the way back
}

// begin computes the factors exp(sign·s) and returns Σ s.
func (p *actnormPass) begin(w []float32, x tensor.Mat, sign float64) (sum float32) {
	if x.Cols != int(p.Actnorm) {
		panic(fmt.Sprintf("layer: an actnorm of %d columns meets %d", int(p.Actnorm), x.Cols))
	}
	for j := range p.factor {
		sum += w[j]
		p.factor[j] = float32(math.Exp(sign * float64(w[j])))
	}
	return sum
}

func (p *actnormPass) Forward(w []float32, x tensor.Mat, logdet []float32) {
	sum, shift := p.begin(w, x, 1), w[p.Actnorm:]
	for i := range x.Rows {
		row, scaled := x.Row(i), p.scaled.Row(i)
		for j, f := range p.factor {
			scaled[j] = row[j] * f
			row[j] = scaled[j] + shift[j]
		}
		if logdet != nil {
			logdet[i] += sum
		}
	}
}

func (p *actnormPass) BackForward(_, g []float32, dx tensor.Mat, dlogdet float32) {
	ds, db := g[:p.Actnorm], g[p.Actnorm:]
	for i := range dx.Rows {
		d, scaled := dx.Row(i), p.scaled.Row(i)
		for j, f := range p.factor {
			ds[j] += d[j]*scaled[j] + dlogdet
			db[j] += d[j]
			d[j] *= f
		}
	}
}

func (p *actnormPass) Inverse(w []float32, x tensor.Mat, logdet []float32) {
	sum, shift := p.begin(w, x, -1), w[p.Actnorm:]
	for i := range x.Rows {
		row, scaled := x.Row(i), p.scaled.Row(i)
		for j, f := range p.factor {
			row[j] = (row[j] - shift[j]) * f
			scaled[j] = row[j]
		}
		if logdet != nil {
			logdet[i] -= sum
		}
	}
}

func (p *actnormPass) BackInverse(_, g []float32, dx tensor.Mat, dlogdet float32) {
	ds, db := g[:p.Actnorm], g[p.Actnorm:]
	for i := range dx.Rows {
		d, scaled := dx.Row(i), p.scaled.Row(i)
		for j, f := range p.factor {
			ds[j] -= d[j]*scaled[j] + dlogdet
			d[j] *= f
			db[j] -= d[j]
		}
	}
}
