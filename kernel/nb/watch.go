package nb

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/plot"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// drawEvery is the least time between two drawings of a live figure.
const drawEvery = time.Second

// A curve is a training as Watch has seen it.
type curve struct {
	id      string
	first   int // step seen
	last    int
	every   int // how many steps there are for each in the history
	history []inn.Progress
	drawn   time.Time
	panel   *panel // nil where there are no widgets
}

// mostKept is how long a history gets before every other step of it goes: a figure
// shows a few hundred, and a training may have millions.
const mostKept = 20_000

func (k *curve) add(p inn.Progress) {
	k.last = p.Step
	if k.every > 1 && p.Step%k.every != 0 && p.Step != p.Steps {
		return
	}
	k.history = append(k.history, p)
	if len(k.history) > mostKept {
		k.every *= 2
		kept := k.history[:0]
		for _, h := range k.history {
			if h.Step%k.every == 0 {
				kept = append(kept, h)
			}
		}
		clear(k.history[len(kept):])
		k.history = kept
	}
}

// A panel is a progress bar and a button that stops the training.
type panel struct {
	id      string
	bar     widget.Float
	words   widget.Str
	stop    widget.Button
	all     widget.Box
	stopped atomic.Bool
}

func newPanel(out display.Output, p inn.Progress) *panel {
	w := &panel{id: newID(), bar: widget.Progress("", float64(p.Steps)), words: widget.Label("")}
	w.stop = widget.NewButton("Stop, and keep the best network", func() { w.stopped.Store(true) })
	w.stop.Layout("width", "auto")
	w.all = widget.HBox(w.bar, w.stop, w.words)
	b, _ := display.Render(w.all)
	out.Display(b, w.id)
	return w
}

// end takes the panel away and leaves a line of text.
func (w *panel) end(out display.Output, text string) {
	out.Update(display.Bundle{display.Text: text}, w.id)
	for _, m := range []interface{ Close() }{w.all, w.bar, w.stop, w.words} {
		m.Close()
	}
}

// Watch shows a training as it runs: the curves of its loss, of every term of it and
// of the pairs held back, the step, the steps a second and the time left. It is made
// to be a training's Settings.Each:
//
//	model, err := inn.Train(pairs, &inn.Settings{Held: 0.1, Each: nb.Watch})
//
// Where a front end has widgets there is a button that ends the training and keeps
// the best network: the one with the least loss of the pairs held back, or if none
// are, the newest. Interrupting the cell does so too, with an error.
func Watch(p inn.Progress) error {
	c := current()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.curve
	if k == nil || p.Step <= k.last {
		k = &curve{id: newID(), first: p.Step, every: 1}
		c.curve = k
		if widget.Connected() {
			k.panel = newPanel(c.out, p)
		}
	}
	k.add(p)
	var err error
	if c.ctx.Err() != nil {
		err = progress.Interrupted
	} else if k.panel != nil && k.panel.stopped.Load() {
		err = inn.ErrEnough
	}
	last := p.Step == p.Steps || err != nil
	if last || time.Since(k.drawn) >= drawEvery {
		k.draw(c, p, last)
	}
	return err
}

func (k *curve) draw(c *Cell, p inn.Progress, last bool) {
	b, err := display.Render(plot.Losses(k.history))
	if err != nil {
		c.out.Stream("stderr", err.Error()+"\n")
		b = display.Bundle{}
	}
	b[display.Text] = k.state(p, last)
	if k.drawn.IsZero() {
		c.out.Display(b, k.id)
	} else {
		c.out.Update(b, k.id)
	}
	k.drawn = time.Now()
	switch {
	case k.panel == nil:
	case last:
		k.panel.end(c.out, k.state(p, last))
		k.panel = nil
	default:
		k.panel.bar.Set(float64(p.Step))
		k.panel.words.Set(k.state(p, last))
	}
}

// state is a training's progress in a line.
func (k *curve) state(p inn.Progress, last bool) string {
	when := p.Remaining.Round(time.Second).String() + " left"
	if last {
		when = p.Elapsed.Round(time.Second / 10).String()
	}
	rate := ""
	if s := p.Elapsed.Seconds(); s > 0 { // of the steps of this run, which may go on with an older one
		rate = fmt.Sprintf(" · %.3g steps/s", float64(p.Step-k.first+1)/s)
	}
	held := ""
	if !math.IsNaN(p.Held) {
		held = fmt.Sprintf(", held back %.4g", p.Held)
	}
	return fmt.Sprintf("training %d/%d%s · %s · loss %.4g%s", p.Step, p.Steps, rate, when, p.Loss, held)
}
