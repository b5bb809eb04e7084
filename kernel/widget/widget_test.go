package widget

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// A front records what widgets say.
type front struct {
	mu   sync.Mutex
	said []display.Comm
}

func connect() *front {
	f := &front{}
	Connect(func(c display.Comm) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.said = append(f.said, c)
	})
	return f
}

// state is the newest state that a model sent, parts taken together.
func (f *front) state(id string) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]any{}
	for _, c := range f.said {
		var d struct{ State map[string]any }
		if c.ID == id && json.Unmarshal(c.Data, &d) == nil {
			for k, v := range d.State {
				all[k] = v
			}
		}
	}
	return all
}

func (f *front) opened() (kinds []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.said {
		var d struct{ State map[string]any }
		json.Unmarshal(c.Data, &d)
		if c.Kind == "open" {
			kinds = append(kinds, d.State["_model_name"].(string))
		}
	}
	return kinds
}

func update(id, state string) display.Comm {
	return display.Comm{Kind: "msg", ID: id, Data: json.RawMessage(`{"method":"update","state":` + state + `,"buffer_paths":[]}`)}
}

func TestOpensWithTheStateOfTheProtocol(t *testing.T) {
	f := connect()
	s := FloatSlider("depth", 1, 5, 2)
	if got := f.opened(); !slices.Equal(got, []string{"LayoutModel", "SliderStyleModel", "FloatSliderModel"}) {
		t.Errorf("opened %v: what a state refers to must come first", got)
	}
	state := f.state(s.id)
	for k, want := range map[string]any{"value": 2.0, "min": 1.0, "max": 5.0, "_view_name": "FloatSliderView", "_model_module": controls, "description": "depth"} {
		if state[k] != want {
			t.Errorf("%s is %v, want %v", k, state[k], want)
		}
	}
	for _, k := range []string{"layout", "style"} {
		if ref, _ := state[k].(string); !strings.HasPrefix(ref, "IPY_MODEL_") {
			t.Errorf("%s is %v", k, state[k])
		}
	}
	if c := f.said[2]; c.Target != "jupyter.widget" || string(c.Metadata) != `{"version":"2.1.0"}` {
		t.Errorf("target %q, metadata %s", c.Target, c.Metadata)
	}
	view := s.MIME()["application/vnd.jupyter.widget-view+json"].(map[string]any)
	shown, _ := f.state(view["model_id"].(string))["children"].([]any)
	if len(shown) == 0 || shown[0] != "IPY_MODEL_"+s.id {
		t.Errorf("the view is %v of %v", view, shown)
	}
	if again := s.MIME()["application/vnd.jupyter.widget-view+json"].(map[string]any); again["model_id"] != view["model_id"] {
		t.Errorf("shown again it is another: %v, %v", view, again)
	}
}

