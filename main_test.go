package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The test binary is the command, too, and so are the workers that it starts.
func TestMain(m *testing.M) {
	if os.Getenv("INNKEEPER_TEST_COMMAND") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A person has a home of their own, and nothing installed.
type person struct {
	home string
	env  []string
}

func newPerson(t *testing.T) person {
	t.Helper()
	p := person{home: t.TempDir()}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "JUPYTER") && !strings.HasPrefix(e, "VIRTUAL_ENV=") && !strings.HasPrefix(e, "CONDA_PREFIX=") {
			p.env = append(p.env, e)
		}
	}
	return p.with("INNKEEPER_TEST_COMMAND=1", "HOME="+p.home, "USERPROFILE="+p.home, "GORACE=exitcode=0 log_path="+p.in("race"),
		"XDG_DATA_HOME="+p.in("data"), "XDG_CONFIG_HOME="+p.in("config"), "JUPYTER_DATA_DIR="+p.in("jupyter"), "TERM=xterm-256color")
}

// with is the same person with more in the environment.
func (p person) with(env ...string) person {
	p.env = append(p.env[:len(p.env):len(p.env)], env...)
	return p
}

func (p person) in(name string) string { return filepath.Join(p.home, name) }

// write makes a file in the home.
func (p person) write(t *testing.T, name, text string) string {
	t.Helper()
	path := p.in(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (p person) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Cancel = func() error { defer cancel(); return cmd.Process.Kill() }
	cmd.Env, cmd.Dir = p.env, p.home
	return cmd
}

// run runs innkeeper with a text as its standard input.
func (p person) run(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, words bytes.Buffer
	cmd := p.command(args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &words
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), words.String(), cmd.ProcessState.ExitCode()
}

// read is a file's text, or nothing.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// version names what a report of a fault should, whatever way it is asked.
func TestVersion(t *testing.T) {
	for _, ask := range []string{"version", "--version"} {
		stdout, stderr, code := newPerson(t).run(t, "", ask)
		if code != 0 || stderr != "" || !regexp.MustCompile(`^innkeeper \S+, go\S+, \w+/\w+, [\w- ]+\n$`).MatchString(stdout) {
			t.Errorf("%s: %d %s%s", ask, code, stdout, stderr)
		}
	}
}
