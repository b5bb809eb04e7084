package method

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// ABCSettings say which simulations ABC accepts. Nil is the paper's choice for
// the medical application (appendix 7): the nearest 0.5 %.
type ABCSettings struct {
	// Quantile q is the accepted share of the simulations: n draws cost n/q
	// simulations, and are the n nearest of them; 0.005. Of ready pairs, more than four times
	// this share are drawn with a Warning.
	Quantile float64

	// Threshold ε, when set, accepts each simulation with dist(y, y*) < ε
	// instead, until there are n. Distances are Euclidean, each measurement
	// in units of its standard deviation under the prior.
	Threshold float64

	// Simulations, by quantile, is how many to run whatever n is; n/Quantile.
	// By threshold it is the most to run before giving up; 1e9.
	Simulations int

	Pilot   int // simulations that the standard deviations are taken from; 10,000
	Workers int // goroutines; the number of processors. The result is the same
}

// ABC is approximate Bayesian computation by rejection: draws of the prior
// whose simulated measurement comes near to y. What is accepted follows
// p(x | dist(y, y*) < ε), which tends to the posterior as ε tends to 0. It is a
// Posterior, and safe for use by several goroutines.
//
// Only the accepted draws are kept in memory, however many simulations are run.
// Simulation i depends on the seed and on i alone.
type ABC struct {
	ABCSettings
	x       []inn.Var
	y       *scaling // straight
	problem inn.Problem
	pairs   *inn.Pairs // nil: simulate
	block   int        // simulations that a worker does at a time
	serial  sync.Mutex // held while a simulator runs that is not Concurrent
}

// NewABC makes ABC that simulates the problem anew for every measurement.
func NewABC(p inn.Problem, s *ABCSettings) (*ABC, error) {
	o, err := s.withDefaults()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	pilot, err := p.Pairs(o.Pilot, pilotSeed)
	if err != nil {
		return nil, err
	}
	each := max(1, time.Since(start)/time.Duration(o.Pilot))
	y, err := seenScaling(pilot.Y)
	if err != nil {
		return nil, err
	}
	block := min(max(1, int(blockTime/each)), maxBlock)
	return &ABC{ABCSettings: o, x: p.X, y: y, problem: p, block: block}, nil
}

// NewABCFromPairs makes ABC that chooses among ready pairs: by quantile, the n
// nearest of all of them; by threshold, the first n that are near enough. The
// seed of Sample does not matter then, nor do Simulations. Draws have a Warning when they are more
// than 4 Quantile of the pairs: the more of the pairs are drawn, the nearer the draws are to the prior.
func NewABCFromPairs(pairs *inn.Pairs, s *ABCSettings) (*ABC, error) {
	o, err := s.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := pairs.Check(); err != nil {
		return nil, err
	}
	y, err := seenScaling(pairs.Y)
	if err != nil {
		return nil, err
	}
	o.Simulations = pairs.Len()
	return &ABC{ABCSettings: o, x: pairs.X.Vars, y: y, pairs: pairs, block: maxBlock}, nil
}

// pilotSeed is an arbitrary constant: the pilot run shall not be the first
// simulations of a small seed.
const pilotSeed = 0x9e3779b97f4a7c15

// simulationSeed keeps the simulations under a seed apart from the pairs that
// Problem.Pairs makes under it: a test pair shall not find itself.
const simulationSeed = 0xd1b54a32d192ed03

func (s *ABCSettings) withDefaults() (ABCSettings, error) {
	var o ABCSettings
	if s != nil {
		o = *s
	}
	orReal(&o.Quantile, 0.005)
	orInt(&o.Pilot, 10_000)
	orInt(&o.Workers, runtime.GOMAXPROCS(0))
	switch {
	case !(o.Quantile > 0 && o.Quantile <= 1):
		return o, fmt.Errorf("method: ABCSettings.Quantile is %v, want more than 0 and at most 1", o.Quantile)
	case !(o.Threshold >= 0):
		return o, fmt.Errorf("method: ABCSettings.Threshold is %v, want a positive number, or 0 to choose by quantile", o.Threshold)
	case o.Simulations < 0:
		return o, fmt.Errorf("method: ABCSettings.Simulations is %d, want at least 1", o.Simulations)
	case o.Pilot < 2 || o.Pilot > maxValues:
		return o, fmt.Errorf("method: ABCSettings.Pilot is %d, want 2 to %d", o.Pilot, maxValues)
	case o.Workers < 1:
		return o, fmt.Errorf("method: ABCSettings.Workers is %d, want at least 1", o.Workers)
	}
	return o, nil
}

