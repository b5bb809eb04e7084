package acceptance

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestProtocol runs jupyter_kernel_test.
func TestProtocol(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	u := newUser(t)
	u.run(t, u.innkeeper, "install")
	reports := 0
	for line := range strings.Lines(u.run(t, python, "protocol.py")) {
		var r struct{ Test, Outcome, Detail string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Errorf("%v in: %s", err, line)
			continue
		}
		reports++
		t.Run(r.Test, func(t *testing.T) {
			switch r.Outcome {
			case "passed":
			case "skipped":
				t.Skip(r.Detail)
			default:
				t.Error(r.Detail)
			}
		})
	}
	const all = 13 // tests in jupyter_kernel_test 0.7.0
	if reports != all {
		t.Errorf("%d tests reported, want %d", reports, all)
	}
}

// TestFaults lets the process of the cells die in each way, interrupts it,
// floods it, fills its memory and restarts it.
func TestFaults(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	u := newUser(t)
	u.run(t, u.innkeeper, "install")
	t.Log(u.run(t, python, "faults.py"))
	u.run(t, u.innkeeper, "install", "-memory", "1500")
	u.run(t, python, "faults.py", "memory")
}

// TestHeadless runs nbclient and nbconvert.
func TestHeadless(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	u := newUser(t)
	u.run(t, u.innkeeper, "install")
	u.run(t, python, "headless.py")
}

// TestConsole drives jupyter console in a pseudo-terminal.
func TestConsole(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	u := newUser(t)
	u.run(t, u.innkeeper, "install")
	u.run(t, python, "console.py")
}

// TestSoak is the short form of the soak whose figures are in docs/measured.md.
func TestSoak(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	u := newUser(t)
	u.run(t, u.innkeeper, "install")
	t.Log(u.run(t, python, "soak.py", "2000"))
}

// TestJupyterFindsTheKernel compares our idea of Jupyter's folders with
// Jupyter's own.
func TestJupyterFindsTheKernel(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	home := t.TempDir()
	active := filepath.Join(home, "active")
	plain := newUser(t)
	plain.run(t, python, "-m", "venv", "--without-pip", active)
	for _, c := range []struct {
		name string
		env  []string
		args []string
	}{
		{"JUPYTER_DATA_DIR", nil, nil},
		{"XDG_DATA_HOME", []string{"JUPYTER_DATA_DIR="}, nil},
		{"home", []string{"JUPYTER_DATA_DIR=", "XDG_DATA_HOME=", "HOME=" + home}, nil},
		{"platform dirs", []string{"JUPYTER_DATA_DIR=", "JUPYTER_PLATFORM_DIRS=1"}, nil},
		{"--prefix", []string{"JUPYTER_PATH=" + home + "/prefix/share/jupyter"}, []string{"--prefix", home + "/prefix"}},
		{"--sys-prefix", []string{"PATH=" + active + "/bin", "JUPYTER_PATH=" + active + "/share/jupyter"}, []string{"--sys-prefix"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := newUser(t).with(c.env...)
			find := func() (resourceDir string) {
				var list struct {
					Kernelspecs map[string]struct {
						ResourceDir string `json:"resource_dir"`
						Spec        struct {
							Language string
							Argv     []string
						}
					}
				}
				out := u.run(t, python, "-m", "jupyter_client.kernelspecapp", "list", "--json")
				if err := json.Unmarshal([]byte(out), &list); err != nil {
					t.Fatalf("%v in: %s", err, out)
				}
				found, ok := list.Kernelspecs["innkeeper"]
				if ok && (found.Spec.Language != "go" || found.Spec.Argv[0] != u.innkeeper) {
					t.Errorf("Jupyter reads %+v, want the binary %s", found.Spec, u.innkeeper)
				}
				return found.ResourceDir
			}
			if dir := find(); dir != "" {
				t.Fatalf("before the installation Jupyter finds %s", dir)
			}
			said := u.run(t, u.innkeeper, append([]string{"install"}, c.args...)...)
			dir := find()
			if dir == "" || !strings.Contains(said, dir) {
				t.Errorf("Jupyter finds the kernel in %q; innkeeper install said: %s", dir, said)
			}
			u.run(t, u.innkeeper, append([]string{"uninstall"}, c.args...)...)
			if dir := find(); dir != "" {
				t.Errorf("after the removal Jupyter still finds %s", dir)
			}
		})
	}
}
