// Package install makes innkeeper known to Jupyter and finds, or makes, a
// JupyterLab to use it in.
//
// A kernelspec is a folder named for the kernel with a kernel.json that says
// how to start it (https://jupyter-client.readthedocs.io, "Kernel specs").
// Everything is written whole beside its place and then renamed into it, so
// that a run that is stopped leaves what was there before.
package install

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// KernelName is the name that Jupyter's commands know the kernel by.
const KernelName = "innkeeper"

//go:embed logo-32x32.png logo-64x64.png logo-svg.svg
var logos embed.FS

// Options say where the kernelspec goes. Nil, or the zero value, means the
// Jupyter data folder of the user, which every Jupyter of that user reads.
type Options struct {
	// User asks for the user's own folder by name; it excludes the others.
	User bool
	// Prefix is a folder; the kernelspec goes to share/jupyter/kernels in it.
	Prefix string
	// SysPrefix takes for Prefix the sys.prefix of the Python on the PATH,
	// such as the active virtual environment.
	SysPrefix bool
	// Memory is how many MB cells may have; 0 leaves it to the kernel.
	Memory uint64
}

// spec is the kernel.json of the Jupyter documentation.
type spec struct {
	Argv          []string       `json:"argv"`
	DisplayName   string         `json:"display_name"`
	Language      string         `json:"language"`
	InterruptMode string         `json:"interrupt_mode"`
	Metadata      map[string]any `json:"metadata"`
}

// Kernel writes the kernelspec and returns its folder, replacing one that is
// there. It names the running binary, or a copy of it in the user's data
// folder if the running one is go run's and may vanish. The error says which
// folder could not be written; what was there before is then unchanged.
func Kernel(opts *Options) (dir string, err error) {
	dir, err = kernelDir(opts)
	if err != nil {
		return "", err
	}
	binary, err := stableBinary()
	if err != nil {
		return "", err
	}
	argv := []string{binary, "kernel", "{connection_file}"}
	if opts != nil && opts.Memory > 0 {
		argv = slices.Insert(argv, 2, "-memory", strconv.FormatUint(opts.Memory, 10))
	}
	if err := writeSpec(dir, argv); err != nil {
		return "", fmt.Errorf("install: the kernelspec could not be written to %s: %w", dir, cause(err))
	}
	return dir, nil
}

// Remove removes the kernelspec that Kernel with the same options wrote. For
// the user's own it also removes the copied binary and the private JupyterLab.
// It returns the folders that it removed; there may be none.
func Remove(opts *Options) (removed []string, err error) {
	dir, err := kernelDir(opts)
	if err != nil {
		return nil, err
	}
	folders := []string{dir}
	if opts == nil || opts.Prefix == "" && !opts.SysPrefix {
		home, err := dataDir()
		if err != nil {
			return nil, err
		}
		folders = append(folders, filepath.Join(home, binFolder), filepath.Join(home, labFolder))
	}
	for _, folder := range folders {
		if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return removed, fmt.Errorf("install: %s could not be removed: %w", folder, cause(err))
		}
		removed = append(removed, folder)
	}
	return removed, nil
}

// writeSpec makes the folder dir with the kernelspec that starts argv in it,
// whole or not at all.
func writeSpec(dir string, argv []string) error {
	text, err := json.MarshalIndent(spec{
		Argv:          argv,
		DisplayName:   "Go (innkeeper)",
		Language:      "go",
		InterruptMode: "message",
		Metadata:      map[string]any{"debugger": false},
	}, "", "  ")
	if err != nil {
		return err
	}
	kernels := filepath.Dir(dir)
	if err := os.MkdirAll(kernels, 0o755); err != nil {
		return err
	}
	// Not in kernels, where Jupyter would list the unfinished folder.
	staging, err := os.MkdirTemp(filepath.Dir(kernels), ".innkeeper-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staging)
	made := filepath.Join(staging, "new")
	if err := os.CopyFS(made, logos); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(made, "kernel.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return replaceDir(made, dir, filepath.Join(staging, "old"))
}

// replaceDir renames the folder made to dir. A folder that is there goes to
// aside first, and comes back if the second rename fails.
func replaceDir(made, dir, aside string) error {
	err := os.Rename(dir, aside)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	replaced := err == nil
	if err := os.Rename(made, dir); err != nil {
		if replaced {
			return errors.Join(err, os.Rename(aside, dir))
		}
		return err
	}
	return nil
}

// cause strips the name of a temporary file from a file system error: the
// sentence around it names the folder that the user knows.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
