package train

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// descent is a training whose steps depend on all that a checkpoint keeps: Adam
// towards a target that moves with the step.
func descent(path string, steps int) (*Loop, []float32) {
	w := make([]float32, 10)
	pool := NewPool(1)
	adam := &Adam{Rate: 0.1, Final: 0.01, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8}
	l := &Loop{
		Settings: Settings{Checkpoint: path, CheckpointEvery: 7}, Package: "inn", Steps: steps, Names: []string{"square"}, Weights: w, Of: "test",
		Each: func(Progress) error { return nil },
	}
	loss := func(step float64) (float64, []float32) {
		sum, g := 0.0, make([]float32, len(w))
		for i := range w {
			d := float64(w[i]) - math.Sin(step/3+float64(i))
			sum += d * d
			g[i] = float32(2 * d)
		}
		return sum, g
	}
	l.Step = func(i int, terms []float64) {
		sum, g := loss(float64(i))
		terms[0] = sum
		adam.Update(pool, w, g, adam.RateAt(i, steps))
	}
	l.Look = func() float64 { v, _ := loss(0); return v }
	l.LookEvery = 3
	adam.Keep(&l.State, len(w))
	return l, w
}

func TestResumedTrainingEndsWithTheSameBytes(t *testing.T) {
	undisturbed, want := descent("", 60)
	if err := undisturbed.Run(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state")
	stop := errors.New("stop")
	last := 0
	for _, at := range []int{1, 20, 21, 33, 59, 1000, 1000} {
		l, w := descent(path, 60)
		l.Each = func(p Progress) error {
			if p.Step <= last && last < 60 {
				t.Fatalf("step %d again", p.Step)
			}
			if p.Step >= at {
				last = p.Step
				return stop
			}
			return nil
		}
		err := l.Run()
		if at < 60 {
			if !errors.Is(err, stop) || !strings.Contains(err.Error(), "and "+path+" that of step") {
				t.Fatalf("stopped at step %d: %v", at, err)
			}
			if data, err := os.ReadFile(path); err != nil || !strings.Contains(string(data), `"Step":`) {
				t.Fatal(err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(w, want) {
			t.Fatalf("the weights are %v, of an undisturbed training %v", w, want)
		}
	}
}

func TestTheWeightsOfTheLeastLossAreKept(t *testing.T) {
	l, w := descent("", 60)
	best, least := slices.Clone(w), math.Inf(1)
	look := l.Look
	l.Look = func() float64 {
		v := look()
		if v < least {
			best, least = slices.Clone(w), v
		}
		return v
	}
	if err := l.Run(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w, best) {
		t.Error("the weights are not those of the least loss")
	}
	if again := look(); again != least {
		t.Errorf("their loss is %v, want %v", again, least)
	}
}

func TestPatienceEndsTraining(t *testing.T) {
	l, _ := descent("", 1000)
	l.Patience = 4
	looks, stale, least := 0, 0, math.Inf(1)
	look := l.Look
	l.Look = func() float64 {
		v := look()
		looks++
		if stale++; v < least {
			least, stale = v, 0
		}
		return v
	}
	steps := 0
	l.Each = func(p Progress) error { steps = p.Step; return nil }
	if err := l.Run(); err != nil {
		t.Fatal(err)
	}
	if stale != 4 || steps != 3*looks || steps > 900 {
		t.Errorf("training ended after %d steps and %d looks, %d since the best", steps, looks, stale)
	}
}

func TestALossThatIsNotFiniteStopsTraining(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	l, w := descent(path, 1000)
	step := l.Step
	var at100 []float32
	l.Step = func(i int, terms []float64) {
		if i == 100 {
			at100 = slices.Clone(w)
		}
		step(i, terms)
		if i == 150 {
			terms[0] = math.NaN()
			w[0] = float32(math.NaN())
		}
	}
	l.Look = nil
	err := l.Run()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"inn: training stopped at step 151 of 1000", `the loss term "square" became NaN`, "the network of step 100", "that of step 147"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if !slices.Equal(w, at100) {
		t.Error("the weights are not those of step 100")
	}
}

// A loss can be finite where its gradient is not: such weights are in no
// checkpoint and are not what training ends with.
func TestWeightsThatAreNotFiniteAreNotKept(t *testing.T) {
	for _, at := range []int{146, 150, 999} { // before a checkpoint, between two, the last
		path := filepath.Join(t.TempDir(), "state")
		l, w := descent(path, 1000)
		step := l.Step
		l.Step = func(i int, terms []float64) {
			step(i, terms)
			if i == at {
				w[3] = float32(math.Inf(1))
			}
		}
		l.Look = nil
		err := l.Run()
		if err == nil || !strings.Contains(err.Error(), "became") || !strings.Contains(err.Error(), fmt.Sprintf("that of step %d", at/7*7)) {
			t.Errorf("infinite at step %d: %v", at, err)
		}
		again, w := descent(path, 1000)
		again.Look = nil
		if err := again.Run(); err != nil {
			t.Errorf("going on after an infinite weight at step %d: %v", at, err)
		}
		undisturbed, want := descent("", 1000)
		undisturbed.Look = nil
		if err := undisturbed.Run(); err != nil || !slices.Equal(w, want) {
			t.Errorf("going on after an infinite weight at step %d: %v, %v, want %v", at, err, w, want)
		}
	}
}

func TestCheckpointsOfOthers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	l, _ := descent(path, 30)
	if err := l.Run(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) []byte { return []byte(strings.Replace(string(good), from, to, 1)) }
	flipped := slices.Clone(good)
	flipped[len(flipped)-50] ^= 1
	for name, c := range map[string]struct {
		data []byte
		of   string
		want string
	}{
		"empty":        {nil, "test", "is no checkpoint"},
		"other file":   {[]byte("PK\x03\x04 something else\n"), "test", "is no checkpoint"},
		"other pairs":  {good, "others", "is of other pairs or settings"},
		"cut off":      {good[:len(good)-1], "test", "is cut off"},
		"longer":       {append(slices.Clone(good), 0), "test", "is cut off or has something behind"},
		"flipped bit":  {flipped, "test", "its checksum differs"},
		"other parts":  {change(`"Count":10`, `"Count":11`), "test", "its checksum differs"},
		"huge numbers": {change(`"Count":10`, `"Count":9999999999999`), "test", "is"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, c.data, 0o644); err != nil {
				t.Fatal(err)
			}
			l, w := descent(path, 30)
			l.Of = c.of
			err := l.Run()
			if err == nil || !strings.Contains(err.Error(), path+" "+c.want) && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if !slices.Equal(w, make([]float32, 10)) {
				t.Error("the weights were changed")
			}
			if now, _ := os.ReadFile(path); !slices.Equal(now, c.data) {
				t.Error("the file was changed")
			}
		})
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestLeftoversOfAKillAreSweptAway(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".state.unfinished-123", ".other.unfinished-1", "state.bak"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, _ := descent(filepath.Join(dir, "state"), 10)
	if err := l.Run(); err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{".other.unfinished-1", "state", "state.bak"}; !slices.Equal(names, want) {
		t.Errorf("the folder holds %v, want %v", names, want)
	}
}

func TestACheckpointThatCannotBeWritten(t *testing.T) {
	l, w := descent(filepath.Join(t.TempDir(), "no folder", "state"), 30)
	err := l.Run()
	if err == nil || !strings.Contains(err.Error(), "the checkpoint cannot be written") {
		t.Errorf("%v", err)
	}
	if w[0] == 0 {
		t.Error("the weights so far are not kept")
	}
}

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		t    float64
		want float64
	}{
		{"", 0.5, 1e-2}, {Exponential, 0.5, 1e-2}, {Exponential, 1, 1e-3},
		{Cosine, 0, 1e-1}, {Cosine, 0.5, (1e-1 + 1e-3) / 2}, {Cosine, 1, 1e-3},
		{Linear, 0.25, 0.75*1e-1 + 0.25*1e-3}, {Constant, 0.9, 1e-1},
		{Staircase, 0.24, 1e-1}, {Staircase, 0.26, 1e-1 * math.Pow(1e-2, 1.0/3)}, {Staircase, 1, 1e-3},
	} {
		if got := c.s.At(c.t, 1e-1, 1e-3); math.Abs(got/c.want-1) > 1e-12 {
			t.Errorf("%s at %v is %v, want %v", c.s, c.t, got, c.want)
		}
		if err := c.s.Check(); err != nil {
			t.Error(err)
		}
	}
	if err := Schedule("slowly").Check(); err == nil || !strings.Contains(err.Error(), `"slowly", want "exponential"`) {
		t.Error(err)
	}
}
