package install

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
)

// stableBinary returns the path of the running binary, or of a copy of it in
// the user's data folder if the running one is go run's.
func stableBinary() (string, error) {
	running, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("install: the running binary could not be found: %w", err)
	}
	if !temporary(running) {
		return running, nil
	}
	home, err := dataDir()
	if err != nil {
		return "", err
	}
	name := "innkeeper"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	kept := filepath.Join(home, binFolder, name)
	if err := copyFile(running, kept); err != nil {
		return "", fmt.Errorf("install: the binary could not be copied to %s: %w", kept, cause(err))
	}
	return kept, nil
}

// cached is where go run keeps its binaries since Go 1.24, wherever GOCACHE is.
var cached = regexp.MustCompile(`[/\\][0-9a-f]{2}[/\\][0-9a-f]{64}-d[/\\][^/\\]+$`)

// built is where go run and go test build, and GOCACHE's usual name.
var built = regexp.MustCompile(`[/\\]go-build[0-9]*[/\\]`)

// temporary reports whether path is in a folder that the go command cleans up.
func temporary(path string) bool {
	return built.MatchString(path) || cached.MatchString(path)
}

// copyFile makes dst a copy of the executable src, whole or not at all. It
// leaves a dst of the same size and time alone: Windows does not replace a
// binary that runs.
func copyFile(src, dst string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	from, err := in.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(dst); err == nil && there.Size() == from.Size() && there.ModTime().Equal(from.ModTime()) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(dst), ".innkeeper-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // nothing is there after the rename
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	if err := out.Chmod(0o755); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	if err := os.Chtimes(out.Name(), from.ModTime(), from.ModTime()); err != nil {
		return err
	}
	return os.Rename(out.Name(), dst)
}
