// Package jupyter serves a Jupyter front end: it speaks version 5.5 of the
// Jupyter messaging protocol over ZeroMQ sockets and asks a [Kernel] for
// everything that concerns the language. It knows nothing of Go cells.
//
// From the wire upwards: wire.go has frames and one connection, socket.go the
// ROUTER, REP and XPUB sockets over many connections, sign.go and message.go
// the signed messages, shell.go the order in which requests are answered, and
// execute.go, stdin.go, history.go and comm.go what the requests ask for.
//
// The protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html.
// The wire: https://rfc.zeromq.org/spec/23/ (ZMTP).
package jupyter

import "context"

// A Bundle is one value in several formats, keyed by MIME type.
type Bundle = map[string]any

// A Kernel is the language behind the protocol. Its methods may be called while a
// cell runs and from several goroutines: cells of subshells run beside those of the
// shell. A panic in any of them becomes an error reply.
type Kernel interface {
	// Info tells what the kernel is.
	Info() Info
	// Execute runs a cell. An interrupt cancels ctx; Execute should then return
	// soon, and the server waits until it does.
	Execute(ctx context.Context, r ExecuteRequest, out *Outlet) Result
	// Complete lists what could stand at the cursor, a byte offset into code.
	Complete(ctx context.Context, code string, cursor int) Completion
	// Inspect describes what stands at the cursor, a byte offset into code;
	// detail 0 asks for documentation and detail 1 for the source as well.
	Inspect(ctx context.Context, code string, cursor, detail int) (b Bundle, found bool)
	// IsComplete tells whether code could be run as it is: its status is
	// "complete", "incomplete", "invalid" or "unknown", and indent is what an
	// incomplete piece's next line should begin with.
	IsComplete(code string) (status, indent string)
}

// A CommKernel is a Kernel that talks with objects in the front end, as
// widgets do. Serve calls UseComms once, before the first request.
type CommKernel interface {
	Kernel
	UseComms(*Comms)
}

// Info is a kernel's answer to who it is.
type Info struct {
	Implementation, ImplementationVersion string
	Banner                                string // what a console shows first
	Language                              Language
	HelpLinks                             []HelpLink
}

// Language describes the language of the cells.
type Language struct {
	Name, Version string
	Mimetype      string // of a file of it
	FileExtension string // with its dot
	Pygments      string // the Pygments lexer; "" where it is Name
	CodeMirror    string // the CodeMirror mode; "" where it is Name
	NBConvert     string // the nbconvert exporter; "" for "script"
}

// A HelpLink is an entry of the front end's help menu.
type HelpLink struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// An ExecuteRequest is a cell to run.
type ExecuteRequest struct {
	Code         string
	Silent       bool // run quietly: no result is shown and nothing is counted
	StoreHistory bool // the cell is counted and kept in the history
	AllowStdin   bool // Outlet.Input works
	StopOnError  bool // an error drops the cells that are waiting
	Count        int  // the number of the cell, from 1

	// UserExpressions are to be evaluated after the cell if it succeeds, by
	// the names under which their values are sent back.
	UserExpressions map[string]string
}

// A Result is what a cell came to.
type Result struct {
	Value           Bundle // shown as the cell's result; nil: nothing
	Error           *Error // nil if the cell succeeded
	UserExpressions map[string]UserExpression
	Payload         []map[string]any // requests to the front end, such as a page to show
}

// An Error is what a failed cell tells. Traceback is shown line by line and may
// have ANSI colours.
type Error struct {
	Name, Value string
	Traceback   []string
}

// A UserExpression is the value of an expression, or why it has none.
type UserExpression struct {
	Value Bundle
	Error *Error
}

// A Completion lists what could replace the bytes Start to End of the code.
type Completion struct {
	Start, End int
	Matches    []Match
}

// A Match is one completion. Type is its kind ("function", "module", ...), shown
// beside it, and Signature its type; both may be empty.
type Match struct{ Text, Type, Signature string }
