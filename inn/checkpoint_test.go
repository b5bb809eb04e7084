package inn_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/mmd"
	"github.com/innkeeper-notebook/innkeeper/inn/train"
)

// small is a training with everything that a checkpoint must keep.
func small(path string) *inn.Settings {
	return &inn.Settings{Steps: 60, Width: 16, Blocks: 2, Batch: 100, Seed: 5, Checkpoint: path, CheckpointEvery: 5,
		Held: 0.3, RampX: 30, Gamma: 0.2, Schedule: train.Cosine, WeightLikelihood: 0.1, KernelX: mmd.Power(), Unbiased: true}
}

func bytesOf(t *testing.T, m *inn.Model) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestStoppedTrainingGoesOn(t *testing.T) {
	pairs, err := linear.Pairs(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := inn.Train(pairs, small(""))
	if err != nil {
		t.Fatal(err)
	}
	want := bytesOf(t, m)
	path := filepath.Join(t.TempDir(), "state")
	stop := errors.New("stop")
	for i, at := range []int{1, 13, 14, 41, 60} {
		s := small(path)
		s.Workers = 1 + i%3
		s.Each = func(p inn.Progress) error {
			if p.Step >= at && at < 60 {
				return stop
			}
			return nil
		}
		if m, err = inn.Train(pairs, s); at < 60 && !errors.Is(err, stop) || at == 60 && err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(bytesOf(t, m), want) {
		t.Error("a training that was stopped four times ends with another network")
	}
	other := small(path)
	other.Rate = 1e-3
	if _, err := inn.Train(pairs, other); err == nil || !strings.Contains(err.Error(), "is of other settings (Final is 0.00002 there and 0.00001 here, Rate is 0.002 there and 0.001 here)") {
		t.Errorf("with another rate: %v", err)
	}
	fewer, err := linear.Pairs(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inn.Train(fewer, small(path)); err == nil || !strings.Contains(err.Error(), "is of other pairs;") {
		t.Errorf("with other pairs: %v", err)
	}
}

// TestKilledTraining kills a process that trains twenty times with -9, at
// random moments. The process is this test.
func TestKilledTraining(t *testing.T) {
	const variable = "INNKEEPER_TEST_TRAIN"
	pairs, err := linear.Pairs(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv(variable); dir != "" {
		s := small(filepath.Join(dir, "state"))
		s.Steps, s.CheckpointEvery = 3000, 3
		m, err := inn.Train(pairs, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Save(filepath.Join(dir, "model")); err != nil {
			t.Fatal(err)
		}
		return
	}
	s := small("")
	s.Steps = 3000
	m, err := inn.Train(pairs, s)
	if err != nil {
		t.Fatal(err)
	}
	dir, kills := t.TempDir(), 0
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if time.Now().After(deadline) {
			t.Fatal("the training does not come to its end")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledTraining$")
		cmd.Env = append(os.Environ(), variable+"="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		patience := time.Duration(50+rand.IntN(100)) * time.Millisecond
		if kills == 20 {
			patience = time.Minute
		}
		select {
		case err = <-done:
		case <-time.After(patience):
			cmd.Process.Kill()
			<-done
			kills++
			continue
		}
		if err != nil {
			t.Fatal("the training fails after a kill")
		}
		break
	}
	got, err := os.ReadFile(filepath.Join(dir, "model"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, bytesOf(t, m)) {
		t.Errorf("after %d kills the network is another one", kills)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
	t.Log(kills, "kills")
}

func TestTheLeastLossIsKept(t *testing.T) {
	pairs, err := linear.Pairs(600, 1)
	if err != nil {
		t.Fatal(err)
	}
	var held []float64
	m, err := inn.Train(pairs, &inn.Settings{Steps: 400, Width: 32, Batch: 50, Held: 0.2, Patience: 3, Seed: 1, Decay: inn.None, Rate: 1e-2, Final: 1e-2,
		Each: func(p inn.Progress) error {
			if n := len(held); p.Held == p.Held && (n == 0 || held[n-1] != p.Held) {
				held = append(held, p.Held)
			}
			return nil
		}})
	if err != nil || m == nil {
		t.Fatal(err)
	}
	least := slices.Min(held)
	if at := slices.Index(held, least); len(held) != at+4 {
		t.Errorf("the looks saw %.3g: want three after the least", held)
	}
	for _, c := range []struct {
		s    inn.Settings
		want string
	}{
		{inn.Settings{Patience: 3}, "Settings.Patience needs pairs to look at"},
		{inn.Settings{Held: 0.001}, "Settings.Held is 0.001 of 600 pairs, which is less than one"},
		{inn.Settings{Batch: 5000}, "Settings.Batch is 5000, but there are 600 training pairs: give a smaller Batch"},
		{inn.Settings{Batch: 580, Held: 0.1}, "Settings.Batch is 580, but there are 540 training pairs, besides 60 that Settings.Held holds back: give"},
		{inn.Settings{Batch: 10, Held: 0.98}, "20 training pairs, besides 580 that Settings.Held holds back, are too few: want at least 30, ten for each parameter"},
		{inn.Settings{Held: 1}, "Settings.Held is 1, want 0 or more and less than 1"},
		{inn.Settings{Schedule: "x"}, `Settings.Schedule is "x", want`},
		{inn.Settings{KernelX: mmd.Kernel{Family: "round"}}, `Settings.KernelX: the kernel's family is "round"`},
		{inn.Settings{CheckpointEvery: -1}, "Settings.CheckpointEvery is -1"},
	} {
		if _, err := inn.Train(pairs, &c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// Fewer pairs than a batch can be held back, as the tenth of a thousand.
func TestFewPairsHeldBack(t *testing.T) {
	pairs, err := linear.Pairs(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for _, workers := range []int{1, 2} {
		var held []float64
		m, err := inn.Train(pairs, &inn.Settings{Steps: 60, Width: 16, Blocks: 2, Held: 0.1, Workers: workers, Each: func(p inn.Progress) error {
			if !math.IsNaN(p.Held) && (len(held) == 0 || p.Held != held[len(held)-1]) {
				held = append(held, p.Held)
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if len(held) < 5 || !(held[len(held)-1] < held[0]) {
			t.Errorf("the looks saw %v", held)
		}
		if got := bytesOf(t, m); want == nil {
			want = got
		} else if !slices.Equal(got, want) {
			t.Error("two workers end with another network")
		}
	}
}

func ExampleSettings_checkpoint() {
	problem := inn.Problem{
		X: inn.Vars("a", "b"), Y: inn.Vars("total"),
		Prior:    inn.Normal([]float64{0, 0}, []float64{1, 1}),
		Simulate: func(_ *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} },
	}
	pairs, _ := problem.Pairs(1000, 1)
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	settings := inn.Settings{Steps: 50, Width: 16, Checkpoint: filepath.Join(dir, "training"), Each: func(p inn.Progress) error {
		if p.Step == 20 {
			return errors.New("the power fails")
		}
		return nil
	}}
	inn.Train(pairs, &settings)
	settings.Each = func(p inn.Progress) error {
		if p.Step == 21 {
			fmt.Println("goes on with step", p.Step)
		}
		return nil
	}
	_, err := inn.Train(pairs, &settings)
	fmt.Println(err)
	// Output:
	// goes on with step 21
	// <nil>
}
