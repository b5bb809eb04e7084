package metric

import (
	"fmt"
	"strings"
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// cautious draws with a warning where the first measurement is above 0, another one where it is far above.
type cautious struct{ inn.Posterior }

func (c cautious) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	draws, err := c.Posterior.Sample(y, n, seed)
	switch {
	case err != nil:
	case y[0] > 2:
		draws.Warning = "far off"
	case y[0] > 0:
		draws.Warning = fmt.Sprintf("It is %.2f above 0.", y[0])
	}
	return draws, err
}

// Every table over a test set says what the draws warn of.
func TestTablesSayWhatDrawsWarnOf(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 60)
	warned, first := 0, ""
	for i := range test.Len() {
		if v := test.Y.Row(i)[0]; v > 0 {
			if warned++; v <= 2 && first == "" {
				first = fmt.Sprintf("It is %.2f above 0.", v)
			}
		}
	}
	if warned == 0 || warned == test.Len() {
		t.Fatalf("%d of %d measurements are above 0", warned, test.Len())
	}
	set := &Settings{Draws: 100}
	post := cautious{g}
	tables := map[string]func() (fmt.Stringer, error){
		"Calibration":    func() (fmt.Stringer, error) { return Calibration(post, test, set) },
		"Compare":        func() (fmt.Stringer, error) { return Compare(g.problem, test, set, post, post) },
		"Coverage":       func() (fmt.Stringer, error) { return Coverage(post, test, set) },
		"TARP":           func() (fmt.Stringer, error) { return TARP(post, test, set) },
		"MAPError":       func() (fmt.Stringer, error) { return MAPError(post, test, set) },
		"Predictive":     func() (fmt.Stringer, error) { return Predictive(post, g.problem, test, set) },
		"Recovered":      func() (fmt.Stringer, error) { return Recovered(post, test, set) },
		"Resimulated":    func() (fmt.Stringer, error) { return Resimulated(post, g.problem, test, set) },
		"ResimulatedMAP": func() (fmt.Stringer, error) { return ResimulatedMAP(post, g.problem, test, set) },
		"SBC":            func() (fmt.Stringer, error) { return SBC(post, test, set) },
		"ResimulatedEstimates": func() (fmt.Stringer, error) {
			table, err := MAPError(post, test, set)
			if err != nil {
				return nil, err
			}
			all, err := ResimulatedEstimates(g.problem, 0, table)
			if err != nil {
				return nil, err
			}
			return all[0], nil
		},
	}
	for name, measure := range tables {
		table, err := measure()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		caption, _, _ := strings.Cut(table.String(), "\n")
		for _, want := range []string{fmt.Sprintf("at %d ", warned), fmt.Sprintf("most often %q", first)} {
			if !strings.Contains(caption, want) {
				t.Errorf("%s says %q, want %q", name, caption, want)
			}
		}
	}
}
