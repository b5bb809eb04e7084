package jupyter

import (
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
)

// maxQueue is how many bytes may wait for one peer. A single message may be
// larger.
const maxQueue = 32 << 20

// A peer is a connection and what waits to be written to it. One goroutine
// reads and another writes; send never waits.
type peer struct {
	conn *zmq4.Conn
	wire *wire
	id   string // the identity of its socket, often shared by a client's sockets

	mu     sync.Mutex
	queue  []outgoing
	bytes  int // of what is queued or being written
	topics map[string]bool
	ending bool // the writer closes the connection when all is written
	shut   bool

	wake chan struct{} // holds one token when the queue may have something
	done chan struct{} // closed with the connection
	room chan struct{} // holds one token when something was written
}

type outgoing struct {
	frames [][]byte
	pong   bool // a PONG with the one frame as its context
}

func (o outgoing) size() int {
	n := 0
	for _, f := range o.frames {
		n += len(f) + 9
	}
	return n
}

func newPeer(conn *zmq4.Conn, w *wire) *peer {
	return &peer{conn: conn, wire: w, id: conn.Peer.Meta["Identity"], topics: map[string]bool{},
		wake: make(chan struct{}, 1), done: make(chan struct{}), room: make(chan struct{}, 1)}
}

// send queues a message. It reports false if the queue is full.
func (p *peer) send(o outgoing) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.push(o)
}

// push is send with mu held.
func (p *peer) push(o outgoing) bool {
	if p.shut {
		return true // nobody is there any more
	}
	n := o.size()
	if p.bytes > 0 && p.bytes+n > maxQueue {
		return false
	}
	p.bytes += n
	p.queue = append(p.queue, o)
	signal1(p.wake)
	return true
}

// signal1 leaves a token in a channel of capacity one.
func signal1(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// write is the goroutine that writes. It ends with the connection.
func (p *peer) write() {
	defer p.close()
	for {
		p.mu.Lock()
		queue := p.queue
		p.queue = nil
		p.mu.Unlock()
		for _, o := range queue {
			var err error
			if o.pong {
				err = p.conn.SendCmd(zmq4.CmdPong, o.frames[0])
			} else {
				err = p.conn.SendMsg(zmq4.NewMsgFrom(o.frames...))
			}
			if err != nil {
				return
			}
			p.wrote(o.size())
		}
		if len(queue) > 0 {
			continue // see whether there is more before flushing
		}
		if p.wire.out.Flush() != nil {
			return
		}
		p.mu.Lock()
		end := p.ending && len(p.queue) == 0
		p.mu.Unlock()
		if end {
			return
		}
		select {
		case <-p.wake:
		case <-p.done:
			return
		}
	}
}

// drain writes what is queued, until the deadline, and closes the connection.
func (p *peer) drain(deadline time.Time) {
	p.mu.Lock()
	p.ending = true
	p.mu.Unlock()
	signal1(p.wake)
	p.wire.SetWriteDeadline(deadline)
	<-p.done
}

func (p *peer) wrote(n int) {
	p.mu.Lock()
	p.bytes -= n
	p.mu.Unlock()
	signal1(p.room)
}

// waiting is how many bytes are queued or being written.
func (p *peer) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes
}

// wait returns when at most n bytes wait, and reports false if the deadline
// came first.
func (p *peer) wait(n int, deadline time.Time) bool {
	timeout := time.After(time.Until(deadline))
	for p.waiting() > n {
		select {
		case <-p.room:
		case <-p.done:
			return true
		case <-timeout:
			return false
		}
	}
	return true
}

// close ends the connection and forgets what was queued.
func (p *peer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.shut {
		p.shut = true
		p.queue = nil
		close(p.done)
		p.wire.Close()
	}
}
