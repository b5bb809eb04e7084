package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// aside runs a cell in another goroutine. The channel gives what it shows.
func aside(ctx context.Context, s *Session, n int, code string) (p *page, outcome <-chan Outcome) {
	p = &page{}
	over := make(chan Outcome, 1)
	go func() { over <- s.Execute(ctx, Cell{n, code}, p) }()
	return p, over
}

func (p *page) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// displays is how much has been shown that is no text.
func (p *page) displays() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.seen)
}

// wait waits until a page shows a text.
func wait(t *testing.T, p *page, text string) {
	t.Helper()
	for start := time.Now(); !strings.Contains(p.printed(), text); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			t.Fatalf("after 20 s the cell shows %q and not %q", p.printed(), text)
		}
	}
}

// Two cells run beside each other, see each other's variables, and what each prints,
// also from goroutines and compiled functions, is its own.
func TestCellsBesideEachOther(t *testing.T) {
	s := newSession(t)
	do(s, 1, "type gate struct{ n int }\nfunc (g gate) String() string { return fmt.Sprint(\"gate \", g.n) }\ngo1 := make(chan bool)\nback := make(chan gate)")
	first, over := aside(context.Background(), s, 2, `fmt.Println("first begins")
early := 7
<-go1
fmt.Println("first goes on")
var wg sync.WaitGroup
for i := range 3 { wg.Go(func() { fmt.Println("first's goroutine", i) }) }
wg.Wait()
nb.Show("first's display")
g := <-back
func() { defer func() { fmt.Println("first recovers", recover()) }(); var none []int; _ = none[g.n] }()
g`)
	wait(t, first, "first begins")
	for start := time.Now(); do(s, 3, "early") != "=> 7"; {
		if time.Since(start) > 10*time.Second {
			t.Fatal("what a cell that runs has made is not there for the others")
		}
	}
	if got, want := do(s, 4, `late := early + 1
func double(n int) int { return 2 * n }
go1 <- true
time.Sleep(50 * time.Millisecond)
fmt.Println("second prints")
back <- gate{double(late)}
slices.SortFunc([]int{2, 1}, func(a, b int) int { fmt.Println("second compares"); return a - b })
for range 100 { func() { defer func() { recover() }(); panic("second's") }() }
late`), "second prints\nsecond compares\n=> 8"; got != want {
		t.Errorf("the second cell shows %q, want %q", got, want)
	}
	o := <-over
	if o.Err != nil || o.Value[display.Text] != "gate 16" {
		t.Errorf("the first cell ends with %v, %v", o.Value, o.Err)
	}
	got := first.printed()
	for i := range 3 {
		got = strings.Replace(got, fmt.Sprintf("first's goroutine %d\n", i), "", 1)
	}
	if want := "first begins\nfirst goes on\nfirst recovers runtime error: index out of range [16] with length 0\n"; got != want || len(first.seen) != 1 {
		t.Errorf("the first cell shows %q and %v, want %q", got, first.seen, want)
	}
	if got := do(s, 5, "fmt.Sprint(early, late, g)"); got != "=> 7 8 gate 16" {
		t.Errorf("afterwards %q", got)
	}
}

// A panic has the lines of its own cell, though another panics at the same time.
func TestPanicsBesideEachOther(t *testing.T) {
	s := newSession(t)
	do(s, 1, "func deep(n int, stop chan bool) { if n == 0 { <-stop; panic(\"the first\") }; deep(n-1, stop) }\nstop := make(chan bool)")
	_, over := aside(context.Background(), s, 2, "fmt.Print()\n\n\ndeep(2, stop)")
	for i := range 20 {
		if got := do(s, 3+i, "func() { defer func() { recover() }(); var m map[string]int; m[\"a\"]++ }()"); got != "" {
			t.Fatalf("beside it %q", got)
		}
	}
	do(s, 30, "close(stop)")
	o := <-over
	if o.Err == nil || o.Err.Message != "the first" || !strings.Contains(strings.Join(o.Err.Traceback, "\n"), "cell 2, line 4") {
		t.Errorf("the panic is %+v", o.Err)
	}
}

