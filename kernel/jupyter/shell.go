package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// A request is a message from the front end and the way back to it.
type request struct {
	*message
	socket *socket
	peer   *peer
	number int   // counts the requests of its lane
	cell   *cell // that it ran; nil: none
}

// A lane answers requests one after another. The shell is a lane, so is each
// subshell (JEP 91), and so is control.
type lane struct {
	id    string // a subshell's; "" for the shell and control
	queue chan *request
	done  chan struct{} // closed when the subshell is deleted

	mu     sync.Mutex
	number int       // of the newest request
	came   time.Time // the newest request
	cut    int       // cells up to this number are dropped: one before them failed
	cell   *request  // that runs; nil: none
}

// waitingRequests is how many requests may wait in a lane; a client with more
// of them is not read from until there is room.
const waitingRequests = 4096

func newLane(id string) *lane {
	return &lane{id: id, queue: make(chan *request, waitingRequests), done: make(chan struct{})}
}

// receiveShell puts a message from the shell socket into its lane.
func (s *server) receiveShell(p *peer, frames [][]byte) {
	if r := s.request(s.shell, p, frames); r != nil {
		l := s.lanes.shell
		if r.Subshell != "" {
			l = s.lanes.subshell(r.Subshell)
		}
		if l == nil {
			s.answer(r, nil, unknownSubshell(r.Subshell))
			return
		}
		if r.Type == "kernel_info_request" && l.busyFor() > together {
			go s.inform(l, r)
			return
		}
		s.enqueue(l, r)
	}
}

// inform answers a kernel_info_request while a cell runs: JupyterLab makes a subshell only
// when it has the answer. The idle that ends it shall not be taken for the cell's.
func (s *server) inform(l *lane, r *request) {
	s.handle(l, r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cell != nil {
		s.status(l.cell, "busy")
	}
}

// together is how soon after each other requests come that a client sends together; it may want
// the answers in their order.
const together = 200 * time.Millisecond

// busyFor is how long nothing has come while a cell runs, or 0.
func (l *lane) busyFor() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cell == nil {
		return 0
	}
	return time.Since(l.came)
}

// runs notes the cell that runs, or that none does.
func (l *lane) runs(cell *request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cell = cell
}

func (s *server) receiveControl(p *peer, frames [][]byte) {
	if r := s.request(s.control, p, frames); r != nil {
		s.enqueue(s.lanes.control, r)
	}
}

// request checks a message. One that is not accepted is dropped with a line on
// standard error, which Jupyter's log shows.
func (s *server) request(socket *socket, p *peer, frames [][]byte) *request {
	m, err := parse(s.signer, frames)
	if err != nil {
		fmt.Fprintln(os.Stderr, "jupyter: dropped a message:", err)
		return nil
	}
	return &request{message: m, socket: socket, peer: p}
}

func (s *server) enqueue(l *lane, r *request) {
	l.mu.Lock()
	l.number++
	r.number, l.came = l.number, time.Now()
	l.mu.Unlock()
	select {
	case l.queue <- r:
	case <-l.done:
		s.answer(r, nil, unknownSubshell(l.id))
	case <-s.ctx.Done():
	}
}

// run answers a lane's requests until the server or the subshell ends.
func (s *server) run(l *lane) {
	for {
		select {
		case r := <-l.queue:
			s.handle(l, r)
			continue
		case <-s.ctx.Done():
			return
		case <-l.done:
		}
		for { // a deleted subshell's last requests
			select {
			case r := <-l.queue:
				s.answer(r, nil, unknownSubshell(l.id))
			default:
				return
			}
		}
	}
}

// Error makes an Error usable as one within the package.
func (e *Error) Error() string { return e.Name + ": " + e.Value }

// handle answers one request: busy, what it publishes, its reply, idle.
func (s *server) handle(l *lane, r *request) {
	s.asked.Store(true)
	if r.Type == "shutdown_request" {
		defer s.stop()
	}
	s.status(r, "busy")
	if r.Type == "execute_request" {
		l.runs(r)
	}
	defer func() {
		if r.Type == "execute_request" {
			l.runs(nil)
		}
		s.status(r, "idle")
		if r.cell != nil {
			s.cells.end(r.cell)
		}
	}()
	if r.Type == "execute_request" && l.drops(r) {
		s.answer(r, okReply{"aborted"}, nil)
		return
	}
	var content any
	err := protect(func() (err error) {
		content, err = s.ask(l, r)
		return err
	})
	s.answer(r, content, err)
}

// drops reports whether a cell fell to the error of one before it.
func (l *lane) drops(r *request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return r.number <= l.cut
}

// abort drops the cells that have arrived by now.
func (l *lane) abort() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = l.number
}

// status tells everyone that a request is being answered, or has been; of what is
// said to a comm, later.
func (s *server) status(r *request, state string) {
	frames, err := s.topical(envelope{kind: "status", parent: r.raw, content: statusContent{state}})
	switch {
	case err != nil:
		panic(err) // the content is certain to have a JSON form
	case r.Type == "comm_msg":
		s.iopub.later(frames, "")
	default:
		s.iopub.publish(frames)
	}
}

// answer replies with content, or with an error, to what asks for a reply; comm
// messages do not.
func (s *server) answer(r *request, content any, err error) {
	name, wantsReply := strings.CutSuffix(r.Type, "_request")
	switch {
	case !wantsReply:
		if err != nil {
			fmt.Fprintf(os.Stderr, "jupyter: %s: %v\n", r.Type, err)
		}
		return
	case err != nil:
		content = errorReply(err)
	}
	reply := envelope{kind: name + "_reply", parent: r.raw, content: content}
	frames, err := reply.pack(s.signer, s.session)
	if err != nil {
		reply.content = errorReply(err)
		frames = s.known(reply)
	}
	r.socket.reply(r.peer, append(r.route[:len(r.route):len(r.route)], frames...))
}

