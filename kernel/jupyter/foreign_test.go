package jupyter

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// python prepares a script of testdata with jupyter_client and the like, for
// which the fake kernel is installed.
func python(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	python := os.Getenv("INNKEEPER_PYTHON")
	if python == "" {
		t.Skip("INNKEEPER_PYTHON does not name a Python with jupyter_client and jupyter_kernel_test")
	}
	if out, err := exec.Command(python, "-c", "import jupyter_client, jupyter_kernel_test, zmq").CombinedOutput(); err != nil {
		t.Skipf("INNKEEPER_PYTHON lacks a package: %s", out)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	share := t.TempDir()
	for name, mode := range map[string]string{"fake": "signal", "fake-message": "message"} {
		spec, err := json.Marshal(map[string]any{"argv": []string{exe, "{connection_file}"}, "display_name": "Fake", "language": "fake",
			"interrupt_mode": mode, "env": map[string]string{"INNKEEPER_FAKE_KERNEL": "1"}})
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(share, "kernels", name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "kernel.json"), spec, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(python, args...)
	cmd.Dir = "testdata"
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+share, "JUPYTER_RUNTIME_DIR="+t.TempDir(),
		"XDG_CONFIG_HOME="+t.TempDir(), "PYTHONDONTWRITEBYTECODE=1", "JUPYTER_PLATFORM_DIRS=1")
	return cmd
}

func TestJupyterKernelTest(t *testing.T) {
	out, err := python(t, "kernel_test.py", "-v").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	if regexp.MustCompile(`(?i)skipped`).Match(out) || !regexp.MustCompile(`(?m)^Ran 13 tests`).Match(out) {
		t.Errorf("not every test of jupyter_kernel_test ran")
	}
}

func TestForeignClient(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "client_test.py"))
	if err != nil {
		t.Fatal(err)
	}
	type done struct {
		out []byte
		err error
	}
	var classes []string
	var results []chan done
	for _, m := range regexp.MustCompile(`(?m)^class (Test\w+)`).FindAllSubmatch(script, -1) {
		result := make(chan done, 1)
		cmd := python(t, "client_test.py", "-v", string(m[1]))
		go func() { // all at once: they wait more than they work
			out, err := cmd.CombinedOutput()
			result <- done{out, err}
		}()
		classes, results = append(classes, string(m[1])), append(results, result)
	}
	for i, class := range classes {
		d := <-results[i]
		t.Run(class, func(t *testing.T) {
			if d.err != nil {
				t.Fatalf("%v\n%s", d.err, d.out)
			}
			t.Logf("%s", d.out)
		})
	}
}
