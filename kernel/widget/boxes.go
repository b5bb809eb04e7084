package widget

import (
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A Box holds other widgets.
type Box struct {
	*Model
	children []Widget
	between  string
}

func (b Box) String() string {
	var parts []string
	for _, c := range b.children {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, b.between)
}

// VBox stacks widgets, HBox puts them side by side, and GridBox into columns.
func VBox(children ...Widget) Box { return box("VBox", "\n", nil, nil, children) }
func HBox(children ...Widget) Box {
	return box("HBox", "   ", map[string]any{"flex_flow": "row wrap"}, nil, children)
}
func GridBox(columns int, children ...Widget) Box {
	template := strings.TrimSpace(strings.Repeat("auto ", max(columns, 1)))
	return box("GridBox", "\n", map[string]any{"grid_template_columns": template}, nil, children)
}

// Tab shows one of several widgets at a time, and Accordion lets them open and
// close; titles are by their places.
func Tab(titles []string, children ...Widget) Box {
	return box("Tab", "\n", nil, map[string]any{"titles": titles, "selected_index": 0}, children)
}
func Accordion(titles []string, children ...Widget) Box {
	return box("Accordion", "\n", nil, map[string]any{"titles": titles, "selected_index": nil}, children)
}

func box(kind, between string, css, more map[string]any, children []Widget) Box {
	references := []string{}
	for _, c := range children {
		references = append(references, reference(c.base()))
	}
	state := map[string]any{"children": references, "box_style": "", "layout": reference(newLayout(css)), "tabbable": nil, "tooltip": nil}
	for k, v := range more {
		state[k] = v
	}
	return Box{newModel(controls, kind, "", state), children, between}
}

// Link keeps the values of two widgets of one kind equal in the front end
// itself (ipywidgets' jslink), so that they move together without the kernel.
func Link(a, b Widget) {
	newModel(controls, "Link", "-", map[string]any{
		"source": []any{reference(a.base()), "value"}, "target": []any{reference(b.base()), "value"},
	})
}

// An Output is a place for what a function shows and prints.
type Output struct{ *Model }

// NewOutput makes an empty place.
func NewOutput() Output {
	m := newModel(outputs, "Output", "", map[string]any{
		"msg_id": "", "outputs": []any{}, "layout": reference(newLayout(nil)), "tabbable": nil, "tooltip": nil,
	})
	return Output{m}
}

// Show adds a value, shown as the last expression of a cell would be.
func (o Output) Show(v any) error {
	b, err := display.Render(v)
	o.add(map[string]any{"output_type": "display_data", "data": b, "metadata": map[string]any{}})
	return err
}

// Write adds printed text, so that fmt.Fprintln(o, ...) prints there.
func (o Output) Write(p []byte) (int, error) {
	o.add(map[string]any{"output_type": "stream", "name": "stdout", "text": string(p)})
	return len(p), nil
}

// Clear empties the place.
func (o Output) Clear() { o.set("outputs", []any{}) }

func (o Output) add(output map[string]any) {
	o.set("outputs", append(slices.Clone(o.get("outputs").([]any)), output))
}

// String is what the place shows, as text.
func (o Output) String() string {
	var text strings.Builder
	for _, e := range o.get("outputs").([]any) {
		e := e.(map[string]any)
		if b, ok := e["data"].(display.Bundle); ok {
			text.WriteString(b[display.Text].(string) + "\n")
		} else {
			text.WriteString(e["text"].(string))
		}
	}
	return strings.TrimSuffix(text.String(), "\n")
}
