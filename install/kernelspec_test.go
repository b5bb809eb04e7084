package install

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ownFolders gives the test Jupyter and innkeeper data folders of its own.
func ownFolders(t *testing.T) (jupyter string) {
	t.Helper()
	home := t.TempDir()
	jupyter = filepath.Join(home, "jupyter data")
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("LOCALAPPDATA", filepath.Join(home, "local"))
	t.Setenv("XDG_DATA_HOME", filepath.Join(home, "data"))
	t.Setenv("JUPYTER_DATA_DIR", jupyter)
	return jupyter
}

func TestKernelCanBeStarted(t *testing.T) {
	jupyter := ownFolders(t)
	dir, err := Kernel(nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(jupyter, "kernels", "innkeeper"); dir != want {
		t.Errorf("the kernelspec is in %s, want %s", dir, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got spec
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Language != "go" || got.InterruptMode != "message" || got.DisplayName != "Go (innkeeper)" {
		t.Errorf("kernel.json: %s", text)
	}
	if len(got.Argv) != 3 || got.Argv[1] != "kernel" || got.Argv[2] != "{connection_file}" {
		t.Fatalf("argv: %q", got.Argv)
	}
	// The test runs from go test's folder, which goes when it ends.
	binary := got.Argv[0]
	if !filepath.IsAbs(binary) || temporary(binary) {
		t.Errorf("the kernelspec names %s", binary)
	}
	running, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, binary), read(t, running)) {
		t.Errorf("%s is not a copy of %s", binary, running)
	}
	if info, err := os.Stat(binary); err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Errorf("%s cannot be executed: %v %v", binary, info.Mode(), err)
	}
}

func TestLogos(t *testing.T) {
	for name, size := range map[string]int{"logo-32x32.png": 32, "logo-64x64.png": 64} {
		data, err := logos.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != size || b.Dy() != size {
			t.Errorf("%s is %v", name, b)
		}
	}
}

func TestKernelReplacesWhole(t *testing.T) {
	ownFolders(t)
	dir, err := Kernel(nil)
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "kernel.js")
	write(t, stale, "from an older version")
	write(t, filepath.Join(dir, "kernel.json"), "{broken")
	if _, err := Kernel(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("a file of the old kernelspec is still there")
	}
	if !json.Valid(read(t, filepath.Join(dir, "kernel.json"))) {
		t.Error("kernel.json was not replaced")
	}
	assertOnly(t, filepath.Dir(filepath.Dir(dir)), "kernels")
	assertOnly(t, filepath.Dir(dir), "innkeeper")
}

func TestKernelFolderThatCannotBeWritten(t *testing.T) {
	jupyter := ownFolders(t)
	write(t, jupyter, "a file where the folder should be")
	_, err := Kernel(nil)
	if err == nil || !strings.Contains(err.Error(), jupyter) || !strings.HasPrefix(err.Error(), "install: ") {
		t.Errorf("error: %v", err)
	}
	if got := read(t, jupyter); string(got) != "a file where the folder should be" {
		t.Errorf("it now holds %q", got)
	}
}

func TestKernelKeepsTheOldOneOnError(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "innkeeper")
	write(t, filepath.Join(old, "kernel.json"), "old")
	if err := replaceDir(filepath.Join(dir, "not made"), old, filepath.Join(dir, "aside")); err == nil {
		t.Error("no error")
	}
	if got := read(t, filepath.Join(old, "kernel.json")); string(got) != "old" {
		t.Errorf("kernel.json is now %q", got)
	}
}

func TestPrefix(t *testing.T) {
	jupyter := ownFolders(t)
	prefix := t.TempDir()
	dir, err := Kernel(&Options{Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(prefix, "share", "jupyter", "kernels", "innkeeper"); dir != want {
		t.Errorf("the kernelspec is in %s, want %s", dir, want)
	}
	if _, err := os.Stat(jupyter); err == nil {
		t.Error("the user's Jupyter folder was made too")
	}
	if _, err := Kernel(&Options{Prefix: prefix, SysPrefix: true}); err == nil {
		t.Error("two prefixes were accepted")
	}
	removed, err := Remove(&Options{Prefix: prefix})
	if err != nil || len(removed) != 1 || removed[0] != dir {
		t.Errorf("removed %v, %v", removed, err)
	}
}

func TestRemove(t *testing.T) {
	jupyter := ownFolders(t)
	if removed, err := Remove(nil); err != nil || len(removed) != 0 {
		t.Errorf("before: removed %v, %v", removed, err)
	}
	if _, err := Kernel(nil); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(jupyter, "kernels", "other", "kernel.json")
	write(t, other, "{}")
	if removed, err := Remove(nil); err != nil || len(removed) != 2 {
		t.Errorf("removed %v, %v: want the kernelspec and the binary", removed, err)
	}
	assertOnly(t, filepath.Join(jupyter, "kernels"), "other")
	home, _ := dataDir()
	assertOnly(t, home)
}

func TestTemporary(t *testing.T) {
	for path, want := range map[string]bool{
		"/tmp/go-build2581077414/b001/exe/innkeeper":                                                               true, // the first go run
		"/home/me/.cache/go-build/8d/8d8b0eaba0f409b8f9c19d397a97281f53ce303ed22e5d170f9bbb612b063bcd-d/innkeeper": true, // the second
		"/elsewhere/8d/8d8b0eaba0f409b8f9c19d397a97281f53ce303ed22e5d170f9bbb612b063bcd-d/innkeeper":               true, // GOCACHE=/elsewhere
		`C:\Users\me\AppData\Local\Temp\go-build12\b001\exe\innkeeper.exe`:                                         true,
		"/home/me/go/bin/innkeeper":       false,
		"/usr/local/bin/innkeeper":        false,
		"/home/me/go-builder/innkeeper":   false,
		"/home/me/my-go-build3/innkeeper": false,
	} {
		if got := temporary(path); got != want {
			t.Errorf("temporary(%s) = %v", path, got)
		}
	}
}

func TestJupyterData(t *testing.T) {
	for _, c := range []struct {
		goos, want string
		env        map[string]string
	}{
		{"linux", "home/.local/share/jupyter", nil},
		{"linux", "xdg/jupyter", map[string]string{"XDG_DATA_HOME": "xdg"}},
		{"linux", "own", map[string]string{"XDG_DATA_HOME": "xdg", "JUPYTER_DATA_DIR": "own"}},
		{"darwin", "home/Library/Jupyter", nil},
		{"darwin", "home/Library/Jupyter", map[string]string{"XDG_DATA_HOME": "xdg", "JUPYTER_PLATFORM_DIRS": "0"}},
		{"darwin", "home/Library/Application Support/Jupyter", map[string]string{"JUPYTER_PLATFORM_DIRS": "1"}},
		{"windows", "appdata/jupyter", map[string]string{"APPDATA": "appdata", "LOCALAPPDATA": "local"}},
		{"windows", "local/Jupyter", map[string]string{"APPDATA": "appdata", "LOCALAPPDATA": "local", "JUPYTER_PLATFORM_DIRS": "1"}},
		{"windows", "home/.jupyter/data", nil},
		{"windows", "config/data", map[string]string{"JUPYTER_CONFIG_DIR": "config"}},
	} {
		got := jupyterData(c.goos, "home", func(name string) string { return c.env[name] })
		if filepath.ToSlash(got) != c.want {
			t.Errorf("%s with %v: %s, want %s", c.goos, c.env, got, c.want)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func assertOnly(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}
