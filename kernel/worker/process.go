package worker

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// A process is one run of the command.
type process struct {
	cmd    *exec.Cmd
	family family             // it and what it started
	comm   func(display.Comm) // told what widgets say
	ended  chan struct{}      // closed when it is gone and all it said has been read

	telling sync.Mutex // held while standard error is shown, so that it keeps its order
	sending sync.Mutex
	to      *json.Encoder

	mu    sync.Mutex
	calls map[int]*call
	last  int        // id of the newest request
	now   *call      // the cell that runs, printed last of several, or ran last: it gets what is printed
	gone  []string   // of one that died: the variables that there were
	seen  [2]int     // the last markers of the two streams
	taken int        // the last message with a marker
	come  *sync.Cond // signalled when one of these changes
	done  [2]bool    // streams that ended
	may   uint64     // the bytes of memory that it may have; 0: nothing limits it
	words dyingTo    // what the runtime says as it dies
}

// A call is a request that waits for its reply.
type call struct {
	id    int
	out   display.Output
	reply chan message

	cell  session.Cell            // that it runs, if it does
	begun int                     // counts the worker's cells
	over  bool                    // it has its reply
	ran   func(c *call, done int) // is told how many of its statements have run
	told  *session.Told           // the outline's

	mu sync.Mutex
	at message // the last of the kind "at"
}

// place is the line that runs, or 0, and the names of the variables by then.
func (c *call) place() (line int, variables []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Line, c.at.Variables
}

func start(command func(token string) *exec.Cmd, comm func(display.Comm)) (*process, error) {
	token := rand.Text()
	cmd := command(token)
	family := alone(cmd)
	requests, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	defer requests.Close()
	var pipes [4]struct{ r, w *os.File }
	for i := range pipes {
		if pipes[i].r, pipes[i].w, err = os.Pipe(); err != nil {
			return nil, fmt.Errorf("worker: %w", err)
		}
	}
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = pipes[0].w, pipes[1].w, []*os.File{pipes[2].w, requests, pipes[3].w}
	err = cmd.Start()
	for _, p := range pipes {
		p.w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("worker: starting the process that runs the cells: %w", err)
	}
	p := &process{cmd: cmd, family: family, ended: make(chan struct{}), to: json.NewEncoder(in), calls: map[int]*call{}, comm: comm}
	p.come = sync.NewCond(&p.mu)
	var readers sync.WaitGroup
	for i, name := range []string{"stdout", "stderr"} {
		readers.Go(func() { p.readStream(i, name, pipes[i].r, newScanner(token)) })
	}
	readers.Go(func() { p.readMessages(pipes[2].r) })
	readers.Go(func() { p.readCrash(pipes[3].r) })
	go func() {
		cmd.Wait()
		family.end()
		// One that it started and that has left the family may hold the pipes open.
		time.AfterFunc(time.Second, func() {
			for _, pipe := range pipes {
				pipe.r.Close()
			}
		})
		readers.Wait()
		p.tellWords()
		close(p.ended)
	}()
	return p, nil
}

func (p *process) dead() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill ends the process and what it started.
func (p *process) kill() { p.family.end() }

func (p *process) send(m message) {
	p.sending.Lock()
	defer p.sending.Unlock()
	p.to.Encode(m) // if it is gone, ended says so
}

// request registers a call and sends its message.
func (p *process) request(m message, c *call) *call {
	c.reply = make(chan message, 1)
	p.mu.Lock()
	p.last++
	c.id = p.last
	p.calls[c.id] = c
	if c.out != nil && p.runs() == c {
		p.now = c // of several, the process says which one prints
	}
	p.mu.Unlock()
	m.ID = c.id
	p.send(m)
	return c
}

func (p *process) execute(begun int, cell session.Cell, out display.Output, ran func(*call, int)) *call {
	return p.request(message{Kind: "execute", Cell: cell}, &call{begun: begun, cell: cell, out: out, ran: ran})
}

// cells are those that run, with mu held.
func (p *process) cells() (all []*call) {
	for _, c := range p.calls {
		if c.out != nil && !c.over {
			all = append(all, c)
		}
	}
	return all
}

// runs is the cell that runs, or nil if none or several do, with mu held.
func (p *process) runs() *call {
	if all := p.cells(); len(all) == 1 {
		return all[0]
	}
	return nil
}

