package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// changeDir makes a folder the current one of all that cells do.
func (s *Session) changeDir(dir string) error {
	if dir == "" || dir == "~" || strings.HasPrefix(dir, "~/") {
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		dir = filepath.Join(home, strings.TrimPrefix(dir, "~"))
	}
	if err := os.Chdir(dir); err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			return fmt.Errorf("%s: %w", dir, p.Err)
		}
		return err
	}
	now, err := os.Getwd()
	fmt.Fprintln(s.stdout, now)
	return err
}
