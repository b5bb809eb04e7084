package jupyter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	outputDelay = 20 * time.Millisecond // how long output waits for more of its kind
	outputChunk = 64 << 10              // bytes of text that do not wait

	// streamLimit is how many bytes of text a cell may print. Jupyter's server
	// drops everything, results included, from a kernel that sends more than
	// 1 MB/s over 3 seconds.
	streamLimit = 2_000_000
	streamTail  = 32 << 10 // bytes beyond the limit that are shown at the end
)

// An Outlet takes what a cell shows while it runs. Its methods may be called
// from several goroutines, and also after the cell has ended. Text is gathered
// for a moment, since thousands of little messages would stall a front end;
// order is kept.
type Outlet struct {
	ctx        context.Context // ends with an interrupt of the cell
	server     *server
	request    *request
	allowStdin bool

	mu       sync.Mutex
	pending  []output
	size     int // of the text in pending
	timer    *time.Timer
	printed  int   // bytes of text since the cell began or was cleared
	left     int64 // bytes that were left out
	tail     []output
	tailSize int
	partial  map[string]string // by stream: the beginning of a character whose end is yet to come
}

// An output is one message to be.
type output struct {
	kind string // "stream", "display_data", "update_display_data" or "clear_output"
	name string // of a stream
	text []byte
	data Bundle
	id   string
	wait bool
}

func newOutlet(ctx context.Context, s *server, r *request, allowStdin bool) *Outlet {
	return &Outlet{ctx: ctx, server: s, request: r, allowStdin: allowStdin, partial: map[string]string{}}
}

// Stream appends text to "stdout" or "stderr". A cell that prints more than
// 2 MB is cut there with a sentence that says so, and its last lines are shown
// when it ends.
func (o *Outlet) Stream(name, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text = o.whole(name, text)
	if text == "" {
		return
	}
	if room := streamLimit - o.printed; len(text) > room {
		fits := text[:runeStart(text, max(0, room))]
		if o.left == 0 {
			o.add(output{kind: "stream", name: name, text: []byte(fits)})
			o.add(output{kind: "stream", name: name, text: fmt.Appendf(nil,
				"\n[The output is cut here: a cell may print %d MB. Its last lines follow when it ends.]\n", streamLimit/1_000_000)})
		}
		o.printed = streamLimit
		o.leaveOut(name, text[len(fits):])
		return
	}
	o.printed += len(text)
	o.add(output{kind: "stream", name: name, text: []byte(text)})
}

// whole keeps back a character whose bytes come in two writes.
func (o *Outlet) whole(name, text string) string {
	text = o.partial[name] + text
	delete(o.partial, name)
	for i := len(text) - 1; i >= 0 && i >= len(text)-3; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRuneInString(text[i:]) {
				o.partial[name] = text[i:]
				return text[:i]
			}
			break
		}
	}
	return text
}