// ask sends a request and waits for its reply; it is not ok if the process
// dies before.
func (p *process) ask(m message) (reply message, ok bool) {
	c := p.request(m, &call{})
	defer p.forget(c)
	select {
	case reply = <-c.reply:
		return reply, true
	case <-p.ended:
		return message{}, false
	}
}

func (p *process) forget(c *call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.calls, c.id)
}

func (p *process) readMessages(r io.ReadCloser) {
	defer r.Close()
	defer p.take(math.MaxInt)
	from := json.NewDecoder(bufio.NewReader(r))
	for {
		var m message
		if from.Decode(&m) != nil {
			return
		}
		p.await(m.Mark)
		p.handle(m)
		p.take(m.Mark)
	}
}

// take notes that a message with a marker has been handled.
func (p *process) take(mark int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = max(p.taken, mark)
	p.come.Broadcast()
}

func (p *process) handle(m message) {
	if m.Kind == "comm" {
		p.comm(*m.Comm)
		return
	}
	p.mu.Lock()
	if m.Kind == "memory" {
		p.may = m.Memory
	}
	c := p.calls[m.ID]
	p.mu.Unlock()
	if m.Kind == "failed" {
		p.fail(c, m.Cell.Number, m.Outcome.Err)
		return
	}
	if c == nil {
		if m.Kind == "ask" { // a goroutine of a cell that is over
			p.send(message{Kind: "answer", ID: m.ID, Failed: true})
		}
		return
	}
	switch m.Kind {
	case "turn":
		p.mu.Lock()
		p.now = c
		p.mu.Unlock()
	case "reply":
		if c.out != nil {
			p.tellWords() // it was the cell's: the process lives
			p.mu.Lock()
			c.over = true
			p.now = cmp.Or(p.runs(), p.now)
			p.mu.Unlock()
		}
		c.reply <- m
	case "display":
		c.out.Display(m.Bundle, m.Name)
	case "update":
		c.out.Update(m.Bundle, m.Name)
	case "clear":
		c.out.Clear(m.Flag)
	case "at":
		c.mu.Lock()
		c.at = m
		c.mu.Unlock()
		c.ran(c, m.Done)
	case "ask":
		go p.answer(c, m)
	}
}

func (p *process) answer(c *call, m message) {
	reply := message{Kind: "answer", ID: c.id, Failed: true}
	if a, ok := c.out.(display.Asker); ok {
		text, err := a.Input(m.Text, m.Flag)
		if err == nil {
			reply.Text, reply.Failed = text, false
		} else if errors.Is(err, context.Canceled) { // the cell hears why before it hears that there is no answer
			p.send(message{Kind: "interrupt", ID: c.id})
		}
	}
	p.send(reply)
}

// await returns when both streams have shown the marker, or ended.
func (p *process) await(mark int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.seen {
		for p.seen[i] < mark && !p.done[i] {
			p.come.Wait()
		}
	}
}

func (p *process) readStream(i int, name string, r io.ReadCloser, s *scanner) {
	defer r.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := r.Read(buf)
		s.feed(buf[:n])
		for {
			text, mark := s.next()
			if err != nil && mark == 0 {
				text = append(text, s.rest...)
			}
			p.print(i, name, text)
			if mark == 0 {
				break
			}
			p.mu.Lock()
			p.seen[i] = mark
			p.come.Broadcast()
			for p.taken < mark { // what comes next was printed after that message
				p.come.Wait()
			}
			p.mu.Unlock()
		}
		if err != nil {
			p.mu.Lock()
			p.done[i] = true
			p.come.Broadcast()
			p.mu.Unlock()
			return
		}
	}
}

func (p *process) print(i int, name string, text []byte) {
	if i == 1 {
		p.telling.Lock()
		defer p.telling.Unlock()
		text = p.words.keep(text, p.tellWords)
	}
	p.tell(name, text)
}

// tellWords shows what was kept back of a process that lives.
func (p *process) tellWords() {
	p.telling.Lock()
	defer p.telling.Unlock()
	p.tell("stderr", p.words.release())
}

// tell shows text in the cell that runs, or ran last.
func (p *process) tell(name string, text []byte) {
	p.mu.Lock()
	c := p.now
	p.mu.Unlock()
	if c != nil && len(text) > 0 {
		c.out.Stream(name, strings.ToValidUTF8(string(text), "\uFFFD"))
	}
}

