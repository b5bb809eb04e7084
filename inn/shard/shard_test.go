package shard

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/progress"
)

// toy is a problem that counts how often it is simulated.
func toy(calls *atomic.Int64) inn.Problem {
	return inn.Problem{
		Name:  "toy",
		X:     inn.Vars("a", "b [cm]"),
		Y:     inn.Vars("s"),
		Prior: func(rng *rand.Rand) []float64 { return []float64{rng.Float64(), rng.NormFloat64()} },
		Simulate: func(rng *rand.Rand, x []float64) []float64 {
			calls.Add(1)
			return []float64{x[0] + x[1] + rng.NormFloat64()}
		},
		Concurrent: true,
	}
}

const n, seed = 101, 7

func toyNote() map[string]string {
	return map[string]string{"problem": "toy", "pairs": "101", "seed": "7", "by": "a test"}
}

// want are the file's bytes as Pairs and Save make them.
func want(t *testing.T) []byte {
	t.Helper()
	p := toy(new(atomic.Int64))
	p.Concurrent = false
	pairs, err := p.Pairs(n, seed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "whole.npz")
	if err := pairs.Save(path, toyNote()); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func settings(shards int, task Task) *Settings {
	return &Settings{Shards: shards, Task: task, Note: map[string]string{"by": "a test"}}
}

// alone checks that the file and its checksum are all that is left.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("the folder holds %v", entries)
	}
	if _, err := inn.LoadPairs(path); err != nil {
		t.Error(err)
	}
}

func TestBytesDependOnThePairsAlone(t *testing.T) {
	want := want(t)
	for _, shards := range []int{0, 1, 2, 7, n} {
		for _, concurrent := range []bool{true, false} {
			p := toy(new(atomic.Int64))
			p.Concurrent = concurrent
			path := filepath.Join(t.TempDir(), "toy.npz")
			state, err := Make(p, n, seed, path, settings(shards, Task{}))
			if err != nil || !state.Merged {
				t.Fatalf("%d shards: %v, error %v", shards, state, err)
			}
			if !bytes.Equal(read(t, path), want) {
				t.Errorf("%d shards, concurrent %t: other bytes", shards, concurrent)
			}
			alone(t, path)
		}
	}
}

// The tasks of an array job, in any order, make each pair once, and the last
// of them merges.
func TestTasksShareTheWork(t *testing.T) {
	want := want(t)
	for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}} {
		var calls atomic.Int64
		path := filepath.Join(t.TempDir(), "toy.npz")
		for k, i := range order {
			state, err := Make(toy(&calls), n, seed, path, settings(8, Task{i, 3}))
			if err != nil {
				t.Fatal(err)
			}
			if last := k == len(order)-1; state.Merged != last {
				t.Errorf("task %d, as number %d of 3: %v", i, k, state)
			}
		}
		if calls.Load() != n {
			t.Errorf("%d pairs took %d simulations", n, calls.Load())
		}
		if !bytes.Equal(read(t, path), want) {
			t.Error("tasks make other bytes")
		}
		alone(t, path)
	}
}

