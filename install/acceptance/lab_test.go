package acceptance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLabInBrowser is the first command of the README on a machine without
// JupyterLab: it makes a private one, opens the notebook, and every cell runs.
func TestLabInBrowser(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	provided(t, "INNKEEPER_CHROMIUM")
	shots := pictures(t)
	// A copy, with no outputs that could be taken for this run's.
	work := t.TempDir()
	if err := os.CopyFS(filepath.Join(work, "notebooks"), os.DirFS(filepath.Join("..", "..", "notebooks"))); err != nil {
		t.Fatal(err)
	}
	const path = "notebooks/medical.ipynb"
	want := clearOutputs(t, filepath.Join(work, filepath.FromSlash(path)))

	u := newUser(t)
	u = u.with("PATH=" + pathWithout("jupyter-lab"))
	lab := startLab(t, u, work, path)
	if !strings.Contains(lab.said, "making a private one") {
		t.Errorf("no private JupyterLab was made:\n%s", lab.said)
	}
	out := u.run(t, python, "browser.py", lab.address.String(), path, shots, "1200")
	t.Log(out)

	var seen struct {
		Figures []struct{ Name string }
		Errors  []string `json:"page_errors"`
	}
	if err := json.Unmarshal([]byte(out), &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Errors) != 0 {
		t.Errorf("the page reports errors: %q", seen.Errors)
	}
	if len(want) == 0 {
		t.Errorf("the committed notebook has no figures")
	}
	for _, cell := range want {
		found := false
		for _, f := range seen.Figures {
			found = found || strings.HasPrefix(f.Name, cell+"-")
		}
		if !found {
			t.Errorf("the committed notebook has a figure in %s, and the page has none", cell)
		}
	}
	lab.end(t)
}

// TestLabOnThePath opens a JupyterLab that the user already has.
func TestLabOnThePath(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	bin := filepath.Dir(python)
	u := newUser(t)
	u = u.with("PATH=" + bin + string(os.PathListSeparator) + pathWithout("jupyter-lab"))
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, "a b.ipynb"), []byte(`{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}`), 0o644); err != nil {
		t.Fatal(err)
	}
	lab := startLab(t, u, work, "a b.ipynb")
	if !strings.Contains(lab.said, filepath.Join(bin, "jupyter-lab")) {
		t.Errorf("it did not start the JupyterLab of the PATH:\n%s", lab.said)
	}
	if got := lab.address.EscapedPath(); got != "/lab/tree/a%20b.ipynb" {
		t.Errorf("the address does not open the notebook: %s", got)
	}

	// The server, asked as a browser does, has the kernel with its logo.
	spec := lab.get(t, "/api/kernelspecs")
	if !strings.Contains(spec, `"display_name": "Go (innkeeper)"`) {
		t.Errorf("the server's kernels: %s", spec)
	}
	if logo := lab.get(t, "/kernelspecs/innkeeper/logo-svg.svg"); !strings.Contains(logo, "<svg") {
		t.Errorf("the logo: %s", logo)
	}

	// Nothing of it listens beyond this machine.
	listening := u.run(t, python, "-c", `if True:
		import psutil, sys
		for c in psutil.net_connections("tcp"):
			if c.status == psutil.CONN_LISTEN and c.laddr.port == int(sys.argv[1]):
				print(c.laddr.ip)`, lab.address.Port())
	if strings.TrimSpace(listening) != "127.0.0.1" {
		t.Errorf("it listens on %q", listening)
	}
	lab.end(t)
}

// A lab is a running "innkeeper lab".
type lab struct {
	cmd     *exec.Cmd
	address *url.URL
	said    string        // until it was ready
	rest    string        // that it said, when
	ended   chan struct{} // is closed
}

// startLab starts it in the folder work and waits until it prints its address.
func startLab(t *testing.T, u user, work, notebook string) *lab {
	t.Helper()
	l := &lab{cmd: exec.Command(u.innkeeper, "lab", notebook), ended: make(chan struct{})}
	l.cmd.Dir, l.cmd.Env = work, u.env
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	l.cmd.Stdout, l.cmd.Stderr = w, w
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		l.cmd.Process.Signal(syscall.SIGTERM) // in case the test failed half-way
		l.cmd.Wait()
		if t.Failed() && l.address != nil {
			<-l.ended
			t.Log(l.rest)
		}
		r.Close()
	})

	ready := regexp.MustCompile(`^\s*(http://127\.0\.0\.1:\d+/\S+)\s*$`)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		l.said += lines.Text() + "\n"
		if m := ready.FindStringSubmatch(lines.Text()); m != nil {
			if l.address, err = url.Parse(m[1]); err != nil {
				t.Fatal(err)
			}
			go func() { // keep the pipe empty
				rest, _ := io.ReadAll(r)
				l.rest = string(rest)
				close(l.ended)
			}()
			return l
		}
	}
	t.Fatalf("innkeeper lab ended without an address:\n%s", l.said)
	return nil
}

// get asks the server with the token of its address.
func (l *lab) get(t *testing.T, path string) string {
	t.Helper()
	address := "http://" + l.address.Host + path + "?token=" + l.address.Query().Get("token")
	resp, err := http.Get(address)
	for range 100 { // JupyterLab prints its address a little before it listens
		if err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
		resp, err = http.Get(address)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", path, resp.Status)
	}
	return string(body)
}

// end presses Ctrl-C and expects everything to end in good time.
func (l *lab) end(t *testing.T) {
	t.Helper()
	if err := l.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.ended: // the pipe ends when JupyterLab and its kernels have
		if err := l.cmd.Wait(); err != nil {
			t.Errorf("after Ctrl-C: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it still runs 30 s after Ctrl-C")
	}
}

// pathWithout returns the PATH without the folders that have the command.
func pathWithout(command string) string {
	var dirs []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, command)); err != nil {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, string(os.PathListSeparator))
}

// clearOutputs clears the outputs of a notebook file, makes it the quick one where
// it has such a form, and returns the cells
// that had an image, as browser.py names them.
func clearOutputs(t *testing.T, file string) (withImage []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var nb map[string]any
	if err := json.Unmarshal(text, &nb); err != nil {
		t.Fatal(err)
	}
	for i, c := range nb["cells"].([]any) {
		cell := c.(map[string]any)
		if cell["cell_type"] != "code" {
			continue
		}
		if outputs, _ := json.Marshal(cell["outputs"]); strings.Contains(string(outputs), `"image/`) {
			withImage = append(withImage, "cell"+strconv.Itoa(i))
		}
		cell["outputs"], cell["execution_count"] = []any{}, nil
	}
	if text, err = json.Marshal(nb); err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("quick := false"), []byte("quick := true"), 1)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return withImage
}
