package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn/tensor"
	"github.com/innkeeper-notebook/innkeeper/install"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/session"
)

// doctor says in a sentence each what is right and what is wrong.
func doctor(ctx context.Context, args []string) error {
	if _, err := parse(flags("doctor", ""), args, ""); err != nil {
		return err
	}
	wrong := 0
	tell := func(list ...install.Finding) {
		for _, f := range list {
			mark := "ok   "
			switch f.State {
			case install.Note:
				mark = "note "
			case install.Wrong:
				mark = "WRONG"
				wrong++
			}
			fmt.Println(mark, f.Text)
		}
	}
	tell(install.Check(ctx)...)
	tell(checkSession(ctx), checkPorts())
	tell(checkFolders()...)
	tell(checkProcessor(), checkGo(ctx))
	switch {
	case wrong == 1:
		return errors.New("one thing is wrong: see above")
	case wrong > 1:
		return fmt.Errorf("%d things are wrong: see above", wrong)
	}
	return nil
}

// right and wrongly make a finding of a sentence.
func right(format string, args ...any) install.Finding {
	return install.Finding{State: install.Right, Text: fmt.Sprintf(format, args...)}
}

func wrongly(format string, args ...any) install.Finding {
	return install.Finding{State: install.Wrong, Text: fmt.Sprintf(format, args...)}
}

// checkSession runs a cell as the kernel does, in a process of its own.
func checkSession(ctx context.Context) install.Finding {
	const most = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	start := time.Now()
	w, err := newWorker(process{})
	if err != nil {
		return wrongly("no session starts: %v", err)
	}
	defer w.Close()
	var words strings.Builder
	ended := make(chan session.Outcome, 1)
	go func() {
		ended <- w.Execute(ctx, session.Cell{Number: 1, Code: "1 + 1"}, &terminal{out: &words, err: &words})
	}()
	select {
	case o := <-ended:
		if o.Err != nil {
			return wrongly("a session starts, but the cell 1 + 1 fails in it: %v", o.Err)
		}
		if got := o.Value[display.Text]; got != "2" {
			return wrongly("a session starts, but the cell 1 + 1 gives %v in it", got)
		}
		return right("a session starts in a process of its own, and 1 + 1 is 2 there (%.0f ms)", float64(time.Since(start).Milliseconds()))
	case <-ctx.Done():
		return wrongly("a session starts, but the cell 1 + 1 did not end in %v", most)
	}
}

// checkPorts listens as a kernel does.
func checkPorts() install.Finding {
	const sockets = 5
	for range sockets {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return wrongly("a kernel cannot listen on 127.0.0.1 (%v): Jupyter will not reach it", err)
		}
		defer l.Close()
	}
	return right("a kernel can listen on 127.0.0.1")
}

// checkFolders looks whether what is kept between sessions can be written.
func checkFolders() []install.Finding {
	dir, err := configDir()
	if err != nil {
		return []install.Finding{wrongly("there is no folder for the history: %v", err)}
	}
	history := filepath.Join(dir, "history")
	list := []install.Finding{checkFolder(history, "the history of notebooks")}
	file := filepath.Join(dir, consoleHistory)
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return append(list, wrongly("the history of innkeeper repl cannot be kept, for %s is not a file", file))
	}
	return append(list, checkFolder(dir, "the history of innkeeper repl"))
}

// checkFolder writes a file where dir is, or will be made, and takes it away.
func checkFolder(dir, what string) install.Finding {
	there := dir
	info, err := os.Stat(there)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(there) != there {
		there = filepath.Dir(there)
		info, err = os.Stat(there)
	}
	if err == nil && !info.IsDir() {
		return wrongly("%s cannot be kept in %s, for %s is not a folder", what, dir, there)
	}
	var f *os.File
	if err == nil {
		f, err = os.CreateTemp(there, ".innkeeper-")
	}
	if err != nil {
		return wrongly("%s cannot be kept in %s: %v", what, dir, err)
	}
	f.Close()
	os.Remove(f.Name())
	return right("%s is kept in %s", what, dir)
}

func checkProcessor() install.Finding {
	if set := tensor.Instructions(); set != "" {
		return right("networks compute with %s", set)
	}
	return install.Finding{State: install.Note, Text: "networks compute in portable Go, several times slower than with AVX2, which this processor has not"}
}

// checkGo looks for a compiler, which cells do without.
func checkGo(ctx context.Context) install.Finding {
	out, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output()
	if err != nil {
		return install.Finding{State: install.Note, Text: "there is no Go compiler on the PATH, and cells need none"}
	}
	return right("the Go compiler on the PATH is %s (cells need none)", strings.TrimSpace(string(out)))
}
