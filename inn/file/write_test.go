package file

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWriteWhereNothingCanBeWritten: the error says what is wrong with the path that was given, not
// with a temporary one, and leaves nothing behind.
func TestWriteWhereNothingCanBeWritten(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		"":                              "a file wants a name",
		dir:                             "is a folder",
		filepath.Join(dir, "no", "net"): "there is no folder " + filepath.Join(dir, "no"),
	} {
		err := Write(path, func(w io.Writer) error { _, err := w.Write([]byte("net")); return err })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", path, err, want)
		}
		if missing := strings.Contains(want, "no folder"); errors.Is(err, fs.ErrNotExist) != missing {
			t.Errorf("%q: the error is fs.ErrNotExist: %v", path, !missing)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v are left behind, error %v", left, err)
	}
}
