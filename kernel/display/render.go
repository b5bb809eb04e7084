package display

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"reflect"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/innkeeper-notebook/innkeeper/inn/plot/svg"
)

// The MIME types of a Bundle.
const (
	Text     = "text/plain"
	HTML     = "text/html"
	Markdown = "text/markdown"
	LaTeX    = "text/latex"
	SVG      = "image/svg+xml"
	PNG      = "image/png"
	JSON     = "application/json"
)

// The size at which a *plot.Plot is drawn.
const (
	plotWidth  = 16 * vg.Centimeter
	plotHeight = 10 * vg.Centimeter
)

// formats are the methods that render a value, in the order they are called.
var formats = []struct{ method, mime string }{
	{"HTML", HTML},
	{"Markdown", Markdown},
	{"LaTeX", LaTeX},
	{"SVG", SVG},
	{"PNG", PNG},
	{"JSON", JSON},
}

// Methods is a value together with rendering methods that reflection does not
// find on it, as those of a type that an interpreter made. Funcs has functions
// without parameters under the names of the methods.
type Methods struct {
	Value any
	Funcs map[string]any
}

// An Interface is the type of an interface that holds something made of a value.
type Interface interface {
	Type
	Inside(v reflect.Value) reflect.Value
}

// Typed is a value together with its type, where reflection does not know it. A
// value that is met within another one is taken for its Typed when it has a
// method of that name.
type Typed struct {
	Value any
	Type  Type
}

// Type is what the text of a value needs to know of its type.
type Type interface {
	String() string                      // as Go writes it, without the package of a cell
	Elem() Type                          // of what it points to or is made of
	Key() Type                           // of a map
	Field(i int) (name string, typ Type) // of a struct
	Text(v any) (text string, ok bool)   // by the method Error, String or Format of v
	Bare(v reflect.Value) reflect.Value  // what to show of a value, mostly itself
}

// Render gives v in every format that it offers. There is always text/plain.
// When a method fails or panics, the error says which one, and the bundle has
// the other formats.
func Render(v any) (Bundle, error) { return render(v, true) }

// Sketch is Render without the PNG of what has an SVG, for pictures that
// change as fast as they are drawn.
func Sketch(v any) (Bundle, error) { return render(v, false) }

func render(v any, both bool) (Bundle, error) {
	var more map[string]any
	if m, ok := v.(Methods); ok {
		v, more = m.Value, m.Funcs
	}
	var typ Type
	if t, ok := v.(Typed); ok {
		v, typ = t.Value, t.Type
	}
	b := Bundle{}
	var errs []error
	for _, f := range formats {
		if f.mime == PNG && b[SVG] != nil && !both {
			continue
		}
		data, ok, err := call(v, more, typ, f.method)
		if err != nil {
			errs = append(errs, err)
		} else if ok {
			b[f.mime] = data
		}
	}
	if m, ok := v.(interface{ MIME() map[string]any }); ok {
		for mime, data := range m.MIME() {
			if _, err := json.Marshal(data); err != nil {
				errs = append(errs, fmt.Errorf("display: %s of method MIME of %s: %w", mime, nameOf(v, typ), err))
				continue
			}
			b[mime] = data
		}
	}
	if err := known(v, b); err != nil {
		errs = append(errs, err)
	}
	if b[Text] == nil {
		text, err := plain(v, more, typ)
		if err != nil {
			errs = append(errs, err)
		}
		b[Text] = text
	}
	return b, errors.Join(errs...)
}

// nameOf is the type of v as errors name it.
func nameOf(v any, t Type) string {
	if t != nil {
		return t.String()
	}
	return fmt.Sprintf("%T", v)
}

// call renders v by one of its methods. It is not ok when v has none of that
// name and of a fitting signature, or is a nil pointer that the method does not
// take.
func call(v any, more map[string]any, t Type, method string) (data any, ok bool, err error) {
	f := find(v, more, method)
	if !f.IsValid() {
		return nil, false, nil
	}
	defer func() {
		r := recover()
		if rv := reflect.ValueOf(v); r != nil && (rv.Kind() != reflect.Pointer || !rv.IsNil()) {
			err = fmt.Errorf("display: method %s of %s panicked: %v", method, nameOf(v, t), r)
		}
	}()
	results := f.Call(nil)
	if len(results) == 2 && !results[1].IsNil() {
		return nil, false, fmt.Errorf("display: method %s of %s: %w", method, nameOf(v, t), results[1].Interface().(error))
	}
	switch data := results[0].Interface().(type) {
	case []byte: // of PNG
		return base64.StdEncoding.EncodeToString(data), true, nil
	case string:
		return data, true, nil
	default:
		return jsonValue(data, nameOf(v, t))
	}
}

