package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// A found is a kernelspec of the name innkeeper in one of Jupyter's folders.
type found struct {
	dir    string
	binary string // that it starts
	err    error  // why it starts no innkeeper, if it does not
}

// specs lists the kernelspecs of the name innkeeper in those folders.
func specs(dataPaths []string) []found {
	var list []found
	for _, data := range dataPaths {
		dir := filepath.Join(data, "kernels", KernelName)
		text, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		f := found{dir: dir, err: err}
		if err == nil {
			f.binary, f.err = starts(text)
		}
		list = append(list, f)
	}
	return list
}

// starts is the binary that a kernel.json of ours names.
func starts(text []byte) (binary string, err error) {
	var s spec
	if err := json.Unmarshal(text, &s); err != nil {
		return "", fmt.Errorf("its kernel.json is not what Jupyter reads: %w", err)
	}
	if len(s.Argv) < 2 || s.Argv[1] != "kernel" {
		return "", fmt.Errorf("its kernel.json starts %q, which is no kernel of innkeeper", s.Argv)
	}
	return s.Argv[0], nil
}

// dataPaths lists the folders in which a Jupyter of this user looks for
// kernels, each once: those of JUPYTER_PATH, the user's own, those of the
// Pythons and Jupyters on the PATH, of the active environment and of the
// prefixes given, and the system's (jupyter_core.paths.jupyter_path).
func dataPaths(prefixes ...string) []string {
	paths := filepath.SplitList(os.Getenv("JUPYTER_PATH"))
	if home, err := homeDir(); err == nil {
		paths = append(paths, jupyterData(runtime.GOOS, home, os.Getenv))
	}
	prefixes = append(prefixes, os.Getenv("VIRTUAL_ENV"), os.Getenv("CONDA_PREFIX"))
	for _, name := range []string{"jupyter", "jupyter-lab", "python3", "python"} {
		if program, err := exec.LookPath(name); err == nil { // sys.prefix is above bin, or Scripts
			prefixes = append(prefixes, filepath.Dir(filepath.Dir(program)))
		}
	}
	if home, err := dataDir(); err == nil { // the private JupyterLab's
		envs, _ := filepath.Glob(filepath.Join(home, labFolder, "*"))
		prefixes = append(prefixes, envs...)
	}
	if runtime.GOOS != "windows" {
		prefixes = append(prefixes, "/usr/local", "/usr")
	} else if dir := os.Getenv("PROGRAMDATA"); dir != "" {
		paths = append(paths, filepath.Join(dir, "jupyter"))
	}
	for _, prefix := range prefixes {
		if prefix != "" {
			paths = append(paths, filepath.Join(prefix, "share", "jupyter"))
		}
	}
	var once []string
	for _, p := range paths {
		if p != "" && !slices.Contains(once, filepath.Clean(p)) {
			once = append(once, filepath.Clean(p))
		}
	}
	return once
}

// Repair makes the kernelspecs whose innkeeper is no longer where they say
// start this one, and returns a sentence about each. What else they hold stays.
func Repair() (sentences []string) {
	for _, f := range specs(dataPaths()) {
		if f.err != nil || !filepath.IsAbs(f.binary) {
			continue
		}
		if _, err := os.Stat(f.binary); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		binary, err := stableBinary()
		if err == nil {
			err = redirect(filepath.Join(f.dir, "kernel.json"), binary)
		}
		if err != nil {
			sentences = append(sentences, fmt.Sprintf("the kernelspec in %s starts %s, which is gone, and could not be repaired: %v", f.dir, f.binary, cause(err)))
			continue
		}
		sentences = append(sentences, fmt.Sprintf("the kernelspec in %s started %s, which is gone; it now starts %s", f.dir, f.binary, binary))
	}
	return sentences
}

// redirect changes the binary that a kernel.json names, and nothing else.
func redirect(file, binary string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	all["argv"].([]any)[0] = binary // starts has seen that it is such a list
	if text, err = json.MarshalIndent(all, "", "  "); err != nil {
		return err
	}
	return replaceFile(file, append(text, '\n'))
}

// replaceFile replaces a file, whole or not at all.
func replaceFile(file string, text []byte) error {
	out, err := os.CreateTemp(filepath.Dir(file), ".innkeeper-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // nothing is there after the rename
	_, err = out.Write(text)
	err = errors.Join(err, out.Chmod(0o644), out.Close())
	if err != nil {
		return err
	}
	return os.Rename(out.Name(), file)
}

// thisBinary reports whether path holds the running binary, or a copy of it.
func thisBinary(path string) bool {
	running, err := os.Executable()
	if err != nil {
		return false
	}
	a, err := os.Open(running)
	if err != nil {
		return false
	}
	defer a.Close()
	b, err := os.Open(path)
	if err != nil {
		return false
	}
	defer b.Close()
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	if errA != nil || errB != nil || infoA.Size() != infoB.Size() {
		return false
	}
	return os.SameFile(infoA, infoB) || sameContent(a, b)
}

func sameContent(a, b io.Reader) bool {
	bufA, bufB := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if !bytes.Equal(bufA[:n], bufB[:m]) {
			return false
		}
		if errA != nil || errB != nil { // the end of both, unless one cannot be read
			return n == m && (errA == io.EOF || errA == io.ErrUnexpectedEOF) && errA == errB
		}
	}
}
