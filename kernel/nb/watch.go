package nb

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/plot"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// drawEvery is the least time between two drawings of a live figure.
const drawEvery = time.Second

// A curve is a training as Watch has seen it.
type curve struct {
	id      string
	history []inn.Progress
	drawn   time.Time
	panel   *panel // nil where there are no widgets
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
	w.stop = widget.NewButton("Stop, and keep the network", func() { w.stopped.Store(true) })
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

// Watch shows a training as it runs: the curves of its loss terms, the step
// and the time left. It is made to be a training's Settings.Each:
//
//	model, err := inn.Train(pairs, &inn.Settings{Each: nb.Watch})
//
// Where a front end has widgets there is a button that ends the training and
// keeps the network so far. Interrupting the cell does so too, with an error.
func Watch(p inn.Progress) error {
	c := current.Load()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.curve
	if k == nil || len(k.history) > 0 && p.Step <= k.history[len(k.history)-1].Step {
		k = &curve{id: newID()}
		c.curve = k
		if widget.Connected() {
			k.panel = newPanel(c.out, p)
		}
	}
	k.history = append(k.history, p)
	var err error
	if c.ctx.Err() != nil {
		err = context.Cause(c.ctx)
	} else if k.panel != nil && k.panel.stopped.Load() {
		err = inn.ErrEnough
	}
	last := p.Step == p.Steps || err != nil
	if last || time.Since(k.drawn) >= drawEvery {
		k.draw(c, p, last)
	}
	return err
}

func (k *curve) draw(c *cell, p inn.Progress, last bool) {
	b, err := display.Render(plot.Losses(k.history))
	if err != nil {
		c.out.Stream("stderr", err.Error()+"\n")
		b = display.Bundle{}
	}
	b[display.Text] = state(p, last)
	if k.drawn.IsZero() {
		c.out.Display(b, k.id)
	} else {
		c.out.Update(b, k.id)
	}
	k.drawn = time.Now()
	switch {
	case k.panel == nil:
	case last:
		k.panel.end(c.out, state(p, last))
		k.panel = nil
	default:
		k.panel.bar.Set(float64(p.Step))
		k.panel.words.Set(fmt.Sprintf("%s, %.0f steps/s", state(p, last), float64(p.Step)/p.Elapsed.Seconds()))
	}
}

// state is a training's progress in a line.
func state(p inn.Progress, last bool) string {
	when := p.Remaining.Round(time.Second).String() + " left"
	if last {
		when = p.Elapsed.Round(time.Second / 10).String()
	}
	return fmt.Sprintf("training %d/%d · %s · loss %.4g", p.Step, p.Steps, when, p.Loss)
}
