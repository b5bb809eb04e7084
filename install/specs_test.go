package install

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// noPrograms gives the test a PATH with the programs of one folder, which it
// returns, and no active environment.
func noPrograms(t *testing.T) (bin string) {
	t.Helper()
	bin = filepath.Join(t.TempDir(), "prefix", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX", "JUPYTER_PATH"} {
		t.Setenv(name, "")
	}
	return bin
}

// program makes a shell script of that name.
func program(t *testing.T, path, script string) {
	t.Helper()
	write(t, path, "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// Jupyter itself says where it looks.
func TestDataPathsAreJupyters(t *testing.T) {
	python := os.Getenv("INNKEEPER_PYTHON")
	if python == "" {
		t.Skip("$INNKEEPER_PYTHON is not set: bash .ci/test provides it")
	}
	home := t.TempDir()
	for name, env := range map[string]map[string]string{
		"plain":            {"HOME": home},
		"XDG":              {"HOME": home, "XDG_DATA_HOME": filepath.Join(home, "xdg")},
		"JUPYTER_PATH":     {"HOME": home, "JUPYTER_PATH": home + "/a" + string(os.PathListSeparator) + home + "/b/"},
		"JUPYTER_DATA_DIR": {"HOME": home, "JUPYTER_DATA_DIR": filepath.Join(home, "data")},
	} {
		t.Run(name, func(t *testing.T) {
			noPrograms(t)
			t.Setenv("PATH", filepath.Dir(python))
			for _, k := range []string{"HOME", "XDG_DATA_HOME", "JUPYTER_PATH", "JUPYTER_DATA_DIR"} {
				t.Setenv(k, env[k])
			}
			out, err := exec.Command(python, "-m", "jupyter_core.command", "--paths", "--json").Output()
			if err != nil {
				t.Fatal(err)
			}
			var said struct{ Data []string }
			if err := json.Unmarshal(out, &said); err != nil || len(said.Data) < 3 {
				t.Fatalf("%v in %s", err, out)
			}
			ours := dataPaths()
			for _, dir := range said.Data {
				if !slices.Contains(ours, filepath.Clean(dir)) {
					t.Errorf("Jupyter looks in %s, we in %q", dir, ours)
				}
			}
		})
	}
}

func TestDataPathsOnce(t *testing.T) {
	jupyter := ownFolders(t)
	bin := noPrograms(t)
	program(t, filepath.Join(bin, "jupyter"), "")
	program(t, filepath.Join(bin, "python3"), "")
	t.Setenv("JUPYTER_PATH", jupyter+"/"+string(os.PathListSeparator)+"/opt/j")
	want := []string{jupyter, "/opt/j", filepath.Join(filepath.Dir(bin), "share", "jupyter"), "/usr/local/share/jupyter", "/usr/share/jupyter"}
	if got := dataPaths(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRepair(t *testing.T) {
	jupyter := ownFolders(t)
	bin := noPrograms(t)
	prefix := filepath.Dir(bin)
	program(t, filepath.Join(bin, "python3"), "")
	specIn := func(data string) string { return filepath.Join(data, "kernels", "innkeeper", "kernel.json") }
	gone := filepath.Join(t.TempDir(), "moved", "innkeeper")
	mine := `{"argv": ["` + gone + `", "kernel", "-memory", "4000", "{connection_file}"], "display_name": "My Go", "language": "go", "env": {"A": "b & c"}}`
	write(t, specIn(jupyter), mine)
	write(t, specIn(filepath.Join(prefix, "share", "jupyter")), strings.Replace(mine, `"kernel"`, `"gopher"`, 1)) // somebody else's

	said := Repair()
	if len(said) != 1 || !strings.Contains(said[0], filepath.Dir(specIn(jupyter))) || !strings.Contains(said[0], gone) || strings.Contains(said[0], "\n") {
		t.Fatalf("said %q", said)
	}
	var got struct {
		Argv        []string
		DisplayName string `json:"display_name"`
		Language    string
		Env         map[string]string
	}
	if err := json.Unmarshal(read(t, specIn(jupyter)), &got); err != nil {
		t.Fatal(err)
	}
	if !thisBinary(got.Argv[0]) || temporary(got.Argv[0]) {
		t.Errorf("it starts %s", got.Argv[0])
	}
	if strings.Join(got.Argv[1:], " ") != "kernel -memory 4000 {connection_file}" || got.DisplayName != "My Go" || got.Env["A"] != "b & c" || got.Language != "go" {
		t.Errorf("the rest is now %+v", got)
	}
	assertOnly(t, filepath.Dir(specIn(jupyter)), "kernel.json")
	if b := read(t, specIn(filepath.Join(prefix, "share", "jupyter"))); !strings.Contains(string(b), "gopher") {
		t.Errorf("another kernel's specification was changed: %s", b)
	}
	if said := Repair(); len(said) != 0 {
		t.Errorf("again: %q", said)
	}
}

// What is broken in other ways is for the user to decide; a binary that is
// there may be another version on purpose.
func TestRepairLeavesAlone(t *testing.T) {
	jupyter := ownFolders(t)
	noPrograms(t)
	file := filepath.Join(jupyter, "kernels", "innkeeper", "kernel.json")
	other := filepath.Join(t.TempDir(), "innkeeper")
	program(t, other, "")
	for _, text := range []string{
		"{broken",
		`{"argv": []}`,
		`{"argv": ["innkeeper", "kernel", "{connection_file}"]}`, // found on Jupyter's PATH, which is not ours
		`{"argv": ["` + other + `", "kernel", "{connection_file}"]}`,
	} {
		write(t, file, text)
		if said := Repair(); len(said) != 0 || string(read(t, file)) != text {
			t.Errorf("%s: said %q, now %s", text, said, read(t, file))
		}
	}
}

func TestRepairThatCannotWrite(t *testing.T) {
	jupyter := ownFolders(t)
	noPrograms(t)
	gone := `{"argv": ["/nowhere/innkeeper", "kernel", "{connection_file}"]}`
	file := filepath.Join(jupyter, "kernels", "innkeeper", "kernel.json")
	write(t, file, gone)
	t.Setenv("XDG_DATA_HOME", file) // where the copy of this binary would go
	t.Setenv("LOCALAPPDATA", file)
	said := Repair()
	if len(said) != 1 || !strings.Contains(said[0], "could not be repaired") || string(read(t, file)) != gone {
		t.Errorf("said %q, now %s", said, read(t, file))
	}
}

func TestThisBinary(t *testing.T) {
	running, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copied, changed := filepath.Join(dir, "copy"), filepath.Join(dir, "changed")
	data := read(t, running)
	write(t, copied, string(data))
	data[len(data)-1]++
	write(t, changed, string(data))
	for path, want := range map[string]bool{running: true, copied: true, changed: false, filepath.Join(dir, "none"): false} {
		if got := thisBinary(path); got != want {
			t.Errorf("thisBinary(%s) = %v", path, got)
		}
	}
}
