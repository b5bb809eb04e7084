package worker

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// The test binary is its own worker.
func TestMain(m *testing.M) {
	if token := os.Getenv("INNKEEPER_TEST_WORKER"); token != "" {
		s, err := session.New()
		if err != nil {
			panic(err)
		}
		if memoryLimit > 0 {
			if err := LimitMemory(memoryLimit); err != nil {
				panic(err)
			}
		}
		Serve(s, token, true)
		EndAll()
	}
	os.Exit(m.Run())
}

func newWorker(t *testing.T) *Worker {
	t.Helper()
	w, err := New(func(token string) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		// Under the race detector the process would print what it finds in the
		// interpreter, which is known (LIMITS.md), among the cells' output.
		cmd.Env = append(os.Environ(), "INNKEEPER_TEST_WORKER="+token, "GORACE=exitcode=0 log_path="+filepath.Join(t.TempDir(), "race"))
		return cmd
	}, func(display.Comm) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

type sheet struct {
	mu     sync.Mutex
	text   strings.Builder
	answer string
}

// so is the text so far.
func (p *sheet) so() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *sheet) add(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.WriteString(s)
}
func (p *sheet) Stream(name, text string)           { p.add(text) }
func (p *sheet) Display(b display.Bundle, _ string) { p.add(fmt.Sprintf("<%v>", b[display.Text])) }
func (p *sheet) Update(b display.Bundle, _ string)  { p.add(fmt.Sprintf("<<%v>>", b[display.Text])) }
func (p *sheet) Clear(bool)                         { p.add("[clear]") }
func (p *sheet) Input(prompt string, _ bool) (string, error) {
	return p.answer, nil
}

func do(w *Worker, n int, code string) string {
	p := &sheet{answer: "blue"}
	o := w.Execute(context.Background(), session.Cell{Number: n, Code: code}, p)
	text := p.text.String()
	if o.Value != nil {
		text += fmt.Sprintf("=> %v", o.Value[display.Text])
	}
	if o.Err != nil {
		text += "!! " + strings.Join(o.Err.Traceback, "\n")
	}
	return text
}

func TestCellsInAProcess(t *testing.T) {
	w := newWorker(t)
	for i, c := range []struct{ code, want string }{
		{"x := 3\nx + 1", "=> 4"},
		{`fmt.Print("a"); nb.Show(1); fmt.Print("b"); nb.Show(2); fmt.Print("c")`, "a<1>b<2>c"},
		{`fmt.Print("a"); nb.Clear(true); fmt.Fprint(os.Stdout, "b")`, "a[clear]b"},
		{`nb.Input("colour?")`, "=> blue"},
		{"var s string\nfmt.Scan(&s)\ns", "=> blue"},
		{"x", "=> 3"},
		{`log.SetFlags(0); log.Print("logged")`, "logged\n"},
		{`slog.New(slog.NewTextHandler(os.Stderr, nil)).Info("m")`, "level=INFO msg=m\n"},
		{`fmt.Println("panic: no"); fmt.Print("more")`, "panic: no\nmore"},
		{`fmt.Fprintln(os.Stderr, "fatal error: no"); fmt.Fprint(os.Stderr, "more")`, "fatal error: no\nmore"},
		{"!echo out; false", "out\n!! !: echo out; false: exit status 1\ncell 11, line 1:\n    !echo out; false"},
		{`fmt.Print("\x1b]ABC;1\x07")`, "\x1b]ABC;1\x07"},
	} {
		got := do(w, i+1, c.code)
		if i == 7 && len(got) > 20 { // the time in front
			got = got[strings.Index(got, "level"):]
		}
		if got != c.want {
			t.Errorf("%s\n gives %q\n  want %q", c.code, got, c.want)
		}
	}
	if got := strings.Join(w.Variables(), " "); got != "s x" {
		t.Errorf("variables are %q", got)
	}
	if _, _, found := w.Complete("strings.ToUp", 12); len(found) == 0 || found[0].Text != "ToUpper" {
		t.Errorf("completion is %v", found)
	}
	if text, ok := w.Inspect("strings.Repeat", 10, 0); !ok || !strings.Contains(text, "func strings.Repeat") {
		t.Errorf("inspection is %q", text)
	}
}

