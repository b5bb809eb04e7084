//go:build unix

package worker

import (
	"os/exec"
	"syscall"
)

// alone gives the process a group of its own, so that an interrupt from a
// terminal does not reach it and all that it starts can be ended.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killAll(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// EndAll ends this process and all that it started.
func EndAll() { syscall.Kill(0, syscall.SIGKILL) }
