//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/sim"
)

// innkeeper is the test binary as the innkeeper command: see TestMain.
func innkeeper(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "INNKEEPER_TEST_COMMAND=1")
	return cmd
}

// Killed with -9 twenty times or more at random moments, one of them at least when some
// shards were made, simulate ends with the bytes
// of an undisturbed run and leaves nothing else behind.
func TestSimulateSurvivesKills(t *testing.T) {
	const n, shards = "300000", "60"
	dir := t.TempDir()
	pairs, note, err := sim.Make("kinematics", 300000, 3)
	if err != nil {
		t.Fatal(err)
	}
	undisturbed := filepath.Join(dir, "undisturbed.npz")
	if err := pairs.Save(undisturbed, note); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "arm.npz")
	args := []string{"simulate", "kinematics", "-n", n, "-seed", "3", "-shards", shards, "-o", out}
	made := func() int {
		files, _ := filepath.Glob(out + ".shards-*/*.npz.sha256")
		return len(files)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed of the kills %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	kills, halfway := 0, 0
	most := 250 // milliseconds before a kill; more where the machine is slower
	for kills < 20 || halfway == 0 {
		cmd := innkeeper(context.Background(), args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rng.IntN(most)) * time.Millisecond)
		cmd.Process.Kill()
		var status *exec.ExitError
		if err := cmd.Wait(); errors.As(err, &status) && status.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
			kills++
		}
		if made() > 0 {
			halfway++
		} else {
			most += 50
		}
		// Done too soon: the rest of the kills hit it from the start again.
		if _, err := os.Stat(out + ".sha256"); err == nil {
			os.Remove(out)
			os.Remove(out + ".sha256")
		}
	}
	if words, err := innkeeper(context.Background(), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, words)
	}
	for _, suffix := range []string{"", ".sha256"} {
		got, err := os.ReadFile(out + suffix)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(undisturbed + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if want = bytes.ReplaceAll(want, []byte("undisturbed.npz"), []byte("arm.npz")); !bytes.Equal(got, want) {
			t.Errorf("after %d kills %s has other bytes", kills, filepath.Base(out+suffix))
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 4 {
		t.Errorf("left behind: %v", entries)
	}
}

// A problem in a notebook: the cells tagged "problem", and no other, are run.
func TestSimulateProblemOfNotebook(t *testing.T) {
	dir := t.TempDir()
	notebook := filepath.Join(dir, "sum.ipynb")
	write := func(scale string) {
		t.Helper()
		const text = `{"cells": [
			{"cell_type": "code", "metadata": {"tags": ["problem"]}, "execution_count": null, "outputs": [], "source": "scale := SCALE"},
			{"cell_type": "code", "metadata": {"tags": ["problem"]}, "execution_count": null, "outputs": [], "source":
				"sum := inn.Problem{Name: \"sum\", X: inn.Vars(\"a\", \"b\"), Y: inn.Vars(\"s\"), Prior: inn.Normal([]float64{0, 0}, []float64{1, 1}),\n\tSimulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{scale * (x[0] + x[1])} }}"},
			{"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": "panic(\"not to be run\")"}],
			"metadata": {"kernelspec": {"name": "innkeeper", "display_name": "Go", "language": "go"}}, "nbformat": 4, "nbformat_minor": 4}`
		if err := os.WriteFile(notebook, []byte(strings.Replace(text, "SCALE", scale, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := innkeeper(context.Background(), append([]string{"simulate"}, args...)...)
		cmd.Dir = dir
		words, err := cmd.CombinedOutput()
		if err != nil {
			return err.Error() + "\n" + string(words)
		}
		return string(words)
	}
	for _, scale := range []float64{2, 3} { // the second time the cells have changed
		write(map[float64]string{2: "2.0", 3: "3.0"}[scale])
		if scale == 3 {
			if words := run("sum.ipynb:sum", "-n", "50", "-shards", "4"); !strings.Contains(words, "sum.npz is there already and holds other pairs (cells is ") || !strings.Contains(words, "exit status 1") {
				t.Errorf("over the pairs of other cells: %s", words)
			}
			if err := os.Remove(filepath.Join(dir, "sum.npz")); err != nil {
				t.Fatal(err)
			}
		}
		if words := run("sum.ipynb:sum", "-n", "50", "-shards", "4"); !strings.Contains(words, "wrote sum.npz") {
			t.Fatal(words)
		}
		pairs, err := inn.LoadPairs(filepath.Join(dir, "sum.npz"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range pairs.Len() {
			x, y := pairs.X.Row(i), pairs.Y.Row(i)
			if want := scale * (x[0] + x[1]); y[0]-want > 1e-5 || want-y[0] > 1e-5 {
				t.Fatalf("pair %d: %v gives %v, want %v", i, x, y, want)
			}
		}
	}
	if words := run("sum.ipynb:sum", "-n", "50", "-shards", "4"); !strings.Contains(words, "there already") {
		t.Error(words)
	}
	if words := run("kinematics", "-n", "50", "-o", "arm.csv"); !strings.Contains(words, "-o arm.csv: pairs are written as a NumPy archive") {
		t.Error(words)
	}
	for variable, want := range map[string]string{"som": "undefined: som", "scale": "inn.Problem"} {
		if words := run("sum.ipynb:"+variable, "-n", "50"); !strings.Contains(words, want) || !strings.Contains(words, "exit status 1") {
			t.Errorf("variable %s: %s", variable, words)
		}
	}
}
