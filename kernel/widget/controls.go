package widget

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"image"
	_ "image/gif" // formats whose size an Image tells
	_ "image/jpeg"
	_ "image/png"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// control makes a model that has a description and a style beside its own
// state.
func control(kind, view, style, description string, state map[string]any) *Model {
	state["description"] = description
	if kind != "Button" {
		state["description_allow_html"] = false
	}
	if !slices.Contains(passive, kind) {
		state["disabled"] = false
	}
	return (&Model{layout: newLayout(nil), style: newStyle(style)}).open(controls, kind, view, state)
}

// passive are the kinds that nobody moves.
var passive = []string{"Label", "HTML", "HTMLMath", "FloatProgress"}

// newLayout makes a layout with some CSS properties, by their names with
// underscores.
func newLayout(css map[string]any) *Model {
	state := map[string]any{}
	maps.Copy(state, css)
	return newModel(baseJS, "Layout", "", state)
}

// newStyle makes a style. Descriptions are as wide as their text.
func newStyle(kind string) *Model {
	state := map[string]any{"_view_module": baseJS} // which has the one StyleView
	if kind != "ButtonStyle" {
		state["description_width"] = "initial"
	}
	return newModel(controls, kind, "Style", state)
}

// Align gives the descriptions of controls one width, that of the longest, so that
// what follows them stands in a column. Descriptions whose width was set stay.
func Align(ws ...Widget) {
	var described []*Model
	longest := 0
	for _, w := range ws {
		m := w.base()
		if text, _ := m.get("description").(string); text != "" && m.style != nil && m.style.get("description_width") == "initial" {
			described = append(described, m)
			longest = max(longest, utf8.RuneCountInString(text))
		}
	}
	if len(described) < 2 {
		return
	}
	for _, m := range described {
		m.Style("description_width", fmt.Sprintf("%dch", longest+1)) // a ch is a digit's width
	}
}

// A Float is a control whose value is a number.
type Float struct{ *Model }

// Value is the number.
func (f Float) Value() float64 { return f.get("value").(float64) }

// Set changes the number, here and in the front end; one beyond the control's
// range becomes its end.
func (f Float) Set(v float64) { f.set("value", f.clamp(v)) }

func (f Float) String() string {
	s := fmt.Sprintf("%v: %.4g", f.get("description"), f.Value())
	if f.get("_model_name") == "FloatProgressModel" {
		s += fmt.Sprintf(" of %.4g", f.get("max"))
	}
	return strings.TrimPrefix(s, ": ")
}
func (f Float) value() any { return f.Value() }

// interval checks the range of a control and gives the value within it.
func interval(label string, min, max, value float64) float64 {
	if !(min < max) || math.IsInf(max-min, 1) || math.IsNaN(value) {
		panic(fmt.Sprintf("widget: %q wants a range from a lower to a higher number and a value, not %v to %v and %v", label, min, max, value))
	}
	return math.Min(math.Max(value, min), max)
}

// Step is a round number, of which a slider over an interval of that width makes
// 200 to 500.
func Step(width float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(width/200)))
	for _, m := range []float64{5, 2} {
		if m*unit <= width/200 {
			return m * unit
		}
	}
	return unit
}

// FloatSlider is a slider over [min, max] in steps of Step(max - min).
func FloatSlider(label string, min, max, value float64) Float {
	value = interval(label, min, max, value)
	return Float{control("FloatSlider", "", "SliderStyle", label, map[string]any{
		"min": min, "max": max, "step": Step(max - min), "value": value, "orientation": "horizontal",
		"readout": true, "readout_format": ".4~g", "continuous_update": true, "behavior": "drag-tap",
	})}
}

// FloatLogSlider is a slider over [10^min, 10^max], even in the exponent.
func FloatLogSlider(label string, min, max, value float64) Float {
	value = math.Pow(10, interval(label, min, max, math.Log10(value)))
	return Float{control("FloatLogSlider", "", "SliderStyle", label, map[string]any{
		"min": min, "max": max, "base": 10.0, "step": Step(max - min), "value": value, "orientation": "horizontal",
		"readout": true, "readout_format": ".3~g", "continuous_update": true, "behavior": "drag-tap",
	})}
}

