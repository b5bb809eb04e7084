// Package acceptance tests innkeeper from outside, with the programs that its
// users have: Jupyter's own clients, its own test of a kernel, and JupyterLab
// in a browser. They are written in Python and run by $INNKEEPER_PYTHON, with
// $INNKEEPER_CHROMIUM as the browser; bash .ci/test provides both.
package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The binary and the folders that all the tests use; TestMain removes them.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "innkeeper-acceptance-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// provided returns an environment variable that .ci/test sets.
func provided(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Skipf("$%s is not set: bash .ci/test provides it", name)
	}
	return value
}

var build = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(scratch, "innkeeper")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir = filepath.Join("..", "..")
	if words, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, words)
	}
	return binary, nil
})

// A user is somebody with data folders of their own, who has innkeeper.
type user struct {
	innkeeper string
	env       []string
}

// newUser makes a user for whom "innkeeper install" has not been run.
func newUser(t *testing.T) user {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	u := user{innkeeper: binary}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "JUPYTER") && !strings.HasPrefix(e, "VIRTUAL_ENV=") {
			u.env = append(u.env, e)
		}
	}
	return u.with(
		"JUPYTER_DATA_DIR="+filepath.Join(home, "jupyter"),
		"JUPYTER_CONFIG_DIR="+filepath.Join(home, "config"),
		"IPYTHONDIR="+filepath.Join(home, "ipython"),
		"XDG_DATA_HOME="+filepath.Join(home, "data"),
		"XDG_CONFIG_HOME="+filepath.Join(home, "settings"),
		"BROWSER=true", // Python's webbrowser then opens nothing
	)
}

// with returns the same user with more in the environment.
func (u user) with(env ...string) user {
	u.env = append(u.env[:len(u.env):len(u.env)], env...)
	return u
}

// run runs a program as the user and returns what it printed.
func (u user) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	var printed, words strings.Builder
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = u.env, &printed, &words
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, printed.String(), words.String())
	}
	return printed.String()
}
