package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/jupyter"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
	"github.com/innkeeper-notebook/innkeeper/kernel/worker"
)

// memoryUsage says what the flag -memory is for.
const memoryUsage = "let cells have this many `MB` of memory (default: nine tenths of the machine's)"

// serveKernel serves one notebook over the sockets of a connection file.
func serveKernel(ctx context.Context, args []string) error {
	fs := flags("kernel", "connection.json")
	memory := fs.Uint64("memory", 0, memoryUsage)
	path, err := parse(fs, args, "connection.json")
	if err != nil {
		return err
	}
	widgets := &widgetComms{open: map[string]*jupyter.Comm{}}
	w, err := newWorker(process{memory: *memory, comm: widgets.fromCells})
	if err != nil {
		return err
	}
	defer w.Close()
	widgets.cells = w
	return jupyter.Serve(ctx, path, goKernel{w, widgets})
}

// A process says how cells run. The zero value is what most commands want.
type process struct {
	memory uint64             // MB that cells may have; 0: nine tenths of the machine's
	dir    string             // the current folder; "": this process's
	args   []string           // what cells see as os.Args; nil: the name innkeeper
	stdin  io.Reader          // what cells read where nobody answers; nil: nothing
	comm   func(display.Comm) // is told what widgets say; nil: there are none
}

// newWorker runs cells in a process of this binary.
func newWorker(p process) (*worker.Worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return worker.New(func(token string) *exec.Cmd {
		args := []string{"worker", "-memory", strconv.FormatUint(p.memory, 10), "-widgets=" + strconv.FormatBool(p.comm != nil), token}
		cmd := exec.Command(self, append(args, p.args...)...)
		cmd.Dir = p.dir
		cmd.Stdin = p.stdin
		cmd.WaitDelay = time.Second // a terminal that stdin comes from may never say more
		return cmd
	}, p.comm)
}

// serveWorker is the process in which cells run.
func serveWorker(_ context.Context, args []string) error {
	fs := flags("worker", "token [os.Args of the cells]")
	memory := fs.Uint64("memory", 0, "as that of kernel, in `MB`")
	widgets := fs.Bool("widgets", false, "there is a front end that shows widgets")
	if err := fs.Parse(args); err != nil {
		return errUsage
	}
	if fs.NArg() == 0 {
		return errors.New("this is for the kernel alone to call")
	}
	token := fs.Arg(0)
	os.Args = []string{"innkeeper"}
	if fs.NArg() > 1 {
		os.Args = fs.Args()[1:]
	}
	flag.CommandLine = flag.NewFlagSet(os.Args[0], flag.ExitOnError) // a script's, and no library's of ours
	flag.CommandLine.Usage = func() { flag.Usage() }
	if err := worker.LimitMemory(*memory << 20); err != nil {
		fmt.Fprintln(os.Stderr, err) // cells run without it, too
	}
	s, err := session.New()
	if err != nil {
		return err
	}
	defer worker.EndAll()
	return worker.Serve(s, token, *widgets)
}

// goKernel is a worker as the protocol's server sees it.
type goKernel struct {
	s       *worker.Worker
	widgets *widgetComms
}

func (goKernel) Info() jupyter.Info {
	version := strings.TrimPrefix(runtime.Version(), "go")
	return jupyter.Info{
		Implementation:        "innkeeper",
		ImplementationVersion: buildVersion(),
		Banner:                "innkeeper " + buildVersion() + ": Go " + version + " with invertible neural networks",
		Language: jupyter.Language{
			Name: "go", Version: version, Mimetype: "text/x-go", FileExtension: ".go", Pygments: "go", CodeMirror: "go",
		},
		HelpLinks: []jupyter.HelpLink{
			{Text: "Go's standard library", URL: "https://pkg.go.dev/std"},
			{Text: "Gonum", URL: "https://pkg.go.dev/gonum.org/v1/gonum"},
			{Text: "Gonum Plot", URL: "https://pkg.go.dev/gonum.org/v1/plot"},
		},
	}
}

// buildVersion is the version or commit that the binary was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "0"
	}
	return info.Main.Version
}

func (k goKernel) Execute(ctx context.Context, r jupyter.ExecuteRequest, out *jupyter.Outlet) jupyter.Result {
	o := k.s.Execute(ctx, session.Cell{Number: r.Count, Code: r.Code}, out)
	result := jupyter.Result{Value: o.Value, Payload: o.Payload}
	if o.Err != nil {
		result.Error = wireError(o.Err)
		return result
	}
	if len(r.UserExpressions) > 0 {
		result.UserExpressions = map[string]jupyter.UserExpression{}
		for name, code := range r.UserExpressions {
			o := k.s.Execute(ctx, session.Cell{Number: r.Count, Code: code}, out)
			e := jupyter.UserExpression{Value: o.Value}
			if o.Err != nil {
				e.Error = wireError(o.Err)
			}
			result.UserExpressions[name] = e
		}
	}
	return result
}

func wireError(e *session.Error) *jupyter.Error {
	return &jupyter.Error{Name: e.Name, Value: e.Message, Traceback: e.Traceback}
}

func (k goKernel) Complete(_ context.Context, code string, cursor int) jupyter.Completion {
	start, end, found := k.s.Complete(code, cursor)
	c := jupyter.Completion{Start: start, End: end}
	for _, f := range found {
		c.Matches = append(c.Matches, jupyter.Match{Text: f.Text, Type: f.Kind, Signature: f.Type})
	}
	return c
}

func (k goKernel) Inspect(_ context.Context, code string, cursor, detail int) (jupyter.Bundle, bool) {
	text, ok := k.s.Inspect(code, cursor, detail)
	if !ok {
		return nil, false
	}
	return jupyter.Bundle{display.Text: text}, true
}

func (goKernel) IsComplete(code string) (status, indent string) { return session.IsComplete(code) }
