package jupyter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// stopNotice is after how long a cell that goes on after an interrupt says so.
const stopNotice = 5 * time.Second

// abortWindow is how long the reply of a failed cell is kept back, so that
// cells that were sent together with it have arrived and are dropped.
const abortWindow = 20 * time.Millisecond

// cells are those that run: one of the shell, and one of each subshell.
type cells struct {
	mu      sync.Mutex
	count   int     // of the cells that were counted
	running []*cell // in the order in which they began
	parent  []byte  // the header of the newest cell's request
}

// A cell is a running cell.
type cell struct {
	cancel context.CancelFunc
	out    *Outlet
	ended  chan struct{}
	once   sync.Once // the notice that it has not stopped
}

// execute runs a cell and returns the content of its reply.
func (s *server) execute(l *lane, r *request) (any, error) {
	var q struct {
		Code            string            `json:"code"`
		Silent          bool              `json:"silent"`
		StoreHistory    *bool             `json:"store_history"`
		UserExpressions map[string]string `json:"user_expressions"`
		AllowStdin      bool              `json:"allow_stdin"`
		StopOnError     *bool             `json:"stop_on_error"`
	}
	if err := r.read(&q); err != nil {
		return nil, err
	}
	er := ExecuteRequest{Code: q.Code, Silent: q.Silent, AllowStdin: q.AllowStdin, UserExpressions: q.UserExpressions,
		StoreHistory: !q.Silent && (q.StoreHistory == nil || *q.StoreHistory) && strings.TrimSpace(q.Code) != "",
		StopOnError:  q.StopOnError == nil || *q.StopOnError}

	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	out := newOutlet(ctx, s, r, er.AllowStdin)
	c := &cell{cancel: cancel, out: out, ended: make(chan struct{})}
	r.cell = c
	er.Count = s.cells.begin(c, r.raw, er.StoreHistory)
	if !er.Silent {
		s.publish(envelope{kind: "execute_input", parent: r.raw, content: executeInput{er.Code, er.Count}})
	}
	var result Result
	if err := protect(func() error {
		result = s.kernel.Execute(ctx, er, out)
		return nil
	}); err != nil {
		result = Result{Error: err.(*Error)}
	}
	out.finish()
	if er.StoreHistory {
		s.history.add(er.Count, er.Code, result.Value)
	}
	if result.Value != nil && !er.Silent {
		s.publish(envelope{kind: "execute_result", parent: r.raw, content: executeResult{Data: plainJSON(result.Value), Count: er.Count}})
	}
	if result.Error != nil {
		s.publish(envelope{kind: "error", parent: r.raw, content: newErrorContent(result.Error)})
	}
	return s.executeReply(l, er, result), nil
}

func (s *server) executeReply(l *lane, er ExecuteRequest, result Result) any {
	values := map[string]any{}
	for name, u := range result.UserExpressions {
		if u.Error != nil {
			values[name] = newErrorContent(u.Error)
		} else {
			values[name] = expressionValue{okReply: ok, Data: plainJSON(u.Value)}
		}
	}
	payload := result.Payload
	if payload == nil {
		payload = []map[string]any{}
	}
	if result.Error == nil {
		return executeReply{ok, er.Count, values, payload}
	}
	if er.StopOnError && !er.Silent {
		time.Sleep(abortWindow)
		l.abort()
	}
	return executeErrorReply{newErrorContent(result.Error), er.Count, values, payload}
}

// begin makes c one of the running cells and returns its number.
func (cs *cells) begin(c *cell, parent []byte, counted bool) int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.running, cs.parent = append(cs.running, c), parent
	n := cs.count + 1
	if counted {
		cs.count = n
	}
	return n
}

// end is called when a cell has been answered; the next may have begun.
func (cs *cells) end(c *cell) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.running = slices.DeleteFunc(cs.running, func(other *cell) bool { return other == c })
	close(c.ended)
}

// newest is the header of the newest cell's request.
func (cs *cells) newest() *[]byte {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	parent := cs.parent
	return &parent
}

func (cs *cells) now() []*cell {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return slices.Clone(cs.running)
}

// wait gives the running cells time to end.
func (cs *cells) wait(d time.Duration) {
	over := time.After(d)
	for _, c := range cs.now() {
		select {
		case <-c.ended:
		case <-over:
			return
		}
	}
}

// interrupt asks the running cells to stop: Jupyter does not say which one. One that
// does not stop says so.
func (s *server) interrupt() {
	for _, c := range s.cells.now() {
		c.cancel()
		go c.once.Do(func() {
			select {
			case <-c.ended:
			case <-s.ctx.Done():
			case <-time.After(stopNotice):
				c.out.Stream("stderr", fmt.Sprintf("\nThe cell was interrupted %v ago and has not stopped yet; it may be in a loop that cannot be left. Restarting the kernel ends it.\n", stopNotice))
			}
		})
	}
}
