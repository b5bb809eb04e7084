package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"

	"github.com/reeflective/readline"
	"github.com/reeflective/readline/inputrc"
	"golang.org/x/term"

	"github.com/innkeeper-notebook/innkeeper/kernel/session"
	"github.com/innkeeper-notebook/innkeeper/kernel/worker"
)

// consoleHistory is the file of the lines typed, in configDir.
const consoleHistory = "repl-history.jsonl"

const ctrlC = "\x03"

// configDir is where innkeeper keeps its histories.
func configDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "innkeeper"), nil
}

// repl runs the cells that a person types.
func repl(_ context.Context, args []string) error {
	fs := flags("repl", "")
	memory := fs.Uint64("memory", 0, memoryUsage)
	if _, err := parse(fs, args, ""); err != nil {
		return err
	}
	keyboard := int(os.Stdin.Fd())
	if !term.IsTerminal(keyboard) || !term.IsTerminal(int(os.Stdout.Fd())) {
		return errors.New("this is no terminal: innkeeper run executes a file of cells")
	}
	before, err := term.GetState(keyboard)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		term.Restore(keyboard, before) // the line editor's own state would stay
		os.Exit(1)
	}()
	w, err := newWorker(process{memory: *memory})
	if err != nil {
		return err
	}
	defer w.Close()
	fmt.Printf("innkeeper %s, Go %s. Tab completes, Ctrl-C interrupts, Ctrl-D ends.\n", buildVersion(), strings.TrimPrefix(runtime.Version(), "go"))
	return newConsole(w).serve()
}

// A console reads cells and shows what comes of them.
type console struct {
	cells   *worker.Worker
	editor  *readline.Shell
	history *history
	number  int // of the next cell

	keyboard sync.Mutex // held by whoever reads from it
	row      int        // of the screen, below the prompt's, that the cursor is in
}

func newConsole(w *worker.Worker) *console {
	c := &console{cells: w, editor: readline.NewShell(), number: 1}
	file := ""
	if dir, err := configDir(); err == nil {
		file = filepath.Join(dir, consoleHistory)
	}
	var err error
	if c.history, err = openHistory(file); err != nil {
		fmt.Fprintln(os.Stderr, "what you type is not kept:", err)
	}
	c.editor.History.Delete()
	c.editor.History.Add("cells", c.history)
	c.editor.Prompt.Primary(c.prompt)
	c.editor.AcceptMultiline = func(code []rune) bool {
		status, _ := session.IsComplete(string(code))
		return status != "incomplete"
	}
	c.editor.Completer = c.complete
	c.editor.SyntaxHighlighter = func(code []rune) string {
		c.makeRoom(code)
		return string(code)
	}
	configure(c.editor)
	c.editor.Keymap.Register(map[string]func(){"drop-cell": func() {
		c.editor.Display.AcceptLine()
		c.editor.History.Accept(false, false, readline.ErrInterrupt)
	}})
	for name, keys := range c.editor.Config.Binds {
		if delete(keys, ctrlC); strings.HasPrefix(name, "emacs") || strings.HasPrefix(name, "vi") { // not in a menu's own
			keys[ctrlC] = inputrc.Bind{Action: "drop-cell"}
		}
	}
	// What is pasted is one text, whatever its tabs and newlines would do when typed.
	c.editor.Config.Set("enable-bracketed-paste", true)
	c.editor.Config.Set("menu-complete-display-prefix", true)
	return c
}

// configure sets what any editor here needs.
func configure(editor *readline.Shell) {
	// Keys that come together with the terminal's answer where the cursor is would be lost.
	editor.Config.Set("cursor-position-probe", false)
	// Letters as ö are themselves, and not Meta with another one.
	editor.Config.Set("input-meta", true)
	editor.Config.Set("output-meta", true)
	editor.Config.Set("convert-meta", false)
}

// makeRoom scrolls the screen up where the editor is about to write to its last
// lines: it does not know where they are, and one row must be free below what
// it writes. The cursor is where the last call has left it.
func (c *console) makeRoom(code []rune) {
	width, height, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || width < 1 {
		return
	}
	prompt := len(c.prompt())
	rows := func(text []rune) (n int) {
		for line := range strings.SplitSeq(string(text), "\n") {
			n += 1 + (prompt+len([]rune(line)))/width
		}
		return n
	}
	below := min(max(rows(code)-c.row, 0)+1, height-1)
	c.row = rows(code[:min(c.editor.Cursor().Pos(), len(code))]) - 1
	const index = "\x1bD" // one down, in the same column, and scrolling
	fmt.Print(strings.Repeat(index, below), fmt.Sprintf("\x1b[%dA", below))
}

