package session

import (
	"strings"
	"testing"
)

func TestRecursionWithoutEnd(t *testing.T) {
	for _, c := range []struct{ code, names string }{
		{"func f(n int) int { return f(n+1) + 1 }\nkept := 1\nf(0)", "f"},
		{"func g(n int) int { return h(n) }\nfunc h(n int) int { return 1 + g(n) }\nfunc other() {}\nkept := 1\nother()\ng(0)", "g, h"},
		{"type T struct{ a, b, c float64 }\nfunc (t T) Next() T { return t.Next() }\nkept := 1\nT{}.Next()", "T.Next"},
		{"kept := 1\nvar f func(x []float64) int\nf = func(x []float64) int { return f(x) + 1 }\nf(nil)", "f"},
		{"func f(n int) int { s := []int{2, 1}; sort.Slice(s, func(i, j int) bool { return f(n) > 0 }); return 1 }\nkept := 1\nf(0)", "f"},
		{"type N struct{ n *N }\nfunc (n *N) String() string { return fmt.Sprint(n) }\nkept := 1\nfmt.Println(&N{})", "N.String"},
	} {
		s := newSession(t)
		got := do(s, 1, c.code)
		if want := "!! panic: stack overflow: recursion too deep or without end in " + c.names; !strings.HasSuffix(got, want) { // what prints may have printed
			t.Errorf("%s\n gives %.300q\n want %q", c.code, got, want)
		}
		if got := do(s, 2, "kept"); got != "=> 1" {
			t.Errorf("afterwards kept is %q", got)
		}
	}
}

// What is deep and has an end, or many goroutines, is right.
func TestDeepRecursionWithAnEnd(t *testing.T) {
	s := newSession(t)
	if got := do(s, 1, "func f(n int) int {\n\tif n == 0 { return 0 }\n\treturn f(n-1) + 1\n}\nf(10_000)"); got != "=> 10000" {
		t.Errorf("f is %.200q", got)
	}
	if got := do(s, 2, "var wg sync.WaitGroup\nwait := make(chan bool)\nfor range 20_000 {\n\twg.Add(1)\n\tgo func() {\n\t\tdefer wg.Done()\n\t\t<-wait\n\t}()\n}\nclose(wait)\nwg.Wait()"); got != "" {
		t.Errorf("goroutines: %.200q", got)
	}
}
