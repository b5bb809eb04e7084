package jupyter

import (
	"context"
	"encoding/json"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

func (c *connection) dial(p port) (net.Conn, error) {
	return net.Dial("tcp", net.JoinHostPort(c.IP, strconv.Itoa(p.port)))
}

// A client is a front end within the process, over zmq4's side of the wire.
type client struct {
	t                     *testing.T
	signer                *signer
	shell, control, iopub *zmq4.Conn
}

// serve runs a server for the time of a test.
func serve(t *testing.T, k Kernel) (*client, *connection) {
	t.Helper()
	conn := freePorts(t)
	ctx, stop := context.WithCancel(t.Context())
	s, err := newServer(ctx, conn, k, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s.stop = stop
	s.start()
	t.Cleanup(s.close)
	return connect(t, conn), conn
}

func connect(t *testing.T, conn *connection) *client {
	t.Helper()
	signer, err := newSigner(conn.SignatureScheme, *conn.Key)
	if err != nil {
		t.Fatal(err)
	}
	ports := conn.ports()
	c := &client{t, signer, dial(t, ports[0], zmq4.Dealer, "me"), dial(t, ports[3], zmq4.Dealer, "me"), dial(t, ports[1], zmq4.Sub, "")}
	if err := c.iopub.SendMsg(zmq4.NewMsg([]byte{1})); err != nil {
		t.Fatal(err)
	}
	if m := c.receive(c.iopub); m.Type != "iopub_welcome" {
		t.Fatalf("the first message is a %s", m.Type)
	}
	return c
}

// received is a message as the client reads it.
type received struct {
	header
	Parent  header
	Content map[string]any
}

func (c *client) send(to *zmq4.Conn, kind string, content any) {
	c.t.Helper()
	frames, err := envelope{kind: kind, content: content}.pack(c.signer, "session")
	if err == nil {
		err = to.SendMsg(zmq4.NewMsgFrom(frames...))
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) receive(from *zmq4.Conn) received {
	c.t.Helper()
	msg, err := from.RecvMsg()
	if err != nil {
		c.t.Fatal(err)
	}
	m, err := parse(c.signer, msg.Frames)
	if err != nil {
		c.t.Fatal(err)
	}
	r := received{header: m.header}
	parent := msg.Frames[len(m.route)+3]
	if json.Unmarshal(parent, &r.Parent) != nil || json.Unmarshal(m.content, &r.Content) != nil {
		c.t.Fatalf("%s: %s of %s", m.Type, m.content, parent)
	}
	return r
}

// execute runs a cell and returns its reply and what was published.
func (c *client) execute(code string) (received, []received) {
	c.t.Helper()
	c.send(c.shell, "execute_request", map[string]any{"code": code})
	reply := c.receive(c.shell)
	var published []received
	for {
		m := c.receive(c.iopub)
		if m.Parent.ID == reply.Parent.ID {
			published = append(published, m)
			if m.Content["execution_state"] == "idle" {
				return reply, published
			}
		}
	}
}

func TestServe(t *testing.T) {
	c, _ := serve(t, &fake{})
	c.send(c.shell, "kernel_info_request", struct{}{})
	if m := c.receive(c.shell); m.Type != "kernel_info_reply" || m.Content["protocol_version"] != "5.5" || m.Content["implementation"] != "fake" {
		t.Errorf("%+v", m)
	}
	reply, published := c.execute("print hello\nvalue 5")
	var kinds []string
	for _, m := range published {
		kinds = append(kinds, m.Type)
	}
	if got := strings.Join(kinds, " "); got != "status execute_input stream execute_result status" {
		t.Errorf("published %s", got)
	}
	if reply.Content["status"] != "ok" || reply.Content["execution_count"] != 1.0 {
		t.Errorf("%+v", reply)
	}
}

// Cells and clients leave no goroutine and no memory behind.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	c, conn := serve(t, &fake{})
	c.execute("value 0")
	measure := func() (goroutines int, heap uint64) {
		time.Sleep(50 * time.Millisecond)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return runtime.NumGoroutine(), m.HeapAlloc
	}
	for range 2000 { // the memory of signatures grows to its limit only after more
		c.execute("print a line\nvalue 1")
	}
	g0, h0 := measure()
	for range 2000 {
		c.execute("print a line\nvalue 1")
	}
	for range 50 {
		other := connect(t, conn)
		other.execute("value 2")
		other.shell.Close()
		other.control.Close()
		other.iopub.Close()
	}
	g1, h1 := measure()
	for start := time.Now(); g1 > g0 && time.Since(start) < 10*time.Second; { // they end soon after their sockets
		g1, h1 = measure()
	}
	// 2,050 cells: a signature (200 bytes) and an entry of the history (200).
	if g1 > g0 || h1 > h0+2050*1000 {
		t.Errorf("%d goroutines and %d bytes became %d and %d", g0, h0, g1, h1)
	}
	t.Logf("goroutines: %d at first, %d while serving, %d after 50 more clients; heap: %d kB, %d kB", before, g0, g1, h0>>10, h1>>10)
}

// close does not return before its goroutines have ended.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 5 {
		conn := freePorts(t)
		ctx, stop := context.WithCancel(t.Context())
		s, err := newServer(ctx, conn, &fake{}, "")
		if err != nil {
			t.Fatal(err)
		}
		s.stop = stop
		s.start()
		c := connect(t, conn)
		c.execute("value 1")
		half, err := conn.dial(conn.ports()[0])
		if err != nil {
			t.Fatal(err)
		}
		defer half.Close()
		s.close()
	}
	for start := time.Now(); time.Since(start) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		if runtime.NumGoroutine() <= before {
			return
		}
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// A subscriber gets what its topics begin, from either form of subscription.
func TestTopics(t *testing.T) {
	c, conn := serve(t, &fake{})
	old, young := dial(t, conn.ports()[1], zmq4.Sub, ""), dial(t, conn.ports()[1], zmq4.Sub, "")
	if err := old.SendMsg(zmq4.NewMsg([]byte("\x01execute_"))); err != nil { // ZMTP 3.0
		t.Fatal(err)
	}
	if err := young.SendCmd(zmq4.CmdSubscribe, []byte("stre")); err != nil { // ZMTP 3.1
		t.Fatal(err)
	}
	// A client refuses what it has seen before: each connection has its own.
	a, b := connect(t, conn), connect(t, conn)
	if m := a.receive(old); m.Type != "iopub_welcome" || m.Content["subscription"] != "execute_" {
		t.Errorf("the first message is %+v", m)
	}
	if m := b.receive(young); m.Type != "iopub_welcome" || m.Content["subscription"] != "stre" {
		t.Errorf("the first message is %+v", m)
	}
	c.execute("print 1\nvalue 1")
	for _, want := range []string{"execute_input", "execute_result"} {
		if m := a.receive(old); m.Type != want {
			t.Errorf("got %s, want %s", m.Type, want)
		}
	}
	if m := b.receive(young); m.Type != "stream" {
		t.Errorf("got %s", m.Type)
	}
	if err := young.SendCmd(zmq4.CmdCancel, []byte("stre")); err != nil {
		t.Fatal(err)
	}
	if err := young.SendCmd(zmq4.CmdSubscribe, []byte("execute_r")); err != nil {
		t.Fatal(err)
	}
	b.receive(young) // its welcome
	c.execute("print 2\nvalue 2")
	if m := b.receive(young); m.Type != "execute_result" {
		t.Errorf("after its cancel a subscriber got %s", m.Type)
	}
}