func errorReply(err error) errorContent {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Name: "Error", Value: err.Error()}
	}
	return newErrorContent(e)
}

// protect calls f so that neither a panic nor runtime.Goexit ends the server.
func protect(f func() error) error {
	done := make(chan error, 1)
	go func() {
		var err error = &Error{Name: "Goexit", Value: "the goroutine of the request ended (runtime.Goexit)"}
		defer func() { done <- err }()
		defer func() {
			if r := recover(); r != nil {
				stack := strings.Split(strings.TrimSpace(string(debug.Stack())), "\n")
				err = &Error{Name: "panic", Value: fmt.Sprint(r), Traceback: append([]string{fmt.Sprint("panic: ", r)}, stack...)}
			}
		}()
		err = f()
	}()
	return <-done
}

// ask does what a request asks for and returns the content of the reply.
func (s *server) ask(l *lane, r *request) (any, error) {
	switch r.Type {
	case "kernel_info_request":
		return s.info(), nil
	case "connect_request":
		c := s.conn
		return connectReply{ok, c.ShellPort, c.IOPubPort, c.StdinPort, c.ControlPort, c.HeartbeatPort}, nil
	case "comm_info_request":
		return s.comms.info(r)
	case "interrupt_request":
		s.interrupt()
		return ok, nil
	case "shutdown_request":
		return s.shutdown(r)
	}
	if l == s.lanes.control { // nothing that could keep an interrupt waiting
		switch r.Type {
		case "create_subshell_request":
			return s.createSubshell()
		case "delete_subshell_request":
			return s.deleteSubshell(r)
		case "list_subshell_request":
			return s.listSubshells(), nil
		}
	} else {
		switch r.Type {
		case "execute_request":
			return s.execute(l, r)
		case "complete_request":
			return s.complete(r)
		case "inspect_request":
			return s.inspect(r)
		case "is_complete_request":
			return s.isComplete(r)
		case "history_request":
			return s.past(r)
		case "comm_open", "comm_msg", "comm_close":
			return nil, s.comms.receive(r)
		}
	}
	return nil, &Error{Name: "Unsupported", Value: fmt.Sprintf("this kernel does not answer %s here", r.Type)}
}

// read takes the content of a request apart.
func (r *request) read(to any) error {
	if err := json.Unmarshal(r.content, to); err != nil {
		return &Error{Name: "BadRequest", Value: fmt.Sprintf("the content of the %s: %v", r.Type, err)}
	}
	return nil
}

func (s *server) info() kernelInfoReply {
	i := s.kernel.Info()
	l := i.Language
	links := i.HelpLinks
	if links == nil {
		links = []HelpLink{}
	}
	return kernelInfoReply{okReply: ok, Protocol: protocol,
		Implementation: i.Implementation, ImplementationVersion: i.ImplementationVersion,
		Language: languageInfo(l),
		Banner:   i.Banner, HelpLinks: links, Features: []string{"kernel subshells"}}
}

func (s *server) complete(r *request) (any, error) {
	var q struct {
		Code   string `json:"code"`
		Cursor *int   `json:"cursor_pos"` // nil: at the end
	}
	if err := r.read(&q); err != nil {
		return nil, err
	}
	c := s.kernel.Complete(s.ctx, q.Code, cursor(q.Code, q.Cursor))
	reply := completeReply{okReply: ok, Matches: []string{}, Start: codePoints(q.Code, c.Start), End: codePoints(q.Code, c.End),
		Metadata: completeMetadata{[]completeType{}}}
	for _, m := range c.Matches {
		reply.Matches = append(reply.Matches, m.Text)
		reply.Metadata.Types = append(reply.Metadata.Types, completeType{m.Text, m.Type, m.Signature, reply.Start, reply.End})
	}
	return reply, nil
}

func (s *server) inspect(r *request) (any, error) {
	var q struct {
		Code   string `json:"code"`
		Cursor *int   `json:"cursor_pos"`
		Detail int    `json:"detail_level"`
	}
	if err := r.read(&q); err != nil {
		return nil, err
	}
	b, found := s.kernel.Inspect(s.ctx, q.Code, cursor(q.Code, q.Cursor), q.Detail)
	return inspectReply{okReply: ok, Found: found, Data: plainJSON(b)}, nil
}

func cursor(code string, points *int) int {
	if points == nil {
		return len(code)
	}
	return byteOffset(code, *points)
}

func (s *server) isComplete(r *request) (any, error) {
	var q struct {
		Code string `json:"code"`
	}
	if err := r.read(&q); err != nil {
		return nil, err
	}
	status, indent := s.kernel.IsComplete(q.Code)
	return isCompleteReply{status, indent}, nil
}

// shutdown interrupts the running cells and gives them a second, so that their last
// words arrive, and tells everyone. handle then ends the server.
func (s *server) shutdown(r *request) (any, error) {
	var q struct {
		Restart bool `json:"restart"`
	}
	if err := r.read(&q); err != nil {
		return nil, err
	}
	s.interrupt()
	s.cells.wait(lastWords)
	reply := shutdownReply{ok, q.Restart}
	s.publish(envelope{kind: "shutdown_reply", parent: r.raw, content: reply})
	return reply, nil
}