func TestAFrontEndsChange(t *testing.T) {
	f := connect()
	s := FloatSlider("a", 0, 1, 0.5)
	heard := make(chan float64, 9)
	s.OnChange(func() { heard <- s.Value() })
	Receive(update(s.id, `{"value":0.75}`))
	select {
	case v := <-heard:
		if v != 0.75 {
			t.Errorf("the function saw %v", v)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the function was not called")
	}
	Receive(update(s.id, `{"value":"not a number"}`))
	Receive(update(s.id, `{`))
	Receive(update("unknown", `{"value":1}`))
	if s.Value() != 0.75 {
		t.Errorf("after nonsense the value is %v", s.Value())
	}
	if s.Set(0.25); f.state(s.id)["value"] != 0.25 {
		t.Errorf("the front end has %v", f.state(s.id)["value"])
	}
}

// While a slow function runs, a dragged slider's changes become one.
func TestTheNewestValueWins(t *testing.T) {
	connect()
	s := IntSlider("n", 0, 1000, 0)
	var seen []int
	begun, release, done := make(chan bool), make(chan bool), make(chan bool)
	s.OnChange(func() {
		v := s.Value()
		seen = append(seen, v)
		if len(seen) == 1 {
			begun <- true
			<-release
		}
		if v == 500 {
			close(done)
		}
	})
	Receive(update(s.id, `{"value":1}`))
	<-begun
	for i := 2; i <= 500; i++ {
		Receive(update(s.id, `{"value":`+string(must(json.Marshal(i)))+`}`))
	}
	close(release)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the last value never came")
	}
	if len(seen) != 2 {
		t.Errorf("the function was called %d times", len(seen))
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestEveryControl(t *testing.T) {
	f := connect()
	for _, c := range []struct {
		w      Widget
		state  string
		want   any
		inText string
	}{
		{FloatSlider("a", 0, 1, 0.5), `{"value":0.25}`, 0.25, "a: 0.25"},
		{FloatLogSlider("a", -3, 3, 1), `{"value":100}`, 100.0, "a: 100"},
		{FloatText("a", 1), `{"value":7.5}`, 7.5, "a: 7.5"},
		{Progress("a", 10), `{"value":3}`, 3.0, "a: 3 of 10"},
		{IntSlider("a", 0, 9, 1), `{"value":4}`, 4, "a: 4"},
		{FloatRangeSlider("a", 0, 1, 0, 1), `{"value":[0.2,0.4]}`, [2]float64{0.2, 0.4}, "a: 0.2 to 0.4"},
		{IntRangeSlider("a", 0, 10, 0, 1), `{"value":[2,4]}`, [2]int{2, 4}, "a: 2 to 4"},
		{Dropdown("a", "x", "y"), `{"index":1}`, "y", "a: y"},
		{ToggleButtons("a", "x", "y"), `{"index":1}`, "y", "a: y"},
		{Checkbox("a", false), `{"value":true}`, true, "a: true"},
		{Text("a", ""), `{"value":"word"}`, "word", "a: word"},
		{Label("say"), `{}`, "say", "say"},
		{HTML("<b>1 &lt; 2</b>"), `{}`, "<b>1 &lt; 2</b>", "1 < 2"},
		{HTMLMath("$x$"), `{}`, "$x$", "$x$"},
	} {
		Receive(update(c.w.base().id, c.state))
		if got, ok := Current(c.w); !ok || got != c.want || c.w.String() != c.inText {
			t.Errorf("%v: value %v (%t), want %v; text %q, want %q", c.w.base().get("_model_name"), got, ok, c.want, c.w, c.inText)
		}
		state := f.state(c.w.base().id)
		if name, _ := state["_model_name"].(string); !strings.HasSuffix(name, "Model") || state["_view_name"] == nil {
			t.Errorf("model %v, view %v", state["_model_name"], state["_view_name"])
		}
	}
	m := SelectMultiple("a", "x", "y", "z")
	Receive(update(m.id, `{"index":[0,2]}`))
	if got := m.Value(); !slices.Equal(got, []string{"x", "z"}) {
		t.Errorf("chosen are %v", got)
	}
}

// An echo has what the kernel has, and speaks in the name of the change: a page
// takes it for the answer to its own by that.
func TestEchoes(t *testing.T) {
	f := connect()
	s := FloatSlider("a", 0, 1, 0.5)
	for _, c := range []struct{ state, echoed string }{{`{"value":0.75}`, `{"value":0.75}`}, {`{"value":7}`, `{"value":0.75}`}} {
		sent := update(s.id, c.state)
		sent.Parent = json.RawMessage(`{"msg_id":"` + c.state[9:10] + `"}`)
		Receive(sent)
		last := f.said[len(f.said)-1]
		var d struct {
			Method string
			State  json.RawMessage
		}
		if json.Unmarshal(last.Data, &d); d.Method != "echo_update" || string(d.State) != c.echoed || string(last.Parent) != string(sent.Parent) {
			t.Errorf("%s is echoed as %s in the name of %s", c.state, last.Data, last.Parent)
		}
	}
}

func TestWhatAFrontEndMayNotSet(t *testing.T) {
	connect()
	i, tab := IntRangeSlider("i", 0, 9, 2, 4), Tab(nil, Label("x"), Label("y"))
	logged := refusals(t)
	f, n, r := FloatSlider("a", 0, 1, 0.5), IntSlider("n", 1, 9, 3), FloatRangeSlider("r", 0, 1, 0.2, 0.4)
	l, d, m := FloatLogSlider("l", -1, 1, 1), Dropdown("d", "x", "y"), SelectMultiple("m", "x", "y")
	for _, c := range []struct {
		w     Widget
		state string
	}{
		{f, `{"value":7}`}, {f, `{"value":null}`}, {n, `{"value":0}`}, {n, `{"value":2.5}`},
		{r, `{"value":[0.4,0.2]}`}, {r, `{"value":[0.1]}`}, {r, `{"value":[0.1,7]}`}, {l, `{"value":100}`},
		{d, `{"index":2}`}, {d, `{"index":-1}`}, {m, `{"index":[0,2]}`}, {i, `{"value":[2.5,4]}`}, {i, `{"value":[2,10]}`},
		{f, `{"max":-1}`}, {f, `{"_model_name":"x"}`}, {f, `{"layout":"IPY_MODEL_x"}`}, {f, `{"unknown":1}`}, {f, `{"disabled":1}`},
		{tab, `{"selected_index":2}`}, {tab, `{"selected_index":"x"}`}, {tab, `{"children":[]}`}, {d, `{"_options_labels":[]}`},
	} {
		before := states(c.w)
		Receive(update(c.w.base().id, c.state))
		if after := states(c.w); after != before {
			t.Errorf("%s makes %q of %q", c.state, after, before)
		}
		name := c.state[2:strings.Index(c.state, ":")-1] + " = "
		if said := logged(); !strings.HasPrefix(said, "widget: refused "+name) || strings.Count(said, "\n") != 1 {
			t.Errorf("about %s it is logged %q", c.state, said)
		}
	}
	Receive(update("unknown", `{"value":1}`))
	if said := logged(); said != "widget: refused a message for a widget that there is not: unknown\n" {
		t.Errorf("about an unknown model it is logged %q", said)
	}
	for state, want := range map[string]int{`{"selected_index":1}`: 1, `{"selected_index":null}`: -1} {
		if Receive(update(tab.id, state)); tab.Open() != want {
			t.Errorf("%s opens %d", state, tab.Open())
		}
	}
	Receive(update(l.id, `{"value":10.000000001}`)) // the end, as the front end computes it
	if l.Value() < 9.99 {
		t.Errorf("the end of the slider is refused: %v", l.Value())
	}
}

// states is all that a model has.
func states(w Widget) string {
	saved, _ := w.base().saved()
	return string(must(json.Marshal(saved)))
}

// refusals gives what was logged since it was called last.
func refusals(t *testing.T) (logged func() string) {
	var said strings.Builder
	log = &said
	t.Cleanup(func() { log = os.Stderr })
	return func() string {
		defer said.Reset()
		return said.String()
	}
}

func TestTraits(t *testing.T) {
	f := connect()
	s, r, b := FloatSlider("a", 0, 10, 8), IntRangeSlider("r", 0, 9, 2, 8), NewButton("go", func() {})
	s.Trait("max", 5)
	s.Trait("readout_format", ".1f")
	s.Trait("tooltip", "how far")
	r.Trait("max", 6)
	b.Trait("button_style", "success")
	b.Trait("disabled", true)
	if lo, hi := r.Value(); s.Value() != 5 || lo != 2 || hi != 6 {
		t.Errorf("in a smaller range the values are %v and %v", s, r)
	}
	slider, button := f.state(s.id), f.state(b.id)
	if slider["max"] != 5.0 || slider["value"] != 5.0 || slider["readout_format"] != ".1f" || slider["tooltip"] != "how far" || button["button_style"] != "success" || button["disabled"] != true {
		t.Errorf("the page has %v and %v", slider, button)
	}
	for want, c := range map[string]func(){
		`a FloatSlider has no property "colour"; it has behavior, continuous_update`: func() { s.Trait("colour", "red") },
		`a FloatSlider has no property "value"`:                                      func() { s.Trait("value", 1) },
		`"disabled" of a FloatSlider is of type bool: it cannot be 1 of type int`:    func() { s.Trait("disabled", 1) },
		`the range of "a" would be from 0 to -1`:                                     func() { s.Trait("max", -1) },
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, want) {
					t.Errorf("panic %q, want %q", r, want)
				}
			}()
			c()
		}()
	}
}

