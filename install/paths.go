package install

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Folders of ours in dataDir.
const (
	binFolder = "bin"
	labFolder = "jupyterlab"
)

// kernelDir returns the folder of the kernelspec.
func kernelDir(opts *Options) (string, error) {
	if opts == nil {
		opts = &Options{}
	}
	var data string
	switch {
	case opts.Prefix != "" && opts.SysPrefix || opts.User && (opts.Prefix != "" || opts.SysPrefix):
		return "", errors.New("install: the user's folder, a prefix and Python's own prefix exclude each other: choose one")
	case opts.Prefix != "" || opts.SysPrefix:
		prefix := opts.Prefix
		if opts.SysPrefix {
			var err error
			if prefix, err = sysPrefix(); err != nil {
				return "", err
			}
		}
		abs, err := filepath.Abs(prefix)
		if err != nil {
			return "", fmt.Errorf("install: the prefix %s: %w", prefix, err)
		}
		data = filepath.Join(abs, "share", "jupyter")
	default:
		home, err := homeDir()
		if err != nil {
			return "", err
		}
		data = jupyterData(runtime.GOOS, home, os.Getenv)
	}
	return filepath.Join(data, "kernels", KernelName), nil
}

// jupyterData returns the user's Jupyter data folder by the rules of
// jupyter_core.paths.jupyter_data_dir.
func jupyterData(goos, home string, env func(string) string) string {
	if dir := env("JUPYTER_DATA_DIR"); dir != "" {
		return dir
	}
	switch goos {
	case "darwin":
		if isSet(env("JUPYTER_PLATFORM_DIRS")) {
			return filepath.Join(home, "Library", "Application Support", "Jupyter")
		}
		return filepath.Join(home, "Library", "Jupyter")
	case "windows":
		if dir := env("LOCALAPPDATA"); dir != "" && isSet(env("JUPYTER_PLATFORM_DIRS")) {
			return filepath.Join(dir, "Jupyter")
		}
		if dir := env("APPDATA"); dir != "" {
			return filepath.Join(dir, "jupyter")
		}
		if dir := env("JUPYTER_CONFIG_DIR"); dir != "" {
			return filepath.Join(dir, "data")
		}
		return filepath.Join(home, ".jupyter", "data")
	}
	if dir := env("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter")
	}
	return filepath.Join(home, ".local", "share", "jupyter")
}

// isSet reads a switch of Jupyter's as jupyter_core.paths.envset does.
func isSet(value string) bool {
	switch strings.ToLower(value) {
	case "", "no", "n", "false", "off", "0", "0.0":
		return false
	}
	return true
}

// dataDir returns the folder for what innkeeper itself keeps for the user.
func dataDir() (string, error) {
	home, err := homeDir()
	if err != nil {
		return "", err
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "innkeeper"), nil
	case "windows":
		if dir := os.Getenv("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "innkeeper"), nil
		}
		return filepath.Join(home, "AppData", "Local", "innkeeper"), nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "innkeeper"), nil
	}
	return filepath.Join(home, ".local", "share", "innkeeper"), nil
}

func homeDir() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("install: no home folder to install into (%w): set it, or give a prefix", err)
	}
	return home, nil
}

// sysPrefix asks the Python on the PATH for its sys.prefix.
func sysPrefix() (string, error) {
	for _, name := range []string{"python3", "python"} {
		out, err := exec.Command(name, "-c", "import sys; print(sys.prefix)").Output()
		if err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return "", fmt.Errorf("install: no Python on the PATH whose prefix could be used: activate its environment, or give a prefix")
}
