package jupyter

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// That a comm's message is handled is said behind what another comm says because of
// it, and before whatever else comes; if nothing does, a little later.
func TestLate(t *testing.T) {
	defer func(d time.Duration) { lateness = d }(lateness)
	lateness = time.Hour
	signer, err := newSigner("hmac-sha256", "k")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{ctx: t.Context(), kernel: plain{t}, signer: signer, session: "s", iopub: newPublisher(nil, nil)}
	s.comms = &Comms{server: s, open: map[string]*openComm{"slider": {"", silent{}}, "picture": {"", silent{}}}}
	p := &peer{topics: map[string]bool{"": true}, wake: make(chan struct{}, 1)}
	s.iopub.peers = []*peer{p}
	sent := func() (list []string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, o := range p.queue {
			var content struct {
				State string `json:"execution_state"`
				Data  string
			}
			if err := json.Unmarshal(o.frames[len(o.frames)-1], &content); err != nil {
				t.Fatal(err)
			}
			list = append(list, content.Data+content.State)
		}
		p.queue = nil
		return list
	}
	slider, picture := &Comm{ID: "slider", comms: s.comms}, &Comm{ID: "picture", comms: s.comms}
	moved := &request{message: &message{header: header{Type: "comm_msg"}, raw: []byte(`{"msg_id":"1"}`), content: []byte(`{"comm_id":"slider","data":{}}`)}, peer: p}
	for what, c := range map[string]struct {
		then func()
		want []string
	}{
		"nothing":      {func() {}, nil},
		"another comm": {func() { picture.Send("drawn", nil, nil) }, []string{"drawn", "busy", "idle", "echo"}},
		"the comm":     {func() { slider.Send("set", nil, nil) }, []string{"busy", "idle", "echo", "set"}},
		"an answer":    {func() { picture.In(moved.raw, false).Send("answer", nil, nil) }, []string{"busy", "idle", "echo", "answer"}},
		"an output":    {func() { s.publish(envelope{kind: "stream", content: map[string]any{"data": "text"}}) }, []string{"busy", "idle", "echo", "text"}},
		"a close": {func() {
			(&Comm{ID: "picture", comms: s.comms}).publish("comm_close", commContent{Data: "closed"}, nil, nil)
		}, []string{"busy", "idle", "echo", "closed"}},
	} {
		s.handle(newLane(""), moved)
		slider.In(moved.raw, true).Send("echo", nil, nil)
		c.then()
		if got := sent(); !slices.Equal(got, c.want) {
			t.Errorf("after %s %q were sent, want %q", what, got, c.want)
		}
		s.iopub.flush()
		if got := sent(); len(got) > 0 != (c.want == nil) {
			t.Errorf("after %s %q are late", what, got)
		}
	}

	lateness = time.Millisecond
	<-p.wake
	s.handle(newLane(""), moved)
	for len(sent()) == 0 {
		<-p.wake
	}
}

// A silent comm takes what it is told.
type silent struct{}

func (silent) Open(*Comm, json.RawMessage, [][]byte)  {}
func (silent) Msg(*Comm, json.RawMessage, [][]byte)   {}
func (silent) Close(*Comm, json.RawMessage, [][]byte) {}