// FloatText is a number to type.
func FloatText(label string, value float64) Float {
	value = interval(label, -math.MaxFloat64/2, math.MaxFloat64/2, value)
	return Float{control("FloatText", "", "DescriptionStyle", label, map[string]any{"value": value, "step": nil, "continuous_update": false})}
}

// Progress is a bar from 0 to max; Set moves it.
func Progress(label string, max float64) Float {
	interval(label, 0, max, 0)
	return Float{control("FloatProgress", "Progress", "ProgressStyle", label, map[string]any{
		"min": 0.0, "max": max, "value": 0.0, "bar_style": "", "orientation": "horizontal",
	})}
}

// An Int is a control whose value is a whole number.
type Int struct{ *Model }

// Value is the number.
func (i Int) Value() int { return i.get("value").(int) }

// Set changes the number, here and in the front end; one beyond the control's
// range becomes its end.
func (i Int) Set(v int) { i.set("value", int(i.clamp(float64(v)))) }

func (i Int) String() string { return fmt.Sprintf("%v: %d", i.get("description"), i.Value()) }
func (i Int) value() any     { return i.Value() }

// IntSlider is a slider over the whole numbers from min to max.
func IntSlider(label string, min, max, value int) Int {
	value = int(interval(label, float64(min), float64(max), float64(value)))
	return Int{control("IntSlider", "", "SliderStyle", label, map[string]any{
		"min": min, "max": max, "step": 1, "value": value, "orientation": "horizontal",
		"readout": true, "readout_format": "d", "continuous_update": true, "behavior": "drag-tap",
	})}
}

// A Range is a control whose value is an interval.
type Range struct{ *Model }

// Value is the interval.
func (r Range) Value() (lo, hi float64) {
	v := r.get("value").([]float64)
	return v[0], v[1]
}

// Set changes the interval, here and in the front end, to what of it is in the
// control's range.
func (r Range) Set(lo, hi float64) {
	lo, hi = r.clamp(lo), r.clamp(hi)
	r.set("value", []float64{min(lo, hi), max(lo, hi)})
}

func (r Range) String() string {
	lo, hi := r.Value()
	return fmt.Sprintf("%v: %.4g to %.4g", r.get("description"), lo, hi)
}

func (r Range) value() any {
	lo, hi := r.Value()
	return [2]float64{lo, hi}
}

// FloatRangeSlider chooses an interval in [min, max].
func FloatRangeSlider(label string, min, max, lo, hi float64) Range {
	lo, hi = interval(label, min, max, lo), interval(label, min, max, hi)
	return Range{rangeSlider("FloatRangeSlider", label, map[string]any{
		"min": min, "max": max, "step": Step(max - min), "value": []float64{lo, hi}, "readout_format": ".4~g",
	})}
}

func rangeSlider(kind, label string, state map[string]any) *Model {
	state["orientation"], state["readout"], state["continuous_update"], state["behavior"] = "horizontal", true, true, "drag-tap"
	return control(kind, "", "SliderStyle", label, state)
}

// An IntRange is a control whose value is an interval of whole numbers.
type IntRange struct{ *Model }

// Value is the interval, with its ends.
func (r IntRange) Value() (lo, hi int) {
	v := r.get("value").([]int)
	return v[0], v[1]
}

// Set changes the interval, here and in the front end, to what of it is in the
// control's range.
func (r IntRange) Set(lo, hi int) {
	lo, hi = int(r.clamp(float64(lo))), int(r.clamp(float64(hi)))
	r.set("value", []int{min(lo, hi), max(lo, hi)})
}

func (r IntRange) String() string {
	lo, hi := r.Value()
	return fmt.Sprintf("%v: %d to %d", r.get("description"), lo, hi)
}

func (r IntRange) value() any {
	lo, hi := r.Value()
	return [2]int{lo, hi}
}

