package worker

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// How long an interrupted process has: until it is asked once more, and from
// then until it is replaced. A session halts a cell by itself after 15 s.
var (
	patience     = 18 * time.Second
	lastPatience = 2 * time.Second
)

// restoring is how long a cell that its process died of waits for the next
// process, which knows what cannot be made again.
var restoring = 10 * time.Second

// A Worker runs cells in a process, and in another one when that dies. It has
// the methods of a session.
type Worker struct {
	command func(token string) *exec.Cmd

	comm    func(display.Comm)
	outline *outline

	running sync.Mutex // held while a cell runs
	making  sync.Mutex // held while a process is made

	mu      sync.Mutex
	closed  bool
	process *process
	cells   []session.Cell // whose declarations a new process gets
	names   []string       // the variables that a death would cost
	death   *death         // between two cells, for the next one to tell; nil: none
}

// New makes a Worker whose processes are started by command: it must call
// Serve with the token and the file descriptors 4 and 3. What widgets
// say to the front end is passed to comm.
func New(command func(token string) *exec.Cmd, comm func(display.Comm)) (*Worker, error) {
	w := &Worker{command: command, comm: comm, outline: newOutline()}
	_, err := w.alive()
	return w, err
}

// Close ends the process and what it started.
func (w *Worker) Close() {
	w.outline.later.Stop()
	w.mu.Lock()
	p := w.process
	w.process, w.closed = nil, true
	w.mu.Unlock()
	if p != nil {
		p.kill()
	}
}

// alive is the process, a new one if the last one died.
func (w *Worker) alive() (*process, error) {
	p, _, err := w.restart()
	return p, err
}

// restart is alive. If it had to make a new process, it also gives the names of
// the functions that could not be made again.
func (w *Worker) restart() (p *process, lost []string, err error) {
	w.making.Lock()
	defer w.making.Unlock()
	p, cells, err := w.begin()
	if err != nil || cells == nil {
		return p, nil, err
	}
	for _, c := range cells {
		m, ok := p.ask(message{Kind: "restore", Cell: c})
		if !ok {
			break
		}
		lost = append(lost, m.Lost...)
	}
	go w.watch(p)
	return p, lost, nil
}

// begin is the process, and if it is a new one, the cells that it is to restore,
// which are not nil then.
func (w *Worker) begin() (p *process, cells []session.Cell, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, nil, errors.New("worker: it is closed")
	}
	if w.process != nil && !w.process.dead() {
		return w.process, nil, nil
	}
	if p, err = start(w.command, w.comm); err != nil {
		return nil, nil, err
	}
	w.process = p
	return p, append([]session.Cell{}, w.cells...), nil
}

// watch waits for the end of a process that no cell runs in, such as one that
// a widget's function or a goroutine has killed, and tells of it where the last
// cell's output is. The next cell tells it once more.
func (w *Worker) watch(p *process) {
	<-p.ended
	if !w.running.TryLock() {
		return // the cell that runs says so
	}
	defer w.running.Unlock()
	if d := w.obituary(); d != nil {
		p.fail(d.cell, d.err)
	}
}

// A death is that of a process between two cells, after the cell.
type death struct {
	cell int
	err  *session.Error
}

// obituary tells of a process that died between two cells, and restarts it; it
// is nil if none did. It is called with running held.
func (w *Worker) obituary() *death {
	w.mu.Lock()
	p, gone := w.process, w.names
	if p == nil || !p.dead() {
		w.mu.Unlock()
		return nil
	}
	w.process, w.names = nil, nil
	w.outline.reset(slices.Clone(w.cells))
	w.mu.Unlock()
	text := "between two cells " + died + p.lastWords()
	d := &death{cell: p.number(), err: &session.Error{Name: "crash", Message: text, Traceback: append([]string{text}, w.losses(gone)...)}}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.death = d
	return d
}

// losses restarts the process and says in a line each what is gone and what is
// kept.
func (w *Worker) losses(gone []string) (lines []string) {
	if len(gone) > 0 {
		lines = append(lines, "gone: "+strings.Join(gone, ", "))
	}
	functions := make(chan []string, 1)
	go func() {
		_, lost, _ := w.restart()
		functions <- lost
	}()
	select {
	case lost := <-functions:
		if len(lost) > 0 {
			slices.Sort(lost)
			lines = append(lines, "gone, since they use a variable: "+strings.Join(slices.Compact(lost), ", "))
		}
	case <-time.After(restoring):
	}
	return append(lines, "kept: imports, types and functions")
}

