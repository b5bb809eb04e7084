package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// LimitMemory makes this process die of an allocation beyond so many bytes of
// data, where the machine would else begin to swap or choose a victim. 0 stands
// for nine tenths of the machine's, or the container's, memory.
func LimitMemory(bytes uint64) error {
	if bytes == 0 {
		bytes = machineMemory() / 10 * 9
	}
	if bytes == 0 {
		return nil
	}
	debug.SetMemoryLimit(int64(bytes / 10 * 9)) // collect harder before that
	limit := unix.Rlimit{Cur: bytes, Max: bytes}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &limit); err != nil {
		return fmt.Errorf("worker: limiting the memory to %d bytes: %w", bytes, err)
	}
	return nil
}

// allowedMemory is how many bytes of data this process may have, or 0 if nothing limits it.
func allowedMemory() uint64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_DATA, &limit) != nil || limit.Cur == unix.RLIM_INFINITY {
		return 0
	}
	return limit.Cur
}

// machineMemory is the memory of the machine or, if that is less, what the
// containers that this process is in may have; 0 if nothing is known.
func machineMemory() uint64 {
	groups, _ := os.ReadFile("/proc/self/cgroup")
	least := groupMemory("/sys/fs/cgroup", string(groups))
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		if total := uint64(info.Totalram) * uint64(info.Unit); least == 0 || total < least {
			least = total
		}
	}
	return least
}

// groupMemory is the least memory.max of a process's control group and those
// around it, as the text of its /proc/self/cgroup names them below root; 0 if
// there is none. It knows version 2 of control groups.
func groupMemory(root, groups string) (least uint64) {
	group := "/"
	for line := range strings.Lines(groups) {
		if name, ok := strings.CutPrefix(line, "0::"); ok {
			group = filepath.Clean("/" + strings.TrimSpace(name))
		}
	}
	for {
		text, _ := os.ReadFile(filepath.Join(root, group, "memory.max"))
		if max, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil && (least == 0 || max < least) { // "max" is no limit
			least = max
		}
		if group == "/" {
			return least
		}
		group = filepath.Dir(group)
	}
}
