package inn

import (
	"errors"
	"fmt"
	"html"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/inn/rows"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// A Var names one quantity and its unit; Unit is empty for a pure number.
type Var struct{ Name, Unit string }

// Label is the variable as an axis says it: "d [µm]", or the name alone.
func (v Var) Label() string {
	if v.Unit == "" {
		return v.Name
	}
	return v.Name + " [" + v.Unit + "]"
}

// Vars makes one Var a string from "name" or "name [unit]".
func Vars(labels ...string) []Var {
	vs := make([]Var, len(labels))
	for i, l := range labels {
		name, unit, ok := strings.Cut(l, " [")
		if ok {
			unit = strings.TrimSuffix(unit, "]")
		}
		vs[i] = Var{Name: name, Unit: unit}
	}
	return vs
}

// A Problem is an inverse problem: hidden parameters x with a prior p(x), and
// a forward process y = s(x) that a simulator computes, with noise if it has
// any (section 3.1 of the paper). X and Y name the D parameters and the M
// measurements and so give the dimensions. Simulate gets an x of its own, which it may change.
// It may return nil for an x that has no y, as where a model breaks down: another x is drawn then, so that the prior is
// that of the x that have one.
type Problem struct {
	Name     string
	X, Y     []Var
	Prior    Prior
	Simulate func(rng *rand.Rand, x []float64) []float64

	// Concurrent says that Prior and Simulate may be called from several
	// goroutines at once, each with a random source of its own. In a cell it need not be
	// said in the literal of a problem: whether its functions can is found out (see Parallel).
	Concurrent bool
}

// Parallel reports whether Prior and Simulate are called from several goroutines at
// once: if Concurrent says so, or if they stand in a literal in a cell, which does not
// mention Concurrent, and neither of them changes what another call, or a later one,
// sees. The results are the same either way.
func (p Problem) Parallel() bool { return p.Concurrent || rows.Independent(p.Prior, p.Simulate) }

// Check returns an error that says what the problem lacks, such as the name of a parameter, or which name two of
// its parameters or of its measurements have, or nil.
func (p Problem) Check() error {
	if err := p.lacks(); err != nil {
		return err
	}
	if err := distinct(p.X, p.Y); err != nil {
		return fmt.Errorf("inn: %s has %w", p.title(), err)
	}
	return nil
}

// distinct says which parameter or measurement has no name, or what two of them are called.
func distinct(x, y []Var) error {
	for _, side := range []struct {
		of   string
		vars []Var
	}{{"parameters", x}, {"measurements", y}} {
		seen := make(map[string]bool, len(side.vars))
		for j, v := range side.vars {
			if v.Name == "" {
				return fmt.Errorf("no name for one of its %s, number %d of %d", side.of, j+1, len(side.vars))
			}
			if seen[v.Name] {
				return fmt.Errorf("two %s called %q", side.of, v.Name)
			}
			seen[v.Name] = true
		}
	}
	return nil
}

// title is what messages call the problem.
func (p Problem) title() string {
	if p.Name == "" {
		return "the problem"
	}
	return fmt.Sprintf("problem %q", p.Name)
}

// lacks is what Draw checks for each pair.
func (p Problem) lacks() error {
	switch {
	case len(p.X) == 0:
		return fmt.Errorf("inn: %s has no X: name its parameters, for example X: inn.Vars(\"a\", \"b [cm]\")", p.title())
	case len(p.Y) == 0:
		return fmt.Errorf("inn: %s has no Y: name its measurements, for example Y: inn.Vars(\"y1\", \"y2\")", p.title())
	case p.Prior == nil:
		return fmt.Errorf("inn: %s has no Prior", p.title())
	case p.Simulate == nil:
		return fmt.Errorf("inn: %s has no Simulate", p.title())
	}
	return nil
}

// errNoY is of an x for which the simulator returned nil.
var errNoY = errors.New("the simulator returned nil, no y,")

// mostWithoutY is how many x in a row may have no y.
const mostWithoutY = 10_000

// Draw draws one x from the prior, one that has a y, and simulates it. A panic of the user's
// functions, a wrong length and a value that is not finite are errors that
// say which, where and for which x.
func (p Problem) Draw(rng *rand.Rand) (x, y []float64, err error) {
	if err := p.lacks(); err != nil {
		return nil, nil, err
	}
	for range mostWithoutY {
		x, err = guard("prior", func() []float64 { return p.Prior(rng) }, p.X)
		if err != nil {
			return nil, nil, fmt.Errorf("inn: %s: %w", p.title(), err)
		}
		if y, err = p.Run(rng, x); !errors.Is(err, errNoY) {
			return x, y, err
		}
	}
	return nil, nil, fmt.Errorf("%w and for the %d before it", err, mostWithoutY-1)
}

// Run simulates y for a given x of length D, with the same checks as Draw.
func (p Problem) Run(rng *rand.Rand, x []float64) ([]float64, error) {
	if err := p.lacks(); err != nil {
		return nil, err
	}
	if len(x) != len(p.X) {
		return nil, fmt.Errorf("inn: %s: x has %d values, but X names %d parameters", p.title(), len(x), len(p.X))
	}
	y, err := guard("simulator", func() []float64 { return p.Simulate(rng, slices.Clone(x)) }, p.Y)
	if y == nil && err == nil {
		err = errNoY
	}
	if err != nil {
		err = fmt.Errorf("inn: %s: %w at x = %.4g", p.title(), err, x)
		if y != nil { // not finite
			err = fmt.Errorf("%w; where there is no y it may return nil, then another x is drawn", err)
		}
		return nil, err
	}
	return y, nil
}

// guard calls f and checks what it returned against its declared variables. With values that are not
// finite it is returned beside the error.
func guard(what string, f func() []float64, vars []Var) (v []float64, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("the %s panicked: %v", what, r)
		}
	}()
	v = slices.Clone(f()) // it may return the same slice again
	if what == "simulator" && v == nil {
		return nil, nil
	}
	if len(v) != len(vars) {
		return nil, fmt.Errorf("the %s returned %d values, but %d are declared (%s)", what, len(v), len(vars), names(vars))
	}
	for i, e := range v {
		if math.IsNaN(e) || math.IsInf(e, 0) {
			return v, fmt.Errorf("the %s returned %v for %s", what, e, vars[i].Name)
		}
	}
	return v, nil
}