func TestOutput(t *testing.T) {
	f := connect()
	o := NewOutput()
	fmt.Fprintln(o, "printed")
	if err := o.Show(3); err != nil {
		t.Error(err)
	}
	if got := o.String(); got != "printed\n3" {
		t.Errorf("it shows %q", got)
	}
	state := f.state(o.id)
	list := state["outputs"].([]any)
	if len(list) != 2 || list[0].(map[string]any)["text"] != "printed\n" || state["_model_module_version"] != "1.0.0" {
		t.Errorf("the page has %v", state)
	}
	if o.Clear(); o.String() != "" {
		t.Errorf("cleared, it shows %q", o)
	}
}

func TestButtonsImagesAndBoxes(t *testing.T) {
	f := connect()
	pressed := make(chan bool, 3)
	b := NewButton("go", func() { pressed <- true })
	Receive(display.Comm{Kind: "msg", ID: b.id, Data: json.RawMessage(`{"method":"custom","content":{"event":"click"}}`)})
	select {
	case <-pressed:
	case <-time.After(10 * time.Second):
		t.Fatal("the button did nothing")
	}
	i := NewImage([]byte("png"))
	if i.Set([]byte("GIF89a\x02\x00\x03\x00\x00\x00\x00")); f.state(i.id)["format"] != "gif" || !strings.Contains(i.HTML(), "data:image/gif;base64,") || i.String() != "an image of 2 x 3 pixels" {
		t.Errorf("a GIF is %v, %s, %s", f.state(i.id)["format"], i.HTML(), i)
	}
	if i.Set([]byte("<?xml version='1.0'?><svg/>")); f.state(i.id)["format"] != "svg+xml" {
		t.Errorf("an SVG is %v", f.state(i.id)["format"])
	}
	i.Set([]byte("png"))
	last := f.said[len(f.said)-1]
	if len(last.Buffers) != 1 || string(last.Buffers[0]) != "png" || !strings.Contains(string(last.Data), `"buffer_paths":[["value"]]`) {
		t.Errorf("the image sent %s with %d buffers", last.Data, len(last.Buffers))
	}
	tab := Tab([]string{"one"}, VBox(b, i))
	children := f.state(tab.id)["children"].([]any)
	if len(children) != 1 || f.state(tab.id)["titles"].([]any)[0] != "one" {
		t.Errorf("the tab has %v", f.state(tab.id))
	}
	if got := tab.String(); got != "one\n[go]\nan image" {
		t.Errorf("in text it is %q", got)
	}
}

