// Package widget has the controls of ipywidgets for cells: sliders, choices,
// buttons, boxes of them. A control keeps its value here and in the front end;
// a change on either side reaches the other.
//
//	depth := widget.FloatSlider("depth [m]", 1, 50, 10)
//	depth.OnChange(func() { fmt.Println(depth.Value()) })
//	depth                       // the last value of a cell: shown
//
// The widgets speak the messages of ipywidgets 8
// (https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema),
// so every front end that has its JavaScript shows them. Where none is, as on
// a printed page, a widget leaves a line of text with its value.
package widget

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A Widget is an object that a front end shows.
type Widget interface {
	base() *Model
	// String says in a line what the widget shows.
	String() string
}

// A Model is what all widgets have: an identity and a state, which the front
// end shares.
type Model struct {
	id       string
	mu       sync.Mutex
	state    map[string]any
	binary   map[string][]byte // parts of the state that travel as bytes
	onChange []func()
	onCustom []func(content json.RawMessage)
}

// page is the front end's side: nil where there is none.
var page struct {
	sync.Mutex
	send   func(display.Comm)
	models map[string]*Model
	shared map[string]*Model // styles, one of each kind
}

// Connect gives the widgets their way to a front end. It is for the process
// that runs the cells; Receive takes what comes back.
func Connect(send func(display.Comm)) {
	page.Lock()
	defer page.Unlock()
	page.send = send
	page.models = map[string]*Model{}
	page.shared = map[string]*Model{}
}

// versions of the protocol and of the JavaScript modules.
const (
	protocol = "2.1.0"
	controls = "@jupyter-widgets/controls"
	baseJS   = "@jupyter-widgets/base"
	outputs  = "@jupyter-widgets/output" // its versions are its own
	version  = "2.0.0"
)

// newModel makes a model of a kind, such as "FloatSlider", and opens its comm.
// A view may have another kind's name; "-" stands for none.
func newModel(module, kind, view string, state map[string]any) *Model {
	m := &Model{id: rand.Text(), state: state, binary: map[string][]byte{}}
	version := version
	if module == outputs {
		version = "1.0.0"
	}
	m.state["_model_module"], m.state["_model_module_version"], m.state["_model_name"] = module, version, kind+"Model"
	if m.state["_view_module"] == nil {
		m.state["_view_module"] = module
	}
	m.state["_view_module_version"] = version
	switch view {
	case "":
		m.state["_view_name"] = kind + "View"
	case "-":
		m.state["_view_name"] = nil
	default:
		m.state["_view_name"] = view + "View"
	}
	m.open()
	return m
}

func (m *Model) open() {
	page.Lock()
	send := page.send
	if send != nil {
		page.models[m.id] = m
	}
	page.Unlock()
	if send == nil {
		return
	}
	data, buffers := m.message("", nil)
	send(display.Comm{Kind: "open", ID: m.id, Target: "jupyter.widget", Data: data, Metadata: json.RawMessage(`{"version":"` + protocol + `"}`), Buffers: buffers})
}

// message is a state with its binary parts beside it: all of it, or the named
// parts.
func (m *Model) message(method string, names []string) (data json.RawMessage, buffers [][]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	state := maps.Clone(m.state)
	if names != nil {
		state = map[string]any{}
		for _, n := range names {
			if v, ok := m.state[n]; ok {
				state[n] = v
			}
		}
	}
	paths := [][]string{}
	for _, n := range slices.Sorted(maps.Keys(m.binary)) {
		if names == nil || slices.Contains(names, n) {
			paths = append(paths, []string{n})
			buffers = append(buffers, m.binary[n])
		}
	}
	content := map[string]any{"state": state, "buffer_paths": paths}
	if method != "" {
		content["method"] = method
	}
	data, err := json.Marshal(content)
	if err != nil {
		panic(fmt.Sprintf("widget: %v", err)) // states are made of plain values here
	}
	return data, buffers
}

// push sends the named parts of the state.
func (m *Model) push(method string, names ...string) {
	page.Lock()
	send := page.send
	page.Unlock()
	if send == nil {
		return
	}
	data, buffers := m.message(method, names)
	send(display.Comm{Kind: "msg", ID: m.id, Data: data, Buffers: buffers})
}

func (m *Model) base() *Model { return m }

// reference is how one model's state names another model.
func reference(m *Model) string { return "IPY_MODEL_" + m.id }

func (m *Model) get(name string) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state[name]
}

// set changes a part of the state from this side.
func (m *Model) set(name string, value any) {
	m.mu.Lock()
	m.state[name] = value
	m.mu.Unlock()
	m.push("update", name)
	changes.add(m)
}

// OnChange calls f whenever the widget's value changes, on either side. Changes
// that come faster than f returns are one: the newest value wins.
func (m *Model) OnChange(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onChange = append(m.onChange, f)
}

// MIME is the widget as a front end shows it.
func (m *Model) MIME() map[string]any {
	page.Lock()
	defer page.Unlock()
	if page.send == nil {
		return nil
	}
	return map[string]any{"application/vnd.jupyter.widget-view+json": map[string]any{
		"model_id": m.id, "version_major": 2, "version_minor": 0,
	}}
}

// Close takes the widget away from the front end.
func (m *Model) Close() {
	page.Lock()
	send := page.send
	delete(page.models, m.id)
	page.Unlock()
	if send != nil {
		send(display.Comm{Kind: "close", ID: m.id, Data: json.RawMessage("{}")})
	}
}

// Current is a control's value; a widget that is no control has none.
func Current(w Widget) (value any, ok bool) {
	v, ok := w.(interface{ value() any })
	if !ok {
		return nil, false
	}
	return v.value(), true
}

// Connected reports whether there is a front end that may show widgets.
func Connected() bool {
	page.Lock()
	defer page.Unlock()
	return page.send != nil
}
