package progress

import (
	"errors"
	"testing"
)

// Cells that run side by side end in any order: what observes is never one
// that has ended.
func TestObserversEndInAnyOrder(t *testing.T) {
	over := errors.New("over")
	watch := func(err error) (restore func()) { return Observe(func(Report) error { return err }) }
	heard := func() error { return Start("work", 1).Advance(1, nil) }

	first := watch(over)
	second := watch(nil)
	first()
	if err := heard(); err != nil {
		t.Errorf("with the first gone: %v", err)
	}
	second()
	if err := heard(); err != nil {
		t.Errorf("with both gone: %v", err)
	}

	defer watch(over)()
	silent := Observe(nil)
	if err := heard(); err != nil {
		t.Errorf("with nothing observing: %v", err)
	}
	silent()
	if err := heard(); err != over {
		t.Errorf("with the first again: %v, want %v", err, over)
	}
}
