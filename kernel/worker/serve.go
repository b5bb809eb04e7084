package worker

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// server is the process's end.
type server struct {
	s     *session.Session
	token string

	printing sync.Mutex // held while a stream is written to; it is locked before mu
	stream   string     // that the running statement wrote to last; "": none yet
	of       int        // the request whose cell did

	mu    sync.Mutex // guards what follows, and keeps messages whole
	to    *json.Encoder
	marks int
	asked map[int]chan message       // answers that are waited for, by the request's id
	stop  map[int]context.CancelFunc // of the running cells, by their requests
}

// Serve answers requests until the front is gone. It is what the command that
// a Worker starts must call; the token comes with it. Without widgets cells see
// that nobody could move a slider.
func Serve(s *session.Session, token string, widgets bool) error {
	requests, answers, crash := inherited(requestsFile), inherited(answersFile), inherited(crashFile)
	if err := debug.SetCrashOutput(crash, debug.CrashOptions{}); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	crash.Close() // the runtime has one of its own
	v := &server{s: s, token: token, to: json.NewEncoder(answers), asked: map[int]chan message{}, stop: map[int]context.CancelFunc{}}
	log.SetOutput(stderr{v})
	v.to.SetEscapeHTML(false) // pictures are full of <
	if widgets {
		widget.Connect(func(c display.Comm) { v.send(message{Kind: "comm", Comm: &c}, false) })
	} else {
		widget.Keep()
	}
	widget.OnFailure(func(r any) { fmt.Fprintf(os.Stderr, "panic in a widget's function: %v\n", r) })
	v.send(message{Kind: "memory", Memory: allowedMemory()}, false)
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
			v.stop[m.ID] = cancel
			v.mu.Unlock()
			go v.execute(ctx, m)
		case "interrupt":
			v.mu.Lock()
			if stop := v.stop[m.ID]; stop != nil {
				stop()
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
		case "gone":
			s.Lose(m.Gone)
		case "restore":
			v.send(message{Kind: "reply", ID: m.ID, Lost: s.Restore(m.Cell)}, false)
		}
	}
}

func (v *server) execute(ctx context.Context, m message) {
	o := v.s.Execute(ctx, m.Cell, &page{v: v, id: m.ID})
	v.mu.Lock()
	v.stop[m.ID]()
	delete(v.stop, m.ID)
	v.mu.Unlock()
	v.send(message{Kind: "reply", ID: m.ID, Outcome: o, Variables: v.s.Variables()}, true)
}

// print writes to one of the two streams for a request's cell, or with 0 for the one
// that did last. What was written to the other stream, or by another cell, is shown
// before.
func (v *server) print(of int, name, text string) {
	v.printing.Lock()
	defer v.printing.Unlock()
	of = cmp.Or(of, v.of)
	if v.stream != name || v.of != of {
		v.stream, v.of = name, of
		v.sendInOrder(message{Kind: "turn", ID: of})
	}
	f := os.Stdout
	if name == "stderr" {
		f = os.Stderr
	}
	f.WriteString(text)
}

// stderr is what package log writes to.
type stderr struct{ v *server }

func (w stderr) Write(p []byte) (int, error) {
	w.v.print(0, "stderr", string(p))
	return len(p), nil
}

// send sends a message; if ordered, after all that was printed before it.
func (v *server) send(m message, ordered bool) {
	if ordered {
		v.printing.Lock()
		defer v.printing.Unlock()
		v.sendInOrder(m)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.write(m)
}

// sendInOrder is send with printing held.
func (v *server) sendInOrder(m message) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.marks++
	m.Mark = v.marks
	text := marker(v.token, m.Mark)
	os.Stdout.WriteString(text)
	os.Stderr.WriteString(text)
	v.write(m)
}

// write writes a message, with mu held.
func (v *server) write(m message) {
	if err := v.to.Encode(m); err != nil { // the front is gone, or a bundle is no JSON
		v.to.Encode(message{Kind: m.Kind, ID: m.ID, Mark: m.Mark, Outcome: session.Outcome{
			Err: &session.Error{Name: "error", Message: err.Error(), Traceback: []string{err.Error()}}}})
	}
}

// A page is where a cell's output goes in this process.
type page struct {
	v      *server
	id     int
	asking sync.Mutex // held while a question of the cell is open
}

func (p *page) Stream(name, text string) { p.v.print(p.id, name, text) }

func (p *page) Display(b display.Bundle, id string) {
	p.v.send(message{Kind: "display", ID: p.id, Bundle: b, Name: id}, true)
}

func (p *page) Update(b display.Bundle, id string) {
	p.v.send(message{Kind: "update", ID: p.id, Bundle: b, Name: id}, true)
}

func (p *page) Failed(cell int, e *session.Error) {
	p.v.send(message{Kind: "failed", ID: p.id, Cell: session.Cell{Number: cell}, Outcome: session.Outcome{Err: e}}, true)
}

func (p *page) Clear(wait bool) { p.v.send(message{Kind: "clear", ID: p.id, Flag: wait}, true) }

// At tells which line of the cell runs, in case it is the last, and which
// variables that would cost; and what the statements before it have made.
func (p *page) At(line, done int) {
	m := message{Kind: "at", ID: p.id, Line: line, Done: done, Variables: p.v.s.Variables()}
	p.v.printing.Lock()
	printed := p.v.stream != ""
	p.v.stream = "" // compiled code may write to either, unheard
	p.v.printing.Unlock()
	p.v.send(m, printed)
}

func (p *page) Input(prompt string, password bool) (string, error) {
	p.asking.Lock()
	defer p.asking.Unlock()
	answer := make(chan message, 1)
	p.v.mu.Lock()
	p.v.asked[p.id] = answer
	p.v.mu.Unlock()
	p.v.send(message{Kind: "ask", ID: p.id, Text: prompt, Flag: password}, true)
	m := <-answer
	p.v.mu.Lock()
	delete(p.v.asked, p.id)
	p.v.mu.Unlock()
	if m.Failed {
		return "", display.ErrNobody
	}
	return m.Text, nil
}
