package worker

import (
	"os"
	"path/filepath"
	"testing"
)

func TestGroupMemory(t *testing.T) {
	root := t.TempDir()
	for group, max := range map[string]string{"": "9000\n", "a": "5000\n", "a/b": "max\n", "a/b/c": "7000\n", "d": "max\n"} {
		if err := os.MkdirAll(filepath.Join(root, group), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, group, "memory.max"), []byte(max), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for groups, want := range map[string]uint64{
		"0::/a/b/c\n": 5000, "0::/a/b\n": 5000, "0::/d\n": 9000, "0::/\n": 9000, "": 9000, "0::/not/here\n": 9000,
		"4:memory:/x\n0::/a\n": 5000, "0::/../a\n": 5000,
	} {
		if got := groupMemory(root, groups); got != want {
			t.Errorf("%q: %d, want %d", groups, got, want)
		}
	}
	if got := groupMemory(filepath.Join(root, "none"), "0::/"); got != 0 {
		t.Errorf("without control groups: %d", got)
	}
}