func TestAPageThatIsReloadedGetsEverything(t *testing.T) {
	f := connect()
	s := FloatSlider("a", 0, 1, 0.5)
	i := NewImage([]byte("png"))
	Receive(display.Comm{Kind: "open", ID: "c", Target: ControlTarget, Data: json.RawMessage(`{}`)})
	Receive(display.Comm{Kind: "msg", ID: "c", Target: ControlTarget, Data: json.RawMessage(`{"method":"request_states"}`)})
	last := f.said[len(f.said)-1]
	var d struct {
		Method      string
		States      map[string]struct{ State map[string]any }
		BufferPaths [][]string `json:"buffer_paths"`
	}
	if err := json.Unmarshal(last.Data, &d); err != nil || last.ID != "c" || d.Method != "update_states" {
		t.Fatalf("%v: %s", err, last.Data)
	}
	if d.States[s.id].State["value"] != 0.5 || len(last.Buffers) != 1 || !slices.Equal(d.BufferPaths[0], []string{i.id, "state", "value"}) {
		t.Errorf("states %v, paths %v, %d buffers", d.States[s.id], d.BufferPaths, len(last.Buffers))
	}
}

// A function that panics says so under its widget, and no more once it works.
func TestAFailureIsShownUnderTheWidget(t *testing.T) {
	f := connect()
	var logged []any
	OnFailure(func(r any) { logged = append(logged, r) })
	defer OnFailure(nil)
	s := FloatSlider("a", 0, 1, 0.5)
	done := make(chan bool)
	s.OnChange(func() {
		defer func() { done <- true }()
		if s.Value() > 0.8 {
			panic("too much")
		}
	})
	b := NewButton("save", Try(func() error { defer func() { done <- true }(); return fmt.Errorf("the disk is full") }))
	root := HBox(VBox(s), b).MIME()["application/vnd.jupyter.widget-view+json"].(map[string]any)["model_id"].(string)
	complaint := strings.TrimPrefix(f.state(root)["children"].([]any)[1].(string), "IPY_MODEL_")
	layout := strings.TrimPrefix(f.state(complaint)["layout"].(string), "IPY_MODEL_")
	says := func() string { // once the functions are through
		<-done
		through := make(chan bool)
		Later(func() { close(through) })
		<-through
		if f.state(layout)["display"] == "none" {
			return ""
		}
		return f.state(complaint)["value"].(string)
	}
	press := display.Comm{Kind: "msg", ID: b.id, Data: json.RawMessage(`{"method":"custom","content":{"event":"click"}}`)}
	if Receive(update(s.id, `{"value":0.9}`)); !strings.Contains(says(), "panic: too much") {
		t.Errorf("the page has %q", f.state(complaint))
	}
	if Receive(update(s.id, `{"value":0.4}`)); says() != "" || s.Value() != 0.4 {
		t.Errorf("after a success the page has %q, the value is %v", f.state(complaint), s.Value())
	}
	if Receive(press); !strings.Contains(says(), "the disk is full") {
		t.Errorf("after an error the page has %q", f.state(complaint))
	}
	if len(logged) != 0 {
		t.Errorf("it is logged, too: %v", logged)
	}
}

