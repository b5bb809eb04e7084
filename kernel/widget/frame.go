package widget

import (
	"fmt"
	"html"
	"maps"
	"slices"
)

// A frame is what a front end shows of a widget that a cell shows: the widget
// and, below it, what went wrong in a function of one of its parts.
type frame struct {
	all       Box
	complaint Str
	of        *Model // whose function failed
}

// framed is the frame around a widget that is shown.
func framed(m *Model) *Model {
	page.Lock()
	f := page.frames[m]
	page.Unlock()
	if f == nil {
		f = &frame{complaint: HTML("")}
		f.complaint.Layout("display", "none")
		f.all = VBox(part{m}, f.complaint)
		page.Lock()
		if page.frames != nil {
			page.frames[m] = f
		}
		page.Unlock()
	}
	return f.all.Model
}

// A part is a model as a child of a box.
type part struct{ *Model }

func (part) String() string { return "" }

// complain shows a text in the frames around m, or nothing more if m succeeded
// at last. It reports whether there is a frame.
func complain(m *Model, text string) (shown bool) {
	if m == nil {
		return false
	}
	page.Lock()
	frames := maps.Clone(page.frames)
	page.Unlock()
	for root, f := range frames {
		if !root.has(m) {
			continue
		}
		shown = true
		switch {
		case text != "":
			f.of = m
			f.complaint.Set(`<pre class="failure" style="color: #b00020; white-space: pre-wrap; margin: 4px 0">` + html.EscapeString(text) + "</pre>")
			f.complaint.Layout("display", "")
		case f.of == m:
			f.of = nil
			f.complaint.Layout("display", "none")
		}
	}
	return shown
}

// has reports whether m is the model or a part of it.
func (m *Model) has(other *Model) bool {
	return m == other || slices.ContainsFunc(m.children, func(c *Model) bool { return c.has(other) })
}

// describe is what a function panicked with, in words.
func describe(r any) string {
	if err, ok := r.(error); ok {
		return err.Error()
	}
	return fmt.Sprintf("panic: %v", r)
}
