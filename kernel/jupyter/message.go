package jupyter

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// protocol is the version of the messaging protocol.
const protocol = "5.5"

// delimiter stands between the routing frames and the message.
const delimiter = "<IDS|MSG>"

// A header is what the server reads of a message's header; what it echoes is
// the raw frame, which may have more.
type header struct {
	ID       string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"`
	Type     string `json:"msg_type"`
	Version  string `json:"version"`
	Subshell string `json:"subshell_id,omitempty"`
}

// A message is a received message whose signature was right.
type message struct {
	header
	route    [][]byte // the frames before the delimiter
	raw      []byte   // the header as it came
	metadata json.RawMessage
	content  json.RawMessage
	buffers  [][]byte
}

// parse takes a message apart. It refuses one that is not signed, or was seen
// before.
func parse(s *signer, frames [][]byte) (*message, error) {
	at := 0
	for at < len(frames) && string(frames[at]) != delimiter {
		at++
	}
	if len(frames) < at+6 {
		return nil, fmt.Errorf("a message has at least 6 frames from %s on, not %d", delimiter, len(frames)-at)
	}
	parts := frames[at+2 : at+6]
	if err := s.check(frames[at+1], parts); err != nil {
		return nil, err
	}
	m := message{route: frames[:at], raw: parts[0], metadata: parts[2], content: parts[3], buffers: frames[at+6:]}
	for i, name := range []string{"header", "parent header", "metadata", "content"} {
		if !json.Valid(parts[i]) || bytes.TrimLeft(parts[i], " \t\r\n")[0] != '{' {
			return nil, fmt.Errorf("the %s is not a JSON object", name)
		}
	}
	if err := json.Unmarshal(m.raw, &m.header); err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	if m.Type == "" {
		return nil, errors.New("the header has no msg_type")
	}
	return &m, nil
}

// An envelope is a message to send.
type envelope struct {
	kind     string // its msg_type
	parent   []byte // the raw header of the message that it answers; nil: none
	metadata any    // nil: none
	content  any
	buffers  [][]byte
}

// pack makes the frames from the delimiter on.
func (e envelope) pack(s *signer, session string) ([][]byte, error) {
	head, err := encode(header{ID: newID(), Session: session, Username: "kernel",
		Date: time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"), Type: e.kind, Version: protocol})
	if err != nil {
		return nil, err
	}
	content, err := encode(e.content)
	if err != nil {
		return nil, err
	}
	parent, metadata := e.parent, []byte("{}")
	if parent == nil {
		parent = []byte("{}")
	}
	if e.metadata != nil {
		if metadata, err = encode(e.metadata); err != nil {
			return nil, err
		}
	}
	parts := [][]byte{head, parent, metadata, content}
	frames := append([][]byte{[]byte(delimiter), s.sign(parts)}, parts...)
	return append(frames, e.buffers...), nil
}

// encode is json.Marshal that leaves <, > and & as they are and turns the panic
// of a MarshalJSON method into an error.
func encode(v any) (data []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("jupyter: no JSON of a %T: %v", v, r)
		}
	}()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// newID returns a random UUID (version 4).
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