// An interrupt that must halt one cell halts the other, too, and what is left goes on.
func TestHaltBesideEachOther(t *testing.T) {
	s := newSession(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a, overA := aside(ctx, s, 1, "fmt.Println(\"a\")\nkept := 1\nfor { kept++ }")
	wait(t, a, "a")
	b, overB := aside(context.Background(), s, 2, "fmt.Println(\"b\")\nfor i := 0; ; i++ { }")
	wait(t, b, "b")
	if got := do(s, 3, "%reset"); !strings.Contains(got, "has to wait") {
		t.Errorf("%%reset beside others: %q", got)
	}
	cancel()
	for i, over := range []<-chan Outcome{overA, overB} {
		select {
		case o := <-over:
			if o.Err == nil || o.Err.Name != interrupted {
				t.Errorf("cell %d ends with %v", i+1, o.Err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("cell %d goes on", i+1)
		}
	}
	for i := range 3 {
		if got := do(s, 4+i, "n := 0\nfor range 1000 { n++ }\nfunc() int { return n }() + kept*0"); got != "=> 1000" {
			t.Errorf("afterwards %q", got)
		}
	}
	if got := do(s, 9, "%reset"); got != "" {
		t.Errorf("%%reset afterwards: %q", got)
	}
}

// Long computations of two cells are shown and stopped by themselves.
func TestProgressBesideEachOther(t *testing.T) {
	s := newSession(t)
	do(s, 1, `p := inn.Problem{Name: "sum", X: inn.Vars("a", "b"), Y: inn.Vars("s"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}), Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} }}
pairs, _ := p.Pairs(2000, 1)`)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	train := "%s, err := inn.Train(pairs, &inn.Settings{Steps: 1000000, Width: 16, Blocks: 2})\nfmt.Println(err)"
	a, overA := aside(ctx, s, 2, fmt.Sprintf(train, "ma"))
	b, overB := aside(context.Background(), s, 3, "fmt.Println(\"b trains\")\nfor range 40 { _, err := inn.Train(pairs, &inn.Settings{Steps: 50, Width: 16, Blocks: 2}); if err != nil { panic(err) } }\nfmt.Println(\"b is ready\")")
	wait(t, b, "b trains")
	time.Sleep(300 * time.Millisecond)
	cancel()
	oa, ob := <-overA, <-overB
	if oa.Err != nil || !strings.Contains(a.printed(), ": interrupted") {
		t.Errorf("the interrupted training: %q, %v", a.printed(), oa.Err)
	}
	if ob.Err != nil || !strings.Contains(b.printed(), "b is ready") {
		t.Errorf("the other one: %q, %v", b.printed(), ob.Err)
	}
}

// What a cell makes while another is prepared, or of a type that another redefines, is
// neither lost nor of the wrong type.
func TestVariablesBesideEachOther(t *testing.T) {
	s := newSession(t)
	do(s, 1, "type T struct{ A int }\ngo1, go2 := make(chan bool), make(chan bool)")
	var code strings.Builder
	for i := range 200 {
		fmt.Fprintf(&code, "<-go1\nv%d := %d\n", i, i)
	}
	_, over := aside(context.Background(), s, 2, code.String())
	for i := range 200 {
		do(s, 3+i, fmt.Sprintf("func f%d() int { return %d }\ngo1 <- true", i, i))
	}
	<-over
	for i := range 200 {
		if got := do(s, 300+i, fmt.Sprintf("v%d + f%d()", i, i)); got != fmt.Sprintf("=> %d", 2*i) {
			t.Fatalf("variable %d: %q", i, got)
		}
	}
	p, over := aside(context.Background(), s, 600, "before := T{1}\n<-go2\nafter := T{2}\nn := after.A\nn")
	for !strings.HasPrefix(do(s, 601, "before.A"), "=> 1") {
		time.Sleep(time.Millisecond)
	}
	if got, want := do(s, 602, "type T struct{ B string }\ngo2 <- true"), "gone, since this cell redefines their type: before\n"; got != want {
		t.Errorf("redefining a type says %q, want %q", got, want)
	}
	if o := <-over; o.Err != nil || o.Value[display.Text] != "2" || p.printed() != "gone, since another cell has redefined their type: after\n" {
		t.Errorf("the cell that used it ends with %v, %v and says %q", o.Value, o.Err, p.printed())
	}
	if got := do(s, 603, "n, _ := strconv.Atoi(T{\"7\"}.B)\nn"); got != "=> 7" {
		t.Errorf("the new type: %q", got)
	}
}

// Cells beside a long one find room for their variables.
func TestRoomBesideALongCell(t *testing.T) {
	s := newSession(t)
	do(s, 1, "stop := make(chan bool)")
	p, over := aside(context.Background(), s, 2, "fmt.Println(\"long\")\n<-stop")
	wait(t, p, "long")
	for i := range 300 {
		if got := do(s, 3+i, fmt.Sprintf("a%d, b%d := %d, %d\na%d + b%d", i, i, i, i, i, i)); got != fmt.Sprintf("=> %d", 2*i) {
			t.Fatalf("cell %d: %q", i, got)
		}
	}
	do(s, 1000, "close(stop)")
	<-over
	data, want, _ := s.engine.table()
	if do(s, 1001, "b299"); data.Len() < len(want) {
		t.Errorf("a table of %d places for %d", data.Len(), len(want))
	}
}

// A desk answers questions of a cell with lines, each when it is sent.
type desk struct {
	page
	asked chan string
	lines chan string
}

func (d *desk) Input(prompt string, password bool) (string, error) {
	d.asked <- prompt
	return <-d.lines, nil
}

// What the user types is the cell's that asked, to the end of the line.
func TestInputBesideEachOther(t *testing.T) {
	s := newSession(t)
	var desks [2]*desk
	var overs [2]chan Outcome
	for i := range desks {
		desks[i], overs[i] = &desk{asked: make(chan string, 10), lines: make(chan string, 10)}, make(chan Outcome, 1)
		go func() {
			overs[i] <- s.Execute(context.Background(), Cell{i + 1, "read" + fmt.Sprint(i) + " := make([]string, 2)\nfmt.Scan(&read" + fmt.Sprint(i) + "[0])\ntime.Sleep(100*time.Millisecond)\nfmt.Scan(&read" + fmt.Sprint(i) + "[1])\nread" + fmt.Sprint(i)}, desks[i])
		}()
		<-desks[i].asked
	}
	desks[0].lines <- "first's line"
	desks[1].lines <- "second's own"
	for i, want := range []string{`["first's" "line"]`, `["second's" "own"]`} {
		select {
		case o := <-overs[i]:
			if got := fmt.Sprint(o.Value[display.Text]); got != want {
				t.Errorf("cell %d reads %s, want %s", i+1, got, want)
			}
		case <-desks[i].asked:
			t.Errorf("cell %d asks again", i+1)
			desks[i].lines <- "again"
			<-overs[i]
		}
	}
}

// A cell that has to be halted waits for a long computation beside it that is interrupted
// too, and stops by itself.
func TestHaltWaitsForAComputationBeside(t *testing.T) {
	s := newSession(t)
	do(s, 1, `p := inn.Problem{Name: "sum", X: inn.Vars("a", "b"), Y: inn.Vars("s"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}), Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} }}
pairs, _ := p.Pairs(200, 1)`)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a, overA := aside(ctx, s, 2, "fmt.Println(\"a trains\")\nm, err := inn.Train(pairs, &inn.Settings{Steps: 1000, Width: 8, Blocks: 1, Each: func(inn.Progress) error { fmt.Println(\"step\"); time.Sleep(time.Second); return nil }})\nfmt.Println(m != nil, err)")
	b, overB := aside(ctx, s, 3, "fmt.Println(\"b\")\nfor { }")
	wait(t, b, "b")
	wait(t, a, "step\nstep\n")
	cancel()
	if o := <-overA; o.Err != nil || !strings.Contains(a.printed(), "true inn: training stopped") {
		t.Errorf("the training ends with %v, %q", o.Err, a.printed())
	}
	if o := <-overB; o.Err == nil || o.Err.Name != interrupted {
		t.Errorf("the loop ends with %v", o.Err)
	}
}

// What a timer or the end of a context calls belongs to the cell that wants it called.
func TestCallsLaterBesideEachOther(t *testing.T) {
	s := newSession(t)
	a, overA := aside(context.Background(), s, 1, `ctx, cancel := context.WithTimeout(context.Background(), 600*time.Millisecond)
defer cancel()
calls := make(chan bool)
context.AfterFunc(ctx, func() { fmt.Println("a's context"); calls <- true })
time.AfterFunc(500*time.Millisecond, func() { fmt.Println("a's timer"); calls <- true })
fmt.Println("a waits")
<-calls
<-calls`)
	wait(t, a, "a waits")
	b, overB := aside(context.Background(), s, 2, "for range 100 { fmt.Print(\"b\"); time.Sleep(10 * time.Millisecond) }")
	<-overA
	<-overB
	got := strings.Split(a.printed(), "\n")
	slices.Sort(got) // on a busy machine the two change places
	if want := []string{"", "a waits", "a's context", "a's timer"}; !slices.Equal(got, want) || strings.Trim(b.printed(), "b") != "" {
		t.Errorf("the cells show %q and %q, want %q", got, b.printed(), want)
	}
}

// The session looks up whether a variable is nil while a cell is made.
func TestEmptyVariablesBesideACellThatIsMade(t *testing.T) {
	s := newSession(t)
	do(s, 1, "var p *bytes.Buffer")
	name := s.state.engine["p"]
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, "x%d := %d\n", i, i)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var over sync.WaitGroup
	over.Go(func() {
		for ctx.Err() == nil {
			if !s.engine.empty(name) {
				t.Error("p is not nil")
				return
			}
		}
	})
	for n := range 150 {
		if got := do(s, 4+n, many.String()); got != "" {
			t.Errorf("the cell says %q", got)
		}
	}
	cancel()
	over.Wait()
}

// A value that is being shown when its cell is halted is not shown: its methods returned
// early.
func TestHaltWhileAValueIsShown(t *testing.T) {
	s := newSession(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a, overA := aside(ctx, s, 1, "type endless struct{}\nfunc (endless) String() string { fmt.Println(\"a is shown\"); for { } }\nendless{}")
	wait(t, a, "a is shown")
	b, overB := aside(ctx, s, 2, "fmt.Println(\"b\")\nfor { }")
	wait(t, b, "b")
	cancel()
	for _, over := range []<-chan Outcome{overA, overB} {
		if o := <-over; o.Err == nil || o.Err.Name != interrupted || o.Value != nil {
			t.Errorf("a cell ends with %v, %v", o.Value, o.Err)
		}
	}
}
