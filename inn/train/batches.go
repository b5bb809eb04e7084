package train

// Batches chooses the pairs of every batch: every pair once an epoch, in an
// order of the epoch's own. What is left at the end of an epoch, less than a
// batch, waits for another. The choice depends on the step alone, not on the
// steps before.
type Batches struct {
	Pairs, Size int    // how many there are, and how many a batch has
	Seed        uint64 // of the orders
	Stream      uint64 // epoch e has stream Stream + e of the seed

	order  []int // of epoch epoch
	epoch  int
	source Source
}

// At is the batch of a step, until the next call.
func (b *Batches) At(step int) []int {
	perEpoch := b.Pairs / b.Size
	epoch, at := step/perEpoch, step%perEpoch*b.Size
	if b.order == nil || epoch != b.epoch {
		if b.order == nil {
			b.order = make([]int, b.Pairs)
		}
		for i := range b.order {
			b.order[i] = i
		}
		b.source.Stream(b.Seed, b.Stream+uint64(epoch)).Shuffle(b.Pairs, b.swap)
		b.epoch = epoch
	}
	return b.order[at : at+b.Size]
}

func (b *Batches) swap(i, j int) { b.order[i], b.order[j] = b.order[j], b.order[i] }