// number is that of the cell that ran last, or 0.
func (p *process) number() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		return 0
	}
	return p.now.cell.Number
}

// fail tells a running cell, or with nil the one that runs or ran last, of an error
// beside it.
func (p *process) fail(c *call, cell int, e *session.Error) {
	p.mu.Lock()
	c = cmp.Or(c, p.now)
	p.mu.Unlock()
	if c != nil {
		session.Beside(c.out, cell, e)
	}
}

// readCrash hears Go's runtime, which says all but its first words here too.
func (p *process) readCrash(r io.ReadCloser) {
	defer r.Close()
	buf := make([]byte, 1<<12)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			p.words.die()
		}
		if err != nil {
			return
		}
	}
}

// dyingTo keeps back what Go's runtime says as the process dies, which is of
// no use below a cell: thousands of lines about the interpreter. What only
// begins like that is shown a moment later.
type dyingTo struct {
	mu    sync.Mutex
	words []byte // nil: nothing is kept back
	dying bool
	late  *time.Timer
}

// How long, and how much, is kept back of a process that may be dying, and how
// much of one that is.
const (
	dyingTime  = 2 * time.Second
	maybeDying = 1 << 20
	dying      = 1 << 16
)

// fatal is how the last words of a process begin. Those of runtime/cgo come in pieces.
var fatal = regexp.MustCompile(`(?m)^(?:fatal error: |panic: |runtime: goroutine stack exceeds|runtime: out of memory|runtime: failed to create new OS thread|` +
	`runtime/cgo: |unexpected fault address|SIG[A-Z]+: )`)

// keep gives what of the text can be shown at once. If it keeps some back, it
// calls late when the process has not died of it.
func (d *dyingTo) keep(text []byte, late func()) (rest []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.words == nil {
		at := fatal.FindIndex(text)
		if at == nil {
			return text
		}
		d.words = bytes.Clone(text[at[0]:])
		d.late = time.AfterFunc(dyingTime, late)
		return text[:at[0]]
	}
	if !d.dying || len(d.words) < dying {
		d.words = append(d.words, text...)
	}
	if !d.dying && len(d.words) > maybeDying {
		return d.take()
	}
	return nil
}

// die is called when the process has begun to die.
func (d *dyingTo) die() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dying = true
}

// release gives what was kept back of a process that lives.
func (d *dyingTo) release() (words []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dying {
		return nil
	}
	return d.take()
}

func (d *dyingTo) take() (words []byte) {
	if d.late != nil {
		d.late.Stop()
	}
	words, d.words = d.words, nil
	return words
}

var (
	reasons = regexp.MustCompile(`(?m)^(?:fatal error: |panic: )(.+?)(?: \[recovered.*\])?$`)
	signals = regexp.MustCompile(`(?m)^SIG[A-Z]+: .+$`)
	// A thread needs memory for its stack.
	noThread = regexp.MustCompile(`pthread_create failed: Resource temporarily unavailable|failed to create new OS thread`)
)

// reason is what the words of Go's runtime say it died of, or nothing.
func reason(words []byte) string {
	if noThread.Match(words) {
		return "out of memory: there was none for another thread"
	}
	if m := reasons.FindSubmatch(words); m != nil {
		return string(m[1])
	}
	return string(signals.Find(words))
}

// lastWords is why the process died, as Go's runtime said or the system says.
func (p *process) lastWords() string {
	p.mu.Lock()
	may := p.may
	p.mu.Unlock()
	p.words.mu.Lock()
	defer p.words.mu.Unlock()
	if why := reason(p.words.words); why != "" && p.words.dying {
		if may > 0 && strings.Contains(why, "out of memory") {
			why += fmt.Sprintf(" (cells may have %d MB; -memory of innkeeper install, run and repl says how many)", may>>20)
		}
		return why
	}
	return p.cmd.ProcessState.String()
}

// exit is the code with which compiled code ended the process, as package flag
// does, or nil if it died in another way.
func (p *process) exit() *int {
	p.words.mu.Lock()
	defer p.words.mu.Unlock()
	if code := p.cmd.ProcessState.ExitCode(); code >= 0 && !p.words.dying {
		return &code
	}
	return nil
}
