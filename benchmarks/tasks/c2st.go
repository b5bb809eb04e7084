package main

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/layer"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// c2st is the accuracy with which a perceptron tells two sets of as many draws
// apart, with the numbers of the sbi benchmark: two hidden layers of 10 D neurons,
// Adam with a rate of 1e-3 on batches of 200 until the loss has not fallen by 1e-4
// for ten epochs, and five folds. Both are first scaled by the moments of a.
func c2st(a, b *inn.Samples, seed uint64) float64 {
	const folds = 5
	n, d := a.Len(), len(a.Vars)
	x := tensor.New(2*n, d)
	for j := range d {
		col := make([]float64, n)
		for i := range col {
			col[i] = a.Row(i)[j]
		}
		mean, sd := stat.MeanStdDev(col, nil)
		for i := range n {
			// What is far out is told apart all the same.
			scale := func(v float64) float32 { return float32(min(max((v-mean)/sd, -100), 100)) }
			x.Row(i)[j], x.Row(n + i)[j] = scale(a.Row(i)[j]), scale(b.Row(i)[j])
		}
	}
	order := inn.RNG(seed, 0).Perm(2 * n)
	right := 0
	for f := range folds {
		var learn, judge []int
		for k, i := range order {
			if k%folds == f {
				judge = append(judge, i)
			} else {
				learn = append(learn, i)
			}
		}
		c := learnToTell(x, n, learn, inn.RNG(seed, uint64(f+1)).Uint64())
		for _, i := range judge {
			if (c.logit(x.Row(i)) > 0) == (i >= n) {
				right++
			}
		}
	}
	return float64(right) / float64(2*n)
}

// A classifier tells rows from n on from those before.
type classifier struct {
	net     layer.Perceptron
	weights []float32
	pass    *layer.PerceptronPass
}

func (c *classifier) logit(row []float32) float64 {
	copy(c.pass.In(1).Row(0), row)
	return float64(c.pass.Forward(c.weights, 1).Row(0)[0])
}

func learnToTell(x tensor.Mat, n int, rows []int, seed uint64) *classifier {
	const batch, most, patience, least = 200, 1000, 10, 1e-4
	c := &classifier{net: layer.Perceptron{Sizes: []int{x.Cols, 10 * x.Cols, 10 * x.Cols, 1}, Act: tensor.ReLU}}
	c.weights = make([]float32, c.net.Params())
	rng := inn.RNG(seed, 0)
	c.net.Init(c.weights, rng)
	c.pass = c.net.NewPass(batch)
	pool := train.NewPool(1)
	defer pool.Close()
	grad := train.NewGradient(len(c.weights), 1)
	adam := train.Adam{Rate: 1e-3, Final: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}
	var state train.State
	adam.Keep(&state, len(c.weights))
	best, stale := math.Inf(1), 0
	for range most {
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		sum := 0.0
		for from := 0; from < len(rows); from += batch {
			some := rows[from:min(from+batch, len(rows))]
			in := c.pass.In(len(some))
			for k, i := range some {
				copy(in.Row(k), x.Row(i))
			}
			out := c.pass.Forward(c.weights, len(some))
			for k, i := range some {
				v, sign := float64(out.Row(k)[0]), -1.0
				if i >= n {
					sign = 1
				}
				sum += max(-sign*v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
				out.Row(k)[0] = float32(-sign / (1 + math.Exp(sign*v)) / float64(len(some)))
			}
			g := grad.Part(0)
			c.pass.Backward(c.weights, g, len(some))
			adam.Update(pool, c.weights, grad.Add(pool), 1e-3)
		}
		loss := sum / float64(len(rows))
		if loss > best-least {
			if stale++; stale > patience {
				break
			}
		} else {
			stale = 0
		}
		best = min(best, loss)
	}
	return c
}
