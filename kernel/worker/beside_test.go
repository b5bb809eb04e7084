package worker

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// aside runs a cell in another goroutine.
func aside(ctx context.Context, w *Worker, n int, code string) (p *sheet, outcome <-chan session.Outcome) {
	p = &sheet{answer: "blue"}
	over := make(chan session.Outcome, 1)
	go func() { over <- w.Execute(ctx, session.Cell{Number: n, Code: code}, p) }()
	return p, over
}

// wait waits until a cell has shown a text.
func wait(t *testing.T, p *sheet, text string) {
	t.Helper()
	for start := time.Now(); !strings.Contains(p.so(), text); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			t.Fatalf("after 20 s the cell shows %q and not %q", p.so(), text)
		}
	}
}

func TestCellsBesideEachOther(t *testing.T) {
	w := newWorker(t)
	a, overA := aside(context.Background(), w, 1, `next, back := make(chan bool), make(chan bool)
for i := range 100 {
	fmt.Println("a", i)
	<-next
	os.Stderr.WriteString(fmt.Sprintln("A", i))
	back <- true
}
nb.Input("?")`)
	wait(t, a, "a 0")
	b, overB := aside(context.Background(), w, 2, `for i := range 100 {
	fmt.Println("b", i)
	next <- true
	fmt.Fprintln(os.Stderr, "B", i)
	<-back
}
"b is over"`)
	oa, ob := <-overA, <-overB
	if oa.Err != nil || oa.Value["text/plain"] != "blue" || ob.Value["text/plain"] != "b is over" {
		t.Errorf("they end with %+v and %+v", oa, ob)
	}
	for name, p := range map[string]*sheet{"a": a, "b": b} {
		lines := strings.Fields(strings.NewReplacer("a ", "", "b ", "", "A ", "", "B ", "").Replace(p.so()))
		if len(lines) != 200 || lines[199] != "99" || strings.ContainsAny(p.so(), map[string]string{"a": "bB", "b": "aA"}[name]) {
			t.Errorf("%s shows %q", name, p.so())
		}
	}
}

// One of two cells kills the process: both say so, and what both declared is there.
func TestDeathBesideACell(t *testing.T) {
	w := newWorker(t)
	do(w, 1, "before := 1")
	a, overA := aside(context.Background(), w, 2, "type T struct{ N int }\nfunc one() int { return 1 }\nmine := 5\nfmt.Println(\"a runs\")\ntime.Sleep(time.Minute)\nmine")
	wait(t, a, "a runs")
	if got := do(w, 3, "func two(t T) int { return one() + t.N }\nm := map[int]int{}\nfor range 8 { go func() { for { m[1]++ } }() }\ntime.Sleep(time.Minute)"); !strings.Contains(got, "concurrent map ") || !strings.Contains(got, "cell 3, line 4") || !strings.Contains(got, "before, m, mine") {
		t.Errorf("the cell that kills says %q", got)
	}
	o := <-overA
	if text := strings.Join(o.Err.Traceback, "\n"); o.Err.Name != "crash" || !strings.Contains(text, "cell 2, line 5") || !strings.Contains(text, "mine") {
		t.Errorf("the cell beside it says %q", text)
	}
	if got := do(w, 4, "two(T{3})"); got != "=> 4" {
		t.Errorf("afterwards %q", got)
	}
}

// An interrupt is for one cell where that stops by itself, and a process that does not
// end is replaced for both.
func TestInterruptBesideACell(t *testing.T) {
	w := newWorker(t)
	ctx, cancel := context.WithCancel(context.Background())
	a, overA := aside(ctx, w, 1, "fmt.Println(\"a\")\nfor range 1000 { if err := nb.Watch(inn.Progress{Step: 1, Steps: 2}); err != nil { break }; time.Sleep(10 * time.Millisecond) }\n\"stopped\"")
	wait(t, a, "a\n")
	b, overB := aside(context.Background(), w, 2, "fmt.Println(\"b\")\ntime.Sleep(500 * time.Millisecond)\n\"slept\"")
	wait(t, b, "b\n")
	cancel()
	if o := <-overA; o.Err != nil || o.Value["text/plain"] != "stopped" {
		t.Errorf("the interrupted cell ends with %+v", o)
	}
	if o := <-overB; o.Err != nil || o.Value["text/plain"] != "slept" {
		t.Errorf("the other one ends with %+v", o)
	}
}

// Goroutines of a cell that ask at the same time are both answered, and one that asks when
// its cell is over is told that nobody is there.
func TestGoroutinesThatAsk(t *testing.T) {
	w := newWorker(t)
	p, over := aside(context.Background(), w, 1, `said := make(chan string)
late := make(chan error, 1)
for range 8 { go func() { s, _ := nb.Input("?"); said <- s }() }
for range 8 { fmt.Println(<-said) }
go func() { time.Sleep(300 * time.Millisecond); var word string; _, err := fmt.Scan(&word); late <- err }()`)
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Fatalf("not all are answered: %q", p.so())
	}
	time.Sleep(time.Second)
	if got := do(w, 2, "select { case err := <-late: fmt.Println(err); case <-time.After(5*time.Second): fmt.Println(\"no answer\") }"); strings.Contains(got, "no answer") {
		t.Errorf("a goroutine of a cell that is over: %q", got)
	}
}