func TestLayoutAndStyle(t *testing.T) {
	f := connect()
	a, b := FloatSlider("a", 0, 1, 0), FloatSlider("b", 0, 1, 0)
	a.Layout("width", "500px")
	a.Layout("max-width", "90%")
	a.Style("description_width", "120px")
	part := func(w Widget, name string) map[string]any {
		return f.state(strings.TrimPrefix(f.state(w.base().id)[name].(string), "IPY_MODEL_"))
	}
	if l := part(a, "layout"); l["width"] != "500px" || l["max_width"] != "90%" {
		t.Errorf("the layout is %v", l)
	}
	if a, b := part(a, "style"), part(b, "style"); a["description_width"] != "120px" || b["description_width"] != "initial" {
		t.Errorf("the styles are %v and %v", a, b)
	}
	if a.Layout("width", ""); part(a, "layout")["width"] != nil {
		t.Errorf("the layout is %v", part(a, "layout"))
	}
}

func TestAlign(t *testing.T) {
	connect()
	a, b, c, d := FloatSlider("a", 0, 1, 0), FloatSlider("größer", 0, 1, 0), FloatSlider("set", 0, 1, 0), HBox()
	c.Style("description_width", "40px")
	Align(a, b, c, d)
	for s, want := range map[Float]any{a: "7ch", b: "7ch", c: "40px"} {
		if got := s.style.get("description_width"); got != want {
			t.Errorf("the description of %v is %v wide, want %v", s, got, want)
		}
	}
}

// settle waits until no function of a change runs nor is due.
func settle(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		changes.mu.Lock()
		running := changes.running
		changes.mu.Unlock()
		if !running {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the functions of the changes never end")
		}
	}
}

