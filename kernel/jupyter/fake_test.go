package jupyter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestMain serves the fake kernel when a front end starts the test binary.
func TestMain(m *testing.M) {
	if os.Getenv("INNKEEPER_FAKE_KERNEL") != "" {
		if err := Serve(context.Background(), os.Args[len(os.Args)-1], &fake{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A fake is a kernel whose cells have a command and its argument on each line.
type fake struct {
	mu     sync.Mutex
	comms  *Comms
	comm   *Comm
	parent json.RawMessage // of the message that waits for an answer
	log    []string        // of comm messages

	interrupted atomic.Bool // a cell was
}

func (f *fake) Info() Info {
	return Info{Implementation: "fake", ImplementationVersion: "1.2", Banner: "a fake kernel",
		Language: Language{Name: "fake", Version: "0", Mimetype: "text/x-fake", FileExtension: ".fake"}}
}

func text(s string) Bundle { return Bundle{"text/plain": s} }

func (f *fake) Execute(ctx context.Context, r ExecuteRequest, out *Outlet) (res Result) {
	for line := range strings.Lines(r.Code) {
		command, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.Atoi(arg)
		switch command {
		case "print":
			out.Stream("stdout", arg+"\n")
		case "bytes": // one at a time, each with a message of its own
			for i := range len(arg) {
				out.Stream("stdout", arg[i:i+1])
				time.Sleep(outputDelay + 5*time.Millisecond)
			}
		case "warn":
			out.Stream("stderr", arg+"\n")
		case "value":
			res.Value = text(arg)
		case "display":
			out.Display(text(arg), "")
		case "show": // under the id "d"
			out.Display(text(arg), "d")
		case "update":
			out.Update(text(arg), "d")
		case "clear":
			out.Clear(arg == "wait")
		case "page":
			res.Payload = []map[string]any{{"source": "page", "start": 0, "data": text(arg)}}
		case "count":
			res.Value = text(strconv.Itoa(r.Count))
		case "error":
			res.Error = &Error{"FakeError", arg, []string{"at line 1", arg}}
			return res
		case "sleep": // milliseconds, or until the interrupt
			select {
			case <-time.After(time.Duration(n) * time.Millisecond):
			case <-ctx.Done():
				f.interrupted.Store(true)
				res.Error = &Error{"Interrupt", "interrupted", nil}
				return res
			}
		case "deaf": // milliseconds, whatever comes
			time.Sleep(time.Duration(n) * time.Millisecond)
		case "flood": // lines
			for i := range n {
				out.Stream("stdout", fmt.Sprintf("line %d\n", i))
			}
		case "pictures": // of 1 MB each
			for range n {
				out.Display(Bundle{"image/png": strings.Repeat("A", 1<<20)}, "")
			}
		case "panic":
			panic(arg)
		case "goexit":
			runtime.Goexit()
		case "nonsense":
			out.Display(Bundle{"application/json": func() {}}, "")
		case "input", "password":
			s, err := out.Input(arg, command == "password")
			if errors.Is(err, context.Canceled) {
				res.Error = &Error{"Interrupt", "interrupted", nil}
				return res
			} else if err != nil {
				res.Error = &Error{"NoInput", err.Error(), nil}
				return res
			}
			res.Value = text(s)
		case "length":
			res.Value = text(strconv.Itoa(len(r.Code)))
		case "open":
			c, err := f.comms.Open("", "echo", f, map[string]any{"from": "kernel"}, map[string]any{"version": "2.1.0"}, [][]byte{[]byte(arg)})
			if err != nil {
				res.Error = &Error{"Comm", err.Error(), nil}
				return res
			}
			f.mu.Lock()
			f.comm = c
			f.mu.Unlock()
		case "send", "answer":
			f.mu.Lock()
			c := f.comm
			if command == "answer" {
				c = c.In(f.parent, false)
			}
			f.mu.Unlock()
			if err := c.Send(map[string]any{"text": arg}, nil, nil); err != nil {
				res.Error = &Error{"Comm", err.Error(), nil}
				return res
			}
		}
	}
	if r.UserExpressions != nil {
		res.UserExpressions = map[string]UserExpression{}
		for name, code := range r.UserExpressions {
			if code == "bad" {
				res.UserExpressions[name] = UserExpression{Error: &Error{"FakeError", "bad", nil}}
			} else {
				res.UserExpressions[name] = UserExpression{Value: text(code)}
			}
		}
	}
	return res
}

var commands = []string{"print", "priority", "value"}

func (f *fake) Complete(ctx context.Context, code string, cursor int) Completion {
	if code == "panic" {
		panic("no completion")
	}
	if code == "wait" { // until a cell is interrupted
		for !f.interrupted.Load() {
			time.Sleep(time.Millisecond)
		}
	}
	start := strings.LastIndexAny(code[:cursor], " \n") + 1
	c := Completion{Start: start, End: cursor}
	for _, name := range commands {
		if strings.HasPrefix(name, code[start:cursor]) {
			c.Matches = append(c.Matches, Match{Text: name, Type: "function"})
		}
	}
	return c
}

func (f *fake) Inspect(ctx context.Context, code string, cursor, detail int) (Bundle, bool) {
	if cursor > len(code) || !strings.HasSuffix(code[:cursor], "print") {
		return nil, false
	}
	return text(fmt.Sprintf("print: prints (%d)", detail)), true
}

func (f *fake) IsComplete(code string) (string, string) {
	switch {
	case strings.HasSuffix(code, "{"):
		return "incomplete", "\t"
	case strings.HasPrefix(code, "}"):
		return "invalid", ""
	}
	return "complete", ""
}

// The target "echo" sends back what it gets.

func (f *fake) UseComms(cs *Comms) {
	f.comms = cs
	cs.Register("echo", f)
}

func (f *fake) note(what string, c *Comm, data json.RawMessage, buffers [][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, fmt.Sprintf("%s %s %s %q", what, c.Target, data, buffers))
}

func (f *fake) Open(c *Comm, data json.RawMessage, buffers [][]byte) {
	f.note("open", c, data, buffers)
	c.Send(map[string]any{"opened": data}, nil, buffers)
}

func (f *fake) Msg(c *Comm, data json.RawMessage, buffers [][]byte) {
	f.note("msg", c, data, buffers)
	switch string(data) {
	case `"panic"`:
		panic("in a handler")
	case `"later"`:
		f.mu.Lock()
		f.comm, f.parent = c, c.Parent()
		f.mu.Unlock()
		return
	}
	c.Send(map[string]any{"echo": data}, nil, buffers)
}

func (f *fake) Close(c *Comm, data json.RawMessage, buffers [][]byte) {
	f.note("close", c, data, buffers)
}
