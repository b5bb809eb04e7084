package jupyter

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// Outputs that a clear makes vanish before they were sent are not sent.
func TestVisible(t *testing.T) {
	names := map[byte]output{'s': {kind: "stream"}, 'd': {kind: "display_data"}, 'u': {kind: "update_display_data"},
		'c': {kind: "clear_output"}, 'w': {kind: "clear_output", wait: true}}
	for list, want := range map[string]string{
		"": "", "sds": "sds", "sdc": "c", "sdcs": "cs", "sduc": "uc", "sw": "sw", "sws": "ws", "suwd": "uwd", "swu": "swu",
		"swsws": "ws", "swsw": "wsw", "scscd": "cd",
	} {
		var outputs []output
		for i := range len(list) {
			o := names[list[i]]
			o.id = list[i : i+1]
			outputs = append(outputs, o)
		}
		got := ""
		for _, o := range visible(outputs) {
			got += o.id
		}
		if got != want {
			t.Errorf("of %q %q is visible, want %q", list, got, want)
		}
	}
}

// streams is the text that a cell's streams come to.
func streams(published []received, name string) string {
	var b strings.Builder
	for _, m := range published {
		if m.Type == "stream" && m.Content["name"] == name {
			b.WriteString(m.Content["text"].(string))
		}
	}
	return b.String()
}

func TestStreams(t *testing.T) {
	c, _ := serve(t, &fake{})
	for _, s := range []string{"é", "aé𝄞z", "\u00ff", "日本語"} { // a byte at a time
		if _, got := c.execute("bytes " + s); streams(got, "stdout") != s {
			t.Errorf("%q became %q", s, streams(got, "stdout"))
		}
	}
	_, got := c.execute("print a\nprint b\nwarn c\nprint d\nupdate 1\nupdate 2\nupdate 3")
	var order []string
	for _, m := range got {
		switch m.Type {
		case "stream":
			order = append(order, fmt.Sprint(m.Content["name"], " ", m.Content["text"]))
		case "update_display_data":
			order = append(order, fmt.Sprint(m.Content["data"]))
		}
	}
	want(t, "order", order, []string{"stdout a\nb\n", "stderr c\n", "stdout d\n", "map[text/plain:3]"})
}

// A cell that prints without end is cut, says so once, and ends with its last
// lines; every line that arrives is whole, and the numbers add up.
func TestStreamLimit(t *testing.T) {
	c, _ := serve(t, &fake{})
	const lines = 1_000_000
	_, got := c.execute(fmt.Sprintf("flood %d\nwarn the end", lines))
	text := streams(got, "stdout")
	all := 0
	for i := range lines {
		all += len(fmt.Sprintf("line %d\n", i))
	}
	before, rest, cut := strings.Cut(text, "\n[The output is cut here: a cell may print 2 MB. Its last lines follow when it ends.]\n")
	left, tail, more := strings.Cut(rest, "]\n")
	var n int
	if _, err := fmt.Sscanf(left, "[%d bytes are left out here.", &n); err != nil || !cut || !more {
		t.Fatalf("%.200q ... %v", rest, err)
	}
	if len(before) != streamLimit || len(before)+n+len(tail) != all {
		t.Errorf("%d + %d + %d bytes, want %d", len(before), n, len(tail), all)
	}
	if !strings.HasPrefix(tail, "line ") || !strings.HasSuffix(tail, fmt.Sprintf("line %d\n", lines-1)) || len(tail) < streamTail/2 {
		t.Errorf("the tail is %.40q ... %q", tail, tail[max(0, len(tail)-40):])
	}
	if !strings.Contains(streams(got, "stderr"), "the end\n") {
		t.Error("the last words on stderr are lost")
	}
	if got := len(got); got > 200 {
		t.Errorf("%d messages", got)
	}
	// A little over the limit nothing is left out.
	_, got = c.execute("print x" + strings.Repeat("é", streamLimit/2) + "\nprint end")
	text = streams(got, "stdout")
	if strings.ContainsRune(text, utf8.RuneError) || !strings.HasSuffix(text, "]\né\nend\n") || strings.Contains(text, "left out") {
		t.Errorf("just over the limit: ... %q", text[len(text)-200:])
	}
}