// panicking is a cell in which package os/exec reads from a cell's reader in a goroutine
// of its own, which panics after some time.
func panicking(after, with string) string {
	return "type reader struct{}\nfunc (reader) Read([]byte) (int, error) {\n\ttime.Sleep(" + after + ")\n\tpanic(" + strconv.Quote(with) + ")\n}\n" +
		"func() {\n\tcat := exec.Command(`cat`)\n\tcat.Stdin = reader{}\n\tcat.Start()\n}()\n"
}

// Each of these kills the process. The cell says why and where, names what is
// gone, and everything else is there for the next cell.
func TestDeaths(t *testing.T) {
	for _, c := range []struct{ name, code, want string }{
		{"stack overflow", "fmt.Println(\"before\")\nx := &ast.ParenExpr{}\nx.X = x\ntypes.ExprString(x)", "stack overflow"},
		{"panic in a goroutine of compiled code", panicking("time.Millisecond", "boom") + "time.Sleep(time.Minute)", "boom"},
		{"concurrent map write", "m := map[int]int{}\nfor i := range 8 { go func() { for { m[i]++ } }() }\ntime.Sleep(time.Minute)", "concurrent map"},
		{"out of memory", "var all [][]byte\nfor { b := make([]byte, 64<<20); for i := range len(b)/4096 { b[i*4096] = 1 }; all = append(all, b) }", "out of memory"},
		{"a signal", "exec.Command(\"kill\", \"-SEGV\", fmt.Sprint(os.Getpid())).Run()\ntime.Sleep(time.Minute)", "SIGSEGV: segmentation violation"},
		{"killed", "p, _ := os.FindProcess(os.Getpid())\np.Kill()\ntime.Sleep(time.Minute)", "signal: killed"},
	} {
		if c.want == "out of memory" && memoryLimit == 0 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorker(t)
			if got := do(w, 1, "import str \"strings\"\ntype P struct{ A int }\nfunc (p P) Twice() int { return 2 * p.A }\nfunc up(s string) string { return str.ToUpper(s) }\nfunc usesV() int { return v }\nv, q := 1, P{2}"); got != "" {
				t.Fatal(got)
			}
			got := do(w, 2, c.code)
			for _, want := range []string{"the process that runs the cells died: ", c.want, "cell 2, line ", "gone: ", "q, v", "gone, since they use a variable: usesV\n", "kept: imports"} {
				if !strings.Contains(got, want) {
					t.Errorf("the cell says\n%s\nwithout %q", got, want)
				}
			}
			if said := fmt.Sprintf("cells may have %d MB; -memory", memoryLimit>>20); c.want == "out of memory" && runtime.GOOS == "linux" && !strings.Contains(got, said) {
				t.Errorf("the cell says\n%s\nwithout %q", got, said)
			}
			if strings.Contains(got, "goroutine 1 [") {
				t.Errorf("the cell has the runtime's own words:\n%.300s", got)
			}
			if c.name == "stack overflow" && !strings.HasPrefix(got, "before\n") {
				t.Errorf("what was printed before is lost: %.100q", got)
			}
			if got := do(w, 3, "up(\"a\") + fmt.Sprint(P{4}.Twice())"); got != "=> A8" {
				t.Errorf("afterwards: %q", got)
			}
			if got := do(w, 4, "v"); !strings.Contains(got, "undefined: v (it went with the process that died in cell 2:") {
				t.Errorf("a variable that is gone gives %q", got)
			}
			if got := do(w, 5, "usesV()"); !strings.Contains(got, "undefined: usesV (it went with the process that died in cell 2:") {
				t.Errorf("a function that is gone gives %q", got)
			}
		})
	}
}

// The words are those of Go 1.26's runtime.
func TestReasons(t *testing.T) {
	for words, want := range map[string]string{
		"panic: boom\n\ngoroutine 7 [running]:\n":                                                      "boom",
		"panic: runtime error: index out of range [5] with length 3 [recovered, repanicked]\n\ngor":    "runtime error: index out of range [5] with length 3",
		"fatal error: concurrent map writes\n\ngoroutine 9":                                            "concurrent map writes",
		"runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n":        "stack overflow",
		"runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\nPC=0x1": "out of memory: there was none for another thread",
		"runtime: failed to create new OS thread (have 9 already; errno=11)\nfatal error: newosproc\n": "out of memory: there was none for another thread",
		"SIGSEGV: segmentation violation\nPC=0x47 m=0 sigcode=0\n":                                     "SIGSEGV: segmentation violation",
		"nothing of this": "",
	} {
		if got := reason([]byte(words)); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
		if first, _, _ := strings.Cut(words, ":"); want != "" && fatal.FindStringIndex("text\n"+words) == nil {
			t.Errorf("%s is not known as last words", first)
		}
	}
}

