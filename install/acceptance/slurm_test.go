package acceptance

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The pairs of sleepy.ipynb take 20 ms each whatever the processor, and leave
// a byte in the file "calls".
const sleepy = `{"cells": [{"cell_type": "code", "metadata": {"tags": ["problem"]}, "execution_count": null, "outputs": [], "source":
"calls, err := os.OpenFile(\"calls\", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)\nif err != nil { panic(err) }\nsleepy := inn.Problem{Name: \"sleepy\", X: inn.Vars(\"a\", \"b\"), Y: inn.Vars(\"s\"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),\n\tSimulate: func(rng *rand.Rand, x []float64) []float64 {\n\t\ttime.Sleep(20 * time.Millisecond)\n\t\tcalls.WriteString(\".\")\n\t\treturn []float64{x[0] + x[1] + rng.NormFloat64()}\n\t}}"}],
"metadata": {"kernelspec": {"name": "innkeeper", "display_name": "Go", "language": "go"}}, "nbformat": 4, "nbformat_minor": 4}`

const (
	slurmPairs  = 1200
	slurmShards = 60
)

// TestArrayJobSurvivesANode runs simulate as an array job of four tasks on a
// Slurm of three nodes, and kills a node with its task half-way. Slurm starts
// the task again on another node; the file is that of an undisturbed run.
func TestArrayJobSurvivesANode(t *testing.T) {
	u := newCluster(t, 3)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sleepy.ipynb"), []byte(sleepy), 0o644); err != nil {
		t.Fatal(err)
	}
	command := func(out string) string {
		return fmt.Sprintf("cd %s && %s simulate sleepy.ipynb:sleepy -n %d -seed 5 -shards %d -o %s", dir, u.innkeeper, slurmPairs, slurmShards, out)
	}
	job := strings.TrimSpace(u.run(t, "sbatch", "--parsable", "--array=0-3", "-o", filepath.Join(dir, "log-%a"), "--wrap", command("array.npz")))
	defer func() {
		if t.Failed() {
			logs, _ := filepath.Glob(filepath.Join(dir, "log-*"))
			for _, log := range logs {
				b, _ := os.ReadFile(log)
				t.Logf("%s:\n%s", filepath.Base(log), b)
			}
		}
	}()
	calls := func() int {
		b, _ := os.ReadFile(filepath.Join(dir, "calls"))
		return len(b)
	}
	wait(t, 90*time.Second, "a third of the pairs", func() bool { return calls() > slurmPairs/3 })

	victim := strings.TrimSpace(u.run(t, "squeue", "-h", "-t", "R", "-o", "%A %K", "-w", "n2"))
	if victim == "" {
		t.Fatalf("no task runs on n2:\n%s", u.run(t, "squeue"))
	}
	id, task, _ := strings.Cut(victim, " ")
	shards, _ := filepath.Glob(filepath.Join(dir, "array.npz.shards-*", "*.npz.sha256"))
	u.kill(t, "n2")
	t.Logf("killed n2 with task %s when %d of %d shards were there", task, len(shards), slurmShards)
	if len(shards) == 0 || len(shards) == slurmShards {
		t.Errorf("that is not half-way")
	}

	wait(t, 150*time.Second, "the end of the array", func() bool { return u.run(t, "squeue", "-h", "-j", job) == "" })
	if words := u.run(t, "scontrol", "show", "job", "-o", id); !strings.Contains(words, "Restarts=1 ") || !strings.Contains(words, "JobState=COMPLETED") {
		t.Errorf("the task of the dead node: %s", words)
	}
	if states := u.run(t, "sinfo", "-h", "-n", "n2", "-o", "%T"); !strings.HasPrefix(states, "down") {
		t.Errorf("n2 is %s", states)
	}
	// The dead task had one shard under way.
	if extra := calls() - slurmPairs; extra < 0 || extra > slurmPairs/slurmShards {
		t.Errorf("%d pairs took %d simulations", slurmPairs, calls())
	}

	// Undisturbed, and not in Slurm: many processes on one folder at once.
	const processes = 6
	errs := make(chan error, processes)
	for i := range processes {
		go func() {
			cmd := exec.Command("sh", "-c", command("undisturbed.npz"))
			cmd.Env = append(os.Environ(), "SLURM_ARRAY_TASK_ID="+strconv.Itoa(i), "SLURM_ARRAY_TASK_MIN=0",
				"SLURM_ARRAY_TASK_MAX="+strconv.Itoa(processes-1), "SLURM_ARRAY_TASK_COUNT="+strconv.Itoa(processes))
			words, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, words)
			}
			errs <- err
		}()
	}
	for range processes {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(dir, "array.npz"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "undisturbed.npz"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the array job made other bytes than an undisturbed run")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.shards-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// TestNumPyReadsShards stops a simulation and reads what is there.
func TestNumPyReadsShards(t *testing.T) {
	python := provided(t, "INNKEEPER_PYTHON")
	u := newUser(t).with("SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_MAX=1", "SLURM_ARRAY_TASK_COUNT=2")
	out := filepath.Join(t.TempDir(), "arm.npz")
	u.run(t, u.innkeeper, "simulate", "kinematics", "-n", "1000", "-shards", "10", "-o", out)
	const script = `
import glob, hashlib, json, sys
import numpy
paths = sorted(glob.glob(sys.argv[1] + ".shards-*/*.npz"))
assert len(paths) == 5, paths
for path in paths:
    digest = open(path + ".sha256").read().split()[0]
    assert hashlib.sha256(open(path, "rb").read()).hexdigest() == digest
    a = numpy.load(path)
    x, y = a["x"].astype(float), a["y"].astype(float)
    assert x.shape == (100, 4) and y.shape == (100, 2), (x.shape, y.shape)
    # Equations 13 and 14 of the paper.
    turns = [x[:, 1], x[:, 2] - x[:, 1], x[:, 3] - x[:, 1] - x[:, 2]]
    for got, want in zip(y.T, [x[:, 0] + sum(l * numpy.sin(t) for l, t in zip((.5, .5, 1), turns)),
                               sum(l * numpy.cos(t) for l, t in zip((.5, .5, 1), turns))]):
        assert numpy.abs(got - want).max() < 1e-5, (got, want)
`
	u.run(t, python, "-c", script, out)
}

// A cluster is a Slurm of its own and a user of it.
type cluster struct {
	user
	dir string
}

// newCluster starts a Slurm with nodes n1, n2, ... and ends it with the test.
func newCluster(t *testing.T, nodes int) cluster {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	for _, program := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s: bash .ci/test installs Debian's slurm-wlm and munge", program)
		}
	}
	dir, err := os.MkdirTemp("", "slurm-") // the name of a socket in it is bounded
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	args := append([]string{"slurm.sh", dir, strconv.Itoa(nodes)}, freePorts(t, nodes+1)...)
	c := cluster{newUser(t).with("SLURM_CONF="+filepath.Join(dir, "slurm.conf"), "PATH="+os.Getenv("PATH")), dir}
	cmd := exec.Command("bash", args...)
	cmd.Env = c.env
	var words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &words, &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := filepath.Glob(filepath.Join(dir, "log", "*"))
			for _, log := range logs {
				b, _ := os.ReadFile(log)
				t.Logf("%s:\n%s", filepath.Base(log), b[max(0, len(b)-3000):])
			}
		}
		for _, pid := range c.jobs(t, "") {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if t.Failed() {
			t.Logf("slurm.sh: %s", words.String())
		}
	})
	wait(t, 30*time.Second, "nodes that are idle", func() bool {
		sinfo := exec.Command("sinfo", "-h", "-t", "idle", "-o", "%D")
		sinfo.Env = c.env
		idle, _ := sinfo.Output() // fails until slurmctld listens
		return strings.TrimSpace(string(idle)) == strconv.Itoa(nodes)
	})
	return c
}

