package jupyter

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
)

// The test vectors of RFC 4231 (SHA-2) and RFC 2202 (MD5, SHA-1), case 2.
func TestSign(t *testing.T) {
	for scheme, want := range map[string]string{
		"hmac-md5":    "750c783e6ab0b503eaa86e310a5db738",
		"hmac-sha1":   "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		"hmac-sha224": "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
		"hmac-sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		"hmac-sha384": "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		"hmac-sha512": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	} {
		s, err := newSigner(scheme, "Jefe")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.sign([][]byte{[]byte("what do ya want "), []byte("for "), nil, []byte("nothing?")}); string(got) != want {
			t.Errorf("%s: %s, want %s", scheme, got, want)
		}
	}
}

func TestReplay(t *testing.T) {
	s, err := newSigner("hmac-sha256", "k")
	if err != nil {
		t.Fatal(err)
	}
	frame := func(i int) [][]byte { return [][]byte{fmt.Append(nil, i)} }
	first := s.sign(frame(0))
	if err := s.check(s.sign(frame(1)), frame(0)); !errors.Is(err, errSignature) {
		t.Errorf("another message's signature: %v", err)
	}
	for i := range remembered {
		if err := s.check(s.sign(frame(i)), frame(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.check(first, frame(0)); !errors.Is(err, errReplay) {
		t.Errorf("the oldest that is remembered: %v", err)
	}
	if err := s.check(s.sign(frame(remembered)), frame(remembered)); err != nil {
		t.Fatal(err)
	}
	if err := s.check(first, frame(0)); err != nil {
		t.Errorf("one that is forgotten: %v", err)
	}
	if len(s.seen) != remembered || len(s.ring) != remembered {
		t.Errorf("%d and %d are remembered, want %d", len(s.seen), len(s.ring), remembered)
	}
}

func TestPack(t *testing.T) {
	s, err := newSigner("hmac-sha256", "k")
	if err != nil {
		t.Fatal(err)
	}
	parent := []byte(`{ "msg_id":"p" }`)
	frames, err := envelope{kind: "stream", parent: parent, content: streamContent{"stdout", "<é>"}, buffers: [][]byte{{0, 255}}}.pack(s, "session")
	if err != nil {
		t.Fatal(err)
	}
	m, err := parse(s, append([][]byte{[]byte("route")}, frames...))
	if err != nil {
		t.Fatal(err)
	}
	if m.Type != "stream" || m.Session != "session" || m.Version != "5.5" || string(m.content) != `{"name":"stdout","text":"<é>"}` ||
		!bytes.Equal(m.buffers[0], []byte{0, 255}) || string(m.route[0]) != "route" || !bytes.Equal(frames[3], parent) {
		t.Errorf("%+v from %q", m, frames)
	}
	if _, err := (envelope{content: bad{}}).pack(s, ""); err == nil {
		t.Error("a panic in MarshalJSON was not told")
	}
}

type bad struct{}

func (bad) MarshalJSON() ([]byte, error) { panic("bad") }

// FuzzParse feeds messages whose frames are separated by newlines, as they are
// and signed.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"<IDS|MSG>\n\n{\"msg_id\":\"1\",\"msg_type\":\"x\"}\n{}\n{}\n{}",
		"id\nid\n<IDS|MSG>\nabc\n{\"msg_type\":\"x\",\"subshell_id\":\"s\"}\n{}\n{}\n{\"code\":\"1\"}\nbuffer\n",
		"<IDS|MSG>\n\n[]\n{}\n{}\n{}", "<IDS|MSG>", "", "\n\n\n\n\n\n", "<IDS|MSG>\n\n{\"msg_type\":5}\n{}\n{}\n ",
		"<IDS|MSG>\n\n{\"msg_type\":null,\"msg_type\":\"\\ud800\"}\n{}\n{}\n{\"\":1e999}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frames := bytes.Split(data, []byte("\n"))
		s, err := newSigner("hmac-sha256", "k")
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for at < len(frames) && string(frames[at]) != delimiter {
			at++
		}
		right := at+6 <= len(frames) && string(frames[at+1]) == string(s.sign(frames[at+2:at+6]))
		if m, err := parse(s, frames); err == nil && !right {
			t.Fatalf("accepted without a signature: %+v", m)
		}
		if at+6 > len(frames) {
			return
		}
		frames[at+1] = s.sign(frames[at+2 : at+6])
		fresh, err := newSigner("hmac-sha256", "k")
		if err != nil {
			t.Fatal(err)
		}
		m, err := parse(fresh, frames)
		if err != nil {
			return
		}
		if m.Type == "" || len(m.route) != at || len(m.buffers) != len(frames)-at-6 {
			t.Fatalf("%+v from %q", m, frames)
		}
		if _, err := parse(fresh, frames); !errors.Is(err, errReplay) {
			t.Fatalf("accepted twice: %v", err)
		}
		if _, err := hex.DecodeString(string(frames[at+1])); err != nil {
			t.Fatal(err)
		}
		// What is echoed to the front end can be packed.
		if _, err := (envelope{kind: "status", parent: m.raw, content: m.content}).pack(s, ""); err != nil {
			t.Fatal(err)
		}
	})
}
