package session

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

const interruptAfter = 100 * time.Millisecond

// interrupt runs a cell, interrupts it after a while and says what came of it.
func interrupt(t *testing.T, s *Session, code string) Outcome {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	timer := time.AfterFunc(interruptAfter, cancel)
	defer timer.Stop()
	done := make(chan Outcome, 1)
	go func() { done <- s.Execute(ctx, Cell{1, code}, &page{}) }()
	select {
	case o := <-done:
		return o
	case <-time.After(20 * time.Second):
		t.Fatalf("%q goes on after an interrupt", code)
		return Outcome{}
	}
}

func TestInterrupt(t *testing.T) {
	for _, code := range []string{
		"for {}",
		"x := 0\nfor { x++ }",
		"<-make(chan int)",
		"select {}",
		"func f() { defer fmt.Print(1); for {} }\nf()",
		"time.Sleep(time.Hour)",
		"var wg sync.WaitGroup\nwg.Add(1)\nwg.Wait()",
		// Compiled loops that call a cell's function.
		"sort.Slice(make([]int, 1_000_000), func(i, j int) bool { time.Sleep(time.Millisecond); return false })",
		"func less(i, j int) bool { for {} }\nsort.Slice(make([]int, 10), less)",
		"slices.SortFunc(make([]int, 3_000_000), func(i, j int) int { return 0 })",
		"quad.Fixed(func(x float64) float64 { return x }, 0, 1, 10_000_000, nil, 0)",
		"p := inn.Problem{Name: \"t\", X: inn.Vars(\"a\"), Y: inn.Vars(\"s\"), Prior: inn.Normal([]float64{0}, []float64{1}), Simulate: func(rng *rand.Rand, x []float64) []float64 { for {} }}\np.Pairs(300, 1)",
		// Sleeps and blocked channels in functions, loops and goroutines.
		"func f() int { ch := make(chan int); return <-ch }\nf()",
		"ch := make(chan int)\nch <- 1",
		"for range time.Tick(time.Millisecond) {}",
		"ch := make(chan int)\nselect { case <-ch: case ch <- 1: }",
		"var mu sync.Mutex\nmu.Lock()\nmu.Lock()",
		"go func() { for {} }()\nfor {}",
		"func f() { defer func() { recover(); for {} }(); for {} }\nf()",
		"exec.Command(\"sleep\", \"60\").Run()",
		"!sleep 60",
		"%time for {}",
		"%timeit time.Sleep(time.Hour)",
	} {
		s := newSession(t)
		if got := do(s, 0, "before := 7\ntwice := func(x int) int { return 2 * x }\ntype T struct{ n int }\nfunc (t T) Get() int { return t.n }\nvar getter interface{ Get() int } = T{5}\nget := T{6}.Get"); got != "" {
			t.Fatal(got)
		}
		const patience = 4 * time.Second // well under one when the machine does nothing else
		start := time.Now()
		o := interrupt(t, s, code+"\nbefore = 8")
		if took := time.Since(start) - interruptAfter; o.Err == nil || o.Err.Name != interrupted || took > patience {
			t.Errorf("%q, %v after the interrupt: %+v", code, took, o.Err)
		}
		if got := do(s, 2, "before"); got != "=> 7" {
			t.Errorf("after %q the session answers %q", code, got)
		}
		if got := do(s, 3, "fmt.Sprint(twice(21), getter.Get(), get(), slices.IndexFunc([]int{1, 2}, func(x int) bool { return twice(x) == 4 }))"); got != "=> 42 5 6 1" {
			t.Errorf("after %q functions of earlier cells give %q", code, got)
		}
	}
}