func TestLinks(t *testing.T) {
	f := connect()
	a, b := FloatSlider("a", 0, 1, 0.25), FloatSlider("b", 0, 1, 0.75)
	Link(a, b)
	if b.Value() != 0.25 {
		t.Errorf("linked, b is %v", b.Value())
	}
	equal := func(what string, want float64) {
		t.Helper()
		settle(t)
		if a.Value() != want || b.Value() != want {
			t.Errorf("%s: a is %v and b %v, want %v", what, a.Value(), b.Value(), want)
		}
	}
	Receive(update(a.id, `{"value":0.5}`))
	equal("a moved", 0.5)
	Receive(update(b.id, `{"value":1}`))
	equal("b moved", 1)
	wide := FloatSlider("wide", -5, 5, 0)
	Link(wide, a)
	Receive(update(wide.id, `{"value":-3}`)) // a has nothing below 0, so neither has the other
	equal("beyond the range", 0)
	if wide.Value() != 0 {
		t.Errorf("beyond the other's range it is %v", wide)
	}
	JSLink(Dropdown("x", "1", "2"), Dropdown("y", "3", "4"))
	var d struct{ State map[string]any }
	json.Unmarshal(f.said[len(f.said)-1].Data, &d)
	if d.State["_model_name"] != "LinkModel" || d.State["source"].([]any)[1] != "index" {
		t.Errorf("the page has %v", d.State)
	}
	defer func() {
		if r := fmt.Sprint(recover()); !strings.Contains(r, "values of one kind") {
			t.Errorf("a number linked with a text: %v", r)
		}
	}()
	Link(a, Text("t", ""))
}

// What a cell sets beyond a control's range becomes its end, and a range that is
// none is said.
func TestRanges(t *testing.T) {
	Connect(nil)
	f, n, r := FloatSlider("f", 0, 1, 7), IntSlider("n", 1, 9, -3), FloatRangeSlider("r", 0, 1, -1, 0.5)
	if lo, hi := r.Value(); f.Value() != 1 || n.Value() != 1 || lo != 0 || hi != 0.5 {
		t.Errorf("made beyond its range: %v, %v, %v", f, n, r)
	}
	f.Set(-1)
	n.Set(20)
	r.Set(2, 0.25)
	if lo, hi := r.Value(); f.Value() != 0 || n.Value() != 9 || lo != 0.25 || hi != 1 {
		t.Errorf("set beyond its range: %v, %v, %v", f, n, r)
	}
	for what, c := range map[string]func(){
		`"a" wants a range from a lower to a higher number`: func() { FloatSlider("a", 1, 0, 0) },
		`"b" wants a range`:                  func() { IntSlider("b", 1, 1, 1) },
		`"c" wants a range`:                  func() { FloatSlider("c", 0, 1, math.NaN()) },
		`"d" has options 0 to 1, not 2`:      func() { Dropdown("d", "x", "y").Set(2) },
		`"e" has options 0 to 0, not -1`:     func() { SelectMultiple("e", "x").Set(0, -1) },
		`NaN is no value for "f"`:            func() { f.Set(math.NaN()) },
		`Dropdown g has no options`:          func() { Dropdown("g") },
		`"h" wants a range from a lower`:     func() { Progress("h", 0) },
		`"i" wants a range from a lower to `: func() { FloatLogSlider("i", 0, 1, -5) },
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, what) || !strings.HasPrefix(r, "widget: ") {
					t.Errorf("panic %q, want %q", r, what)
				}
			}()
			c()
		}()
	}
}

