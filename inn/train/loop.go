package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// Progress is the state of training after a step.
type Progress struct {
	Step, Steps        int
	Loss               float64 // the weighted sum of the terms
	Terms              []Term  // each with its weight
	Held               float64 // the loss of the pairs held back when they were last looked at; NaN before, and if there are none
	Elapsed, Remaining time.Duration
}

// A Term is one part of the loss, a running mean over about 50 steps.
type Term struct {
	Name  string
	Value float64
}

// ErrEnough is what Each returns to end a training that is good enough, without
// an error.
var ErrEnough = errors.New("inn: enough")

// Settings are what every training loop can be told. Zero values do without.
type Settings struct {
	// Checkpoint is a file that the whole state of training is written to,
	// every CheckpointEvery steps, when training is stopped, and at its end.
	// If it is there when training begins, training goes on where it was, and
	// ends with the same bytes as if it had never stopped. A file of other
	// pairs or settings is an error.
	Checkpoint      string `json:"-"`
	CheckpointEvery int    `json:"-"` // 1000

	// Patience is after how many looks at the pairs held back, none of which
	// saw a smaller loss, training ends; 0: never.
	Patience int `json:",omitempty"`
}

// Check names the first setting that cannot be; prefix is "inn: Settings".
func (s *Settings) Check(prefix string, held bool) error {
	switch {
	case s.CheckpointEvery < 0:
		return fmt.Errorf("%s.CheckpointEvery is %d, want at least 1", prefix, s.CheckpointEvery)
	case s.Patience < 0:
		return fmt.Errorf("%s.Patience is %d, want 0 or more", prefix, s.Patience)
	case s.Patience > 0 && !held:
		return fmt.Errorf("%s.Patience needs pairs to look at: set Held to the share of them that is held back, say 0.1", prefix)
	}
	return nil
}

// A Loop takes the steps of a training, watches over its losses, and keeps what
// was done.
type Loop struct {
	Settings
	Package string // in front of errors: "inn" or "method"
	Steps   int
	Names   []string  // of the terms of the loss
	Weights []float32 // what is trained
	State   State     // what else the next step depends on
	Of      string    // what the checkpoint is of: pairs, settings, kind of network
	Set     any       // the settings among that, of which an error names those that differ; nil: none are named

	// Step takes step i and writes the terms of its loss. If one is not finite
	// the weights may be left as they are or not.
	Step func(i int, terms []float64)
	// Look is the loss of the pairs that are held back, every LookEvery steps
	// and at the end; the weights of the least are kept. Nil: none are.
	Look      func() float64
	LookEvery int
	// Each is called after every step, and shows it. A non-nil error ends training; for
	// ErrEnough without an error. Nil: the observer of package progress shows the steps. It
	// may end training in either case.
	Each func(Progress) error

	step  int
	means []float64
	best  []float32
	least []float64 // the least loss of a look, and the last one
	stale int       // looks since the least
	saved int       // the step of the newest checkpoint, or -1
}

// Run takes all steps, or as many as it is let. The weights are then the last
// ones, those of the least loss of a look, or, when a loss was no longer finite,
// some whose losses were.
func (l *Loop) Run() error {
	l.means, l.least, l.saved = make([]float64, len(l.Names)), []float64{math.Inf(1), math.NaN()}, -1
	l.State.Vector("weights", l.Weights)
	l.State.Numbers("means", l.means)
	l.State.Count("step", &l.step)
	if l.Look != nil {
		l.best = slices.Clone(l.Weights)
		l.State.Vector("best", l.best)
		l.State.Numbers("least", l.least)
		l.State.Count("stale", &l.stale)
	}
	if l.CheckpointEvery == 0 {
		l.CheckpointEvery = 1000
	}
	if l.Checkpoint != "" {
		if err := l.resume(); err != nil {
			return fmt.Errorf("%s: %w", l.Package, err)
		}
	}
	err := l.run()
	if l.Look != nil && !math.IsInf(l.least[0], 1) {
		copy(l.Weights, l.best)
	}
	return err
}