// What is finished is not made again; what is damaged, is.
func TestFinishedShardsAreSkipped(t *testing.T) {
	want := want(t)
	path := filepath.Join(t.TempDir(), "toy.npz")
	var calls atomic.Int64
	boom := toy(&calls)
	simulate := boom.Simulate
	boom.Simulate = func(rng *rand.Rand, x []float64) []float64 {
		if calls.Load() == 60 {
			panic("out of tea")
		}
		return simulate(rng, x)
	}
	boom.Concurrent = false
	_, err := Make(boom, n, seed, path, settings(n, Task{}))
	if err == nil || !strings.Contains(err.Error(), "out of tea") || !strings.Contains(err.Error(), "(pair ") {
		t.Fatalf("error %v", err)
	}
	dirs, _ := filepath.Glob(path + ".shards-*")
	if len(dirs) != 1 {
		t.Fatalf("folders of shards: %v", dirs)
	}
	done, _ := filepath.Glob(filepath.Join(dirs[0], "*.npz"))
	if len(done) != 60 {
		t.Fatalf("%d shards are kept of 60 that were made", len(done))
	}
	// One shard loses a byte's truth, one its checksum, one is that of another place.
	damaged := read(t, done[3])
	damaged[len(damaged)/2] ^= 1
	if err := os.WriteFile(done[3], damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(done[4] + ".sha256"); err != nil {
		t.Fatal(err)
	}
	other, err := inn.LoadPairs(done[5])
	if err != nil {
		t.Fatal(err)
	}
	note, err := inn.LoadNote(done[5])
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Save(done[6], note); err != nil {
		t.Fatal(err)
	}
	calls.Store(0)
	if _, err := Make(toy(&calls), n, seed, path, settings(n, Task{})); err != nil {
		t.Fatal(err)
	}
	if calls.Load() != n-60+3 {
		t.Errorf("%d pairs were simulated again, want %d", calls.Load(), n-60+3)
	}
	if !bytes.Equal(read(t, path), want) {
		t.Error("other bytes")
	}
	alone(t, path)

	calls.Store(0)
	if state, err := Make(toy(&calls), n, seed, path, settings(3, Task{})); err != nil || !state.Already || calls.Load() != 0 {
		t.Errorf("made again: %v, error %v, %d simulations", state, err, calls.Load())
	}
	if err := os.Remove(path + ".sha256"); err != nil {
		t.Fatal(err)
	}
	if state, err := Make(toy(&calls), n, seed, path, settings(3, Task{})); err != nil || !state.Already || calls.Load() != 0 {
		t.Errorf("without its checksum: %v, error %v, %d simulations", state, err, calls.Load())
	}
	alone(t, path)
}

// A shard damaged after its task ended is made again by whoever merges.
func TestDamageIsFoundWhenMerging(t *testing.T) {
	path := filepath.Join(t.TempDir(), "toy.npz")
	var calls atomic.Int64
	if _, err := Make(toy(&calls), n, seed, path, settings(6, Task{0, 2})); err != nil {
		t.Fatal(err)
	}
	shards, _ := filepath.Glob(path + ".shards-*/0002.npz")
	if err := os.Truncate(shards[0], 100); err != nil {
		t.Fatal(err)
	}
	if state, err := Make(toy(&calls), n, seed, path, settings(6, Task{1, 2})); err != nil || !state.Merged {
		t.Fatalf("%v, error %v", state, err)
	}
	if !bytes.Equal(read(t, path), want(t)) {
		t.Error("other bytes")
	}
}

// Processes that work in one folder do each other no harm.
func TestTogether(t *testing.T) {
	want := want(t)
	for round := range 30 {
		path := filepath.Join(t.TempDir(), "toy.npz")
		if round%2 == 1 { // over a damaged file
			if _, err := Make(toy(new(atomic.Int64)), n, seed+1, path, settings(2, Task{})); err != nil {
				t.Fatal(err)
			}
			b := read(t, path)
			b[len(b)/2] ^= 1
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if state, err := Make(toy(new(atomic.Int64)), n, seed, path, settings(9, Task{})); err != nil || !state.Merged {
					t.Errorf("%v, error %v", state, err)
				}
			})
		}
		wg.Wait()
		if !bytes.Equal(read(t, path), want) {
			t.Fatal("other bytes")
		}
		alone(t, path)
	}
}

