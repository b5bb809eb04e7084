package install

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // the list of packages
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

//go:embed jupyterlab.txt
var packages string

// oldestPython is the oldest 3.x that every package of jupyterlab.txt supports.
const oldestPython = 10

const pythonAdvice = "install Python (on Debian and Ubuntu: apt-get install python3 python3-venv), or JupyterLab 4, and run this again"

// privateLab returns the Python of the private environment that holds the
// JupyterLab of jupyterlab.txt, making it if there is none that works.
//
// The environment is made under another name and renamed when it is complete,
// so a killed run leaves none. It is then used by "python -m" alone, for the
// scripts in an environment name the folder that they were installed in.
func privateLab(ctx context.Context, out io.Writer) (python string, err error) {
	env, err := labEnv()
	if err != nil {
		return "", err
	}
	labs := filepath.Dir(env)
	if _, err := labVersion(ctx, envPython(env), "-m", "jupyterlab"); err == nil {
		return envPython(env), nil
	}
	base, err := findPython(ctx)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(labs, 0o755); err != nil {
		return "", fmt.Errorf("install: the folder %s for a private JupyterLab could not be made: %w", labs, cause(err))
	}
	removeUnfinished(labs)
	making, err := os.MkdirTemp(labs, unfinished)
	if err != nil {
		return "", fmt.Errorf("install: a private JupyterLab could not be written to %s: %w", labs, cause(err))
	}
	defer os.RemoveAll(making)
	fmt.Fprintf(out, "no JupyterLab 4 on the PATH: making a private one in %s, once\n", env)
	if err := makeEnv(ctx, base, making, out); err != nil {
		return "", err
	}
	if err := os.RemoveAll(env); err != nil { // one that no longer works, as after an upgrade of Python
		return "", fmt.Errorf("install: the broken environment %s could not be removed: %w", env, cause(err))
	}
	if err := os.Rename(making, env); err != nil {
		return "", fmt.Errorf("install: the private JupyterLab could not be put in place at %s: %w", env, cause(err))
	}
	return envPython(env), nil
}

// labEnv is the folder of the private environment. Another list of packages is
// another environment.
func labEnv() (string, error) {
	home, err := dataDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, labFolder, fmt.Sprintf("%x", sha256.Sum256([]byte(packages)))[:12]), nil
}

// envPython is where a virtual environment keeps its Python.
func envPython(env string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(env, "Scripts", "python.exe")
	}
	return filepath.Join(env, "bin", "python")
}

// findPython returns a Python on the PATH that is new enough.
func findPython(ctx context.Context) (string, error) {
	names := []string{"python3", "python"}
	for minor := oldestPython; minor <= 14; minor++ {
		names = append(names, fmt.Sprintf("python3.%d", minor))
	}
	var old string
	for _, name := range names {
		var version int
		out, err := exec.CommandContext(ctx, name, "-c", "import sys; print(sys.version_info[0] * 100 + sys.version_info[1])").Output()
		if err != nil {
			continue
		}
		if _, err := fmt.Sscan(string(out), &version); err != nil {
			continue
		}
		if version >= 300+oldestPython {
			return exec.LookPath(name)
		}
		old = fmt.Sprintf("%s here is %d.%d", name, version/100, version%100)
	}
	if old == "" {
		old = "none was found on the PATH"
	}
	return "", fmt.Errorf("install: a private JupyterLab needs Python 3.%d or newer and %s: %s", oldestPython, old, pythonAdvice)
}

// makeEnv makes a virtual environment in the folder env and installs the
// packages, counting them on out.
func makeEnv(ctx context.Context, base, env string, out io.Writer) error {
	if words, err := exec.CommandContext(ctx, base, "-m", "venv", env).CombinedOutput(); err != nil {
		out.Write(words)
		if ctx.Err() != nil {
			return errStopped
		}
		return fmt.Errorf("install: %s could not make a virtual environment (%w, its own words are above): %s", base, err, pythonAdvice)
	}
	list := filepath.Join(env, "jupyterlab.txt")
	if err := os.WriteFile(list, []byte(packages), 0o644); err != nil {
		return fmt.Errorf("install: the list of packages could not be written: %w", cause(err))
	}
	pip := exec.CommandContext(ctx, envPython(env), "-m", "pip", "install",
		"--disable-pip-version-check", "--no-input", "--progress-bar", "off", "-r", list)
	endGently(pip)
	words := &pipWords{out: out, total: strings.Count(packages, "==")}
	pip.Stdout, pip.Stderr = words, words
	if err := pip.Run(); err != nil {
		if ctx.Err() != nil {
			return errStopped
		}
		return fmt.Errorf("install: pip could not install JupyterLab (%w, its own words are above): see that pip works here, or install JupyterLab 4 yourself, and run this again", err)
	}
	return nil
}

var errStopped = errors.New("install: stopped before the private JupyterLab was complete: the next run makes it anew")

// pipWords turns what pip says of its progress into one line a package, and
// passes on everything else.
type pipWords struct {
	out         io.Writer
	part        []byte // of a line
	done, total int
}

func (w *pipWords) Write(p []byte) (int, error) {
	w.part = append(w.part, p...)
	for {
		line, rest, whole := bytes.Cut(w.part, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		w.part = rest
		word, what, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		switch word {
		case "Collecting":
			w.done++
			name, _, _ := strings.Cut(what, " ")
			fmt.Fprintf(w.out, "  %d/%d %s\n", w.done, w.total, name)
		case "Ignoring": // a package that only an older Python needs
			w.total--
		case "Installing":
			fmt.Fprintln(w.out, "  installing them")
		case "Downloading", "Using", "Looking", "Successfully", "": // chatter
		default:
			fmt.Fprintf(w.out, "%s\n", line)
		}
	}
}

// unfinished begins the names of environments that are being made.
const unfinished = "making-"

// removeUnfinished removes what killed runs left. A young one may be another
// run's at work.
func removeUnfinished(labs string) {
	entries, _ := os.ReadDir(labs)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), unfinished) && time.Since(info.ModTime()) > time.Hour {
			os.RemoveAll(filepath.Join(labs, e.Name()))
		}
	}
}