// What a page without widgets shows of them.
func TestWhatIsLeftOnAPage(t *testing.T) {
	Connect(nil)
	o := NewOutput()
	fmt.Fprint(o, "1 < 2")
	o.Show(shape{})
	all := Tab([]string{"first & last"}, HBox(FloatSlider("a < b", 0, 1, 0.5), HTML("<b>bold</b>"), o))
	for name, w := range map[string]Widget{
		"log: 10": FloatLogSlider("log", -3, 3, 10), "n: 3": IntSlider("n", 0, 9, 3), "r: 0.2 to 0.7": FloatRangeSlider("r", 0, 1, 0.2, 0.7),
		"i: 2 to 7": IntRangeSlider("i", 0, 9, 2, 7), "d: x": Dropdown("d", "x", "y"), "t: x": ToggleButtons("t", "x", "y"), "m: ": SelectMultiple("m", "x"),
		"c: true": Checkbox("c", true), "[go]": NewButton("go", nil), "w: some": Text("w", "some"), "f: 1.5": FloatText("f", 1.5), "said": Label("said"),
		"$x^2$": HTMLMath("$x^2$"), "data:image/png;base64,": NewImage(nil), "bar: 0 of 9": Progress("bar", 9), "<h4>one</h4>": Accordion([]string{"one"}, Label("1")),
		">2<": GridBox(2, Label("1"), Label("2")), ">3<": VBox(Label("3")),
	} {
		if page := asHTML(w); !strings.Contains(page, name) {
			t.Errorf("a page has %q of a widget, want %q", page, name)
		}
	}
	for _, want := range []string{"<h4>first &amp; last</h4>", "a &lt; b: 0.5", "<b>bold</b>", "1 &lt; 2", "<svg/>"} {
		if !strings.Contains(all.HTML(), want) {
			t.Errorf("%q is not in %s", want, all.HTML())
		}
	}
	if got := all.String(); got != "first & last\na < b: 0.5   bold   1 < 2a shape" {
		t.Errorf("in text it is %q", got)
	}
}

// A page that is loaded after a widget was closed finds nothing that refers to it.
func TestClose(t *testing.T) {
	f := connect()
	s := FloatSlider("a", 0, 1, 0.5)
	b := HBox(s)
	b.MIME()
	b.Close()
	s.Close()
	if left := States(); left != nil {
		t.Errorf("left are %v", left)
	}
	open := map[string]bool{}
	for _, c := range f.said {
		open[c.ID] = c.Kind != "close"
	}
	for id, is := range open {
		if is {
			t.Errorf("the page still has %v", f.state(id))
		}
	}
}

type shape struct{}

func (shape) SVG() string    { return "<?xml?><svg/>" }
func (shape) String() string { return "a shape" }

func TestStatesForANotebook(t *testing.T) {
	Keep()
	defer Connect(nil)
	s, i := IntSlider("n", 0, 9, 4), NewImage([]byte("png"))
	box := VBox(s, i)
	view := box.MIME()["application/vnd.jupyter.widget-view+json"].(map[string]any)
	if Connected() {
		t.Error("nobody looks, but it is connected")
	}
	states := States()["application/vnd.jupyter.widget-state+json"].(map[string]any)["state"].(map[string]any)
	image := states[i.id].(map[string]any)
	if Keep(); IntSlider("n", 0, 9, 4).id != s.id {
		t.Error("a second run gives widgets other names")
	}
	if states[view["model_id"].(string)] == nil || states[s.id].(map[string]any)["state"].(map[string]any)["value"] != 4.0 {
		t.Errorf("the states are %v", states)
	}
	if b := image["buffers"].([]any)[0].(map[string]any); b["data"] != "cG5n" || b["encoding"] != "base64" || fmt.Sprint(b["path"]) != "[value]" {
		t.Errorf("the image's bytes are %v", b)
	}
	for id, s := range states { // what a state refers to is there
		for _, part := range strings.Split(fmt.Sprint(s), "IPY_MODEL_")[1:] {
			if ref, _, _ := strings.Cut(strings.NewReplacer("]", " ").Replace(part), " "); states[ref] == nil {
				t.Errorf("%s refers to %s, which is not there", id, ref)
			}
		}
	}
}

func TestWithoutAFrontEnd(t *testing.T) {
	Connect(nil)
	s := FloatSlider("a", 0, 1, 0.5)
	s.Set(0.75)
	if s.MIME() != nil || s.String() != "a: 0.75" {
		t.Errorf("view %v, text %q", s.MIME(), s)
	}
}
