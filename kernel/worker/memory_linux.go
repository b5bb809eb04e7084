package worker

import (
	"fmt"
	"os"
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

// machineMemory is the memory of the machine or the container, or 0.
func machineMemory() uint64 {
	var least uint64
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		least, _ = strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64) // "max" is no limit
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		if total := uint64(info.Totalram) * uint64(info.Unit); least == 0 || total < least {
			least = total
		}
	}
	return least
}