func (l *Loop) run() error {
	start, first := time.Now(), l.step
	task := progress.Start("training", l.Steps)
	task.Silent = l.Each != nil
	task.Advance(l.step, nil)
	defer task.End()
	each := func(p Progress) error {
		stop := task.Advance(1, func() string { return fmt.Sprintf("loss %.4g", p.Loss) })
		if l.Each != nil {
			if err := l.Each(p); err != nil {
				return err
			}
		}
		return stop
	}
	// The network goes back to one whose losses were seen to be finite.
	good, next := slices.Clone(l.Weights), slices.Clone(l.Weights)
	goodStep, terms := l.step, make([]float64, len(l.Names))
	diverged := func(what string, v float64) error {
		copy(l.Weights, good)
		return fmt.Errorf("%s: training stopped at step %d of %d: %s became %v; the model holds the network %s%s. A smaller Rate or Clip helps",
			l.Package, l.step, l.Steps, what, v, l.holds(fmt.Sprint("of step ", goodStep)), l.lastCheckpoint())
	}
	for !l.over() {
		i := l.step
		if i%100 == 0 {
			copy(next, l.Weights)
		}
		clear(terms)
		l.Step(i, terms)
		l.step++
		for k, v := range terms {
			if !finite(v) {
				return diverged(fmt.Sprintf("the loss term %q", l.Names[k]), v)
			}
			// The mean of all steps at first, later of about the last 50.
			l.means[k] += (v - l.means[k]) / float64(min(i+1, 50))
		}
		if i%100 == 0 {
			good, next = next, good
			goodStep = i
		}
		if l.Look != nil && (l.step%l.LookEvery == 0 || l.step == l.Steps) {
			l.look()
		}
		stop := each(l.progress(time.Since(start), first))
		if stop == nil && l.step%l.CheckpointEvery != 0 && !l.over() {
			continue
		}
		// A finite loss can have a gradient that is not.
		for _, v := range l.Weights {
			if !finite(float64(v)) {
				return diverged("a weight", float64(v))
			}
		}
		if err := l.save(); err != nil {
			return fmt.Errorf("%s: training stopped at step %d of %d; the model holds the network %s: %w", l.Package, l.step, l.Steps, l.holds("so far"), errors.Join(err, stop))
		}
		if errors.Is(stop, ErrEnough) {
			return nil
		}
		if stop != nil {
			return fmt.Errorf("%s: training stopped at step %d of %d; the model holds the network %s%s: %w", l.Package, l.step, l.Steps, l.holds("so far"), l.lastCheckpoint(), stop)
		}
	}
	return nil
}

func (l *Loop) over() bool { return l.step >= l.Steps || l.Patience > 0 && l.stale >= l.Patience }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// holds says which network the model holds at the end: that of the least loss
// of a look, if there was one.
func (l *Loop) holds(otherwise string) string {
	if l.Look != nil && finite(l.least[0]) {
		return "with the least loss of the pairs held back"
	}
	return otherwise
}

func (l *Loop) look() {
	l.stale++
	if l.least[1] = l.Look(); l.least[1] < l.least[0] {
		l.least[0], l.stale = l.least[1], 0
		copy(l.best, l.Weights)
	}
}

// progress is the state after the step just made. Its terms are its own:
// callers keep a history.
func (l *Loop) progress(elapsed time.Duration, first int) Progress {
	p := Progress{Step: l.step, Steps: l.Steps, Elapsed: elapsed, Held: l.least[1], Terms: make([]Term, len(l.Names))}
	for i, v := range l.means {
		p.Loss += v
		p.Terms[i] = Term{l.Names[i], v}
	}
	p.Remaining = elapsed / time.Duration(l.step-first) * time.Duration(l.Steps-l.step)
	return p
}

// lastCheckpoint is an error's clause about the newest checkpoint.
func (l *Loop) lastCheckpoint() string {
	switch {
	case l.Checkpoint == "":
		return ""
	case l.saved < 0:
		return ", and there is no checkpoint yet"
	}
	return fmt.Sprintf(", and %s that of step %d", l.Checkpoint, l.saved)
}
