package jupyter

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
)

// encodeMessage writes a message in frames as small as they can be.
func encodeMessage(frames [][]byte) []byte {
	var data []byte
	for i, f := range frames {
		var flags byte
		if i < len(frames)-1 {
			flags |= moreFlag
		}
		if len(f) > 255 {
			flags |= longFlag
		}
		data = appendFrame(data, flags, f)
	}
	return data
}

func TestReadMessage(t *testing.T) {
	frames := [][]byte{{}, []byte("a"), bytes.Repeat([]byte("b"), 255), bytes.Repeat([]byte("c"), 256), bytes.Repeat([]byte("d"), 3<<20)}
	data := encodeMessage(frames)
	got, command, err := readMessage(bufio.NewReader(bytes.NewReader(data)))
	if err != nil || command || !slices.EqualFunc(got, frames, bytes.Equal) {
		t.Errorf("%d frames, %v, %v", len(got), command, err)
	}
	if _, _, err := readMessage(bufio.NewReader(bytes.NewReader(nil))); err != io.EOF {
		t.Errorf("the end gave %v", err)
	}
	for _, n := range []int{1, 5, 100, 300, len(data) - 1} {
		if _, _, err := readMessage(bufio.NewReader(bytes.NewReader(data[:n]))); err != io.ErrUnexpectedEOF {
			t.Errorf("%d bytes of a message gave %v", n, err)
		}
	}
}

// A claim of a large frame costs memory only as its bytes come.
func TestFrameSize(t *testing.T) {
	claim := func(n uint64) []byte { return binary.BigEndian.AppendUint64([]byte{longFlag}, n) }
	for _, n := range []uint64{maxMessage + 1, 1 << 40, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		if _, _, err := readMessage(bufio.NewReader(bytes.NewReader(claim(n)))); !errors.Is(err, errSize) {
			t.Errorf("%d bytes gave %v", n, err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		if _, _, err := readMessage(bufio.NewReader(bytes.NewReader(claim(maxMessage)))); err != io.ErrUnexpectedEOF {
			t.Error(err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 20<<20 {
		t.Errorf("allocated %d bytes for nothing", n)
	}
	half := append([]byte{moreFlag | longFlag}, binary.BigEndian.AppendUint64(nil, maxMessage/2+1)...)
	two := append(append(slices.Clone(half), make([]byte, maxMessage/2+1)...), half...)
	if _, _, err := readMessage(bufio.NewReader(bytes.NewReader(two))); !errors.Is(err, errSize) {
		t.Errorf("two frames that are too large together gave %v", err)
	}
	if _, _, err := readMessage(bufio.NewReader(bytes.NewReader(bytes.Repeat([]byte{moreFlag, 0}, maxFrames+1)))); !errors.Is(err, errSize) {
		t.Errorf("too many frames gave %v", err)
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add(encodeMessage([][]byte{[]byte("a"), {}, bytes.Repeat([]byte("b"), 300)}))
	f.Add([]byte{commandFlag, 6, 4, 'P', 'I', 'N', 'G', 0})
	f.Add([]byte{longFlag, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{longFlag | moreFlag, 0, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 0})
	f.Add([]byte{moreFlag | commandFlag, 0})
	f.Add([]byte{moreFlag, 0, commandFlag, 1, 'x'})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReader(bytes.NewReader(data))
		for {
			frames, command, err := readMessage(r)
			if err != nil {
				return
			}
			if command {
				if len(frames) != 1 {
					t.Fatal("a command of several frames")
				}
				splitCommand(frames[0])
				continue
			}
			again, _, err := readMessage(bufio.NewReader(bytes.NewReader(encodeMessage(frames))))
			if err != nil || !slices.EqualFunc(again, frames, bytes.Equal) {
				t.Fatalf("%q became %q: %v", frames, again, err)
			}
		}
	})
}

// FuzzHandshake sends anything to a socket that opens a connection.
func FuzzHandshake(f *testing.F) {
	greeting := append(append([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0}, "NULL"...), make([]byte, 48)...)
	ready := func(body string) []byte {
		return appendFrame(slices.Clone(greeting), commandFlag, append([]byte("\x05READY"), body...))
	}
	f.Add(ready("\x0bSocket-Type\x00\x00\x00\x06DEALER"))
	f.Add(ready("\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x01x"))
	f.Add(ready("\x0bSocket-Type\x00\x00\x00\x03TEA"))
	f.Add(ready("\xff"))
	f.Add(ready("\x00\xff\xff\xff\xff"))
	f.Add(greeting[:11])
	f.Fuzz(func(t *testing.T, data []byte) {
		conn, _, err := open(&script{said: bytes.NewReader(data)}, zmq4.Router)
		if err == nil && !zmq4.Router.IsCompatible(zmq4.SocketType(conn.Peer.Meta["Socket-Type"])) {
			t.Errorf("opened to a %q", conn.Peer.Meta["Socket-Type"])
		}
	})
}

// A script is a connection to a peer that says what it says and hears nothing.
type script struct {
	net.Conn
	said *bytes.Reader
}

func (s *script) Read(p []byte) (int, error)  { return s.said.Read(p) }
func (s *script) Write(p []byte) (int, error) { return len(p), nil }
func (s *script) SetDeadline(time.Time) error { return nil }

func TestHandshake(t *testing.T) {
	greeting := append(append([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1}, "NULL"...), make([]byte, 48)...)
	body := "\x05READY\x08identity\x00\x00\x00\x02\x00\xff\x0bSocket-Type\x00\x00\x00\x06DEALER"
	data := appendFrame(greeting, commandFlag, []byte(body))
	conn, w, err := open(&script{said: bytes.NewReader(append(data, 0, 1, 'x'))}, zmq4.Router)
	if err != nil {
		t.Fatal(err)
	}
	if p := newPeer(conn, w); p.id != "\x00\xff" {
		t.Errorf("the identity is %q", p.id)
	}
	if frames, _, err := readMessage(w.in); err != nil || string(frames[0]) != "x" {
		t.Errorf("after the handshake came %q, %v", frames, err)
	}
	long := appendFrame(data[:greetingSize:greetingSize], commandFlag|longFlag, make([]byte, maxHandshake+1))
	if _, _, err := open(&script{said: bytes.NewReader(long)}, zmq4.Router); !errors.Is(err, errSize) {
		t.Errorf("a long READY gave %v", err)
	}
}

// A peer that says nothing is let go.
func TestHandshakeDeadline(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newSocket(zmq4.Router, l)
	s.start()
	defer s.close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(handshakeTimeout + 5*time.Second))
	start := time.Now()
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Fatal("the connection is still there: ", err)
	}
	if d := time.Since(start); d < handshakeTimeout/2 {
		t.Errorf("it ended after %v", d)
	}
}

// dial connects to a socket as a client of the given type does.
func dial(t *testing.T, p port, kind zmq4.SocketType, id string) *zmq4.Conn {
	t.Helper()
	c, err := (&connection{Transport: "tcp", IP: "127.0.0.1"}).dial(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(5 * time.Minute)) // of all that the test does with it
	conn, err := zmq4.Open(c, null.Security(), kind, zmq4.SocketIdentity(id), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