func TestInterruptedTrainingKeepsItsNetwork(t *testing.T) {
	s := newSession(t)
	do(s, 0, `p := inn.Problem{Name: "t", X: inn.Vars("a", "b"), Y: inn.Vars("s"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),
	Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} }}
pairs, err := p.Pairs(300, 1)`)
	stopped := func(n int, code string) Outcome { // when it has shown its progress
		t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		p, over := aside(ctx, s, n, code)
		for start := time.Now(); p.displays() == 0; time.Sleep(5 * time.Millisecond) {
			if time.Since(start) > 20*time.Second {
				t.Fatalf("%s shows no progress", code)
			}
		}
		cancel()
		return <-over
	}
	o := stopped(1, `model, err := inn.Train(pairs, &inn.Settings{Steps: 1_000_000, Each: nb.Watch})`)
	if o.Err == nil || o.Err.Name != interrupted || !strings.HasSuffix(o.Err.Message, "the model holds the network so far: interrupted") {
		t.Fatalf("error is %+v", o.Err)
	}
	if got := do(s, 2, "err"); !strings.HasPrefix(got, "!! error") { // of a cell that was not interrupted
		t.Errorf("the error of the training gives %q", got)
	}
	if got := do(s, 3, "draws, err := model.Sample([]float64{1}, 10, 1)\ndraws.Len()"); got != "=> 10" {
		t.Errorf("the interrupted model samples %q", got)
	}
	o = stopped(4, "p.Pairs(30_000_000, 1)")
	if o.Err == nil || o.Err.Name != interrupted || o.Err.Message != "interrupted" {
		t.Errorf("the interrupted simulation ends with %v", o.Err)
	}
}

// What follows a training that was interrupted has time to keep its network, however long the training
// needed to stop.
func TestAfterAnInterruptedTraining(t *testing.T) {
	s := newSession(t)
	do(s, 1, `p := inn.Problem{X: inn.Vars("a", "b"), Y: inn.Vars("s"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}), Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} }}
pairs, err := p.Pairs(200, 1)`)
	ctx, cancel := context.WithCancel(context.Background())
	p, over := aside(ctx, s, 2, `model, err := inn.Train(pairs, &inn.Settings{Steps: 1000, Width: 8, Blocks: 1, Each: func(q inn.Progress) error { fmt.Println("step", q.Step); time.Sleep(time.Second); return nil }})
time.Sleep(100 * time.Millisecond)
fmt.Println(model != nil, err)
for { }`)
	wait(t, p, "step 1\n")
	cancel()
	if o := <-over; o.Err == nil || o.Err.Name != interrupted || !strings.Contains(p.printed(), "true inn: training stopped") {
		t.Errorf("%q, %v", p.printed(), o.Err)
	}
}

// What was halted in compiled code does not go on when the next cell runs.
func TestHaltedCellStaysHalted(t *testing.T) {
	s := newSession(t)
	do(s, 0, "x := 1")
	interrupt(t, s, "time.Sleep(700 * time.Millisecond)\nx = 99")
	if got := do(s, 2, "time.Sleep(900 * time.Millisecond)\nx"); got != "=> 1" {
		t.Errorf("x is %q, want 1", got)
	}
}

func TestPanicSaysWhere(t *testing.T) {
	s := newSession(t)
	do(s, 3, "func inner(x []int, i int) int {\n\treturn x[i]\n}\nfunc outer() int { return inner([]int{1}, 4) }")
	o := s.Execute(context.Background(), Cell{4, "a := 1\nouter()"}, &page{})
	if o.Err == nil {
		t.Fatal("no error")
	}
	text := strings.Join(o.Err.Traceback, "\n")
	for _, want := range []string{"panic: index out of range", "cell 3, line 2:\n    \treturn x[i]", "cell 3, line 4:", "cell 4, line 2:\n    outer()"} {
		if !strings.Contains(text, want) {
			t.Errorf("the traceback lacks %q:\n%s", want, text)
		}
	}
}

func TestCompileErrorPointsAtTheColumn(t *testing.T) {
	s := newSession(t)
	o := s.Execute(context.Background(), Cell{2, "x := 1\ny := x + \"a\"\nz := nope"}, &page{})
	if o.Err == nil {
		t.Fatal("no error")
	}
	want := "cell 2, line 2, column 6: invalid operation: x + \"a\" (mismatched types int and untyped string)\n    y := x + \"a\"\n         ^"
	if text := strings.Join(o.Err.Traceback, "\n"); !strings.Contains(text, want) || !strings.Contains(text, "cell 2, line 3, column 6: undefined: nope") {
		t.Errorf("traceback:\n%s\nwant:\n%s", text, want)
	}
}

