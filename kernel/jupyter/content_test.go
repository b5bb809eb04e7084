package jupyter

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-zeromq/zmq4"
)

// A plain kernel answers anything with what it was asked.
type plain struct{ t *testing.T }

func (plain) Info() Info { return Info{} }

func (plain) Execute(_ context.Context, r ExecuteRequest, out *Outlet) (res Result) {
	out.Stream("stdout", r.Code)
	res.Value = text(r.Code)
	for name, code := range r.UserExpressions {
		res.UserExpressions = map[string]UserExpression{name: {Value: text(code)}}
	}
	return res
}

func (p plain) at(code string, cursor int) {
	if cursor < 0 || cursor > len(code) || cursor < len(code) && utf8.ValidString(code) && !utf8.RuneStart(code[cursor]) {
		p.t.Fatalf("the cursor is at byte %d of %q", cursor, code)
	}
}

func (p plain) Complete(_ context.Context, code string, cursor int) Completion {
	p.at(code, cursor)
	return Completion{Start: 0, End: cursor, Matches: []Match{{Text: code, Type: "t"}}}
}

func (p plain) Inspect(_ context.Context, code string, cursor, _ int) (Bundle, bool) {
	p.at(code, cursor)
	return text(code), true
}

func (plain) IsComplete(code string) (status, indent string) { return "complete", code }

func (plain) UseComms(cs *Comms) { cs.Register("echo", &fake{}) }

// kinds are the messages that a front end sends.
var kinds = strings.Fields(`execute_request complete_request inspect_request is_complete_request history_request comm_info_request
	comm_open comm_msg comm_close kernel_info_request connect_request interrupt_request shutdown_request
	create_subshell_request delete_subshell_request list_subshell_request debug_request`)

// keys are those of their contents.
var keys = strings.Fields(`code cursor_pos detail_level silent store_history user_expressions allow_stdin stop_on_error output raw
	hist_access_type session start stop n pattern unique target_name comm_id data restart subshell_id`)

// made is a content with these keys, whose values are of the types: 0 leaves a
// key out.
func made(types []byte, text string, number int64) []byte {
	content := map[string]any{}
	for i, key := range keys {
		switch types[i%len(types)] % 12 {
		case 1, 2, 3:
			content[key] = text
		case 4, 5:
			content[key] = number
		case 6:
			content[key] = number%2 == 0
		case 7:
			content[key] = nil
		case 8:
			content[key] = []any{text, number}
		case 9:
			content[key] = map[string]any{text: text}
		case 10:
			content[key] = -number
		case 11:
			content[key] = []string{"range", "tail", "search", "c", "echo"}[uint64(number)%5]
		}
	}
	data, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	return data
}

// FuzzContent feeds contents to what handles each kind of message, on the shell
// and on control: it answers or refuses, and says so in JSON.
func FuzzContent(f *testing.F) {
	for i, content := range []string{
		`{"code":"a😀b","silent":false,"store_history":true,"user_expressions":{"x":"1"},"allow_stdin":true,"stop_on_error":true}`,
		`{"code":"a😀b","cursor_pos":2}`, `{"code":"a😀b","cursor_pos":-1,"detail_level":1}`, `{"code":null}`,
		`{"output":true,"raw":true,"hist_access_type":"range","session":-9223372036854775808,"start":-5,"stop":9}`,
		`{"target_name":"echo"}`, `{"comm_id":"c","target_name":"echo","data":{"a":[1e400]}}`, `{"comm_id":"c","data":{}}`, `{"comm_id":"c"}`,
		`{}`, `{}`, `{}`, `{"restart":true}`, `{}`, `{"subshell_id":"none"}`, `{}`, `{"seq":1}`,
	} {
		f.Add(uint(i), []byte(nil), content, int64(0))
		f.Add(uint(i), []byte{1, 4, 5, 6, 6, 9, 6}, "a😀*", int64(i))
	}
	for _, history := range []string{
		`{"hist_access_type":"search","pattern":"*a?","n":-1,"unique":true}`, `{"hist_access_type":"tail","n":1000000000000}`, `{"hist_access_type":5}`,
	} {
		f.Add(uint(4), []byte(nil), history, int64(0))
	}
	f.Fuzz(func(t *testing.T, kind uint, types []byte, text string, number int64) {
		content := []byte(text)
		if len(types) > 0 {
			content = made(types, text, number)
		}
		signer, err := newSigner("hmac-sha256", "k")
		if err != nil {
			t.Fatal(err)
		}
		frames := [][]byte{[]byte(delimiter), nil, []byte(`{"msg_id":"1","msg_type":"` + kinds[kind%uint(len(kinds))] + `"}`), []byte("{}"), []byte("{}"), content}
		frames[1] = signer.sign(frames[2:])
		m, err := parse(signer, frames)
		if err != nil {
			return // no content is read of what is no JSON object
		}
		key := "k"
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		s := &server{ctx: ctx, stop: stop, kernel: plain{t}, signer: signer, session: "s", conn: &connection{Key: &key}, history: newHistory(""), iopub: newPublisher(nil, nil)}
		s.comms = &Comms{server: s, targets: map[string]CommHandler{}, open: map[string]*openComm{"c": {"echo", &fake{}}}}
		s.stdin = newSocket(zmq4.Router, nil)
		plain{t}.UseComms(s.comms)
		s.lanes.shell, s.lanes.control = newLane(""), newLane("")
		for line := range 3 {
			s.history.add(line+1, "abc", Bundle{"text/plain": "d"})
		}
		for _, l := range []*lane{s.lanes.shell, s.lanes.control} {
			var reply any
			err := protect(func() (err error) {
				reply, err = s.ask(l, &request{message: m, peer: &peer{}})
				return err
			})
			var e *Error
			if errors.As(err, &e) {
				if e.Name == "panic" || e.Name == "Goexit" {
					t.Fatalf("%s of %s: %v\n%s", m.Type, content, e, strings.Join(e.Traceback, "\n"))
				}
				reply = errorReply(err)
			} else if err != nil {
				t.Fatalf("%s of %s: an error that is none of the protocol: %v", m.Type, content, err)
			}
			if reply == nil && !strings.HasPrefix(m.Type, "comm_") {
				t.Fatalf("%s of %s has no answer", m.Type, content)
			}
			packed, err := envelope{kind: "reply", parent: m.raw, content: reply}.pack(signer, "s")
			if err != nil || !json.Valid(packed[len(packed)-1]) {
				t.Fatalf("%s of %s: the answer is no JSON: %v", m.Type, content, err)
			}
		}
	})
}
