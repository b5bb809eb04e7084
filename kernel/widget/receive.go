package widget

import (
	"encoding/json"
	"maps"
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
	if json.Unmarshal(c.Data, &m) != nil {
		return
	}
	if c.Target == ControlTarget {
		if m.Method == "request_states" {
			sendStates(c.ID)
		}
		return
	}
	page.Lock()
	model := page.models[c.ID]
	if c.Kind == "close" {
		delete(page.models, c.ID)
	}
	page.Unlock()
	if model == nil || c.Kind != "msg" {
		return
	}
	switch m.Method {
	case "update":
		names := model.accept(m.State)
		model.push("echo_update", names...)
		changes.add(model)
	case "request_state":
		data, buffers := model.message("update", nil)
		page.send(display.Comm{Kind: "msg", ID: model.id, Data: data, Buffers: buffers})
	case "custom":
		model.mu.Lock()
		handlers := slices.Clone(model.onCustom)
		model.mu.Unlock()
		for _, f := range handlers {
			f(m.Content)
		}
	}
}

// accept takes over what the front end changed, and returns the names. A value
// of another kind than the one that is there is no value.
func (m *Model) accept(state map[string]json.RawMessage) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := slices.Sorted(maps.Keys(state))
	for _, n := range names {
		switch old := m.state[n].(type) {
		case float64:
			take(m, n, old, state[n])
		case int:
			take(m, n, old, state[n])
		case bool:
			take(m, n, old, state[n])
		case string:
			take(m, n, old, state[n])
		case []float64:
			take(m, n, old, state[n])
		case []int:
			take(m, n, old, state[n])
		}
	}
	return names
}

func take[T any](m *Model, name string, _ T, raw json.RawMessage) {
	var v T
	if json.Unmarshal(raw, &v) == nil {
		m.state[name] = v
	}
}

// sendStates answers a page that was reloaded with all widgets.
func sendStates(comm string) {
	page.Lock()
	models := maps.Clone(page.models)
	send := page.send
	page.Unlock()
	states := map[string]any{}
	paths := [][]any{}
	var buffers [][]byte
	for _, id := range slices.Sorted(maps.Keys(models)) {
		m := models[id]
		m.mu.Lock()
		states[id] = map[string]any{
			"model_name": m.state["_model_name"], "model_module": m.state["_model_module"],
			"model_module_version": m.state["_model_module_version"], "state": maps.Clone(m.state),
		}
		for _, n := range slices.Sorted(maps.Keys(m.binary)) {
			paths = append(paths, []any{id, "state", n})
			buffers = append(buffers, m.binary[n])
		}
		m.mu.Unlock()
	}
	data, err := json.Marshal(map[string]any{"method": "update_states", "states": states, "buffer_paths": paths})
	if err != nil {
		return
	}
	send(display.Comm{Kind: "msg", ID: comm, Data: data, Buffers: buffers})
}

// changes calls the functions of widgets that changed, one after the other. A
// widget that changes while they run is due once more, whatever came between.
var changes queue

type queue struct {
	mu      sync.Mutex
	due     []func()
	waiting map[*Model]bool
	running bool
	Failed  func(any) // told what a function panicked with; nil: the panic goes on
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
	q.push(func() {
		q.mu.Lock()
		delete(q.waiting, m)
		q.mu.Unlock()
		m.mu.Lock()
		handlers := slices.Clone(m.onChange)
		m.mu.Unlock()
		for _, f := range handlers {
			f()
		}
	})
}

// later calls f after what is due.
func (q *queue) later(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(f)
}

func (q *queue) push(f func()) {
	q.due = append(q.due, f)
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
		f := q.due[0]
		q.due = q.due[1:]
		q.mu.Unlock()
		q.call(f)
	}
}

func (q *queue) call(f func()) {
	if q.Failed != nil {
		defer func() {
			if r := recover(); r != nil {
				q.Failed(r)
			}
		}()
	}
	f()
}

// OnFailure says who is told what a function of a cell panicked with.
func OnFailure(f func(any)) { changes.Failed = f }

// Later calls f after the functions of the changes that are due, in their
// goroutine.
func Later(f func()) { changes.later(f) }