// A file of other pairs, or of something else, is not replaced.
func TestOtherPairsStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "toy.npz")
	var calls atomic.Int64
	if _, err := Make(toy(&calls), n, seed, path, settings(2, Task{})); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	other := toy(&calls)
	other.Name = "tea"
	calls.Store(0)
	for want, call := range map[string]func() (State, error){
		"pairs is 101 there and 102 here":   func() (State, error) { return Make(toy(&calls), n+1, seed, path, settings(2, Task{})) },
		"seed is 7 there and 8 here":        func() (State, error) { return Make(toy(&calls), n, seed+1, path, settings(2, Task{1, 2})) },
		"problem is toy there and tea here": func() (State, error) { return Make(other, n, seed, path, settings(2, Task{})) },
		"by is a test there and another here": func() (State, error) {
			return Make(toy(&calls), n, seed, path, &Settings{Note: map[string]string{"by": "another"}})
		},
		"is a folder": func() (State, error) { return Make(toy(&calls), n, seed, filepath.Dir(path), nil) },
		"holds other pairs (their note is map[by:a test pairs:10": func() (State, error) { return Make(toy(&calls), n, seed, path, nil) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if !bytes.Equal(read(t, path), before) || calls.Load() != 0 {
		t.Errorf("the file is another, or pairs were made: %d", calls.Load())
	}
	alone(t, path)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create("thesis.txt"); err != nil {
		t.Fatal(err)
	}
	z.Close()
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	os.Remove(path + ".sha256")
	if _, err := Make(toy(&calls), n, seed, path, nil); err == nil || !strings.Contains(err.Error(), "something else than pairs") {
		t.Errorf("error %v", err)
	}
}

func TestStop(t *testing.T) {
	stop := errors.New("enough")
	defer progress.Observe(func(progress.Report) error { return stop })()
	path := filepath.Join(t.TempDir(), "toy.npz")
	if _, err := Make(toy(new(atomic.Int64)), n, seed, path, nil); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a file")
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	p := toy(new(atomic.Int64))
	for _, c := range []struct {
		p    inn.Problem
		n    int
		s    *Settings
		want string
	}{
		{inn.Problem{Name: "empty"}, 1, nil, "no X"},
		{p, 0, nil, "0 pairs"},
		{p, 3, &Settings{Shards: 4}, "4 shards of 3 pairs, want 1 to 3"},
		{p, 3, &Settings{Shards: -1}, "-1 shards"},
		{p, 3, &Settings{Task: Task{2, 2}}, "task 2 of 2"},
		{p, 3, &Settings{Task: Task{-1, 2}}, "task -1 of 2"},
	} {
		if _, err := Make(c.p, c.n, 1, filepath.Join(t.TempDir(), "x.npz"), c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d pairs, %+v: error %v, want one about %q", c.n, c.s, err, c.want)
		}
	}
}

func TestArrayTask(t *testing.T) {
	slurm := func(id, count, lowest, highest int) map[string]string {
		return map[string]string{
			"SLURM_ARRAY_TASK_ID": fmt.Sprint(id), "SLURM_ARRAY_TASK_COUNT": fmt.Sprint(count),
			"SLURM_ARRAY_TASK_MIN": fmt.Sprint(lowest), "SLURM_ARRAY_TASK_MAX": fmt.Sprint(highest),
		}
	}
	for _, c := range []struct {
		env    map[string]string
		shards int
		task   Task
		want   string
	}{
		{nil, 0, Task{}, ""},
		{slurm(0, 4, 0, 3), 0, Task{0, 4}, ""},
		{slurm(4, 4, 1, 4), 9, Task{3, 4}, ""},
		{slurm(14, 3, 10, 18), 0, Task{1, 3}, ""},
		{slurm(5, 1, 5, 5), 0, Task{0, 1}, ""},
		{slurm(5, 3, 1, 6), 0, Task{}, "evenly spaced"},
		{slurm(2, 3, 1, 9), 0, Task{}, "evenly spaced"},
		{map[string]string{"SLURM_ARRAY_TASK_ID": "1"}, 0, Task{}, `SLURM_ARRAY_TASK_COUNT is ""`},
		{map[string]string{"JOB_COMPLETION_INDEX": "2"}, 5, Task{2, 5}, ""},
		{map[string]string{"JOB_COMPLETION_INDEX": "2"}, 0, Task{}, "give the number of shards"},
		{map[string]string{"JOB_COMPLETION_INDEX": "5"}, 5, Task{}, "there are 5 shards"},
		{map[string]string{"JOB_COMPLETION_INDEX": "x"}, 5, Task{}, `is "x", want a number`},
	} {
		task, err := ArrayTask(func(name string) string { return c.env[name] }, c.shards)
		switch {
		case c.want == "" && (err != nil || task != c.task):
			t.Errorf("%v: %v, error %v; want %v", c.env, task, err, c.task)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%v: error %v, want one about %q", c.env, err, c.want)
		}
	}
}
