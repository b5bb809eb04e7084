//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// A screen is innkeeper in a terminal that somebody looks at.
type screen struct {
	t        *testing.T
	keyboard *os.File
	pid      int
	ended    chan int // the exit code

	mu   sync.Mutex
	term vt10x.Terminal
}

// open starts innkeeper in a pseudo-terminal of 24 lines with 80 columns.
func (p person) open(t *testing.T, args ...string) *screen {
	t.Helper()
	cmd := p.command(args...)
	keyboard, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, keyboard: keyboard, pid: cmd.Process.Pid, ended: make(chan int, 1)}
	s.term = vt10x.New(vt10x.WithWriter(keyboard), vt10x.WithSize(80, 24)) // it answers where the cursor is
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := keyboard.Read(buf)
			s.mu.Lock()
			s.term.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		cmd.Wait()
		s.ended <- cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		keyboard.Close()
	})
	return s
}

// text is what the screen shows, without the blanks that end its lines.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for line := range strings.Lines(s.term.String()) {
		b.WriteString(strings.TrimRight(line, " \n\x00") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// sees waits until the screen ends with a text.
func (s *screen) sees(end string) {
	s.t.Helper()
	s.wait(end, func(text string) bool { return strings.HasSuffix(text, end) })
}

// shows waits until the screen has a text anywhere.
func (s *screen) shows(part string) {
	s.t.Helper()
	s.wait(part, func(text string) bool { return strings.Contains(text, part) })
}

func (s *screen) wait(want string, ok func(text string) bool) {
	s.t.Helper()
	for range 1500 {
		if ok(s.text()) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("the screen shows\n%s\n\nwant %q", s.text(), want)
}

func (s *screen) types(keys string) {
	s.t.Helper()
	if _, err := s.keyboard.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// leaves ends with Ctrl-D.
func (s *screen) leaves() {
	s.t.Helper()
	s.types("\x04")
	s.exits(0)
}

func (s *screen) exits(want int) {
	s.t.Helper()
	select {
	case code := <-s.ended:
		if code != want {
			s.t.Errorf("exit code %d, want %d", code, want)
		}
	case <-time.After(15 * time.Second):
		s.t.Fatalf("it runs on; the screen shows\n%s", s.text())
	}
}

const (
	up        = "\x1b[A"
	backspace = "\x7f"
)

func TestConsoleRunsCells(t *testing.T) {
	p := newPerson(t)
	s := p.open(t, "repl")
	s.sees("\n[1]")
	s.types("x := 20\r")
	s.sees("\n[2]")
	s.types("x + 22\r")
	s.sees("\n[2] x + 22\n42\n[3]")
	s.types("fmt.Print(\"no newline\")\r")
	s.sees("\nno newline\n[4]")
	s.types("y +\r") // not complete
	time.Sleep(100 * time.Millisecond)
	s.types("1\r")
	s.shows("cell 4, line 1, column 1: undefined: y")
	s.sees("\n[5]")
	s.types("func twice(x int) int {\rreturn 2 * x\r}\r")
	s.sees("\n[6]")
	s.types("twice(x)\r")
	s.sees("\n40\n[7]")
	s.types("junk" + ctrlC) // forgets the line
	s.shows("[7] junk")
	s.types("`a\rb`\r")
	s.sees("\na\nb\n[8]")
	s.leaves()
}

// Who types exit or quit is told what ends it, unless a cell has made it mean something.
func TestConsoleSaysWhatEndsIt(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	s.types("exit\r")
	s.sees("\n[1] exit\nCtrl-D ends this\n[2]")
	s.types("quit()\r")
	s.sees("\n[2] quit()\nCtrl-D ends this\n[3]")
	s.types("exit + 1\r")
	s.shows("undefined: exit")
	s.sees("\n[4]")
	s.types("exit := 3\r")
	s.sees("\n[5]")
	s.types("exit\r")
	s.sees("\n[5] exit\n3\n[6]")
	s.leaves()
}

func TestConsoleLooksUpAndEditsItsHistory(t *testing.T) {
	p := newPerson(t)
	s := p.open(t, "repl")
	s.sees("\n[1]")
	s.types("for i := range 2 {\rfmt.Println(\"row\", i)\r}\r")
	s.sees("\nrow 0\nrow 1\n[2]")
	s.leaves()
	want := "\"for i := range 2 {\\nfmt.Println(\\\"row\\\", i)\\n}\"\n"
	file := filepath.Join("config", "innkeeper", consoleHistory)
	if got := read(t, p.in(file)); got != want {
		t.Fatalf("the history holds %s", got)
	}
	if info, err := os.Stat(p.in(file)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v", info.Mode())
	}

	s = p.open(t, "repl") // another session
	s.sees("\n[1]")
	s.types(up)
	s.shows("fmt.Println(\"row\", i)")
	s.types("\r")
	s.sees("\nrow 0\nrow 1\n[2]")
	s.types("1 + 2\r")
	s.sees("\n3\n[3]")
	s.types(up + backspace + "5\r")
	s.sees("\n6\n[4]")
	s.types("\x12range") // Ctrl-R
	s.shows("for i := range 2 {")
	s.types("\r\r")
	s.shows("row 1")
	s.leaves()
	if got := read(t, p.in(file)); !strings.HasPrefix(got, want+"\"1 + 2\"\n\"1 + 5\"\n") {
		t.Errorf("the history holds %s", got)
	}
}

func TestConsoleCompletes(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	s.types("longName := 3\r")
	s.sees("\n[2]")
	s.types("lon\t + 1\r")
	s.sees("\n[2] longName + 1\n4\n[3]")
	s.types("strings.Fie\t\t")
	s.shows("Fields") // and FieldsFunc, to choose from
	s.shows("FieldsFunc")
	s.types(ctrlC)
	s.sees("\n[3]")
	s.types("s := fmt.Sprint(strings.ToUp\t(\"abc\"))\rs\r")
	s.sees("\nABC\n[5]")
	s.types("type T struct{ Alpha, Beta int }\rt := T{1, 2}\r")
	s.sees("\n[7]")
	s.types("t.\t\t")
	s.wait("Alpha and Beta to choose from", func(text string) bool {
		return strings.Count(text, "Alpha") > 1 && strings.Count(text, "Beta") > 1
	})
	s.types(ctrlC)
	s.sees("\n[7]")
	s.types("func f() int {\rreturn longN\t\r}\rf()\r")
	s.shows("return longName")
	s.shows("\n3\n[")
	s.types("größe := len(`é日本`+strings.ToUp\t(`ü`))\rgrö\tße\r")
	s.sees("\n10\n[11]")
	s.leaves()
}

func TestConsoleInterrupts(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	s.types("kept := 7\r")
	s.sees("\n[2]")
	s.types("fmt.Println(\"going\")\r")
	s.sees("\ngoing\n[3]")
	s.types("for i := 0; ; i++ { if i == 100 { fmt.Println(\"loop\"+\"ing\") } }\r")
	s.shows("\nlooping")
	s.types(ctrlC)
	s.shows("interrupted")
	s.sees("\n[4]")
	s.types("kept\r")
	s.sees("\n7\n[5]")
	s.leaves()
}

// What kills the process of the cells costs a cell.
func TestConsoleSurvivesACrash(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	s.types("x := 1\r")
	s.sees("\n[2]")
	s.types("func double(n int) int { return 2 * n }\r")
	s.sees("\n[3]")
	s.types("p, err := os.FindProcess(os.Getpid()); p.Kill(); time.Sleep(time.Minute)\r")
	s.shows("the process that runs the cells died")
	s.shows("gone: err, p, x")
	s.sees("\n[4]")
	s.types("double(21)\r")
	s.sees("\n42\n[5]")
	s.leaves()
}

func TestConsoleAsks(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	s.types("name, err := nb.Input(\"who? \"); name\r")
	s.sees("\nwho?")
	s.types("Ada\r")
	s.sees("\nwho? Ada\nAda\n[2]")
	s.types("word, err := nb.Password(\"secret: \"); len(word)\r")
	s.sees("\nsecret:")
	s.types("hidden\r")
	s.sees("\n6\n[3]")
	if strings.Contains(s.text(), "hidden") {
		t.Errorf("the password can be read:\n%s", s.text())
	}
	s.types("nb.Input(\"again? \")\r")
	s.sees("\nagain?")
	s.types(ctrlC)
	s.sees("\ninterrupted\ncell 3, line 1:\n    nb.Input(\"again? \")\n[4]")
	s.types("fmt.Scanln(&name); name\r") // asks, too
	time.Sleep(200 * time.Millisecond)
	s.types("Grace\r")
	s.shows("\nGrace\n[5]")
	s.types("all, err := io.ReadAll(os.Stdin); len(all)\r") // what has no lines has nothing
	s.sees("\n0\n[6]")
	s.leaves()
}

// A pasted text is one cell, whatever its newlines and tabs would do when typed.
func TestConsolePastes(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	s.types("\x1b[200~a := 1\rif a > 0 {\r\tfmt.Println(\"pos\" + \"itive\")\r}\x1b[201~")
	s.shows("fmt.Println")
	if strings.Contains(s.text(), "positive") {
		t.Errorf("it ran before Enter:\n%s", s.text())
	}
	s.types("\r")
	s.sees("\npositive\n[2]")
	s.leaves()
}

// A progress that changes is one line, written over.
func TestConsoleShowsProgress(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	s.types("p := inn.Problem{X: inn.Vars(`a`), Y: inn.Vars(`b`), Prior: inn.Normal([]float64{0}, []float64{1}),\rSimulate: func(rng *rand.Rand, x []float64) []float64 { time.Sleep(time.Millisecond); return x }}\r")
	s.sees("\n[2]")
	s.types("pairs, err := p.Pairs(2000, 1)\r")
	s.sees("\n[3]")
	s.types("model, err := inn.Train(pairs, &inn.Settings{Steps: 300, Width: 16, Each: nb.Watch})\r")
	s.shows("training")
	s.sees("\n[4]")
	if n := strings.Count(s.text(), "training"); n != 2 || strings.Contains(s.text(), "Stop") { // the first and the last
		t.Errorf("the progress has %d lines:\n%s", n, s.text())
	}
	s.leaves()
}

func TestConsoleRestoresTheTerminal(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	syscall.Kill(s.pid, syscall.SIGTERM)
	s.exits(1)
}

func TestConsoleNeedsATerminal(t *testing.T) {
	_, stderr, code := newPerson(t).run(t, "1+1\n", "repl")
	if want := "innkeeper repl: this is no terminal: innkeeper run executes a file of cells\n"; stderr != want || code != 1 {
		t.Errorf("%d %q", code, stderr)
	}
}

func TestConsoleWithoutAPlaceForItsHistory(t *testing.T) {
	p := newPerson(t)
	p.write(t, "config", "a file where the folder should be")
	s := p.open(t, "repl")
	s.shows("what you type is not kept: mkdir")
	s.sees("\n[1]")
	s.types("1 + 1\r")
	s.sees("\n2\n[2]")
	s.types(up + "\r")
	s.sees("\n2\n[3]")
	s.leaves()
}

func TestHistoryFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a", "h")
	h, err := openHistory(file)
	if err != nil {
		t.Fatal(err)
	}
	other, err := openHistory(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range historyCells + 10 {
		if h.cells = append(h.cells, strconv.Itoa(i)); i < 2 {
			h.cells = h.cells[:i]
			h.Write(strconv.Itoa(i) + "\nx")
		}
	}
	other.Write("of another")
	other.Write("of another")
	other.Write(" ")
	if got := read(t, file); got != "\"0\\nx\"\n\"1\\nx\"\n\"of another\"\n" {
		t.Errorf("the file holds %s", got)
	}
	h.shorten()
	os.WriteFile(file, []byte(read(t, file)+"\"cut o"), 0o600)
	h, err = openHistory(file)
	if err != nil || h.Len() != historyCells || h.cells[h.Len()-1] != strconv.Itoa(historyCells+9) {
		t.Fatalf("%v, %d cells", err, h.Len())
	}
	if n := strings.Count(read(t, file), "\n"); n != historyCells {
		t.Errorf("%d lines are kept", n)
	}
}

// At the bottom of the screen what is edited scrolls up, and nothing is
// written over.
func TestConsoleAtTheBottomOfTheScreen(t *testing.T) {
	s := newPerson(t).open(t, "repl")
	s.sees("\n[1]")
	s.types("for i := range 40 { fmt.Println(\"line\", i) }\r")
	s.sees("\nline 38\nline 39\n[2]")
	s.types("func sum(xs ...int) (n int) {\rfor _, x := range xs {\rn += x\r}\rreturn n\r")
	s.types("// " + strings.Repeat("long ", 40)) // wraps
	s.types("\r}")
	want := "\nline 39\n[2] func sum(xs ...int) (n int) {\n    for _, x := range xs {\n    n += x\n    }\n    return n\n"
	s.shows(want)
	s.types("\r")
	s.shows(want)
	s.sees("\n[3]")
	s.types("sum(1, 2, strings.\t")
	s.shows("\n[3] sum(1, 2, strings.\n") // the list stands below
	s.shows("ToUpper")
	s.types("Count(`aaa`, `a`))\r")
	s.sees("\n[3] sum(1, 2, strings.Count(`aaa`, `a`))\n6\n[4]")
	s.shows(want)
	s.types("http.\t") // more names than lines
	s.shows("names: type more of it")
	s.types(ctrlC)
	s.sees("\n[4]")
	s.leaves()
}
