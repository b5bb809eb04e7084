package widget

import (
	"encoding/json"
	"fmt"
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
	if view["model_id"] != s.id {
		t.Errorf("the view is %v", view)
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
	if last := f.said[len(f.said)-1]; !strings.Contains(string(last.Data), `"echo_update"`) {
		t.Errorf("no echo: %s", last.Data)
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
		{Progress("a", 10), `{"value":3}`, 3.0, "a: 3"},
		{IntSlider("a", 0, 9, 1), `{"value":4}`, 4, "a: 4"},
		{FloatRangeSlider("a", 0, 1, 0, 1), `{"value":[0.2,0.4]}`, [2]float64{0.2, 0.4}, "a: 0.2 to 0.4"},
		{IntRangeSlider("a", 0, 10, 0, 1), `{"value":[2,4]}`, [2]float64{2, 4}, "a: 2 to 4"},
		{Dropdown("a", "x", "y"), `{"index":1}`, "y", "a: y"},
		{ToggleButtons("a", "x", "y"), `{"index":1}`, "y", "a: y"},
		{Checkbox("a", false), `{"value":true}`, true, "a: true"},
		{Text("a", ""), `{"value":"word"}`, "word", "a: word"},
		{Label("say"), `{}`, "say", "say"},
		{HTML("<b>"), `{}`, "<b>", "<b>"},
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

func TestWhatAFrontEndMayNotSet(t *testing.T) {
	connect()
	f, n, r := FloatSlider("a", 0, 1, 0.5), IntSlider("n", 1, 9, 3), FloatRangeSlider("r", 0, 1, 0.2, 0.4)
	l, d, m := FloatLogSlider("l", -1, 1, 1), Dropdown("d", "x", "y"), SelectMultiple("m", "x", "y")
	for _, c := range []struct {
		w     Widget
		state string
	}{
		{f, `{"value":7}`}, {f, `{"value":null}`}, {n, `{"value":0}`}, {n, `{"value":2.5}`},
		{r, `{"value":[0.4,0.2]}`}, {r, `{"value":[0.1]}`}, {r, `{"value":[0.1,7]}`}, {l, `{"value":100}`},
		{d, `{"index":2}`}, {d, `{"index":-1}`}, {m, `{"index":[0,2]}`},
	} {
		before := c.w.String()
		Receive(update(c.w.base().id, c.state))
		if after := c.w.String(); after != before {
			t.Errorf("%s makes %q of %q", c.state, after, before)
		}
	}
	Receive(update(l.id, `{"value":10.000000001}`)) // the end, as the front end computes it
	if l.Value() < 9.99 {
		t.Errorf("the end of the slider is refused: %v", l.Value())
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
	last := f.said[len(f.said)-1]
	if len(last.Buffers) != 1 || string(last.Buffers[0]) != "png" || !strings.Contains(string(last.Data), `"buffer_paths":[["value"]]`) {
		t.Errorf("the image sent %s with %d buffers", last.Data, len(last.Buffers))
	}
	tab := Tab([]string{"one"}, VBox(b, i))
	children := f.state(tab.id)["children"].([]any)
	if len(children) != 1 || f.state(tab.id)["titles"].([]any)[0] != "one" {
		t.Errorf("the tab has %v", f.state(tab.id))
	}
	if got := tab.String(); got != "[go]\nan image" {
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

func TestWithoutAFrontEnd(t *testing.T) {
	Connect(nil)
	s := FloatSlider("a", 0, 1, 0.5)
	s.Set(0.75)
	if s.MIME() != nil || s.String() != "a: 0.75" {
		t.Errorf("view %v, text %q", s.MIME(), s)
	}
}
