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
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	layout   *Model   // its CSS; nil of what is not seen
	style    *Model   // nil where a kind has none
	children []*Model // of a box
	mu       sync.Mutex
	state    map[string]any
	binary   map[string][]byte // parts of the state that travel as bytes
	onChange []func()
	onCustom []func(content json.RawMessage)
}

// page is the front end's side. Without models there are none, and without send
// nobody looks at them now, but a notebook keeps them.
var page struct {
	sync.Mutex
	made   int // models, for their ids where only a notebook keeps them
	send   func(display.Comm)
	models map[string]*Model
	frames map[*Model]*frame // of what a cell has shown
}

// Connect gives the widgets their way to a front end; nil takes it away. It is
// for the process that runs the cells; Receive takes what comes back.
func Connect(send func(display.Comm)) {
	page.Lock()
	defer page.Unlock()
	page.send, page.models, page.frames = send, nil, nil
	if send != nil {
		page.models, page.frames = map[string]*Model{}, map[*Model]*frame{}
	}
}

// versions of the protocol and of the JavaScript modules.
const (
	protocol = "2.1.0"
	controls = "@jupyter-widgets/controls"
	baseJS   = "@jupyter-widgets/base"
	outputs  = "@jupyter-widgets/output" // its versions are its own
	version  = "2.0.0"
)

// newModel makes a model of a kind that nobody sees, such as a style.
func newModel(module, kind, view string, state map[string]any) *Model {
	return (&Model{}).open(module, kind, view, state)
}

// newID names a model. A page may have models of a kernel that is gone, so names
// are drawn; a notebook that is run alone has the same each time.
func newID() string {
	page.Lock()
	defer page.Unlock()
	if page.send != nil || page.models == nil {
		return rand.Text()
	}
	page.made++
	return fmt.Sprintf("widget-%d", page.made)
}

// open makes m a model of a kind, such as "FloatSlider", and opens its comm. A
// view may have another kind's name; "-" stands for none.
func (m *Model) open(module, kind, view string, state map[string]any) *Model {
	m.id, m.state = newID(), state
	version := version
	if module == outputs {
		version = "1.0.0"
	}
	state["_model_module"], state["_model_module_version"], state["_model_name"] = module, version, kind+"Model"
	if state["_view_module"] == nil {
		state["_view_module"] = module
	}
	state["_view_module_version"] = version
	switch view {
	case "":
		state["_view_name"] = kind + "View"
	case "-":
		state["_view_name"] = nil
	default:
		state["_view_name"] = view + "View"
	}
	if m.layout != nil {
		state["layout"], state["tabbable"], state["tooltip"] = reference(m.layout), nil, nil
	}
	if m.style != nil {
		state["style"] = reference(m.style)
	}

	page.Lock()
	send := page.send
	if page.models != nil {
		page.models[m.id] = m
	}
	page.Unlock()
	if send != nil {
		data, buffers := m.message("", nil)
		send(display.Comm{Kind: "open", ID: m.id, Target: "jupyter.widget", Data: data, Metadata: json.RawMessage(`{"version":"` + protocol + `"}`), Buffers: buffers})
	}
	return m
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
	return encode(content), buffers
}

// encode is plain values as JSON, with <, > and & as they are: pictures are full of
// them.
func encode(content any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(content); err != nil {
		panic(fmt.Sprintf("widget: %v", err)) // states are made of plain values here
	}
	return bytes.TrimSpace(b.Bytes())
}

// push sends the named parts of the state.
func (m *Model) push(method string, names ...string) { m.answer(nil, method, names) }

// answer sends the named parts of the state, or with nil all of it, in the name of
// a message of the front end, if any.
func (m *Model) answer(parent json.RawMessage, method string, names []string) {
	page.Lock()
	send := page.send
	page.Unlock()
	if send == nil {
		return
	}
	data, buffers := m.message(method, names)
	send(display.Comm{Kind: "msg", ID: m.id, Data: data, Buffers: buffers, Parent: parent, Late: method == "echo_update"})
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

// Layout sets a property of the widget's CSS by its name there, such as "width"
// to "400px" or "grid_template_columns" to "1fr 2fr"; "" takes it back. The
// properties are those of ipywidgets' Layout, with - or _.
func (m *Model) Layout(property, css string) {
	if m.layout == nil {
		return
	}
	name := strings.ReplaceAll(property, "-", "_")
	if css == "" {
		m.layout.set(name, nil)
	} else {
		m.layout.set(name, css)
	}
}

// Style sets a property of the widget's style as ipywidgets has them, such as
// "description_width" to "120px", a slider's "handle_color" or a progress bar's
// "bar_color". Kinds without a style ignore it.
func (m *Model) Style(property string, value any) {
	if m.style != nil {
		m.style.set(strings.ReplaceAll(property, "-", "_"), value)
	}
}

// Trait sets a property of the widget by the name that ipywidgets has for it, such
// as "disabled" to true, a slider's "orientation" to "vertical", its "step",
// "readout_format" or "max", a button's "icon" to "check" or "button_style" to
// "success", any control's "tooltip". What the widget shows, its value, has Set.
// It panics if the kind of widget has no such property, or none of that type.
func (m *Model) Trait(name string, value any) {
	m.mu.Lock()
	err := m.setTrait(name, value)
	m.mu.Unlock()
	if err != nil {
		panic("widget: " + err.Error())
	}
	m.push("update", name)
	if name == "min" || name == "max" {
		m.within()
	}
}

// OnChange calls f whenever the widget's value changes, on either side. Changes
// that come faster than f returns are one: the newest value wins. What f panics
// with is shown under the widget, and the next change calls f again; Try makes a
// function that returns an error do the same.
func (m *Model) OnChange(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onChange = append(m.onChange, f)
}

// Try is f as OnChange and NewButton want it: an error that it returns is shown
// under the widget.
//
//	depth.OnChange(widget.Try(func() error { return load(depth.Value()) }))
func Try(f func() error) func() {
	return func() {
		if err := f(); err != nil {
			panic(err)
		}
	}
}

// MIME is the widget as a front end shows it.
func (m *Model) MIME() map[string]any {
	page.Lock()
	none := page.models == nil
	page.Unlock()
	if none {
		return nil
	}
	return map[string]any{"application/vnd.jupyter.widget-view+json": map[string]any{
		"model_id": framed(m).id, "version_major": 2, "version_minor": 0,
	}}
}

// Close takes the widget away from the front end, with what belongs to it alone;
// a box's parts stay.
func (m *Model) Close() {
	page.Lock()
	send, f := page.send, page.frames[m]
	delete(page.models, m.id)
	delete(page.frames, m)
	page.Unlock()
	if f != nil {
		f.all.Close()
		f.complaint.Close()
	}
	if send != nil {
		send(display.Comm{Kind: "close", ID: m.id, Data: json.RawMessage("{}")})
	}
	for _, part := range []*Model{m.layout, m.style} {
		if part != nil {
			part.Close()
		}
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
