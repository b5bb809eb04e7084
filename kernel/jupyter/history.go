package jupyter

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// The history is a folder with a file for each session, named by its number.
// Creating the file is what claims the number, so that kernels that run at the
// same time do not meddle; a file is only ever appended to, by one process, a
// line for each cell. Old sessions are deleted.
const (
	historySessions = 500      // that are kept
	historyBytes    = 16 << 20 // that are kept of all sessions, and of the running one
	historyCell     = 1 << 20  // bytes of the largest cell that is kept
)

// A past is a cell that was run, and a line of a history file.
type past struct {
	session int
	Line    int     `json:"n"`
	Input   string  `json:"in"`
	Output  *string `json:"out,omitempty"` // the result as text; nil: none
}

type history struct {
	dir string // "": nothing is kept between sessions

	mu      sync.Mutex
	session int // of this server; 0 before it is claimed
	file    *os.File
	cells   []past // of this session
	bytes   int    // of cells
	older   []past // of sessions before, once they were asked for
	read    bool   // older has been read
}

// historyFolder is where the history is kept: innkeeper/history in the user's
// configuration folder.
func historyFolder() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "innkeeper", "history"), nil
}

func newHistory(dir string) *history { return &history{dir: dir} }

// claim gives the session its number. Where the folder cannot be written the
// history lasts as long as the server.
func (h *history) claim() {
	if h.session != 0 {
		return
	}
	numbers := h.sessions()
	h.session = 1
	if n := len(numbers); n > 0 {
		h.session = numbers[n-1] + 1
	}
	if h.dir == "" || os.MkdirAll(h.dir, 0o700) != nil {
		return
	}
	for {
		f, err := os.OpenFile(h.path(h.session), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
		if errors.Is(err, fs.ErrExist) {
			h.session++
			continue
		}
		if err == nil {
			h.file = f
		}
		break
	}
	h.prune(numbers)
}

func (h *history) path(session int) string {
	return filepath.Join(h.dir, strconv.Itoa(session)+".jsonl")
}

// sessions lists the numbers of the sessions in the folder, ascending.
func (h *history) sessions() []int {
	if h.dir == "" {
		return nil
	}
	entries, _ := os.ReadDir(h.dir) // no folder, no sessions
	var numbers []int
	for _, e := range entries {
		if n, err := strconv.Atoi(strings.TrimSuffix(e.Name(), ".jsonl")); err == nil && n > 0 && strings.HasSuffix(e.Name(), ".jsonl") {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// prune deletes the oldest sessions beyond the limits.
func (h *history) prune(numbers []int) {
	var total int64
	for i := len(numbers) - 1; i >= 0; i-- {
		if info, err := os.Stat(h.path(numbers[i])); err == nil {
			total += info.Size()
		}
		if total > historyBytes || len(numbers)-i >= historySessions {
			os.Remove(h.path(numbers[i]))
		}
	}
}

// add keeps a cell.
func (h *history) add(line int, code string, value Bundle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.claim()
	p := past{session: h.session, Line: line, Input: code}
	if text, ok := value["text/plain"].(string); ok && len(text) <= historyCell {
		p.Output = &text
	}
	h.cells = append(h.cells, p)
	h.bytes += p.size()
	for len(h.cells) > 1 && h.bytes > historyBytes {
		h.bytes -= h.cells[0].size()
		h.cells = h.cells[1:]
	}
	if h.file == nil || len(code) > historyCell {
		return
	}
	data, err := encode(p)
	if err == nil {
		_, err = h.file.Write(append(data, '\n')) // one write: a whole line or, after a crash, the beginning of one
	}
	if info, e := h.file.Stat(); err != nil || e != nil || info.Size() > historyBytes/2 {
		h.closeFile()
	}
}

func (p past) size() int {
	n := len(p.Input) + 100
	if p.Output != nil {
		n += len(*p.Output)
	}
	return n
}

func (h *history) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closeFile()
}

func (h *history) closeFile() {
	if h.file != nil {
		h.file.Close()
		h.file = nil
	}
}

// all returns every cell that is kept, oldest first.
func (h *history) all() []past {
	h.claim()
	if !h.read {
		h.read = true
		for _, n := range h.sessions() {
			if n < h.session {
				h.older = append(h.older, readSession(h.path(n), n)...)
			}
		}
	}
	return append(h.older[:len(h.older):len(h.older)], h.cells...)
}

// readSession reads a session's file; lines that are not cells are passed over.
func readSession(path string, session int) []past {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var list []past
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		p := past{session: session}
		if json.Unmarshal(lines.Bytes(), &p) == nil && p.Line > 0 {
			list = append(list, p)
		}
	}
	return list
}

// A historyQuery is the content of a history request.
type historyQuery struct {
	Output  bool   `json:"output"`
	Type    string `json:"hist_access_type"`
	Session int    `json:"session"` // of a range; 0 the current, -1 the one before it
	Start   int    `json:"start"`
	Stop    *int   `json:"stop"` // nil: to the end
	N       *int   `json:"n"`    // of tail and search; nil: all
	Pattern string `json:"pattern"`
	Unique  bool   `json:"unique"` // only the last of equal cells
}

// ask returns the cells that a query is about, oldest first.
func (h *history) ask(q historyQuery) ([]past, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.all()
	switch q.Type {
	case "range":
		session := q.Session
		if session <= 0 {
			session = h.relative(session)
		}
		return slices.DeleteFunc(slices.Clone(all), func(p past) bool {
			return p.session != session || p.Line < q.Start || q.Stop != nil && p.Line >= *q.Stop
		}), nil
	case "tail":
	case "search":
		seen := map[string]bool{}
		var found []past
		for _, p := range slices.Backward(all) {
			if glob(q.Pattern, p.Input) && !(q.Unique && seen[p.Input]) {
				seen[p.Input] = true
				found = append(found, p)
			}
		}
		slices.Reverse(found)
		all = found
	default:
		return nil, &Error{Name: "BadRequest", Value: fmt.Sprintf("hist_access_type %q is not one of range, tail and search", q.Type)}
	}
	if q.N != nil && len(all) > *q.N {
		all = all[len(all)-max(0, *q.N):]
	}
	return all, nil
}

// relative is the number of the session that is -n sessions before this one.
func (h *history) relative(n int) int {
	numbers := slices.DeleteFunc(h.sessions(), func(m int) bool { return m >= h.session })
	switch {
	case n == 0:
		return h.session
	case len(numbers)+n < 0:
		return 0
	}
	return numbers[len(numbers)+n]
}

// glob reports whether the whole of s matches a pattern in which * stands for
// any text and ? for one character.
func glob(pattern, s string) bool {
	star, from := -1, 0 // where the newest * stands, and what of s it has not taken
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
			continue
		case p < len(pattern) && pattern[p] == '?':
			_, n := utf8.DecodeRuneInString(s[i:])
			p, i = p+1, i+n
			continue
		case p < len(pattern) && pattern[p] == s[i]:
			p, i = p+1, i+1
			continue
		case star < 0:
			return false
		}
		from++ // let the * take one more
		p, i = star+1, from
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// past answers a history request.
func (s *server) past(r *request) (any, error) {
	var q historyQuery
	if err := r.read(&q); err != nil {
		return nil, err
	}
	cells, err := s.history.ask(q)
	if err != nil {
		return nil, err
	}
	reply := historyReply{ok, [][3]any{}}
	for _, p := range cells {
		entry := [3]any{p.session, p.Line, p.Input}
		if q.Output {
			entry[2] = [2]any{p.Input, p.Output}
		}
		reply.History = append(reply.History, entry)
	}
	return reply, nil
}
