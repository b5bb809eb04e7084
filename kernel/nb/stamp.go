package nb

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Stamp says when, with what and where a notebook ran, for its last cell:
// date, commit, Go, machine.
func Stamp() Markdown {
	return Markdown(fmt.Sprintf("Run on %s · innkeeper %s · %s · %s, %d processors",
		time.Now().Format("2006-01-02"), commit(), runtime.Version(), machine(), runtime.GOMAXPROCS(0)))
}

// commit is the commit that the program was built from, as the build recorded
// it or, for go run, as git tells it here.
func commit() string {
	revision, dirty := "", false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value
			case "vcs.modified":
				dirty = s.Value == "true"
			}
		}
	}
	if revision == "" {
		out, err := exec.Command("git", "rev-parse", "HEAD").Output()
		if err != nil {
			return "of an unknown commit"
		}
		revision = strings.TrimSpace(string(out))
	}
	revision = revision[:min(len(revision), 10)]
	if dirty {
		revision += " with changes"
	}
	return revision
}

// machine is the processor's name where the system tells it.
func machine() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}
