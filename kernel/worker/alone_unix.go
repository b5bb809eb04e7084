//go:build unix

package worker

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// A family is a process and what it started. They are known by a word in their
// environment, also those that left the process's group or lost their parent.
type family struct {
	cmd  *exec.Cmd
	word string
}

// familyWord is the variable that the word is the value of.
const familyWord = "INNKEEPER_CELLS"

// alone gives the process a group of its own, so that an interrupt from a
// terminal does not reach it, and a family.
func alone(cmd *exec.Cmd) family {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	f := family{cmd, familyWord + "=" + rand.Text()}
	cmd.Env = append(cmd.Environ(), f.word)
	return f
}

// end kills the family.
func (f family) end() {
	syscall.Kill(-f.cmd.Process.Pid, syscall.SIGKILL)
	endOthers(f.word)
}

// EndAll ends this process and all that it started.
func EndAll() {
	if word := os.Getenv(familyWord); word != "" {
		endOthers(familyWord + "=" + word)
	}
	syscall.Kill(0, syscall.SIGKILL)
}

// endOthers kills the processes, except this one, in whose environment the word
// is. One that is starting another is found with it the next time. Only Linux
// tells the environment of a process.
func endOthers(word string) {
	for range 10 {
		found := false
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range files {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil || pid == os.Getpid() {
				continue
			}
			env, err := os.ReadFile(file) // another user's cannot be read, and one that ended has none
			if err == nil && bytes.Contains(append([]byte{0}, append(env, 0)...), []byte("\x00"+word+"\x00")) {
				found = syscall.Kill(pid, syscall.SIGKILL) == nil || found
			}
		}
		if !found {
			return
		}
	}
}

func closeOnExec(fd int) { syscall.CloseOnExec(fd) }
