package method

import (
	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
)

// heldOut watches the loss of pairs that training does not see.
type heldOut struct {
	t      *trainer
	x, y   tensor.Mat
	every  int
	losses []rowLoss
	parts  []float64
}

// heldMost is the most pairs that are held back: the loss of more is no surer.
const heldMost = 4096

// hold takes the last pairs out of training, if some shall be held back: Problem.Pairs draws
// them independently, so any will do.
func (t *trainer) hold(newLoss func(rows int) rowLoss) *heldOut {
	n := min(int(t.Held*float64(t.x.Rows)), heldMost, t.x.Rows-t.Batch)
	if n < 1 {
		return nil
	}
	keep := t.x.Rows - n
	h := &heldOut{t: t, x: rows(t.x, keep, t.x.Rows), y: rows(t.y, keep, t.y.Rows)}
	t.x, t.y = rows(t.x, 0, keep), rows(t.y, 0, keep)
	t.batches.Pairs = keep
	t.measure(h.y, 1<<39)
	h.every = max(1, min(keep/t.Batch, t.Steps/20))
	h.parts = make([]float64, (n+chunkRows-1)/chunkRows)
	for range h.parts {
		h.losses = append(h.losses, newLoss(chunkRows))
	}
	return h
}

// loss is the loss of the held-out pairs for weights w.
func (h *heldOut) loss(w []float32) float64 {
	h.t.pool.Each(len(h.parts), func(i int) {
		lo, hi := i*chunkRows, min((i+1)*chunkRows, h.x.Rows)
		terms := make([]float64, len(h.t.names))
		rng := inn.RNG(h.t.Seed, streamHeld+uint64(i)) // the same noise at every look
		h.losses[i].forward(w, rows(h.x, lo, hi), rows(h.y, lo, hi), 1/float64(h.x.Rows), rng, terms)
		h.parts[i] = 0
		for _, v := range terms {
			h.parts[i] += v
		}
	})
	loss := 0.0
	for _, v := range h.parts {
		loss += v
	}
	return loss
}
