package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

	beginning sync.Mutex // held while a cell begins
	making    sync.Mutex // held while a process is made

	mu      sync.Mutex
	closed  bool
	process *process
	running int               // cells
	begun   int               // cells
	cells   []kept            // whose declarations a new process gets
	names   []string          // the variables that a death would cost
	gone    map[string]string // what deaths have cost, and where each was
	last    string            // where the last death was, such as "in cell 3"
	death   *death            // between two cells, for the next one to tell; nil: none
}

// kept is a cell whose declarations were made.
type kept struct {
	begun int // when, among all cells
	cell  session.Cell
}

// New makes a Worker whose processes are started by command: it must call
// Serve with the token and the file descriptors 4 and 3. What widgets
// say to the front end is passed to comm.
func New(command func(token string) *exec.Cmd, comm func(display.Comm)) (*Worker, error) {
	w := &Worker{command: command, comm: comm, outline: newOutline(), gone: map[string]string{}}
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
	defer func() { w.lose(p, lost) }()
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
	if w.process != nil {
		w.bury(w.process)
	}
	if p, err = start(w.command, w.comm); err != nil {
		return nil, nil, err
	}
	w.process = p
	return p, w.declared(), nil
}

// lose tells a new process what deaths have cost, with the functions that it cannot make.
func (w *Worker) lose(p *process, functions []string) {
	w.mu.Lock()
	for _, name := range functions {
		w.gone[name] = w.last
	}
	gone := maps.Clone(w.gone)
	w.mu.Unlock()
	if len(gone) > 0 {
		p.send(message{Kind: "gone", Gone: gone})
	}
}

// declared are the cells whose declarations were made, with mu held. They are not nil.
func (w *Worker) declared() []session.Cell {
	all := make([]session.Cell, len(w.cells))
	for i, k := range w.cells {
		all[i] = k.cell
	}
	return all
}

// keep notes that a cell's declarations were made, with mu held.
func (w *Worker) keep(c *call) {
	at, known := slices.BinarySearchFunc(w.cells, c.begun, func(k kept, begun int) int { return k.begun - begun })
	if !known {
		w.cells = slices.Insert(w.cells, at, kept{c.begun, c.cell})
	}
}

// bury forgets a process that died but for what cells that ran in it have declared, with
// mu held. Doing it again does nothing.
func (w *Worker) bury(p *process) {
	if w.process != p {
		return
	}
	where := fmt.Sprintf("after cell %d", p.number())
	gone := slices.Clone(w.names)
	p.mu.Lock()
	for _, c := range p.cells() {
		line, names := c.place()
		if line > 0 {
			w.keep(c)
		}
		gone = append(gone, names...)
		where = fmt.Sprintf("in cell %d", p.now.cell.Number)
	}
	p.gone = w.names
	p.mu.Unlock()
	w.last = where
	for _, name := range gone {
		w.gone[name] = where
	}
	w.process, w.names = nil, nil
	w.outline.reset(w.declared())
}

// watch waits for the end of a process that no cell runs in, such as one that
// a widget's function or a goroutine has killed, and tells of it where the last
// cell's output is. The next cell tells it once more.
func (w *Worker) watch(p *process) {
	<-p.ended
	w.beginning.Lock()
	defer w.beginning.Unlock()
	if d := w.obituary(); d != nil {
		p.fail(nil, d.cell, d.err)
	}
}

// A death is that of a process between two cells, after the cell.
type death struct {
	cell int
	err  *session.Error
}

// obituary tells of a process that died between two cells, and restarts it; it
// is nil if none did, or cells ran in it, which say so. It is called with beginning held.
func (w *Worker) obituary() *death {
	w.mu.Lock()
	p := w.process
	if p == nil || !p.dead() || w.running > 0 {
		w.mu.Unlock()
		return nil
	}
	w.bury(p)
	w.mu.Unlock()
	text := "between two cells " + died + p.lastWords()
	d := &death{cell: p.number(), err: &session.Error{Name: "crash", Message: text, Traceback: append([]string{text}, w.losses(p.gone)...)}}
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
	p, c, err := w.enter(ctx, cell, out)
	switch {
	case errors.Is(err, context.Canceled):
		return failure("interrupted", "the process that runs the cells is not ready yet")
	case err != nil:
		return failure("crash", err.Error())
	}
	defer w.leave(p, c)
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
				clear(w.gone)
				w.outline.reset(nil)
			} else if m.Outcome.Declares {
				w.keep(c)
			}
			w.mu.Unlock()
			if m.Outcome.Ran {
				w.outline.ran(c, m.Outcome.Done)
			}
			return m.Outcome
		case <-p.ended:
			return w.crashed(p, c, asked > 1)
		case <-interrupt:
			interrupt = nil
			asked++
			p.send(message{Kind: "interrupt", ID: c.id})
			more = time.After(patience)
		case <-more:
			if asked++; asked > 2 {
				p.kill()
				more = nil
				continue
			}
			p.send(message{Kind: "interrupt", ID: c.id})
			more = time.After(lastPatience)
		}
	}
}

// enter begins a cell, and tells first of a death that nobody has been told of.
func (w *Worker) enter(ctx context.Context, cell session.Cell, out display.Output) (*process, *call, error) {
	w.beginning.Lock()
	defer w.beginning.Unlock()
	w.obituary()
	w.mu.Lock()
	d := w.death
	w.death = nil
	w.mu.Unlock()
	if d != nil {
		session.Beside(out, d.cell, d.err)
	}
	p, err := w.ready(ctx)
	if err != nil {
		return nil, nil, err
	}
	w.mu.Lock()
	w.running++
	w.begun++
	begun := w.begun
	w.mu.Unlock()
	return p, p.execute(begun, cell, out, w.outline.ran), nil
}

func (w *Worker) leave(p *process, c *call) {
	p.forget(c)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
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

// crashed is the outcome of a cell that the process died of, or that ran beside one.
func (w *Worker) crashed(p *process, c *call, replaced bool) session.Outcome {
	reason := p.lastWords()
	if replaced {
		reason = "it did not stop when interrupted, and was replaced"
	}
	w.mu.Lock()
	w.bury(p)
	w.mu.Unlock()
	line, gone := c.place()
	if line == 0 {
		gone = p.gone
	}
	o := failure("crash", died+reason)
	o.Err.Exit = p.exit()
	if line > 0 {
		lines := strings.Split(c.cell.Code, "\n")
		o.Err.Traceback = append(o.Err.Traceback, fmt.Sprintf("cell %d, line %d:", c.cell.Number, line))
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
