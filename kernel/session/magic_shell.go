package session

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// How long a command has after an interrupt signal, and its output after its
// end.
const shellGrace = 300 * time.Millisecond

// shell runs a command and shows what it prints as it comes. What it started
// ends with it. A command that fails fails the cell.
func (s *Session) shell(command string) error {
	if command == "" {
		return errors.New("a command is missing")
	}
	var output sync.WaitGroup
	var pipes []*os.File
	pipe := func(to io.Writer) (*os.File, error) {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		pipes = append(pipes, r)
		output.Go(func() { io.Copy(to, r) })
		return w, nil
	}
	out, err := pipe(s.stdout)
	if err != nil {
		return err
	}
	errs, err := pipe(s.stderr)
	if err != nil {
		out.Close()
		return err
	}
	group, err := startShell(command, out, errs)
	out.Close()
	errs.Close()
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- group.wait() }()
	select {
	case err = <-ended:
	case <-s.mine().stop:
		group.interrupt()
		select {
		case err = <-ended:
		case <-time.After(shellGrace):
		}
	}
	group.kill()
	// Only a process that left the group can hold the pipes still.
	time.AfterFunc(shellGrace, func() {
		for _, p := range pipes {
			p.Close()
		}
	})
	output.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%s: %s", strings.TrimSpace(command), exit.ProcessState)
	}
	return err
}
