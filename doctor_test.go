package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// bare is a person whose PATH has one folder of their own, with a JupyterLab.
func bare(t *testing.T) person {
	t.Helper()
	p := newPerson(t)
	p = p.with("PATH=" + p.in("bin"))
	if err := os.Chmod(p.write(t, "bin/jupyter-lab", "#!/bin/sh\necho 4.5.0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDoctorFindsAllWell(t *testing.T) {
	p := bare(t)
	if stdout, stderr, code := p.run(t, "", "install", "--user"); code != 0 {
		t.Fatalf("%d %s%s", code, stdout, stderr)
	}
	stdout, stderr, code := p.run(t, "", "doctor")
	if code != 0 || stderr != "" {
		t.Errorf("%d %s", code, stderr)
	}
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	want := []string{
		"ok    Jupyter's kernelspec in " + p.in("jupyter/kernels/innkeeper") + " starts this innkeeper",
		"ok    " + p.in("bin/jupyter-lab") + " is JupyterLab 4.5.0",
		"ok    a session starts in a process of its own, and 1 + 1 is 2 there (",
		"ok    a kernel can listen on 127.0.0.1",
		"ok    the history of notebooks is kept in " + p.in("config/innkeeper/history"),
		"ok    the history of innkeeper repl is kept in " + p.in("config/innkeeper"),
		"", // the processor's
		"note  there is no Go compiler on the PATH, and cells need none",
	}
	if len(lines) != len(want) {
		t.Fatalf("it says\n%s", stdout)
	}
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w) {
			t.Errorf("it says %s\nwant    %s", lines[i], w)
		}
	}
	if got := files(t, p.home); got != "bin data jupyter" {
		t.Errorf("it wrote: %s", got)
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		hurt func(p person) person
		want string
	}{
		"not installed": {func(p person) person {
			os.RemoveAll(p.in("jupyter"))
			return p
		}, "WRONG Jupyter does not know the kernel"},
		"another binary": {func(p person) person {
			other := p.write(t, "old/innkeeper", "#!/bin/sh\n")
			os.Chmod(other, 0o755)
			p.write(t, "jupyter/kernels/innkeeper/kernel.json", `{"argv": ["`+other+`", "kernel", "{connection_file}"]}`)
			return p
		}, "which is another innkeeper than this one: run innkeeper install"},
		"a broken kernelspec": {func(p person) person {
			p.write(t, "jupyter/kernels/innkeeper/kernel.json", `{"argv":`)
			return p
		}, "starts no kernel, for its kernel.json is not what Jupyter reads: unexpected end of JSON input: run innkeeper install"},
		"no JupyterLab": {func(p person) person {
			os.Remove(p.in("bin/jupyter-lab"))
			return p
		}, "WRONG there is no JupyterLab: a private JupyterLab needs Python 3.10 or newer and none was found on the PATH"},
		"no place for the history": {func(p person) person {
			p.write(t, "config/innkeeper/history", "a file")
			return p
		}, "WRONG the history of notebooks cannot be kept in "},
		"no place for the console's": {func(p person) person {
			os.MkdirAll(p.in("config/innkeeper/"+consoleHistory), 0o755)
			return p
		}, "WRONG the history of innkeeper repl cannot be kept, for "},
	} {
		t.Run(name, func(t *testing.T) {
			p := bare(t)
			if _, stderr, code := p.run(t, "", "install"); code != 0 {
				t.Fatal(stderr)
			}
			stdout, stderr, code := c.hurt(p).run(t, "", "doctor")
			if code != 1 || stderr != "innkeeper doctor: one thing is wrong: see above\n" {
				t.Errorf("%d %s", code, stderr)
			}
			if !strings.Contains(stdout, c.want) || strings.Count(stdout, "WRONG") != 1 {
				t.Errorf("it says\n%swant %s", stdout, c.want)
			}
		})
	}
}