// IntRangeSlider chooses an interval of whole numbers.
func IntRangeSlider(label string, min, max, lo, hi int) IntRange {
	end := func(v int) int { return int(interval(label, float64(min), float64(max), float64(v))) }
	return IntRange{rangeSlider("IntRangeSlider", label, map[string]any{
		"min": min, "max": max, "step": 1, "value": []int{end(lo), end(hi)}, "readout_format": "d",
	})}
}

// A Choice is a control whose value is one of several texts.
type Choice struct {
	*Model
	options []string
}

// Value is the text that is chosen.
func (c Choice) Value() string { return c.options[c.Index()] }

// Index is its place among the options, from 0.
func (c Choice) Index() int { return min(max(c.get("index").(int), 0), len(c.options)-1) }

// Set chooses an option by its place, here and in the front end.
func (c Choice) Set(index int) { c.set("index", optionAt(c.Model, c.options, index)) }

// optionAt checks a place among options.
func optionAt(m *Model, options []string, index int) int {
	if index < 0 || index >= len(options) {
		panic(fmt.Sprintf("widget: %q has options 0 to %d, not %d", m.get("description"), len(options)-1, index))
	}
	return index
}

func (c Choice) String() string { return fmt.Sprintf("%v: %s", c.get("description"), c.Value()) }
func (c Choice) value() any     { return c.Value() }

// Dropdown is a list that opens; the first option is chosen. There must be one.
func Dropdown(label string, options ...string) Choice {
	return choice("Dropdown", "DescriptionStyle", label, options, nil)
}

// ToggleButtons are buttons of which one is down; the first is. There must be
// one.
func ToggleButtons(label string, options ...string) Choice {
	c := choice("ToggleButtons", "ToggleButtonsStyle", label, options, map[string]any{
		"button_style": "", "icons": []string{}, "tooltips": []string{},
	})
	c.Layout("width", "max-content")
	c.Layout("flex_flow", "row nowrap") // the label beside them
	return c
}

func choice(kind, style, label string, options []string, more map[string]any) Choice {
	if len(options) == 0 {
		panic("widget: " + kind + " " + label + " has no options")
	}
	state := map[string]any{"_options_labels": options, "index": 0}
	for k, v := range more {
		state[k] = v
	}
	return Choice{control(kind, "", style, label, state), slices.Clone(options)}
}

// Choices is a control whose value is some of several texts.
type Choices struct {
	*Model
	options []string
}

// Value are the texts that are chosen.
func (c Choices) Value() []string {
	chosen := []string{}
	for _, i := range c.get("index").([]int) {
		if i >= 0 && i < len(c.options) {
			chosen = append(chosen, c.options[i])
		}
	}
	return chosen
}

// Set chooses options by their places, here and in the front end.
func (c Choices) Set(indices ...int) {
	for _, i := range indices {
		optionAt(c.Model, c.options, i)
	}
	c.set("index", append([]int{}, indices...))
}

func (c Choices) String() string {
	return fmt.Sprintf("%v: %s", c.get("description"), strings.Join(c.Value(), ", "))
}
func (c Choices) value() any { return c.Value() }

// SelectMultiple is a list of which any number can be chosen; none is.
func SelectMultiple(label string, options ...string) Choices {
	state := map[string]any{"_options_labels": options, "index": []int{}, "rows": min(max(len(options), 2), 8)}
	return Choices{control("SelectMultiple", "", "DescriptionStyle", label, state), slices.Clone(options)}
}

// A Bool is a control that is on or off.
type Bool struct{ *Model }

// Value reports whether it is on.
func (b Bool) Value() bool { return b.get("value").(bool) }

// Set turns it on or off, here and in the front end.
func (b Bool) Set(v bool) { b.set("value", v) }

func (b Bool) String() string { return fmt.Sprintf("%v: %t", b.get("description"), b.Value()) }
func (b Bool) value() any     { return b.Value() }

// Checkbox is a box to tick.
func Checkbox(label string, value bool) Bool {
	return Bool{control("Checkbox", "", "CheckboxStyle", label, map[string]any{"value": value, "indent": false})}
}

// A Str is a widget whose value is a text.
type Str struct{ *Model }

// Value is the text.
func (s Str) Value() string { return s.get("value").(string) }

