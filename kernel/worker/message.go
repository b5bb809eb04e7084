// Package worker runs a session in a process of its own, so that what kills
// the interpreter (a stack overflow, a fatal error of Go's runtime, too much
// memory) costs a cell and not the kernel.
//
// A Worker is the front's end: it starts the process, sends it cells, and when
// it dies starts another one and gives that the imports, types and functions
// of the cells so far. Serve is the process's end.
//
// Answers come from the process's file descriptor 3 and requests go to its 4,
// as lines of JSON; to its 5 Go's runtime repeats what it says as it dies. Its
// standard input is for the cells. What they print takes the ordinary way,
// descriptors 1 and 2, whoever writes there: the interpreter, compiled code, or
// Go's runtime. A marker on both keeps the order: a message that says so is
// taken only when the marker with its number has come through them. Where what is
// printed turns from one stream to the other, or from one cell to another that runs
// beside it, there is such a message, too.
package worker

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// The file descriptors of the process that are not its standard ones.
const (
	answersFile = 3 + iota
	requestsFile
	crashFile
)

// inherited is one of them. What the process starts does not get it.
func inherited(fd int) *os.File {
	closeOnExec(fd)
	return os.NewFile(uintptr(fd), "")
}

// A message goes one way or the other. Which fields it has depends on its kind.
type message struct {
	Kind string `json:"kind"`
	ID   int    `json:"id,omitempty"`   // of the request that it is, or belongs to
	Mark int    `json:"mark,omitempty"` // to wait for in the streams

	Cell      session.Cell    `json:"cell,omitzero"`       // execute, restore; failed: its number
	Bundle    display.Bundle  `json:"bundle,omitempty"`    // display, update; reply to widgets
	Name      string          `json:"name,omitempty"`      // the display's id
	Flag      bool            `json:"flag,omitempty"`      // clear: wait; ask: a password
	Text      string          `json:"text,omitempty"`      // ask: the prompt; answer
	Failed    bool            `json:"failed,omitempty"`    // answer: nobody could be asked
	Line      int             `json:"line,omitempty"`      // at: the statement that runs
	Done      int             `json:"done,omitempty"`      // at: how many have run
	Outcome   session.Outcome `json:"outcome,omitzero"`    // reply to execute; failed: its error
	Variables []string        `json:"variables,omitempty"` // at, reply to execute
	Comm      *display.Comm   `json:"comm,omitempty"`      // comm, either way
	Lost      []string        `json:"lost,omitempty"`

	Memory uint64            `json:"memory,omitempty"` // memory: the bytes that the process may have
	Gone   map[string]string `json:"gone,omitempty"`   // gone: names, and where they went
}

// marker is what stands in the streams for a message's Mark. The token is the
// process's own, so that no cell prints one by chance.
func marker(token string, n int) string { return fmt.Sprintf("\x1b]%s;%d\x07", token, n) }

// A scanner takes the markers out of a stream.
type scanner struct {
	prefix []byte
	rest   []byte // not scanned yet, or what may be the beginning of a marker
}

func newScanner(token string) *scanner { return &scanner{prefix: []byte("\x1b]" + token + ";")} }

// feed adds what was read.
func (s *scanner) feed(b []byte) { s.rest = append(s.rest, b...) }

// next gives the text up to the next marker and its number, or with 0 the text
// that is surely no part of one.
func (s *scanner) next() (text []byte, mark int) {
	if i := bytes.Index(s.rest, s.prefix); i >= 0 {
		text = bytes.Clone(s.rest[:i])
		end := bytes.IndexByte(s.rest[i:], '\x07')
		if end < 0 {
			s.rest = s.rest[i:]
			return text, 0
		}
		mark, _ = strconv.Atoi(string(s.rest[i+len(s.prefix) : i+end]))
		s.rest = s.rest[i+end+1:]
		return text, mark
	}
	keep := min(len(s.prefix)-1, len(s.rest))
	for !bytes.HasSuffix(s.rest, s.prefix[:keep]) {
		keep--
	}
	text = bytes.Clone(s.rest[:len(s.rest)-keep])
	s.rest = append(s.rest[:0], s.rest[len(s.rest)-keep:]...)
	return text, 0
}