// freePorts are TCP ports that nobody listens on now.
func freePorts(t *testing.T, n int) (ports []string) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports
}

// kill takes a node away at once: its slurmd, the steps that it started, and
// their processes.
func (c cluster) kill(t *testing.T, node string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.dir, node, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	slurmd, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	jobs := c.jobs(t, node)
	if len(jobs) < 2 {
		t.Fatalf("no job of %s is found", node)
	}
	for _, pid := range append([]int{slurmd}, jobs...) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
}

// jobs are, for the jobs that run on a node ("" for all nodes), the process
// number of the step that watches each and, negative, of its process group:
// what kill takes. A job's script lies in the node's folder.
func (c cluster) jobs(t *testing.T, node string) (pids []int) {
	t.Helper()
	for line := range strings.Lines(c.run(t, "ps", "-eo", "pid=,ppid=,args=")) {
		var pid, parent int
		if _, err := fmt.Sscan(line, &pid, &parent); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, filepath.Join(c.dir, node)+"/") && strings.Contains(line, "/slurm_script") && parent > 1 {
			pids = append(pids, parent, -pid)
		}
	}
	return pids
}

// wait waits until something is so.
func wait(t *testing.T, atMost time.Duration, what string, so func() bool) {
	t.Helper()
	for start := time.Now(); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Since(start) > atMost {
			t.Fatalf("waited %v for %s", atMost, what)
		}
	}
}
