package nb

import (
	"context"
	"fmt"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/plot"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// drawEvery is the least time between two drawings of a live figure.
const drawEvery = time.Second

// A curve is a training as Watch has seen it.
type curve struct {
	id      string
	history []inn.Progress
	drawn   time.Time
}

// Watch shows a training as it runs: the curves of its loss terms, the step
// and the time left. It is made to be a training's Settings.Each:
//
//	model, err := inn.Train(pairs, &inn.Settings{Each: nb.Watch})
//
// Interrupting the cell ends the training, which keeps the network so far.
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
	}
	k.history = append(k.history, p)
	stopped := c.ctx.Err() != nil
	if p.Step < p.Steps && !stopped && time.Since(k.drawn) < drawEvery {
		return nil
	}
	k.draw(c, p)
	if stopped {
		return context.Cause(c.ctx)
	}
	return nil
}

func (k *curve) draw(c *cell, p inn.Progress) {
	b, err := display.Render(plot.Losses(k.history))
	if err != nil {
		c.out.Stream("stderr", err.Error()+"\n")
		b = display.Bundle{}
	}
	b[display.Text] = state(p)
	if k.drawn.IsZero() {
		c.out.Display(b, k.id)
	} else {
		c.out.Update(b, k.id)
	}
	k.drawn = time.Now()
}

// state is a training's progress in a line.
func state(p inn.Progress) string {
	if p.Step == p.Steps {
		return fmt.Sprintf("training %d/%d · %s · loss %.4g", p.Step, p.Steps, p.Elapsed.Round(time.Second/10), p.Loss)
	}
	return fmt.Sprintf("training %d/%d · %s left · loss %.4g", p.Step, p.Steps, p.Remaining.Round(time.Second), p.Loss)
}
