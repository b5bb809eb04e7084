package main

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// sir: an epidemic in a million people with contact and recovery rates of
// log-normal priors; y are those infected among a thousand at ten times.
func sir() Task {
	const people, asked, times, days = 1e6, 1000, 10, 160.
	shares := func(rates []float64) []float64 {
		state := []float64{people - 1, 1, 0}
		flow := func(d, s []float64) {
			caught, healed := rates[0]*s[0]*s[1]/people, rates[1]*s[1]
			d[0], d[1], d[2] = -caught, caught-healed, healed
		}
		var out []float64
		for range times {
			integrate(state, days/times, 16, flow)
			out = append(out, min(max(state[1]/people, 0), 1))
		}
		return out
	}
	prior := logNormals{{math.Log(0.4), 0.5}, {math.Log(0.125), 0.2}}
	return Task{
		Name: "SIR",
		Problem: problem("sir", 2, times, prior.draw, func(rng *rand.Rand, x []float64) []float64 {
			y := make([]float64, times)
			for i, p := range shares(x) {
				y[i] = distuv.Binomial{N: asked, P: p, Src: rng}.Rand()
			}
			return y
		}),
		Exact: prior.chained(func(x, y []float64) float64 {
			sum := 0.0
			for i, p := range shares(x) {
				p = min(max(p, 1e-12), 1-1e-12)
				sum += y[i]*math.Log(p) + (asked-y[i])*math.Log(1-p)
			}
			return sum
		}),
	}
}

// lotkaVolterra: hares and lynxes from 30 and 1 of them, with four rates of
// log-normal priors; y are both numbers at ten times, with an error of 10 %.
func lotkaVolterra() Task {
	const times, days, sd = 10, 20., 0.1
	numbers := func(rates []float64) []float64 {
		state := []float64{30, 1}
		flow := func(d, s []float64) {
			d[0] = rates[0]*s[0] - rates[1]*s[0]*s[1]
			d[1] = -rates[2]*s[1] + rates[3]*s[0]*s[1]
		}
		var out []float64
		for range times {
			integrate(state, days/times, 40, flow)
			out = append(out, state...)
		}
		for i, v := range out {
			out[i] = min(max(v, 1e-10), 1e4)
			if v != v {
				out[i] = 1e-10
			}
		}
		return out
	}
	prior := logNormals{{-0.125, 0.5}, {-3, 0.5}, {-0.125, 0.5}, {-3, 0.5}}
	return Task{
		Name: "Lotka-Volterra",
		Problem: problem("lotka volterra", 4, 2*times, prior.draw, func(rng *rand.Rand, x []float64) []float64 {
			y := numbers(x)
			for i := range y {
				y[i] *= math.Exp(sd * rng.NormFloat64())
			}
			return y
		}),
		Exact: prior.chained(func(x, y []float64) float64 {
			sum := 0.0
			for i, v := range numbers(x) {
				r := math.Log(y[i]/v) / sd
				sum -= r * r / 2
			}
			return sum
		}),
	}
}

// logNormals are mean and standard deviation of the logarithms of parameters.
type logNormals [][2]float64

func (p logNormals) draw(rng *rand.Rand) []float64 {
	x := make([]float64, len(p))
	for j := range x {
		x[j] = math.Exp(p[j][0] + p[j][1]*rng.NormFloat64())
	}
	return x
}

// chained draws the posterior of a likelihood by a chain of the logarithms, from
// the best of many draws of the prior.
func (p logNormals) chained(likelihood func(x, y []float64) float64) Reference {
	return func(y []float64, n int, rng *rand.Rand) ([][]float64, error) {
		exp := func(u []float64) []float64 {
			x := make([]float64, len(u))
			for j := range x {
				x[j] = math.Exp(u[j])
			}
			return x
		}
		log := func(u []float64) float64 {
			sum := likelihood(exp(u), y)
			for j := range u {
				r := (u[j] - p[j][0]) / p[j][1]
				sum -= r * r / 2
			}
			return sum
		}
		var start []float64
		best := math.Inf(-1)
		for range 2000 {
			u := p.draw(rng)
			for j := range u {
				u[j] = math.Log(u[j])
			}
			if v := log(u); v > best || start == nil {
				start, best = u, v
			}
		}
		rows := chain(rng, start, n, log)
		for i := range rows {
			rows[i] = exp(rows[i])
		}
		return rows, nil
	}
}

// integrate takes a state on by a time, in steps of the classical Runge-Kutta
// method.
func integrate(s []float64, time float64, steps int, flow func(d, s []float64)) {
	n, h := len(s), time/float64(steps)
	k, at := make([]float64, 4*n), make([]float64, n)
	for range steps {
		for i, part := range [4]float64{0, 0.5, 0.5, 1} {
			for j := range at {
				at[j] = s[j]
				if i > 0 {
					at[j] += part * h * k[(i-1)*n+j]
				}
			}
			flow(k[i*n:(i+1)*n], at)
		}
		for j := range s {
			s[j] += h / 6 * (k[j] + 2*k[n+j] + 2*k[2*n+j] + k[3*n+j])
		}
	}
}
