package worker

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// The outline takes in what cells have made when there has been no news for a
// while, so that it does not compete with cells that follow each other quickly;
// or when there is much, or when something is asked.
const (
	quiet    = 50 * time.Millisecond
	muchNews = 100
)

// An outline knows what the cells have made without their process: completion
// and inspection need none that lives and listens.
type outline struct {
	known *session.Outline

	mu    sync.Mutex
	news  []func()
	later *time.Timer

	catching sync.Mutex // held while news is taken in
}

func newOutline() *outline {
	o := &outline{known: session.NewOutline()}
	o.later = time.AfterFunc(time.Hour, o.catchUp)
	return o
}

func (o *outline) hear(news func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.news = append(o.news, news)
	if len(o.news) == muchNews {
		o.later.Reset(0)
	} else if len(o.news) < muchNews {
		o.later.Reset(quiet)
	}
}

// ran says how many of a cell's statements have run.
func (o *outline) ran(c *call, done int) {
	o.hear(func() {
		if c.told == nil {
			c.told = o.known.Tell(c.cell)
		}
		c.told.Done(done)
	})
}

// reset says that a new process has made the declarations of these cells alone.
func (o *outline) reset(cells []session.Cell) {
	o.hear(func() { o.known.Reset(cells) })
}

func (o *outline) catchUp() {
	o.catching.Lock()
	defer o.catching.Unlock()
	o.mu.Lock()
	news := o.news
	o.news = nil
	o.mu.Unlock()
	for _, f := range news {
		guard("a cell that ran", f)
	}
}

// guard calls f. What goes wrong in it is no reason to lose the kernel.
func guard(what string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(os.Stderr, "%s found a fault of innkeeper's own: %v\n", what, r)
		}
	}()
	f()
}

// Complete is as session.Session.Complete.
func (w *Worker) Complete(code string, cursor int) (start, end int, found []session.Candidate) {
	start, end = cursor, cursor
	w.outline.catchUp()
	guard("this completion", func() { start, end, found = w.outline.known.Complete(code, cursor) })
	return start, end, found
}

// Inspect is as session.Session.Inspect.
func (w *Worker) Inspect(code string, cursor, detail int) (text string, ok bool) {
	w.outline.catchUp()
	guard("this inspection", func() { text, ok = w.outline.known.Inspect(code, cursor, detail) })
	return text, ok
}
