package jupyter

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// A CommHandler is the kernel's end of comms of one kind. Its methods may be
// called while a cell runs, and for several comms at once. Until they return
// the Comm that they get speaks in the name of the message that is handled; it
// may be kept.
type CommHandler interface {
	// Open is called for a comm that the front end opens.
	Open(c *Comm, data json.RawMessage, buffers [][]byte)
	Msg(c *Comm, data json.RawMessage, buffers [][]byte)
	// Close is called when the front end has closed the comm.
	Close(c *Comm, data json.RawMessage, buffers [][]byte)
}

// Comms are the open comms: objects in the front end, such as widgets, each
// with a channel to the kernel.
type Comms struct {
	server *server

	mu      sync.Mutex
	targets map[string]CommHandler
	open    map[string]*openComm
}

type openComm struct {
	target  string
	handler CommHandler
}

// A Comm is one of them. ID is unique; equal IDs are the same comm.
type Comm struct {
	ID, Target string
	comms      *Comms
	parent     atomic.Pointer[[]byte] // the header of the message that is handled; nil: the newest cell's
	late       bool                   // what it says can wait
}

// Register says who handles the comms that the front end opens for a target.
func (cs *Comms) Register(target string, h CommHandler) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.targets[target] = h
}

// Parent is the header of the message that is handled, nil if none is.
func (c *Comm) Parent() json.RawMessage {
	if h := c.parent.Load(); h != nil {
		return *h
	}
	return nil
}

// In is the comm as it speaks in the name of a message that was handled earlier,
// whose Parent that is. If nobody waits for what it says, it is late: a message of
// another comm may come before.
func (c *Comm) In(parent json.RawMessage, late bool) *Comm {
	in := &Comm{ID: c.ID, Target: c.Target, comms: c.comms, late: late}
	header := []byte(parent)
	in.parent.Store(&header)
	return in
}

// Open opens a comm from the kernel's side, with an ID that is its own or, if
// that is empty, a new one. The front end must know the target. Data and
// metadata are what encoding/json can encode; nil is an empty object.
func (cs *Comms) Open(id, target string, h CommHandler, data, metadata any, buffers [][]byte) (*Comm, error) {
	if id == "" {
		id = newID()
	}
	c := &Comm{ID: id, Target: target, comms: cs}
	cs.mu.Lock()
	cs.open[c.ID] = &openComm{target, h}
	cs.mu.Unlock()
	if err := c.publish("comm_open", commContent{ID: c.ID, Target: target, Data: data}, metadata, buffers); err != nil {
		cs.remove(c.ID)
		return nil, err
	}
	return c, nil
}

type commContent struct {
	ID     string `json:"comm_id"`
	Target string `json:"target_name,omitempty"`
	Data   any    `json:"data"`
}

// Send sends data, metadata and binary buffers to the front end's side.
func (c *Comm) Send(data, metadata any, buffers [][]byte) error {
	if c.comms.get(c.ID) == nil {
		return fmt.Errorf("jupyter: the comm %s (%s) is closed", c.ID, c.Target)
	}
	return c.publish("comm_msg", commContent{ID: c.ID, Data: data}, metadata, buffers)
}

// Close closes the comm. Closing it again does nothing.
func (c *Comm) Close(data any) error {
	if c.comms.remove(c.ID) == nil {
		return nil
	}
	return c.publish("comm_close", commContent{ID: c.ID, Data: data}, nil, nil)
}

func (c *Comm) publish(kind string, content commContent, metadata any, buffers [][]byte) error {
	if content.Data == nil {
		content.Data = struct{}{}
	}
	s := c.comms.server
	parent := c.parent.Load()
	answered := parent
	if parent == nil {
		answered = s.cells.newest()
	}
	copies := make([][]byte, len(buffers)) // they are written later
	for i, b := range buffers {
		copies[i] = slices.Clone(b)
	}
	frames, err := s.topical(envelope{kind: kind, parent: *answered, metadata: metadata, content: content, buffers: copies})
	switch {
	case err != nil:
		return err
	case c.late:
		s.iopub.later(frames, c.ID)
	case kind == "comm_msg" && parent == nil:
		s.iopub.overtake(frames, c.ID)
	default:
		s.iopub.publish(frames)
	}
	return nil
}

func (cs *Comms) get(id string) *openComm {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.open[id]
}

// remove forgets a comm and returns it, nil if there is none.
func (cs *Comms) remove(id string) *openComm {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	o := cs.open[id]
	delete(cs.open, id)
	return o
}

// receive handles comm_open, comm_msg and comm_close. A comm that is not known
// is passed over: the two sides may close it at the same time.
func (cs *Comms) receive(r *request) error {
	var q struct {
		ID     string          `json:"comm_id"`
		Target string          `json:"target_name"`
		Data   json.RawMessage `json:"data"`
	}
	if err := r.read(&q); err != nil {
		return err
	}
	o, c := cs.get(q.ID), &Comm{ID: q.ID, Target: q.Target, comms: cs}
	c.parent.Store(&r.raw)
	defer c.parent.Store(nil)
	switch {
	case r.Type == "comm_open" && o == nil:
		if o = cs.accept(c); o == nil { // the protocol's answer to a target that nobody handles
			return c.publish("comm_close", commContent{ID: c.ID}, nil, nil)
		}
		o.handler.Open(c, q.Data, r.buffers)
	case r.Type == "comm_open" || o == nil:
	case r.Type == "comm_close":
		c.Target = o.target
		cs.remove(c.ID)
		o.handler.Close(c, q.Data, r.buffers)
	default:
		c.Target = o.target
		o.handler.Msg(c, q.Data, r.buffers)
	}
	return nil
}

// accept keeps a comm that the front end opens, if its target has a handler.
func (cs *Comms) accept(c *Comm) *openComm {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	h := cs.targets[c.Target]
	if h == nil {
		return nil
	}
	cs.open[c.ID] = &openComm{c.Target, h}
	return cs.open[c.ID]
}

// info lists the open comms, of one target or of all.
func (cs *Comms) info(r *request) (any, error) {
	var q struct {
		Target string `json:"target_name"`
	}
	if err := r.read(&q); err != nil {
		return nil, err
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	reply := commInfoReply{ok, map[string]commTarget{}}
	for id, o := range cs.open {
		if q.Target == "" || q.Target == o.target {
			reply.Comms[id] = commTarget{o.target}
		}
	}
	return reply, nil
}