// Package runtime/cgo writes its last words in pieces.
func TestReasonInPieces(t *testing.T) {
	var d dyingTo
	shown := ""
	for _, piece := range []string{"text\nruntime/cgo: ", "pthread_create failed: Resource temporarily unavailable", "\n", "SIGABRT: abort\nPC=0x1\n"} {
		shown += string(d.keep([]byte(piece), func() {}))
	}
	if got := reason(d.words); shown != "text\n" || got != "out of memory: there was none for another thread" {
		t.Errorf("shown is %q, the reason %q", shown, got)
	}
}

// What the cell that died had declared is kept, and the variables that it had
// made by then are named, and not those that it would have made.
func TestTheCellThatDied(t *testing.T) {
	w := newWorker(t)
	do(w, 1, "a := 1")
	got := do(w, 2, "type D struct{ N int }\nfunc half(d D) int { return d.N / 2 }\nb := 2\np, _ := os.FindProcess(os.Getpid())\np.Kill()\ntime.Sleep(5*time.Second)\nlate := 3")
	if !strings.Contains(got, "\ngone: a, b, p\n") {
		t.Errorf("the cell says %s", got)
	}
	if got := do(w, 3, "half(D{8})"); got != "=> 4" {
		t.Errorf("afterwards: %q", got)
	}
}

// The process may die when no cell runs. The last cell's output says so at
// once, and the next cell does.
func TestDeathBetweenCells(t *testing.T) {
	w := newWorker(t)
	first := &sheet{}
	w.Execute(context.Background(), session.Cell{Number: 1, Code: "x := 1\nfunc f() int { return 6 }\n" + panicking("200*time.Millisecond", "later")}, first)
	want := "between two cells the process that runs the cells died: later\ngone: x\nkept: imports, types and functions\n"
	for deadline := time.Now().Add(20 * time.Second); !strings.HasSuffix(first.so(), want); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the first cell says %q", first.so())
		}
	}
	if got := do(w, 2, "f()"); got != want+"=> 6" {
		t.Errorf("the next cell says %q", got)
	}
	if got := do(w, 3, "f()"); got != "=> 6" {
		t.Errorf("the cell after it says %q", got)
	}
	if got := do(w, 4, "x"); !strings.Contains(got, "undefined: x (it went with the process that died after cell 1:") {
		t.Errorf("a variable that went gives %q", got)
	}
}

// failing is told of errors beside its cell.
type failing struct {
	sheet
	heard chan string
}

func (f *failing) Failed(cell int, e *session.Error) {
	f.heard <- fmt.Sprintf("%d %v", cell, e)
}

