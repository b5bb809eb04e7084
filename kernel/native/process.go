package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/native/wire"
)

// A Pool is the processes of one binary. Each serves one call at a time; there
// are as many as there are calls at once.
type Pool struct {
	binary *Binary
	stderr io.Writer

	mu   sync.Mutex
	idle []*process
	rest *time.Timer // until the idle ones end
}

// resting is how long idle processes stay: a new one is there in 2 ms.
const resting = time.Minute

// NewPool makes a pool without processes. What they print goes where this
// process's standard output goes, and to stderr.
func NewPool(b *Binary, stderr io.Writer) *Pool { return &Pool{binary: b, stderr: stderr} }

// ErrStopped is the error of a call that was stopped.
var ErrStopped = errors.New("native: stopped")

// A Refusal is a sentence of the program about a call that it could not make.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// A process is one run of the binary.
type process struct {
	cmd     *exec.Cmd
	to      io.WriteCloser
	from    *os.File
	life    *os.File
	words   *lastWords
	known   []byte // the variables that it has
	buf     []byte
	waiting chan struct{} // closed when it has ended
}

// Call sends a request of the kind and gives the answer. Variables are the
// body of the message that sets the variables, sent if the process has others.
// Closing stop ends the call and its process.
func (p *Pool) Call(stop <-chan struct{}, variables, request []byte) (kind byte, body []byte, err error) {
	q, err := p.take()
	if err != nil {
		return 0, nil, err
	}
	done := make(chan struct{})
	watching := make(chan struct{})
	stopped := false
	go func() {
		defer close(watching)
		select {
		case <-stop:
			stopped = true
			q.cmd.Process.Kill()
		case <-done:
		}
	}()
	q.words.expect()
	kind, body, err = q.call(variables, request)
	close(done)
	<-watching
	if err == nil && !stopped {
		q.words.release()
		body = bytes.Clone(body)
		p.mu.Lock()
		p.idle = append(p.idle, q)
		if p.rest == nil {
			p.rest = time.AfterFunc(resting, p.Close)
		}
		p.rest.Reset(resting)
		p.mu.Unlock()
		return kind, body, nil
	}
	q.close()
	if stopped {
		q.words.release()
		return 0, nil, ErrStopped
	}
	return 0, nil, q.reason()
}

func (q *process) call(variables, request []byte) (kind byte, body []byte, err error) {
	if !bytes.Equal(variables, q.known) {
		if _, err := q.to.Write(variables); err != nil {
			return 0, nil, err
		}
		q.known = bytes.Clone(variables)
	}
	if _, err := q.to.Write(request); err != nil {
		return 0, nil, err
	}
	kind, q.buf, err = wire.Read(q.from, q.buf)
	return kind, q.buf, err
}

// Close ends the processes that are idle.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, q := range idle {
		q.close()
	}
}

// take is an idle process, or a new one.
func (p *Pool) take() (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := len(p.idle); n > 0; n = len(p.idle) {
		q := p.idle[n-1]
		p.idle = p.idle[:n-1]
		select {
		case <-q.waiting: // it was killed meanwhile
			q.close()
		default:
			return q, nil
		}
	}
	return start(p.binary, p.stderr)
}

func start(b *Binary, stderr io.Writer) (*process, error) {
	fail := func(err error) (*process, error) {
		return nil, fmt.Errorf("native: starting what was built: %w", err)
	}
	q := &process{cmd: exec.Command(b.Path), words: &lastWords{to: stderr}, waiting: make(chan struct{})}
	q.cmd.Env = append(os.Environ(), "GOTRACEBACK=single")
	q.cmd.Stdout, q.cmd.Stderr = os.Stdout, q.words
	lifeEnd, life, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	from, answers, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	q.life, q.from = life, from
	q.cmd.ExtraFiles = []*os.File{lifeEnd, answers}
	if q.to, err = q.cmd.StdinPipe(); err != nil {
		return fail(err)
	}
	err = q.cmd.Start()
	lifeEnd.Close()
	answers.Close()
	if err != nil {
		life.Close()
		from.Close()
		return fail(err)
	}
	go func() {
		q.cmd.Wait()
		close(q.waiting)
	}()
	return q, nil
}

// close ends the process and forgets it.
func (q *process) close() {
	q.life.Close()
	q.to.Close()
	q.cmd.Process.Kill()
	<-q.waiting
	q.from.Close()
}

// reason is why a process died.
func (q *process) reason() error {
	state := q.cmd.ProcessState
	why := state.String()
	status, ok := state.Sys().(syscall.WaitStatus)
	signaled := ok && runtime.GOOS != "windows" && status.Signaled()
	if text := q.words.reason(); text != "" && (signaled || state.ExitCode() == dyingCode) {
		why = text
	} else {
		q.words.release()
	}
	if signaled && status.Signal() == syscall.SIGKILL {
		why += " (the system may have run out of memory)"
	}
	return fmt.Errorf("native: the process of the native functions died: %s; the next call starts a new one", why)
}

// dyingCode is the exit code of a process that Go's runtime ends.
const dyingCode = 2

// maxWords is how much is kept back of what may be the last words of a process.
const maxWords = 1 << 16

// lastWords passes on what a process says, but for what Go's runtime says as
// it dies of a call. What only begins like that is passed on when the call ends.
type lastWords struct {
	to io.Writer

	mu      sync.Mutex
	calling bool
	words   []byte // kept back; nil: nothing
}

var dying = regexp.MustCompile(`(?m)^(?:fatal error: |panic: |runtime: goroutine stack exceeds|runtime: out of memory|SIG[A-Z]+: |unexpected fault address)`)

func (l *lastWords) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	if l.words == nil {
		at := dying.FindIndex(b)
		if at == nil || !l.calling {
			return l.to.Write(b)
		}
		l.to.Write(b[:at[0]])
		b, l.words = b[at[0]:], []byte{}
	}
	if l.words = append(l.words, b...); len(l.words) > maxWords {
		l.pass()
	}
	return n, nil
}

// expect says that a call begins.
func (l *lastWords) expect() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calling = true
}

// release says that the process did not die of its call.
func (l *lastWords) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calling = false
	l.pass()
}

func (l *lastWords) pass() {
	if l.words != nil {
		l.to.Write(l.words)
		l.words = nil
	}
}

// reason is what the runtime gave as the reason, or nothing.
func (l *lastWords) reason() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(string(l.words)) {
		for _, begin := range []string{"fatal error: ", "panic: "} {
			if text, ok := strings.CutPrefix(line, begin); ok {
				return strings.TrimSpace(text)
			}
		}
	}
	return ""
}
