package widget

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// What a widget is, a kind of slider with its range and looks, is its state: names
// and plain values, as ipywidgets has them. This file has what may change in it, by
// a cell or by a front end.

// own are the parts of the state that have functions of their own to set them.
var own = []string{"value", "index", "selected_index", "children", "titles", "layout", "style", "source", "target", "outputs", "msg_id"}

// traits are the names of the properties that a cell may set. The lock is held.
func (m *Model) traits() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m.state)), func(n string) bool {
		return n[0] == '_' || slices.Contains(own, n)
	})
}

// setTrait sets a property. The lock is held.
func (m *Model) setTrait(name string, value any) error {
	kind := strings.TrimSuffix(m.state["_model_name"].(string), "Model")
	if !slices.Contains(m.traits(), name) {
		return fmt.Errorf("a %s has no property %q; it has %s", kind, name, strings.Join(m.traits(), ", "))
	}
	if i, ok := value.(int); ok {
		switch m.state[name].(type) {
		case float64, nil:
			value = float64(i)
		}
	}
	fits := false
	switch m.state[name].(type) {
	case float64:
		_, fits = value.(float64)
	case int:
		_, fits = value.(int)
	case bool:
		_, fits = value.(bool)
	case string:
		_, fits = value.(string)
	case []string:
		_, fits = value.([]string)
	case nil: // such as a tooltip, which there may be or not
		switch value.(type) {
		case nil, float64, string, bool:
			fits = true
		}
	}
	if !fits {
		return fmt.Errorf("the property %q of a %s is of type %T: it cannot be %v of type %T", name, kind, m.state[name], value, value)
	}
	old := m.state[name]
	m.state[name] = value
	if lo, hi := m.bounds(); !(lo < hi) || math.IsInf(hi-lo, 0) && (name == "min" || name == "max") {
		m.state[name] = old
		return fmt.Errorf("the range of %q would be from %v to %v", m.state["description"], lo, hi)
	}
	return nil
}

// clamp is a number that the control can have.
func (m *Model) clamp(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		panic(fmt.Sprintf("widget: %v is no value for %q", v, m.get("description")))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	lo, hi := m.bounds()
	return min(max(v, lo), hi)
}

// within moves the value into a range that has changed.
func (m *Model) within() {
	if v := m.get("value"); v != nil {
		m.set("value", m.fitted(v))
	}
}

// fitted is a value, or the place of an option, moved into what the control can
// have.
func (m *Model) fitted(value any) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	lo, hi := m.bounds()
	options, choice := m.state["_options_labels"].([]string)
	if choice {
		lo, hi = 0, float64(len(options)-1)
	}
	whole := func(v int) int { return int(min(max(float64(v), lo), hi)) }
	switch v := value.(type) {
	case float64:
		return min(max(v, lo), hi)
	case int:
		return whole(v)
	case []float64:
		return []float64{min(max(v[0], lo), hi), min(max(v[1], lo), hi)}
	case []int:
		moved := make([]int, len(v))
		for i, e := range v {
			moved[i] = whole(e)
		}
		if choice {
			moved = slices.Compact(moved)
		}
		return moved
	}
	return value
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

// accept takes over what the front end changed, and reports whether there was
// anything to take. What it may not change, values of another type than those that
// are there, and values out of the control's range are refused.
func (m *Model) accept(state map[string]json.RawMessage) (accepted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range slices.Sorted(maps.Keys(state)) { // the range before the value
		if err := m.take(n, state[n]); err != nil {
			refused("%s = %.60s of %v: %v", n, state[n], m.state["_model_name"], err)
		} else {
			accepted = true
		}
	}
	return accepted
}

// take takes over a part of the state. The lock is held.
func (m *Model) take(name string, raw json.RawMessage) error {
	switch old := m.state[name].(type) {
	case float64:
		return change(m, name, old, raw, m.fits)
	case int:
		if name == "index" {
			return change(m, name, old, raw, m.option)
		}
		return change(m, name, old, raw, func(v int) bool { return m.fits(float64(v)) })
	case []float64:
		return change(m, name, old, raw, func(v []float64) bool { return len(v) == 2 && v[0] <= v[1] && m.fits(v[0]) && m.fits(v[1]) })
	case []int:
		if name == "index" {
			return change(m, name, old, raw, func(v []int) bool { return !slices.ContainsFunc(v, func(i int) bool { return !m.option(i) }) })
		}
		return change(m, name, old, raw, func(v []int) bool {
			return len(v) == 2 && v[0] <= v[1] && m.fits(float64(v[0])) && m.fits(float64(v[1]))
		})
	case bool:
		return change(m, name, old, raw, nil)
	case string:
		return change(m, name, old, raw, nil)
	case place:
		if string(raw) == "null" {
			m.state[name] = place(-1)
			return nil
		}
		return change(m, name, old, raw, func(v place) bool { return v >= 0 && int(v) < len(m.children) })
	}
	return errors.New("not to be changed there")
}

// change is take for a part of a type, which must fit if it is the widget's value.
func change[T any](m *Model, name string, _ T, raw json.RawMessage, fits func(T) bool) error {
	var v T
	if string(raw) == "null" {
		return errors.New("nothing")
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if name == "value" || name == "index" || name == "selected_index" {
		if fits != nil && !fits(v) {
			return errors.New("out of range")
		}
		m.state[name] = v
		return nil
	}
	return m.setTrait(name, v)
}

// fits reports whether a value lies in the control's range.
func (m *Model) fits(v float64) bool {
	lo, hi := m.bounds()
	slack := 1e-9 * (hi - lo) // the front end computes the ends by itself
	return math.IsInf(slack, 1) || v >= lo-slack && v <= hi+slack
}

func (m *Model) option(i int) bool {
	options, ok := m.state["_options_labels"].([]string)
	return !ok || i >= 0 && i < len(options)
}

// A place is that of a child of a box, from 0; -1, none, is null in a front end.
type place int

// MarshalJSON writes the place as a front end has it.
func (p place) MarshalJSON() ([]byte, error) {
	if p < 0 {
		return []byte("null"), nil
	}
	return json.Marshal(int(p))
}
