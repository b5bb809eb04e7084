package nb

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/plot"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// resimulated is how many draws are simulated again.
const resimulated = 20

// A resimulation shows measurements simulated from draws of a posterior, where they can be, with the
// one that the posterior is of.
type resimulation struct {
	*explorer
	area  widget.Str
	newer atomic.Int64 // counts the starts: only the last one shows its figure
}

func newResimulation(e *explorer) *resimulation {
	return &resimulation{explorer: e, area: widget.HTML("")}
}

// start simulates what o needs: beside everything else if the simulator can
// stand that, and otherwise in its turn, giving up when something else is due.
func (r *resimulation) start(o Observation, concurrent bool, due func() bool) {
	mine := r.newer.Add(1)
	old := func() bool { return due() || r.newer.Load() != mine }
	if concurrent {
		go r.run(o, old)
	} else {
		widget.Later(func() { r.run(o, old) })
	}
}

// run simulates and shows; it stops early once the observation is old.
func (r *resimulation) run(o Observation, old func() bool) {
	n := min(resimulated, o.Draws.Len())
	if r.Problem.Simulate == nil {
		n = 0
	}
	ys, errs := make([][]float64, n), make([]error, n)
	workers := 1
	if r.Problem.Parallel() {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	work := func() {
		for i := int(next.Add(1)) - 1; i < n && !old(); i = int(next.Add(1)) - 1 {
			ys[i], errs[i] = r.Problem.Run(inn.RNG(r.Seed+2, uint64(i)), o.Draws.Row(i))
		}
	}
	for range workers - 1 {
		wg.Go(work)
	}
	work() // here: a cell's simulator may run in no other goroutine
	wg.Wait()
	if old() {
		return
	}
	b := safely(func() display.Bundle { return r.figure(o, ys, errs) })
	r.area.Set(widget.Inline(b))
}

func (r *resimulation) figure(o Observation, ys [][]float64, errs []error) display.Bundle {
	places, label := r.Places, r.PlacesLabel
	if places == nil {
		for j := range o.Y {
			places = append(places, float64(j+1))
		}
		label = "measurement"
	}
	var curves []plot.Curve
	failed, first := 0, error(nil)
	for i, y := range ys {
		if errs[i] != nil {
			if failed++; first == nil {
				first = errs[i]
			}
			continue
		}
		name := ""
		if len(curves) == 0 {
			name = "simulated from the draws"
		}
		curves = append(curves, plot.Curve{Name: name, Values: y, Faint: true})
	}
	curves = append(curves, plot.Curve{Name: "y", Values: o.Y})
	p, err := plot.Spectrum(label, places, "y", curves...)
	if err != nil {
		return display.Bundle{display.Text: err.Error()}
	}
	b, err := display.Sketch(p)
	if err != nil {
		return display.Bundle{display.Text: err.Error()}
	}
	b[display.HTML] = widget.Inline(b)
	if failed > 0 {
		b[display.HTML] = b[display.HTML].(string) + widget.Inline(display.Bundle{
			display.Text: fmt.Sprintf("%d of %d draws could not be simulated: %v", failed, len(ys), first)})
	}
	return b
}
