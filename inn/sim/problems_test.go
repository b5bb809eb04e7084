package sim

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// The pairs that are shipped are those that their note says how to make.
func TestShippedPairsAreMadeAgain(t *testing.T) {
	for file, want := range map[string]int{"tissue-train.npz": 15000, "tissue-test.npz": 5000, "cluster-train.npz": 8772, "cluster-test.npz": 2000} {
		path := filepath.Join("..", "..", "notebooks", "data", file)
		shipped, err := inn.LoadPairs(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if shipped.Len() != want {
			t.Errorf("%s has %d pairs, want %d", file, shipped.Len(), want)
		}
		note, err := inn.LoadNote(path)
		if err != nil {
			t.Fatal(err)
		}
		seed, err := strconv.ParseUint(note["seed"], 10, 64)
		if err != nil {
			t.Fatalf("%s: seed: %v", file, err)
		}
		const first = 4
		made, now, err := Make(note["problem"], first, seed)
		if err != nil {
			t.Fatal(err)
		}
		delete(now, "pairs")
		delete(now, "command")
		said := maps.Clone(note)
		delete(said, "pairs")
		delete(said, "command")
		if !maps.Equal(now, said) || note["pairs"] != strconv.Itoa(want) {
			t.Errorf("%s was made with %v; now it is %v", file, note, now)
		}
		for _, side := range []struct{ made, shipped *inn.Samples }{{made.X, shipped.X}, {made.Y, shipped.Y}} {
			for i := range first {
				for j, v := range side.made.Row(i) {
					if got := side.shipped.Row(i)[j]; got != float64(float32(v)) {
						t.Errorf("%s, pair %d: %s is %v, made again it is %v", file, i, side.made.Vars[j].Name, got, float32(v))
					}
				}
			}
		}
	}
}

func TestTrainAndTestPairsDiffer(t *testing.T) {
	a, b := inn.RNG(1, 0), inn.RNG(2, 0)
	if x, y := tissuePrior(a), tissuePrior(b); x[0] == y[0] {
		t.Errorf("seeds 1 and 2 draw the same s_O2 %g", x[0])
	}
}

// Every problem of the list is made under its name, and by chance alone.
func TestMakeEveryProblem(t *testing.T) {
	if got, want := strings.Join(Problems(), " "), "tissue kinematics kinematics-cumulative mixture cluster"; got != want {
		t.Errorf("problems: %s; want %s", got, want)
	}
	for _, name := range Problems()[1:] {
		a, note, err := Make(name, 50, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := Make(name, 50, 1)
		if err != nil {
			t.Fatal(err)
		}
		if a.Len() != 50 || !slices.Equal(a.X.Data, b.X.Data) || !slices.Equal(a.Y.Data, b.Y.Data) {
			t.Errorf("%s: made twice, the pairs differ", name)
		}
		if note["problem"] != name || note["settings"] == "" {
			t.Errorf("%s: the note is %v", name, note)
		}
	}
}

func TestUnknownProblem(t *testing.T) {
	_, _, err := Make("tisue", 1, 1)
	if err == nil || !strings.Contains(err.Error(), `no problem "tisue"; there is tissue`) {
		t.Errorf("error %v", err)
	}
}