// What wants to hear of errors beside cells hears of panics in goroutines and of
// deaths.
func TestErrorsBesideCells(t *testing.T) {
	w := newWorker(t)
	for i, c := range []struct{ code, want string }{
		{"go func() { panic(`a`) }()", "1 panic: in a goroutine: a"},
		{"go func(f func()) { f() }(func() { os.Exit(7) })", "2 panic: in a goroutine: os.Exit(7) called"},
		{panicking("100*time.Millisecond", "later"), "3 crash: between two cells the process that runs the cells died: later"},
	} {
		out := &failing{heard: make(chan string, 1)}
		w.Execute(t.Context(), session.Cell{Number: i + 1, Code: c.code}, out)
		select {
		case got := <-out.heard:
			if got != c.want || out.so() != "" {
				t.Errorf("%s: it hears %q and prints %q", c.code, got, out.so())
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: nothing is heard", c.code)
		}
	}
}

// Both streams come in the order of their writes, from the interpreter and from
// package log.
func TestStreamsKeepTheirOrder(t *testing.T) {
	w := newWorker(t)
	var want strings.Builder
	for i := range 300 {
		fmt.Fprintf(&want, "out %d\nerr %d\nlog %d\n", i, i, i)
	}
	got := do(w, 1, "log.SetFlags(0)\nfor i := range 300 {\n\tfmt.Println(\"out\", i)\n\tfmt.Fprintln(os.Stderr, \"err\", i)\n\tlog.Print(\"log \", i)\n}")
	if got != want.String() {
		t.Errorf("%.300q", got)
	}
	// Compiled code is heard between two statements only.
	got = do(w, 2, strings.Repeat("fmt.Println(`a`)\nflag.NewFlagSet(`x`, flag.ContinueOnError).Parse([]string{`-y`})\n", 20))
	if want := strings.Repeat("a\nflag provided but not defined: -y\nUsage of x:\n", 20); !strings.HasPrefix(got, want) {
		t.Errorf("with compiled code: %.300q", got)
	}
}

// Text that reads as if Go's runtime wrote it as it dies is shown whole, and
// soon.
func TestWordsOfADeathThatIsNone(t *testing.T) {
	w := newWorker(t)
	const lines = 100_000
	got := do(w, 1, fmt.Sprintf("fmt.Fprintln(os.Stderr, \"panic: no\")\nfor i := range %d { fmt.Fprintln(os.Stderr, \"line of some length\", i) }", lines))
	if n := strings.Count(got, "\n"); n != lines+1 || !strings.HasPrefix(got, "panic: no\nline of some length 0\n") {
		t.Errorf("%d lines: %.100q", n, got)
	}
	p, ended := &sheet{}, make(chan bool)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		w.Execute(ctx, session.Cell{Number: 2, Code: "fmt.Fprintln(os.Stderr, \"fatal error: no\")\nfor { time.Sleep(time.Millisecond) }"}, p)
		close(ended)
	}()
	for deadline := time.Now().Add(20 * time.Second); p.so() != "fatal error: no\n"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("while the cell runs it shows %q", p.so())
		}
	}
	cancel()
	<-ended
	got = do(w, 3, "fmt.Fprintln(os.Stderr, \"panic: no\")\nflag.NewFlagSet(\"x\", flag.ExitOnError).Parse([]string{\"-y\"})")
	if !strings.HasPrefix(got, "panic: no\nflag provided but not defined: -y\n") || !strings.Contains(got, "died: exit status 2\n") {
		t.Errorf("before an exit: %q", got)
	}
}

func TestInterruptReachesTheProcess(t *testing.T) {
	w := newWorker(t)
	do(w, 1, "x := 5")
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	o := w.Execute(ctx, session.Cell{Number: 2, Code: "for {}"}, &sheet{})
	if o.Err == nil || o.Err.Name != "interrupted" {
		t.Errorf("outcome is %+v", o.Err)
	}
	if got := do(w, 3, "x"); got != "=> 5" {
		t.Errorf("afterwards x is %q", got)
	}
}

func TestAProcessThatDoesNotStopIsReplaced(t *testing.T) {
	defer func(a, b time.Duration) { patience, lastPatience = a, b }(patience, lastPatience)
	patience, lastPatience = 300*time.Millisecond, 300*time.Millisecond
	w := newWorker(t)
	do(w, 1, "x := 5\nfunc f() int { return 6 }")
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	// A process that the system has stopped hears no interrupt.
	o := w.Execute(ctx, session.Cell{Number: 2, Code: `exec.Command("kill", "-STOP", fmt.Sprint(os.Getpid())).Run()
for {}`}, &sheet{})
	if o.Err == nil || !strings.Contains(o.Err.Message, "did not stop when interrupted") {
		t.Fatalf("outcome is %+v", o.Err)
	}
	if got := do(w, 3, "f()"); got != "=> 6" {
		t.Errorf("afterwards f() is %q", got)
	}
	if got := do(w, 4, "x"); !strings.Contains(got, "undefined: x") {
		t.Errorf("x, which is gone, is %q", got)
	}
}

// completes reports whether code is completed with a name; it fails the test if
// nobody answers.
func completes(t *testing.T, w *Worker, code, name string) bool {
	t.Helper()
	answer := make(chan bool, 1)
	go func() {
		_, _, found := w.Complete(code, len(code))
		answer <- slices.ContainsFunc(found, func(c session.Candidate) bool { return c.Text == name })
	}()
	select {
	case yes := <-answer:
		return yes
	case <-time.After(20 * time.Second):
		t.Fatalf("nobody completes %s", code)
		return false
	}
}

