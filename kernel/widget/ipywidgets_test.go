package widget

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// Every widget has the state that ipywidgets gives it: the same module, versions,
// model and view, and the same properties with values of the same type. What
// ipywidgets has as nothing may be absent, for the front end's default is nothing.
func TestStatesAreThoseOfIpywidgets(t *testing.T) {
	text, err := os.ReadFile("testdata/states.json") // made by states.py, with ipywidgets 8.1.8
	if err != nil {
		t.Fatal(err)
	}
	var theirs map[string]map[string]any
	if err := json.Unmarshal(text, &theirs); err != nil {
		t.Fatal(err)
	}
	f := connect()
	slider := IntSlider("", 0, 1, 0)
	JSLink(slider, IntSlider("", 0, 1, 0))
	HBox(FloatSlider("", 0, 1, 0), FloatLogSlider("", 0, 1, 1), FloatRangeSlider("", 0, 1, 0, 1), IntRangeSlider("", 0, 1, 0, 1),
		Dropdown("", "x", "y"), ToggleButtons("", "x", "y"), SelectMultiple("", "x", "y"), Checkbox("", false), NewButton("", nil),
		Text("", ""), FloatText("", 0), Label(""), HTML(""), HTMLMath(""), NewImage(nil), NewOutput(), Progress("", 1),
		Tab([]string{"a"}, Label("")), Accordion([]string{"a"}, Label("")), VBox(), GridBox(2))
	ours := map[string]map[string]any{}
	for _, c := range f.said {
		if c.Kind == "open" {
			state := f.state(c.ID)
			for range c.Buffers {
				state["value"] = "bytes"
			}
			if state["_model_name"] == "HBoxModel" { // as ipywidgets', without its children
				state["children"] = []any{}
			}
			ours[state["_model_name"].(string)] = state
		}
	}
	for name, want := range theirs {
		got := ours[name]
		if got == nil {
			t.Errorf("there is no %s", name)
			continue
		}
		for k, v := range want {
			have, ok := got[k]
			switch {
			case !ok && (v == nil || v == "" || k == "_dom_classes"):
			case k[0] == '_' && k != "_options_labels" && have != v:
				t.Errorf("%s of a %s is %v, want %v", k, name, have, v)
			case kindOf(have) != kindOf(v) && v != nil && have != nil:
				t.Errorf("%s of a %s is %v, a %s, want a %s such as %v", k, name, have, kindOf(have), kindOf(v), v)
			}
		}
		for k := range got {
			if _, ok := want[k]; !ok {
				t.Errorf("a %s has a property %q, which ipywidgets has not", name, k)
			}
		}
	}
	for name := range ours {
		if _, ok := theirs[name]; !ok {
			t.Errorf("ipywidgets has no %s", name)
		}
	}
}

// kindOf is the type of a value of JSON.
func kindOf(v any) string {
	switch v := v.(type) {
	case float64:
		return "number"
	case string:
		return "text"
	case bool:
		return "truth"
	case []any:
		var kinds []string
		for _, e := range v {
			if k := kindOf(e); !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
		return "list of " + strings.Join(kinds, ", ")
	}
	return "nothing"
}
