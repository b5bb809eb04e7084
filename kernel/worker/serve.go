package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// server is the process's end.
type server struct {
	s     *session.Session
	token string

	mu    sync.Mutex // guards what follows, and keeps messages whole
	to    *json.Encoder
	marks int
	asked map[int]chan message // answers that are waited for, by the request's id
	stop  context.CancelFunc   // of the running cell
}

// Serve answers requests until the front is gone. It is what the command that
// a Worker starts must call; the token comes with it. Without widgets cells see
// that nobody could move a slider.
func Serve(s *session.Session, token string, requests io.Reader, answers io.Writer, widgets bool) error {
	v := &server{s: s, token: token, to: json.NewEncoder(answers), asked: map[int]chan message{}}
	if widgets {
		widget.Connect(func(c display.Comm) { v.send(message{Kind: "comm", Comm: &c}, false) })
	} else {
		widget.Keep()
	}
	widget.OnFailure(func(r any) { fmt.Fprintf(os.Stderr, "panic in a widget's function: %v\n", r) })
	from := json.NewDecoder(bufio.NewReader(requests))
	for {
		var m message
		if err := from.Decode(&m); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("worker: reading a request: %w", err)
		}
		switch m.Kind {
		case "execute":
			ctx, cancel := context.WithCancel(context.Background())
			v.mu.Lock()
			v.stop = cancel
			v.mu.Unlock()
			go v.execute(ctx, m)
		case "interrupt":
			v.mu.Lock()
			if v.stop != nil {
				v.stop()
			}
			v.mu.Unlock()
		case "comm":
			widget.Receive(*m.Comm)
		case "widgets":
			v.send(message{Kind: "reply", ID: m.ID, Bundle: widget.States()}, false)
		case "answer":
			v.mu.Lock()
			if c := v.asked[m.ID]; c != nil {
				c <- m
			}
			v.mu.Unlock()
		case "restore":
			v.send(message{Kind: "reply", ID: m.ID, Lost: s.Restore(m.Cell)}, false)
		case "complete":
			start, end, found := s.Complete(m.Code, m.Cursor)
			v.send(message{Kind: "reply", ID: m.ID, Start: start, End: end, Found: found}, false)
		case "inspect":
			text, ok := s.Inspect(m.Code, m.Cursor, m.Detail)
			v.send(message{Kind: "reply", ID: m.ID, Text: text, Flag: ok}, false)
		}
	}
}

func (v *server) execute(ctx context.Context, m message) {
	o := v.s.Execute(ctx, m.Cell, &page{v, m.ID})
	v.send(message{Kind: "reply", ID: m.ID, Outcome: o, Variables: v.s.Variables()}, true)
}

// send sends a message; if ordered, after all that was printed before it.
func (v *server) send(m message, ordered bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if ordered {
		v.marks++
		m.Mark = v.marks
		text := marker(v.token, m.Mark)
		os.Stdout.WriteString(text)
		os.Stderr.WriteString(text)
	}
	if err := v.to.Encode(m); err != nil { // the front is gone, or a bundle is no JSON
		v.to.Encode(message{Kind: m.Kind, ID: m.ID, Mark: m.Mark, Outcome: session.Outcome{
			Err: &session.Error{Name: "error", Message: err.Error(), Traceback: []string{err.Error()}}}})
	}
}

// A page is where a cell's output goes in this process.
type page struct {
	v  *server
	id int
}

func (p *page) Stream(name, text string) {
	f := os.Stdout
	if name == "stderr" {
		f = os.Stderr
	}
	f.WriteString(text)
}

func (p *page) Display(b display.Bundle, id string) {
	p.v.send(message{Kind: "display", ID: p.id, Bundle: b, Name: id}, true)
}

func (p *page) Update(b display.Bundle, id string) {
	p.v.send(message{Kind: "update", ID: p.id, Bundle: b, Name: id}, true)
}

func (p *page) Clear(wait bool) { p.v.send(message{Kind: "clear", ID: p.id, Flag: wait}, true) }

// At tells which line of the cell runs, in case it is the last.
func (p *page) At(line int) { p.v.send(message{Kind: "at", ID: p.id, Line: line}, false) }

func (p *page) Input(prompt string, password bool) (string, error) {
	answer := make(chan message, 1)
	p.v.mu.Lock()
	p.v.asked[p.id] = answer
	p.v.mu.Unlock()
	p.v.send(message{Kind: "ask", ID: p.id, Text: prompt, Flag: password}, true)
	m := <-answer
	if m.Failed {
		return "", display.ErrNobody
	}
	return m.Text, nil
}
