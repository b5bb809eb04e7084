package nb

import (
	"fmt"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// A View is a picture that follows widgets. It shows itself with them; where a
// front end has no widgets, as on a printed page, it leaves the picture and the
// values behind.
type View struct {
	widget.Box
	controls widget.Box
	area     widget.Str // an HTML widget
	draw     func() display.Bundle
	after    func(*View) // called when the newest picture is there; nil: nothing
	due      atomic.Bool // a picture is, of newer values

	drawing sync.Mutex // held while draw runs
	mu      sync.Mutex
	last    display.Bundle
}

// newView puts the controls above the picture that draw makes.
func newView(draw func() display.Bundle, controls ...widget.Widget) *View {
	widget.Align(controls...)
	v := &View{controls: widget.VBox(controls...), area: widget.HTML(""), draw: draw}
	v.Box = widget.VBox(v.controls, v.area)
	return v
}

// Refresh draws the picture again soon. However often it is called meanwhile,
// it is drawn once, with the newest values.
func (v *View) Refresh() {
	if v.due.Swap(true) {
		return
	}
	widget.Later(func() {
		v.due.Store(false)
		v.redraw()
		if v.after != nil && !v.due.Load() {
			v.after(v)
		}
	})
}

func (v *View) redraw() {
	v.drawing.Lock()
	defer v.drawing.Unlock()
	b := safely(v.draw)
	v.mu.Lock()
	v.last = b
	v.mu.Unlock()
	v.area.Set(widget.Inline(b))
}

// safely draws; a panic is shown in place of the picture.
func safely(draw func() display.Bundle) (b display.Bundle) {
	defer func() {
		if r := recover(); r != nil {
			b = display.Bundle{display.Text: fmt.Sprintf("panic: %v", r)}
		}
	}()
	return draw()
}

// MIME is the view with its widgets, and the picture for where there are none.
func (v *View) MIME() map[string]any {
	all := map[string]any{}
	maps.Copy(all, v.Box.MIME())
	v.mu.Lock()
	defer v.mu.Unlock()
	for mime, data := range v.last {
		if mime != display.Text && mime != display.HTML { // which the box has
			all[mime] = data
		}
	}
	return all
}

// String is what the controls say and, in text, the picture.
func (v *View) String() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.controls.String() + "\n" + fmt.Sprint(v.last[display.Text])
}

// Interact calls f with the values of controls, one for each parameter, and
// shows what it returns below them, anew whenever one of them changes. When
// they change faster than f returns, the newest values win.
//
//	nb.Interact(func(a, b float64) any { return a + b },
//		widget.FloatSlider("a", 0, 1, 0.5), widget.FloatSlider("b", 0, 1, 0.5))
//
// A control's value must fit its parameter: a float64 for a FloatSlider, an int
// for an IntSlider, a bool for a Checkbox, a string for a Dropdown or Text, a
// []string for SelectMultiple, a [2]float64 for a range. An error that f returns
// last is shown in place of its result.
func Interact(f any, controls ...widget.Widget) (*View, error) {
	fv := reflect.ValueOf(f)
	if f == nil || fv.Kind() != reflect.Func || fv.IsNil() {
		return nil, fmt.Errorf("nb: Interact wants a function, not a %T", f)
	}
	t := fv.Type()
	if t.NumIn() != len(controls) || t.IsVariadic() {
		return nil, fmt.Errorf("nb: Interact has %d controls for a function of %d parameters", len(controls), t.NumIn())
	}
	for i, c := range controls {
		value, ok := widget.Current(c)
		if !ok {
			return nil, fmt.Errorf("nb: control %d of Interact, %v, has no value", i+1, c)
		}
		if !reflect.TypeOf(value).AssignableTo(t.In(i)) {
			return nil, fmt.Errorf("nb: control %d of Interact gives a %T, but parameter %d is a %v", i+1, value, i+1, t.In(i))
		}
	}
	draw := func() display.Bundle {
		args := make([]reflect.Value, len(controls))
		for i, c := range controls {
			value, _ := widget.Current(c)
			args[i] = reflect.ValueOf(value)
		}
		return result(fv.Call(args))
	}
	v := newView(draw, controls...)
	for _, c := range controls {
		c.(interface{ OnChange(func()) }).OnChange(v.Refresh)
	}
	v.redraw()
	return v, nil
}

// result renders what a function returned.
func result(values []reflect.Value) display.Bundle {
	if n := len(values); n > 0 && values[n-1].Type() == reflect.TypeFor[error]() {
		if err, _ := values[n-1].Interface().(error); err != nil {
			return display.Bundle{display.Text: err.Error()}
		}
		values = values[:n-1]
	}
	if len(values) == 0 {
		return display.Bundle{display.Text: ""}
	}
	b, err := display.Sketch(values[0].Interface())
	if err != nil {
		return display.Bundle{display.Text: err.Error()}
	}
	return b
}
