//go:build !unix

package worker

import (
	"os"
	"os/exec"
)

// A family is a process; what it started is not known here.
type family struct{ cmd *exec.Cmd }

func alone(cmd *exec.Cmd) family { return family{cmd} }

func (f family) end() { f.cmd.Process.Kill() }

// EndAll ends this process.
func EndAll() { os.Exit(0) }

func closeOnExec(int) {}
