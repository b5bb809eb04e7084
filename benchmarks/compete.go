package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// An Answer is what a competitor says to a request, or first of all about
// itself.
type Answer struct {
	Version  string  // of itself, first of all
	Imported float64 // peak memory before any network is there, MB
	Count    int     // steps, or calls of the sampler with its 10,000 draws
	Seconds  float64
	Note     string  // the settings found best
	Memory   float64 // peak resident memory so far, MB
}

// draws is how many one call of the sampler makes.
const draws = 10000

// compete is innkeeper as a competitor: it answers requests until in ends.
func compete(in io.Reader, out io.Writer, network string, workers int) error {
	var n Network
	if err := json.Unmarshal([]byte(network), &n); err != nil {
		return fmt.Errorf("benchmarks: -serve: %w", err)
	}
	runtime.GOMAXPROCS(workers) // sampling uses every processor
	clock := func() float64 { return float64(time.Now().UnixNano()) / 1e9 }
	if n.Processor {
		clock = func() float64 { return own().Seconds() }
	}
	lines := bufio.NewScanner(in)
	reply := json.NewEncoder(out)
	// next answers what needs no work and returns the first other request.
	next := func() (what string, seconds float64, ok bool) {
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			if f[0] == "memory" {
				reply.Encode(Answer{Memory: peakMemory()})
				continue
			}
			seconds, _ = strconv.ParseFloat(f[1], 64)
			return f[0], seconds, true
		}
		return "", 0, false
	}
	reply.Encode(Answer{Version: "innkeeper, " + tensor.Instructions(), Imported: peakMemory()})
	if n.Batch == 0 {
		return competeMMD(next, reply, workers, clock)
	}
	what, seconds, ok := next()
	count, start := 0, clock()
	m, err := inn.Train(pairs(n), &inn.Settings{
		Blocks: n.Blocks, Layers: n.Layers, Width: n.Width, Latent: n.K, Nominal: n.Nominal, Clamp: n.Clamp,
		KernelZ: mmd.InverseMultiquadratic(n.Widths...), KernelX: mmd.InverseMultiquadratic(n.Widths...), Batch: n.Batch, Workers: workers,
		Steps: 1 << 40, Rate: 1e-4, Final: 1e-4, Warm: 1,
		Each: func(inn.Progress) error {
			count++
			took := clock() - start
			if what == "train" && took < seconds {
				return nil
			}
			reply.Encode(Answer{Count: count, Seconds: took, Note: fmt.Sprintf("%d workers", workers)})
			if what, seconds, ok = next(); !ok || what != "train" {
				return inn.ErrEnough
			}
			count, start = 0, clock()
			return nil
		},
	})
	if err != nil && !errors.Is(err, inn.ErrEnough) {
		return err
	}
	y := make([]float64, n.M)
	for ; ok; what, seconds, ok = next() {
		count, start = 0, clock()
		for clock()-start < seconds {
			if _, err := m.Sample(y, draws, uint64(count)); err != nil {
				return err
			}
			count++
		}
		reply.Encode(Answer{Count: count, Seconds: clock() - start})
	}
	return nil
}

// pairs are normal parameters and measurements; what they are does not matter
// to the time.
func pairs(n Network) *inn.Pairs {
	r := rand.New(rand.NewPCG(1, 1))
	p := &inn.Pairs{X: samples("x", n.D, n.Pairs), Y: samples("y", n.M, n.Pairs)}
	for i := range n.Pairs {
		for j := range n.D {
			p.X.Row(i)[j] = r.NormFloat64()
		}
		for j := range n.M {
			p.Y.Row(i)[j] = r.NormFloat64()
		}
	}
	return p
}

func samples(name string, vars, n int) *inn.Samples {
	v := make([]inn.Var, vars)
	for i := range v {
		v[i].Name = fmt.Sprint(name, i)
	}
	return inn.NewSamples(v, n)
}

// competeMMD computes the discrepancy of two sets of 500 and its gradient.
func competeMMD(next func() (string, float64, bool), reply *json.Encoder, workers int, clock func() float64) error {
	const n, d, block = 500, 16, 50
	r := rand.New(rand.NewPCG(1, 1))
	a, b, grad := tensor.New(n, d), tensor.New(n, d), tensor.New(n, d)
	for i := range a.Data {
		a.Data[i], b.Data[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
	}
	e := mmd.New(mmd.InverseMultiquadratic(0.5, 1, 2), n, false)
	pool := train.NewPool(workers)
	defer pool.Close()
	var scratches [n / block]*mmd.Scratch
	for i := range scratches {
		scratches[i] = mmd.NewScratch(block, n, d)
	}
	rows := func(i int) {
		e.Rows(scratches[i], i*block, (i+1)*block, grad.Slice(i*block, (i+1)*block, 0, d))
	}
	for _, seconds, ok := next(); ok; _, seconds, ok = next() {
		count, start := 0, clock()
		for clock()-start < seconds {
			e.Prepare(a, b)
			pool.Each(n/block, rows)
			count++
		}
		reply.Encode(Answer{Count: count, Seconds: clock() - start, Note: fmt.Sprintf("%d workers", workers)})
	}
	return nil
}

// peakMemory is the largest resident memory of this process so far, MB; 0 where
// the system does not tell.
func peakMemory() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
