package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// commands makes shell scripts the only commands on the PATH besides the
// shell's own tools, and returns their folder.
func commands(t *testing.T, scripts map[string]string) (bin string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins for Python and JupyterLab are shell scripts")
	}
	bin = t.TempDir()
	for name, text := range scripts {
		file := filepath.Join(bin, name)
		write(t, file, "#!/bin/sh\n"+text)
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	return bin
}

// jupyterLab stands for a JupyterLab: it writes its arguments to args in the
// current folder and runs until it is told to end.
const jupyterLab = `
if [ "$1" = --version ]; then echo 4.2.0; exit; fi
trap 'echo ended >> args; exit 0' TERM
for a in "$@"; do echo "$a"; done > args
echo "$JUPYTER_CONFIG_PATH" > config
/bin/cat "${JUPYTER_CONFIG_PATH%%:*}/jupyter_server_config.py" >> config
echo serving
while :; do /bin/sleep 0.05; done
`

func TestLabOpensTheNotebook(t *testing.T) {
	jupyter := ownFolders(t)
	commands(t, map[string]string{"jupyter-lab": jupyterLab})
	t.Chdir(t.TempDir())
	t.Setenv("JUPYTER_CONFIG_PATH", "the user's")
	write(t, "note books/a b.ipynb", "{}")

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := &until{word: "serving", then: cancel}
	if err := Lab(ctx, "note books/a b.ipynb", &LabOptions{Args: []string{"--no-browser"}, Output: seen}); err != nil {
		t.Fatal(err)
	}
	root, _ := os.Getwd()
	got := string(read(t, "args"))
	for _, want := range []string{"--ServerApp.ip=127.0.0.1\n", "--no-browser\n", "--ServerApp.root_dir=" + root + "\n",
		"--LabApp.default_url=/lab/tree/note%20books/a%20b.ipynb\n", "\nended\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("JupyterLab got\n%swithout %q", got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(jupyter, "kernels", "innkeeper", "kernel.json")); err != nil {
		t.Error(err)
	}
	config, settings, _ := strings.Cut(string(read(t, "config")), "\n")
	ours, users, _ := strings.Cut(config, ":")
	if users != "the user's" || settings != string(serverConfig) {
		t.Errorf("JupyterLab's server looks in %q and finds %q", config, settings)
	}
	if _, err := os.Stat(ours); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the server's settings are left in %s (%v)", ours, err)
	}
}

// until is a writer that does something once it has seen a word.
type until struct {
	seen bytes.Buffer
	word string
	then func()
}

func (u *until) Write(p []byte) (int, error) {
	n, err := u.seen.Write(p)
	if strings.Contains(u.seen.String(), u.word) {
		u.then()
	}
	return n, err
}

func TestLabErrors(t *testing.T) {
	for _, c := range []struct{ name, notebook, want string }{
		{"no notebook", "absent.ipynb", "install: there is no notebook absent.ipynb"},
		{"not a notebook", "args.txt", "args.txt is not a notebook"},
		{"a folder", "folder.ipynb", "folder.ipynb is not a notebook"},
		{"JupyterLab fails", "good.ipynb", "JupyterLab ended with an error (exit status 3)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ownFolders(t)
			commands(t, map[string]string{"jupyter-lab": `[ "$1" = --version ] && echo 4.2.0 || exit 3`})
			t.Chdir(t.TempDir())
			write(t, "good.ipynb", "{}")
			write(t, "args.txt", "")
			write(t, "folder.ipynb/x", "")
			err := Lab(context.Background(), c.notebook, &LabOptions{Output: io.Discard})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestNoPythonNoLab(t *testing.T) {
	for _, c := range []struct {
		name, want string
		scripts    map[string]string
	}{
		{"no Python", "needs Python 3.10 or newer and none was found on the PATH: install Python", nil},
		{"old Python", "needs Python 3.10 or newer and python3 here is 3.9: install Python", map[string]string{"python3": "echo 309"}},
		{"an old JupyterLab", "none was found on the PATH", map[string]string{"jupyter-lab": "echo 3.6.8"}},
		{"a broken JupyterLab", "none was found on the PATH", map[string]string{"jupyter-lab": "exit 1"}},
		{"no venv", "python3 could not make a virtual environment (exit status 1, its own words are above): install Python (on Debian",
			map[string]string{"python3": `[ "$1" = -c ] && echo 311 || exit 1`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ownFolders(t)
			commands(t, c.scripts)
			_, err := findLab(context.Background(), io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			home, _ := dataDir()
			if entries, _ := os.ReadDir(filepath.Join(home, labFolder)); len(entries) != 0 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
}

// python stands for a Python whose venv has a Python that can pip and, once it
// has, start JupyterLab. Each pip appends a line to pips in $LOG.
const python = `
case "$1 $2" in
"-c "*) echo 311;;
"-m venv") /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python";;
"-m pip") echo pip >> "$LOG/pips"; [ ! -e "$LOG/broken" ] || exit 1
	echo "WARNING: slow network" >&2; echo "  Downloading x"
	echo "Collecting jupyterlab==4.6.6 (from -r x)"; : > "${0%/*}/ready";;
"-m jupyterlab") [ -e "${0%/*}/ready" ] && echo 4.6.6;;
esac
`

func TestPrivateLab(t *testing.T) {
	ownFolders(t)
	commands(t, map[string]string{"python3": python})
	log := t.TempDir()
	t.Setenv("LOG", log)
	pips := func() int {
		data, _ := os.ReadFile(filepath.Join(log, "pips"))
		return strings.Count(string(data), "pip")
	}
	ctx := context.Background()
	home, _ := dataDir()
	labs := filepath.Join(home, labFolder)

	// A run that fails leaves nothing, and the next one starts anew.
	write(t, filepath.Join(log, "broken"), "")
	if _, err := findLab(ctx, io.Discard); err == nil || !strings.Contains(err.Error(), "pip could not install JupyterLab") {
		t.Errorf("error %v", err)
	}
	assertOnly(t, labs)
	os.Remove(filepath.Join(log, "broken"))

	// So does a run that was killed, long ago or just now.
	old, young := filepath.Join(labs, "making-1"), filepath.Join(labs, "making-2")
	write(t, filepath.Join(old, "bin", "python"), "")
	write(t, filepath.Join(young, "bin", "python"), "")
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(old, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer
	lab, err := findLab(ctx, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if want := fmt.Sprintf(", once\nWARNING: slow network\n  1/%d jupyterlab==4.6.6\n", strings.Count(packages, "==")); !strings.HasSuffix(out.String(), want) {
		t.Errorf("progress:\n%s", out.String())
	}
	if got, err := labVersion(ctx, lab...); err != nil || got != "4.6.6" {
		t.Errorf("%q: version %q, %v", lab, got, err)
	}
	env := filepath.Dir(filepath.Dir(lab[0]))
	assertOnly(t, labs, filepath.Base(env), "making-2")
	before := pips()
	if again, err := findLab(ctx, io.Discard); err != nil || again[0] != lab[0] || pips() != before {
		t.Errorf("the second time: %q, %v, pip ran %d times more", again, err, pips()-before)
	}

	// An environment that stopped working is made again.
	os.Remove(filepath.Join(env, "bin", "ready"))
	if _, err := findLab(ctx, io.Discard); err != nil || pips() != before+1 {
		t.Errorf("after damage: %v, pip ran %d times more", err, pips()-before)
	}
	if _, err := labVersion(ctx, lab...); err != nil {
		t.Error(err)
	}
}