func names(vars []Var) string {
	s := make([]string, len(vars))
	for i, v := range vars {
		s[i] = v.Name
	}
	return strings.Join(s, ", ")
}

// Pairs draws n training pairs (x, y). Pair i depends on the seed and on i
// alone, so the result is the same on any number of processors. More pairs than Go's
// memory limit has room for (in a cell, that of the kernel) are an error. When a draw
// fails, the error names the pair; when the observer of package progress asks
// to stop, the pairs drawn so far are lost and its error is returned.
func (p Problem) Pairs(n int, seed uint64) (*Pairs, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("inn: %s: asked for %d pairs, want at least 1", p.title(), n)
	}
	need, may := 8*float64(n)*float64(len(p.X)+len(p.Y)), float64(debug.SetMemoryLimit(-1))
	if need > may {
		return nil, fmt.Errorf("inn: %s: %d pairs take %.1f GB of memory, more than the %.1f GB that there may be", p.title(), n, need/1e9, may/1e9)
	}
	pairs := &Pairs{X: NewSamples(p.X, n), Y: NewSamples(p.Y, n)}
	workers := 1
	if p.Parallel() {
		workers = min(runtime.GOMAXPROCS(0), n)
	}
	var (
		wg    sync.WaitGroup
		next  atomic.Int64
		task  = progress.Start("simulating", n)
		fails = make([]error, workers)
		at    = make([]int, workers)
	)
	defer task.End()
	var failed atomic.Bool
	for w := range workers {
		wg.Go(func() {
			piece := p.piece()
			for !failed.Load() {
				size := piece.size(n / workers)
				from := int(next.Add(int64(size))) - size
				if from >= n {
					return
				}
				to := min(from+size, n)
				done, err := p.DrawRows(pairs.X.Data[from*len(p.X):to*len(p.X)], pairs.Y.Data[from*len(p.Y):to*len(p.Y)], seed, from)
				piece.took(to - from)
				if err == nil {
					err = task.Advance(to-from, nil)
				} else {
					err = fmt.Errorf("%w (pair %d)", err, from+done)
				}
				if err != nil {
					fails[w], at[w] = err, from+done
					failed.Store(true)
					return
				}
			}
		})
	}
	wg.Wait()
	// The lowest pair that failed: every pair before it was handed out before.
	var first error
	lowest := n
	for w, err := range fails {
		if err != nil && at[w] < lowest {
			first, lowest = err, at[w]
		}
	}
	if first != nil {
		return nil, first
	}
	return pairs, nil
}

// RNG is the random source of item i under a seed: its own stream, so that
// what item i draws depends neither on the other items nor on their order.
func RNG(seed, i uint64) *rand.Rand {
	return new(train.Source).Stream(seed, i)
}

// Pairs are training or test pairs: row i of X is the parameter vector whose
// simulated measurement is row i of Y.
type Pairs struct{ X, Y *Samples }

// Len is the number of pairs.
func (p *Pairs) Len() int { return p.X.Len() }

// String is a table of x and one of y, or what is wrong with the pairs.
func (p *Pairs) String() string {
	if err := p.Check(); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("x: %v\ny: %v", p.X, p.Y)
}

// HTML is the same for a notebook.
func (p *Pairs) HTML() string {
	if err := p.Check(); err != nil {
		return "<pre>" + html.EscapeString(err.Error()) + "</pre>"
	}
	return "<h4>x</h4>" + p.X.HTML() + "<h4>y</h4>" + p.Y.HTML()
}

// Split returns the first n pairs and the rest, sharing their memory with p.
func (p *Pairs) Split(n int) (head, tail *Pairs, err error) {
	if n < 1 || n >= p.Len() {
		return nil, nil, fmt.Errorf("inn: cannot split %d pairs at %d: want 1 to %d", p.Len(), n, p.Len()-1)
	}
	hx, tx := p.X.split(n)
	hy, ty := p.Y.split(n)
	return &Pairs{hx, hy}, &Pairs{tx, ty}, nil
}

// Check returns an error that names the first thing wrong with the pairs: a
// missing side, sides of different length, two parameters or two measurements of
// one name, or a value that is not finite.
func (p *Pairs) Check() error {
	if p == nil || p.X == nil || p.Y == nil {
		return errors.New("inn: pairs want both X and Y")
	}
	if p.X.Len() != p.Y.Len() {
		return fmt.Errorf("inn: pairs have %d rows of x but %d rows of y", p.X.Len(), p.Y.Len())
	}
	if err := distinct(p.X.Vars, p.Y.Vars); err != nil {
		return fmt.Errorf("inn: pairs have %w", err)
	}
	if err := p.X.Check(); err != nil {
		return fmt.Errorf("inn: x of the pairs: %w", err)
	}
	if err := p.Y.Check(); err != nil {
		return fmt.Errorf("inn: y of the pairs: %w", err)
	}
	return nil
}
