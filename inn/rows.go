package inn

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn/rows"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// DrawRows draws the pairs first, first+1, ... under a seed into the rows of x
// and y (row-major, D and M values each), the same bytes that Pairs has there.
// Simulators that run in another process are called for many rows at once. An
// error is about pair first+done, and the pairs before it are drawn.
func (p Problem) DrawRows(x, y []float64, seed uint64, first int) (done int, err error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	n := len(x) / len(p.X)
	if n > 1 && p.together(x, y, seed, first) {
		return n, nil
	}
	for i := range n {
		px, py, err := p.Draw(RNG(seed, uint64(first+i)))
		if err != nil {
			return i, err
		}
		copy(x[i*len(p.X):], px)
		copy(y[i*len(p.Y):], py)
	}
	return n, nil
}

// rows are what calls the prior and the simulator many times, nil where there
// is nothing. A function whose variables the other one may set is called in
// turns with it.
func (p Problem) rows() (prior, simulator *rows.Rows) {
	prior, simulator = rows.Prior(p.Prior), rows.Simulator(p.Simulate)
	if p.Parallel() || prior != nil && simulator != nil {
		return prior, simulator
	}
	if prior != nil && prior.Reads {
		prior = nil
	}
	if simulator != nil && simulator.Reads {
		simulator = nil
	}
	return prior, simulator
}

// together draws all rows of x and then all of y, and reports whether it could.
// When anything is wrong it leaves the rest to Draw, which says what and where.
func (p Problem) together(x, y []float64, seed uint64, first int) bool {
	prior, simulator := p.rows()
	if prior == nil && simulator == nil {
		return false
	}
	n := len(x) / len(p.X)
	states := make([]rows.State, n)
	for i := range states {
		src := new(train.Source).PCG(seed, uint64(first+i))
		if prior == nil {
			px, err := guard("prior", func() []float64 { return p.Prior(rand.New(src)) }, p.X)
			if err != nil {
				return false
			}
			copy(x[i*len(p.X):], px)
		}
		states[i] = rows.StateOf(src)
	}
	if prior != nil && (prior.Call(states, nil, x) != nil || !finite(x)) {
		return false
	}
	if simulator != nil {
		return simulator.Call(states, slices.Clone(x), y) == nil && finite(y)
	}
	for i, s := range states {
		py, err := p.Run(rand.New(rand.NewPCG(s[0], s[1])), x[i*len(p.X):(i+1)*len(p.X)])
		if err != nil {
			return false
		}
		copy(y[i*len(p.Y):], py)
	}
	return true
}

func finite(v []float64) bool {
	for _, e := range v {
		if math.IsNaN(e) || math.IsInf(e, 0) {
			return false
		}
	}
	return true
}

// A piece is how many pairs are drawn at once: one by one, or so many that it
// takes between the two times, after which progress is told and an interrupt
// heard. They are far apart because much of a small piece's time is waiting.
type piece struct {
	now, most int
	start     time.Time
}

const (
	least    = 50 * time.Millisecond
	most     = 400 * time.Millisecond
	maxPiece = 8192
)

func (p Problem) piece() *piece {
	if prior, simulator := p.rows(); prior == nil && simulator == nil {
		return &piece{now: 1, most: 1}
	}
	return &piece{now: 1, most: maxPiece}
}

// size is the size of the next piece; share is what is left for one worker.
func (c *piece) size(share int) int {
	c.start = time.Now()
	return max(1, min(c.now, share/2))
}

// took notes that a piece is drawn.
func (c *piece) took(n int) {
	if c.most == 1 {
		return
	}
	switch took := time.Since(c.start); {
	case took < least:
		c.now = min(2*n, c.most)
	case took > most:
		c.now = max(1, n/2)
	}
}
