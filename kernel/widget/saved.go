package widget

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
)

// Keep remembers the widgets that are made for States, where no front end looks
// at them now: a notebook that is run without one.
func Keep() {
	page.Lock()
	defer page.Unlock()
	page.send, page.made, page.models, page.frames = nil, 0, map[string]*Model{}, map[*Model]*frame{}
}

// States is what a notebook's metadata keep of all widgets under the name
// "widgets", so that a page made of it shows them without a kernel; nil when
// there are none. Its values are what JSON decodes to.
func States() map[string]any {
	page.Lock()
	models := maps.Clone(page.models)
	page.Unlock()
	if len(models) == 0 {
		return nil
	}
	states := map[string]any{}
	for id, m := range models {
		saved, binary := m.saved()
		if len(binary) > 0 {
			buffers := []any{}
			for _, n := range slices.Sorted(maps.Keys(binary)) {
				buffers = append(buffers, map[string]any{"encoding": "base64", "path": []any{n}, "data": base64.StdEncoding.EncodeToString(binary[n])})
			}
			saved["buffers"] = buffers
		}
		states[id] = saved
	}
	all := map[string]any{"application/vnd.jupyter.widget-state+json": map[string]any{
		"version_major": 2, "version_minor": 0, "state": states,
	}}
	text, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	var plain map[string]any
	if json.Unmarshal(text, &plain) != nil {
		return nil
	}
	return plain
}

// saved is a model as a page that is made or loaded again gets it.
func (m *Model) saved() (state map[string]any, binary map[string][]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return map[string]any{
		"model_name": m.state["_model_name"], "model_module": m.state["_model_module"],
		"model_module_version": m.state["_model_module_version"], "state": maps.Clone(m.state),
	}, maps.Clone(m.binary)
}
