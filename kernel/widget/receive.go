package widget

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
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
		model.push("echo_update", slices.Sorted(maps.Keys(m.State))...)
		if accepted {
			changes.add(model)
		}
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

// accept takes over what the front end changed, and reports whether there was
// anything to take. A value of another kind than the one that is there, or out
// of the control's range, is refused.
func (m *Model) accept(state map[string]json.RawMessage) (accepted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range slices.Sorted(maps.Keys(state)) {
		var err error
		switch old := m.state[n].(type) {
		case float64:
			err = take(m, n, old, state[n], func(v float64) bool { return m.within(v) })
		case int:
			err = take(m, n, old, state[n], func(v int) bool { return n != "index" && m.within(float64(v)) || n == "index" && m.option(v) })
		case bool:
			err = take(m, n, old, state[n], nil)
		case string:
			err = take(m, n, old, state[n], nil)
		case []float64:
			err = take(m, n, old, state[n], func(v []float64) bool { return len(v) == 2 && v[0] <= v[1] && m.within(v[0]) && m.within(v[1]) })
		case []int:
			err = take(m, n, old, state[n], func(v []int) bool {
				return !slices.ContainsFunc(v, func(i int) bool { return !m.option(i) })
			})
		}
		if err != nil {
			refused("%s = %.60s of %v: %v", n, state[n], m.state["_model_name"], err)
		}
		accepted = accepted || err == nil
	}
	return accepted
}

func take[T any](m *Model, name string, _ T, raw json.RawMessage, fits func(T) bool) error {
	var v T
	if string(raw) == "null" {
		return errors.New("nothing")
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if name != "value" && name != "index" {
		fits = nil // a title that is chosen, or the like
	}
	if fits != nil && !fits(v) {
		return errors.New("out of range")
	}
	m.state[name] = v
	return nil
}

// bounds are the ends of the control's range, infinite if it has none. The lock
// is held.
func (m *Model) bounds() (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	switch a := m.state["min"].(type) {
	case float64:
		lo, hi = a, m.state["max"].(float64)
	case int:
		lo, hi = float64(a), float64(m.state["max"].(int))
	}
	if base, ok := m.state["base"].(float64); ok {
		lo, hi = math.Pow(base, lo), math.Pow(base, hi)
	}
	return lo, hi
}

// within reports whether a value lies in the control's range.
func (m *Model) within(v float64) bool {
	lo, hi := m.bounds()
	slack := 1e-9 * (hi - lo) // the front end computes the ends by itself
	return math.IsInf(slack, 1) || v >= lo-slack && v <= hi+slack
}

func (m *Model) option(i int) bool {
	options, ok := m.state["_options_labels"].([]string)
	return !ok || i >= 0 && i < len(options)
}

// refused logs what a front end should not have sent.
func refused(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "widget: refused "+format+"\n", args...)
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
		saved, binary := models[id].saved()
		states[id] = saved
		for _, n := range slices.Sorted(maps.Keys(binary)) {
			paths = append(paths, []any{id, "state", n})
			buffers = append(buffers, binary[n])
		}
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