// String is "ABC".
func (a *ABC) String() string { return "ABC" }

// Measured are the measurements that it is given.
func (a *ABC) Measured() []inn.Var { return slices.Clone(a.y.vars) }

// Sample returns the accepted draws, in the order in which they were simulated, with
// a Warning for a y that is unlike all simulations.
// Too few accepted ones are an error.
func (a *ABC) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	yn, err := a.y.normalise("y", y)
	if err != nil {
		return nil, err
	}
	if err := checkDraws(n, len(a.x)); err != nil {
		return nil, err
	}
	workers := a.Workers
	if a.pairs == nil && !a.problem.Parallel() {
		workers = 1
		a.serial.Lock()
		defer a.serial.Unlock()
	}
	s := &search{ABC: a, workers: workers, target: y, seed: seed, want: n, total: a.Simulations, limit: math.Inf(1), nearest: math.Inf(1)}
	switch {
	case a.Threshold > 0:
		s.limit = a.Threshold
		if s.total == 0 {
			s.total = 1e9
		}
	case s.total == 0:
		s.total = max(n, int(math.Round(float64(n)/a.Quantile)))
	}
	if n > s.total {
		what := "simulations"
		if a.pairs != nil {
			what = "pairs"
		}
		return nil, fmt.Errorf("method: ABC: asked for %d draws of %d %s", n, s.total, what)
	}
	if err := s.run(); err != nil {
		return nil, err
	}
	if len(s.kept) < n {
		return nil, fmt.Errorf("method: ABC: %d of the %d draws asked for are nearer than the threshold %.4g among %d simulations; the nearest is at %.4g. A larger Threshold helps, or more Simulations",
			len(s.kept), n, a.Threshold, s.total, s.nearest)
	}
	slices.SortFunc(s.kept, func(p, q hit) int { return cmp.Compare(p.i, q.i) })
	draws := inn.NewSamples(a.x, n)
	draws.Warning = a.y.fence.Warn(yn)
	if share := float64(n) / float64(s.total); a.pairs != nil && a.Threshold == 0 && share > manyQuantiles*a.Quantile {
		draws.Warning = strings.TrimSpace(fmt.Sprintf("%s These are %.3g %% of all %d pairs, so that they are too wide, or hardly more than the prior: ask for fewer draws, or take more pairs.",
			draws.Warning, 100*share, s.total))
	}
	for i, h := range s.kept {
		copy(draws.Row(i), h.x)
	}
	return draws, nil
}

// manyQuantiles is how many times the accepted share of ABC by quantile are too many of ready pairs.
const manyQuantiles = 4

// A hit is a simulation that may be accepted.
type hit struct {
	i    int // its number
	dist float64
	x    []float64
}

// hits is a heap with the farthest hit on top; of equally far ones, the last.
type hits []hit

func (h hits) Len() int { return len(h) }
func (h hits) Less(i, j int) bool {
	return h[i].dist > h[j].dist || h[i].dist == h[j].dist && h[i].i > h[j].i
}
func (h hits) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *hits) Push(v any)   { *h = append(*h, v.(hit)) }
func (h *hits) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// A worker does a block of simulations between two looks at what the others
// have done: about blockTime of them, so that looking costs little and a slow
// simulator stops soon when asked to. The draws do not depend on it.
const (
	blockTime = time.Millisecond
	maxBlock  = 1024
)

// A search is one call of Sample. Workers simulate blocks in any order; what
// they find is taken up in the order of the blocks.
type search struct {
	*ABC
	workers     int
	target      []float64
	seed        uint64
	want, total int

	next  atomic.Int64 // the next block
	done  atomic.Bool
	bound atomic.Uint64 // bits of the distance beyond which no simulation is wanted any more

	mu        sync.Mutex
	limit     float64
	nearest   float64
	found     map[int]blockResult // finished blocks that wait for an earlier one
	committed int                 // blocks taken up
	moved     *sync.Cond          // committed has grown, or the search is done
	kept      hits
	err       error
}

type blockResult struct {
	hits    []hit
	nearest float64
	err     error
}

