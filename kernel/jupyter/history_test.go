package jupyter

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func lines(t *testing.T, h *history, q historyQuery) []string {
	t.Helper()
	cells, err := h.ask(q)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, p := range cells {
		got = append(got, fmt.Sprintf("%d/%d %s", p.session, p.Line, p.Input))
	}
	return got
}

func want(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestHistorySessions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	first := newHistory(dir)
	first.add(1, "a := 1", text("1"))
	first.add(2, "line one\nline two", nil)
	first.close()
	// Two at a time claim numbers of their own; one without cells claims none.
	second, third, none := newHistory(dir), newHistory(dir), newHistory(dir)
	second.add(1, "b", nil)
	third.add(1, "c", nil)
	none.close()
	second.add(2, "a := 1", nil)
	second.close()
	third.close()

	h := newHistory(dir)
	n := 2
	stop := 2
	want(t, "all", lines(t, h, historyQuery{Type: "tail"}), []string{"1/1 a := 1", "1/2 line one\nline two", "2/1 b", "2/2 a := 1", "3/1 c"})
	want(t, "tail", lines(t, h, historyQuery{Type: "tail", N: &n}), []string{"2/2 a := 1", "3/1 c"})
	want(t, "range", lines(t, h, historyQuery{Type: "range", Session: 2, Start: 1, Stop: &stop}), []string{"2/1 b"})
	want(t, "the session before", lines(t, h, historyQuery{Type: "range", Session: -1}), []string{"3/1 c"})
	want(t, "three before", lines(t, h, historyQuery{Type: "range", Session: -3, Start: 2}), []string{"1/2 line one\nline two"})
	want(t, "one too many", lines(t, h, historyQuery{Type: "range", Session: -4}), []string{})
	want(t, "this session", lines(t, h, historyQuery{Type: "range"}), []string{})
	want(t, "search", lines(t, h, historyQuery{Type: "search", Pattern: "a*"}), []string{"1/1 a := 1", "2/2 a := 1"})
	want(t, "unique", lines(t, h, historyQuery{Type: "search", Pattern: "*", Unique: true}),
		[]string{"1/2 line one\nline two", "2/1 b", "2/2 a := 1", "3/1 c"})
	h.add(1, "d", nil)
	want(t, "this session", lines(t, h, historyQuery{Type: "range"}), []string{"4/1 d"})
	if cells, _ := h.ask(historyQuery{Type: "tail"}); cells[0].Output == nil || *cells[0].Output != "1" {
		t.Error("the result was not kept")
	}
	if _, err := h.ask(historyQuery{Type: "guess"}); err == nil {
		t.Error("an unknown access type was answered")
	}
}

// Kernels that start at the same moment get sessions of their own.
func TestHistoryClaims(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			h := newHistory(dir)
			h.add(1, fmt.Sprint(i), nil)
			h.close()
		})
	}
	wg.Wait()
	h := newHistory(dir)
	if n := len(lines(t, h, historyQuery{Type: "tail"})); n != 50 || len(h.sessions()) < 50 {
		t.Errorf("%d cells of 50 are left, in %d sessions", n, len(h.sessions()))
	}
}

// A file that a crash or another program has left is read as far as it goes.
func TestHistoryDamaged(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{
		"3.jsonl":  "{\"n\":1,\"in\":\"good\"}\nrubbish\n{\"n\":\"x\"}\n\x00\xff\n{\"n\":2,\"in\":\"also\"}\n{\"n\":3,\"in\":\"cut o",
		"-1.jsonl": `{"n":1,"in":"no"}`, "x.jsonl": `{"n":1,"in":"no"}`, "4.txt": `{"n":1,"in":"no"}`, "7.jsonl": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := newHistory(dir)
	h.add(1, "new", nil)
	want(t, "what is left", lines(t, h, historyQuery{Type: "tail"}), []string{"3/1 good", "3/2 also", "8/1 new"})

	// Without a folder it lasts as long as the server.
	file := filepath.Join(dir, "3.jsonl")
	h = newHistory(filepath.Join(file, "folder"))
	h.add(1, "only here", nil)
	want(t, "without a folder", lines(t, h, historyQuery{Type: "tail"}), []string{"1/1 only here"})
}

func TestHistoryIsBounded(t *testing.T) {
	dir := t.TempDir()
	for i := range historySessions + 20 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i+1, ".jsonl")), []byte("{\"n\":1,\"in\":\"x\"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := newHistory(dir)
	big := strings.Repeat("x", historyCell/2)
	for i := range 4 * historyBytes / len(big) {
		h.add(i+1, big, nil)
	}
	h.add(9999, strings.Repeat("y", historyCell+1), nil)
	if h.bytes > historyBytes || len(h.cells) < 10 {
		t.Errorf("%d cells of %d bytes are in memory", len(h.cells), h.bytes)
	}
	h.close()
	numbers := h.sessions()
	if len(numbers) != historySessions {
		t.Errorf("%d sessions are kept, want %d", len(numbers), historySessions)
	}
	info, err := os.Stat(h.path(h.session))
	if err != nil || info.Size() > historyBytes/2+2*historyCell || info.Size() < historyBytes/4 {
		t.Errorf("the file has %d bytes: %v", info.Size(), err)
	}
	next := newHistory(dir)
	next.add(1, "small", nil)
	next.close()
	var total int64
	for _, n := range next.sessions() {
		info, err := os.Stat(next.path(n))
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total > historyBytes {
		t.Errorf("%d bytes are kept", total)
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a\nb", true}, {"a", "a", true}, {"a", "ab", false},
		{"a*", "ab", true}, {"*b", "ab", true}, {"*b", "ba", false}, {"a?c", "aéc", true}, {"a?c", "ac", false}, {"?", "𝄞", true},
		{"*a*b*", "xxaxxbxx", true}, {"*a*b*", "xxbxxaxx", false}, {"a*b*c", "abcbc", true}, {"a*b*c", "abcb", false},
		{"[x]", "[x]", true}, {"[x]", "x", false}, {"**", "x", true}, {"a**", "a", true}, {"*é", "aé", true},
		{strings.Repeat("*a", 30) + "b", strings.Repeat("a", 2000), false}, // quick all the same
	} {
		if got := glob(c.pattern, c.s); got != c.want {
			t.Errorf("glob(%.20q, %.20q) = %v", c.pattern, c.s, got)
		}
	}
}

func TestCodePoints(t *testing.T) {
	s := "aé𝄞\xffz"
	for points, offset := range []int{0, 1, 3, 7, 8, 9} {
		if got := byteOffset(s, points); got != offset {
			t.Errorf("code point %d is at byte %d, want %d", points, got, offset)
		}
		if got := codePoints(s, offset); got != points {
			t.Errorf("byte %d is code point %d, want %d", offset, got, points)
		}
	}
	if byteOffset(s, 99) != len(s) || byteOffset(s, -1) != 0 || codePoints(s, 99) != 5 || codePoints(s, -1) != 0 {
		t.Error("a cursor outside the code is not at its end")
	}
}
