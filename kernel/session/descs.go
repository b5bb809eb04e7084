package session

import "sync/atomic"

// descs are descriptions of types, by number. Cells that run read them while another
// is made and adds to them.
type descs struct{ all atomic.Pointer[[]*desc] }

// so are those so far.
func (d *descs) so() []*desc {
	if all := d.all.Load(); all != nil {
		return *all
	}
	return nil
}

func (d *descs) len() int { return len(d.so()) }

func (d *descs) at(n int) *desc { return d.so()[n] }

func (d *descs) add(one *desc) { d.all.Store(new(append(d.so(), one))) }
