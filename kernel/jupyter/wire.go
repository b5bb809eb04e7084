package jupyter

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
)

// The flags of a ZMTP frame.
const (
	moreFlag    = 1
	longFlag    = 2
	commandFlag = 4
)

const (
	greetingSize     = 64
	maxHandshake     = 64 << 10  // bytes of a frame before the handshake is over
	maxMessage       = 256 << 20 // bytes of a message
	maxFrames        = 1 << 16   // frames of a message
	handshakeTimeout = 5 * time.Second
)

// A wire is a connection under zmq4's codec. zmq4 does the handshake and writes
// the frames. It does not read them: it would allocate whatever size a frame
// claims, and answer a PING in the middle of what another goroutine writes.
type wire struct {
	net.Conn
	in       *bufio.Reader
	out      *bufio.Writer
	greeting int    // bytes of the peer's greeting that are still to come
	rest     []byte // of the frame that the handshake is reading
}

// open does a listener's side of the handshake.
func open(c net.Conn, kind zmq4.SocketType) (conn *zmq4.Conn, w *wire, err error) {
	w = &wire{Conn: c, in: bufio.NewReaderSize(c, 32<<10), out: bufio.NewWriterSize(c, 32<<10), greeting: greetingSize}
	defer func() {
		if r := recover(); r != nil { // zmq4 trusts the lengths within a READY command
			err = fmt.Errorf("the handshake is malformed: %v", r)
		}
	}()
	if err := c.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, nil, err
	}
	if conn, err = zmq4.Open(w, null.Security(), kind, nil, true, nil); err != nil {
		return nil, nil, err
	}
	if err := w.out.Flush(); err != nil {
		return nil, nil, err
	}
	return conn, w, c.SetDeadline(time.Time{})
}

// Read is zmq4's view of the connection, during the handshake only.
func (w *wire) Read(p []byte) (int, error) {
	if err := w.out.Flush(); err != nil {
		return 0, err
	}
	if w.greeting > 0 {
		n, err := w.in.Read(p[:min(len(p), w.greeting)])
		w.greeting -= n
		return n, err
	}
	if len(w.rest) == 0 {
		flags, body, err := readFrame(w.in, maxHandshake)
		if err != nil {
			return 0, err
		}
		w.rest = appendFrame(nil, flags, body)
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

// Write is zmq4's; what it writes goes out with the next flush.
func (w *wire) Write(p []byte) (int, error) { return w.out.Write(p) }

var errSize = errors.New("a message is larger than the server takes")

// readFrame reads one frame of at most max bytes.
func readFrame(r *bufio.Reader, max int) (flags byte, body []byte, err error) {
	if flags, err = r.ReadByte(); err != nil {
		return 0, nil, err
	}
	if flags&^(moreFlag|longFlag|commandFlag) != 0 || flags&commandFlag != 0 && flags&moreFlag != 0 {
		return 0, nil, fmt.Errorf("a frame has the flags %#x", flags)
	}
	var size [8]byte
	at := 7
	if flags&longFlag != 0 {
		at = 0
	}
	if _, err := io.ReadFull(r, size[at:]); err != nil {
		return 0, nil, noEOF(err)
	}
	n := binary.BigEndian.Uint64(size[:])
	if n > uint64(max) {
		return 0, nil, errSize
	}
	if n <= 1<<20 {
		body = make([]byte, n)
		_, err = io.ReadFull(r, body)
		return flags, body, noEOF(err)
	}
	// A peer that claims much gets memory only as it sends.
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return 0, nil, noEOF(err)
	}
	return flags, b.Bytes(), nil
}

// noEOF marks an end within a frame.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendFrame is the inverse of readFrame.
func appendFrame(to []byte, flags byte, body []byte) []byte {
	to = append(to, flags)
	if flags&longFlag != 0 {
		to = binary.BigEndian.AppendUint64(to, uint64(len(body)))
	} else {
		to = append(to, byte(len(body)))
	}
	return append(to, body...)
}

// readMessage reads the frames of one message, or one command.
func readMessage(r *bufio.Reader) (frames [][]byte, command bool, err error) {
	left := maxMessage
	for {
		flags, body, err := readFrame(r, left)
		if err != nil {
			if len(frames) > 0 {
				err = noEOF(err)
			}
			return nil, false, err
		}
		if flags&commandFlag != 0 {
			if len(frames) > 0 {
				return nil, false, errors.New("a command stands within a message")
			}
			return [][]byte{body}, true, nil
		}
		frames = append(frames, body)
		if flags&moreFlag == 0 {
			return frames, false, nil
		}
		if left -= len(body); len(frames) == maxFrames {
			return nil, false, errSize
		}
	}
}

// splitCommand takes a command's body apart.
func splitCommand(body []byte) (name string, data []byte, ok bool) {
	if len(body) == 0 || len(body) < 1+int(body[0]) {
		return "", nil, false
	}
	return string(body[1 : 1+body[0]]), body[1+body[0]:], true
}
