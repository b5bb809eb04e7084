package widget

import (
	"encoding/json"
	"io"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// FuzzReceive sends widgets of each kind whatever a front end may send: they
// take it or refuse it, and what they say afterwards is JSON.
func FuzzReceive(f *testing.F) {
	for i, data := range []string{
		`{"method":"update","state":{"value":0.5,"min":2,"max":1,"step":0}}`, `{"method":"update","state":{"value":[1,0],"base":-1}}`,
		`{"method":"update","state":{"index":-1,"_options_labels":[]}}`, `{"method":"update","state":{"index":[0,9]}}`,
		`{"method":"update","state":{"selected_index":null,"children":["x"]}}`, `{"method":"update","state":{"value":null,"layout":{"width":5}}}`,
		`{"method":"custom","content":{"event":"click"}}`, `{"method":"custom","content":[5]}`, `{"method":"request_state"}`, `{"method":"request_states"}`,
		`{"method":5}`, `[]`, `null`, ``, `{"method":"update","state":{"value":1e999}}`, `{"method":"update","state":{"value":9223372036854775808,"description":"\ud800"}}`,
	} {
		f.Add(uint(i), uint(0), []byte(data))
		f.Add(uint(i+7), uint(1), []byte(data))
	}
	log = io.Discard
	f.Fuzz(func(t *testing.T, which, kind uint, data []byte) {
		var ids []string // in the order of their making
		Connect(func(c display.Comm) {
			if c.Kind == "open" {
				ids = append(ids, c.ID)
			}
			if len(c.Data) > 0 && !json.Valid(c.Data) {
				t.Errorf("a widget says %q", c.Data)
			}
		})
		a, b := FloatSlider("a", 0, 1, 0), Progress("b", 1)
		VBox(a, FloatLogSlider("b", 1, 10, 2), FloatText("c", 1), IntSlider("d", 0, 9, 1), FloatRangeSlider("e", 0, 1, 0, 1), IntRangeSlider("f", 0, 9, 1, 2))
		Tab([]string{"one"}, Dropdown("g", "x", "y"), ToggleButtons("h", "x", "y"), SelectMultiple("i", "x", "y"), Checkbox("j", true), Text("k", "v"), HTML("l"))
		Accordion([]string{"two"}, NewButton("m", func() {}), NewImage([]byte{1}), NewOutput(), b)
		Link(a, b)
		c := display.Comm{Kind: []string{"msg", "open", "close"}[kind%3], Data: data, Buffers: [][]byte{data}, Parent: []byte("{}")}
		if n := which % uint(len(ids)+2); n < uint(len(ids)) {
			c.ID = ids[n]
		} else if n == uint(len(ids)) {
			c.ID, c.Target = "control", ControlTarget
		}
		if len(data) > 0 && !json.Valid(data) {
			return // the protocol's server has seen to that
		}
		Receive(c)
		Receive(c)
		done := make(chan bool)
		Later(func() { close(done) })
		<-done
		if _, err := json.Marshal(States()); err != nil {
			t.Errorf("after %q: %v", data, err)
		}
	})
}
