package install

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serverConfig is what JupyterLab's server is told beside the user's own settings.
//
//go:embed jupyter_server_config.py
var serverConfig []byte

// LabOptions are the settings of Lab. Nil, or the zero value, means defaults.
type LabOptions struct {
	// Args are further arguments of jupyter lab, such as "--no-browser".
	Args []string
	// Output takes progress and JupyterLab's own words. Default: standard error.
	Output io.Writer
}

// Lab installs the kernelspec and opens the notebook in JupyterLab, on this
// machine's loopback address only, until ctx ends or the user presses Ctrl-C.
// It takes the jupyter-lab on the PATH if that is version 4 or newer, and else
// makes a private one, which needs Python and takes a minute the first time.
// An empty notebook opens JupyterLab on the current folder.
//
// It returns an error if the notebook cannot be opened, the kernelspec cannot
// be written, no JupyterLab can be had, or JupyterLab ends with one.
func Lab(ctx context.Context, notebook string, opts *LabOptions) error {
	if opts == nil {
		opts = &LabOptions{}
	}
	out := opts.Output
	if out == nil {
		out = os.Stderr
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()

	args := []string{"--ServerApp.ip=127.0.0.1", "--ServerApp.answer_yes=True"}
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root") // JupyterLab refuses root, which is who one is in a container
	}
	args = append(args, opts.Args...)
	if notebook != "" {
		where, err := openAt(notebook)
		if err != nil {
			return err
		}
		args = append(args, where...)
	}
	dir, err := Kernel(nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "kernel: %s\n", dir)
	lab, err := findLab(ctx, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "starting %s (Ctrl-C ends it)\n", strings.Join(lab, " "))

	cmd := exec.CommandContext(ctx, lab[0], append(lab[1:], args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, out, out
	config, err := os.MkdirTemp("", "innkeeper-lab-")
	if err == nil {
		defer os.RemoveAll(config)
		err = os.WriteFile(filepath.Join(config, "jupyter_server_config.py"), serverConfig, 0o600)
	}
	if err != nil {
		return fmt.Errorf("install: the settings of JupyterLab's server cannot be written: %w", cause(err))
	}
	paths := []string{config}
	if more := os.Getenv("JUPYTER_CONFIG_PATH"); more != "" {
		paths = append(paths, more)
	}
	cmd.Env = append(os.Environ(), "JUPYTER_CONFIG_PATH="+strings.Join(paths, string(os.PathListSeparator)))
	endGently(cmd)
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil // asked to end, and ended
	}
	if err != nil {
		return fmt.Errorf("install: JupyterLab ended with an error (%w): its own words are above", err)
	}
	return nil
}

// openAt returns the arguments that make JupyterLab open a notebook: in the
// browser, and at the address that it prints for those who have none here.
func openAt(notebook string) ([]string, error) {
	info, err := os.Stat(notebook)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("install: there is no notebook %s", notebook)
	case err != nil:
		return nil, fmt.Errorf("install: the notebook %s cannot be opened: %w", notebook, cause(err))
	case info.IsDir() || filepath.Ext(notebook) != ".ipynb":
		return nil, fmt.Errorf("install: %s is not a notebook: give an .ipynb file", notebook)
	}
	file, err := filepath.Abs(notebook)
	if err != nil {
		return nil, fmt.Errorf("install: the notebook %s: %w", notebook, err)
	}
	root, err := os.Getwd() // the folder that the file browser shows
	if err != nil {
		return nil, fmt.Errorf("install: the current folder: %w", err)
	}
	inside, err := filepath.Rel(root, file)
	if err != nil || !filepath.IsLocal(inside) {
		root, inside = filepath.Split(file)
	}
	address := url.URL{Path: "/lab/tree/" + filepath.ToSlash(inside)}
	return []string{"--ServerApp.root_dir=" + root, "--LabApp.default_url=" + address.EscapedPath()}, nil
}

// findLab returns the command that starts a JupyterLab of version 4 or newer.
func findLab(ctx context.Context, out io.Writer) ([]string, error) {
	if path, err := exec.LookPath("jupyter-lab"); err == nil {
		version, err := labVersion(ctx, path)
		if err == nil && major(version) >= 4 {
			return []string{path}, nil
		}
		fmt.Fprintf(out, "%s is not a working JupyterLab 4 or newer: using a private one\n", path)
	}
	python, err := privateLab(ctx, out)
	if err != nil {
		return nil, err
	}
	return []string{python, "-m", "jupyterlab"}, nil
}

// labVersion asks a jupyter-lab command for its version, such as "4.6.6".
func labVersion(ctx context.Context, command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, command[0], append(command[1:], "--version")...).Output()
	return strings.TrimSpace(string(out)), err
}

// major returns the number before the first dot, or 0.
func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(first)
	return n
}

// endGently makes a cancelled context ask the command to end, so that Jupyter
// stops its kernels, before it is killed.
func endGently(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
}
