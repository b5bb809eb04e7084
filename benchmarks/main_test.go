package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// The test binary is every competitor.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "-serve" {
		exit(compete(os.Stdin, os.Stdout, os.Args[2], 1))
		return
	}
	os.Exit(m.Run())
}

// TestRace runs innkeeper against itself: the whole of the command but PyTorch.
func TestRace(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var races []race
	for _, n := range []Network{
		{Name: "tiny", D: 2, M: 1, K: 2, Nominal: 5, Blocks: 1, Layers: 2, Width: 8, Batch: 20, Clamp: 2, Widths: []float64{1}, Pairs: 100},
		{Name: "MMD", D: 16},
	} {
		text, _ := json.Marshal(n)
		argv := []string{self, "-serve", string(text)}
		rs, versions, used, err := run(n, [competitors][]string{argv, argv, argv, argv}, 3, 0.02, 1)
		if err != nil {
			t.Fatal(err)
		}
		if used <= 0 || !strings.HasPrefix(versions[eager], "innkeeper") {
			t.Errorf("%v of processor time, versions %q", used, versions)
		}
		races = append(races, rs...)
	}
	if len(races) != 3 {
		t.Fatalf("%d races, want training, sampling and the discrepancy", len(races))
	}
	for _, r := range races {
		for i, v := range r.rate {
			if !(v > 0) || math.IsInf(v, 0) || r.spread[i][0] > v || r.spread[i][1] < v {
				t.Errorf("%s %s: competitor %d makes %v a second, between %v", r.Name, r.work, i, v, r.spread[i])
			}
		}
	}
	var b bytes.Buffer
	// A competitor that is not there has no figures.
	races[0].rate[compiled] = 0
	rows(&b, races[:1])
	if text := b.String(); !strings.Contains(text, "| - | - | ") {
		t.Errorf("without a compiled competitor:\n%s", text)
	}
	b.Reset()
	rows(&b, races)
	if text := b.String(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Count(text, "\n|") != 4 {
		t.Errorf("the table:\n%s", text)
	}
}

// TestOperations counts one small network by hand.
func TestOperations(t *testing.T) {
	n := Network{D: 2, M: 1, K: 1, Nominal: 4, Blocks: 1, Layers: 2, Width: 3, Batch: 10}
	weights := 2 * (2*3 + 3*4) // two perceptrons 2-3-4
	want := 2*10*weights*9 + 2*10*10*5*4
	if got := n.operations(); got != float64(want) {
		t.Errorf("%v operations, want %v", got, want)
	}
	if got := n.operationsOfDraw(); got != float64(2*weights) {
		t.Errorf("%v operations a draw, want %v", got, 2*weights)
	}
}
