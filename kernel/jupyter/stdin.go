package jupyter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// input is what a cell needs to ask the user.
type input struct {
	asking sync.Mutex // held while a question is open

	mu     sync.Mutex
	asked  *peer // who was asked; nil: nobody
	answer chan string
}

// ErrNoInput is what Input returns when the front end cannot be asked.
var ErrNoInput = errors.New("jupyter: this front end cannot be asked for input")

// Input asks the user for a line of text, which is not shown if it is a
// password. It fails with [ErrNoInput] where nobody can be asked, and with
// [context.Canceled] when the cell is interrupted.
func (o *Outlet) Input(prompt string, password bool) (string, error) {
	if !o.allowStdin {
		return "", ErrNoInput
	}
	o.mu.Lock()
	o.flush() // what leads to the question comes first
	o.mu.Unlock()
	s := o.server
	s.input.asking.Lock()
	defer s.input.asking.Unlock()
	ctx, cancel := context.WithTimeout(o.ctx, 2*time.Second)
	p := s.stdin.find(ctx, o.request.peer.id)
	cancel()
	if err := o.ctx.Err(); err != nil {
		return "", err
	}
	if p == nil {
		return "", ErrNoInput
	}
	answer := make(chan string, 1)
	s.input.expect(p, answer)
	defer s.input.expect(nil, nil)
	s.stdin.reply(p, s.known(envelope{kind: "input_request", parent: o.request.raw, content: inputRequest{prompt, password}}))
	select {
	case text := <-answer:
		return text, nil
	case <-o.ctx.Done():
		return "", o.ctx.Err()
	case <-p.done:
		return "", fmt.Errorf("%w: it has gone away", ErrNoInput)
	}
}

func (in *input) expect(p *peer, answer chan string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.asked, in.answer = p, answer
}

// receiveStdin takes an answer. One that nobody waits for is dropped: its
// question was interrupted. Answers need not name their question, and
// jupyter_client's do not.
func (s *server) receiveStdin(p *peer, frames [][]byte) {
	m, err := parse(s.signer, frames)
	if err != nil {
		fmt.Fprintln(os.Stderr, "jupyter: dropped a message:", err)
		return
	}
	var q struct {
		Value string `json:"value"`
	}
	if m.Type != "input_reply" || json.Unmarshal(m.content, &q) != nil {
		return
	}
	s.input.mu.Lock()
	defer s.input.mu.Unlock()
	if s.input.asked == p {
		s.input.answer <- q.Value
		s.input.asked = nil
	}
}
