package jupyter

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
)

const (
	lastWords = time.Second     // what running cells get when the server ends
	farewell  = 2 * time.Second // what peers get to take what is queued for them
)

// A server serves one kernel over the five sockets of a connection file.
type server struct {
	ctx     context.Context // ends with the server
	kernel  Kernel
	signer  *signer
	session string
	conn    *connection
	history *history
	comms   *Comms

	shell, control, stdin, heartbeat *socket
	iopub                            *publisher
	asked                            atomic.Bool // a request has come

	lanes lanes
	cells cells
	input input

	stop func() // ends Serve
}

// Serve answers a front end over the sockets that a connection file names. It
// returns nil when the front end has asked for the end, ctx is done, the
// process was told to terminate (SIGTERM), or the process that started it
// (JPY_PARENT_PID) is gone, and has then sent all that was published. SIGINT
// interrupts the running cells.
func Serve(ctx context.Context, connectionFile string, k Kernel) error {
	conn, err := readConnection(connectionFile)
	if err != nil {
		return err
	}
	dir, err := historyFolder()
	if err != nil {
		dir = "" // then nothing is kept
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s, err := newServer(ctx, conn, k, dir)
	if err != nil {
		return err
	}
	s.stop = stop

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	defer s.close()
	s.start()
	orphaned := time.NewTicker(time.Second)
	defer orphaned.Stop()
	parent := parentProcess()
	for {
		select {
		case sig := <-signals:
			if sig != os.Interrupt {
				return nil
			}
			s.interrupt()
		case <-orphaned.C:
			if parent != 0 && os.Getppid() != parent {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// parentProcess is the process whose end is to end the server, or 0. Jupyter
// names itself in the environment; where a script stands between the two
// nothing is known.
func parentProcess() int {
	pid, _ := strconv.Atoi(os.Getenv("JPY_PARENT_PID"))
	if pid != os.Getppid() {
		return 0
	}
	return pid
}

func newServer(ctx context.Context, conn *connection, k Kernel, historyDir string) (*server, error) {
	signer, err := newSigner(conn.SignatureScheme, *conn.Key)
	if err != nil {
		return nil, err
	}
	s := &server{ctx: ctx, kernel: k, signer: signer, session: newID(), conn: conn, history: newHistory(historyDir)}
	s.comms = &Comms{server: s, targets: map[string]CommHandler{}, open: map[string]*openComm{}}
	for _, p := range conn.ports() {
		l, err := conn.listen(p)
		if err != nil {
			s.closeSockets()
			return nil, err
		}
		switch p.field {
		case "shell_port":
			s.shell = newSocket(zmq4.Router, l)
			s.shell.receive = s.receiveShell
		case "control_port":
			s.control = newSocket(zmq4.Router, l)
			s.control.receive = s.receiveControl
		case "stdin_port":
			s.stdin = newSocket(zmq4.Router, l)
			s.stdin.receive = s.receiveStdin
		case "hb_port":
			s.heartbeat = newSocket(zmq4.Rep, l)
			s.heartbeat.receive = s.heartbeat.reply
		case "iopub_port":
			s.iopub = newPublisher(l, s.welcome)
		}
	}
	return s, nil
}

// start begins to answer.
func (s *server) start() {
	if ck, ok := s.kernel.(CommKernel); ok {
		ck.UseComms(s.comms)
	}
	s.startLanes()
	for _, socket := range s.sockets() {
		socket.start()
	}
}

// sockets lists the sockets that are open.
func (s *server) sockets() []*socket {
	var list []*socket
	for _, socket := range []*socket{s.shell, s.control, s.stdin, s.heartbeat} {
		if socket != nil {
			list = append(list, socket)
		}
	}
	if s.iopub != nil {
		list = append(list, s.iopub.socket)
	}
	return list
}

// closeSockets writes what is queued and closes the sockets.
func (s *server) closeSockets() {
	deadline := time.Now().Add(farewell)
	var wg sync.WaitGroup
	for _, socket := range s.sockets() {
		wg.Go(func() { socket.drain(deadline) })
	}
	wg.Wait()
}

// close ends the server and interrupts the running cells.
func (s *server) close() {
	s.interrupt()
	s.cells.wait(lastWords)
	s.stop()
	s.iopub.flush()
	s.closeSockets()
	s.history.close()
}

// publish sends a message on iopub. What has no JSON form is not sent.
func (s *server) publish(e envelope) error {
	frames, err := s.topical(e)
	if err == nil {
		s.iopub.publish(frames)
	}
	return err
}

// topical packs a message for iopub: its topic is its type.
func (s *server) topical(e envelope) ([][]byte, error) {
	frames, err := e.pack(s.signer, s.session)
	return append([][]byte{[]byte(e.kind)}, frames...), err
}

// welcome makes the first messages that a subscriber gets: the welcome of
// JEP 65, and that the kernel is starting if nobody has asked anything yet.
func (s *server) welcome(topic string) [][][]byte {
	welcome := s.known(envelope{kind: "iopub_welcome", content: welcomeContent{topic}})
	if topic != "" {
		return [][][]byte{append([][]byte{[]byte(topic)}, welcome...)}
	}
	if s.asked.Load() {
		return [][][]byte{welcome}
	}
	starting := s.known(envelope{kind: "status", content: statusContent{"starting"}})
	return [][][]byte{welcome, append([][]byte{[]byte("status")}, starting...)}
}

// known packs a message whose content is certain to have a JSON form.
func (s *server) known(e envelope) [][]byte {
	frames, err := e.pack(s.signer, s.session)
	if err != nil {
		panic(err)
	}
	return frames
}