// While a cell runs, what it has made by then is known.
func TestCompletionWhileACellRuns(t *testing.T) {
	w := newWorker(t)
	do(w, 1, "type P struct{ Weight float64 }\nv := 1")
	for i, loop := range []string{"for {}", "new(big.Int).Exp(big.NewInt(3), new(big.Int).Lsh(big.NewInt(1), 40), nil)", `exec.Command("kill", "-STOP", fmt.Sprint(os.Getpid())).Run()`} {
		ctx, cancel := context.WithCancel(context.Background())
		p, done := &sheet{}, make(chan bool)
		go func() {
			w.Execute(ctx, session.Cell{Number: i + 2, Code: "early := P{}\nv := \"now a text\"\nfmt.Print(1)\n" + loop + "\nlate := 1"}, p)
			close(done)
		}()
		for deadline := time.Now().Add(20 * time.Second); p.so() != "1"; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the cell does not begin")
			}
		}
		if !completes(t, w, "strings.ToUp", "ToUpper") || !completes(t, w, "early.W", "Weight") || completes(t, w, "lat", "late") {
			t.Errorf("completion in the middle of %s is wrong", loop)
		}
		if text, _ := w.Inspect("v", 1, 0); text != "var v string" {
			t.Errorf("inspection in the middle of %s says %q", loop, text)
		}
		cancel()
		if i > 0 { // that one stops by itself
			w.mu.Lock()
			w.process.kill()
			w.mu.Unlock()
		}
		<-done
	}
}

// An interrupt reaches a cell beside which completions run, and they go on.
func TestInterruptBesideCompletion(t *testing.T) {
	w := newWorker(t)
	do(w, 1, "x := 5")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan session.Outcome)
	go func() {
		ended <- w.Execute(ctx, session.Cell{Number: 2, Code: "y := \"text\"\nfor {}"}, &sheet{})
	}()
	for i := 0; ; i++ {
		if !completes(t, w, "strings.ToUp", "ToUpper") {
			t.Fatal("a completion is wrong")
		}
		if i == 100 {
			cancel()
		}
		select {
		case o := <-ended:
			if o.Err == nil || o.Err.Name != "interrupted" {
				t.Errorf("outcome is %+v", o.Err)
			}
			if got := do(w, 3, "fmt.Sprint(x, y)"); got != "=> 5text" || !completes(t, w, "y", "y") {
				t.Errorf("afterwards: %q", got)
			}
			return
		default:
		}
	}
}

// After a death completion waits for nobody, and knows at once what is gone.
func TestCompletionAfterADeath(t *testing.T) {
	defer func(d time.Duration) { restoring = d }(restoring)
	restoring = 100 * time.Millisecond
	w := newWorker(t)
	do(w, 1, "type P struct{ Weight float64 }\nfunc keeps() {}\nvalue := P{}\nfunc loses() P { return value }")
	w.mu.Lock()
	w.command = func(string) *exec.Cmd { return exec.Command("sleep", "1047") } // a process that never answers
	w.process.kill()
	p := w.process
	w.mu.Unlock()
	<-p.ended
	for deadline := time.Now().Add(20 * time.Second); completes(t, w, "valu", "value"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a variable that is gone is completed")
		}
	}
	if !completes(t, w, "P{}.W", "Weight") || !completes(t, w, "kee", "keeps") || completes(t, w, "los", "loses") {
		t.Error("completion after a death is wrong")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if o := w.Execute(ctx, session.Cell{Number: 2, Code: "1"}, &sheet{}); o.Err == nil || o.Err.Name != "interrupted" {
		t.Errorf("an interrupted cell that waits for the process ends with %+v", o)
	}
}

// What cells start ends with their process, whether that is ended or dies,
// also what has left the process's group.
func TestWhatCellsStartEndsWithTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the environment of a process")
	}
	for name, end := range map[string]func(w *Worker){
		"ended": (*Worker).Close,
		"died":  func(w *Worker) { do(w, 2, "p, _ := os.FindProcess(os.Getpid())\np.Kill()\ntime.Sleep(5*time.Second)") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorker(t)
			start := `for _, c := range []string{"sleep 1051", "setsid sleep 1051", "(setsid setsid sleep 1051 &)", "nohup sleep 1051 &"} {
	exec.Command("sh", "-c", c).Start()
}`
			running := func() string {
				out, _ := exec.Command("ps", "-eo", "stat=,args=").Output()
				return fmt.Sprint(len(regexp.MustCompile(`(?m)^[^Z]\S*\s+sleep 1051$`).FindAllString(string(out), -1)))
			}
			until := func(want string) {
				for deadline := time.Now().Add(15 * time.Second); running() != want; time.Sleep(20 * time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatalf("%s processes run, want %s", running(), want)
					}
				}
			}
			if got := do(w, 1, start); got != "" {
				t.Fatal(got)
			}
			until("4")
			end(w)
			until("0")
		})
	}
}

