// Package file keeps what must not be lost or trusted: files are written whole or not at all, and
// networks are read with every length and shape checked before memory is taken.
package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// noFolder is an error that is fs.ErrNotExist, in words of its own.
type noFolder string

func (folder noFolder) Error() string        { return "there is no folder " + string(folder) }
func (folder noFolder) Is(target error) bool { return target == fs.ErrNotExist }

// Write writes a file whole or not at all: under a temporary name beside path, which is then renamed.
func Write(path string, write func(io.Writer) error) (err error) {
	if path == "" {
		return errors.New("a file wants a name")
	}
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return noFolder(folder)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder: a file wants a name", path)
	}
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
