package main

import (
	"math"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Tasks whose parameters are independent given y, each with a posterior that is
// tabulated.

// counts: x ~ N(0, 1)², y1 a Poisson number of mean exp(1 + x1) and y2 one of ten
// tries that succeed with the odds exp(2 x2).
func counts() Task {
	rate := func(x float64) float64 { return math.Exp(1 + x) }
	chance := func(x float64) float64 { return 1 / (1 + math.Exp(-2*x)) }
	normal := func(x float64) float64 { return -x * x / 2 }
	return Task{
		Name: "counts",
		Problem: problem("counts", 2, 2, standard(2), func(rng *rand.Rand, x []float64) []float64 {
			hits := 0.0
			for range 10 {
				if rng.Float64() < chance(x[1]) {
					hits++
				}
			}
			return []float64{distuv.Poisson{Lambda: rate(x[0]), Src: rng}.Rand(), hits}
		}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			first := tabulate(-7, 7, func(x float64) float64 { return normal(x) + y[0]*(1+x) - rate(x) })
			second := tabulate(-7, 7, func(x float64) float64 {
				return normal(x) + y[1]*math.Log(chance(x)) + (10-y[1])*math.Log(chance(-x))
			})
			return rejecting(n, func() []float64 { return []float64{first(rng), second(rng)} })
		},
	}
}

// heavyTails: x of Student's t with 3 degrees of freedom, y = x + 0.5 t of the same,
// two of each.
func heavyTails() Task {
	t := distuv.StudentsT{Sigma: 1, Nu: 3}
	draw := func(rng *rand.Rand) float64 { return distuv.StudentsT{Sigma: 1, Nu: 3, Src: rng}.Rand() }
	return Task{
		Name: "heavy tails",
		Problem: problem("heavy tails", 2, 2,
			func(rng *rand.Rand) []float64 { return []float64{draw(rng), draw(rng)} },
			func(rng *rand.Rand, x []float64) []float64 {
				return []float64{x[0] + 0.5*draw(rng), x[1] + 0.5*draw(rng)}
			}),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			// By x = y + sinh u, so that the tails are in the table.
			var of [2]func(*rand.Rand) float64
			for j := range of {
				of[j] = tabulate(-12, 12, func(u float64) float64 {
					x := y[j] + math.Sinh(u)
					return t.LogProb(x) + t.LogProb((y[j]-x)/0.5) + math.Log(math.Cosh(u))
				})
			}
			return rejecting(n, func() []float64 {
				return []float64{y[0] + math.Sinh(of[0](rng)), y[1] + math.Sinh(of[1](rng))}
			})
		},
	}
}

// decades: ln x ~ N(0, 3²), y = x exp(0.5 N), two of each: nine decades.
func decades() Task {
	const wide, sd = 3, 0.5
	scaled := func(rng *rand.Rand, x []float64, sd float64) []float64 {
		out := make([]float64, len(x))
		for j := range x {
			out[j] = x[j] * math.Exp(sd*rng.NormFloat64())
		}
		return out
	}
	return Task{
		Name: "nine decades",
		Problem: problem("decades", 2, 2,
			func(rng *rand.Rand) []float64 { return scaled(rng, same(1, 2), wide) },
			func(rng *rand.Rand, x []float64) []float64 { return scaled(rng, x, sd) }),
		Exact: func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
			v := 1 / (1./(wide*wide) + 1/(sd*sd))
			return rejecting(n, func() []float64 {
				x := make([]float64, 2)
				for j := range x {
					x[j] = math.Exp(v*math.Log(y[j])/(sd*sd) + math.Sqrt(v)*rng.NormFloat64())
				}
				return x
			})
		},
	}
}

// standard is the prior N(0, 1)^d.
func standard(d int) func(rng *rand.Rand) []float64 {
	return func(rng *rand.Rand) []float64 { return noisy(rng, make([]float64, d), 1) }
}

// tabulate makes a source of draws of the density exp(log) on [lo, hi], which is
// constant between the table's places.
func tabulate(lo, hi float64, log func(float64) float64) func(*rand.Rand) float64 {
	const places = 20_000
	logs, top := make([]float64, places), math.Inf(-1)
	step := (hi - lo) / places
	for i := range logs {
		logs[i] = log(lo + (float64(i)+0.5)*step)
		top = max(top, logs[i])
	}
	sums, sum := make([]float64, places), 0.0
	for i, v := range logs {
		sum += math.Exp(v - top)
		sums[i] = sum
	}
	return func(rng *rand.Rand) float64 {
		i := sort.SearchFloat64s(sums, rng.Float64()*sum)
		return lo + (float64(i)+rng.Float64())*step
	}
}
