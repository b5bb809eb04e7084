package jupyter

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// python runs a script of testdata with jupyter_client and the like, for which
// the fake kernel is installed, and returns what it wrote.
func python(t *testing.T, args ...string) string {
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
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return out.String()
}

func TestJupyterKernelTest(t *testing.T) {
	out := python(t, "kernel_test.py", "-v")
	t.Log(out)
	if regexp.MustCompile(`(?i)skipped`).MatchString(out) || !regexp.MustCompile(`(?m)^Ran 13 tests`).MatchString(out) {
		t.Errorf("not every test of jupyter_kernel_test ran")
	}
}

func TestForeignClient(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "client_test.py"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^class (Test\w+)`).FindAllSubmatch(script, -1) {
		t.Run(string(m[1]), func(t *testing.T) {
			t.Parallel() // they wait more than they work
			t.Log(python(t, "client_test.py", "-v", string(m[1])))
		})
	}
}