// What a cell starts gets none of the pipes between the two processes.
func TestThePipesAreNotInherited(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	w := newWorker(t)
	got := do(w, 1, `out, err := exec.Command("ls", "/proc/self/fd").Output()
fmt.Print(string(out))`)
	out, err := exec.Command("ls", "/proc/self/fd").Output() // what this test was given is no matter
	if err != nil {
		t.Fatal(err)
	}
	given := strings.Fields(string(out))
	for _, fd := range strings.Fields(got) {
		if !slices.Contains(given, fd) {
			t.Errorf("it has %s, and no more than %s is right", strings.Fields(got), given)
		}
	}
	if len(strings.Fields(got)) < 3 {
		t.Errorf("it has %q", got)
	}
}

func TestACommandEndsWithItsFront(t *testing.T) {
	w := newWorker(t)
	go do(w, 1, "!sleep 1049")
	runs := func() bool {
		out, _ := exec.Command("ps", "-eo", "args=").Output()
		return strings.Contains(string(out), "sleep 1049\n")
	}
	for deadline := time.Now().Add(10 * time.Second); !runs(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the command does not start")
		}
	}
	w.Close()
	for deadline := time.Now().Add(5 * time.Second); runs(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the command lives on")
		}
	}
}

// After %reset a new process does not get what there was before.
func TestResetIsForGood(t *testing.T) {
	w := newWorker(t)
	do(w, 1, "func f() int { return 1 }\nx := 2")
	if got := do(w, 2, "%reset"); got != "" {
		t.Fatal(got)
	}
	do(w, 3, "func g() int { return 3 }")
	do(w, 4, "p, _ := os.FindProcess(os.Getpid())\np.Kill()\ntime.Sleep(5*time.Second)")
	if got := do(w, 5, "g()"); got != "=> 3" {
		t.Errorf("g() is %q", got)
	}
	if got := do(w, 6, "f()"); !strings.Contains(got, "undefined: f") {
		t.Errorf("f() is %q", got)
	}
}

// An asker is a front end at which the question is interrupted.
type asker struct {
	sheet
	interrupt context.CancelFunc
}

func (a *asker) Input(string, bool) (string, error) {
	time.AfterFunc(100*time.Millisecond, a.interrupt) // the cell hears of the question's end first
	return "", context.Canceled
}

// A cell that is interrupted while it asks does not go on without the answer.
func TestInterruptWhileACellAsks(t *testing.T) {
	w := newWorker(t)
	do(w, 1, "went := 0")
	for i, code := range []string{
		"var s string\nfmt.Scanln(&s)\nfmt.Print(`went on`)",
		"for { var n int; fmt.Print(`?`); fmt.Scan(&n) }",
		"func ask() string { var s string; fmt.Scan(&s); return s }\nask()",
		"_, err := fmt.Scan(&went)",
		"name, err := nb.Input(`who?`)",
		"nb.Password(`secret`)",
	} {
		ctx, cancel := context.WithCancel(context.Background())
		p := &asker{interrupt: cancel}
		o := w.Execute(ctx, session.Cell{Number: 2 + i, Code: code}, p)
		if o.Err == nil || o.Err.Name != "interrupted" || strings.Contains(o.Err.Message, "nobody") || strings.Trim(p.so(), "?") != "" || len(p.so()) > 1 {
			t.Errorf("%q prints %q and ends with %+v", code, p.so(), o.Err)
		}
	}
	if got := do(w, 10, "nb.Input(`again?`)"); got != "=> blue" {
		t.Errorf("the next question is answered with %q", got)
	}
}

func TestScannerFindsMarkersHoweverTheyAreCut(t *testing.T) {
	text := "one" + marker("T0", 1) + "two\x1b" + marker("T0", 2) + "three"
	for size := 1; size < len(text); size++ {
		s := newScanner("T0")
		var got strings.Builder
		var marks []int
		for i := 0; i < len(text); i += size {
			s.feed([]byte(text[i:min(i+size, len(text))]))
			for {
				b, mark := s.next()
				got.Write(b)
				if mark == 0 {
					break
				}
				marks = append(marks, mark)
			}
		}
		got.Write(s.rest)
		if got.String() != "onetwo\x1bthree" || !slices.Equal(marks, []int{1, 2}) {
			t.Errorf("in pieces of %d: %q, markers %d", size, got.String(), marks)
		}
	}
}
