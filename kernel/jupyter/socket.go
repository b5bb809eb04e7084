package jupyter

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
)

// A socket is a listener and its connections. A peer that is slow, silent or
// rude costs its own connection and nothing else.
type socket struct {
	kind     zmq4.SocketType
	listener net.Listener
	receive  func(p *peer, frames [][]byte) // called by the goroutine that reads from p

	mu      sync.Mutex
	peers   []*peer           // in the order of their arrival
	opening map[net.Conn]bool // connections whose handshake goes on
	closed  bool
	wg      sync.WaitGroup // accept, and each connection's goroutines

	joined chan struct{} // closed and replaced when a peer joins
}

func newSocket(kind zmq4.SocketType, l net.Listener) *socket {
	return &socket{kind: kind, listener: l, opening: map[net.Conn]bool{}, joined: make(chan struct{})}
}

// start accepts connections until close. receive is set by now.
func (s *socket) start() {
	s.wg.Go(func() {
		for {
			c, err := s.listener.Accept()
			if err == nil {
				s.mu.Lock()
				if s.closed {
					c.Close()
				} else {
					s.opening[c] = true
					s.wg.Go(func() { s.serve(c) })
				}
				s.mu.Unlock()
				continue
			}
			s.mu.Lock()
			closed := s.closed
			s.mu.Unlock()
			if closed {
				return
			}
			time.Sleep(50 * time.Millisecond) // such as too many open files: passes
		}
	})
}

// serve reads from one connection until it ends.
func (s *socket) serve(c net.Conn) {
	conn, w, err := open(c, s.kind)
	var p *peer
	s.mu.Lock()
	delete(s.opening, c)
	if err != nil || s.closed {
		s.mu.Unlock()
		c.Close()
		return
	}
	p = newPeer(conn, w)
	s.peers = append(s.peers, p)
	close(s.joined)
	s.joined = make(chan struct{})
	s.wg.Go(p.write)
	s.mu.Unlock()
	for {
		frames, command, err := readMessage(w.in)
		if err != nil {
			break
		}
		if command {
			frames = p.command(frames[0])
		}
		if frames != nil {
			s.receive(p, frames)
		}
	}
	p.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.peers {
		if s.peers[i] == p {
			s.peers = append(s.peers[:i:i], s.peers[i+1:]...)
			break
		}
	}
}

// command obeys a ZMTP command. A subscription by command (ZMTP 3.1) is
// returned as the message that stands for it in ZMTP 3.0.
func (p *peer) command(body []byte) [][]byte {
	name, data, ok := splitCommand(body)
	switch {
	case !ok:
	case name == zmq4.CmdPing && len(data) >= 2: // two bytes of time to live, then the context
		if !p.send(outgoing{frames: [][]byte{data[2:]}, pong: true}) {
			p.close()
		}
	case name == zmq4.CmdSubscribe:
		return [][]byte{append([]byte{1}, data...)}
	case name == zmq4.CmdCancel:
		return [][]byte{append([]byte{0}, data...)}
	}
	return nil
}

// reply sends to one peer. A peer that lets its replies pile up is closed.
func (s *socket) reply(p *peer, frames [][]byte) {
	if !p.send(outgoing{frames: frames}) {
		p.close()
	}
}

// find returns the newest peer with an identity, and waits for it until ctx is
// done: a client's sockets connect in no particular order. Of duplicates the
// newest is the one that came back after a lost connection.
func (s *socket) find(ctx context.Context, id string) *peer {
	for {
		s.mu.Lock()
		joined := s.joined
		for i := len(s.peers) - 1; i >= 0 && id != ""; i-- {
			if s.peers[i].id == id {
				defer s.mu.Unlock()
				return s.peers[i]
			}
		}
		s.mu.Unlock()
		select {
		case <-joined:
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *socket) all() []*peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*peer(nil), s.peers...)
}

// drain closes the socket after writing what is queued, until the deadline.
func (s *socket) drain(deadline time.Time) {
	var wg sync.WaitGroup
	for _, p := range s.all() {
		wg.Go(func() { p.drain(deadline) })
	}
	wg.Wait()
	s.close()
}

