package widget

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// ControlTarget is the target of the comm by which a front end that was
// reloaded asks for all widgets at once.
const ControlTarget = "jupyter.widget.control"

// Receive takes a message from the front end.
func Receive(c display.Comm) {
	var m struct {
		Method  string
		State   map[string]json.RawMessage
		Content json.RawMessage
	}
	if !Connected() {
		return
	}
	if err := json.Unmarshal(c.Data, &m); err != nil {
		refused("a message that is no JSON: %v", err)
		return
	}
	if c.Target == ControlTarget {
		if m.Method == "request_states" {
			sendStates(c.ID, c.Parent)
		}
		return
	}
	page.Lock()
	model := page.models[c.ID]
	if c.Kind == "close" {
		delete(page.models, c.ID)
	}
	page.Unlock()
	if c.Kind != "msg" {
		return
	}
	if model == nil {
		refused("a message for a widget that there is not: %.40s", c.ID)
		return
	}
	switch m.Method {
	case "update":
		accepted := model.accept(m.State)
		// In the name of the message: a page drops the echoes of all but its last one.
		model.answer(c.Parent, "echo_update", slices.Sorted(maps.Keys(m.State)))
		if accepted {
			changes.add(model)
		}
	case "request_state":
		model.answer(c.Parent, "update", nil)
	case "custom":
		model.mu.Lock()
		handlers := slices.Clone(model.onCustom)
		model.mu.Unlock()
		for _, f := range handlers {
			f(m.Content)
		}
	}
}

var log io.Writer = os.Stderr

// refused logs what a front end should not have sent.
func refused(format string, args ...any) {
	fmt.Fprintf(log, "widget: refused "+format+"\n", args...)
}

// sendStates answers a page that was reloaded with all widgets.
func sendStates(comm string, parent json.RawMessage) {
	page.Lock()
	models := maps.Clone(page.models)
	send := page.send
	page.Unlock()
	states := map[string]any{}
	paths := [][]any{}
	var buffers [][]byte
	for _, id := range slices.Sorted(maps.Keys(models)) {
		saved, binary := models[id].saved()
		states[id] = saved
		for _, n := range slices.Sorted(maps.Keys(binary)) {
			paths = append(paths, []any{id, "state", n})
			buffers = append(buffers, binary[n])
		}
	}
	data := encode(map[string]any{"method": "update_states", "states": states, "buffer_paths": paths})
	send(display.Comm{Kind: "msg", ID: comm, Data: data, Buffers: buffers, Parent: parent})
}

// changes calls the functions of widgets that changed, one after the other. A
// widget that changes while they run is due once more, whatever came between.
var changes queue

type queue struct {
	mu      sync.Mutex
	due     []call
	waiting map[*Model]bool
	running bool
	Failed  func(any) // told what a function panicked with that cannot be shown; nil: the panic goes on
}

// A call is a function that is due because of a widget, or of none.
type call struct {
	of *Model
	f  func()
}

func (q *queue) add(m *Model) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting[m] {
		return
	}
	if q.waiting == nil {
		q.waiting = map[*Model]bool{}
	}
	q.waiting[m] = true
	q.push(call{m, func() {
		q.mu.Lock()
		delete(q.waiting, m)
		q.mu.Unlock()
		m.mu.Lock()
		handlers := slices.Clone(m.onChange)
		m.mu.Unlock()
		for _, f := range handlers {
			f()
		}
	}})
}

// later calls f after what is due.
func (q *queue) later(of *Model, f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(call{of, f})
}

func (q *queue) push(c call) {
	q.due = append(q.due, c)
	if !q.running {
		q.running = true
		go q.run()
	}
}

func (q *queue) run() {
	for {
		q.mu.Lock()
		if len(q.due) == 0 {
			q.running = false
			q.mu.Unlock()
			return
		}
		c := q.due[0]
		q.due = q.due[1:]
		q.mu.Unlock()
		q.call(c)
	}
}

// call calls a function and shows under its widget what it panics with, until it
// succeeds.
func (q *queue) call(c call) {
	defer func() {
		r := recover()
		complaint := ""
		if r != nil {
			complaint = describe(r)
		}
		if shown := complain(c.of, complaint); r == nil || shown {
			return
		}
		if q.Failed == nil {
			panic(r)
		}
		q.Failed(r)
	}()
	c.f()
}

// OnFailure says who is told what a function of a cell panicked with when there
// is no place under a widget to show it.
func OnFailure(f func(any)) { changes.Failed = f }

// Later calls f after the functions of the changes that are due, in their
// goroutine.
func Later(f func()) { changes.later(nil, f) }