// Set changes the text, here and in the front end.
func (s Str) Set(v string) { s.set("value", v) }

// String is the text; that of HTML without its markup.
func (s Str) String() string {
	text := s.Value()
	if s.marked() {
		text = strings.TrimSpace(html.UnescapeString(markup.ReplaceAllString(text, " ")))
	}
	return strings.TrimPrefix(fmt.Sprintf("%v: %s", s.get("description"), text), ": ")
}
func (s Str) value() any { return s.Value() }

// HTML is the text for a page without widgets.
func (s Str) HTML() string {
	if s.marked() {
		return s.Value()
	}
	return html.EscapeString(s.String())
}

func (s Str) marked() bool {
	name, _ := s.get("_model_name").(string)
	return strings.HasPrefix(name, "HTML")
}

var markup = regexp.MustCompile(`(?s)<style.*?</style>|<[^>]*>`)

// Text is a line of text to type.
func Text(label, value string) Str {
	return text("Text", "TextStyle", label, value, map[string]any{"continuous_update": false})
}

// Label shows a text, HTML one with markup, and HTMLMath one with formulas too.
func Label(value string) Str    { return text("Label", "LabelStyle", "", value, nil) }
func HTML(value string) Str     { return text("HTML", "HTMLStyle", "", value, nil) }
func HTMLMath(value string) Str { return text("HTMLMath", "HTMLMathStyle", "", value, nil) }

func text(kind, style, label, value string, more map[string]any) Str {
	state := map[string]any{"value": value, "placeholder": "\u200b"}
	for k, v := range more {
		state[k] = v
	}
	return Str{control(kind, "", style, label, state)}
}

// A Button calls a function when it is pressed.
type Button struct{ *Model }

// NewButton makes a button. Presses that come while press runs wait for it; what
// it panics with is shown under the button, see Try.
func NewButton(label string, press func()) Button {
	b := Button{control("Button", "", "ButtonStyle", label, map[string]any{"icon": "", "button_style": ""})}
	b.onCustom = append(b.onCustom, func(content json.RawMessage) {
		var c struct{ Event string }
		if json.Unmarshal(content, &c) == nil && c.Event == "click" {
			changes.later(b.Model, press)
		}
	})
	return b
}

// HTML says that there was a button: a page without widgets has nothing to press.
func (b Button) HTML() string {
	return `<span style="color: #767676">` + html.EscapeString(b.String()) + "</span>"
}

func (b Button) String() string { return fmt.Sprintf("[%v]", b.get("description")) }

// An Image shows a picture: PNG, JPEG, GIF, WebP or SVG.
type Image struct{ *Model }

// NewImage makes an image.
func NewImage(data []byte) Image {
	m := &Model{layout: newLayout(map[string]any{"max_width": "100%", "align_self": "flex-start"}), binary: map[string][]byte{"value": slices.Clone(data)}}
	return Image{m.open(controls, "Image", "", map[string]any{"format": pictureFormat(data), "width": "", "height": ""})}
}

// Set shows another picture.
func (i Image) Set(data []byte) {
	i.mu.Lock()
	i.binary["value"], i.state["format"] = slices.Clone(data), pictureFormat(data)
	i.mu.Unlock()
	i.push("update", "format", "value")
}

// pictureFormat is what follows image/ in the picture's media type.
func pictureFormat(data []byte) string {
	if kind, ok := strings.CutPrefix(http.DetectContentType(data), "image/"); ok {
		return kind
	}
	if bytes.Contains(data[:min(len(data), 1000)], []byte("<svg")) {
		return "svg+xml"
	}
	return "png"
}

// HTML is the picture for a page without widgets.
func (i Image) HTML() string {
	return fmt.Sprintf(`<img src="data:image/%v;base64,%s">`, i.get("format"), base64.StdEncoding.EncodeToString(i.data()))
}

func (i Image) String() string {
	c, _, err := image.DecodeConfig(bytes.NewReader(i.data()))
	if err != nil {
		return "an image"
	}
	return fmt.Sprintf("an image of %d x %d pixels", c.Width, c.Height)
}

func (i Image) data() []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.binary["value"]
}