const died = "the process that runs the cells died: "

// Execute runs a cell, as session.Session.Execute does. When the process dies
// of it the outcome is an error of the name "crash" that says why, which line
// ran, and which variables are gone.
func (w *Worker) Execute(ctx context.Context, cell session.Cell, out display.Output) session.Outcome {
	w.running.Lock()
	defer w.running.Unlock()
	w.obituary()
	w.mu.Lock()
	d := w.death
	w.death = nil
	w.mu.Unlock()
	if d != nil {
		session.Beside(out, d.cell, d.err)
	}
	p, err := w.ready(ctx)
	switch {
	case errors.Is(err, context.Canceled):
		return failure("interrupted", "the process that runs the cells is not ready yet")
	case err != nil:
		return failure("crash", err.Error())
	}
	c := p.execute(cell, out, w.outline.ran)
	defer p.forget(c)
	var more <-chan time.Time
	asked := 0
	interrupt := ctx.Done()
	for {
		select {
		case m := <-c.reply:
			w.mu.Lock()
			w.names = m.Variables
			if m.Outcome.Reset {
				w.cells = nil
				w.outline.reset(nil)
			} else if m.Outcome.Declares {
				w.cells = append(w.cells, cell)
			}
			w.mu.Unlock()
			if m.Outcome.Ran {
				w.outline.ran(c, m.Outcome.Done)
			}
			return m.Outcome
		case <-p.ended:
			return w.crashed(p, c, cell, asked > 1)
		case <-interrupt:
			interrupt = nil
			asked++
			p.send(message{Kind: "interrupt"})
			more = time.After(patience)
		case <-more:
			if asked++; asked > 2 {
				p.kill()
				more = nil
				continue
			}
			p.send(message{Kind: "interrupt"})
			more = time.After(lastPatience)
		}
	}
}

// ready is the process when it can run a cell; making a new one can take long.
func (w *Worker) ready(ctx context.Context) (*process, error) {
	var p *process
	var err error
	made := make(chan bool)
	go func() {
		p, err = w.alive()
		close(made)
	}()
	select {
	case <-made:
		return p, err
	case <-ctx.Done():
		return nil, context.Canceled
	}
}

// Tell passes on what the front end says to a widget.
func (w *Worker) Tell(c display.Comm) {
	w.mu.Lock()
	p := w.process
	w.mu.Unlock()
	if p != nil {
		p.send(message{Kind: "comm", Comm: &c})
	}
}

// crashed is the outcome of a cell that the process died of.
func (w *Worker) crashed(p *process, c *call, cell session.Cell, replaced bool) session.Outcome {
	reason := p.lastWords()
	if replaced {
		reason = "it did not stop when interrupted, and was replaced"
	}
	line, gone := c.place()
	w.mu.Lock()
	if line > 0 {
		w.cells = append(w.cells, cell) // its declarations were made
	} else {
		gone = w.names
	}
	w.names = nil
	w.process = nil
	w.outline.reset(slices.Clone(w.cells))
	w.mu.Unlock()
	o := failure("crash", died+reason)
	o.Err.Exit = p.exit()
	if line > 0 {
		lines := strings.Split(cell.Code, "\n")
		o.Err.Traceback = append(o.Err.Traceback, fmt.Sprintf("cell %d, line %d:", cell.Number, line))
		if line <= len(lines) {
			o.Err.Traceback = append(o.Err.Traceback, "    "+lines[line-1])
		}
	}
	o.Err.Traceback = append(o.Err.Traceback, w.losses(gone)...)
	return o
}

func failure(name, text string) session.Outcome {
	return session.Outcome{Err: &session.Error{Name: name, Message: text, Traceback: []string{name + ": " + text}}}
}

// Widgets is what a notebook keeps of the widgets that there are, as
// widget.States says.
func (w *Worker) Widgets() map[string]any {
	if p, err := w.alive(); err == nil {
		m, _ := p.ask(message{Kind: "widgets"})
		return m.Bundle
	}
	return nil
}

// Variables are the names of the variables that there are.
func (w *Worker) Variables() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.names)
}