func (c *console) prompt() string { return fmt.Sprintf("[%d] ", c.number) }

// serve runs cells until Ctrl-D.
func (c *console) serve() error {
	for {
		c.keyboard.Lock()
		c.row = 0
		code, err := c.editor.Readline()
		c.keyboard.Unlock()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, readline.ErrInterrupt): // drops what was typed
			continue
		case err != nil:
			return fmt.Errorf("reading from the terminal: %w", err)
		}
		if strings.TrimSpace(code) != "" {
			c.run(code)
			c.number++
		}
	}
}

// run runs a cell, which Ctrl-C interrupts, and shows what comes of it.
func (c *console) run(code string) {
	ctx, interrupt := signal.NotifyContext(context.Background(), os.Interrupt)
	defer interrupt()
	out := &terminal{out: os.Stdout, err: os.Stderr, columns: columns(os.Stdout)}
	out.ask = func(prompt string, password bool) (string, error) {
		answer, err := c.askFor(prompt, password)
		if errors.Is(err, readline.ErrInterrupt) { // no signal while a line is edited
			interrupt()
			err = context.Canceled
		}
		return answer, err
	}
	o := c.cells.Execute(ctx, session.Cell{Number: c.number, Code: code}, out)
	if o.Value != nil {
		out.Display(o.Value, "")
	}
	for _, p := range o.Payload {
		switch p["source"] {
		case "page":
			if b, ok := p["data"].(map[string]any); ok {
				out.Display(b, "")
			}
		case "set_next_input":
			if text, ok := p["text"].(string); ok {
				c.history.Write(text)
				out.Stream("stdout", "the next cell is one up\n")
			}
		}
	}
	switch {
	case o.Err == nil:
	case o.Err.Name == session.CompileError && leaving.MatchString(code):
		out.Stream("stderr", "Ctrl-D ends this\n")
	default:
		out.Stream("stderr", strings.Join(o.Err.Traceback, "\n")+"\n")
	}
	out.end()
}

// leaving is what people type who want to end the console.
var leaving = regexp.MustCompile(`^\s*(?:exit|quit)(?:\(\))?;?\s*$`)

// askFor lets the user answer a cell.
func (c *console) askFor(prompt string, password bool) (string, error) {
	c.keyboard.Lock()
	defer c.keyboard.Unlock()
	line := readline.NewShell()
	configure(line)
	line.Prompt.Primary(func() string { return prompt })
	if password {
		line.SyntaxHighlighter = func(text []rune) string { return strings.Repeat("*", len(text)) }
	}
	return line.Readline()
}

// complete lists what the word at the cursor may become.
func (c *console) complete(line []rune, cursor int) readline.Completions {
	code, at := string(line), len(string(line[:cursor]))
	start, _, found := c.cells.Complete(code, at)
	prefix, lead := code[start:at], ""
	if prefix == "" && start > 0 && !strings.ContainsRune(" \t\n", rune(code[start-1])) {
		lead = code[start-1 : start] // without a prefix the editor takes all after the last blank for one
	}
	width, height, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || strings.ContainsFunc(lead+prefix, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return readline.Completions{} // the editor counts a prefix's bytes where it goes back by characters
	}
	longest := 0
	for _, f := range found {
		longest = max(longest, len(f.Text))
	}
	const around, gap = 6, 4 // lines besides the list; columns between names
	lines := max(height-around-strings.Count(code, "\n"), 1)
	describe := len(found) <= lines
	if !describe && len(found) > lines*max(1, width/(longest+gap)) {
		return readline.CompleteMessage("%d names: type more of it", len(found))
	}
	var list []readline.Completion
	for _, f := range found {
		one := readline.Completion{Value: lead + f.Text, Display: f.Text}
		if describe {
			one.Description = f.Type
		}
		list = append(list, one)
	}
	completions := readline.CompleteRaw(list).NoSort()
	completions.PREFIX = lead + prefix
	return completions
}