func (s *search) run() error {
	s.bound.Store(math.Float64bits(s.limit))
	s.found = map[int]blockResult{}
	s.moved = sync.NewCond(&s.mu)
	blocks := (s.total-1)/s.block + 1
	total := s.total
	if s.Threshold > 0 { // it ends when enough are found, nobody knows when
		total = 0
	}
	task := progress.Start("ABC", total)
	defer task.End()
	var wg sync.WaitGroup
	for range min(s.workers, blocks) {
		wg.Go(func() {
			for !s.done.Load() {
				b := int(s.next.Add(1)) - 1
				if b >= blocks {
					return
				}
				s.await(b)
				result := s.simulate(b)
				if err := task.Advance(min(s.block, s.total-b*s.block), s.note); err != nil && result.err == nil {
					result.err = fmt.Errorf("method: ABC stopped: %w", err)
				}
				s.commit(b, result)
			}
		})
	}
	wg.Wait()
	return s.err
}

// await waits until block b is near to those taken up: what is found ahead of a
// slow block has to be kept, and that shall not be much.
func (s *search) await(b int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for b > s.committed+4*s.workers && !s.done.Load() {
		s.moved.Wait()
	}
}

func (s *search) note() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Threshold > 0 {
		return fmt.Sprintf("%d of %d accepted", len(s.kept), s.want)
	}
	return fmt.Sprintf("accepted up to distance %.3g", s.limit)
}

// simulate runs the simulations of block b and returns those within the bound.
func (s *search) simulate(b int) blockResult {
	r := blockResult{nearest: math.Inf(1)}
	if s.done.Load() {
		return blockResult{err: errUnwanted}
	}
	from := b * s.block
	x, y, n, err := s.draw(from, min(from+s.block, s.total))
	for i := range n {
		d := s.distance(y[i*len(s.y.vars) : (i+1)*len(s.y.vars)])
		r.nearest = min(r.nearest, d)
		bound := math.Float64frombits(s.bound.Load())
		if d < bound || d == bound && s.Threshold == 0 {
			r.hits = append(r.hits, hit{from + i, d, slices.Clone(x[i*len(s.x) : (i+1)*len(s.x)])})
		}
	}
	if err != nil {
		r.err = fmt.Errorf("%w (simulation %d)", err, from+n)
	}
	return r
}

// errUnwanted marks a block that was left when the search had ended.
var errUnwanted = errors.New("method: the search has ended")

// draw makes the simulations from, ..., to-1, row by row; of these n are made.
func (s *search) draw(from, to int) (x, y []float64, n int, err error) {
	if s.pairs != nil {
		return s.pairs.X.Data[from*len(s.x) : to*len(s.x)], s.pairs.Y.Data[from*len(s.y.vars) : to*len(s.y.vars)], to - from, nil
	}
	x, y = make([]float64, (to-from)*len(s.x)), make([]float64, (to-from)*len(s.y.vars))
	n, err = s.problem.DrawRows(x, y, s.seed^simulationSeed, from)
	return x, y, n, err
}

func (s *search) distance(y []float64) float64 {
	sum := 0.0
	for j, v := range y {
		d := (v - s.target[j]) / s.y.columns[j].SD
		sum += d * d
	}
	return math.Sqrt(sum)
}

// commit takes up block b, and those that waited for it.
func (s *search) commit(b int, r blockResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.moved.Broadcast()
	s.found[b] = r
	for !s.done.Load() {
		r, ok := s.found[s.committed]
		if !ok {
			return
		}
		delete(s.found, s.committed)
		s.committed++
		s.nearest = min(s.nearest, r.nearest)
		for _, h := range r.hits {
			s.accept(h)
		}
		switch {
		case s.done.Load(): // enough: what failed later in this block is not needed
		case r.err != nil:
			s.err = r.err
			s.done.Store(true)
		}
	}
}

// accept keeps a hit while there are too few or, by quantile, in place of the
// farthest.
func (s *search) accept(h hit) {
	switch {
	case s.Threshold > 0:
		if len(s.kept) < s.want {
			s.kept = append(s.kept, h)
		}
		if len(s.kept) == s.want {
			s.done.Store(true)
		}
		return
	case len(s.kept) < s.want:
		heap.Push(&s.kept, h)
	case h.dist < s.kept[0].dist: // equally far ones come later, and stay out
		s.kept[0] = h
		heap.Fix(&s.kept, 0)
	}
	if len(s.kept) == s.want {
		s.limit = s.kept[0].dist
		s.bound.Store(math.Float64bits(s.limit))
	}
}
