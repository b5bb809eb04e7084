package widget

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A Box holds other widgets.
type Box struct {
	*Model
	parts   []Widget
	titles  []string // above the parts in text, or nil
	between string   // in text
}

// String is what the parts say.
func (b Box) String() string {
	var said []string
	for i, c := range b.parts {
		text := c.String()
		if i < len(b.titles) {
			text = b.titles[i] + "\n" + text
		}
		said = append(said, text)
	}
	return strings.Join(said, b.between)
}

// HTML is what the parts show, for a page without widgets.
func (b Box) HTML() string {
	open := "<div>"
	if b.between == beside {
		open = `<div style="display: flex; flex-wrap: wrap; gap: 0 1.5em">`
	}
	for i, c := range b.parts {
		if i < len(b.titles) {
			open += "<h4>" + html.EscapeString(b.titles[i]) + "</h4>"
		}
		open += "<div>" + asHTML(c) + "</div>"
	}
	return open + "</div>"
}

// asHTML is what a widget leaves on a page without widgets.
func asHTML(w Widget) string {
	if h, ok := w.(interface{ HTML() string }); ok {
		return h.HTML()
	}
	return html.EscapeString(w.String())
}

const beside = "   " // of what stands side by side, in text

// VBox stacks widgets, HBox puts them side by side, and GridBox into columns.
func VBox(children ...Widget) Box { return box("VBox", "\n", nil, nil, children) }
func HBox(children ...Widget) Box {
	return box("HBox", beside, map[string]any{"flex_flow": "row wrap"}, nil, children)
}
func GridBox(columns int, children ...Widget) Box {
	template := strings.TrimSpace(strings.Repeat("auto ", max(columns, 1)))
	return box("GridBox", "\n", map[string]any{"grid_template_columns": template}, nil, children)
}

// Tab shows one of several widgets at a time, and Accordion lets them open and
// close; titles are by their places.
func Tab(titles []string, children ...Widget) Box {
	return titled("Tab", titles, 0, children)
}
func Accordion(titles []string, children ...Widget) Box {
	return titled("Accordion", titles, -1, children)
}

// Open is the place of the child that a Tab or an Accordion shows, from 0; -1 if
// there is none.
func (b Box) Open() int {
	if p, ok := b.get("selected_index").(place); ok {
		return int(p)
	}
	return -1
}

// SetOpen shows a child of a Tab or an Accordion by its place; -1 closes them all.
func (b Box) SetOpen(i int) {
	if b.get("selected_index") == nil || i < -1 || i >= len(b.parts) {
		panic(fmt.Sprintf("widget: child %d of %d of a %v cannot be opened", i, len(b.parts), b.get("_model_name")))
	}
	b.set("selected_index", place(i))
}

func titled(kind string, titles []string, selected place, children []Widget) Box {
	titles = slices.Clone(titles)
	b := box(kind, "\n", nil, map[string]any{"titles": titles, "selected_index": selected}, children)
	b.titles = titles
	return b
}

func box(kind, between string, css, state map[string]any, children []Widget) Box {
	if state == nil {
		state = map[string]any{}
	}
	m := &Model{layout: newLayout(css)}
	references := []string{}
	for _, c := range children {
		references = append(references, reference(c.base()))
		m.children = append(m.children, c.base())
	}
	state["children"], state["box_style"] = references, ""
	return Box{Model: m.open(controls, kind, "", state), parts: children, between: between}
}

// An Output is a place for what a function shows and prints.
type Output struct{ *Model }

// NewOutput makes an empty place.
func NewOutput() Output {
	m := &Model{layout: newLayout(nil)}
	return Output{m.open(outputs, "Output", "", map[string]any{"msg_id": "", "outputs": []any{}})}
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
	o.mu.Lock()
	o.state["outputs"] = append(slices.Clone(o.state["outputs"].([]any)), output)
	o.mu.Unlock()
	o.push("update", "outputs")
}

// String is what the place shows, as text.
func (o Output) String() string {
	var text strings.Builder
	for _, e := range o.get("outputs").([]any) {
		e := e.(map[string]any)
		if b, ok := e["data"].(display.Bundle); ok {
			fmt.Fprintln(&text, b[display.Text])
		} else {
			text.WriteString(e["text"].(string))
		}
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// HTML is what the place shows, for a page without widgets.
func (o Output) HTML() string {
	var all strings.Builder
	for _, e := range o.get("outputs").([]any) {
		e := e.(map[string]any)
		if b, ok := e["data"].(display.Bundle); ok {
			all.WriteString("<div>" + Inline(b) + "</div>")
		} else {
			all.WriteString("<pre>" + html.EscapeString(e["text"].(string)) + "</pre>")
		}
	}
	return all.String()
}

// Inline is a bundle as a piece of HTML.
func Inline(b display.Bundle) string {
	if s, ok := b[display.HTML].(string); ok {
		return s
	}
	if s, ok := b[display.SVG].(string); ok {
		return s[max(0, strings.Index(s, "<svg")):]
	}
	if s, ok := b[display.PNG].(string); ok {
		return `<img src="data:image/png;base64,` + s + `">`
	}
	return "<pre>" + html.EscapeString(fmt.Sprint(b[display.Text])) + "</pre>"
}
