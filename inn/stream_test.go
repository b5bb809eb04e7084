package inn_test

import (
	"slices"
	"strings"
	"testing"
)

// A stream has the draws of Sample, in pieces.
func TestAStreamIsASample(t *testing.T) {
	m, _ := saved(t)
	const n = 40_000
	y := []float64{0.3, 0.1}
	want, err := m.Sample(y, n, 7)
	if err != nil {
		t.Fatal(err)
	}
	var got []float64
	for draws, err := range m.Stream(y, n, 7) {
		if err != nil {
			t.Fatal(err)
		}
		if draws.Len() > 16_384 || draws.Warning != want.Warning {
			t.Fatalf("a piece of %d draws, warning %q", draws.Len(), draws.Warning)
		}
		got = append(got, draws.Data...)
	}
	if !slices.Equal(got, want.Data) {
		t.Error("the stream draws something else")
	}
	for _, bad := range []struct {
		y    []float64
		n    int
		want string
	}{{y, 0, "want at least 1"}, {y[:1], 5, "1 "}} {
		times := 0
		for draws, err := range m.Stream(bad.y, bad.n, 1) {
			times++
			if draws != nil || err == nil || !strings.Contains(err.Error(), bad.want) {
				t.Errorf("%v, %d: %v, %v, want %q", bad.y, bad.n, draws, err, bad.want)
			}
		}
		if times != 1 {
			t.Errorf("%v, %d: %d pieces, want one error", bad.y, bad.n, times)
		}
	}
}