// A moved binary repairs its kernelspec whatever it is asked for.
func TestAMovedBinaryRepairsTheKernelspec(t *testing.T) {
	p := bare(t)
	p.run(t, "", "install")
	spec := p.in("jupyter/kernels/innkeeper/kernel.json")
	old := p.in("data/innkeeper/bin/innkeeper") // the copy of this temporary binary
	if !strings.Contains(read(t, spec), old) {
		t.Fatalf("the kernelspec is %s", read(t, spec))
	}
	moved := p.in("moved/innkeeper")
	os.Mkdir(filepath.Dir(moved), 0o755)
	if err := os.Rename(old, moved); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(moved, "simulate", "-h")
	cmd.Env = p.env
	said, err := cmd.CombinedOutput()
	want := "innkeeper: the kernelspec in " + filepath.Dir(spec) + " started " + old + ", which is gone; it now starts " + moved + "\n"
	if err != nil || !strings.HasPrefix(string(said), want) {
		t.Errorf("%v %s\nwant %s", err, said, want)
	}
	if !strings.Contains(read(t, spec), `"`+moved+`"`) {
		t.Errorf("the kernelspec is %s", read(t, spec))
	}
	cmd = exec.Command(moved, "simulate", "-h")
	cmd.Env = p.env
	if said, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(said), "gone") {
		t.Errorf("again: %v %s", err, said)
	}
}

func TestInstallFolders(t *testing.T) {
	p := bare(t)
	for _, c := range []struct{ args, dir string }{
		{"install", "jupyter"},
		{"install --user", "jupyter"},
		{"install --prefix a/b", "a/b/share/jupyter"},
	} {
		stdout, stderr, code := p.run(t, "", strings.Fields(c.args)...)
		dir := p.in(filepath.Join(c.dir, "kernels", "innkeeper"))
		if code != 0 || stdout != "the kernel is installed in "+dir+"\n" {
			t.Errorf("%s: %d %s%s", c.args, code, stdout, stderr)
		}
		if got := files(t, dir); got != "kernel.json logo-32x32.png logo-64x64.png logo-svg.svg" {
			t.Errorf("%s: %s", c.args, got)
		}
	}
	p.run(t, "", "install", "-memory", "1500")
	if got := read(t, p.in("jupyter/kernels/innkeeper/kernel.json")); !strings.Contains(got, "\"kernel\",\n    \"-memory\",\n    \"1500\",\n    \"{connection_file}\"") {
		t.Errorf("with a limit the kernelspec is %s", got)
	}
	_, stderr, code := p.run(t, "", "install", "--user", "--prefix", "a")
	if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "exclude each other") {
		t.Errorf("%d %s", code, stderr)
	}
	_, stderr, code = p.run(t, "", "install", "--prefix", "") // as of a variable that is not set
	if code == 0 || !strings.Contains(stderr, "it is empty: give a folder") {
		t.Errorf("%d %s", code, stderr)
	}
	p.write(t, "file", "")
	_, stderr, code = p.run(t, "", "install", "--prefix", "file")
	if want := "innkeeper install: install: the kernelspec could not be written to " + p.in("file/share/jupyter/kernels/innkeeper") + ": not a directory\n"; code != 1 || stderr != want {
		t.Errorf("%d %s", code, stderr)
	}
}

// What keeps a kernel from starting is one sentence.
func TestKernelBadInput(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	const good = `{"transport": "tcp", "ip": "127.0.0.1", "key": "k", "signature_scheme": "hmac-sha256", "shell_port": PORT, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}`
	p := newPerson(t)
	for _, c := range []struct{ change, to, want string }{
		{`"tcp"`, `"tcp`, "connection file c.json is not the JSON that Jupyter writes: "},
		{`"hmac-sha256"`, `"hmac-rot13"`, `signature scheme "hmac-rot13" is not one of hmac-md5, `},
		{`"key": "k", `, "", `connection file c.json has no "key"; without signatures it must be ""`},
		{"", "", "shell_port 127.0.0.1:" + busy + " is in use by another program; start the kernel again to get other ports"},
	} {
		p.write(t, "c.json", strings.Replace(strings.Replace(good, c.change, c.to, 1), "PORT", busy, 1))
		stdout, stderr, code := p.run(t, "", "kernel", "c.json")
		if code != 1 || stdout != "" || !strings.HasPrefix(stderr, "innkeeper kernel: jupyter: "+c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%d %s%s\nwant %s", code, stdout, stderr, c.want)
		}
	}
	if _, stderr, code := p.run(t, "", "kernel", "none.json"); code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "none.json: no such file") {
		t.Errorf("%d %s", code, stderr)
	}
	if _, stderr, code := p.run(t, "", "worker"); code != 1 || stderr != "innkeeper worker: this is for the kernel alone to call\n" {
		t.Errorf("%d %s", code, stderr)
	}
}