// An interrupt ends a training and keeps its network, whatever the cell's function that
// follows it returns, and no warning is made up.
func TestInterruptedTrainingWithAFunction(t *testing.T) {
	s := newSession(t)
	do(s, 1, `p := inn.Problem{X: inn.Vars("a", "b"), Y: inn.Vars("s"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}), Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} }}
pairs, _ := p.Pairs(2000, 1)
var losses []float64`)
	for i, train := range []string{"inn.Train(pairs, &inn.Settings{Steps: 1000000, Each: follow})", "method.TrainCINN(pairs, &method.CINNSettings{Training: method.Training{Steps: 1000000, Each: follow}})"} {
		ctx, cancel := context.WithCancel(context.Background())
		shown, over := aside(ctx, s, 2+4*i, fmt.Sprintf("losses = nil\nfollow := func(q inn.Progress) error { losses = append(losses, q.Loss); if len(losses) == 3 { fmt.Println(\"it trains\") }; return nil }\nmodel%d, err := %s", i, train))
		wait(t, shown, "it trains")
		cancel()
		select {
		case o := <-over:
			if o.Err == nil || o.Err.Name != interrupted || !strings.Contains(o.Err.Message, "the model holds the network") || !strings.HasSuffix(o.Err.Message, ": interrupted") {
				t.Errorf("%s: ends with %v", train, o.Err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s goes on", train)
		}
		n := do(s, 3+4*i, "len(losses)")
		time.Sleep(200 * time.Millisecond)
		if later := do(s, 4+4*i, "len(losses)"); n == "=> 0" || later != n {
			t.Errorf("%s: %s steps when it was interrupted, later %s", train, n, later)
		}
		if got := do(s, 5+4*i, fmt.Sprintf("draws, err := model%d.Sample([]float64{0.5}, 10, 1)\nfmt.Sprint(draws.Len(), draws.Warning)", i)); got != "=> 10" {
			t.Errorf("%s: its draws: %q", train, got)
		}
	}
}

// What a compiled function returns soon after a halt is there when the cell has ended, and not later.
func TestHaltWaitsForCompiledCode(t *testing.T) {
	s := newSession(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	do(s, 1, fmt.Sprintf("var x []byte\nfrom, err := net.Dial(`tcp`, `%v`)", l.Addr()))
	to, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p, over := aside(ctx, s, 2, "fmt.Println(\"waits\")\nx, err = io.ReadAll(from)")
	wait(t, p, "waits")
	halted := s.active()[0].stop
	cancel()
	<-halted
	time.Sleep(100 * time.Millisecond)
	fmt.Fprint(to, "late")
	to.Close()
	if o := <-over; o.Err == nil || o.Err.Name != interrupted {
		t.Errorf("it ends with %+v", o)
	}
	before := do(s, 3, "x")
	time.Sleep(time.Second)
	if after := do(s, 4, "x"); after != before {
		t.Errorf("x was %s when the cell had ended, and %s later", before, after)
	}
}

// Methods that show a value, and deferred calls of a cell, are halted as statements are.
func TestHaltEndsWhatShowsAValue(t *testing.T) {
	s := newSession(t)
	do(s, 1, "kept := 7\ntype R struct{ n int }\nfunc (r R) String() string { return fmt.Sprint(r) }\ntype L struct{ n int }\nfunc (l L) String() string { for { } }")
	for i, code := range []string{"L{1}", "defer func() { for { } }()"} {
		ctx, cancel := context.WithCancel(context.Background())
		_, over := aside(ctx, s, 2+2*i, code)
		time.Sleep(200 * time.Millisecond)
		cancel()
		select {
		case o := <-over:
			if o.Err == nil || o.Err.Name != interrupted {
				t.Errorf("%s: %+v", code, o)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s goes on", code)
		}
		if got := do(s, 3+2*i, "kept"); got != "=> 7" {
			t.Errorf("after %s: %q", code, got)
		}
	}
	if got := do(s, 10, "R{1}"); got != "!! panic: stack overflow: recursion too deep or without end in R.String" {
		t.Errorf("a method that shows itself: %q", got)
	}
	if got := do(s, 11, "kept"); got != "=> 7" {
		t.Errorf("after it: %q", got)
	}
}
