//go:build unix

package session

import (
	"os"
	"os/exec"
	"syscall"
)

// A shellGroup is a command and all that it starts.
type shellGroup struct {
	cmd  *exec.Cmd
	life *os.File // closed when this process ends
}

// startShell starts a command in a group of processes of its own. One of them
// waits for the end of this process, and then ends the group.
func startShell(command string, stdout, stderr *os.File) (*shellGroup, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	const guarded = `(read _ <&3; kill -KILL 0) >/dev/null 2>&1 & exec 3<&-; sh -c "$1"`
	cmd := exec.Command("sh", "-c", guarded, "sh", command)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = stdout, stderr, []*os.File{r}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, err
	}
	return &shellGroup{cmd, w}, nil
}

func (g *shellGroup) wait() error { return g.cmd.Wait() }

// interrupt is what a terminal does on Ctrl-C.
func (g *shellGroup) interrupt() { syscall.Kill(-g.cmd.Process.Pid, syscall.SIGINT) }

func (g *shellGroup) kill() {
	syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL)
	g.life.Close()
}