// close ends every connection and waits for their goroutines.
func (s *socket) close() {
	s.mu.Lock()
	s.closed = true
	s.listener.Close()
	for c := range s.opening {
		c.Close()
	}
	for _, p := range s.peers {
		p.close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// patience is how long a publisher waits for a subscriber whose queue is full
// to empty half of it.
const patience = 2 * time.Second

// A publisher is an XPUB socket.
type publisher struct {
	*socket
	welcome func(topic string) [][][]byte // what a new subscriber is sent first

	order sync.Mutex // makes the order of messages the same for every subscriber
	late  []late     // what is held back, the oldest first
	soon  *time.Timer
}

// A late message is one that nobody waits for: that a widget's change is being
// handled, that it was, and its echo. Front ends lay their pages out anew at each of
// these, and would do so while the picture that the change asked for is made. So they
// are held back until they can go with that.
type late struct {
	frames [][]byte
	comm   string // that it is of; "" of none
}

// lateness is how long a message is held back at most.
var lateness = 100 * time.Millisecond

func newPublisher(l net.Listener, welcome func(topic string) [][][]byte) *publisher {
	p := &publisher{socket: newSocket(zmq4.XPub, l), welcome: welcome}
	p.receive = p.subscribe
	return p
}

// subscribe handles what a subscriber sends: 1 or 0 and a topic.
func (b *publisher) subscribe(p *peer, frames [][]byte) {
	if len(frames) != 1 || len(frames[0]) == 0 || frames[0][0] > 1 {
		return
	}
	topic := string(frames[0][1:])
	p.mu.Lock()
	defer p.mu.Unlock()
	if frames[0][0] == 0 {
		delete(p.topics, topic)
		return
	}
	if len(p.topics) < 1000 {
		p.topics[topic] = true
		for _, frames := range b.welcome(topic) {
			p.push(outgoing{frames: frames})
		}
	}
}

// publish sends a message, whose first frame is its topic, to everyone who
// subscribed to a prefix of it. A subscriber that takes too little of too much
// is closed; it may come back.
func (b *publisher) publish(frames [][]byte) {
	b.order.Lock()
	defer b.order.Unlock()
	b.release()
	b.send(frames)
}

// overtake publishes a message of a comm before what is held back, unless some of
// that is of the same comm.
func (b *publisher) overtake(frames [][]byte, comm string) {
	b.order.Lock()
	defer b.order.Unlock()
	if slices.ContainsFunc(b.late, func(l late) bool { return l.comm == comm }) {
		b.release()
	}
	b.send(frames)
	b.release()
}

// later publishes a message behind the next one, or a little later.
func (b *publisher) later(frames [][]byte, comm string) {
	b.order.Lock()
	defer b.order.Unlock()
	b.late = append(b.late, late{frames, comm})
	if len(b.late) == 1 {
		b.soon = time.AfterFunc(lateness, b.flush)
	}
}

// flush sends what is held back.
func (b *publisher) flush() {
	b.order.Lock()
	defer b.order.Unlock()
	b.release()
}

// release is flush with order held.
func (b *publisher) release() {
	if len(b.late) == 0 {
		return
	}
	b.soon.Stop()
	for _, l := range b.late {
		b.send(l.frames)
	}
	b.late = nil
}

// send sends a message with order held.
func (b *publisher) send(frames [][]byte) {
	var deadline time.Time // one for all
	for _, p := range b.all() {
		if !p.subscribed(string(frames[0])) || p.send(outgoing{frames: frames}) {
			continue
		}
		if deadline.IsZero() {
			deadline = time.Now().Add(patience)
		}
		if !p.wait(maxQueue/2, deadline) || !p.send(outgoing{frames: frames}) {
			p.close()
		}
	}
}

func (p *peer) subscribed(topic string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := range p.topics {
		if strings.HasPrefix(topic, t) {
			return true
		}
	}
	return false
}