// find is the method that renders v, or not valid. Methods of the value itself
// come first.
func find(v any, more map[string]any, method string) reflect.Value {
	rv := reflect.ValueOf(v)
	if rv.IsValid() && (rv.Kind() != reflect.Pointer || !rv.IsNil()) {
		if f := rv.MethodByName(method); f.IsValid() && renders(method, f.Type()) {
			return f
		}
	}
	if f := reflect.ValueOf(more[method]); f.IsValid() && f.Kind() == reflect.Func && renders(method, f.Type()) {
		return f
	}
	return reflect.Value{}
}

// renders reports whether a method has the signature that rendering expects.
func renders(method string, t reflect.Type) bool {
	if t.NumIn() != 0 || t.NumOut() < 1 || t.NumOut() > 2 {
		return false
	}
	if t.NumOut() == 2 && t.Out(1) != reflect.TypeFor[error]() {
		return false
	}
	switch method {
	case "PNG":
		return t.Out(0) == reflect.TypeFor[[]byte]()
	case "JSON":
		return t.Out(0) == reflect.TypeFor[any]()
	}
	return t.Out(0) == reflect.TypeFor[string]()
}

// jsonValue makes sure that what a JSON method returned can be sent.
func jsonValue(data any, of string) (any, bool, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return nil, false, fmt.Errorf("display: method JSON of %s: %w", of, err)
	}
	return json.RawMessage(text), true, nil
}

// known renders the types of other libraries that are known as they are.
func known(v any, b Bundle) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("display: drawing a %T panicked: %v", v, r)
		}
	}()
	switch v := v.(type) {
	case *plot.Plot:
		if v == nil {
			return nil
		}
		b[Text] = "a plot"
		if v.Title.Text != "" {
			b[Text] = "a plot: " + v.Title.Text
		}
		if err := drawable(v); err != nil {
			return err
		}
		canvas := svg.New(plotWidth, plotHeight)
		v.Draw(draw.New(canvas))
		var buf bytes.Buffer
		if _, err := canvas.WriteTo(&buf); err != nil {
			return fmt.Errorf("display: drawing a plot: %w", err)
		}
		b[SVG] = buf.String()
	case image.Image:
		if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() {
			return nil
		}
		size := v.Bounds().Size()
		b[Text] = fmt.Sprintf("a %T of %d x %d pixels", v, size.X, size.Y)
		if size.X < 1 || size.Y < 1 {
			return nil
		}
		var buf bytes.Buffer
		if err := png.Encode(&buf, v); err != nil {
			return fmt.Errorf("display: encoding an image: %w", err)
		}
		b[PNG] = base64.StdEncoding.EncodeToString(buf.Bytes())
	case mat.Matrix:
		if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() {
			return nil
		}
		b[Text] = matrix(v)
	}
	return nil
}

// drawable finds axes that gonum would look for ticks on without end.
func drawable(p *plot.Plot) error {
	for _, axis := range []struct {
		name string
		plot.Axis
	}{{"x", p.X}, {"y", p.Y}} {
		if math.IsNaN(axis.Min) || math.IsNaN(axis.Max) {
			return fmt.Errorf("display: the plot's %s axis runs from %v to %v: NaN among its data?", axis.name, axis.Min, axis.Max)
		}
	}
	return nil
}

// matrix is a matrix as text: all of it, or the corners of a big one.
func matrix(m mat.Matrix) string {
	r, c := m.Dims()
	if r == 0 || c == 0 {
		return fmt.Sprintf("an empty %T", m)
	}
	options := []mat.FormatOption{mat.Squeeze()}
	if r > 16 || c > 12 {
		options = append(options, mat.Excerpt(4))
	}
	return fmt.Sprintf("%.5g", mat.Formatted(m, options...))
}
