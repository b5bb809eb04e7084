package main

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// bernoulliGLM: a neuron fires or does not in a hundred bins, with log odds that
// are a smooth filter of nine lags, with a smoothness prior, of a white stimulus, and
// an offset; y are the sufficient statistics Vᵀz.
func bernoulliGLM() Task {
	const bins, lags = 100, 9
	design := stimulus(bins, lags)
	prior := smooth(lags)
	odds := func(x, row []float64) float64 {
		sum := 0.0
		for j, v := range row {
			sum += v * x[j]
		}
		return sum
	}
	return Task{
		Name: "Bernoulli GLM",
		Problem: problem("bernoulli glm", lags+1, lags+1, prior.draw, func(rng *rand.Rand, x []float64) []float64 {
			y := make([]float64, lags+1)
			for _, row := range design {
				if rng.Float64() < 1/(1+math.Exp(-odds(x, row))) {
					for j, v := range row {
						y[j] += v
					}
				}
			}
			return y
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			return chain(rng, make([]float64, lags+1), n, func(x []float64) float64 {
				sum := odds(x, y) + prior.log(x)
				for _, row := range design {
					v := odds(x, row)
					sum -= max(v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
				}
				return sum
			}), nil
		},
	}
}

// stimulus is the design matrix of a white stimulus: a constant, and its last lags
// values.
func stimulus(bins, lags int) [][]float64 {
	rng := inn.RNG(42, 0)
	white := noisy(rng, make([]float64, bins), 1)
	rows := make([][]float64, bins)
	for i := range rows {
		rows[i] = make([]float64, lags+1)
		rows[i][0] = 1
		for j := range min(lags, i+1) {
			rows[i][j+1] = white[i-j]
		}
	}
	return rows
}

// smoothPrior is N(0, 2) for the offset, and for the filter N(0, (FᵀF)⁻¹), where F
// takes second differences and adds a little of each value, as in the sbi
// benchmark.
type smoothPrior struct {
	f       *mat.Dense
	inverse mat.Dense
}

func smooth(lags int) *smoothPrior {
	p := &smoothPrior{f: mat.NewDense(lags, lags, nil)}
	for i := range lags {
		p.f.Set(i, i, 1+math.Sqrt(float64(i)/float64(lags)))
		if i > 0 {
			p.f.Set(i, i-1, -2)
		}
		if i > 1 {
			p.f.Set(i, i-2, 1)
		}
	}
	if err := p.inverse.Inverse(p.f); err != nil {
		panic(err)
	}
	return p
}

func (p *smoothPrior) draw(rng *rand.Rand) []float64 {
	n, _ := p.f.Dims()
	var filter mat.VecDense
	filter.MulVec(&p.inverse, mat.NewVecDense(n, noisy(rng, make([]float64, n), 1)))
	return append([]float64{math.Sqrt2 * rng.NormFloat64()}, filter.RawVector().Data...)
}

func (p *smoothPrior) log(x []float64) float64 {
	var white mat.VecDense
	white.MulVec(p.f, mat.NewVecDense(len(x)-1, x[1:]))
	return -x[0]*x[0]/4 - mat.Dot(&white, &white)/2
}
