package install

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// findings says what was found, a line each.
func findings(list []Finding) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteString([]string{"right: ", "note: ", "wrong: "}[f.State] + f.Text + "\n")
	}
	return b.String()
}

func TestCheckSpecs(t *testing.T) {
	jupyter := ownFolders(t)
	bin := noPrograms(t)
	check := func(want ...string) {
		t.Helper()
		got := findings(checkSpecs())
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("found\n%swant %q", got, w)
			}
		}
		if strings.Count(got, "\n") != 1 {
			t.Errorf("more than one sentence:\n%s", got)
		}
	}
	shim := filepath.Join(t.TempDir(), "version")
	program(t, filepath.Join(bin, "python3"), "echo "+shim)
	check("wrong: Jupyter does not know the kernel", jupyter, shim, "run innkeeper install")
	dir, err := Kernel(nil)
	if err != nil {
		t.Fatal(err)
	}
	check("right: Jupyter's kernelspec in " + dir + " starts this innkeeper")

	file := filepath.Join(dir, "kernel.json")
	other := filepath.Join(t.TempDir(), "innkeeper")
	write(t, other, "not executable")
	for text, want := range map[string]string{
		"{broken":                   "is not what Jupyter reads",
		`{"argv": ["x", "gopher"]}`: "is no kernel of innkeeper",
		`{"argv": ["/nowhere/innkeeper", "kernel", "{connection_file}"]}`: "starts /nowhere/innkeeper, which cannot be run (no such file or directory)",
		`{"argv": ["` + other + `", "kernel", "{connection_file}"]}`:      "which cannot be run (permission denied)",
	} {
		write(t, file, text)
		check("wrong: ", dir, want, "run innkeeper install")
	}
	program(t, other, "")
	write(t, file, `{"argv": ["`+other+`", "kernel", "{connection_file}"]}`)
	check("wrong: ", "starts "+other+", which is another innkeeper")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o755); err != nil {
		t.Fatal(err)
	}
	check("wrong: ", dir, "is a directory")
}

func TestCheckLabs(t *testing.T) {
	ownFolders(t)
	bin := noPrograms(t)
	check := func(want ...string) {
		t.Helper()
		got := findings(checkLabs(t.Context()))
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if len(lines) != len(want) {
			t.Fatalf("found\n%swant %q", got, want)
		}
		for i, w := range want {
			if !strings.HasPrefix(lines[i], w) {
				t.Errorf("found %s\nwant  %s", lines[i], w)
			}
		}
	}
	lab, python := filepath.Join(bin, "jupyter-lab"), filepath.Join(bin, "python3")
	check("wrong: there is no JupyterLab: a private JupyterLab needs Python 3.10 or newer and none was found on the PATH")
	program(t, python, "echo 308")
	check("wrong: there is no JupyterLab: a private JupyterLab needs Python 3.10 or newer and python3 here is 3.8")
	program(t, python, "echo 312")
	check("note: there is no JupyterLab yet: innkeeper lab makes a private one with " + python)
	program(t, lab, "exit 3")
	check("note: "+lab+" does not start (exit status 3)", "note: there is no JupyterLab yet")
	program(t, lab, "echo 3.6.1")
	check("note: "+lab+" is JupyterLab 3.6.1, older than 4", "note: there is no JupyterLab yet")
	program(t, lab, "echo 4.2.0")
	check("right: " + lab + " is JupyterLab 4.2.0")

	env, err := labEnv()
	if err != nil {
		t.Fatal(err)
	}
	program(t, envPython(env), "exit 1")
	check("right: "+lab, "note: the private JupyterLab in "+env+" does not start (exit status 1), and is not needed")
	os.Remove(lab)
	check("wrong: the private JupyterLab in " + env + " does not start (exit status 1): run innkeeper lab")
	program(t, envPython(env), "echo 4.6.6")
	check("right: the private JupyterLab 4.6.6 in " + env + " works")
}