// runeStart is the largest offset up to n where a character of s begins.
func runeStart(s string, n int) int {
	for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// leaveOut counts text beyond the limit and keeps the end of it.
func (o *Outlet) leaveOut(name, text string) {
	o.left += int64(len(text))
	o.tailSize += len(text)
	if n := len(o.tail); n > 0 && o.tail[n-1].name == name {
		o.tail[n-1].text = append(o.tail[n-1].text, text...)
	} else {
		o.tail = append(o.tail, output{kind: "stream", name: name, text: []byte(text)})
	}
	if o.tailSize <= 2*streamTail {
		return
	}
	for o.tailSize > streamTail {
		first := &o.tail[0]
		if n := o.tailSize - streamTail; n < len(first.text) {
			first.text = append([]byte(nil), first.text[n:]...)
			o.tailSize = streamTail
		} else {
			o.tailSize -= len(first.text)
			o.tail = o.tail[1:]
		}
	}
}

// Display shows a bundle; a non-empty id names it for later updates.
func (o *Outlet) Display(b Bundle, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(output{kind: "display_data", data: b, id: id})
}

// Update replaces every display shown under id.
func (o *Outlet) Update(b Bundle, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(output{kind: "update_display_data", data: b, id: id})
}

// Clear empties the cell's output: at once, or when the next output comes.
func (o *Outlet) Clear(wait bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.printed, o.left, o.tail, o.tailSize = 0, 0, nil, 0
	o.add(output{kind: "clear_output", wait: wait})
}

// add queues an output, together with the one before it if it can.
func (o *Outlet) add(out output) {
	if n := len(o.pending); n > 0 {
		last := &o.pending[n-1]
		switch {
		case out.kind == "stream" && last.kind == "stream" && out.name == last.name:
			last.text = append(last.text, out.text...)
			o.size += len(out.text)
			o.flushIf(o.size >= outputChunk)
			return
		case out.kind == "update_display_data" && last.kind == out.kind && last.id == out.id:
			last.data = out.data
			return
		}
	}
	o.pending = append(o.pending, out)
	o.size += len(out.text)
	if o.timer == nil {
		o.timer = time.AfterFunc(outputDelay, func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.flush()
		})
	}
	o.flushIf(o.size >= outputChunk || len(o.pending) >= 100)
}

func (o *Outlet) flushIf(full bool) {
	if full {
		o.flush()
	}
}

// flush sends what is pending.
func (o *Outlet) flush() {
	if o.timer != nil {
		o.timer.Stop()
		o.timer = nil
	}
	for _, out := range visible(o.pending) {
		o.send(out)
	}
	o.pending, o.size = nil, 0
}

// visible leaves out what a later clear makes vanish before it could be seen.
// Updates stay: what they update may be in another cell.
func visible(list []output) []output {
	cleared := -1
	for i, out := range list {
		if out.kind == "clear_output" && (!out.wait || slices.ContainsFunc(list[i+1:], fills)) {
			cleared = i
		}
	}
	var kept []output
	for i, out := range list {
		if i >= cleared || out.kind == "update_display_data" {
			kept = append(kept, out)
		}
	}
	return kept
}

// fills reports whether an output takes a place of its own.
func fills(out output) bool { return out.kind == "stream" || out.kind == "display_data" }

func (o *Outlet) send(out output) {
	e := envelope{kind: out.kind, parent: o.request.raw}
	switch out.kind {
	case "stream":
		e.content = streamContent{out.name, string(out.text)}
	case "clear_output":
		e.content = clearContent{out.wait}
	default:
		e.content = displayContent{Data: plainJSON(out.data), Transient: transient{out.id}}
	}
	o.server.publish(e)
}

// finish sends everything when the cell ends.
func (o *Outlet) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, text := range o.partial {
		o.add(output{kind: "stream", name: name, text: []byte(text)})
	}
	clear(o.partial)
	if o.left > 0 {
		first := &o.tail[0]
		if o.left > int64(o.tailSize) { // begin with a line
			cut := bytes.IndexByte(first.text, '\n') + 1
			first.text = first.text[cut:]
			o.add(output{kind: "stream", name: first.name, text: fmt.Appendf(nil,
				"[%d bytes are left out here.]\n", o.left-int64(o.tailSize-cut))})
		}
		for _, t := range o.tail {
			o.add(t)
		}
		o.left, o.tail, o.tailSize = 0, nil, 0
	}
	o.flush()
}

// plainJSON encodes a bundle. A format without a JSON form is left out, and
// text says so if there is no other.
func plainJSON(b Bundle) map[string]json.RawMessage {
	plain := map[string]json.RawMessage{}
	var failed error
	for mime, v := range b {
		if data, err := encode(v); err != nil {
			failed = fmt.Errorf("%s: %w", mime, err)
		} else {
			plain[mime] = data
		}
	}
	if failed != nil && len(plain) == 0 {
		data, _ := encode(fmt.Sprintf("This value cannot be sent to the front end: %v", failed)) // a string
		plain["text/plain"] = data
	}
	return plain
}
